//! The prober on a mock chain, with scripted devices and a clock that passes six seconds a block.

mod attendance;
mod audits;
mod probing;

use super::{
    fake::{endpoint, endpoint_in, id, Device, Network},
    progress::{record_key, Record},
    *,
};
use crate::mock::{
    authorize, call, members, next_block, next_round, pair, round, Extrinsic, IdleWeight, MayProbePrivate, MockCohort,
    Registered, RuntimeCall, System, Test, TestExt, Uptime,
};
use codec::Decode;
use frame_support::{assert_ok, traits::Hooks};
use frame_system::RawOrigin;
use polkadot_sdk::{frame_support, sp_core, sp_keystore, sp_tracing};
use sp_core::{
    hexdisplay::HexDisplay,
    offchain::{
        testing::{TestOffchainExt, TestTransactionPoolExt},
        OffchainDbExt, OffchainWorkerExt, Timestamp, TransactionPoolExt,
    },
    Pair,
};
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystoreExt};
use sp_runtime::{offchain::storage::StorageValueRef, traits::Dispatchable};
use sp_tracing::{
    test_log_capture::{init_log_capture, LogCapture},
    tracing::{subscriber::with_default, Level},
};
use std::{
    collections::BTreeSet,
    panic::{catch_unwind, AssertUnwindSafe},
};
use vouch_primitives::{
    audit::Opening,
    lanes::latency_code,
    prober::{ProberSignature, KEY_TYPE},
    report::Report,
    LANES,
};

const BLOCK_MS: u64 = 6_000;

/// A prober's node. What it knows beyond the chain is in its offchain store, so every run is as good as one after a restart.
struct Node {
    network: Network,
    offchain: TestOffchainExt,
    /// Takes what was submitted out of the pool.
    drain: Box<dyn Fn() -> Vec<Vec<u8>>>,
    /// The answers to audits that the last run submitted.
    answers: Vec<(Opening, ProberSignature)>,
    log: LogCapture,
    /// Lines of the log that a test has seen.
    seen: usize,
    runs: u32,
}

impl Node {
    /// The off-chain worker runs at the chain's best block, and to its end unless the node is killed. Returns the reports it
    /// submitted.
    fn run(&mut self) -> Vec<(Report, ProberSignature)> {
        self.network.pass_until(System::block_number() * BLOCK_MS);
        self.runs += 1;
        {
            let mut state = self.offchain.0.write();
            state.timestamp = Timestamp::from_unix_millis(self.network.time());
            state.seed = blake2_256(&self.runs.encode());
        }
        Lease::with(|lease| run_with::<Test, _>(System::block_number(), lease, &mut self.network));
        self.submitted()
    }

    /// As [`Node::run`], but the node is killed `after` milliseconds.
    fn run_and_kill(&mut self, after: u64) {
        self.network.killed_at = System::block_number() * BLOCK_MS + after;
        let killed = catch_unwind(AssertUnwindSafe(|| self.run()));
        assert!(killed.is_err(), "the run was over before");
        self.network.killed_at = u64::MAX;
    }

    /// The reports that were submitted; sets [`Node::answers`].
    fn submitted(&mut self) -> Vec<(Report, ProberSignature)> {
        let mut reports = Vec::new();
        self.answers.clear();
        for bytes in (self.drain)() {
            match Extrinsic::decode(&mut bytes.as_slice()).unwrap().function {
                RuntimeCall::Uptime(Call::report { report, signature }) => reports.push((*report, signature)),
                RuntimeCall::Uptime(Call::answer_audit { opening, signature }) => {
                    self.answers.push((*opening, signature))
                },
                other => panic!("submitted {other:?}"),
            }
        }
        reports
    }

    /// Runs at every block from here on until it submits something.
    fn run_until_it_files(&mut self) -> Vec<(Report, ProberSignature)> {
        loop {
            let reports = self.run();
            if !reports.is_empty() {
                return reports;
            }
            next_block();
            assert_ne!(offset(), 0, "the round is over");
        }
    }

    /// What the operator was warned of since a test last looked.
    fn warnings(&mut self) -> Vec<String> {
        let log = self.log.get_logs();
        let lines: Vec<_> = log.lines().filter(|line| line.contains(TARGET)).map(String::from).collect();
        let new = lines[self.seen..].to_vec();
        self.seen = lines.len();
        new
    }

    /// Ports posted to, in order; forgotten afterwards.
    fn posted(&mut self) -> Vec<u16> {
        self.network.posted.drain(..).map(|(port, _)| port).collect()
    }
}

/// Blocks since the round's first.
fn offset() -> u64 {
    System::block_number() - Uptime::current_round().start
}

/// Builds `chain` with a cohort per entry of `cohorts`, and runs `test` on a node that holds the keys of the probers `keys`.
/// Devices sit in lanes from 0 on, and answer at ports that count on from 1 over all cohorts.
fn on_node(chain: TestExt, keys: &[u8], cohorts: &[Vec<Device>], test: impl FnOnce(&mut Node)) {
    let offchain = TestOffchainExt::default();
    let (pool, transactions) = TestTransactionPoolExt::new();
    let keystore = MemoryKeystore::new();
    for key in keys {
        let suri = format!("0x{:?}", HexDisplay::from(&[key + 1; 32]));
        assert_ok!(keystore.insert(KEY_TYPE, &suri, pair(*key).public().as_ref()));
    }
    // The test that the runtime macro adds installs a logger too, which lets only errors pass.
    sp_tracing::try_init_simple();
    log::set_max_level(log::LevelFilter::Warn);
    let (log, subscriber) = init_log_capture(Level::WARN, false);
    let mut ext = chain.build();
    ext.register_extension(OffchainDbExt::new(offchain.clone()));
    ext.register_extension(OffchainWorkerExt::new(offchain.clone()));
    ext.register_extension(TransactionPoolExt::new(pool));
    ext.register_extension(KeystoreExt::new(keystore));
    let chain = || {
        let mut port = 0;
        let registered = cohorts.iter().map(|devices| {
            let targets = devices.iter().enumerate().map(|(lane, _)| {
                port += 1;
                (lane as Lane, (id(port), Some(endpoint(port))))
            });
            let targets: std::collections::BTreeMap<_, _> = targets.collect();
            MockCohort { enrolled: targets.keys().copied().collect(), targets, ..Default::default() }
        });
        Registered::set(registered.collect());
        // Nobody can probe in the first block of round 0, which is genesis.
        next_round();
        test(&mut Node {
            network: Network::new(BLOCK_MS, &cohorts.concat()),
            offchain,
            drain: Box::new(move || core::mem::take(&mut transactions.write().transactions)),
            answers: Vec::new(),
            log,
            seen: 0,
            runs: 0,
        });
    };
    with_default(subscriber, || ext.execute_with(chain));
}

/// Moves every device to an address whose prefix it shares with those of the same group only, by their ports.
fn spread(group: impl Fn(u16) -> u16) {
    Registered::mutate(|cohorts| {
        for (_, endpoint) in cohorts.iter_mut().flat_map(|cohort| cohort.targets.values_mut()) {
            *endpoint = endpoint.map(|endpoint| endpoint_in(group(endpoint.port()), endpoint.port()));
        }
    });
}

/// Seats the device at `port` in `lane` of the first cohort, where another one sat, or nobody.
fn sit(lane: Lane, port: Option<u16>) {
    Registered::mutate(|cohorts| match port {
        Some(port) => drop(cohorts[0].targets.insert(lane, (id(port), Some(endpoint(port))))),
        None => drop(cohorts[0].targets.remove(&lane)),
    });
}

/// The node makes its first tries, and then [`sit`] happens; until then the device at `port` sits nowhere. Some device must fail,
/// so that nothing is filed yet. Posts are forgotten.
fn sit_after_first_tries(node: &mut Node, lane: Lane, port: Option<u16>) {
    if let Some(port) = port {
        sit(port - 1, None);
    }
    while offset() < 5 {
        assert_eq!(node.run(), vec![]);
        next_block();
    }
    assert!(node.posted().contains(&(lane + 1)));
    sit(lane, port);
}

/// A chain with one prober, whose key the node holds.
fn alone() -> TestExt {
    TestExt::new().probers(1).committee_size(1)
}

/// The chain takes the report.
fn include((report, signature): &(Report, ProberSignature)) {
    let call = call(report.clone(), signature.clone());
    assert_ok!(authorize(&call));
    assert_ok!(call.dispatch(RawOrigin::Authorized.into()));
}

fn stored(report: &Report) -> Record {
    let key = record_key(report.round, Uptime::current_round().seed, report.cohort, report.prober);
    StorageValueRef::persistent(&key).get().unwrap().unwrap()
}

/// That every lane in `up`, and no other, is called up, on evidence that holds.
fn is_true(report: &Report, up: impl IntoIterator<Item = Lane>) {
    let up: Bitmap = up.into_iter().collect();
    assert_eq!(report.up.lanes().collect::<Vec<_>>(), up.lanes().collect::<Vec<_>>());
    let (record, round) = (stored(report), Uptime::current_round());
    let prober = &Uptime::prober_set(round.prober_set)[usize::from(report.prober)];
    for lane in up.lanes() {
        let evidence = &record.evidence[&lane];
        assert!(evidence.holds(Uptime::genesis_hash(), round.index, round.seed, prober));
        assert_eq!(report.latency.get(lane), latency_code(evidence.rtt_ms));
    }
    assert_eq!(report.evidence_root, vouch_primitives::evidence::root(|lane| record.evidence.get(&lane)));
}
