#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod deterrence;
mod dispatchable_impls;
mod epochs;
mod holding;
mod ledger;
#[cfg(test)]
mod mock;
mod pages;
mod queries;
mod staking_payout;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
mod types;
pub mod weights;

pub use deterrence::MostGain;
pub use holding::{Holding, Period};
pub use pages::*;
pub use pallet::*;
pub use staking_payout::BurnFromPot;
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
    use vouch_primitives::{
        api::{PendingReward, PoolStatus},
        deterrence::is_deterred,
        traits::{DeviceRegistry, ProberDirectory},
        CohortId, DeviceId, EpochIndex, Place,
    };

    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    /// The ledger of what devices and probers earn.
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

        /// Tells which validator a prober is, and what a lie costs it.
        type Probers: ProberDirectory<Self::AccountId>;

        /// The least that a requester pays for a point of work that is credited here, in planck, to every device that proves it.
        type WorkPrice: Get<u128>;

        /// Names the pot: the account that holds everything minted and not yet paid.
        #[pallet::constant]
        type PalletId: Get<PalletId>;

        /// Receives [`vouch_primitives::emission::Split::treasury`]. Must not be the pot.
        type Treasury: Get<Self::AccountId>;

        /// Most devices or validators that one claim may name; at least 1.
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

    /// On what terms a pool's points of a closed epoch become planck; `None` for epochs that have not closed.
    ///
    /// Kept for ever, about 120 bytes an epoch: a page may be touched again after any number of epochs.
    #[pallet::storage]
    pub type Rates<T: Config> = StorageDoubleMap<_, Twox64Concat, Pool, Twox64Concat, EpochIndex, TermsOf<T>>;

    /// Points of a page, by pool and number, in the epoch that it is tagged with; `None` if no lane has any. Points of a closed
    /// epoch are turned into planck when the page is next credited or paid.
    #[pallet::storage]
    pub type PointsPages<T: Config> = StorageDoubleMap<_, Twox64Concat, Pool, Twox64Concat, u32, PointsPage>;

    /// Points of a cohort in the last epoch of which they were turned into planck; `None` if no lane has any. Nothing that pays
    /// reads it: it is kept so that a device can be told what it was paid for.
    #[pallet::storage]
    pub type SettledPages<T: Config> = StorageMap<_, Twox64Concat, CohortId, PointsPage>;

    /// Planck of closed epochs that a page, by pool and number, has not been paid; `None` if no lane has any.
    #[pallet::storage]
    pub type Accrued<T: Config> = StorageDoubleMap<_, Twox64Concat, Pool, Twox64Concat, u32, AccruedPageOf<T>>;

    /// Planck of closed epochs that are held back of a cohort; `None` if there are none. What is released has accrued, and is
    /// moved when the page is next settled or paid.
    #[pallet::storage]
    pub type Held<T: Config> = StorageMap<_, Twox64Concat, CohortId, HeldPageOf<T>>;

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
        /// currency's pallet before this one, and those of probers and of work too: what a lie costs, and what work costs, have to
        /// be known.
        fn build(&self) {
            if let Err(error) = Pallet::<T>::ensure_valid(&self.params) {
                panic!("the genesis parameters of the rewards pallet are refused: {error:?}");
            }
            Params::<T>::put(self.params);
            Epoch::<T>::put(RunningEpoch::first(self.params));
            let (penalty, gain) = (T::Probers::expected_penalty(), Pallet::<T>::most_gain());
            assert!(
                is_deterred(penalty, gain),
                "lying would pay: under the genesis parameters a report can gain {gain} planck by lying, and is expected to lose \
                 {penalty}"
            );
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
            /// Points of all devices for uptime. Those of a round that was tallied late are in the epoch that was running then.
            total_points: u64,
            /// Planck per point of uptime.
            rate: BalanceOf<T>,
            /// Planck that went to the treasury, with what it could not take before, what was forfeited, and what no pool may
            /// carry over.
            treasury: BalanceOf<T>,
            /// Points of all probers.
            probing_points: u64,
            /// Planck per point of a prober.
            probing_rate: BalanceOf<T>,
            /// Points of all devices for work. Those of work that was settled late are in the epoch that was running then.
            work_points: u64,
            /// Planck per point of work; never more than the epoch's parameters allow.
            work_rate: BalanceOf<T>,
        },
        /// What a device had accrued was paid because somebody claimed it, in one transfer with the other devices that the
        /// same claim pays to the same account.
        Claimed {
            /// The device.
            device: DeviceId,
            /// Who was paid.
            to: T::AccountId,
            /// Planck accrued in closed epochs. What is still held back and points of the running epoch are not in it.
            amount: BalanceOf<T>,
            /// Planck of `amount` that were earned by work. What requesters paid at once is not in it.
            work: BalanceOf<T>,
        },
        /// What a validator had accrued by probing was paid to it because somebody claimed it.
        ProbingClaimed {
            /// The validator.
            validator: T::AccountId,
            /// Planck accrued in closed epochs. Points of the running epoch are not in it.
            amount: BalanceOf<T>,
        },
        /// A device was found to be a fraud, and what was held back for it is the treasury's, which is paid when the running
        /// epoch closes. What it had accrued and its points of the running epoch are not touched.
        Forfeited {
            /// The device.
            device: DeviceId,
            /// Planck of closed epochs.
            amount: BalanceOf<T>,
        },
        /// What a place had accrued was paid because its device changes hands or leaves.
        PaidOut {
            /// The place.
            place: Place,
            /// Who was paid.
            to: T::AccountId,
            /// Planck accrued in closed epochs. What is still held back and points of the running epoch are not in it.
            amount: BalanceOf<T>,
            /// Planck of `amount` that were earned by work. What requesters paid at once is not in it.
            work: BalanceOf<T>,
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
        /// The account was never among a session's validators.
        UnknownProber,
        /// None of those named has anything that can be paid now.
        NothingAccrued,
        /// The payee's account does not exist and the amount is too small to create it.
        BelowExistentialDeposit,
        /// The place has points in the running epoch, whose worth is known only when it closes.
        EpochRunning,
        /// Something of what the place earned is held back as security.
        HeldBack,
        /// Nothing is held back for the device.
        NothingHeld,
        /// The shares of the split do not add up to one.
        SplitNotWhole,
        /// An epoch needs at least one round.
        NoRounds,
        /// A device could earn more points in an epoch of so many rounds than can be counted.
        EpochTooLong,
        /// What is held back has to be held for at least one epoch.
        NoHoldingEpochs,
        /// The token's issuance has no room for a single epoch of this emission.
        EmissionOverflows,
        /// A report could gain more by lying than its prober is expected to lose by it.
        LyingWouldPay,
        /// A point of work could be worth so much that somebody gains by paying for work that its own devices do.
        WorkWouldPayItself,
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
        /// Pays what `devices` accrued in closed epochs, for uptime and by work, to whom their owners chose. What is held back
        /// stays.
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
        /// the running epoch's, the curve starts anew with it. Refused if under them lying would pay, or work would pay whoever
        /// pays for it.
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::set_params())]
        pub fn set_params(origin: OriginFor<T>, params: EpochParamsOf<T>) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::do_set_params(params)
        }

        /// Pays to each of `validators` what it accrued in closed epochs by probing.
        ///
        /// Anyone may call it, for any validators; the caller pays the fee and gains nothing. A validator named twice is paid
        /// once, one that has nothing is passed over. All or nothing: refused as a whole if any was never among a session's validators, if none has
        /// anything, or if the account of any cannot be created with its amount.
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::claim_probing(validators.len() as u32))]
        pub fn claim_probing(
            origin: OriginFor<T>,
            validators: BoundedVec<T::AccountId, T::MaxClaims>,
        ) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_claim_probing(&validators)
        }

        /// Leaves what is held back for a device that was proven to be a fraud to the treasury.
        #[pallet::call_index(3)]
        #[pallet::weight(T::WeightInfo::forfeit())]
        pub fn forfeit(origin: OriginFor<T>, device: DeviceId) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::do_forfeit(device)
        }
    }

    impl<T: Config> Pallet<T> {
        /// The account that holds everything minted and not yet paid, and the existential deposit besides.
        pub fn pot() -> T::AccountId {
            T::PalletId::get().into_account_truncating()
        }
    }

    /// What a client may ask without knowing how it is stored.
    #[pallet::view_functions]
    impl<T: Config> Pallet<T> {
        /// What the device in a place has earned for uptime and by work, and not been paid.
        pub fn pending_at(place: Place) -> [PendingReward<BalanceOf<T>>; 2] {
            [Self::pending(place), Self::pending_work(place)]
        }

        /// What the running epoch divides of a pool, among how many points, and what a point is likely to be worth.
        pub fn status_of_pool(pool: Pool) -> PoolStatus<BalanceOf<T>> {
            Self::pool_status(pool)
        }
    }
}
