//! The pallet's invariants, checked against the whole of its storage.

use crate::{Accrued, BalanceOf, Books, Config, Epoch, Pallet, PointsPages, Rates};
use frame_support::{
    ensure,
    traits::{
        fungible::Inspect,
        tokens::{Fortitude, Preservation},
    },
};
use polkadot_sdk::*;
use sp_runtime::{
    traits::{Saturating, Zero},
    TryRuntimeError,
};
use vouch_primitives::emission::payment;

impl<T: Config> Pallet<T> {
    /// Checks every invariant. Reads all pages: for tests and for trying out runtime upgrades, not for blocks.
    pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
        Self::try_state_of_books()?;
        Self::try_state_of_epoch()?;
        Self::try_state_of_pages()
    }

    /// Minted is paid, treasury, outstanding or carried; never more than granted; and the pot holds what is left of it.
    fn try_state_of_books() -> Result<(), TryRuntimeError> {
        let books = Books::<T>::get();
        let accounted = books.paid.saturating_add(books.treasury).saturating_add(books.in_pot());
        ensure!(books.minted == accounted, "what was minted is not what was paid, is outstanding or carried");
        ensure!(books.minted <= books.granted, "more was minted than closed epochs were granted");
        let pot = T::Currency::reducible_balance(&Self::pot(), Preservation::Preserve, Fortitude::Force);
        ensure!(pot >= books.in_pot(), "the pot holds less than it owes");
        Ok(())
    }

    /// The running epoch is not over, and its total is the sum of the pages tagged with it.
    fn try_state_of_epoch() -> Result<(), TryRuntimeError> {
        let epoch = Epoch::<T>::get();
        ensure!(epoch.rounds_done < epoch.params.rounds_per_epoch, "the running epoch has had all its rounds");
        ensure!(epoch.params.split.is_whole(), "the running epoch divides more or less than it mints");
        let mut total = 0u64;
        for page in PointsPages::<T>::iter_values() {
            ensure!(page.epoch <= epoch.index, "a page is of an epoch yet to come");
            if page.epoch == epoch.index {
                total = total.saturating_add(page.total());
            }
        }
        ensure!(total == epoch.total_points, "the epoch's total is not the sum of its pages");
        Ok(())
    }

    /// Outstanding is accrued planck plus what points of closed epochs are worth; every closed page has a rate; no page is
    /// kept for nothing.
    fn try_state_of_pages() -> Result<(), TryRuntimeError> {
        let running = Epoch::<T>::get().index;
        let mut owed: BalanceOf<T> = Zero::zero();
        for page in Accrued::<T>::iter_values() {
            ensure!(!page.is_empty(), "a page of accrued planck is empty");
            page.planck.iter().for_each(|planck| owed.saturating_accrue(*planck));
        }
        for page in PointsPages::<T>::iter_values() {
            ensure!(page.total() > 0, "a page of points is empty");
            if page.epoch < running {
                let rate = Rates::<T>::get(page.epoch).ok_or("a page is of a closed epoch without a rate")?;
                page.points.iter().for_each(|points| owed.saturating_accrue(payment(*points, rate)));
            }
        }
        ensure!(owed == Books::<T>::get().outstanding, "what is outstanding is not what places are owed");
        Ok(())
    }
}
