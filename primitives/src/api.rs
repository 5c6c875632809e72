//! What a device owner, a wallet or an explorer asks the chain: the runtime API and its answers.

use crate::{
    audit::{Misconduct, ReportId},
    history::LaneHistory,
    prober::ProberId,
    ClassId, ClassWeight, CohortId, DeviceId, Endpoint, EpochIndex, Place, Points, ProberNumber, RoundIndex,
};
use alloc::{format, string::String, vec::Vec};
use codec::{Codec, Decode, Encode};
use core::fmt::Debug;
use polkadot_sdk::{sp_api, sp_core::H256};
use scale_info::TypeInfo;

/// The network at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct NetworkInfo<Balance, BlockNumber> {
    /// The running round.
    pub round: RoundIndex,
    /// Its first block.
    pub round_start: BlockNumber,
    /// Its length in blocks.
    pub round_length: u32,
    /// Members of a committee, where there are enough probers.
    pub committee_size: u32,
    /// Validators that probe in this round.
    pub probers: u32,
    /// The running epoch.
    pub epoch: EpochIndex,
    /// Rounds of this epoch that are over.
    pub rounds_done: u32,
    /// Rounds of this epoch in all.
    pub rounds_per_epoch: u32,
    /// Planck to be minted when this epoch closes.
    pub emission: Balance,
    /// Planck to be divided among devices for uptime when this epoch closes, with what earlier epochs carried over.
    pub uptime_budget: Balance,
    /// Points of all devices for uptime in this epoch so far.
    pub total_points: u64,
    /// Planck to be divided among devices for work when this epoch closes, with what earlier epochs carried over; what a point of
    /// work may be worth at most can leave some of it.
    pub work_budget: Balance,
    /// Points of all devices for work in this epoch so far.
    pub work_points: u64,
    /// Planck per point of work of the last closed epoch, if one has closed.
    pub last_work_rate: Option<Balance>,
    /// Registered devices.
    pub devices: u32,
    /// Cohorts ever opened.
    pub cohorts: u32,
}

/// What a registered device is doing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum DeviceState<BlockNumber> {
    /// Probed and judged.
    Active,
    /// Not judged before the named round: it joined, came back, changed its key or declared maintenance.
    ExcusedUntil(RoundIndex),
    /// Deregistered; its bond can be released from this block on.
    Leaving(BlockNumber),
}

/// A registered device.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct DeviceInfo<AccountId, Balance, BlockNumber> {
    /// Who registered it, bonds for it and may change it.
    pub owner: AccountId,
    /// Who is paid for it.
    pub payee: AccountId,
    /// Its class.
    pub class: ClassId,
    /// The class's name, UTF-8.
    pub class_name: Vec<u8>,
    /// The class's weight.
    pub class_weight: ClassWeight,
    /// Where it answers, if it publishes an address.
    pub endpoint: Option<Endpoint>,
    /// Its cohort and lane.
    pub place: Place,
    /// Planck held from the owner for it.
    pub bond: Balance,
    /// What it is doing.
    pub state: DeviceState<BlockNumber>,
    /// Its last 32 rounds.
    pub history: LaneHistory,
    /// The first round that `history` does not contain yet.
    pub next_round: RoundIndex,
    /// Rounds up since it was last judged down.
    pub streak: u32,
    /// Latency code of its last covered round, see [`crate::lanes::latency_code`].
    pub latency_code: u8,
    /// Whether it is admitted: up in as many rounds as admission takes, since it came or moved to another address.
    pub admitted: bool,
    /// Proofs of possession its key has spent: the nonce of the next.
    pub nonce: u32,
}

/// One member of a device's committee.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct CommitteeMember {
    /// Index in the round's prober set.
    pub index: u16,
    /// The session key it probes with.
    pub prober: ProberId,
    /// Whether its report on the cohort is in.
    pub reported: bool,
}

/// Who probes a device in the running round.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct CommitteeInfo {
    /// The running round.
    pub round: RoundIndex,
    /// Its seed, from which the draw can be repeated.
    pub seed: H256,
    /// The members, in the order drawn.
    pub members: Vec<CommitteeMember>,
}

/// What a device has earned by one thing, uptime or work, or a validator by probing, and not yet been paid.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct PendingReward<Balance> {
    /// Planck of closed epochs: what a claim would pay of it now.
    pub accrued: Balance,
    /// Planck of closed epochs that are held back as security, and paid by a claim later if nothing is found against the device.
    /// Only of what is earned for uptime.
    pub held: Balance,
    /// The running epoch.
    pub epoch: EpochIndex,
    /// Points in it so far, worth something once it closes.
    pub points: Points,
}

/// The code of a variant without fields, as JSON has it: its name in camelCase.
pub fn code(variant: impl Debug) -> String {
    let name = format!("{variant:?}");
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// Why a device earns less than a perfect one, or nothing. Codes are stable: new ones are added at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Reason {
    /// No round has judged the device yet.
    NotJudgedYet,
    /// Excused until a later round (joined, came back, changed its key, or in maintenance): not judged, not paid.
    Excused,
    /// Deregistered: not judged any more.
    Leaving,
    /// Judged down in the last accounted round: no report of its committee called it up.
    Down,
    /// In the last accounted round too few members reported, or they were divided on the device: it counted as in its last
    /// covered one.
    Uncovered,
    /// Its latency is above 127 ms and lowers the latency factor.
    Slow,
    /// Its streak is shorter than the history and the streak factor not yet at its most.
    ShortStreak,
    /// Its class has weight zero.
    ClassWeighsNothing,
    /// It publishes no address and no gateway reaches it.
    NoEndpoint,
    /// Points of the running epoch become tokens only when it closes.
    EpochRunning,
    /// The last closed epoch paid nothing per point: its budget was smaller than its total points.
    RateWasZero,
    /// It is new, or moved to another address, and has not been up in as many rounds yet as admission takes: judged, not paid.
    Admission,
    /// It has not answered at its address yet: it is asked after pauses that double, and may be evicted in the end.
    NeverAnswered,
    /// Part of what it earned is held back as security for some epochs.
    HeldBack,
    /// Rounds of the epoch went by without judgement, because the device was excused or too few reported on it.
    NotJudged,
}

/// Why what a device earns for uptime is what it is; why what it earns by work is, is in its receipts, see
/// [`crate::work::api::WorkerInfo`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Explanation<Balance> {
    /// What is pending for uptime.
    pub pending: PendingReward<Balance>,
    /// What is pending for work. A claim pays both.
    pub work: PendingReward<Balance>,
    /// Of the last 32 rounds: judged up.
    pub rounds_up: u32,
    /// Of the last 32 rounds: judged down.
    pub rounds_down: u32,
    /// Of the last 32 rounds: without judgement, whether or not they were paid as the last covered one; those before the device
    /// came are among them.
    pub rounds_excused: u32,
    /// The class's weight, hundredths of a standard device.
    pub class_weight: ClassWeight,
    /// Latency factor of the last covered round, percent.
    pub latency_factor: u32,
    /// Streak factor of the next round, percent.
    pub streak_factor: u32,
    /// Points the next round adds if the device is up with unchanged latency; none before it is admitted.
    pub next_round_points: Points,
    /// Planck per point of uptime of the last closed epoch, if one has closed.
    pub last_rate: Option<Balance>,
    /// Everything that lowers the reward for uptime as of now, and so in the running epoch.
    pub reasons: Vec<Reason>,
    /// What the device earned in the epoch that closed last, and why it was not more; `None` before one has closed.
    pub last: Option<EpochAccount<Balance>>,
}

/// What a device earned for uptime in a closed epoch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct EpochAccount<Balance> {
    /// The epoch.
    pub epoch: EpochIndex,
    /// Of its rounds, as far as the 32 last are remembered: counted as up.
    pub rounds_up: u32,
    /// Judged down.
    pub rounds_down: u32,
    /// Without judgement and not counted as up.
    pub rounds_excused: u32,
    /// Points credited in it. A round is credited when it is tallied: one that is tallied late counts for the next epoch.
    pub points: Points,
    /// Planck per point.
    pub rate: Balance,
    /// Planck that its points were worth.
    pub amount: Balance,
    /// Planck of these that were held back when it closed.
    pub held: Balance,
    /// Everything that lowered it.
    pub reasons: Vec<Reason>,
}

/// One of an owner's devices, in short.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct DeviceSummary<Balance, BlockNumber> {
    /// The device.
    pub device: DeviceId,
    /// Its class.
    pub class: ClassId,
    /// Its cohort and lane.
    pub place: Place,
    /// What it is doing.
    pub state: DeviceState<BlockNumber>,
    /// Its last 32 rounds.
    pub history: LaneHistory,
    /// Latency code of its last covered round, see [`crate::lanes::latency_code`].
    pub latency_code: u8,
    /// Whether it is admitted.
    pub admitted: bool,
    /// Planck that a claim would pay for it now, for uptime and work.
    pub accrued: Balance,
    /// Planck held back.
    pub held: Balance,
    /// Points for uptime in the running epoch.
    pub points: Points,
}

/// The running epoch of one pool.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct PoolStatus<Balance> {
    /// Planck to be divided when it closes, with what earlier epochs carried over.
    pub budget: Balance,
    /// Points earned so far.
    pub points: u64,
    /// Planck per point of the last closed epoch, if one has closed.
    pub last_rate: Option<Balance>,
    /// Planck per point if the rest of the epoch earns as many points a round as what is over of it; `None` before anything was
    /// earned in it.
    pub projected_rate: Option<Balance>,
}

/// The running epoch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct EpochStatus<Balance> {
    /// Its number.
    pub index: EpochIndex,
    /// Rounds of it that are over.
    pub rounds_done: u32,
    /// Rounds of it in all.
    pub rounds_per_epoch: u32,
    /// Blocks until it closes, if the rounds to come are as long as the running one.
    pub blocks_left: u32,
    /// Planck to be minted when it closes.
    pub emission: Balance,
    /// What devices earn by being up.
    pub uptime: PoolStatus<Balance>,
    /// What validators earn by probing.
    pub probing: PoolStatus<Balance>,
    /// What devices earn by work, besides what requesters pay.
    pub work: PoolStatus<Balance>,
}

/// What the best device of a class would earn for uptime in an epoch at today's figures.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ClassProjection<Balance> {
    /// The class.
    pub class: ClassId,
    /// Its name, UTF-8.
    pub name: Vec<u8>,
    /// Its weight, hundredths of a standard device.
    pub weight: ClassWeight,
    /// Planck held for a device of it that is registered now.
    pub bond: Balance,
    /// Points of an epoch: up in every round, with the longest streak and no latency to speak of.
    pub points: u64,
    /// Planck that they are worth at the projected rate of the running epoch or, before there is one, at that of the last;
    /// `None` before both.
    pub reward: Option<Balance>,
}

/// How a cohort's round was accounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Accounted {
    /// Enough reports came to judge by.
    Judged {
        /// Devices judged up.
        up: u32,
        /// Devices judged.
        judged: u32,
        /// Reports counted.
        ballots: u32,
    },
    /// This round, and so many in all from it on, had too few reports.
    Uncovered {
        /// How many, at least 1.
        rounds: u32,
    },
}

/// A cohort's round that was accounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct CohortRound {
    /// The round.
    pub round: RoundIndex,
    /// The cohort.
    pub cohort: CohortId,
    /// How it went.
    pub outcome: Accounted,
}

impl CohortRound {
    /// The last of the rounds that it is about.
    pub fn last(&self) -> RoundIndex {
        match self.outcome {
            Accounted::Judged { .. } => self.round,
            Accounted::Uncovered { rounds } => self.round.saturating_add(rounds.saturating_sub(1)),
        }
    }
}

/// An epoch that closed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ClosedEpoch<Balance> {
    /// Its number.
    pub index: EpochIndex,
    /// Planck minted.
    pub minted: Balance,
    /// Planck of these, and of what earlier epochs left, that went to the treasury.
    pub treasury: Balance,
    /// Points for uptime, of all devices.
    pub uptime_points: u64,
    /// Planck that each was worth.
    pub uptime_rate: Balance,
    /// Points for probing, of all validators.
    pub probing_points: u64,
    /// Planck that each was worth.
    pub probing_rate: Balance,
    /// Points for work, of all devices.
    pub work_points: u64,
    /// Planck that each was worth.
    pub work_rate: Balance,
}

/// What one block changed, for whoever follows the chain: read from the block's own events, in the code that made them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct BlockChanges<Balance> {
    /// The round that it opened.
    pub opened: Option<RoundIndex>,
    /// The epoch that it closed.
    pub closed: Option<ClosedEpoch<Balance>>,
    /// Cohorts' rounds that it accounted.
    pub accounted: Vec<CohortRound>,
    /// Devices that something happened to besides: registered, changed, gone, paid, fined, or given, answering or paid for work.
    /// In ascending order, each once.
    pub devices: Vec<DeviceId>,
}

/// What is known of a prober's reports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ProberRecord {
    /// Reports that were measured, since the validator first probed.
    pub reports: u32,
    /// Lanes that they were measured on: those on which at least two thirds of a committee agreed.
    pub lanes: u64,
    /// Mean accuracy over these lanes, permille; see [`crate::accuracy::Accuracy::permille`]. 0 before the first.
    pub accuracy: u32,
    /// Reports that contradicted most of what their peers agreed on.
    pub outliers: u32,
    /// How near it is to an offence for outliers: each adds to it, each good report takes one off.
    pub deviation: u32,
    /// At this deviation the next offence is reported.
    pub deviation_limit: u32,
    /// Audits that it answered with a proof.
    pub proven: u32,
    /// Audits that it answered wrongly.
    pub failed: u32,
    /// Audits that it did not answer in time.
    pub silent: u32,
    /// Audits that wait for its answer, or were proven and wait to be closed.
    pub open: u32,
    /// Points that it lost with reports that failed their audit.
    pub forfeited: u64,
    /// Epochs with offences that still count: the next one costs so many times the first one's share of the stake, and once more.
    pub strikes: u32,
    /// The offence that brought its last strike, or a graver one after it, and the report that gave rise to it; `None` without any.
    pub last_offence: Option<(Misconduct, ReportId)>,
}

/// Why a prober earns less than a perfect one. Codes are stable: new ones are added at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum ProberReason {
    /// No report of it has been measured yet.
    NotMeasuredYet,
    /// Its reports disagree with what two thirds of its peers found: it earns in proportion to its accuracy.
    Inaccurate,
    /// Some reports contradicted most of what their peers agreed on and earned next to nothing.
    Outliers,
    /// Reports that failed their audit earned nothing, and cost stake.
    FailedAudits,
    /// Reports whose audit it did not answer in time earned nothing, and cost stake.
    SilentAudits,
    /// Reports that are drawn for an audit are paid once they are proven.
    AuditsOpen,
    /// Points of the running epoch become tokens only when it closes.
    EpochRunning,
}

/// A validator as a prober.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ProberInfo<Balance> {
    /// Its number.
    pub number: ProberNumber,
    /// What is known of its reports.
    pub record: ProberRecord,
    /// What it has earned by probing and not been paid.
    pub pending: PendingReward<Balance>,
    /// Planck per point of the last closed epoch, if one has closed.
    pub last_rate: Option<Balance>,
    /// Everything that lowers its pay.
    pub reasons: Vec<ProberReason>,
}

sp_api::decl_runtime_apis! {
    /// Answers about devices, rounds and rewards. A change to any of them, or to what it is made of, comes with a new version.
    #[api_version(1)]
    pub trait VouchApi<AccountId, Balance, BlockNumber>
    where
        AccountId: Codec,
        Balance: Codec,
        BlockNumber: Codec,
    {
        /// The network at a glance.
        fn network() -> NetworkInfo<Balance, BlockNumber>;

        /// A device; `None` if it is not registered.
        fn device(device: DeviceId) -> Option<DeviceInfo<AccountId, Balance, BlockNumber>>;

        /// The devices of an owner, at most `limit` (and never more than 1,000) after `after` in storage order.
        fn devices_of(owner: AccountId, after: Option<DeviceId>, limit: u32) -> Vec<DeviceId>;

        /// Proofs of possession a key has spent: the nonce of its next one. Answers for any key, registered or not.
        fn proof_nonce(device: DeviceId) -> u32;

        /// Who probes a device in the running round; `None` if it is not registered.
        fn committee(device: DeviceId) -> Option<CommitteeInfo>;

        /// What a device has earned for uptime and not been paid; `None` if it is not registered.
        fn pending_reward(device: DeviceId) -> Option<PendingReward<Balance>>;

        /// What a device has earned by work from the chain, besides what requesters paid at once, and not been paid; `None` if it
        /// is not registered. A claim pays this and the reward for uptime.
        fn pending_work(device: DeviceId) -> Option<PendingReward<Balance>>;

        /// What is pending, and why it is this much; `None` if the device is not registered.
        fn explain(device: DeviceId) -> Option<Explanation<Balance>>;

        /// A validator as a prober: its accuracy, pay, audits, and the reasons for every deduction; `None` if it was never among a
        /// session's validators.
        fn prober(validator: AccountId) -> Option<ProberInfo<Balance>>;

        /// The running epoch: what it divides, among how many points, and for how long it goes on.
        fn epoch() -> EpochStatus<Balance>;

        /// What the best device of each class would earn in an epoch at today's figures.
        fn projections() -> Vec<ClassProjection<Balance>>;

        /// The devices of an owner with what an overview shows of each, at most `limit` (and never more than 1,000) after `after`
        /// in storage order. `after` need not be registered any more.
        fn fleet(owner: AccountId, after: Option<DeviceId>, limit: u32) -> Vec<DeviceSummary<Balance, BlockNumber>>;

        /// The device in a place; `None` if it is vacant.
        fn tenant(place: Place) -> Option<DeviceId>;

        /// What this block changed.
        fn changes() -> BlockChanges<Balance>;
    }
}
