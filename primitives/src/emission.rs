//! How much is minted per epoch, how it is shared out, and what a point is worth.

use crate::Points;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::sp_arithmetic::{
    traits::{AtLeast32BitUnsigned, UniqueSaturatedInto},
    Permill, Perquintill,
};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// The emission curve: `amount(0) = initial`, `amount(e + 1) = max(floor, amount(e) x (1 - decay))`, rounded down.
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
pub struct Curve<Balance> {
    /// Minted in the first epoch, in planck.
    pub initial: Balance,
    /// Share by which the amount shrinks from one epoch to the next.
    pub decay: Perquintill,
    /// The amount never falls below this, in planck.
    pub floor: Balance,
}

impl<Balance: AtLeast32BitUnsigned + Copy> Curve<Balance> {
    /// The amount of the epoch after one that minted `amount`.
    pub fn after(&self, amount: Balance) -> Balance {
        let decay = self.decay.mul_ceil(UniqueSaturatedInto::<u128>::unique_saturated_into(amount));
        amount.saturating_sub(decay.unique_saturated_into()).max(self.floor)
    }
}

/// How an epoch's amount is divided; valid only if the shares add up to one.
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
pub struct Split {
    /// Devices, for being up.
    pub uptime: Permill,
    /// Devices, for work done.
    pub work: Permill,
    /// Validators, for probing.
    pub probing: Permill,
    /// Validators and their nominators, for having tokens at stake.
    pub staking: Permill,
    /// The treasury.
    pub treasury: Permill,
}

/// An epoch's amount, divided.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Shares<Balance> {
    /// For [`Split::uptime`].
    pub uptime: Balance,
    /// For [`Split::work`].
    pub work: Balance,
    /// For [`Split::probing`].
    pub probing: Balance,
    /// For [`Split::staking`].
    pub staking: Balance,
    /// For [`Split::treasury`].
    pub treasury: Balance,
}

impl Split {
    /// Whether the shares add up to exactly one.
    pub fn is_whole(&self) -> bool {
        let parts = [self.uptime, self.work, self.probing, self.staking, self.treasury];
        parts.iter().map(|part| u64::from(part.deconstruct())).sum::<u64>() == 1_000_000
    }

    /// Divides `amount`, each share rounded down; what rounding leaves goes to the treasury, so that for a
    /// [whole](Self::is_whole) split the shares add up to `amount` exactly.
    pub fn divide<Balance: AtLeast32BitUnsigned + Copy>(&self, amount: Balance) -> Shares<Balance> {
        let [uptime, work, probing, staking] =
            [self.uptime, self.work, self.probing, self.staking].map(|share| share.mul_floor(amount));
        let rest = [uptime, work, probing, staking].into_iter().fold(amount, |rest, share| rest.saturating_sub(share));
        Shares { uptime, work, probing, staking, treasury: rest }
    }
}

/// What one point of a closed epoch is worth, and what is left over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate<Balance> {
    /// Whole planck per point.
    pub per_point: Balance,
    /// What the whole rate does not pay out. Less than one planck per point, unless the rate has reached a limit.
    pub carried: Balance,
}

/// The rate at which `budget` pays `total` points: `floor(budget / total)` whole planck per point.
///
/// A whole rate makes every later payment exact, `points x rate`, in any order and any grouping, so that
/// `sum of payments + carried = budget` to the planck without ever visiting all devices.
pub fn rate<Balance: AtLeast32BitUnsigned + Copy>(budget: Balance, total: u64) -> Rate<Balance> {
    // No point can be worth more than all there is.
    rate_up_to(budget, total, budget)
}

/// The rate at which `budget` pays `total` points if none may be worth more than `most` planck:
/// `min(floor(budget / total), most)`. As exact as [`rate`], but what it leaves can be anything up to the whole budget.
pub fn rate_up_to<Balance: AtLeast32BitUnsigned + Copy>(budget: Balance, total: u64, most: Balance) -> Rate<Balance> {
    let Some(points) = Balance::try_from(total).ok().filter(|points| !points.is_zero()) else {
        return Rate { per_point: Balance::zero(), carried: budget };
    };
    let per_point = (budget / points).min(most);
    Rate { per_point, carried: budget - per_point * points }
}

/// What `points` earn at `per_point` planck each.
pub fn payment<Balance: AtLeast32BitUnsigned + Copy>(points: Points, per_point: Balance) -> Balance {
    per_point.saturating_mul(points.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    proptest! {
        #[test]
        fn paid_plus_carried_is_the_budget(budget: u128, points in vec(any::<Points>(), 0..200), seed: u64) {
            let total: u64 = points.iter().map(|points| u64::from(*points)).sum();
            let rate = rate(budget, total);
            // Any order: rotate by an arbitrary amount.
            let mut order = points.clone();
            if !order.is_empty() {
                let by = seed as usize % order.len();
                order.rotate_left(by);
            }
            let paid: u128 = order.iter().map(|points| payment(*points, rate.per_point)).sum();
            prop_assert_eq!(paid + rate.carried, budget);
            prop_assert!(total == 0 || rate.carried < u128::from(total));
        }

        #[test]
        fn no_point_is_worth_more_than_the_most_and_paid_plus_carried_is_the_budget(budget: u128, points in vec(any::<Points>(), 0..200), bits in 0u32..128) {
            let most = u128::MAX >> bits;
            let total: u64 = points.iter().map(|points| u64::from(*points)).sum();
            let (limited, free) = (rate_up_to(budget, total, most), rate(budget, total));
            prop_assert!(limited.per_point <= most);
            let paid: u128 = points.iter().map(|points| payment(*points, limited.per_point)).sum();
            prop_assert_eq!(paid + limited.carried, budget);
            // It is the free rate, unless that is too much.
            prop_assert_eq!(limited.per_point, free.per_point.min(most));
            prop_assert!(limited.per_point == most || limited.carried == free.carried);
        }

        #[test]
        fn carrying_over_many_epochs_loses_nothing(budgets in vec(0u128..u128::MAX / 1_000, 1..40), totals in vec(0u64..u64::MAX, 40)) {
            let (mut carried, mut paid) = (0u128, 0u128);
            for (budget, total) in budgets.iter().zip(&totals) {
                let rate = rate(budget + carried, *total);
                paid += rate.per_point * u128::from(*total);
                carried = rate.carried;
            }
            prop_assert_eq!(paid + carried, budgets.iter().sum::<u128>());
        }

        #[test]
        fn division_is_exact(amount: u128, a in 0u32..=1_000_000, b in 0u32..=1_000_000, c in 0u32..=1_000_000, d in 0u32..=1_000_000) {
            let mut cuts = [a, b, c, d];
            cuts.sort();
            let part = Permill::from_parts;
            let split = Split {
                uptime: part(cuts[0]),
                work: part(cuts[1] - cuts[0]),
                probing: part(cuts[2] - cuts[1]),
                staking: part(cuts[3] - cuts[2]),
                treasury: part(1_000_000 - cuts[3]),
            };
            prop_assert!(split.is_whole());
            let shares = split.divide(amount);
            let parts = [shares.uptime, shares.work, shares.probing, shares.staking, shares.treasury];
            prop_assert_eq!(parts.into_iter().try_fold(0u128, u128::checked_add), Some(amount));
        }

        #[test]
        fn emission_falls_to_its_floor_and_stays(initial in 0u128..1 << 100, decay in 0u64..=1_000_000_000_000_000_000, floor in 0u128..1 << 90) {
            let curve = Curve { initial, decay: Perquintill::from_parts(decay), floor };
            let mut amount = initial;
            for _ in 0..50 {
                let next = curve.after(amount);
                prop_assert!(next >= floor && next <= amount.max(floor));
                amount = next;
            }
        }
    }

    #[test]
    fn nobody_earned_means_all_is_carried() {
        assert_eq!(rate(77u128, 0), Rate { per_point: 0, carried: 77 });
        assert_eq!(rate(77u128, 78), Rate { per_point: 0, carried: 77 });
        assert_eq!(rate(u128::MAX, 1), Rate { per_point: u128::MAX, carried: 0 });
        assert_eq!(rate_up_to(77u128, 0, 5), Rate { per_point: 0, carried: 77 });
        assert_eq!(rate_up_to(77u128, 7, 10), Rate { per_point: 10, carried: 7 });
        assert_eq!(rate_up_to(77u128, 7, 0), Rate { per_point: 0, carried: 77 });
    }
}
