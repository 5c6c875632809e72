//! What the pallet stores, and the arithmetic on it that needs no runtime.

use crate::BalanceOf;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{
    sp_arithmetic::{traits::AtLeast32BitUnsigned, Permill, Perquintill},
    sp_runtime::traits::Zero,
};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use vouch_primitives::{
    emission::{payment, rate, Curve, Shares, Split},
    history::HISTORY_ROUNDS,
    points::{streak_factor, MAX_STREAK},
    ClassWeight, EpochIndex, Lane, Points, LANES,
};

/// The most points one round adds to a lane: the heaviest class, the shortest latency, the longest streak.
pub const MAX_ROUND_POINTS: Points = ClassWeight::MAX as Points * streak_factor(MAX_STREAK);

/// The longest epoch, in rounds: no lane can earn more points than can be counted, even if a whole history's worth of rounds
/// is tallied late and falls into the same epoch.
pub const MAX_ROUNDS_PER_EPOCH: u32 = Points::MAX / MAX_ROUND_POINTS - HISTORY_ROUNDS;

/// [`EpochParams`] in the runtime's token.
pub type EpochParamsOf<T> = EpochParams<BalanceOf<T>>;
/// [`RunningEpoch`] in the runtime's token.
pub type RunningEpochOf<T> = RunningEpoch<BalanceOf<T>>;
/// [`Book`] in the runtime's token.
pub type BookOf<T> = Book<BalanceOf<T>>;
/// [`AccruedPage`] in the runtime's token.
pub type AccruedPageOf<T> = AccruedPage<BalanceOf<T>>;

/// What governs an epoch.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EpochParams<Balance> {
    /// Rounds in an epoch, from 1 to [`MAX_ROUNDS_PER_EPOCH`].
    pub rounds_per_epoch: u32,
    /// How much is minted.
    pub curve: Curve<Balance>,
    /// Who it is minted for.
    pub split: Split,
}

impl<Balance: Zero> Default for EpochParams<Balance> {
    /// Epochs of a single round that mint nothing.
    fn default() -> Self {
        let (none, all) = (Permill::zero(), Permill::one());
        Self {
            rounds_per_epoch: 1,
            curve: Curve { initial: Zero::zero(), decay: Perquintill::zero(), floor: Zero::zero() },
            split: Split { uptime: all, work: none, probing: none, treasury: none },
        }
    }
}

/// The epoch in which points are being earned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct RunningEpoch<Balance> {
    /// Its number.
    pub index: EpochIndex,
    /// Rounds of it that are over, fewer than its parameters' `rounds_per_epoch`.
    pub rounds_done: u32,
    /// What governs it from its first round to its close.
    pub params: EpochParams<Balance>,
    /// Planck to be minted when it closes.
    pub emission: Balance,
    /// Points of all devices so far: the sum over all pages tagged with this epoch.
    pub total_points: u64,
}

impl<Balance: Zero + Copy> Default for RunningEpoch<Balance> {
    fn default() -> Self {
        Self::first(EpochParams::default())
    }
}

impl<Balance: Copy> RunningEpoch<Balance> {
    /// The first epoch of a chain.
    pub fn first(params: EpochParams<Balance>) -> Self {
        Self { index: 0, rounds_done: 0, params, emission: params.curve.initial, total_points: 0 }
    }
}

impl<Balance: AtLeast32BitUnsigned + Copy> RunningEpoch<Balance> {
    /// The epoch after this one, governed by `params`. A new initial amount starts the curve anew; otherwise the emission goes
    /// on from this epoch's.
    pub fn following(&self, params: EpochParams<Balance>) -> Self {
        let restarts = params.curve.initial != self.params.curve.initial;
        let emission = if restarts { params.curve.initial } else { params.curve.after(self.emission) };
        Self { index: self.index.saturating_add(1), emission, ..Self::first(params) }
    }
}

/// What became of every planck minted: `minted = paid + treasury + outstanding + carried`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Book<Balance> {
    /// Planck that closed epochs were allowed to mint.
    pub granted: Balance,
    /// Planck that they did mint; less only if the token's issuance had no room.
    pub minted: Balance,
    /// Planck paid for devices.
    pub paid: Balance,
    /// Planck handed to the treasury.
    pub treasury: Balance,
    /// Planck in the pot that belong to devices: accrued, or points of closed epochs that are not settled yet.
    pub outstanding: Balance,
    /// Planck in the pot that await a later epoch: what rounding left of the uptime share, the shares that nothing draws on
    /// yet, and what the treasury's account could not take.
    pub carried: Shares<Balance>,
}

impl<Balance: AtLeast32BitUnsigned + Copy> Book<Balance> {
    /// Closes an epoch that was granted `granted` and minted `shares`, and returns what one of its `total_points` is worth.
    /// Everything minted becomes outstanding or carried.
    pub fn close(&mut self, granted: Balance, shares: Shares<Balance>, total_points: u64) -> Balance {
        self.granted = self.granted.saturating_add(granted);
        self.minted = self.minted.saturating_add(sum(&shares));
        let budget = self.carried.uptime.saturating_add(shares.uptime);
        let rate = rate(budget, total_points);
        self.outstanding = self.outstanding.saturating_add(budget.saturating_sub(rate.carried));
        self.carried = Shares {
            uptime: rate.carried,
            work: self.carried.work.saturating_add(shares.work),
            probing: self.carried.probing.saturating_add(shares.probing),
            treasury: self.carried.treasury.saturating_add(shares.treasury),
        };
        rate.per_point
    }

    /// A payee received `amount` of what was outstanding.
    pub fn pay(&mut self, amount: Balance) {
        self.outstanding = self.outstanding.saturating_sub(amount);
        self.paid = self.paid.saturating_add(amount);
    }

    /// The treasury received what was carried for it.
    pub fn pay_treasury(&mut self) {
        self.treasury = self.treasury.saturating_add(self.carried.treasury);
        self.carried.treasury = Zero::zero();
    }

    /// What the pot has to hold, its existential deposit not counted.
    pub fn in_pot(&self) -> Balance {
        self.outstanding.saturating_add(sum(&self.carried))
    }
}

fn sum<Balance: AtLeast32BitUnsigned + Copy>(shares: &Shares<Balance>) -> Balance {
    shares.uptime.saturating_add(shares.work).saturating_add(shares.probing).saturating_add(shares.treasury)
}

/// What every lane of a cohort has earned in one epoch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct PointsPage {
    /// The epoch.
    pub epoch: EpochIndex,
    /// Points by lane.
    pub points: [Points; LANES],
}

impl PointsPage {
    /// A page of `epoch` on which nobody has earned anything.
    pub fn empty(epoch: EpochIndex) -> Self {
        Self { epoch, points: [0; LANES] }
    }

    /// The lane's points; none for lanes that do not exist.
    pub fn get(&self, lane: Lane) -> Points {
        self.points.get(usize::from(lane)).copied().unwrap_or(0)
    }

    /// Adds what each lane earned, as far as a lane can count, and returns how much was really added.
    pub fn add(&mut self, earned: &[Points]) -> u64 {
        let mut added = 0u64;
        for (points, earned) in self.points.iter_mut().zip(earned) {
            let before = *points;
            *points = before.saturating_add(*earned);
            // A page sums up to less than 2^42.
            added = added.saturating_add(u64::from(*points - before));
        }
        added
    }

    /// The sum over all lanes.
    pub fn total(&self) -> u64 {
        self.points.iter().map(|points| u64::from(*points)).sum()
    }
}

/// What every lane of a cohort is owed from closed epochs.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct AccruedPage<Balance> {
    /// Planck by lane.
    pub planck: [Balance; LANES],
}

impl<Balance: Zero + Copy> Default for AccruedPage<Balance> {
    fn default() -> Self {
        Self { planck: [Zero::zero(); LANES] }
    }
}

impl<Balance: AtLeast32BitUnsigned + Copy> AccruedPage<Balance> {
    /// The lane's planck; none for lanes that do not exist.
    pub fn get(&self, lane: Lane) -> Balance {
        self.planck.get(usize::from(lane)).copied().unwrap_or_else(Zero::zero)
    }

    /// Takes everything the lane has; nothing for lanes that do not exist.
    pub fn take(&mut self, lane: Lane) -> Balance {
        self.planck
            .get_mut(usize::from(lane))
            .map_or_else(Zero::zero, |planck| core::mem::replace(planck, Zero::zero()))
    }

    /// Adds what `points` of a closed epoch are worth. Cannot overflow: the sum is part of what was minted.
    pub fn add(&mut self, points: &PointsPage, per_point: Balance) {
        for (planck, points) in self.planck.iter_mut().zip(&points.points) {
            *planck = planck.saturating_add(payment(*points, per_point));
        }
    }

    /// Whether no lane is owed anything.
    pub fn is_empty(&self) -> bool {
        self.planck.iter().all(Zero::is_zero)
    }
}

/// The running epoch as the runtime API tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochInfo<Balance> {
    /// Its number.
    pub index: EpochIndex,
    /// Rounds of it that are over.
    pub rounds_done: u32,
    /// Rounds of it in all.
    pub rounds_per_epoch: u32,
    /// Planck to be minted when it closes.
    pub emission: Balance,
    /// Planck to be divided among devices for uptime when it closes, with what earlier epochs carried over.
    pub uptime_budget: Balance,
    /// Points of all devices so far.
    pub total_points: u64,
}
