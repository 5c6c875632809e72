//! Who probes whom: a pure draw that anyone can recompute from a round's seed.

use crate::CohortId;
use alloc::{collections::BTreeMap, vec::Vec};
use polkadot_sdk::{sp_core::H256, sp_io::hashing::blake2_256};

/// The probers drawn for `cohort` in the round with `seed`: `min(size, probers)` distinct indices below `probers`, in the order
/// drawn.
///
/// A partial Fisher-Yates shuffle (Durstenfeld 1964) over the indices, fed by BLAKE2b-256 of (seed, cohort, counter); every
/// draw rejects the values that would make some index likelier than another (Lemire 2019, doi:10.1145/3230636). Each ordered
/// selection is therefore equally likely. Costs `O(size log size)`, however many probers there are.
pub fn committee(seed: H256, cohort: CohortId, probers: u32, size: u32) -> Vec<u32> {
    let mut stream = Stream { seed, cohort, counter: 0, words: [0; 4], left: 0 };
    // The shuffled array, of which only the entries that differ from their index are kept.
    let mut moved = BTreeMap::<u32, u32>::new();
    (0..size.min(probers))
        .map(|position| {
            let pick = position + stream.below(probers - position);
            let drawn = moved.get(&pick).copied().unwrap_or(pick);
            let displaced = moved.get(&position).copied().unwrap_or(position);
            moved.insert(pick, displaced);
            drawn
        })
        .collect()
}

/// A counter-mode hash stream.
struct Stream {
    seed: H256,
    cohort: CohortId,
    counter: u32,
    words: [u64; 4],
    left: usize,
}

impl Stream {
    fn next(&mut self) -> u64 {
        if self.left == 0 {
            let mut input = [0u8; 40];
            input[..32].copy_from_slice(self.seed.as_bytes());
            input[32..36].copy_from_slice(&self.cohort.to_le_bytes());
            input[36..].copy_from_slice(&self.counter.to_le_bytes());
            let hash = blake2_256(&input);
            for (word, bytes) in self.words.iter_mut().zip(hash.chunks_exact(8)) {
                *word = bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
            }
            self.counter = self.counter.wrapping_add(1);
            self.left = self.words.len();
        }
        self.left -= 1;
        self.words[self.left]
    }

    /// A uniform number below `bound`, which is at least 1.
    fn below(&mut self, bound: u32) -> u32 {
        let bound = u64::from(bound);
        // `2^64 mod bound`: products whose low half is below it belong to over-represented results.
        let reject = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.next()) * u128::from(bound);
            if product as u64 >= reject {
                return (product >> 64) as u32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn draws_distinct_members_of_the_set(seed in any::<[u8; 32]>(), cohort: u32, probers in 0u32..2_000, size in 0u32..20) {
            let drawn = committee(seed.into(), cohort, probers, size);
            prop_assert_eq!(drawn.len() as u32, size.min(probers));
            prop_assert!(drawn.iter().all(|index| *index < probers));
            prop_assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), drawn.len());
            prop_assert_eq!(&drawn, &committee(seed.into(), cohort, probers, size));
        }
    }

    /// Pearson's statistic of `counts` against a uniform expectation.
    fn chi_squared(counts: &[u32]) -> f64 {
        let expected = counts.iter().sum::<u32>() as f64 / counts.len() as f64;
        counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum()
    }

    /// Upper bound of chi-squared with `df` degrees of freedom, exceeded by chance once in about a billion (six sigma of the
    /// Wilson-Hilferty approximation). Seeds are fixed, so the test cannot flake; the bound only says what "unbiased" means.
    fn bound(df: f64) -> f64 {
        df * (1.0 - 2.0 / (9.0 * df) + 6.0 * (2.0 / (9.0 * df)).sqrt()).powi(3)
    }

    #[test]
    fn every_member_and_every_pair_is_drawn_equally_often() {
        let (probers, size) = (20u32, 7u32);
        let mut singles = vec![0u32; probers as usize];
        let mut pairs = vec![0u32; (probers * (probers - 1) / 2) as usize];
        let mut first = vec![0u32; probers as usize];
        for round in 0..20_000u32 {
            let drawn = committee(H256(blake2_256(&round.to_le_bytes())), round % 5, probers, size);
            first[drawn[0] as usize] += 1;
            for (i, a) in drawn.iter().enumerate() {
                singles[*a as usize] += 1;
                for b in &drawn[i + 1..] {
                    let (low, high) = (a.min(b), a.max(b));
                    pairs[(high * (high - 1) / 2 + low) as usize] += 1;
                }
            }
        }
        for counts in [&singles, &pairs, &first] {
            let (statistic, bound) = (chi_squared(counts), bound(counts.len() as f64 - 1.0));
            assert!(statistic < bound, "chi-squared {statistic} over {} cells, bound {bound}", counts.len());
        }
    }

    #[test]
    fn cohorts_and_seeds_draw_independently() {
        let seed = H256::repeat_byte(7);
        assert_ne!(committee(seed, 0, 1_000, 7), committee(seed, 1, 1_000, 7));
        assert_ne!(committee(seed, 0, 1_000, 7), committee(H256::repeat_byte(8), 0, 1_000, 7));
    }

    #[test]
    fn small_set_is_drawn_whole() {
        assert_eq!(committee(H256::zero(), 0, 4, 7).into_iter().collect::<BTreeSet<_>>(), BTreeSet::from([0, 1, 2, 3]));
        assert_eq!(committee(H256::zero(), 0, 0, 7), Vec::<u32>::new());
    }
}
