//! Random calls: mostly such as could succeed.

use super::{
    cast::{endpoint, Cast, DeviceKey},
    sequence::Sequence,
    work::params as work_params,
};
use crate::{genesis::WORK_PRICE, keys};
use codec::Encode;
use frame_support::BoundedVec;
use pallet_rewards::EpochParams;
use pallet_staking::{RewardDestination, ValidatorPrefs};
use pallet_uptime::types::Params;
use polkadot_sdk::*;
use rand::{rngs::StdRng, seq::SliceRandom, Rng};
use sp_core::sr25519;
use sp_runtime::{Perbill, Permill, Perquintill};
use vouch_primitives::{
    emission::{Curve, Split},
    probe::{registration_payload, rotation_payload},
    traits::Attendance,
    DeviceId,
};
use vouch_runtime::{
    configs::{governed, ProxyType, RuntimeParameters},
    constants::UNIT,
    AccountId, Balance, Devices, Runtime, RuntimeCall, Uptime,
};

/// A call, and who makes it.
pub type Made = (sr25519::Pair, RuntimeCall);

/// What the chain has of a device.
type Record = pallet_devices::DeviceOf<Runtime>;

/// How deep calls are nested in batches, proxies and the like.
const DEPTH: u8 = 2;

impl Sequence {
    /// Somebody's call.
    pub(super) fn call(&mut self) -> Made {
        self.nested(DEPTH)
    }

    fn nested(&mut self, depth: u8) -> Made {
        let kinds = if depth > 0 { 110 } else { 94 };
        match self.random.gen_range(0..kinds) {
            0..38 => self.device_call(),
            38..50 => self.reward_call(),
            50..66 => self.staking_call(),
            66..69 => self.session_call(),
            69..76 => self.balance_call(),
            76..84 => self.admin_call(),
            84..94 => self.work_call(),
            94..102 => self.wrapped_call(depth),
            _ => self.proxy_call(depth),
        }
    }

    /// Mostly a device out of the cast whose record is such that the call could succeed, and its owner, or somebody else.
    pub(super) fn device_and_owner(
        &mut self,
        fits: impl Fn(&DeviceId, Option<&Record>) -> bool,
    ) -> (DeviceKey, sr25519::Pair) {
        let cast = &self.cast;
        let records: Vec<(&DeviceKey, Option<Record>)> = self.chain.state(|| {
            let record = |key: &DeviceKey| pallet_devices::Devices::<Runtime>::get(key.id());
            let all = cast.devices.iter().map(|key| (key, record(key)));
            all.filter(|(key, record)| fits(&key.id(), record.as_ref())).collect()
        });
        let chosen = records.choose(&mut self.random).filter(|_| !self.random.gen_ratio(1, 10));
        let (key, record) = match chosen {
            Some((key, record)) => ((*key).clone(), record.clone()),
            None => (self.cast.device(&mut self.random), None),
        };
        let owner = record.and_then(|record| self.cast.by_account.get(&record.owner).cloned());
        let owner = owner.filter(|_| self.random.gen_ratio(9, 10));
        (key, owner.unwrap_or_else(|| self.cast.anybody(&mut self.random)))
    }

    /// What `key` signs for the next of its proofs, now and then for another or by another key.
    fn proof(
        &mut self,
        key: &DeviceKey,
        payload: impl FnOnce(sp_core::H256, u32) -> Vec<u8>,
    ) -> vouch_primitives::DeviceSignature {
        let id = key.id();
        let (genesis, nonce) =
            self.chain.state(|| (Uptime::genesis_hash(), pallet_devices::Proofs::<Runtime>::get(&id)));
        match self.random.gen_range(0..12) {
            0 => key.sign(&payload(genesis, nonce.wrapping_sub(1))),
            1 => self.cast.device(&mut self.random).sign(&payload(genesis, nonce)),
            _ => key.sign(&payload(genesis, nonce)),
        }
    }

    fn device_call(&mut self) -> Made {
        use pallet_devices::Call;
        let kind = self.random.gen_range(0..32);
        let round = self.chain.state(|| Uptime::current_round().index);
        let now = self.chain.number();
        let (key, owner) = self.device_and_owner(|device, record| match (kind, record) {
            (0..9, record) => record.is_none(),
            (_, None) => false,
            (14..17, Some(_)) => pallet_devices::Offers::<Runtime>::contains_key(device),
            (22, Some(record)) => record.maintenance.goes_on_after(round),
            (25..28, Some(record)) => record.leaving.is_some_and(|release_at| release_at <= now),
            (28..30, Some(record)) => <Uptime as Attendance>::never_answered(record.place),
            (30.., Some(record)) => Devices::class(record.class).is_some_and(|class| record.bond < class.bond),
            (_, Some(record)) => record.leaving.is_none(),
        });
        let device = key.id();
        let random = &mut self.random;
        let call = match kind {
            0..9 => {
                let endpoint = endpoint(random);
                let class = random.gen_range(0..4);
                let beneficiary = random.gen_ratio(1, 4).then(|| self.cast.account(random));
                let id = keys::id(&owner);
                let proof = self.proof(&key, |genesis, nonce| registration_payload(genesis, &id, nonce));
                Call::register { device, class, endpoint, beneficiary, proof }
            },
            9..11 => Call::set_endpoint { device, endpoint: endpoint(random) },
            11 => {
                let beneficiary = random.gen_ratio(3, 4).then(|| self.cast.account(random));
                Call::set_beneficiary { device, beneficiary }
            },
            12..14 => {
                let to = random.gen_ratio(5, 6).then(|| self.cast.account(random));
                Call::offer { device, to }
            },
            14..17 => {
                let to = self.chain.state(|| pallet_devices::Offers::<Runtime>::get(&device));
                let to = to.and_then(|to| self.cast.by_account.get(&to).cloned());
                let who = to.unwrap_or(owner);
                return (who, Call::accept { device }.into());
            },
            17..20 => {
                let new = self.cast.device(random);
                let (id, old) = (keys::id(&owner), device.clone());
                let proof = self.proof(&new, |genesis, nonce| rotation_payload(genesis, &id, &old, nonce));
                Call::rotate_key { device, new: new.id(), proof }
            },
            20..22 => Call::pause { device, rounds: random.gen_range(0..4) },
            22 => Call::resume { device },
            23..25 => Call::deregister { device },
            25..28 => Call::release { device },
            28..30 => Call::evict { device },
            _ => Call::top_up { device },
        };
        (owner, call.into())
    }

    fn reward_call(&mut self) -> Made {
        use pallet_rewards::Call;
        let who = self.cast.anybody(&mut self.random);
        let call = if self.random.gen() {
            let devices: Vec<DeviceId> =
                (0..self.random.gen_range(0..6)).map(|_| self.cast.device(&mut self.random).id()).collect();
            Call::claim { devices: BoundedVec::truncate_from(devices) }
        } else {
            let validators: Vec<AccountId> =
                (0..self.random.gen_range(0..4)).map(|_| keys::id(&self.cast.staker(&mut self.random))).collect();
            Call::claim_probing { validators: BoundedVec::truncate_from(validators) }
        };
        (who, call.into())
    }

    fn staking_call(&mut self) -> Made {
        use pallet_staking::Call;
        let who = self.cast.staker(&mut self.random);
        let era = self.chain.state(|| pallet_staking::CurrentEra::<Runtime>::get().unwrap_or(0));
        let random = &mut self.random;
        let value = amount(random);
        let call: pallet_staking::Call<Runtime> = match random.gen_range(0..20) {
            0..3 => Call::bond { value, payee: destination(random, &self.cast) },
            3..5 => Call::bond_extra { max_additional: value },
            5..7 => Call::unbond { value },
            7 => Call::withdraw_unbonded { num_slashing_spans: random.gen_range(0..30) },
            8..10 => {
                let commission = Perbill::from_percent(random.gen_range(0..=100));
                Call::validate { prefs: ValidatorPrefs { commission, blocked: random.gen_ratio(1, 5) } }
            },
            10..13 => {
                let targets = (0..random.gen_range(0..4)).map(|_| keys::id(&self.cast.staker(random)).into()).collect();
                Call::nominate { targets }
            },
            13 => Call::chill {},
            14 => Call::set_payee { payee: destination(random, &self.cast) },
            15 => Call::rebond { value },
            16 => Call::reap_stash {
                stash: keys::id(&self.cast.staker(random)),
                num_slashing_spans: random.gen_range(0..30),
            },
            _ => {
                let validator_stash = keys::id(&self.cast.staker(random));
                Call::payout_stakers { validator_stash, era: era.saturating_sub(random.gen_range(0..3)) }
            },
        };
        (who, call.into())
    }

    fn session_call(&mut self) -> Made {
        let who = self.cast.staker(&mut self.random);
        let call = if self.random.gen_ratio(1, 5) {
            pallet_session::Call::purge_keys {}
        } else {
            let (keys, proof) = self.cast.session_keys(&mut self.random, &keys::id(&who));
            pallet_session::Call::set_keys { keys, proof }
        };
        (who, call.into())
    }

    fn balance_call(&mut self) -> Made {
        use pallet_balances::Call;
        let who = self.cast.anybody(&mut self.random);
        let random = &mut self.random;
        let dest = self.cast.account(random).into();
        let value = amount(random);
        let call: pallet_balances::Call<Runtime> = match random.gen_range(0..8) {
            0..3 => Call::transfer_allow_death { dest, value },
            3..5 => Call::transfer_keep_alive { dest, value },
            5 if random.gen_ratio(1, 4) => Call::transfer_all { dest, keep_alive: random.gen() },
            _ => Call::burn { value: value / 100, keep_alive: random.gen() },
        };
        (who, call.into())
    }

    /// What only the administration may do; tried by others too.
    fn admin_call(&mut self) -> Made {
        let era = self.chain.state(|| pallet_staking::ActiveEra::<Runtime>::get().map_or(0, |era| era.index));
        let random = &mut self.random;
        let call: RuntimeCall = match random.gen_range(0..24) {
            0..4 => pallet_uptime::Call::set_params { params: uptime_params(random) }.into(),
            4..7 => pallet_rewards::Call::set_params { params: reward_params(random) }.into(),
            7..9 => pallet_devices::Call::set_params { params: device_params(random) }.into(),
            9..11 => {
                let name = BoundedVec::truncate_from(vec![b'x'; random.gen_range(0..32)]);
                let weight = *[0, 25, 100, 800, u16::MAX].choose(random).unwrap_or(&100);
                let bond = random.gen_range(0..30) * UNIT / 2;
                pallet_devices::Call::set_class { class: random.gen_range(0..6), name, weight, bond }.into()
            },
            19 => pallet_work::Call::set_params { params: work_params(random) }.into(),
            11..14 => pallet_rewards::Call::forfeit { device: self.cast.device(random).id() }.into(),
            14 => pallet_staking::Call::force_new_era {}.into(),
            15 => pallet_staking::Call::set_validator_count { new: random.gen_range(1..8) }.into(),
            16 => {
                let era = era + random.gen_range(0..29);
                pallet_staking::Call::cancel_deferred_slash { era, slash_indices: vec![0] }.into()
            },
            17 => {
                let duration = *[0, 0, 1, 2, 27, 100].choose(random).unwrap_or(&0);
                let slashing =
                    governed::slashing::Parameters::DeferDuration(governed::slashing::DeferDuration, Some(duration));
                pallet_parameters::Call::set_parameter { key_value: RuntimeParameters::Slashing(slashing) }.into()
            },
            18 => {
                let validator_stash = keys::id(&self.cast.staker(random));
                let slash_fraction = Perbill::from_percent(random.gen_range(0..=100));
                pallet_staking::Call::manual_slash { validator_stash, era, slash_fraction }.into()
            },
            _ => {
                // Alms, so that not everybody ends up poor.
                let source = if random.gen() { keys::id(&self.cast.sudo) } else { self.cast.account(random) };
                let dest = self.cast.account(random).into();
                pallet_balances::Call::force_transfer { source: source.into(), dest, value: amount(random) }.into()
            },
        };
        if random.gen_ratio(1, 12) {
            return (self.cast.anybody(random), call);
        }
        (self.cast.sudo.clone(), pallet_sudo::Call::sudo { call: Box::new(call) }.into())
    }

    /// Calls within a call, made by one account.
    fn wrapped_call(&mut self, depth: u8) -> Made {
        use pallet_utility::Call;
        let (who, first) = self.nested(depth - 1);
        let more = self.random.gen_range(0..4);
        let mut calls = vec![first];
        calls.extend((0..more).map(|_| self.nested(depth - 1).1));
        let call: RuntimeCall = match self.random.gen_range(0..10) {
            0..3 => Call::batch { calls }.into(),
            3..6 => Call::batch_all { calls }.into(),
            6..8 => Call::force_batch { calls }.into(),
            8 => {
                Call::as_derivative { index: self.random.gen_range(0..2), call: Box::new(calls.swap_remove(0)) }.into()
            },
            _ => {
                let other = keys::id(&self.cast.anybody(&mut self.random));
                let call = Box::new(calls.swap_remove(0));
                pallet_multisig::Call::as_multi_threshold_1 { other_signatories: vec![other], call }.into()
            },
        };
        (who, call)
    }

    /// Calls in somebody else's name.
    fn proxy_call(&mut self, depth: u8) -> Made {
        use pallet_proxy::Call;
        let (real, call) = self.nested(depth - 1);
        let random = &mut self.random;
        let delegate = keys::id(&self.cast.anybody(random));
        let proxy_type =
            *[ProxyType::Any, ProxyType::Fleet, ProxyType::Staking].choose(random).unwrap_or(&ProxyType::Any);
        match random.gen_range(0..8) {
            0..3 => (real, Call::add_proxy { delegate: delegate.into(), proxy_type, delay: 0 }.into()),
            3 => (real, Call::remove_proxy { delegate: delegate.into(), proxy_type, delay: 0 }.into()),
            _ => {
                let id = keys::id(&real);
                let proxies = self.chain.state(|| pallet_proxy::Proxies::<Runtime>::get(&id).0);
                let known = proxies.iter().find_map(|proxy| self.cast.by_account.get(&proxy.delegate));
                let who = known.cloned().unwrap_or_else(|| self.cast.anybody(random));
                let force_proxy_type = random.gen_ratio(1, 3).then_some(proxy_type);
                (who, Call::proxy { real: id.into(), force_proxy_type, call: Box::new(call) }.into())
            },
        }
    }
}

/// From a planck to all that anybody has.
fn amount(random: &mut StdRng) -> Balance {
    match random.gen_range(0..10) {
        0 => random.gen_range(0..3),
        1 => UNIT / 1_000,
        2 => Balance::MAX / 2,
        _ => (random.gen_range(0..1_000) * UNIT).saturating_mul(10u128.pow(random.gen_range(0..4))) / 1_000,
    }
}

fn destination(random: &mut StdRng, cast: &Cast) -> RewardDestination<AccountId> {
    match random.gen_range(0..4) {
        0 => RewardDestination::Staked,
        1 => RewardDestination::Stash,
        2 => RewardDestination::None,
        _ => RewardDestination::Account(cast.account(random)),
    }
}

/// Now and then a value that is out of all bounds.
fn strange(random: &mut StdRng) -> bool {
    random.gen_ratio(1, 25)
}

fn percent(random: &mut StdRng) -> Perbill {
    Perbill::from_percent(random.gen_range(0..=100))
}

/// Parameters of the uptime pallet, most of them allowed.
pub fn uptime_params(random: &mut StdRng) -> Params {
    Params {
        round_length: random.gen_range(1..8),
        committee_size: if strange(random) { 16 } else { random.gen_range(0..9) },
        admission_rounds: *[0, 0, 1, 2, 3, 33].choose(random).unwrap_or(&0),
        audit: percent(random),
        audit_window: if strange(random) { 10_000 } else { random.gen_range(1..30) },
        slash_wrong: percent(random),
        slash_silent: percent(random),
        slash_outlier: percent(random),
    }
}

/// Parameters of the rewards pallet, most of them allowed.
pub fn reward_params(random: &mut StdRng) -> EpochParams<Balance> {
    let mut cuts: Vec<u32> = (0..4).map(|_| random.gen_range(0..=100)).collect();
    cuts.sort_unstable();
    let part = |from: u32, to: u32| Permill::from_percent(to - from);
    let split = Split {
        uptime: part(0, cuts[0]),
        work: part(cuts[0], cuts[1]),
        probing: part(cuts[1], cuts[2]),
        staking: part(cuts[2], cuts[3]),
        // Now and then not all of it.
        treasury: if random.gen_ratio(1, 10) { Permill::zero() } else { part(cuts[3], 100) },
    };
    let initial = *[0, 77, UNIT, 50 * UNIT, 200 * UNIT, Balance::MAX].choose(random).unwrap_or(&UNIT);
    EpochParams {
        rounds_per_epoch: if strange(random) { 10_000 } else { random.gen_range(0..5) },
        curve: Curve {
            initial,
            decay: Perquintill::from_percent(random.gen_range(0..=100)),
            floor: *[0, 5, UNIT].choose(random).unwrap_or(&0),
        },
        split,
        holdback: Permill::from_percent(random.gen_range(0..=100)),
        holding_epochs: random.gen_range(0..5),
        max_work_rate: *[0, 3 * WORK_PRICE / 2, Balance::MAX].choose(random).unwrap_or(&0),
    }
}

fn device_params(random: &mut StdRng) -> pallet_devices::Params<u32> {
    pallet_devices::Params {
        release_delay: random.gen_range(0..20),
        maintenance_rounds: random.gen_range(0..4),
        max_per_v4: random.gen_range(0..8),
        max_per_v6: random.gen_range(0..8),
        eviction_fee: Permill::from_percent(random.gen_range(0..=100)),
    }
}

/// A call's arguments in a form that fits on a line.
pub fn told(call: &RuntimeCall) -> String {
    let mut told = format!("{call:?}");
    if told.len() > 400 {
        told = format!("{} ... ({} bytes)", told.chars().take(400).collect::<String>(), call.encoded_size());
    }
    told
}
