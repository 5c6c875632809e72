//! What the pallet stores but pages, and the arithmetic on it that needs no runtime.

use crate::{BalanceOf, Holding, Terms};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::ops::{Index, IndexMut};
use polkadot_sdk::{
    sp_arithmetic::{traits::AtLeast32BitUnsigned, Permill, Perquintill},
    sp_runtime::traits::Zero,
};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use vouch_primitives::{
    deterrence,
    emission::{rate, rate_up_to, Curve, Shares, Split},
    history::HISTORY_ROUNDS,
    points::{streak_factor, MAX_STREAK},
    ClassWeight, EpochIndex, Points,
};

/// The most points one round adds to a lane: the heaviest class, the shortest latency, the longest streak.
pub const MAX_ROUND_POINTS: Points = ClassWeight::MAX as Points * streak_factor(MAX_STREAK);

/// The longest epoch, in rounds: no lane can earn more points of uptime than can be counted, even if a whole history's worth of
/// rounds is tallied late and falls into the same epoch.
pub const MAX_ROUNDS_PER_EPOCH: u32 = Points::MAX / MAX_ROUND_POINTS - HISTORY_ROUNDS;

/// [`EpochParams`] in the runtime's token.
pub type EpochParamsOf<T> = EpochParams<BalanceOf<T>>;
/// [`RunningEpoch`] in the runtime's token.
pub type RunningEpochOf<T> = RunningEpoch<BalanceOf<T>>;
/// [`Book`] in the runtime's token.
pub type BookOf<T> = Book<BalanceOf<T>>;

/// What points are earned for. Each pool has its own pages, its own share of the emission and its own rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Pool {
    /// Devices, for being up. A page is a cohort.
    Uptime,
    /// Validators, for probing. Prober number `n` has the place [`vouch_primitives::Place::nth`] of `n`.
    Probing,
    /// Devices, for work done. A page is a cohort.
    Work,
}

impl Pool {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Uptime, Self::Probing, Self::Work];

    /// Those in which devices earn; a device has the same place in both.
    pub const OF_DEVICES: [Self; 2] = [Self::Uptime, Self::Work];

    /// The pool's part of an epoch's amount.
    pub fn share<Balance>(self, shares: &mut Shares<Balance>) -> &mut Balance {
        match self {
            Self::Uptime => &mut shares.uptime,
            Self::Probing => &mut shares.probing,
            Self::Work => &mut shares.work,
        }
    }
}

/// One value for each pool.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct PerPool<Value> {
    /// Of [`Pool::Uptime`].
    pub uptime: Value,
    /// Of [`Pool::Probing`].
    pub probing: Value,
    /// Of [`Pool::Work`].
    pub work: Value,
}

impl<Value> Index<Pool> for PerPool<Value> {
    type Output = Value;

    fn index(&self, pool: Pool) -> &Value {
        match pool {
            Pool::Uptime => &self.uptime,
            Pool::Probing => &self.probing,
            Pool::Work => &self.work,
        }
    }
}

impl<Value> IndexMut<Pool> for PerPool<Value> {
    fn index_mut(&mut self, pool: Pool) -> &mut Value {
        match pool {
            Pool::Uptime => &mut self.uptime,
            Pool::Probing => &mut self.probing,
            Pool::Work => &mut self.work,
        }
    }
}

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
    /// Share of what devices earn for uptime that is held back as security.
    pub holdback: Permill,
    /// Epochs, after the one in which it was earned has closed, for which it is held at least; see [`Holding`]. At least 1
    /// if anything is held back.
    pub holding_epochs: u32,
    /// The most that a point of work is worth, in planck, however few there are. Such that nobody gains by paying for work that
    /// its own devices do; see [`vouch_primitives::deterrence::self_dealing_is_deterred`].
    pub max_work_rate: Balance,
}

impl<Balance: Zero> Default for EpochParams<Balance> {
    /// Epochs of a single round that mint nothing.
    fn default() -> Self {
        let (none, all) = (Permill::zero(), Permill::one());
        Self {
            rounds_per_epoch: 1,
            curve: Curve { initial: Zero::zero(), decay: Perquintill::zero(), floor: Zero::zero() },
            split: Split { uptime: all, work: none, probing: none, staking: none, treasury: none },
            holdback: none,
            holding_epochs: 0,
            max_work_rate: Zero::zero(),
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
    /// Points so far: the sums over all pages of a pool that are tagged with this epoch.
    pub total_points: PerPool<u64>,
    /// Until when what is held back of closed epochs is held.
    pub holding: Holding,
}

impl<Balance: Zero + Copy> Default for RunningEpoch<Balance> {
    fn default() -> Self {
        Self::first(EpochParams::default())
    }
}

impl<Balance: Copy> RunningEpoch<Balance> {
    /// The first epoch of a chain.
    pub fn first(params: EpochParams<Balance>) -> Self {
        Self {
            index: 0,
            rounds_done: 0,
            params,
            emission: params.curve.initial,
            total_points: PerPool::default(),
            holding: Holding::default(),
        }
    }
}

impl<Balance: AtLeast32BitUnsigned + Copy> RunningEpoch<Balance> {
    /// The epoch after this one, governed by `params`. A new initial amount starts the curve anew; otherwise the emission goes
    /// on from this epoch's.
    pub fn following(&self, params: EpochParams<Balance>) -> Self {
        let restarts = params.curve.initial != self.params.curve.initial;
        let emission = if restarts { params.curve.initial } else { params.curve.after(self.emission) };
        Self { index: self.index.saturating_add(1), emission, holding: self.holding, ..Self::first(params) }
    }

    /// What it grants to whom.
    pub fn granted(&self) -> Shares<Balance> {
        self.params.split.divide(self.emission)
    }

    /// Fixes on what terms the points of one of its pools become planck, at `rate` planck each, now that it closes.
    pub fn terms(&mut self, pool: Pool, rate: Balance) -> Terms<Balance> {
        let held = match pool {
            Pool::Uptime => self.params.holdback.mul_floor(rate),
            Pool::Probing | Pool::Work => Zero::zero(),
        };
        let period = if held.is_zero() { 0 } else { self.holding.hold(self.index, self.params.holding_epochs) };
        Terms { rate, held, period }
    }

    /// The most that one report can gain, in planck, in any epoch after this one if all of them are governed by `params`.
    ///
    /// A pool carries at most its share from one epoch into the next, so its budget is at most what two adjacent epochs grant
    /// it: this epoch and the next, or two later ones. Emission never rises but to the curve's floor.
    pub fn most_gain_under(&self, params: EpochParams<Balance>) -> u128 {
        let next = self.following(params);
        let most = RunningEpoch { emission: next.emission.max(params.curve.floor), ..next }.granted();
        gain(&self.granted(), &most).max(gain(&most, &most))
    }
}

/// The most that one report can gain, in planck, in an epoch into which `carried` was carried and that grants `granted`.
pub(crate) fn gain<Balance: AtLeast32BitUnsigned + Copy>(carried: &Shares<Balance>, granted: &Shares<Balance>) -> u128 {
    let budget = |carried: Balance, granted: Balance| carried.saturating_add(granted).unique_saturated_into();
    deterrence::most_gain(budget(carried.probing, granted.probing), budget(carried.uptime, granted.uptime))
}

/// What became of every planck minted: `minted = paid + paid_staking + treasury + outstanding + carried + promised`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Book<Balance> {
    /// Planck that closed epochs were allowed to mint.
    pub granted: Balance,
    /// Planck that they did mint; less only if the token's issuance had no room.
    pub minted: Balance,
    /// Planck paid for devices and to probers.
    pub paid: Balance,
    /// Planck paid to stakers: those that the staking pallet minted for them, and as many burnt from the pot.
    pub paid_staking: Balance,
    /// Planck handed to the treasury.
    pub treasury: Balance,
    /// Planck in the pot that belong to devices and probers: accrued, held back, or points of closed epochs that are not
    /// settled yet.
    pub outstanding: Balance,
    /// Planck in the pot that await a later epoch: what rounding left of the shares for uptime, work and probing, or all of a
    /// share if nobody earned it, and of that for work what its greatest rate left; the share for staking of the running era; and
    /// what the treasury's account could not take.
    pub carried: Shares<Balance>,
    /// Planck in the pot that were promised to the stakers of closed eras and that they have not claimed.
    pub promised: Balance,
}

impl<Balance: AtLeast32BitUnsigned + Copy> Book<Balance> {
    /// Closes an epoch that minted all it granted, or nothing if it was not `minted`, and returns what one of its points is worth
    /// in each pool. Everything minted becomes outstanding or carried.
    ///
    /// A pool carries at most what the epoch granted it. What is more, because too few earned anything, is the treasury's:
    /// otherwise the first to earn after a silence would take all that piled up in it.
    pub fn close(&mut self, epoch: &RunningEpoch<Balance>, minted: bool) -> PerPool<Balance> {
        let granted = epoch.granted();
        let mut shares = if minted { granted } else { none() };
        self.granted = self.granted.saturating_add(sum(&granted));
        self.minted = self.minted.saturating_add(sum(&shares));
        let mut rates = PerPool { uptime: Zero::zero(), probing: Zero::zero(), work: Zero::zero() };
        let mut most = granted;
        for pool in Pool::ALL {
            let carried = pool.share(&mut self.carried);
            let budget = carried.saturating_add(*pool.share(&mut shares));
            let rate = match pool {
                Pool::Uptime | Pool::Probing => rate(budget, epoch.total_points[pool]),
                Pool::Work => rate_up_to(budget, epoch.total_points[pool], epoch.params.max_work_rate),
            };
            *carried = rate.carried.min(*pool.share(&mut most));
            shares.treasury = shares.treasury.saturating_add(rate.carried.saturating_sub(*carried));
            self.outstanding = self.outstanding.saturating_add(budget.saturating_sub(rate.carried));
            rates[pool] = rate.per_point;
        }
        self.carried.staking = self.carried.staking.saturating_add(shares.staking);
        self.carried.treasury = self.carried.treasury.saturating_add(shares.treasury);
        rates
    }

    /// Somebody received `amount` of what was outstanding.
    pub fn pay(&mut self, amount: Balance) {
        self.outstanding = self.outstanding.saturating_sub(amount);
        self.paid = self.paid.saturating_add(amount);
    }

    /// `amount` of what was outstanding is the treasury's from now on.
    pub fn forfeit(&mut self, amount: Balance) {
        self.outstanding = self.outstanding.saturating_sub(amount);
        self.carried.treasury = self.carried.treasury.saturating_add(amount);
    }

    /// The treasury received what was carried for it.
    pub fn pay_treasury(&mut self) {
        self.treasury = self.treasury.saturating_add(self.carried.treasury);
        self.carried.treasury = Zero::zero();
    }

    /// Promises to stakers what was carried for them, and returns how much that is.
    pub fn promise(&mut self) -> Balance {
        let amount = core::mem::replace(&mut self.carried.staking, Zero::zero());
        self.promised = self.promised.saturating_add(amount);
        amount
    }

    /// Stakers received `amount` of what they were promised.
    pub fn keep_promise(&mut self, amount: Balance) {
        self.promised = self.promised.saturating_sub(amount);
        self.paid_staking = self.paid_staking.saturating_add(amount);
    }

    /// What the pot has to hold, its existential deposit not counted.
    pub fn in_pot(&self) -> Balance {
        self.outstanding.saturating_add(sum(&self.carried)).saturating_add(self.promised)
    }

    /// What was minted, put together from what became of it.
    pub fn accounted(&self) -> Balance {
        self.paid.saturating_add(self.paid_staking).saturating_add(self.treasury).saturating_add(self.in_pot())
    }
}

fn none<Balance: Zero>() -> Shares<Balance> {
    let zero = Balance::zero;
    Shares { uptime: zero(), work: zero(), probing: zero(), staking: zero(), treasury: zero() }
}

fn sum<Balance: AtLeast32BitUnsigned + Copy>(shares: &Shares<Balance>) -> Balance {
    [shares.uptime, shares.work, shares.probing, shares.staking, shares.treasury]
        .into_iter()
        .fold(Zero::zero(), |sum, share| sum.saturating_add(share))
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
    /// Points of all devices for uptime so far.
    pub total_points: u64,
    /// Planck to be divided among devices for work when it closes, with what earlier epochs carried over.
    pub work_budget: Balance,
    /// Points of all devices for work so far.
    pub work_points: u64,
    /// The most that a point of work will be worth, in planck.
    pub max_work_rate: Balance,
}
