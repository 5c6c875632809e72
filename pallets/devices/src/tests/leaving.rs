//! Deregistering and releasing.

use crate::{mock::*, BondedTotal, DeviceCount, Devices as DeviceMap, Error, Event, Offers, Parameters, Params};
use polkadot_sdk::*;

use frame_support::{assert_noop, assert_ok};
use sp_runtime::traits::BadOrigin;
use vouch_primitives::{api::DeviceState, traits::DeviceRegistry, Place};

const PLACE: Place = Place { cohort: 0, lane: 0 };

#[test]
fn device_leaves_in_two_steps_and_the_bond_comes_back_exactly() {
    ExtBuilder::default().build_and_execute(|| {
        let (id, stays) = (registered(1, 0), registered(1, 1));
        Round::set(105);

        assert_ok!(Devices::deregister(signed(1), id.clone()));
        System::assert_last_event(Event::<Test>::Deregistered { device: id.clone(), release_at: 1 + DELAY }.into());
        assert_eq!(Payments::get(), vec![(PLACE, owner(1), false)]);
        assert_eq!(Devices::state(&id), Some(DeviceState::Leaving(1 + DELAY)));
        // What is over counts, the running round does not, and nothing after.
        assert!(Devices::view(0, 104).active.get(0));
        assert!(!Devices::view(0, 105).active.get(0) && !Devices::view(0, 1_000_000).active.get(0));
        assert_eq!(held(1), 2 * ROUTER.1);

        pass_blocks(DELAY - 1);
        assert_noop!(Devices::release(signed(3), id.clone()), Error::<Test>::TooEarly);
        pass_blocks(1);
        assert_ok!(Devices::release(signed(3), id.clone()));

        System::assert_last_event(
            Event::<Test>::Released { device: id.clone(), owner: owner(1), place: PLACE, bond: ROUTER.1 }.into(),
        );
        assert_eq!((held(1), free(1)), (ROUTER.1, WEALTH - ROUTER.1));
        assert_eq!((BondedTotal::<Test>::get(), DeviceCount::<Test>::get()), (ROUTER.1, 1));
        assert_eq!(Payments::get().last(), Some(&(PLACE, owner(1), true)));
        assert_eq!(Vacated::get(), vec![PLACE]);
        assert_eq!(DeviceMap::<Test>::get(&id), None);
        assert_eq!(Devices::devices_of(&owner(1), None, 9), vec![stays]);
        assert_noop!(Devices::release(signed(3), id), Error::<Test>::NotFound);
    });
}

#[test]
fn bond_stays_until_what_was_begun_is_over() {
    ExtBuilder::default().build_and_execute(|| {
        let id = registered(1, 0);
        assert_ok!(Devices::deregister(signed(1), id.clone()));
        pass_blocks(DELAY);
        Engaged::set(vec![PLACE]);
        assert_noop!(Devices::release(signed(1), id.clone()), Error::<Test>::Engaged);
        Engaged::set(vec![]);
        assert_ok!(Devices::release(signed(1), id));
        assert_eq!(Disengaged::get(), vec![PLACE]);
    });
}

#[test]
fn place_with_unsettled_points_is_not_released() {
    ExtBuilder::default().build_and_execute(|| {
        let id = registered(1, 0);
        assert_ok!(Devices::deregister(signed(1), id.clone()));
        pass_blocks(DELAY);
        Unsettled::set(vec![PLACE]);
        assert_noop!(Devices::release(signed(1), id.clone()), Error::<Test>::NotSettled);
        assert!(Vacated::get().is_empty());
        Unsettled::set(vec![]);
        assert_ok!(Devices::release(signed(1), id));
        assert_eq!(Vacated::get(), vec![PLACE]);
    });
}

#[test]
fn device_that_stays_cannot_be_released_and_nobody_unsigned_releases() {
    ExtBuilder::default().build_and_execute(|| {
        let id = registered(1, 0);
        assert_noop!(Devices::release(signed(1), id.clone()), Error::<Test>::NotLeaving);
        assert_noop!(Devices::release(RuntimeOrigin::none(), id), BadOrigin);
    });
}

#[test]
fn device_that_is_leaving_cannot_be_changed() {
    ExtBuilder::default().build_and_execute(|| {
        let id = registered(1, 0);
        assert_ok!(Devices::offer(signed(1), id.clone(), Some(owner(2))));
        assert_ok!(Devices::deregister(signed(1), id.clone()));
        assert_noop!(Devices::set_endpoint(signed(1), id.clone(), None), Error::<Test>::Leaving);
        assert_noop!(Devices::set_beneficiary(signed(1), id.clone(), None), Error::<Test>::Leaving);
        assert_noop!(Devices::offer(signed(1), id.clone(), Some(owner(2))), Error::<Test>::Leaving);
        assert_noop!(Devices::pause(signed(1), id.clone(), 1), Error::<Test>::Leaving);
        assert_noop!(Devices::resume(signed(1), id.clone()), Error::<Test>::Leaving);
        let proof = rotation_proof(0, 1, &owner(1));
        assert_noop!(Devices::rotate_key(signed(1), id.clone(), device(1), proof), Error::<Test>::Leaving);
        assert_noop!(Devices::deregister(signed(1), id.clone()), Error::<Test>::Leaving);
        assert_noop!(try_register(1, 0), Error::<Test>::AlreadyRegistered);
        // The offer is gone with it.
        assert_noop!(Devices::accept(signed(2), id), Error::<Test>::NotOffered);
        assert_eq!(Offers::<Test>::iter().count(), 0);
    });
}

#[test]
fn only_the_owner_deregisters() {
    ExtBuilder::default().build_and_execute(|| {
        let id = registered(1, 0);
        assert_noop!(Devices::deregister(signed(2), id), Error::<Test>::NotOwner);
        assert_noop!(Devices::deregister(signed(1), device(9)), Error::<Test>::NotFound);
    });
}

#[test]
fn unpayable_beneficiary_cannot_keep_a_device() {
    ExtBuilder::default().build_and_execute(|| {
        let id = registered(1, 0);
        assert_ok!(Devices::set_beneficiary(signed(1), id.clone(), Some(owner(200))));
        Unpayable::set(vec![owner(200)]);
        assert_ok!(Devices::deregister(signed(1), id.clone()));
        pass_blocks(DELAY);
        assert_ok!(Devices::release(signed(2), id));
        assert_eq!(Payments::get(), vec![(PLACE, owner(1), false), (PLACE, owner(1), true)]);
    });
}

#[test]
fn parameters_of_later_do_not_shorten_a_delay_that_runs() {
    ExtBuilder::default().build_and_execute(|| {
        let id = registered(1, 0);
        assert_ok!(Devices::deregister(signed(1), id.clone()));
        assert_ok!(Devices::set_params(
            RuntimeOrigin::root(),
            Params { release_delay: 0, ..Parameters::<Test>::get() }
        ));
        assert_noop!(Devices::release(signed(1), id), Error::<Test>::TooEarly);
    });
}

#[test]
fn paused_device_can_leave() {
    ExtBuilder::default().build_and_execute(|| {
        let id = registered(1, 0);
        assert_ok!(Devices::pause(signed(1), id.clone(), 2));
        assert_ok!(Devices::deregister(signed(1), id));
        assert!(!Devices::view(0, 500).active.get(0));
    });
}
