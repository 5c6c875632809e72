//! What the runtime API and the off-chain worker ask. Nothing here writes.

use crate::*;
use alloc::{collections::BTreeSet, vec::Vec};
use frame_system::pallet_prelude::BlockNumberFor;
use types::{Audit, DEVIATION_LIMIT};
use vouch_primitives::{
    api::{CommitteeInfo, CommitteeMember, ProberRecord},
    committee::committee,
    history::History,
    prober::ProberId,
    CohortId, ProberNumber,
};

impl<T: Config> Pallet<T> {
    /// The probers of a set in the order their indices count; empty if there is no such set (any more).
    pub fn prober_set(set: u32) -> Vec<ProberId> {
        ProberSets::<T>::get(set).into_iter().map(|member| member.key).collect()
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

    /// The audits of a cohort that are not closed, answered ones included.
    pub fn open_audits(cohort: CohortId) -> Vec<Audit<BlockNumberFor<T>>> {
        Audits::<T>::get(cohort).map(|audits| audits.open.into_inner()).unwrap_or_default()
    }

    /// Whether the last reports of a member of a set contradicted those of its peers: then it may be that it is cut off from
    /// the devices.
    pub fn is_suspect(set: u32, index: u16) -> bool {
        Self::member(set, index).is_some_and(|member| Self::standing(member.number).deviation > 0)
    }

    /// What is known of a prober's reports.
    pub fn prober_record(prober: ProberNumber) -> ProberRecord {
        let standing = Self::standing(prober);
        let record = Records::<T>::get(prober).unwrap_or_default();
        let closed = standing.proven.saturating_add(record.failed).saturating_add(record.silent);
        ProberRecord {
            reports: standing.reports,
            lanes: standing.lanes,
            accuracy: standing.agreed.checked_div(standing.lanes).unwrap_or(0) as u32,
            outliers: standing.outliers,
            deviation: standing.deviation.into(),
            deviation_limit: DEVIATION_LIMIT.into(),
            proven: standing.proven,
            failed: record.failed,
            silent: record.silent,
            open: standing.audited.saturating_sub(closed),
            forfeited: record.forfeited,
            strikes: record.strikes,
            last_offence: record.last.map(|last| (last.kind, last.report)),
        }
    }

    /// The last 32 rounds of a cohort's lanes; `None` before it is first reported on or swept. Rounds that are over and not
    /// accounted yet are missing: it holds those before [`History::next`].
    pub fn history(cohort: CohortId) -> Option<History> {
        Histories::<T>::get(cohort)
    }
}
