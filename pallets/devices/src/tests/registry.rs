//! The registry as other pallets and runtime APIs read it.

use crate::{mock::*, Parameters, Params, ROTATION_ROUNDS};
use polkadot_sdk::*;

use frame_support::assert_ok;
use vouch_primitives::{
    api::DeviceState,
    history::LaneHistory,
    traits::{DeviceRegistry, Target},
    Place,
};

#[test]
fn targets_are_the_active_devices_in_order_of_lanes() {
    ExtBuilder::default().build_and_execute(|| {
        (0..4).for_each(|n| {
            registered(1, n);
        });
        assert_ok!(Devices::set_endpoint(signed(1), device(1), None));
        assert_ok!(Devices::pause(signed(1), device(2), 1));
        Round::set(101);
        registered(1, 4);
        let target = |n: u32, endpoint| Target { lane: n as u16, device: device(n), endpoint };
        assert_eq!(
            Devices::targets(0, 101),
            vec![target(0, Some(global())), target(1, None), target(3, Some(global()))]
        );
        assert_eq!(Devices::targets(0, 102).len(), 5);
        assert_eq!(Devices::targets(1, 102), vec![]);
    });
}

#[test]
fn payee_is_the_beneficiary_or_the_owner_also_of_a_device_that_is_leaving() {
    ExtBuilder::default().build_and_execute(|| {
        let id = registered(1, 0);
        assert_eq!(Devices::payee(&id), Some((Place::nth(0), owner(1))));
        assert_ok!(Devices::set_beneficiary(signed(1), id.clone(), Some(owner(3))));
        assert_ok!(Devices::deregister(signed(1), id.clone()));
        assert_eq!(Devices::payee(&id), Some((Place::nth(0), owner(3))));
        assert_eq!(Devices::payee(&device(1)), None);
    });
}

#[test]
fn tenant_of_a_round_is_a_key_that_could_be_asked_in_all_of_it() {
    ExtBuilder::default().build_and_execute(|| {
        let place = Place::nth(0);
        let tenants = |rounds: [u32; 3]| rounds.map(|round| Devices::tenant(place, round));
        let rotate =
            |old, new| Devices::rotate_key(signed(1), device(old), device(new), rotation_proof(old, new, &owner(1)));
        let sat = |n| Some(device(n));
        assert_eq!(tenants([99, 100, 101]), [None, None, None], "nobody was ever there");
        // Of a newcomer, not the round in which it came.
        registered(1, 0);
        assert_eq!(tenants([99, 100, 101]), [None, None, Some(device(0))]);
        // Of a new key, those after the change; of the one before it, those before the change, but for the one in which it came.
        Round::set(105);
        assert_eq!(tenants([104, 105, 106]), [sat(0), sat(0), sat(0)]);
        assert_ok!(rotate(0, 1));
        assert_eq!(tenants([99, 100, 101]), [None, None, sat(0)]);
        assert_eq!(tenants([104, 105, 106]), [sat(0), None, sat(1)]);
        // Of no round that one before that served in: by then nobody asks.
        Round::set(105 + ROTATION_ROUNDS);
        assert_ok!(rotate(1, 2));
        assert_eq!(tenants([104, 105, 106]), [None, None, sat(1)]);
        assert_eq!(tenants([112, 113, 114]), [sat(1), None, sat(2)]);
        // No matter whether the round of the change is judged.
        let params = Params { maintenance_rounds: 0, ..Parameters::<Test>::get() };
        assert_ok!(Devices::set_params(RuntimeOrigin::root(), params));
        Round::set(123);
        assert_ok!(rotate(2, 3));
        assert!(Devices::view(0, 123).active.get(0));
        assert_eq!(tenants([122, 123, 124]), [sat(2), None, sat(3)]);
        // A change of hands, a move and a departure leave both keys what they are, until the place is empty.
        Round::set(124);
        assert_ok!(Devices::offer(signed(1), device(3), Some(owner(2))));
        assert_ok!(Devices::accept(signed(2), device(3)));
        assert_ok!(Devices::set_endpoint(signed(2), device(3), v4(1, 1, 1)));
        assert_ok!(Devices::deregister(signed(2), device(3)));
        assert_eq!(tenants([122, 123, 124]), [sat(2), None, sat(3)]);
        pass_blocks(DELAY);
        assert_ok!(Devices::release(signed(4), device(3)));
        assert_eq!(tenants([122, 124, 125]), [None, None, None]);
        // Its successor answers for nothing that was before it.
        registered(3, 5);
        assert_eq!(tenants([122, 124, 125]), [None, None, sat(5)]);
    });
}

#[test]
fn former_key_that_serves_elsewhere_is_still_the_tenant_of_its_rounds() {
    ExtBuilder::default().build_and_execute(|| {
        registered(1, 0);
        Round::set(105);
        assert_ok!(Devices::rotate_key(signed(1), device(0), device(1), rotation_proof(0, 1, &owner(1))));
        registered(2, 0);
        let tenants = |round| [0, 1].map(|n| Devices::tenant(Place::nth(n), round));
        assert_eq!(tenants(104), [Some(device(0)), None]);
        assert_eq!(tenants(105), [None, None]);
        assert_eq!(tenants(106), [Some(device(1)), Some(device(0))]);
        // And whoever has the key now has it here, not there.
        assert_eq!(Devices::payee(&device(0)), Some((Place::nth(1), owner(2))));
    });
}

#[test]
fn view_of_a_cohort_that_was_never_opened_is_empty() {
    ExtBuilder::default().build_and_execute(|| {
        assert_eq!(Devices::view(7, 100), Default::default());
        assert_eq!(Devices::view(u32::MAX, u32::MAX), Default::default());
    });
}

#[test]
fn only_what_the_chain_allows_may_be_probed() {
    let loopback = vouch_primitives::Endpoint::V4 { ip: [127, 0, 0, 1], port: 80 };
    ExtBuilder::default()
        .build_and_execute(|| assert!(Devices::may_probe(&global()) && !Devices::may_probe(&loopback)));
    ExtBuilder::default()
        .private_endpoints()
        .build_and_execute(|| assert!(Devices::may_probe(&global()) && Devices::may_probe(&loopback)));
}

#[test]
fn info_puts_everything_together() {
    ExtBuilder::default().build_and_execute(|| {
        let id = registered(1, 0);
        Round::set(101);
        let history = LaneHistory { up: 0b111, excused: 0 };
        let info = Devices::info(&id, |place| {
            assert_eq!(place, Place::nth(0));
            (history, 101, 4, true)
        })
        .expect("it is registered");
        assert_eq!((info.owner, info.payee, info.bond), (owner(1), owner(1), ROUTER.1));
        assert_eq!((info.class, info.class_name, info.class_weight), (0, b"router".to_vec(), ROUTER.0));
        assert_eq!((info.endpoint, info.place), (Some(global()), Place::nth(0)));
        assert_eq!((info.history, info.next_round, info.streak, info.latency_code), (history, 101, 3, 4));
        assert_eq!((info.state, info.admitted, info.nonce), (DeviceState::Active, true, 1));
        assert_eq!(Devices::info(&id, |_| (history, 101, 4, false)).map(|info| info.admitted), Some(false));
        assert_eq!(Devices::info(&device(1), |_| (history, 0, 0, false)), None);
        assert_eq!(Devices::state(&device(1)), None);
    });
}

#[cfg(feature = "runtime-benchmarks")]
#[test]
fn benchmarks_get_full_cohorts_in_a_sound_registry() {
    use vouch_primitives::traits::RegistryBenchmarkHelper;
    ExtBuilder::default().build().execute_with(|| {
        for cohorts in [2, 1] {
            let first = Devices::fill_cohorts(cohorts);
            assert_eq!((first.len() as u32, Devices::cohorts()), (cohorts, cohorts));
            for (cohort, device) in (0..cohorts).zip(first) {
                assert_eq!(Devices::payee(&device).map(|(place, _)| place), Some(Place { cohort, lane: 0 }));
                assert_eq!(Devices::view(cohort, 0).active.count(), vouch_primitives::LANES as u32);
            }
            assert_ok!(Devices::do_try_state());
        }
    });
}
