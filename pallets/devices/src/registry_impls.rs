//! The registry as those who probe and pay see it.

use crate::{Classes, Cohorts, Config, Devices, Opened, Pallet, PrivateEndpoints, Tenants};
use alloc::vec::Vec;
use vouch_primitives::{
    lanes::CohortView,
    traits::{DeviceRegistry, Target},
    ClassWeight, CohortId, DeviceId, Endpoint, Place, RoundIndex, LANES,
};

impl<T: Config> DeviceRegistry for Pallet<T> {
    type AccountId = T::AccountId;

    fn cohorts() -> CohortId {
        Opened::<T>::get().div_ceil(LANES as u32)
    }

    fn view(cohort: CohortId, round: RoundIndex) -> CohortView {
        Cohorts::<T>::get(cohort).view(round)
    }

    fn class_weights() -> Vec<ClassWeight> {
        Classes::<T>::get().iter().map(|class| class.weight).collect()
    }

    fn targets(cohort: CohortId, round: RoundIndex) -> Vec<Target> {
        let target = |lane| {
            let device = Tenants::<T>::get(cohort, lane)?;
            let endpoint = Devices::<T>::get(&device)?.endpoint;
            Some(Target { lane, device, endpoint })
        };
        Self::view(cohort, round).active.lanes().filter_map(target).collect()
    }

    fn may_probe(endpoint: &Endpoint) -> bool {
        endpoint.is_global() || endpoint.is_connectable() && PrivateEndpoints::<T>::get()
    }

    fn tenant(place: Place, round: RoundIndex) -> Option<DeviceId> {
        let device = Tenants::<T>::get(place.cohort, place.lane)?;
        Devices::<T>::get(&device)?.key_in(device, round)
    }

    fn payee(device: &DeviceId) -> Option<(Place, T::AccountId)> {
        let record = Devices::<T>::get(device)?;
        Some((record.place, record.payee().clone()))
    }
}
