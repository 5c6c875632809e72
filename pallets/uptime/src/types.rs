//! What this pallet stores, and why a report or an answer to an audit is refused.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
    traits::{ConstU32, Get},
    BoundedVec, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound,
};
use polkadot_sdk::*;
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::Perbill;
use sp_runtime::{
    traits::AtLeast32BitUnsigned,
    transaction_validity::{InvalidTransaction, TransactionValidityError},
};
use sp_staking::SessionIndex;
use vouch_primitives::{
    accuracy::Accuracy,
    audit::{AuditState, Claim, Misconduct, ReportId},
    prober::ProberId,
    report::Report,
    Bitmap, CohortId, EpochIndex, LatencyCodes, Points, ProberNumber, RoundIndex,
};

/// The shortest round, in blocks: one to probe in, and one before the next round in which its seed is fixed.
pub const MIN_ROUND_LENGTH: u32 = 2;

/// Most audits of one cohort that can be open at a time. A report that is drawn when there are as many is not audited.
pub const MAX_OPEN_AUDITS: u32 = 256;

/// Most audits of one cohort that one settlement closes; the next one goes on.
pub const MAX_RESOLVED: u32 = 32;

/// How much an outlier adds to its prober's deviation. Each good report takes one off: who is wrong in less than a quarter of
/// its reports is never accused.
pub const OUTLIER_STEP: u16 = 3;

/// At this deviation a prober is accused, and its deviation starts anew.
pub const DEVIATION_LIMIT: u16 = 30;

/// With so many strikes a validator is in no prober set any more, from the next session on, until they are forgotten.
pub const BARRED_STRIKES: u32 = 3;

/// Most lanes that are drawn for one audit: those of devices that have gone or changed their key in that round are passed over.
pub const MAX_ATTEMPTS: u32 = 8;

/// Standings in one page.
pub const STANDINGS: u32 = 1_024;

/// What governance decides about rounds, audits and what lies cost. `round_length` and `committee_size` take effect when the
/// next round opens, everything else at once, for audits that are drawn and offences that are found from then on.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params {
    /// Blocks in a round, at least [`MIN_ROUND_LENGTH`].
    pub round_length: u32,
    /// Probers drawn for each cohort, from 1 to the pallet's `MaxCommittee`. A smaller prober set is drawn whole.
    pub committee_size: u32,
    /// Rounds in which a new device, or one that moved to another address, must be judged up before it is paid, from 0 to 32. It
    /// is not paid for these. At least 3 where addresses matter: two that were asked at the former address may still be counted.
    pub admission_rounds: u32,
    /// Probability with which a report is drawn for an audit.
    pub audit: Perbill,
    /// Blocks a prober has to answer an audit in, at least [`MIN_AUDIT_WINDOW`], and so few that the evidence is kept for as
    /// long and [`MAX_OPEN_AUDITS`] are enough even if every report is drawn.
    pub audit_window: u32,
    /// Share of the stake that the first wrong answer to an audit costs; with the `n`-th strike it costs `n` times as much.
    /// Offences over reports of one epoch are one incident, such as an outage, and cost what the gravest of them does.
    pub slash_wrong: Perbill,
    /// Share of the stake that the first unanswered audit costs.
    pub slash_silent: Perbill,
    /// Share of the stake that the first offence for outliers costs.
    pub slash_outlier: Perbill,
}

/// The shortest time to answer an audit in, in blocks: one to learn of it, one to be included in.
pub const MIN_AUDIT_WINDOW: u32 = 2;

impl Default for Params {
    /// Five minutes of six-second blocks, seven probers a cohort; a quarter of the reports is audited, with two and a half hours
    /// to answer in: a node that is repaired within that time loses nothing.
    fn default() -> Self {
        Self {
            round_length: 50,
            committee_size: 7,
            admission_rounds: 3,
            audit: Perbill::from_percent(25),
            audit_window: 1_500,
            slash_wrong: Perbill::from_percent(5),
            slash_silent: Perbill::from_percent(2),
            slash_outlier: Perbill::from_percent(1),
        }
    }
}

impl Params {
    /// Share of the stake that the first offence of this kind costs.
    pub fn slash(&self, kind: Misconduct) -> Perbill {
        match kind {
            Misconduct::WrongOpening => self.slash_wrong,
            Misconduct::Silence => self.slash_silent,
            Misconduct::Outlier => self.slash_outlier,
        }
    }

    /// The least that a first failed audit costs: a liar chooses between a wrong answer and none.
    pub fn least_slash(&self) -> Perbill {
        self.slash_wrong.min(self.slash_silent)
    }

    /// Most audits of one cohort that can be open at a time, if every report is drawn.
    pub fn most_open_audits(&self) -> u32 {
        self.audit_rounds().saturating_mul(self.committee_size)
    }

    /// Rounds for which a prober may be asked for its evidence, counted from the round of the report: two until the draw, the
    /// window, and one to spare for a cohort that is settled late.
    pub fn audit_rounds(&self) -> u32 {
        (self.audit_window / self.round_length.max(1)).saturating_add(4)
    }
}

/// A round, with everything a committee of it is drawn from. Nothing in it changes while it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Round<BlockNumber> {
    /// Its number, counted from 0 at genesis.
    pub index: RoundIndex,
    /// Its first block.
    pub start: BlockNumber,
    /// Its length in blocks.
    pub length: u32,
    /// Probers drawn for each cohort; a smaller prober set is drawn whole.
    pub committee_size: u32,
    /// What committees are drawn from.
    pub seed: H256,
    /// The set of probers that committees are drawn of, a key of the pallet's `ProberSets`.
    pub prober_set: u32,
    /// The session in which it opened, in which everybody in that set was a validator.
    pub session: SessionIndex,
}

/// One member of a prober set. Always [`MEMBER_BYTES`] long when encoded, so that one can be read without the others.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Member {
    /// The session key it probes with.
    pub key: ProberId,
    /// Its number.
    pub number: ProberNumber,
}

/// Bytes of an encoded [`Member`].
pub const MEMBER_BYTES: usize = 32 + 4;

impl<BlockNumber: AtLeast32BitUnsigned + Copy> Round<BlockNumber> {
    /// The first block after this round.
    pub fn end(&self) -> BlockNumber {
        self.start.saturating_add(self.length.into())
    }
}

/// One prober's report, as it is kept until audits are drawn for its round.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Entry {
    /// Index of the prober in the round's prober set.
    pub prober: u16,
    /// The prober, remembered because the prober set may be gone when its report is audited.
    pub member: Member,
    /// Lanes that answered correctly.
    pub up: Bitmap,
    /// How fast each answered.
    pub latency: LatencyCodes,
    /// Root of the prober's evidence.
    pub evidence_root: H256,
    /// How well it agrees with the others; nothing before the round is tallied, and in an uncovered round.
    pub accuracy: Accuracy,
}

impl Entry {
    /// The report of `member`, not measured yet.
    pub fn new(Report { prober, up, latency, evidence_root, .. }: Report, member: Member) -> Self {
        Self { prober, member, up, latency, evidence_root, accuracy: Accuracy::default() }
    }
}

/// The reports on one cohort in one round.
#[derive(
    CloneNoBound,
    DebugNoBound,
    PartialEqNoBound,
    EqNoBound,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
#[scale_info(skip_type_params(MaxCommittee))]
pub struct RoundReports<MaxCommittee: Get<u32>> {
    /// The round they are of.
    pub round: RoundIndex,
    /// Members of the cohort's committee in that round, remembered because the prober set may be gone when they are counted.
    pub committee: u32,
    /// The round's seed, over which the evidence was signed.
    pub seed: H256,
    /// The session in which the round opened.
    pub session: SessionIndex,
    /// Lanes that at least two thirds of the reports call up: a report that calls up others is asked for these first. None
    /// before the round is tallied, and in an uncovered round.
    pub confirmed: Bitmap,
    /// The reports in the order they came, one per member.
    pub entries: BoundedVec<Entry, MaxCommittee>,
}

impl<MaxCommittee: Get<u32>> RoundReports<MaxCommittee> {
    /// No report yet of `committee` members in `round`.
    pub fn new<BlockNumber>(round: &Round<BlockNumber>, committee: u32) -> Self {
        let Round { index, seed, session, .. } = round;
        Self {
            round: *index,
            committee,
            seed: *seed,
            session: *session,
            confirmed: Bitmap::default(),
            entries: BoundedVec::new(),
        }
    }

    /// Whether every member has reported.
    pub fn is_complete(&self) -> bool {
        self.entries.len() as u32 >= self.committee
    }

    /// Whether the report of the prober with index `prober` is in.
    pub fn contains(&self, prober: u16) -> bool {
        self.entries.iter().any(|entry| entry.prober == prober)
    }
}

/// A report that has to be proven.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Audit<BlockNumber> {
    /// The report.
    pub report: ReportId,
    /// What it has to be backed by.
    pub claim: Claim,
    /// Its prober.
    pub prober: ProberNumber,
    /// The session in which the report's round opened.
    pub session: SessionIndex,
    /// The epoch in which it was drawn.
    pub epoch: EpochIndex,
    /// Points that the report earns if it is proven.
    pub points: Points,
    /// The last block in which an answer is taken.
    pub deadline: BlockNumber,
    /// How it stands.
    pub state: AuditState,
}

/// The audits of one cohort.
#[derive(CloneNoBound, DebugNoBound, PartialEqNoBound, EqNoBound, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct CohortAudits<BlockNumber>
where
    BlockNumber: Clone + core::fmt::Debug + Eq,
{
    /// The first round whose reports have not had their draw.
    pub next: RoundIndex,
    /// Audits that were drawn and are not closed, in the order they were drawn; one per report.
    pub open: BoundedVec<Audit<BlockNumber>, ConstU32<MAX_OPEN_AUDITS>>,
}

impl<BlockNumber> Default for CohortAudits<BlockNumber>
where
    BlockNumber: Clone + core::fmt::Debug + Eq,
{
    fn default() -> Self {
        Self { next: 0, open: BoundedVec::new() }
    }
}

/// What every report of a prober changes: packed into pages, because each tally touches those of a whole committee.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Standing {
    /// Reports that were measured.
    pub reports: u32,
    /// Lanes they were measured on.
    pub lanes: u64,
    /// Sum over these lanes of the report's accuracy in permille.
    pub agreed: u64,
    /// Outliers among them.
    pub outliers: u32,
    /// How near the prober is to being accused of them, below [`DEVIATION_LIMIT`].
    pub deviation: u16,
    /// Reports that were drawn for an audit. Less those proven, failed and silent, this is how many are open.
    pub audited: u32,
    /// Audits that it proved.
    pub proven: u32,
}

impl Standing {
    /// Takes note of a report that was measured; returns whether it brings the prober before the court.
    pub fn note(&mut self, accuracy: Accuracy) -> bool {
        self.reports = self.reports.saturating_add(1);
        self.lanes = self.lanes.saturating_add(accuracy.lanes.into());
        self.agreed = self.agreed.saturating_add(u64::from(accuracy.lanes) * u64::from(accuracy.permille));
        if !accuracy.outlier {
            self.deviation = self.deviation.saturating_sub(u16::from(accuracy.lanes > 0));
            return false;
        }
        self.outliers = self.outliers.saturating_add(1);
        self.deviation = self.deviation.saturating_add(OUTLIER_STEP);
        let accused = self.deviation >= DEVIATION_LIMIT;
        if accused {
            self.deviation = 0;
        }
        accused
    }
}

/// What a prober did wrong. Only those who did anything have one.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Record {
    /// Audits answered wrongly.
    pub failed: u32,
    /// Audits not answered in time.
    pub silent: u32,
    /// Points of the reports that failed their audit, which it was not credited.
    pub forfeited: u64,
    /// Epochs whose reports gave rise to offences, forgotten after the pallet's `StrikeMemory` without another.
    pub strikes: u32,
    /// The latest of these epochs.
    pub epoch: EpochIndex,
    /// Which of the epochs up to that one are among them: bit `n` is the one `n` before it.
    pub struck: u32,
    /// The offence that brought the last strike, or a graver one after it.
    pub last: Option<Offending>,
    /// Whether its last offence waits to be reported to those who slash.
    pub queued: bool,
}

impl Record {
    /// Counts a strike for offences over reports of `epoch`, unless there is one already; returns whether it is a new one. What
    /// is older than is remembered was counted.
    pub fn strike(&mut self, epoch: EpochIndex) -> bool {
        if self.strikes == 0 {
            (self.epoch, self.struck) = (epoch, 0);
        }
        if epoch > self.epoch {
            self.struck = self.struck.unbounded_shl(epoch - self.epoch);
            self.epoch = epoch;
        }
        let bit = 1u32.unbounded_shl(self.epoch.saturating_sub(epoch));
        let new = bit != 0 && self.struck & bit == 0;
        self.struck |= bit;
        self.strikes = self.strikes.saturating_add(u32::from(new));
        new
    }
}

/// An offence, with what it is punished by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Offending {
    /// What it did.
    pub kind: Misconduct,
    /// The report that gave rise to it.
    pub report: ReportId,
    /// The session in which the report's round opened.
    pub session: SessionIndex,
    /// The epoch in which the report had its draw.
    pub epoch: EpochIndex,
}

/// How far the sweep is that accounts the cohorts nobody touched. It walks the cohorts `0..of` in a circle, so that a sweep
/// which is not done when the next round opens goes on where it stood.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Sweep {
    /// The next cohort to visit, below `of` unless `of` is 0.
    pub next: CohortId,
    /// Cohorts still to visit before all are accounted up to the running round, at most `of`.
    pub left: u32,
    /// Cohorts there were when the running round opened. Later ones have no earlier round to account.
    pub of: u32,
}

impl Sweep {
    /// A full circle over `cohorts`, from where this one stands.
    pub fn restart(self, cohorts: u32) -> Self {
        Self { next: if self.next < cohorts { self.next } else { 0 }, left: cohorts, of: cohorts }
    }

    /// One cohort further.
    pub fn step(self) -> Self {
        let next = self.next.saturating_add(1);
        Self { next: if next < self.of { next } else { 0 }, left: self.left.saturating_sub(1), of: self.of }
    }

    /// Whether `cohort` is still to be visited.
    pub fn awaits(&self, cohort: CohortId) -> bool {
        // Steps from `next` to `cohort`, walking upwards in the circle.
        let ahead = if cohort >= self.next {
            cohort - self.next
        } else {
            cohort.saturating_add(self.of.saturating_sub(self.next))
        };
        cohort < self.of && ahead < self.left
    }
}

/// Why a report or an answer to an audit is refused, each in the order of the checks. [`Refusal::code`] is what the transaction pool shows; codes are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its round is over, or the time to answer in.
    Late,
    /// Its round has not opened.
    Early,
    /// There is no such cohort.
    UnknownCohort,
    /// The round's prober set has no such index.
    UnknownProber,
    /// The prober was not drawn for this cohort in this round.
    NotMember,
    /// Every member's report is in and counted.
    Complete,
    /// This member's report is in.
    AlreadyReported,
    /// The cohort is more rounds behind than one report may account; the sweep has to reach it first.
    Behind,
    /// The prober did not sign this report, or this answer, for this chain.
    BadSignature,
    /// The report is not being audited: it was not drawn, or the audit is closed.
    NoSuchAudit,
    /// The audit is answered.
    AlreadyAnswered,
}

impl Refusal {
    /// The code of [`InvalidTransaction::Custom`]; `None` for those the SDK has its own word for.
    pub const fn code(self) -> Option<u8> {
        match self {
            Self::Late | Self::Early | Self::BadSignature => None,
            Self::UnknownCohort => Some(1),
            Self::UnknownProber => Some(2),
            Self::NotMember => Some(3),
            Self::Complete => Some(4),
            Self::AlreadyReported => Some(5),
            Self::Behind => Some(6),
            Self::NoSuchAudit => Some(7),
            Self::AlreadyAnswered => Some(8),
        }
    }
}

impl From<Refusal> for InvalidTransaction {
    fn from(refusal: Refusal) -> Self {
        match (refusal, refusal.code()) {
            (_, Some(code)) => Self::Custom(code),
            (Refusal::Late, None) => Self::Stale,
            (Refusal::Early, None) => Self::Future,
            (_, None) => Self::BadProof,
        }
    }
}

impl From<Refusal> for TransactionValidityError {
    fn from(refusal: Refusal) -> Self {
        InvalidTransaction::from(refusal).into()
    }
}
