//! How many devices may be in a block of addresses, and what counts as a move.

use crate::{mock::*, Error, Parameters, Params, Prefixes};
use polkadot_sdk::*;

use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchResult;
use vouch_primitives::{traits::DeviceRegistry, Endpoint, Place};

/// How many devices are counted in the block of an endpoint.
fn counted(endpoint: Option<Endpoint>) -> u32 {
    endpoint.map_or(0, |endpoint| Prefixes::<Test>::get(endpoint.prefix()))
}

/// Has device `n` of owner 1 answer elsewhere.
fn go(n: u32, to: Option<Endpoint>) -> DispatchResult {
    Devices::set_endpoint(signed(1), device(n), to)
}

#[test]
fn full_block_refuses_newcomers_of_any_owner_at_any_of_its_addresses() {
    ExtBuilder::default().caps(2, 1).build_and_execute(|| {
        assert_ok!(try_register_at(1, 0, v4(1, 1, 1)));
        assert_ok!(try_register_at(2, 1, v4(1, 2, 1)));
        assert_noop!(try_register_at(3, 2, v4(1, 3, 1)), Error::<Test>::PrefixFull);
        assert_noop!(try_register_at(3, 2, v4(1, 1, 2)), Error::<Test>::PrefixFull);
        assert_ok!(try_register_at(3, 2, v6(1, 1, 1)));
        assert_noop!(try_register_at(3, 3, v6(1, 2, 1)), Error::<Test>::PrefixFull);
        // The next block is another one, and nowhere there is always room.
        assert_ok!(try_register_at(3, 3, v4(2, 1, 1)));
        assert_ok!(try_register_at(3, 4, v6(2, 1, 1)));
        for n in 5..9 {
            assert_ok!(try_register_at(3, n, None));
        }
        assert_eq!([v4(1, 0, 0), v4(2, 0, 0), v6(1, 0, 0), v6(2, 0, 0)].map(counted), [2, 1, 1, 1]);
    });
}

#[test]
fn full_block_refuses_devices_that_move_in_until_one_moves_out() {
    ExtBuilder::default().caps(1, 1).build_and_execute(|| {
        assert_ok!(try_register_at(1, 0, v4(1, 1, 1)));
        assert_ok!(try_register_at(1, 1, v6(1, 1, 1)));
        assert_ok!(try_register_at(1, 2, None));
        assert_noop!(go(1, v4(1, 2, 1)), Error::<Test>::PrefixFull);
        assert_noop!(go(2, v4(1, 2, 1)), Error::<Test>::PrefixFull);
        assert_noop!(go(2, v6(1, 2, 1)), Error::<Test>::PrefixFull);
        assert_ok!(go(0, v4(2, 1, 1)));
        assert_ok!(go(1, v4(1, 2, 1)));
        assert_ok!(go(2, v6(1, 2, 1)));
        assert_eq!([v4(1, 0, 0), v4(2, 0, 0), v6(1, 0, 0)].map(counted), [1, 1, 1]);
        assert_ok!(go(1, None));
        assert_eq!(Prefixes::<Test>::iter().count(), 2);
    });
}

#[test]
fn device_moves_about_in_its_block_even_if_that_is_too_full() {
    ExtBuilder::default().caps(2, 2).build_and_execute(|| {
        assert_ok!(try_register_at(1, 0, v4(1, 1, 1)));
        assert_ok!(try_register_at(1, 1, v4(1, 2, 1)));
        // GIVEN a cap below what is there
        let params = Params { max_per_v4: 1, max_per_v6: 0, ..Parameters::<Test>::get() };
        assert_ok!(Devices::set_params(RuntimeOrigin::root(), params));
        assert_eq!(counted(v4(1, 0, 0)), 2);
        // WHEN devices change port or address within the block, THEN they are counted once and not refused
        assert_ok!(go(0, v4(1, 1, 2)));
        assert_ok!(go(0, v4(1, 9, 2)));
        assert_eq!(counted(v4(1, 0, 0)), 2);
        // AND who leaves does not come back, before there is room
        assert_ok!(go(0, None));
        assert_noop!(go(0, v4(1, 1, 1)), Error::<Test>::PrefixFull);
        assert_noop!(go(0, v6(1, 1, 1)), Error::<Test>::PrefixFull);
        assert_ok!(go(1, None));
        assert_ok!(go(0, v4(1, 1, 1)));
    });
}

#[test]
fn device_that_is_leaving_counts_until_it_is_released() {
    ExtBuilder::default().caps(1, 1).build_and_execute(|| {
        assert_ok!(try_register_at(1, 0, v4(1, 1, 1)));
        assert_ok!(Devices::deregister(signed(1), device(0)));
        assert_noop!(try_register_at(2, 1, v4(1, 1, 1)), Error::<Test>::PrefixFull);
        pass_blocks(DELAY);
        assert_ok!(Devices::release(signed(1), device(0)));
        assert_eq!(Prefixes::<Test>::iter().count(), 0);
        assert_ok!(try_register_at(2, 1, v4(1, 1, 1)));
    });
}

#[test]
fn new_key_and_new_owner_are_in_the_same_block() {
    ExtBuilder::default().caps(1, 1).build_and_execute(|| {
        assert_ok!(try_register_at(1, 0, v4(1, 1, 1)));
        assert_ok!(Devices::rotate_key(signed(1), device(0), device(1), rotation_proof(0, 1, &owner(1))));
        assert_ok!(Devices::offer(signed(1), device(1), Some(owner(2))));
        assert_ok!(Devices::accept(signed(2), device(1)));
        assert_eq!(counted(v4(1, 0, 0)), 1);
        assert!(Moved::get().is_empty(), "and at the same address");
    });
}

#[test]
fn cap_of_zero_admits_nobody_and_the_largest_everybody() {
    ExtBuilder::default().caps(0, 0).build_and_execute(|| {
        assert_noop!(try_register_at(1, 0, v4(1, 1, 1)), Error::<Test>::PrefixFull);
        assert_noop!(try_register_at(1, 0, v6(1, 1, 1)), Error::<Test>::PrefixFull);
        assert_ok!(try_register_at(1, 0, None));
    });
    ExtBuilder::default().build_and_execute(|| {
        for n in 0..300 {
            assert_ok!(try_register_at(1, n, v4(1, 1, 1)));
        }
        assert_eq!(counted(v4(1, 0, 0)), 300);
    });
}

#[test]
fn device_at_another_address_is_admitted_anew_and_at_another_port_is_not() {
    ExtBuilder::default().build_and_execute(|| {
        let place = Place::nth(1);
        registered(1, 9);
        assert_ok!(try_register_at(1, 0, v4(1, 1, 1)));
        assert!(Moved::get().is_empty(), "registering is no move");
        let moves = |to| {
            let before = Moved::get().len();
            assert_ok!(go(0, to));
            let told = Moved::get().split_off(before);
            assert!(told.iter().all(|told| *told == place) && told.len() <= 1);
            assert_eq!(record(0).endpoint, to);
            !told.is_empty()
        };
        assert!(!moves(v4(1, 1, 1)), "nothing changed");
        assert!(!moves(v4(1, 1, 2)), "another port");
        assert!(moves(v4(1, 2, 2)), "another address of the block");
        assert!(moves(v4(2, 2, 2)), "another block");
        assert!(moves(v6(2, 2, 2)), "the other protocol");
        assert!(!moves(v6(2, 2, 3)), "another port");
        assert!(moves(None), "no address any more");
        assert!(!moves(None), "still none");
        assert!(moves(v6(2, 2, 3)), "an address again");
        // A refused call moves nobody.
        assert_noop!(go(0, v4(1, 1, 0)), Error::<Test>::EndpointNotAllowed);
        assert_eq!(Moved::get().len(), 5);
        // Who is judged when is another matter.
        assert_eq!(Devices::state(&device(0)), Devices::state(&device(9)));
        assert!(Devices::view(0, 101).active.get(1));
    });
}
