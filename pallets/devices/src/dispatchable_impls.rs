//! What users trigger: the bodies of the calls.

use crate::{
    BondedTotal, Class, ClassOf, Classes, Cohorts, Config, Device, DeviceCount, DeviceOf, Devices, DevicesOf, Error,
    Event, Offers, Pallet, Parameters, Proofs, Tenants,
};
use alloc::vec::Vec;
use polkadot_sdk::*;

use frame_support::ensure;
use frame_system::pallet_prelude::BlockNumberFor;
use sp_core::H256;
use sp_runtime::{
    traits::{CheckedSub, Saturating, Verify, Zero},
    DispatchError, DispatchResult,
};
use vouch_primitives::{
    probe::{registration_payload, rotation_payload},
    traits::{Attendance, DeviceRegistry, Engagements, EpochClock, Ledger, RoundClock},
    ClassId, DeviceId, DeviceSignature, Endpoint, RoundIndex,
};

impl<T: Config> Pallet<T> {
    pub(crate) fn do_set_class(id: ClassId, class: ClassOf<T>) -> DispatchResult {
        Classes::<T>::try_mutate(|classes| -> DispatchResult {
            ensure!(usize::from(id) <= classes.len(), Error::<T>::UnknownClass);
            match classes.get_mut(usize::from(id)) {
                Some(entry) => *entry = class.clone(),
                None => classes.try_push(class.clone()).map_err(|_| Error::<T>::TooManyClasses)?,
            }
            Ok(())
        })?;
        let Class { name, weight, bond } = class;
        Self::deposit_event(Event::ClassSet { class: id, name, weight, bond });
        Ok(())
    }

    pub(crate) fn do_register(
        owner: T::AccountId,
        device: DeviceId,
        class: ClassId,
        endpoint: Option<Endpoint>,
        beneficiary: Option<T::AccountId>,
        proof: DeviceSignature,
    ) -> DispatchResult {
        let bond = Self::class(class).ok_or(Error::<T>::UnknownClass)?.bond;
        Self::ensure_allowed(endpoint.as_ref())?;
        Self::ensure_room(None, endpoint)?;
        ensure!(!Devices::<T>::contains_key(&device), Error::<T>::AlreadyRegistered);
        let proofs = Self::checked_proof(&device, &proof, |genesis, nonce| {
            registration_payload(genesis, &owner.clone().into(), nonce)
        })?;
        let place = Self::next_place().ok_or(Error::<T>::NoPlaceLeft)?;
        Self::hold_bond(&owner, bond)?;

        let since = Self::round();
        Self::take_next_place();
        Self::count_move(None, endpoint);
        Proofs::<T>::insert(&device, proofs);
        Tenants::<T>::insert(place.cohort, place.lane, &device);
        Cohorts::<T>::mutate(place.cohort, |page| page.enroll(place.lane, class, since));
        DevicesOf::<T>::insert(&owner, &device, ());
        DeviceCount::<T>::mutate(|count| count.saturating_inc());
        BondedTotal::<T>::mutate(|total| total.saturating_accrue(bond));
        let record = Device {
            owner: owner.clone(),
            beneficiary: beneficiary.clone(),
            class,
            endpoint,
            place,
            bond,
            since,
            previous: None,
            maintenance: Default::default(),
            leaving: None,
        };
        Devices::<T>::insert(&device, record);
        Self::deposit_event(Event::Registered { device, owner, class, place, endpoint, beneficiary, bond });
        Ok(())
    }

    pub(crate) fn do_set_endpoint(who: T::AccountId, device: DeviceId, endpoint: Option<Endpoint>) -> DispatchResult {
        let record = Self::changeable(&who, &device)?;
        Self::ensure_allowed(endpoint.as_ref())?;
        Self::ensure_room(record.endpoint, endpoint)?;

        Self::count_move(record.endpoint, endpoint);
        let address = |endpoint: Option<Endpoint>| endpoint.map(|endpoint| endpoint.ip());
        if address(record.endpoint) != address(endpoint) {
            T::Tenancy::on_move(record.place);
        }
        Devices::<T>::insert(&device, Device { endpoint, ..record });
        Self::deposit_event(Event::EndpointSet { device, endpoint });
        Ok(())
    }

    pub(crate) fn do_set_beneficiary(
        who: T::AccountId,
        device: DeviceId,
        beneficiary: Option<T::AccountId>,
    ) -> DispatchResult {
        let record = Self::changeable(&who, &device)?;
        Devices::<T>::insert(&device, Device { beneficiary: beneficiary.clone(), ..record });
        Self::deposit_event(Event::BeneficiarySet { device, beneficiary });
        Ok(())
    }

    pub(crate) fn do_offer(who: T::AccountId, device: DeviceId, to: Option<T::AccountId>) -> DispatchResult {
        Self::changeable(&who, &device)?;
        match &to {
            Some(to) => {
                ensure!(*to != who, Error::<T>::OfferedToOwner);
                Offers::<T>::insert(&device, to);
            },
            None => {
                Offers::<T>::take(&device).ok_or(Error::<T>::NotOffered)?;
            },
        }
        Self::deposit_event(Event::Offered { device, to });
        Ok(())
    }

    pub(crate) fn do_accept(who: T::AccountId, device: DeviceId) -> DispatchResult {
        let record = Devices::<T>::get(&device).ok_or(Error::<T>::NotFound)?;
        ensure!(Offers::<T>::get(&device).as_ref() == Some(&who), Error::<T>::NotOffered);
        let (from, bond) = (record.owner.clone(), record.bond);
        Self::hold_bond(&who, bond)?;
        Self::pay_out(&record)?;
        Self::release_bond(&from, bond)?;

        Offers::<T>::remove(&device);
        DevicesOf::<T>::remove(&from, &device);
        DevicesOf::<T>::insert(&who, &device, ());
        Devices::<T>::insert(&device, Device { owner: who.clone(), beneficiary: None, ..record });
        Self::deposit_event(Event::Transferred { device, from, to: who, bond });
        Ok(())
    }

    pub(crate) fn do_rotate_key(
        who: T::AccountId,
        device: DeviceId,
        new: DeviceId,
        proof: DeviceSignature,
    ) -> DispatchResult {
        let record = Self::changeable(&who, &device)?;
        let round = Self::round();
        ensure!(record.may_rotate(round), Error::<T>::RotatedRecently);
        ensure!(!Devices::<T>::contains_key(&new), Error::<T>::AlreadyRegistered);
        let proofs = Self::checked_proof(&new, &proof, |genesis, nonce| {
            rotation_payload(genesis, &who.clone().into(), &device, nonce)
        })?;

        let place = record.place;
        let (record, charged) = Self::spend_round(record);
        Proofs::<T>::insert(&new, proofs);
        Offers::<T>::remove(&device);
        Tenants::<T>::insert(place.cohort, place.lane, &new);
        DevicesOf::<T>::remove(&who, &device);
        DevicesOf::<T>::insert(&who, &new, ());
        Devices::<T>::remove(&device);
        Devices::<T>::insert(&new, record.rotated(device.clone(), round));
        Self::deposit_event(Event::KeyRotated { old: device, new, charged });
        Ok(())
    }

    pub(crate) fn do_pause(who: T::AccountId, device: DeviceId, rounds: u32) -> DispatchResult {
        let record = Self::changeable(&who, &device)?;
        ensure!(rounds > 0, Error::<T>::NoRounds);
        let (place, round) = (record.place, Self::round());
        ensure!(!record.maintenance.goes_on_after(round), Error::<T>::AlreadyPaused);
        // The running round is judged as it comes: its outcome may be known by now.
        let from = round.saturating_add(1);
        let budget = Parameters::<T>::get().maintenance_rounds;
        let maintenance = record
            .maintenance
            .declare(T::Epochs::current_epoch(), from, rounds, budget)
            .ok_or(Error::<T>::MaintenanceExhausted)?;

        let until = maintenance.until;
        Cohorts::<T>::mutate(place.cohort, |page| page.excuse(place.lane, from..until, round));
        Devices::<T>::insert(&device, Device { maintenance, ..record });
        Self::deposit_event(Event::Paused { device, from, until });
        Ok(())
    }

    pub(crate) fn do_resume(who: T::AccountId, device: DeviceId) -> DispatchResult {
        let record = Self::changeable(&who, &device)?;
        let (place, round) = (record.place, Self::round());
        ensure!(record.maintenance.goes_on_after(round), Error::<T>::NotPaused);

        let maintenance = record.maintenance.cut_short(T::Epochs::current_epoch(), round);
        Cohorts::<T>::mutate(place.cohort, |page| page.recall(place.lane, round));
        Devices::<T>::insert(&device, Device { maintenance, ..record });
        Self::deposit_event(Event::Resumed { device, from: maintenance.until });
        Ok(())
    }

    pub(crate) fn do_deregister(who: T::AccountId, device: DeviceId) -> DispatchResult {
        let record = Self::changeable(&who, &device)?;
        Self::pay_out(&record)?;

        let (place, round) = (record.place, Self::round());
        let now: BlockNumberFor<T> = frame_system::Pallet::<T>::block_number();
        let release_at = now.saturating_add(Parameters::<T>::get().release_delay);
        Offers::<T>::remove(&device);
        // The lane stays enrolled, excused for good: a round that is over and waits for its tally still counts for it.
        Cohorts::<T>::mutate(place.cohort, |page| page.excuse(place.lane, round..RoundIndex::MAX, round));
        Devices::<T>::insert(&device, Device { leaving: Some(release_at), ..record });
        Self::deposit_event(Event::Deregistered { device, release_at });
        Ok(())
    }

    pub(crate) fn do_release(device: DeviceId) -> DispatchResult {
        let record = Devices::<T>::get(&device).ok_or(Error::<T>::NotFound)?;
        let release_at = record.leaving.ok_or(Error::<T>::NotLeaving)?;
        ensure!(frame_system::Pallet::<T>::block_number() >= release_at, Error::<T>::TooEarly);
        Self::unseat(&device, &record)?;
        let Device { owner, place, bond, .. } = record;
        Self::release_bond(&owner, bond)?;
        Self::deposit_event(Event::Released { device, owner, place, bond });
        Ok(())
    }

    pub(crate) fn do_evict(by: T::AccountId, device: DeviceId) -> DispatchResult {
        let record = Devices::<T>::get(&device).ok_or(Error::<T>::NotFound)?;
        ensure!(record.leaving.is_none(), Error::<T>::Leaving);
        ensure!(record.endpoint.is_some(), Error::<T>::NoEndpoint);
        ensure!(T::Tenancy::never_answered(record.place), Error::<T>::StillExpected);
        Self::unseat(&device, &record)?;
        let Device { owner, place, bond, .. } = record;
        let fee = Self::pay_from_bond(&owner, &by, Parameters::<T>::get().eviction_fee.mul_floor(bond));
        Self::release_bond(&owner, bond.saturating_sub(fee))?;
        Self::deposit_event(Event::Evicted { device, owner, place, bond, fee, by });
        Ok(())
    }

    pub(crate) fn do_top_up(who: T::AccountId, device: DeviceId) -> DispatchResult {
        let record = Self::changeable(&who, &device)?;
        let bond = Self::class(record.class).ok_or(Error::<T>::UnknownClass)?.bond;
        let missing = bond.checked_sub(&record.bond).filter(|missing| !missing.is_zero());
        let amount = missing.ok_or(Error::<T>::BondFull)?;
        Self::hold_bond(&who, amount)?;

        BondedTotal::<T>::mutate(|total| total.saturating_accrue(amount));
        Devices::<T>::insert(&device, Device { bond, ..record });
        Self::deposit_event(Event::ToppedUp { device, owner: who, amount, bond });
        Ok(())
    }

    /// Settles a device with the ledger, vacates its place and forgets it. Fails, changing nothing, if it cannot be settled yet.
    /// What is left to do is its bond.
    fn unseat(device: &DeviceId, record: &DeviceOf<T>) -> DispatchResult {
        let Device { owner, place, bond, endpoint, .. } = record;
        ensure!(!T::Engagements::is_engaged(*place), Error::<T>::Engaged);
        T::Ledger::vacate(*place, record.payee())
            .or_else(|_| T::Ledger::vacate(*place, owner))
            .map_err(|_| Error::<T>::NotSettled)?;

        T::Tenancy::on_vacate(*place);
        T::Engagements::on_vacate(*place);
        Self::return_place(*place);
        Self::count_move(*endpoint, None);
        Tenants::<T>::remove(place.cohort, place.lane);
        Cohorts::<T>::mutate(place.cohort, |page| page.vacate(place.lane));
        DevicesOf::<T>::remove(owner, device);
        DeviceCount::<T>::mutate(|count| count.saturating_dec());
        BondedTotal::<T>::mutate(|total| total.saturating_reduce(*bond));
        Offers::<T>::remove(device);
        Devices::<T>::remove(device);
        Ok(())
    }

    /// The running round.
    pub(crate) fn round() -> RoundIndex {
        T::Rounds::current_round()
    }

    /// The record of a device that `who` owns and that is not leaving.
    fn changeable(who: &T::AccountId, device: &DeviceId) -> Result<DeviceOf<T>, DispatchError> {
        let record = Devices::<T>::get(device).ok_or(Error::<T>::NotFound)?;
        ensure!(record.owner == *who, Error::<T>::NotOwner);
        ensure!(record.leaving.is_none(), Error::<T>::Leaving);
        Ok(record)
    }

    /// Spends one round of the device's maintenance on not judging it in the running round. Returns the record as it is to be,
    /// and whether a round was spent: none is if the round is not judged anyway, or if none is left.
    fn spend_round(record: DeviceOf<T>) -> (DeviceOf<T>, bool) {
        let (place, round) = (record.place, Self::round());
        let mut page = Cohorts::<T>::get(place.cohort);
        if page.absent_until(place.lane, round).is_some() {
            return (record, false);
        }
        // A window that is still ahead was declared in this round, hence charged to the same epoch.
        let budget = Parameters::<T>::get().maintenance_rounds;
        let Some(maintenance) = record.maintenance.charge(T::Epochs::current_epoch(), 1, budget) else {
            return (record, false);
        };
        page.excuse(place.lane, round..round.saturating_add(1), round);
        Cohorts::<T>::insert(place.cohort, page);
        (Device { maintenance, ..record }, true)
    }

    fn ensure_allowed(endpoint: Option<&Endpoint>) -> DispatchResult {
        ensure!(endpoint.is_none_or(<Self as DeviceRegistry>::may_probe), Error::<T>::EndpointNotAllowed);
        Ok(())
    }

    /// Checks that the holder of `key` signed the payload for this chain and the key's next nonce, and returns the number of
    /// proofs the key will have spent with this one.
    fn checked_proof(
        key: &DeviceId,
        proof: &DeviceSignature,
        payload: impl FnOnce(H256, u32) -> Vec<u8>,
    ) -> Result<u32, DispatchError> {
        let nonce = Proofs::<T>::get(key);
        let spent = nonce.checked_add(1).ok_or(Error::<T>::ProofsExhausted)?;
        // The system pallet keeps the hash of block 0 for ever.
        let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero()).into();
        ensure!(proof.verify(payload(genesis, nonce).as_slice(), key), Error::<T>::BadProof);
        Ok(spent)
    }

    /// Pays what a device accrued to whom it is due. An account that cannot receive it, because it does not exist and the amount
    /// is below the existential deposit, must not be able to stop a device from leaving: the owner is paid in its place.
    fn pay_out(record: &DeviceOf<T>) -> DispatchResult {
        T::Ledger::pay_out(record.place, record.payee()).or_else(|_| T::Ledger::pay_out(record.place, &record.owner))
    }
}
