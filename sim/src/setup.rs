//! What is simulated: how large, for how long, and in what world.

use crate::{
    genesis::{epochs, Genesis},
    keys::{self, Validator},
    policy::Policy,
    world::{Climate, Life, World},
};
use codec::Encode;
use pallet_uptime::types::{Params, MAX_OPEN_AUDITS};
use polkadot_sdk::*;
use rand::{rngs::StdRng, seq::SliceRandom, SeedableRng};
use sp_core::{sr25519, H256};
use sp_io::hashing::blake2_256;
use vouch_primitives::{Endpoint, RoundIndex};
use vouch_runtime::{constants::UNIT, Balance};

/// Blocks of a round: one that opens it, one for reports, one for copies of them, and one to spare.
pub const ROUND: u32 = 4;
/// Rounds of an epoch, as in production.
pub const EPOCH: u32 = 12;
/// Rounds that a prober has to answer an audit in, as in production; fewer if committees are so large that more audits could be
/// open than the chain allows.
pub const AUDIT_ROUNDS: u32 = 30;
/// Bond of a device.
const BOND: Balance = 10 * UNIT;
/// Devices of one owner.
const DEVICES_PER_OWNER: u32 = 20;
/// Devices that an owner of sybils asks for.
pub const SYBILS: u32 = 1_000;
/// Of so many devices one flaps.
const FLAPPING: u32 = 20;

/// Which signatures devices are asked for in fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// Those that an audit will ask for.
    Drawn,
    /// All of them, as on a network.
    All,
}

/// What is simulated.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Of everything random.
    pub seed: u64,
    /// Validators, with equal stakes.
    pub validators: u32,
    /// Devices that exist.
    pub devices: u32,
    /// Devices that are registered and do not exist, all of one owner.
    pub phantoms: u32,
    /// Rounds that are measured, as many whole epochs as it takes.
    pub rounds: u32,
    /// Members of a committee.
    pub committee: u32,
    /// What devices are like.
    pub climate: Climate,
    /// Which signatures are made.
    pub signing: Signing,
}

impl Default for Setup {
    /// Three cohorts for twenty hours.
    fn default() -> Self {
        Self {
            seed: 1,
            validators: 50,
            devices: 3_000,
            phantoms: 30,
            rounds: 240,
            committee: 7,
            climate: Climate::default(),
            signing: Signing::Drawn,
        }
    }
}

impl Setup {
    /// Epochs that are measured.
    pub(crate) fn epochs(&self) -> u32 {
        self.rounds.div_ceil(EPOCH).max(1)
    }

    /// Owners of devices that exist.
    fn owners(&self) -> u32 {
        self.devices.div_ceil(DEVICES_PER_OWNER).max(1)
    }

    /// The owner of all phantoms.
    pub(crate) fn coalition(&self) -> u32 {
        self.owners()
    }

    /// The owner of all sybils.
    pub(crate) fn sybil_owner(&self) -> u32 {
        self.owners() + 1
    }

    /// How many of the validators are `share` of them: at least one of any share above zero.
    pub fn liars(&self, share: f64) -> u32 {
        let liars = (share * f64::from(self.validators)).floor() as u32;
        liars.max(u32::from(share > 0.0)).min(self.validators)
    }

    /// Rounds and audits as in production but for the length of a round.
    pub(crate) fn params(&self) -> Params {
        Params {
            round_length: ROUND,
            committee_size: self.committee,
            audit_window: AUDIT_ROUNDS.min(MAX_OPEN_AUDITS / self.committee - 4) * ROUND,
            ..Params::default()
        }
    }

    /// The seed of a round, in place of what BABE would put out.
    pub(crate) fn round_seed(&self, round: RoundIndex) -> H256 {
        H256(blake2_256(&(b"vouch-sim/round", self.seed, round).encode()))
    }

    /// The validators in the order in which they begin to lie as their share grows.
    pub(crate) fn order(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.validators).collect();
        order.shuffle(&mut StdRng::from_seed(keys::secret(self.seed, "liars", 0)));
        order
    }

    /// Signs for the owner with this number.
    pub(crate) fn owner_key(&self, owner: u32) -> sr25519::Pair {
        keys::account(self.seed, "owner", owner)
    }

    /// The chain, on which every owner can afford all devices.
    pub(crate) fn genesis(&self, validators: &[Validator]) -> Genesis {
        let money = Balance::from(self.devices + self.phantoms + SYBILS) * BOND + 10_000 * UNIT;
        Genesis {
            validators: validators.to_vec(),
            endowed: (0..=self.sybil_owner()).map(|owner| (keys::id(&self.owner_key(owner)), money)).collect(),
            sudo: keys::id(&keys::account(self.seed, "sudo", 0)),
            classes: vec![("standard".into(), 100, BOND)],
            release_delay: 2 * EPOCH * ROUND,
            maintenance_rounds: 2,
            max_per_prefix: 64,
            uptime: self.params(),
            rewards: epochs(EPOCH),
        }
    }

    /// The devices that somebody wants to register.
    pub(crate) fn world(&self, policy: Policy) -> World {
        // Registration takes a while.
        let horizon = self.rounds + 20 * EPOCH;
        let mut world = World::new(self.seed, self.climate);
        let total = self.devices + self.phantoms;
        let (mut real, mut phantoms) = (0u32, 0u32);
        for place in 0..total {
            let endpoint =
                Endpoint::V4 { ip: [20 + (place >> 16) as u8, (place >> 8) as u8, place as u8, 1], port: 9_000 };
            // Spread evenly over all cohorts.
            if u64::from(phantoms) * u64::from(total) < u64::from(place) * u64::from(self.phantoms) {
                phantoms += 1;
                world.add(self.coalition(), endpoint, Life::Phantom, horizon);
            } else {
                let life = match policy {
                    Policy::FlappingHalf if real % FLAPPING == 0 => Life::EveryOtherRound,
                    Policy::FlappingFifth if real % FLAPPING == 0 => Life::OneRoundOfFive,
                    _ => Life::Steady,
                };
                world.add(real % self.owners(), endpoint, life, horizon);
                real += 1;
            }
        }
        let sybils = match policy {
            Policy::SybilOwner => Some(Life::Phantom),
            Policy::SybilBox => Some(Life::Steady),
            _ => None,
        };
        for port in 0..sybils.map_or(0, |_| SYBILS) {
            let endpoint = Endpoint::V4 { ip: [19, 0, 0, 1], port: 1_000 + port as u16 };
            world.add(self.sybil_owner(), endpoint, sybils.unwrap_or(Life::Phantom), horizon);
        }
        world
    }
}
