//! `vouch-sim`: what lying would bring on this chain, and whether anything breaks it.

use anyhow::{bail, Context, Result};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::{fs, path::PathBuf, time::Duration};
use vouch_sim::{
    experiment::compare,
    fuzz::{Limits, Report},
    outcome::{csv, table},
    policy::Policy,
    setup::{Setup, Signing},
};

/// Simulates dishonest probers, devices and owners on the real runtime.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    simulate: Simulate,
}

#[derive(Subcommand)]
enum Command {
    /// Throws random sequences of calls at the real runtime, and checks every invariant after each block.
    Fuzz(Fuzz),
}

#[derive(Args)]
struct Simulate {
    /// Validators, with equal stakes.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(2..=1_000))]
    validators: u32,
    /// Devices that exist.
    #[arg(long, default_value_t = 3_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    devices: u32,
    /// Devices that are registered by a coalition of liars and do not exist; a hundredth of all by default.
    #[arg(long)]
    phantoms: Option<u32>,
    /// Rounds that are measured, rounded up to whole epochs of 12.
    #[arg(long, default_value_t = 240, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rounds: u32,
    /// Share of the validators that lie, in per cent; may be given more than once.
    #[arg(long = "share", default_values_t = [1.0, 10.0, 33.0], value_parser = share)]
    shares: Vec<f64>,
    /// What liars do; may be given more than once. All by default.
    #[arg(long = "policy")]
    policies: Vec<Policy>,
    /// Members of a committee.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=15))]
    committee: u32,
    /// Of everything random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Rounds between two outages of a device, on average.
    #[arg(long, default_value_t = 288.0)]
    between_outages: f64,
    /// Rounds an outage lasts, on average.
    #[arg(long, default_value_t = 3.0)]
    outage: f64,
    /// Makes devices sign every challenge, also those whose signatures nobody will ask for. Slow, with the same results.
    #[arg(long)]
    sign_all: bool,
    /// Writes comma-separated values to a file, or to stdout in place of the table.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    csv: Option<PathBuf>,
}

#[derive(Args)]
struct Fuzz {
    /// Seconds after which no further sequence begins.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Of the first sequence; each further one has the next number.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Steps of a sequence.
    #[arg(long, default_value_t = 2_000)]
    steps: u32,
    /// Sequences at most.
    #[arg(long)]
    sequences: Option<u64>,
    /// Tells every step.
    #[arg(long)]
    verbose: bool,
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().map_err(|error| error.to_string())?;
    if (0.0..=90.0).contains(&share) {
        Ok(share)
    } else {
        Err("a share is from 0 to 90 per cent".into())
    }
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    match cli.command {
        Some(Command::Fuzz(fuzz)) => fuzz.execute(),
        None => cli.simulate.execute(),
    }
}

impl Simulate {
    fn execute(self) -> Result<()> {
        let mut setup = Setup {
            seed: self.seed,
            validators: self.validators,
            devices: self.devices,
            phantoms: self.phantoms.unwrap_or(self.devices.div_ceil(100)),
            rounds: self.rounds,
            committee: self.committee,
            signing: if self.sign_all { Signing::All } else { Signing::Drawn },
            ..Setup::default()
        };
        setup.climate.between_outages = self.between_outages;
        setup.climate.outage = self.outage;
        let policies = if self.policies.is_empty() { Policy::value_variants().to_vec() } else { self.policies };
        let shares: Vec<f64> = self.shares.iter().map(|share| share / 100.0).collect();
        let outcomes = compare(&setup, &policies, &shares)?;
        match self.csv {
            Some(file) if file.as_os_str() == "-" => print!("{}", csv(&setup, &outcomes)),
            Some(file) => {
                fs::write(&file, csv(&setup, &outcomes)).with_context(|| format!("cannot write {}", file.display()))?;
                println!("{}", table(&outcomes));
            },
            None => println!("{}", table(&outcomes)),
        }
        Ok(())
    }
}

impl Fuzz {
    fn execute(self) -> Result<()> {
        let limits = Limits {
            seed: self.seed,
            steps: self.steps,
            sequences: self.sequences.unwrap_or(u64::MAX),
            time: Some(Duration::from_secs(self.seconds)),
            verbose: self.verbose,
        };
        let Report { summary, failure } = vouch_sim::fuzz::run(limits);
        println!("{summary}");
        match failure {
            None => Ok(()),
            Some(failure) => bail!("{failure}"),
        }
    }
}
