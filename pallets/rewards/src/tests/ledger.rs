//! Crediting points, settling pages, and asking what is pending.

use super::*;
use vouch_primitives::{
    api::PendingReward,
    points::{round_points, MAX_STREAK},
    ClassWeight,
};

#[test]
fn points_become_planck_when_their_epoch_closes() {
    Chain::new().build_and_execute(|| {
        credit(place(3, 9), 100);
        assert_eq!(Rewards::pending(place(3, 9)), PendingReward { accrued: 0, held: 0, epoch: 0, points: 100 });
        close_epoch();
        assert_eq!(Rewards::pending(place(3, 9)), PendingReward { accrued: 1_000, held: 0, epoch: 1, points: 0 });
        credit(place(3, 9), 7);
        assert_eq!(Rewards::pending(place(3, 9)), PendingReward { accrued: 1_000, held: 0, epoch: 1, points: 7 });
        assert_eq!(Rewards::pending(place(3, 8)), PendingReward { accrued: 0, held: 0, epoch: 1, points: 0 });
    });
}

#[test]
fn late_credit_settles_the_old_epoch_at_its_own_rate() {
    Chain::new().build_and_execute(|| {
        // GIVEN points of epoch 0, at 10 planck each, untouched while others earn at other rates
        credit(place(0, 0), 100);
        close_epoch();
        for points in [500, 250, 1_000, 4] {
            credit(place(1, 0), points);
            close_epoch();
        }
        assert_eq!(accrued(place(0, 0)), 1_000);
        // WHEN the cohort is credited again
        credit(place(0, 0), 1);
        // THEN the old points are worth what they were in their epoch, and the new one belongs to the running epoch
        assert_eq!(Rewards::pending(place(0, 0)), PendingReward { accrued: 1_000, held: 0, epoch: 5, points: 1 });
        assert_eq!(Accrued::<Test>::get(Pool::Uptime, 0).map(|page| page.get(0)), Some(1_000));
        assert_eq!(accrued(place(1, 0)), 4_000);
    });
}

#[test]
fn place_is_told_what_it_was_paid_for_until_another_epoch_closes_or_it_is_vacated() {
    Chain::new().build_and_execute(|| {
        let told = |lane| Rewards::last_paid(place(0, lane)).map(|paid| (paid.epoch, paid.points, paid.rate));
        credit(place(0, 0), 30);
        credit(place(0, 1), 70);
        assert_eq!(told(0), None);
        close_epoch();
        // Whether or not the page was settled since.
        assert_eq!((told(0), told(1), told(2)), (Some((0, 30, 10)), Some((0, 70, 10)), Some((0, 0, 10))));
        credit(place(0, 2), 1);
        assert_eq!((told(0), told(1), told(2)), (Some((0, 30, 10)), Some((0, 70, 10)), Some((0, 0, 10))));
        // Its next tenant is told nothing of the last one's points.
        assert_ok!(Rewards::vacate(place(0, 0), &ALICE));
        assert_eq!((told(0), told(1)), (Some((0, 0, 10)), Some((0, 70, 10))));
        close_epoch();
        assert_eq!((told(1), told(2)), (Some((1, 0, 1_000)), Some((1, 1, 1_000))));
    });
}

#[test]
fn projected_rate_takes_the_rest_of_an_epoch_to_be_like_what_is_over() {
    Chain::new().build_and_execute(|| {
        assert_eq!(Rewards::pool_status(Pool::Uptime).projected_rate, None);
        // In the first of two rounds: as many again are expected.
        credit(place(0, 0), 50);
        let status = Rewards::pool_status(Pool::Uptime);
        assert_eq!(
            (status.budget, status.points, status.last_rate, status.projected_rate),
            (1_000, 50, None, Some(10))
        );
        // The second brings none, and there is no third.
        close_round();
        assert_eq!(Rewards::pool_status(Pool::Uptime).projected_rate, Some(20));
        close_round();
        let status = Rewards::pool_status(Pool::Uptime);
        assert_eq!((status.points, status.last_rate, status.projected_rate), (0, Some(20), None));
        assert_eq!(Rewards::pool_status(Pool::Work).projected_rate, None);
    });
}

#[test]
fn asking_writes_nothing() {
    Chain::new().build_and_execute(|| {
        credit(place(0, 0), 100);
        close_epoch();
        frame_support::assert_storage_noop!({
            Rewards::pending(place(0, 0));
            Rewards::pending_probing(0);
            Rewards::pending_work(place(0, 0));
            Rewards::epoch_info();
            Rewards::last_paid(place(0, 0));
            Rewards::pending_of_many(0, &[0]);
            Rewards::pool_status(Pool::Uptime);
            Rewards::last_rate_of(Pool::Probing);
            Rewards::last_rate_of(Pool::Work);
            Rewards::work_rate(0);
            Rewards::most_per_point();
            Rewards::most_gain();
        });
    });
}

#[test]
fn credit_of_nothing_changes_nothing() {
    Chain::new().build_and_execute(|| {
        credit(place(0, 0), 100);
        close_epoch();
        frame_support::assert_storage_noop!({
            Rewards::credit(0, &[0; LANES]);
            Rewards::credit(0, &[]);
        });
    });
}

#[test]
fn entries_beyond_the_last_lane_are_ignored() {
    Chain::new().build_and_execute(|| {
        let mut earned = vec![0; LANES + 5];
        earned[LANES..].fill(9);
        frame_support::assert_storage_noop!(Rewards::credit(0, &earned));
        earned[LANES - 1] = 4;
        Rewards::credit(0, &earned);
        assert_eq!(Rewards::epoch_info().total_points, 4);
    });
}

#[test]
fn place_that_does_not_exist_has_nothing_pending() {
    Chain::new().build_and_execute(|| {
        Rewards::credit(0, &[1; LANES]);
        close_epoch();
        Rewards::credit(0, &[1; LANES]);
        let nothing = PendingReward { accrued: 0, held: 0, epoch: 1, points: 0 };
        assert_eq!(Rewards::pending(place(0, LANES as u16)), nothing);
        assert_eq!(Rewards::pending(place(u32::MAX, u16::MAX)), nothing);
        assert_ok!(Rewards::pay_out(place(0, u16::MAX), &ALICE));
    });
}

#[test]
fn lane_that_cannot_count_more_keeps_the_total_true() {
    Chain::new().emission(1 << 100).build_and_execute(|| {
        credit(place(0, 0), u32::MAX - 1);
        credit(place(0, 0), 5);
        credit(place(0, 1), u32::MAX);
        credit(place(0, 1), u32::MAX);
        assert_eq!(Rewards::epoch_info().total_points, 2 * u64::from(u32::MAX));
        close_epoch();
        assert_eq!(accrued(place(0, 0)), accrued(place(0, 1)));
        let carried = carried().uptime;
        assert_eq!(accrued(place(0, 0)) + accrued(place(0, 1)) + carried, 1 << 100);
    });
}

#[test]
fn cohort_of_which_every_lane_is_full_is_paid_to_the_planck() {
    Chain::new().emission(u128::MAX / 2).build_and_execute(|| {
        Rewards::credit(u32::MAX, &[u32::MAX; LANES]);
        close_epoch();
        let sum: Balance = (0..LANES as u16).map(|lane| accrued(place(u32::MAX, lane))).sum();
        assert_eq!(sum + carried().uptime, u128::MAX / 2);
    });
}

#[test]
fn single_point_can_be_worth_all_there_is() {
    let issued = 2 * RICH + EXISTENTIAL_DEPOSIT;
    Chain::new().emission(u128::MAX - issued).device(1, place(0, 0), CHARLIE).build_and_execute(|| {
        credit(place(0, 0), 1);
        close_epoch();
        assert_eq!(Balances::total_issuance(), u128::MAX);
        assert_ok!(claim(&[1]));
        assert_eq!((balance(CHARLIE), pot()), (u128::MAX - issued, 0));
    });
}

#[test]
fn points_that_the_epoch_cannot_count_are_not_credited() {
    // The total alone is pushed to its end, which no number of pages in a test could do: no invariants here.
    Chain::new().build().execute_with(|| {
        credit(place(0, 0), 100);
        close_epoch();
        Epoch::<Test>::mutate(|epoch| epoch.total_points.uptime = u64::MAX - 3);
        frame_support::assert_storage_noop!(credit(place(0, 0), 4));
        credit(place(0, 0), 3);
        assert_eq!((Rewards::epoch_info().total_points, accrued(place(0, 0))), (u64::MAX, 1_000));
    });
}

#[test]
fn longest_epoch_cannot_fill_a_lane() {
    assert_eq!(MAX_ROUND_POINTS, round_points(ClassWeight::MAX, 0, MAX_STREAK));
    assert!(u64::from(MAX_ROUND_POINTS) * u64::from(MAX_ROUNDS_PER_EPOCH + 32) <= u64::from(Points::MAX));
}
