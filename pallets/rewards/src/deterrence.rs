//! Whether lying would pay: what a report can gain here against what a lie costs its prober.

use crate::{types::gain, Books, Config, Epoch, EpochParamsOf, Pallet, Params};
use core::marker::PhantomData;
use frame_support::traits::Get;
use polkadot_sdk::*;
use vouch_primitives::{deterrence::is_deterred, traits::ProberDirectory};

impl<T: Config> Pallet<T> {
    /// The most that one report can gain, in planck, in the running epoch and in all that follow if the parameters stay as they
    /// are.
    pub fn most_gain() -> u128 {
        let epoch = Epoch::<T>::get();
        gain(&Books::<T>::get().carried, &epoch.granted()).max(epoch.most_gain_under(Params::<T>::get()))
    }

    /// Whether no lie pays in any epoch governed by `params`, nor in the one into which the running epoch carries.
    pub(crate) fn deters(params: EpochParamsOf<T>) -> bool {
        is_deterred(T::Probers::expected_penalty(), Epoch::<T>::get().most_gain_under(params))
    }
}

/// [`Pallet::most_gain`], for those who decide what a lie costs.
pub struct MostGain<T>(PhantomData<T>);

impl<T: Config> Get<u128> for MostGain<T> {
    fn get() -> u128 {
        Pallet::<T>::most_gain()
    }
}
