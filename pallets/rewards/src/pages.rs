//! Pages: one value for each of 1,024 lanes, packed, so that a page is read and written once however many lanes change.

use crate::{BalanceOf, Period};
use alloc::boxed::Box;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{sp_arithmetic::traits::AtLeast32BitUnsigned, sp_runtime::traits::Zero};
use scale_info::TypeInfo;
use vouch_primitives::{emission::payment, EpochIndex, Lane, Points, LANES};

/// [`Terms`] in the runtime's token.
pub type TermsOf<T> = Terms<BalanceOf<T>>;
/// [`AccruedPage`] in the runtime's token.
pub type AccruedPageOf<T> = AccruedPage<BalanceOf<T>>;
/// [`HeldPage`] in the runtime's token.
pub type HeldPageOf<T> = HeldPage<BalanceOf<T>>;

/// On what terms a pool's points of a closed epoch become planck, whenever that happens.
///
/// Both numbers are whole planck for a point, so that what is paid and what is held are exact in any order and any grouping.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Terms<Balance> {
    /// Planck that a point is worth.
    pub rate: Balance,
    /// Planck of these that are held back, the holdback's share of `rate` rounded down.
    pub held: Balance,
    /// The period in which they are held; 0 if there are none.
    pub period: Period,
}

/// What every lane of a page has earned in one epoch.
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

    /// The page without what `lane` earned.
    pub fn without(mut self, lane: Lane) -> Self {
        if let Some(points) = self.points.get_mut(usize::from(lane)) {
            *points = 0;
        }
        self
    }

    /// Whether no lane has any.
    pub fn is_empty(&self) -> bool {
        self.points.iter().all(Zero::is_zero)
    }

    /// Adds what lanes earned, as far as a lane can count, and returns how much was really added. Lanes that do not exist earn
    /// nothing.
    pub fn add(&mut self, earned: impl Iterator<Item = (Lane, Points)>) -> u64 {
        let mut added = 0u64;
        for (lane, earned) in earned {
            if let Some(points) = self.points.get_mut(usize::from(lane)) {
                let before = *points;
                *points = before.saturating_add(earned);
                // A page sums up to less than 2^42.
                added = added.saturating_add(u64::from(*points - before));
            }
        }
        added
    }

    /// The sum over all lanes.
    pub fn total(&self) -> u64 {
        self.points.iter().map(|points| u64::from(*points)).sum()
    }
}

/// What every lane of a page is owed from closed epochs.
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

    /// Adds `per_point` planck for each of `points`. Cannot overflow: the sum is part of what was minted.
    pub fn add(&mut self, points: &PointsPage, per_point: Balance) {
        for (planck, points) in self.planck.iter_mut().zip(&points.points) {
            *planck = planck.saturating_add(payment(*points, per_point));
        }
    }

    /// Adds what lanes have on another page.
    pub fn merge(&mut self, other: &Self) {
        for (planck, other) in self.planck.iter_mut().zip(&other.planck) {
            *planck = planck.saturating_add(*other);
        }
    }

    /// Whether no lane is owed anything.
    pub fn is_empty(&self) -> bool {
        self.planck.iter().all(Zero::is_zero)
    }
}

/// What is held back of a cohort in one period.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Bucket<Balance> {
    /// The period.
    pub period: Period,
    /// Planck by lane.
    pub planck: AccruedPage<Balance>,
}

/// What is held back of a cohort.
///
/// Of two periods that are pending one is even and one is odd: period `p` has slot `p % 2`, and whatever the slot holds of an
/// earlier period has been released since.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct HeldPage<Balance> {
    /// One bucket for each pending period; `None` where nothing is held.
    pub buckets: [Option<Box<Bucket<Balance>>>; 2],
}

impl<Balance> Default for HeldPage<Balance> {
    fn default() -> Self {
        Self { buckets: [None, None] }
    }
}

impl<Balance: AtLeast32BitUnsigned + Copy> HeldPage<Balance> {
    /// Planck held for the lane; none for lanes that do not exist.
    pub fn get(&self, lane: Lane) -> Balance {
        self.buckets.iter().flatten().fold(Zero::zero(), |sum, bucket| sum.saturating_add(bucket.planck.get(lane)))
    }

    /// Takes everything held for the lane; nothing for lanes that do not exist.
    pub fn take(&mut self, lane: Lane) -> Balance {
        let mut taken = Balance::zero();
        for bucket in self.buckets.iter_mut() {
            if let Some(page) = bucket.as_deref_mut().map(|bucket| &mut bucket.planck) {
                taken = taken.saturating_add(page.take(lane));
                if page.is_empty() {
                    *bucket = None;
                }
            }
        }
        taken
    }

    /// Moves what is held in periods that are `released` to `accrued`, and returns whether there was any.
    pub fn release(&mut self, accrued: &mut AccruedPage<Balance>, released: impl Fn(Period) -> bool) -> bool {
        let mut any = false;
        for bucket in &mut self.buckets {
            if let Some(bucket) = bucket.take_if(|bucket| released(bucket.period)) {
                accrued.merge(&bucket.planck);
                any = true;
            }
        }
        any
    }

    /// Holds `per_point` planck for each of `points` in `period`, which is pending; all that are released were taken out before.
    pub fn add(&mut self, period: Period, points: &PointsPage, per_point: Balance) {
        let [even, odd] = &mut self.buckets;
        let slot = if period.is_multiple_of(2) { even } else { odd };
        let bucket = slot.get_or_insert_with(|| Box::new(Bucket { period, planck: AccruedPage::default() }));
        debug_assert_eq!(bucket.period, period, "at most two periods are pending, one even and one odd");
        bucket.planck.add(points, per_point);
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.buckets.iter().all(Option::is_none)
    }
}
