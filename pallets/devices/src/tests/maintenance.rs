//! Maintenance windows and their budget.

use crate::{mock::*, Cohorts, Error, Event, Maintenance, Params, ROTATION_ROUNDS};
use polkadot_sdk::*;

use frame_support::{assert_noop, assert_ok};
use vouch_primitives::{api::DeviceState, traits::DeviceRegistry};

/// A device that has been judged for a while.
fn settled() -> vouch_primitives::DeviceId {
    let id = registered(1, 0);
    Round::set(110);
    id
}

#[test]
fn window_covers_the_rounds_after_the_running_one() {
    ExtBuilder::default().build_and_execute(|| {
        let id = settled();
        assert_ok!(Devices::pause(signed(1), id.clone(), 3));
        System::assert_last_event(Event::<Test>::Paused { device: id.clone(), from: 111, until: 114 }.into());
        assert!(Devices::view(0, 109).active.get(0), "what is over is judged");
        assert!(Devices::view(0, 110).active.get(0), "what may be nearly over is judged");
        assert_eq!(Devices::state(&id), Some(DeviceState::Active));
        for round in 111..114 {
            Round::set(round);
            assert!(Devices::view(0, round).excused.get(0) && !Devices::view(0, round).active.get(0));
            assert_eq!(Devices::state(&id), Some(DeviceState::ExcusedUntil(114)));
        }
        assert_noop!(Devices::resume(signed(1), id.clone()), Error::<Test>::NotPaused);
        Round::set(114);
        assert!(Devices::view(0, 113).excused.get(0) && Devices::view(0, 114).active.get(0));
        assert_eq!(Devices::state(&id), Some(DeviceState::Active));
        assert_noop!(Devices::resume(signed(1), id), Error::<Test>::NotPaused);
    });
}

#[test]
fn outage_seen_in_the_running_round_is_not_excused_by_a_window_that_just_ended() {
    ExtBuilder::default().build_and_execute(|| {
        // GIVEN a device whose window ended with the previous round
        let id = settled();
        assert_ok!(Devices::pause(signed(1), id.clone(), 1));
        Round::set(112);
        // WHEN its owner sees it down and declares the next one
        assert_ok!(Devices::pause(signed(1), id.clone(), 1));
        // THEN the round between is judged, the ones around it are not
        let excused = [111, 112, 113, 114].map(|round| Devices::view(0, round).excused.get(0));
        assert_eq!(excused, [true, false, true, false]);
        assert_eq!(Devices::state(&id), Some(DeviceState::Active));
    });
}

#[test]
fn window_goes_on_from_the_last_round_of_the_one_before() {
    ExtBuilder::default().build_and_execute(|| {
        let id = settled();
        assert_ok!(Devices::pause(signed(1), id.clone(), 2));
        Round::set(111);
        assert_noop!(Devices::pause(signed(1), id.clone(), 2), Error::<Test>::AlreadyPaused);
        Round::set(112);
        assert_ok!(Devices::pause(signed(1), id.clone(), 2));
        assert_eq!(Devices::state(&id), Some(DeviceState::ExcusedUntil(115)));
        // Only what was declared last is left to give back.
        assert_ok!(Devices::resume(signed(1), id));
        assert_eq!(record(0).maintenance, Maintenance { epoch: 10, used: 2, until: 113 });
        assert!(Devices::view(0, 112).excused.get(0) && Devices::view(0, 113).active.get(0));
    });
}

#[test]
fn window_taken_back_before_it_begins_never_was() {
    ExtBuilder::default().build_and_execute(|| {
        let id = settled();
        assert_ok!(Devices::pause(signed(1), id.clone(), BUDGET));
        assert_ok!(Devices::resume(signed(1), id.clone()));
        System::assert_last_event(Event::<Test>::Resumed { device: id.clone(), from: 111 }.into());
        assert_eq!(record(0).maintenance.used, 0);
        assert!(Cohorts::<Test>::get(0).absences.is_empty());
        assert!((109..120).all(|round| Devices::view(0, round).active.get(0)));
        assert_noop!(Devices::resume(signed(1), id.clone()), Error::<Test>::NotPaused);
        assert_ok!(Devices::pause(signed(1), id, BUDGET));
    });
}

#[test]
fn budget_is_per_epoch_and_per_device() {
    ExtBuilder::default().build_and_execute(|| {
        let id = settled();
        registered(1, 1);
        assert_noop!(Devices::pause(signed(1), id.clone(), 0), Error::<Test>::NoRounds);
        assert_noop!(Devices::pause(signed(1), id.clone(), BUDGET + 1), Error::<Test>::MaintenanceExhausted);
        assert_ok!(Devices::pause(signed(1), id.clone(), BUDGET - 1));
        assert_noop!(Devices::pause(signed(1), id.clone(), 1), Error::<Test>::AlreadyPaused);
        assert_ok!(Devices::pause(signed(1), device(1), BUDGET));

        Round::set(120);
        assert_noop!(Devices::pause(signed(1), id.clone(), 2), Error::<Test>::MaintenanceExhausted);
        assert_ok!(Devices::pause(signed(1), id.clone(), 1));
        Round::set(121);
        assert_noop!(Devices::pause(signed(1), id.clone(), 1), Error::<Test>::MaintenanceExhausted);

        Epoch::set(11);
        assert_ok!(Devices::pause(signed(1), id, BUDGET));
    });
}

#[test]
fn resuming_gives_back_what_was_not_used() {
    ExtBuilder::default().build_and_execute(|| {
        let id = settled();
        assert_noop!(Devices::resume(signed(1), id.clone()), Error::<Test>::NotPaused);
        assert_ok!(Devices::pause(signed(1), id.clone(), BUDGET));
        Round::set(112);
        assert_ok!(Devices::resume(signed(1), id.clone()));
        System::assert_last_event(Event::<Test>::Resumed { device: id.clone(), from: 113 }.into());
        // Two rounds were used, the one in which it came back is the second.
        assert_eq!(record(0).maintenance, Maintenance { epoch: 10, used: 2, until: 113 });
        assert!(Devices::view(0, 111).excused.get(0) && Devices::view(0, 112).excused.get(0));
        assert!(Devices::view(0, 113).active.get(0));
        Round::set(113);
        assert_ok!(Devices::pause(signed(1), id.clone(), BUDGET - 2));
        Round::set(120);
        assert_noop!(Devices::pause(signed(1), id, 1), Error::<Test>::MaintenanceExhausted);
    });
}

#[test]
fn resuming_in_a_later_epoch_gives_back_nothing_to_it() {
    ExtBuilder::default().build_and_execute(|| {
        let id = settled();
        assert_ok!(Devices::pause(signed(1), id.clone(), BUDGET));
        Round::set(111);
        Epoch::set(11);
        assert_ok!(Devices::resume(signed(1), id.clone()));
        assert_eq!(record(0).maintenance.used, 0);
        Round::set(112);
        assert_noop!(Devices::pause(signed(1), id.clone(), BUDGET + 1), Error::<Test>::MaintenanceExhausted);
        assert_ok!(Devices::pause(signed(1), id, BUDGET));
    });
}

#[test]
fn pausing_and_rotating_in_every_round_it_is_down_runs_out() {
    ExtBuilder::default().build_and_execute(|| {
        settled();
        let (mut old, mut new, mut excused) = (0, 1, 0);
        for round in 110..170 {
            Round::set(round);
            // Whichever key the device goes by now, it changes to the other one as soon as it may; now and then it is paused too.
            let done = Devices::rotate_key(signed(1), device(old), device(new), rotation_proof(old, new, &owner(1)));
            assert_eq!(done.is_ok(), round % ROTATION_ROUNDS == 110 % ROTATION_ROUNDS);
            if done.is_ok() {
                (old, new) = (new, old);
            }
            if round % 15 == 0 {
                let _ = Devices::pause(signed(1), device(old), 1);
            }
            excused += u32::from(Devices::view(0, round).excused.get(0));
        }
        assert_eq!(excused, BUDGET);
    });
}

#[test]
fn only_the_owner_declares_maintenance() {
    ExtBuilder::default().build_and_execute(|| {
        let id = settled();
        assert_noop!(Devices::pause(signed(2), id.clone(), 1), Error::<Test>::NotOwner);
        assert_noop!(Devices::pause(signed(1), device(9), 1), Error::<Test>::NotFound);
        assert_ok!(Devices::pause(signed(1), id.clone(), 1));
        assert_noop!(Devices::resume(signed(2), id), Error::<Test>::NotOwner);
        assert_noop!(Devices::resume(signed(1), device(9)), Error::<Test>::NotFound);
    });
}

#[test]
fn extremes_do_not_wrap() {
    ExtBuilder::default().build_and_execute(|| {
        let id = settled();
        assert_noop!(Devices::pause(signed(1), id.clone(), u32::MAX), Error::<Test>::MaintenanceExhausted);
        let params = Params { release_delay: u64::MAX, maintenance_rounds: u32::MAX, ..Default::default() };
        assert_ok!(Devices::set_params(RuntimeOrigin::root(), params));
        assert_ok!(Devices::pause(signed(1), id.clone(), u32::MAX));
        assert_eq!(record(0).maintenance.until, u32::MAX);
        Round::set(111);
        assert_ok!(Devices::resume(signed(1), id.clone()));
        // Saturated windows give back at most what they excused.
        assert!(record(0).maintenance.used >= 1);
        Round::set(112);
        assert_ok!(Devices::pause(signed(1), id.clone(), 1));
        Round::set(113);
        assert_noop!(Devices::pause(signed(1), id.clone(), u32::MAX), Error::<Test>::MaintenanceExhausted);
        assert_ok!(Devices::deregister(signed(1), id.clone()));
        assert_eq!(record(0).leaving, Some(u64::MAX));
        System::set_block_number(u64::MAX - 1);
        assert_noop!(Devices::release(signed(1), id.clone()), Error::<Test>::TooEarly);
        System::set_block_number(u64::MAX);
        assert_ok!(Devices::release(signed(1), id));
    });
}
