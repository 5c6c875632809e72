//! Answers to audits: the evidence behind our reports, shown when the chain asks for it.
//!
//! The evidence is what [`progress`] stored with the report. An audit is answered by the key that reported, whether or not it
//! is in the present prober set: a key that was rotated away still signs as long as it is in the keystore.
//!
//! * An audit is answered at every block until the chain has the answer: a fork may have dropped it.
//! * What does not prove the report is never submitted: a wrong answer is a worse offence than none.
//! * An audit that cannot be answered never keeps another from being answered.

use super::{progress, submit, TARGET};
use crate::{types::Audit, Call, Config, Pallet, Params};
use alloc::{boxed::Box, collections::BTreeSet, vec::Vec};
use frame_system::pallet_prelude::BlockNumberFor;
use polkadot_sdk::{frame_system, sp_application_crypto::RuntimeAppPublic, sp_core::H256};
use progress::Record;
use vouch_primitives::{
    audit::{AuditState, Misconduct, Opening, ReportId},
    evidence,
    prober::{ProberId, ProberSignature},
    traits::DeviceRegistry,
};

/// Most audits that one run tries to answer, the most urgent first: each takes a record of up to 140 kB to be read, and a tree
/// of 1,024 leaves to be hashed.
const MAX_ANSWERS: usize = 64;

/// The audits of `ours` that an answer submitted by the run at block `now` can still reach.
pub fn due<T: Config>(now: BlockNumberFor<T>, ours: &[ProberId]) -> Vec<Audit<BlockNumberFor<T>>> {
    if ours.is_empty() {
        return Vec::new();
    }
    (0..T::Registry::cohorts())
        .flat_map(Pallet::<T>::open_audits)
        .filter(|audit| audit.state == AuditState::Open && audit.deadline > now && ours.contains(&audit.claim.prober))
        .collect()
}

/// Answers `audits`, and tells the operator once of each that cannot be answered.
pub fn answer<T: Config>(mut audits: Vec<Audit<BlockNumberFor<T>>>, genesis: H256) {
    let known = progress::unproven();
    let mut unproven: BTreeSet<ReportId> =
        audits.iter().map(|audit| audit.report).filter(|report| known.contains(report)).collect();
    // What could not be proven before comes last.
    audits.sort_by_key(|audit| (known.contains(&audit.report), audit.deadline));
    for audit in audits.into_iter().take(MAX_ANSWERS) {
        let ReportId { round, cohort, .. } = audit.report;
        match prove(&audit, genesis) {
            Ok((opening, signature)) => {
                unproven.remove(&audit.report);
                if submit::<T>(Call::answer_audit { opening: Box::new(opening), signature }) {
                    log::info!(target: TARGET, "Answered an audit: round {round} cohort {cohort} lane {}", audit.claim.lane);
                } else {
                    log::debug!(target: TARGET, "Answer not taken by the pool, which may have it: round {round} cohort {cohort}");
                }
            },
            Err(failure) => {
                if unproven.insert(audit.report) {
                    warn::<T>(&audit, failure);
                }
            },
        }
    }
    if unproven != known {
        progress::set_unproven(&unproven);
    }
}

/// Why an audit cannot be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    /// No record of the round on this branch of the chain.
    NoRecord,
    /// The record does not prove the report that the chain has.
    OtherReport,
    /// The keystore does not sign.
    NoKey,
}

/// The answer to `audit`, signed.
fn prove<B>(audit: &Audit<B>, genesis: H256) -> Result<(Opening, ProberSignature), Failure> {
    let Audit { report, claim, .. } = audit;
    let record = Record::load(report.round, report.cohort, report.prober, claim.seed, &claim.prober);
    let record = record.ok_or(Failure::NoRecord)?;
    let of = |lane| record.evidence.get(&lane);
    let opening = of(claim.lane)
        .cloned()
        .zip(evidence::path(of, claim.lane))
        .map(|(evidence, path)| Opening { report: *report, evidence, path })
        .filter(|opening| claim.is_proven_by(opening, genesis))
        .ok_or(Failure::OtherReport)?;
    let signature = claim.prober.sign(&opening.payload(genesis)).ok_or(Failure::NoKey)?;
    Ok((opening, signature))
}

fn warn<T: Config>(audit: &Audit<BlockNumberFor<T>>, failure: Failure) {
    let Audit { report: ReportId { round, cohort, .. }, claim, deadline, .. } = audit;
    let lane = claim.lane;
    let why = match failure {
        Failure::NoRecord => "this node has no evidence of that round; was its database replaced?",
        Failure::OtherReport => "this node's evidence is not what was reported; does another node use the same key?",
        Failure::NoKey => "the session key that reported is gone",
    };
    let share = Params::<T>::get().slash(Misconduct::Silence);
    log::warn!(
        target: TARGET,
        "Cannot answer an audit: round {round} cohort {cohort} lane {lane}: {why}. Unless it is answered until block \
         {deadline:?}, the report is not paid and {share:?} of the stake is slashed, more after earlier offences",
    );
}
