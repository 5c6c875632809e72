//! Answers of `VouchApi` and `WorkApi`: what the pallets know, put together for one question. Reads only.

use crate::{AccountId, Balance, BlockNumber, Devices, Rewards, Runtime, System, Uptime, Work};
use alloc::{collections::BTreeMap, vec::Vec};
use pallet_rewards::Pool;
use vouch_primitives::{
    api::{
        ClassProjection, CommitteeInfo, DeviceInfo, DeviceSummary, EpochStatus, Explanation, NetworkInfo,
        PendingReward, ProberInfo,
    },
    explain::{self, Account, Progress},
    history::{History, LaneHistory},
    lanes::NO_ANSWER,
    points::{round_points, MAX_STREAK},
    traits::{DeviceRegistry, ProberDirectory},
    work::api::WorkerInfo,
    CohortId, DeviceId, Place,
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
        last_work_rate: Rewards::last_rate_of(Pool::Work),
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
    remembered_by(Uptime::history(place.cohort).as_ref(), place)
}

fn remembered_by(history: Option<&History>, place: Place) -> pallet_devices::Remembered {
    history.map_or((LaneHistory::default(), 0, NO_ANSWER, false), |history| {
        let (lane, latency) = (history.lane(place.lane), history.last_latency.get(place.lane));
        (lane, history.next, latency, history.admitted.get(place.lane))
    })
}

/// See `VouchApi::fleet`.
pub fn fleet(owner: &AccountId, after: Option<DeviceId>, limit: u32) -> Vec<DeviceSummary<Balance, BlockNumber>> {
    let devices = Devices::devices_of(owner, after, limit);
    let mut cohorts = BTreeMap::<CohortId, Vec<_>>::new();
    for (n, device) in devices.into_iter().enumerate() {
        if let Some((class, place, state)) = Devices::in_short(&device) {
            cohorts.entry(place.cohort).or_default().push((n, device, class, place, state));
        }
    }
    // Of one cohort after the other: all their pages together may be more than a runtime has memory for.
    let mut fleet = BTreeMap::new();
    for (cohort, devices) in cohorts {
        let history = Uptime::history(cohort);
        let lanes: Vec<_> = devices.iter().map(|(_, _, _, place, _)| place.lane).collect();
        let pending = Rewards::pending_of_many(cohort, &lanes);
        for ((n, device, class, place, state), [uptime, work]) in devices.into_iter().zip(pending) {
            let (history, _, latency_code, admitted) = remembered_by(history.as_ref(), place);
            let summary = DeviceSummary {
                device,
                class,
                place,
                state,
                history,
                latency_code,
                admitted,
                accrued: uptime.accrued.saturating_add(work.accrued),
                held: uptime.held,
                points: uptime.points,
            };
            fleet.insert(n, summary);
        }
    }
    fleet.into_values().collect()
}

/// See `VouchApi::epoch`.
pub fn epoch() -> EpochStatus<Balance> {
    let (round, epoch) = (Uptime::current_round(), Rewards::epoch_info());
    let [uptime, probing, work] = Pool::ALL.map(Rewards::pool_status);
    let rounds_to_come = epoch.rounds_per_epoch.saturating_sub(epoch.rounds_done).saturating_sub(1);
    let next_round = round.start.saturating_add(round.length);
    EpochStatus {
        index: epoch.index,
        rounds_done: epoch.rounds_done,
        rounds_per_epoch: epoch.rounds_per_epoch,
        blocks_left: next_round
            .saturating_sub(System::block_number())
            .saturating_add(rounds_to_come.saturating_mul(round.length)),
        emission: epoch.emission,
        uptime,
        probing,
        work,
    }
}

/// See `VouchApi::projections`.
pub fn projections() -> Vec<ClassProjection<Balance>> {
    let rounds = u64::from(Rewards::epoch_info().rounds_per_epoch);
    let uptime = Rewards::pool_status(Pool::Uptime);
    let rate = uptime.projected_rate.or(uptime.last_rate);
    Devices::classes()
        .into_iter()
        .zip(0..)
        .map(|(class, id)| {
            let points = u64::from(round_points(class.weight, 0, MAX_STREAK)).saturating_mul(rounds);
            ClassProjection {
                class: id,
                name: class.name.into_inner(),
                weight: class.weight,
                bond: class.bond,
                points,
                reward: rate.map(|rate| rate.saturating_mul(points.into())),
            }
        })
        .collect()
}

/// See `VouchApi::tenant`.
pub fn tenant(place: Place) -> Option<DeviceId> {
    Devices::occupant(place)
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
    let account = Account {
        pending: Rewards::pending(info.place),
        work: Rewards::pending_work(info.place),
        last: Rewards::last_paid(info.place),
        progress: Progress {
            round: Uptime::current_round().index,
            rounds_done: epoch.rounds_done,
            rounds_per_epoch: epoch.rounds_per_epoch,
        },
    };
    Some(explain::explain(&info, account))
}

/// See `VouchApi::prober`.
pub fn prober(validator: &AccountId) -> Option<ProberInfo<Balance>> {
    let number = Uptime::number(validator)?;
    let (record, pending) = (Uptime::prober_record(number), Rewards::pending_probing(number));
    let reasons = explain::prober_reasons(&record, &pending);
    Some(ProberInfo { number, record, pending, last_rate: Rewards::last_rate_of(Pool::Probing), reasons })
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
