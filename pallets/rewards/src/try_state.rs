//! The pallet's invariants, checked against the whole of its storage.

use crate::{Accrued, BalanceOf, Books, Config, Epoch, Held, Pallet, Params, PointsPages, Pool, Rates, SettledPages};
use frame_support::{
    ensure,
    traits::{
        fungible::Inspect,
        tokens::{Fortitude, Preservation},
        Get,
    },
};
use polkadot_sdk::*;
use sp_runtime::{
    traits::{Saturating, Zero},
    TryRuntimeError,
};
use vouch_primitives::{
    deterrence::{is_deterred, self_dealing_is_deterred},
    emission::payment,
    traits::{ProberDirectory, WorkCredits},
};

impl<T: Config> Pallet<T> {
    /// Checks every invariant. Reads all pages: for tests, simulations and for trying out runtime upgrades, not for blocks.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        Self::try_state_of_books()?;
        Self::try_state_of_epoch()?;
        Self::try_state_of_pages()?;
        Self::try_state_of_held()?;
        Self::try_state_of_outstanding()
    }

    /// Minted is what became of it; never more than granted; and the pot holds what is left of it.
    fn try_state_of_books() -> Result<(), TryRuntimeError> {
        let books = Books::<T>::get();
        ensure!(
            books.minted == books.accounted(),
            "what was minted is not what was paid, is outstanding, carried or promised"
        );
        ensure!(books.minted <= books.granted, "more was minted than closed epochs were granted");
        let pot = T::Currency::reducible_balance(&Self::pot(), Preservation::Preserve, Fortitude::Force);
        ensure!(pot >= books.in_pot(), "the pot holds less than it owes");
        Ok(())
    }

    /// The running epoch is not over, its parameters and the next are sound, and its totals are the sums of the pages tagged
    /// with it.
    fn try_state_of_epoch() -> Result<(), TryRuntimeError> {
        let epoch = Epoch::<T>::get();
        ensure!(epoch.rounds_done < epoch.params.rounds_per_epoch, "the running epoch has had all its rounds");
        for params in [epoch.params, Params::<T>::get()] {
            ensure!(params.split.is_whole(), "an epoch divides more or less than it mints");
            let held = params.holdback.is_zero() || !params.holding_epochs.is_zero();
            ensure!(held, "what is held back is held for no epoch");
        }
        ensure!(is_deterred(T::Probers::expected_penalty(), Self::most_gain()), "lying would pay");
        let deterred = self_dealing_is_deterred(Self::most_per_point(), T::WorkPrice::get());
        ensure!(deterred, "work would pay whoever pays for it");
        for pool in Pool::ALL {
            let mut total = 0u64;
            for page in PointsPages::<T>::iter_prefix_values(pool) {
                ensure!(page.epoch <= epoch.index, "a page is of an epoch yet to come");
                if page.epoch == epoch.index {
                    total = total.saturating_add(page.total());
                }
            }
            ensure!(total == epoch.total_points[pool], "a pool's total is not the sum of its pages");
        }
        Ok(())
    }

    /// Every closed page has a rate, none is kept for nothing, and what is settled is older than what is not.
    fn try_state_of_pages() -> Result<(), TryRuntimeError> {
        let running = Epoch::<T>::get().index;
        for page in Accrued::<T>::iter_values() {
            ensure!(!page.is_empty(), "a page of accrued planck is empty");
        }
        for (pool, _, page) in PointsPages::<T>::iter() {
            ensure!(!page.is_empty(), "a page of points is empty");
            if page.epoch < running {
                ensure!(Rates::<T>::contains_key(pool, page.epoch), "a page is of a closed epoch without a rate");
            }
        }
        for (cohort, page) in SettledPages::<T>::iter() {
            ensure!(!page.is_empty(), "a settled page is empty");
            let open = PointsPages::<T>::get(Pool::Uptime, cohort).map_or(running, |page| page.epoch);
            ensure!(page.epoch < open, "a page was settled before its epoch closed, or twice");
        }
        Ok(())
    }

    /// What is held is held in a period that was opened and will be released; nothing is held but of uptime; no page or bucket is
    /// kept for nothing.
    fn try_state_of_held() -> Result<(), TryRuntimeError> {
        let holding = Epoch::<T>::get().holding;
        ensure!(holding.previous_release <= holding.release, "a period is released before the one that it follows");
        for (pool, _, terms) in Rates::<T>::iter() {
            ensure!(terms.held <= terms.rate, "more of a point is held back than it is worth");
            ensure!(terms.period <= holding.newest, "an epoch is held in a period yet to come");
            ensure!(pool == Pool::Uptime || terms.held.is_zero(), "what is not earned for uptime is held back");
        }
        for page in Held::<T>::iter_values() {
            ensure!(!page.is_empty(), "a page of held planck is empty");
            for (slot, bucket) in (0u32..).zip(&page.buckets) {
                let Some(bucket) = bucket else { continue };
                ensure!(!bucket.planck.is_empty(), "a bucket of held planck is empty");
                ensure!(bucket.period <= holding.newest, "planck are held in a period yet to come");
                ensure!(bucket.period % 2 == slot, "a bucket is in the other's slot");
            }
        }
        Ok(())
    }

    /// Outstanding is what has accrued, what is held back, and what points of closed epochs are worth.
    fn try_state_of_outstanding() -> Result<(), TryRuntimeError> {
        let running = Epoch::<T>::get().index;
        let mut owed: BalanceOf<T> = Zero::zero();
        let held = Held::<T>::iter_values().flat_map(|page| page.buckets).flatten().map(|bucket| bucket.planck);
        for page in Accrued::<T>::iter_values().chain(held) {
            page.planck.iter().for_each(|planck| owed.saturating_accrue(*planck));
        }
        for (pool, _, page) in PointsPages::<T>::iter().filter(|(_, _, page)| page.epoch < running) {
            let rate = Self::terms_of(pool, page.epoch).rate;
            page.points.iter().for_each(|points| owed.saturating_accrue(payment(*points, rate)));
        }
        ensure!(owed == Books::<T>::get().outstanding, "what is outstanding is not what places and probers are owed");
        Ok(())
    }
}
