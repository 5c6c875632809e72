//! Answers of `VouchApi`: what the pallets know, put together for one question. Reads only.

use crate::{AccountId, Balance, BlockNumber, Devices, Rewards, Runtime, Uptime};
use alloc::vec::Vec;
use vouch_primitives::{
    api::{CommitteeInfo, DeviceInfo, DeviceState, Explanation, NetworkInfo, PendingReward, Reason},
    history::LaneHistory,
    lanes::NO_ANSWER,
    points::{latency_factor, round_points, streak_factor, MAX_STREAK},
    traits::DeviceRegistry,
    DeviceId, Place, RoundIndex,
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
        devices: pallet_devices::DeviceCount::<Runtime>::get(),
        cohorts: Devices::cohorts(),
    }
}

/// See `VouchApi::device`.
pub fn device(device: &DeviceId) -> Option<DeviceInfo<AccountId, Balance, BlockNumber>> {
    Devices::info(device, remembered)
}

/// What the cohort's history says of a place.
fn remembered(place: Place) -> (LaneHistory, RoundIndex, u8) {
    Uptime::history(place.cohort).map_or((LaneHistory::default(), 0, NO_ANSWER), |history| {
        (history.lane(place.lane), history.next, history.last_latency.get(place.lane))
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

/// See `VouchApi::explain`.
pub fn explain(device: &DeviceId) -> Option<Explanation<Balance>> {
    let info = self::device(device)?;
    let pending = Rewards::pending(info.place);
    let (up, excused) = (info.history.up, info.history.excused);
    let last_rate = Rewards::last_rate();
    // Rounds before the device came are neither up nor excused, as rounds down are: `age` tells them apart.
    let age = u32::BITS - (up | excused).leading_zeros();
    let rounds_up = (up & !excused).count_ones();
    let rounds_excused = excused.count_ones();
    Some(Explanation {
        rounds_up,
        rounds_down: age.saturating_sub(rounds_up).saturating_sub(rounds_excused),
        rounds_excused,
        class_weight: info.class_weight,
        latency_factor: latency_factor(info.latency_code),
        streak_factor: streak_factor(info.streak),
        next_round_points: round_points(info.class_weight, info.latency_code, info.streak),
        reasons: reasons(&info, &pending, last_rate),
        last_rate,
        pending,
    })
}

/// Everything that lowers the reward of a device, the gravest first.
fn reasons(
    info: &DeviceInfo<AccountId, Balance, BlockNumber>,
    pending: &PendingReward<Balance>,
    last_rate: Option<Balance>,
) -> Vec<Reason> {
    let LaneHistory { up, excused } = info.history;
    let judged = info.latency_code != NO_ANSWER || up != 0;
    let (was_up, was_excused) = (up & 1 == 1, excused & 1 == 1);
    let active = info.state == DeviceState::Active;
    let conditions = [
        (Reason::Leaving, matches!(info.state, DeviceState::Leaving(_))),
        (Reason::Excused, matches!(info.state, DeviceState::ExcusedUntil(_))),
        (Reason::NoEndpoint, info.endpoint.is_none()),
        (Reason::ClassWeighsNothing, info.class_weight == 0),
        (Reason::NotJudgedYet, !judged),
        (Reason::Down, active && judged && !was_up && !was_excused),
        (Reason::Uncovered, active && was_excused),
        (Reason::Slow, judged && latency_factor(info.latency_code) < latency_factor(0)),
        (Reason::ShortStreak, info.streak < MAX_STREAK),
        (Reason::EpochRunning, pending.points > 0),
        (Reason::RateWasZero, last_rate == Some(0)),
    ];
    conditions.into_iter().filter_map(|(reason, holds)| holds.then_some(reason)).collect()
}
