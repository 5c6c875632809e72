//! Counts the primes in an interval, by a segmented sieve of Eratosthenes over the odd numbers.
//!
//! Input: where the interval starts (`u64`) and how long it is (`u32`), little-endian. Output: how many primes are in it (`u64`).
//!
//! It needs memory for the square root of the interval's end: 16 MiB last to about 10^13.
#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

use alloc::{vec, vec::Vec};

/// Odd numbers sieved at a time: as many bytes as fit a small processor's nearest cache.
const SEGMENT: u64 = 32 * 1024;

#[cfg(target_family = "wasm")]
vouch_job::run!(|mut input: &[u8]| {
    use vouch_job::Number;

    let (start, len) = (u64::take(&mut input), u32::take(&mut input));
    match (start, len) {
        (Some(start), Some(len)) if input.is_empty() => count(start, len).to_le_bytes(),
        _ => panic!("the input is a start and a length"),
    }
});

/// How many primes are in `start..start + len`. Numbers beyond `u64::MAX` do not count.
pub fn count(start: u64, len: u32) -> u64 {
    let end = start.saturating_add(len.into());
    let two = u64::from(start <= 2 && end > 2);
    // Index `i` stands for `2 i + 1`; 1 itself is none.
    let (first, last) = ((start / 2).max(1), end / 2);
    let sieve = odd_primes(end.isqrt());
    let mut is_composite = vec![false; SEGMENT as usize];
    let mut found = two;
    let mut low = first;
    while low < last {
        let high = last.min(low + SEGMENT);
        let segment = &mut is_composite[..(high - low) as usize];
        segment.fill(false);
        for prime in sieve.iter().map(|prime| u64::from(*prime)) {
            let square = prime * prime / 2;
            if square >= high {
                break;
            }
            // Odd multiples of a prime are its value apart in indices.
            let from = if square >= low { square - low } else { (prime - (low - square) % prime) % prime };
            segment.iter_mut().skip(from as usize).step_by(prime as usize).for_each(|composite| *composite = true);
        }
        found += segment.iter().filter(|composite| !**composite).count() as u64;
        low = high;
    }
    found
}

/// All odd primes up to `most`, which is below 2^32.
fn odd_primes(most: u64) -> Vec<u32> {
    let len = most.div_ceil(2) as usize;
    let mut is_composite = vec![false; len];
    let mut primes = Vec::new();
    for index in 1..len {
        if !is_composite[index] {
            let prime = 2 * index + 1;
            primes.push(prime as u32);
            // Not squared before it is known to be small: `usize` has 32 bits where jobs run.
            if prime <= len / prime * 2 + 2 {
                is_composite.iter_mut().skip(prime * prime / 2).step_by(prime).for_each(|composite| *composite = true);
            }
        }
    }
    primes
}

#[cfg(test)]
mod tests {
    use super::count;

    fn is_prime(n: u64) -> bool {
        n > 1 && (2..).take_while(|d| d * d <= n).all(|d| !n.is_multiple_of(d))
    }

    #[test]
    fn finds_what_trial_division_finds() {
        for start in 0..120 {
            for len in 0..120u32 {
                let expected = (start..start + u64::from(len)).filter(|n| is_prime(*n)).count() as u64;
                assert_eq!(count(start, len), expected, "{start} + {len}");
            }
        }
        for start in [9_999_990, 1_000_000_000_000] {
            let expected = (start..start + 500).filter(|n| is_prime(*n)).count() as u64;
            assert_eq!(count(start, 500), expected);
        }
    }

    /// OEIS A006880.
    #[test]
    fn agrees_with_the_known_counts() {
        for (power, primes) in [(1, 4), (2, 25), (3, 168), (4, 1_229), (5, 9_592), (6, 78_498), (7, 664_579)] {
            assert_eq!(count(0, 10u32.pow(power)), primes);
        }
    }

    #[test]
    fn tasks_add_up_to_the_primes_below_a_hundred_million() {
        let total: u64 = (0..100).map(|task| count(task * 1_000_000, 1_000_000)).sum();
        assert_eq!(total, 5_761_455);
    }
}
