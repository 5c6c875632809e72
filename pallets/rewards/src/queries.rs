//! What the runtime API asks. Nothing here writes.

use crate::{ledger::OpenPage, BalanceOf, Books, Config, Epoch, EpochInfo, Pallet, Pool, Rates};
use polkadot_sdk::*;
use sp_runtime::Saturating;
use vouch_primitives::{api::PendingReward, EpochIndex, Place, ProberNumber};

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
        let (granted, carried) = (epoch.granted(), Books::<T>::get().carried);
        EpochInfo {
            index: epoch.index,
            rounds_done: epoch.rounds_done,
            rounds_per_epoch: epoch.params.rounds_per_epoch,
            emission: epoch.emission,
            uptime_budget: carried.uptime.saturating_add(granted.uptime),
            total_points: epoch.total_points.uptime,
            work_budget: carried.work.saturating_add(granted.work),
            work_points: epoch.total_points.work,
            max_work_rate: epoch.params.max_work_rate,
        }
    }

    /// Planck per point of uptime of the last closed epoch; `None` before the first has closed.
    pub fn last_rate() -> Option<BalanceOf<T>> {
        Self::last_rate_of(Pool::Uptime)
    }

    /// Planck per point of probing of the last closed epoch; `None` before the first has closed.
    pub fn last_probing_rate() -> Option<BalanceOf<T>> {
        Self::last_rate_of(Pool::Probing)
    }

    /// Planck per point of work of the last closed epoch; `None` before the first has closed.
    pub fn last_work_rate() -> Option<BalanceOf<T>> {
        Self::last_rate_of(Pool::Work)
    }

    /// Planck per point of work of a closed epoch; `None` for epochs that have not closed.
    pub fn work_rate(epoch: EpochIndex) -> Option<BalanceOf<T>> {
        Self::rate_of(Pool::Work, epoch)
    }

    // Opens the page as a claim does, so that they cannot differ.
    fn pending_of(pool: Pool, place: Place) -> PendingReward<BalanceOf<T>> {
        let page = OpenPage::<T>::open(pool, place.cohort);
        PendingReward {
            accrued: page.accrued.get(place.lane),
            held: page.held.get(place.lane),
            epoch: Epoch::<T>::get().index,
            points: page.points(place.lane),
        }
    }

    fn last_rate_of(pool: Pool) -> Option<BalanceOf<T>> {
        Self::rate_of(pool, Epoch::<T>::get().index.checked_sub(1)?)
    }

    fn rate_of(pool: Pool, epoch: EpochIndex) -> Option<BalanceOf<T>> {
        Rates::<T>::get(pool, epoch).map(|terms| terms.rate)
    }
}
