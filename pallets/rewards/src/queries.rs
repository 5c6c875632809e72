//! What the runtime API asks. Nothing here writes.

use crate::{ledger::OpenPage, BalanceOf, Books, Config, Epoch, EpochInfo, Pallet, Pool, Rates};
use polkadot_sdk::*;
use sp_runtime::Saturating;
use vouch_primitives::{api::PendingReward, Place, ProberNumber};

impl<T: Config> Pallet<T> {
    /// What a place has earned and not been paid; `accrued` is, to the planck, what a claim would pay now.
    pub fn pending(place: Place) -> PendingReward<BalanceOf<T>> {
        Self::pending_of(Pool::Uptime, place)
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
            uptime_budget: Books::<T>::get().carried.uptime.saturating_add(epoch.granted().uptime),
            total_points: epoch.total_points[Pool::Uptime],
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
        let last = Epoch::<T>::get().index.checked_sub(1)?;
        Rates::<T>::get(pool, last).map(|terms| terms.rate)
    }
}
