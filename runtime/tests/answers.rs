//! What the runtime answers about fleets, projections and blocks agrees with what it answers about each device, and with events.

use pallet_rewards::{EpochParams, RunningEpoch};
use polkadot_sdk::{
    frame_support::{self, assert_ok},
    sp_core::{ed25519, Pair},
    sp_io::TestExternalities,
    sp_keyring::Sr25519Keyring,
    sp_runtime::{Permill, Perquintill},
};
use std::collections::BTreeSet;
use vouch_primitives::{
    api::{runtime_decl_for_vouch_api::VouchApiV1, Accounted, BlockChanges, CohortRound},
    emission::{Curve, Split},
    probe::registration_payload,
    traits::{Contributions, OnRoundClosed},
    DeviceId, LANES,
};
use vouch_runtime::{
    constants::UNIT, AccountId, Balances, Devices, Rewards, Runtime, RuntimeEvent, RuntimeOrigin, System,
};

/// Planck that an epoch divides for uptime.
const BUDGET: u128 = 1_000 * UNIT;

/// A class's weight and bond.
const CLASSES: [(u16, u128); 2] = [(100, UNIT), (300, 2 * UNIT)];

fn owner() -> AccountId {
    Sr25519Keyring::Alice.to_account_id()
}

/// Block 1 of a chain with two classes, whose epochs are of two rounds, and the owner of so many devices, half of each class.
fn chain(devices: u8) -> (TestExternalities, Vec<DeviceId>) {
    let mut ext = TestExternalities::default();
    let devices = ext.execute_with(|| {
        // Nothing is told in the block of genesis.
        System::set_block_number(1);
        for (class, (weight, bond)) in (0..).zip(CLASSES) {
            let name = b"a class".to_vec().try_into().unwrap();
            assert_ok!(Devices::set_class(RuntimeOrigin::root(), class, name, weight, bond));
        }
        let all = Permill::one();
        let none = Permill::zero();
        let params = EpochParams {
            rounds_per_epoch: 2,
            curve: Curve { initial: BUDGET, decay: Perquintill::zero(), floor: 0 },
            split: Split { uptime: all, work: none, probing: none, staking: none, treasury: none },
            ..Default::default()
        };
        pallet_rewards::Params::<Runtime>::put(params);
        pallet_rewards::Epoch::<Runtime>::put(RunningEpoch::first(params));
        assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), owner().into(), 1_000 * UNIT));
        let devices = (0..devices).map(register).collect();
        System::reset_events();
        devices
    });
    (ext, devices)
}

fn register(n: u8) -> DeviceId {
    let key = ed25519::Pair::from_seed(&[n; 32]);
    let device = DeviceId::from(key.public());
    let proof = key.sign(&registration_payload(System::block_hash(0), &owner(), 0)).into();
    assert_ok!(Devices::register(RuntimeOrigin::signed(owner()), device.clone(), n % 2, None, None, proof));
    device
}

/// Rounds are over until the running epoch is.
fn close_epoch() {
    for round in 0..2 {
        Rewards::on_round_closed(round);
    }
}

#[test]
fn fleet_says_of_each_device_what_is_said_of_it_alone() {
    let (mut ext, devices) = chain(9);
    ext.execute_with(|| {
        // Every other device is in another cohort.
        for device in devices.iter().step_by(2) {
            pallet_devices::Devices::<Runtime>::mutate(device, |record| record.as_mut().unwrap().place.cohort = 1);
        }
        let earned: Vec<u32> = (1..=9).collect();
        (0..2).for_each(|cohort| Rewards::credit(cohort, &earned));
        close_epoch();
        (0..2).for_each(|cohort| Rewards::credit(cohort, &[5; LANES]));

        let fleet = Runtime::fleet(owner(), None, 1_000);
        assert_eq!(fleet.iter().map(device_of).collect::<Vec<_>>(), Runtime::devices_of(owner(), None, 1_000));
        let cohorts: Vec<_> = fleet.iter().map(|summary| summary.place.cohort).collect();
        assert!(fleet.len() == 9 && !cohorts.is_sorted() && !cohorts.iter().rev().is_sorted(), "{cohorts:?}");
        for summary in &fleet {
            let alone = Runtime::device(summary.device.clone()).unwrap();
            let pending = Runtime::explain(summary.device.clone()).unwrap().pending;
            assert!(pending.accrued > 0 && pending.points == 5, "{pending:?}");
            assert_eq!(
                (summary.accrued, summary.held, summary.points),
                (pending.accrued, pending.held, pending.points)
            );
            assert_eq!(
                (summary.class, summary.place, &summary.state, summary.history, summary.latency_code, summary.admitted),
                (alone.class, alone.place, &alone.state, alone.history, alone.latency_code, alone.admitted)
            );
        }
        // In pages it is the same fleet, and who owns nothing has none.
        let mut paged = Vec::new();
        while let Some(page) =
            Some(Runtime::fleet(owner(), paged.last().map(device_of), 4)).filter(|page| !page.is_empty())
        {
            assert!(page.len() <= 4);
            paged.extend(page);
        }
        assert_eq!(paged, fleet);
        assert_eq!(Runtime::fleet(Sr25519Keyring::Bob.to_account_id(), None, 1_000), Vec::new());
    });
}

fn device_of(summary: &vouch_primitives::api::DeviceSummary<u128, u32>) -> DeviceId {
    summary.device.clone()
}

#[test]
fn projection_is_unknown_at_first_and_then_proportional_to_weight() {
    let (mut ext, _) = chain(1);
    ext.execute_with(|| {
        let projections = Runtime::projections();
        assert_eq!(projections.iter().map(|class| (class.weight, class.bond)).collect::<Vec<_>>(), CLASSES);
        assert!(projections.iter().all(|class| class.reward.is_none() && class.points > 0), "{projections:?}");

        // Both rounds of an epoch earn what the best device of the first class does: all of the budget is its.
        let [first, second] = projections.as_slice() else { panic!("two classes") };
        Rewards::credit(0, &[u32::try_from(first.points).unwrap()]);
        close_epoch();
        let rewards: Vec<_> = Runtime::projections().iter().map(|class| class.reward.unwrap()).collect();
        // Less what does not divide.
        assert!((BUDGET - u128::from(first.points)..=BUDGET).contains(&rewards[0]), "{rewards:?}");
        assert_eq!(rewards[1], rewards[0] / u128::from(first.points) * u128::from(second.points));
        assert_eq!(second.points, 3 * first.points);
    });
}

#[test]
fn block_names_the_devices_that_its_events_are_about_and_no_others() {
    let (mut ext, devices) = chain(5);
    let named = |events: Vec<RuntimeEvent>| {
        System::reset_events();
        events.into_iter().for_each(System::deposit_event);
        Runtime::changes()
    };
    ext.execute_with(|| {
        assert_eq!(Runtime::changes(), named(Vec::new()));
        let place = Runtime::device(devices[4].clone()).unwrap().place;
        let changes = named(vec![
            pallet_devices::Event::Deregistered { device: devices[2].clone(), release_at: 9 }.into(),
            pallet_devices::Event::KeyRotated { old: devices[0].clone(), new: devices[1].clone(), charged: true }
                .into(),
            pallet_work::Event::Missed { job: 0, chunk: 0, device: devices[2].clone() }.into(),
            pallet_rewards::Event::PaidOut { place, to: owner(), amount: 1, work: 0 }.into(),
        ]);
        let expected: BTreeSet<_> = [0, 1, 2, 4].map(|n| devices[n].clone()).into();
        assert_eq!(changes.devices, expected.into_iter().collect::<Vec<_>>());
        assert_eq!(BlockChanges { devices: Vec::new(), ..changes }, named(Vec::new()));
    });
}

#[test]
fn block_tells_of_its_rounds_and_of_the_epoch_that_it_closed() {
    let (mut ext, _) = chain(1);
    ext.execute_with(|| {
        use pallet_uptime::Event::{RoundOpened, Tallied, Uncovered};
        Rewards::credit(0, &[3]);
        close_epoch();
        let seed = Default::default();
        System::deposit_event(RuntimeEvent::from(RoundOpened {
            round: 8,
            length: 3,
            committee_size: 7,
            seed,
            prober_set: 0,
        }));
        System::deposit_event(RuntimeEvent::from(Tallied { round: 6, cohort: 0, up: 1, judged: 2, ballots: 3 }));
        System::deposit_event(RuntimeEvent::from(Uncovered { round: 4, cohort: 1, rounds: 2 }));

        let changes = Runtime::changes();
        let closed = changes.closed.unwrap();
        assert_eq!((closed.index, closed.minted, closed.uptime_points), (0, BUDGET, 3));
        assert_eq!(closed.uptime_rate, BUDGET / 3);
        let judged = CohortRound { round: 6, cohort: 0, outcome: Accounted::Judged { up: 1, judged: 2, ballots: 3 } };
        let uncovered = CohortRound { round: 4, cohort: 1, outcome: Accounted::Uncovered { rounds: 2 } };
        assert_eq!((changes.opened, changes.accounted), (Some(8), vec![judged, uncovered]));
        assert!(changes.devices.is_empty());
    });
}

#[test]
fn asking_writes_nothing() {
    let (mut ext, devices) = chain(3);
    ext.execute_with(|| {
        let place = Runtime::device(devices[0].clone()).unwrap().place;
        frame_support::assert_storage_noop!({
            Runtime::fleet(owner(), None, 3);
            Runtime::projections();
            Runtime::changes();
            Runtime::epoch();
            Runtime::network();
            Runtime::tenant(place);
        });
    });
}
