//! What the runtime API asks. Nothing here writes.

use crate::{
    ledger::OpenPage, BalanceOf, Books, Config, Epoch, EpochInfo, Pallet, PointsPages, Pool, Rates, RunningEpochOf,
    SettledPages,
};
use alloc::vec::Vec;
use polkadot_sdk::*;
use sp_runtime::traits::{Saturating, Zero};
use vouch_primitives::{
    api::{PendingReward, PoolStatus},
    emission::{rate, rate_up_to},
    explain::Paid,
    CohortId, EpochIndex, Lane, Place, ProberNumber,
};

impl<T: Config> Pallet<T> {
    /// What a place has earned for uptime and not been paid; `accrued` is, to the planck, what a claim would pay of it now.
    pub fn pending(place: Place) -> PendingReward<BalanceOf<T>> {
        Self::pending_of(Pool::Uptime, place)
    }

    /// What a place has earned by work and not been paid; `accrued` is, to the planck, what a claim would pay of it now.
    pub fn pending_work(place: Place) -> PendingReward<BalanceOf<T>> {
        Self::pending_of(Pool::Work, place)
    }

    /// What a prober has earned and not been paid; `accrued` is, to the planck, what a claim would pay now.
    pub fn pending_probing(prober: ProberNumber) -> PendingReward<BalanceOf<T>> {
        Self::pending_of(Pool::Probing, Place::nth(prober))
    }

    /// The running epoch.
    pub fn epoch_info() -> EpochInfo<BalanceOf<T>> {
        let epoch = Epoch::<T>::get();
        EpochInfo {
            index: epoch.index,
            rounds_done: epoch.rounds_done,
            rounds_per_epoch: epoch.params.rounds_per_epoch,
            emission: epoch.emission,
            uptime_budget: Self::budget_of(Pool::Uptime, &epoch),
            total_points: epoch.total_points.uptime,
            work_budget: Self::budget_of(Pool::Work, &epoch),
            work_points: epoch.total_points.work,
            max_work_rate: epoch.params.max_work_rate,
        }
    }

    /// What the running epoch divides of one pool, among how many points, and what a point is likely to be worth.
    pub fn pool_status(pool: Pool) -> PoolStatus<BalanceOf<T>> {
        let epoch = Epoch::<T>::get();
        let budget = Self::budget_of(pool, &epoch);
        let points = epoch.total_points[pool];
        // The running round has had its share of the points already, so it is counted as if it were over.
        let rounds = u64::from(epoch.rounds_done.saturating_add(1).min(epoch.params.rounds_per_epoch));
        let expected = (u128::from(points) * u128::from(epoch.params.rounds_per_epoch) / u128::from(rounds.max(1)))
            .min(u64::MAX.into()) as u64;
        let projected = match pool {
            Pool::Uptime | Pool::Probing => rate(budget, expected),
            Pool::Work => rate_up_to(budget, expected, epoch.params.max_work_rate),
        };
        PoolStatus {
            budget,
            points,
            last_rate: Self::last_rate_of(pool),
            projected_rate: (!points.is_zero()).then_some(projected.per_point),
        }
    }

    /// What a place was credited for uptime in the epoch that closed last, and on what terms it was paid; `None` before one has
    /// closed.
    pub fn last_paid(place: Place) -> Option<Paid<BalanceOf<T>>> {
        let epoch = Epoch::<T>::get().index.checked_sub(1)?;
        let terms = Rates::<T>::get(Pool::Uptime, epoch)?;
        let pages = [PointsPages::<T>::get(Pool::Uptime, place.cohort), SettledPages::<T>::get(place.cohort)];
        let page = pages.into_iter().flatten().find(|page| page.epoch == epoch);
        let points = page.map_or(0, |page| page.get(place.lane));
        Some(Paid { epoch, points, rate: terms.rate, held: terms.held })
    }

    /// What [`Self::pending`] and [`Self::pending_work`] tell of many lanes of a cohort, in their order, with every page opened once.
    pub fn pending_of_many(cohort: CohortId, lanes: &[Lane]) -> Vec<[PendingReward<BalanceOf<T>>; 2]> {
        let epoch = Epoch::<T>::get().index;
        let pages = Pool::OF_DEVICES.map(|pool| OpenPage::<T>::open(pool, cohort));
        lanes.iter().map(|lane| pages.each_ref().map(|page| page.pending(*lane, epoch))).collect()
    }

    /// Planck per point of the last closed epoch; `None` before the first has closed.
    pub fn last_rate_of(pool: Pool) -> Option<BalanceOf<T>> {
        Self::rate_of(pool, Epoch::<T>::get().index.checked_sub(1)?)
    }

    /// Planck per point of work of a closed epoch; `None` for epochs that have not closed.
    pub fn work_rate(epoch: EpochIndex) -> Option<BalanceOf<T>> {
        Self::rate_of(Pool::Work, epoch)
    }

    // Opens the page as a claim does, so that they cannot differ.
    fn pending_of(pool: Pool, place: Place) -> PendingReward<BalanceOf<T>> {
        OpenPage::<T>::open(pool, place.cohort).pending(place.lane, Epoch::<T>::get().index)
    }

    /// What the running epoch divides of one pool when it closes, with what earlier epochs carried over.
    fn budget_of(pool: Pool, epoch: &RunningEpochOf<T>) -> BalanceOf<T> {
        let (mut granted, mut carried) = (epoch.granted(), Books::<T>::get().carried);
        pool.share(&mut carried).saturating_add(*pool.share(&mut granted))
    }

    fn rate_of(pool: Pool, epoch: EpochIndex) -> Option<BalanceOf<T>> {
        Rates::<T>::get(pool, epoch).map(|terms| terms.rate)
    }
}
