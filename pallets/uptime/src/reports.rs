//! What probers trigger: a report is authorized, stored, and counted once its committee is complete.

use crate::*;
use frame_support::{ensure, traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_application_crypto::RuntimeAppPublic;
use sp_runtime::{
    traits::{SaturatedConversion, Saturating},
    transaction_validity::{TransactionPriority, TransactionValidityWithRefund, ValidTransaction},
};
use types::{Entry, Member, Refusal, RoundReports};
use vouch_primitives::{
    committee::committee, prober::ProberSignature, report::Report, traits::DeviceRegistry, CohortId, RoundIndex,
};

/// Above every tip: reports are few, each can come in once, and they are worth nothing when their round is over.
const PRIORITY: TransactionPriority = TransactionPriority::MAX / 2;

impl<T: Config> Pallet<T> {
    /// Whether `report` may enter the chain. Writes nothing; checks the signature last.
    pub(crate) fn authorize_report(report: &Report, signature: &ProberSignature) -> TransactionValidityWithRefund {
        let round = Round::<T>::get();
        let now = frame_system::Pallet::<T>::block_number();
        let Member { key, .. } = Self::check_report(report, &round, now)?;
        ensure!(key.verify(&report.payload(Self::genesis_hash(), round.seed), signature), Refusal::BadSignature);

        ValidTransaction::with_tag_prefix("VouchReport")
            .priority(PRIORITY)
            .and_provides((report.round, report.cohort, report.prober))
            .longevity(round.end().saturating_sub(now).saturated_into::<u64>().max(1))
            .propagate(true)
            .build()
            .map(|valid| (valid, Weight::zero()))
    }

    /// Everything about `report` but its signature; returns its prober.
    fn check_report(
        report: &Report,
        round: &types::Round<BlockNumberFor<T>>,
        now: BlockNumberFor<T>,
    ) -> Result<Member, Refusal> {
        // The pool checks against the state *before* the next block's hooks: there the round may be over and still stored.
        ensure!(report.round >= round.index && (report.round > round.index || now < round.end()), Refusal::Late);
        ensure!(report.round == round.index, Refusal::Early);
        ensure!(report.cohort < T::Registry::cohorts(), Refusal::UnknownCohort);
        let probers = Self::set_size(round.prober_set);
        let prober = Self::member(round.prober_set, report.prober).ok_or(Refusal::UnknownProber)?;
        let members = committee(round.seed, report.cohort, probers, round.committee_size);
        ensure!(members.contains(&report.prober.into()), Refusal::NotMember);
        match Self::reports_of(report.cohort, round.index) {
            Some(reports) => Self::check_place(&reports, report.prober)?,
            // A round's first report settles the cohort.
            None => ensure!(!Self::is_behind(report.cohort, round.index), Refusal::Behind),
        }
        Ok(prober)
    }

    /// Whether there is still a place for the report of `prober` among `reports`.
    fn check_place(reports: &RoundReports<T::MaxCommittee>, prober: u16) -> Result<(), Refusal> {
        ensure!(!reports.is_complete(), Refusal::Complete);
        ensure!(!reports.contains(prober), Refusal::AlreadyReported);
        Ok(())
    }

    /// Stores an authorized report and does what follows from it; returns the weight used.
    pub(crate) fn take_report(report: Report) -> Result<Weight, Error<T>> {
        let round = Round::<T>::get();
        let (cohort, prober) = (report.cohort, report.prober);
        ensure!(report.round == round.index, Error::<T>::Refused);
        let member = Self::member(round.prober_set, prober).ok_or(Error::<T>::Refused)?;

        let (mut reports, settled) = match Self::reports_of(cohort, round.index) {
            Some(reports) => (reports, None),
            None => {
                // The older reports are about to be overwritten: they have to be counted first.
                let (caught_up, used) = Self::settle(cohort);
                ensure!(caught_up, Error::<T>::Refused);
                let members = Self::set_size(round.prober_set).min(round.committee_size);
                (RoundReports::new(&round, members), Some(used))
            },
        };
        let before = reports.entries.len() as u32;
        Self::check_place(&reports, prober).map_err(|_| Error::<T>::Refused)?;
        reports.entries.try_push(Entry::new(report, member)).map_err(|_| Error::<T>::Refused)?;
        Self::deposit_event(Event::Reported { round: round.index, cohort, prober });

        let used = if reports.is_complete() {
            Self::complete(cohort, &mut reports);
            T::WeightInfo::report_completing(before.saturating_add(1))
        } else {
            T::WeightInfo::report(before)
        };
        Self::store_reports(cohort, &reports);
        Ok(used.saturating_add(settled.unwrap_or_default()))
    }

    /// The reports on `cohort`, if they are of `round`.
    pub(crate) fn reports_of(cohort: CohortId, round: RoundIndex) -> Option<RoundReports<T::MaxCommittee>> {
        Reports::<T>::get(cohort, is_odd(round)).filter(|reports| reports.round == round)
    }

    /// Stores the reports of a round, over those of the last round but one.
    pub(crate) fn store_reports(cohort: CohortId, reports: &RoundReports<T::MaxCommittee>) {
        Reports::<T>::insert(cohort, is_odd(reports.round), reports);
    }

    /// Most that a report takes: it settles a cohort that is as far behind as a report may find it, and completes its committee.
    pub(crate) fn max_report_weight() -> Weight {
        let most = T::MaxCommittee::get();
        let stored = T::WeightInfo::report(most).max(T::WeightInfo::report_completing(most));
        stored.saturating_add(Self::max_settle_weight())
    }
}

/// Which of its two places in the store a round's reports take.
pub(crate) fn is_odd(round: RoundIndex) -> bool {
    !round.is_multiple_of(2)
}
