#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
mod ocw;
mod reports;
mod rounds;
mod session;
mod settle;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "try-runtime", test))]
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
    use frame_support::{pallet_prelude::*, traits::Randomness};
    use frame_system::{offchain::CreateAuthorizedTransaction, pallet_prelude::*};
    use sp_core::H256;
    use vouch_primitives::{
        history::History,
        prober::{ProberId, ProberSignature},
        report::Report,
        tally::MAX_COMMITTEE,
        traits::{Contributions, DeviceRegistry, OnRoundClosed},
        CohortId, RoundIndex,
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

        /// Where the points go.
        type Contributions: Contributions;

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
    pub type ProberSets<T: Config> = StorageMap<_, Twox64Concat, u32, BoundedVec<ProberId, T::MaxProbers>, ValueQuery>;

    /// The last reports on each cohort. Kept after they are counted, until the first report of a later round.
    #[pallet::storage]
    pub type Reports<T: Config> =
        StorageMap<_, Twox64Concat, CohortId, types::RoundReports<T::MaxCommittee>, OptionQuery>;

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
    }

    #[pallet::error]
    pub enum Error<T> {
        /// A round has fewer blocks than it takes to fix the next one's seed in.
        RoundTooShort,
        /// A committee has no members.
        CommitteeEmpty,
        /// A committee has more members than the pallet can count.
        CommitteeTooLarge,
        /// The report was authorized in another state than this one: its round is over or its place is taken.
        Refused,
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Sets the parameters of the rounds to come. The running round keeps its own.
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::set_params())]
        pub fn set_params(origin: OriginFor<T>, params: types::Params) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::check_params(&params)?;
            Params::<T>::put(params);
            Self::deposit_event(Event::ParamsSet { params });
            Ok(())
        }

        /// Takes one prober's report on one cohort for the running round. Feeless: it is authorized by the signature of a
        /// member of the cohort's committee over the report and this chain's genesis hash; see [`types::Refusal`].
        ///
        /// The first report of a round accounts what the cohort still has open from earlier rounds, and the last report of
        /// a committee tallies the running one.
        #[pallet::call_index(1)]
        #[pallet::weight(Pallet::<T>::max_report_weight())]
        #[pallet::authorize(|_source, report, signature| Pallet::<T>::authorize_report(report, signature))]
        #[pallet::weight_of_authorize(T::WeightInfo::authorize_report(T::MaxProbers::get()))]
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
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn on_initialize(now: BlockNumberFor<T>) -> Weight {
            Self::tick(now)
        }

        fn on_idle(_now: BlockNumberFor<T>, remaining: Weight) -> Weight {
            Self::sweep_within(remaining)
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
}
