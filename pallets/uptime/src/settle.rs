//! The one door to a cohort's history: every round of it is accounted here, in order and exactly once.

use crate::*;
use alloc::vec::Vec;
use frame_support::{defensive, traits::Get, weights::Weight};
use types::RoundReports;
use vouch_primitives::{
    accuracy::{Accuracy, Reference},
    history::{self, History},
    lanes::CohortView,
    tally::{tally, Ballot, Outcome},
    traits::{Attendance, Contributions, DeviceRegistry, Presence},
    ClassWeight, CohortId, Place, Points, RoundIndex,
};

/// A cohort while rounds of it are accounted.
struct Accounting {
    cohort: CohortId,
    history: History,
    weights: Vec<ClassWeight>,
    /// Rounds up before a device is paid.
    admission: u32,
    /// What each lane earned in the rounds accounted so far; empty before the first.
    earned: Vec<Points>,
}

impl Accounting {
    fn new<T: Config>(cohort: CohortId, history: History) -> Self {
        let admission = Params::<T>::get().admission_rounds;
        Self { cohort, history, weights: T::Registry::class_weights(), admission, earned: Vec::new() }
    }

    /// Accounts the next round and adds up what it earned.
    fn account(&mut self, outcome: &Outcome, view: &CohortView) {
        let points = self.history.account(outcome, view, &self.weights, self.admission);
        if self.earned.is_empty() {
            self.earned = points;
        } else {
            self.earned.iter_mut().zip(points).for_each(|(sum, points)| *sum = sum.saturating_add(points));
        }
    }

    /// Accounts the next round by its `reports`, and measures each of them by the others, if they suffice for a verdict.
    fn judge<T: Config>(&mut self, reports: &mut RoundReports<T::MaxCommittee>) {
        let ballots: Vec<Ballot> = reports.entries.iter().map(|entry| (&entry.up, &entry.latency)).collect();
        let outcome = tally(&ballots, reports.committee);
        let view = T::Registry::view(self.cohort, reports.round);
        self.account(&outcome, &view);
        if matches!(outcome, Outcome::Covered(_)) {
            let reference = Reference::of(&ballots, &view.active);
            let measured: Vec<Accuracy> = ballots.iter().map(|(up, _)| reference.measure(up)).collect();
            reports.entries.iter_mut().zip(measured).for_each(|(entry, accuracy)| entry.accuracy = accuracy);
            reports.confirmed = reference.up;
        }
        // Nobody is asked to prove, nor gains by calling up, what is not judged.
        reports.entries.iter_mut().for_each(|entry| entry.up = entry.up.and(&view.active));
        let ballots = reports.entries.len() as u32;
        let (round, cohort) = (reports.round, self.cohort);
        Pallet::<T>::deposit_event(match outcome {
            Outcome::Covered(verdict) => Event::Tallied {
                round,
                cohort,
                up: verdict.up.and(&view.active).count(),
                judged: view.active.count(),
                ballots,
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
    pub(crate) fn complete(cohort: CohortId, reports: &mut RoundReports<T::MaxCommittee>) {
        let Some(history) = Histories::<T>::get(cohort).filter(|history| history.next == reports.round) else {
            defensive!("the round's first report settled the cohort up to this round");
            return;
        };
        let mut accounting = Accounting::new::<T>(cohort, history);
        accounting.judge::<T>(reports);
        accounting.finish::<T>();
    }

    /// Accounts the rounds of `cohort` that are over, and sees to its audits. Returns whether it is accounted up to the running
    /// round now, and the weight used.
    pub(crate) fn settle(cohort: CohortId) -> (bool, Weight) {
        let (caught_up, used) = Self::account_rounds(cohort);
        (caught_up, used.saturating_add(Self::audit(cohort)))
    }

    /// Accounts the rounds of `cohort` that are over and not accounted yet, at most [`MAX_CATCH_UP`]: the first of them by its
    /// reports if they suffice, the others as uncovered. A cohort's first settlement starts its history with the running round.
    ///
    /// Only the first unaccounted round can have uncounted reports, because a round's first report settles what came before.
    pub(crate) fn account_rounds(cohort: CohortId) -> (bool, Weight) {
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
        let mut accounting = Accounting::new::<T>(cohort, history);
        let mut ballots = 0;
        if let Some(mut reports) = Self::reports_of(cohort, first) {
            accounting.judge::<T>(&mut reports);
            Self::store_reports(cohort, &reports);
            ballots = reports.entries.len() as u32;
        }
        accounting.skip_to::<T>(until);
        accounting.finish::<T>();
        (until == running, T::WeightInfo::settle(ballots, until.saturating_sub(first)))
    }

    /// Whether one settlement does not bring `cohort` up to `round`.
    pub(crate) fn is_behind(cohort: CohortId, round: RoundIndex) -> bool {
        Histories::<T>::get(cohort).is_some_and(|history| history.next.saturating_add(MAX_CATCH_UP) < round)
    }

    /// Most that settling a cohort takes.
    pub(crate) fn max_settle_weight() -> Weight {
        T::WeightInfo::settle(T::MaxCommittee::get(), MAX_CATCH_UP)
            .max(T::WeightInfo::settle_nothing())
            .saturating_add(Self::max_audit_weight())
    }
}

impl<T: Config> Attendance for Pallet<T> {
    fn on_vacate(place: Place) {
        Histories::<T>::mutate_extant(place.cohort, |history| history.clear(place.lane));
    }

    fn on_move(place: Place) {
        Self::on_vacate(place);
    }

    fn never_answered(place: Place) -> bool {
        Histories::<T>::get(place.cohort)
            .is_some_and(|history| history.attendance(place.lane) == history::Attendance::Never)
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn prepare_benchmark(place: Place, silent: bool) {
        let mut history =
            Histories::<T>::get(place.cohort).unwrap_or_else(|| History::starting_at(Round::<T>::get().index));
        if let Some(excused) = history.excused.get_mut(usize::from(place.lane)).filter(|_| silent) {
            *excused = 0;
        }
        Histories::<T>::insert(place.cohort, history);
    }
}

impl<T: Config> Presence for Pallet<T> {
    fn was_up(place: Place, rounds: u32) -> bool {
        Histories::<T>::get(place.cohort)
            .is_some_and(|history| history.admitted.get(place.lane) && history.lane(place.lane).was_up_within(rounds))
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn be_up_for_benchmark(place: Place) {
        let mut history =
            Histories::<T>::get(place.cohort).unwrap_or_else(|| History::starting_at(Round::<T>::get().index));
        let lane = usize::from(place.lane);
        if let Some((up, excused)) = history.up.get_mut(lane).zip(history.excused.get_mut(lane)) {
            *up |= 1;
            *excused &= !1;
        }
        history.last_up.set(place.lane, true);
        history.last_latency.set(place.lane, 0);
        history.admitted.set(place.lane, true);
        Histories::<T>::insert(place.cohort, history);
    }
}
