//! What this pallet stores, and why a report is refused.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::Get, BoundedVec, CloneNoBound, DebugNoBound, EqNoBound, PartialEqNoBound};
use polkadot_sdk::*;
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::{
    traits::AtLeast32BitUnsigned,
    transaction_validity::{InvalidTransaction, TransactionValidityError},
};
use vouch_primitives::{report::Report, Bitmap, CohortId, LatencyCodes, RoundIndex};

/// The shortest round, in blocks: one to probe in, and one before the next round in which its seed is fixed.
pub const MIN_ROUND_LENGTH: u32 = 2;

/// What governance decides about rounds. A change takes effect when the next round opens.
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
}

impl Default for Params {
    /// Five minutes of six-second blocks, and seven probers a cohort.
    fn default() -> Self {
        Self { round_length: 50, committee_size: 7 }
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
}

impl<BlockNumber: AtLeast32BitUnsigned + Copy> Round<BlockNumber> {
    /// The first block after this round.
    pub fn end(&self) -> BlockNumber {
        self.start.saturating_add(self.length.into())
    }
}

/// One prober's report, as it is kept until it is overwritten in a later round.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Entry {
    /// Index of the prober in the round's prober set.
    pub prober: u16,
    /// Lanes that answered correctly.
    pub up: Bitmap,
    /// How fast each answered.
    pub latency: LatencyCodes,
    /// Root of the prober's evidence.
    pub evidence_root: H256,
}

impl From<Report> for Entry {
    fn from(Report { prober, up, latency, evidence_root, .. }: Report) -> Self {
        Self { prober, up, latency, evidence_root }
    }
}

/// The reports on one cohort in one round: the last round in which anybody reported on it.
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
    /// The reports in the order they came, one per member.
    pub entries: BoundedVec<Entry, MaxCommittee>,
}

impl<MaxCommittee: Get<u32>> RoundReports<MaxCommittee> {
    /// No report yet of `committee` members.
    pub fn new(round: RoundIndex, committee: u32) -> Self {
        Self { round, committee, entries: BoundedVec::new() }
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

/// Why a report is refused, in the order of the checks. [`Refusal::code`] is what the transaction pool shows; codes are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its round is over.
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
    /// The prober with this index did not sign this report for this chain.
    BadSignature,
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
