//! How well one prober's report agrees with what the others found, beyond what guessing would give.

use crate::{
    tally::{two_thirds, Ballot, Votes, ALL_LANES},
    Bitmap, Points, LANES,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Full accuracy, in permille.
pub const FULL: u32 = 1_000;

/// A report is an outlier if it calls up less than this share, in permille, of the lanes that its peers found up. What it
/// calls up besides makes it none: that is for audits. A device can answer whom it likes, so whoever wants to make an outlier of
/// an honest prober has to own nine tenths of a cohort that is up.
pub const OUTLIER_BELOW: u32 = 100;

/// Fewest lanes up on which a report can be called an outlier.
pub const OUTLIER_LANES: u32 = 32;

/// Lanes of each kind that every report is taken to have got right in advance, so that a handful of devices which answer some
/// probers and not others are not a verdict on anybody (additive smoothing).
const PRIOR: u32 = 32;

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
        let agreed = self.up.and(up).count();
        let (found, rejected) = (share(agreed, ups), share(self.down.without(up).count(), downs));
        Accuracy {
            // Where nothing is up there is nothing to prove, and nothing to be paid for.
            lanes: ups.saturating_add(downs.min(ups)),
            permille: found.saturating_add(rejected).saturating_sub(FULL),
            outlier: ups >= OUTLIER_LANES && agreed * FULL < ups * OUTLIER_BELOW,
        }
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
    /// Lanes it is paid for: those its peers found up, and at most as many that they found down.
    pub lanes: u32,
    /// Youden's index (Youden 1950, doi:10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3), also called
    /// informedness: the share of the up lanes that it calls up, plus the share of the down lanes that it does not, minus one;
    /// not below zero. It is zero, however many devices are up, for every report that does not depend on what its prober saw:
    /// all up, all down, or a coin.
    pub permille: u32,
    /// Whether it contradicts its peers on nearly everything that they found up.
    pub outlier: bool,
}

impl Accuracy {
    /// Points the report earns: in proportion to the lanes and to the accuracy on them.
    pub fn points(&self) -> Points {
        self.lanes.saturating_mul(self.permille) / POINT_SHARE
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
    fn guesses_are_worth_next_to_nothing_and_the_truth_everything() {
        // Half of the devices are down.
        let (truth, judged) = (bitmap(0..500), bitmap(0..1_000));
        let (all, none) = (bitmap(0..1_000), Bitmap::default());
        let reference = reference(&[&truth, &truth, &truth, &truth, &truth, &all, &none], &judged);
        let full = Accuracy { lanes: 1_000, permille: FULL, outlier: false };
        assert_eq!(reference.measure(&truth), full);
        for guess in [&all, &none] {
            let accuracy = reference.measure(guess);
            assert!(accuracy.permille <= 1_000 * PRIOR / 500, "{accuracy:?}");
            // What is called up too much is for audits.
            assert_eq!(accuracy.outlier, guess == &none);
        }
        assert_eq!(full.points(), 15_625);
        assert_eq!(Accuracy { lanes: LANES as u32, ..full }.points(), MAX_REPORT_POINTS);
    }

    #[test]
    fn few_devices_cannot_make_an_outlier_of_anybody_nor_take_much_of_its_pay() {
        // Five of a hundred answer the last prober only, and in the second case refuse only it.
        let (all, most) = (bitmap(0..100), bitmap(0..95));
        for (peers, framed) in [(&most, &all), (&all, &most)] {
            let reference = reference(&[peers, peers, peers, peers, peers, peers, framed], &all);
            let accuracy = reference.measure(framed);
            assert!(accuracy.permille >= 860 && !accuracy.outlier, "{accuracy:?}");
        }
        // Half of the cohort does not suffice either.
        let (half, none) = (bitmap(0..50), Bitmap::default());
        let reference = reference(&[&all, &all, &all, &all, &all, &all, &half], &all);
        assert!(!reference.measure(&half).outlier && reference.measure(&none).outlier);
    }

    #[test]
    fn cohort_in_which_nothing_is_up_pays_nothing() {
        let none = Bitmap::default();
        let reference = reference(&[&none, &none, &none], &bitmap(0..1_000));
        assert_eq!(reference.measure(&none).points(), 0);
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
            let agreeing = reference.measure(&reference.up);
            prop_assert!(agreeing.permille == FULL && !agreeing.outlier);
        }

        #[test]
        fn coin_that_saw_nothing_earns_next_to_nothing(coin in vec(any::<u8>(), LANES / 8), ups in 100u16..900) {
            let truth = bitmap(0..ups);
            let reference = reference(&[&truth, &truth, &truth], &bitmap(0..1_024));
            // Six standard deviations of the difference of two proportions of at least 100 lanes.
            prop_assert!(reference.measure(&Bitmap(coin.try_into().unwrap())).permille <= 500);
        }
    }
}
