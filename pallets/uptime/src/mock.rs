//! A runtime around the pallet, with a registry and a ledger that are plain variables.

use crate::{self as pallet_uptime, types, *};
use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use codec::Encode;
use frame_support::{
    assert_ok, derive_impl, parameter_types,
    traits::{Authorize, ConstU32, Hooks, OneSessionHandler, Randomness, ValidatorSet},
    weights::Weight,
};
use frame_system::RawOrigin;
use sp_core::{Pair, H256};
use sp_io::hashing::blake2_256;
use sp_runtime::{
    testing::TestXt,
    traits::{ConvertInto, Dispatchable},
    transaction_validity::{TransactionSource, TransactionValidityError, ValidTransaction},
    BuildStorage, Perbill,
};
use sp_staking::{
    offence::{Offence, OffenceError, ReportOffence},
    SessionIndex,
};
use std::sync::LazyLock;
use vouch_primitives::{
    audit::{Misconduct, Opening, ReportId},
    evidence::{self, Evidence},
    lanes::CohortView,
    probe::{Challenge, ProbeResponse},
    prober::{ProberId, ProberPair, ProberSignature},
    report::Report,
    traits::{Contributions, DeviceRegistry, EpochClock, OnRoundClosed, ProbingCredits, Target},
    Bitmap, ClassWeight, CohortId, DeviceId, Endpoint, EpochIndex, Lane, LatencyCodes, Place, Points, ProberNumber,
    RoundIndex, LANES,
};

pub type Extension = frame_system::AuthorizeCall<Test>;
pub type Extrinsic = TestXt<RuntimeCall, Extension>;
pub type Block = sp_runtime::generic::Block<sp_runtime::testing::Header, Extrinsic>;

#[frame_support::runtime]
mod runtime {
    #[runtime::runtime]
    #[runtime::derive(RuntimeCall, RuntimeEvent, RuntimeError, RuntimeOrigin, RuntimeTask)]
    pub struct Test;

    #[runtime::pallet_index(0)]
    pub type System = frame_system;
    #[runtime::pallet_index(1)]
    pub type Uptime = pallet_uptime;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = Block;
}

impl<LocalCall> frame_system::offchain::CreateTransactionBase<LocalCall> for Test
where
    RuntimeCall: From<LocalCall>,
{
    type RuntimeCall = RuntimeCall;
    type Extrinsic = Extrinsic;
}

impl<LocalCall> frame_system::offchain::CreateTransaction<LocalCall> for Test
where
    RuntimeCall: From<LocalCall>,
{
    type Extension = Extension;
    fn create_transaction(call: RuntimeCall, extension: Extension) -> Extrinsic {
        Extrinsic::new_transaction(call, extension)
    }
}

impl<LocalCall> frame_system::offchain::CreateAuthorizedTransaction<LocalCall> for Test
where
    RuntimeCall: From<LocalCall>,
{
    fn create_extension() -> Extension {
        Extension::new()
    }
}

/// What the registry holds of one cohort.
#[derive(Clone, Default)]
pub struct MockCohort {
    pub enrolled: Bitmap,
    /// Lanes not judged before a round.
    pub absences: BTreeMap<Lane, RoundIndex>,
    /// What the off-chain worker finds; lanes without an entry are no targets.
    pub targets: BTreeMap<Lane, (DeviceId, Option<Endpoint>)>,
}

parameter_types! {
    pub static SeedLead: u32 = 2;
    pub static MaxSweepWeight: Weight = Weight::MAX;
    /// What transactions leave of each block.
    pub static IdleWeight: Weight = Weight::MAX;
    /// What the parent block's VRF put out.
    pub static Vrf: Option<H256> = Some(H256::repeat_byte(0xaa));
    pub static MayProbePrivate: bool = true;
    pub static Registered: Vec<MockCohort> = Vec::new();
    /// All points ever credited.
    pub static Credited: BTreeMap<(CohortId, Lane), u64> = BTreeMap::new();
    /// All points ever credited to probers.
    pub static Probing: BTreeMap<ProberNumber, u64> = BTreeMap::new();
    /// All offences ever reported.
    pub static Offences: Vec<offence::ProberOffence<u64>> = Vec::new();
    pub static OffenceWeight: Weight = Weight::from_parts(1_000, 0);
    pub static Session: SessionIndex = 0;
    /// Rounds in an epoch.
    pub static EpochRounds: u32 = 1;
    pub static LeastStake: u128 = 0;
    pub static MostGain: u128 = 0;
    /// All rounds that were closed, in that order.
    pub static Closed: Vec<RoundIndex> = Vec::new();
}

pub struct MockRandomness;
impl Randomness<Option<H256>, u64> for MockRandomness {
    fn random(subject: &[u8]) -> (Option<H256>, u64) {
        let seed = Vrf::get().map(|vrf| H256(blake2_256(&(subject, vrf).encode())));
        (seed, System::block_number().saturating_sub(1))
    }
}

pub struct MockRegistry;
impl DeviceRegistry for MockRegistry {
    type AccountId = u64;

    fn cohorts() -> CohortId {
        Registered::get().len() as u32
    }

    fn view(cohort: CohortId, round: RoundIndex) -> CohortView {
        let Some(held) = Registered::get().get(cohort as usize).cloned() else { return CohortView::default() };
        let excused: Bitmap =
            held.absences.iter().filter(|(_, until)| **until > round).map(|(lane, _)| *lane).collect();
        let excused = excused.and(&held.enrolled);
        CohortView { active: held.enrolled.without(&excused), excused, classes: [0; LANES] }
    }

    fn class_weights() -> Vec<ClassWeight> {
        vec![100]
    }

    fn targets(cohort: CohortId, round: RoundIndex) -> Vec<Target> {
        let view = Self::view(cohort, round);
        let Some(held) = Registered::get().get(cohort as usize).cloned() else { return Vec::new() };
        held.targets
            .into_iter()
            .filter(|(lane, _)| view.active.get(*lane))
            .map(|(lane, (device, endpoint))| Target { lane, device, endpoint })
            .collect()
    }

    fn may_probe(_: &Endpoint) -> bool {
        MayProbePrivate::get()
    }

    fn tenant(place: Place, _: RoundIndex) -> Option<DeviceId> {
        let held = Registered::get().get(place.cohort as usize).cloned()?;
        let target = held.targets.get(&place.lane).map(|(device, _)| device.clone());
        held.enrolled.get(place.lane).then(|| target.unwrap_or_else(|| mock_device(place.lane).0))
    }

    fn payee(_: &DeviceId) -> Option<(Place, u64)> {
        None
    }
}

pub struct MockLedger;
impl Contributions for MockLedger {
    fn credit(cohort: CohortId, points: &[Points]) {
        assert_eq!(points.len(), LANES);
        Credited::mutate(|credited| {
            for (lane, points) in points.iter().enumerate().filter(|(_, points)| **points > 0) {
                *credited.entry((cohort, lane as Lane)).or_default() += u64::from(*points);
            }
        });
    }
}

impl ProbingCredits for MockLedger {
    fn credit_probers(points: &[(ProberNumber, Points)]) {
        Probing::mutate(|probing| {
            points.iter().for_each(|(prober, points)| *probing.entry(*prober).or_default() += u64::from(*points));
        });
    }
}

pub struct MockSessions;
impl ValidatorSet<u64> for MockSessions {
    type ValidatorId = u64;
    type ValidatorIdOf = ConvertInto;

    fn session_index() -> SessionIndex {
        Session::get()
    }

    fn validators() -> Vec<u64> {
        (0..100).collect()
    }
}

/// Nobody above 200 can be held to account any more.
pub struct MockOffender;
impl sp_runtime::traits::Convert<u64, Option<u64>> for MockOffender {
    fn convert(account: u64) -> Option<u64> {
        (account <= 200).then_some(account)
    }
}

pub struct MockOffences;
impl ReportOffence<u64, u64, offence::ProberOffence<u64>> for MockOffences {
    fn report_offence(_: Vec<u64>, offence: offence::ProberOffence<u64>) -> Result<(), OffenceError> {
        if Offences::get().iter().any(|known| known.slot() == offence.slot()) {
            return Err(OffenceError::DuplicateReport);
        }
        Offences::mutate(|offences| offences.push(offence));
        Ok(())
    }

    fn is_known_offence(_: &[u64], slot: &(ReportId, Misconduct)) -> bool {
        Offences::get().iter().any(|known| known.slot() == *slot)
    }
}

impl EpochClock for MockLedger {
    fn current_epoch() -> EpochIndex {
        round() / EpochRounds::get()
    }
}

impl OnRoundClosed for MockLedger {
    fn on_round_closed(round: RoundIndex) -> Weight {
        Closed::mutate(|closed| closed.push(round));
        Weight::from_parts(77, 0)
    }
}

#[cfg(feature = "runtime-benchmarks")]
impl vouch_primitives::traits::RegistryBenchmarkHelper for MockRegistry {
    fn fill_cohorts(cohorts: CohortId) -> Vec<DeviceId> {
        let full = MockCohort { enrolled: (0..LANES as Lane).collect(), ..Default::default() };
        Registered::set(vec![full; cohorts as usize]);
        (0..cohorts).map(|cohort| DeviceId::new([cohort as u8; 32])).collect()
    }
}

impl Config for Test {
    type AdminOrigin = frame_system::EnsureRoot<u64>;
    type Registry = MockRegistry;
    type Contributions = MockLedger;
    type ProbingCredits = MockLedger;
    type Epochs = MockLedger;
    type ValidatorSet = MockSessions;
    type Offender = u64;
    type OffenderOf = MockOffender;
    type Offences = MockOffences;
    type OffenceWeight = OffenceWeight;
    type LeastStake = LeastStake;
    type MostGain = MostGain;
    type StrikeMemory = ConstU32<100>;
    type OnRoundClosed = MockLedger;
    type Randomness = MockRandomness;
    type SeedLead = SeedLead;
    type MaxProbers = ConstU32<100>;
    type MaxCommittee = ConstU32<15>;
    type MaxSweepWeight = MaxSweepWeight;
    type WeightInfo = ();
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = MockRegistry;
}

/// Lanes that every mock cohort starts with.
pub const DEVICES: Lane = 8;

/// The parameters that mock chains start with.
pub fn params() -> types::Params {
    types::Params {
        round_length: 10,
        admission_rounds: 0,
        audit: Perbill::zero(),
        audit_window: 20,
        ..Default::default()
    }
}

/// Builds a chain at block 1 of round 0.
pub struct TestExt {
    params: types::Params,
    probers: u8,
    cohorts: u32,
}

impl TestExt {
    /// Rounds of 10 blocks, committees of 7 out of 12 probers, one cohort; no audits, and devices need no admission.
    pub fn new() -> Self {
        Self { params: params(), probers: 12, cohorts: 1 }
    }

    /// Reports are audited with this probability, and answered within 20 blocks.
    pub fn audit(mut self, probability: Perbill) -> Self {
        self.params.audit = probability;
        self
    }

    pub fn admission(mut self, rounds: u32) -> Self {
        self.params.admission_rounds = rounds;
        self
    }

    pub fn round_length(mut self, blocks: u32) -> Self {
        self.params.round_length = blocks;
        self
    }

    pub fn committee_size(mut self, size: u32) -> Self {
        self.params.committee_size = size;
        self
    }

    pub fn probers(mut self, probers: u8) -> Self {
        self.probers = probers;
        self
    }

    pub fn cohorts(mut self, cohorts: u32) -> Self {
        self.cohorts = cohorts;
        self
    }

    pub fn build(self) -> sp_io::TestExternalities {
        SeedLead::set(2);
        MaxSweepWeight::set(Weight::MAX);
        IdleWeight::set(Weight::MAX);
        Vrf::set(Some(H256::repeat_byte(0xaa)));
        MayProbePrivate::set(true);
        Registered::set(Vec::new());
        Credited::set(BTreeMap::new());
        Probing::set(BTreeMap::new());
        Offences::set(Vec::new());
        OffenceWeight::set(Weight::from_parts(1_000, 0));
        Session::set(0);
        EpochRounds::set(1);
        LeastStake::set(0);
        MostGain::set(0);
        Closed::set(Vec::new());
        let genesis = RuntimeGenesisConfig {
            uptime: GenesisConfig { params: self.params, ..Default::default() },
            ..Default::default()
        };
        let mut ext: sp_io::TestExternalities = genesis.build_storage().unwrap().into();
        ext.execute_with(|| {
            let keys = keys(0..self.probers);
            Uptime::on_genesis_session(keys.iter().map(|(account, key)| (account, key.clone())));
            (0..self.cohorts).for_each(|_| open_cohort());
            System::set_block_number(1);
            Uptime::on_initialize(1);
        });
        ext
    }

    /// Runs `test`, and checks the pallet's invariants before and after it.
    pub fn build_and_execute(self, test: impl FnOnce()) {
        self.build().execute_with(|| {
            assert_ok!(Uptime::do_try_state());
            test();
            assert_ok!(Uptime::do_try_state());
        });
    }
}

/// For benchmarks, which make keys as a node does.
#[cfg(feature = "runtime-benchmarks")]
pub fn benchmark_ext() -> sp_io::TestExternalities {
    let mut ext = TestExt::new().build();
    ext.register_extension(sp_keystore::KeystoreExt::new(sp_keystore::testing::MemoryKeystore::new()));
    ext
}

/// The key pairs of all probers there can be, derived once: that takes longer than most tests.
static PAIRS: LazyLock<Vec<ProberPair>> =
    LazyLock::new(|| (1..=u8::MAX).map(|n| ProberPair::from_seed(&[n; 32])).collect());

/// The key pair of the `n`-th prober, counted from 0.
pub fn pair(n: u8) -> ProberPair {
    PAIRS[usize::from(n)].clone()
}

/// Whose key this is.
pub fn number_of(key: &ProberId) -> Option<u8> {
    PAIRS.iter().position(|pair| pair.public() == *key).map(|n| n as u8)
}

fn keys(probers: impl Iterator<Item = u8>) -> Vec<(u64, ProberId)> {
    probers.map(|n| (u64::from(n), pair(n).public())).collect()
}

/// A session begins in which `probers` validate.
pub fn new_session(probers: impl Iterator<Item = u8>) {
    let keys = keys(probers);
    let validators = || keys.iter().map(|(account, key)| (account, key.clone()));
    Uptime::on_new_session(true, Box::new(validators()), Box::new(validators()));
}

/// A cohort opens, with [`DEVICES`] devices that are judged from the next round on, or from round 0 at genesis.
pub fn open_cohort() {
    let from = if System::block_number() == 0 { 0 } else { round() + 1 };
    let enrolled: Bitmap = (0..DEVICES).collect();
    let absences = (0..DEVICES).map(|lane| (lane, from)).collect();
    Registered::mutate(|cohorts| cohorts.push(MockCohort { enrolled, absences, ..Default::default() }));
}

/// The next block: what the last one has left goes to the sweep, then the new one's hooks run.
pub fn next_block() {
    let now = System::block_number();
    Uptime::on_idle(now, IdleWeight::get());
    System::set_block_number(now + 1);
    Uptime::on_initialize(now + 1);
}

/// Goes to the first block of the next round.
pub fn next_round() {
    let before = round();
    while round() == before {
        next_block();
    }
}

/// Goes `n` rounds on and then lets the sweep do what it may.
pub fn rounds_later(n: u32) {
    (0..n).for_each(|_| next_round());
    next_block();
}

/// The running round's number.
pub fn round() -> RoundIndex {
    Uptime::current_round().index
}

/// The members of the cohort's committee in the running round.
pub fn members(cohort: CohortId) -> Vec<u16> {
    Uptime::committee_indices(cohort).into_iter().map(|index| index as u16).collect()
}

/// A report for the running round that calls `up` up, each with latency code 3.
pub fn report(cohort: CohortId, prober: u16, up: impl IntoIterator<Item = Lane>) -> Report {
    let up: Bitmap = up.into_iter().collect();
    let mut latency = LatencyCodes::default();
    up.lanes().for_each(|lane| latency.set(lane, 3));
    Report { round: round(), cohort, prober, up, latency, evidence_root: H256::repeat_byte(prober as u8) }
}

/// The report signed by the `signer`-th mock prober.
pub fn sign(report: &Report, signer: u16) -> ProberSignature {
    pair(signer as u8).sign(&report.payload(Uptime::genesis_hash(), Uptime::current_round().seed))
}

/// The call that files `report`.
pub fn call(report: Report, signature: ProberSignature) -> RuntimeCall {
    Call::report { report: Box::new(report), signature }.into()
}

/// Whether the transaction pool and a block would take this call, as `AuthorizeCall` asks it.
pub fn authorize(call: &RuntimeCall) -> Result<(ValidTransaction, Weight), TransactionValidityError> {
    call.authorize(TransactionSource::External).expect("the call is one that can be authorized")
}

/// Files `report`, signed by the mock prober with its own index, as a block does.
pub fn submit(report: Report) -> Result<(), TransactionValidityError> {
    let signature = sign(&report, report.prober);
    let call = call(report, signature);
    authorize(&call)?;
    assert_ok!(call.dispatch(RawOrigin::Authorized.into()));
    Ok(())
}

/// The first `n` members of the cohort's committee each call the lanes `up` up.
pub fn vote(cohort: CohortId, n: usize, up: impl IntoIterator<Item = Lane> + Clone) {
    for member in members(cohort).into_iter().take(n) {
        assert_ok!(submit(report(cohort, member, up.clone())));
    }
}

/// A device that the mock registry seats in `lane` where the test names none, and its key.
pub fn mock_device(lane: Lane) -> (DeviceId, sp_core::ed25519::Pair) {
    let pair = sp_core::ed25519::Pair::from_seed(&blake2_256(&(b"device", lane).encode()));
    (DeviceId::new(pair.public().0), pair)
}

/// What the `prober`-th mock prober can show of having been answered by the mock devices in `lanes` in the running round.
pub fn evidence(prober: u16, lanes: impl IntoIterator<Item = Lane>) -> BTreeMap<Lane, Evidence> {
    let round = Uptime::current_round();
    let key = pair(prober as u8).public();
    let of = |lane| {
        let (device, device_pair) = mock_device(lane);
        let challenge = Challenge {
            genesis: Uptime::genesis_hash(),
            round: round.index,
            seed: round.seed,
            prober: key.clone(),
            device: device.clone(),
            nonce: [prober as u8; 32],
        };
        let response = ProbeResponse { signature: device_pair.sign(&challenge.payload()).into() };
        (lane, Evidence { device, nonce: challenge.nonce, rtt_ms: 5, response })
    };
    lanes.into_iter().map(of).collect()
}

/// An honest report of what `evidence` shows.
pub fn honest_report(cohort: CohortId, prober: u16, evidence: &BTreeMap<Lane, Evidence>) -> Report {
    let evidence_root = evidence::root(|lane| evidence.get(&lane));
    Report { evidence_root, ..report(cohort, prober, evidence.keys().copied()) }
}

/// The answer to an audit of `report` on `lane`, from what its prober kept.
pub fn opening(report: ReportId, lane: Lane, evidence: &BTreeMap<Lane, Evidence>) -> Opening {
    let path = evidence::path(|lane| evidence.get(&lane), lane).unwrap();
    Opening { report, evidence: evidence[&lane].clone(), path }
}

/// Answers an audit, signed by the `signer`-th mock prober, as a block does.
pub fn answer(opening: &Opening, signer: u16) -> Result<(), TransactionValidityError> {
    let signature = pair(signer as u8).sign(&opening.payload(Uptime::genesis_hash()));
    let call: RuntimeCall = Call::answer_audit { opening: Box::new(opening.clone()), signature }.into();
    authorize(&call)?;
    assert_ok!(call.dispatch(RawOrigin::Authorized.into()));
    Ok(())
}

/// All points ever credited to the prober with this number, which in the mock is its index in the first set.
pub fn probing(prober: u16) -> u64 {
    Probing::get().get(&prober.into()).copied().unwrap_or(0)
}

/// All points ever credited to a lane.
pub fn credited(cohort: CohortId, lane: Lane) -> u64 {
    Credited::get().get(&(cohort, lane)).copied().unwrap_or(0)
}

/// The pallet's events so far, which are forgotten.
pub fn events() -> Vec<Event<Test>> {
    let events = System::read_events_for_pallet::<Event<Test>>();
    System::reset_events();
    events
}
