//! Benchmarks of the calls, in their worst case: full cohort pages with as many absences as fit, payments that really happen, and
//! a place of which something is remembered when it is vacated or its device moves to another block of addresses.
//!
//! Two things are left out. `accept`, `deregister`, `release` and `evict` pay the owner if the payee cannot receive what is due. That
//! takes an amount below the existential deposit, and how much a ledger accrues for a benchmark is its own affair. The second attempt
//! reads and writes what the first one did, all of it cached by then, and the owner's account, which the calls touch anyway. And
//! `rotate_key` changes a key for the first time: a second change takes rounds that a benchmark cannot let pass. The record that is
//! written has a former key, in the first change as in all others, and proofs of storage assume the longest record for what is read.

use crate::*;
use alloc::{vec, vec::Vec};
use frame_benchmarking::{account, v2::*, BenchmarkError};
use frame_support::{
    traits::{
        fungible::{hold::Inspect as _, Inspect as _, Mutate, Unbalanced},
        tokens::Precision,
        EnsureOrigin, Get,
    },
    BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_core::{crypto::KeyTypeId, sr25519};
use sp_runtime::{
    traits::{One, Saturating, Zero},
    AccountId32, Permill,
};
use vouch_primitives::{
    probe::{registration_payload, rotation_payload},
    traits::{Attendance, Bonds, Engagements, Ledger, RegistryBenchmarkHelper},
    ClassId, CohortId, DeviceId, DeviceSignature, Endpoint, Place, RoundIndex, LANES,
};

/// Under which the device keys of the benchmarks are kept.
const KEY_TYPE: KeyTypeId = KeyTypeId(*b"bdev");

/// A global address in the longer of the two forms.
const ENDPOINT: Endpoint = Endpoint::V6 { ip: [0x2a, 0, 0x14, 0x50, 0x40, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], port: 443 };

/// The same in another block of addresses.
const ELSEWHERE: Endpoint =
    Endpoint::V6 { ip: [0x2a, 0, 0x14, 0x50, 0x40, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], port: 443 };

/// A new device key.
fn new_key() -> (sr25519::Public, DeviceId) {
    let public = sp_io::crypto::sr25519_generate(KEY_TYPE, None);
    (public, DeviceId::new(public.0))
}

fn sign(key: &sr25519::Public, payload: &[u8]) -> Result<DeviceSignature, BenchmarkError> {
    let signature = sp_io::crypto::sr25519_sign(KEY_TYPE, key, payload);
    signature.map(Into::into).ok_or(BenchmarkError::Stop("the keystore signs"))
}

fn genesis_hash<T: Config>() -> sp_core::H256 {
    frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero()).into()
}

/// An account that can pay a few bonds.
fn rich<T: Config>(name: &'static str) -> Result<T::AccountId, BenchmarkError>
where
    T::Currency: Mutate<T::AccountId>,
{
    let who: T::AccountId = account(name, 0, 0);
    T::Currency::mint_into(
        &who,
        bond::<T>().saturating_add(T::Currency::minimum_balance()).saturating_mul(10u32.into()),
    )?;
    Ok(who)
}

fn bond<T: Config>() -> BalanceOf<T> {
    T::Currency::minimum_balance().saturating_mul(100u32.into()).max(One::one())
}

fn name<T: Config>() -> BoundedVec<u8, T::MaxClassName> {
    BoundedVec::truncate_from(vec![b'n'; T::MaxClassName::get() as usize])
}

/// Fills the class table and returns its last class, whose bond is not zero.
fn classes<T: Config>() -> ClassId {
    let class = Class { name: name::<T>(), weight: 100, bond: bond::<T>() };
    Classes::<T>::put(BoundedVec::truncate_from(vec![class; T::MaxClasses::get() as usize]));
    Parameters::<T>::put(Params {
        release_delay: One::one(),
        maintenance_rounds: u32::MAX,
        max_per_v4: u32::MAX,
        max_per_v6: u32::MAX,
        // More than the existential deposit, so that it can make an account.
        eviction_fee: Permill::from_percent(50),
    });
    u8::try_from(T::MaxClasses::get().saturating_sub(1)).unwrap_or(ClassId::MAX)
}

/// Seats a device without checks, bond or proof, and returns where.
fn seat<T: Config>(owner: &T::AccountId, device: &DeviceId, round: RoundIndex) -> Option<Place> {
    let place = Pallet::<T>::next_place()?;
    Pallet::<T>::take_next_place();
    Pallet::<T>::count_move(None, Some(ENDPOINT));
    Proofs::<T>::insert(device, 1);
    Tenants::<T>::insert(place.cohort, place.lane, device);
    Cohorts::<T>::mutate(place.cohort, |page| page.enroll(place.lane, 0, round));
    DevicesOf::<T>::insert(owner, device, ());
    DeviceCount::<T>::mutate(|count| count.saturating_inc());
    let record = Device {
        owner: owner.clone(),
        beneficiary: None,
        class: 0,
        endpoint: Some(ENDPOINT),
        place,
        bond: Zero::zero(),
        since: round,
        previous: None,
        maintenance: Maintenance::default(),
        leaving: None,
    };
    Devices::<T>::insert(device, record);
    Some(place)
}

/// The `n`-th device that has no key.
fn keyless(n: u32) -> DeviceId {
    let mut id = [0xbe; 32];
    id[..4].copy_from_slice(&n.to_le_bytes());
    AccountId32::new(id)
}

/// Fills cohort 0 but for one place, every lane with two absences that nobody can drop.
fn crowd<T: Config>() {
    let others: T::AccountId = account("others", 0, 0);
    for n in 0..LANES as u32 - 1 {
        seat::<T>(&others, &keyless(n), 0);
    }
    let windows = |lane| {
        [(0, RoundIndex::MAX - 2), (RoundIndex::MAX - 1, RoundIndex::MAX)].map(|(from, until)| Absence {
            lane,
            from,
            until,
        })
    };
    Cohorts::<T>::mutate(0, |page| {
        page.absences = BoundedVec::truncate_from((0..LANES as u16 - 1).flat_map(windows).collect());
    });
}

/// A device of `owner` in a crowded cohort, with a beneficiary and something accrued.
fn seasoned<T: Config>(owner: &T::AccountId) -> Result<DeviceId, BenchmarkError> {
    let class = classes::<T>();
    crowd::<T>();
    let (key, device) = new_key();
    let proof = sign(&key, &registration_payload(genesis_hash::<T>(), &owner.clone().into(), 0))?;
    let (origin, payee) = (RawOrigin::Signed(owner.clone()).into(), account("payee", 0, 0));
    Pallet::<T>::register(origin, device.clone(), class, Some(ENDPOINT), Some(payee), proof)?;
    T::Ledger::accrue_for_benchmark(record::<T>(&device)?.place);
    Ok(device)
}

/// Seats `device`, with its bond, in lane 0 of cohort `n`. Its owner has no other.
pub(crate) fn register<T: Config>(n: u32, device: &DeviceId) {
    if Classes::<T>::get().is_empty() {
        classes::<T>();
    }
    let owner: T::AccountId = account("bonded", n, 0);
    let place = Place { cohort: n, lane: 0 };
    let bond = Pallet::<T>::class(0).map(|class| class.bond).unwrap_or_default();
    let balance = bond.saturating_add(T::Currency::minimum_balance());
    let endowed = T::Currency::increase_balance(&owner, balance, Precision::Exact);
    assert!(endowed.is_ok() && Pallet::<T>::hold_bond(&owner, bond).is_ok(), "nothing limits balances here");
    Tenants::<T>::insert(place.cohort, place.lane, device);
    Cohorts::<T>::mutate(place.cohort, |page| {
        page.enroll(place.lane, 0, 0);
        page.absences = Default::default();
    });
    DevicesOf::<T>::insert(&owner, device, ());
    BondedTotal::<T>::mutate(|total| total.saturating_accrue(bond));
    let record = Device {
        beneficiary: Some(account("payee", n, 0)),
        owner,
        class: 0,
        endpoint: Some(ENDPOINT),
        place,
        bond,
        since: 0,
        previous: None,
        maintenance: Maintenance::default(),
        leaving: None,
    };
    Devices::<T>::insert(device, record);
}

fn record<T: Config>(device: &DeviceId) -> Result<DeviceOf<T>, BenchmarkError> {
    Devices::<T>::get(device).ok_or(BenchmarkError::Stop("the device is registered"))
}

fn pass_release_delay<T: Config>() {
    let now = frame_system::Pallet::<T>::block_number();
    frame_system::Pallet::<T>::set_block_number(now.saturating_add(Parameters::<T>::get().release_delay));
}

fn held<T: Config>(who: &T::AccountId) -> BalanceOf<T> {
    T::Currency::balance_on_hold(&HoldReason::DeviceBond.into(), who)
}

impl<T: Config> RegistryBenchmarkHelper for Pallet<T> {
    fn fill_cohorts(cohorts: CohortId) -> Vec<DeviceId> {
        // Bonds of whatever was registered before stay held; nothing reads them any more.
        for cohort in 0..Opened::<T>::get().div_ceil(LANES as u32) {
            Cohorts::<T>::remove(cohort);
        }
        for (device, record) in Devices::<T>::drain() {
            Tenants::<T>::remove(record.place.cohort, record.place.lane);
            Self::count_move(record.endpoint, None);
            DevicesOf::<T>::remove(&record.owner, &device);
            Offers::<T>::remove(&device);
        }
        (0..VacantCount::<T>::take()).for_each(Vacant::<T>::remove);
        Opened::<T>::kill();
        DeviceCount::<T>::kill();
        BondedTotal::<T>::kill();
        if Classes::<T>::get().is_empty() {
            classes::<T>();
        }

        let owner: T::AccountId = account("fleet", 0, 0);
        for n in 0..cohorts.saturating_mul(LANES as u32) {
            seat::<T>(&owner, &keyless(n), 0);
        }
        for cohort in 0..cohorts {
            // Judged in every round, the one in which they were seated included.
            Cohorts::<T>::mutate(cohort, |page| page.absences = Default::default());
        }
        let first_of_each = (0..cohorts).map(|cohort| {
            let device = keyless(cohort.saturating_mul(LANES as u32));
            // Payees of their own: whoever pays these devices makes as many transfers.
            Devices::<T>::mutate(&device, |record| {
                if let Some(record) = record {
                    record.beneficiary = Some(account("payee", cohort, 0));
                }
            });
            device
        });
        first_of_each.collect()
    }
}

#[benchmarks(where T::Currency: Mutate<T::AccountId>)]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn set_class() -> Result<(), BenchmarkError> {
        let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        let class = classes::<T>();
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, class, name::<T>(), 7, bond::<T>());
        assert_eq!(Pallet::<T>::class(class).map(|class| class.weight), Some(7));
        Ok(())
    }

    #[benchmark]
    fn set_params() -> Result<(), BenchmarkError> {
        let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        let params = Params { release_delay: 77u32.into(), ..Default::default() };
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, params);
        assert_eq!(Parameters::<T>::get(), params);
        Ok(())
    }

    #[benchmark]
    fn register() -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner")?;
        let class = classes::<T>();
        crowd::<T>();
        // The place is taken from the stack, which costs an access more than opening one.
        let place = Pallet::<T>::next_place().ok_or(BenchmarkError::Stop("there is a place"))?;
        Pallet::<T>::take_next_place();
        Pallet::<T>::return_place(place);
        let (key, device) = new_key();
        let proof = sign(&key, &registration_payload(genesis_hash::<T>(), &owner.clone().into(), 0))?;
        let beneficiary = Some(account("payee", 0, 0));
        #[extrinsic_call]
        _(RawOrigin::Signed(owner.clone()), device.clone(), class, Some(ENDPOINT), beneficiary, proof);
        assert_eq!(record::<T>(&device)?.place, place);
        assert_eq!(held::<T>(&owner), bond::<T>());
        assert_eq!(Prefixes::<T>::get(ENDPOINT.prefix()), LANES as u32);
        Ok(())
    }

    #[benchmark]
    fn set_endpoint() -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner")?;
        let device = seasoned::<T>(&owner)?;
        // From a block that others stay in, to one that others are in.
        Prefixes::<T>::insert(ELSEWHERE.prefix(), 7);
        T::Tenancy::prepare_benchmark(record::<T>(&device)?.place, false);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), device.clone(), Some(ELSEWHERE));
        assert_eq!(record::<T>(&device)?.endpoint, Some(ELSEWHERE));
        let counted = [ENDPOINT, ELSEWHERE].map(|endpoint| Prefixes::<T>::get(endpoint.prefix()));
        assert_eq!(counted, [LANES as u32 - 1, 8]);
        Ok(())
    }

    #[benchmark]
    fn set_beneficiary() -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner")?;
        let device = seasoned::<T>(&owner)?;
        let beneficiary: T::AccountId = account("other", 0, 0);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), device.clone(), Some(beneficiary.clone()));
        assert_eq!(record::<T>(&device)?.beneficiary, Some(beneficiary));
        Ok(())
    }

    #[benchmark]
    fn offer() -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner")?;
        let device = seasoned::<T>(&owner)?;
        let to: T::AccountId = account("other", 0, 0);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), device.clone(), Some(to.clone()));
        assert_eq!(Offers::<T>::get(&device), Some(to));
        Ok(())
    }

    #[benchmark]
    fn accept() -> Result<(), BenchmarkError> {
        let (owner, buyer) = (rich::<T>("owner")?, rich::<T>("buyer")?);
        let device = seasoned::<T>(&owner)?;
        Pallet::<T>::offer(RawOrigin::Signed(owner.clone()).into(), device.clone(), Some(buyer.clone()))?;
        #[extrinsic_call]
        _(RawOrigin::Signed(buyer.clone()), device.clone());
        assert_eq!((held::<T>(&owner), held::<T>(&buyer)), (Zero::zero(), bond::<T>()));
        assert_eq!(record::<T>(&device)?.owner, buyer);
        Ok(())
    }

    #[benchmark]
    fn rotate_key() -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner")?;
        let device = seasoned::<T>(&owner)?;
        Pallet::<T>::offer(RawOrigin::Signed(owner.clone()).into(), device.clone(), Some(account("other", 0, 0)))?;
        let (key, new) = new_key();
        let proof = sign(&key, &rotation_payload(genesis_hash::<T>(), &owner.clone().into(), &device, 0))?;
        // As if it had not joined in this very round: a round of maintenance is to be spent.
        let place = record::<T>(&device)?.place;
        Cohorts::<T>::mutate(place.cohort, |page| page.absences.retain(|absence| absence.lane != place.lane));
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), device.clone(), new.clone(), proof);
        let record = record::<T>(&new)?;
        assert_eq!((record.maintenance.used, record.previous.map(|former| former.device)), (1, Some(device.clone())));
        assert!(!Devices::<T>::contains_key(&device));
        Ok(())
    }

    #[benchmark]
    fn pause() -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner")?;
        let device = seasoned::<T>(&owner)?;
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), device.clone(), 3);
        assert_eq!(record::<T>(&device)?.maintenance.used, 3);
        Ok(())
    }

    #[benchmark]
    fn resume() -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner")?;
        let device = seasoned::<T>(&owner)?;
        Pallet::<T>::pause(RawOrigin::Signed(owner.clone()).into(), device.clone(), 3)?;
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), device.clone());
        assert_eq!(record::<T>(&device)?.maintenance.used, 0);
        Ok(())
    }

    #[benchmark]
    fn deregister() -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner")?;
        let device = seasoned::<T>(&owner)?;
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), device.clone());
        assert!(record::<T>(&device)?.leaving.is_some());
        Ok(())
    }

    #[benchmark]
    fn release() -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner")?;
        let device = seasoned::<T>(&owner)?;
        Pallet::<T>::deregister(RawOrigin::Signed(owner.clone()).into(), device.clone())?;
        let place = record::<T>(&device)?.place;
        T::Ledger::accrue_for_benchmark(place);
        T::Tenancy::prepare_benchmark(place, false);
        T::Engagements::prepare_benchmark(place);
        pass_release_delay::<T>();
        let anyone: T::AccountId = account("anyone", 0, 0);
        #[extrinsic_call]
        _(RawOrigin::Signed(anyone), device.clone());
        assert!(!Devices::<T>::contains_key(&device));
        assert_eq!(held::<T>(&owner), Zero::zero());
        assert_eq!(Pallet::<T>::next_place(), Some(place));
        assert_eq!(Prefixes::<T>::get(ENDPOINT.prefix()), LANES as u32 - 1);
        Ok(())
    }

    #[benchmark]
    fn evict() -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner")?;
        // One that earned at another address before, and is for sale.
        let device = seasoned::<T>(&owner)?;
        Pallet::<T>::offer(RawOrigin::Signed(owner.clone()).into(), device.clone(), Some(account("other", 0, 0)))?;
        let place = record::<T>(&device)?.place;
        T::Tenancy::prepare_benchmark(place, true);
        T::Engagements::prepare_benchmark(place);
        // The fee makes the caller's account.
        let anyone: T::AccountId = account("anyone", 0, 0);
        let fee = Parameters::<T>::get().eviction_fee.mul_floor(bond::<T>());
        #[extrinsic_call]
        _(RawOrigin::Signed(anyone.clone()), device.clone());
        assert!(!Devices::<T>::contains_key(&device) && !Offers::<T>::contains_key(&device));
        assert_eq!((held::<T>(&owner), T::Currency::balance(&anyone)), (Zero::zero(), fee));
        assert_eq!(Pallet::<T>::next_place(), Some(place));
        assert_eq!(Prefixes::<T>::get(ENDPOINT.prefix()), LANES as u32 - 1);
        Ok(())
    }

    #[benchmark]
    fn top_up() -> Result<(), BenchmarkError> {
        let owner = rich::<T>("owner")?;
        let device = seasoned::<T>(&owner)?;
        // Nothing is left, so that holding begins anew.
        assert_eq!(Pallet::<T>::fine(&device, bond::<T>()), bond::<T>());
        assert_eq!(held::<T>(&owner), Zero::zero());
        #[extrinsic_call]
        _(RawOrigin::Signed(owner.clone()), device.clone());
        assert_eq!((record::<T>(&device)?.bond, held::<T>(&owner)), (bond::<T>(), bond::<T>()));
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::bench_ext(), crate::mock::Test);
}
