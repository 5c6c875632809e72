//! Evicting devices that never answered.

use crate::{
    mock::*, BondedTotal, DeviceCount, Devices as DeviceMap, Error, Event, Offers, Parameters, Params, Prefixes,
};
use polkadot_sdk::*;

use frame_support::{
    assert_noop, assert_ok,
    traits::{LockableCurrency, WithdrawReasons},
};
use sp_runtime::{traits::BadOrigin, Permill};
use vouch_primitives::{traits::DeviceRegistry, Place};

/// What is charged on a bond of class 0.
const CHARGED: u128 = ROUTER.1 / 10;

/// Device 0 of owner 1, which never answered.
fn silent() -> vouch_primitives::DeviceId {
    let id = registered(1, 0);
    Round::set(140);
    fall_silent(0);
    id
}

fn set_fee(eviction_fee: Permill) {
    assert_ok!(Devices::set_params(RuntimeOrigin::root(), Params { eviction_fee, ..Parameters::<Test>::get() }));
}

#[test]
fn device_that_never_answered_is_gone_at_once_and_who_found_it_is_paid() {
    ExtBuilder::default().build_and_execute(|| {
        let (id, stays) = (silent(), registered(1, 1));
        assert_ok!(Devices::offer(signed(1), id.clone(), Some(owner(2))));
        let place = Place::nth(0);

        assert_ok!(Devices::evict(signed(3), id.clone()));

        System::assert_last_event(
            Event::<Test>::Evicted {
                device: id.clone(),
                owner: owner(1),
                place,
                bond: ROUTER.1,
                fee: CHARGED,
                by: owner(3),
            }
            .into(),
        );
        assert_eq!((held(1), free(1), free(3)), (ROUTER.1, WEALTH - ROUTER.1 - CHARGED, WEALTH + CHARGED));
        // All the rest is as after a release.
        assert_eq!(DeviceMap::<Test>::get(&id), None);
        assert_eq!((BondedTotal::<Test>::get(), DeviceCount::<Test>::get()), (ROUTER.1, 1));
        assert_eq!(Prefixes::<Test>::get(global().prefix()), 1);
        assert_eq!((Vacated::get(), Payments::get()), (vec![place], vec![(place, owner(1), true)]));
        assert_eq!(Devices::devices_of(&owner(1), None, 9), vec![stays]);
        assert_eq!(Offers::<Test>::iter().count(), 0);
        assert_eq!((Devices::next_place(), Devices::tenant(place, 141)), (Some(place), None));
        assert!(!Devices::view(0, 140).active.get(0) && !Devices::view(0, 140).excused.get(0));
        assert_noop!(Devices::evict(signed(3), id.clone()), Error::<Test>::NotFound);
        // The key may come back with a fresh proof, and starts anew.
        registered(2, 0);
        assert_eq!(Devices::proof_nonce(&id), 2);
        assert_noop!(Devices::evict(signed(3), id), Error::<Test>::StillExpected);
    });
}

#[test]
fn device_that_answered_or_was_not_silent_for_long_stays() {
    ExtBuilder::default().build_and_execute(|| {
        let id = registered(1, 0);
        assert_noop!(Devices::evict(signed(3), id.clone()), Error::<Test>::StillExpected);
        fall_silent(0);
        // Another port of the same silent address is no excuse, another address is a new chance.
        assert_ok!(Devices::set_endpoint(signed(1), id.clone(), v4(9, 9, 1)));
        assert!(Silent::get().contains(&Place::nth(0)));
        assert_ok!(Devices::set_endpoint(signed(1), id.clone(), v4(9, 8, 1)));
        assert_noop!(Devices::evict(signed(3), id), Error::<Test>::StillExpected);
        assert_noop!(Devices::evict(signed(3), device(1)), Error::<Test>::NotFound);
    });
}

#[test]
fn device_that_nobody_expects_stays() {
    ExtBuilder::default().build_and_execute(|| {
        assert_ok!(try_register_at(1, 0, None));
        fall_silent(0);
        assert_noop!(Devices::evict(signed(3), device(0)), Error::<Test>::NoEndpoint);
        registered(1, 1);
        fall_silent(1);
        assert_ok!(Devices::deregister(signed(1), device(1)));
        assert_noop!(Devices::evict(signed(3), device(1)), Error::<Test>::Leaving);
        assert_noop!(Devices::evict(RuntimeOrigin::none(), device(1)), BadOrigin);
        assert_noop!(Devices::evict(RuntimeOrigin::root(), device(1)), BadOrigin);
    });
}

#[test]
fn device_that_earned_before_it_moved_is_settled_first_and_its_payee_is_paid() {
    ExtBuilder::default().build_and_execute(|| {
        let id = silent();
        assert_ok!(Devices::set_beneficiary(signed(1), id.clone(), Some(owner(2))));
        Unsettled::set(vec![Place::nth(0)]);
        assert_noop!(Devices::evict(signed(3), id.clone()), Error::<Test>::NotSettled);
        Unsettled::set(vec![]);
        assert_ok!(Devices::evict(signed(3), id));
        assert_eq!(Payments::get(), vec![(Place::nth(0), owner(2), true)]);
    });
    // A payee that cannot be paid is no shelter.
    ExtBuilder::default().build_and_execute(|| {
        let id = silent();
        assert_ok!(Devices::set_beneficiary(signed(1), id.clone(), Some(owner(200))));
        Unpayable::set(vec![owner(200)]);
        assert_ok!(Devices::evict(signed(3), id));
        assert_eq!(Payments::get(), vec![(Place::nth(0), owner(1), true)]);
    });
}

#[test]
fn owner_that_evicts_its_own_device_gets_back_its_bond_and_nothing_else() {
    ExtBuilder::default().build_and_execute(|| {
        let id = silent();
        assert_ok!(Devices::evict(signed(1), id));
        assert_eq!((held(1), free(1)), (0, WEALTH));
    });
}

#[test]
fn fee_that_cannot_be_received_stays_with_the_owner() {
    ExtBuilder::default().build_and_execute(|| {
        // GIVEN a caller that does not exist, and a fee below the existential deposit
        const _: () = assert!(CHARGED < ED);
        let id = silent();
        assert_ok!(Devices::evict(signed(77), id.clone()));
        System::assert_last_event(
            Event::<Test>::Evicted {
                device: id,
                owner: owner(1),
                place: Place::nth(0),
                bond: ROUTER.1,
                fee: 0,
                by: owner(77),
            }
            .into(),
        );
        assert_eq!((held(1), free(1), free(77)), (0, WEALTH, 0));
        // A fee that can exist makes the account.
        silent();
        set_fee(Permill::from_percent(20));
        assert_ok!(Devices::evict(signed(77), device(0)));
        assert_eq!((held(1), free(1), free(77)), (0, WEALTH - ED, ED));
    });
}

#[test]
fn fee_may_be_nothing_or_everything_and_what_rounding_leaves_is_the_owners() {
    for (fee, charged) in
        [(Permill::zero(), 0), (Permill::one(), ROUTER.1), (Permill::from_parts(999_999), ROUTER.1 - 1)]
    {
        ExtBuilder::default().build_and_execute(|| {
            let id = silent();
            set_fee(fee);
            assert_ok!(Devices::evict(signed(3), id));
            assert_eq!((held(1), free(1), free(3)), (0, WEALTH - charged, WEALTH + charged));
        });
    }
}

#[test]
fn frozen_tokens_shelter_no_bond() {
    // GIVEN an owner that has nothing but its bond, all of it frozen
    ExtBuilder::default().wealth(ROUTER.1 + ED).build_and_execute(|| {
        let id = silent();
        Balances::set_lock(*b"all of i", &owner(1), u128::MAX, WithdrawReasons::all());
        assert_ok!(Devices::evict(signed(3), id));
        assert_eq!((held(1), free(1), free(3)), (0, ROUTER.1 + ED - CHARGED, ROUTER.1 + ED + CHARGED));
    });
}

#[test]
fn device_without_bond_pays_no_fee() {
    ExtBuilder::default().build_and_execute(|| {
        let name = b"free".to_vec().try_into().expect("a short name");
        assert_ok!(Devices::set_class(RuntimeOrigin::root(), 0, name, 1, 0));
        let id = silent();
        assert_ok!(Devices::evict(signed(3), id));
        assert_eq!((free(1), free(3)), (WEALTH, WEALTH));
    });
}

#[test]
fn place_of_an_evicted_device_goes_to_the_next_one_which_inherits_nothing() {
    ExtBuilder::default().build_and_execute(|| {
        let id = silent();
        assert_ok!(Devices::pause(signed(1), id.clone(), 2));
        assert_ok!(Devices::evict(signed(3), id));
        registered(2, 1);
        assert_eq!(record(1).place, Place::nth(0));
        assert_noop!(Devices::evict(signed(3), device(1)), Error::<Test>::StillExpected);
        for round in [139, 140] {
            assert!(Devices::view(0, round).excused.get(0));
        }
        assert!(Devices::view(0, 141).active.get(0));
    });
}
