//! Which devices are probed in a round, and when within it: pure arithmetic.
//!
//! A round of `length` blocks is divided by the offset of a block from the round's first one:
//!
//! ```text
//! 0 ........ first tries ........ | ... second tries ... | ............ filing ........... | length
//! ```
//!
//! The run at offset `n` sees the state after that block, so what it submits is included at offset `n + 1` at the earliest: the
//! report filed at the end of the last probing slice has all the filing blocks to be included in.
//!
//! The private seed decides in which slice a device is probed, so it cannot know when it has to be up other than by being up
//! all the time. All devices whose addresses share a prefix have the same slice: whoever answers for many devices with one
//! machine has to answer for all of them at once, and what that takes shows in their latencies.
//!
//! For every length of at least 2, prefix and seed:
//!
//! * a prefix has exactly one slice for first tries, and it lies before every slice of a second try;
//! * all slices lie before the filing blocks, of which there is at least one and, from length 3 on, a third of the round;
//! * a lane that never answers is tried exactly as often as it has slices, however late the prober starts in the probing slices;
//! * a first try that is not made in its slice stays due in every run that can still get a report into the round;
//! * at the end of the last probing slice nothing holds back the report but lanes that were never tried.

use codec::Encode;
use polkadot_sdk::{sp_core::H256, sp_io::hashing::blake2_256};
use vouch_primitives::{endpoint::Prefix, history::Attendance, CohortId, Lane};

/// Of how many rounds a device that used to answer and was lost is asked in one.
const LOST: u8 = 8;

/// Whether a lane is asked in the round of `seed`. Every member of the committee derives the same, so that none calls a device
/// down that the others asked; unasked it is down, as it would be if it had been asked in vain.
///
/// A device that never answered at its address is asked after pauses that double, and then not at all: the address may be
/// somebody else's. One that used to answer and was down in all rounds remembered is asked in one round of eight.
pub fn is_asked(attendance: Attendance, seed: H256, cohort: CohortId, lane: Lane) -> bool {
    match attendance {
        Attendance::Expected => true,
        Attendance::Pausing | Attendance::Never => false,
        Attendance::Lost => blake2_256(&(seed, b"lost", cohort, lane).encode())[0].is_multiple_of(LOST),
    }
}

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

/// The slices of the lanes of one prefix, as offsets into the round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slices {
    /// Of their first tries.
    pub first: u32,
    /// Of their second tries, made only where the first failed; `None` if the round is too short for second tries.
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

    /// The slices of all lanes whose addresses are in `prefix`, under the prober's private `seed` of the round and the cohort.
    pub fn slices(&self, seed: &[u8; 32], prefix: Prefix) -> Slices {
        let hash = blake2_256(&(seed, prefix).encode());
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

    /// Whether the run at `offset` is the last that can file.
    pub fn is_last_call(&self, offset: u32) -> bool {
        self.last_call == Some(offset)
    }
}

/// Maps a uniform `word` to `0..bound`; the bias is below `bound / 2^64`.
fn below(word: u64, bound: u32) -> u32 {
    ((u128::from(word) * u128::from(bound)) >> 64) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn prefix() -> impl Strategy<Value = Prefix> {
        prop_oneof![any::<[u8; 3]>().prop_map(Prefix::V4), any::<[u8; 6]>().prop_map(Prefix::V6)]
    }

    proptest! {
        #[test]
        fn every_slice_lies_before_filing_and_second_tries_after_first(length in 2u32..400, seed: [u8; 32], prefix in prefix()) {
            let plan = Plan::of(length);
            let filing = length - plan.first - plan.second;
            prop_assert!(filing >= 1 && filing <= length / 2 && (length < 3 || filing >= length / 3));
            let slices = plan.slices(&seed, prefix);
            prop_assert!(slices.first < plan.first);
            prop_assert_eq!(slices.second.is_some(), length >= 3);
            if let Some(second) = slices.second {
                prop_assert!(second >= plan.first && second < plan.first + plan.second);
            }
        }

        #[test]
        fn dead_lane_is_tried_once_per_slice_and_then_given_up(length in 2u32..120, seed: [u8; 32], prefix in prefix()) {
            let plan = Plan::of(length);
            let slices = plan.slices(&seed, prefix);
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
        fn prober_that_starts_late_tries_every_lane_and_still_files(length in 2u32..120, seed: [u8; 32], prefix in prefix(), late: u32) {
            let plan = Plan::of(length);
            let slices = plan.slices(&seed, prefix);
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
        fn first_try_stays_due_as_long_as_a_report_can_be_filed(length in 2u32..400, seed: [u8; 32], prefix in prefix()) {
            let plan = Plan::of(length);
            let slices = plan.slices(&seed, prefix);
            for offset in 0..length {
                prop_assert_eq!(plan.is_due(&slices, 0, offset), (slices.first..length - 1).contains(&offset));
                prop_assert_eq!(plan.is_last_call(offset), plan.can_file(offset) && !plan.can_file(offset + 1));
            }
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
        assert_eq!(plan.slices(&[7; 32], Prefix::V4([1, 2, 3])), Slices { first: 0, second: Some(1) });
    }

    #[test]
    fn round_of_production_leaves_a_third_for_filing() {
        assert_eq!(Plan::of(50), Plan { first: 23, second: 11, last_call: Some(48) });
    }

    #[test]
    fn no_report_fits_into_a_round_of_one_block() {
        for length in [0, 1] {
            let plan = Plan::of(length);
            assert!(!plan.can_file(0) && !plan.is_due(&plan.slices(&[0; 32], Prefix::V4([0; 3])), 0, 0));
        }
    }

    #[test]
    fn prefixes_spread_evenly_over_the_slices() {
        let plan = Plan::of(50);
        let mut counts = [0u32; 34];
        for n in 0..1_024u16 {
            let [high, low] = n.to_be_bytes();
            let prefix = if n % 2 == 0 { Prefix::V4([1, high, low]) } else { Prefix::V6([0x2a, 0, 0, 0, high, low]) };
            let slices = plan.slices(&[3; 32], prefix);
            counts[slices.first as usize] += 1;
            counts[slices.second.unwrap() as usize] += 1;
        }
        // Means are 44.5 and 93.1; a fixed seed, so the bounds only say what "evenly" means.
        assert!(counts[..23].iter().all(|count| (20..75).contains(count)), "{counts:?}");
        assert!(counts[23..].iter().all(|count| (55..135).contains(count)), "{counts:?}");
    }

    #[test]
    fn only_a_lost_device_is_left_to_the_seed() {
        let asked = |attendance| {
            let seeds = (0..8_000u32).map(|n| H256(blake2_256(&n.encode())));
            seeds.filter(|seed| is_asked(attendance, *seed, 3, 5)).count()
        };
        assert_eq!(asked(Attendance::Expected), 8_000);
        assert_eq!((asked(Attendance::Pausing), asked(Attendance::Never)), (0, 0));
        // 1,000 expected, standard deviation 30; the seeds are fixed.
        assert!((900..1_100).contains(&asked(Attendance::Lost)), "{}", asked(Attendance::Lost));
        // Lost devices are not all asked in the same rounds.
        let lanes = (0..1_024).filter(|lane| is_asked(Attendance::Lost, H256::zero(), 3, *lane)).count();
        assert!((85..175).contains(&lanes), "{lanes}");
    }
}
