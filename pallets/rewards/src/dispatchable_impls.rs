//! What users and the administration trigger.

use crate::{BalanceOf, Config, EpochParamsOf, Error, Event, Pallet, Params, MAX_ROUNDS_PER_EPOCH};
use alloc::{collections::BTreeMap, vec::Vec};
use frame_support::{ensure, traits::fungible::Inspect};
use polkadot_sdk::*;
use sp_runtime::{
    traits::{CheckedAdd, Saturating, Zero},
    DispatchResult,
};
use vouch_primitives::{traits::DeviceRegistry, CohortId, DeviceId, Lane};

impl<T: Config> Pallet<T> {
    /// See [`Pallet::claim`]. Leaves a partial change behind when it fails: the call's storage layer takes that back.
    pub(crate) fn do_claim(devices: &[DeviceId]) -> DispatchResult {
        // By cohort, so that each page is read and written once however many of its devices are named.
        let mut cohorts = BTreeMap::<CohortId, (Vec<Lane>, Vec<(&DeviceId, T::AccountId)>)>::new();
        for device in devices {
            let (place, payee) = T::Registry::payee(device).ok_or(Error::<T>::UnknownDevice)?;
            let (lanes, payees) = cohorts.entry(place.cohort).or_default();
            lanes.push(place.lane);
            payees.push((device, payee));
        }
        let mut sums = BTreeMap::<T::AccountId, BalanceOf<T>>::new();
        for (cohort, (lanes, payees)) in cohorts {
            for ((device, to), amount) in payees.into_iter().zip(Self::drain(cohort, &lanes)) {
                if !amount.is_zero() {
                    sums.entry(to.clone()).or_default().saturating_accrue(amount);
                    Self::deposit_event(Event::Claimed { device: device.clone(), to, amount });
                }
            }
        }
        ensure!(!sums.is_empty(), Error::<T>::NothingAccrued);
        sums.into_iter().try_for_each(|(to, amount)| Self::pay(&to, amount))
    }

    /// See [`Pallet::set_params`].
    pub(crate) fn do_set_params(params: EpochParamsOf<T>) -> DispatchResult {
        Self::ensure_valid(&params)?;
        Params::<T>::put(params);
        Self::deposit_event(Event::ParamsSet { params });
        Ok(())
    }

    /// Refuses parameters under which points or planck could not be counted.
    pub(crate) fn ensure_valid(params: &EpochParamsOf<T>) -> Result<(), Error<T>> {
        ensure!(params.split.is_whole(), Error::<T>::SplitNotWhole);
        ensure!(!params.rounds_per_epoch.is_zero(), Error::<T>::NoRounds);
        ensure!(params.rounds_per_epoch <= MAX_ROUNDS_PER_EPOCH, Error::<T>::EpochTooLong);
        let most = params.curve.initial.max(params.curve.floor);
        ensure!(T::Currency::total_issuance().checked_add(&most).is_some(), Error::<T>::EmissionOverflows);
        Ok(())
    }
}
