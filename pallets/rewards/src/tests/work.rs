//! Crediting work, what a point of it may be worth, and paying it together with uptime.

use super::*;
use vouch_primitives::api::PendingReward;

const HERE: Place = Place { cohort: 0, lane: 0 };
const THERE: Place = Place { cohort: 0, lane: 1 };
const FAR: Place = Place { cohort: 70_000, lane: 1_023 };

/// 500 planck an epoch for work, and as many for uptime; the devices at [`HERE`] and [`FAR`] are Alice's, the one at [`THERE`] is
/// Bob's.
fn chain() -> Chain {
    Chain::new()
        .split(split(50, 50, 0, 0, 0))
        .endow(TREASURY, RICH)
        .device(1, HERE, ALICE)
        .device(2, THERE, BOB)
        .device(3, FAR, ALICE)
}

fn running() -> EpochParams<Balance> {
    Epoch::<Test>::get().params
}

fn up_to(max_work_rate: Balance) -> EpochParams<Balance> {
    EpochParams { max_work_rate, ..running() }
}

#[test]
fn devices_are_paid_for_work_from_its_own_pool_at_its_own_rate() {
    chain().build_and_execute(|| {
        credit(HERE, 50);
        assert_eq!(Rewards::credit_work(HERE, 10), 0);
        assert_eq!(Rewards::credit_work(THERE, 15), 0);
        assert_eq!(Epoch::<Test>::get().total_points, PerPool { uptime: 50, probing: 0, work: 25 });
        let info = Rewards::epoch_info();
        assert_eq!((info.total_points, info.work_points, info.work_budget), (50, 25, 500));
        let pending = PendingReward { accrued: 0, held: 0, epoch: 0, points: 15 };
        assert_eq!(Rewards::pending_work(THERE), pending);
        events();
        close_epoch();
        let closed = Event::EpochClosed {
            epoch: 0,
            minted: 1_000,
            total_points: 50,
            rate: 10,
            treasury: 0,
            probing_points: 0,
            probing_rate: 0,
            work_points: 25,
            work_rate: 20,
        };
        assert_eq!(events(), vec![closed]);
        assert_eq!((accrued(HERE), accrued_by_work(HERE), accrued_by_work(THERE)), (500, 200, 300));
        assert_eq!(Rewards::credit_work(THERE, 1), 1);
    });
}

#[test]
fn credit_is_weighed_by_its_benchmark() {
    assert_eq!(<Rewards as WorkCredits>::weight_of_credit(), <() as WeightInfo>::credit_work());
}

#[test]
fn rates_of_closed_epochs_are_remembered() {
    chain().build_and_execute(|| {
        assert_eq!((Rewards::last_rate_of(Pool::Work), Rewards::work_rate(0)), (None, None));
        for points in [100, 250] {
            Rewards::credit_work(HERE, points);
            close_epoch();
        }
        assert_eq!([0, 1, 2].map(Rewards::work_rate), [Some(5), Some(2), None]);
        assert_eq!(Rewards::last_rate_of(Pool::Work), Some(2));
    });
}

#[test]
fn point_of_work_is_worth_no_more_than_its_epoch_allows_and_the_rest_is_carried() {
    chain().max_work_rate(10).build_and_execute(|| {
        // GIVEN so little work that its points would be worth 100 each
        Rewards::credit_work(HERE, 5);
        close_epoch();
        // THEN they are worth 10, and what is left is carried
        assert_eq!((Rewards::last_rate_of(Pool::Work), accrued_by_work(HERE)), (Some(10), 50));
        assert_eq!((carried().work, Rewards::epoch_info().work_budget), (450, 950));
        // AND of what is carried on, no more than a share, as in any pool
        close_epoch();
        assert_eq!((carried().work, Rewards::epoch_info().work_budget), (500, 1_000));
        // The share for uptime had nobody to go to either.
        assert_eq!(balance(TREASURY), RICH + 450 + 500);
        // WHEN there is work for all of it
        Rewards::credit_work(HERE, 200);
        close_epoch();
        // THEN all of it is paid
        assert_eq!((Rewards::last_rate_of(Pool::Work), accrued_by_work(HERE), carried().work), (Some(5), 1_050, 0));
    });
}

#[test]
fn work_that_may_be_worth_nothing_is_paid_nothing() {
    chain().max_work_rate(0).build_and_execute(|| {
        Rewards::credit_work(HERE, 5);
        close_epoch();
        assert_eq!((Rewards::last_rate_of(Pool::Work), accrued_by_work(HERE), carried().work), (Some(0), 0, 500));
        assert_noop!(claim(&[1]), Error::<Test>::NothingAccrued);
    });
}

#[test]
fn limit_of_uptime_and_probing_is_the_budget_alone() {
    chain().split(split(40, 20, 40, 0, 0)).max_work_rate(1).build_and_execute(|| {
        credit(HERE, 1);
        Rewards::credit_probers(&[(0, 1)]);
        Rewards::credit_work(HERE, 1);
        close_epoch();
        assert_eq!(Pool::ALL.map(Rewards::last_rate_of), [Some(400), Some(400), Some(1)]);
    });
}

#[test]
fn running_epoch_keeps_its_limit() {
    chain().max_work_rate(10).build_and_execute(|| {
        Rewards::credit_work(HERE, 1);
        assert_ok!(set_params(up_to(3)));
        assert_eq!(Rewards::epoch_info().max_work_rate, 10);
        close_epoch();
        assert_eq!((Rewards::last_rate_of(Pool::Work), Rewards::epoch_info().max_work_rate), (Some(10), 3));
        Rewards::credit_work(HERE, 1);
        close_epoch();
        assert_eq!(Rewards::last_rate_of(Pool::Work), Some(3));
    });
}

#[test]
fn late_touch_settles_the_old_epoch_at_its_own_rate() {
    chain().build_and_execute(|| {
        // GIVEN points of epoch 0, at 5 planck each, untouched while others earn at other rates, and under other limits
        Rewards::credit_work(HERE, 100);
        close_epoch();
        assert_ok!(set_params(up_to(2)));
        for points in [50, 10, 1] {
            Rewards::credit_work(FAR, points);
            close_epoch();
        }
        assert_eq!(accrued_by_work(HERE), 500);
        // WHEN the page is credited again, for another lane
        assert_eq!(Rewards::credit_work(THERE, 7), 4);
        // THEN the old points are worth what they were in their epoch
        assert_eq!(Rewards::pending_work(HERE), PendingReward { accrued: 500, held: 0, epoch: 4, points: 0 });
        assert_eq!(Rewards::pending_work(THERE), PendingReward { accrued: 0, held: 0, epoch: 4, points: 7 });
        assert_eq!(Accrued::<Test>::get(Pool::Work, 0).map(|page| page.get(0)), Some(500));
        assert_eq!(accrued_by_work(FAR), 500 + 10 * 2 + 2);
    });
}

#[test]
fn credit_of_nothing_and_to_nobody_changes_nothing() {
    chain().build_and_execute(|| {
        Rewards::credit_work(HERE, 5);
        close_epoch();
        frame_support::assert_storage_noop!({
            assert_eq!(Rewards::credit_work(HERE, 0), 1);
            assert_eq!(Rewards::credit_work(place(0, LANES as u16), 9), 1);
            assert_eq!(Rewards::credit_work(place(5, u16::MAX), 9), 1);
        });
        assert_eq!(Rewards::pending_work(place(0, u16::MAX)).accrued, 0);
    });
}

#[test]
fn lane_that_cannot_count_more_keeps_the_total_true() {
    chain().emission(1 << 100).build_and_execute(|| {
        Rewards::credit_work(HERE, u32::MAX - 1);
        Rewards::credit_work(HERE, 5);
        frame_support::assert_storage_noop!(Rewards::credit_work(HERE, 5));
        Rewards::credit_work(FAR, u32::MAX);
        assert_eq!(Rewards::epoch_info().work_points, 2 * u64::from(u32::MAX));
        close_epoch();
        assert_eq!(accrued_by_work(HERE) + accrued_by_work(FAR) + carried().work, 1 << 99);
    });
}

#[test]
fn points_that_the_epoch_cannot_count_are_not_credited() {
    // The total alone is pushed to its end: no invariants here.
    chain().build().execute_with(|| {
        Rewards::credit_work(HERE, 100);
        close_epoch();
        Epoch::<Test>::mutate(|epoch| epoch.total_points.work = u64::MAX - 3);
        frame_support::assert_storage_noop!(assert_eq!(Rewards::credit_work(HERE, 4), 1));
        Rewards::credit_work(HERE, 3);
        assert_eq!((Rewards::epoch_info().work_points, accrued_by_work(HERE)), (u64::MAX, 500));
    });
}

#[test]
fn claim_pays_uptime_and_work_at_once_and_tells_them_apart() {
    chain().build_and_execute(|| {
        // GIVEN one device that earned both, one that was up, and one that worked
        credit(HERE, 30);
        credit(THERE, 20);
        Rewards::credit_work(HERE, 30);
        Rewards::credit_work(FAR, 20);
        close_epoch();
        events();
        // WHEN all are claimed, one of them twice
        assert_ok!(claim(&[1, 2, 1, 3]));
        // THEN each is paid once, all of it
        let claimed = |n, to, amount, work| Event::Claimed { device: device(n), to, amount, work };
        let expected = vec![claimed(1, ALICE, 600, 300), claimed(2, BOB, 200, 0), claimed(3, ALICE, 200, 200)];
        assert_eq!(events(), expected);
        assert_eq!((balance(ALICE), balance(BOB), pot()), (RICH + 800, RICH + 200, 0));
        assert_noop!(claim(&[1, 2, 3]), Error::<Test>::NothingAccrued);
        assert!(PointsPages::<Test>::iter().next().is_none() && Accrued::<Test>::iter().next().is_none());
    });
}

#[test]
fn points_of_the_running_epoch_survive_a_claim_and_neighbours_keep_what_they_have() {
    chain().build_and_execute(|| {
        Rewards::credit_work(HERE, 40);
        Rewards::credit_work(THERE, 10);
        close_epoch();
        Rewards::credit_work(HERE, 7);
        assert_ok!(claim(&[1]));
        assert_eq!((Rewards::pending_work(HERE).points, accrued_by_work(HERE), accrued_by_work(THERE)), (7, 0, 100));
        assert_eq!((balance(ALICE), balance(BOB)), (RICH + 400, RICH));
    });
}

#[test]
fn uptime_and_work_too_little_alone_create_the_payees_account_together() {
    chain().emission(12).device(1, HERE, CHARLIE).build_and_execute(|| {
        // GIVEN 6 planck of each, for a payee whose account would need 10
        credit(HERE, 1);
        Rewards::credit_work(HERE, 1);
        Rewards::credit_work(THERE, 1);
        close_epoch();
        assert_noop!(claim(&[1]), Error::<Test>::BelowExistentialDeposit);
        assert_noop!(Rewards::pay_out(HERE, &CHARLIE), Error::<Test>::BelowExistentialDeposit);
        assert_noop!(Rewards::vacate(HERE, &CHARLIE), Error::<Test>::BelowExistentialDeposit);
        assert_eq!((accrued(HERE), accrued_by_work(HERE)), (6, 3));
        Rewards::credit_work(HERE, 1);
        close_epoch();
        assert_ok!(claim(&[1]));
        assert_eq!(balance(CHARLIE), 6 + 3 + 6);
    });
}

#[test]
fn nothing_of_work_is_held_back_or_forfeited() {
    chain().holdback(100, 5).build_and_execute(|| {
        credit(HERE, 5);
        Rewards::credit_work(HERE, 5);
        close_epoch();
        let pending = PendingReward { accrued: 500, held: 0, epoch: 1, points: 0 };
        assert_eq!((Rewards::pending_work(HERE), accrued(HERE), held(HERE)), (pending, 0, 500));
        // A fraud loses what is held, which is of uptime.
        assert_ok!(forfeit(1));
        assert_eq!((accrued_by_work(HERE), held(HERE)), (500, 0));
        assert_noop!(forfeit(1), Error::<Test>::NothingHeld);
        assert_ok!(claim(&[1]));
        assert_eq!(balance(ALICE), RICH + 500);
    });
}

#[test]
fn pay_out_pays_both_and_leaves_running_points() {
    chain().build_and_execute(|| {
        credit(HERE, 10);
        Rewards::credit_work(HERE, 20);
        Rewards::credit_work(FAR, 5);
        close_epoch();
        credit(HERE, 1);
        Rewards::credit_work(HERE, 2);
        events();
        assert_ok!(Rewards::pay_out(HERE, &BOB));
        assert_ok!(Rewards::pay_out(FAR, &BOB));
        let expected = [(HERE, 900, 400), (FAR, 100, 100)];
        assert_eq!(events(), expected.map(|(place, amount, work)| Event::PaidOut { place, to: BOB, amount, work }));
        assert_eq!(
            (Rewards::pending(HERE).points, Rewards::pending_work(HERE).points, balance(BOB)),
            (1, 2, RICH + 1_000)
        );
    });
}

#[test]
fn place_is_not_vacated_while_its_points_of_work_run() {
    chain().build_and_execute(|| {
        credit(HERE, 100);
        close_epoch();
        Rewards::credit_work(HERE, 1);
        assert_noop!(Rewards::vacate(HERE, &ALICE), Error::<Test>::EpochRunning);
        // Another lane of the same page may go.
        assert_ok!(Rewards::vacate(THERE, &BOB));
        close_epoch();
        assert_ok!(Rewards::vacate(HERE, &ALICE));
        // The share for work of the epoch in which nobody worked was carried.
        assert_eq!((balance(ALICE), balance(BOB)), (RICH + 500 + 1_000, RICH));
        assert!(PointsPages::<Test>::iter().next().is_none() && Accrued::<Test>::iter().next().is_none());
    });
}

#[test]
fn place_of_which_something_is_held_keeps_its_reward_for_work_until_it_may_go() {
    chain().holdback(10, 1).build_and_execute(|| {
        credit(HERE, 10);
        Rewards::credit_work(HERE, 10);
        close_epoch();
        assert_noop!(Rewards::vacate(HERE, &ALICE), Error::<Test>::HeldBack);
        assert_eq!(accrued_by_work(HERE), 500);
        close_epoch();
        assert_ok!(Rewards::vacate(HERE, &ALICE));
        assert_eq!(balance(ALICE), RICH + 1_000);
    });
}

#[test]
fn reused_lane_inherits_no_work() {
    chain().build_and_execute(|| {
        Rewards::credit_work(HERE, 30);
        Rewards::credit_work(THERE, 20);
        close_epoch();
        assert_ok!(Rewards::vacate(HERE, &ALICE));
        Registered::set([(device(9), (HERE, BOB))].into());
        assert_noop!(claim(&[9]), Error::<Test>::NothingAccrued);
        Rewards::credit_work(HERE, 10);
        close_epoch();
        assert_ok!(claim(&[9]));
        assert_eq!((balance(ALICE), balance(BOB), accrued_by_work(THERE)), (RICH + 300, RICH + 500, 200));
    });
}

#[test]
fn parameters_under_which_work_pays_whoever_pays_for_it_are_refused() {
    chain().price(100).max_work_rate(150).build_and_execute(|| {
        assert_noop!(set_params(up_to(151)), Error::<Test>::WorkWouldPayItself);
        assert_noop!(set_params(up_to(Balance::MAX)), Error::<Test>::WorkWouldPayItself);
        assert_ok!(set_params(up_to(150)));
        // Neither a small share nor many points make up for it.
        assert_noop!(
            set_params(EpochParams { split: split(100, 0, 0, 0, 0), ..up_to(151) }),
            Error::<Test>::WorkWouldPayItself
        );
        // Where work costs nothing, it is worth nothing.
        Price::set(0);
        assert_noop!(set_params(up_to(1)), Error::<Test>::WorkWouldPayItself);
        assert_ok!(set_params(up_to(0)));
        Price::set(100);
    });
}

#[test]
#[should_panic(expected = "WorkWouldPayItself")]
fn genesis_under_which_work_pays_whoever_pays_for_it_does_not_start() {
    chain().price(100).max_work_rate(151).build();
}

#[test]
fn most_that_a_point_can_be_worth_counts_the_running_epoch_and_those_to_come() {
    chain().max_work_rate(150).build_and_execute(|| {
        assert_eq!(Rewards::most_per_point(), 150);
        assert_ok!(set_params(up_to(100)));
        assert_eq!(Rewards::most_per_point(), 150);
        close_epoch();
        assert_eq!(Rewards::most_per_point(), 100);
        assert_ok!(set_params(up_to(120)));
        assert_eq!(Rewards::most_per_point(), 120);
        assert_ok!(set_params(up_to(Balance::MAX)));
        assert_eq!(Rewards::most_per_point(), u128::MAX);
    });
}
