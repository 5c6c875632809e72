//! What time triggers: rounds are counted, and an epoch is closed at a cost that does not depend on how many devices there are.

use crate::{
    BalanceOf, BookOf, Books, Config, Epoch, Event, Pallet, Params, Pool, Rates, RunningEpochOf, WeightInfo, LOG_TARGET,
};
use frame_support::traits::{fungible::Mutate, tokens::Preservation, Get};
use polkadot_sdk::*;
use sp_runtime::traits::Zero;
use sp_weights::Weight;
use vouch_primitives::{
    traits::{EpochClock, OnRoundClosed},
    EpochIndex, RoundIndex,
};

impl<T: Config> EpochClock for Pallet<T> {
    fn current_epoch() -> EpochIndex {
        Epoch::<T>::get().index
    }
}

impl<T: Config> OnRoundClosed for Pallet<T> {
    fn on_round_closed(_: RoundIndex) -> Weight {
        let mut epoch = Epoch::<T>::get();
        epoch.rounds_done = epoch.rounds_done.saturating_add(1);
        if epoch.rounds_done < epoch.params.rounds_per_epoch {
            Epoch::<T>::put(epoch);
            T::WeightInfo::count_round()
        } else {
            Self::close(epoch);
            T::WeightInfo::close_epoch()
        }
    }
}

impl<T: Config> Pallet<T> {
    /// Mints the emission, fixes what a point is worth, hands over the treasury's share and opens the next epoch.
    fn close(mut epoch: RunningEpochOf<T>) {
        let minted = Self::mint(epoch.emission);
        let mut books = Books::<T>::get();
        let rates = books.close(&epoch, minted);
        let treasury = Self::pay_treasury(&mut books);
        Books::<T>::put(books);
        for pool in Pool::ALL {
            Rates::<T>::insert(pool, epoch.index, epoch.terms(pool, rates[pool]));
        }
        Epoch::<T>::put(epoch.following(Params::<T>::get()));
        Self::deposit_event(Event::EpochClosed {
            epoch: epoch.index,
            minted: if minted { epoch.emission } else { Zero::zero() },
            total_points: epoch.total_points.uptime,
            rate: rates.uptime,
            treasury,
            probing_points: epoch.total_points.probing,
            probing_rate: rates.probing,
            work_points: epoch.total_points.work,
            work_rate: rates.work,
        });
    }

    /// Mints `amount` into the pot and returns whether that was possible. If not, the epoch pays what earlier ones carried over,
    /// so that nothing is ever promised that the pot does not hold.
    fn mint(amount: BalanceOf<T>) -> bool {
        if amount.is_zero() {
            return true;
        }
        T::Currency::mint_into(&Self::pot(), amount)
            .inspect_err(|error| {
                log::warn!(target: LOG_TARGET, "{amount:?} planck of emission cannot be minted: {error:?}");
            })
            .is_ok()
    }

    /// Hands the treasury what is carried for it and returns how much. What its account cannot take, because it does not exist
    /// and the amount is too small to create it, stays in the pot for the next time.
    fn pay_treasury(books: &mut BookOf<T>) -> BalanceOf<T> {
        let due = books.carried.treasury;
        if due.is_zero() {
            return due;
        }
        match T::Currency::transfer(&Self::pot(), &T::Treasury::get(), due, Preservation::Preserve) {
            Ok(_) => {
                books.pay_treasury();
                due
            },
            Err(error) => {
                log::warn!(target: LOG_TARGET, "the treasury cannot take its {due:?} planck yet: {error:?}");
                Zero::zero()
            },
        }
    }
}
