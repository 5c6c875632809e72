//! Answers about the network as a whole.

use super::{Amount, Class};
use serde::Serialize;
use vouch_primitives::api;

/// The network at a glance.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Network {
    /// The running round.
    pub round: u32,
    /// Its first block.
    pub round_start: u32,
    /// Its length in blocks.
    pub round_length: u32,
    /// Members of a committee, where there are enough probers.
    pub committee_size: u32,
    /// Validators that probe in this round.
    pub probers: u32,
    /// The running epoch.
    pub epoch: u32,
    /// Rounds of it that are over.
    pub rounds_done: u32,
    /// Rounds of it in all.
    pub rounds_per_epoch: u32,
    /// Planck to be minted when it closes.
    pub emission: Amount,
    /// Registered devices.
    pub devices: u32,
    /// Cohorts ever opened.
    pub cohorts: u32,
}

impl From<api::NetworkInfo<u128, u32>> for Network {
    fn from(info: api::NetworkInfo<u128, u32>) -> Self {
        Self {
            round: info.round,
            round_start: info.round_start,
            round_length: info.round_length,
            committee_size: info.committee_size,
            probers: info.probers,
            epoch: info.epoch,
            rounds_done: info.rounds_done,
            rounds_per_epoch: info.rounds_per_epoch,
            emission: Amount(info.emission),
            devices: info.devices,
            cohorts: info.cohorts,
        }
    }
}

/// What the best device of a class would earn for uptime in an epoch at today's figures.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassProjection {
    /// The class.
    pub class: Class,
    /// Planck held for a device of it that is registered now.
    pub bond: Amount,
    /// Points of an epoch: up in every round, with the longest streak and no latency to speak of.
    pub points: u64,
    /// Planck that they are worth at the projected rate of the running epoch or, before there is one, at that of the last; null
    /// before both.
    pub reward: Option<Amount>,
}

impl From<api::ClassProjection<u128>> for ClassProjection {
    fn from(projection: api::ClassProjection<u128>) -> Self {
        Self {
            class: Class::new(projection.class, &projection.name, projection.weight),
            bond: Amount(projection.bond),
            points: projection.points,
            reward: projection.reward.map(Amount),
        }
    }
}
