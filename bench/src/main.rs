//! `vouch-bench`: runs the benchmarks inside the runtime's wasm, writes the runtime's weights, and prints what the design
//! promises beside what was measured.
//!
//! The SDK's own benchmarking CLI does more than this chain needs, and compiles several hundred crates that the node does
//! not. This one is made of parts that the node contains anyway: the executor, the database that counts accesses, and the
//! regression of `frame-benchmarking`. See ARCHITECTURE.md.

mod headline;
mod measure;
mod model;
mod runtime;
mod source;
mod work;

use anyhow::{bail, Context, Result};
use clap::{Args, Parser, Subcommand};
use measure::{Benchmark, Effort, Laboratory};
use model::{Measured, Results};
use runtime::Runtime;
use std::{
    collections::BTreeMap,
    fs,
    io::{stderr, IsTerminal},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tracing_subscriber::EnvFilter;

/// Measures what the runtime's calls and hooks cost.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs benchmarks and writes one file of weights per pallet.
    Run(Run),
    /// Prints the design's headline figures from the results of a run.
    Headline {
        /// What `run --json` wrote.
        #[arg(long)]
        json: PathBuf,
    },
}

#[derive(Args)]
struct Run {
    /// The runtime, compiled to wasm with the feature `runtime-benchmarks`.
    #[arg(long)]
    runtime: PathBuf,
    /// Pallets to run, as the runtime lists them; `*` for all.
    #[arg(long, num_args = 1.., default_value = "*")]
    pallet: Vec<String>,
    /// The genesis preset in whose state benchmarks run.
    #[arg(long, default_value = "development")]
    genesis_preset: String,
    /// Values to which each component is set between its lowest and its highest.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..))]
    steps: u32,
    /// Times that each combination of component values is timed in a row.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// Seconds to spend on each benchmark at least.
    #[arg(long, default_value_t = 2)]
    min_seconds: u64,
    /// Only checks that every benchmark leaves the state that it asserts, at both ends of every component. Writes nothing.
    #[arg(long, conflicts_with_all = ["steps", "repeat", "min_seconds", "output_dir", "json"])]
    check: bool,
    /// Where to write PALLET.rs for every pallet.
    #[arg(long)]
    output_dir: Option<PathBuf>,
    /// Where to write the results for `headline`.
    #[arg(long)]
    json: Option<PathBuf>,
}

fn main() -> Result<()> {
    // Runtime panics arrive as log records.
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error"));
    let colours = stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_ansi(colours).without_time().init();

    match Cli::parse().command {
        Command::Run(run) => run.execute(),
        Command::Headline { json } => {
            let content = fs::read(&json).with_context(|| format!("cannot read {}", json.display()))?;
            let results =
                serde_json::from_slice(&content).with_context(|| format!("{} is not ours", json.display()))?;
            println!("{}", headline::Headline::of(&results)?);
            print!("{}", work::Work::of(&results)?);
            Ok(())
        },
    }
}

impl Run {
    fn execute(&self) -> Result<()> {
        let runtime = Runtime::load(&self.runtime)?;
        let genesis = runtime.genesis(&self.genesis_preset)?;
        let laboratory = Laboratory::new(runtime, genesis)?;
        let selected: Vec<Benchmark> =
            laboratory.benchmarks().iter().filter(|benchmark| self.selects(&benchmark.pallet)).cloned().collect();
        for wanted in self.pallet.iter().filter(|wanted| *wanted != "*") {
            if !selected.iter().any(|benchmark| benchmark.pallet == *wanted) {
                bail!("the runtime has no benchmarks of `{wanted}`");
            }
        }
        if self.check {
            check(&laboratory, &selected)
        } else {
            self.measure(&laboratory, &selected)
        }
    }

    fn selects(&self, pallet: &str) -> bool {
        self.pallet.iter().any(|wanted| wanted == "*" || wanted == pallet)
    }

    fn measure(&self, laboratory: &Laboratory, benchmarks: &[Benchmark]) -> Result<()> {
        let effort = Effort { steps: self.steps, repeat: self.repeat, least: Duration::from_secs(self.min_seconds) };
        let mut measured = Vec::with_capacity(benchmarks.len());
        for (done, benchmark) in benchmarks.iter().enumerate() {
            let began = Instant::now();
            eprint!("[{:>3}/{}] {benchmark}", done + 1, benchmarks.len());
            let samples = laboratory.measure(benchmark, &effort)?;
            let fitted = Measured::fit(benchmark, &samples, laboratory.storage())
                .with_context(|| format!("no weight can be derived for {benchmark}"))?;
            eprintln!(": {} samples in {:.1} s", samples.timed.len(), began.elapsed().as_secs_f32());
            measured.push(fitted);
        }
        let results = Results {
            steps: self.steps,
            repeat: self.repeat,
            preset: self.genesis_preset.clone(),
            processor: processor(),
            benchmarks: measured,
        };
        if let Some(folder) = &self.output_dir {
            write_sources(folder, &results)?;
        }
        if let Some(file) = &self.json {
            write(file, &serde_json::to_string_pretty(&results)?)?;
        }
        Ok(())
    }
}

/// Runs every benchmark with its assertions, all of them even if some fail.
fn check(laboratory: &Laboratory, benchmarks: &[Benchmark]) -> Result<()> {
    let (mut states, mut failed) = (0, 0);
    for benchmark in benchmarks {
        match laboratory.check(benchmark) {
            Ok(count) => {
                states += count;
                println!("{benchmark} ... ok");
            },
            Err(error) => {
                failed += 1;
                println!("{benchmark} ... FAILED: {error:#}");
            },
        }
    }
    let passed = benchmarks.len() - failed;
    println!("benchmarks: {passed} passed; {failed} failed; {states} post-states asserted in the wasm");
    if failed > 0 {
        bail!("{failed} benchmarks failed");
    }
    Ok(())
}

fn write_sources(folder: &Path, results: &Results) -> Result<()> {
    let mut pallets = BTreeMap::<&str, Vec<&Measured>>::new();
    for measured in &results.benchmarks {
        pallets.entry(&measured.pallet).or_default().push(measured);
    }
    for (pallet, benchmarks) in pallets {
        write(&folder.join(format!("{pallet}.rs")), &source::module(pallet, &benchmarks, results))?;
    }
    Ok(())
}

fn write(file: &Path, content: &str) -> Result<()> {
    fs::write(file, content).with_context(|| format!("cannot write {}", file.display()))?;
    eprintln!("wrote {}", file.display());
    Ok(())
}

/// The processor's model as Linux names it.
fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    info.lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or_else(|| "unknown".into(), |(_, name)| name.trim().into())
}
