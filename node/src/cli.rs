//! The command line: the SDK's run options and chain tools.

use polkadot_sdk::sc_cli;
use std::{fs, path::PathBuf};

/// What was asked for.
#[derive(Debug, clap::Parser)]
#[clap(after_help = "Validators probe devices from an off-chain worker, which is on for authorities by default.")]
pub struct Cli {
    /// A tool to run instead of the node.
    #[clap(subcommand)]
    pub subcommand: Option<Subcommand>,

    /// Options of the node itself.
    #[clap(flatten)]
    pub run: sc_cli::RunCmd,

    /// Keep the compiled on-chain code in this folder, and take it from there: a node starts sooner. Several nodes may share one.
    /// Whoever may write to it decides what the node executes: leave it to the node's own user.
    #[clap(long, value_name = "FOLDER")]
    wasm_cache: Option<PathBuf>,
}

impl Cli {
    /// The folder for compiled on-chain code, made if it is not there; `None` if none shall be kept.
    pub fn wasm_cache(&self) -> sc_cli::Result<Option<PathBuf>> {
        let Some(folder) = &self.wasm_cache else { return Ok(None) };
        let unusable = |error| sc_cli::Error::Input(format!("--wasm-cache {}: {error}", folder.display()));
        fs::create_dir_all(folder).and_then(|()| folder.canonicalize()).map(Some).map_err(unusable)
    }
}

/// Chain tools; all of them come from the SDK.
#[derive(Debug, clap::Subcommand)]
pub enum Subcommand {
    /// Generate, inspect and insert keys.
    #[clap(subcommand)]
    Key(sc_cli::KeySubcommand),

    /// Print the chain spec of `--chain` as JSON.
    ExportChainSpec(sc_cli::ExportChainSpecCmd),

    /// Validate blocks.
    CheckBlock(sc_cli::CheckBlockCmd),

    /// Export blocks.
    ExportBlocks(sc_cli::ExportBlocksCmd),

    /// Export the state of a block into a chain spec.
    ExportState(sc_cli::ExportStateCmd),

    /// Import blocks.
    ImportBlocks(sc_cli::ImportBlocksCmd),

    /// Remove the whole chain.
    PurgeChain(sc_cli::PurgeChainCmd),

    /// Revert the chain to an earlier block; finalised blocks stay.
    Revert(sc_cli::RevertCmd),

    /// Print what is in the database.
    ChainInfo(sc_cli::ChainInfoCmd),
}
