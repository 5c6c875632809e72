//! Answers of `VouchApi` and `WorkApi`: what the pallets know, put together for one question. Reads only.

use crate::{AccountId, Balance, BlockNumber, Devices, Rewards, Runtime, Uptime, Work};
use alloc::vec::Vec;
use vouch_primitives::{
    api::{CommitteeInfo, DeviceInfo, Explanation, NetworkInfo, PendingReward, ProberInfo},
    explain::{self, Progress},
    history::LaneHistory,
    lanes::NO_ANSWER,
    traits::{DeviceRegistry, ProberDirectory},
    work::api::WorkerInfo,
    DeviceId, Place,
};

/// See `VouchApi::network`.
pub fn network() -> NetworkInfo<Balance, BlockNumber> {
    let round = Uptime::current_round();
    let epoch = Rewards::epoch_info();
    NetworkInfo {
        round: round.index,
        round_start: round.start,
        round_length: round.length,
        committee_size: round.committee_size,
        probers: Uptime::prober_count(),
        epoch: epoch.index,
        rounds_done: epoch.rounds_done,
        rounds_per_epoch: epoch.rounds_per_epoch,
        emission: epoch.emission,
        uptime_budget: epoch.uptime_budget,
        total_points: epoch.total_points,
        work_budget: epoch.work_budget,
        work_points: epoch.work_points,
        last_work_rate: Rewards::last_work_rate(),
        devices: pallet_devices::DeviceCount::<Runtime>::get(),
        cohorts: Devices::cohorts(),
    }
}

/// See `VouchApi::device`.
pub fn device(device: &DeviceId) -> Option<DeviceInfo<AccountId, Balance, BlockNumber>> {
    Devices::info(device, remembered)
}

/// What the cohort's history says of a place.
fn remembered(place: Place) -> pallet_devices::Remembered {
    Uptime::history(place.cohort).map_or((LaneHistory::default(), 0, NO_ANSWER, false), |history| {
        let (lane, latency) = (history.lane(place.lane), history.last_latency.get(place.lane));
        (lane, history.next, latency, history.admitted.get(place.lane))
    })
}

/// See `VouchApi::devices_of`.
pub fn devices_of(owner: &AccountId, after: Option<DeviceId>, limit: u32) -> Vec<DeviceId> {
    Devices::devices_of(owner, after, limit)
}

/// See `VouchApi::proof_nonce`.
pub fn proof_nonce(device: &DeviceId) -> u32 {
    Devices::proof_nonce(device)
}

/// See `VouchApi::committee`.
pub fn committee(device: &DeviceId) -> Option<CommitteeInfo> {
    Devices::payee(device).map(|(place, _)| Uptime::committee_of(place.cohort))
}

/// See `VouchApi::pending_reward`.
pub fn pending_reward(device: &DeviceId) -> Option<PendingReward<Balance>> {
    Devices::payee(device).map(|(place, _)| Rewards::pending(place))
}

/// See `VouchApi::pending_work`.
pub fn pending_work(device: &DeviceId) -> Option<PendingReward<Balance>> {
    Devices::payee(device).map(|(place, _)| Rewards::pending_work(place))
}

/// See `VouchApi::explain`.
pub fn explain(device: &DeviceId) -> Option<Explanation<Balance>> {
    let info = self::device(device)?;
    let epoch = Rewards::epoch_info();
    let progress = Progress { rounds_done: epoch.rounds_done, rounds_per_epoch: epoch.rounds_per_epoch };
    let (pending, work) = (Rewards::pending(info.place), Rewards::pending_work(info.place));
    Some(explain::explain(&info, pending, work, Rewards::last_rate(), progress))
}

/// See `VouchApi::prober`.
pub fn prober(validator: &AccountId) -> Option<ProberInfo<Balance>> {
    let number = Uptime::number(validator)?;
    let (record, pending) = (Uptime::prober_record(number), Rewards::pending_probing(number));
    let reasons = explain::prober_reasons(&record, &pending);
    Some(ProberInfo { number, record, pending, last_rate: Rewards::last_probing_rate(), reasons })
}

/// See `WorkApi::worker`.
pub fn worker(device: &DeviceId) -> Option<WorkerInfo<Balance>> {
    let pallet_work::types::Worker { place, slots, memory, valid, missed, from, busy, held } = Work::worker(device)?;
    let receipts = Work::receipts(device);
    let mut epochs: Vec<_> = receipts.iter().map(|receipt| receipt.epoch).collect();
    epochs.dedup();
    let rates = epochs.into_iter().filter_map(|epoch| Some((epoch, Rewards::work_rate(epoch)?))).collect();
    let (held, pending) = (held.into_inner(), Rewards::pending_work(place));
    Some(WorkerInfo { slots, memory, valid, missed, from, busy, held, pending, receipts, rates })
}
