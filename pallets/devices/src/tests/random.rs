//! Random sequences of all calls: whatever happens, in whatever order, the properties hold.

use crate::{mock::*, Call, Classes, Devices as DeviceMap, Event, Offers, Parameters};
use polkadot_sdk::*;

use frame_support::traits::fungible::{Inspect, InspectHold};
use proptest::prelude::*;
use sp_runtime::traits::Dispatchable;
use std::collections::{BTreeMap, BTreeSet};
use vouch_primitives::{traits::DeviceRegistry, DeviceId, Place, RoundIndex};

/// Keys in play; few, so that they collide.
const KEYS: u32 = 5;

/// What an owner starts with: poor enough that bonds run out at times.
const PURSE: u128 = ROUTER.1 * 6;

/// One step; numbers name keys and owners, and owner 0 is whoever has the say, see [`who`].
#[derive(Clone, Debug)]
enum Step {
    Register { by: u8, key: u32, class: u8, valid: bool },
    SetEndpoint { by: u8, key: u32, some: bool },
    SetBeneficiary { by: u8, key: u32, to: Option<u8> },
    Offer { by: u8, key: u32, to: Option<u8> },
    Accept { by: u8, key: u32 },
    Rotate { by: u8, key: u32, new: u32 },
    Pause { by: u8, key: u32, rounds: u32 },
    Resume { by: u8, key: u32 },
    Deregister { by: u8, key: u32 },
    Release { by: u8, key: u32 },
    SetClass { class: u8, bond: u128 },
    SetParams { delay: u64, rounds: u32 },
    NextRound,
    NextEpoch,
    Blocks(u64),
}

fn step() -> impl Strategy<Value = Step> {
    // Owner 9 has no account.
    let to = || prop_oneof![8 => 1u8..4, 1 => Just(9u8)];
    let by = || prop_oneof![3 => Just(0), 1 => to()];
    let key = || 0..KEYS;
    prop_oneof![
        4 => (by(), key(), 0u8..3, prop::bool::weighted(0.9))
            .prop_map(|(by, key, class, valid)| Step::Register { by, key, class, valid }),
        1 => (by(), key(), any::<bool>()).prop_map(|(by, key, some)| Step::SetEndpoint { by, key, some }),
        1 => (by(), key(), prop::option::of(to())).prop_map(|(by, key, to)| Step::SetBeneficiary { by, key, to }),
        6 => (by(), key(), prop::option::weighted(0.9, to())).prop_map(|(by, key, to)| Step::Offer { by, key, to }),
        9 => (by(), key()).prop_map(|(by, key)| Step::Accept { by, key }),
        3 => (by(), key(), key()).prop_map(|(by, key, new)| Step::Rotate { by, key, new }),
        5 => (by(), key(), 0u32..5).prop_map(|(by, key, rounds)| Step::Pause { by, key, rounds }),
        5 => (by(), key()).prop_map(|(by, key)| Step::Resume { by, key }),
        3 => (by(), key()).prop_map(|(by, key)| Step::Deregister { by, key }),
        7 => (by(), key()).prop_map(|(by, key)| Step::Release { by, key }),
        1 => (0u8..3, 0u128..120).prop_map(|(class, bond)| Step::SetClass { class, bond }),
        1 => (0u64..4, 1u32..9).prop_map(|(delay, rounds)| Step::SetParams { delay, rounds }),
        3 => Just(Step::NextRound),
        1 => Just(Step::NextEpoch),
        4 => (2u64..8).prop_map(Step::Blocks),
    ]
}

/// Who signs for `by`: 0 stands for whom the call is open to, if anyone.
fn who(by: u8, key: u32, accepts: bool) -> u8 {
    let open_to = match DeviceMap::<Test>::get(device(key)) {
        _ if by != 0 => return by,
        Some(_) if accepts => Offers::<Test>::get(device(key)),
        Some(record) => Some(record.owner),
        None => None,
    };
    open_to.map_or(1, |account| <[u8; 32]>::from(account)[0])
}

/// Dispatches a call as a block would: a refused call leaves no trace.
fn dispatch(origin: RuntimeOrigin, call: Call<Test>) -> bool {
    RuntimeCall::Devices(call).dispatch(origin).is_ok()
}

fn apply(step: Step) -> bool {
    match step {
        Step::Register { by, key, class, valid } => {
            let by = who(by, key, false);
            let proof = proof(key, &owner(if valid { by } else { by + 1 }));
            let (device, beneficiary, endpoint) = (device(key), None, Some(global()));
            dispatch(signed(by), Call::register { device, class, endpoint, beneficiary, proof })
        },
        Step::SetEndpoint { by, key, some } => dispatch(
            signed(who(by, key, false)),
            Call::set_endpoint { device: device(key), endpoint: some.then(global) },
        ),
        Step::SetBeneficiary { by, key, to } => dispatch(
            signed(who(by, key, false)),
            Call::set_beneficiary { device: device(key), beneficiary: to.map(owner) },
        ),
        Step::Offer { by, key, to } => {
            dispatch(signed(who(by, key, false)), Call::offer { device: device(key), to: to.map(owner) })
        },
        Step::Accept { by, key } => dispatch(signed(who(by, key, true)), Call::accept { device: device(key) }),
        Step::Rotate { by, key, new } => {
            let by = who(by, key, false);
            let proof = rotation_proof(key, new, &owner(by));
            dispatch(signed(by), Call::rotate_key { device: device(key), new: device(new), proof })
        },
        Step::Pause { by, key, rounds } => {
            dispatch(signed(who(by, key, false)), Call::pause { device: device(key), rounds })
        },
        Step::Resume { by, key } => dispatch(signed(who(by, key, false)), Call::resume { device: device(key) }),
        Step::Deregister { by, key } => dispatch(signed(who(by, key, false)), Call::deregister { device: device(key) }),
        Step::Release { by, key } => dispatch(signed(who(by, key, false)), Call::release { device: device(key) }),
        Step::SetClass { class, bond } => {
            let name = b"class".to_vec().try_into().expect("a short name");
            dispatch(RuntimeOrigin::root(), Call::set_class { class, name, weight: 1, bond })
        },
        Step::SetParams { delay, rounds } => {
            dispatch(RuntimeOrigin::root(), Call::set_params { release_delay: delay, maintenance_rounds: rounds })
        },
        Step::NextRound => {
            Round::mutate(|round| *round += 1);
            true
        },
        Step::NextEpoch => {
            // An epoch is a whole number of rounds.
            Round::mutate(|round| *round += 1);
            Epoch::mutate(|epoch| *epoch += 1);
            true
        },
        Step::Blocks(blocks) => {
            pass_blocks(blocks);
            true
        },
    }
}

/// Who is judged in a round, by place and device; of the devices that are there now.
fn judged(round: RoundIndex) -> BTreeSet<(Place, DeviceId)> {
    Devices::targets(0, round).into_iter().map(|t| (Place { cohort: 0, lane: t.lane }, t.device)).collect()
}

/// The places whose devices are judged in a round.
fn lanes_judged(round: RoundIndex) -> BTreeSet<Place> {
    judged(round).into_iter().map(|(place, _)| place).collect()
}

/// Rounds of maintenance used in the running epoch, by the places of the devices that stay.
fn rounds_spent() -> BTreeMap<Place, u32> {
    let staying = DeviceMap::<Test>::iter_values().filter(|record| record.leaving.is_none());
    staying.map(|record| (record.place, record.maintenance.used_in(Epoch::get()))).collect()
}

/// The place of the device that a step gave another key.
fn moved(step: &Step) -> Option<Place> {
    match step {
        Step::Rotate { new, .. } => DeviceMap::<Test>::get(device(*new)).map(|record| record.place),
        _ => None,
    }
}

/// How many tenants the events say each place lost, against how often the rest of the chain was told.
fn tenants_lost_and_told() -> (BTreeMap<Place, usize>, BTreeMap<Place, usize>) {
    let count = |places: Vec<Place>| {
        places.into_iter().fold(BTreeMap::new(), |mut counts, place| {
            *counts.entry(place).or_default() += 1;
            counts
        })
    };
    let released = System::events().into_iter().filter_map(|record| match record.event {
        RuntimeEvent::Devices(Event::Released { place, .. }) => Some(place),
        _ => None,
    });
    (count(released.collect()), count(Vacated::get()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn properties_hold_after_every_call(steps in proptest::collection::vec(step(), 40..140)) {
        ExtBuilder::default().wealth(PURSE).build().execute_with(|| {
            for n in 1..4 {
                registered(n, n.into());
            }
            let issuance = Balances::total_issuance();
            for step in steps {
                let (round, before) = (Round::get(), sp_io::storage::root(sp_runtime::StateVersion::V1));
                let was_judged = judged(round - 1);
                let (ran, spent) = (lanes_judged(round), rounds_spent());
                let time_passes = matches!(step, Step::NextRound | Step::NextEpoch | Step::Blocks(_));
                let keys_move = matches!(step, Step::Rotate { .. });
                let done = apply(step.clone());

                Devices::do_try_state().map_err(|e| TestCaseError::fail(format!("{step:?}: {e:?}")))?;
                if !done {
                    // A refused call leaves no trace.
                    let after = sp_io::storage::root(sp_runtime::StateVersion::V1);
                    prop_assert_eq!(before, after, "{:?} was refused and left a trace", step);
                }
                if !time_passes && !keys_move {
                    // 6. A call does not change who is judged in the round before, except that who is gone is not.
                    let is_judged = judged(round - 1);
                    prop_assert!(is_judged.is_subset(&was_judged), "{:?} has somebody judged after the fact", step);
                    for (_, device) in was_judged.difference(&is_judged) {
                        prop_assert!(!DeviceMap::<Test>::contains_key(device), "{:?} excuses after the fact", step);
                    }
                }
                if !time_passes {
                    // 7. Of the devices that stay, only a change of the key excuses one from the running round, for a round of
                    // maintenance, and is free of charge only if there is nothing to excuse or nothing to pay with.
                    let runs = lanes_judged(round);
                    let budget = Parameters::<Test>::get().maintenance_rounds;
                    for (place, used) in rounds_spent() {
                        let before = spent.get(&place).copied();
                        let excused = ran.contains(&place) && !runs.contains(&place);
                        prop_assert!(!excused || keys_move, "{:?} excuses from the running round", step);
                        prop_assert!(ran.contains(&place) || !runs.contains(&place), "{:?} has it judged", step);
                        prop_assert!(before.is_none_or(|before| used <= before.max(budget)), "{:?} overspends", step);
                        if keys_move {
                            prop_assert_eq!(Some(used - u32::from(excused)), before);
                            prop_assert!(!runs.contains(&place) || !done || moved(&step) != Some(place) || used >= budget);
                        }
                    }
                }
                // 3. No token is made or lost, and nobody's tokens are but held.
                prop_assert_eq!(Balances::total_issuance(), issuance);
                for n in 1..=4 {
                    prop_assert_eq!(Balances::total_balance(&owner(n)), PURSE);
                    prop_assert_eq!(Balances::total_balance_on_hold(&owner(n)), held(n));
                }
            }
            // 4. Tenancy was told exactly once for each tenant that is gone.
            let (lost, told) = tenants_lost_and_told();
            prop_assert_eq!(lost, told);
            prop_assert!(Classes::<Test>::get().len() <= 3);
            prop_assert!(Offers::<Test>::iter_keys().all(DeviceMap::<Test>::contains_key));
            Ok::<_, TestCaseError>(())
        })?;
    }
}
