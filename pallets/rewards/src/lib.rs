#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod dispatchable_impls;
mod epochs;
mod ledger;
#[cfg(test)]
mod mock;
mod queries;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
mod types;
pub mod weights;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

use polkadot_sdk::*;

/// Target of everything this pallet logs.
pub(crate) const LOG_TARGET: &str = "runtime::rewards";

/// Declares what the pallet stores, tells and accepts; see the crate's documentation.
#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use frame_support::{
        pallet_prelude::*,
        traits::fungible::{Inspect, Mutate},
        PalletId,
    };
    use frame_system::pallet_prelude::*;
    use sp_runtime::traits::{AccountIdConversion, Zero};
    use vouch_primitives::{traits::DeviceRegistry, CohortId, DeviceId, EpochIndex, Place};

    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    /// The ledger of what devices earn.
    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    /// What the pallet asks of its runtime.
    #[pallet::config]
    pub trait Config: polkadot_sdk::frame_system::Config {
        /// The token that is minted and paid.
        type Currency: Mutate<Self::AccountId>;

        /// Who may change the parameters.
        type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

        /// Tells where a device sits and who is paid for it.
        type Registry: DeviceRegistry<AccountId = Self::AccountId>;

        /// Names the pot: the account that holds everything minted and not yet paid.
        #[pallet::constant]
        type PalletId: Get<PalletId>;

        /// Receives [`vouch_primitives::emission::Split::treasury`]. Must not be the pot.
        type Treasury: Get<Self::AccountId>;

        /// Most devices that one claim may name; at least 1.
        #[pallet::constant]
        type MaxClaims: Get<u32>;

        /// What calls and hooks cost.
        type WeightInfo: WeightInfo;

        /// Fills the registry for benchmarks.
        #[cfg(feature = "runtime-benchmarks")]
        type BenchmarkHelper: vouch_primitives::traits::RegistryBenchmarkHelper;
    }

    /// An amount of [`Config::Currency`], in planck.
    pub type BalanceOf<T> = <<T as Config>::Currency as Inspect<<T as frame_system::Config>::AccountId>>::Balance;

    /// The parameters that the next epoch will run with; those of the running one are in [`Epoch`].
    #[pallet::storage]
    pub type Params<T: Config> = StorageValue<_, EpochParamsOf<T>, ValueQuery>;

    /// The running epoch.
    #[pallet::storage]
    pub type Epoch<T: Config> = StorageValue<_, RunningEpochOf<T>, ValueQuery>;

    /// What became of every planck minted.
    #[pallet::storage]
    pub type Books<T: Config> = StorageValue<_, BookOf<T>, ValueQuery>;

    /// Planck that one point of a closed epoch is worth; `None` for epochs that have not closed.
    ///
    /// Kept for ever, 20 bytes an epoch: a cohort may be touched again after any number of epochs.
    #[pallet::storage]
    pub type Rates<T: Config> = StorageMap<_, Twox64Concat, EpochIndex, BalanceOf<T>>;

    /// Points of a cohort in the epoch that its page is tagged with; `None` if no lane has any. Points of a closed epoch are
    /// turned into [`Accrued`] planck when the cohort is next credited or paid.
    #[pallet::storage]
    pub type PointsPages<T: Config> = StorageMap<_, Twox64Concat, CohortId, PointsPage>;

    /// Planck of closed epochs that a cohort has not been paid; `None` if no lane has any.
    #[pallet::storage]
    pub type Accrued<T: Config> = StorageMap<_, Twox64Concat, CohortId, AccruedPageOf<T>>;

    /// What a new chain starts with.
    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// The parameters of the first epoch and of those after it.
        pub params: EpochParamsOf<T>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        /// Opens the first epoch and gives the pot the existential deposit, which it never pays out: without it the pot could
        /// not hold a small amount, and paying its last planck would destroy what is left. So the runtime has to declare the
        /// currency's pallet before this one.
        fn build(&self) {
            if let Err(error) = Pallet::<T>::ensure_valid(&self.params) {
                panic!("the genesis parameters of the rewards pallet are refused: {error:?}");
            }
            Params::<T>::put(self.params);
            Epoch::<T>::put(RunningEpoch::first(self.params));
            let pot = Pallet::<T>::pot();
            if T::Currency::total_balance(&pot).is_zero() {
                let endowed = T::Currency::mint_into(&pot, T::Currency::minimum_balance());
                assert!(endowed.is_ok(), "the pot of the rewards pallet cannot be endowed: {endowed:?}");
            }
        }
    }

    /// What the pallet tells.
    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// An epoch is over and the points earned in it have a price. No device has been paid by this.
        EpochClosed {
            /// The epoch.
            epoch: EpochIndex,
            /// Planck minted: the epoch's emission, or zero if the token's issuance had no room for it.
            minted: BalanceOf<T>,
            /// Points of all devices. Those of a round that was tallied late are in the epoch that was running then.
            total_points: u64,
            /// Planck per point.
            rate: BalanceOf<T>,
            /// Planck that went to the treasury, with what it could not take before.
            treasury: BalanceOf<T>,
        },
        /// What a device had accrued was paid because somebody claimed it, in one transfer with the other devices that the
        /// same claim pays to the same account.
        Claimed {
            /// The device.
            device: DeviceId,
            /// Who was paid.
            to: T::AccountId,
            /// Planck accrued in closed epochs. Points of the running epoch are not in it.
            amount: BalanceOf<T>,
        },
        /// What a place had accrued was paid because its device changes hands or leaves.
        PaidOut {
            /// The place.
            place: Place,
            /// Who was paid.
            to: T::AccountId,
            /// Planck accrued in closed epochs. Points of the running epoch are not in it.
            amount: BalanceOf<T>,
        },
        /// The parameters of the next epoch were set. The running epoch goes on as it began.
        ParamsSet {
            /// The parameters.
            params: EpochParamsOf<T>,
        },
    }

    /// Why something is refused.
    #[pallet::error]
    pub enum Error<T> {
        /// No device with this id is registered.
        UnknownDevice,
        /// None of the devices has anything that can be paid now.
        NothingAccrued,
        /// The payee's account does not exist and the amount is too small to create it.
        BelowExistentialDeposit,
        /// The place has points in the running epoch, whose worth is known only when it closes.
        EpochRunning,
        /// The shares of the split do not add up to one.
        SplitNotWhole,
        /// An epoch needs at least one round.
        NoRounds,
        /// A device could earn more points in an epoch of so many rounds than can be counted.
        EpochTooLong,
        /// The token's issuance has no room for a single epoch of this emission.
        EmissionOverflows,
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        #[cfg(feature = "std")]
        fn integrity_test() {
            assert!(!T::MaxClaims::get().is_zero(), "`MaxClaims` is zero: nobody could claim anything");
            assert!(T::Treasury::get() != Self::pot(), "`Treasury` is the pot: its share would be nobody's");
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }

    /// What anyone, or the administration, may ask for.
    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Pays what `devices` accrued in closed epochs to whom their owners chose.
        ///
        /// Anyone may call it, for any devices; the caller pays the fee and gains nothing. Devices of one payee are paid in one
        /// transfer. A device named twice is paid once, one that has nothing is passed over. All or nothing: refused as a whole
        /// if any device is unknown, if none has anything, or if the account of any payee cannot be created with its amount.
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::claim(devices.len() as u32))]
        pub fn claim(origin: OriginFor<T>, devices: BoundedVec<DeviceId, T::MaxClaims>) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_claim(&devices)
        }

        /// Sets the parameters of the next epoch and those after it. The running epoch goes on as it began.
        ///
        /// The emission continues from the running epoch's amount by the new curve; if the curve's initial amount differs from
        /// the running epoch's, the curve starts anew with it.
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::set_params())]
        pub fn set_params(origin: OriginFor<T>, params: EpochParamsOf<T>) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::do_set_params(params)
        }
    }

    impl<T: Config> Pallet<T> {
        /// The account that holds everything minted and not yet paid, and the existential deposit besides.
        pub fn pot() -> T::AccountId {
            T::PalletId::get().into_account_truncating()
        }
    }
}
