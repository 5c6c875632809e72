//! Which validators probe: the session key, and the sets of probers that committees are drawn of.

use crate::*;
use frame_support::{
    traits::{Get, OneSessionHandler},
    BoundedVec,
};
use sp_runtime::BoundToRuntimeAppPublic;
use vouch_primitives::prober::ProberId;

impl<T: Config> BoundToRuntimeAppPublic for Pallet<T> {
    type Public = ProberId;
}

impl<T: Config> OneSessionHandler<T::AccountId> for Pallet<T> {
    type Key = ProberId;

    fn on_genesis_session<'a, I: 'a + Iterator<Item = (&'a T::AccountId, ProberId)>>(validators: I) {
        ProberSets::<T>::insert(CurrentSet::<T>::get(), Self::bounded(validators.map(|(_, key)| key)));
    }

    fn on_new_session<'a, I: 'a + Iterator<Item = (&'a T::AccountId, ProberId)>>(
        _changed: bool,
        validators: I,
        _queued: I,
    ) {
        // Whether *our* keys changed is not what the flag says, so it is looked at here.
        Self::note_probers(Self::bounded(validators.map(|(_, key)| key)));
    }

    fn on_disabled(_validator: u32) {
        // A disabled validator may still probe: what it reports is one vote among its committee's.
    }
}

impl<T: Config> Pallet<T> {
    /// Keeps `probers` for the next round. The running round's set is never touched; a later set that no round has used yet is
    /// replaced, so that there are at most two however many sessions pass in a round.
    pub(crate) fn note_probers(probers: BoundedVec<ProberId, T::MaxProbers>) {
        let current = CurrentSet::<T>::get();
        if ProberSets::<T>::get(current) == probers {
            return;
        }
        let set = if current == Round::<T>::get().prober_set { current.wrapping_add(1) } else { current };
        ProberSets::<T>::insert(set, probers);
        CurrentSet::<T>::put(set);
    }

    fn bounded(keys: impl Iterator<Item = ProberId>) -> BoundedVec<ProberId, T::MaxProbers> {
        BoundedVec::truncate_from(keys.take(T::MaxProbers::get() as usize).collect())
    }
}
