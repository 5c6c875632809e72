//! A worker against a node that gives it a chunk and then settles it: a small JSON-RPC server which speaks as much of a node's RPC as
//! is asked of it.

use axum::{http::Uri, Router};
use codec::Encode;
use jsonrpsee::{
    server::{Server as Node, ServerHandle},
    types::ErrorObjectOwned,
    RpcModule,
};
use serde_json::json;
use std::{
    num::NonZeroUsize,
    sync::{
        atomic::{AtomicU8, Ordering},
        Arc,
    },
    time::Duration,
};
use vouch_device::{
    agent::{Agent, Limits},
    chain::{Assignment, Client, Job, Network, Pending, Terms, Worker as Listed},
    keys::{DeviceKey, Scheme},
    work::{Store, Worker},
    AccountId32, H256,
};
use vouch_primitives::{
    work::{
        api::{ChunkInfo, JobState, Seat, Stage},
        inputs::{bundle, module_hash, module_path, root},
        Status, TaskOutput,
    },
    DeviceId, Place,
};

const GENESIS: H256 = H256::repeat_byte(1);
const JOB: u32 = 7;

/// What the fake chain has come to.
const HANDED_OUT: u8 = 0;
const SETTLED: u8 = 1;
const CLOSED: u8 = 2;

/// Gives back its input.
const ECHO: &str = r#"(module
    (import "vouch" "input_len" (func $len (result i32)))
    (import "vouch" "input_read" (func $read (param i32 i32 i32)))
    (import "vouch" "output_write" (func $write (param i32 i32)))
    (memory (export "memory") 1)
    (func (export "run")
        (call $read (i32.const 0) (i32.const 0) (call $len))
        (call $write (i32.const 0) (call $len))))"#;

fn inputs() -> Vec<Vec<u8>> {
    vec![vec![1], vec![2, 2], vec![3, 3, 3]]
}

/// A source of the job that the terms are of.
async fn source() -> Terms {
    let code = wat::parse_str(ECHO).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let terms = Terms {
        module: module_hash(&code),
        inputs: root(&inputs(), 3),
        source: listener.local_addr().unwrap().into(),
        tasks: 3,
        chunk_tasks: 3,
        fuel: 100_000,
        memory: 4,
        price: 3,
        replicas: 2,
        quorum: 2,
        limit: 2,
        adaptive: false,
        class: None,
        rounds: 2,
        deadline: 99,
    };
    let module = module_path(terms.module);
    let router = Router::new().fallback(move |uri: Uri| {
        let body = if uri.path() == module { code.clone() } else { bundle(&inputs(), 3, 0).unwrap().encode() };
        async move { body }
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    terms
}

/// The chain, as the worker is told of it. A chunk that was computed is left to a panel, so that nothing has to be sent.
struct Chain {
    terms: Terms,
    device: DeviceId,
    store: Arc<Store>,
    phase: AtomicU8,
}

impl Chain {
    fn round(&self) -> u32 {
        10 + u32::from(self.phase.load(Ordering::SeqCst))
    }

    fn best(&self) -> u32 {
        10 * self.round()
    }

    fn network(&self) -> Network {
        Network {
            round: self.round(),
            round_start: self.best(),
            round_length: 10,
            committee_size: 7,
            probers: 1,
            epoch: 5,
            rounds_done: 1,
            rounds_per_epoch: 2,
            emission: 0,
            uptime_budget: 0,
            total_points: 0,
            work_budget: 0,
            work_points: 0,
            last_work_rate: None,
            devices: 1,
            cohorts: 1,
        }
    }

    fn chunk(&self) -> ChunkInfo {
        let computed = self.store.entry((JOB, 0));
        let stage = match (self.phase.load(Ordering::SeqCst), computed) {
            (HANDED_OUT, None) => Stage::Computing,
            (HANDED_OUT, Some(_)) => Stage::Judging,
            (_, Some(computed)) => Stage::Settled(computed.result),
            (_, None) => Stage::Failed,
        };
        let place = Place { cohort: 0, lane: 0 };
        let seat = Seat { device: self.device.clone(), place, fingerprint: None, out: false, contradicted: None };
        ChunkInfo { stage, due: 12, seats: vec![seat], earns_points: true, dispute: None }
    }

    fn answer(&self, function: &str) -> Result<Vec<u8>, ErrorObjectOwned> {
        let phase = self.phase.load(Ordering::SeqCst);
        let listed = || Listed {
            slots: 1,
            memory: 64,
            valid: 0,
            missed: 0,
            from: 0,
            busy: 1,
            held: vec![(JOB, 0)],
            pending: Pending { accrued: 0, held: 0, epoch: 5, points: 0 },
            receipts: Vec::new(),
            rates: Vec::new(),
        };
        let job = || Job {
            id: JOB,
            requester: AccountId32::new([3; 32]),
            terms: self.terms.clone(),
            state: JobState::Running,
            chunks: 1,
            open: 1,
            settled: 0,
            failed: 0,
            paid: 0,
            burnt: 0,
            escrow: 0,
            fuel: 0,
        };
        let assignment = || Assignment { job: JOB, chunk: 0, terms: self.terms.clone(), state: self.chunk() };
        match function {
            "VouchApi_network" => Ok(self.network().encode()),
            "WorkApi_worker" => Ok(Some(listed()).encode()),
            "WorkApi_assignments" if phase == HANDED_OUT => Ok(vec![assignment()].encode()),
            "WorkApi_assignments" => Ok(Vec::<Assignment>::new().encode()),
            "WorkApi_chunk" => Ok((phase != CLOSED).then(|| self.chunk()).encode()),
            "WorkApi_job" => Ok((phase != CLOSED).then(job).encode()),
            _ => Err(ErrorObjectOwned::owned(4003, format!("Exported method {function} is not found"), None::<()>)),
        }
    }
}

async fn node(chain: Arc<Chain>) -> (String, ServerHandle) {
    let server = Node::builder().build("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", server.local_addr().unwrap());
    let mut rpc = RpcModule::new(chain);
    let hash = |chain: &Chain| format!("{:?}", H256::repeat_byte(chain.round() as u8));
    rpc.register_method("system_chain", |_, _, _| "Fake").unwrap();
    rpc.register_method("chain_getBlockHash", move |params, chain, _| match params.one::<Option<u32>>() {
        Ok(Some(0)) => format!("{GENESIS:?}"),
        _ => hash(chain),
    })
    .unwrap();
    rpc.register_method("chain_getFinalizedHead", move |_, chain, _| hash(chain)).unwrap();
    rpc.register_method("chain_getHeader", |_, chain, _| {
        let (zero, number) = (format!("{:?}", H256::zero()), format!("{:#x}", chain.best()));
        json!({ "parentHash": zero, "number": number, "stateRoot": zero, "extrinsicsRoot": zero, "digest": { "logs": [] } })
    })
    .unwrap();
    rpc.register_method("state_call", |params, chain, _| {
        let function: String = params.sequence().next()?;
        chain.answer(&function).map(|bytes| format!("0x{}", hex::encode(bytes)))
    })
    .unwrap();
    (url, server.start(rpc))
}

/// Waits until something is so.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..200 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("not within 20 seconds: {what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chunk_is_computed_once_served_when_it_has_settled_and_forgotten_when_its_job_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(folder.path(), GENESIS).unwrap());
    let key = DeviceKey::from_seed(Scheme::Ed25519, &[7; 32]);
    let device = key.id().clone();
    let agent = Arc::new(Agent::new(GENESIS, vec![key], Limits::default()).unwrap());
    let terms = source().await;
    let chain = Arc::new(Chain { terms, device, store: store.clone(), phase: AtomicU8::new(HANDED_OUT) });
    let (url, _handle) = node(chain.clone()).await;

    let client = Client::new([url], Some(GENESIS), None);
    let worker = Worker::new(client, agent, store.clone(), NonZeroUsize::new(2).unwrap()).unwrap();
    let progress = worker.progress();
    let working = tokio::spawn(worker.work());

    until("computed", || store.entry((JOB, 0)).is_some()).await;
    let outputs: Vec<TaskOutput> = store.outputs((JOB, 0)).unwrap();
    assert!(outputs.iter().all(|output| output.status == Status::Done));
    assert_eq!(outputs.into_iter().map(|output| output.output).collect::<Vec<_>>(), inputs());
    until("idle", || progress.now().is_none()).await;
    assert!(!store.entry((JOB, 0)).unwrap().is_settled);

    chain.phase.store(SETTLED, Ordering::SeqCst);
    until("settled", || store.entry((JOB, 0)).is_some_and(|entry| entry.is_settled)).await;
    chain.phase.store(CLOSED, Ordering::SeqCst);
    until("forgotten", || store.entries().is_empty()).await;
    assert!(!working.is_finished());
    working.abort();
}
