//! What was measured, as the straight lines that weights are.

use crate::measure::{Benchmark, Samples};
use anyhow::{anyhow, Context, Result};
use polkadot_sdk::{
    frame_benchmarking::{Analysis, BenchmarkResult, BenchmarkSelector},
    frame_support::traits::StorageInfo,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Significant digits of a time. Samples scatter by more than the fourth.
const DIGITS: u32 = 3;

/// The results of a run.
#[derive(Serialize, Deserialize)]
pub struct Results {
    /// Values per component.
    pub steps: u32,
    /// Samples per point in a row.
    pub repeat: u32,
    /// The genesis preset benchmarks ran on.
    pub preset: String,
    /// The processor's model.
    pub processor: String,
    /// One entry per benchmark.
    pub benchmarks: Vec<Measured>,
}

/// The cost of one call or hook.
#[derive(Serialize, Deserialize)]
pub struct Measured {
    /// The pallet's crate.
    pub pallet: String,
    /// The call's or hook's name.
    pub name: String,
    /// What the cost depends on, in the order in which the weight function takes it.
    pub components: Vec<Component>,
    /// Execution time in picoseconds, without the database.
    pub time: Linear,
    /// Database reads.
    pub reads: Linear,
    /// Database writes.
    pub writes: Linear,
    /// Bytes of storage proof.
    pub proof: Linear,
    /// Nanoseconds of the fastest sample.
    pub fastest: u64,
    /// Nanoseconds of the slowest sample.
    pub slowest: u64,
    /// The storage items accessed.
    pub storage: Vec<Access>,
}

/// Something that a cost depends on.
#[derive(Serialize, Deserialize)]
pub struct Component {
    /// One letter.
    pub name: String,
    /// Its lowest value.
    pub low: u32,
    /// Its highest value.
    pub high: u32,
}

/// `base` and a slope for each component.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linear {
    /// The value where all components are zero.
    pub base: u64,
    /// What one more of each component adds.
    pub slopes: Vec<u64>,
}

/// How often a storage item is accessed at most.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// `Pallet::Item`, or a key that belongs to no pallet.
    pub item: String,
    /// Keys read.
    pub reads: u32,
    /// Keys written.
    pub writes: u32,
}

impl Measured {
    /// Derives the cost of `benchmark` from what was seen of it.
    pub fn fit(benchmark: &Benchmark, samples: &Samples, storage: &[StorageInfo]) -> Result<Self> {
        let time = Linear::fit(&samples.timed, BenchmarkSelector::ExtrinsicTime)?;
        let count = |selector, value: fn(&BenchmarkResult) -> u32| {
            Linear::fit(&samples.counted, selector).map(|line| line.raised_above(&samples.counted, value))
        };
        let nanoseconds = samples.timed.iter().map(|sample| u64::try_from(sample.extrinsic_time).unwrap_or(u64::MAX));
        Ok(Self {
            pallet: benchmark.pallet.clone(),
            name: benchmark.name.clone(),
            components: benchmark
                .components
                .iter()
                .map(|(name, low, high)| Component { name: name.to_string(), low: *low, high: *high })
                .collect(),
            time: time.rounded_up(DIGITS),
            reads: count(BenchmarkSelector::Reads, |sample| sample.reads)?,
            writes: count(BenchmarkSelector::Writes, |sample| sample.writes)?,
            proof: count(BenchmarkSelector::ProofSize, |sample| sample.proof_size)?.rounded_up(DIGITS),
            fastest: nanoseconds.clone().min().unwrap_or_default(),
            slowest: nanoseconds.max().unwrap_or_default(),
            storage: accesses(&samples.counted, storage),
        })
    }
}

impl Linear {
    fn fit(samples: &Vec<BenchmarkResult>, selector: BenchmarkSelector) -> Result<Self> {
        // Too few points for a regression leave a slope all the same.
        let line = Analysis::min_squares_iqr(samples, selector)
            .or_else(|_| Analysis::median_slopes(samples, selector))
            .map_err(|error| anyhow!("{error:#}"))?;
        let narrow = |value: u128| u64::try_from(value).context("a cost of centuries");
        Ok(Self { base: narrow(line.base)?, slopes: line.slopes.into_iter().map(narrow).collect::<Result<_>>()? })
    }

    /// The value for these components; those missing count as zero.
    pub fn at(&self, components: &[u32]) -> u64 {
        self.slopes
            .iter()
            .zip(components)
            .fold(self.base, |sum, (slope, component)| sum.saturating_add(slope.saturating_mul(u64::from(*component))))
    }

    /// The same slopes from a base high enough that no sample is above the line.
    fn raised_above(mut self, samples: &[BenchmarkResult], value: fn(&BenchmarkResult) -> u32) -> Self {
        let missing = samples.iter().map(|sample| {
            let components: Vec<_> = sample.components.iter().map(|(_, component)| *component).collect();
            u64::from(value(sample)).saturating_sub(self.at(&components))
        });
        self.base = self.base.saturating_add(missing.max().unwrap_or_default());
        self
    }

    fn rounded_up(self, digits: u32) -> Self {
        Self {
            base: round_up(self.base, digits),
            slopes: self.slopes.into_iter().map(|slope| round_up(slope, digits)).collect(),
        }
    }
}

/// The least number not below `value` with so many significant digits.
fn round_up(value: u64, digits: u32) -> u64 {
    let length = value.checked_ilog10().map_or(0, |log| log + 1);
    let unit = 10u64.pow(length.saturating_sub(digits));
    value.checked_next_multiple_of(unit).unwrap_or(value)
}

/// Which storage items are accessed, by name, and how often at most.
fn accesses(samples: &[BenchmarkResult], storage: &[StorageInfo]) -> Vec<Access> {
    let mut items = BTreeMap::<String, (u32, u32)>::new();
    for sample in samples {
        let mut seen = BTreeMap::<String, (u32, u32)>::new();
        for (key, reads, writes, _) in &sample.keys {
            let (read, written) = seen.entry(name_of(key, storage)).or_default();
            *read += reads;
            *written += writes;
        }
        for (item, (reads, writes)) in seen {
            let (most_read, most_written) = items.entry(item).or_default();
            *most_read = reads.max(*most_read);
            *most_written = writes.max(*most_written);
        }
    }
    items.into_iter().map(|(item, (reads, writes))| Access { item, reads, writes }).collect()
}

fn name_of(key: &[u8], storage: &[StorageInfo]) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match storage.iter().find(|item| key.starts_with(&item.prefix)) {
        Some(item) => format!("{}::{}", text(&item.pallet_name), text(&item.storage_name)),
        None if key.iter().all(u8::is_ascii_graphic) => text(key),
        None => key.iter().fold(String::from("0x"), |hex, byte| hex + &format!("{byte:02x}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polkadot_sdk::frame_benchmarking::BenchmarkParameter::{k, r};

    fn sample(components: &[u32], time: u128, reads: u32) -> BenchmarkResult {
        let components = [k, r].into_iter().zip(components.iter().copied()).collect();
        BenchmarkResult { components, extrinsic_time: time, reads, ..Default::default() }
    }

    #[test]
    fn a_straight_line_is_found_again() {
        let samples: Vec<_> = (0..10)
            .map(|value| (value, 4))
            .chain((0..4).map(|value| (9, value)))
            .map(|(a, b)| sample(&[a, b], 5_000 + 70 * u128::from(a) + 11 * u128::from(b), 3 + 2 * a + b))
            .collect();
        let time = Linear::fit(&samples, BenchmarkSelector::ExtrinsicTime).unwrap();
        assert_eq!(time.rounded_up(3), Linear { base: 5_000_000, slopes: vec![70_000, 11_000] });
        let reads = Linear::fit(&samples, BenchmarkSelector::Reads).unwrap();
        assert_eq!(reads, Linear { base: 3, slopes: vec![2, 1] });
        assert_eq!(reads.at(&[9, 3]), 24);
    }

    #[test]
    fn one_outlier_does_not_move_the_result() {
        let mut samples = vec![sample(&[], 1_000, 1); 9];
        samples.push(sample(&[], 1_000_000, 1));
        assert_eq!(Linear::fit(&samples, BenchmarkSelector::ExtrinsicTime).unwrap().base, 1_000_000);
    }

    #[test]
    fn two_samples_still_give_a_slope() {
        let samples = vec![sample(&[0], 10, 1), sample(&[5], 60, 6)];
        let line = Linear::fit(&samples, BenchmarkSelector::Reads).unwrap();
        assert_eq!(line, Linear { base: 1, slopes: vec![1] });
    }

    #[test]
    fn no_sample_needs_more_reads_than_the_line_says() {
        let samples: Vec<_> = (0..20).map(|value| sample(&[value], 0, if value > 9 { 7 } else { 2 })).collect();
        let line = Linear::fit(&samples, BenchmarkSelector::Reads).unwrap().raised_above(&samples, |s| s.reads);
        assert!(samples.iter().all(|sample| u64::from(sample.reads) <= line.at(&[sample.components[0].1])));
    }

    #[test]
    fn times_are_rounded_up() {
        assert_eq!(round_up(0, 3), 0);
        assert_eq!(round_up(999, 3), 999);
        assert_eq!(round_up(22_345_678, 3), 22_400_000);
        assert_eq!(round_up(22_400_000, 3), 22_400_000);
        assert_eq!(round_up(9_991, 3), 10_000);
        assert_eq!(round_up(u64::MAX, 3), u64::MAX);
    }

    #[test]
    fn accesses_are_named_and_the_most_counts() {
        let storage = [StorageInfo {
            pallet_name: b"Uptime".to_vec(),
            storage_name: b"Reports".to_vec(),
            prefix: vec![1, 2],
            max_values: None,
            max_size: None,
        }];
        let keys =
            |reads| vec![(vec![1, 2, 3], reads, 1, false), (b":code".to_vec(), 1, 0, false), (vec![9], 1, 0, false)];
        let samples = [2, 5, 3].map(|reads| BenchmarkResult { keys: keys(reads), ..Default::default() });
        let access = |item: &str, reads, writes| Access { item: item.into(), reads, writes };
        assert_eq!(
            accesses(&samples, &storage),
            [access("0x09", 1, 0), access(":code", 1, 0), access("Uptime::Reports", 5, 1)]
        );
    }
}
