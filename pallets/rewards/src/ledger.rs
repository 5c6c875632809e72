//! The one door to the pages: everything that adds points, turns them into planck or pays planck goes through here.

use crate::{
    Accrued, AccruedPageOf, BalanceOf, Books, Config, Epoch, Error, Event, Pallet, PointsPage, PointsPages, Rates,
    LOG_TARGET,
};
use alloc::vec::Vec;
use frame_support::{
    ensure,
    storage::with_storage_layer,
    traits::{fungible::Mutate, tokens::Preservation},
};
use polkadot_sdk::*;
use sp_runtime::{traits::Zero, DispatchError, DispatchResult, TokenError};
use vouch_primitives::{
    traits::{Contributions, Ledger},
    CohortId, EpochIndex, Lane, Place, Points, LANES,
};

impl<T: Config> Contributions for Pallet<T> {
    fn credit(cohort: CohortId, points: &[Points]) {
        let earned = &points[..points.len().min(LANES)];
        if earned.iter().all(Zero::is_zero) {
            return;
        }
        let mut epoch = Epoch::<T>::get();
        let (closed, mut page) = match PointsPages::<T>::get(cohort) {
            Some(page) if page.epoch == epoch.index => (None, page),
            closed => (closed, PointsPage::empty(epoch.index)),
        };
        // Never saturate the total: points missing from it would be paid beyond the budget.
        let Some(total) = epoch.total_points.checked_add(page.add(earned)) else {
            log::warn!(target: LOG_TARGET, "cohort {cohort} earns nothing: the epoch cannot count more points");
            return;
        };
        if let Some(closed) = closed {
            let mut accrued = Accrued::<T>::get(cohort).unwrap_or_default();
            Self::accrue(&mut accrued, &closed);
            Self::store_accrued(cohort, accrued);
        }
        PointsPages::<T>::insert(cohort, page);
        epoch.total_points = total;
        Epoch::<T>::put(epoch);
    }
}

impl<T: Config> Ledger<T::AccountId> for Pallet<T> {
    fn pay_out(place: Place, to: &T::AccountId) -> DispatchResult {
        with_storage_layer(|| {
            for amount in Self::drain(place.cohort, &[place.lane]) {
                if !amount.is_zero() {
                    Self::pay(to, amount)?;
                    Self::deposit_event(Event::PaidOut { place, to: to.clone(), amount });
                }
            }
            Ok(())
        })
    }

    fn vacate(place: Place, to: &T::AccountId) -> DispatchResult {
        ensure!(Self::running_points(place).is_zero(), Error::<T>::EpochRunning);
        Self::pay_out(place, to)
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn accrue_for_benchmark(place: Place) {
        // A benchmark that cannot prepare its payment fails by its own assertions.
        let _ = crate::benchmarking::earn_twice::<T>(place.cohort.saturating_add(1));
    }
}

impl<T: Config> Pallet<T> {
    /// Settles `cohort`, empties `lanes` and returns what each was owed. A lane named twice is owed nothing the second time.
    pub(crate) fn drain(cohort: CohortId, lanes: &[Lane]) -> Vec<BalanceOf<T>> {
        let mut accrued = Accrued::<T>::get(cohort).unwrap_or_default();
        if let Some(closed) = Self::closed_page(cohort, Epoch::<T>::get().index) {
            Self::accrue(&mut accrued, &closed);
            PointsPages::<T>::remove(cohort);
        }
        let drained = lanes.iter().map(|lane| accrued.take(*lane)).collect();
        Self::store_accrued(cohort, accrued);
        drained
    }

    /// Pays `amount`, of what is outstanding, from the pot.
    pub(crate) fn pay(to: &T::AccountId, amount: BalanceOf<T>) -> DispatchResult {
        // `Preserve` keeps the pot's existential deposit.
        T::Currency::transfer(&Self::pot(), to, amount, Preservation::Preserve).map_err(|error| match error {
            DispatchError::Token(TokenError::BelowMinimum) => Error::<T>::BelowExistentialDeposit.into(),
            other => other,
        })?;
        Books::<T>::mutate(|books| books.pay(amount));
        Ok(())
    }

    /// The cohort's page if it is of an epoch before `running` and still to be settled.
    pub(crate) fn closed_page(cohort: CohortId, running: EpochIndex) -> Option<PointsPage> {
        PointsPages::<T>::get(cohort).filter(|page| page.epoch < running)
    }

    /// Points that a place has in the running epoch.
    pub(crate) fn running_points(place: Place) -> Points {
        let running = Epoch::<T>::get().index;
        PointsPages::<T>::get(place.cohort).filter(|page| page.epoch == running).map_or(0, |page| page.get(place.lane))
    }

    /// Planck that a point of a closed epoch is worth.
    pub(crate) fn rate_of(epoch: EpochIndex) -> BalanceOf<T> {
        Rates::<T>::get(epoch).unwrap_or_else(Zero::zero)
    }

    fn accrue(accrued: &mut AccruedPageOf<T>, closed: &PointsPage) {
        accrued.add(closed, Self::rate_of(closed.epoch));
    }

    fn store_accrued(cohort: CohortId, accrued: AccruedPageOf<T>) {
        if accrued.is_empty() {
            Accrued::<T>::remove(cohort);
        } else {
            Accrued::<T>::insert(cohort, accrued);
        }
    }
}
