#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
mod bonds;
mod cohort;
mod dispatchable_impls;
#[cfg(test)]
mod mock;
mod places;
mod prefixes;
mod queries;
mod registry_impls;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "std", feature = "try-runtime"))]
mod try_state;
mod types;
pub mod weights;

pub use cohort::{Absence, CohortPage};
pub use pallet::*;
pub use queries::Remembered;
pub use types::{BalanceOf, Class, ClassOf, Device, DeviceOf, Former, Maintenance, Params, ParamsOf, ROTATION_ROUNDS};
pub use weights::WeightInfo;

use polkadot_sdk::*;

/// Panics if the chain's constants contradict the data layout.
fn check_constants(max_classes: u32) {
    assert!((1..=256).contains(&max_classes), "MaxClasses is {max_classes}; a ClassId tells 1 to 256 classes apart");
}

/// The registry of devices.
#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use alloc::{string::String, vec::Vec};
    use frame_support::{pallet_prelude::*, traits::fungible};
    use frame_system::pallet_prelude::*;
    use sp_core::H256;
    use sp_runtime::{AccountId32, Permill};
    use vouch_primitives::{
        api::DeviceState,
        endpoint::Prefix,
        traits::{Attendance, Engagements, EpochClock, Ledger, RoundClock},
        ClassId, ClassWeight, CohortId, DeviceId, DeviceSignature, Endpoint, Lane, Place, RoundIndex,
    };

    const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

    /// The registry of devices.
    #[pallet::pallet]
    #[pallet::storage_version(STORAGE_VERSION)]
    pub struct Pallet<T>(_);

    /// Owners and the genesis hash are part of what device keys sign, so both have the one form that device software knows.
    #[pallet::config]
    pub trait Config: polkadot_sdk::frame_system::Config<AccountId: Into<AccountId32>, Hash: Into<H256>> {
        /// The chain's composite hold reason.
        type RuntimeHoldReason: From<HoldReason>;

        /// The chain's own token, in which devices are bonded for.
        type Currency: fungible::hold::Mutate<Self::AccountId, Reason = Self::RuntimeHoldReason>;

        /// May change classes and parameters.
        type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;

        /// Tells the running round.
        type Rounds: RoundClock;

        /// Tells the running epoch, which bounds maintenance.
        type Epochs: EpochClock;

        /// Pays what a place has earned when its device changes hands or leaves.
        type Ledger: Ledger<Self::AccountId>;

        /// Remembers whether devices answer. Is told, exactly once per tenant, that a place will be given to another device, and
        /// whenever a device moves to another address.
        type Tenancy: Attendance;

        /// Tells which devices owe something besides being up, and are not released before. Is told, exactly once per tenant, that
        /// a place will be given to another device.
        type Engagements: Engagements;

        /// Most classes; at most 256, which is what a [`ClassId`] counts.
        #[pallet::constant]
        type MaxClasses: Get<u32>;

        /// Most bytes of a class's name.
        #[pallet::constant]
        type MaxClassName: Get<u32>;

        /// Weights of the calls.
        type WeightInfo: WeightInfo;
    }

    /// Why tokens are held.
    #[pallet::composite_enum]
    pub enum HoldReason {
        /// Bond for registered devices: the sum over an account's devices.
        DeviceBond,
    }

    /// The class table, indexed by [`ClassId`]. It only grows.
    #[pallet::storage]
    pub type Classes<T: Config> = StorageValue<_, BoundedVec<ClassOf<T>, T::MaxClasses>, ValueQuery>;

    /// What governance sets for all devices.
    #[pallet::storage]
    pub type Parameters<T: Config> = StorageValue<_, ParamsOf<T>, ValueQuery>;

    /// Whether validators may be sent to loopback and private addresses. Set at genesis and by nothing else.
    #[pallet::storage]
    pub type PrivateEndpoints<T: Config> = StorageValue<_, bool, ValueQuery>;

    /// The registered devices, those that are leaving included.
    #[pallet::storage]
    pub type Devices<T: Config> = StorageMap<_, Blake2_128Concat, DeviceId, DeviceOf<T>>;

    /// How many devices are registered.
    #[pallet::storage]
    pub type DeviceCount<T: Config> = StorageValue<_, u32, ValueQuery>;

    /// The devices of an owner.
    #[pallet::storage]
    pub type DevicesOf<T: Config> =
        StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Blake2_128Concat, DeviceId, (), OptionQuery>;

    /// Which device sits in a lane of a cohort; `None` for vacant lanes.
    #[pallet::storage]
    pub type Tenants<T: Config> = StorageDoubleMap<_, Twox64Concat, CohortId, Twox64Concat, Lane, DeviceId>;

    /// What the tally needs to know of each cohort.
    #[pallet::storage]
    pub type Cohorts<T: Config> = StorageMap<_, Twox64Concat, CohortId, CohortPage, ValueQuery>;

    /// Places ever given out: the next one that was never used is `Place::nth(Opened)`.
    #[pallet::storage]
    pub type Opened<T: Config> = StorageValue<_, u32, ValueQuery>;

    /// The vacated places, a stack: entries 0 to [`VacantCount`] - 1. The one vacated last is reused first.
    #[pallet::storage]
    pub type Vacant<T: Config> = StorageMap<_, Twox64Concat, u32, Place>;

    /// Height of the stack [`Vacant`].
    #[pallet::storage]
    pub type VacantCount<T: Config> = StorageValue<_, u32, ValueQuery>;

    /// How many registered devices, those that are leaving included, have their endpoint in a block of addresses; blocks without
    /// devices have no entry.
    #[pallet::storage]
    pub type Prefixes<T: Config> = StorageMap<_, Blake2_128Concat, Prefix, u32, ValueQuery>;

    /// To whom a device is offered.
    #[pallet::storage]
    pub type Offers<T: Config> = StorageMap<_, Blake2_128Concat, DeviceId, T::AccountId>;

    /// Proofs of possession a key has spent: the nonce of its next one. Kept for ever, so that no proof counts twice.
    #[pallet::storage]
    pub type Proofs<T: Config> = StorageMap<_, Blake2_128Concat, DeviceId, u32, ValueQuery>;

    /// Sum of the bonds of all registered devices, in planck.
    #[pallet::storage]
    pub type BondedTotal<T: Config> = StorageValue<_, BalanceOf<T>, ValueQuery>;

    /// The registry's first state.
    #[pallet::genesis_config]
    pub struct GenesisConfig<T: Config> {
        /// The class table: name, weight in hundredths of a standard device, bond in planck.
        pub classes: Vec<(String, ClassWeight, BalanceOf<T>)>,
        /// See [`Params::release_delay`].
        pub release_delay: BlockNumberFor<T>,
        /// See [`Params::maintenance_rounds`].
        pub maintenance_rounds: u32,
        /// See [`Params::max_per_v4`].
        pub max_per_v4: u32,
        /// See [`Params::max_per_v6`].
        pub max_per_v6: u32,
        /// See [`Params::eviction_fee`].
        pub eviction_fee: Permill,
        /// Whether validators may be sent to loopback and private addresses: only on a network of one's own.
        pub allow_private_endpoints: bool,
    }

    impl<T: Config> Default for GenesisConfig<T> {
        /// No classes, only public addresses, and the default [`Params`].
        fn default() -> Self {
            let Params { release_delay, maintenance_rounds, max_per_v4, max_per_v6, eviction_fee } = Params::default();
            Self {
                classes: Vec::new(),
                release_delay,
                maintenance_rounds,
                max_per_v4,
                max_per_v6,
                eviction_fee,
                allow_private_endpoints: false,
            }
        }
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            let classes = self.classes.iter().map(|(name, weight, bond)| Class {
                name: name.as_bytes().to_vec().try_into().expect("genesis: a class's name exceeds MaxClassName"),
                weight: *weight,
                bond: *bond,
            });
            let classes = BoundedVec::try_from(classes.collect::<Vec<_>>());
            Classes::<T>::put(classes.expect("genesis: more classes than MaxClasses"));
            Parameters::<T>::put(Params {
                release_delay: self.release_delay,
                maintenance_rounds: self.maintenance_rounds,
                max_per_v4: self.max_per_v4,
                max_per_v6: self.max_per_v6,
                eviction_fee: self.eviction_fee,
            });
            PrivateEndpoints::<T>::put(self.allow_private_endpoints);
        }
    }

    /// What happened, complete enough to rebuild the registry from events alone.
    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A class was added or changed.
        ClassSet {
            /// Its index in the table.
            class: ClassId,
            /// Its name.
            name: BoundedVec<u8, T::MaxClassName>,
            /// Its weight, in hundredths of a standard device.
            weight: ClassWeight,
            /// The bond of devices registered from now on, in planck.
            bond: BalanceOf<T>,
        },
        /// The parameters were changed.
        ParamsSet {
            /// The new ones.
            params: ParamsOf<T>,
        },
        /// A device was registered. It is judged from the next round on.
        Registered {
            /// The device.
            device: DeviceId,
            /// Who bonds for it.
            owner: T::AccountId,
            /// Its class.
            class: ClassId,
            /// Its cohort and lane.
            place: Place,
            /// Where it answers; `None` if it publishes no address.
            endpoint: Option<Endpoint>,
            /// Who is paid for it; `None` is the owner.
            beneficiary: Option<T::AccountId>,
            /// Planck held from the owner.
            bond: BalanceOf<T>,
        },
        /// A device answers somewhere else from now on. If that is another address and not just another port, it is admitted anew.
        EndpointSet {
            /// The device.
            device: DeviceId,
            /// Where it answers; `None` if it publishes no address.
            endpoint: Option<Endpoint>,
        },
        /// Somebody else is paid for a device from now on, for what it earned before and was not claimed too.
        BeneficiarySet {
            /// The device.
            device: DeviceId,
            /// Who is paid for it; `None` is the owner.
            beneficiary: Option<T::AccountId>,
        },
        /// A device was offered to another account, or an offer was withdrawn. Ownership has not changed.
        Offered {
            /// The device.
            device: DeviceId,
            /// Who may accept; `None` if nobody may any more.
            to: Option<T::AccountId>,
        },
        /// A device changed hands. What it accrued in closed epochs was paid to the old owner's side; the points of the running
        /// epoch went with it. Its key did not change.
        Transferred {
            /// The device.
            device: DeviceId,
            /// Who had it.
            from: T::AccountId,
            /// Who has it, and is paid for it until a beneficiary is set.
            to: T::AccountId,
            /// Planck released to the former and held from the latter: what is left of its bond.
            bond: BalanceOf<T>,
        },
        /// A device goes by another key from now on. Its record, place, history and points are the same.
        KeyRotated {
            /// Its former id, which is free again.
            old: DeviceId,
            /// Its id.
            new: DeviceId,
            /// Whether a round of maintenance was spent on not judging it in the running round. `false` if the round was not
            /// judged anyway, or if none was left: then it is judged as it comes.
            charged: bool,
        },
        /// A maintenance window was declared. The round that ran then is judged as it comes.
        Paused {
            /// The device.
            device: DeviceId,
            /// The first round in which it is not judged.
            from: RoundIndex,
            /// The first round in which it is judged again.
            until: RoundIndex,
        },
        /// A maintenance window was cut short, or taken back before it began. The running round stays what it was.
        Resumed {
            /// The device.
            device: DeviceId,
            /// The first round in which it is judged again.
            from: RoundIndex,
        },
        /// A device was deregistered: it is not judged any more, keeps its place and its bond stays held.
        Deregistered {
            /// The device.
            device: DeviceId,
            /// The block from which it can be released.
            release_at: BlockNumberFor<T>,
        },
        /// A device is gone and its place vacant.
        Released {
            /// The device.
            device: DeviceId,
            /// Who had it.
            owner: T::AccountId,
            /// The place that is vacant now.
            place: Place,
            /// Planck released to the owner.
            bond: BalanceOf<T>,
        },
        /// A device that never answered at its address is gone and its place vacant. It may have answered at another one before.
        Evicted {
            /// The device.
            device: DeviceId,
            /// Who had it.
            owner: T::AccountId,
            /// The place that is vacant now.
            place: Place,
            /// Planck that were held from the owner.
            bond: BalanceOf<T>,
            /// Planck of these that were paid to whoever had it evicted, 0 if that account could not receive so little. The rest
            /// was released to the owner.
            fee: BalanceOf<T>,
            /// Who had it evicted; may be the owner.
            by: T::AccountId,
        },
        /// Part of what is held for a device was burnt, for something that it did wrong. It stays registered.
        Fined {
            /// The device.
            device: DeviceId,
            /// From whose tokens it was taken: who bonds for it now. When it did wrong it may have been somebody else's.
            owner: T::AccountId,
            /// Planck burnt.
            amount: BalanceOf<T>,
            /// Planck still held for it.
            bond: BalanceOf<T>,
        },
        /// A device's bond was restored to what its class asks for.
        ToppedUp {
            /// The device.
            device: DeviceId,
            /// Who bonds for it.
            owner: T::AccountId,
            /// Planck held in addition.
            amount: BalanceOf<T>,
            /// Planck held for it now.
            bond: BalanceOf<T>,
        },
    }

    /// Why a call was refused.
    #[pallet::error]
    pub enum Error<T> {
        /// There is no class of this index.
        UnknownClass,
        /// The class table is full.
        TooManyClasses,
        /// Validators must not be sent to this address: not global unicast, or port 0.
        EndpointNotAllowed,
        /// The device is registered already.
        AlreadyRegistered,
        /// No such device is registered.
        NotFound,
        /// The device belongs to somebody else.
        NotOwner,
        /// The proof is not the device key's signature for this chain, this owner and the key's next nonce.
        BadProof,
        /// The key has spent as many proofs as can be counted.
        ProofsExhausted,
        /// As many places are open as can be counted, and none is vacant.
        NoPlaceLeft,
        /// The owner's free balance does not cover the bond.
        BondUnavailable,
        /// The device is deregistered and cannot be changed any more.
        Leaving,
        /// The device is not deregistered.
        NotLeaving,
        /// The release delay is not over.
        TooEarly,
        /// The device has points in an epoch that is still running, whose worth is known when it closes, or something of what it
        /// earned is held back.
        NotSettled,
        /// The device has begun something for which its bond has to stay.
        Engaged,
        /// The device is not offered, or not to this account.
        NotOffered,
        /// The device belongs to this account already.
        OfferedToOwner,
        /// A maintenance window of no rounds.
        NoRounds,
        /// Maintenance is declared for rounds to come already.
        AlreadyPaused,
        /// No maintenance is declared for the rounds to come.
        NotPaused,
        /// The device has not that many rounds of maintenance left in this epoch.
        MaintenanceExhausted,
        /// As many devices as may be are in the endpoint's IPv4 /24 or IPv6 /48.
        PrefixFull,
        /// The device publishes no endpoint, so that nobody expects it to answer.
        NoEndpoint,
        /// The device has answered at its address, or has not been silent for long enough.
        StillExpected,
        /// The device's key was changed fewer than [`ROTATION_ROUNDS`] rounds ago.
        RotatedRecently,
        /// As much is held for the device as its class asks for, or more.
        BondFull,
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn integrity_test() {
            check_constants(T::MaxClasses::get());
        }

        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Changes class `class`, or appends one if `class` is the length of the table.
        ///
        /// Origin: `AdminOrigin`. The weight counts for all devices of the class at once, the bond for devices registered from
        /// now on.
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::set_class())]
        pub fn set_class(
            origin: OriginFor<T>,
            class: ClassId,
            name: BoundedVec<u8, T::MaxClassName>,
            weight: ClassWeight,
            bond: BalanceOf<T>,
        ) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Self::do_set_class(class, Class { name, weight, bond })
        }

        /// Changes the parameters, see [`Params`]. Devices that are leaving, windows that are declared and devices in blocks of
        /// addresses that would be too full now are not affected.
        ///
        /// Origin: `AdminOrigin`.
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::set_params())]
        pub fn set_params(origin: OriginFor<T>, params: ParamsOf<T>) -> DispatchResult {
            T::AdminOrigin::ensure_origin(origin)?;
            Parameters::<T>::put(params);
            Self::deposit_event(Event::ParamsSet { params });
            Ok(())
        }

        /// Registers `device` to the caller, holds the class's bond and gives it a place. It is judged from the next round on.
        ///
        /// `proof` is the device's signature of [`vouch_primitives::probe::registration_payload`].
        ///
        /// Origin: signed, by the owner to be.
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::register())]
        pub fn register(
            origin: OriginFor<T>,
            device: DeviceId,
            class: ClassId,
            endpoint: Option<Endpoint>,
            beneficiary: Option<T::AccountId>,
            proof: DeviceSignature,
        ) -> DispatchResult {
            let owner = ensure_signed(origin)?;
            Self::do_register(owner, device, class, endpoint, beneficiary, proof)
        }

        /// Says where a device answers; `None` for a device that publishes no address. At another address, though not at another
        /// port, it is admitted anew.
        ///
        /// Origin: signed, by the owner.
        #[pallet::call_index(3)]
        #[pallet::weight(T::WeightInfo::set_endpoint())]
        pub fn set_endpoint(origin: OriginFor<T>, device: DeviceId, endpoint: Option<Endpoint>) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_set_endpoint(who, device, endpoint)
        }

        /// Says who is paid for a device, for everything not claimed yet too; `None` is the owner.
        ///
        /// Origin: signed, by the owner.
        #[pallet::call_index(4)]
        #[pallet::weight(T::WeightInfo::set_beneficiary())]
        pub fn set_beneficiary(
            origin: OriginFor<T>,
            device: DeviceId,
            beneficiary: Option<T::AccountId>,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_set_beneficiary(who, device, beneficiary)
        }

        /// Offers a device to `to`, in place of any offer before; `None` withdraws the offer.
        ///
        /// Origin: signed, by the owner.
        #[pallet::call_index(5)]
        #[pallet::weight(T::WeightInfo::offer())]
        pub fn offer(origin: OriginFor<T>, device: DeviceId, to: Option<T::AccountId>) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_offer(who, device, to)
        }

        /// Takes over a device that is offered to the caller, and its bond.
        ///
        /// What it accrued in closed epochs is paid to the old owner's side. The points of the running epoch go with the device.
        /// So does its key: whoever had the device may still know it, so rotate it. That has to wait if it was changed just before.
        ///
        /// Origin: signed, by whom it is offered to.
        #[pallet::call_index(6)]
        #[pallet::weight(T::WeightInfo::accept())]
        pub fn accept(origin: OriginFor<T>, device: DeviceId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_accept(who, device)
        }

        /// Gives a device another key. Its record, place, history and points stay; an offer is withdrawn. Probers may have asked
        /// the old key in the running round: a round of the epoch's maintenance is spent on not judging it. If none is left, the
        /// round is judged as it comes. The next change is allowed in [`ROTATION_ROUNDS`] rounds.
        ///
        /// `proof` is the signature of [`vouch_primitives::probe::rotation_payload`] by the *new* key.
        ///
        /// Origin: signed, by the owner.
        #[pallet::call_index(7)]
        #[pallet::weight(T::WeightInfo::rotate_key())]
        pub fn rotate_key(
            origin: OriginFor<T>,
            device: DeviceId,
            new: DeviceId,
            proof: DeviceSignature,
        ) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_rotate_key(who, device, new, proof)
        }

        /// Declares maintenance: the device is not judged in the `rounds` rounds after the running one, which is judged as it
        /// comes. They are charged to the budget of the running epoch, even those that are in the next. In the last round of a
        /// window, another can be declared that goes on from it.
        ///
        /// Origin: signed, by the owner.
        #[pallet::call_index(8)]
        #[pallet::weight(T::WeightInfo::pause())]
        pub fn pause(origin: OriginFor<T>, device: DeviceId, rounds: u32) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_pause(who, device, rounds)
        }

        /// Ends maintenance early, or takes back what has not begun: the device is judged from the next round on. The rounds that
        /// remained can be declared again in the epoch they were charged to.
        ///
        /// Origin: signed, by the owner.
        #[pallet::call_index(9)]
        #[pallet::weight(T::WeightInfo::resume())]
        pub fn resume(origin: OriginFor<T>, device: DeviceId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_resume(who, device)
        }

        /// Ends a device's service: from the running round on it is not judged. What it accrued is paid, and the release delay
        /// begins.
        ///
        /// Origin: signed, by the owner.
        #[pallet::call_index(10)]
        #[pallet::weight(T::WeightInfo::deregister())]
        pub fn deregister(origin: OriginFor<T>, device: DeviceId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_deregister(who, device)
        }

        /// Releases a deregistered device's bond to its owner, pays the rest of what it earned and vacates its place.
        ///
        /// Origin: signed, by anyone, once the release delay is over and the epoch of its last points closed.
        #[pallet::call_index(11)]
        #[pallet::weight(T::WeightInfo::release())]
        pub fn release(origin: OriginFor<T>, device: DeviceId) -> DispatchResult {
            ensure_signed(origin)?;
            Self::do_release(device)
        }

        /// Removes a device that publishes an endpoint, never answered there and is not asked any more. Its place is vacated at once
        /// and its bond released to the owner, less [`Params::eviction_fee`], which is the caller's.
        ///
        /// Origin: signed, by anyone, also the owner.
        #[pallet::call_index(12)]
        #[pallet::weight(T::WeightInfo::evict())]
        pub fn evict(origin: OriginFor<T>, device: DeviceId) -> DispatchResult {
            let by = ensure_signed(origin)?;
            Self::do_evict(by, device)
        }

        /// Restores a device's bond, of which part was burnt or for whose class more is asked by now, to what its class asks
        /// for today.
        ///
        /// Origin: signed, by the owner.
        #[pallet::call_index(13)]
        #[pallet::weight(T::WeightInfo::top_up())]
        pub fn top_up(origin: OriginFor<T>, device: DeviceId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_top_up(who, device)
        }
    }

    /// What a client may ask without knowing how it is stored.
    #[pallet::view_functions]
    impl<T: Config> Pallet<T> {
        /// What a device is doing; `None` if it is not registered.
        pub fn state_of_device(device: DeviceId) -> Option<DeviceState<BlockNumberFor<T>>> {
            Self::state(&device)
        }

        /// The devices of `owner` that follow `after` in storage order, at most `limit` and never more than 1,000.
        pub fn devices_of_owner(owner: T::AccountId, after: Option<DeviceId>, limit: u32) -> Vec<DeviceId> {
            Self::devices_of(&owner, after, limit)
        }

        /// Proofs of possession a key has spent: the nonce of its next one. Answers for any key.
        pub fn nonce_of_device(device: DeviceId) -> u32 {
            Self::proof_nonce(&device)
        }
    }
}
