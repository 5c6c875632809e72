//! The chains that are simulated, as genesis configurations of the real runtime.

use crate::keys::Validator;
use pallet_rewards::EpochParams;
use pallet_staking::StakerStatus;
use pallet_uptime::types::Params;
use polkadot_sdk::*;
use sp_runtime::{Perbill, Permill, Perquintill};
use vouch_primitives::{
    emission::{Curve, Split},
    ClassWeight,
};
use vouch_runtime::{
    constants::UNIT, AccountId, BabeConfig, Balance, BalancesConfig, DevicesConfig, RewardsConfig,
    RuntimeGenesisConfig, SessionConfig, StakingConfig, SudoConfig, UptimeConfig, WorkConfig,
    BABE_GENESIS_EPOCH_CONFIG,
};

/// What every validator has at stake.
pub const STAKE: Balance = 100_000 * UNIT;
/// The least price of a point of work, and the most that it is worth.
pub const WORK_PRICE: Balance = UNIT / 10_000;
/// What one epoch mints.
pub const EMISSION: Balance = 100 * UNIT;

/// What a chain starts with.
pub struct Genesis {
    /// Its validators, each with [`STAKE`] at stake and as much besides.
    pub validators: Vec<Validator>,
    /// Everybody else who has money.
    pub endowed: Vec<(AccountId, Balance)>,
    /// Who may do anything.
    pub sudo: AccountId,
    /// Device classes: name, weight in hundredths of a standard device, bond.
    pub classes: Vec<(String, ClassWeight, Balance)>,
    /// Blocks between deregistering a device and its release.
    pub release_delay: u32,
    /// Rounds of maintenance per device and epoch.
    pub maintenance_rounds: u32,
    /// Most devices in one block of addresses.
    pub max_per_prefix: u32,
    /// Rounds, committees, audits and slashes.
    pub uptime: Params,
    /// Epochs and emission.
    pub rewards: EpochParams<Balance>,
}

impl Genesis {
    /// The configuration of the runtime's pallets.
    pub fn config(&self) -> RuntimeGenesisConfig {
        let stashes = self.validators.iter().map(|validator| (validator.stash.clone(), 2 * STAKE));
        RuntimeGenesisConfig {
            balances: BalancesConfig {
                balances: stashes.chain(self.endowed.iter().cloned()).collect(),
                ..Default::default()
            },
            babe: BabeConfig { epoch_config: BABE_GENESIS_EPOCH_CONFIG, ..Default::default() },
            session: SessionConfig {
                keys: self
                    .validators
                    .iter()
                    .map(|validator| (validator.stash.clone(), validator.stash.clone(), validator.keys.clone()))
                    .collect(),
                ..Default::default()
            },
            staking: StakingConfig {
                validator_count: self.validators.len() as u32,
                minimum_validator_count: 1,
                stakers: self
                    .validators
                    .iter()
                    .map(|validator| (validator.stash.clone(), validator.stash.clone(), STAKE, StakerStatus::Validator))
                    .collect(),
                min_validator_bond: STAKE / 2,
                slash_reward_fraction: Perbill::from_percent(10),
                ..Default::default()
            },
            sudo: SudoConfig { key: Some(self.sudo.clone()) },
            devices: DevicesConfig {
                classes: self.classes.clone(),
                release_delay: self.release_delay,
                maintenance_rounds: self.maintenance_rounds,
                max_per_v4: self.max_per_prefix,
                max_per_v6: self.max_per_prefix,
                allow_private_endpoints: true,
                ..Default::default()
            },
            uptime: UptimeConfig { params: self.uptime, ..Default::default() },
            work: WorkConfig { params: work() },
            rewards: RewardsConfig { params: self.rewards },
            ..Default::default()
        }
    }
}

/// Work as the presets have it.
fn work() -> pallet_work::types::Params<Balance> {
    pallet_work::types::Params {
        least_price: WORK_PRICE,
        max_fuel: 1_000_000_000,
        fine: Permill::from_percent(10),
        trusted_after: 10,
        check_floor: Perquintill::from_percent(5),
        round_fuel: 10_000_000_000,
        recent_rounds: 3,
        deposit: UNIT / 1_000,
    }
}

/// Epochs of `rounds` rounds; shares as the presets have them.
pub fn epochs(rounds: u32) -> EpochParams<Balance> {
    EpochParams {
        rounds_per_epoch: rounds,
        curve: Curve { initial: EMISSION, decay: Perquintill::from_parts(0), floor: EMISSION },
        split: Split {
            uptime: Permill::from_percent(50),
            work: Permill::from_percent(20),
            probing: Permill::from_percent(15),
            staking: Permill::from_percent(10),
            treasury: Permill::from_percent(5),
        },
        holdback: Permill::from_percent(20),
        holding_epochs: 12,
        max_work_rate: WORK_PRICE,
    }
}
