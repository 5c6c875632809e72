//! What probers trigger: a report is authorized, stored, and counted once its committee is complete.

use crate::*;
use alloc::{collections::BTreeSet, vec::Vec};
use frame_support::{ensure, traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_application_crypto::RuntimeAppPublic;
use sp_runtime::{
    traits::{SaturatedConversion, Saturating},
    transaction_validity::{TransactionPriority, TransactionValidityWithRefund, ValidTransaction},
};
use types::{Entry, Refusal, RoundReports};
use vouch_primitives::{
    api::{CommitteeInfo, CommitteeMember},
    committee::committee,
    prober::{ProberId, ProberSignature},
    report::Report,
    traits::DeviceRegistry,
    CohortId, RoundIndex,
};

/// Above every tip: reports are few, each can come in once, and they are worth nothing when their round is over.
const PRIORITY: TransactionPriority = TransactionPriority::MAX / 2;

impl<T: Config> Pallet<T> {
    /// Whether `report` may enter the chain. Writes nothing; checks the signature last.
    pub(crate) fn authorize_report(report: &Report, signature: &ProberSignature) -> TransactionValidityWithRefund {
        let round = Round::<T>::get();
        let now = frame_system::Pallet::<T>::block_number();
        let probers = Self::check_report(report, &round, now)?;
        let prober = probers.get(usize::from(report.prober)).ok_or(Refusal::UnknownProber)?;
        ensure!(prober.verify(&report.payload(Self::genesis_hash(), round.seed), signature), Refusal::BadSignature);

        let limit = T::WeightInfo::authorize_report(T::MaxProbers::get());
        let refund = limit.saturating_sub(T::WeightInfo::authorize_report(probers.len() as u32));
        ValidTransaction::with_tag_prefix("VouchReport")
            .priority(PRIORITY)
            .and_provides((report.round, report.cohort, report.prober))
            .longevity(round.end().saturating_sub(now).saturated_into::<u64>().max(1))
            .propagate(true)
            .build()
            .map(|valid| (valid, refund))
    }

    /// Everything about `report` but its signature; returns the probers of the running round.
    fn check_report(
        report: &Report,
        round: &types::Round<BlockNumberFor<T>>,
        now: BlockNumberFor<T>,
    ) -> Result<Vec<ProberId>, Refusal> {
        // The pool checks against the state *before* the next block's hooks: there the round may be over and still stored.
        ensure!(report.round >= round.index && (report.round > round.index || now < round.end()), Refusal::Late);
        ensure!(report.round == round.index, Refusal::Early);
        ensure!(report.cohort < T::Registry::cohorts(), Refusal::UnknownCohort);
        let probers = ProberSets::<T>::get(round.prober_set).into_inner();
        let index = u32::from(report.prober);
        ensure!(index < probers.len() as u32, Refusal::UnknownProber);
        let members = committee(round.seed, report.cohort, probers.len() as u32, round.committee_size);
        ensure!(members.contains(&index), Refusal::NotMember);
        match Self::reports_of(report.cohort, round.index) {
            Some(reports) => Self::check_place(&reports, report.prober)?,
            // A round's first report settles the cohort.
            None => ensure!(!Self::is_behind(report.cohort, round.index), Refusal::Behind),
        }
        Ok(probers)
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

        let (mut reports, settled) = match Self::reports_of(cohort, round.index) {
            Some(reports) => (reports, None),
            None => {
                // The older reports are about to be overwritten: they have to be counted first.
                let (caught_up, used) = Self::settle(cohort);
                ensure!(caught_up, Error::<T>::Refused);
                let members = Self::set_size(round.prober_set).min(round.committee_size);
                (RoundReports::new(round.index, members), Some(used))
            },
        };
        let before = reports.entries.len() as u32;
        Self::check_place(&reports, prober).map_err(|_| Error::<T>::Refused)?;
        reports.entries.try_push(Entry::from(report)).map_err(|_| Error::<T>::Refused)?;
        Reports::<T>::insert(cohort, &reports);
        Self::deposit_event(Event::Reported { round: round.index, cohort, prober });

        let used = if reports.is_complete() {
            Self::complete(cohort, &reports);
            T::WeightInfo::report_completing(before.saturating_add(1))
        } else {
            T::WeightInfo::report(before)
        };
        Ok(used.saturating_add(settled.unwrap_or_default()))
    }

    /// The reports on `cohort`, if they are of `round`.
    pub(crate) fn reports_of(cohort: CohortId, round: RoundIndex) -> Option<RoundReports<T::MaxCommittee>> {
        Reports::<T>::get(cohort).filter(|reports| reports.round == round)
    }

    /// How many probers the set with this number has.
    pub(crate) fn set_size(set: u32) -> u32 {
        ProberSets::<T>::decode_len(set).unwrap_or(0) as u32
    }

    /// Most that a report takes: it settles a cohort that is as far behind as a report may find it, and completes its committee.
    pub(crate) fn max_report_weight() -> Weight {
        let most = T::MaxCommittee::get();
        let stored = T::WeightInfo::report(most).max(T::WeightInfo::report_completing(most));
        stored.saturating_add(Self::max_settle_weight())
    }
}

/// What the runtime API and the off-chain worker ask.
impl<T: Config> Pallet<T> {
    /// The probers of a set in the order their indices count; empty if there is no such set (any more).
    pub fn prober_set(set: u32) -> Vec<ProberId> {
        ProberSets::<T>::get(set).into_inner()
    }

    /// Indices, in the running round's prober set, of the members of the cohort's committee, in the order drawn.
    pub fn committee_indices(cohort: CohortId) -> Vec<u32> {
        let round = Round::<T>::get();
        committee(round.seed, cohort, Self::set_size(round.prober_set), round.committee_size)
    }

    /// Whether the prober with this index has nothing to report on the cohort any more in the running round: its report is in.
    pub fn has_reported(cohort: CohortId, prober: u16) -> bool {
        Self::reports_of(cohort, Round::<T>::get().index)
            .is_some_and(|reports| reports.is_complete() || reports.contains(prober))
    }

    /// Who probes the cohort in the running round, and whose reports are in.
    pub fn committee_of(cohort: CohortId) -> CommitteeInfo {
        let round = Round::<T>::get();
        let probers = Self::prober_set(round.prober_set);
        let reported: BTreeSet<u16> = Self::reports_of(cohort, round.index)
            .map(|reports| reports.entries.iter().map(|entry| entry.prober).collect())
            .unwrap_or_default();
        let members = committee(round.seed, cohort, probers.len() as u32, round.committee_size)
            .into_iter()
            .filter_map(|drawn| {
                let index = u16::try_from(drawn).ok()?;
                let prober = probers.get(usize::from(index))?.clone();
                Some(CommitteeMember { index, prober, reported: reported.contains(&index) })
            })
            .collect();
        CommitteeInfo { round: round.index, seed: round.seed, members }
    }
}
