//! The one door to the pages: everything that adds points, turns them into planck, holds planck back or pays it goes through
//! here.

use crate::{
    Accrued, AccruedPageOf, BalanceOf, Books, Config, Epoch, Error, Event, Held, HeldPageOf, Pallet, Params,
    PointsPage, PointsPages, Pool, Rates, RunningEpochOf, SettledPages, TermsOf, WeightInfo, LOG_TARGET,
};
use alloc::{collections::BTreeMap, vec::Vec};
use frame_support::{
    ensure,
    storage::with_storage_layer,
    traits::{fungible::Mutate, tokens::Preservation},
};
use polkadot_sdk::*;
use sp_runtime::{
    traits::{Saturating, UniqueSaturatedInto, Zero},
    DispatchError, DispatchResult, TokenError,
};
use sp_weights::Weight;
use vouch_primitives::{
    api::PendingReward,
    traits::{Contributions, Ledger, ProbingCredits, WorkCredits},
    CohortId, EpochIndex, Lane, Place, Points, ProberNumber, LANES,
};

impl<T: Config> Contributions for Pallet<T> {
    fn credit(cohort: CohortId, points: &[Points]) {
        let earned = &points[..points.len().min(LANES)];
        if earned.iter().all(Zero::is_zero) {
            return;
        }
        let mut epoch = Epoch::<T>::get();
        let earned = earned.iter().enumerate().map(|(lane, points)| (lane as Lane, *points));
        if Self::credit_page(Pool::Uptime, cohort, &mut epoch, earned) {
            Epoch::<T>::put(epoch);
        }
    }
}

impl<T: Config> ProbingCredits for Pallet<T> {
    fn credit_probers(points: &[(ProberNumber, Points)]) {
        let mut pages = BTreeMap::<u32, Vec<(Lane, Points)>>::new();
        for (prober, points) in points.iter().filter(|(_, points)| !points.is_zero()) {
            let place = Place::nth(*prober);
            pages.entry(place.cohort).or_default().push((place.lane, *points));
        }
        if pages.is_empty() {
            return;
        }
        let mut epoch = Epoch::<T>::get();
        let mut credited = false;
        for (page, earned) in pages {
            credited |= Self::credit_page(Pool::Probing, page, &mut epoch, earned.into_iter());
        }
        if credited {
            Epoch::<T>::put(epoch);
        }
    }
}

impl<T: Config> WorkCredits for Pallet<T> {
    fn credit_work(place: Place, points: Points) -> EpochIndex {
        let mut epoch = Epoch::<T>::get();
        let earned = core::iter::once((place.lane, points));
        if Self::credit_page(Pool::Work, place.cohort, &mut epoch, earned) {
            Epoch::<T>::put(epoch);
        }
        epoch.index
    }

    fn most_per_point() -> u128 {
        let rates = [Epoch::<T>::get().params, Params::<T>::get()].map(|params| params.max_work_rate);
        rates.into_iter().max().unwrap_or_default().unique_saturated_into()
    }

    fn weight_of_credit() -> Weight {
        T::WeightInfo::credit_work()
    }
}

impl<T: Config> Ledger<T::AccountId> for Pallet<T> {
    fn pay_out(place: Place, to: &T::AccountId) -> DispatchResult {
        Self::pay_place(Self::open_device(place), place, to)
    }

    fn vacate(place: Place, to: &T::AccountId) -> DispatchResult {
        let pages = Self::open_device(place);
        ensure!(pages.iter().all(|page| page.points(place.lane).is_zero()), Error::<T>::EpochRunning);
        ensure!(pages.iter().all(|page| page.held.get(place.lane).is_zero()), Error::<T>::HeldBack);
        Self::pay_place(pages, place, to)?;
        // Whoever has the place next is not told of points that are paid, or were worth nothing.
        let forget = |page: &mut Option<PointsPage>| {
            *page = page.take().map(|page| page.without(place.lane)).filter(|page| !page.is_empty());
        };
        PointsPages::<T>::mutate_exists(Pool::Uptime, place.cohort, forget);
        SettledPages::<T>::mutate_exists(place.cohort, forget);
        Ok(())
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn accrue_for_benchmark(place: Place) {
        // A benchmark that cannot prepare its payment fails by its own assertions.
        let _ = crate::benchmarking::earn::<T>(place.cohort.saturating_add(1));
        // So that the place can be vacated, while its neighbours still have something held.
        Self::forfeit_held(place);
    }
}

impl<T: Config> Pallet<T> {
    /// Takes what is held back for the device in `place` and leaves it to the treasury, which is paid when the running epoch
    /// closes. Returns how much that is. For those who found that the device is a fraud; what it accrued before and its points
    /// of the running epoch it keeps.
    pub fn forfeit_held(place: Place) -> BalanceOf<T> {
        let mut page = OpenPage::<T>::open(Pool::Uptime, place.cohort);
        let amount = page.held.take(place.lane);
        if !amount.is_zero() {
            page.held_changed = true;
            page.store();
            Books::<T>::mutate(|books| books.forfeit(amount));
        }
        amount
    }

    /// Adds points to a page, settles what it has of an earlier epoch, and returns whether any were added.
    fn credit_page(
        pool: Pool,
        number: u32,
        epoch: &mut RunningEpochOf<T>,
        earned: impl Iterator<Item = (Lane, Points)>,
    ) -> bool {
        let (closed, mut page) = match PointsPages::<T>::get(pool, number) {
            Some(page) if page.epoch == epoch.index => (None, page),
            closed => (closed, PointsPage::empty(epoch.index)),
        };
        let added = page.add(earned);
        if added.is_zero() {
            return false;
        }
        // Never saturate the total: points missing from it would be paid beyond the budget.
        let Some(total) = epoch.total_points[pool].checked_add(added) else {
            log::warn!(target: LOG_TARGET, "page {number} of {pool:?} earns nothing: the epoch cannot count more points");
            return false;
        };
        if let Some(closed) = closed {
            OpenPage::<T>::settle(pool, number, epoch, &closed).store();
            Self::keep_settled(pool, number, closed);
        }
        PointsPages::<T>::insert(pool, number, page);
        epoch.total_points[pool] = total;
        true
    }

    /// Keeps what a cohort was paid for in a closed epoch.
    fn keep_settled(pool: Pool, number: u32, closed: PointsPage) {
        if pool == Pool::Uptime {
            SettledPages::<T>::insert(number, closed);
        }
    }

    /// Settles a page, empties `lanes` and returns what each was owed. A lane named twice is owed nothing the second time.
    pub(crate) fn drain(pool: Pool, number: u32, lanes: &[Lane]) -> Vec<BalanceOf<T>> {
        let mut page = OpenPage::<T>::open(pool, number);
        let drained = lanes.iter().map(|lane| page.accrued.take(*lane)).collect();
        page.store();
        drained
    }

    /// The pages on which the device in `place` earns, in the order of [`Pool::OF_DEVICES`].
    fn open_device(place: Place) -> [OpenPage<T>; 2] {
        Pool::OF_DEVICES.map(|pool| OpenPage::open(pool, place.cohort))
    }

    /// Pays what a place has accrued on its `pages`.
    fn pay_place(mut pages: [OpenPage<T>; 2], place: Place, to: &T::AccountId) -> DispatchResult {
        let [uptime, work] = pages.each_mut().map(|page| page.accrued.take(place.lane));
        let amount = uptime.saturating_add(work);
        if amount.is_zero() {
            return Ok(());
        }
        with_storage_layer(|| {
            pages
                .into_iter()
                .zip([uptime, work])
                .filter(|(_, taken)| !taken.is_zero())
                .for_each(|(page, _)| page.store());
            Self::pay(to, amount)?;
            Self::deposit_event(Event::PaidOut { place, to: to.clone(), amount, work });
            Ok(())
        })
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

    /// On what terms a pool's points of a closed epoch become planck.
    pub(crate) fn terms_of(pool: Pool, epoch: EpochIndex) -> TermsOf<T> {
        Rates::<T>::get(pool, epoch).unwrap_or_default()
    }
}

/// A page as it is once everything of closed epochs is settled and everything due is released. Nothing is written before
/// [`Self::store`].
pub(crate) struct OpenPage<T: Config> {
    pool: Pool,
    number: u32,
    /// What each lane can be paid now.
    pub(crate) accrued: AccruedPageOf<T>,
    /// What is held back for each lane.
    pub(crate) held: HeldPageOf<T>,
    /// Whether `held` is not as it is stored.
    held_changed: bool,
    /// Points of the running epoch; `None` if no lane has any.
    running: Option<PointsPage>,
    /// Whether the points that are stored are of a closed epoch, and settled here.
    settled: bool,
}

impl<T: Config> OpenPage<T> {
    /// Opens a page.
    pub(crate) fn open(pool: Pool, number: u32) -> Self {
        let epoch = Epoch::<T>::get();
        match PointsPages::<T>::get(pool, number) {
            Some(closed) if closed.epoch < epoch.index => {
                Self { settled: true, ..Self::settle(pool, number, &epoch, &closed) }
            },
            running => Self { running, ..Self::read(pool, number, &epoch) },
        }
    }

    /// The lane's points in the running epoch.
    pub(crate) fn points(&self, lane: Lane) -> Points {
        self.running.as_ref().map_or(0, |page| page.get(lane))
    }

    /// What a lane has earned and not been paid; `epoch` is the running one.
    pub(crate) fn pending(&self, lane: Lane, epoch: EpochIndex) -> PendingReward<BalanceOf<T>> {
        PendingReward { accrued: self.accrued.get(lane), held: self.held.get(lane), epoch, points: self.points(lane) }
    }

    /// Opens a page whose points, `closed`, are of a closed epoch. What becomes of the points that are stored is up to the
    /// caller.
    fn settle(pool: Pool, number: u32, epoch: &RunningEpochOf<T>, closed: &PointsPage) -> Self {
        let mut page = Self::read(pool, number, epoch);
        let terms = Pallet::<T>::terms_of(pool, closed.epoch);
        // Neither sooner nor later than if it had been settled as soon as its epoch was closed.
        if terms.held.is_zero() || epoch.holding.is_released(terms.period, epoch.index) {
            page.accrued.add(closed, terms.rate);
        } else {
            page.accrued.add(closed, terms.rate.saturating_sub(terms.held));
            page.held.add(terms.period, closed, terms.held);
            page.held_changed = true;
        }
        page
    }

    /// What is stored of a page besides points, with everything due released.
    fn read(pool: Pool, number: u32, epoch: &RunningEpochOf<T>) -> Self {
        let mut accrued = Accrued::<T>::get(pool, number).unwrap_or_default();
        let mut held = match pool {
            Pool::Uptime => Held::<T>::get(number).unwrap_or_default(),
            Pool::Probing | Pool::Work => Default::default(),
        };
        let held_changed = held.release(&mut accrued, |period| epoch.holding.is_released(period, epoch.index));
        Self { pool, number, accrued, held, held_changed, running: None, settled: false }
    }

    /// Writes it. No page is kept for nothing.
    fn store(self) {
        let Self { pool, number, accrued, held, held_changed, running: _, settled } = self;
        Accrued::<T>::set(pool, number, Some(accrued).filter(|page| !page.is_empty()));
        if held_changed {
            Held::<T>::set(number, Some(held).filter(|page| !page.is_empty()));
        }
        if settled {
            if let Some(closed) = PointsPages::<T>::take(pool, number) {
                Pallet::<T>::keep_settled(pool, number, closed);
            }
        }
    }
}
