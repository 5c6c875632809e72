//! Rotating device keys.

use crate::{
    mock::*, Device, Devices as DeviceMap, Error, Event, Former, Maintenance, Offers, Proofs, Tenants, ROTATION_ROUNDS,
};
use polkadot_sdk::*;

use frame_support::{assert_noop, assert_ok};
use sp_core::{Pair, H256};
use vouch_primitives::{
    api::DeviceState,
    probe::{registration_payload, rotation_payload},
    traits::DeviceRegistry,
    Place,
};

#[test]
fn record_goes_on_under_the_new_key_from_the_next_round() {
    ExtBuilder::default().build_and_execute(|| {
        registered(1, 0);
        Round::set(105);
        assert!(Devices::view(0, 105).active.get(0));
        let before = record(0);

        assert_ok!(Devices::rotate_key(signed(1), device(0), device(1), rotation_proof(0, 1, &owner(1))));

        // What it costs is a round of maintenance.
        let maintenance = Maintenance { epoch: 10, used: 1, until: 0 };
        let previous = Some(Former { device: device(0), since: 100 });
        assert_eq!(record(1), Device { maintenance, since: 105, previous, ..before });
        assert_eq!(DeviceMap::<Test>::get(device(0)), None);
        assert_eq!(Tenants::<Test>::get(0, 0), Some(device(1)));
        assert_eq!(Devices::devices_of(&owner(1), None, 9), vec![device(1)]);
        assert_eq!(held(1), ROUTER.1);
        System::assert_last_event(Event::<Test>::KeyRotated { old: device(0), new: device(1), charged: true }.into());
        // Round 104 may still wait for its tally and judges the device; 105 asked the old key in part.
        assert!(Devices::view(0, 104).active.get(0) && Devices::view(0, 105).excused.get(0));
        assert_eq!(Devices::state(&device(1)), Some(DeviceState::ExcusedUntil(106)));
        Round::set(106);
        assert!(Devices::view(0, 106).active.get(0));
        assert!(Vacated::get().is_empty());
    });
}

#[test]
fn rotation_without_a_round_of_maintenance_left_is_judged_as_it_comes() {
    ExtBuilder::default().build_and_execute(|| {
        // GIVEN a device that has two rounds of maintenance left in this epoch
        registered(1, 0);
        Round::set(105);
        assert_ok!(Devices::pause(signed(1), device(0), BUDGET - 2));
        let rotate = |old, new| {
            assert_ok!(Devices::rotate_key(signed(1), device(old), device(new), rotation_proof(old, new, &owner(1))));
            match System::events().pop().map(|record| record.event) {
                Some(RuntimeEvent::Devices(Event::KeyRotated { charged, .. })) => charged,
                other => panic!("not a rotation: {other:?}"),
            }
        };
        Round::set(120);
        // WHEN the round of a change is to be judged, THEN one of them is spent
        assert!(rotate(0, 1));
        assert!(Devices::view(0, 120).excused.get(0));
        assert_eq!(record(1).maintenance.used, BUDGET - 1);
        // WHEN it is excused already, THEN none is
        Round::set(127);
        assert_ok!(Devices::pause(signed(1), device(1), 1));
        Round::set(128);
        assert!(!rotate(1, 0));
        assert_eq!(record(0).maintenance.used, BUDGET);
        // WHEN none is left, THEN the key changes and nothing is excused
        Round::set(136);
        assert!(!rotate(0, 1));
        assert!(Devices::view(0, 136).active.get(0));
        assert_eq!(record(1).maintenance.used, BUDGET);
        // AND the next epoch has a budget of its own
        Round::set(144);
        Epoch::set(11);
        assert!(rotate(1, 0));
        assert!(Devices::view(0, 143).active.get(0) && Devices::view(0, 144).excused.get(0));
    });
}

#[test]
fn rotation_before_a_window_closes_the_gap_and_resuming_leaves_its_round_excused() {
    ExtBuilder::default().build_and_execute(|| {
        registered(1, 0);
        Round::set(110);
        assert_ok!(Devices::pause(signed(1), device(0), 2));
        assert_ok!(Devices::rotate_key(signed(1), device(0), device(1), rotation_proof(0, 1, &owner(1))));
        assert_eq!(Devices::state(&device(1)), Some(DeviceState::ExcusedUntil(113)));
        assert_eq!(record(1).maintenance.used, 3);
        assert_ok!(Devices::resume(signed(1), device(1)));
        assert_eq!(record(1).maintenance.used, 1);
        assert!(Devices::view(0, 109).active.get(0) && Devices::view(0, 110).excused.get(0));
        assert!(Devices::view(0, 111).active.get(0));
    });
}

#[test]
fn new_key_must_agree_to_just_this() {
    ExtBuilder::default().build_and_execute(|| {
        registered(1, 0);
        registered(1, 5);
        let (genesis, me) = (genesis_hash(), owner(1));
        let payloads = [
            rotation_payload(genesis, &owner(2), &device(0), 0),
            rotation_payload(genesis, &me, &device(5), 0),
            rotation_payload(H256::zero(), &me, &device(0), 0),
            rotation_payload(genesis, &me, &device(0), 1),
            registration_payload(genesis, &me, 0),
        ];
        for payload in payloads {
            let proof = key(1).sign(&payload).into();
            assert_noop!(Devices::rotate_key(signed(1), device(0), device(1), proof), Error::<Test>::BadProof);
        }
        // The old key's word is not enough.
        let proof = key(0).sign(&rotation_payload(genesis, &me, &device(0), 0)).into();
        assert_noop!(Devices::rotate_key(signed(1), device(0), device(1), proof), Error::<Test>::BadProof);
    });
}

#[test]
fn new_key_must_be_free_and_the_device_ones_own() {
    ExtBuilder::default().build_and_execute(|| {
        registered(1, 0);
        registered(2, 1);
        let proof = rotation_proof(0, 1, &owner(1));
        assert_noop!(
            Devices::rotate_key(signed(1), device(0), device(1), proof.clone()),
            Error::<Test>::AlreadyRegistered
        );
        assert_noop!(Devices::rotate_key(signed(1), device(0), device(0), proof), Error::<Test>::AlreadyRegistered);
        let proof = rotation_proof(0, 2, &owner(2));
        assert_noop!(Devices::rotate_key(signed(2), device(0), device(2), proof.clone()), Error::<Test>::NotOwner);
        assert_noop!(Devices::rotate_key(signed(2), device(9), device(2), proof), Error::<Test>::NotFound);
        Proofs::<Test>::insert(device(3), u32::MAX);
        let proof = rotation_proof(0, 3, &owner(1));
        assert_noop!(Devices::rotate_key(signed(1), device(0), device(3), proof), Error::<Test>::ProofsExhausted);
    });
}

#[test]
fn key_that_was_changed_stays_for_eight_rounds() {
    ExtBuilder::default().build_and_execute(|| {
        let rotate = |by: u8, old, new| {
            Devices::rotate_key(signed(by), device(old), device(new), rotation_proof(old, new, &owner(by)))
        };
        // The first change may come at once, also in the round of the registration.
        registered(1, 0);
        assert_ok!(rotate(1, 0, 1));
        // Not another one, neither in the same round, nor back, nor by a new owner, nor in a new epoch.
        assert_noop!(rotate(1, 1, 2), Error::<Test>::RotatedRecently);
        assert_noop!(rotate(1, 1, 0), Error::<Test>::RotatedRecently);
        Round::set(100 + ROTATION_ROUNDS - 1);
        Epoch::set(11);
        assert_noop!(rotate(1, 1, 2), Error::<Test>::RotatedRecently);
        assert_ok!(Devices::offer(signed(1), device(1), Some(owner(2))));
        assert_ok!(Devices::accept(signed(2), device(1)));
        assert_noop!(rotate(2, 1, 2), Error::<Test>::RotatedRecently);
        Round::set(100 + ROTATION_ROUNDS);
        assert_ok!(rotate(2, 1, 2));
        assert_eq!(record(2).previous, Some(Former { device: device(1), since: 100 }));
        assert_noop!(rotate(2, 2, 1), Error::<Test>::RotatedRecently);
        // A key that was given up has no part in that: whoever registers it may change it.
        registered(1, 1);
        assert_ok!(rotate(1, 1, 3));
    });
}

#[test]
fn change_of_the_key_after_a_lie_leaves_the_lie_to_be_audited() {
    ExtBuilder::default().build_and_execute(|| {
        let place = Place::nth(0);
        registered(1, 0);
        // GIVEN a prober that lied in round 110, and an owner that changes the key as soon as the round is over
        Round::set(111);
        assert_ok!(Devices::rotate_key(signed(1), device(0), device(1), rotation_proof(0, 1, &owner(1))));
        // WHEN audits are drawn, THEN the key that was asked is known, and goes on being known while they may be late
        for round in 112..111 + ROTATION_ROUNDS {
            Round::set(round);
            assert_noop!(
                Devices::rotate_key(signed(1), device(1), device(2), rotation_proof(1, 2, &owner(1))),
                Error::<Test>::RotatedRecently
            );
            assert_eq!(Devices::tenant(place, 110), Some(device(0)));
        }
        // AND also by whoever buys the device, and while it is leaving
        assert_ok!(Devices::offer(signed(1), device(1), Some(owner(2))));
        assert_ok!(Devices::accept(signed(2), device(1)));
        assert_ok!(Devices::deregister(signed(2), device(1)));
        assert_eq!(Devices::tenant(place, 110), Some(device(0)));
    });
}

#[test]
fn rotating_back_and_forth_needs_a_fresh_proof_each_time() {
    ExtBuilder::default().build_and_execute(|| {
        registered(1, 0);
        let there = rotation_proof(0, 1, &owner(1));
        assert_ok!(Devices::rotate_key(signed(1), device(0), device(1), there.clone()));
        Round::set(110);
        assert_ok!(Devices::rotate_key(signed(1), device(1), device(0), rotation_proof(1, 0, &owner(1))));
        Round::set(120);
        assert_noop!(Devices::rotate_key(signed(1), device(0), device(1), there), Error::<Test>::BadProof);
        assert_ok!(Devices::rotate_key(signed(1), device(0), device(1), rotation_proof(0, 1, &owner(1))));
        // The freed key registers anew, elsewhere.
        registered(2, 0);
        assert_eq!(record(0).place.lane, 1);
    });
}

#[test]
fn rotation_withdraws_the_offer_and_keeps_maintenance() {
    ExtBuilder::default().build_and_execute(|| {
        registered(1, 0);
        assert_ok!(Devices::offer(signed(1), device(0), Some(owner(2))));
        assert_ok!(Devices::pause(signed(1), device(0), 3));
        assert_ok!(Devices::rotate_key(signed(1), device(0), device(1), rotation_proof(0, 1, &owner(1))));
        assert_eq!(Offers::<Test>::iter().count(), 0);
        assert_noop!(Devices::accept(signed(2), device(1)), Error::<Test>::NotOffered);
        // It joined in this round, which costs it no maintenance.
        assert_eq!(record(1).maintenance.used, 3);
        assert_eq!(Devices::state(&device(1)), Some(DeviceState::ExcusedUntil(104)));
        assert_ok!(Devices::resume(signed(1), device(1)));
    });
}
