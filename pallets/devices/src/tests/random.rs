//! Random sequences of all calls: whatever happens, in whatever order, the properties hold.

use crate::{
    mock::*, Call, Classes, Devices as DeviceMap, Event, Offers, Parameters, Params, Prefixes, Tenants, ROTATION_ROUNDS,
};
use polkadot_sdk::*;

use frame_support::traits::fungible::{Inspect, InspectHold};
use proptest::prelude::*;
use sp_runtime::{traits::Dispatchable, AccountId32, Permill};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};
use vouch_primitives::{
    endpoint::Prefix,
    traits::{Bonds, DeviceRegistry},
    DeviceId, Endpoint, Place, RoundIndex,
};

/// Keys in play; few, so that they collide.
const KEYS: u32 = 5;

/// What an owner starts with: poor enough that bonds run out at times.
const PURSE: u128 = ROUTER.1 * 6;

/// One step; numbers name keys and owners, and owner 0 is whoever has the say, see [`who`].
#[derive(Clone, Debug)]
enum Step {
    Register { by: u8, key: u32, class: u8, at: usize, valid: bool },
    SetEndpoint { by: u8, key: u32, at: usize },
    SetBeneficiary { by: u8, key: u32, to: Option<u8> },
    Offer { by: u8, key: u32, to: Option<u8> },
    Accept { by: u8, key: u32 },
    Rotate { by: u8, key: u32, new: u32 },
    Pause { by: u8, key: u32, rounds: u32 },
    Resume { by: u8, key: u32 },
    Deregister { by: u8, key: u32 },
    Release { by: u8, key: u32 },
    Evict { by: u8, key: u32 },
    TopUp { by: u8, key: u32 },
    Fine { key: u32, amount: u128 },
    SetClass { class: u8, bond: u128 },
    SetParams { delay: u64, rounds: u32, caps: (u32, u32), fee: u32 },
    FallSilent { key: u32 },
    Rounds(u32),
    NextEpoch,
    Blocks(u64),
}

/// Where devices answer; few, so that they meet: three addresses in one block, one of them with two ports, and two other blocks.
fn spots() -> [Option<Endpoint>; 7] {
    [None, v4(1, 1, 1), v4(1, 1, 2), v4(1, 2, 1), v4(1, 3, 1), v4(2, 1, 1), v6(1, 1, 1)]
}

fn step() -> impl Strategy<Value = Step> {
    // Owner 9 has no account, unless fees make one.
    let to = || prop_oneof![8 => 1u8..4, 1 => Just(9u8)];
    let by = || prop_oneof![3 => Just(0), 1 => to()];
    let key = || 0..KEYS;
    let at = || prop_oneof![1 => Just(0), 3 => 1..spots().len()];
    prop_oneof![
        6 => (by(), key(), 0u8..3, at(), prop::bool::weighted(0.9))
            .prop_map(|(by, key, class, at, valid)| Step::Register { by, key, class, at, valid }),
        5 => (by(), key(), at()).prop_map(|(by, key, at)| Step::SetEndpoint { by, key, at }),
        1 => (by(), key(), prop::option::of(to())).prop_map(|(by, key, to)| Step::SetBeneficiary { by, key, to }),
        6 => (by(), key(), prop::option::weighted(0.9, to())).prop_map(|(by, key, to)| Step::Offer { by, key, to }),
        9 => (by(), key()).prop_map(|(by, key)| Step::Accept { by, key }),
        3 => (by(), key(), key()).prop_map(|(by, key, new)| Step::Rotate { by, key, new }),
        5 => (by(), key(), 0u32..5).prop_map(|(by, key, rounds)| Step::Pause { by, key, rounds }),
        5 => (by(), key()).prop_map(|(by, key)| Step::Resume { by, key }),
        3 => (by(), key()).prop_map(|(by, key)| Step::Deregister { by, key }),
        7 => (by(), key()).prop_map(|(by, key)| Step::Release { by, key }),
        7 => (by(), key()).prop_map(|(by, key)| Step::Evict { by, key }),
        4 => (by(), key()).prop_map(|(by, key)| Step::TopUp { by, key }),
        4 => (key(), 0u128..80).prop_map(|(key, amount)| Step::Fine { key, amount }),
        4 => key().prop_map(|key| Step::FallSilent { key }),
        1 => (0u8..3, 0u128..120).prop_map(|(class, bond)| Step::SetClass { class, bond }),
        1 => (0u64..4, 1u32..9, (0u32..4, 0u32..3), 0u32..101)
            .prop_map(|(delay, rounds, caps, fee)| Step::SetParams { delay, rounds, caps, fee }),
        4 => prop_oneof![3 => Just(1u32), 1 => 2u32..10].prop_map(Step::Rounds),
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
        Step::Register { by, key, class, at, valid } => {
            let by = who(by, key, false);
            let proof = proof(key, &owner(if valid { by } else { by + 1 }));
            let (device, beneficiary, endpoint) = (device(key), None, spots()[at]);
            dispatch(signed(by), Call::register { device, class, endpoint, beneficiary, proof })
        },
        Step::SetEndpoint { by, key, at } => {
            dispatch(signed(who(by, key, false)), Call::set_endpoint { device: device(key), endpoint: spots()[at] })
        },
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
        Step::Evict { by, key } => dispatch(signed(who(by, key, false)), Call::evict { device: device(key) }),
        Step::TopUp { by, key } => dispatch(signed(who(by, key, false)), Call::top_up { device: device(key) }),
        Step::Fine { key, amount } => {
            Devices::fine(&device(key), amount);
            true
        },
        Step::FallSilent { key } => {
            if DeviceMap::<Test>::contains_key(device(key)) {
                fall_silent(key);
            }
            true
        },
        Step::SetClass { class, bond } => {
            let name = b"class".to_vec().try_into().expect("a short name");
            dispatch(RuntimeOrigin::root(), Call::set_class { class, name, weight: 1, bond })
        },
        Step::SetParams { delay, rounds, caps, fee } => {
            let params = Params {
                release_delay: delay,
                maintenance_rounds: rounds,
                max_per_v4: caps.0,
                max_per_v6: caps.1,
                eviction_fee: Permill::from_percent(fee),
            };
            dispatch(RuntimeOrigin::root(), Call::set_params { params })
        },
        Step::Rounds(rounds) => {
            Round::mutate(|round| *round += rounds);
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
fn rekeyed(step: &Step) -> Option<Place> {
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
    let gone = System::events().into_iter().filter_map(|record| match record.event {
        RuntimeEvent::Devices(Event::Released { place, .. } | Event::Evicted { place, .. }) => Some(place),
        _ => None,
    });
    (count(gone.collect()), count(Vacated::get()))
}

/// At which address the device in each place answers.
fn addresses() -> BTreeMap<Place, Option<IpAddr>> {
    DeviceMap::<Test>::iter_values().map(|record| (record.place, record.endpoint.map(|at| at.ip()))).collect()
}

/// How many devices are in each block of addresses.
fn blocks() -> BTreeMap<Prefix, u32> {
    Prefixes::<Test>::iter().collect()
}

/// Who sits where.
fn tenants() -> BTreeMap<Place, DeviceId> {
    Tenants::<Test>::iter().map(|(cohort, lane, device)| (Place { cohort, lane }, device)).collect()
}

/// What everyone has, held or not.
fn fortunes() -> BTreeMap<AccountId32, u128> {
    [1, 2, 3, 4, 9].map(|n| (owner(n), Balances::total_balance(&owner(n)))).into()
}

/// What is held for the device that a step is about, 0 if there is none.
fn bond_of(step: &Step) -> u128 {
    match step {
        Step::Fine { key, .. } => DeviceMap::<Test>::get(device(*key)).map_or(0, |record| record.bond),
        _ => 0,
    }
}

/// Devices that may be evicted, with owner and bond.
fn evictable() -> BTreeMap<DeviceId, (AccountId32, u128)> {
    let silent = DeviceMap::<Test>::iter().filter(|(_, record)| {
        record.leaving.is_none() && record.endpoint.is_some() && Silent::get().contains(&record.place)
    });
    silent.map(|(device, record)| (device, (record.owner, record.bond))).collect()
}

/// Who sat where in every round: when it began, and whenever something happened in it. Who is gone is struck out.
struct Diary(BTreeMap<RoundIndex, Vec<BTreeMap<Place, DeviceId>>>);

impl Diary {
    /// Before the first round.
    fn new() -> Self {
        Self([(Round::get(), vec![tenants()])].into())
    }

    /// Is to be called after every step.
    fn write(&mut self) {
        let (written, tenants) = (self.0.last_key_value().map_or(0, |(round, _)| *round), tenants());
        self.0.values_mut().flatten().for_each(|page| page.retain(|place, _| tenants.contains_key(place)));
        for round in written..=Round::get() {
            self.0.entry(round).or_default().push(tenants.clone());
        }
    }

    /// The key that sat in `place` in all of `round`.
    fn key(&self, place: Place, round: RoundIndex) -> Option<DeviceId> {
        let mut keys = self.0.get(&round)?.iter().map(|page| page.get(&place));
        let first = keys.next()??;
        keys.all(|key| key == Some(first)).then(|| first.clone())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn properties_hold_after_every_call(steps in proptest::collection::vec(step(), 40..140)) {
        ExtBuilder::default().wealth(PURSE).caps(4, 2).build().execute_with(|| {
            for n in 1..4 {
                registered(n, n.into());
            }
            let mut issuance = Balances::total_issuance();
            for step in steps {
                let (round, before) = (Round::get(), sp_io::storage::root(sp_runtime::StateVersion::V1));
                let was_judged = judged(round - 1);
                let (ran, spent) = (lanes_judged(round), rounds_spent());
                let time_passes = matches!(step, Step::Rounds(_) | Step::NextEpoch | Step::Blocks(_));
                let keys_move = matches!(step, Step::Rotate { .. });
                let left = bond_of(&step);
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
                            prop_assert!(!runs.contains(&place) || !done || rekeyed(&step) != Some(place) || used >= budget);
                        }
                    }
                }
                // 3. No token is made or lost but by fines, of no more than is left, and none is held but for bonds.
                if let Step::Fine { amount, .. } = &step {
                    issuance -= left.min(*amount);
                }
                prop_assert_eq!(Balances::total_issuance(), issuance);
                for n in [1, 2, 3, 4, 9] {
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

    #[test]
    fn addresses_keys_and_fees_are_accounted_for_after_every_call(steps in proptest::collection::vec(step(), 40..140)) {
        ExtBuilder::default().wealth(PURSE).caps(3, 1).build().execute_with(|| {
            let (mut diary, mut changed) = (Diary::new(), BTreeMap::<Place, RoundIndex>::new());
            for n in 1..4 {
                registered(n, n.into());
            }
            for step in steps {
                let (were_at, counted, told) = (addresses(), blocks(), Moved::get().len());
                let (may_go, mut fortune, left) = (evictable(), fortunes(), bond_of(&step));
                let owned_by = match &step {
                    Step::Fine { key, .. } => DeviceMap::<Test>::get(device(*key)).map(|record| record.owner),
                    _ => None,
                };
                let done = apply(step.clone());

                Devices::do_try_state().map_err(|e| TestCaseError::fail(format!("{step:?}: {e:?}")))?;
                let params = Parameters::<Test>::get();
                // 10. No block of addresses takes in more devices than its cap allows.
                for (block, count) in blocks() {
                    let before = counted.get(&block).copied().unwrap_or(0);
                    prop_assert!(count <= before.max(params.max_in(block)), "{:?} fills {:?}", step, block);
                }
                // 11. Whoever answers at another address, and nobody else, is admitted anew.
                let now_at = addresses();
                let moved = were_at.iter().filter(|(place, at)| now_at.get(place).is_some_and(|now| now != *at));
                let moved: Vec<Place> = moved.map(|(place, _)| *place).collect();
                prop_assert_eq!(Moved::get().split_off(told), moved);
                // 3. A fine is its owner's loss and nobody's gain.
                if let Step::Fine { key, amount } = &step {
                    if let Some(fined) = owned_by {
                        *fortune.entry(fined).or_default() -= left.min(*amount);
                    }
                    let now_left = DeviceMap::<Test>::get(device(*key)).map_or(0, |record| record.bond);
                    prop_assert_eq!(now_left, left - left.min(*amount));
                }
                // 12. Only a device that publishes an endpoint and never answered is evicted. 3. Nothing but the fee for that
                // changes hands.
                if let (Step::Evict { .. }, true) = (&step, done) {
                    let last = System::events().pop().map(|record| record.event);
                    let Some(RuntimeEvent::Devices(Event::Evicted { device, owner, bond, fee, by, .. })) = last else {
                        return Err(TestCaseError::fail("an eviction leaves its event"));
                    };
                    prop_assert_eq!(may_go.get(&device), Some(&(owner.clone(), bond)));
                    let due = params.eviction_fee.mul_floor(bond);
                    prop_assert_eq!(fee, if fortune[&by] + due >= ED { due } else { 0 });
                    *fortune.entry(owner).or_default() -= fee;
                    *fortune.entry(by).or_default() += fee;
                }
                prop_assert_eq!(fortunes(), fortune);
                // 13. The tenant of a round is the key that the diary has in its place in all of that round. Of the last rounds it
                // is always known, of older ones it may be forgotten.
                let (now, seated) = (Round::get(), tenants());
                diary.write();
                for place in (0..KEYS).map(Place::nth) {
                    for round in now - 20..=now {
                        let (tenant, sat) = (Devices::tenant(place, round), diary.key(place, round));
                        let forgotten = tenant.is_none() && round < now - ROTATION_ROUNDS;
                        prop_assert!(forgotten || tenant == sat, "{:?}: {} {:?} {:?}", step, round, tenant, sat);
                    }
                    prop_assert_eq!(Devices::tenant(place, now + 1), seated.get(&place).cloned());
                }
                // And no device that stays changes its key twice within these.
                changed.retain(|place, _| seated.contains_key(place));
                if let (Some(place), true) = (rekeyed(&step), done) {
                    let last = changed.insert(place, now);
                    prop_assert!(last.is_none_or(|last| now >= last + ROTATION_ROUNDS), "{:?}", step);
                }
            }
            Ok::<_, TestCaseError>(())
        })?;
    }
}
