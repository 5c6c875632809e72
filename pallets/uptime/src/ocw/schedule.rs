//! When within a round each device is probed: pure arithmetic on block offsets.
//!
//! A round of `length` blocks is divided by the offset of a block from the round's first one:
//!
//! ```text
//! 0 ........ first tries ........ | ... second tries ... | ............ filing ........... | length
//! ```
//!
//! The run at offset `n` sees the state after that block, so what it submits is included at offset `n + 1` at the earliest: the
//! report filed at the end of the last probing slice has all the filing blocks to be included in. The private seed decides in
//! which slice a lane is probed, so a device cannot know when it has to be up other than by being up all the time.
//!
//! For every length of at least 2, lane and seed:
//!
//! * a lane has exactly one slice for its first try, and it lies before every slice of a second try;
//! * all slices lie before the filing blocks, of which there is at least one and, from length 3 on, a third of the round;
//! * a lane that never answers is tried exactly as often as it has slices, however late the prober starts in the probing slices;
//! * at the end of the last probing slice nothing holds back the report but lanes that were never tried.

use codec::Encode;
use polkadot_sdk::sp_io::hashing::blake2_256;
use vouch_primitives::Lane;

/// How the blocks of a round are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Slices, one block each, for first tries: offsets `0..first`.
    first: u32,
    /// Slices for second tries: offsets `first..first + second`. 0 in rounds too short for any.
    second: u32,
    /// The last offset whose run can still get a report into the round; `None` if no run can, the round being too short.
    last_call: Option<u32>,
}

/// The slices of one lane, as offsets into the round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slices {
    /// Of its first try.
    pub first: u32,
    /// Of its second try, made only if the first failed; `None` if the round is too short for second tries.
    pub second: Option<u32>,
}

impl Plan {
    /// The plan for a round of `length` blocks. The last third of the round, at least one block, is left for filing; of the
    /// rest the last third, where there is more than one slice, is left for second tries.
    pub const fn of(length: u32) -> Self {
        let filing = if length < 6 { 1 } else { length / 3 };
        let probing = if length > filing { length - filing } else { 1 };
        let second = if probing < 2 {
            0
        } else if probing < 6 {
            1
        } else {
            probing / 3
        };
        Self { first: probing - second, second, last_call: length.checked_sub(2) }
    }

    /// The slices of `lane` under the prober's private `seed` of the round.
    pub fn slices(&self, seed: &[u8; 32], lane: Lane) -> Slices {
        let hash = blake2_256(&(seed, lane).encode());
        let [first, second] =
            [0, 8].map(|start| hash[start..start + 8].iter().fold(0u64, |word, byte| word << 8 | u64::from(*byte)));
        Slices {
            first: below(first, self.first),
            second: (self.second > 0).then(|| self.first + below(second, self.second)),
        }
    }

    /// Whether a lane that failed `tries` times is to be probed by the run at `offset`. What an absent prober missed stays due:
    /// first tries as long as a report can be filed, second tries while probing lasts.
    pub fn is_due(&self, slices: &Slices, tries: u8, offset: u32) -> bool {
        match tries {
            0 => offset >= slices.first && self.can_file(offset),
            1 => offset < self.first + self.second && slices.second.is_some_and(|second| offset >= second),
            _ => false,
        }
    }

    /// Whether after the run at `offset` the report still waits for a lane that failed `tries` times. A lane that was never
    /// tried is always waited for: to call it down would be to guess. A second try is waited for until its slices are over.
    pub fn is_open(&self, tries: u8, offset: u32) -> bool {
        match tries {
            0 => true,
            1 => self.second > 0 && offset + 1 < self.first + self.second,
            _ => false,
        }
    }

    /// Whether a report submitted by the run at `offset` can still be included in the round.
    pub fn can_file(&self, offset: u32) -> bool {
        self.last_call.is_some_and(|last| offset <= last)
    }
}

/// Maps a uniform `word` to `0..bound`; the bias is below `bound / 2^64`.
fn below(word: u64, bound: u32) -> u32 {
    (u128::from(word) * u128::from(bound) >> 64) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_slice_lies_before_filing_and_second_tries_after_first(length in 2u32..400, seed: [u8; 32], lane in 0u16..1024) {
            let plan = Plan::of(length);
            let filing = length - plan.first - plan.second;
            prop_assert!(filing >= 1 && filing <= length / 2 && (length < 3 || filing >= length / 3));
            let slices = plan.slices(&seed, lane);
            prop_assert!(slices.first < plan.first);
            prop_assert_eq!(slices.second.is_some(), length >= 3);
            if let Some(second) = slices.second {
                prop_assert!(second >= plan.first && second < plan.first + plan.second);
            }
            prop_assert_eq!(slices, plan.slices(&seed, lane));
        }

        #[test]
        fn dead_lane_is_tried_once_per_slice_and_then_given_up(length in 2u32..120, seed: [u8; 32], lane in 0u16..1024) {
            let plan = Plan::of(length);
            let slices = plan.slices(&seed, lane);
            let mut tried = Vec::new();
            for offset in 0..length {
                if plan.is_due(&slices, tried.len() as u8, offset) {
                    tried.push(offset);
                }
                if offset + 1 >= plan.first + plan.second {
                    prop_assert!(!plan.is_open(tried.len() as u8, offset));
                }
            }
            prop_assert_eq!(tried, core::iter::once(slices.first).chain(slices.second).collect::<Vec<_>>());
        }

        #[test]
        fn prober_that_starts_late_tries_every_lane_and_still_files(length in 2u32..120, seed: [u8; 32], lane in 0u16..1024, late: u32) {
            let plan = Plan::of(length);
            let slices = plan.slices(&seed, lane);
            let start = late % (length - 1);
            let mut tries = 0;
            let filed = (start..length).find(|offset| {
                tries += u8::from(plan.is_due(&slices, tries, *offset));
                plan.can_file(*offset) && !plan.is_open(tries, *offset)
            });
            prop_assert!(tries >= 1);
            prop_assert!(filed.is_some_and(|offset| offset < length - 1), "{filed:?}");
        }

        #[test]
        fn untried_lane_is_never_given_up(length in 0u32..120, offset in 0u32..120) {
            prop_assert!(Plan::of(length).is_open(0, offset));
        }
    }

    #[test]
    fn round_of_the_dev_preset_probes_twice_and_files() {
        let plan = Plan::of(3);
        assert_eq!(plan, Plan { first: 1, second: 1, last_call: Some(1) });
        assert_eq!(plan.slices(&[7; 32], 5), Slices { first: 0, second: Some(1) });
    }

    #[test]
    fn round_of_production_leaves_a_third_for_filing() {
        assert_eq!(Plan::of(50), Plan { first: 23, second: 11, last_call: Some(48) });
    }

    #[test]
    fn no_report_fits_into_a_round_of_one_block() {
        for length in [0, 1] {
            let plan = Plan::of(length);
            assert!(!plan.can_file(0) && !plan.is_due(&plan.slices(&[0; 32], 0), 0, 0));
        }
    }

    #[test]
    fn lanes_spread_evenly_over_the_slices() {
        let plan = Plan::of(50);
        let mut counts = [0u32; 34];
        for lane in 0..1024 {
            let slices = plan.slices(&[3; 32], lane);
            counts[slices.first as usize] += 1;
            counts[slices.second.unwrap() as usize] += 1;
        }
        // Means are 44.5 and 93.1; a fixed seed, so the bounds only say what "evenly" means.
        assert!(counts[..23].iter().all(|count| (20..75).contains(count)), "{counts:?}");
        assert!(counts[23..].iter().all(|count| (55..135).contains(count)), "{counts:?}");
    }
}
