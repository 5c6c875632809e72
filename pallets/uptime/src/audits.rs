//! Audits: reports are drawn, their probers answer, and whoever cannot is held to account.
//!
//! Two rounds after a report was filed, the first settlement of its cohort draws it or does not, by a seed that was fixed when
//! its round was over. What is drawn waits in [`Audits`] for the answer. A later settlement closes what is answered or overdue.
//! So all of it is bounded by what a settlement and an answer may do, however many audits fall due.

use crate::*;
use alloc::{collections::BTreeMap, vec::Vec};
use frame_support::{ensure, traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use reports::is_odd;
use sp_application_crypto::RuntimeAppPublic;
use sp_core::H256;
use sp_runtime::{
    traits::{SaturatedConversion, Saturating},
    transaction_validity::{TransactionPriority, TransactionValidityWithRefund, ValidTransaction},
};
use types::{
    Audit, CohortAudits, Entry, Offending, Refusal, RoundReports, MAX_ATTEMPTS, MAX_OPEN_AUDITS, MAX_RESOLVED,
};
use vouch_primitives::{
    accuracy::Accuracy,
    audit::{self, AuditState, Claim, Misconduct, Opening, ReportId},
    prober::ProberSignature,
    traits::{DeviceRegistry, EpochClock, ProbingCredits},
    Bitmap, CohortId, DeviceId, Lane, Place, Points, ProberNumber, RoundIndex,
};

/// Above every tip and below reports, whose time is shorter.
const PRIORITY: TransactionPriority = TransactionPriority::MAX / 4;

/// Rounds between a report and its draw: the seed of the next round is fixed while late reports still come in, that of the one
/// after it is not.
const DRAWN_AFTER: RoundIndex = 2;

/// How good a report was.
#[derive(Clone, Copy)]
pub(crate) struct Measured {
    /// Whose it was.
    pub(crate) prober: ProberNumber,
    /// How far it agreed with its peers.
    pub(crate) accuracy: Accuracy,
    /// What its prober is accused of, if this is one outlier too many.
    pub(crate) offending: Offending,
    /// Whether it is audited.
    pub(crate) drawn: bool,
}

/// What one settlement finds out about probers, to be written at once.
#[derive(Default)]
struct Findings {
    credits: Vec<(ProberNumber, Points)>,
    measured: Vec<Measured>,
    proven: BTreeMap<ProberNumber, u32>,
}

impl<T: Config> Pallet<T> {
    /// Draws the audits of the cohort's reports that are due, and closes those that are answered or overdue. Returns the weight
    /// used.
    pub(crate) fn audit(cohort: CohortId) -> Weight {
        let drawn_until = (Round::<T>::get().index).saturating_add(1).saturating_sub(DRAWN_AFTER);
        let before = Audits::<T>::get(cohort);
        let first = before.as_ref().map_or(0, |audits| audits.next);
        let mut audits = before.unwrap_or_default();
        let open = audits.open.len() as u32;
        let mut findings = Findings::default();

        let (mut appraised, mut drawn) = (0u32, 0u32);
        if first < drawn_until {
            for odd in [is_odd(drawn_until), !is_odd(drawn_until)] {
                let Some(reports) = Reports::<T>::get(cohort, odd).filter(|reports| reports.round < drawn_until) else {
                    continue;
                };
                Reports::<T>::remove(cohort, odd);
                appraised = appraised.saturating_add(reports.entries.len() as u32);
                drawn = drawn.saturating_add(Self::draw(cohort, reports, &mut audits, &mut findings));
            }
            audits.next = drawn_until;
        }
        let (closed, silent) = Self::close_audits(&mut audits, &mut findings);
        if appraised > 0 || closed > 0 {
            Audits::<T>::insert(cohort, audits);
            let accused = Self::write(findings);
            let used = T::WeightInfo::audit(appraised.saturating_sub(drawn), drawn, open, silent);
            used.saturating_add(T::WeightInfo::accuse().saturating_mul(accused.into()))
        } else {
            T::WeightInfo::audit_nothing(open)
        }
    }

    /// Draws among the reports of one round, and takes note of how good each of them was. What is not drawn is paid. Returns how
    /// many were drawn.
    fn draw(
        cohort: CohortId,
        reports: RoundReports<T::MaxCommittee>,
        audits: &mut CohortAudits<BlockNumberFor<T>>,
        findings: &mut Findings,
    ) -> u32 {
        let before = audits.open.len();
        let RoundReports { round, seed, session, confirmed, entries, .. } = reports;
        let params = Params::<T>::get();
        let deadline = frame_system::Pallet::<T>::block_number().saturating_add(params.audit_window.into());
        let draw_seed = Round::<T>::get().seed;
        let epoch = T::Epochs::current_epoch();
        for Entry { prober, member, up, latency, evidence_root, accuracy } in entries {
            let report = ReportId { round, cohort, prober };
            let offending = Offending { kind: Misconduct::Outlier, report, session, epoch };
            let claim = audit::is_drawn(draw_seed, report, params.audit)
                .then(|| Self::drawn_device(draw_seed, report, up, &confirmed))
                .flatten()
                .map(|(lane, device)| {
                    let (latency, prober) = (latency.get(lane), member.key);
                    Claim { lane, device, latency, evidence_root, seed, prober }
                });
            let (number, points) = (member.number, accuracy.points());
            let drawn = claim.is_some_and(|claim| {
                let lane = claim.lane;
                let state = AuditState::Open;
                let audit = Audit { report, claim, prober: number, session, epoch, points, deadline, state };
                let room = audits.open.try_push(audit).is_ok();
                if room {
                    Self::deposit_event(Event::AuditDrawn { report, prober: number, lane, deadline });
                } else {
                    log::warn!(target: "runtime::uptime", "{report:?} is not audited: too many audits are open");
                }
                room
            });
            findings.measured.push(Measured { prober: number, accuracy, offending, drawn });
            if !drawn {
                findings.credits.push((number, points));
            }
        }
        audits.open.len().saturating_sub(before) as u32
    }

    /// The lane, and its device, that a drawn report has to prove. Lanes are drawn until one is found whose device can still be
    /// told: an owner in league with a liar may have changed its key. `None` if there is none in [`MAX_ATTEMPTS`] draws.
    fn drawn_device(seed: H256, report: ReportId, mut up: Bitmap, confirmed: &Bitmap) -> Option<(Lane, DeviceId)> {
        (0..MAX_ATTEMPTS).find_map(|attempt| {
            let lane = audit::drawn_lane(seed, report, attempt, &up, confirmed)?;
            up.set(lane, false);
            let place = Place { cohort: report.cohort, lane };
            T::Registry::tenant(place, report.round).map(|device| (lane, device))
        })
    }

    /// Closes audits that are answered or overdue, at most [`MAX_RESOLVED`]; returns how many, and how many of them were overdue.
    fn close_audits(audits: &mut CohortAudits<BlockNumberFor<T>>, findings: &mut Findings) -> (u32, u32) {
        let now = frame_system::Pallet::<T>::block_number();
        let (mut closed, mut silent) = (0u32, 0u32);
        audits.open.retain(|audit| {
            let over = audit.state != AuditState::Open || now > audit.deadline;
            if !over || closed >= MAX_RESOLVED {
                return true;
            }
            closed = closed.saturating_add(1);
            match audit.state {
                AuditState::Proven => {
                    findings.credits.push((audit.prober, audit.points));
                    let proven = findings.proven.entry(audit.prober).or_default();
                    *proven = proven.saturating_add(1);
                },
                // Accused when it was answered.
                AuditState::Failed => {},
                AuditState::Open => {
                    silent = silent.saturating_add(1);
                    Self::fail(audit, Misconduct::Silence);
                },
            }
            false
        });
        (closed, silent)
    }

    /// Holds a prober to account for an audit; its report earns nothing.
    fn fail(audit: &Audit<BlockNumberFor<T>>, kind: Misconduct) {
        let Audit { report, session, epoch, prober, points, .. } = audit;
        Self::accuse(*prober, Offending { kind, report: *report, session: *session, epoch: *epoch }, *points);
    }

    /// Writes what was found; returns how many probers are accused of being outliers.
    fn write(findings: Findings) -> u32 {
        let Findings { credits, measured, proven } = findings;
        T::ProbingCredits::credit_probers(&credits);
        let accused = Self::note_reports(&measured, &proven);
        accused.iter().for_each(|(prober, offending)| Self::accuse(*prober, *offending, 0));
        accused.len() as u32
    }

    /// Most that seeing to a cohort's audits takes.
    pub(crate) fn max_audit_weight() -> Weight {
        let appraised = T::MaxCommittee::get().saturating_mul(2);
        let audit = |undrawn, drawn| T::WeightInfo::audit(undrawn, drawn, MAX_OPEN_AUDITS, MAX_RESOLVED);
        audit(appraised, 0)
            .max(audit(0, appraised))
            .max(T::WeightInfo::audit_nothing(MAX_OPEN_AUDITS))
            .saturating_add(T::WeightInfo::accuse().saturating_mul(appraised.into()))
    }

    /// Most that an answer takes: it is the wrong one.
    pub(crate) fn max_answer_weight() -> Weight {
        T::WeightInfo::answer_audit(MAX_OPEN_AUDITS).saturating_add(T::WeightInfo::accuse())
    }

    /// Whether `opening` may enter the chain as an answer: it does not have to be right. Writes nothing; checks the signature
    /// last.
    pub(crate) fn authorize_answer(opening: &Opening, signature: &ProberSignature) -> TransactionValidityWithRefund {
        let now = frame_system::Pallet::<T>::block_number();
        let audits = Audits::<T>::get(opening.report.cohort).ok_or(Refusal::NoSuchAudit)?;
        let audit = audits.open.iter().find(|audit| audit.report == opening.report).ok_or(Refusal::NoSuchAudit)?;
        ensure!(audit.state == AuditState::Open, Refusal::AlreadyAnswered);
        ensure!(now <= audit.deadline, Refusal::Late);
        let payload = opening.payload(Self::genesis_hash());
        ensure!(audit.claim.prober.verify(&payload, signature), Refusal::BadSignature);

        let open = audits.open.len() as u32;
        let limit = T::WeightInfo::authorize_answer(MAX_OPEN_AUDITS);
        let refund = limit.saturating_sub(T::WeightInfo::authorize_answer(open));
        ValidTransaction::with_tag_prefix("VouchAnswer")
            .priority(PRIORITY)
            .and_provides(opening.report)
            .longevity(audit.deadline.saturating_sub(now).saturated_into::<u64>().max(1))
            .propagate(true)
            .build()
            .map(|valid| (valid, refund))
    }

    /// Takes note of an authorized answer; returns the weight used.
    pub(crate) fn take_answer(opening: &Opening) -> Result<Weight, Error<T>> {
        let report = opening.report;
        let mut audits = Audits::<T>::get(report.cohort).ok_or(Error::<T>::Refused)?;
        let open = audits.open.len() as u32;
        let audit = audits.open.iter_mut().find(|audit| audit.report == report).ok_or(Error::<T>::Refused)?;
        ensure!(audit.state == AuditState::Open, Error::<T>::Refused);
        ensure!(frame_system::Pallet::<T>::block_number() <= audit.deadline, Error::<T>::Refused);

        let proven = audit.claim.is_proven_by(opening, Self::genesis_hash());
        audit.state = if proven { AuditState::Proven } else { AuditState::Failed };
        Self::deposit_event(Event::AuditAnswered { report, prober: audit.prober, proven });
        let mut used = T::WeightInfo::answer_audit(open);
        if !proven {
            Self::fail(audit, Misconduct::WrongOpening);
            used = used.saturating_add(T::WeightInfo::accuse());
        }
        Audits::<T>::insert(report.cohort, audits);
        Ok(used)
    }
}
