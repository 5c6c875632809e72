//! Maintenance windows and their budget.

use crate::{mock::*, Error, Event, Maintenance};
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
fn window_covers_the_running_round_and_those_after_it() {
    ExtBuilder::default().build_and_execute(|| {
        let id = settled();
        assert_ok!(Devices::pause(signed(1), id.clone(), 3));
        System::assert_last_event(Event::<Test>::Paused { device: id.clone(), until: 113 }.into());
        assert!(Devices::view(0, 109).active.get(0), "what is over is judged");
        for round in 110..113 {
            assert!(Devices::view(0, round).excused.get(0) && !Devices::view(0, round).active.get(0));
        }
        assert!(Devices::view(0, 113).active.get(0));
        Round::set(112);
        assert_eq!(Devices::state(&id), Some(DeviceState::ExcusedUntil(113)));
        Round::set(113);
        assert_eq!(Devices::state(&id), Some(DeviceState::Active));
        assert_noop!(Devices::resume(signed(1), id), Error::<Test>::NotPaused);
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
        Round::set(111);
        assert_ok!(Devices::resume(signed(1), id.clone()));
        System::assert_last_event(Event::<Test>::Resumed { device: id.clone(), from: 112 }.into());
        // Two rounds were used: the one in which it was paused and the one in which it came back.
        assert_eq!(record(0).maintenance, Maintenance { epoch: 10, used: 2, until: 112 });
        assert!(Devices::view(0, 110).excused.get(0) && Devices::view(0, 111).excused.get(0));
        assert!(Devices::view(0, 112).active.get(0));
        Round::set(112);
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
        Epoch::set(11);
        assert_ok!(Devices::resume(signed(1), id.clone()));
        assert_eq!(record(0).maintenance.used, 0);
        Round::set(111);
        assert_noop!(Devices::pause(signed(1), id.clone(), BUDGET + 1), Error::<Test>::MaintenanceExhausted);
        assert_ok!(Devices::pause(signed(1), id, BUDGET));
    });
}

#[test]
fn pausing_every_round_it_is_down_runs_out() {
    ExtBuilder::default().build_and_execute(|| {
        let id = settled();
        let excused = (110..140).filter(|round| {
            Round::set(*round);
            Devices::pause(signed(1), id.clone(), 1).is_ok()
        });
        assert_eq!(excused.count() as u32, BUDGET);
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
        assert_ok!(Devices::set_params(RuntimeOrigin::root(), u64::MAX, u32::MAX));
        assert_ok!(Devices::pause(signed(1), id.clone(), u32::MAX));
        assert_eq!(record(0).maintenance.until, u32::MAX);
        assert_ok!(Devices::resume(signed(1), id.clone()));
        // Saturated windows give back what they excused at most.
        assert!(record(0).maintenance.used >= 1);
        Round::set(111);
        assert_ok!(Devices::pause(signed(1), id.clone(), 1));
        Round::set(112);
        assert_noop!(Devices::pause(signed(1), id.clone(), u32::MAX), Error::<Test>::MaintenanceExhausted);
        assert_ok!(Devices::deregister(signed(1), id.clone()));
        assert_eq!(record(0).leaving, Some(u64::MAX));
        System::set_block_number(u64::MAX - 1);
        assert_noop!(Devices::release(signed(1), id.clone()), Error::<Test>::TooEarly);
        System::set_block_number(u64::MAX);
        assert_ok!(Devices::release(signed(1), id));
    });
}
