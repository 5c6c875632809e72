//! Crediting probers and paying them.

use super::*;
use vouch_primitives::api::PendingReward;

const VERA: AccountId = 11;
const WALT: AccountId = 12;
/// A validator whose account does not exist.
const XENIA: AccountId = 13;

/// Vera and Walt are on one page, Xenia is on another; 500 planck an epoch for probing, and as many for uptime.
fn chain() -> Chain {
    Chain::new()
        .split(split(50, 0, 50, 0, 0))
        .endow(VERA, RICH)
        .endow(WALT, RICH)
        .endow(TREASURY, RICH)
        .prober(0, VERA)
        .prober(1_023, WALT)
        .prober(1_024, XENIA)
}

#[test]
fn probers_are_paid_from_their_own_pool_at_its_own_rate() {
    chain().build_and_execute(|| {
        credit(place(0, 0), 50);
        Rewards::credit_probers(&[(0, 10), (1_023, 15)]);
        assert_eq!(Epoch::<Test>::get().total_points, PerPool { uptime: 50, probing: 25, work: 0 });
        let pending = PendingReward { accrued: 0, held: 0, epoch: 0, points: 15 };
        assert_eq!(Rewards::pending_probing(1_023), pending);
        close_epoch();
        assert_eq!((Rewards::last_rate_of(Pool::Uptime), Rewards::last_rate_of(Pool::Probing)), (Some(10), Some(20)));
        assert_eq!((accrued_by_probing(0), accrued_by_probing(1_023), accrued(place(0, 0))), (200, 300, 500));
        events();
        assert_ok!(claim_probing(&[WALT]));
        assert_eq!((balance(VERA), balance(WALT), balance(77)), (RICH, RICH + 300, 0));
        assert_eq!(events(), vec![Event::ProbingClaimed { validator: WALT, amount: 300 }]);
        assert_eq!((accrued_by_probing(0), accrued_by_probing(1_023), accrued(place(0, 0))), (200, 0, 500));
    });
}

#[test]
fn prober_named_more_than_once_earns_it_all_and_order_does_not_matter() {
    chain().build_and_execute(|| {
        Rewards::credit_probers(&[(1_024, 3), (0, 1), (1_024, 4), (0, 0), (1_023, 0)]);
        let points = [0, 1_023, 1_024].map(|number| Rewards::pending_probing(number).points);
        assert_eq!((points, Epoch::<Test>::get().total_points.probing), ([1, 0, 7], 8));
    });
}

#[test]
fn credit_of_nothing_to_nobody_changes_nothing() {
    chain().build_and_execute(|| {
        Rewards::credit_probers(&[(0, 5)]);
        close_epoch();
        frame_support::assert_storage_noop!({
            Rewards::credit_probers(&[]);
            Rewards::credit_probers(&[(0, 0), (7, 0)]);
        });
    });
}

#[test]
fn whole_committee_costs_no_more_reads_than_one_of_its_members() {
    let read = |probers: ProberNumber| -> usize {
        let mut ext = chain().build();
        ext.execute_with(|| Rewards::credit_probers(&[(0, 1)]));
        ext.commit_all().expect("changes can be committed");
        let points: Vec<_> = (0..probers).map(|number| (number, 9)).collect();
        let ((), proof) = ext.execute_and_prove(|| Rewards::credit_probers(&points));
        proof.into_nodes().iter().map(Vec::len).sum()
    };
    assert!(read(1) > 0);
    assert_eq!(read(1), read(15));
}

#[test]
fn last_prober_that_can_be_counted_has_a_place_of_its_own() {
    chain().prober(u32::MAX, 99).endow(99, RICH).build_and_execute(|| {
        Rewards::credit_probers(&[(u32::MAX, 5), (u32::MAX - 1_024, 5)]);
        close_epoch();
        assert_ok!(claim_probing(&[99]));
        assert_eq!((balance(99), accrued_by_probing(u32::MAX - 1_024)), (RICH + 250, 250));
    });
}

#[test]
fn points_that_the_epoch_cannot_count_are_not_credited_to_probers() {
    // The total alone is pushed to its end: no invariants here.
    chain().build().execute_with(|| {
        Epoch::<Test>::mutate(|epoch| epoch.total_points.probing = u64::MAX - 3);
        frame_support::assert_storage_noop!(Rewards::credit_probers(&[(0, 4)]));
        // What the first page cannot take, the second still can.
        Rewards::credit_probers(&[(0, 4), (1_024, 3)]);
        assert_eq!((Rewards::pending_probing(0).points, Rewards::pending_probing(1_024).points), (0, 3));
    });
}

#[test]
fn late_claim_pays_each_epoch_at_its_own_rate() {
    chain().build_and_execute(|| {
        Rewards::credit_probers(&[(0, 10)]);
        close_epoch();
        for points in [500, 250] {
            Rewards::credit_probers(&[(1_024, points)]);
            close_epoch();
        }
        Rewards::credit_probers(&[(0, 1)]);
        assert_eq!(Rewards::pending_probing(0), PendingReward { accrued: 500, held: 0, epoch: 3, points: 1 });
        assert_ok!(claim_probing(&[VERA]));
        assert_eq!(Rewards::pending_probing(0), PendingReward { accrued: 0, held: 0, epoch: 3, points: 1 });
    });
}

#[test]
fn what_probers_earn_is_never_held_back() {
    chain().holdback(100, 5).build_and_execute(|| {
        credit(place(0, 0), 5);
        Rewards::credit_probers(&[(0, 5)]);
        close_epoch();
        assert_eq!((accrued_by_probing(0), accrued(place(0, 0)), held(place(0, 0))), (500, 0, 500));
        assert_ok!(claim_probing(&[VERA]));
        assert_eq!(balance(VERA), RICH + 500);
    });
}

#[test]
fn validators_across_pages_are_paid_in_one_call_each_once() {
    chain().build_and_execute(|| {
        Rewards::credit_probers(&[(0, 10), (1_023, 10), (1_024, 5)]);
        close_epoch();
        assert_ok!(claim_probing(&[XENIA, VERA, XENIA, VERA]));
        assert_eq!((balance(VERA), balance(WALT), balance(XENIA)), (RICH + 200, RICH, 100));
        assert!(PointsPages::<Test>::iter().next().is_none());
    });
}

#[test]
fn unsigned_claim_is_refused() {
    chain().build_and_execute(|| {
        let refused = Rewards::claim_probing(RuntimeOrigin::none(), Default::default());
        assert_noop!(refused, sp_runtime::DispatchError::BadOrigin);
    });
}

#[test]
fn one_validator_that_never_probed_refuses_the_whole_claim() {
    chain().build_and_execute(|| {
        Rewards::credit_probers(&[(0, 10)]);
        close_epoch();
        assert_noop!(claim_probing(&[VERA, ALICE]), Error::<Test>::UnknownProber);
        assert_eq!(accrued_by_probing(0), 500);
    });
}

#[test]
fn claim_of_nothing_is_refused() {
    chain().build_and_execute(|| {
        assert_noop!(claim_probing(&[]), Error::<Test>::NothingAccrued);
        Rewards::credit_probers(&[(0, 10)]);
        assert_noop!(claim_probing(&[VERA]), Error::<Test>::NothingAccrued);
        close_epoch();
        assert_noop!(claim_probing(&[WALT, XENIA]), Error::<Test>::NothingAccrued);
        assert_ok!(claim_probing(&[WALT, VERA]));
        assert_noop!(claim_probing(&[VERA]), Error::<Test>::NothingAccrued);
    });
}

#[test]
fn validator_without_an_account_loses_no_dust() {
    chain().emission(18).build_and_execute(|| {
        Rewards::credit_probers(&[(0, 3), (1_024, 3)]);
        close_epoch();
        assert_noop!(claim_probing(&[XENIA]), Error::<Test>::BelowExistentialDeposit);
        assert_noop!(claim_probing(&[VERA, XENIA]), Error::<Test>::BelowExistentialDeposit);
        assert_eq!((accrued_by_probing(0), accrued_by_probing(1_024)), (3, 3));
        Rewards::credit_probers(&[(1_024, 1)]);
        close_epoch();
        assert_ok!(claim_probing(&[VERA, XENIA]));
        assert_eq!((balance(VERA), balance(XENIA)), (RICH + 3, 3 + 12));
    });
}
