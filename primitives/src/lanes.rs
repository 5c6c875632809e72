//! Where a device sits: cohorts of 1,024 lanes, and the packed rows that hold one value per lane.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Lanes in one cohort.
pub const LANES: usize = 1_024;

/// Bytes of a [`Bitmap`].
pub const BITMAP_BYTES: usize = LANES / 8;

/// Bytes of [`LatencyCodes`], two lanes to a byte.
pub const LATENCY_BYTES: usize = LANES / 2;

/// Number of a cohort, counted from 0 in the order of registration.
pub type CohortId = u32;

/// A device's place within its cohort, below [`LANES`].
pub type Lane = u16;

/// The place a device occupies as long as it is registered.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Place {
    /// The cohort.
    pub cohort: CohortId,
    /// The lane in it, below [`LANES`].
    pub lane: Lane,
}

impl Place {
    /// The `n`-th place counted from cohort 0, lane 0.
    pub const fn nth(n: u32) -> Self {
        Self { cohort: n / LANES as u32, lane: (n % LANES as u32) as Lane }
    }

    /// Inverse of [`Place::nth`]; saturates for places no `u32` counts.
    pub const fn ordinal(&self) -> u32 {
        self.cohort.saturating_mul(LANES as u32).saturating_add(self.lane as u32)
    }
}

/// One bit per lane; lane `l` is bit `l % 8` of byte `l / 8`.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Bitmap(pub [u8; BITMAP_BYTES]);

impl Default for Bitmap {
    fn default() -> Self {
        Self([0; BITMAP_BYTES])
    }
}

impl core::fmt::Debug for Bitmap {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Bitmap({} of {LANES} set)", self.count())
    }
}

impl Bitmap {
    /// Whether the lane's bit is set; `false` for lanes that do not exist.
    pub fn get(&self, lane: Lane) -> bool {
        self.0.get(usize::from(lane / 8)).is_some_and(|byte| byte >> (lane % 8) & 1 == 1)
    }

    /// Sets or clears the lane's bit; does nothing for lanes that do not exist.
    pub fn set(&mut self, lane: Lane, value: bool) {
        if let Some(byte) = self.0.get_mut(usize::from(lane / 8)) {
            let mask = 1 << (lane % 8);
            *byte = if value { *byte | mask } else { *byte & !mask };
        }
    }

    /// How many bits are set.
    pub fn count(&self) -> u32 {
        self.0.iter().map(|byte| byte.count_ones()).sum()
    }

    /// The set lane that has `n` set lanes below it; `None` if no more than `n` lanes are set.
    pub fn nth(&self, n: u32) -> Option<Lane> {
        let mut left = n;
        for (index, byte) in self.0.iter().enumerate() {
            let here = byte.count_ones();
            if left < here {
                return (0..8).filter(|bit| byte >> bit & 1 == 1).nth(left as usize).map(|bit| index as Lane * 8 + bit);
            }
            left -= here;
        }
        None
    }

    /// The set lanes in rising order.
    pub fn lanes(&self) -> impl Iterator<Item = Lane> + '_ {
        (0..LANES as Lane).filter(|lane| self.get(*lane))
    }

    /// The lanes set here and in `other`.
    pub fn and(&self, other: &Self) -> Self {
        Self(core::array::from_fn(|i| self.0[i] & other.0[i]))
    }

    /// The lanes set here and not in `other`.
    pub fn without(&self, other: &Self) -> Self {
        Self(core::array::from_fn(|i| self.0[i] & !other.0[i]))
    }
}

impl FromIterator<Lane> for Bitmap {
    fn from_iter<I: IntoIterator<Item = Lane>>(lanes: I) -> Self {
        let mut bitmap = Self::default();
        lanes.into_iter().for_each(|lane| bitmap.set(lane, true));
        bitmap
    }
}

/// The 4-bit latency code that says "no answer".
pub const NO_ANSWER: u8 = 15;

/// The 4-bit logarithmic code of a round-trip time: its bit length in milliseconds, at most 14. Code `c > 0` covers
/// `2^(c-1) ..= 2^c - 1` ms, so a code tells the time to within a factor of two; 14 means 8.2 s or more.
pub const fn latency_code(rtt_ms: u32) -> u8 {
    let bits = (u32::BITS - rtt_ms.leading_zeros()) as u8;
    if bits < NO_ANSWER {
        bits
    } else {
        NO_ANSWER - 1
    }
}

/// The longest round-trip time, in milliseconds, that `code` covers; `None` for [`NO_ANSWER`] and for the open-ended code 14.
pub const fn latency_ceiling_ms(code: u8) -> Option<u32> {
    if code < NO_ANSWER - 1 {
        Some((1 << code) - 1)
    } else {
        None
    }
}

/// One 4-bit latency code per lane; even lanes are the low half of their byte. See [`latency_code`].
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct LatencyCodes(pub [u8; LATENCY_BYTES]);

impl Default for LatencyCodes {
    /// No lane answered.
    fn default() -> Self {
        Self([NO_ANSWER << 4 | NO_ANSWER; LATENCY_BYTES])
    }
}

impl core::fmt::Debug for LatencyCodes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let answered = (0..LANES as Lane).filter(|lane| self.get(*lane) != NO_ANSWER).count();
        write!(f, "LatencyCodes({answered} of {LANES} answered)")
    }
}

impl LatencyCodes {
    /// The lane's code; [`NO_ANSWER`] for lanes that do not exist.
    pub fn get(&self, lane: Lane) -> u8 {
        match self.0.get(usize::from(lane / 2)) {
            Some(byte) if lane.is_multiple_of(2) => byte & 0x0f,
            Some(byte) => byte >> 4,
            None => NO_ANSWER,
        }
    }

    /// Sets the lane's code, of which only the low four bits count; does nothing for lanes that do not exist.
    pub fn set(&mut self, lane: Lane, code: u8) {
        if let Some(byte) = self.0.get_mut(usize::from(lane / 2)) {
            let code = code & 0x0f;
            *byte = if lane.is_multiple_of(2) { *byte & 0xf0 | code } else { *byte & 0x0f | code << 4 };
        }
    }
}

/// Everything the tally needs to know of a cohort's devices in one round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CohortView {
    /// Lanes to probe and to judge.
    pub active: Bitmap,
    /// Lanes whose device is registered but not judged in this round: it joined, came back or changed its key during the
    /// round, or declared a maintenance window. Never overlaps `active`.
    pub excused: Bitmap,
    /// The class of each lane's device; meaningless for vacant lanes.
    pub classes: [crate::ClassId; LANES],
}

impl Default for CohortView {
    fn default() -> Self {
        Self { active: Bitmap::default(), excused: Bitmap::default(), classes: [0; LANES] }
    }
}

/// A row of one value per lane on the heap: too large for the wasm stack to pass around by value.
pub fn row<T: Clone + Default>() -> Vec<T> {
    alloc::vec![T::default(); LANES]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bitmap_holds_exactly_the_lanes_put_in(lanes in proptest::collection::btree_set(0..LANES as Lane, 0..200)) {
            let bitmap: Bitmap = lanes.iter().copied().collect();
            prop_assert_eq!(bitmap.lanes().collect::<Vec<_>>(), lanes.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(bitmap.count() as usize, lanes.len());
            for (n, lane) in lanes.iter().enumerate() {
                prop_assert_eq!(bitmap.nth(n as u32), Some(*lane));
            }
            prop_assert_eq!(bitmap.nth(lanes.len() as u32), None);
        }

        #[test]
        fn latency_codes_do_not_disturb_their_neighbours(codes in proptest::collection::vec(0u8..16, LANES)) {
            let mut packed = LatencyCodes::default();
            codes.iter().enumerate().for_each(|(lane, code)| packed.set(lane as Lane, *code));
            for (lane, code) in codes.iter().enumerate() {
                prop_assert_eq!(packed.get(lane as Lane), *code);
            }
        }

        #[test]
        fn latency_code_covers_its_time(rtt in 0u32..20_000) {
            let code = latency_code(rtt);
            prop_assert!(code < NO_ANSWER);
            prop_assert!(latency_ceiling_ms(code).is_none_or(|ceiling| rtt <= ceiling));
            prop_assert!(code == 0 || rtt > latency_ceiling_ms(code - 1).unwrap_or(u32::MAX));
        }

        #[test]
        fn place_counts_both_ways(n in any::<u32>()) {
            prop_assert_eq!(Place::nth(n).ordinal(), n);
        }
    }

    #[test]
    fn lanes_that_do_not_exist_are_ignored() {
        let mut bitmap = Bitmap::default();
        bitmap.set(LANES as Lane, true);
        assert_eq!((bitmap.count(), bitmap.get(LANES as Lane)), (0, false));
        let mut codes = LatencyCodes::default();
        codes.set(LANES as Lane, 3);
        assert_eq!((codes.clone(), codes.get(LANES as Lane)), (LatencyCodes::default(), NO_ANSWER));
    }
}
