//! The sweep accounts cohorts that nobody touched, a few per block if it has to.

use crate::{mock::*, *};
use frame_support::{traits::Hooks, weights::Weight};

/// What one settled cohort takes at most, after a look whether anybody is accused.
fn one() -> Weight {
    Uptime::min_sweep_weight() + <() as WeightInfo>::look_for_accused()
}

/// The first unaccounted round of each cohort.
fn accounted() -> Vec<u32> {
    (0..Registered::get().len() as u32)
        .map(|cohort| Uptime::history(cohort).map_or(0, |history| history.next))
        .collect()
}

#[test]
fn with_room_enough_all_cohorts_are_accounted_in_one_block() {
    TestExt::new().cohorts(5).build_and_execute(|| {
        next_round();
        assert_eq!(Sweep::<Test>::get(), types::Sweep { next: 0, left: 5, of: 5 });
        next_block();
        assert_eq!(Sweep::<Test>::get(), types::Sweep { next: 0, left: 0, of: 5 });
        assert_eq!(accounted(), [1; 5]);
        next_round();
        next_block();
        assert_eq!(accounted(), [2; 5]);
    });
}

#[test]
fn does_nothing_when_no_weight_is_left() {
    TestExt::new().cohorts(3).build_and_execute(|| {
        IdleWeight::set(Weight::zero());
        next_round();
        for too_little in
            [Weight::zero(), <() as WeightInfo>::sweep() - Weight::from_parts(1, 0), one() - Weight::from_parts(1, 0)]
        {
            frame_support::assert_storage_noop!(assert!(Uptime::on_idle(10, too_little).all_lte(too_little)));
        }
        assert_eq!(accounted(), [0; 3]);
    });
}

#[test]
fn tiny_weight_keeps_the_cursor_and_accounts_every_cohort_once() {
    TestExt::new().cohorts(5).build_and_execute(|| {
        (0..5).for_each(|cohort| vote(cohort, 5, 0..DEVICES));
        IdleWeight::set(one());
        next_round();
        for done in 1..=5u32 {
            next_block();
            assert_eq!(Sweep::<Test>::get().left, 5 - done);
            assert_eq!((0..5).map(|cohort| credited(cohort, 0)).sum::<u64>(), u64::from(done) * 10_000);
        }
        next_block();
        assert_eq!(accounted(), [1; 5]);
        assert!((0..5).all(|cohort| credited(cohort, 0) == 10_000));
    });
}

#[test]
fn never_takes_more_than_its_share() {
    TestExt::new().cohorts(40).build_and_execute(|| {
        next_round();
        let share = one() * 2;
        MaxSweepWeight::set(share);
        let used = Uptime::on_idle(10, Weight::MAX);
        assert!(used.all_lte(share));
        assert!((1..40).contains(&Sweep::<Test>::get().left));
        // What transactions left is less still.
        assert!(Uptime::on_idle(10, one()).all_lte(one()));
    });
}

#[test]
fn sweep_that_is_not_done_when_a_round_opens_goes_on_where_it_stood() {
    TestExt::new().cohorts(5).round_length(4).build_and_execute(|| {
        // GIVEN room for one cohort in a block and four blocks in a round.
        next_round();
        next_block();
        IdleWeight::set(one());
        next_round();
        assert_eq!(Sweep::<Test>::get(), types::Sweep { next: 0, left: 5, of: 5 });
        next_round();
        assert_eq!(Sweep::<Test>::get(), types::Sweep { next: 4, left: 5, of: 5 });
        assert_eq!(accounted(), [2, 2, 2, 2, 1]);
        next_block();
        // THEN the cohort left over is the first of the next circle, and no round of it is lost.
        assert_eq!(accounted(), [2, 2, 2, 2, 3]);
    });
}

#[test]
fn cohort_that_opens_in_mid_round_is_swept_from_the_next_round_on() {
    TestExt::new().cohorts(2).build_and_execute(|| {
        rounds_later(1);
        open_cohort();
        assert_eq!(Sweep::<Test>::get().of, 2);
        assert_eq!(Uptime::history(2), None);
        rounds_later(1);
        assert_eq!(Uptime::history(2).unwrap().next, 2);
        vote(2, 7, 0..DEVICES);
        assert_eq!(credited(2, 0), 10_000);
    });
}

#[test]
fn cohort_far_behind_does_not_hold_up_the_others_for_ever() {
    TestExt::new().cohorts(2).round_length(2).build_and_execute(|| {
        rounds_later(1);
        IdleWeight::set(Weight::zero());
        (0..80).for_each(|_| next_round());
        // 81 - 1 = 80 rounds behind: three settlements each.
        IdleWeight::set(one());
        Uptime::on_idle(System::block_number(), one());
        assert_eq!(accounted(), [33, 1]);
        (0..5).for_each(|_| {
            Uptime::on_idle(System::block_number(), one());
        });
        assert_eq!(accounted(), [81, 81]);
        assert_eq!(Sweep::<Test>::get().left, 0);
    });
}
