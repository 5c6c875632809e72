//! The call that pays.

use super::*;

#[test]
fn claim_pays_only_the_payee_whoever_calls() {
    Chain::new().device(1, place(0, 0), ALICE).build_and_execute(|| {
        credit(place(0, 0), 100);
        close_epoch();
        events();
        assert_ok!(claim(&[1]));
        assert_eq!((balance(ALICE), balance(BOB), balance(77), pot()), (RICH + 1_000, RICH, 0, 0));
        assert_eq!(events(), vec![Event::Claimed { device: device(1), to: ALICE, amount: 1_000, work: 0 }]);
    });
}

#[test]
fn unsigned_claim_is_refused() {
    Chain::new().build_and_execute(|| {
        let refused = Rewards::claim(RuntimeOrigin::none(), Default::default());
        assert_noop!(refused, sp_runtime::DispatchError::BadOrigin);
    });
}

#[test]
fn second_claim_finds_nothing() {
    Chain::new().device(1, place(0, 0), ALICE).build_and_execute(|| {
        credit(place(0, 0), 100);
        close_epoch();
        assert_ok!(claim(&[1]));
        assert_noop!(claim(&[1]), Error::<Test>::NothingAccrued);
        assert_eq!(balance(ALICE), RICH + 1_000);
        assert!(!PointsPages::<Test>::contains_key(Pool::Uptime, 0) && !Accrued::<Test>::contains_key(Pool::Uptime, 0));
    });
}

#[test]
fn device_named_twice_is_paid_once() {
    Chain::new().device(1, place(0, 0), ALICE).build_and_execute(|| {
        credit(place(0, 0), 100);
        close_epoch();
        assert_ok!(claim(&[1, 1, 1]));
        assert_eq!(balance(ALICE), RICH + 1_000);
    });
}

#[test]
fn many_devices_across_cohorts_and_payees_are_paid_in_one_call() {
    let chain = Chain::new()
        .emission(10_000)
        .device(1, place(0, 0), ALICE)
        .device(2, place(0, 1_023), BOB)
        .device(3, place(7, 5), ALICE)
        .device(4, place(9, 0), CHARLIE)
        .device(5, place(9, 1), ALICE);
    chain.build_and_execute(|| {
        // GIVEN five devices, of which the last earned nothing
        for (at, points) in [(place(0, 0), 10), (place(0, 1_023), 20), (place(7, 5), 30), (place(9, 0), 40)] {
            credit(at, points);
        }
        close_epoch();
        // AND one that has epochs both settled and not
        credit(place(7, 5), 100);
        close_epoch();
        System::reset_events();
        // WHEN all are claimed
        assert_ok!(claim(&[4, 1, 3, 5, 2]));
        // THEN each payee has the sum of its devices
        assert_eq!(balance(ALICE), RICH + 1_000 + 3_000 + 10_000);
        assert_eq!((balance(BOB), balance(CHARLIE), pot()), (RICH + 2_000, 4_000, 0));
        // AND in a single transfer
        let transfers = System::read_events_for_pallet::<pallet_balances::Event<Test>>();
        for payee in [ALICE, BOB, CHARLIE] {
            let to_payee = |event: &&_| matches!(event, pallet_balances::Event::Transfer { to, .. } if *to == payee);
            assert_eq!(transfers.iter().filter(to_payee).count(), 1);
        }
        assert_eq!(events().len(), 4);
    });
}

#[test]
fn neighbours_of_a_claimed_device_keep_what_they_have() {
    Chain::new().device(1, place(0, 5), ALICE).device(2, place(0, 6), BOB).build_and_execute(|| {
        credit(place(0, 5), 40);
        credit(place(0, 6), 60);
        close_epoch();
        assert_ok!(claim(&[1]));
        assert_eq!((accrued(place(0, 5)), accrued(place(0, 6)), balance(BOB)), (0, 600, RICH));
        assert_ok!(claim(&[2]));
        assert_eq!(balance(BOB), RICH + 600);
    });
}

#[test]
fn points_of_the_running_epoch_survive_a_claim() {
    Chain::new().device(1, place(0, 0), ALICE).build_and_execute(|| {
        credit(place(0, 0), 100);
        close_epoch();
        credit(place(0, 0), 50);
        assert_ok!(claim(&[1]));
        assert_eq!(Rewards::pending(place(0, 0)).points, 50);
        close_epoch();
        assert_ok!(claim(&[1]));
        assert_eq!(balance(ALICE), RICH + 2_000);
    });
}

#[test]
fn one_unknown_device_refuses_the_whole_claim() {
    Chain::new().device(1, place(0, 0), ALICE).build_and_execute(|| {
        credit(place(0, 0), 100);
        close_epoch();
        assert_noop!(claim(&[1, 2]), Error::<Test>::UnknownDevice);
        assert_eq!(accrued(place(0, 0)), 1_000);
    });
}

#[test]
fn claim_of_nothing_is_refused() {
    Chain::new().device(1, place(0, 0), ALICE).device(2, place(1, 0), ALICE).build_and_execute(|| {
        assert_noop!(claim(&[]), Error::<Test>::NothingAccrued);
        assert_noop!(claim(&[1, 2]), Error::<Test>::NothingAccrued);
        // Points of the running epoch are nothing yet, and a closed epoch of rate zero never will be.
        credit(place(0, 0), 2_000);
        assert_noop!(claim(&[1]), Error::<Test>::NothingAccrued);
        close_epoch();
        assert_noop!(claim(&[1]), Error::<Test>::NothingAccrued);
    });
}

#[test]
fn payee_without_an_account_loses_no_dust() {
    Chain::new().emission(9).device(1, place(0, 0), CHARLIE).device(2, place(1, 0), ALICE).build_and_execute(|| {
        // GIVEN 9 planck for a payee whose account would need 10
        credit(place(0, 0), 1);
        close_epoch();
        assert_noop!(claim(&[1]), Error::<Test>::BelowExistentialDeposit);
        assert_noop!(Rewards::pay_out(place(0, 0), &CHARLIE), Error::<Test>::BelowExistentialDeposit);
        assert_noop!(Rewards::vacate(place(0, 0), &CHARLIE), Error::<Test>::BelowExistentialDeposit);
        // WHEN another could be paid, the claim is refused all the same
        credit(place(1, 0), 1);
        close_epoch();
        assert_noop!(claim(&[1, 2]), Error::<Test>::BelowExistentialDeposit);
        assert_ok!(claim(&[2]));
        // THEN all of it is paid as soon as it is enough
        credit(place(0, 0), 1);
        close_epoch();
        assert_ok!(claim(&[1]));
        assert_eq!((balance(CHARLIE), pot()), (18, 0));
    });
}

#[test]
fn devices_too_poor_alone_create_their_payees_account_together() {
    Chain::new().emission(12).device(1, place(0, 0), CHARLIE).device(2, place(5, 0), CHARLIE).build_and_execute(|| {
        credit(place(0, 0), 1);
        credit(place(5, 0), 1);
        close_epoch();
        assert_noop!(claim(&[1]), Error::<Test>::BelowExistentialDeposit);
        assert_ok!(claim(&[1, 2]));
        assert_eq!(balance(CHARLIE), 12);
    });
}

#[test]
fn claim_that_cannot_be_covered_changes_nothing() {
    // The pot is emptied by force: the invariants do not hold here, and the claim must not make it worse.
    Chain::new().device(1, place(0, 0), ALICE).build().execute_with(|| {
        use frame_support::traits::fungible::Mutate;
        credit(place(0, 0), 100);
        close_epoch();
        Balances::set_balance(&Rewards::pot(), 500);
        assert_noop!(claim(&[1]), sp_runtime::TokenError::FundsUnavailable);
        assert_eq!(accrued(place(0, 0)), 1_000);
    });
}

#[test]
fn donation_to_the_pot_is_nobodys_reward() {
    Chain::new().device(1, place(0, 0), ALICE).build_and_execute(|| {
        credit(place(0, 0), 100);
        assert_ok!(Balances::transfer_allow_death(RuntimeOrigin::signed(BOB), Rewards::pot(), 500));
        close_epoch();
        assert_ok!(claim(&[1]));
        assert_eq!((balance(ALICE), pot()), (RICH + 1_000, 500));
    });
}
