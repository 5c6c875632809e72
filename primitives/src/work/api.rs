//! What devices, requesters and owners ask the chain about work: the runtime API and its answers.

use super::{result::ChunkResult, ChunkIndex, Fuel, JobId, TaskIndex, Terms};
use crate::{api::PendingReward, prober::ProberId, DeviceId, EpochIndex, Place, Points, RoundIndex};
use alloc::vec::Vec;
use codec::{Codec, Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{sp_api, sp_core::H256};
use scale_info::TypeInfo;

/// Where a chunk stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Stage {
    /// Devices compute it and owe their fingerprints.
    Computing,
    /// One device of a long record has answered; a later round's seed tells whether others check it.
    Vetting,
    /// All fingerprints wanted are in: whoever knows a result that enough of them match may reveal it.
    Revealing,
    /// There are as many fingerprints as may be paid, and no quorum: everybody shows the digests of all tasks.
    Opening,
    /// A panel of validators runs the first task that was answered differently.
    Judging,
    /// A quorum found this.
    Settled(ChunkResult),
    /// Nothing was found in time, or nobody could be given the chunk. Nobody is paid.
    Failed,
}

impl Stage {
    /// Whether it will never change.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Settled(_) | Self::Failed)
    }
}

/// Whether a job goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum JobState {
    /// Chunks are handed out, or will be.
    Running,
    /// Nothing is handed out any more: all chunks were, its deadline is past, or it was cancelled. Some are still to settle.
    Finishing,
    /// All that will be settled is, and what was not spent went back to the requester.
    Ended,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct JobInfo<AccountId, Balance> {
    /// Its number.
    pub id: JobId,
    /// Who pays for it.
    pub requester: AccountId,
    /// What is asked for.
    pub terms: Terms<Balance>,
    /// Whether it goes on.
    pub state: JobState,
    /// Chunks in all.
    pub chunks: u32,
    /// Chunks handed out that are neither settled nor failed.
    pub open: u32,
    /// Chunks settled.
    pub settled: u32,
    /// Chunks failed.
    pub failed: u32,
    /// Planck paid to devices' payees so far.
    pub paid: Balance,
    /// Planck burnt: for every chunk that fewer devices answered on than settle it when they were first asked, the price of those
    /// that were missing.
    pub burnt: Balance,
    /// Planck in escrow.
    pub escrow: Balance,
    /// Fuel proven by all settled chunks, each counted once.
    pub fuel: Fuel,
}

/// A device's seat in a chunk.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Seat {
    /// The key of the device when it was given the seat: its fingerprint is for this key. It may have changed its key since; who
    /// has not answered by then does not.
    pub device: DeviceId,
    /// Where it sits: whoever holds the seat is paid or fined, whatever its key is by then.
    pub place: Place,
    /// Its fingerprint; `None` until it has answered.
    pub fingerprint: Option<H256>,
    /// Whether it counts no more: it did not show its digests when asked to, or a panel contradicted it. It is still paid, or
    /// fined, when the chunk settles.
    pub out: bool,
    /// The task whose result a panel found to be another than this device's, if there was a panel that did.
    pub contradicted: Option<TaskIndex>,
}

/// What a panel of validators decides on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct DisputeInfo {
    /// The task in dispute.
    pub task: TaskIndex,
    /// The panel, and whether each has given its verdict.
    pub panel: Vec<(ProberId, bool)>,
}

/// A chunk that was handed out.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ChunkInfo {
    /// Where it stands.
    pub stage: Stage,
    /// The last round of this stage, if nothing ends it sooner.
    pub due: RoundIndex,
    /// Seats, in the order in which they were filled.
    pub seats: Vec<Seat>,
    /// Whether points are credited for it besides the price; see [`Terms::are_open`]. Not once too few of those first asked
    /// answered, nor while the price is lower than one that a job is taken for today.
    pub earns_points: bool,
    /// What is in dispute, if anything is.
    pub dispute: Option<DisputeInfo>,
}

/// A chunk that a device was given, with all it needs to compute it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Assignment<Balance> {
    /// The job.
    pub job: JobId,
    /// The chunk.
    pub chunk: ChunkIndex,
    /// What is asked for.
    pub terms: Terms<Balance>,
    /// The chunk as it stands.
    pub state: ChunkInfo,
}

/// What became of a chunk that a device answered on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Outcome<Balance> {
    /// Its result was the one the chunk settled on.
    Paid {
        /// Planck the requester paid, at once.
        price: Balance,
        /// Points of work in the receipt's epoch.
        points: Points,
    },
    /// The chunk settled on another result.
    Refused {
        /// One of the devices that found what the chunk settled on.
        against: DeviceId,
        /// The first task whose result a panel of validators found to be another, if there was a panel.
        task: Option<TaskIndex>,
        /// Planck of its bond that were burnt.
        fine: Balance,
    },
    /// It was not there in time.
    Missed,
}

/// A line of a device's record of work.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Receipt<Balance> {
    /// The job.
    pub job: JobId,
    /// The chunk.
    pub chunk: ChunkIndex,
    /// The epoch.
    pub epoch: EpochIndex,
    /// Fuel that the chunk was found to take; 0 if it has not settled.
    pub fuel: Fuel,
    /// What became of it.
    pub outcome: Outcome<Balance>,
}

/// Receipts kept of a device, the newest ones.
pub const RECEIPTS: u32 = 16;

/// A device as a worker.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct WorkerInfo<Balance> {
    /// Chunks it may be given at a time.
    pub slots: u8,
    /// Pages of 64 KiB that a module may use on it.
    pub memory: u32,
    /// Chunks on end that it answered rightly.
    pub valid: u32,
    /// Chunks on end that it did not answer in time.
    pub missed: u32,
    /// The first round in which it can be given chunks.
    pub from: RoundIndex,
    /// Chunks it has been given and not answered.
    pub busy: u8,
    /// Chunks it holds a seat in that are not final, answered or not.
    pub held: Vec<(JobId, ChunkIndex)>,
    /// What it has earned by work from the chain, besides what requesters paid at once, and has not been paid.
    pub pending: PendingReward<Balance>,
    /// Its last chunks, oldest first.
    pub receipts: Vec<Receipt<Balance>>,
    /// Planck per point of work of the epochs that `receipts` name, as far as they have closed.
    pub rates: Vec<(EpochIndex, Balance)>,
}

sp_api::decl_runtime_apis! {
    /// Answers about jobs and those who compute them.
    pub trait WorkApi<AccountId, Balance>
    where
        AccountId: Codec,
        Balance: Codec,
    {
        /// A job; `None` if there is none of this number, or it was closed.
        fn job(job: JobId) -> Option<JobInfo<AccountId, Balance>>;

        /// At most `limit` jobs (and never more than 100) from number `from` on that are not closed.
        fn jobs(from: JobId, limit: u32) -> Vec<JobInfo<AccountId, Balance>>;

        /// A chunk; `None` if it was not handed out yet, or its job was closed.
        fn chunk(job: JobId, chunk: ChunkIndex) -> Option<ChunkInfo>;

        /// The chunks that a device holds a seat in and that are not final, whether or not it has answered.
        fn assignments(device: DeviceId) -> Vec<Assignment<Balance>>;

        /// A device as a worker; `None` if it does not take work.
        fn worker(device: DeviceId) -> Option<WorkerInfo<Balance>>;

        /// How many devices take work.
        fn workers() -> u32;
    }
}
