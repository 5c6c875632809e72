//! What is true of this pallet's storage after every call and every block.

use crate::*;
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use frame_support::{ensure, traits::Get};
use frame_system::pallet_prelude::BlockNumberFor;
use reports::is_odd;
use sp_runtime::{traits::Zero, TryRuntimeError};
use types::{CohortAudits, RoundReports, Standing, DEVIATION_LIMIT, STANDINGS};
use vouch_primitives::{
    audit::{AuditState, ReportId},
    history::History,
    lanes::NO_ANSWER,
    traits::DeviceRegistry,
    CohortId, ProberNumber, LANES,
};

impl<T: Config> Pallet<T> {
    /// Checks every invariant of the pallet.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        Self::check_round()?;
        Self::check_prober_sets()?;
        Self::check_sweep()?;
        Reports::<T>::iter().try_for_each(|(cohort, odd, reports)| Self::check_reports(cohort, odd, &reports))?;
        Histories::<T>::iter().try_for_each(|(cohort, history)| Self::check_history(cohort, &history))?;
        Audits::<T>::iter().try_for_each(|(cohort, audits)| Self::check_audits(cohort, &audits))?;
        Self::check_audited()?;
        Self::check_numbers()?;
        Self::check_accused()
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
        let known = ProberCount::<T>::get();
        for members in ProberSets::<T>::iter_values() {
            ensure!(members.iter().all(|member| member.number < known), "every prober has a number");
        }
        Ok(())
    }

    /// Numbers and accounts are each other's inverse, without gaps.
    fn check_numbers() -> Result<(), TryRuntimeError> {
        let known = ProberCount::<T>::get();
        ensure!(Numbers::<T>::iter_keys().count() == known as usize, "as many have a number as were given");
        for number in 0..known {
            let account = Accounts::<T>::get(number).ok_or("every number is somebody's")?;
            ensure!(Numbers::<T>::get(account) == Some(number), "an account's number is the number of that account");
        }
        ensure!(Accounts::<T>::iter_keys().all(|number| number < known), "nobody has a number that was not given");
        for (page, standings) in Standings::<T>::iter() {
            let kept = page.saturating_mul(STANDINGS).saturating_add(standings.len() as u32);
            ensure!(kept <= known, "standings are of probers");
            ensure!(
                standings.iter().all(|s| s.deviation < DEVIATION_LIMIT),
                "whoever deviates too far is accused at once"
            );
        }
        ensure!(Records::<T>::iter_keys().all(|number| number < known), "records are of probers");
        Ok(())
    }

    /// The accused wait once each, and exactly those whose record says so.
    fn check_accused() -> Result<(), TryRuntimeError> {
        let (first, end) = AccusedQueue::<T>::get();
        let waiting = end.wrapping_sub(first);
        let accused: BTreeSet<ProberNumber> =
            (0..waiting).filter_map(|n| Accused::<T>::get(first.wrapping_add(n))).collect();
        ensure!(accused.len() == waiting as usize, "everybody in the queue waits once");
        ensure!(Accused::<T>::iter_keys().count() == waiting as usize, "nobody waits beside the queue");
        let queued: BTreeSet<ProberNumber> =
            Records::<T>::iter().filter(|(_, record)| record.queued).map(|(number, _)| number).collect();
        ensure!(queued == accused, "those wait whose record says so");
        ensure!(
            Records::<T>::iter_values().all(|record| record.last.is_some() && record.strikes > 0),
            "whoever has a record did something"
        );
        Ok(())
    }

    fn check_audits(cohort: CohortId, audits: &CohortAudits<BlockNumberFor<T>>) -> Result<(), TryRuntimeError> {
        let running = Round::<T>::get().index;
        ensure!(cohort < T::Registry::cohorts(), "audits are of cohorts that exist");
        ensure!(audits.next < running.max(1), "no round has its draw while it runs or the one after it does");
        let mut reports = BTreeMap::<ReportId, ()>::new();
        for audit in &audits.open {
            ensure!(audit.report.cohort == cohort, "an audit is kept with its cohort");
            ensure!(audit.report.round < audits.next, "an audit's round had its draw");
            ensure!(audit.prober < ProberCount::<T>::get(), "an audited prober has a number");
            ensure!(reports.insert(audit.report, ()).is_none(), "a report is audited once");
        }
        let undrawn = [false, true].into_iter().filter_map(|odd| Reports::<T>::get(cohort, odd));
        for kept in undrawn {
            ensure!(kept.round >= audits.next, "reports that had their draw are not kept");
        }
        Ok(())
    }

    /// Whoever was drawn for an audit has it still open, or is counted for how it ended. One that failed is counted when it is
    /// answered, and closed later.
    fn check_audited() -> Result<(), TryRuntimeError> {
        let mut open = BTreeMap::<ProberNumber, u32>::new();
        let waits = |audit: &types::Audit<_>| audit.state != AuditState::Failed;
        for audit in Audits::<T>::iter_values().flat_map(|audits| audits.open).filter(waits) {
            *open.entry(audit.prober).or_default() += 1;
        }
        for prober in 0..ProberCount::<T>::get() {
            let (Standing { audited, proven, .. }, record) = (Self::standing(prober), Records::<T>::get(prober));
            let (failed, silent) = record.map_or((0, 0), |record| (record.failed, record.silent));
            let open = open.get(&prober).copied().unwrap_or(0);
            ensure!(open + proven + failed + silent == audited, "a prober's open audits are counted");
        }
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

    fn check_reports(
        cohort: CohortId,
        odd: bool,
        reports: &RoundReports<T::MaxCommittee>,
    ) -> Result<(), TryRuntimeError> {
        let round = Round::<T>::get();
        ensure!(odd == is_odd(reports.round), "reports of odd rounds are kept apart");
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
