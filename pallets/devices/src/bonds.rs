//! What is held from owners: the one door to it, and what those may do who make devices answer for what they say.

use crate::{BalanceOf, BondedTotal, Config, Device, Devices, Error, Event, HoldReason, Pallet, Tenants};
use polkadot_sdk::*;

use frame_support::{
    defensive,
    traits::{
        fungible::hold::Mutate,
        tokens::{Fortitude, Precision, Restriction},
    },
};
use sp_runtime::{
    traits::{Saturating, Zero},
    DispatchResult,
};
use vouch_primitives::{
    api::DeviceState,
    traits::{Bonded, Bonds},
    DeviceId, Place,
};

impl<T: Config> Pallet<T> {
    /// Holds `bond` from `owner`.
    pub(crate) fn hold_bond(owner: &T::AccountId, bond: BalanceOf<T>) -> DispatchResult {
        if bond.is_zero() {
            return Ok(());
        }
        Ok(T::Currency::hold(&HoldReason::DeviceBond.into(), owner, bond).map_err(|_| Error::<T>::BondUnavailable)?)
    }

    /// Gives `bond`, of what is held from `owner`, back.
    pub(crate) fn release_bond(owner: &T::AccountId, bond: BalanceOf<T>) -> DispatchResult {
        if bond.is_zero() {
            return Ok(());
        }
        let released = T::Currency::release(&HoldReason::DeviceBond.into(), owner, bond, Precision::Exact);
        if released.is_err() {
            defensive!("nothing but this pallet holds or releases device bonds");
        }
        released.map(|_| ())
    }

    /// Pays `amount` of what is held from `owner` to `to`, and returns what was paid: all of it, or nothing if so little cannot
    /// exist in the account of `to`. What an owner has frozen is no shelter.
    pub(crate) fn pay_from_bond(owner: &T::AccountId, to: &T::AccountId, amount: BalanceOf<T>) -> BalanceOf<T> {
        if amount.is_zero() {
            return amount;
        }
        let reason = HoldReason::DeviceBond.into();
        T::Currency::transfer_on_hold(&reason, owner, to, amount, Precision::Exact, Restriction::Free, Fortitude::Force)
            .unwrap_or_default()
    }

    /// Burns `amount` of what is held from `owner`, and returns what was burnt: all of it. What an owner has frozen is no shelter.
    fn burn_bond(owner: &T::AccountId, amount: BalanceOf<T>) -> BalanceOf<T> {
        let reason = HoldReason::DeviceBond.into();
        let burnt = T::Currency::burn_held(&reason, owner, amount, Precision::Exact, Fortitude::Force);
        if burnt.is_err() {
            defensive!("nothing but this pallet holds or releases device bonds");
        }
        burnt.unwrap_or_default()
    }
}

impl<T: Config> Bonds for Pallet<T> {
    type AccountId = T::AccountId;
    type Balance = BalanceOf<T>;

    fn at(place: Place) -> Option<DeviceId> {
        Tenants::<T>::get(place.cohort, place.lane)
    }

    fn bonded(device: &DeviceId) -> Option<Bonded<T::AccountId, BalanceOf<T>>> {
        let record = Devices::<T>::get(device)?;
        let class_bond = Self::class(record.class)?.bond;
        let active = Self::state_of(record.place, record.leaving) == DeviceState::Active;
        let Device { place, class, bond, .. } = record;
        Some(Bonded { payee: record.payee().clone(), owner: record.owner, place, class, active, bond, class_bond })
    }

    fn fine(device: &DeviceId, amount: BalanceOf<T>) -> BalanceOf<T> {
        let Some(record) = Devices::<T>::get(device) else { return Zero::zero() };
        let amount = amount.min(record.bond);
        if amount.is_zero() {
            return amount;
        }
        let burnt = Self::burn_bond(&record.owner, amount);
        let (owner, bond) = (record.owner.clone(), record.bond.saturating_sub(burnt));
        BondedTotal::<T>::mutate(|total| total.saturating_reduce(burnt));
        Devices::<T>::insert(device, Device { bond, ..record });
        Self::deposit_event(Event::Fined { device: device.clone(), owner, amount: burnt, bond });
        burnt
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn register_for_benchmark(n: u32, device: &DeviceId) {
        crate::benchmarking::register::<T>(n, device)
    }
}
