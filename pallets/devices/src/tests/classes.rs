//! The class table and the parameters.

use crate::{mock::*, Class, Classes, Error, Event, Parameters, Params};
use polkadot_sdk::*;

use frame_support::{assert_noop, assert_ok};
use sp_runtime::{traits::BadOrigin, BoundedVec};
use vouch_primitives::traits::DeviceRegistry;

fn name(text: &str) -> BoundedVec<u8, sp_core::ConstU32<16>> {
    text.as_bytes().to_vec().try_into().expect("a short name")
}

#[test]
fn only_governance_sets_classes_and_parameters() {
    ExtBuilder::default().build_and_execute(|| {
        assert_noop!(Devices::set_class(signed(1), 0, name("mine"), 1, 1), BadOrigin);
        assert_noop!(Devices::set_params(signed(1), 0, 0), BadOrigin);
    });
}

#[test]
fn table_grows_by_one_until_it_is_full() {
    ExtBuilder::default().build_and_execute(|| {
        assert_noop!(Devices::set_class(RuntimeOrigin::root(), 3, name("gap"), 1, 1), Error::<Test>::UnknownClass);
        assert_ok!(Devices::set_class(RuntimeOrigin::root(), 2, name("gpu"), 1_000, 500));
        assert_noop!(Devices::set_class(RuntimeOrigin::root(), 3, name("x"), 1, 1), Error::<Test>::TooManyClasses);
        assert_eq!(Devices::class(2), Some(Class { name: name("gpu"), weight: 1_000, bond: 500 }));
        System::assert_last_event(
            Event::<Test>::ClassSet { class: 2, name: name("gpu"), weight: 1_000, bond: 500 }.into(),
        );
    });
}

#[test]
fn new_bond_is_for_new_devices_and_new_weight_for_all() {
    ExtBuilder::default().build_and_execute(|| {
        registered(1, 0);
        assert_ok!(Devices::set_class(RuntimeOrigin::root(), 0, name("router"), 5, 90));
        assert_eq!((record(0).bond, held(1)), (ROUTER.1, ROUTER.1));
        registered(1, 1);
        assert_eq!((record(1).bond, held(1)), (90, ROUTER.1 + 90));
        assert_eq!(Devices::class_weights(), vec![5, PHONE.0]);
    });
}

#[test]
fn parameters_are_replaced() {
    ExtBuilder::default().build_and_execute(|| {
        let params = Params { release_delay: u64::MAX, maintenance_rounds: u32::MAX };
        assert_ok!(Devices::set_params(RuntimeOrigin::root(), params.release_delay, params.maintenance_rounds));
        assert_eq!(Parameters::<Test>::get(), params);
        System::assert_last_event(Event::<Test>::ParamsSet { params }.into());
    });
}

#[test]
fn genesis_is_what_it_says() {
    ExtBuilder::default().build_and_execute(|| {
        assert_eq!(Classes::<Test>::get().len(), 2);
        assert_eq!(Devices::class(1), Some(Class { name: name("phone"), weight: PHONE.0, bond: PHONE.1 }));
        assert_eq!(Parameters::<Test>::get(), Params { release_delay: DELAY, maintenance_rounds: BUDGET });
    });
}
