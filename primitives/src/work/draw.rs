//! Who computes what, and who is checked: pure draws that anyone can repeat from a round's seed.

use super::{ChunkIndex, JobId};
use crate::DeviceId;
use codec::Encode;
use polkadot_sdk::{
    sp_arithmetic::{traits::Saturating, Perquintill},
    sp_core::H256,
    sp_io::hashing::blake2_256,
};

const SEAT_TAG: &[u8] = b"vouch/seat/v1";
const CHECK_TAG: &[u8] = b"vouch/check/v1";

/// How many workers a seat is offered to in a round, one after the other, before the chunk has to wait for the next.
pub const OFFERS: u32 = 24;

/// The workers that a chunk's seats are offered to in the round with `seed`, in the order in which they are: numbers below
/// `workers`, each equally likely at each place. One may occur more than once.
pub fn candidates(seed: H256, job: JobId, chunk: ChunkIndex, workers: u32) -> impl Iterator<Item = u32> {
    let offers = if workers == 0 { 0 } else { OFFERS };
    (0..offers).map(move |offer| {
        let hash = blake2_256(&(SEAT_TAG, seed, job, chunk, offer).encode());
        // Of 128 bits the remainder is as good as uniform: no number is likelier than another by more than 2^-96.
        (number(&hash) % u128::from(workers)) as u32
    })
}

/// With which probability a device with `valid` valid chunks on end is checked by further replicas: `1/n`, as BOINC does it (its
/// "adaptive replication"), and never less than `floor`.
pub fn check_probability(valid: u32, floor: Perquintill) -> Perquintill {
    Perquintill::from_rational(1u64, u64::from(valid.max(1))).max(floor)
}

/// Whether the only device that answered on a chunk is checked by further replicas. `seed` is that of a round that began after
/// it had answered, so that nobody can know before.
pub fn is_checked(seed: H256, job: JobId, chunk: ChunkIndex, device: &DeviceId, probability: Perquintill) -> bool {
    let hash = blake2_256(&(CHECK_TAG, seed, job, chunk, device).encode());
    Perquintill::from_parts((number(&hash) % 1_000_000_000_000_000_000) as u64) < probability
}

/// Whether a device that is checked with `probability` loses more by a lie that is found than it gains by one that is not, in
/// expectation: `p x fine >= (1 - p) x gain`.
pub fn is_deterred(probability: Perquintill, fine: u128, gain: u128) -> bool {
    let unchecked = Perquintill::one().saturating_sub(probability);
    probability.mul_floor(fine) >= unchecked.mul_ceil(gain)
}

fn number(hash: &[u8; 32]) -> u128 {
    hash.iter().take(16).rev().fold(0, |number, byte| number << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn candidates_exist(seed: [u8; 32], workers in 1u32.., job: u32, chunk: u32) {
            prop_assert!(candidates(H256(seed), job, chunk, workers).all(|worker| worker < workers));
            prop_assert_eq!(candidates(H256(seed), job, chunk, workers).count(), OFFERS as usize);
        }

        #[test]
        fn long_records_are_checked_less_and_never_less_than_the_floor(valid: u32, floor in 0u64..=1_000_000_000_000_000_000) {
            let floor = Perquintill::from_parts(floor);
            let now = check_probability(valid, floor);
            prop_assert!(now >= floor && check_probability(valid.saturating_add(1), floor) <= now);
        }

        /// Written out: where it holds, cheating on every chunk does not pay.
        #[test]
        fn nobody_gains_by_lying_where_it_is_deterred(percent in 1u64..=100, fine in 0u128..1 << 60, gain in 0u128..1 << 60) {
            let deterred = is_deterred(Perquintill::from_percent(percent), fine, gain);
            let (found, missed) = (u128::from(percent) * fine, u128::from(100 - percent) * gain);
            prop_assert!(!deterred || found + 200 >= missed);
            prop_assert!(deterred || found <= missed + 200);
        }
    }

    #[test]
    fn nobody_is_drawn_of_nobody() {
        assert_eq!(candidates(H256::zero(), 0, 0, 0).count(), 0);
    }

    #[test]
    fn all_workers_are_drawn_about_equally_often() {
        let mut drawn = [0u32; 10];
        for chunk in 0..1_000 {
            candidates(H256::repeat_byte(3), 7, chunk, 10).take(1).for_each(|worker| drawn[worker as usize] += 1);
        }
        // Binomial(1000, 0.1): mean 100, standard deviation 9.5.
        assert!(drawn.iter().all(|times| (60..140).contains(times)), "{drawn:?}");
    }

    #[test]
    fn checks_come_as_often_as_they_should() {
        let device = DeviceId::new([1; 32]);
        let tenth = check_probability(10, Perquintill::zero());
        let checked = (0..2_000).filter(|chunk| is_checked(H256::zero(), 1, *chunk, &device, tenth)).count();
        assert!((140..260).contains(&checked), "{checked} of 2,000 at a tenth");
        assert!((0..200).all(|chunk| is_checked(
            H256::zero(),
            1,
            chunk,
            &device,
            check_probability(1, Perquintill::zero())
        )));
    }
}
