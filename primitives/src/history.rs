//! The last 32 rounds of every lane of a cohort, and what each new round earns.

use crate::{
    lanes::{row, CohortView, NO_ANSWER},
    points::round_points,
    tally::Outcome,
    Bitmap, ClassWeight, Lane, LatencyCodes, Points, RoundIndex, LANES,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Rounds kept per lane.
pub const HISTORY_ROUNDS: u32 = u32::BITS;

/// For so many rounds after it was last judged up a lane can be disputed and paid. With a third of the probers in bad hands an
/// honest device is disputed in 43 % of the rounds, in so many and one more on end once in two thousand rounds; a dead one that
/// only a friend calls up is not paid for longer.
pub const DISPUTED_ROUNDS: u32 = 8;

/// A device that has not answered at its address when it was judged down so many times is asked once more, and then given up.
const LAST_ASKED: u32 = 16;

/// What is remembered of one lane; bit 0 is the last accounted round, bit `n` the one `n` rounds before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct LaneHistory {
    /// Rounds that counted as up: judged up, or uncovered while the last covered verdict was up.
    pub up: u32,
    /// Rounds without judgement: uncovered, the device was excused, or the lane was vacant.
    pub excused: u32,
}

impl Default for LaneHistory {
    /// Nothing was ever judged.
    fn default() -> Self {
        Self { up: 0, excused: u32::MAX }
    }
}

impl LaneHistory {
    /// Rounds that were judged up.
    pub const fn rounds_up(&self) -> u32 {
        (self.up & !self.excused).count_ones()
    }

    /// Rounds that were judged down.
    pub const fn rounds_down(&self) -> u32 {
        (!self.up & !self.excused).count_ones()
    }

    /// Whether all rounds remembered were judged down: such a device is not worth asking in every round.
    pub const fn is_dead(&self) -> bool {
        self.up == 0 && self.excused == 0
    }

    /// Whether it was judged up in one of the last `rounds` rounds.
    pub fn was_up_within(&self, rounds: u32) -> bool {
        self.up & !self.excused & !u32::MAX.unbounded_shl(rounds) != 0
    }

    /// Rounds judged down since it was last up, at most 32. Rounds without judgement are not counted.
    pub const fn rounds_silent(&self) -> u32 {
        let since = !u32::MAX.unbounded_shl(self.up.trailing_zeros());
        (since & !self.excused).count_ones()
    }

    /// Rounds up since the last round judged down; rounds without judgement neither break nor, unless they counted as up,
    /// lengthen it.
    pub fn streak(&self) -> u32 {
        let unbroken = (self.up | self.excused).trailing_ones();
        let mask = u32::MAX.checked_shr(u32::BITS - unbroken).unwrap_or(0);
        (self.up & mask).count_ones()
    }
}

/// A cohort's history. All lanes share [`History::next`]: rounds are accounted for whole cohorts, in order, each exactly once.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct History {
    /// The first round not yet accounted.
    pub next: RoundIndex,
    /// Up bits per lane, see [`LaneHistory::up`].
    pub up: [u32; LANES],
    /// Excused bits per lane, see [`LaneHistory::excused`].
    pub excused: [u32; LANES],
    /// Lanes that were up in the last covered round in which they were judged.
    pub last_up: Bitmap,
    /// Latency codes of the last covered round in which each lane was judged.
    pub last_latency: LatencyCodes,
    /// Lanes whose device has been judged up in as many rounds as admission takes. All others are judged and not paid.
    pub admitted: Bitmap,
}

impl History {
    /// An empty history whose first round is `next`.
    pub fn starting_at(next: RoundIndex) -> Self {
        Self {
            next,
            up: [0; LANES],
            excused: [u32::MAX; LANES],
            last_up: Bitmap::default(),
            last_latency: LatencyCodes::default(),
            admitted: Bitmap::default(),
        }
    }

    /// What is remembered of `lane`; empty for lanes that do not exist.
    pub fn lane(&self, lane: Lane) -> LaneHistory {
        let lane = usize::from(lane);
        match (self.up.get(lane), self.excused.get(lane)) {
            (Some(up), Some(excused)) => LaneHistory { up: *up, excused: *excused },
            _ => LaneHistory::default(),
        }
    }

    /// Whether `lane` is worth asking in the next round, as far as its own past tells; see [`Attendance`].
    pub fn attendance(&self, lane: Lane) -> Attendance {
        let past = self.lane(lane);
        match (self.admitted.get(lane), past.rounds_silent()) {
            (true, _) if past.is_dead() => Attendance::Lost,
            (true, _) => Attendance::Expected,
            (false, silent) if silent > LAST_ASKED => Attendance::Never,
            // 0, 1, 2, 4, 8, 16: every pause is twice as long as the one before.
            (false, silent) if silent == 0 || silent.is_power_of_two() => Attendance::Expected,
            (false, _) => Attendance::Pausing,
        }
    }

    /// Forgets `lane`, whose device left for good or moved to another address.
    pub fn clear(&mut self, lane: Lane) {
        if usize::from(lane) < LANES {
            self.up[usize::from(lane)] = 0;
            self.excused[usize::from(lane)] = u32::MAX;
            self.last_up.set(lane, false);
            self.last_latency.set(lane, crate::lanes::NO_ANSWER);
            self.admitted.set(lane, false);
        }
    }

    /// Accounts round [`History::next`] by its `outcome` and returns the points each lane earned. `weights` is the class table;
    /// a class that is not in it weighs nothing. A lane is admitted once it was judged up in `admission` rounds, and earns
    /// nothing in these. With an `admission` of 0 it is paid from the first.
    ///
    /// Judged up: points at the verdict's latency. Judged down, or down beyond doubt in an uncovered round: none, and the streak
    /// ends. Disputed: as in the lane's last covered round if it was judged up in one of the [`DISPUTED_ROUNDS`] rounds before,
    /// else nothing. Otherwise uncovered: as in the lane's last covered round. Excused lanes and vacant lanes earn nothing. What
    /// is disputed, uncovered or excused leaves the streak as it is.
    pub fn account(
        &mut self,
        outcome: &Outcome,
        view: &CohortView,
        weights: &[ClassWeight],
        admission: u32,
    ) -> Vec<Points> {
        let mut earned = row::<Points>();
        for (lane, points) in earned.iter_mut().enumerate() {
            let id = lane as Lane;
            let active = view.active.get(id);
            // The lane's own verdict, `None` where there is none: then it is as in its last covered round.
            let mut doubtful = false;
            let verdict = match outcome {
                Outcome::Covered(verdict) if verdict.disputed.get(id) => {
                    doubtful = !self.lane(id).was_up_within(DISPUTED_ROUNDS);
                    None
                },
                Outcome::Covered(verdict) => Some((verdict.up.get(id), verdict.latency.get(id))),
                Outcome::Uncovered { down } => down.get(id).then_some((false, NO_ANSWER)),
            };
            if let Some((up, latency)) = verdict.filter(|_| active) {
                self.last_up.set(id, up);
                self.last_latency.set(id, latency);
            }
            let up = active && !doubtful && self.last_up.get(id);
            if up && (admission == 0 || self.admitted.get(id)) {
                let weight = weights.get(usize::from(view.classes[lane])).copied().unwrap_or(0);
                *points = round_points(weight, self.last_latency.get(id), self.lane(id).streak());
            }
            let unjudged = !active || verdict.is_none();
            self.up[lane] = self.up[lane] << 1 | u32::from(up);
            self.excused[lane] = self.excused[lane] << 1 | u32::from(unjudged);
            if up && self.lane(id).rounds_up() >= admission {
                self.admitted.set(id, true);
            }
        }
        self.next = self.next.saturating_add(1);
        earned
    }
}

/// Whether a device is worth asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attendance {
    /// It is asked in the next round.
    Expected,
    /// It has not answered at its address yet and is asked after pauses that double: when it was judged down 0, 1, 2, 4, 8 and
    /// 16 times. The next round is in a pause.
    Pausing,
    /// It has not answered at its address in any of these: it is not asked any more.
    Never,
    /// It used to answer, and was down in all rounds remembered: it is asked now and then.
    Lost,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tally::Verdict;
    use proptest::prelude::*;

    /// What one lane goes through in one round.
    #[derive(Clone, Copy, Debug)]
    enum Fate {
        Up,
        Down,
        Uncovered,
        UncoveredButDown,
        Disputed,
        Excused,
    }

    const LANE: Lane = 700;

    /// As of a device that needs no admission.
    fn live(history: &mut History, fates: &[Fate]) -> Vec<Points> {
        history.admitted.set(LANE, true);
        live_from_admission(history, fates, 0)
    }

    fn live_from_admission(history: &mut History, fates: &[Fate], admission: u32) -> Vec<Points> {
        fates
            .iter()
            .map(|fate| {
                let mut view = CohortView { classes: [1; LANES], ..Default::default() };
                let excused = matches!(fate, Fate::Excused);
                view.active.set(LANE, !excused);
                view.excused.set(LANE, excused);
                let mut verdict = Verdict::default();
                if matches!(fate, Fate::Up) {
                    verdict.up.set(LANE, true);
                    verdict.latency.set(LANE, 3);
                }
                verdict.disputed.set(LANE, matches!(fate, Fate::Disputed));
                let outcome = match fate {
                    Fate::Uncovered => Outcome::default(),
                    Fate::UncoveredButDown => Outcome::Uncovered { down: [LANE].into_iter().collect() },
                    _ => Outcome::Covered(verdict),
                };
                let points = history.account(&outcome, &view, &[0, 100], admission);
                assert!(points.iter().enumerate().all(|(lane, points)| lane == usize::from(LANE) || *points == 0));
                points[usize::from(LANE)]
            })
            .collect()
    }

    #[test]
    fn uncovered_round_pays_as_the_last_covered_one() {
        use Fate::*;
        let mut history = History::starting_at(0);
        assert_eq!(
            live(&mut history, &[Uncovered, Up, Uncovered, Down, Uncovered, Up]),
            [0, 10_000, 10_000, 0, 0, 10_000]
        );
        assert_eq!(history.next, 6);
    }

    #[test]
    fn outage_seen_by_enough_members_is_not_paid_because_others_are_absent() {
        use Fate::*;
        let mut history = History::starting_at(0);
        let points = live(&mut history, &[Up, UncoveredButDown, Uncovered, Up]);
        assert_eq!(points, [10_000, 0, 0, 10_000]);
        assert_eq!(history.lane(LANE), LaneHistory { up: 0b1001, excused: !0b1101 });
    }

    #[test]
    fn disputed_round_pays_as_the_last_covered_one_and_keeps_the_streak() {
        use Fate::*;
        let mut history = History::starting_at(0);
        assert_eq!(live(&mut history, &[Up, Disputed, Up, Down, Disputed, Up]), [10_000, 10_000, 10_100, 0, 0, 10_000]);
    }

    #[test]
    fn dispute_is_paid_for_some_rounds_and_no_longer() {
        use Fate::*;
        let mut history = History::starting_at(0);
        live(&mut history, &[Up]);
        let points = live(&mut history, &[Disputed; 20]);
        assert!(points[..DISPUTED_ROUNDS as usize].iter().all(|points| *points > 0));
        assert!(points[DISPUTED_ROUNDS as usize..].iter().all(|points| *points == 0));
        // The streak that was is not lost: it goes on when the device is found up again.
        assert!(live(&mut history, &[Up])[0] > 10_000);
        assert!(live(&mut history, &[Disputed])[0] > 0);
    }

    #[test]
    fn newcomer_is_judged_and_not_paid_until_it_is_admitted() {
        use Fate::*;
        let mut history = History::starting_at(0);
        // Rounds that nobody judged do not bring it nearer.
        let fates = [Excused, Up, Uncovered, Down, Disputed, Up, Up, Up];
        assert_eq!(live_from_admission(&mut history, &fates, 3), [0, 0, 0, 0, 0, 0, 0, 10_100]);
        // Nor does it have to be admitted again after a long absence.
        live_from_admission(&mut history, &[Excused; 40], 3);
        assert_eq!(live_from_admission(&mut history, &[Up], 3), [10_000]);
        history.clear(LANE);
        assert_eq!(live_from_admission(&mut history, &[Up], 1), [0]);
        assert!(history.admitted.get(LANE));
    }

    #[test]
    fn device_that_never_answers_is_asked_six_times_and_no_more() {
        use Fate::*;
        let mut history = History::starting_at(0);
        let mut asked = Vec::new();
        for round in 0..100 {
            if history.attendance(LANE) == Attendance::Expected {
                asked.push(round);
            }
            live_from_admission(&mut history, &[Down], 1);
        }
        assert_eq!(asked, [0, 1, 2, 4, 8, 16]);
        assert_eq!(history.attendance(LANE), Attendance::Never);
        // Rounds without judgement put that off and do not prevent it.
        history.clear(LANE);
        for n in 0..17 {
            assert_ne!(history.attendance(LANE), Attendance::Never);
            let fates: &[Fate] = if n % 2 == 0 { &[Down] } else { &[Down, Uncovered] };
            live_from_admission(&mut history, fates, 1);
        }
        assert_eq!(history.attendance(LANE), Attendance::Never);
        // One that was admitted is never forgotten.
        live(&mut history, &[Down; 32]);
        assert_eq!(history.attendance(LANE), Attendance::Lost);
        live(&mut history, &[Up]);
        assert_eq!(history.attendance(LANE), Attendance::Expected);
    }

    #[test]
    fn maintenance_keeps_the_streak_and_pays_nothing() {
        use Fate::*;
        let mut history = History::starting_at(9);
        let points = live(&mut history, &[Up, Up, Excused, Excused, Up]);
        assert_eq!(points, [10_000, 10_000, 0, 0, 10_100]);
        assert_eq!(history.lane(LANE).streak(), 3);
        assert_eq!(live(&mut history, &[Down, Up]), [0, 10_000]);
    }

    #[test]
    fn cleared_lane_inherits_nothing() {
        let mut history = History::starting_at(0);
        live(&mut history, &[Fate::Up; 32]);
        assert_eq!(history.lane(LANE).streak(), 32);
        history.clear(LANE);
        assert_eq!(history.lane(LANE), LaneHistory::default());
        assert!(!history.admitted.get(LANE));
        assert_eq!(live(&mut history, &[Fate::Uncovered, Fate::Up]), [0, 10_000]);
    }

    #[test]
    fn unknown_class_earns_nothing() {
        let mut history = History::starting_at(0);
        let mut view = CohortView { classes: [7; LANES], ..Default::default() };
        view.active.set(0, true);
        let verdict = Verdict { up: [0].into_iter().collect(), ..Default::default() };
        history.admitted.set(0, true);
        assert_eq!(history.account(&Outcome::Covered(verdict), &view, &[100], 0)[0], 0);
    }

    proptest! {
        #[test]
        fn streak_equals_a_naive_walk_back(up: u32, excused: u32) {
            let mut naive = 0;
            for bit in 0..u32::BITS {
                match (up >> bit & 1, excused >> bit & 1) {
                    (1, _) => naive += 1,
                    (0, 1) => {},
                    _ => break,
                }
            }
            prop_assert_eq!(LaneHistory { up, excused }.streak(), naive);
            let silent = (0..u32::BITS).take_while(|bit| up >> bit & 1 == 0).filter(|bit| excused >> bit & 1 == 0);
            prop_assert_eq!(LaneHistory { up, excused }.rounds_silent(), silent.count() as u32);
        }

        #[test]
        fn absent_probers_cost_a_steady_device_nothing(uncovered in proptest::collection::vec(any::<bool>(), 1..60)) {
            let fates: Vec<Fate> = uncovered.iter().map(|absent| if *absent { Fate::Uncovered } else { Fate::Up }).collect();
            let (mut with, mut without) = (History::starting_at(0), History::starting_at(0));
            live(&mut with, &[Fate::Up]);
            live(&mut without, &[Fate::Up]);
            prop_assert_eq!(live(&mut with, &fates), live(&mut without, &vec![Fate::Up; fates.len()]));
        }
    }
}
