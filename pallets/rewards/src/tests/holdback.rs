//! What is held back as security, for how long, and what becomes of it.

use super::*;
use sp_arithmetic::Permill;
use vouch_primitives::api::PendingReward;

const HERE: Place = Place { cohort: 0, lane: 0 };
const THERE: Place = Place { cohort: 0, lane: 1 };

/// A tenth is held for three epochs; the device at [`HERE`] is Alice's, the one at [`THERE`] is Bob's.
fn chain() -> Chain {
    Chain::new().holdback(10, 3).endow(TREASURY, RICH).device(1, HERE, ALICE).device(2, THERE, BOB)
}

/// What can be claimed and what is held.
fn pending(place: Place) -> (Balance, Balance) {
    let PendingReward { accrued, held, .. } = Rewards::pending(place);
    (accrued, held)
}

fn hold(percent: u32, holding_epochs: u32) {
    let params = EpochParams { holdback: Permill::from_percent(percent), holding_epochs, ..Params::<Test>::get() };
    assert_ok!(set_params(params));
}

#[test]
fn part_of_each_reward_is_held_and_then_released_by_itself() {
    chain().build_and_execute(|| {
        // GIVEN a device that earns once
        credit(HERE, 10);
        close_epoch();
        // THEN a tenth is held, whether or not the page is touched
        assert_eq!(pending(HERE), (900, 100));
        assert_ok!(claim(&[1]));
        assert_eq!((pending(HERE), balance(ALICE)), ((0, 100), RICH + 900));
        assert_noop!(claim(&[1]), Error::<Test>::NothingAccrued);
        // AND it is released without any transaction but a claim: epoch 0 opened a period that ends with epoch 5
        for epoch in 1..6 {
            assert_eq!((Rewards::current_epoch(), pending(HERE)), (epoch, (0, 100)));
            close_epoch();
        }
        assert_eq!(pending(HERE), (100, 0));
        assert_ok!(claim(&[1]));
        assert_eq!(balance(ALICE), RICH + 1_000);
        assert!(!Held::<Test>::contains_key(0));
    });
}

#[test]
fn epochs_of_one_period_are_released_together() {
    chain().build_and_execute(|| {
        // One epoch more is held after each: those of a period are 0, 1, 2, then 3, 4, 5, and so on.
        let held: Vec<Balance> = (0..12)
            .map(|_| {
                credit(HERE, 10);
                close_epoch();
                held(HERE)
            })
            .collect();
        assert_eq!(held, [100, 200, 300, 400, 500, 300, 400, 500, 300, 400, 500, 300]);
        assert_eq!(accrued(HERE), 12_000 - 300);
    });
}

#[test]
fn page_that_is_settled_late_is_held_no_longer() {
    let earn = || {
        // Two cohorts earn the same, in epoch 0.
        credit(HERE, 10);
        credit(place(1, 0), 10);
        close_epoch();
    };
    chain().device(3, place(1, 0), BOB).build_and_execute(|| {
        earn();
        // GIVEN one that is settled at once and one that is settled when half of the time is over
        assert_ok!(claim(&[1]));
        (0..2).for_each(|_| close_epoch());
        assert_ok!(claim(&[3]));
        assert_eq!((held(HERE), held(place(1, 0))), (50, 50));
        (0..3).for_each(|_| close_epoch());
        assert_eq!((pending(HERE), pending(place(1, 0))), ((50, 0), (50, 0)));
    });
    chain().build_and_execute(|| {
        earn();
        // GIVEN one that is settled when all of it is over
        (0..5).for_each(|_| close_epoch());
        assert_eq!(pending(place(1, 0)), (500, 0));
        credit(place(1, 0), 1);
        // THEN nothing is held at all
        assert_eq!((pending(place(1, 0)), Held::<Test>::contains_key(1)), ((500, 0), false));
    });
}

#[test]
fn terms_are_those_of_the_epoch_in_which_it_was_earned_whenever_it_is_settled() {
    chain().device(3, place(1, 0), BOB).build_and_execute(|| {
        credit(HERE, 10);
        credit(place(1, 0), 10);
        close_epoch();
        assert_ok!(claim(&[1]));
        // WHEN the administration takes the holdback back, and later changes its mind
        hold(0, 0);
        close_epoch();
        assert_eq!((pending(HERE), pending(place(1, 0))), ((0, 50), (450, 50)));
        close_epoch();
        hold(50, 1);
        close_epoch();
        // THEN what was held stays held, and no more than that
        assert_eq!((pending(HERE), pending(place(1, 0))), ((0, 50), (450, 50)));
        (0..2).for_each(|_| close_epoch());
        assert_eq!((pending(HERE), pending(place(1, 0))), ((50, 0), (500, 0)));
    });
}

#[test]
fn longer_time_applies_to_later_epochs_and_a_shorter_one_releases_nothing_early() {
    chain().build_and_execute(|| {
        credit(HERE, 10);
        hold(10, 20);
        close_epoch();
        // GIVEN epoch 1, held until epoch 41 beside epoch 0, held until 6
        credit(HERE, 10);
        hold(10, 1);
        close_epoch();
        // WHEN later epochs are to be held for one epoch only
        credit(HERE, 10);
        close_epoch();
        (3..6).for_each(|_| close_epoch());
        // THEN they join epoch 1, which is not released for their sake
        assert_eq!((Rewards::current_epoch(), held(HERE)), (6, 200));
        (6..41).for_each(|_| close_epoch());
        assert_eq!((Rewards::current_epoch(), pending(HERE)), (41, (3_000, 0)));
    });
}

#[test]
fn time_lengthened_twice_in_a_row_prolongs_what_was_lengthened_first() {
    chain().build_and_execute(|| {
        // GIVEN epoch 0, held until 6, and epoch 1, held until 41
        credit(HERE, 10);
        hold(10, 20);
        close_epoch();
        credit(HERE, 10);
        hold(10, 50);
        close_epoch();
        // WHEN epoch 2 is to be held for 50 epochs while both are pending
        credit(HERE, 10);
        close_epoch();
        // THEN epoch 1 is held with it, so that a page needs no third bucket
        assert_eq!(held(HERE), 300);
        (3..6).for_each(|_| close_epoch());
        assert_eq!(held(HERE), 200);
        (6..52).for_each(|_| close_epoch());
        assert_eq!((Rewards::current_epoch(), held(HERE)), (52, 200));
        close_epoch();
        assert_eq!(held(HERE), 0);
    });
}

#[test]
fn holding_each_reward_for_a_single_epoch_needs_a_single_bucket() {
    Chain::new().holdback(50, 1).device(1, HERE, ALICE).build_and_execute(|| {
        for _ in 0..5 {
            credit(HERE, 10);
            assert!(Held::<Test>::get(0).is_none_or(|page| page.buckets.iter().flatten().count() == 1));
            close_epoch();
            assert_eq!(held(HERE), 500);
        }
        close_epoch();
        assert_eq!(pending(HERE), (5_000, 0));
    });
}

#[test]
fn all_of_it_can_be_held() {
    Chain::new().holdback(100, 1).device(1, HERE, ALICE).build_and_execute(|| {
        credit(HERE, 10);
        close_epoch();
        assert_eq!(pending(HERE), (0, 1_000));
        assert_noop!(claim(&[1]), Error::<Test>::NothingAccrued);
        close_epoch();
        assert_ok!(claim(&[1]));
        assert_eq!(balance(ALICE), RICH + 1_000);
    });
}

#[test]
fn point_holds_its_share_rounded_down() {
    chain().build_and_execute(|| {
        // 1,000 planck for 60 points: of the 16 planck of each, one is held.
        credit(HERE, 60);
        close_epoch();
        assert_eq!(pending(HERE), (900, 60));
        // Of a planck nothing is, and no page is kept for it.
        credit(place(1, 0), 1_000);
        close_epoch();
        credit(place(1, 0), 1);
        assert_eq!((pending(place(1, 0)), Held::<Test>::contains_key(1)), ((1_000, 0), false));
    });
}

#[test]
fn running_page_is_credited_without_looking_at_what_is_held() {
    let mut ext = chain().build();
    ext.execute_with(|| {
        credit(HERE, 10);
        close_epoch();
        credit(HERE, 10);
        assert!(Held::<Test>::contains_key(0));
    });
    ext.commit_all().expect("changes can be committed");
    let ((), proof) = ext.execute_and_prove(|| credit(HERE, 1));
    let bytes: usize = proof.into_nodes().iter().map(Vec::len).sum();
    assert!(bytes < 8 * 1_024, "crediting reads {bytes} bytes: more than a page of points");
}

#[test]
fn hand_over_pays_what_accrued_and_leaves_what_is_held_with_the_place() {
    chain().build_and_execute(|| {
        credit(HERE, 10);
        close_epoch();
        assert_ok!(Rewards::pay_out(HERE, &ALICE));
        assert_eq!((pending(HERE), balance(ALICE)), ((0, 100), RICH + 900));
        Registered::set([(device(1), (HERE, BOB))].into());
        (0..5).for_each(|_| close_epoch());
        assert_ok!(claim(&[1]));
        assert_eq!((balance(ALICE), balance(BOB)), (RICH + 900, RICH + 100));
    });
}

#[test]
fn place_is_not_vacated_while_something_is_held() {
    chain().build_and_execute(|| {
        credit(HERE, 10);
        // First its points have to become planck.
        assert_noop!(Rewards::vacate(HERE, &ALICE), Error::<Test>::EpochRunning);
        close_epoch();
        // Then these have to be released, settled or not.
        assert_noop!(Rewards::vacate(HERE, &ALICE), Error::<Test>::HeldBack);
        assert_ok!(claim(&[1]));
        assert_noop!(Rewards::vacate(HERE, &ALICE), Error::<Test>::HeldBack);
        // A neighbour that never earned may go.
        assert_ok!(Rewards::vacate(THERE, &BOB));
        (0..5).for_each(|_| close_epoch());
        assert_ok!(Rewards::vacate(HERE, &ALICE));
        assert_eq!(balance(ALICE), RICH + 1_000);
    });
}

#[test]
fn fraud_forfeits_what_is_held_to_the_treasury() {
    chain().build_and_execute(|| {
        // GIVEN two devices with planck held of two epochs, of which one is not settled, and points of a third
        for _ in 0..2 {
            credit(HERE, 5);
            credit(THERE, 5);
            close_epoch();
        }
        credit(HERE, 7);
        assert_eq!((pending(HERE), pending(THERE)), ((900, 100), (900, 100)));
        events();
        // WHEN one is found to be a fraud
        assert_ok!(forfeit(1));
        assert_eq!(events(), vec![Event::Forfeited { device: device(1), amount: 100 }]);
        // THEN what is held for it is the treasury's, and nothing else is
        assert_eq!(Rewards::pending(HERE), PendingReward { accrued: 900, held: 0, epoch: 2, points: 7 });
        assert_eq!((pending(THERE), carried().treasury, balance(TREASURY)), ((900, 100), 100, RICH));
        close_epoch();
        assert_eq!((carried().treasury, balance(TREASURY)), (0, RICH + 100));
        // AND it may go once nothing else is held.
        assert_noop!(Rewards::vacate(HERE, &ALICE), Error::<Test>::HeldBack);
        assert_ok!(forfeit(1));
        assert_ok!(Rewards::vacate(HERE, &ALICE));
    });
}

#[test]
fn forfeiting_across_periods_leaves_no_empty_bucket() {
    chain().build_and_execute(|| {
        for _ in 0..4 {
            credit(HERE, 10);
            close_epoch();
        }
        credit(HERE, 10);
        assert_eq!(Held::<Test>::get(0).map(|page| page.buckets.iter().flatten().count()), Some(2));
        assert_eq!(Rewards::forfeit_held(HERE), 400);
        assert!(!Held::<Test>::contains_key(0));
        frame_support::assert_storage_noop!(assert_eq!(Rewards::forfeit_held(HERE), 0));
    });
}

#[test]
fn what_was_released_cannot_be_forfeited() {
    chain().build_and_execute(|| {
        credit(HERE, 10);
        close_epoch();
        credit(HERE, 10);
        (1..6).for_each(|_| close_epoch());
        // Epoch 0 is released now, and so is epoch 1, which shared its period.
        assert_noop!(forfeit(1), Error::<Test>::NothingHeld);
        assert_eq!(pending(HERE), (3_000 - 1_000, 0));
    });
}

#[test]
fn forfeit_of_nothing_is_refused() {
    chain().build_and_execute(|| {
        assert_noop!(forfeit(1), Error::<Test>::NothingHeld);
        assert_noop!(forfeit(9), Error::<Test>::UnknownDevice);
        let refused = Rewards::forfeit(RuntimeOrigin::signed(ALICE), device(1));
        assert_noop!(refused, sp_runtime::DispatchError::BadOrigin);
    });
}
