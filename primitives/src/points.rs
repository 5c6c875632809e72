//! What one proven round is worth.
//!
//! Points are linear: a round adds `class weight x latency factor x streak factor`, so a running total is known at every moment
//! and closing an epoch needs no second pass.

use crate::{lanes::NO_ANSWER, ClassWeight, Points};

/// Latency factor in percent by latency code: full pay up to 127 ms, then less for every doubling. A lane that is up without a
/// usable time counts as slowest.
const LATENCY_PERCENT: [u32; 16] = [100, 100, 100, 100, 100, 100, 100, 100, 95, 85, 70, 50, 30, 25, 25, 25];

/// Longest streak, in rounds, that still raises the factor: the length of the history.
pub const MAX_STREAK: u32 = 32;

/// What the longest streak adds, in percent.
const STREAK_BONUS_PERCENT: u32 = 25;

/// The latency factor of a 4-bit code, in percent.
pub fn latency_factor(code: u8) -> u32 {
    LATENCY_PERCENT[usize::from(code.min(NO_ANSWER))]
}

/// The streak factor in percent: 100 for the first round up after a round down, rising linearly to 125 after [`MAX_STREAK`].
pub const fn streak_factor(streak: u32) -> u32 {
    let streak = if streak < MAX_STREAK { streak } else { MAX_STREAK };
    100 + streak * STREAK_BONUS_PERCENT / MAX_STREAK
}

/// Points of one round: weight (hundredths of a standard device) times latency factor (percent) times streak factor (percent),
/// over 100. A standard device with a perfect round and no streak earns 10,000; the most any device can earn is 8,191,875.
pub fn round_points(weight: ClassWeight, latency_code: u8, streak: u32) -> Points {
    u32::from(weight) * latency_factor(latency_code) * streak_factor(streak) / 100
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn standard_device_earns_ten_thousand() {
        assert_eq!(round_points(100, 0, 0), 10_000);
        assert_eq!(round_points(100, 0, MAX_STREAK), 12_500);
        assert_eq!(round_points(ClassWeight::MAX, 0, u32::MAX), 8_191_875);
        assert_eq!(round_points(0, 0, 32), 0);
    }

    proptest! {
        #[test]
        fn faster_longer_and_heavier_never_earn_less(weight in 0..ClassWeight::MAX, code in 0u8..15, streak in 0u32..40) {
            let points = round_points(weight, code, streak);
            prop_assert!(round_points(weight + 1, code, streak) >= points);
            prop_assert!(round_points(weight, code + 1, streak) <= points);
            prop_assert!(round_points(weight, code, streak + 1) >= points);
        }
    }
}
