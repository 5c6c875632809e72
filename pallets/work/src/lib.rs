#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod answers;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod chunks;
mod disputes;
mod jobs;
#[cfg(test)]
mod mock;
mod queries;
mod queue;
mod referee;
mod seats;
mod settle;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
pub mod types;
pub mod weights;
mod workers;

pub use pallet::*;
pub use weights::WeightInfo;

use polkadot_sdk::*;

/// Target of everything this pallet logs.
pub(crate) const LOG_TARGET: &str = "runtime::work";

/// Jobs, and the devices that compute them.
#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use crate::types::{BalanceOf, Chunk, Digests, Dispute, JobOf, ParamsOf, Receipts, Worker};
    use alloc::boxed::Box;
    use frame_support::{
        pallet_prelude::*,
        traits::{fungible, Contains},
    };
    use frame_system::pallet_prelude::*;
    use sp_core::H256;
    use vouch_primitives::{
        prober::{ProberId, ProberSignature},
        traits::{Bonds, Panels, Presence, RoundSeed, WorkCredits},
        work::{payload::Verdict, result::ChunkResult, Answer, ChunkIndex, Fuel, JobId, TaskIndex, Terms, MAX_LIMIT},
        DeviceId, DeviceSignature, Endpoint, Place, Points, RoundIndex,
    };

    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    /// Jobs, and the devices that compute them.
    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    /// The genesis hash is part of what devices sign, so it has the one form that device software knows.
    #[pallet::config]
    pub trait Config:
        polkadot_sdk::frame_system::Config<Hash: Into<H256>>
        + frame_system::offchain::CreateAuthorizedTransaction<Call<Self>>
    {
        /// The chain's composite hold reason.
        type RuntimeHoldReason: From<HoldReason>;

        /// The chain's own token, in which requesters pay.
        type Currency: fungible::hold::Mutate<Self::AccountId, Reason = Self::RuntimeHoldReason>;

        /// May change the parameters.
        type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

        /// Knows devices and what they are bonded with.
        type Bonds: Bonds<AccountId = Self::AccountId, Balance = BalanceOf<Self>>;

        /// Tells whether devices were up.
        type Presence: Presence;

        /// Tells the running round, and what chance decided for it.
        type Rounds: RoundSeed;

        /// Draws the validators that decide disputes.
        type Panels: Panels;

        /// Pays for work that was proven.
        type Credits: WorkCredits;

        /// Whether devices and validators may be sent to an address.
        type MayFetch: Contains<Endpoint>;

        /// Most jobs that chunks are handed out of at a time.
        #[pallet::constant]
        type MaxQueue: Get<u32>;

        /// Most chunk records that closing a job removes at once.
        #[pallet::constant]
        type MaxRemovals: Get<u32>;

        /// Most of a block that handing out and chasing up may take, out of what transactions left over.
        #[pallet::constant]
        type MaxIdleWeight: Get<Weight>;

        /// Weights of calls and hooks.
        type WeightInfo: WeightInfo;
    }

    /// Why tokens are held.
    #[pallet::composite_enum]
    pub enum HoldReason {
        /// Escrow of jobs, and deposits for their records: the sum over a requester's jobs.
        Job,
    }

    /// What governance sets for all jobs.
    #[pallet::storage]
    pub type Parameters<T: Config> = StorageValue<_, ParamsOf<T>, ValueQuery>;

    /// Jobs ever posted: the number of the next.
    #[pallet::storage]
    pub type NextJob<T: Config> = StorageValue<_, JobId, ValueQuery>;

    /// The jobs that are not closed.
    #[pallet::storage]
    pub type Jobs<T: Config> = StorageMap<_, Twox64Concat, JobId, JobOf<T>>;

    /// The jobs that chunks are handed out of, the next one first.
    #[pallet::storage]
    pub type Queue<T: Config> = StorageValue<_, BoundedVec<JobId, T::MaxQueue>, ValueQuery>;

    /// The chunks that were handed out, of jobs that are not closed.
    #[pallet::storage]
    pub type Chunks<T: Config> = StorageDoubleMap<_, Twox64Concat, JobId, Twox64Concat, ChunkIndex, Chunk>;

    /// The chunks that are not final, by the last round of their stage.
    #[pallet::storage]
    pub type Due<T: Config> =
        StorageDoubleMap<_, Twox64Concat, RoundIndex, Twox64Concat, (JobId, ChunkIndex), (), OptionQuery>;

    /// The first round of which there may be something in [`Due`].
    #[pallet::storage]
    pub type DueFrom<T: Config> = StorageValue<_, RoundIndex, ValueQuery>;

    /// The devices that take work, by number: 0 to [`WorkerCount`] - 1.
    #[pallet::storage]
    pub type Workers<T: Config> = StorageMap<_, Twox64Concat, u32, Worker>;

    /// How many devices take work.
    #[pallet::storage]
    pub type WorkerCount<T: Config> = StorageValue<_, u32, ValueQuery>;

    /// Of how many numbers devices are drawn, from which round on: what [`WorkerCount`] was while that round's seed was unknown. Ascending;
    /// the last one whose round has come is in force. Without this the last to come or go would choose what a known seed draws.
    #[pallet::storage]
    pub type DrawnFrom<T: Config> = StorageValue<_, BoundedVec<(RoundIndex, u32), ConstU32<4>>, ValueQuery>;

    /// The number of the device in a place, if it takes work.
    #[pallet::storage]
    pub type WorkerOf<T: Config> = StorageMap<_, Twox64Concat, Place, u32>;

    /// The last receipts of the device in a place. Kept when it stops taking work, until it leaves the place.
    #[pallet::storage]
    pub type ReceiptsOf<T: Config> = StorageMap<_, Twox64Concat, Place, Receipts<BalanceOf<T>>, ValueQuery>;

    /// What devices showed of a chunk that they disagree on.
    #[pallet::storage]
    pub type Openings<T: Config> =
        StorageDoubleMap<_, Twox64Concat, (JobId, ChunkIndex), Blake2_128Concat, DeviceId, Digests>;

    /// What panels of validators decide on.
    #[pallet::storage]
    pub type Disputes<T: Config> = StorageMap<_, Twox64Concat, (JobId, ChunkIndex), Dispute>;

    /// What a new chain starts with.
    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// The parameters.
        pub params: ParamsOf<T>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            let checked = Pallet::<T>::check_params(&self.params);
            assert!(checked.is_ok(), "the genesis parameters of the work pallet are refused: {checked:?}");
            Parameters::<T>::put(self.params);
        }
    }

    /// What happened.
    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// Parameters were set. Jobs that were posted keep their price and their fuel limit.
        ParamsSet {
            /// The new ones.
            params: ParamsOf<T>,
        },
        /// A device takes work, or takes it on other terms.
        Enlisted {
            /// The device.
            device: DeviceId,
            /// Chunks it may be given at a time; 0 while it rests.
            slots: u8,
            /// Pages of 64 KiB that a module may use on it.
            memory: u32,
        },
        /// A device takes no work any more.
        Retired {
            /// The device.
            device: DeviceId,
        },
        /// A job was posted and its escrow held. Nothing is handed out before the round after the next.
        Posted {
            /// Its number.
            job: JobId,
            /// Who pays for it.
            requester: T::AccountId,
            /// What is asked for.
            terms: Terms<BalanceOf<T>>,
            /// Planck held to pay devices with.
            escrow: BalanceOf<T>,
            /// Planck held until it is closed.
            deposit: BalanceOf<T>,
        },
        /// A job was cancelled: nothing of it is handed out any more, but what seeds draw that were known. What was handed out is
        /// still settled and paid.
        Cancelled {
            /// The job.
            job: JobId,
            /// The first round in which nothing is handed out.
            ends: RoundIndex,
        },
        /// A device was given a seat in a chunk.
        Seated {
            /// The job.
            job: JobId,
            /// The chunk.
            chunk: ChunkIndex,
            /// The device.
            device: DeviceId,
            /// The last round in which its answer is taken.
            due: RoundIndex,
        },
        /// A device answered.
        Answered {
            /// The job.
            job: JobId,
            /// The chunk.
            chunk: ChunkIndex,
            /// The device.
            device: DeviceId,
            /// What it said. A fingerprint is not known to be right.
            answer: Answer,
        },
        /// A device did not answer in time and lost its seat.
        Missed {
            /// The job.
            job: JobId,
            /// The chunk.
            chunk: ChunkIndex,
            /// The device.
            device: DeviceId,
        },
        /// Fewer of the devices first asked about a chunk answered than would settle it. Others are asked, and earn the price, but no
        /// points.
        FellShort {
            /// The job.
            job: JobId,
            /// The chunk.
            chunk: ChunkIndex,
            /// Planck of the escrow that were burnt, the price of each that was missing.
            burnt: BalanceOf<T>,
        },
        /// A chunk has as many fingerprints as may be paid, and no quorum.
        Contested {
            /// The job.
            job: JobId,
            /// The chunk.
            chunk: ChunkIndex,
        },
        /// A panel of validators was drawn to run a task that devices disagree on.
        Disputed {
            /// The job.
            job: JobId,
            /// The chunk.
            chunk: ChunkIndex,
            /// The task, by its number in the job.
            task: TaskIndex,
        },
        /// A panel decided. `None`: module or inputs are not to be had.
        Judged {
            /// The job.
            job: JobId,
            /// The chunk.
            chunk: ChunkIndex,
            /// The task, by its number in the job.
            task: TaskIndex,
            /// What the task gives.
            verdict: Verdict,
        },
        /// A quorum found the same, which was revealed.
        Settled {
            /// The job.
            job: JobId,
            /// The chunk.
            chunk: ChunkIndex,
            /// What it found.
            result: ChunkResult,
        },
        /// A device was paid for a chunk.
        Paid {
            /// The job.
            job: JobId,
            /// The chunk.
            chunk: ChunkIndex,
            /// The device.
            device: DeviceId,
            /// Who was paid for it.
            to: T::AccountId,
            /// Planck out of the requester's escrow; 0 if the account could not take it.
            price: BalanceOf<T>,
            /// Points of work that it earned besides.
            points: Points,
        },
        /// A device answered otherwise than a chunk settled.
        Refused {
            /// The job.
            job: JobId,
            /// The chunk.
            chunk: ChunkIndex,
            /// The device.
            device: DeviceId,
            /// Planck of its bond that were burnt.
            fine: BalanceOf<T>,
        },
        /// A chunk was given up. Nobody is paid for it.
        Failed {
            /// The job.
            job: JobId,
            /// The chunk.
            chunk: ChunkIndex,
        },
        /// All that will be settled of a job is, and what was not spent went back to the requester.
        Ended {
            /// The job.
            job: JobId,
            /// Chunks settled.
            settled: u32,
            /// Chunks failed.
            failed: u32,
            /// Planck paid to devices' payees.
            paid: BalanceOf<T>,
            /// Planck burnt, for chunks that fell short.
            burnt: BalanceOf<T>,
            /// Planck that went back.
            refunded: BalanceOf<T>,
            /// Fuel that the settled chunks took, each counted once.
            fuel: Fuel,
        },
        /// A job's records are gone and its deposit went back.
        Closed {
            /// The job.
            job: JobId,
        },
    }

    /// Why a call was refused.
    #[pallet::error]
    pub enum Error<T> {
        /// No such device is registered.
        UnknownDevice,
        /// The device belongs to somebody else.
        NotOwner,
        /// The device does not take work.
        NotEnlisted,
        /// The device holds seats in chunks that are not final.
        HoldsSeats,
        /// More slots than a device may have.
        TooManySlots,
        /// A module needs some memory, and may use no more than [`vouch_primitives::work::MAX_MEMORY_PAGES`]; a device that takes work has to have
        /// [`vouch_primitives::work::COMMON_MEMORY_PAGES`].
        BadMemory,
        /// There is no such job.
        UnknownJob,
        /// The job is somebody else's.
        NotRequester,
        /// The job has not ended.
        NotEnded,
        /// Nothing of the job is handed out any more anyway.
        NotRunning,
        /// A job has at least one task.
        NoTasks,
        /// A chunk has no tasks, or more than may be.
        BadChunkSize,
        /// No fuel, or more than a task may use.
        BadFuel,
        /// Quorum, replicas and limit are not in this order, from 2 to [`vouch_primitives::work::MAX_LIMIT`], or the quorum is no
        /// majority of the replicas.
        BadReplication,
        /// Too few rounds for the fuel of a chunk, or more than a device may have.
        BadTime,
        /// The deadline is past, or too near for anything to be handed out.
        DeadlineTooNear,
        /// The deadline is more than [`vouch_primitives::work::MAX_JOB_ROUNDS`] away.
        DeadlineTooFar,
        /// Nobody may be sent to the source's address: not global unicast, or port 0.
        SourceNotAllowed,
        /// The price is lower than the fuel limit asks for, or the pay for a chunk is too small to create an account with.
        PriceTooLow,
        /// The job costs more than can be counted, or than the requester's balance covers.
        EscrowUnavailable,
        /// So many jobs wait that no further one is taken.
        QueueFull,
        /// The answer was authorized in another state than this one.
        Outdated,
        /// The parameters make no sense: no fuel, none for a round, nobody is ever trusted, or no round is looked at.
        BadParams,
        /// A point of work may be worth so much that who owns a third of the devices gains by posting jobs to them.
        WorkWouldPayItself,
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Sets the parameters.
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::set_params())]
        pub fn set_params(origin: OriginFor<T>, params: ParamsOf<T>) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::check_params(&params)?;
            Parameters::<T>::put(params);
            Self::deposit_event(Event::ParamsSet { params });
            Ok(())
        }

        /// Lets a device take work, up to `slots` chunks at a time whose modules use at most `memory` pages of 64 KiB; or changes
        /// these. With no slots it finishes what it has and is given nothing. A new one is given work from the round after the
        /// next on.
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::enlist())]
        pub fn enlist(origin: OriginFor<T>, device: DeviceId, slots: u8, memory: u32) -> DispatchResult {
            let owner = ensure_signed(origin)?;
            Self::do_enlist(owner, device, slots, memory)
        }

        /// Takes a device off the list that holds no seats. Only its owner may. One that is released is taken off as well.
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::retire())]
        pub fn retire(origin: OriginFor<T>, device: DeviceId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_retire(who, device)
        }

        /// Posts a job and holds what it can cost at most, and a deposit for its records.
        #[pallet::call_index(3)]
        #[pallet::weight(T::WeightInfo::post_job())]
        pub fn post_job(origin: OriginFor<T>, terms: Box<Terms<BalanceOf<T>>>) -> DispatchResult {
            let requester = ensure_signed(origin)?;
            Self::do_post(requester, *terms)
        }

        /// Hands out nothing more of a job. Chunks that devices are computing are still settled and paid.
        #[pallet::call_index(4)]
        #[pallet::weight(T::WeightInfo::cancel())]
        pub fn cancel(origin: OriginFor<T>, job: JobId) -> DispatchResult {
            let requester = ensure_signed(origin)?;
            Self::do_cancel(requester, job)
        }

        /// Removes the records of a job that has ended, as many as one call may, and gives the deposit back with the last. The
        /// requester confirms by it that it has its results: devices need not serve them any longer.
        #[pallet::call_index(5)]
        #[pallet::weight(T::WeightInfo::close(T::MaxRemovals::get()))]
        pub fn close(origin: OriginFor<T>, job: JobId) -> DispatchResult {
            let requester = ensure_signed(origin)?;
            Self::do_close(requester, job)
        }

        /// Takes a device's answer on a chunk that it was given. Feeless: authorized by its signature.
        #[pallet::call_index(6)]
        #[pallet::weight(T::WeightInfo::answer())]
        #[pallet::authorize(|_source, job, chunk, device, answer, signature|
            Pallet::<T>::authorize_answer(*job, *chunk, device, answer, signature))]
        #[pallet::weight_of_authorize(T::WeightInfo::authorize_answer())]
        pub fn answer(
            origin: OriginFor<T>,
            job: JobId,
            chunk: ChunkIndex,
            device: DeviceId,
            answer: Answer,
            // Checked when the call was authorized.
            _signature: DeviceSignature,
        ) -> DispatchResult {
            ensure_authorized(origin)?;
            Self::take_answer(job, chunk, device, answer)
        }

        /// Settles a chunk. Feeless, and anybody may: what is revealed proves itself, by the fingerprints it opens.
        #[pallet::call_index(7)]
        #[pallet::weight(T::WeightInfo::reveal().saturating_add(T::Credits::weight_of_credit().saturating_mul(MAX_LIMIT.into())))]
        #[pallet::authorize(|_source, job, chunk, result| Pallet::<T>::authorize_reveal(*job, *chunk, result))]
        #[pallet::weight_of_authorize(T::WeightInfo::authorize_reveal())]
        pub fn reveal(origin: OriginFor<T>, job: JobId, chunk: ChunkIndex, result: ChunkResult) -> DispatchResult {
            ensure_authorized(origin)?;
            Self::take_reveal(job, chunk, result)
        }

        /// Shows the digests that a device's fingerprint on a contested chunk was made of. Feeless, and anybody may who has them:
        /// they prove themselves.
        #[pallet::call_index(8)]
        #[pallet::weight(T::WeightInfo::open().saturating_add(T::WeightInfo::hand_out()))]
        #[pallet::authorize(|_source, job, chunk, device, digests|
            Pallet::<T>::authorize_opening(*job, *chunk, device, digests))]
        #[pallet::weight_of_authorize(T::WeightInfo::authorize_open())]
        pub fn open(
            origin: OriginFor<T>,
            job: JobId,
            chunk: ChunkIndex,
            device: DeviceId,
            digests: Digests,
        ) -> DispatchResult {
            ensure_authorized(origin)?;
            Self::take_opening(job, chunk, device, digests)
        }

        /// Takes the verdict of a member of a panel. Feeless: authorized by its signature.
        #[pallet::call_index(9)]
        #[pallet::weight(T::WeightInfo::judge().saturating_add(T::WeightInfo::hand_out()))]
        #[pallet::authorize(|_source, job, chunk, task, member, verdict, signature|
            Pallet::<T>::authorize_verdict(*job, *chunk, *task, member, verdict, signature))]
        #[pallet::weight_of_authorize(T::WeightInfo::authorize_judge())]
        pub fn judge(
            origin: OriginFor<T>,
            job: JobId,
            chunk: ChunkIndex,
            task: TaskIndex,
            member: ProberId,
            verdict: Verdict,
            // Checked when the call was authorized.
            _signature: ProberSignature,
        ) -> DispatchResult {
            ensure_authorized(origin)?;
            Self::take_verdict(job, chunk, task, member, verdict)
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn on_idle(_now: BlockNumberFor<T>, remaining: Weight) -> Weight {
            Self::work_within(remaining.min(T::MaxIdleWeight::get()))
        }

        fn offchain_worker(_now: BlockNumberFor<T>) {
            referee::run::<T>()
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }
}
