//! The records the pallet keeps, and what can be told of them without a runtime.

use crate::Config;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{
    frame_support::{traits::fungible, BoundedVec},
    frame_system,
    sp_arithmetic::{Permill, Perquintill},
    sp_core::ConstU32,
    sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError},
};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use vouch_primitives::{
    prober::ProberId,
    traits::Bonded,
    work::{
        api::{JobState, Receipt, Seat, Stage, RECEIPTS},
        payload::Verdict,
        ChunkIndex, Fuel, JobId, TaskDigest, TaskIndex, Terms, MAX_CHUNK_TASKS,
    },
    DeviceId, Place, RoundIndex,
};

/// Most chunks that a device may compute at a time.
pub const MAX_SLOTS: u8 = 16;

/// Most chunks that are not final in which a device holds a seat, answered or not.
pub const MAX_HELD: u32 = 32;

/// Most seats that a chunk remembers. One that has filled so many without settling is given up.
pub const MAX_SEATS: u32 = 16;

/// Most times that a chunk's seats are filled anew; then it is given up.
pub const MAX_FILLS: u8 = 64;

/// Most devices of a chunk that decline it or do not answer; then it is given up. Whoever serves its inputs to few holds these, and
/// all who come after them, no longer.
pub const MAX_GONE: u8 = 8;

/// Most members of a panel.
pub const MAX_PANEL: u32 = 15;

/// Most panels that are asked about one task; then the chunk is given up.
pub const MAX_PANELS: u8 = 4;

/// Rounds that a panel has.
pub const PANEL_ROUNDS: u32 = 2;

/// The longest rest of a device that misses chunk after chunk, in rounds.
const MAX_REST: RoundIndex = 64;

/// The balance of the chain's own token, in planck.
pub type BalanceOf<T> = <<T as Config>::Currency as fungible::Inspect<<T as frame_system::Config>::AccountId>>::Balance;
/// [`Params`] of a chain.
pub type ParamsOf<T> = Params<BalanceOf<T>>;
/// [`Job`] of a chain.
pub type JobOf<T> = Job<<T as frame_system::Config>::AccountId, BalanceOf<T>>;
/// What is known of a device of a chain, and of its bond.
pub type BondedOf<T> = Bonded<<T as frame_system::Config>::AccountId, BalanceOf<T>>;
/// The receipts of a device, oldest first.
pub type Receipts<Balance> = BoundedVec<Receipt<Balance>, ConstU32<RECEIPTS>>;
/// The digests of a chunk's tasks.
pub type Digests = BoundedVec<TaskDigest, ConstU32<MAX_CHUNK_TASKS>>;

/// What governance sets for all jobs.
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
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Params<Balance> {
    /// The least that a requester pays, in planck for each replica and each point of work that the fuel limit allows.
    pub least_price: Balance,
    /// The highest fuel limit of a task: validators may have to run one within [`PANEL_ROUNDS`].
    pub max_fuel: Fuel,
    /// What a wrong answer costs, as a share of the bond that the device's class asks for.
    pub fine: Permill,
    /// Valid chunks on end after which a device may be believed alone, at least 1.
    pub trusted_after: u32,
    /// The least probability with which such a device is checked nevertheless.
    pub check_floor: Perquintill,
    /// The most fuel that a chunk may ask of a device for each round that it has, so that not only the fastest can do it.
    pub round_fuel: Fuel,
    /// A device is given chunks only if it was up in one of so many rounds, 1 to 32.
    pub recent_rounds: u32,
    /// Planck held from the requester for each chunk until the job is closed.
    pub deposit: Balance,
}

impl<Balance: From<u8>> Default for Params<Balance> {
    /// A twentieth of a bond for a wrong answer, and one check in twenty at least; no least price, which a chain has to decide
    /// on.
    fn default() -> Self {
        Self {
            least_price: 0.into(),
            max_fuel: 1_000_000_000,
            fine: Permill::from_percent(5),
            trusted_after: 10,
            check_floor: Perquintill::from_percent(5),
            round_fuel: 10_000_000_000,
            recent_rounds: 3,
            deposit: 0.into(),
        }
    }
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Job<AccountId, Balance> {
    /// Who pays for it.
    pub requester: AccountId,
    /// What is asked for.
    pub terms: Terms<Balance>,
    /// The round in which it was posted.
    pub posted: RoundIndex,
    /// The first round in which no chunks are handed out any more: the one after its deadline, or the first whose seed was unknown
    /// when it was cancelled.
    pub ends: RoundIndex,
    /// Whether it goes on.
    pub state: JobState,
    /// The next chunk to hand out: so many were.
    pub next: ChunkIndex,
    /// Chunks settled.
    pub settled: u32,
    /// Chunks failed.
    pub failed: u32,
    /// Planck paid to devices' payees.
    pub paid: Balance,
    /// Planck burnt, for chunks that fell short.
    pub burnt: Balance,
    /// Planck held to pay devices with: [`Terms::most`] less what was paid and burnt, and nothing once the job has ended.
    pub escrow: Balance,
    /// Planck held until the job is closed.
    pub deposit: Balance,
    /// Fuel that the settled chunks took, each counted once.
    pub fuel: Fuel,
    /// Chunks whose records were removed.
    pub removed: u32,
}

impl<AccountId, Balance> Job<AccountId, Balance> {
    /// Chunks handed out that are not final.
    pub fn open(&self) -> u32 {
        self.next.saturating_sub(self.settled).saturating_sub(self.failed)
    }

    /// Whether nothing is to be handed out any more in `round`.
    pub fn is_done_handing_out(&self, round: RoundIndex) -> bool {
        self.next >= self.terms.chunks() || self.ends <= round
    }
}

/// A chunk that was handed out.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Chunk {
    /// Where it stands.
    pub stage: Stage,
    /// The last round of this stage, if nothing ends it sooner. That of a final chunk means nothing.
    pub due: RoundIndex,
    /// Fingerprints wanted, of seats that are not out. One: a device is believed alone.
    pub wanted: u8,
    /// How often seats were filled.
    pub fills: u8,
    /// Whether fewer of those asked answered than settle it, once or more often. The requester paid for those that were missing, and
    /// no points are credited.
    pub fell_short: bool,
    /// Devices that declined it or did not answer in time. Then those who answer may be those whom the requester chose to serve, and
    /// a panel decides between them, not their number.
    pub gone: u8,
    /// Seats, in the order in which they were filled. Those that were given back or missed are gone.
    pub seats: BoundedVec<Seat, ConstU32<MAX_SEATS>>,
}

impl Chunk {
    /// Fingerprints that count.
    pub fn answered(&self) -> u8 {
        self.seats.iter().filter(|seat| seat.fingerprint.is_some() && !seat.out).count() as u8
    }

    /// Seats whose device owes its fingerprint.
    pub fn owing(&self) -> u8 {
        self.seats.iter().filter(|seat| seat.fingerprint.is_none()).count() as u8
    }

    /// Matching fingerprints that settle it, of a job with this quorum.
    pub fn quorum(&self, quorum: u8) -> u8 {
        quorum.min(self.wanted).max(1)
    }

    /// The seat of a device.
    pub fn seat(&self, device: &DeviceId) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.device == *device)
    }
}

/// A device that takes work.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Worker {
    /// Where the device sits. It stays the same one as long as it is on the list, whatever its key is.
    pub place: Place,
    /// Chunks it may be given at a time, at most [`MAX_SLOTS`]; 0 while it rests.
    pub slots: u8,
    /// Pages of 64 KiB that a module may use on it.
    pub memory: u32,
    /// Chunks on end that it answered rightly.
    pub valid: u32,
    /// Chunks on end that it did not answer in time.
    pub missed: u32,
    /// The first round in which it may be given chunks.
    pub from: RoundIndex,
    /// Chunks it has been given and not answered.
    pub busy: u8,
    /// Chunks it holds a seat in that are not final.
    pub held: BoundedVec<(JobId, ChunkIndex), ConstU32<MAX_HELD>>,
}

impl Worker {
    /// Whether it can be given a chunk of a job that needs so much memory in `round`.
    pub fn is_free(&self, memory: u32, round: RoundIndex) -> bool {
        self.from <= round && self.busy < self.slots && self.held.len() < MAX_HELD as usize && self.memory >= memory
    }

    /// It gave a chunk back, and is given none by seeds that are known before `round`.
    pub fn decline(&mut self, round: RoundIndex) {
        self.from = self.from.max(round);
    }

    /// It did not answer in time in `round`: it loses its record, and rests twice as long as the last time.
    pub fn miss(&mut self, round: RoundIndex) {
        self.valid = 0;
        self.missed = self.missed.saturating_add(1);
        let rest = 1u32.checked_shl(self.missed).map_or(MAX_REST, |rest| rest.min(MAX_REST));
        self.from = round.saturating_add(rest);
    }
}

/// A task that a panel decides on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Dispute {
    /// The task, by its number in the job.
    pub task: TaskIndex,
    /// Panels asked about it, this one included.
    pub panels: u8,
    /// The members' session keys, and the verdicts of those who have given one.
    pub members: BoundedVec<(ProberId, Option<Verdict>), ConstU32<MAX_PANEL>>,
}

impl Dispute {
    /// What at least two thirds of the panel found.
    pub fn verdict(&self) -> Option<Verdict> {
        let enough = |verdict: &Verdict| {
            let agreeing = self.members.iter().filter(|(_, given)| given.as_ref() == Some(verdict)).count();
            agreeing * 3 >= self.members.len() * 2
        };
        self.members.iter().filter_map(|(_, given)| *given).find(enough)
    }
}

/// Why an answer, a reveal, an opening or a verdict is refused. [`Refusal::code`] is what the transaction pool shows; codes are
/// stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The job is unknown, or this chunk of it was not handed out.
    UnknownChunk,
    /// The chunk is at another stage: it is too late, or too early.
    WrongStage,
    /// The device holds no seat in the chunk.
    NoSeat,
    /// The device has answered, or shown its digests; the member has given its verdict.
    AlreadyAnswered,
    /// The signature is not the device's, or not the member's, for this chain.
    BadSignature,
    /// Too few fingerprints match what is revealed.
    NoQuorum,
    /// More fuel is revealed than the tasks may use.
    TooMuchFuel,
    /// The digests are not what the device's fingerprint was made of.
    NotTheFingerprint,
    /// The key is not a member of the panel.
    NotMember,
    /// The verdict is on another task than the one in dispute.
    OtherTask,
}

impl Refusal {
    /// The code of [`InvalidTransaction::Custom`]; `None` for that which the SDK has its own word for.
    pub const fn code(self) -> Option<u8> {
        match self {
            Self::BadSignature => None,
            Self::UnknownChunk => Some(20),
            Self::WrongStage => Some(21),
            Self::NoSeat => Some(22),
            Self::AlreadyAnswered => Some(23),
            Self::NoQuorum => Some(24),
            Self::NotTheFingerprint => Some(25),
            Self::NotMember => Some(26),
            Self::OtherTask => Some(27),
            Self::TooMuchFuel => Some(28),
        }
    }
}

impl From<Refusal> for TransactionValidityError {
    fn from(refusal: Refusal) -> Self {
        refusal.code().map_or(InvalidTransaction::BadProof, InvalidTransaction::Custom).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polkadot_sdk::{
        sp_core::{sr25519, H256},
        sp_runtime::traits::Zero,
    };
    use vouch_primitives::work::Status;

    #[test]
    fn two_thirds_of_a_panel_decide() {
        let found = |byte| Some(TaskDigest { status: Status::Done, fuel: 1, output: H256::repeat_byte(byte) });
        let dispute = |verdicts: &[Option<Verdict>]| {
            let key = |n: usize| ProberId::from(sr25519::Public::from_raw([n as u8; 32]));
            let members = verdicts.iter().enumerate().map(|(n, verdict)| (key(n), *verdict)).collect::<Vec<_>>();
            Dispute { task: 0, panels: 1, members: members.try_into().unwrap() }.verdict()
        };
        assert_eq!(dispute(&[Some(found(1)), Some(found(1)), None]), Some(found(1)));
        assert_eq!(dispute(&[Some(found(1)), Some(found(2)), None]), None);
        assert_eq!(dispute(&[Some(found(1)), Some(found(2)), Some(found(2))]), Some(found(2)));
        assert_eq!(dispute(&[Some(None), Some(None), Some(found(2))]), Some(None));
        assert_eq!(dispute(&[Some(found(1)), Some(found(1)), None, None]), None);
        assert_eq!(dispute(&[Some(found(1))]), Some(found(1)));
        assert_eq!(dispute(&[]), None);
    }

    #[test]
    fn who_misses_rests_ever_longer() {
        let mut worker = Worker {
            place: Place { cohort: 0, lane: 0 },
            slots: 1,
            memory: 1,
            valid: 7,
            missed: 0,
            from: 0,
            busy: 0,
            held: Default::default(),
        };
        let rests: Vec<_> = (0..40)
            .map(|_| {
                worker.miss(100);
                worker.from - 100
            })
            .collect();
        assert_eq!(rests[..8], [2, 4, 8, 16, 32, 64, 64, 64]);
        assert!(rests[39] == 64 && worker.valid.is_zero());
    }
}
