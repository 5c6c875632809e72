//! Bonds in the hands of those who make devices answer for what they say: what they learn, what they may burn, and how an owner
//! makes good for it.

use crate::{mock::*, BondedTotal, Error, Event, HoldReason, Parameters, Params};
use polkadot_sdk::*;

use frame_support::{
    assert_noop, assert_ok, assert_storage_noop,
    traits::{LockableCurrency, WithdrawReasons},
};
use sp_runtime::{traits::BadOrigin, Permill};
use vouch_primitives::{
    traits::{Bonded, Bonds},
    DeviceId, Place,
};

fn fine(n: u32, amount: u128) -> u128 {
    Devices::fine(&device(n), amount)
}

fn bonded(n: u32) -> Bonded<sp_runtime::AccountId32, u128> {
    Devices::bonded(&device(n)).expect("it is registered")
}

/// Changes what class 0 asks for.
fn ask(bond: u128) {
    let name = b"router".to_vec().try_into().expect("a short name");
    assert_ok!(Devices::set_class(RuntimeOrigin::root(), 0, name, ROUTER.0, bond));
}

/// Device 0 of owner 1, which is judged.
fn judged() -> DeviceId {
    let id = registered(1, 0);
    Round::set(101);
    id
}

#[test]
fn everything_about_a_bond_is_told() {
    ExtBuilder::default().build_and_execute(|| {
        assert_eq!(Devices::bonded(&device(0)), None);
        let id = registered(1, 0);
        assert_ok!(Devices::set_beneficiary(signed(1), id.clone(), Some(owner(3))));
        let expected = Bonded {
            owner: owner(1),
            payee: owner(3),
            place: Place::nth(0),
            class: 0,
            active: false,
            bond: ROUTER.1,
            class_bond: ROUTER.1,
        };
        assert_eq!(bonded(0), expected, "in the round in which it came it is excused");
        Round::set(101);
        assert_eq!(bonded(0), Bonded { active: true, ..expected.clone() });
        ask(80);
        assert_eq!(bonded(0), Bonded { active: true, class_bond: 80, ..expected });
    });
}

#[test]
fn device_is_active_unless_it_is_excused_or_leaving() {
    ExtBuilder::default().build_and_execute(|| {
        let id = judged();
        assert_ok!(Devices::pause(signed(1), id.clone(), 1));
        assert!(bonded(0).active);
        Round::set(102);
        assert!(!bonded(0).active);
        Round::set(103);
        assert!(bonded(0).active);
        assert_ok!(Devices::deregister(signed(1), id));
        assert!(!bonded(0).active);
    });
}

#[test]
fn fine_is_burnt_and_the_rest_comes_back() {
    ExtBuilder::default().build_and_execute(|| {
        let (id, issued) = (judged(), Balances::total_issuance());
        assert_eq!(fine(0, 20), 20);
        let fined = Event::<Test>::Fined { device: id.clone(), owner: owner(1), amount: 20, bond: 30 };
        System::assert_last_event(fined.into());
        assert_eq!((record(0).bond, held(1), BondedTotal::<Test>::get()), (30, 30, 30));
        assert_eq!((Balances::total_issuance(), free(1)), (issued - 20, WEALTH - ROUTER.1));
        leave(1, 0);
        assert_eq!((held(1), free(1)), (0, WEALTH - 20));
        assert_eq!(Devices::bonded(&id), None);
    });
}

#[test]
fn no_more_than_is_left_is_burnt_however_often_a_device_is_fined() {
    ExtBuilder::default().build_and_execute(|| {
        let issued = Balances::total_issuance();
        judged();
        // A second device of the same owner, whose bond is held with the first one's.
        registered(1, 1);
        assert_eq!([fine(0, 30), fine(0, 30), fine(0, 30), fine(0, u128::MAX)], [30, 20, 0, 0]);
        assert_eq!((record(0).bond, record(1).bond, held(1)), (0, ROUTER.1, ROUTER.1));
        assert_eq!(Balances::total_issuance(), issued - ROUTER.1);
        // What is told as fined is what was burnt.
        let fines = System::read_events_for_pallet::<Event<Test>>().into_iter().filter_map(|event| match event {
            Event::Fined { amount, bond, .. } => Some((amount, bond)),
            _ => None,
        });
        assert_eq!(fines.collect::<Vec<_>>(), [(30, 20), (20, 0)]);
        assert_storage_noop!(assert_eq!(fine(0, 1), 0));
        leave(1, 0);
        assert_eq!((held(1), free(1)), (ROUTER.1, WEALTH - 2 * ROUTER.1));
    });
}

#[test]
fn nothing_is_burnt_for_nothing_nor_of_those_who_are_not_there() {
    ExtBuilder::default().build_and_execute(|| {
        judged();
        assert_storage_noop!(assert_eq!((fine(0, 0), fine(9, 5)), (0, 0)));
        leave(1, 0);
        assert_storage_noop!(assert_eq!(fine(0, 5), 0));
    });
}

#[test]
fn leaving_shelters_no_bond_until_it_is_released() {
    ExtBuilder::default().build_and_execute(|| {
        let id = judged();
        assert_ok!(Devices::deregister(signed(1), id.clone()));
        assert_eq!(fine(0, 15), 15);
        assert_noop!(Devices::top_up(signed(1), id.clone()), Error::<Test>::Leaving);
        pass_blocks(DELAY);
        assert_eq!(fine(0, 15), 15);
        assert_ok!(Devices::release(signed(3), id.clone()));
        let released =
            Event::<Test>::Released { device: id, owner: owner(1), place: Place::nth(0), bond: ROUTER.1 - 30 };
        System::assert_last_event(released.into());
        assert_eq!((held(1), free(1), BondedTotal::<Test>::get()), (0, WEALTH - 30, 0));
    });
}

#[test]
fn whoever_takes_over_a_fined_device_holds_what_is_left_and_answers_for_it() {
    ExtBuilder::default().build_and_execute(|| {
        let id = judged();
        assert_ok!(Devices::offer(signed(1), id.clone(), Some(owner(2))));
        // Being on offer shelters nothing.
        assert_eq!(fine(0, 20), 20);
        assert_ok!(Devices::accept(signed(2), id.clone()));
        assert_eq!((held(1), free(1), held(2), free(2)), (0, WEALTH - 20, 30, WEALTH - 30));
        let transferred = Event::<Test>::Transferred { device: id, from: owner(1), to: owner(2), bond: 30 };
        System::assert_last_event(transferred.into());
        // Nor does having sold it: the bond stays with the device.
        assert_eq!(fine(0, 40), 30);
        assert_eq!((held(1), free(1), held(2), free(2)), (0, WEALTH - 20, 0, WEALTH - 30));
        // It can be sold without any bond.
        assert_ok!(Devices::offer(signed(2), device(0), Some(owner(1))));
        assert_ok!(Devices::accept(signed(1), device(0)));
        assert_eq!((held(1), free(1), BondedTotal::<Test>::get()), (0, WEALTH - 20, 0));
    });
}

#[test]
fn another_key_shelters_no_bond() {
    ExtBuilder::default().build_and_execute(|| {
        let id = judged();
        assert_eq!(fine(0, 10), 10);
        assert_ok!(Devices::rotate_key(signed(1), id, device(1), rotation_proof(0, 1, &owner(1))));
        // The device goes by its new id. Whoever fines it has to know that.
        assert_eq!((fine(0, 10), fine(1, 10)), (0, 10));
        assert_eq!((record(1).bond, held(1)), (30, 30));
    });
}

#[test]
fn frozen_tokens_shelter_no_bond() {
    ExtBuilder::default().wealth(ROUTER.1 + ED).build_and_execute(|| {
        judged();
        Balances::set_lock(*b"all of i", &owner(1), u128::MAX, WithdrawReasons::all());
        assert_eq!(fine(0, ROUTER.1), ROUTER.1);
        assert_eq!((held(1), free(1)), (0, ED));
    });
}

#[test]
fn eviction_fee_is_part_of_what_is_left() {
    for (fined, fee) in [(10, 4), (41, 0), (ROUTER.1, 0)] {
        ExtBuilder::default().build_and_execute(|| {
            let id = judged();
            assert_eq!(fine(0, fined), fined);
            fall_silent(0);
            assert_ok!(Devices::evict(signed(3), id));
            assert_eq!((held(1), free(1), free(3)), (0, WEALTH - fined - fee, WEALTH + fee));
            assert_eq!(BondedTotal::<Test>::get(), 0);
        });
    }
    // Not even a fee of everything is more than that.
    ExtBuilder::default().build_and_execute(|| {
        let id = judged();
        let params = Params { eviction_fee: Permill::one(), ..Parameters::<Test>::get() };
        assert_ok!(Devices::set_params(RuntimeOrigin::root(), params));
        assert_eq!(fine(0, 45), 45);
        fall_silent(0);
        assert_ok!(Devices::evict(signed(3), id));
        assert_eq!((held(1), free(1), free(3)), (0, WEALTH - ROUTER.1, WEALTH + 5));
    });
}

#[test]
fn owner_restores_a_bond_to_what_its_class_asks_for() {
    ExtBuilder::default().build_and_execute(|| {
        let id = judged();
        assert_noop!(Devices::top_up(signed(1), id.clone()), Error::<Test>::BondFull);
        assert_eq!(fine(0, 20), 20);
        assert_ok!(Devices::top_up(signed(1), id.clone()));
        let event = Event::<Test>::ToppedUp { device: id.clone(), owner: owner(1), amount: 20, bond: ROUTER.1 };
        System::assert_last_event(event.into());
        assert_eq!((record(0).bond, held(1), free(1)), (ROUTER.1, ROUTER.1, WEALTH - ROUTER.1 - 20));
        assert_eq!(BondedTotal::<Test>::get(), ROUTER.1);
        assert_noop!(Devices::top_up(signed(1), id.clone()), Error::<Test>::BondFull);
        // From nothing.
        assert_eq!(fine(0, ROUTER.1), ROUTER.1);
        assert_ok!(Devices::top_up(signed(1), id));
        assert_eq!((record(0).bond, held(1)), (ROUTER.1, ROUTER.1));
    });
}

#[test]
fn what_a_class_asks_for_today_counts() {
    ExtBuilder::default().build_and_execute(|| {
        let id = judged();
        ask(70);
        assert_ok!(Devices::top_up(signed(1), id.clone()));
        assert_eq!((record(0).bond, held(1)), (70, 70));
        // More than that is given back only when the device leaves.
        ask(40);
        assert_noop!(Devices::top_up(signed(1), id.clone()), Error::<Test>::BondFull);
        assert_eq!(fine(0, 35), 35);
        assert_ok!(Devices::top_up(signed(1), id));
        assert_eq!((record(0).bond, held(1)), (40, 40));
        leave(1, 0);
        assert_eq!((held(1), free(1)), (0, WEALTH - 35));
    });
}

#[test]
fn only_an_owner_that_has_the_money_tops_up() {
    ExtBuilder::default().wealth(ROUTER.1 + ED + 5).build_and_execute(|| {
        let id = judged();
        assert_eq!(fine(0, 10), 10);
        assert_noop!(Devices::top_up(signed(2), id.clone()), Error::<Test>::NotOwner);
        assert_noop!(Devices::top_up(RuntimeOrigin::none(), id.clone()), BadOrigin);
        assert_noop!(Devices::top_up(signed(1), device(9)), Error::<Test>::NotFound);
        assert_noop!(Devices::top_up(signed(1), id.clone()), Error::<Test>::BondUnavailable);
        assert_ok!(Balances::transfer_allow_death(signed(2), owner(1), 5));
        assert_ok!(Devices::top_up(signed(1), id));
        assert_eq!((held(1), free(1)), (ROUTER.1, ED));
    });
}

#[test]
fn bond_that_somebody_else_took_is_noticed() {
    ExtBuilder::default().build().execute_with(|| {
        use frame_support::traits::{
            fungible::hold::Mutate,
            tokens::{Fortitude, Precision},
        };
        judged();
        let reason = HoldReason::DeviceBond.into();
        assert_ok!(Balances::burn_held(&reason, &owner(1), 1, Precision::Exact, Fortitude::Force));
        assert!(Devices::do_try_state().is_err());
    });
}
