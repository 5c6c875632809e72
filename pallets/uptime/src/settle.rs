//! The one door to a cohort's history: every round of it is accounted here, in order and exactly once.

use crate::*;
use alloc::vec::Vec;
use frame_support::{defensive, traits::Get, weights::Weight};
use types::RoundReports;
use vouch_primitives::{
    history::History,
    lanes::CohortView,
    tally::{tally, Ballot, Outcome},
    traits::{Contributions, DeviceRegistry, OnVacate},
    ClassWeight, CohortId, Place, Points, RoundIndex,
};

/// A cohort while rounds of it are accounted.
struct Accounting {
    cohort: CohortId,
    history: History,
    weights: Vec<ClassWeight>,
    /// What each lane earned in the rounds accounted so far; empty before the first.
    earned: Vec<Points>,
}

impl Accounting {
    fn new<T: Config>(cohort: CohortId, history: History) -> Self {
        Self { cohort, history, weights: T::Registry::class_weights(), earned: Vec::new() }
    }

    /// Accounts the next round and adds up what it earned.
    fn account(&mut self, outcome: &Outcome, view: &CohortView) {
        let points = self.history.account(outcome, view, &self.weights);
        if self.earned.is_empty() {
            self.earned = points;
        } else {
            self.earned.iter_mut().zip(points).for_each(|(sum, points)| *sum = sum.saturating_add(points));
        }
    }

    /// Accounts the next round by its `reports`.
    fn judge<T: Config>(&mut self, reports: &RoundReports<T::MaxCommittee>) {
        let ballots: Vec<Ballot> = reports.entries.iter().map(|entry| (&entry.up, &entry.latency)).collect();
        let outcome = tally(&ballots, reports.committee);
        let view = T::Registry::view(self.cohort, reports.round);
        self.account(&outcome, &view);
        let (round, cohort) = (reports.round, self.cohort);
        Pallet::<T>::deposit_event(match outcome {
            Outcome::Covered(verdict) => Event::Tallied {
                round,
                cohort,
                up: verdict.up.and(&view.active).count(),
                judged: view.active.count(),
                ballots: ballots.len() as u32,
            },
            Outcome::Uncovered { .. } => Event::Uncovered { round, cohort, rounds: 1 },
        });
    }

    /// Accounts the rounds before `until` as uncovered. They are over, so that nobody reports on them any more.
    fn skip_to<T: Config>(&mut self, until: RoundIndex) {
        let first = self.history.next;
        if first >= until {
            return;
        }
        // The registry answers for the running round and the one before it, and remembers no older absences.
        let view = T::Registry::view(self.cohort, Round::<T>::get().index.saturating_sub(1));
        (first..until).for_each(|_| self.account(&Outcome::default(), &view));
        Pallet::<T>::deposit_event(Event::Uncovered {
            round: first,
            cohort: self.cohort,
            rounds: until.saturating_sub(first),
        });
    }

    /// Credits what was earned and keeps the history.
    fn finish<T: Config>(self) {
        T::Contributions::credit(self.cohort, &self.earned);
        Histories::<T>::insert(self.cohort, self.history);
    }
}

impl<T: Config> Pallet<T> {
    /// Tallies the running round of a cohort whose committee is complete.
    pub(crate) fn complete(cohort: CohortId, reports: &RoundReports<T::MaxCommittee>) {
        let Some(history) = Histories::<T>::get(cohort).filter(|history| history.next == reports.round) else {
            defensive!("the round's first report settled the cohort up to this round");
            return;
        };
        let mut accounting = Accounting::new::<T>(cohort, history);
        accounting.judge::<T>(reports);
        accounting.finish::<T>();
    }

    /// Accounts the rounds of `cohort` that are over and not accounted yet, at most [`MAX_CATCH_UP`]: the first of them by its
    /// reports if they suffice, the others as uncovered. Returns whether it is accounted up to the running round now, and the
    /// weight used. A cohort's first settlement starts its history with the running round.
    ///
    /// Only the first unaccounted round can have uncounted reports, because a round's first report settles what came before.
    pub(crate) fn settle(cohort: CohortId) -> (bool, Weight) {
        let running = Round::<T>::get().index;
        let Some(history) = Histories::<T>::get(cohort) else {
            Histories::<T>::insert(cohort, History::starting_at(running));
            return (true, T::WeightInfo::settle(0, 1));
        };
        let first = history.next;
        if first >= running {
            return (true, T::WeightInfo::settle_nothing());
        }
        let until = running.min(first.saturating_add(MAX_CATCH_UP));
        let reports = Self::reports_of(cohort, first);
        let mut accounting = Accounting::new::<T>(cohort, history);
        if let Some(reports) = &reports {
            accounting.judge::<T>(reports);
        }
        accounting.skip_to::<T>(until);
        accounting.finish::<T>();
        let ballots = reports.map_or(0, |reports| reports.entries.len() as u32);
        (until == running, T::WeightInfo::settle(ballots, until.saturating_sub(first)))
    }

    /// Whether one settlement does not bring `cohort` up to `round`.
    pub(crate) fn is_behind(cohort: CohortId, round: RoundIndex) -> bool {
        Histories::<T>::get(cohort).is_some_and(|history| history.next.saturating_add(MAX_CATCH_UP) < round)
    }

    /// Most that settling a cohort takes.
    pub(crate) fn max_settle_weight() -> Weight {
        T::WeightInfo::settle(T::MaxCommittee::get(), MAX_CATCH_UP).max(T::WeightInfo::settle_nothing())
    }

    /// The last 32 rounds of a cohort's lanes; `None` before it is first reported on or swept. Rounds that are over and not
    /// accounted yet are missing: it holds those before [`History::next`].
    pub fn history(cohort: CohortId) -> Option<History> {
        Histories::<T>::get(cohort)
    }
}

impl<T: Config> OnVacate for Pallet<T> {
    fn on_vacate(place: Place) {
        Histories::<T>::mutate_extant(place.cohort, |history| history.clear(place.lane));
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn prepare_benchmark(place: Place) {
        if !Histories::<T>::contains_key(place.cohort) {
            Histories::<T>::insert(place.cohort, History::starting_at(Round::<T>::get().index));
        }
    }
}
