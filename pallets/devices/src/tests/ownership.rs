//! Offering and accepting.

use crate::{mock::*, BondedTotal, Error, Event, Offers};
use polkadot_sdk::*;

use frame_support::{assert_noop, assert_ok};

#[test]
fn device_changes_hands_with_its_bond_and_the_old_side_is_paid() {
    ExtBuilder::default().build_and_execute(|| {
        // GIVEN a device whose beneficiary is account 3
        let id = registered(1, 0);
        assert_ok!(Devices::set_beneficiary(signed(1), id.clone(), Some(owner(3))));
        assert_ok!(Devices::offer(signed(1), id.clone(), Some(owner(2))));
        System::assert_last_event(Event::<Test>::Offered { device: id.clone(), to: Some(owner(2)) }.into());

        // WHEN account 2 accepts
        assert_ok!(Devices::accept(signed(2), id.clone()));

        // THEN the beneficiary of before is paid, and account 2 from now on
        assert_eq!(Payments::get(), vec![(record(0).place, owner(3), false)]);
        assert_eq!((record(0).owner.clone(), record(0).payee()), (owner(2), &owner(2)));
        assert_eq!((held(1), free(1), held(2)), (0, WEALTH, ROUTER.1));
        assert_eq!(BondedTotal::<Test>::get(), ROUTER.1);
        assert_eq!(Devices::devices_of(&owner(1), None, 9), vec![]);
        assert_eq!(Devices::devices_of(&owner(2), None, 9), vec![id.clone()]);
        System::assert_last_event(
            Event::<Test>::Transferred { device: id.clone(), from: owner(1), to: owner(2), bond: ROUTER.1 }.into(),
        );
        // AND an offer is good for one transfer
        assert_noop!(Devices::accept(signed(2), id.clone()), Error::<Test>::NotOffered);
        assert_noop!(Devices::set_endpoint(signed(1), id, None), Error::<Test>::NotOwner);
    });
}

#[test]
fn only_the_owner_offers_and_only_whom_it_is_offered_to_accepts() {
    ExtBuilder::default().build_and_execute(|| {
        let id = registered(1, 0);
        assert_noop!(Devices::offer(signed(2), id.clone(), Some(owner(2))), Error::<Test>::NotOwner);
        assert_noop!(Devices::offer(signed(1), device(9), Some(owner(2))), Error::<Test>::NotFound);
        assert_noop!(Devices::offer(signed(1), id.clone(), Some(owner(1))), Error::<Test>::OfferedToOwner);
        assert_noop!(Devices::accept(signed(2), id.clone()), Error::<Test>::NotOffered);
        assert_noop!(Devices::accept(signed(2), device(9)), Error::<Test>::NotFound);
        assert_ok!(Devices::offer(signed(1), id.clone(), Some(owner(2))));
        assert_noop!(Devices::accept(signed(3), id.clone()), Error::<Test>::NotOffered);
        assert_noop!(Devices::accept(signed(1), id), Error::<Test>::NotOffered);
    });
}

#[test]
fn last_offer_counts_and_can_be_withdrawn() {
    ExtBuilder::default().build_and_execute(|| {
        let id = registered(1, 0);
        assert_noop!(Devices::offer(signed(1), id.clone(), None), Error::<Test>::NotOffered);
        assert_ok!(Devices::offer(signed(1), id.clone(), Some(owner(2))));
        assert_ok!(Devices::offer(signed(1), id.clone(), Some(owner(3))));
        assert_noop!(Devices::accept(signed(2), id.clone()), Error::<Test>::NotOffered);
        assert_ok!(Devices::offer(signed(1), id.clone(), None));
        assert_noop!(Devices::accept(signed(3), id), Error::<Test>::NotOffered);
    });
}

#[test]
fn buyer_without_the_bond_gets_nothing() {
    ExtBuilder::default().build_and_execute(|| {
        let id = registered(1, 0);
        assert_ok!(Devices::offer(signed(1), id.clone(), Some(owner(2))));
        assert_ok!(Balances::transfer_allow_death(signed(2), owner(3), WEALTH - ROUTER.1 - ED + 1));
        assert_noop!(Devices::accept(signed(2), id.clone()), Error::<Test>::BondUnavailable);
        assert_eq!((record(0).owner, held(1), held(2)), (owner(1), ROUTER.1, 0));
        assert_eq!(Offers::<Test>::get(&id), Some(owner(2)));
        assert_ok!(Balances::transfer_allow_death(signed(3), owner(2), 1));
        assert_ok!(Devices::accept(signed(2), id));
        assert_eq!((held(2), free(2)), (ROUTER.1, ED));
    });
}

#[test]
fn unpayable_beneficiary_cannot_stop_a_sale() {
    ExtBuilder::default().build_and_execute(|| {
        let id = registered(1, 0);
        assert_ok!(Devices::set_beneficiary(signed(1), id.clone(), Some(owner(200))));
        assert_ok!(Devices::offer(signed(1), id.clone(), Some(owner(2))));
        Unpayable::set(vec![owner(200)]);
        assert_ok!(Devices::accept(signed(2), id));
        assert_eq!(Payments::get(), vec![(record(0).place, owner(1), false)]);
    });
}

#[test]
fn sale_fails_whole_if_nobody_of_the_old_side_can_be_paid() {
    ExtBuilder::default().build_and_execute(|| {
        use sp_runtime::traits::Dispatchable;
        let id = registered(1, 0);
        assert_ok!(Devices::offer(signed(1), id.clone(), Some(owner(2))));
        Unpayable::set(vec![owner(1)]);
        let call = RuntimeCall::Devices(crate::Call::accept { device: id });
        assert_noop!(call.dispatch(signed(2)).map_err(|e| e.error), sp_runtime::TokenError::BelowMinimum);
        assert_eq!((record(0).owner, held(1), held(2)), (owner(1), ROUTER.1, 0));
    });
}
