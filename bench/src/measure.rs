//! Which benchmarks a runtime has, and how samples are taken of them.

use crate::runtime::{Runtime, State};
use anyhow::{anyhow, ensure, Context, Result};
use polkadot_sdk::{
    frame_benchmarking::{BenchmarkBatch, BenchmarkConfig, BenchmarkList, BenchmarkParameter, BenchmarkResult},
    frame_support::traits::StorageInfo,
    sp_core::storage::Storage,
};
use std::{
    fmt,
    time::{Duration, Instant},
};

/// One value per component of a benchmark.
pub type Point = Vec<(BenchmarkParameter, u32)>;

/// A benchmark of the runtime.
#[derive(Clone, Debug)]
pub struct Benchmark {
    /// The pallet's crate.
    pub pallet: String,
    /// Which of the pallet's instances in the runtime.
    instance: String,
    /// The call's or hook's name.
    pub name: String,
    /// What its cost depends on: name, lowest and highest value, in the order in which weight functions take them.
    pub components: Vec<(BenchmarkParameter, u32, u32)>,
}

impl fmt::Display for Benchmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.pallet, self.name)
    }
}

/// How many samples to take.
pub struct Effort {
    /// Values per component.
    pub steps: u32,
    /// Samples per point in a row.
    pub repeat: u32,
    /// Time to spend on a benchmark at least, so that one without components is not judged by a handful of samples.
    pub least: Duration,
}

/// What was seen of one benchmark.
pub struct Samples {
    /// Execution times.
    pub timed: Vec<BenchmarkResult>,
    /// Database accesses and proof sizes: one sample per point, as they do not vary.
    pub counted: Vec<BenchmarkResult>,
}

/// A runtime on the states that its benchmarks need.
pub struct Laboratory {
    runtime: Runtime,
    /// Counts accesses and records proofs, which takes time.
    counting: State,
    /// Does neither.
    timing: State,
    benchmarks: Vec<Benchmark>,
    storage: Vec<StorageInfo>,
}

impl Laboratory {
    /// Sets up `runtime` with the state `genesis`.
    pub fn new(runtime: Runtime, genesis: Storage) -> Result<Self> {
        let state = |count: bool| {
            State::new(genesis.clone(), None, count, count).map_err(|error| anyhow!("no benchmarking state: {error}"))
        };
        let (counting, timing) = (state(true)?, state(false)?);
        let (lists, storage): (Vec<BenchmarkList>, _) =
            runtime
                .call(&timing, "Benchmark_benchmark_metadata", &false)
                .context("was the runtime compiled with the feature `runtime-benchmarks`?")?;
        let mut benchmarks = Vec::new();
        for list in lists {
            let (pallet, instance) = (String::from_utf8(list.pallet)?, String::from_utf8(list.instance)?);
            for benchmark in list.benchmarks {
                benchmarks.push(Benchmark {
                    pallet: pallet.clone(),
                    instance: instance.clone(),
                    name: String::from_utf8(benchmark.name)?,
                    components: benchmark.components,
                });
            }
        }
        Ok(Self { runtime, counting, timing, benchmarks, storage })
    }

    /// Every benchmark that the runtime lists.
    pub fn benchmarks(&self) -> &[Benchmark] {
        &self.benchmarks
    }

    /// The storage items of the runtime's pallets.
    pub fn storage(&self) -> &[StorageInfo] {
        &self.storage
    }

    /// Asserts the benchmark's post-state at both ends of every component; returns how many states that were.
    pub fn check(&self, benchmark: &Benchmark) -> Result<usize> {
        let points = points(&benchmark.components, 2);
        for point in &points {
            self.run(&self.timing, benchmark, point, true, 1)?;
        }
        Ok(points.len())
    }

    /// Takes samples of a benchmark, and asserts its post-state at every point beforehand.
    pub fn measure(&self, benchmark: &Benchmark, effort: &Effort) -> Result<Samples> {
        let points = points(&benchmark.components, effort.steps);
        let mut samples = Samples { timed: Vec::new(), counted: Vec::new() };
        for point in &points {
            self.run(&self.timing, benchmark, point, true, 1)?;
            samples.counted.extend(self.run(&self.counting, benchmark, point, false, 1)?);
        }
        let began = Instant::now();
        while samples.timed.is_empty() || began.elapsed() < effort.least {
            for point in &points {
                samples.timed.extend(self.run(&self.timing, benchmark, point, false, effort.repeat)?);
            }
        }
        Ok(samples)
    }

    /// Runs a benchmark at one point, `repeat` times. The runtime resets the state to genesis each time.
    fn run(
        &self,
        state: &State,
        benchmark: &Benchmark,
        point: &Point,
        verify: bool,
        repeat: u32,
    ) -> Result<Vec<BenchmarkResult>> {
        let config = BenchmarkConfig {
            pallet: benchmark.pallet.clone().into_bytes(),
            instance: benchmark.instance.clone().into_bytes(),
            benchmark: benchmark.name.clone().into_bytes(),
            selected_components: point.clone(),
            verify,
            internal_repeats: repeat,
        };
        let at = || format!("{benchmark}{}", Values(point));
        let batches = self
            .runtime
            .call::<Result<Vec<BenchmarkBatch>, String>>(state, "Benchmark_dispatch_benchmark", &config)
            .with_context(at)?
            .map_err(|error| anyhow!(error))
            .with_context(at)?;
        let results: Vec<_> = batches.into_iter().flat_map(|batch| batch.results).collect();
        ensure!(!results.is_empty(), "{} was skipped", at());
        Ok(results)
    }
}

/// Shows a point as arguments: `(k=7, r=1)`.
struct Values<'a>(&'a Point);

impl fmt::Display for Values<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        write!(f, "({})", values.join(", "))
    }
}

/// Where to measure: each component goes from its lowest to its highest value in `steps` steps, two at least, while all others
/// stay at their highest. No point comes twice.
fn points(components: &[(BenchmarkParameter, u32, u32)], steps: u32) -> Vec<Point> {
    let highest: Point = components.iter().map(|(name, _, high)| (*name, *high)).collect();
    if components.is_empty() {
        return vec![highest];
    }
    let intervals = u64::from(steps.max(2)) - 1;
    let mut points = Vec::new();
    for (place, (_, low, high)) in components.iter().enumerate() {
        let span = u64::from(high.saturating_sub(*low));
        for step in 0..=intervals {
            let mut point = highest.clone();
            // At most `high`, so that it fits.
            point[place].1 = low + (span * step / intervals) as u32;
            if !points.contains(&point) {
                points.push(point);
            }
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use BenchmarkParameter::{k, r};

    #[test]
    fn without_components_there_is_one_point() {
        assert_eq!(points(&[], 20), vec![vec![]]);
    }

    #[test]
    fn each_component_moves_while_the_others_stay_at_their_highest() {
        assert_eq!(
            points(&[(k, 0, 4), (r, 1, 9)], 3),
            [[0, 9], [2, 9], [4, 9], [4, 1], [4, 5]].map(|[a, b]| vec![(k, a), (r, b)])
        );
    }

    #[test]
    fn more_steps_than_values_repeat_no_point() {
        assert_eq!(points(&[(k, 1, 3)], 20), [1, 2, 3].map(|value| vec![(k, value)]));
        assert_eq!(points(&[(k, 5, 5)], 20), [vec![(k, 5)]]);
    }

    #[test]
    fn the_ends_are_met_exactly() {
        let points = points(&[(k, 0, u32::MAX)], 7);
        assert_eq!((points[0][0].1, points[6][0].1, points.len()), (0, u32::MAX, 7));
    }
}
