//! Registering: proofs of possession, endpoints, bonds.

use crate::{mock::*, BondedTotal, DeviceCount, Error, Event, Proofs};
use polkadot_sdk::*;

use frame_support::{assert_noop, assert_ok};
use sp_core::{ecdsa, sr25519, Pair, H256};
use sp_runtime::{traits::IdentifyAccount, MultiSigner};
use vouch_primitives::{
    api::DeviceState,
    probe::{registration_payload, rotation_payload},
    Endpoint, Place,
};

#[test]
fn device_gets_a_lane_and_its_bond_is_held() {
    ExtBuilder::default().build_and_execute(|| {
        assert_ok!(Devices::register(signed(1), device(7), 1, Some(global()), Some(owner(9)), proof(7, &owner(1))));
        let place = Place { cohort: 0, lane: 0 };
        assert_eq!((record(7).place, record(7).payee(), record(7).class), (place, &owner(9), 1));
        assert_eq!((held(1), free(1), BondedTotal::<Test>::get()), (PHONE.1, WEALTH - PHONE.1, PHONE.1));
        assert_eq!(DeviceCount::<Test>::get(), 1);
        assert_eq!(Devices::state(&device(7)), Some(DeviceState::ExcusedUntil(101)));
        System::assert_last_event(
            Event::<Test>::Registered {
                device: device(7),
                owner: owner(1),
                class: 1,
                place,
                endpoint: Some(global()),
                beneficiary: Some(owner(9)),
                bond: PHONE.1,
            }
            .into(),
        );
        Round::set(101);
        assert_eq!(Devices::state(&device(7)), Some(DeviceState::Active));
    });
}

#[test]
fn every_kind_of_key_can_be_a_device() {
    ExtBuilder::default().build_and_execute(|| {
        let (sr, ec) = (sr25519::Pair::from_seed(&[1; 32]), ecdsa::Pair::from_seed(&[2; 32]));
        let payload = registration_payload(genesis_hash(), &owner(1), 0);
        let id = MultiSigner::from(sr.public()).into_account();
        assert_ok!(Devices::register(signed(1), id, 0, None, None, sr.sign(&payload).into()));
        let id = MultiSigner::from(ec.public()).into_account();
        assert_ok!(Devices::register(signed(1), id, 0, None, None, ec.sign(&payload).into()));
        registered(1, 0);
        assert_eq!(DeviceCount::<Test>::get(), 3);
    });
}

#[test]
fn a_key_is_registered_once() {
    ExtBuilder::default().build_and_execute(|| {
        registered(1, 0);
        assert_noop!(try_register(1, 0), Error::<Test>::AlreadyRegistered);
        assert_noop!(try_register(2, 0), Error::<Test>::AlreadyRegistered);
        assert_eq!((held(1), held(2)), (ROUTER.1, 0));
    });
}

#[test]
fn proof_is_worth_nothing_to_anyone_else_anywhere_else_or_for_anything_else() {
    ExtBuilder::default().build_and_execute(|| {
        let (genesis, me, old) = (genesis_hash(), owner(1), device(5));
        let foreign = [
            // Signed for another owner, who could otherwise be robbed of the device by whoever sees the transaction first.
            registration_payload(genesis, &owner(2), 0),
            // On another chain.
            registration_payload(H256::repeat_byte(1), &me, 0),
            // A nonce that is not due.
            registration_payload(genesis, &me, 1),
            // To take over another device's record.
            rotation_payload(genesis, &me, &old, 0),
        ];
        for payload in foreign {
            let proof = key(0).sign(&payload).into();
            assert_noop!(Devices::register(signed(1), device(0), 0, None, None, proof), Error::<Test>::BadProof);
        }
        // Signed by another key.
        let others = key(1).sign(&registration_payload(genesis, &me, 0)).into();
        assert_noop!(Devices::register(signed(1), device(0), 0, None, None, others), Error::<Test>::BadProof);
        assert_eq!(Devices::proof_nonce(&device(0)), 0);
    });
}

#[test]
fn spent_proof_does_not_register_again() {
    ExtBuilder::default().build_and_execute(|| {
        let spent = proof(0, &owner(1));
        assert_ok!(Devices::register(signed(1), device(0), 0, None, None, spent.clone()));
        leave(1, 0);
        assert_noop!(Devices::register(signed(1), device(0), 0, None, None, spent), Error::<Test>::BadProof);
        registered(1, 0);
        assert_eq!(Devices::proof_nonce(&device(0)), 2);
    });
}

#[test]
fn key_that_spent_every_proof_is_refused() {
    ExtBuilder::default().build_and_execute(|| {
        Proofs::<Test>::insert(device(0), u32::MAX);
        assert_noop!(try_register(1, 0), Error::<Test>::ProofsExhausted);
    });
}

#[test]
fn class_must_exist() {
    ExtBuilder::default().build_and_execute(|| {
        for class in [2, u8::MAX] {
            let proof = proof(0, &owner(1));
            assert_noop!(
                Devices::register(signed(1), device(0), class, None, None, proof),
                Error::<Test>::UnknownClass
            );
        }
    });
}

#[test]
fn bond_must_be_free_to_the_last_planck() {
    // The existential deposit is not free.
    ExtBuilder::default().wealth(ROUTER.1 + ED - 1).build_and_execute(|| {
        assert_noop!(try_register(1, 0), Error::<Test>::BondUnavailable);
    });
    ExtBuilder::default().wealth(ROUTER.1 + ED).build_and_execute(|| {
        registered(1, 0);
        assert_eq!((held(1), free(1)), (ROUTER.1, ED));
        assert_noop!(try_register(1, 1), Error::<Test>::BondUnavailable);
    });
}

#[test]
fn bonds_at_the_end_of_the_balance_type_are_refused_or_exact() {
    let wealth = u128::MAX / 4;
    ExtBuilder::default().wealth(wealth).build_and_execute(|| {
        let name = || b"vault".to_vec().try_into().expect("a short name");
        assert_ok!(Devices::set_class(RuntimeOrigin::root(), 0, name(), u16::MAX, u128::MAX));
        assert_noop!(try_register(1, 0), Error::<Test>::BondUnavailable);
        assert_ok!(Devices::set_class(RuntimeOrigin::root(), 0, name(), u16::MAX, wealth - ED));
        (1..=4).for_each(|n| {
            registered(n, n.into());
        });
        assert_eq!(BondedTotal::<Test>::get(), (wealth - ED) * 4);
    });
}

#[test]
fn class_without_bond_holds_nothing() {
    ExtBuilder::default().build_and_execute(|| {
        let name = b"free".to_vec().try_into().expect("a short name");
        assert_ok!(Devices::set_class(RuntimeOrigin::root(), 0, name, 1, 0));
        registered(1, 0);
        assert_eq!((held(1), free(1)), (0, WEALTH));
        leave(1, 0);
    });
}

fn inside() -> Vec<Endpoint> {
    let v4 = |ip| Endpoint::V4 { ip, port: 80 };
    let loopback = core::net::Ipv6Addr::LOCALHOST.octets();
    let unique_local = core::net::Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1).octets();
    let mapped = core::net::Ipv4Addr::new(10, 0, 0, 1).to_ipv6_mapped().octets();
    vec![
        v4([127, 0, 0, 1]),
        v4([10, 0, 0, 1]),
        v4([192, 168, 1, 1]),
        v4([172, 16, 0, 1]),
        v4([169, 254, 169, 254]),
        Endpoint::V6 { ip: loopback, port: 80 },
        Endpoint::V6 { ip: unique_local, port: 80 },
        Endpoint::V6 { ip: mapped, port: 80 },
    ]
}

fn nowhere() -> Vec<Endpoint> {
    vec![
        Endpoint::V4 { ip: [0, 0, 0, 0], port: 80 },
        Endpoint::V4 { ip: [224, 0, 0, 1], port: 80 },
        Endpoint::V4 { ip: [255, 255, 255, 255], port: 80 },
        Endpoint::V4 { ip: [9, 9, 9, 9], port: 0 },
        Endpoint::V4 { ip: [127, 0, 0, 1], port: 0 },
    ]
}

fn register_at(n: u32, endpoint: Endpoint) -> sp_runtime::DispatchResult {
    Devices::register(signed(1), device(n), 0, Some(endpoint), None, proof(n, &owner(1)))
}

#[test]
fn nobody_can_aim_validators_inside_on_a_public_chain() {
    ExtBuilder::default().build_and_execute(|| {
        registered(1, 99);
        for endpoint in inside().into_iter().chain(nowhere()) {
            assert_noop!(register_at(0, endpoint), Error::<Test>::EndpointNotAllowed);
            assert_noop!(
                Devices::set_endpoint(signed(1), device(99), Some(endpoint)),
                Error::<Test>::EndpointNotAllowed
            );
        }
    });
}

#[test]
fn chain_of_ones_own_may_allow_private_addresses_but_not_unconnectable_ones() {
    ExtBuilder::default().private_endpoints().build_and_execute(|| {
        for (n, endpoint) in inside().into_iter().enumerate() {
            assert_ok!(register_at(n as u32, endpoint));
        }
        for endpoint in nowhere() {
            assert_noop!(register_at(50, endpoint), Error::<Test>::EndpointNotAllowed);
        }
    });
}

#[test]
fn endpoint_and_beneficiary_change_at_the_owners_word_only() {
    ExtBuilder::default().build_and_execute(|| {
        let id = registered(1, 0);
        let elsewhere = Some(Endpoint::V4 { ip: [1, 1, 1, 1], port: 1 });
        assert_noop!(Devices::set_endpoint(signed(2), id.clone(), elsewhere), Error::<Test>::NotOwner);
        assert_noop!(Devices::set_beneficiary(signed(2), id.clone(), Some(owner(2))), Error::<Test>::NotOwner);
        assert_noop!(Devices::set_endpoint(signed(1), device(1), elsewhere), Error::<Test>::NotFound);
        assert_noop!(Devices::set_beneficiary(signed(1), device(1), None), Error::<Test>::NotFound);

        assert_ok!(Devices::set_endpoint(signed(1), id.clone(), elsewhere));
        System::assert_last_event(Event::<Test>::EndpointSet { device: id.clone(), endpoint: elsewhere }.into());
        assert_ok!(Devices::set_beneficiary(signed(1), id.clone(), Some(owner(3))));
        assert_eq!((record(0).endpoint, record(0).payee()), (elsewhere, &owner(3)));
        assert_ok!(Devices::set_endpoint(signed(1), id.clone(), None));
        assert_ok!(Devices::set_beneficiary(signed(1), id.clone(), None));
        System::assert_last_event(Event::<Test>::BeneficiarySet { device: id, beneficiary: None }.into());
        assert_eq!((record(0).endpoint, record(0).payee()), (None, &owner(1)));
    });
}
