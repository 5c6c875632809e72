//! What holds between blocks, checked over the whole registry.

use crate::{
    Absence, BalanceOf, BondedTotal, Classes, Cohorts, Config, DeviceCount, Devices, DevicesOf, HoldReason, Offers,
    Opened, Pallet, Prefixes, Proofs, Tenants, Vacant, VacantCount,
};
use alloc::{collections::BTreeMap, collections::BTreeSet, vec::Vec};
use polkadot_sdk::*;

use frame_support::{ensure, traits::fungible::hold::Inspect};
use sp_runtime::{traits::Saturating, traits::Zero, TryRuntimeError};
use vouch_primitives::{endpoint::Prefix, traits::DeviceRegistry, Bitmap, CohortId, Lane, Place, RoundIndex, LANES};

impl<T: Config> Pallet<T> {
    /// Checks every invariant of the registry; reads all of it.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        Self::check_tenants()?;
        Self::check_cohorts()?;
        Self::check_vacant_places()?;
        Self::check_prefixes()?;
        Self::check_bonds()?;
        Self::check_owners()
    }

    /// Every device sits in one lane and every occupied lane has one device.
    fn check_tenants() -> Result<(), TryRuntimeError> {
        let mut devices = 0u32;
        for (device, record) in Devices::<T>::iter() {
            devices.saturating_inc();
            let Place { cohort, lane } = record.place;
            ensure!(
                Tenants::<T>::get(cohort, lane).as_ref() == Some(&device),
                "a device is not the tenant of its place"
            );
            ensure!(usize::from(record.class) < Classes::<T>::get().len(), "a device's class does not exist");
            ensure!(!Proofs::<T>::get(&device).is_zero(), "a device was registered without spending a proof");
            ensure!(record.since <= Self::round(), "a device's key took its place in a round to come");
            let former_is_older = record.previous.is_none_or(|former| former.since <= record.since);
            ensure!(former_is_older, "a device's former key took its place after the present one");
        }
        ensure!(Tenants::<T>::iter_keys().count() == devices as usize, "a lane's tenant is not registered there");
        ensure!(DeviceCount::<T>::get() == devices, "the number of devices is not what is counted");
        Ok(())
    }

    /// The pages say of every lane what the devices' records say.
    fn check_cohorts() -> Result<(), TryRuntimeError> {
        let mut tenants = BTreeMap::<CohortId, Bitmap>::new();
        for (cohort, lane, _) in Tenants::<T>::iter() {
            ensure!(usize::from(lane) < LANES, "a lane does not exist");
            tenants.entry(cohort).or_default().set(lane, true);
        }
        for (cohort, page) in Cohorts::<T>::iter() {
            ensure!(cohort < Self::cohorts(), "a cohort has a page and was never opened");
            let occupied = tenants.remove(&cohort).unwrap_or_default();
            ensure!(page.enrolled == occupied, "the enrolled lanes of a cohort are not its occupied ones");
            ensure!(page.absences.iter().all(|absence| occupied.get(absence.lane)), "a vacant lane has an absence");
            ensure!(
                page.absences.iter().all(|Absence { from, until, .. }| from < until),
                "an absence ends before it begins"
            );
            let mut windows: Vec<(Lane, RoundIndex, RoundIndex)> =
                page.absences.iter().map(|absence| (absence.lane, absence.from, absence.until)).collect();
            windows.sort_unstable();
            ensure!(
                windows.windows(2).all(|pair| !matches!(pair, [a, b] if a.0 == b.0 && b.1 <= a.2)),
                "two absences of a lane overlap or touch"
            );
        }
        ensure!(tenants.is_empty(), "a cohort has tenants and no page");
        for record in Devices::<T>::iter_values() {
            let page = Cohorts::<T>::get(record.place.cohort);
            let lane = record.place.lane;
            ensure!(page.classes.get(usize::from(lane)) == Some(&record.class), "a lane's class is not its device's");
            let excused_until = page.absences.iter().filter(|a| a.lane == lane).map(|absence| absence.until).max();
            if record.leaving.is_some() {
                ensure!(excused_until == Some(RoundIndex::MAX), "a device that is leaving is still judged");
                continue;
            }
            // Nothing but maintenance excuses rounds that are still to come.
            let round = Self::round();
            let declared = Some(record.maintenance.until).filter(|_| record.maintenance.goes_on_after(round));
            let to_come = excused_until.filter(|until| *until > round.saturating_add(1));
            ensure!(declared == to_come, "the rounds to come that excuse a device are not those it declared");
        }
        Ok(())
    }

    /// The vacant places and the occupied ones are, together and each once, the places ever opened.
    fn check_vacant_places() -> Result<(), TryRuntimeError> {
        let height = VacantCount::<T>::get();
        let vacant: Vec<Place> = (0..height).filter_map(Vacant::<T>::get).collect();
        ensure!(vacant.len() == height as usize, "the stack of vacant places has a hole");
        ensure!(
            Vacant::<T>::iter_keys().count() == height as usize,
            "the stack of vacant places has entries above its top"
        );
        let distinct: BTreeSet<Place> = vacant.iter().copied().collect();
        ensure!(distinct.len() == vacant.len(), "a place is vacant twice");
        let opened = Opened::<T>::get();
        ensure!(vacant.iter().all(|place| place.ordinal() < opened), "a place is vacant and was never opened");
        ensure!(vacant.iter().all(|p| !Tenants::<T>::contains_key(p.cohort, p.lane)), "a vacant place has a tenant");
        let all = DeviceCount::<T>::get().saturating_add(height);
        ensure!(all == opened, "a place is neither vacant nor occupied");
        Ok(())
    }

    /// Every block of addresses counts the devices that are in it, and only blocks with devices are kept.
    fn check_prefixes() -> Result<(), TryRuntimeError> {
        let mut recount = BTreeMap::<Prefix, u32>::new();
        for endpoint in Devices::<T>::iter_values().filter_map(|record| record.endpoint) {
            recount.entry(endpoint.prefix()).or_default().saturating_inc();
        }
        ensure!(Prefixes::<T>::iter_values().all(|count| count > 0), "a block of addresses without devices is kept");
        let counted: BTreeMap<Prefix, u32> = Prefixes::<T>::iter().collect();
        ensure!(counted == recount, "the devices of a block of addresses are miscounted");
        Ok(())
    }

    /// The held bonds equal the sum of the registry's bonds, in all and for every owner.
    fn check_bonds() -> Result<(), TryRuntimeError> {
        let mut bonds = BTreeMap::<T::AccountId, BalanceOf<T>>::new();
        let mut total = BalanceOf::<T>::zero();
        for record in Devices::<T>::iter_values() {
            total.saturating_accrue(record.bond);
            bonds.entry(record.owner).or_default().saturating_accrue(record.bond);
        }
        ensure!(BondedTotal::<T>::get() == total, "the bonded total is not the sum of the bonds");
        for (owner, bond) in bonds {
            let held = T::Currency::balance_on_hold(&HoldReason::DeviceBond.into(), &owner);
            ensure!(held == bond, "what is held from an owner is not the sum of its bonds");
        }
        Ok(())
    }

    /// Every device is listed under its owner, and only there; only devices that stay are on offer, and not to their owner.
    fn check_owners() -> Result<(), TryRuntimeError> {
        for (owner, device, _) in DevicesOf::<T>::iter() {
            let listed_right = Devices::<T>::get(&device).is_some_and(|record| record.owner == owner);
            ensure!(listed_right, "a device is listed under an account that does not own it");
        }
        ensure!(DevicesOf::<T>::iter_keys().count() == DeviceCount::<T>::get() as usize, "a device is not listed");
        for (device, to) in Offers::<T>::iter() {
            let open = Devices::<T>::get(&device).is_some_and(|record| record.leaving.is_none() && record.owner != to);
            ensure!(open, "an offer cannot be accepted");
        }
        Ok(())
    }
}
