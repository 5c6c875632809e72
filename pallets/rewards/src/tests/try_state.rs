//! The check of the invariants notices when one is broken.

use super::*;
use sp_arithmetic::Permill;

/// Two devices with planck accrued and held, by work as well, points of a closed epoch still to settle and points of the running
/// one; a prober with points of a closed epoch; stakers who were promised something.
fn busy() -> sp_io::TestExternalities {
    let chain = Chain::new().split(split(50, 10, 20, 10, 10)).holdback(10, 2).penalty(1_400);
    let chain = chain.max_work_rate(10).price(7);
    let mut ext = chain.endow(TREASURY, RICH).device(1, place(0, 0), ALICE).build();
    ext.execute_with(|| {
        for _ in 0..2 {
            credit(place(0, 0), 30);
            credit(place(1, 5), 20);
            Rewards::credit_probers(&[(3, 9)]);
            Rewards::credit_work(place(0, 0), 4);
            Rewards::credit_work(place(1, 5), 3);
            close_epoch();
        }
        assert_ok!(claim(&[1]));
        credit(place(0, 0), 3);
        Rewards::credit_work(place(0, 0), 2);
        Rewards::draw_era_payout();
        Rewards::do_try_state().expect("nothing is corrupt yet");
    });
    ext
}

#[track_caller]
fn notices(complaint: &'static str, corrupt: impl FnOnce()) {
    busy().execute_with(|| {
        corrupt();
        assert_eq!(Rewards::do_try_state(), Err(complaint.into()));
    });
}

/// A bucket in which one lane has a planck.
fn bucket(period: Period) -> Option<Box<Bucket<Balance>>> {
    let mut planck = AccruedPage::default();
    planck.planck[0] = 1;
    Some(Box::new(Bucket { period, planck }))
}

fn empty_bucket(period: Period) -> Option<Box<Bucket<Balance>>> {
    Some(Box::new(Bucket { period, planck: AccruedPage::default() }))
}

#[test]
fn notices_books_that_do_not_add_up() {
    let complaint = "what was minted is not what was paid, is outstanding, carried or promised";
    notices(complaint, || Books::<Test>::mutate(|books| books.paid += 1));
    notices(complaint, || Books::<Test>::mutate(|books| books.carried.work -= 1));
    notices(complaint, || Books::<Test>::mutate(|books| books.treasury -= 1));
    notices(complaint, || Books::<Test>::mutate(|books| books.promised -= 1));
    notices(complaint, || Books::<Test>::mutate(|books| books.paid_staking += 1));
    notices(complaint, || Books::<Test>::mutate(|books| books.minted += 1));
}

#[test]
fn notices_more_minted_than_granted() {
    notices("more was minted than closed epochs were granted", || Books::<Test>::mutate(|books| books.granted -= 1));
}

#[test]
fn notices_a_pot_that_owes_more_than_it_holds() {
    notices("the pot holds less than it owes", || {
        use frame_support::traits::fungible::Mutate;
        Balances::set_balance(&Rewards::pot(), balance(Rewards::pot()) - 1);
    });
}

#[test]
fn notices_an_epoch_past_its_end() {
    notices("the running epoch has had all its rounds", || Epoch::<Test>::mutate(|epoch| epoch.rounds_done = 2));
}

#[test]
fn notices_a_split_that_is_not_whole() {
    let complaint = "an epoch divides more or less than it mints";
    notices(complaint, || Epoch::<Test>::mutate(|epoch| epoch.params.split = split(50, 0, 0, 0, 0)));
    notices(complaint, || Params::<Test>::mutate(|params| params.split = split(50, 0, 0, 0, 0)));
}

#[test]
fn notices_holdback_for_no_time() {
    let complaint = "what is held back is held for no epoch";
    notices(complaint, || Epoch::<Test>::mutate(|epoch| epoch.params.holding_epochs = 0));
    notices(complaint, || Params::<Test>::mutate(|params| params.holding_epochs = 0));
}

#[test]
fn notices_that_lying_would_pay() {
    notices("lying would pay", || Penalty::set(1_399));
    notices("lying would pay", || Params::<Test>::mutate(|params| params.curve.floor = 1_002));
}

#[test]
fn notices_that_work_would_pay_whoever_pays_for_it() {
    let complaint = "work would pay whoever pays for it";
    notices(complaint, || Price::set(6));
    notices(complaint, || Params::<Test>::mutate(|params| params.max_work_rate = 11));
    notices(complaint, || Epoch::<Test>::mutate(|epoch| epoch.params.max_work_rate = 11));
}

#[test]
fn notices_a_total_that_is_not_the_sum_of_its_pages() {
    let complaint = "a pool's total is not the sum of its pages";
    notices(complaint, || Epoch::<Test>::mutate(|epoch| epoch.total_points.uptime += 1));
    notices(complaint, || Epoch::<Test>::mutate(|epoch| epoch.total_points.probing += 1));
    notices(complaint, || Epoch::<Test>::mutate(|epoch| epoch.total_points.work += 1));
    notices(complaint, || PointsPages::<Test>::remove(Pool::Uptime, 0));
    notices(complaint, || PointsPages::<Test>::remove(Pool::Work, 0));
}

#[test]
fn notices_a_page_of_the_future() {
    let complaint = "a page is of an epoch yet to come";
    notices(complaint, || PointsPages::<Test>::insert(Pool::Uptime, 9, PointsPage::empty(3)));
    notices(complaint, || PointsPages::<Test>::insert(Pool::Probing, 9, PointsPage::empty(3)));
    notices(complaint, || PointsPages::<Test>::insert(Pool::Work, 9, PointsPage::empty(3)));
}

#[test]
fn notices_empty_pages() {
    let accrued = AccruedPage::default;
    for pool in Pool::ALL {
        notices("a page of points is empty", || PointsPages::<Test>::insert(pool, 9, PointsPage::empty(2)));
        notices("a page of accrued planck is empty", || Accrued::<Test>::insert(pool, 9, accrued()));
    }
    notices("a settled page is empty", || SettledPages::<Test>::insert(9, PointsPage::empty(0)));
    notices("a page of held planck is empty", || Held::<Test>::insert(9, HeldPage::default()));
    let held = HeldPage { buckets: [None, empty_bucket(1)] };
    notices("a bucket of held planck is empty", || Held::<Test>::insert(9, held));
}

#[test]
fn notices_a_page_settled_too_early_or_twice() {
    let complaint = "a page was settled before its epoch closed, or twice";
    let settled = |epoch| {
        let mut page = PointsPage::empty(epoch);
        page.points[0] = 1;
        page
    };
    // Nothing is settled before its epoch closes, and nothing is open and settled.
    notices(complaint, || SettledPages::<Test>::insert(9, settled(2)));
    let open = |cohort| PointsPages::<Test>::get(Pool::Uptime, cohort).expect("it has points").epoch;
    notices(complaint, || SettledPages::<Test>::insert(1, settled(open(1))));
}

#[test]
fn notices_a_missing_rate() {
    let complaint = "a page is of a closed epoch without a rate";
    for pool in Pool::ALL {
        notices(complaint, || Rates::<Test>::remove(pool, 1));
    }
}

#[test]
fn notices_periods_out_of_order() {
    notices("a period is released before the one that it follows", || {
        Epoch::<Test>::mutate(|epoch| epoch.holding.previous_release = epoch.holding.release + 1);
    });
}

#[test]
fn notices_terms_that_cannot_be() {
    let change = |pool, change: fn(&mut Terms<Balance>)| {
        Rates::<Test>::mutate(pool, 0, |terms| change(terms.as_mut().expect("epoch 0 has closed")));
    };
    let complaint = "more of a point is held back than it is worth";
    notices(complaint, || change(Pool::Uptime, |terms| terms.held = terms.rate + 1));
    let complaint = "an epoch is held in a period yet to come";
    notices(complaint, || change(Pool::Uptime, |terms| terms.period = 9));
    let complaint = "what is not earned for uptime is held back";
    notices(complaint, || change(Pool::Probing, |terms| terms.held = 1));
    notices(complaint, || change(Pool::Work, |terms| terms.held = 1));
}

#[test]
fn notices_buckets_where_they_do_not_belong() {
    let complaint = "planck are held in a period yet to come";
    notices(complaint, || Held::<Test>::insert(9, HeldPage { buckets: [None, bucket(9)] }));
    let complaint = "a bucket is in the other's slot";
    notices(complaint, || Held::<Test>::insert(9, HeldPage { buckets: [bucket(1), None] }));
}

#[test]
fn notices_planck_that_belong_to_nobody() {
    let complaint = "what is outstanding is not what places and probers are owed";
    notices(complaint, || Accrued::<Test>::remove(Pool::Uptime, 1));
    notices(complaint, || Accrued::<Test>::remove(Pool::Probing, 0));
    notices(complaint, || Accrued::<Test>::remove(Pool::Work, 1));
    notices(complaint, || Held::<Test>::remove(0));
    notices(complaint, || PointsPages::<Test>::remove(Pool::Uptime, 1));
    notices(complaint, || PointsPages::<Test>::remove(Pool::Probing, 0));
    notices(complaint, || PointsPages::<Test>::remove(Pool::Work, 1));
    for pool in [Pool::Uptime, Pool::Work] {
        notices(complaint, || {
            Rates::<Test>::mutate(pool, 1, |terms| terms.as_mut().expect("epoch 1 has closed").rate += 1);
        });
    }
}

#[test]
fn holdback_that_is_taken_back_leaves_nothing_corrupt() {
    busy().execute_with(|| {
        let params = EpochParams { holdback: Permill::zero(), holding_epochs: 0, ..Params::<Test>::get() };
        assert_ok!(set_params(params));
        for _ in 0..6 {
            close_epoch();
            Rewards::do_try_state().expect("every invariant holds");
        }
        assert_eq!(held(place(0, 0)), 0);
    });
}
