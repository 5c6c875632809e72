//! The agent over real HTTP on loopback, with `reqwest` as the prober.

use codec::{Decode, Encode};
use futures::{stream, StreamExt};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use vouch_device::{
    agent::{Agent, Limits, RateLimit},
    chain::Terms,
    keys::{DeviceKey, Scheme},
    prober::{ProbeError, Prober},
    server::{Server, HEALTH_PATH, MAX_CONNECTIONS},
    swarm::Swarm,
    work::{results_path, Store},
    H256,
};
use vouch_primitives::{
    probe::{Challenge, ProbeResponse, PROBE_PATH},
    work::{Status, TaskOutput, MAX_CHUNK_TASKS, MAX_OUTPUT_BYTES},
    DeviceId, Endpoint,
};

const GENESIS: H256 = H256::repeat_byte(1);

fn loopback() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

/// The same limit for probes and strays.
fn limit(per_second: u32, burst: u32) -> Limits {
    let limit = RateLimit { per_second: per_second.try_into().unwrap(), burst: burst.try_into().unwrap() };
    Limits { probes: limit, strays: limit }
}

struct Bench {
    server: Server,
    device: DeviceId,
    http: reqwest::Client,
    prober: Prober,
}

impl Bench {
    async fn start(scheme: Scheme, limits: Limits) -> Self {
        Self::listening(scheme, limits, loopback(), MAX_CONNECTIONS).await
    }

    async fn listening(scheme: Scheme, limits: Limits, listen: SocketAddr, connections: usize) -> Self {
        Self::serving(None, scheme, limits, listen, connections).await
    }

    /// One that serves results of work as well, if there is a store.
    async fn serving(
        store: Option<Arc<Store>>,
        scheme: Scheme,
        limits: Limits,
        listen: SocketAddr,
        connections: usize,
    ) -> Self {
        let key = DeviceKey::from_seed(scheme, &[7; 32]);
        let device = key.id().clone();
        let agent = Arc::new(Agent::new(GENESIS, vec![key], limits).unwrap());
        let server = Server::start_with(agent, store, listen, connections).await.unwrap();
        Self { server, device, http: client(None), prober: Prober::new(GENESIS).unwrap() }
    }

    fn url(&self, path: &str) -> String {
        Endpoint::from(self.server.address()).url(path)
    }

    async fn post(&self, body: Vec<u8>) -> reqwest::Response {
        self.http.post(self.url(PROBE_PATH)).body(body).send().await.unwrap()
    }

    fn challenge(&self) -> Challenge {
        self.prober.challenge(&self.device)
    }
}

fn client(from: Option<IpAddr>) -> reqwest::Client {
    reqwest::Client::builder().no_proxy().local_address(from).timeout(Duration::from_secs(60)).build().unwrap()
}

#[tokio::test]
async fn right_challenge_is_answered_with_the_devices_signature() {
    for scheme in [Scheme::Ed25519, Scheme::Sr25519] {
        let bench = Bench::start(scheme, limit(100, 100)).await;
        let challenge = bench.challenge();
        let response = bench.post(challenge.encode()).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/octet-stream");
        let answer = ProbeResponse::decode(&mut &*response.bytes().await.unwrap()).unwrap();
        assert!(challenge.is_answered_by(&answer));
        bench.prober.probe(bench.server.address().into(), &bench.device).await.unwrap();
    }
}

#[tokio::test]
async fn malformed_body_gets_400_and_the_reason() {
    let bench = Bench::start(Scheme::Ed25519, limit(1_000, 1_000)).await;
    let whole = bench.challenge().encode();
    for body in [vec![], vec![0; 3], whole[1..].to_vec(), b"{\"nonce\":1}".to_vec()] {
        let response = bench.post(body).await;
        assert_eq!(response.status(), 400);
        assert!(response.text().await.unwrap().contains("164 bytes"));
    }
}

#[tokio::test]
async fn challenge_of_another_chain_gets_409_and_of_another_device_404() {
    let bench = Bench::start(Scheme::Ed25519, limit(100, 100)).await;
    let foreign = Challenge { genesis: H256::repeat_byte(2), ..bench.challenge() };
    let response = bench.post(foreign.encode()).await;
    assert_eq!(response.status(), 409);
    assert!(response.text().await.unwrap().contains("wrong chain"));
    let stranger = Challenge { device: DeviceId::new([9; 32]), ..bench.challenge() };
    assert_eq!(bench.post(stranger.encode()).await.status(), 404);
}

#[tokio::test]
async fn other_methods_and_paths_get_nothing() {
    let bench = Bench::start(Scheme::Ed25519, limit(100, 100)).await;
    assert_eq!(bench.http.get(bench.url(PROBE_PATH)).send().await.unwrap().status(), 405);
    assert_eq!(bench.http.post(bench.url("/")).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn oversized_body_is_refused_without_being_read() {
    let bench = Bench::start(Scheme::Ed25519, limit(100, 100)).await;
    let mut one_too_many = bench.challenge().encode();
    one_too_many.push(0);
    assert_eq!(bench.post(one_too_many).await.status(), 413);

    // A peer that announces 10 GB and sends a little has its answer before it could have sent the rest.
    let mut stream = TcpStream::connect(bench.server.address()).await.unwrap();
    let head = format!("POST {PROBE_PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 10000000000\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&[0; 1_000]).await.unwrap();
    let mut answer = [0; 12];
    tokio::time::timeout(Duration::from_secs(30), stream.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn flood_gets_429_while_another_source_is_still_served() {
    // A rate so low that a slow machine does not serve the whole flood within it.
    let bench = Bench::start(Scheme::Ed25519, limit(1, 30)).await;
    let flooder = client(Some([127, 0, 0, 2].into()));
    let statuses: Vec<u16> = stream::iter(0..300)
        .map(|_| {
            let request = flooder.post(bench.url(PROBE_PATH)).body(bench.challenge().encode());
            async { request.send().await.unwrap().status().as_u16() }
        })
        // Fewer than the connections that one source may have.
        .buffer_unordered(8)
        .collect()
        .await;
    let served = statuses.iter().filter(|status| **status == 200).count();
    let refused = statuses.iter().filter(|status| **status == 429).count();
    assert_eq!(served + refused, 300);
    assert!(served >= 30 && refused > 0, "{served} served, {refused} refused");

    let other = client(Some([127, 0, 0, 3].into()));
    let response = other.post(bench.url(PROBE_PATH)).body(bench.challenge().encode()).send().await.unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn probes_of_unknown_devices_leave_the_device_served_its_allowance() {
    let bench = Bench::start(Scheme::Ed25519, limit(1, 5)).await;
    let mut statuses = Vec::new();
    for n in 0..40 {
        let stray = Challenge { device: DeviceId::new([n; 32]), ..bench.challenge() };
        statuses.push(bench.post(stray.encode()).await.status().as_u16());
    }
    assert!(statuses[..5].iter().all(|status| *status == 404) && statuses.contains(&429), "{statuses:?}");
    assert_eq!(bench.post(bench.challenge().encode()).await.status(), 200);
}

#[tokio::test]
async fn health_and_wrong_paths_are_limited_too() {
    for (path, within) in [(HEALTH_PATH, 200), ("/", 404), (PROBE_PATH, 405)] {
        let bench = Bench::start(Scheme::Ed25519, limit(1, 5)).await;
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(bench.http.get(bench.url(path)).send().await.unwrap().status().as_u16());
        }
        assert!(statuses[..5].iter().all(|status| *status == within) && statuses.contains(&429), "{statuses:?}");
        assert_eq!(bench.post(bench.challenge().encode()).await.status(), 200);
    }
}

#[tokio::test]
async fn connection_carries_one_request_and_silence_is_cut() {
    let bench = Bench::start(Scheme::Ed25519, limit(100, 100)).await;
    for path in [HEALTH_PATH, "/nothing"] {
        let mut stream = TcpStream::connect(bench.server.address()).await.unwrap();
        stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.contains("connection: close"), "{answer}");
    }
    // Neither silence nor a request that never ends keeps a connection.
    for start in ["", "POST "] {
        let mut stream = TcpStream::connect(bench.server.address()).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let cut = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut rest)).await;
        assert!(cut.is_ok(), "{start:?} is still open");
    }
}

#[tokio::test]
async fn source_that_hoards_connections_does_not_keep_others_out() {
    let bench = Bench::listening(Scheme::Ed25519, limit(100, 100), loopback(), 8).await;
    // More idle connections than the server holds; it keeps a quarter of 8 and closes the others.
    let mut hoard = Vec::new();
    for _ in 0..20 {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 2], 0).into()).unwrap();
        hoard.push(socket.connect(bench.server.address()).await.unwrap());
    }
    let response = client(Some([127, 0, 0, 3].into()))
        .post(bench.url(PROBE_PATH))
        .body(bench.challenge().encode())
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn health_counts_without_revealing_anything() {
    let bench = Bench::start(Scheme::Ed25519, limit(100, 100)).await;
    bench.post(bench.challenge().encode()).await;
    bench.post(vec![]).await;
    let text = bench.http.get(bench.url(HEALTH_PATH)).send().await.unwrap().text().await.unwrap();
    let health: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(health, serde_json::json!({ "status": "ok", "devices": 1, "answered": 1, "refused": 1 }));
}

#[tokio::test]
async fn stopped_server_gives_its_port_back() {
    // An address of its own: none of the others' connections gets the port in between.
    let bench = Bench::listening(Scheme::Ed25519, limit(100, 100), ([127, 0, 0, 13], 0).into(), MAX_CONNECTIONS).await;
    let address = bench.server.address();
    bench.server.stop().await.unwrap();
    let error = bench.prober.probe(address.into(), &bench.device).await.unwrap_err();
    assert!(matches!(error, ProbeError::NoAnswer { .. }), "{error}");
    Bench::listening(Scheme::Ed25519, limit(1, 1), address, 8).await;
}

#[tokio::test]
async fn prober_tells_refusal_impostor_and_silence_apart() {
    let bench = Bench::start(Scheme::Ed25519, limit(100, 100)).await;
    let endpoint = bench.server.address().into();
    let error = bench.prober.probe(endpoint, &DeviceId::new([9; 32])).await.unwrap_err();
    assert!(matches!(error, ProbeError::Refused { status: 404, .. }), "{error}");
    let error = Prober::new(H256::zero()).unwrap().probe(endpoint, &bench.device).await.unwrap_err();
    assert!(matches!(error, ProbeError::Refused { status: 409, .. }), "{error}");

    let listener = tokio::net::TcpListener::bind(loopback()).await.unwrap();
    let impostor = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 1_024];
        let _ = stream.read(&mut buffer).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 65\r\n\r\n").await;
        let _ = stream.write_all(&[0; 65]).await;
    });
    let error = bench.prober.probe(impostor.into(), &bench.device).await.unwrap_err();
    assert!(matches!(error, ProbeError::NotTheDevice { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hub_of_1024_keys_answers_every_one_of_them_concurrently() {
    let swarm = Swarm::start(GENESIS, "test", 1_024, loopback()).await.unwrap();
    let prober = Prober::new(GENESIS).unwrap();
    let failures: Vec<_> = stream::iter(swarm.devices())
        .map(|device| prober.probe(swarm.endpoint(), device))
        .buffer_unordered(64)
        .filter_map(|outcome| async { outcome.err() })
        .collect()
        .await;
    assert!(failures.is_empty(), "{} failed, first: {}", failures.len(), failures[0]);
    assert_eq!(swarm.server().agent().counts().answered, 1_024);
    swarm.stop().await.unwrap();
}

#[tokio::test]
async fn swarm_has_the_same_keys_when_it_comes_back() {
    let first = Swarm::start(GENESIS, "again", 3, loopback()).await.unwrap();
    let devices = first.devices().to_vec();
    first.stop().await.unwrap();
    let second = Swarm::start(GENESIS, "again", 3, loopback()).await.unwrap();
    assert_eq!(second.devices(), devices);
    let owner = [5; 32].into();
    let registrations = second.registrations(&owner, 0);
    assert_eq!(registrations.iter().map(|one| one.device.clone()).collect::<Vec<_>>(), devices);
}

/// The largest results that a chunk can have, of chunks 0 and 1 of job 7.
fn largest_results(folder: &std::path::Path) -> (Arc<Store>, Vec<TaskOutput>) {
    let terms = Terms {
        module: H256::zero(),
        inputs: H256::zero(),
        source: loopback().into(),
        tasks: 2 * MAX_CHUNK_TASKS,
        chunk_tasks: MAX_CHUNK_TASKS,
        fuel: 1,
        memory: 1,
        price: 1,
        replicas: 2,
        quorum: 2,
        limit: 2,
        adaptive: false,
        class: None,
        rounds: 1,
        deadline: 9,
    };
    let output = TaskOutput { status: Status::Done, fuel: 1, output: vec![7; MAX_OUTPUT_BYTES as usize] };
    let outputs = vec![output; MAX_CHUNK_TASKS as usize];
    let store = Arc::new(Store::open(folder, GENESIS).unwrap());
    store.put((7, 0), &terms, outputs.clone()).unwrap();
    store.put((7, 1), &terms, outputs.clone()).unwrap();
    (store, outputs)
}

#[tokio::test]
async fn results_are_served_once_the_chain_has_settled_on_them() {
    let folder = tempfile::tempdir().unwrap();
    let (store, outputs) = largest_results(folder.path());
    let bench =
        Bench::serving(Some(store.clone()), Scheme::Ed25519, limit(100, 100), loopback(), MAX_CONNECTIONS).await;
    let get = async |path: String| bench.http.get(bench.url(&path)).send().await.unwrap();
    let early = get(results_path(7, 0)).await;
    assert_eq!(early.status(), 404);
    assert!(early.text().await.unwrap().contains("no results of chunk 0 of job 7"));
    store.settle((7, 0)).unwrap();
    let settled = get(results_path(7, 0)).await;
    assert_eq!(settled.status(), 200);
    let bytes = settled.bytes().await.unwrap();
    assert_eq!(Vec::<TaskOutput>::decode(&mut &bytes[..]).unwrap(), outputs);
    for path in [results_path(7, 1), results_path(8, 0), "/vouch/v1/results/7/-1".into(), "/vouch/v1/results/7".into()]
    {
        assert_eq!(get(path.clone()).await.status(), 404, "{path}");
    }
    let idle = Bench::start(Scheme::Ed25519, limit(100, 100)).await;
    assert_eq!(idle.http.get(idle.url(&results_path(7, 0))).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn results_may_take_longer_than_probes_on_few_connections() {
    let folder = tempfile::tempdir().unwrap();
    let (store, outputs) = largest_results(folder.path());
    store.settle((7, 0)).unwrap();
    let bench = Bench::serving(Some(store), Scheme::Ed25519, limit(100, 100), loopback(), MAX_CONNECTIONS).await;
    let mut slow = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(bench.server.address()).await.unwrap();
        let request = format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", results_path(7, 0));
        stream.write_all(request.as_bytes()).await.unwrap();
        // The beginning of the answer is here, so it has its place.
        stream.read_exact(&mut [0; 16]).await.unwrap();
        slow.push(stream);
    }
    let one_too_many = bench.http.get(bench.url(&results_path(7, 0))).send().await.unwrap();
    assert_eq!(one_too_many.status(), 503);
    // Probes are answered all the same.
    assert_eq!(bench.post(bench.challenge().encode()).await.status(), 200);
    tokio::time::sleep(Duration::from_secs(5)).await;
    for mut stream in slow {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        assert!(rest.ends_with(&outputs.encode()));
    }
    // Their places are free as soon as the server has noticed that they are gone.
    for _ in 0..50 {
        if bench.http.get(bench.url(&results_path(7, 0))).send().await.unwrap().status() == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no place for results came free");
}
