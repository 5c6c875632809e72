//! Who gets which place, and what a place remembers.

use crate::{mock::*, Cohorts, Error, Opened, VacantCount};
use polkadot_sdk::*;

use frame_support::{assert_noop, assert_ok};
use vouch_primitives::{traits::DeviceRegistry, Place, LANES};

#[test]
fn device_1025_opens_the_second_cohort() {
    ExtBuilder::default().build_and_execute(|| {
        assert_eq!(Devices::cohorts(), 0);
        for n in 0..LANES as u32 {
            registered(1, n);
            assert_eq!(record(n).place, Place { cohort: 0, lane: n as u16 });
        }
        assert_eq!(Devices::cohorts(), 1);
        registered(1, LANES as u32);
        assert_eq!(record(LANES as u32).place, Place { cohort: 1, lane: 0 });
        assert_eq!(Devices::cohorts(), 2);
        assert_eq!((Devices::view(0, 101).active.count(), Devices::view(1, 101).active.count()), (1_024, 1));

        // A lane that becomes vacant is used before the second cohort grows.
        leave(1, 500);
        registered(2, 2_000);
        assert_eq!(record(2_000).place, Place { cohort: 0, lane: 500 });
        registered(2, 2_001);
        assert_eq!(record(2_001).place, Place { cohort: 1, lane: 1 });

        // What an owner of many sees page by page.
        let mut seen = Devices::devices_of(&owner(1), None, 600);
        seen.extend(Devices::devices_of(&owner(1), seen.last().cloned(), u32::MAX));
        assert_eq!(seen.iter().collect::<std::collections::BTreeSet<_>>().len(), LANES);
        assert_eq!(Devices::devices_of(&owner(1), None, u32::MAX).len(), 1_000);
        assert_eq!(Devices::devices_of(&owner(1), None, 0), vec![]);
    });
}

#[test]
fn place_vacated_last_is_reused_first() {
    ExtBuilder::default().build_and_execute(|| {
        (0..4).for_each(|n| {
            registered(1, n);
        });
        leave(1, 0);
        leave(1, 2);
        assert_eq!(VacantCount::<Test>::get(), 2);
        registered(1, 10);
        registered(1, 11);
        registered(1, 12);
        assert_eq!((record(10).place.lane, record(11).place.lane, record(12).place.lane), (2, 0, 4));
        assert_eq!((VacantCount::<Test>::get(), Opened::<Test>::get()), (0, 5));
    });
}

#[test]
fn lane_reused_right_after_release_inherits_nothing() {
    ExtBuilder::default().build_and_execute(|| {
        // GIVEN a phone in maintenance that leaves and is released in one round
        let old = device(0);
        assert_ok!(Devices::register(signed(1), old.clone(), 1, Some(global()), Some(owner(3)), proof(0, &owner(1))));
        Round::set(110);
        assert_ok!(Devices::pause(signed(1), old, 4));
        leave(1, 0);
        assert_eq!(Vacated::get(), vec![Place::nth(0)]);
        assert_eq!(Cohorts::<Test>::get(0), Default::default());

        // WHEN a router takes its lane in the same round
        registered(2, 1);

        // THEN neither the running round nor the one before, which may wait for its tally, judges it, and the next one does
        assert_eq!(record(1).place, Place::nth(0));
        for round in [109, 110] {
            assert!(Devices::view(0, round).excused.get(0) && !Devices::view(0, round).active.get(0));
        }
        assert!(Devices::view(0, 111).active.get(0));
        assert_eq!(Devices::view(0, 111).classes[0], 0);
        assert_eq!((record(1).payee(), record(1).maintenance), (&owner(2), Default::default()));
        // AND the rest of the chain was told once
        assert_eq!(Vacated::get(), vec![Place::nth(0)]);
    });
}

#[test]
fn chain_out_of_places_says_so() {
    ExtBuilder::default().build().execute_with(|| {
        Opened::<Test>::put(u32::MAX);
        assert_noop!(try_register(1, 0), Error::<Test>::NoPlaceLeft);
        Opened::<Test>::put(u32::MAX - 1);
        registered(1, 0);
        assert_eq!(record(0).place, Place::nth(u32::MAX - 1));
        assert_noop!(try_register(1, 1), Error::<Test>::NoPlaceLeft);
    });
}
