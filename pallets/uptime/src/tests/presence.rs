//! Who was up, as others ask it.

use crate::{mock::*, *};
use vouch_primitives::{
    traits::{Attendance, Presence},
    Lane, Place,
};

fn was_up(lane: Lane, rounds: u32) -> bool {
    Uptime::was_up(Place { cohort: 0, lane }, rounds)
}

#[test]
fn device_is_present_for_as_long_as_it_is_asked_after_it_was_last_up() {
    TestExt::new().admission(1).build_and_execute(|| {
        assert!(!was_up(0, 32), "nothing is accounted yet");
        vote(0, 7, 0..4);
        rounds_later(1);
        assert!(was_up(0, 1) && was_up(3, 1) && !was_up(4, 32));
        // No rounds at all are asked for.
        assert!(!was_up(0, 0));
        for round in 1..4 {
            vote(0, 7, 4..8);
            rounds_later(1);
            assert!(!was_up(0, round) && was_up(0, round + 1) && was_up(4, 1));
        }
        assert!(was_up(0, 32) && was_up(0, u32::MAX));
    });
}

#[test]
fn device_that_is_not_admitted_is_not_present() {
    TestExt::new().admission(3).build_and_execute(|| {
        for _ in 0..2 {
            vote(0, 7, 0..DEVICES);
            rounds_later(1);
            assert!(!was_up(0, 32));
        }
        vote(0, 7, 0..DEVICES);
        rounds_later(1);
        assert!(was_up(0, 1));
    });
}

#[test]
fn round_that_nobody_judged_is_no_presence() {
    TestExt::new().admission(1).build_and_execute(|| {
        vote(0, 7, 0..DEVICES);
        rounds_later(1);
        // Uncovered rounds pay as the last covered one, and say nothing about the device.
        rounds_later(3);
        assert!(!was_up(0, 3) && was_up(0, 4));
        // Nor does a round that is not accounted yet.
        vote(0, 5, 0..DEVICES);
        assert!(!was_up(0, 3));
        rounds_later(1);
        assert!(was_up(0, 1));
    });
}

#[test]
fn next_device_in_a_place_inherits_no_presence_nor_does_one_that_moved() {
    TestExt::new().admission(1).build_and_execute(|| {
        vote(0, 7, 0..DEVICES);
        rounds_later(1);
        Uptime::on_vacate(Place { cohort: 0, lane: 0 });
        Uptime::on_move(Place { cohort: 0, lane: 1 });
        assert!(!was_up(0, 32) && !was_up(1, 32) && was_up(2, 32));
    });
}

#[test]
fn nobody_is_present_where_nobody_sits() {
    TestExt::new().build_and_execute(|| {
        vote(0, 7, 0..DEVICES);
        rounds_later(1);
        assert!(!was_up(DEVICES, 32) && !was_up(Lane::MAX, 32));
        frame_support::assert_storage_noop!(assert!(!Uptime::was_up(Place { cohort: 9, lane: 0 }, 32)));
    });
}

#[cfg(feature = "runtime-benchmarks")]
#[test]
fn benchmark_of_another_pallet_can_have_a_device_be_up() {
    TestExt::new().admission(3).build_and_execute(|| {
        Uptime::be_up_for_benchmark(Place { cohort: 0, lane: 5 });
        assert!(was_up(5, 1) && !was_up(6, 32));
        // Others in the cohort keep what is remembered of them.
        vote(0, 7, 0..DEVICES);
        rounds_later(1);
        Uptime::be_up_for_benchmark(Place { cohort: 0, lane: 6 });
        assert!(was_up(5, 1) && was_up(6, 1));
    });
}
