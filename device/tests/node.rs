//! The client and the command line against nodes that come, go and lie: small JSON-RPC servers which speak as much of a node's
//! RPC as is asked of them.

use codec::Encode;
use jsonrpsee::{
    server::{Server, ServerHandle},
    types::ErrorObjectOwned,
    RpcModule,
};
use serde_json::{json, Value};
use std::{net::SocketAddr, path::Path, process::Output, time::Duration};
use vouch_device::{
    chain::{Client, Error, Network, Token},
    H256,
};
use vouch_primitives::DeviceId;

const GENESIS: H256 = H256::repeat_byte(1);
const BEST: H256 = H256::repeat_byte(0xbe);
const PATIENCE: Option<Duration> = Some(Duration::from_secs(60));

fn network() -> Network {
    Network {
        round: 12,
        round_start: 36,
        round_length: 3,
        committee_size: 7,
        probers: 1,
        epoch: 5,
        rounds_done: 1,
        rounds_per_epoch: 2,
        emission: 1_000,
        uptime_budget: 700,
        total_points: 10_000,
        work_budget: 300,
        work_points: 40,
        last_work_rate: Some(5),
        devices: 0,
        cohorts: 0,
    }
}

/// What the runtime API of a chain without devices answers.
fn runtime(function: &str) -> Result<Vec<u8>, ErrorObjectOwned> {
    match function {
        "VouchApi_network" => Ok(network().encode()),
        "VouchApi_proof_nonce" => Ok(7u32.encode()),
        "VouchApi_device"
        | "VouchApi_explain"
        | "VouchApi_pending_reward"
        | "VouchApi_pending_work"
        | "VouchApi_committee"
        | "VouchApi_prober" => Ok(vec![0]),
        "VouchApi_devices_of" => Ok(vec![1, 2, 3]),
        _ => Err(ErrorObjectOwned::owned(4003, format!("Exported method {function} is not found"), None::<()>)),
    }
}

struct Node {
    address: SocketAddr,
    handle: ServerHandle,
}

impl Node {
    async fn start(genesis: H256, address: SocketAddr, vouch: bool) -> Self {
        let server = again(async || Server::builder().build(address).await).await;
        let address = server.local_addr().unwrap();
        let mut rpc = RpcModule::new(());
        rpc.register_method("system_chain", |_, _, _| "Fake").unwrap();
        rpc.register_method("system_properties", |_, _, _| json!({ "tokenSymbol": "VCH", "tokenDecimals": 12 }))
            .unwrap();
        rpc.register_method("chain_getBlockHash", move |params, _, _| match params.one::<Option<u32>>() {
            Ok(Some(0)) => format!("{genesis:?}"),
            _ => format!("{BEST:?}"),
        })
        .unwrap();
        rpc.register_method("chain_getFinalizedHead", |_, _, _| format!("{BEST:?}")).unwrap();
        rpc.register_method("chain_getHeader", |_, _, _| {
            let zero = format!("{:?}", H256::zero());
            json!({ "parentHash": zero, "number": "0x2a", "stateRoot": zero, "extrinsicsRoot": zero, "digest": { "logs": [] } })
        })
        .unwrap();
        rpc.register_method("state_call", move |params, _, _| {
            let function: String = params.sequence().next()?;
            let function = if vouch { function } else { format!("no {function}") };
            runtime(&function).map(|bytes| format!("0x{}", hex::encode(bytes)))
        })
        .unwrap();
        Self { address, handle: server.start(rpc) }
    }

    async fn any(genesis: H256) -> Self {
        Self::start(genesis, ([127, 0, 0, 1], 0).into(), true).await
    }

    fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    async fn stop(self) -> SocketAddr {
        self.handle.stop().unwrap();
        self.handle.stopped().await;
        self.address
    }
}

/// Takes an address of which a process that another test is just spawning holds a copy, until it runs its own program.
async fn again<T>(mut bind: impl AsyncFnMut() -> std::io::Result<T>) -> T {
    let free = async {
        loop {
            match bind().await {
                Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                    tokio::time::sleep(Duration::from_millis(20)).await
                },
                other => return other.unwrap(),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), free).await.expect("the address is free again")
}

/// Where nobody listens: on an address that no outgoing connection comes from, so that none of them takes a port that was free a moment
/// ago. Whoever listens there later has a `last` number of its own.
fn unused(last: u8) -> SocketAddr {
    std::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, last], 0))).unwrap().local_addr().unwrap()
}

fn nowhere() -> String {
    format!("ws://{}", unused(10))
}

fn device() -> DeviceId {
    DeviceId::new([9; 32])
}

#[tokio::test]
async fn questions_get_typed_answers() {
    let node = Node::any(GENESIS).await;
    let client = Client::new([node.url()], Some(GENESIS), PATIENCE);
    assert_eq!(client.genesis().await.unwrap(), GENESIS);
    let best = client.best().await.unwrap();
    assert_eq!((best.number, best.hash), (42, BEST));
    assert_eq!(client.finalized().await.unwrap(), best);
    assert_eq!(client.at(best.hash).network().await.unwrap(), network());
    assert_eq!(client.proof_nonce(&device()).await.unwrap(), 7);
    assert_eq!(client.device(&device()).await.unwrap(), None);
    assert_eq!(client.committee(&device()).await.unwrap(), None);
    assert_eq!(client.pending_reward(&device()).await.unwrap(), None);
    assert_eq!(client.prober(&device()).await.unwrap(), None);
    assert_eq!(client.token().await.unwrap(), Token { symbol: "VCH".into(), decimals: 12 });
}

#[tokio::test]
async fn answers_of_another_form_are_an_error_not_garbage() {
    let node = Node::any(GENESIS).await;
    let client = Client::new([node.url()], None, PATIENCE);
    let error = client.devices_of(&device()).await.unwrap_err();
    assert!(matches!(error, Error::NoApi { function: "VouchApi_devices_of", .. }), "{error}");
}

#[tokio::test]
async fn chain_that_is_not_vouch_is_told_so() {
    let node = Node::start(GENESIS, ([127, 0, 0, 1], 0).into(), false).await;
    let error = Client::new([node.url()], None, PATIENCE).network().await.unwrap_err();
    assert!(matches!(error, Error::NoApi { function: "VouchApi_network", .. }), "{error}");
    assert!(error.to_string().contains("Is it a Vouch chain"));
}

#[tokio::test]
async fn any_node_that_answers_is_used() {
    let node = Node::any(GENESIS).await;
    let client = Client::new([nowhere(), node.url(), nowhere()], Some(GENESIS), PATIENCE);
    assert_eq!(client.network().await.unwrap().round, 12);
}

#[tokio::test]
async fn client_survives_the_restart_of_its_node() {
    let node = Node::start(GENESIS, unused(11), true).await;
    let client = Client::new([node.url()], Some(GENESIS), PATIENCE);
    client.network().await.unwrap();
    let address = node.stop().await;
    // Who asks while the node is down finds something that hangs up, again and again: the answer comes when the node is back.
    let down = again(async || tokio::net::TcpListener::bind(address).await).await;
    let asked = tokio::spawn({
        let client = client.clone();
        async move { client.network().await }
    });
    for _ in 0..2 {
        drop(
            tokio::time::timeout(Duration::from_secs(60), down.accept())
                .await
                .expect("the client tries again")
                .unwrap(),
        );
    }
    drop(down);
    let _node = Node::start(GENESIS, address, true).await;
    assert_eq!(asked.await.unwrap().unwrap(), network());
}

#[tokio::test]
async fn client_moves_to_another_node_when_its_own_dies() {
    let (first, second) = (Node::any(GENESIS).await, Node::any(GENESIS).await);
    let client = Client::new([first.url(), second.url()], Some(GENESIS), PATIENCE);
    client.network().await.unwrap();
    first.stop().await;
    assert_eq!(client.network().await.unwrap(), network());
    assert_eq!(client.network().await.unwrap(), network());
}

#[tokio::test]
async fn node_of_another_chain_is_never_used() {
    let (foreign, ours) = (Node::any(H256::repeat_byte(2)).await, Node::any(GENESIS).await);
    match Client::new([foreign.url()], Some(GENESIS), PATIENCE).network().await {
        Err(Error::WrongChain { expected, found, .. }) => {
            assert_eq!((expected, found), (GENESIS, H256::repeat_byte(2)))
        },
        other => panic!("{other:?}"),
    }
    let client = Client::new([foreign.url(), ours.url()], Some(GENESIS), PATIENCE);
    assert_eq!(client.genesis().await.unwrap(), GENESIS);
}

#[tokio::test]
async fn node_back_on_another_chain_is_noticed() {
    let node = Node::start(GENESIS, unused(13), true).await;
    let client = Client::new([node.url()], Some(GENESIS), PATIENCE);
    client.network().await.unwrap();
    let address = node.stop().await;
    let _node = Node::start(H256::repeat_byte(2), address, true).await;
    let error = client.network().await.unwrap_err();
    assert!(matches!(error, Error::WrongChain { .. }), "{error}");
}

/// Runs the built program.
async fn vouch_device(config: &Path, arguments: &[&str]) -> Output {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_vouch-device"));
    command.arg("--config").arg(config).args(arguments).env_remove("VOUCH_OWNER_SURI").env_remove("RUST_LOG");
    command.stdin(std::process::Stdio::null()).output().await.unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn init_pins_the_chain_of_its_node_and_status_speaks_json() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("new").join("config.toml");
    let node = Node::any(GENESIS).await;
    let output = vouch_device(&config, &["init", "--node", &node.url(), "--keys", "2"]).await;
    assert!(output.status.success(), "{output:?}");
    assert!(text(&output.stdout).contains("Device:"));
    assert!(std::fs::read_to_string(&config).unwrap().contains(&format!("genesis = \"{GENESIS:?}\"")));

    let output = vouch_device(&config, &["status", "--json"]).await;
    assert!(output.status.success(), "{output:?}");
    let status: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&status["block"], &status["epoch"]), (&42.into(), &5.into()));
    assert_eq!(status["token"], json!({ "symbol": "VCH", "decimals": 12 }));
    assert_eq!(status["devices"].as_array().unwrap().len(), 2);
    assert_eq!(status["devices"][0]["registered"], false);

    let output = vouch_device(&config, &["status"]).await;
    assert!(text(&output.stdout).contains("run `vouch-device register`"), "{output:?}");

    let again = vouch_device(&config, &["init"]).await;
    assert!(!again.status.success() && text(&again.stderr).contains("exists already"));
}

#[tokio::test]
async fn validator_is_asked_about_without_a_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let node = Node::any(GENESIS).await;
    let ask = |arguments: &'static [&str]| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_vouch-device"));
        command.args([
            "validator",
            "--account",
            "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
            "--node",
            &node.url(),
        ]);
        command
            .args(arguments)
            .env("HOME", folder.path())
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("VOUCH_DEVICE_CONFIG");
        command.output()
    };
    let output = ask(&[]).await.unwrap();
    assert!(output.status.success() && text(&output.stdout).contains("never was among the validators"), "{output:?}");
    let status: Value = serde_json::from_slice(&ask(&["--json"]).await.unwrap().stdout).unwrap();
    assert_eq!((&status["block"], &status["validator"]["probed"]), (&42.into(), &false.into()));
    // One that is named has to be there.
    let output = ask(&["--config", "/nonexistent/config.toml"]).await.unwrap();
    assert!(!output.status.success() && text(&output.stderr).contains("/nonexistent/config.toml"), "{output:?}");
}

#[tokio::test]
async fn chain_is_pinned_once_and_another_one_refused() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let node = Node::any(GENESIS).await;
    let foreign = Node::any(H256::repeat_byte(2)).await;
    vouch_device(&config, &["init", "--node", &node.url()]).await;
    for command in [["status", "--json"].as_slice(), &["claim", "--owner-suri", "//Alice"]] {
        let output = vouch_device(&config, &[command, &["--node", &foreign.url()]].concat()).await;
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains("wrong chain"), "{output:?}");
    }
}

#[tokio::test]
async fn nothing_to_claim_and_missing_secrets_are_said_plainly() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let node = Node::any(GENESIS).await;
    vouch_device(&config, &["init", "--node", &node.url()]).await;
    let output = vouch_device(&config, &["claim", "--owner-suri", "//Alice"]).await;
    assert!(text(&output.stdout).contains("is not registered"), "{output:?}");
    assert!(text(&output.stderr).contains("nothing to claim"), "{output:?}");
    let output = vouch_device(&config, &["register"]).await;
    assert!(text(&output.stderr).contains("no owner account"), "{output:?}");
    let output = vouch_device(&config, &["register", "--owner-suri", "bottom drive obey"]).await;
    assert!(text(&output.stderr).contains("--owner-file") && !text(&output.stderr).contains("bottom"), "{output:?}");
}

#[tokio::test]
async fn key_file_that_others_can_read_stops_everything() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let node = Node::any(GENESIS).await;
    vouch_device(&config, &["init", "--node", &node.url()]).await;
    std::fs::set_permissions(folder.path().join("device.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    for command in ["run", "status"] {
        let output = vouch_device(&config, &[command]).await;
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains("chmod 600"), "{output:?}");
    }
}

#[tokio::test]
async fn agent_answers_probes_without_a_node_and_stops_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let address = unused(12);
    let genesis = format!("{GENESIS:?}");
    let listen = address.to_string();
    let arguments = ["init", "--genesis", &genesis, "--listen", &listen, "--endpoint", &listen, "--node", &nowhere()];
    assert!(vouch_device(&config, &arguments).await.status.success());
    let settings = vouch_device::config::Config::load(&config).unwrap();
    let key = &settings.load_keys().unwrap()[0];
    let mut agent = tokio::process::Command::new(env!("CARGO_BIN_EXE_vouch-device"))
        .arg("--config")
        .arg(&config)
        .arg("run")
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let prober = vouch_device::prober::Prober::new(GENESIS).unwrap();
    let answered = async {
        while prober.probe(address.into(), key.id()).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), answered).await.expect("the agent answers");
    let health = vouch_device(&config, &["health"]).await;
    assert!(text(&health.stdout).contains("\"answered\":1"), "{health:?}");
    let pid = agent.id().unwrap().to_string();
    assert!(tokio::process::Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
    let ended = tokio::time::timeout(Duration::from_secs(60), agent.wait()).await.expect("the agent ends").unwrap();
    assert!(ended.success());
    assert!(!vouch_device(&config, &["health"]).await.status.success());
}
