//! Through which the pallets meet. Each is small enough to be implemented by a chain that takes only some of our pallets.

use crate::{
    lanes::CohortView, prober::ProberId, ClassId, ClassWeight, CohortId, DeviceId, Endpoint, EpochIndex, Lane, Place,
    Points, ProberNumber, RoundIndex,
};
use alloc::vec::Vec;
use polkadot_sdk::{sp_core::H256, sp_runtime::DispatchResult, sp_weights::Weight};

/// A device to probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its lane in the cohort asked for.
    pub lane: Lane,
    /// Its id, which its answer must be signed for.
    pub device: DeviceId,
    /// Where it answers; `None` for a device without a published address, which counts as not answering.
    pub endpoint: Option<Endpoint>,
}

/// The registry, as those who probe and pay see it. Implemented by pallet-devices.
pub trait DeviceRegistry {
    /// Accounts that own devices and are paid for them.
    type AccountId;

    /// How many cohorts were ever opened; cohorts are numbered from 0 without gaps.
    fn cohorts() -> CohortId;

    /// Who is to be judged in `cohort` in `round`, the running round or the one before it. Of older rounds, which are asked for
    /// only if blocks were too full to account them in time, the answer may miss that a device was excused.
    fn view(cohort: CohortId, round: RoundIndex) -> CohortView;

    /// The weight of every class, by [`crate::ClassId`].
    fn class_weights() -> Vec<ClassWeight>;

    /// The active devices of a cohort in rising order of lanes. Reads every device: for off-chain use.
    fn targets(cohort: CohortId, round: RoundIndex) -> Vec<Target>;

    /// Whether this chain lets validators be sent to `endpoint`.
    fn may_probe(endpoint: &Endpoint) -> bool;

    /// The key of the device that sat in `place` when `round` was judged, one of the last few rounds; `None` if nobody did, if
    /// it has gone, or if it changed its key in that round.
    fn tenant(place: Place, round: RoundIndex) -> Option<DeviceId>;

    /// Where a device sits, and who is paid for it: its beneficiary if it has one, else its owner. `None` for a device that is
    /// not registered.
    fn payee(device: &DeviceId) -> Option<(Place, Self::AccountId)>;
}

/// Tells the running round. Implemented by pallet-uptime.
pub trait RoundClock {
    /// The running round.
    fn current_round() -> RoundIndex;
}

/// Tells what chance decided for the running round. Implemented by pallet-uptime.
pub trait RoundSeed: RoundClock {
    /// The running round's seed. Nobody knows it before the last blocks of the round before.
    fn current_seed() -> H256;
}

/// Tells whether a device has been up. Implemented by pallet-uptime.
pub trait Presence {
    /// Whether the device in `place` is admitted and was judged up in one of the last `rounds` rounds that are accounted.
    fn was_up(place: Place, rounds: u32) -> bool;

    /// Makes the device in `place` one that was up.
    #[cfg(feature = "runtime-benchmarks")]
    fn be_up_for_benchmark(_place: Place) {}
}

/// Draws validators who decide what devices disagree on. Implemented by pallet-uptime.
pub trait Panels {
    /// The session keys of as many probers as a committee has, drawn by the running round's seed and `subject`. At least one
    /// where anybody probes.
    fn panel(subject: H256) -> Vec<ProberId>;

    /// Makes a round run in which panels are as large, and drawn of as many, as they can be.
    #[cfg(feature = "runtime-benchmarks")]
    fn prepare_benchmark() {}
}

/// What a registered device is bonded with, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bonded<AccountId, Balance> {
    /// Who registered it.
    pub owner: AccountId,
    /// Who is paid for it.
    pub payee: AccountId,
    /// Where it sits.
    pub place: Place,
    /// Its class.
    pub class: ClassId,
    /// Whether it is judged in the running round: neither leaving nor excused.
    pub active: bool,
    /// Planck held for it.
    pub bond: Balance,
    /// Planck that its class asks for today.
    pub class_bond: Balance,
}

/// The registry, as those see it who make devices answer for what they say. Implemented by pallet-devices.
pub trait Bonds {
    /// Accounts that own devices.
    type AccountId;
    /// An amount, in planck.
    type Balance;

    /// The device that sits in `place` now; `None` if nobody does.
    fn at(place: Place) -> Option<DeviceId>;

    /// What is known of a device; `None` if it is not registered.
    fn bonded(device: &DeviceId) -> Option<Bonded<Self::AccountId, Self::Balance>>;

    /// Burns `amount` of what is held for a device, or what is left of it, and returns how much that was.
    fn fine(device: &DeviceId, amount: Self::Balance) -> Self::Balance;

    /// Registers `device` as the `n`-th of a benchmark, with all of its bond, in a cohort and of an owner of its own.
    #[cfg(feature = "runtime-benchmarks")]
    fn register_for_benchmark(n: u32, device: &DeviceId);
}

/// Tells which devices owe something besides being up. Implemented by pallet-work; `()` knows of none.
pub trait Engagements {
    /// Whether the device in `place` has begun something for which its bond has to stay.
    fn is_engaged(place: Place) -> bool;

    /// The place is empty and will be given to another device. Its last one was not engaged.
    fn on_vacate(place: Place);

    /// Makes what is remembered of `place` as much as it can be, so that a benchmark of the caller measures what forgetting it
    /// takes.
    #[cfg(feature = "runtime-benchmarks")]
    fn prepare_benchmark(_place: Place) {}
}

impl Engagements for () {
    fn is_engaged(_: Place) -> bool {
        false
    }

    fn on_vacate(_: Place) {}
}

/// Tells the running epoch. Implemented by pallet-rewards.
pub trait EpochClock {
    /// The running epoch.
    fn current_epoch() -> EpochIndex;
}

/// Takes note of proven contribution. Implemented by pallet-rewards.
pub trait Contributions {
    /// Adds what each lane of `cohort` earned to the running epoch; `points` has one entry per lane, further entries are
    /// ignored.
    fn credit(cohort: CohortId, points: &[Points]);
}

/// Takes note of probing that was found good. Implemented by pallet-rewards.
pub trait ProbingCredits {
    /// Adds points to what probers earned in the running epoch. A prober may be named more than once.
    fn credit_probers(points: &[(ProberNumber, Points)]);
}

/// Takes note of work that was proven. Implemented by pallet-rewards.
pub trait WorkCredits: EpochClock {
    /// Adds points to what the device in `place` earned by work in the running epoch, and tells the epoch.
    fn credit_work(place: Place, points: Points) -> EpochIndex;

    /// The most that a point of work can be worth, in planck, under the rules in force and under those to come.
    fn most_per_point() -> u128;

    /// What [`WorkCredits::credit_work`] takes at most.
    fn weight_of_credit() -> Weight;
}

/// Tells who a prober is, and what a lie costs it. Implemented by pallet-uptime.
pub trait ProberDirectory<AccountId> {
    /// The validator with this number, who is paid for its probing; `None` if the number was never given.
    fn account(prober: ProberNumber) -> Option<AccountId>;

    /// The number of a validator; `None` if it was never among a session's validators.
    fn number(account: &AccountId) -> Option<ProberNumber>;

    /// What a report that lies is expected to cost its prober at least, in planck, under the rules in force and under those to
    /// come; see [`crate::deterrence::expected_penalty`].
    fn expected_penalty() -> u128;

    /// Makes `account` the validator with this number, so that a benchmark of the caller finds probers wherever it needs them.
    #[cfg(feature = "runtime-benchmarks")]
    fn enroll_for_benchmark(_prober: ProberNumber, _account: &AccountId) {}
}

/// Is told when a round is over. Implemented by pallet-rewards, whose epochs are a whole number of rounds.
pub trait OnRoundClosed {
    /// `round` is over; returns the weight used.
    fn on_round_closed(round: RoundIndex) -> Weight;
}

/// Pays out what a place has earned. Implemented by pallet-rewards.
pub trait Ledger<AccountId> {
    /// Pays everything `place` has accrued in closed epochs to `to`, and leaves its points of the running epoch.
    fn pay_out(place: Place, to: &AccountId) -> DispatchResult;

    /// Pays everything `place` has accrued to `to` and forgets the place. Fails, changing nothing, while it has points in the
    /// running epoch, whose worth is not known before the epoch closes, or while something of it is held back.
    fn vacate(place: Place, to: &AccountId) -> DispatchResult;

    /// Makes `place` have accrued something, so that a benchmark of the caller measures a real payment.
    #[cfg(feature = "runtime-benchmarks")]
    fn accrue_for_benchmark(_place: Place) {}
}

/// What is remembered of the device in a place, for those who seat devices. Implemented by pallet-uptime.
pub trait Attendance {
    /// The place is empty and will be given to another device: forget whatever is remembered of its last one.
    fn on_vacate(place: Place);

    /// The device in the place answers at another address from now on: it has to be admitted anew, so that nobody can have a
    /// stranger's address probed by a device that was admitted at its own.
    fn on_move(place: Place);

    /// Whether the device in the place has never answered at its address, however often it was asked, and is not asked any more;
    /// see [`crate::history::Attendance::Never`].
    fn never_answered(place: Place) -> bool;

    /// Makes something be remembered of `place`, so that a benchmark of the caller measures what forgetting it takes. With
    /// `silent`, that its device never answered.
    #[cfg(feature = "runtime-benchmarks")]
    fn prepare_benchmark(_place: Place, _silent: bool) {}
}

/// Prepares a chain for the benchmarks of a pallet that does not know which registry it runs beside.
#[cfg(feature = "runtime-benchmarks")]
pub trait RegistryBenchmarkHelper {
    /// Makes the registry hold exactly `cohorts` full cohorts of active devices, all judged in every round, and returns the
    /// device in lane 0 of each.
    fn fill_cohorts(cohorts: CohortId) -> Vec<DeviceId>;
}
