//! The networks that can be started from this code alone: one validator for development, four for a local testnet.

use crate::{
    constants::*, AccountId, BabeConfig, Balance, BalancesConfig, DevicesConfig, RewardsConfig, RuntimeGenesisConfig,
    SessionConfig, SessionKeys, StakingConfig, SudoConfig, UptimeConfig, WorkConfig, BABE_GENESIS_EPOCH_CONFIG,
};
use alloc::{string::String, vec, vec::Vec};
use polkadot_sdk::*;

use frame_support::build_struct_json_patch;
use pallet_rewards::EpochParams;
use pallet_staking::StakerStatus;
use sp_genesis_builder::PresetId;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::{Permill, Perquintill};
use vouch_primitives::{
    emission::{Curve, Split},
    ClassWeight,
};

/// One validator, short rounds.
pub const DEVELOPMENT: &str = sp_genesis_builder::DEV_RUNTIME_PRESET;
/// Four validators, short rounds.
pub const LOCAL_TESTNET: &str = sp_genesis_builder::LOCAL_TESTNET_RUNTIME_PRESET;

/// What every well-known account starts with.
const ENDOWMENT: Balance = 1_000_000 * UNIT;
/// What every validator has at stake.
const STASH: Balance = 100_000 * UNIT;
/// The least that a validator must have at stake of its own: with less, lies might pay.
const LEAST_STAKE: Balance = 50_000 * UNIT;

/// The genesis called `id`, as the patch of the default genesis that the SDK expects; `None` if there is no such preset.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
    let genesis = match id.as_ref() {
        DEVELOPMENT => genesis(&[Sr25519Keyring::Alice]),
        LOCAL_TESTNET => {
            use Sr25519Keyring::*;
            genesis(&[Alice, Bob, Charlie, Dave])
        },
        _ => return None,
    };
    Some(serde_json::to_vec(&genesis).expect("a JSON value serialises"))
}

/// The names of all presets.
pub fn preset_names() -> Vec<PresetId> {
    vec![PresetId::from(DEVELOPMENT), PresetId::from(LOCAL_TESTNET)]
}

/// A network of throw-away keys with short rounds, on which devices may answer on private and loopback addresses.
fn genesis(validators: &[Sr25519Keyring]) -> serde_json::Value {
    let stashes: Vec<AccountId> = validators.iter().map(|key| key.to_account_id()).collect();
    build_struct_json_patch!(RuntimeGenesisConfig {
        balances: BalancesConfig {
            balances: Sr25519Keyring::well_known().map(|key| (key.to_account_id(), ENDOWMENT)).collect::<Vec<_>>(),
        },
        babe: BabeConfig { epoch_config: BABE_GENESIS_EPOCH_CONFIG },
        session: SessionConfig {
            keys: validators
                .iter()
                .map(|key| (key.to_account_id(), key.to_account_id(), session_keys(*key)))
                .collect::<Vec<_>>(),
        },
        staking: StakingConfig {
            validator_count: validators.len() as u32,
            minimum_validator_count: 1,
            stakers: stashes
                .iter()
                .map(|stash| (stash.clone(), stash.clone(), STASH, StakerStatus::Validator))
                .collect::<Vec<_>>(),
            min_validator_bond: LEAST_STAKE,
        },
        sudo: SudoConfig { key: Some(Sr25519Keyring::Alice.to_account_id()) },
        devices: DevicesConfig {
            classes: classes(),
            release_delay: 2 * DEV_ROUND * DEV_ROUNDS_PER_EPOCH,
            maintenance_rounds: 2,
            // All devices of such a network share an address.
            max_per_v4: u32::MAX,
            max_per_v6: u32::MAX,
            eviction_fee: Permill::from_percent(10),
            allow_private_endpoints: true,
        },
        uptime: UptimeConfig {
            params: pallet_uptime::types::Params {
                round_length: DEV_ROUND,
                admission_rounds: 1,
                audit_window: DEV_AUDIT_WINDOW,
                ..Default::default()
            },
        },
        work: WorkConfig { params: work_params() },
        rewards: RewardsConfig { params: epoch_params() },
    })
}

/// A hundred tokens an epoch, falling by a ten-thousandth each time.
fn epoch_params() -> EpochParams<Balance> {
    EpochParams {
        rounds_per_epoch: DEV_ROUNDS_PER_EPOCH,
        curve: Curve { initial: 100 * UNIT, decay: Perquintill::from_parts(100_000_000_000_000), floor: UNIT },
        split: Split {
            uptime: Permill::from_percent(50),
            work: Permill::from_percent(20),
            probing: Permill::from_percent(10),
            staking: Permill::from_percent(15),
            treasury: Permill::from_percent(5),
        },
        holdback: Permill::from_percent(10),
        holding_epochs: 1,
        max_work_rate: WORK_PRICE,
    }
}

/// Tasks of at most a thousand million units of fuel, half a second of a device and ten to twenty of a validator; and a fine of a
/// tenth of a bond.
fn work_params() -> pallet_work::types::Params<Balance> {
    pallet_work::types::Params {
        least_price: WORK_PRICE,
        max_fuel: 1_000_000_000,
        fine: Permill::from_percent(10),
        trusted_after: 10,
        check_floor: Perquintill::from_percent(5),
        // In a round of 18 seconds.
        round_fuel: 10_000_000_000,
        recent_rounds: 3,
        deposit: MILLIUNIT,
    }
}

/// The least price of a point of work, and the most that it is worth.
const WORK_PRICE: Balance = 100 * MICROUNIT;
/// Blocks in a round: 18 seconds, the shortest that leaves a block to probe, one to report and one to tally.
const DEV_ROUND: u32 = 3;
/// Time to answer an audit in: 72 seconds, four rounds.
const DEV_AUDIT_WINDOW: u32 = 4 * DEV_ROUND;
/// Rounds in an epoch: tokens every 36 seconds.
const DEV_ROUNDS_PER_EPOCH: u32 = 2;

/// Device classes, by name, weight in hundredths of a standard device, and bond.
fn classes() -> Vec<(String, ClassWeight, Balance)> {
    vec![("standard".into(), 100, 10 * UNIT), ("sensor".into(), 25, UNIT), ("gpu".into(), 800, 100 * UNIT)]
}

fn session_keys(key: Sr25519Keyring) -> SessionKeys {
    // The ed25519 keys of the same name, from the same seed phrase.
    let finality = match key {
        Sr25519Keyring::Bob => Ed25519Keyring::Bob,
        Sr25519Keyring::Charlie => Ed25519Keyring::Charlie,
        Sr25519Keyring::Dave => Ed25519Keyring::Dave,
        _ => Ed25519Keyring::Alice,
    };
    SessionKeys {
        babe: key.public().into(),
        grandpa: finality.public().into(),
        authority_discovery: key.public().into(),
        prober: key.public().into(),
    }
}
