//! `vouch-demo`: one validator and a few devices on this machine, and a live table of what they earn.

use clap::Parser;
use std::process::ExitCode;
use vouch_localnet::demo;

/// Runs one validator and a few devices on this machine and shows what they earn. Ctrl-C ends everything.
#[derive(clap::Parser)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    options: demo::Options,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    if demo::run(Cli::parse().options).await? {
        Ok(ExitCode::SUCCESS)
    } else {
        eprintln!("Not every device has earned, or they have not computed what they were asked for.");
        Ok(ExitCode::FAILURE)
    }
}
