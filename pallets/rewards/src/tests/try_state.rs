//! The check of the invariants notices when one is broken.

use super::*;

/// Two devices with planck accrued, points of a closed epoch still to settle and points of the running one.
fn busy() -> sp_io::TestExternalities {
    let mut ext = Chain::new().split(split(50, 20, 20, 10)).endow(TREASURY, RICH).device(1, place(0, 0), ALICE).build();
    ext.execute_with(|| {
        for _ in 0..2 {
            credit(place(0, 0), 30);
            credit(place(1, 5), 20);
            close_epoch();
        }
        assert_ok!(claim(&[1]));
        credit(place(0, 0), 3);
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

#[test]
fn notices_books_that_do_not_add_up() {
    let complaint = "what was minted is not what was paid, is outstanding or carried";
    notices(complaint, || Books::<Test>::mutate(|books| books.paid += 1));
    notices(complaint, || Books::<Test>::mutate(|books| books.carried.work -= 1));
    notices(complaint, || Books::<Test>::mutate(|books| books.treasury -= 1));
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
    notices("the running epoch divides more or less than it mints", || {
        Epoch::<Test>::mutate(|epoch| epoch.params.split = split(50, 0, 0, 0));
    });
}

#[test]
fn notices_a_total_that_is_not_the_sum_of_its_pages() {
    let complaint = "the epoch's total is not the sum of its pages";
    notices(complaint, || Epoch::<Test>::mutate(|epoch| epoch.total_points += 1));
    notices(complaint, || PointsPages::<Test>::remove(0));
}

#[test]
fn notices_a_page_of_the_future() {
    notices("a page is of an epoch yet to come", || PointsPages::<Test>::insert(9, PointsPage::empty(3)));
}

#[test]
fn notices_empty_pages() {
    notices("a page of points is empty", || PointsPages::<Test>::insert(9, PointsPage::empty(2)));
    notices("a page of accrued planck is empty", || Accrued::<Test>::insert(9, AccruedPage::default()));
}

#[test]
fn notices_a_missing_rate() {
    notices("a page is of a closed epoch without a rate", || Rates::<Test>::remove(1));
}

#[test]
fn notices_planck_that_belong_to_nobody() {
    let complaint = "what is outstanding is not what places are owed";
    notices(complaint, || Accrued::<Test>::remove(1));
    notices(complaint, || PointsPages::<Test>::remove(1));
    notices(complaint, || Rates::<Test>::insert(1, 11));
}
