//! The command line: what it takes. What it does is in [`crate::commands`].

use crate::{
    chain::Wait,
    config::{parse_account, parse_hash, DEFAULT_LISTEN, DEFAULT_NODE},
    keys::{Scheme, MAX_KEYS},
    owner::OwnerArgs,
};
use clap::{Args, Parser, Subcommand, ValueEnum};
use polkadot_sdk::{sp_core::H256, sp_runtime::AccountId32};
use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf};
use vouch_primitives::{
    work::{COMMON_MEMORY_PAGES, MAX_MEMORY_PAGES},
    ClassId, DeviceId,
};

/// Most chunks that a device may be given at a time.
const MAX_SLOTS: i64 = 16;

/// Runs devices on a Vouch network: answers validators' probes, and is paid for it.
///
/// The usual order is init, register, run; then status and claim.
#[derive(Debug, Parser)]
#[command(name = "vouch-device", version)]
pub struct Cli {
    /// Configuration file [default: vouch-device/config.toml in the user's configuration folder]
    #[arg(long, short, global = true, value_name = "FILE", env = "VOUCH_DEVICE_CONFIG")]
    pub config: Option<PathBuf>,

    /// WebSocket URL of a node, instead of those in the configuration; may be repeated
    #[arg(long = "node", global = true, value_name = "URL")]
    pub nodes: Vec<String>,

    /// Trust no node: follow the chain with a light client from its specification [default FILE: chain-spec.json beside the
    /// configuration]
    #[arg(long, global = true, value_name = "FILE", num_args = 0..=1, require_equals = true, conflicts_with = "nodes")]
    pub light: Option<Option<PathBuf>>,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make keys and write a configuration
    Init(Init),
    /// Register the devices, holding a bond for each from the owner's balance
    Register(Register),
    /// Prove possession of the keys, for an owner who registers the devices with a wallet
    Proof(Proof),
    /// Answer probes for all configured keys until stopped
    Run,
    /// Show what each device earned, and why it is not more
    Status(Status),
    /// Pay out what the devices have accrued
    Claim(Transaction),
    /// Tell the chain that the devices answer where the configuration says
    SetEndpoint(SetEndpoint),
    /// End the devices' service; their bonds can be released after a delay
    Deregister(Transaction),
    /// Release the bonds of deregistered devices
    Release(Transaction),
    /// Restore the devices' bonds, of which part was burnt or for whose class more is asked by now
    TopUp(Transaction),
    /// Have the devices take work, or see what they earned by it
    #[command(subcommand)]
    Work(Work),
    /// Show what a validator earns by probing, how its audits went, and why it is not paid more
    Validator(Validator),
    /// Ask the agent on this machine whether it serves (for container health checks)
    Health,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Where the agent listens for probes
    #[arg(long, default_value = DEFAULT_LISTEN, value_name = "IP:PORT")]
    pub listen: SocketAddr,

    /// Public address and port that validators send probes to
    #[arg(long, value_name = "IP:PORT")]
    pub endpoint: Option<SocketAddr>,

    /// Index into the chain's class table
    #[arg(long, default_value_t = 0)]
    pub class: ClassId,

    /// How many device keys to make: more than one for a hub
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MAX_KEYS as i64))]
    pub keys: u32,

    /// Signature scheme of the keys
    #[arg(long, value_enum, default_value_t)]
    pub scheme: Scheme,

    /// Cores to compute jobs on; without it the devices take no work
    #[arg(long, value_name = "N")]
    pub cores: Option<NonZeroUsize>,

    /// Hash of the chain's block 0, instead of asking a node
    #[arg(long, value_name = "HASH", value_parser = hash)]
    pub genesis: Option<H256>,
}

impl Init {
    /// Nodes to write into the configuration.
    pub fn nodes(&self, named: Vec<String>) -> Vec<String> {
        if named.is_empty() {
            vec![DEFAULT_NODE.to_owned()]
        } else {
            named
        }
    }
}

/// Arguments of `register`.
#[derive(Debug, Args)]
pub struct Register {
    /// Who signs.
    #[command(flatten)]
    pub owner: OwnerArgs,

    /// How far to follow the transaction
    #[arg(long, value_enum, default_value_t)]
    pub wait: Until,

    /// Do not probe the endpoint from this machine first
    #[arg(long)]
    pub no_self_probe: bool,
}

/// Arguments of `proof`.
#[derive(Debug, Args)]
pub struct Proof {
    /// Who will register them: the proof is for this account only
    #[arg(long, value_name = "ADDRESS", value_parser = account)]
    pub owner: AccountId32,
}

/// Arguments of `status`.
#[derive(Debug, Args)]
pub struct Status {
    /// Print JSON: amounts in planck, as strings
    #[arg(long)]
    pub json: bool,

    /// Only this device, configured here or not; may be repeated
    #[arg(long = "device", value_name = "ID", value_parser = account)]
    pub devices: Vec<DeviceId>,
}

/// Arguments of commands that sign something about registered devices.
#[derive(Debug, Args)]
pub struct Transaction {
    /// Who signs.
    #[command(flatten)]
    pub owner: OwnerArgs,

    /// Only this device; may be repeated [default: all configured]
    #[arg(long = "device", value_name = "ID", value_parser = account)]
    pub devices: Vec<DeviceId>,

    /// How far to follow the transaction
    #[arg(long, value_enum, default_value_t)]
    pub wait: Until,
}

/// Arguments of `set-endpoint`.
#[derive(Debug, Args)]
pub struct SetEndpoint {
    /// What is signed about which devices.
    #[command(flatten)]
    pub transaction: Transaction,

    /// Have validators ask anew those devices that never answered at their address, and that they ask rarely or not any more
    #[arg(long)]
    pub again: bool,
}

/// What to do about work. Computing itself is done by `run`, if `[work]` in the configuration says on how many cores.
#[derive(Debug, Subcommand)]
pub enum Work {
    /// Put the devices on the list of those that are given chunks of jobs, or change what they take
    Enlist(Enlist),
    /// Have the devices finish what they were given, and be given nothing more
    Rest(Transaction),
    /// Take the devices off the list; they must hold no seats
    Retire(Transaction),
    /// Show what the devices computed, and what it earned or cost
    Status(Status),
}

/// Arguments of `work enlist`.
#[derive(Debug, Args)]
pub struct Enlist {
    /// What is signed about which devices.
    #[command(flatten)]
    pub transaction: Transaction,

    /// Chunks that each device may be given at a time: no more than it can compute in time
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=MAX_SLOTS))]
    pub slots: u8,

    /// Pages of 64 KiB that a module may use on it
    #[arg(
        long,
        default_value_t = COMMON_MEMORY_PAGES,
        value_name = "PAGES",
        value_parser = clap::value_parser!(u32).range(i64::from(COMMON_MEMORY_PAGES)..=i64::from(MAX_MEMORY_PAGES))
    )]
    pub memory: u32,
}

/// Arguments of `validator`.
#[derive(Debug, Args)]
pub struct Validator {
    /// The validator's account (its stash)
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    pub account: AccountId32,

    /// Print JSON: amounts in planck, as strings
    #[arg(long)]
    pub json: bool,
}

/// How far to follow a transaction.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum Until {
    /// Until it is in a block
    Included,
    /// Until that block is final
    #[default]
    Final,
}

impl From<Until> for Wait {
    fn from(until: Until) -> Self {
        match until {
            Until::Included => Self::Included,
            Until::Final => Self::Finalized,
        }
    }
}

fn hash(text: &str) -> Result<H256, &'static str> {
    parse_hash(text).ok_or("0x and 64 hex digits are expected")
}

fn account(text: &str) -> Result<AccountId32, &'static str> {
    parse_account(text).ok_or("an SS58 address, or 0x and 64 hex digits, is expected")
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
        assert!(parse("vouch-device init --keys 3 --node ws://a --node ws://b").is_ok());
        assert!(parse("vouch-device work enlist --slots 16 --memory 256").is_ok());
        assert!(parse("vouch-device work rest --owner-suri //Alice").is_ok());
        for line in [
            "vouch-device",
            "vouch-device init --keys 0",
            "vouch-device init --endpoint example.com:80",
            "vouch-device init --genesis 0x12",
            "vouch-device status --device Bob",
            "vouch-device claim --owner-suri //Alice --owner-file f",
            "vouch-device proof",
            "vouch-device proof --owner Bob",
            "vouch-device work",
            "vouch-device work enlist --slots 0",
            "vouch-device work enlist --slots 17",
            "vouch-device work enlist --memory 63",
            "vouch-device work enlist --memory 257",
            "vouch-device validator",
            "vouch-device validator --account Bob",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
