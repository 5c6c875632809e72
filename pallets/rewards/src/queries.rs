//! What the runtime API asks. Nothing here writes.

use crate::{Accrued, BalanceOf, Books, Config, Epoch, EpochInfo, Pallet, Rates};
use polkadot_sdk::*;
use sp_runtime::{traits::Zero, Saturating};
use vouch_primitives::{api::PendingReward, emission::payment, Place};

impl<T: Config> Pallet<T> {
    /// What a place has earned and not been paid; `accrued` is, to the planck, what a claim would pay now.
    pub fn pending(place: Place) -> PendingReward<BalanceOf<T>> {
        let epoch = Epoch::<T>::get().index;
        let settled = Accrued::<T>::get(place.cohort).map_or_else(Zero::zero, |page| page.get(place.lane));
        let unsettled = Self::closed_page(place.cohort, epoch)
            .map_or_else(Zero::zero, |page| payment(page.get(place.lane), Self::rate_of(page.epoch)));
        PendingReward { accrued: settled.saturating_add(unsettled), epoch, points: Self::running_points(place) }
    }

    /// The running epoch.
    pub fn epoch_info() -> EpochInfo<BalanceOf<T>> {
        let epoch = Epoch::<T>::get();
        let share = epoch.params.split.divide(epoch.emission).uptime;
        EpochInfo {
            index: epoch.index,
            rounds_done: epoch.rounds_done,
            rounds_per_epoch: epoch.params.rounds_per_epoch,
            emission: epoch.emission,
            uptime_budget: Books::<T>::get().carried.uptime.saturating_add(share),
            total_points: epoch.total_points,
        }
    }

    /// Planck per point of the last closed epoch; `None` before the first has closed.
    pub fn last_rate() -> Option<BalanceOf<T>> {
        Epoch::<T>::get().index.checked_sub(1).and_then(Rates::<T>::get)
    }
}
