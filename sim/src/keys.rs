//! Keys, all of them from one seed.

use codec::Encode;
use polkadot_sdk::*;
use sp_core::{ed25519, sr25519, Pair};
use sp_io::hashing::blake2_256;
use vouch_primitives::{prober::ProberPair, DeviceId};
use vouch_runtime::{AccountId, SessionKeys};

/// The secret of the `index`-th key for `purpose`.
pub fn secret(seed: u64, purpose: &str, index: u32) -> [u8; 32] {
    blake2_256(&("vouch-sim", seed, purpose, index).encode())
}

/// An account that signs transactions.
pub fn account(seed: u64, purpose: &str, index: u32) -> sr25519::Pair {
    sr25519::Pair::from_seed(&secret(seed, purpose, index))
}

/// The account's name on the chain.
pub fn id(pair: &sr25519::Pair) -> AccountId {
    AccountId::from(pair.public())
}

/// A device's key.
pub fn device(seed: u64, index: u32) -> ed25519::Pair {
    ed25519::Pair::from_seed(&secret(seed, "device", index))
}

/// The device's name on the chain.
pub fn device_id(pair: &ed25519::Pair) -> DeviceId {
    DeviceId::new(pair.public().0)
}

/// A validator.
#[derive(Clone)]
pub struct Validator {
    /// Signs for its stake.
    pub account: sr25519::Pair,
    /// What it has at stake is in this account.
    pub stash: AccountId,
    /// Probes and reports.
    pub prober: ProberPair,
    /// All its session keys.
    pub keys: SessionKeys,
}

impl Validator {
    /// The `index`-th validator.
    pub fn new(seed: u64, index: u32) -> Self {
        let account = account(seed, "validator", index);
        let session = secret(seed, "session", index);
        let (block, finality) = (sr25519::Pair::from_seed(&session), ed25519::Pair::from_seed(&session));
        let prober = ProberPair::from_seed(&session);
        let keys = SessionKeys {
            babe: block.public().into(),
            grandpa: finality.public().into(),
            authority_discovery: block.public().into(),
            prober: prober.public(),
        };
        Self { stash: id(&account), account, prober, keys }
    }
}
