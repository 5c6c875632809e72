//! Why a device, or a prober, earns what it earns, from what the pallets know.

use crate::{
    accuracy::FULL,
    api::{DeviceInfo, DeviceState, Explanation, PendingReward, ProberReason, ProberRecord, Reason},
    history::LaneHistory,
    points::{latency_factor, round_points, streak_factor, MAX_STREAK},
};
use alloc::vec::Vec;
use polkadot_sdk::sp_runtime::traits::Zero;

/// How far the running epoch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Rounds of it that are over.
    pub rounds_done: u32,
    /// Rounds of an epoch in all.
    pub rounds_per_epoch: u32,
}

impl Progress {
    /// Whether a device with this history was up in the epoch that closed last, as far as the history reaches.
    fn was_up_in_last_epoch(&self, history: &LaneHistory) -> bool {
        let last = history.up.checked_shr(self.rounds_done).unwrap_or(0);
        last & u32::MAX.checked_shr(u32::BITS.saturating_sub(self.rounds_per_epoch)).unwrap_or(0) != 0
    }
}

/// Explains a device's reward for uptime, and tells what it has earned by `work` besides; `last_rate` is what a point of uptime
/// of the last closed epoch is worth, if one has closed.
pub fn explain<AccountId, Balance: Zero + Copy, BlockNumber>(
    info: &DeviceInfo<AccountId, Balance, BlockNumber>,
    pending: PendingReward<Balance>,
    work: PendingReward<Balance>,
    last_rate: Option<Balance>,
    progress: Progress,
) -> Explanation<Balance> {
    let history = info.history;
    Explanation {
        rounds_up: history.rounds_up(),
        rounds_down: history.rounds_down(),
        rounds_excused: history.excused.count_ones(),
        class_weight: info.class_weight,
        latency_factor: latency_factor(info.latency_code),
        streak_factor: streak_factor(info.streak),
        next_round_points: if info.admitted {
            round_points(info.class_weight, info.latency_code, info.streak)
        } else {
            0
        },
        reasons: reasons(info, &pending, last_rate, progress),
        last_rate,
        pending,
        work,
    }
}

/// Everything that lowers the reward for uptime, the gravest first.
fn reasons<AccountId, Balance: Zero, BlockNumber>(
    info: &DeviceInfo<AccountId, Balance, BlockNumber>,
    pending: &PendingReward<Balance>,
    last_rate: Option<Balance>,
    progress: Progress,
) -> Vec<Reason> {
    let history = &info.history;
    let active = matches!(info.state, DeviceState::Active);
    let (was_up, was_unjudged) = (history.up & 1 == 1, history.excused & 1 == 1);
    let judged = *history != LaneHistory::default();
    let unpaid = last_rate.is_some_and(|rate| rate.is_zero()) && progress.was_up_in_last_epoch(history);
    [
        (Reason::Leaving, matches!(info.state, DeviceState::Leaving(_))),
        (Reason::Excused, matches!(info.state, DeviceState::ExcusedUntil(_))),
        (Reason::NoEndpoint, info.endpoint.is_none()),
        (Reason::ClassWeighsNothing, info.class_weight == 0),
        (Reason::NotJudgedYet, !judged),
        (Reason::Down, active && judged && !was_up && !was_unjudged),
        (Reason::Uncovered, active && judged && was_unjudged),
        (Reason::Slow, was_up && latency_factor(info.latency_code) < latency_factor(0)),
        (Reason::ShortStreak, info.streak < MAX_STREAK),
        (Reason::EpochRunning, pending.points > 0),
        (Reason::RateWasZero, unpaid),
        (Reason::Admission, active && !info.admitted),
        (Reason::NeverAnswered, active && !info.admitted && history.up == 0 && history.rounds_silent() > 0),
        (Reason::HeldBack, !pending.held.is_zero()),
    ]
    .into_iter()
    .filter_map(|(reason, holds)| holds.then_some(reason))
    .collect()
}

/// Everything that lowers a prober's pay.
pub fn prober_reasons<Balance>(record: &ProberRecord, pending: &PendingReward<Balance>) -> Vec<ProberReason> {
    [
        (ProberReason::NotMeasuredYet, record.reports == 0),
        (ProberReason::Inaccurate, record.lanes > 0 && record.accuracy < FULL),
        (ProberReason::Outliers, record.outliers > 0),
        (ProberReason::FailedAudits, record.failed > 0),
        (ProberReason::SilentAudits, record.silent > 0),
        (ProberReason::AuditsOpen, record.open > 0),
        (ProberReason::EpochRunning, pending.points > 0),
    ]
    .into_iter()
    .filter_map(|(reason, holds)| holds.then_some(reason))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{lanes::NO_ANSWER, Endpoint, Place};
    use Reason::*;

    type Info = DeviceInfo<u64, u128, u32>;

    /// What a device has pending that does no work.
    const NO_WORK: PendingReward<u128> = PendingReward { accrued: 0, held: 0, epoch: 20, points: 0 };

    const PROGRESS: Progress = Progress { rounds_done: 1, rounds_per_epoch: 2 };

    /// A device that is as good as can be.
    fn perfect() -> Info {
        DeviceInfo {
            owner: 1,
            payee: 1,
            class: 0,
            class_name: b"standard".to_vec(),
            class_weight: 100,
            endpoint: Some(Endpoint::V4 { ip: [1, 1, 1, 1], port: 80 }),
            place: Place::nth(0),
            bond: 0,
            state: DeviceState::Active,
            history: LaneHistory { up: u32::MAX, excused: 0 },
            next_round: 40,
            streak: MAX_STREAK,
            latency_code: 3,
            admitted: true,
            nonce: 1,
        }
    }

    fn explained(info: &Info, points: u32, rate: Option<u128>) -> Explanation<u128> {
        explain(info, PendingReward { accrued: 5, held: 0, epoch: 20, points }, NO_WORK, rate, PROGRESS)
    }

    #[test]
    fn perfect_device_has_nothing_to_explain() {
        let explanation = explained(&perfect(), 0, Some(7));
        assert_eq!(explanation.reasons, []);
        assert_eq!((explanation.rounds_up, explanation.rounds_down, explanation.rounds_excused), (32, 0, 0));
        assert_eq!((explanation.next_round_points, explanation.last_rate), (12_500, Some(7)));
    }

    #[test]
    fn work_is_told_and_explains_nothing_of_the_reward_for_uptime() {
        let (uptime, work) = (NO_WORK, PendingReward { accrued: 9, held: 0, epoch: 20, points: 4 });
        let explanation = explain(&perfect(), uptime.clone(), work.clone(), Some(7), PROGRESS);
        assert_eq!((explanation.pending, explanation.work, explanation.reasons), (uptime, work, vec![]));
    }

    #[test]
    fn each_flaw_has_its_reason() {
        let history = |up, excused| LaneHistory { up, excused };
        let cases: [(Info, &[Reason]); 12] = [
            (DeviceInfo { state: DeviceState::Leaving(9), ..perfect() }, &[Leaving]),
            (DeviceInfo { state: DeviceState::ExcusedUntil(9), ..perfect() }, &[Excused]),
            (DeviceInfo { endpoint: None, ..perfect() }, &[NoEndpoint]),
            (DeviceInfo { class_weight: 0, ..perfect() }, &[ClassWeighsNothing]),
            (DeviceInfo { history: LaneHistory::default(), ..perfect() }, &[NotJudgedYet]),
            (DeviceInfo { history: history(u32::MAX << 1, 0), ..perfect() }, &[Down]),
            // One that never answered is down, not unjudged.
            (DeviceInfo { history: history(0, !1), latency_code: NO_ANSWER, ..perfect() }, &[Down]),
            (DeviceInfo { history: history(u32::MAX, 1), ..perfect() }, &[Uncovered]),
            (DeviceInfo { latency_code: 9, ..perfect() }, &[Slow]),
            (DeviceInfo { streak: 31, ..perfect() }, &[ShortStreak]),
            (DeviceInfo { admitted: false, ..perfect() }, &[Admission]),
            (DeviceInfo { admitted: false, history: history(0, !1), ..perfect() }, &[Down, Admission, NeverAnswered]),
        ];
        for (info, expected) in cases {
            assert_eq!(explained(&info, 0, Some(7)).reasons, expected, "{info:?}");
        }
        let held = PendingReward { accrued: 5, held: 1, epoch: 20, points: 0 };
        assert_eq!(explain(&perfect(), held, NO_WORK, Some(7), PROGRESS).reasons, [HeldBack]);
        assert_eq!(explained(&perfect(), 1, Some(7)).reasons, [EpochRunning]);
        assert_eq!(explained(&perfect(), 0, Some(0)).reasons, [RateWasZero]);
        assert_eq!(explained(&perfect(), 0, None).reasons, []);
    }

    #[test]
    fn rate_of_an_epoch_in_which_the_device_was_down_explains_nothing() {
        // Bit 0 is a round of the running epoch, bits 1 and 2 are the last one's.
        let was_down = DeviceInfo { history: LaneHistory { up: !0b110, excused: 0 }, ..perfect() };
        assert_eq!(explained(&was_down, 0, Some(0)).reasons, []);
    }

    #[test]
    fn each_flaw_of_a_prober_has_its_reason() {
        use ProberReason as Why;
        let good = ProberRecord { reports: 5, lanes: 5_000, accuracy: FULL, proven: 2, ..Default::default() };
        let paid = PendingReward { accrued: 5u128, held: 0, epoch: 3, points: 0 };
        let cases: [(ProberRecord, &[ProberReason]); 7] = [
            (good.clone(), &[]),
            (ProberRecord::default(), &[Why::NotMeasuredYet]),
            (ProberRecord { accuracy: 999, ..good.clone() }, &[Why::Inaccurate]),
            (ProberRecord { outliers: 1, ..good.clone() }, &[Why::Outliers]),
            (ProberRecord { failed: 1, ..good.clone() }, &[Why::FailedAudits]),
            (ProberRecord { silent: 1, ..good.clone() }, &[Why::SilentAudits]),
            (ProberRecord { open: 1, ..good.clone() }, &[Why::AuditsOpen]),
        ];
        for (record, expected) in cases {
            assert_eq!(prober_reasons(&record, &paid), expected, "{record:?}");
        }
        assert_eq!(prober_reasons(&good, &PendingReward { points: 1, ..paid }), [Why::EpochRunning]);
    }

    #[test]
    fn rounds_add_up_to_the_history() {
        let info = DeviceInfo { history: LaneHistory { up: 0b0110, excused: 0b0101 }, ..perfect() };
        let explanation = explained(&info, 0, None);
        assert_eq!((explanation.rounds_up, explanation.rounds_down, explanation.rounds_excused), (1, 29, 2));
    }
}
