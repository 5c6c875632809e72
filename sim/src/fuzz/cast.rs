//! Who takes part in a sequence: a few accounts, keys and addresses, so that calls meet each other.

use crate::keys::{self, secret, Validator};
use codec::Encode;
use polkadot_sdk::*;
use rand::{rngs::StdRng, seq::SliceRandom, Rng};
use sp_core::{ecdsa, ed25519, proof_of_possession::statement_of_ownership, sr25519, Pair};
use sp_runtime::{traits::IdentifyAccount, MultiSigner};
use std::collections::BTreeMap;
use vouch_primitives::{
    prober::{ProberId, ProberPair},
    DeviceId, DeviceSignature, Endpoint,
};
use vouch_runtime::{constants::UNIT, AccountId, Balance, SessionKeys};

const ACCOUNTS: u32 = 8;
const DEVICES: u32 = 20;
/// Keys for sessions that nobody uses at genesis.
const SPARE_KEYS: u32 = 4;

/// A device's key, of any kind that there is.
#[derive(Clone)]
pub enum DeviceKey {
    Ed25519(Box<ed25519::Pair>),
    Sr25519(Box<sr25519::Pair>),
    Ecdsa(ecdsa::Pair),
}

impl DeviceKey {
    fn new(seed: u64, index: u32) -> Self {
        let secret = secret(seed, "fuzz device", index);
        match index % 3 {
            0 => Self::Ed25519(Box::new(ed25519::Pair::from_seed(&secret))),
            1 => Self::Sr25519(Box::new(sr25519::Pair::from_seed(&secret))),
            _ => Self::Ecdsa(ecdsa::Pair::from_seed(&secret)),
        }
    }

    pub fn id(&self) -> DeviceId {
        let signer: MultiSigner = match self {
            Self::Ed25519(pair) => pair.public().into(),
            Self::Sr25519(pair) => pair.public().into(),
            Self::Ecdsa(pair) => pair.public().into(),
        };
        signer.into_account()
    }

    pub fn sign(&self, payload: &[u8]) -> DeviceSignature {
        match self {
            Self::Ed25519(pair) => pair.sign(payload).into(),
            Self::Sr25519(pair) => pair.sign(payload).into(),
            Self::Ecdsa(pair) => pair.sign(payload).into(),
        }
    }
}

/// Everybody.
pub struct Cast {
    seed: u64,
    pub accounts: Vec<sr25519::Pair>,
    pub sudo: sr25519::Pair,
    pub validators: Vec<Validator>,
    pub spare: Vec<Validator>,
    pub devices: Vec<DeviceKey>,
    pub by_id: BTreeMap<DeviceId, DeviceKey>,
    pub by_prober: BTreeMap<ProberId, ProberPair>,
    pub by_account: BTreeMap<AccountId, sr25519::Pair>,
}

impl Cast {
    pub fn new(seed: u64, validators: u32) -> Self {
        let accounts: Vec<_> = (0..ACCOUNTS).map(|index| keys::account(seed, "fuzz account", index)).collect();
        let sudo = keys::account(seed, "fuzz sudo", 0);
        let all: Vec<Validator> = (0..validators + SPARE_KEYS).map(|index| Validator::new(seed, index)).collect();
        let devices: Vec<DeviceKey> = (0..DEVICES).map(|index| DeviceKey::new(seed, index)).collect();
        let known = accounts.iter().chain([&sudo]).chain(all.iter().map(|validator| &validator.account));
        Self {
            seed,
            by_account: known.map(|pair| (keys::id(pair), pair.clone())).collect(),
            by_prober: all.iter().map(|v| (v.keys.prober.clone(), v.prober.clone())).collect(),
            by_id: devices.iter().map(|key| (key.id(), key.clone())).collect(),
            spare: all[validators as usize..].to_vec(),
            validators: all[..validators as usize].to_vec(),
            accounts,
            sudo,
            devices,
        }
    }

    /// Another device, which nobody but the test of a full cohort needs.
    pub fn extra_device(&mut self, index: u32) -> DeviceKey {
        // All of the fastest kind.
        let key =
            DeviceKey::Ed25519(Box::new(ed25519::Pair::from_seed(&secret(self.seed, "fuzz extra device", index))));
        self.by_id.insert(key.id(), key.clone());
        key
    }

    /// What everybody but the validators starts with: from next to nothing to more than enough to become a validator.
    pub fn endowed(&self) -> Vec<(AccountId, Balance)> {
        let rich = [UNIT / 100, 12 * UNIT, 50 * UNIT, 1_000 * UNIT];
        let balance = |index: usize| rich.get(index).copied().unwrap_or(1_000_000 * UNIT);
        let accounts = self.accounts.iter().enumerate().map(|(index, pair)| (keys::id(pair), balance(index)));
        let spare = self.spare.iter().map(|validator| (validator.stash.clone(), 200_000 * UNIT));
        accounts.chain(spare).chain([(keys::id(&self.sudo), 100_000_000 * UNIT)]).collect()
    }

    /// Somebody who can sign, rarely a validator.
    pub fn anybody(&self, random: &mut StdRng) -> sr25519::Pair {
        let stakers = || self.validators.iter().chain(&self.spare).map(|validator| &validator.account);
        let pair = match random.gen_range(0..10) {
            0 | 1 => stakers().nth(random.gen_range(0..self.validators.len() + self.spare.len())),
            _ => self.accounts.choose(random),
        };
        pair.unwrap_or(&self.sudo).clone()
    }

    /// Somebody with something at stake, or who might have.
    pub fn staker(&self, random: &mut StdRng) -> sr25519::Pair {
        let index = random.gen_range(0..self.validators.len() + self.spare.len() + 2);
        let stakers = self.validators.iter().chain(&self.spare).map(|validator| &validator.account);
        let mut all = stakers.chain(self.accounts.iter().rev().take(2));
        all.nth(index).unwrap_or(&self.sudo).clone()
    }

    pub fn account(&self, random: &mut StdRng) -> AccountId {
        match random.gen_range(0..20) {
            // One that nobody has the key of, and that does not exist.
            0 => AccountId::new([random.gen_range(0..3); 32]),
            _ => keys::id(&self.anybody(random)),
        }
    }

    pub fn device(&self, random: &mut StdRng) -> DeviceKey {
        self.devices.choose(random).unwrap_or(&self.devices[0]).clone()
    }

    /// Session keys, with what proves that `owner` has them.
    pub fn session_keys(&self, random: &mut StdRng, owner: &AccountId) -> (SessionKeys, Vec<u8>) {
        let all = self.validators.len() as u32 + SPARE_KEYS;
        let index = random.gen_range(0..all);
        let validator = self.validators.iter().chain(&self.spare).nth(index as usize).unwrap_or(&self.spare[0]);
        let session = secret(self.seed, "session", index);
        let statement = statement_of_ownership(&owner.encode());
        let schnorr = sr25519::Pair::from_seed(&session).sign(&statement).0;
        let edwards = ed25519::Pair::from_seed(&session).sign(&statement).0;
        let mut proof = (schnorr, edwards, schnorr, schnorr).encode();
        if random.gen_ratio(1, 5) {
            proof[random.gen_range(0..100)] ^= 1;
        }
        (validator.keys.clone(), proof)
    }
}

/// An address out of few, so that blocks of addresses fill up; some of them are not allowed.
pub fn endpoint(random: &mut StdRng) -> Option<Endpoint> {
    let last = random.gen_range(1..4);
    let port = random.gen_range(0..30) * 100;
    match random.gen_range(0..10) {
        0 => None,
        1 => Some(Endpoint::V4 { ip: [224, 0, 0, last], port }),
        2 => Some(Endpoint::V4 { ip: [127, 0, 0, last], port }),
        3 | 4 => Some(Endpoint::V4 { ip: [20, 0, 1, last], port }),
        5 | 6 => Some(Endpoint::V4 { ip: [20, 0, 2, last], port }),
        _ => {
            let mut ip = [0; 16];
            ip[..2].copy_from_slice(&[0x26, 0x06]);
            ip[15] = last;
            Some(Endpoint::V6 { ip, port })
        },
    }
}
