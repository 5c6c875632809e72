//! Why a device, or a prober, earns what it earns, from what the pallets know.

use crate::{
    accuracy::FULL,
    api::{DeviceInfo, DeviceState, EpochAccount, Explanation, PendingReward, ProberReason, ProberRecord, Reason},
    emission::payment,
    history::{LaneHistory, HISTORY_ROUNDS},
    points::{latency_factor, round_points, streak_factor, MAX_STREAK},
    ClassWeight, EpochIndex, Points, RoundIndex,
};
use alloc::vec::Vec;
use core::ops::Range;
use polkadot_sdk::{sp_arithmetic::traits::AtLeast32BitUnsigned, sp_runtime::traits::Zero};

/// How far the running epoch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The running round.
    pub round: RoundIndex,
    /// Rounds of the epoch that are over.
    pub rounds_done: u32,
    /// Rounds of an epoch in all.
    pub rounds_per_epoch: u32,
}

impl Progress {
    /// Which bits of a history are rounds of the epoch that closed last; `next` is the first round that the history does not
    /// contain. Taken for granted is that it was as long as the running one.
    fn last_epoch(&self, next: RoundIndex) -> Range<u32> {
        let ended = i64::from(self.rounds_done) + i64::from(next) - i64::from(self.round);
        let bit = |bit: i64| bit.clamp(0, HISTORY_ROUNDS.into()) as u32;
        bit(ended)..bit(ended + i64::from(self.rounds_per_epoch))
    }
}

/// What a device was credited and paid for uptime in a closed epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid<Balance> {
    /// The epoch.
    pub epoch: EpochIndex,
    /// Points credited in it.
    pub points: Points,
    /// Planck per point.
    pub rate: Balance,
    /// Planck of these that were held back.
    pub held: Balance,
}

/// What explains a device's reward besides the device itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account<Balance> {
    /// What is pending for uptime.
    pub pending: PendingReward<Balance>,
    /// What is pending for work.
    pub work: PendingReward<Balance>,
    /// What the epoch that closed last paid; `None` before one has closed.
    pub last: Option<Paid<Balance>>,
    /// How far the running epoch is.
    pub progress: Progress,
}

/// Explains a device's reward for uptime in the running and the last closed epoch, and tells what it has earned by work besides.
pub fn explain<AccountId, Balance: AtLeast32BitUnsigned + Copy, BlockNumber>(
    info: &DeviceInfo<AccountId, Balance, BlockNumber>,
    account: Account<Balance>,
) -> Explanation<Balance> {
    let history = info.history;
    let Account { pending, work, last, progress } = account;
    let rounds = Rounds { history, within: progress.last_epoch(info.next_round) };
    let last_rate = last.map(|paid| paid.rate);
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
        reasons: reasons(info, &pending, last_rate, &rounds),
        last: last.map(|paid| account_of(info.class_weight, paid, &rounds)),
        last_rate,
        pending,
        work,
    }
}

/// Some rounds of a history.
struct Rounds {
    history: LaneHistory,
    /// Which bits.
    within: Range<u32>,
}

impl Rounds {
    fn mask(&self) -> u32 {
        let bits = |bits: u32| !u32::MAX.unbounded_shl(bits);
        bits(self.within.end) & !bits(self.within.start)
    }

    /// Counted as up, judged or not.
    fn up(&self) -> u32 {
        (self.history.up & self.mask()).count_ones()
    }

    fn down(&self) -> u32 {
        (!self.history.up & !self.history.excused & self.mask()).count_ones()
    }

    fn excused(&self) -> u32 {
        (!self.history.up & self.history.excused & self.mask()).count_ones()
    }

    /// The streak with which round `bit` began, as far as it is remembered.
    fn streak_before(&self, bit: u32) -> u32 {
        let shift = |bits: u32| bits.unbounded_shr(bit + 1);
        LaneHistory { up: shift(self.history.up), excused: shift(self.history.excused) }.streak()
    }

    /// Whether a round down, or the device's coming, is remembered so shortly before that streaks were not at their longest.
    fn began_short(&self) -> bool {
        self.within.clone().any(|bit| self.streak_before(bit) < (HISTORY_ROUNDS - 1 - bit).min(MAX_STREAK))
    }

    /// Whether the device came while these rounds, or those that admitted it before, went by.
    fn saw_it_come(&self) -> bool {
        let gone = u32::MAX << (HISTORY_ROUNDS - 1);
        self.history.up & gone == 0 && self.history.excused & gone != 0
    }

    /// The least that the rounds judged up would have brought a fast and admitted device. The newest may have been tallied when
    /// the next epoch ran, and does not count.
    fn points_if_fast(&self, weight: ClassWeight) -> u64 {
        let counts = |bit: &u32| *bit > self.within.start && self.history.up & !self.history.excused & (1 << bit) != 0;
        self.within.clone().filter(counts).map(|bit| u64::from(round_points(weight, 0, self.streak_before(bit)))).sum()
    }
}

/// What a closed epoch brought a device of class weight `weight`, which it went through in `rounds`.
fn account_of<Balance: AtLeast32BitUnsigned + Copy>(
    weight: ClassWeight,
    paid: Paid<Balance>,
    rounds: &Rounds,
) -> EpochAccount<Balance> {
    let falls_short = u64::from(paid.points) < rounds.points_if_fast(weight);
    let reasons = [
        (Reason::ClassWeighsNothing, weight == 0),
        (Reason::Down, rounds.down() > 0),
        (Reason::NotJudged, rounds.excused() > 0),
        (Reason::Admission, falls_short && rounds.saw_it_come()),
        (Reason::Slow, falls_short && !rounds.saw_it_come()),
        (Reason::ShortStreak, rounds.up() > 0 && rounds.began_short()),
        (Reason::RateWasZero, paid.points > 0 && paid.rate.is_zero()),
        (Reason::HeldBack, paid.points > 0 && !paid.held.is_zero()),
    ];
    EpochAccount {
        epoch: paid.epoch,
        rounds_up: rounds.up(),
        rounds_down: rounds.down(),
        rounds_excused: rounds.excused(),
        points: paid.points,
        rate: paid.rate,
        amount: payment(paid.points, paid.rate),
        held: payment(paid.points, paid.held),
        reasons: that_hold(reasons),
    }
}

fn that_hold<const N: usize, Why>(reasons: [(Why, bool); N]) -> Vec<Why> {
    reasons.into_iter().filter_map(|(reason, holds)| holds.then_some(reason)).collect()
}

/// Everything that lowers the reward for uptime, the gravest first.
fn reasons<AccountId, Balance: Zero, BlockNumber>(
    info: &DeviceInfo<AccountId, Balance, BlockNumber>,
    pending: &PendingReward<Balance>,
    last_rate: Option<Balance>,
    last: &Rounds,
) -> Vec<Reason> {
    let history = &info.history;
    let active = matches!(info.state, DeviceState::Active);
    let (was_up, was_unjudged) = (history.up & 1 == 1, history.excused & 1 == 1);
    let judged = *history != LaneHistory::default();
    let unpaid = last_rate.is_some_and(|rate| rate.is_zero()) && last.up() > 0;
    that_hold([
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
    ])
}

/// Everything that lowers a prober's pay.
pub fn prober_reasons<Balance>(record: &ProberRecord, pending: &PendingReward<Balance>) -> Vec<ProberReason> {
    that_hold([
        (ProberReason::NotMeasuredYet, record.reports == 0),
        (ProberReason::Inaccurate, record.lanes > 0 && record.accuracy < FULL),
        (ProberReason::Outliers, record.outliers > 0),
        (ProberReason::FailedAudits, record.failed > 0),
        (ProberReason::SilentAudits, record.silent > 0),
        (ProberReason::AuditsOpen, record.open > 0),
        (ProberReason::EpochRunning, pending.points > 0),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{lanes::NO_ANSWER, Endpoint, Place};
    use Reason::*;

    type Info = DeviceInfo<u64, u128, u32>;

    /// What a device has pending that does no work.
    const NO_WORK: PendingReward<u128> = PendingReward { accrued: 0, held: 0, epoch: 20, points: 0 };

    /// Bit 0 of a history up to round 39 is a round of the running epoch, bits 1 and 2 are the last one's.
    const PROGRESS: Progress = Progress { round: 40, rounds_done: 1, rounds_per_epoch: 2 };

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

    fn account(pending: PendingReward<u128>, last: Option<Paid<u128>>) -> Account<u128> {
        Account { pending, work: NO_WORK, last, progress: PROGRESS }
    }

    fn paid(points: Points, rate: u128) -> Paid<u128> {
        Paid { epoch: 19, points, rate, held: rate / 4 }
    }

    fn explained(info: &Info, points: u32, rate: Option<u128>) -> Explanation<u128> {
        let pending = PendingReward { accrued: 5, held: 0, epoch: 20, points };
        explain(info, account(pending, rate.map(|rate| paid(25_000, rate))))
    }

    /// What is said of the last epoch to a device with this history that was credited so many points.
    fn last(history: LaneHistory, points: Points) -> EpochAccount<u128> {
        let info = DeviceInfo { history, ..perfect() };
        explain(&info, account(NO_WORK, Some(Paid { held: 0, ..paid(points, 8) }))).last.unwrap()
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
        let account = Account { work: work.clone(), ..account(uptime.clone(), None) };
        let explanation = explain(&perfect(), account);
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
        assert_eq!(explain(&perfect(), account(held, None)).reasons, [HeldBack]);
        assert_eq!(explained(&perfect(), 1, Some(7)).reasons, [EpochRunning]);
        assert_eq!(explained(&perfect(), 0, Some(0)).reasons, [RateWasZero]);
        assert_eq!(explained(&perfect(), 0, None).reasons, []);
    }

    #[test]
    fn rate_of_an_epoch_in_which_the_device_was_down_explains_nothing() {
        let was_down = DeviceInfo { history: LaneHistory { up: !0b110, excused: 0 }, ..perfect() };
        assert_eq!(explained(&was_down, 0, Some(0)).reasons, []);
    }

    #[test]
    fn last_epoch_is_accounted_to_the_planck() {
        let explanation = explained(&perfect(), 0, Some(8));
        let expected = EpochAccount {
            epoch: 19,
            rounds_up: 2,
            rounds_down: 0,
            rounds_excused: 0,
            points: 25_000,
            rate: 8,
            amount: 200_000,
            held: 50_000,
            reasons: vec![HeldBack],
        };
        assert_eq!((explanation.last, explanation.last_rate), (Some(expected), Some(8)));
        assert_eq!(explained(&perfect(), 0, None).last, None);
    }

    #[test]
    fn each_flaw_of_the_last_epoch_has_its_reason() {
        let history = |up, excused| LaneHistory { up, excused };
        let all = u32::MAX;
        let cases: [(LaneHistory, Points, &[Reason]); 9] = [
            (history(all, 0), 25_000, &[]),
            // What happened before or after is not its matter, but for the streak.
            (history(!1, 0), 25_000, &[]),
            (history(!8, 0), 20_078, &[ShortStreak]),
            (history(!2, 0), 12_500, &[Down]),
            (history(!4, 0), 10_000, &[Down, ShortStreak]),
            (history(!2, 2), 12_500, &[NotJudged]),
            (history(all, 0), 9_000, &[Slow]),
            // It came with the epoch, and was not paid before it was admitted.
            (history(7, !7), 0, &[Admission, ShortStreak]),
            // One round is tallied when the next epoch runs.
            (history(all, 0), 12_500, &[]),
        ];
        for (history, points, expected) in cases {
            let account = last(history, points);
            assert_eq!(account.reasons, expected, "{history:?} {points}");
            assert_eq!(account.rounds_up + account.rounds_down + account.rounds_excused, 2);
        }
    }

    #[test]
    fn epochs_beyond_memory_and_ahead_of_it_have_no_rounds() {
        let rounds = |round, done, length, next| {
            Progress { round, rounds_done: done, rounds_per_epoch: length }.last_epoch(next)
        };
        // Accounted up to the last round that is over, then in the running round already, and two rounds late.
        assert_eq!(rounds(40, 3, 12, 40), 3..15);
        assert_eq!(rounds(40, 3, 12, 41), 4..16);
        assert_eq!(rounds(40, 1, 12, 38), 0..11);
        assert_eq!(rounds(90, 50, 60, 90), 32..32);
        assert_eq!(rounds(90, 2, 5, 10), 0..0);
        assert_eq!(rounds(0, 0, u32::MAX, 0), 0..32);
    }

    proptest::proptest! {
        #[test]
        fn no_history_has_other_rounds_than_it_remembers(up: u32, excused: u32, round in 0u32..99, done: u32, length: u32, next in 0u32..99) {
            let progress = Progress { round, rounds_done: done, rounds_per_epoch: length };
            let rounds = Rounds { history: LaneHistory { up, excused }, within: progress.last_epoch(next) };
            let counted = rounds.up() + rounds.down() + rounds.excused();
            proptest::prop_assert_eq!(counted, rounds.within.len() as u32);
            proptest::prop_assert!(rounds.points_if_fast(ClassWeight::MAX) <= u64::from(counted) * 8_191_875);
        }
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
