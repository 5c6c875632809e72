//! What a runtime API reads from the registry.

use crate::{BalanceOf, ClassOf, Classes, Cohorts, Config, Devices, DevicesOf, Pallet, Proofs, Tenants};
use alloc::vec::Vec;
use polkadot_sdk::frame_system::pallet_prelude::BlockNumberFor;
use vouch_primitives::{
    api::{DeviceInfo, DeviceState},
    history::LaneHistory,
    ClassId, DeviceId, Place, RoundIndex,
};

/// Most devices in one answer of [`Pallet::devices_of`].
const MAX_PAGE: u32 = 1_000;

/// What the pallet that judges devices remembers of one: its history, the first round that the history does not contain, the
/// latency code of its last covered round, and whether it is admitted.
pub type Remembered = (LaneHistory, RoundIndex, u8, bool);

impl<T: Config> Pallet<T> {
    /// A class; `None` if the table has none of this index.
    pub fn class(id: ClassId) -> Option<ClassOf<T>> {
        Classes::<T>::get().into_iter().nth(usize::from(id))
    }

    /// The class table.
    pub fn classes() -> Vec<ClassOf<T>> {
        Classes::<T>::get().into_inner()
    }

    /// The device in a place; `None` if it is vacant.
    pub fn occupant(place: Place) -> Option<DeviceId> {
        Tenants::<T>::get(place.cohort, place.lane)
    }

    /// A device's class, place and state; `None` if it is not registered.
    pub fn in_short(device: &DeviceId) -> Option<(ClassId, Place, DeviceState<BlockNumberFor<T>>)> {
        let record = Devices::<T>::get(device)?;
        Some((record.class, record.place, Self::state_of(record.place, record.leaving)))
    }

    /// What a device is doing; `None` if it is not registered.
    pub fn state(device: &DeviceId) -> Option<DeviceState<BlockNumberFor<T>>> {
        let record = Devices::<T>::get(device)?;
        Some(Self::state_of(record.place, record.leaving))
    }

    /// Everything about a device; `None` if it is not registered. `remembered` answers for the pallet that judges devices.
    pub fn info(
        device: &DeviceId,
        remembered: impl FnOnce(Place) -> Remembered,
    ) -> Option<DeviceInfo<T::AccountId, BalanceOf<T>, BlockNumberFor<T>>> {
        let record = Devices::<T>::get(device)?;
        let class = Self::class(record.class)?;
        let (history, next_round, latency_code, admitted) = remembered(record.place);
        Some(DeviceInfo {
            payee: record.payee().clone(),
            state: Self::state_of(record.place, record.leaving),
            owner: record.owner,
            class: record.class,
            class_name: class.name.into_inner(),
            class_weight: class.weight,
            endpoint: record.endpoint,
            place: record.place,
            bond: record.bond,
            streak: history.streak(),
            history,
            next_round,
            latency_code,
            admitted,
            nonce: Proofs::<T>::get(device),
        })
    }

    /// The devices of `owner` that follow `after` in storage order, at most `limit` and never more than 1,000.
    pub fn devices_of(owner: &T::AccountId, after: Option<DeviceId>, limit: u32) -> Vec<DeviceId> {
        let devices = match after {
            Some(after) => DevicesOf::<T>::iter_key_prefix_from(owner, DevicesOf::<T>::hashed_key_for(owner, after)),
            None => DevicesOf::<T>::iter_key_prefix(owner),
        };
        devices.take(limit.min(MAX_PAGE) as usize).collect()
    }

    /// Proofs of possession a key has spent: the nonce of its next one. Answers for any key.
    pub fn proof_nonce(device: &DeviceId) -> u32 {
        Proofs::<T>::get(device)
    }

    pub(crate) fn state_of(place: Place, leaving: Option<BlockNumberFor<T>>) -> DeviceState<BlockNumberFor<T>> {
        match (leaving, Cohorts::<T>::get(place.cohort).absent_until(place.lane, Self::round())) {
            (Some(release_at), _) => DeviceState::Leaving(release_at),
            (None, Some(until)) => DeviceState::ExcusedUntil(until),
            (None, None) => DeviceState::Active,
        }
    }
}
