//! Answers about devices.

use super::Amount;
use polkadot_sdk::{sp_core::H256, sp_runtime::AccountId32};
use serde::Serialize;
use vouch_primitives::{
    api::{self, code, CommitteeInfo, DeviceInfo, EpochAccount, PendingReward},
    history::{LaneHistory, HISTORY_ROUNDS},
    lanes::latency_ceiling_ms,
};

/// A class of devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Class {
    /// Its index in the class table.
    pub index: u8,
    /// Its name.
    pub name: String,
    /// Its weight, hundredths of a standard device.
    pub weight: u16,
}

impl Class {
    pub(crate) fn new(index: u8, name: &[u8], weight: u16) -> Self {
        Self { index, name: String::from_utf8_lossy(name).into_owned(), weight }
    }
}

/// What a device is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum DeviceState {
    /// Probed and judged.
    Active,
    /// Not judged before a round: it joined, came back, changed its key or declared maintenance.
    Excused {
        /// The round.
        until: u32,
    },
    /// Deregistered.
    Leaving {
        /// The block from which its bond can be released.
        free_from: u32,
    },
}

impl From<api::DeviceState<u32>> for DeviceState {
    fn from(state: api::DeviceState<u32>) -> Self {
        match state {
            api::DeviceState::Active => Self::Active,
            api::DeviceState::ExcusedUntil(until) => Self::Excused { until },
            api::DeviceState::Leaving(free_from) => Self::Leaving { free_from },
        }
    }
}

/// The last 32 rounds, one letter each, the newest first: `u` judged up, `c` counted as up without judgement, `d` judged down, `-`
/// neither judged nor counted as up.
fn letters(history: &LaneHistory) -> String {
    (0..HISTORY_ROUNDS)
        .map(|round| match (history.up >> round & 1, history.excused >> round & 1) {
            (1, 0) => 'u',
            (1, _) => 'c',
            (_, 0) => 'd',
            _ => '-',
        })
        .collect()
}

/// A registered device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// The device.
    pub device: AccountId32,
    /// Who registered it, bonds for it and may change it.
    pub owner: AccountId32,
    /// Who is paid for it.
    pub payee: AccountId32,
    /// Its class.
    pub class: Class,
    /// Where it answers, as `ip:port`; null if it publishes no address.
    pub endpoint: Option<String>,
    /// Its cohort.
    pub cohort: u32,
    /// Its lane in the cohort.
    pub lane: u16,
    /// Planck held from the owner for it.
    pub bond: Amount,
    /// What it is doing.
    pub state: DeviceState,
    /// Its last 32 rounds, one letter each, the newest first: `u` judged up, `c` counted as up without judgement, `d` judged down,
    /// `-` neither judged nor counted as up.
    pub history: String,
    /// The first round that `history` does not contain yet.
    pub next_round: u32,
    /// Rounds up since it was last judged down.
    pub streak: u32,
    /// Longest round trip in milliseconds that its latency in its last covered round may have been; null if there was none, or it
    /// was above 8 seconds.
    pub latency_ms: Option<u32>,
    /// Whether it is paid for rounds up: it has been up at its address in as many as admission takes.
    pub admitted: bool,
    /// Proofs of possession its key has spent: the nonce of the next.
    pub nonce: u32,
}

impl Device {
    pub(crate) fn new(device: AccountId32, info: DeviceInfo<AccountId32, u128, u32>) -> Self {
        Self {
            device,
            owner: info.owner,
            payee: info.payee,
            class: Class::new(info.class, &info.class_name, info.class_weight),
            endpoint: info.endpoint.map(|endpoint| endpoint.to_string()),
            cohort: info.place.cohort,
            lane: info.place.lane,
            bond: Amount(info.bond),
            state: info.state.into(),
            history: letters(&info.history),
            next_round: info.next_round,
            streak: info.streak,
            latency_ms: latency_ceiling_ms(info.latency_code),
            admitted: info.admitted,
            nonce: info.nonce,
        }
    }
}

/// One of an owner's devices, in short.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceSummary {
    /// The device.
    pub device: AccountId32,
    /// Index of its class.
    pub class: u8,
    /// Its cohort.
    pub cohort: u32,
    /// Its lane in the cohort.
    pub lane: u16,
    /// What it is doing.
    pub state: DeviceState,
    /// Its last 32 rounds, as a device's own answer has them.
    pub history: String,
    /// Longest round trip in milliseconds that its latency in its last covered round may have been; null if there was none, or it
    /// was above 8 seconds.
    pub latency_ms: Option<u32>,
    /// Whether it is paid for rounds up.
    pub admitted: bool,
    /// Planck that a claim would pay for it now, for uptime and work.
    pub accrued: Amount,
    /// Planck held back.
    pub held: Amount,
    /// Points for uptime in the running epoch.
    pub points: u32,
}

impl From<api::DeviceSummary<u128, u32>> for DeviceSummary {
    fn from(summary: api::DeviceSummary<u128, u32>) -> Self {
        Self {
            device: summary.device,
            class: summary.class,
            cohort: summary.place.cohort,
            lane: summary.place.lane,
            state: summary.state.into(),
            history: letters(&summary.history),
            latency_ms: latency_ceiling_ms(summary.latency_code),
            admitted: summary.admitted,
            accrued: Amount(summary.accrued),
            held: Amount(summary.held),
            points: summary.points,
        }
    }
}

/// A member of a device's committee.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommitteeMember {
    /// Index in the round's prober set.
    pub index: u16,
    /// The session key it probes with.
    pub prober: H256,
    /// Whether its report on the cohort is in.
    pub reported: bool,
}

/// Who probes a device.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Committee {
    /// The round.
    pub round: u32,
    /// Its seed, from which the draw can be repeated.
    pub seed: H256,
    /// The members, in the order drawn.
    pub members: Vec<CommitteeMember>,
}

impl From<CommitteeInfo> for Committee {
    fn from(info: CommitteeInfo) -> Self {
        let member = |member: api::CommitteeMember| CommitteeMember {
            index: member.index,
            prober: H256::from_slice(member.prober.as_ref()),
            reported: member.reported,
        };
        Self { round: info.round, seed: info.seed, members: info.members.into_iter().map(member).collect() }
    }
}

/// What was earned by one thing and not been paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pending {
    /// Planck of closed epochs: what a claim would pay of it now.
    pub accrued: Amount,
    /// Planck of closed epochs that are held back as security.
    pub held: Amount,
    /// The running epoch.
    pub epoch: u32,
    /// Points in it so far, worth something once it closes.
    pub points: u32,
}

impl From<PendingReward<u128>> for Pending {
    fn from(pending: PendingReward<u128>) -> Self {
        Self {
            accrued: Amount(pending.accrued),
            held: Amount(pending.held),
            epoch: pending.epoch,
            points: pending.points,
        }
    }
}

/// What the epoch that closed last brought a device for uptime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LastEpoch {
    /// The epoch.
    pub epoch: u32,
    /// Of its rounds, as far as the 32 last are remembered: counted as up.
    pub rounds_up: u32,
    /// Judged down.
    pub rounds_down: u32,
    /// Without judgement and not counted as up.
    pub rounds_excused: u32,
    /// Points credited in it; a round that is tallied late counts for the next epoch.
    pub points: u32,
    /// Planck per point.
    pub rate: Amount,
    /// Planck that the points were worth.
    pub amount: Amount,
    /// Planck of these that were held back when it closed.
    pub held: Amount,
    /// Everything that lowered it; see *Reason*.
    pub reasons: Vec<String>,
}

impl From<EpochAccount<u128>> for LastEpoch {
    fn from(account: EpochAccount<u128>) -> Self {
        Self {
            epoch: account.epoch,
            rounds_up: account.rounds_up,
            rounds_down: account.rounds_down,
            rounds_excused: account.rounds_excused,
            points: account.points,
            rate: Amount(account.rate),
            amount: Amount(account.amount),
            held: Amount(account.held),
            reasons: account.reasons.into_iter().map(code).collect(),
        }
    }
}

/// Why a device earns what it earns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// What it has earned for uptime and not been paid.
    pub uptime: Pending,
    /// What it has earned by work from the chain and not been paid.
    pub work: Pending,
    /// Of the last 32 rounds: judged up.
    pub rounds_up: u32,
    /// Of the last 32 rounds: judged down.
    pub rounds_down: u32,
    /// Of the last 32 rounds: without judgement, whether or not they were paid as the last covered one; those before the device
    /// came are among them.
    pub rounds_excused: u32,
    /// The class's weight, hundredths of a standard device.
    pub class_weight: u16,
    /// Latency factor of the last covered round, percent.
    pub latency_factor: u32,
    /// Streak factor of the next round, percent.
    pub streak_factor: u32,
    /// Points the next round adds if the device is up with unchanged latency; none before it is admitted.
    pub next_round_points: u32,
    /// Planck per point of uptime of the last closed epoch; null before one has closed.
    pub last_rate: Option<Amount>,
    /// Everything that lowers the reward as of now; see *Reason*.
    pub reasons: Vec<String>,
    /// What the epoch that closed last brought; null before one has closed.
    pub last: Option<LastEpoch>,
}

impl From<api::Explanation<u128>> for Explanation {
    fn from(explained: api::Explanation<u128>) -> Self {
        Self {
            uptime: explained.pending.into(),
            work: explained.work.into(),
            rounds_up: explained.rounds_up,
            rounds_down: explained.rounds_down,
            rounds_excused: explained.rounds_excused,
            class_weight: explained.class_weight,
            latency_factor: explained.latency_factor,
            streak_factor: explained.streak_factor,
            next_round_points: explained.next_round_points,
            last_rate: explained.last_rate.map(Amount),
            reasons: explained.reasons.into_iter().map(code).collect(),
            last: explained.last.map(Into::into),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use vouch_primitives::{Endpoint, Place};

    #[test]
    fn history_reads_from_the_newest_round() {
        let history = LaneHistory { up: 0b0101, excused: 0b1100 };
        assert_eq!(letters(&history), format!("udc-{}", "d".repeat(28)));
    }

    #[test]
    fn device_is_camel_case_with_strings_where_numbers_lose_digits() {
        let id = AccountId32::new([1; 32]);
        let info = DeviceInfo {
            owner: id.clone(),
            payee: id.clone(),
            class: 2,
            class_name: b"router".to_vec(),
            class_weight: 150,
            endpoint: Some(Endpoint::V4 { ip: [1, 2, 3, 4], port: 80 }),
            place: Place { cohort: 5, lane: 6 },
            bond: u128::MAX,
            state: api::DeviceState::Leaving(9),
            history: LaneHistory::default(),
            next_round: 7,
            streak: 0,
            latency_code: 3,
            admitted: false,
            nonce: 1,
        };
        let expected = json!({
            "device": id.to_string(),
            "owner": id.to_string(),
            "payee": id.to_string(),
            "class": { "index": 2, "name": "router", "weight": 150 },
            "endpoint": "1.2.3.4:80",
            "cohort": 5,
            "lane": 6,
            "bond": "340282366920938463463374607431768211455",
            "state": { "kind": "leaving", "freeFrom": 9 },
            "history": "-".repeat(32),
            "nextRound": 7,
            "streak": 0,
            "latencyMs": 7,
            "admitted": false,
            "nonce": 1,
        });
        assert_eq!(serde_json::to_value(Device::new(id, info)).unwrap(), expected);
    }
}
