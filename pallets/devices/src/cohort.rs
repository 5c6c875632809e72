//! One cohort's page: who sits in which lane, and who is not judged when. No storage in here.

use core::ops::Range;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{
    frame_support::{defensive, BoundedVec},
    sp_core::ConstU32,
};
use scale_info::TypeInfo;
use vouch_primitives::{lanes::CohortView, Bitmap, ClassId, Lane, RoundIndex, LANES};

/// Rounds in which a lane's device is registered and not judged: from `from` up to, not including, `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Absence {
    /// The lane.
    pub lane: Lane,
    /// The first round. A round before it may still wait for its tally, and the device was there to be judged in it.
    pub from: RoundIndex,
    /// The first round after; [`RoundIndex::MAX`] for a device that is leaving.
    pub until: RoundIndex,
}

impl Absence {
    fn covers(&self, round: RoundIndex) -> bool {
        self.from <= round && round < self.until
    }
}

/// Most absences of a cohort: two of each lane.
pub(crate) const MAX_ABSENCES: u32 = 2 * LANES as u32;

/// What the tally needs to know of a cohort, in one value. The only way to change it is through its methods.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct CohortPage {
    /// Lanes with a registered device.
    pub(crate) enrolled: Bitmap,
    /// The class of each lane's device; 0 for vacant lanes.
    pub(crate) classes: [ClassId; LANES],
    /// Who is not judged when, none for vacant lanes. The windows of a lane neither overlap nor touch, so that there are at
    /// most two: one that ended with the previous round, and one that begins with the next. Those that are over for longer are
    /// dropped when the page is next written.
    pub(crate) absences: BoundedVec<Absence, ConstU32<MAX_ABSENCES>>,
}

impl Default for CohortPage {
    fn default() -> Self {
        Self { enrolled: Bitmap::default(), classes: [0; LANES], absences: BoundedVec::new() }
    }
}

impl core::fmt::Debug for CohortPage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("CohortPage").field("enrolled", &self.enrolled).field("absences", &self.absences).finish()
    }
}

impl CohortPage {
    /// Who is to be judged in `round`, which is the running round or the one before it.
    pub fn view(&self, round: RoundIndex) -> CohortView {
        let absent: Bitmap = self.absences.iter().filter(|absence| absence.covers(round)).map(|a| a.lane).collect();
        let excused = self.enrolled.and(&absent);
        CohortView { active: self.enrolled.without(&excused), excused, classes: self.classes }
    }

    /// The round until which the lane's device is not judged; `None` if it is judged in the running round `now`.
    pub fn absent_until(&self, lane: Lane, now: RoundIndex) -> Option<RoundIndex> {
        self.absences.iter().find(|absence| absence.lane == lane && absence.covers(now)).map(|absence| absence.until)
    }

    /// Seats a device of `class` in the vacant `lane`. It is judged from the round after `now` on.
    pub(crate) fn enroll(&mut self, lane: Lane, class: ClassId, now: RoundIndex) {
        self.vacate(lane);
        self.enrolled.set(lane, true);
        if let Some(entry) = self.classes.get_mut(usize::from(lane)) {
            *entry = class;
        }
        // From round 0: whatever round before this one still waits for its tally, this device was not there.
        self.excuse(lane, 0..now.saturating_add(1), now);
    }

    /// Does not judge the lane's device in `rounds`, which begin no later than with the round after the running round `now`.
    /// Adds to what is there and takes nothing from it: a round between two windows stays judged.
    pub(crate) fn excuse(&mut self, lane: Lane, rounds: Range<RoundIndex>, now: RoundIndex) {
        self.forget_past(now);
        if rounds.is_empty() {
            return;
        }
        let mut window = Absence { lane, from: rounds.start, until: rounds.end };
        self.absences.retain(|present| {
            let apart = present.lane != lane || present.until < rounds.start || rounds.end < present.from;
            if !apart {
                window.from = window.from.min(present.from);
                window.until = window.until.max(present.until);
            }
            apart
        });
        if self.absences.try_push(window).is_err() {
            defensive!("at most two windows of a lane are apart, and the bound is twice the number of lanes");
        }
    }

    /// Judges the lane's device again from the round after `now` on. A window that has not begun goes altogether.
    pub(crate) fn recall(&mut self, lane: Lane, now: RoundIndex) {
        let until = now.saturating_add(1);
        self.absences.iter_mut().filter(|absence| absence.lane == lane).for_each(|a| a.until = a.until.min(until));
        self.absences.retain(|absence| absence.from < absence.until);
        self.forget_past(now);
    }

    /// Empties `lane`.
    pub(crate) fn vacate(&mut self, lane: Lane) {
        self.enrolled.set(lane, false);
        if let Some(entry) = self.classes.get_mut(usize::from(lane)) {
            *entry = 0;
        }
        self.absences.retain(|absence| absence.lane != lane);
    }

    /// Drops windows that ended before the previous round, the oldest that anyone may still ask for, was over.
    fn forget_past(&mut self, now: RoundIndex) {
        self.absences.retain(|absence| absence.until >= now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Clone, Debug)]
    enum Step {
        Enroll(Lane),
        /// Excuse it for some rounds, beginning with the running one or the next.
        Excuse(Lane, bool, u32),
        Recall(Lane),
        Vacate(Lane),
        Round,
    }

    fn step() -> impl Strategy<Value = Step> {
        let lane = || prop_oneof![0..4 as Lane, (LANES as Lane - 2)..LANES as Lane];
        prop_oneof![
            lane().prop_map(Step::Enroll),
            (lane(), any::<bool>(), 0u32..5).prop_map(|(lane, next, rounds)| Step::Excuse(lane, next, rounds)),
            lane().prop_map(Step::Recall),
            lane().prop_map(Step::Vacate),
            Just(Step::Round),
        ]
    }

    proptest! {
        /// The naive page writes down for every lane, round by round, whether its device is judged.
        #[test]
        fn view_equals_a_diary_kept_per_round(steps in proptest::collection::vec(step(), 0..200)) {
            let (mut page, mut now) = (CohortPage::default(), 10u32);
            let mut diary = BTreeMap::<Lane, BTreeMap<RoundIndex, bool>>::new();
            for step in steps {
                match step {
                    Step::Enroll(lane) if !diary.contains_key(&lane) => {
                        page.enroll(lane, 3, now);
                        diary.insert(lane, (0..=now).map(|round| (round, true)).collect());
                    },
                    Step::Excuse(lane, next, rounds) => {
                        if let Some(entry) = diary.get_mut(&lane) {
                            let from = now + u32::from(next);
                            page.excuse(lane, from..from + rounds, now);
                            entry.extend((from..from + rounds).map(|round| (round, true)));
                        }
                    },
                    Step::Recall(lane) => {
                        if let Some(entry) = diary.get_mut(&lane) {
                            page.recall(lane, now);
                            entry.retain(|round, _| *round <= now);
                        }
                    },
                    Step::Vacate(lane) => {
                        page.vacate(lane);
                        diary.remove(&lane);
                    },
                    Step::Round => now += 1,
                    Step::Enroll(_) => {},
                }
                // What will be judged later is known already.
                for round in now - 1..now + 3 {
                    let view = page.view(round);
                    prop_assert_eq!(view.active.and(&view.excused).count(), 0);
                    for lane in (0..4).chain(LANES as Lane - 2..LANES as Lane) {
                        let absent = diary.get(&lane).map(|entry| entry.contains_key(&round));
                        prop_assert_eq!(view.active.get(lane), absent == Some(false), "{} {}", lane, round);
                        prop_assert_eq!(view.excused.get(lane), absent == Some(true), "{} {}", lane, round);
                    }
                }
                prop_assert!(page.absences.len() <= 2 * diary.len());
            }
        }
    }

    #[test]
    fn window_declared_now_leaves_the_round_before_judged() {
        let mut page = CohortPage::default();
        page.enroll(5, 0, 1);
        page.excuse(5, 9..12, 9);
        assert!(page.view(8).active.get(5) && page.view(9).excused.get(5) && page.view(11).excused.get(5));
        assert!(page.view(12).active.get(5));
        assert_eq!((page.absent_until(5, 9), page.absent_until(5, 12)), (Some(12), None));
    }

    #[test]
    fn round_between_two_windows_is_judged() {
        let mut page = CohortPage::default();
        page.enroll(5, 0, 8);
        page.excuse(5, 10..12, 9);
        assert!(page.view(8).excused.get(5) && page.view(9).active.get(5) && page.view(10).excused.get(5));
        assert_eq!(page.absent_until(5, 9), None);
        // What closes the gap makes them one.
        page.excuse(5, 9..10, 9);
        assert_eq!(page.absences.to_vec(), vec![Absence { lane: 5, from: 0, until: 12 }]);
        page.recall(5, 9);
        assert!(page.view(9).excused.get(5) && page.view(10).active.get(5));
    }

    #[test]
    fn every_lane_can_have_both_its_windows_at_once() {
        let mut page = CohortPage::default();
        (0..LANES as Lane).for_each(|lane| page.enroll(lane, 1, 2));
        (0..LANES as Lane).for_each(|lane| page.excuse(lane, 4..RoundIndex::MAX, 3));
        assert_eq!(page.absences.len() as u32, MAX_ABSENCES);
        assert_eq!((page.view(2).excused.count(), page.view(3).active.count()), (LANES as u32, LANES as u32));
        assert_eq!((page.view(1_000).excused.count(), page.view(1_000).active.count()), (LANES as u32, 0));
        assert!(page.encoded_size() <= CohortPage::max_encoded_len());
    }
}
