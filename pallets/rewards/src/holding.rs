//! How long what is held back is held: in periods, of which never more than two are pending.
//!
//! When an epoch closes, what is held back of it joins the newest *period*, and a whole period is released at once. That way a
//! page needs room for two periods, however many epochs something is held for. Let epoch `e` close under parameters that hold
//! for `h` epochs; it may be released from epoch `m = e + 1 + h` on. Then
//!
//! 1. if the newest period is released in `m` or later, `e` joins it;
//! 2. otherwise, if the period before it is released by epoch `e + 1`, a new one opens, which is released in `e + 2 h`, so
//!    that the `h - 1` epochs that follow can join it;
//! 3. otherwise the newest period is prolonged to `m`, and `e` joins it.
//!
//! *Held for at least `h` epochs after `e` has closed*: in each case the period is released in `m` or later, and a release is
//! never brought forward.
//!
//! *Held for fewer than `2 H` epochs after `e` has closed*, `H` being the most epochs ever held for: if the period was opened by
//! epoch `o <= e` and never prolonged, it is released by `o + 2 H <= e + 2 H`, and the epochs in which `e` is held are those from
//! `e + 1` to the one before. If epoch `x` prolonged it, then to at most `x + 1 + H`, and the period before it, released in `p`,
//! was still pending: `x + 1 < p`. But `p` was too early for `o`: `p < o + 1 + H`. So `x + 1 + H < o + 1 + 2 H`. As long as the
//! holding epochs are not changed, case 3 does not occur.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use vouch_primitives::EpochIndex;

/// Number of a period, in the order in which they were opened.
pub type Period = u32;

/// The two newest periods; all before them are released.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Holding {
    /// The newest. Period 0 holds nothing.
    pub newest: Period,
    /// The epoch with which the newest is released.
    pub release: EpochIndex,
    /// The epoch with which the one before it is released; not after the newest's.
    pub previous_release: EpochIndex,
}

impl Holding {
    /// The period in which something earned in `epoch`, which now closes, is held for at least `epochs` more.
    pub fn hold(&mut self, epoch: EpochIndex, epochs: u32) -> Period {
        let next = epoch.saturating_add(1);
        let earliest = next.saturating_add(epochs);
        if self.release < earliest {
            if self.previous_release <= next {
                *self = Self {
                    newest: self.newest.saturating_add(1),
                    release: epoch.saturating_add(epochs.saturating_mul(2)).max(earliest),
                    previous_release: self.release,
                };
            } else {
                self.release = earliest;
            }
        }
        self.newest
    }

    /// Whether what is held in `period` is released in the running epoch.
    pub fn is_released(&self, period: Period, running: EpochIndex) -> bool {
        match self.newest.checked_sub(period) {
            Some(0) => self.release <= running,
            Some(1) => self.previous_release <= running,
            Some(_) => true,
            // A period that was never opened: nothing can be held in it.
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    /// Closes one epoch for every entry and returns the period of each.
    fn close(holding: &mut Holding, epochs: &[u32]) -> Vec<Period> {
        epochs.iter().enumerate().map(|(epoch, epochs)| holding.hold(epoch as EpochIndex, *epochs)).collect()
    }

    #[test]
    fn epochs_share_periods_of_their_holding_time() {
        let mut holding = Holding::default();
        assert_eq!(close(&mut holding, &[3; 7]), [1, 1, 1, 2, 2, 2, 3]);
        assert_eq!(holding, Holding { newest: 3, release: 12, previous_release: 9 });
        assert_eq!([1, 2, 3, 4].map(|period| holding.is_released(period, 8)), [true, false, false, false]);
        assert_eq!([1, 2, 3, 4].map(|period| holding.is_released(period, 9)), [true, true, false, false]);
        assert_eq!([1, 2, 3, 4].map(|period| holding.is_released(period, 12)), [true, true, true, false]);
    }

    #[test]
    fn held_for_one_epoch_is_held_for_exactly_one() {
        let mut holding = Holding::default();
        for epoch in 0..10 {
            let period = holding.hold(epoch, 1);
            assert!(!holding.is_released(period, epoch + 1) && holding.is_released(period, epoch + 2));
        }
    }

    #[test]
    fn longer_and_longer_times_prolong_the_newest_period_and_open_no_third() {
        let mut holding = Holding::default();
        assert_eq!(close(&mut holding, &[10, 30, 100]), [1, 2, 2]);
        assert_eq!(holding, Holding { newest: 2, release: 103, previous_release: 20 });
    }

    #[test]
    fn time_without_end_is_counted_as_far_as_epochs_are() {
        let mut holding = Holding::default();
        assert_eq!(holding.hold(5, u32::MAX), 1);
        assert_eq!((holding.release, holding.is_released(1, u32::MAX - 1)), (u32::MAX, false));
    }

    proptest! {
        #[test]
        fn held_for_at_least_its_time_and_less_than_twice_the_longest_whatever_governance_does(times in vec((1u32..12, any::<bool>()), 1..80)) {
            let mut holding = Holding::default();
            let mut pending: Vec<(EpochIndex, u32, Period)> = Vec::new();
            let mut longest = 0;
            for (epoch, (epochs, earns)) in times.into_iter().enumerate() {
                let epoch = epoch as EpochIndex;
                if earns {
                    pending.push((epoch, epochs, holding.hold(epoch, epochs)));
                    longest = longest.max(epochs);
                }
                prop_assert!(holding.previous_release <= holding.release);
                let running = epoch + 1;
                pending.retain(|(_, _, period)| !holding.is_released(*period, running));
                // What is released in this epoch was held for long enough, and what is not cannot be too old.
                prop_assert!(pending.iter().all(|(epoch, _, _)| running < epoch + 1 + 2 * longest));
                let mut periods: Vec<Period> = pending.iter().map(|(_, _, period)| *period).collect();
                periods.dedup();
                prop_assert!(periods.len() <= 2);
            }
        }

        #[test]
        fn nothing_is_released_before_its_time(times in vec(1u32..12, 1..80)) {
            let mut holding = Holding::default();
            let mut held: Vec<(EpochIndex, Period)> = Vec::new();
            for (epoch, epochs) in times.into_iter().enumerate() {
                let epoch = epoch as EpochIndex;
                held.push((epoch + 1 + epochs, holding.hold(epoch, epochs)));
                for (earliest, period) in &held {
                    prop_assert!(epoch + 1 >= *earliest || !holding.is_released(*period, epoch + 1));
                }
            }
        }
    }
}
