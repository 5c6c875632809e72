#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod accountability;
mod audits;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
mod ocw;
pub mod offence;
mod panels;
mod queries;
mod reports;
mod rounds;
mod session;
mod settle;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
pub mod types;
pub mod weights;

pub use pallet::*;
pub use weights::WeightInfo;

use polkadot_sdk::*;

/// Rounds that one settlement accounts at most; a cohort that is further behind is brought up in several.
pub const MAX_CATCH_UP: u32 = 32;

#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use alloc::boxed::Box;
    use frame_support::traits::ValidatorSet;
    use frame_support::{pallet_prelude::*, traits::Randomness};
    use frame_system::{offchain::CreateAuthorizedTransaction, pallet_prelude::*};
    use sp_core::H256;
    use sp_runtime::{traits::Convert, Perbill};
    use sp_staking::offence::ReportOffence;
    use vouch_primitives::{
        audit::{Misconduct, Opening, ReportId},
        history::{History, HISTORY_ROUNDS},
        prober::ProberSignature,
        report::Report,
        tally::MAX_COMMITTEE,
        traits::{Contributions, DeviceRegistry, EpochClock, OnRoundClosed, ProbingCredits},
        CohortId, Lane, ProberNumber, RoundIndex,
    };

    /// The in-code storage version.
    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    /// Rounds, committees, reports and their tally.
    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    /// What this pallet needs. The runtime's transaction extensions must contain `frame_system::AuthorizeCall`, or no report
    /// gets in.
    #[pallet::config]
    pub trait Config:
        CreateAuthorizedTransaction<Call<Self>> + polkadot_sdk::frame_system::Config<Hash = H256>
    {
        /// Who may set the parameters.
        type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

        /// Who is to be probed and judged.
        type Registry: DeviceRegistry;

        /// Where the points of devices go.
        type Contributions: Contributions;

        /// Where the points of probers go.
        type ProbingCredits: ProbingCredits;

        /// Tells the running epoch: all offences of one count as one.
        type Epochs: EpochClock;

        /// Tells the session, and how many validators it has.
        type ValidatorSet: ValidatorSet<Self::AccountId>;

        /// How those who slash call an offender.
        type Offender: Parameter;

        /// Names a validator to those who slash; `None` if it cannot be held to account any more.
        type OffenderOf: Convert<Self::AccountId, Option<Self::Offender>>;

        /// Who is told of offences, and slashes.
        type Offences: ReportOffence<Self::AccountId, Self::Offender, offence::ProberOffence<Self::Offender>>;

        /// Most weight that reporting one offence takes: of a validator with as many nominators as one can have.
        type OffenceWeight: Get<Weight>;

        /// The smallest stake of its own that a validator can have, in planck.
        type LeastStake: Get<u128>;

        /// The most that one report can gain by lying, in planck; see [`vouch_primitives::deterrence::most_gain`].
        type MostGain: Get<u128>;

        /// Rounds without another offence after which the earlier ones are forgotten.
        #[pallet::constant]
        type StrikeMemory: Get<RoundIndex>;

        /// Who is told that a round is over.
        type OnRoundClosed: OnRoundClosed;

        /// Where seeds come from: for BABE, `ParentBlockRandomness`. Where it gives `None` the seed is derived from the one
        /// before.
        type Randomness: Randomness<Option<H256>, BlockNumberFor<Self>>;

        /// How many blocks before a round opens its seed is fixed, at least 1; one less than the running round's length where
        /// that is shorter. Longer than forks usually are, so that none changes a committee that already probes.
        #[pallet::constant]
        type SeedLead: Get<u32>;

        /// Most probers in a set, at most 65,536. Validators beyond it do not probe.
        #[pallet::constant]
        type MaxProbers: Get<u32>;

        /// Most probers in a committee, at most 31.
        #[pallet::constant]
        type MaxCommittee: Get<u32>;

        /// Most weight the sweep takes of one block, out of what transactions left over.
        #[pallet::constant]
        type MaxSweepWeight: Get<Weight>;

        /// What calls and hooks cost.
        type WeightInfo: WeightInfo;

        /// Fills the registry for benchmarks.
        #[cfg(feature = "runtime-benchmarks")]
        type BenchmarkHelper: vouch_primitives::traits::RegistryBenchmarkHelper;
    }

    /// Parameters of the rounds to come.
    #[pallet::storage]
    pub type Params<T: Config> = StorageValue<_, types::Params, ValueQuery>;

    /// The running round.
    #[pallet::storage]
    pub type Round<T: Config> = StorageValue<_, types::Round<BlockNumberFor<T>>, ValueQuery>;

    /// Seed of the next round; `None` until it is fixed, `SeedLead` blocks before that round opens.
    #[pallet::storage]
    pub type NextSeed<T: Config> = StorageValue<_, H256, OptionQuery>;

    /// The set that the next round draws from: the running round's, or the one after it if a session changed since.
    #[pallet::storage]
    pub type CurrentSet<T: Config> = StorageValue<_, u32, ValueQuery>;

    /// Prober sets by number, in the order of the session's validators: the running round's and [`CurrentSet`], no others.
    #[pallet::storage]
    pub type ProberSets<T: Config> =
        StorageMap<_, Twox64Concat, u32, BoundedVec<types::Member, T::MaxProbers>, ValueQuery>;

    /// How many validators ever were among a session's: the number of the next new one.
    #[pallet::storage]
    pub type ProberCount<T: Config> = StorageValue<_, ProberNumber, ValueQuery>;

    /// The number of every validator that ever was among a session's. Kept for ever: its pay may be claimed at any time.
    #[pallet::storage]
    pub type Numbers<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, ProberNumber>;

    /// Inverse of [`Numbers`].
    #[pallet::storage]
    pub type Accounts<T: Config> = StorageMap<_, Twox64Concat, ProberNumber, T::AccountId>;

    /// The last reports on each cohort, those of even and of odd rounds apart. Kept after they are counted, until audits are
    /// drawn for their round: two rounds later, when nobody can file for it any more.
    #[pallet::storage]
    pub type Reports<T: Config> =
        StorageDoubleMap<_, Twox64Concat, CohortId, Identity, bool, types::RoundReports<T::MaxCommittee>, OptionQuery>;

    /// The audits of each cohort; `None` before the first of its reports had its draw.
    #[pallet::storage]
    pub type Audits<T: Config> = StorageMap<_, Twox64Concat, CohortId, types::CohortAudits<BlockNumberFor<T>>>;

    /// How probers do, in pages of [`types::STANDINGS`] by their number. A page is as long as it has to be.
    #[pallet::storage]
    pub type Standings<T: Config> =
        StorageMap<_, Twox64Concat, u32, BoundedVec<types::Standing, ConstU32<{ types::STANDINGS }>>, ValueQuery>;

    /// What probers did wrong; `None` for those who did nothing wrong.
    #[pallet::storage]
    pub type Records<T: Config> = StorageMap<_, Twox64Concat, ProberNumber, types::Record>;

    /// Probers whose last offence waits to be reported to those who slash: entries from `.0` up to, not including, `.1` of
    /// [`Accused`].
    #[pallet::storage]
    pub type AccusedQueue<T: Config> = StorageValue<_, (u32, u32), ValueQuery>;

    /// The queue's entries.
    #[pallet::storage]
    pub type Accused<T: Config> = StorageMap<_, Twox64Concat, u32, ProberNumber>;

    /// The last 32 rounds of each cohort; `None` until the cohort is first reported on or swept.
    #[pallet::storage]
    pub type Histories<T: Config> = StorageMap<_, Twox64Concat, CohortId, History, OptionQuery>;

    /// How far the sweep is.
    #[pallet::storage]
    pub type Sweep<T: Config> = StorageValue<_, types::Sweep, ValueQuery>;

    /// What genesis decides. The first prober set comes from the session pallet's genesis.
    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// Parameters of the first round and those after it.
        pub params: types::Params,
        #[serde(skip)]
        #[doc(hidden)]
        pub _config: core::marker::PhantomData<T>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            Pallet::<T>::check_params(&self.params)
                .expect("genesis parameters of pallet-uptime are within their bounds");
            Pallet::<T>::initialize_rounds(self.params);
        }
    }

    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// Parameters were set; the running round keeps its own.
        ParamsSet {
            /// Those of the rounds to come.
            params: types::Params,
        },
        /// A round opened, and the one before it is over: no report on that one is taken any more, but those it got may still be
        /// uncounted.
        RoundOpened {
            /// Its number.
            round: RoundIndex,
            /// Its length in blocks, this one included.
            length: u32,
            /// Probers drawn for each cohort; a smaller set is drawn whole.
            committee_size: u32,
            /// What committees are drawn from.
            seed: H256,
            /// The set they are drawn of.
            prober_set: u32,
        },
        /// A member reported on its cohort. Whether it agrees with the others is not known yet.
        Reported {
            /// The running round.
            round: RoundIndex,
            /// The cohort.
            cohort: CohortId,
            /// Index of the member in the round's prober set.
            prober: u16,
        },
        /// A cohort's round was judged and credited.
        Tallied {
            /// The round, not always the running one.
            round: RoundIndex,
            /// The cohort.
            cohort: CohortId,
            /// Devices judged up.
            up: u32,
            /// Devices judged; excused ones are not among them.
            judged: u32,
            /// Reports counted.
            ballots: u32,
        },
        /// Consecutive rounds of a cohort had too few reports to judge by; its devices were credited as in their last covered
        /// round, which may have been nothing.
        Uncovered {
            /// The first of the rounds.
            round: RoundIndex,
            /// The cohort.
            cohort: CohortId,
            /// How many rounds, at least 1.
            rounds: u32,
        },
        /// A report was drawn for an audit. That says nothing about it: reports are drawn by chance.
        AuditDrawn {
            /// The report.
            report: ReportId,
            /// Who has to prove it.
            prober: ProberNumber,
            /// The lane it is drawn on.
            lane: Lane,
            /// The last block in which an answer is taken.
            deadline: BlockNumberFor<T>,
        },
        /// A prober answered an audit. If it is not proven, it is accused by an event of its own.
        AuditAnswered {
            /// The report.
            report: ReportId,
            /// Whose it is.
            prober: ProberNumber,
            /// Whether the answer proves it.
            proven: bool,
        },
        /// A prober is held to account. The slash is decided, but not yet reported to those who execute it.
        Accused {
            /// The prober.
            prober: ProberNumber,
            /// What it did.
            kind: Misconduct,
            /// The report that gave rise to it.
            report: ReportId,
            /// Epochs with offences that count, this one included.
            strikes: u32,
        },
        /// An offence was handed to those who slash. When, and whether, the slash is applied is theirs to say.
        OffenceReported {
            /// The validator.
            validator: T::AccountId,
            /// What it did.
            kind: Misconduct,
            /// Share of its stake, and of its nominators'.
            fraction: Perbill,
        },
    }

    #[pallet::error]
    pub enum Error<T> {
        /// A round has fewer blocks than it takes to fix the next one's seed in.
        RoundTooShort,
        /// A committee has no members.
        CommitteeEmpty,
        /// A committee has more members than the pallet can count.
        CommitteeTooLarge,
        /// The report, or the answer, was authorized in another state than this one: its time is over or its place is taken.
        Refused,
        /// Admission takes more rounds than are remembered.
        AdmissionTooLong,
        /// An audit could not be answered in time.
        AuditWindowTooShort,
        /// Evidence would have to be kept for longer than probers keep it, or more audits be open than can be.
        AuditWindowTooLong,
        /// Audits are so rare, or slashes so small, that a lie would gain more than it is expected to cost.
        LyingWouldPay,
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Sets the parameters of the rounds to come. The running round keeps its own.
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::set_params())]
        pub fn set_params(origin: OriginFor<T>, params: types::Params) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Ok(Self::do_set_params(params)?)
        }

        /// Takes one prober's report on one cohort for the running round. Feeless: it is authorized by the signature of a
        /// member of the cohort's committee over the report and this chain's genesis hash; see [`types::Refusal`].
        ///
        /// The first report of a round accounts what the cohort still has open from earlier rounds, and the last report of
        /// a committee tallies the running one.
        #[pallet::call_index(1)]
        #[pallet::weight(Pallet::<T>::max_report_weight())]
        #[pallet::authorize(|_source, report, signature| Pallet::<T>::authorize_report(report, signature))]
        #[pallet::weight_of_authorize(T::WeightInfo::authorize_report())]
        pub fn report(
            origin: OriginFor<T>,
            report: Box<Report>,
            // Checked when the call was authorized.
            _signature: ProberSignature,
        ) -> DispatchResultWithPostInfo {
            ensure_authorized(origin)?;
            let used = Self::take_report(*report)?;
            Ok(Some(used).into())
        }

        /// Takes a prober's answer to an audit of its report. Feeless: it is authorized by the signature of the audited prober,
        /// so that nobody else can answer for it; see [`types::Refusal`]. An answer that proves nothing is taken as well, and
        /// held against it.
        #[pallet::call_index(2)]
        #[pallet::weight(Pallet::<T>::max_answer_weight())]
        #[pallet::authorize(|_source, opening, signature| Pallet::<T>::authorize_answer(opening, signature))]
        #[pallet::weight_of_authorize(T::WeightInfo::authorize_answer(types::MAX_OPEN_AUDITS))]
        pub fn answer_audit(
            origin: OriginFor<T>,
            opening: Box<Opening>,
            // Checked when the call was authorized.
            _signature: ProberSignature,
        ) -> DispatchResultWithPostInfo {
            ensure_authorized(origin)?;
            let used = Self::take_answer(&opening)?;
            Ok(Some(used).into())
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn on_initialize(now: BlockNumberFor<T>) -> Weight {
            Self::tick(now)
        }

        fn on_idle(_now: BlockNumberFor<T>, remaining: Weight) -> Weight {
            let used = Self::report_offence_within(remaining);
            used.saturating_add(Self::sweep_within(remaining.saturating_sub(used)))
        }

        fn offchain_worker(now: BlockNumberFor<T>) {
            ocw::run::<T>(now)
        }

        fn integrity_test() {
            assert!(T::SeedLead::get() >= 1, "a seed is fixed at least one block before its round opens");
            assert!((1..=65_536).contains(&T::MaxProbers::get()), "a prober's index in its set is a u16");
            assert!(
                (1..=MAX_COMMITTEE).contains(&T::MaxCommittee::get()),
                "the tally counts committees of 1 to {MAX_COMMITTEE} members"
            );
            assert!(types::Params::default().admission_rounds <= HISTORY_ROUNDS, "admission looks at the history only");
            assert!(
                T::MaxSweepWeight::get().all_gte(Self::min_sweep_weight()),
                "the sweep may use enough weight to account at least one cohort"
            );
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }

    /// What a client may ask without knowing how it is stored.
    #[pallet::view_functions]
    impl<T: Config> Pallet<T> {
        /// Who probes a cohort in the running round, and whose reports are in.
        pub fn committee_of_cohort(cohort: CohortId) -> vouch_primitives::api::CommitteeInfo {
            Self::committee_of(cohort)
        }
    }
}
