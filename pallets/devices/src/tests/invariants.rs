//! `try_state` itself: every kind of corruption is found and named.

use crate::{
    mock::*, Absence, BondedTotal, CohortPage, Cohorts, DeviceCount, DeviceOf, Devices as DeviceMap, DevicesOf, Former,
    HoldReason, Offers, Opened, Prefixes, Proofs, Tenants, Vacant, VacantCount,
};
use polkadot_sdk::*;

use frame_support::{assert_ok, traits::fungible::hold::Mutate};
use vouch_primitives::{endpoint::Prefix, Place, LANES};

/// Corrupts a sound registry and returns what `try_state` says.
fn found(corrupt: impl FnOnce()) -> &'static str {
    ExtBuilder::default().build().execute_with(|| {
        (0..3).for_each(|n| {
            registered(1, n);
        });
        registered(2, 3);
        assert_ok!(Devices::set_endpoint(signed(2), device(3), v6(1, 1, 1)));
        leave(1, 1);
        assert_ok!(Devices::pause(signed(1), device(0), 1));
        assert_ok!(Devices::offer(signed(1), device(0), Some(owner(2))));
        assert_ok!(Devices::deregister(signed(1), device(2)));
        assert_ok!(Devices::do_try_state());
        corrupt();
        Devices::do_try_state().expect_err("the corruption is found").into()
    })
}

fn change(n: u32, change: impl FnOnce(&mut DeviceOf<Test>)) {
    let mut changed = record(n);
    change(&mut changed);
    DeviceMap::<Test>::insert(device(n), changed);
}

#[test]
fn tenants_and_devices_that_disagree_are_found() {
    assert_eq!(found(|| Tenants::<Test>::remove(0, 0)), "a device is not the tenant of its place");
    assert_eq!(found(|| Tenants::<Test>::insert(0, 0, device(3))), "a device is not the tenant of its place");
    assert_eq!(found(|| change(3, |d| d.place = Place::nth(0))), "a device is not the tenant of its place");
    assert_eq!(found(|| Tenants::<Test>::insert(0, 9, device(0))), "a lane's tenant is not registered there");
    assert_eq!(found(|| DeviceCount::<Test>::put(9)), "the number of devices is not what is counted");
    assert_eq!(found(|| change(0, |d| d.class = 9)), "a device's class does not exist");
    assert_eq!(found(|| Proofs::<Test>::remove(device(0))), "a device was registered without spending a proof");
    assert_eq!(found(|| change(0, |d| d.since = 101)), "a device's key took its place in a round to come");
    assert_eq!(
        found(|| change(0, |d| d.previous = Some(Former { device: device(9), since: 101 }))),
        "a device's former key took its place after the present one"
    );
    assert_eq!(
        found(|| {
            let place = Place { cohort: 0, lane: LANES as u16 };
            Tenants::<Test>::remove(0, 0);
            Tenants::<Test>::insert(0, place.lane, device(0));
            change(0, |d| d.place = place);
        }),
        "a lane does not exist"
    );
}

#[test]
fn pages_that_disagree_with_the_records_are_found() {
    let page = |change: fn(&mut CohortPage)| found(|| Cohorts::<Test>::mutate(0, change));
    assert_eq!(page(|p| p.enrolled.set(0, false)), "the enrolled lanes of a cohort are not its occupied ones");
    assert_eq!(page(|p| p.enrolled.set(9, true)), "the enrolled lanes of a cohort are not its occupied ones");
    assert_eq!(page(|p| p.classes[0] = 1), "a lane's class is not its device's");
    assert_eq!(page(|p| p.recall(2, 100)), "a device that is leaving is still judged");
    assert_eq!(page(|p| p.absences.retain(|a| a.lane != 2)), "a device that is leaving is still judged");
    let absence = Absence { lane: 0, from: 102, until: 200 };
    let push = |absence| found(|| Cohorts::<Test>::mutate(0, |p| p.absences.try_push(absence).expect("there is room")));
    assert_eq!(push(absence), "two absences of a lane overlap or touch");
    let undeclared = "the rounds to come that excuse a device are not those it declared";
    assert_eq!(push(Absence { from: 103, ..absence }), undeclared);
    assert_eq!(page(|p| p.recall(0, 100)), undeclared);
    assert_eq!(found(|| change(3, |d| d.maintenance.until = 102)), undeclared);
    assert_eq!(push(Absence { lane: 1, ..absence }), "a vacant lane has an absence");
    assert_eq!(page(|p| p.absences[0].until = p.absences[0].from), "an absence ends before it begins");
    assert_eq!(found(|| Cohorts::<Test>::insert(1, CohortPage::default())), "a cohort has a page and was never opened");
    assert_eq!(found(|| Cohorts::<Test>::remove(0)), "a cohort has tenants and no page");
}

#[test]
fn lost_and_doubled_places_are_found() {
    let vacate = |n, height| {
        found(|| {
            Vacant::<Test>::insert(1, Place::nth(n));
            VacantCount::<Test>::put(height);
        })
    };
    assert_eq!(vacate(1, 2), "a place is vacant twice");
    assert_eq!(vacate(0, 2), "a vacant place has a tenant");
    assert_eq!(vacate(77, 2), "a place is vacant and was never opened");
    assert_eq!(vacate(77, 1), "the stack of vacant places has entries above its top");
    assert_eq!(found(|| VacantCount::<Test>::put(2)), "the stack of vacant places has a hole");
    assert_eq!(found(|| Opened::<Test>::put(9)), "a place is neither vacant nor occupied");
}

#[test]
fn blocks_of_addresses_that_are_miscounted_are_found() {
    let (v4_block, v6_block) = (global().prefix(), v6(1, 1, 1).expect("an endpoint").prefix());
    let miscounted = "the devices of a block of addresses are miscounted";
    // Two devices are in the one, of which one is leaving, and one in the other.
    for count in [1, 3] {
        assert_eq!(found(|| Prefixes::<Test>::insert(v4_block, count)), miscounted);
    }
    assert_eq!(found(|| Prefixes::<Test>::remove(v6_block)), miscounted);
    assert_eq!(found(|| Prefixes::<Test>::insert(Prefix::V4([1, 1, 1]), 1)), miscounted);
    assert_eq!(found(|| change(3, |d| d.endpoint = None)), miscounted);
    assert_eq!(found(|| change(3, |d| d.endpoint = Some(global()))), miscounted);
    let empty = "a block of addresses without devices is kept";
    assert_eq!(found(|| Prefixes::<Test>::insert(Prefix::V4([1, 1, 1]), 0)), empty);
    assert_eq!(found(|| Prefixes::<Test>::insert(v6_block, 0)), empty);
}

#[test]
fn bonds_that_do_not_add_up_are_found() {
    assert_eq!(found(|| BondedTotal::<Test>::mutate(|t| *t += 1)), "the bonded total is not the sum of the bonds");
    let reason = HoldReason::DeviceBond.into();
    assert_eq!(
        found(|| Balances::hold(&reason, &owner(2), 1).expect("the owner is rich")),
        "what is held from an owner is not the sum of its bonds"
    );
    assert_eq!(found(|| change(0, |d| d.bond += 1)), "the bonded total is not the sum of the bonds");
}

#[test]
fn wrong_lists_and_stale_offers_are_found() {
    let foreign = "a device is listed under an account that does not own it";
    assert_eq!(found(|| DevicesOf::<Test>::insert(owner(2), device(0), ())), foreign);
    assert_eq!(found(|| DevicesOf::<Test>::insert(owner(1), device(99), ())), foreign);
    assert_eq!(found(|| DevicesOf::<Test>::remove(owner(1), device(0))), "a device is not listed");
    let offer = |n, to| found(|| Offers::<Test>::insert(device(n), owner(to)));
    for (n, to) in [(0, 1), (2, 2), (99, 2)] {
        assert_eq!(offer(n, to), "an offer cannot be accepted");
    }
}

#[test]
#[should_panic(expected = "MaxClasses is 257")]
fn more_classes_than_an_id_counts_are_refused_at_build_time() {
    crate::check_constants(257);
}

#[test]
fn constants_of_the_mock_are_sound() {
    use frame_support::traits::Hooks;
    Devices::integrity_test();
}
