//! Devices that change hands or leave, and those that come after them.

use super::*;

#[test]
fn pay_out_pays_closed_epochs_and_leaves_running_points() {
    Chain::new().build_and_execute(|| {
        credit(place(0, 0), 100);
        close_epoch();
        credit(place(0, 0), 30);
        events();
        assert_ok!(Rewards::pay_out(place(0, 0), &BOB));
        assert_eq!((balance(BOB), Rewards::pending(place(0, 0)).points, accrued(place(0, 0))), (RICH + 1_000, 30, 0));
        assert_eq!(events(), vec![Event::PaidOut { place: place(0, 0), to: BOB, amount: 1_000, work: 0 }]);
    });
}

#[test]
fn pay_out_of_nothing_is_fine() {
    Chain::new().build_and_execute(|| {
        frame_support::assert_storage_noop!(assert_ok!(Rewards::pay_out(place(4, 4), &CHARLIE)));
        assert_ok!(Rewards::vacate(place(4, 4), &CHARLIE));
    });
}

#[test]
fn place_is_not_vacated_while_its_points_run() {
    Chain::new().build_and_execute(|| {
        credit(place(0, 0), 100);
        close_epoch();
        credit(place(0, 0), 1);
        assert_noop!(Rewards::vacate(place(0, 0), &ALICE), Error::<Test>::EpochRunning);
        // Another lane of the same cohort may go.
        assert_ok!(Rewards::vacate(place(0, 1), &BOB));
        close_epoch();
        assert_ok!(Rewards::vacate(place(0, 0), &ALICE));
        assert_eq!((balance(ALICE), balance(BOB)), (RICH + 2_000, RICH));
    });
}

#[test]
fn vacated_place_is_forgotten() {
    Chain::new().build_and_execute(|| {
        credit(place(0, 0), 100);
        close_epoch();
        assert_ok!(Rewards::vacate(place(0, 0), &ALICE));
        assert!(!PointsPages::<Test>::contains_key(Pool::Uptime, 0) && !Accrued::<Test>::contains_key(Pool::Uptime, 0));
        assert_ok!(Rewards::vacate(place(0, 0), &ALICE));
        assert_eq!(balance(ALICE), RICH + 1_000);
    });
}

#[test]
fn reused_lane_inherits_nothing() {
    Chain::new().device(1, place(0, 0), ALICE).build_and_execute(|| {
        // GIVEN a device that earned and left, beside a neighbour that stays
        credit(place(0, 0), 60);
        credit(place(0, 1), 40);
        close_epoch();
        assert_ok!(Rewards::vacate(place(0, 0), &ALICE));
        // WHEN another takes its lane
        Registered::set([(device(2), (place(0, 0), BOB))].into());
        // THEN it has nothing, until it earns itself
        assert_noop!(claim(&[2]), Error::<Test>::NothingAccrued);
        assert_noop!(claim(&[1]), Error::<Test>::UnknownDevice);
        credit(place(0, 0), 10);
        close_epoch();
        assert_ok!(claim(&[2]));
        assert_eq!((balance(ALICE), balance(BOB), accrued(place(0, 1))), (RICH + 600, RICH + 1_000, 400));
    });
}
