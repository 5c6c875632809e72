//! The class table and the parameters.

use crate::{mock::*, Class, Classes, Error, Event, GenesisConfig, Parameters, Params};
use polkadot_sdk::*;

use frame_support::{assert_noop, assert_ok, traits::BuildGenesisConfig};
use sp_runtime::{traits::BadOrigin, BoundedVec, Permill};
use vouch_primitives::traits::DeviceRegistry;

fn name(text: &str) -> BoundedVec<u8, sp_core::ConstU32<16>> {
    text.as_bytes().to_vec().try_into().expect("a short name")
}

#[test]
fn only_governance_sets_classes_and_parameters() {
    ExtBuilder::default().build_and_execute(|| {
        assert_noop!(Devices::set_class(signed(1), 0, name("mine"), 1, 1), BadOrigin);
        assert_noop!(Devices::set_params(signed(1), Params::default()), BadOrigin);
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
        let params = Params {
            release_delay: u64::MAX,
            maintenance_rounds: u32::MAX,
            max_per_v4: 0,
            max_per_v6: u32::MAX,
            eviction_fee: Permill::one(),
        };
        assert_ok!(Devices::set_params(RuntimeOrigin::root(), params));
        assert_eq!(Parameters::<Test>::get(), params);
        System::assert_last_event(Event::<Test>::ParamsSet { params }.into());
    });
}

#[test]
fn genesis_is_what_it_says() {
    ExtBuilder::default().caps(5, 6).build_and_execute(|| {
        assert_eq!(Classes::<Test>::get().len(), 2);
        assert_eq!(Devices::class(1), Some(Class { name: name("phone"), weight: PHONE.0, bond: PHONE.1 }));
        let params = Params {
            release_delay: DELAY,
            maintenance_rounds: BUDGET,
            max_per_v4: 5,
            max_per_v6: 6,
            eviction_fee: FEE,
        };
        assert_eq!(Parameters::<Test>::get(), params);
    });
}

#[test]
fn chain_that_decides_nothing_admits_some_devices_per_block_of_addresses() {
    let genesis = GenesisConfig::<Test>::default();
    assert_eq!((genesis.max_per_v4, genesis.max_per_v6, genesis.eviction_fee), (64, 64, Permill::from_percent(10)));
    assert!(genesis.classes.is_empty() && !genesis.allow_private_endpoints);
    sp_io::TestExternalities::default().execute_with(|| {
        let unset = Parameters::<Test>::get();
        genesis.build();
        assert_eq!(Parameters::<Test>::get(), unset);
    });
}
