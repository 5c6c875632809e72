//! The command line: what it takes. What it does is in [`crate::commands`].

use clap::{Args, Parser, Subcommand};
use std::{net::SocketAddr, path::PathBuf};
use vouch_device::{
    cli::Until,
    config::{parse_hash, DEFAULT_NODE},
    owner::OwnerArgs,
    H256,
};
use vouch_primitives::work::JobId;

/// Has jobs computed on a Vouch network: posts them, serves their inputs, fetches and verifies their results.
///
/// The usual order is check, post, fetch; then report and close. A job is a folder with a `job.toml`.
#[derive(Debug, Parser)]
#[command(name = "vouch-work", version)]
pub struct Cli {
    /// WebSocket URL of a node; may be repeated [default: the one on this machine]
    #[arg(long = "node", global = true, value_name = "URL", value_delimiter = ',')]
    pub nodes: Vec<String>,

    /// Hash of the chain's block 0: nodes of another chain are refused
    #[arg(long, global = true, value_name = "HASH", value_parser = hash)]
    pub genesis: Option<H256>,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// The nodes to ask.
    pub fn nodes(&self) -> Vec<String> {
        match self.nodes.is_empty() {
            true => vec![DEFAULT_NODE.to_owned()],
            false => self.nodes.clone(),
        }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Try a job out on this machine, and say what it costs at most
    Check(Check),
    /// Post a job, holding what it costs at most, and serve its inputs until it has ended
    Post(Post),
    /// Serve the module and the inputs of a job that was posted before
    Serve(Serve),
    /// Follow a job until it has ended
    Watch(Named),
    /// List the jobs that are not closed
    List(List),
    /// Hand out nothing more of a job; what devices are computing is still settled and paid
    Cancel(Signed),
    /// Remove a job that has ended and get its deposit back; devices need not keep its results any longer
    Close(Signed),
    /// Fetch the results of a job from the devices, and verify them
    Fetch(Fetch),
    /// Show what a job costs, and whom it paid
    Report(Report),
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The job
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,

    /// How many tasks to run, the first ones
    #[arg(long, short = 'n', default_value_t = 1, value_name = "N")]
    pub tasks: u32,

    /// Do not ask a node: neither for the token, nor whether the chain would take the job
    #[arg(long)]
    pub offline: bool,
}

/// Arguments of `post`.
#[derive(Debug, Args)]
pub struct Post {
    /// The job
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,

    /// Where to listen for devices that want module and inputs
    #[arg(long, value_name = "IP:PORT")]
    pub listen: SocketAddr,

    /// Public address and port under which that is reached
    #[arg(long, value_name = "IP:PORT")]
    pub source: SocketAddr,

    /// Who pays.
    #[command(flatten)]
    pub owner: OwnerArgs,

    /// How far to follow the transaction
    #[arg(long, value_enum, default_value_t)]
    pub wait: Until,

    /// Return once the job is posted; `vouch-work serve` has to serve its inputs then
    #[arg(long)]
    pub detach: bool,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// The job
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,

    /// Where to listen
    #[arg(long, value_name = "IP:PORT")]
    pub listen: SocketAddr,
}

/// Arguments of commands about one job.
#[derive(Debug, Args)]
pub struct Named {
    /// The number of the job
    #[arg(value_name = "JOB")]
    pub job: JobId,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct List {
    /// Print JSON: amounts in planck, as strings
    #[arg(long)]
    pub json: bool,
}

/// Arguments of commands that sign something about a job.
#[derive(Debug, Args)]
pub struct Signed {
    /// Which.
    #[command(flatten)]
    pub named: Named,

    /// Who posted it.
    #[command(flatten)]
    pub owner: OwnerArgs,

    /// How far to follow the transaction
    #[arg(long, value_enum, default_value_t)]
    pub wait: Until,
}

/// Arguments of `fetch`.
#[derive(Debug, Args)]
pub struct Fetch {
    /// Which.
    #[command(flatten)]
    pub named: Named,

    /// Folder for the results; what is in it and right is not fetched again
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct Report {
    /// Which.
    #[command(flatten)]
    pub named: Named,

    /// Print JSON: amounts in planck, as strings
    #[arg(long)]
    pub json: bool,
}

fn hash(text: &str) -> Result<H256, &'static str> {
    parse_hash(text).ok_or("0x and 64 hex digits are expected")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn nonsense_is_refused() {
        let parse = |line: &str| Cli::try_parse_from(line.split_whitespace());
        for line in [
            "vouch-work check primes -n 3",
            "vouch-work check primes --offline",
            "vouch-work post primes --listen 0.0.0.0:3702 --source 198.51.100.7:3702 --owner-suri //Alice --detach",
            "vouch-work --node ws://a --node ws://b fetch 3 --out results",
            "vouch-work report 3 --json",
        ] {
            assert!(parse(line).is_ok(), "{line}");
        }
        for line in [
            "vouch-work",
            "vouch-work check",
            "vouch-work post primes --listen 0.0.0.0:3702",
            "vouch-work post primes --listen 0.0.0.0:3702 --source example.com:80",
            "vouch-work watch first",
            "vouch-work watch -1",
            "vouch-work fetch 3",
            "vouch-work close 3 --owner-suri //Alice --owner-file f",
            "vouch-work list --genesis 0x12",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
