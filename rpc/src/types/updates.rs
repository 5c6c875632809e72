//! What subscribers are told.

use super::{ClosedEpoch, Device, Epoch, Explanation};
use polkadot_sdk::{sp_core::H256, sp_runtime::AccountId32};
use serde::Serialize;

/// A final block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Block {
    /// Its hash.
    pub hash: H256,
    /// Its number.
    pub number: u32,
}

/// How a round went, as far as it is accounted. Cohorts are accounted one by one: as soon as all members of a committee have
/// reported, or some time after the round is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoundSummary {
    /// The round.
    pub round: u32,
    /// Cohorts that there are.
    pub cohorts: u32,
    /// Cohorts that were judged.
    pub cohorts_judged: u32,
    /// Cohorts on which too few reported to judge by.
    pub cohorts_uncovered: u32,
    /// Devices judged.
    pub devices_judged: u64,
    /// Devices judged up.
    pub devices_up: u64,
    /// Reports counted.
    pub reports: u64,
    /// Whether all cohorts are accounted.
    pub complete: bool,
    /// The block up to which it is told.
    pub block: Block,
}

/// An epoch closed, or the subscription began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EpochUpdate {
    /// The epoch that closed; null in the first message.
    pub closed: Option<ClosedEpoch>,
    /// The one that runs.
    pub running: Epoch,
    /// The block as of which that is.
    pub block: Block,
}

/// A device changed, or the subscription began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceUpdate {
    /// The device that is subscribed to.
    pub id: AccountId32,
    /// As it is; null if it is not registered any more.
    pub device: Option<Device>,
    /// Why it earns what it earns; null if it is not registered any more.
    pub explanation: Option<Explanation>,
    /// The block as of which that is.
    pub block: Block,
}
