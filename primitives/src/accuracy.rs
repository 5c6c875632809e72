//! How well one prober's report agrees with what the others found, beyond what guessing would give.

use crate::{
    tally::{two_thirds, Ballot, Votes, ALL_LANES},
    Bitmap, Points, LANES,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Full accuracy, in permille.
pub const FULL: u32 = 1_000;

/// Below this, in permille, a report is an outlier: it knows less than half of what its peers found.
pub const OUTLIER_BELOW: u32 = 500;

/// Fewest lanes on which a report can be called an outlier. On fewer, one flapping device would decide.
pub const OUTLIER_LANES: u32 = 32;

/// Lanes of each kind that every report is taken to have got right in advance, so that a single disagreement on a handful of
/// lanes is not a verdict on the prober (additive smoothing).
const PRIOR: u32 = 4;

/// Most points of one report: a full cohort, all of it right.
pub const MAX_REPORT_POINTS: Points = LANES as u32 * FULL / POINT_SHARE;

/// One lane at full accuracy earns `FULL / POINT_SHARE` points, so that a `u32` holds what one prober earns by 268,000 reports
/// on full cohorts in one epoch.
const POINT_SHARE: u32 = 64;

/// The lanes on which at least two thirds of a committee's reports agree: what each report is measured by. Lanes on which the
/// committee is divided say nothing about anybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// Lanes that at least two thirds call up.
    pub up: Bitmap,
    /// Lanes that at least two thirds do not call up.
    pub down: Bitmap,
}

impl Reference {
    /// What `ballots` agree on, among the lanes that were `judged`. Without ballots there is nothing.
    pub fn of(ballots: &[Ballot], judged: &Bitmap) -> Self {
        let votes = Votes::of(ballots);
        if votes.ballots == 0 {
            return Self::default();
        }
        let most = two_thirds(votes.ballots);
        let contradicted = votes.at_least(votes.ballots - most + 1);
        Self { up: votes.at_least(most).and(judged), down: ALL_LANES.without(&contradicted).and(judged) }
    }

    /// How well a report that calls `up` up agrees.
    pub fn measure(&self, up: &Bitmap) -> Accuracy {
        let (ups, downs) = (self.up.count(), self.down.count());
        let found = share(self.up.and(up).count(), ups);
        let rejected = share(self.down.without(up).count(), downs);
        Accuracy { lanes: ups.saturating_add(downs), permille: found.saturating_add(rejected).saturating_sub(FULL) }
    }
}

/// `part` of `whole` lanes in permille, after [`PRIOR`] more that count as right.
fn share(part: u32, whole: u32) -> u32 {
    (part + PRIOR) * FULL / (whole + PRIOR)
}

/// What one report was found to be worth.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Accuracy {
    /// Lanes it was measured on.
    pub lanes: u32,
    /// Youden's index (Youden 1950, doi:10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3), also called
    /// informedness: the share of the up lanes that it calls up, plus the share of the down lanes that it does not, minus one;
    /// not below zero. It is zero, however many devices are up, for every report that does not depend on what its prober saw:
    /// all up, all down, or a coin.
    pub permille: u32,
}

impl Accuracy {
    /// Points the report earns: in proportion to the lanes and to the accuracy on them.
    pub fn points(&self) -> Points {
        self.lanes.saturating_mul(self.permille) / POINT_SHARE
    }

    /// Whether the report contradicts its peers on most of what they agree on.
    pub fn is_outlier(&self) -> bool {
        self.lanes >= OUTLIER_LANES && self.permille < OUTLIER_BELOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Lane, LatencyCodes};
    use proptest::{collection::vec, prelude::*};

    fn bitmap(lanes: std::ops::Range<Lane>) -> Bitmap {
        lanes.collect()
    }

    fn reference(reports: &[&Bitmap], judged: &Bitmap) -> Reference {
        let codes = LatencyCodes::default();
        Reference::of(&reports.iter().map(|up| (*up, &codes)).collect::<Vec<_>>(), judged)
    }

    #[test]
    fn guesses_are_worth_nothing_and_the_truth_everything() {
        // A tenth of the devices is down.
        let (truth, judged) = (bitmap(0..900), bitmap(0..1_000));
        let (all, none) = (bitmap(0..1_000), Bitmap::default());
        let reference = reference(&[&truth, &truth, &truth, &truth, &truth, &all, &none], &judged);
        assert_eq!(reference.measure(&truth), Accuracy { lanes: 1_000, permille: FULL });
        for guess in [&all, &none] {
            let accuracy = reference.measure(guess);
            assert!(accuracy.permille <= 1_000 * PRIOR / 100 && accuracy.is_outlier(), "{accuracy:?}");
        }
        assert_eq!(reference.measure(&truth).points(), 15_625);
        let full = Accuracy { lanes: LANES as u32, permille: FULL };
        assert_eq!(full.points(), MAX_REPORT_POINTS);
    }

    #[test]
    fn one_flapping_device_makes_nobody_an_outlier() {
        let (truth, judged) = (bitmap(0..1), bitmap(0..2));
        let reference = reference(&[&truth, &truth, &truth], &judged);
        let accuracy = reference.measure(&judged);
        assert!(accuracy.permille >= 800 && !accuracy.is_outlier());
        assert!(accuracy.points() > 0);
    }

    #[test]
    fn divided_committee_measures_nobody() {
        let (truth, judged) = (bitmap(0..900), bitmap(0..900));
        let none = Bitmap::default();
        let reference = reference(&[&truth, &truth, &truth, &truth, &none, &none, &none], &judged);
        assert_eq!(reference, Reference::default());
        assert_eq!(reference.measure(&none).points(), 0);
        assert_eq!(Reference::of(&[], &judged), Reference::default());
    }

    proptest! {
        #[test]
        fn never_more_than_full_and_full_for_who_agrees(reports in vec(vec(any::<u8>(), LANES / 8), 1..15), judged in vec(any::<u8>(), LANES / 8)) {
            let reports: Vec<Bitmap> = reports.into_iter().map(|bytes| Bitmap(bytes.try_into().unwrap())).collect();
            let judged = Bitmap(judged.try_into().unwrap());
            let reference = reference(&reports.iter().collect::<Vec<_>>(), &judged);
            prop_assert_eq!(reference.up.and(&reference.down).count(), 0);
            prop_assert_eq!(reference.up.without(&judged).count() + reference.down.without(&judged).count(), 0);
            for up in &reports {
                let accuracy = reference.measure(up);
                prop_assert!(accuracy.permille <= FULL && accuracy.points() <= MAX_REPORT_POINTS);
            }
            prop_assert_eq!(reference.measure(&reference.up).permille, FULL);
        }

        #[test]
        fn coin_that_saw_nothing_earns_next_to_nothing(coin in vec(any::<u8>(), LANES / 8), ups in 100u16..900) {
            let truth = bitmap(0..ups);
            let reference = reference(&[&truth, &truth, &truth], &bitmap(0..1_024));
            // Six standard deviations of the difference of two proportions of at least 100 lanes.
            prop_assert!(reference.measure(&Bitmap(coin.try_into().unwrap())).permille <= 380);
        }
    }
}
