//! The command line: the SDK's run options and chain tools.

use polkadot_sdk::sc_cli;

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
