//! The last 32 rounds of every lane of a cohort, and what each new round earns.

use crate::{
    lanes::{row, CohortView},
    points::round_points,
    tally::Outcome,
    Bitmap, ClassWeight, Lane, LatencyCodes, Points, RoundIndex, LANES,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Rounds kept per lane.
pub const HISTORY_ROUNDS: u32 = u32::BITS;

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

    /// Forgets `lane`, whose device left for good.
    pub fn clear(&mut self, lane: Lane) {
        if usize::from(lane) < LANES {
            self.up[usize::from(lane)] = 0;
            self.excused[usize::from(lane)] = u32::MAX;
            self.last_up.set(lane, false);
            self.last_latency.set(lane, crate::lanes::NO_ANSWER);
        }
    }

    /// Accounts round [`History::next`] by its `outcome` and returns the points each lane earned. `weights` is the class table;
    /// a class that is not in it weighs nothing.
    ///
    /// Judged up: points at the verdict's latency. Judged down, or down beyond doubt in an uncovered round: none, and the streak
    /// ends. Otherwise uncovered: as in the lane's last covered round. Excused lanes and vacant lanes earn nothing; an excused
    /// lane's streak goes on.
    pub fn account(&mut self, outcome: &Outcome, view: &CohortView, weights: &[ClassWeight]) -> Vec<Points> {
        let mut earned = row::<Points>();
        for (lane, points) in earned.iter_mut().enumerate() {
            let id = lane as Lane;
            let active = view.active.get(id);
            let judged = match outcome {
                Outcome::Covered(verdict) => {
                    if active {
                        self.last_up.set(id, verdict.up.get(id));
                        self.last_latency.set(id, verdict.latency.get(id));
                    }
                    true
                },
                Outcome::Uncovered { down } => {
                    let judged = down.get(id);
                    if active && judged {
                        self.last_up.set(id, false);
                        self.last_latency.set(id, crate::lanes::NO_ANSWER);
                    }
                    judged
                },
            };
            let up = active && self.last_up.get(id);
            if up {
                let weight = weights.get(usize::from(view.classes[lane])).copied().unwrap_or(0);
                *points = round_points(weight, self.last_latency.get(id), self.lane(id).streak());
            }
            let unjudged = !active || !judged;
            self.up[lane] = self.up[lane] << 1 | u32::from(up);
            self.excused[lane] = self.excused[lane] << 1 | u32::from(unjudged);
        }
        self.next = self.next.saturating_add(1);
        earned
    }
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
        Excused,
    }

    const LANE: Lane = 700;

    fn live(history: &mut History, fates: &[Fate]) -> Vec<Points> {
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
                let outcome = match fate {
                    Fate::Uncovered => Outcome::default(),
                    Fate::UncoveredButDown => Outcome::Uncovered { down: [LANE].into_iter().collect() },
                    _ => Outcome::Covered(verdict),
                };
                let points = history.account(&outcome, &view, &[0, 100]);
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
        assert_eq!(live(&mut history, &[Fate::Uncovered, Fate::Up]), [0, 10_000]);
    }

    #[test]
    fn unknown_class_earns_nothing() {
        let mut history = History::starting_at(0);
        let mut view = CohortView { classes: [7; LANES], ..Default::default() };
        view.active.set(0, true);
        let verdict = Verdict { up: [0].into_iter().collect(), ..Default::default() };
        assert_eq!(history.account(&Outcome::Covered(verdict), &view, &[100])[0], 0);
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
