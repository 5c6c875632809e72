//! What stakers are paid: the staking pallet mints it, and as much is burnt from the pot.

use super::*;
use frame_support::traits::{
    fungible::Balanced,
    tokens::{imbalance::OnUnbalanced, Precision},
};
use sp_staking::EraPayout;

/// 400 planck an epoch for staking.
fn chain() -> Chain {
    Chain::new().split(split(30, 0, 20, 40, 10)).endow(STAKER, RICH).endow(TREASURY, RICH)
}

/// Pays a staker as the staking pallet does: mints, and hands the imbalance to its `Reward`.
fn pay_staker(amount: Balance) {
    let minted = Balances::deposit(&STAKER, amount, Precision::Exact).expect("the staker has an account");
    BurnFromPot::<Test>::on_unbalanced(minted);
}

/// What the staking pallet is told that an era pays.
fn era_payout() -> (Balance, Balance) {
    <Rewards as EraPayout<Balance>>::era_payout(1, 2, 3)
}

#[test]
fn era_pays_what_epochs_minted_for_staking_since_the_last() {
    chain().build_and_execute(|| {
        assert_eq!(Rewards::draw_era_payout(), 0);
        (0..3).for_each(|_| close_epoch());
        assert_eq!(Rewards::draw_era_payout(), 1_200);
        assert_eq!((carried().staking, Books::<Test>::get().promised), (0, 1_200));
        assert_eq!(Rewards::draw_era_payout(), 0);
        close_epoch();
        assert_eq!(Rewards::draw_era_payout(), 400);
        assert_eq!(Books::<Test>::get().promised, 1_600);
    });
}

#[test]
fn what_stakers_claim_is_burnt_from_the_pot() {
    chain().build_and_execute(|| {
        close_epoch();
        Rewards::draw_era_payout();
        let (issuance, held) = (Balances::total_issuance(), pot());
        pay_staker(250);
        assert_eq!((Balances::total_issuance(), pot(), balance(STAKER)), (issuance, held - 250, RICH + 250));
        pay_staker(150);
        let books = Books::<Test>::get();
        assert_eq!((books.promised, books.paid_staking, pot()), (0, 400, books.in_pot()));
        assert_eq!(Balances::total_issuance(), issuance);
    });
}

#[test]
fn era_keeps_a_millionth_for_rounding_and_leaves_no_remainder() {
    chain().emission(1_000_000_000).build_and_execute(|| {
        assert_eq!(era_payout(), (0, 0));
        close_epoch();
        assert_eq!(era_payout(), (400_000_000 - 400, 0));
        assert_eq!(Books::<Test>::get().promised, 400_000_000);
        pay_staker(400_000_000 - 400 + 2);
        assert_eq!(Books::<Test>::get().promised, 398);
    });
}

#[test]
fn more_than_was_promised_is_not_taken_from_others() {
    // What is paid beyond the promise stays minted, which the books cannot know; they and the pot stay true.
    chain().build_and_execute(|| {
        close_epoch();
        Rewards::draw_era_payout();
        let issuance = Balances::total_issuance();
        pay_staker(403);
        let books = Books::<Test>::get();
        assert_eq!((books.promised, books.paid_staking, Balances::total_issuance()), (0, 400, issuance + 3));
        pay_staker(5);
        assert_eq!((Books::<Test>::get(), Balances::total_issuance()), (books, issuance + 8));
    });
}

#[test]
fn full_issuance_has_room_for_what_is_minted_before_it_is_burnt() {
    let issued = 4 * RICH + EXISTENTIAL_DEPOSIT;
    chain().emission(u128::MAX - issued).build_and_execute(|| {
        close_epoch();
        assert_eq!(Balances::total_issuance(), u128::MAX);
        let drawn = Rewards::draw_era_payout();
        pay_staker(drawn);
        assert_eq!((Balances::total_issuance(), balance(STAKER)), (u128::MAX, RICH + drawn));
    });
}

#[test]
fn both_sides_are_weighed() {
    chain().build_and_execute(|| {
        let weight = |class| frame_system::BlockWeight::<Test>::get().get(class).to_owned();
        let (mandatory, normal) =
            (frame_support::dispatch::DispatchClass::Mandatory, frame_support::dispatch::DispatchClass::Normal);
        close_epoch();
        let before = weight(mandatory);
        era_payout();
        assert_eq!(weight(mandatory) - before, <() as WeightInfo>::draw_era_payout());
        let before = weight(normal);
        pay_staker(5);
        assert_eq!(weight(normal) - before, <() as WeightInfo>::settle_era_payout());
    });
}

#[test]
#[should_panic(expected = "the pot holds what is promised")]
fn pot_that_was_emptied_by_force_is_noticed() {
    chain().build().execute_with(|| {
        use frame_support::traits::fungible::Mutate;
        close_epoch();
        Rewards::draw_era_payout();
        Balances::set_balance(&Rewards::pot(), 100);
        pay_staker(400);
    });
}
