//! Answers about epochs.

use super::Amount;
use serde::Serialize;
use vouch_primitives::api;

/// The running epoch of one pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pool {
    /// Planck to be divided when it closes, with what earlier epochs carried over.
    pub budget: Amount,
    /// Points earned so far.
    pub points: u64,
    /// Planck per point of the last closed epoch; null before one has closed.
    pub last_rate: Option<Amount>,
    /// Planck per point if the rest of the epoch earns as many points a round as what is over of it; null before anything was
    /// earned in it.
    pub projected_rate: Option<Amount>,
}

impl From<api::PoolStatus<u128>> for Pool {
    fn from(pool: api::PoolStatus<u128>) -> Self {
        Self {
            budget: Amount(pool.budget),
            points: pool.points,
            last_rate: pool.last_rate.map(Amount),
            projected_rate: pool.projected_rate.map(Amount),
        }
    }
}

/// The running epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Epoch {
    /// Its number.
    pub index: u32,
    /// Rounds of it that are over.
    pub rounds_done: u32,
    /// Rounds of it in all.
    pub rounds_per_epoch: u32,
    /// Blocks until it closes, if the rounds to come are as long as the running one.
    pub blocks_left: u32,
    /// Planck to be minted when it closes.
    pub emission: Amount,
    /// What devices earn by being up.
    pub uptime: Pool,
    /// What validators earn by probing.
    pub probing: Pool,
    /// What devices earn by work, besides what requesters pay.
    pub work: Pool,
}

impl From<api::EpochStatus<u128>> for Epoch {
    fn from(epoch: api::EpochStatus<u128>) -> Self {
        Self {
            index: epoch.index,
            rounds_done: epoch.rounds_done,
            rounds_per_epoch: epoch.rounds_per_epoch,
            blocks_left: epoch.blocks_left,
            emission: Amount(epoch.emission),
            uptime: epoch.uptime.into(),
            probing: epoch.probing.into(),
            work: epoch.work.into(),
        }
    }
}

/// An epoch that closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClosedEpoch {
    /// Its number.
    pub index: u32,
    /// Planck minted.
    pub minted: Amount,
    /// Planck of these, and of what earlier epochs left, that went to the treasury.
    pub treasury: Amount,
    /// Points for uptime, of all devices.
    pub uptime_points: u64,
    /// Planck that each was worth.
    pub uptime_rate: Amount,
    /// Points for probing, of all validators.
    pub probing_points: u64,
    /// Planck that each was worth.
    pub probing_rate: Amount,
    /// Points for work, of all devices.
    pub work_points: u64,
    /// Planck that each was worth.
    pub work_rate: Amount,
}

impl From<&api::ClosedEpoch<u128>> for ClosedEpoch {
    fn from(epoch: &api::ClosedEpoch<u128>) -> Self {
        Self {
            index: epoch.index,
            minted: Amount(epoch.minted),
            treasury: Amount(epoch.treasury),
            uptime_points: epoch.uptime_points,
            uptime_rate: Amount(epoch.uptime_rate),
            probing_points: epoch.probing_points,
            probing_rate: Amount(epoch.probing_rate),
            work_points: epoch.work_points,
            work_rate: Amount(epoch.work_rate),
        }
    }
}
