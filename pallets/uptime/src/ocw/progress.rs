//! What a prober remembers across blocks and restarts, in the node's persistent offchain store.
//!
//! One [`Record`] per (round, its seed, cohort, prober) under [`record_key`] serves three purposes one after the other: the
//! progress of the running round, the report once it is filed, and the evidence behind it for audits. It is one value so that no
//! crash can leave two parts of it that disagree. The seed is part of the key because a round has another one on a branch of the
//! chain that forked off before it was drawn: what is filed on one branch outlives the other. Records are dropped
//! [`KEPT_ROUNDS`] rounds later, but never while an audit asks for them.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use codec::{Decode, Encode};
use polkadot_sdk::{sp_core::H256, sp_runtime::offchain::storage::StorageValueRef};
use vouch_primitives::{
    audit::ReportId,
    evidence::{self, Evidence},
    lanes::latency_code,
    prober::{ProberId, ProberSignature},
    report::Report,
    traits::Target,
    Bitmap, CohortId, Lane, LatencyCodes, RoundIndex,
};

/// Records are kept until their round is this many rounds old; audits must be drawn earlier. A full cohort's record takes about
/// 140 kB.
pub const KEPT_ROUNDS: u32 = 64;

/// Most rounds pruned in one run, so that a node that was away for long does not spend the run on it.
const PRUNED_PER_RUN: u32 = 256;

/// Start of the key of every [`Record`].
const RECORD: &[u8] = b"vouch/evidence/";

/// Start of the key under which a round's records are listed, so that they can be found again to be dropped: it is followed by
/// the SCALE encoding of the round. The value is a SCALE list of [`Listed`], of the records of all branches.
const RECORDS_OF: &[u8] = b"vouch/evidence-of/";

/// Key of the oldest round that may still have records.
const OLDEST: &[u8] = b"vouch/evidence-oldest";

/// Key of the set of [`unproven`] reports.
const UNPROVEN: &[u8] = b"vouch/unproven";

/// Where the persistent offchain store keeps the record of the prober with index `prober` in the round's prober set:
/// `vouch/evidence/` followed by the SCALE encoding of (round: u32, seed: [u8; 8], cohort: u32, prober: u16), where `seed` is the
/// first 8 bytes of the round's seed. The value is a SCALE [`Record`].
pub fn record_key(round: RoundIndex, seed: H256, cohort: CohortId, prober: u16) -> Vec<u8> {
    listed_key(round, &(tag(seed), cohort, prober))
}

/// The first bytes of a round's seed: enough to tell the few branches of the chain apart that a node sees of one round. A
/// [`Record`] has the whole seed.
type SeedTag = [u8; 8];

/// What tells the records of one round apart: all of [`record_key`] but the round.
type Listed = (SeedTag, CohortId, u16);

fn tag(seed: H256) -> SeedTag {
    core::array::from_fn(|byte| seed.0[byte])
}

fn listed_key(round: RoundIndex, listed: &Listed) -> Vec<u8> {
    [RECORD, &(round, listed).encode()].concat()
}

/// A report as it was signed; only ever submitted in exactly this form.
pub type Filed = (Report, ProberSignature);

/// What one prober knows about one cohort in one round.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Record {
    /// The round's seed, over which the evidence was signed.
    pub seed: H256,
    /// The key that probed.
    pub prober: ProberId,
    /// Seed of the private schedule; see [`super::schedule`].
    pub schedule: [u8; 32],
    /// Of every lane that answered: what it answered.
    pub evidence: BTreeMap<Lane, Evidence>,
    /// Of every lane that was tried and has not answered: how often. Lanes never tried are absent.
    pub tries: BTreeMap<Lane, u8>,
    /// The report; `None` until it is filed. Nothing above changes afterwards.
    pub filed: Option<Filed>,
}

impl Record {
    /// A record of nothing, with a private `schedule` seed.
    pub fn new(seed: H256, prober: ProberId, schedule: [u8; 32]) -> Self {
        Self { seed, prober, schedule, evidence: BTreeMap::new(), tries: BTreeMap::new(), filed: None }
    }

    /// How often a lane failed; `None` once it has answered.
    pub fn tries(&self, lane: Lane) -> Option<u8> {
        (!self.evidence.contains_key(&lane)).then(|| self.tries.get(&lane).copied().unwrap_or(0))
    }

    /// Notes how a probe of `lane` went. The first answer stays.
    pub fn note(&mut self, lane: Lane, outcome: Option<Evidence>) {
        match outcome {
            Some(evidence) => {
                self.tries.remove(&lane);
                self.evidence.entry(lane).or_insert(evidence);
            },
            None if self.evidence.contains_key(&lane) => {},
            None => {
                let tries = self.tries.entry(lane).or_default();
                *tries = tries.saturating_add(1);
            },
        }
    }

    /// Forgets the evidence of lanes in which another device sits now than the one that answered, or none that is to be judged:
    /// the chain branched off, or a device changed its key, and what is kept could not prove a report. `targets` are in rising
    /// order of lanes. Returns whether anything was forgotten; such lanes count as never tried.
    pub fn forget_strangers(&mut self, targets: &[Target]) -> bool {
        let before = self.evidence.len();
        self.evidence.retain(|lane, kept| {
            let target = targets.binary_search_by_key(lane, |target| target.lane).ok().and_then(|at| targets.get(at));
            target.is_some_and(|target| target.device == kept.device)
        });
        self.evidence.len() != before
    }

    /// The verdict on the cohort: lanes that answered are up, all others are not.
    pub fn report(&self, round: RoundIndex, cohort: CohortId, prober: u16) -> Report {
        let up: Bitmap = self.evidence.keys().copied().collect();
        let mut latency = LatencyCodes::default();
        for (lane, evidence) in &self.evidence {
            latency.set(*lane, latency_code(evidence.rtt_ms));
        }
        let evidence_root = evidence::root(|lane| self.evidence.get(&lane));
        Report { round, cohort, prober, up, latency, evidence_root }
    }

    /// The stored record of the branch of the chain that has this `seed`; `None` if there is none, or one that this release
    /// cannot read, or one of another key, whose evidence is worth nothing under this one.
    pub fn load(round: RoundIndex, cohort: CohortId, index: u16, seed: H256, prober: &ProberId) -> Option<Self> {
        StorageValueRef::persistent(&record_key(round, seed, cohort, index))
            .get::<Self>()
            .ok()
            .flatten()
            .filter(|record| record.seed == seed && record.prober == *prober)
    }

    /// Stores the record.
    pub fn save(&self, round: RoundIndex, cohort: CohortId, index: u16) {
        StorageValueRef::persistent(&record_key(round, self.seed, cohort, index)).set(self);
    }
}

fn records_key(round: RoundIndex) -> Vec<u8> {
    [RECORDS_OF, &round.encode()].concat()
}

/// Lists records of `round` that are about to be stored for the first time, under its `seed`, so that [`prune`] finds them.
pub fn announce(round: RoundIndex, seed: H256, records: &[(CohortId, u16)]) {
    if records.is_empty() {
        return;
    }
    let key = records_key(round);
    let list = StorageValueRef::persistent(&key);
    let mut known = list.get::<Vec<Listed>>().ok().flatten().unwrap_or_default();
    known.extend(records.iter().map(|(cohort, prober)| (tag(seed), *cohort, *prober)));
    known.sort_unstable();
    known.dedup();
    list.set(&known);
    let oldest = StorageValueRef::persistent(OLDEST);
    if oldest.get::<RoundIndex>().ok().flatten().is_none_or(|oldest| round < oldest) {
        oldest.set(&round);
    }
}

/// Drops the records of rounds that are [`KEPT_ROUNDS`] old at round `current`, but none of `needed` or later: the oldest round
/// whose evidence is still asked for.
pub fn prune(current: RoundIndex, needed: Option<RoundIndex>) {
    let cursor = StorageValueRef::persistent(OLDEST);
    let Some(oldest) = cursor.get::<RoundIndex>().ok().flatten() else { return };
    // The first round to keep.
    let kept = current.saturating_add(1).saturating_sub(KEPT_ROUNDS).min(needed.unwrap_or(RoundIndex::MAX));
    let end = kept.min(oldest.saturating_add(PRUNED_PER_RUN));
    if oldest >= end {
        return;
    }
    for round in oldest..end {
        let key = records_key(round);
        let mut list = StorageValueRef::persistent(&key);
        for listed in list.get::<Vec<Listed>>().ok().flatten().unwrap_or_default() {
            StorageValueRef::persistent(&listed_key(round, &listed)).clear();
        }
        list.clear();
    }
    cursor.set(&end);
}

/// Audited reports of ours that this node cannot prove, as its operator has been told.
pub fn unproven() -> BTreeSet<ReportId> {
    StorageValueRef::persistent(UNPROVEN).get().ok().flatten().unwrap_or_default()
}

/// Stores what [`unproven`] returns from now on.
pub fn set_unproven(reports: &BTreeSet<ReportId>) {
    StorageValueRef::persistent(UNPROVEN).set(reports);
}

#[cfg(test)]
mod tests {
    use super::*;
    use polkadot_sdk::{
        sp_core::{
            offchain::{testing::TestOffchainExt, OffchainDbExt, OffchainWorkerExt},
            sr25519,
        },
        sp_io::TestExternalities,
    };
    use proptest::prelude::*;
    use vouch_primitives::{lanes::NO_ANSWER, probe::ProbeResponse, DeviceId, LANES};

    fn with_store(test: impl FnOnce()) {
        let (offchain, _) = TestOffchainExt::new();
        let mut ext = TestExternalities::default();
        ext.register_extension(OffchainDbExt::new(offchain.clone()));
        ext.register_extension(OffchainWorkerExt::new(offchain));
        ext.execute_with(test);
    }

    fn key(n: u8) -> ProberId {
        sr25519::Public::from_raw([n; 32]).into()
    }

    fn evidence(rtt_ms: u32) -> Evidence {
        let response = ProbeResponse { signature: sr25519::Signature::from_raw([1; 64]).into() };
        Evidence { device: DeviceId::new([2; 32]), nonce: [3; 32], rtt_ms, response }
    }

    const SEED: H256 = H256::repeat_byte(1);

    fn record() -> Record {
        Record::new(SEED, key(1), [9; 32])
    }

    #[test]
    fn what_is_saved_is_loaded_on_the_same_branch_only() {
        with_store(|| {
            let mut saved = record();
            saved.note(3, Some(evidence(10)));
            saved.note(4, None);
            saved.save(7, 1, 2);
            assert_eq!(Record::load(7, 1, 2, saved.seed, &key(1)), Some(saved.clone()));
            assert_eq!(Record::load(7, 1, 2, H256::zero(), &key(1)), None);
            assert_eq!(Record::load(7, 1, 2, saved.seed, &key(2)), None);
            assert_eq!(Record::load(7, 2, 2, saved.seed, &key(1)), None);
            StorageValueRef::persistent(&record_key(7, SEED, 1, 2)).set(&1u8);
            assert_eq!(Record::load(7, 1, 2, saved.seed, &key(1)), None);
        });
    }

    #[test]
    fn first_answer_stays_and_failures_count_until_then() {
        let mut record = record();
        assert_eq!(record.tries(5), Some(0));
        record.note(5, None);
        record.note(5, None);
        assert_eq!(record.tries(5), Some(2));
        record.note(5, Some(evidence(10)));
        record.note(5, Some(evidence(20)));
        record.note(5, None);
        assert_eq!((record.tries(5), record.evidence[&5].rtt_ms, record.tries.len()), (None, 10, 0));
    }

    #[test]
    fn evidence_of_whoever_sat_there_before_is_forgotten() {
        let mut record = record();
        for lane in [3, 5, 900] {
            record.note(lane, Some(evidence(10)));
        }
        let target = |lane, device| Target { lane, device: DeviceId::new([device; 32]), endpoint: None };
        // The device is still in lane 3, another one in lane 5, and nobody is to be probed in lane 900.
        let targets = [target(2, 2), target(3, 2), target(5, 9)];
        assert!(record.forget_strangers(&targets));
        assert_eq!(record.evidence.keys().copied().collect::<Vec<_>>(), [3]);
        assert_eq!((record.tries(5), record.tries(3)), (Some(0), None));
        assert!(!record.forget_strangers(&targets));
    }

    #[test]
    fn old_rounds_are_dropped_and_younger_ones_kept() {
        with_store(|| {
            let stored =
                |round| StorageValueRef::persistent(&record_key(round, SEED, 0, 1)).get::<Record>().unwrap().is_some();
            for round in 10..200 {
                announce(round, SEED, &[(0, 1), (5, 1)]);
                record().save(round, 0, 1);
                record().save(round, 5, 1);
                prune(round, None);
                for kept in 10..=round {
                    assert_eq!(stored(kept), kept + KEPT_ROUNDS > round, "{kept} in {round}");
                }
            }
        });
    }

    #[test]
    fn rounds_that_an_audit_asks_for_are_kept_however_old() {
        with_store(|| {
            for round in 0..5 {
                announce(round, SEED, &[(0, 0)]);
                record().save(round, 0, 0);
            }
            let kept = || {
                let stored = |round| {
                    StorageValueRef::persistent(&record_key(round, SEED, 0, 0)).get::<Record>().unwrap().is_some()
                };
                (0..5).filter(|round| stored(*round)).collect::<Vec<_>>()
            };
            prune(1_000, Some(0));
            assert_eq!(kept(), [0, 1, 2, 3, 4]);
            prune(1_000, Some(3));
            assert_eq!(kept(), [3, 4]);
            // What is asked for last is young: that keeps nothing else.
            prune(KEPT_ROUNDS + 3, Some(KEPT_ROUNDS));
            assert_eq!(kept(), [4]);
            prune(1_000, None);
            assert_eq!(kept(), [0; 0]);
        });
    }

    #[test]
    fn long_absence_is_pruned_in_bounded_steps() {
        with_store(|| {
            announce(0, SEED, &[(0, 0)]);
            record().save(0, 0, 0);
            announce(5_000, SEED, &[(0, 0)]);
            record().save(5_000, 0, 0);
            let mut runs = 0;
            while StorageValueRef::persistent(OLDEST).get::<u32>() != Ok(Some(6_000 - KEPT_ROUNDS + 1)) {
                prune(6_000, None);
                runs += 1;
                assert!(runs <= 6_000 / PRUNED_PER_RUN + 1);
            }
            for round in [0, 5_000] {
                assert_eq!(StorageValueRef::persistent(&record_key(round, SEED, 0, 0)).get::<Record>(), Ok(None));
                assert_eq!(StorageValueRef::persistent(&records_key(round)).get::<Vec<Listed>>(), Ok(None));
            }
        });
    }

    #[test]
    fn announcing_twice_lists_once() {
        with_store(|| {
            announce(3, SEED, &[(1, 0), (0, 0)]);
            announce(3, SEED, &[(1, 0)]);
            announce(3, H256::zero(), &[(1, 0)]);
            announce(3, SEED, &[]);
            let listed = StorageValueRef::persistent(&records_key(3)).get::<Vec<Listed>>();
            assert_eq!(listed, Ok(Some(vec![([0; 8], 1, 0), ([1; 8], 0, 0), ([1; 8], 1, 0)])));
        });
    }

    #[test]
    fn records_of_all_branches_are_kept_side_by_side_and_dropped_together() {
        with_store(|| {
            let seeds = [1, 2, 3].map(H256::repeat_byte);
            for (lane, seed) in (0..).zip(seeds) {
                let mut record = Record::new(seed, key(1), [9; 32]);
                record.note(lane, Some(evidence(10)));
                announce(7, seed, &[(0, 1)]);
                record.save(7, 0, 1);
            }
            let lanes = |seed| Record::load(7, 0, 1, seed, &key(1)).map(|record| record.evidence.into_keys().collect());
            assert_eq!(seeds.map(lanes), [0, 1, 2].map(|lane| Some(vec![lane])));
            prune(7 + KEPT_ROUNDS, None);
            assert_eq!(seeds.map(lanes), [None, None, None]);
        });
    }

    #[test]
    fn key_is_what_the_documentation_says() {
        let seed = H256(core::array::from_fn(|byte| byte as u8));
        let key = [&b"vouch/evidence/"[..], &[4, 3, 2, 1], &[0, 1, 2, 3, 4, 5, 6, 7], &[5, 0, 0, 0], &[6, 0]].concat();
        assert_eq!(record_key(0x0102_0304, seed, 5, 6), key);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn report_says_what_the_record_holds(answers in proptest::collection::btree_map(0..LANES as Lane, 0u32..9_000, 0..40)) {
            let mut record = record();
            answers.iter().for_each(|(lane, rtt)| record.note(*lane, Some(evidence(*rtt))));
            record.note(999, None);
            let report = record.report(4, 5, 6);
            prop_assert_eq!((report.round, report.cohort, report.prober), (4, 5, 6));
            for lane in 0..LANES as Lane {
                let rtt = answers.get(&lane);
                prop_assert_eq!(report.up.get(lane), rtt.is_some());
                prop_assert_eq!(report.latency.get(lane), rtt.map_or(NO_ANSWER, |rtt| latency_code(*rtt)));
                if let Some(kept) = record.evidence.get(&lane) {
                    let path = evidence::path(|lane| record.evidence.get(&lane), lane).unwrap();
                    prop_assert!(evidence::proves(&report.evidence_root, &path, lane, kept));
                }
            }
        }
    }
}
