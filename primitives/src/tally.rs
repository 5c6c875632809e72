//! From the reports of a committee to one verdict.

use crate::{lanes::NO_ANSWER, Bitmap, Lane, LatencyCodes, LANES};

/// The largest committee the tally counts: its counters are five bits wide.
pub const MAX_COMMITTEE: u32 = 31;

/// The smallest number that is at least two thirds of `n`.
pub const fn two_thirds(n: u32) -> u32 {
    n - n / 3
}

/// One member's ballot.
pub type Ballot<'a> = (&'a Bitmap, &'a LatencyCodes);

/// What a committee found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Lanes that at least two thirds of the ballots call up.
    pub up: Bitmap,
    /// Lanes that some ballots call up, but fewer than two thirds. Whoever calls a lane up can be made to prove it, whoever
    /// calls it down cannot: so a lane is down only if nobody calls it up, and a disputed one is as in its last covered round.
    pub disputed: Bitmap,
    /// For lanes that are up, the lower quartile of the codes given by the ballots that call them up; [`NO_ANSWER`] for others.
    pub latency: LatencyCodes,
}

/// What the ballots received from a committee say.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)] // Lives on the stack for one settlement; a box would cost an allocation in every tally.
pub enum Outcome {
    /// Enough members voted to judge every lane.
    Covered(Verdict),
    /// Fewer than two thirds of the committee voted. Lanes are as in their last covered round, but for these: no ballot calls
    /// them up, and there are so many ballots that they could not have been found up whatever the absent members had said. So
    /// absence cannot hide an outage that the others saw.
    Uncovered {
        /// The lanes that are down all the same.
        down: Bitmap,
    },
}

impl Default for Outcome {
    /// Nobody voted.
    fn default() -> Self {
        Self::Uncovered { down: Bitmap::default() }
    }
}

/// What `ballots` out of a committee of `committee` members say. Only the first [`MAX_COMMITTEE`] ballots count.
pub fn tally(ballots: &[Ballot], committee: u32) -> Outcome {
    let votes = Votes::of(ballots);
    let committee = committee.min(MAX_COMMITTEE);
    if votes.ballots == 0 || votes.ballots < two_thirds(committee) {
        // Without so many votes nothing can be found up. One ballot alone never decides.
        let beyond_doubt = votes.ballots > (committee - two_thirds(committee)).max(1);
        let down = if beyond_doubt { ALL_LANES.without(&votes.at_least(1)) } else { Bitmap::default() };
        return Outcome::Uncovered { down };
    }
    let up = votes.at_least(two_thirds(votes.ballots));
    let disputed = votes.at_least(1).without(&up);
    let mut latency = LatencyCodes::default();
    for lane in up.lanes() {
        latency.set(lane, lower_quartile(ballots, lane));
    }
    Outcome::Covered(Verdict { up, disputed, latency })
}

pub(crate) const ALL_LANES: Bitmap = Bitmap([u8::MAX; LANES / 8]);

/// How many ballots call each lane up, 64 lanes at a time: bit-sliced counters.
pub(crate) struct Votes {
    /// Ballots counted.
    pub(crate) ballots: u32,
    planes: [[u64; 5]; LANES / 64],
}

impl Votes {
    /// Counts the first [`MAX_COMMITTEE`] ballots.
    pub(crate) fn of(ballots: &[Ballot]) -> Self {
        let ballots = &ballots[..ballots.len().min(MAX_COMMITTEE as usize)];
        let mut planes = [[0u64; 5]; LANES / 64];
        for (group, planes) in planes.iter_mut().enumerate() {
            for (up, _) in ballots {
                let mut carry = word(up, group);
                for plane in planes.iter_mut() {
                    (*plane, carry) = (*plane ^ carry, *plane & carry);
                }
            }
        }
        Self { ballots: ballots.len() as u32, planes }
    }

    /// The lanes that at least `threshold` ballots call up, by a bitwise comparison.
    pub(crate) fn at_least(&self, threshold: u32) -> Bitmap {
        let mut result = Bitmap::default();
        for (planes, bytes) in self.planes.iter().zip(result.0.chunks_exact_mut(8)) {
            let (mut greater, mut equal) = (0u64, u64::MAX);
            for (bit, plane) in planes.iter().enumerate().rev() {
                if threshold >> bit & 1 == 1 {
                    equal &= plane;
                } else {
                    greater |= equal & plane;
                    equal &= !plane;
                }
            }
            bytes.copy_from_slice(&(greater | equal).to_le_bytes());
        }
        result
    }
}

fn word(bitmap: &Bitmap, group: usize) -> u64 {
    bitmap.0[8 * group..8 * group + 8].iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// The code that a quarter of the ballots which call `lane` up do not exceed, rounded down. Not the median: with a third of
/// the probers in bad hands, four of seven members are liars in 17 % of all draws and could make every device slow; for the
/// lower quartile it takes six, 0.7 %.
fn lower_quartile(ballots: &[Ballot], lane: Lane) -> u8 {
    let mut histogram = [0u8; 16];
    let mut voters = 0u8;
    for (_, codes) in ballots.iter().filter(|(up, _)| up.get(lane)) {
        histogram[usize::from(codes.get(lane))] += 1;
        voters += 1;
    }
    let mut before = voters.saturating_sub(1) / 4;
    for (code, count) in histogram.iter().enumerate() {
        if before < *count {
            return code as u8;
        }
        before -= count;
    }
    NO_ANSWER
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    fn ballots() -> impl Strategy<Value = Vec<(Bitmap, LatencyCodes)>> {
        let ballot = (vec(any::<u8>(), LANES / 8), vec(any::<u8>(), LANES / 2))
            .prop_map(|(up, codes)| (Bitmap(up.try_into().unwrap()), LatencyCodes(codes.try_into().unwrap())));
        vec(ballot, 0..=MAX_COMMITTEE as usize)
    }

    proptest! {
        #[test]
        fn equals_a_naive_vote_lane_by_lane(ballots in ballots(), absent in 0u32..8) {
            let borrowed: Vec<Ballot> = ballots.iter().map(|(up, codes)| (up, codes)).collect();
            let committee = (ballots.len() as u32 + absent).min(MAX_COMMITTEE);
            let covered = !ballots.is_empty() && 3 * ballots.len() as u32 >= 2 * committee;
            let outcome = tally(&borrowed, committee);
            prop_assert_eq!(matches!(outcome, Outcome::Covered(_)), covered);
            if let Outcome::Covered(verdict) = outcome {
                for lane in 0..LANES as Lane {
                    let mut codes: Vec<u8> =
                        ballots.iter().filter(|(up, _)| up.get(lane)).map(|(_, codes)| codes.get(lane)).collect();
                    let up = 3 * codes.len() >= 2 * ballots.len();
                    prop_assert_eq!(verdict.up.get(lane), up);
                    prop_assert_eq!(verdict.disputed.get(lane), !up && !codes.is_empty());
                    codes.sort();
                    let quartile = if up { codes[(codes.len() - 1) / 4] } else { NO_ANSWER };
                    prop_assert_eq!(verdict.latency.get(lane), quartile);
                }
            }
        }

        #[test]
        fn absent_members_hide_no_outage_and_cost_no_device(ballots in ballots(), absent in 0u32..=MAX_COMMITTEE) {
            let borrowed: Vec<Ballot> = ballots.iter().map(|(up, codes)| (up, codes)).collect();
            let received = borrowed.len() as u32;
            let committee = (received + absent).min(MAX_COMMITTEE);
            if let Outcome::Uncovered { down } = tally(&borrowed, committee) {
                for lane in 0..LANES as Lane {
                    let up = ballots.iter().filter(|(up, _)| up.get(lane)).count() as u32;
                    // As if every absent member had called the lane up.
                    let hopeless = committee - received < two_thirds(committee) && received > 1;
                    prop_assert_eq!(down.get(lane), up == 0 && hopeless);
                }
            }
        }

        #[test]
        fn no_lane_is_down_that_anybody_calls_up(ballots in ballots(), absent in 0u32..8) {
            let borrowed: Vec<Ballot> = ballots.iter().map(|(up, codes)| (up, codes)).collect();
            let committee = (ballots.len() as u32 + absent).min(MAX_COMMITTEE);
            let down = match tally(&borrowed, committee) {
                Outcome::Covered(Verdict { up, disputed, .. }) => ALL_LANES.without(&up).without(&disputed),
                Outcome::Uncovered { down } => down,
            };
            prop_assert!(ballots.iter().all(|(up, _)| up.and(&down).count() == 0));
        }

        #[test]
        fn fewer_than_a_third_of_liars_change_no_unanimous_lane(honest in vec(any::<u8>(), LANES / 8), lie in vec(any::<u8>(), LANES / 8)) {
            let honest = Bitmap(honest.try_into().unwrap());
            let lie = Bitmap(lie.try_into().unwrap());
            let codes = LatencyCodes::default();
            let ballots: Vec<Ballot> = (0..7).map(|i| (if i < 2 { &lie } else { &honest }, &codes)).collect();
            let Outcome::Covered(verdict) = tally(&ballots, 7) else { panic!("all voted") };
            prop_assert_eq!(&verdict.up, &honest);
            // What only liars call up is disputed, and as it was.
            prop_assert_eq!(verdict.disputed, lie.without(&honest));
        }
    }

    #[test]
    fn two_thirds_rounds_up_and_never_overflows() {
        for n in 0..1_000u32 {
            assert_eq!(two_thirds(n), (2 * n).div_ceil(3));
        }
        assert_eq!(u64::from(two_thirds(u32::MAX)), (2 * u64::from(u32::MAX)).div_ceil(3));
    }
}
