//! What users and the administration trigger.

use crate::{BalanceOf, Config, EpochParamsOf, Error, Event, Pallet, Params, Pool, MAX_ROUNDS_PER_EPOCH};
use alloc::{collections::BTreeMap, vec::Vec};
use frame_support::{
    ensure,
    traits::{fungible::Inspect, Get},
};
use polkadot_sdk::*;
use sp_runtime::{
    traits::{CheckedAdd, Saturating, UniqueSaturatedInto, Zero},
    DispatchResult,
};
use vouch_primitives::{
    deterrence::self_dealing_is_deterred,
    traits::{DeviceRegistry, ProberDirectory},
    CohortId, DeviceId, Lane, Place,
};

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
            let [uptime, work] = Pool::OF_DEVICES.map(|pool| Self::drain(pool, cohort, &lanes));
            for (((device, to), uptime), work) in payees.into_iter().zip(uptime).zip(work) {
                let amount = uptime.saturating_add(work);
                if !amount.is_zero() {
                    sums.entry(to.clone()).or_default().saturating_accrue(amount);
                    Self::deposit_event(Event::Claimed { device: device.clone(), to, amount, work });
                }
            }
        }
        ensure!(!sums.is_empty(), Error::<T>::NothingAccrued);
        sums.into_iter().try_for_each(|(to, amount)| Self::pay(&to, amount))
    }

    /// See [`Pallet::claim_probing`]. Leaves a partial change behind when it fails: the call's storage layer takes that back.
    pub(crate) fn do_claim_probing(validators: &[T::AccountId]) -> DispatchResult {
        let mut pages = BTreeMap::<u32, (Vec<Lane>, Vec<&T::AccountId>)>::new();
        for validator in validators {
            let place = Place::nth(T::Probers::number(validator).ok_or(Error::<T>::UnknownProber)?);
            let (lanes, payees) = pages.entry(place.cohort).or_default();
            lanes.push(place.lane);
            payees.push(validator);
        }
        let mut paid = false;
        for (page, (lanes, payees)) in pages {
            for (validator, amount) in payees.into_iter().zip(Self::drain(Pool::Probing, page, &lanes)) {
                if !amount.is_zero() {
                    Self::pay(validator, amount)?;
                    Self::deposit_event(Event::ProbingClaimed { validator: validator.clone(), amount });
                    paid = true;
                }
            }
        }
        ensure!(paid, Error::<T>::NothingAccrued);
        Ok(())
    }

    /// See [`Pallet::forfeit`].
    pub(crate) fn do_forfeit(device: DeviceId) -> DispatchResult {
        let (place, _) = T::Registry::payee(&device).ok_or(Error::<T>::UnknownDevice)?;
        let amount = Self::forfeit_held(place);
        ensure!(!amount.is_zero(), Error::<T>::NothingHeld);
        Self::deposit_event(Event::Forfeited { device, amount });
        Ok(())
    }

    /// See [`Pallet::set_params`].
    pub(crate) fn do_set_params(params: EpochParamsOf<T>) -> DispatchResult {
        Self::ensure_valid(&params)?;
        ensure!(Self::deters(params), Error::<T>::LyingWouldPay);
        Params::<T>::put(params);
        Self::deposit_event(Event::ParamsSet { params });
        Ok(())
    }

    /// Refuses parameters under which points or planck could not be counted, or under which work would pay whoever pays for it.
    pub(crate) fn ensure_valid(params: &EpochParamsOf<T>) -> Result<(), Error<T>> {
        ensure!(params.split.is_whole(), Error::<T>::SplitNotWhole);
        ensure!(!params.rounds_per_epoch.is_zero(), Error::<T>::NoRounds);
        ensure!(params.rounds_per_epoch <= MAX_ROUNDS_PER_EPOCH, Error::<T>::EpochTooLong);
        ensure!(params.holdback.is_zero() || !params.holding_epochs.is_zero(), Error::<T>::NoHoldingEpochs);
        let most = params.curve.initial.max(params.curve.floor);
        ensure!(T::Currency::total_issuance().checked_add(&most).is_some(), Error::<T>::EmissionOverflows);
        let work = params.max_work_rate.unique_saturated_into();
        ensure!(self_dealing_is_deterred(work, T::WorkPrice::get()), Error::<T>::WorkWouldPayItself);
        Ok(())
    }
}
