//! Which place a device gets: the only door to [`Opened`], [`Vacant`] and [`VacantCount`].

use crate::{Config, Opened, Pallet, Vacant, VacantCount};
use vouch_primitives::Place;

impl<T: Config> Pallet<T> {
    /// The place the next device gets: the one vacated last, else the first that was never used. `None` once `u32::MAX` places
    /// are open and none is vacant. Writes nothing.
    pub(crate) fn next_place() -> Option<Place> {
        match VacantCount::<T>::get().checked_sub(1) {
            Some(top) => Vacant::<T>::get(top),
            None => Some(Opened::<T>::get()).filter(|opened| *opened < u32::MAX).map(Place::nth),
        }
    }

    /// Takes the place that [`Self::next_place`] told of.
    pub(crate) fn take_next_place() {
        match VacantCount::<T>::get().checked_sub(1) {
            Some(top) => {
                Vacant::<T>::remove(top);
                VacantCount::<T>::put(top);
            },
            None => Opened::<T>::mutate(|opened| *opened = opened.saturating_add(1)),
        }
    }

    /// Takes back a place whose tenant is gone and settled.
    pub(crate) fn return_place(place: Place) {
        let height = VacantCount::<T>::get();
        Vacant::<T>::insert(height, place);
        VacantCount::<T>::put(height.saturating_add(1));
    }
}
