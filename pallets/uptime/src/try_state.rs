//! What is true of this pallet's storage after every call and every block.

use crate::*;
use alloc::{collections::BTreeSet, vec::Vec};
use frame_support::{ensure, traits::Get};
use sp_runtime::{traits::Zero, TryRuntimeError};
use types::RoundReports;
use vouch_primitives::{history::History, lanes::NO_ANSWER, traits::DeviceRegistry, CohortId, LANES};

impl<T: Config> Pallet<T> {
    /// Checks every invariant of the pallet.
    pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
        Self::check_round()?;
        Self::check_prober_sets()?;
        Self::check_sweep()?;
        Reports::<T>::iter().try_for_each(|(cohort, reports)| Self::check_reports(cohort, &reports))?;
        Histories::<T>::iter().try_for_each(|(cohort, history)| Self::check_history(cohort, &history))
    }

    fn check_round() -> Result<(), TryRuntimeError> {
        let round = Round::<T>::get();
        let now = frame_system::Pallet::<T>::block_number();
        // A chain that got this pallet by an upgrade opens its first round in the next block.
        if !round.length.is_zero() {
            ensure!(round.committee_size >= 1, "a committee has members");
            ensure!(round.committee_size <= T::MaxCommittee::get(), "a committee is not larger than the tally counts");
        }
        ensure!(round.start <= now, "the running round has opened");
        ensure!(!NextSeed::<T>::exists() || now >= Self::seed_due(&round), "a seed is not fixed before it is due");
        Self::check_params(&Params::<T>::get()).map_err(|_| "the parameters are within their bounds")?;
        Ok(())
    }

    fn check_prober_sets() -> Result<(), TryRuntimeError> {
        let (running, current) = (Round::<T>::get().prober_set, CurrentSet::<T>::get());
        ensure!(
            current == running || current == running.wrapping_add(1),
            "the next set is the running round's or the one after it"
        );
        ensure!(
            ProberSets::<T>::iter_keys().all(|set| set == running || set == current),
            "no prober set is kept that no round will use"
        );
        Ok(())
    }

    fn check_sweep() -> Result<(), TryRuntimeError> {
        let sweep = Sweep::<T>::get();
        ensure!(sweep.left <= sweep.of && sweep.of <= T::Registry::cohorts(), "the sweep visits cohorts that exist");
        ensure!(sweep.next < sweep.of || sweep.next == 0 && sweep.of == 0, "the sweep's cursor is on a cohort");
        let running = Round::<T>::get().index;
        for cohort in (0..sweep.of).filter(|cohort| !sweep.awaits(*cohort)) {
            let history = Histories::<T>::get(cohort).ok_or("a swept cohort has a history")?;
            ensure!(history.next >= running, "a swept cohort is accounted up to the running round");
        }
        Ok(())
    }

    fn check_reports(cohort: CohortId, reports: &RoundReports<T::MaxCommittee>) -> Result<(), TryRuntimeError> {
        let round = Round::<T>::get();
        ensure!(cohort < T::Registry::cohorts(), "reports are on cohorts that exist");
        ensure!(reports.round <= round.index, "no report is of a round that has not opened");
        ensure!(!reports.entries.is_empty(), "reports are only kept where there are any");
        ensure!(reports.entries.len() as u32 <= reports.committee, "no more reports than members");
        let reporters: BTreeSet<u32> = reports.entries.iter().map(|entry| entry.prober.into()).collect();
        ensure!(reporters.len() == reports.entries.len(), "a member reports once");
        if reports.round == round.index {
            let members: BTreeSet<u32> = Self::committee_indices(cohort).into_iter().collect();
            ensure!(members.len() as u32 == reports.committee, "the committee is as large as it was drawn");
            ensure!(reporters.is_subset(&members), "only members report");
        }
        let history = Histories::<T>::get(cohort).ok_or("a cohort with reports has a history")?;
        ensure!(reports.round <= history.next, "uncounted reports are of the first unaccounted round");
        ensure!(
            !reports.is_complete() || history.next > reports.round,
            "a round is accounted as soon as its committee is complete"
        );
        Ok(())
    }

    fn check_history(cohort: CohortId, history: &History) -> Result<(), TryRuntimeError> {
        let running = Round::<T>::get().index;
        ensure!(cohort < T::Registry::cohorts(), "histories are of cohorts that exist");
        ensure!(history.next <= running.saturating_add(1), "no round is accounted before it opens");
        if history.next > running {
            ensure!(
                Self::reports_of(cohort, running).is_some_and(|reports| reports.is_complete()),
                "the running round is accounted only if its committee is complete"
            );
        }
        let silent: Vec<u16> = (0..LANES as u16).filter(|lane| !history.last_up.get(*lane)).collect();
        ensure!(
            silent.into_iter().all(|lane| history.last_latency.get(lane) == NO_ANSWER),
            "a lane that was not up has no latency"
        );
        Ok(())
    }
}
