//! Which validators probe: the session key, and the sets of probers that committees are drawn of.

use crate::*;
use codec::{Compact, Decode, Encode};
use frame_support::{
    traits::{Get, OneSessionHandler},
    BoundedVec,
};
use sp_runtime::BoundToRuntimeAppPublic;
use types::{Member, MEMBER_BYTES};
use vouch_primitives::{prober::ProberId, ProberNumber};

impl<T: Config> BoundToRuntimeAppPublic for Pallet<T> {
    type Public = ProberId;
}

impl<T: Config> OneSessionHandler<T::AccountId> for Pallet<T> {
    type Key = ProberId;

    fn on_genesis_session<'a, I: 'a + Iterator<Item = (&'a T::AccountId, ProberId)>>(validators: I) {
        ProberSets::<T>::insert(CurrentSet::<T>::get(), Self::members(validators));
    }

    fn on_new_session<'a, I: 'a + Iterator<Item = (&'a T::AccountId, ProberId)>>(
        _changed: bool,
        validators: I,
        _queued: I,
    ) {
        // Whether *our* keys changed is not what the flag says, so it is looked at here.
        Self::note_probers(Self::members(validators));
    }

    fn on_disabled(_validator: u32) {
        // A disabled validator may still probe: what it reports is one vote among its committee's.
    }
}

impl<T: Config> Pallet<T> {
    /// Keeps `probers` for the next round. The running round's set is never touched; a later set that no round has used yet is
    /// replaced, so that there are at most two however many sessions pass in a round.
    pub(crate) fn note_probers(probers: BoundedVec<Member, T::MaxProbers>) {
        let current = CurrentSet::<T>::get();
        if ProberSets::<T>::get(current) == probers {
            return;
        }
        let set = if current == Round::<T>::get().prober_set { current.wrapping_add(1) } else { current };
        ProberSets::<T>::insert(set, probers);
        CurrentSet::<T>::put(set);
    }

    fn members<'a>(
        validators: impl Iterator<Item = (&'a T::AccountId, ProberId)>,
    ) -> BoundedVec<Member, T::MaxProbers> {
        let member = |(account, key)| Member { key, number: Self::number_of(account) };
        let fit = validators.map(member).filter(|member| !Self::is_barred(member.number));
        BoundedVec::truncate_from(fit.take(T::MaxProbers::get() as usize).collect())
    }

    /// The number of a validator, which gets one if it has none.
    fn number_of(account: &T::AccountId) -> ProberNumber {
        Numbers::<T>::get(account).unwrap_or_else(|| {
            let number = ProberCount::<T>::get();
            ProberCount::<T>::put(number.saturating_add(1));
            Numbers::<T>::insert(account, number);
            Accounts::<T>::insert(number, account);
            number
        })
    }

    /// How many probers the set with this number has.
    pub(crate) fn set_size(set: u32) -> u32 {
        ProberSets::<T>::decode_len(set).unwrap_or(0) as u32
    }

    /// The member with this index of a set. Reads that member only: a set may have thousands.
    pub(crate) fn member(set: u32, index: u16) -> Option<Member> {
        let size = Self::set_size(set);
        if u32::from(index) >= size {
            return None;
        }
        let start = Compact(size).encoded_size().saturating_add(usize::from(index) * MEMBER_BYTES);
        let mut bytes = [0u8; MEMBER_BYTES];
        sp_io::storage::read(&ProberSets::<T>::hashed_key_for(set), &mut bytes, start as u32)?;
        Member::decode(&mut bytes.as_slice()).ok()
    }
}
