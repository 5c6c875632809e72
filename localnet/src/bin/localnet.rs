//! `vouch-localnet`: validators and devices on this machine, until Ctrl-C.

use clap::Parser;
use std::{path::PathBuf, time::Duration};
use vouch_localnet::{interrupt::Interrupt, Localnet};

/// Between two looks whether everything still runs.
const LOOK: Duration = Duration::from_secs(1);

/// Runs validators and devices on this machine until Ctrl-C.
#[derive(clap::Parser)]
#[command(version)]
struct Cli {
    /// How many validators: one runs the dev chain, two to four run the local chain, of which it takes three to finalise
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=4))]
    validators: u8,

    /// How many devices
    #[arg(long, value_name = "M", default_value_t = 3, value_parser = clap::value_parser!(u16).range(0..=100))]
    devices: u16,

    /// Keep logs, databases and keys in this folder, and go on with what is there; without it they are removed in the end
    #[arg(long, value_name = "DIR")]
    base_path: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Cli { validators, devices, base_path } = Cli::parse();
    let mut interrupt = Interrupt::listen()?;
    let builder = Localnet::builder().validators(validators.into()).devices(devices.into()).base_path(base_path);
    println!("Starting {validators} validators and {devices} devices ...");
    let net = tokio::select! {
        net = builder.start() => net?,
        // Dropping what has been started kills it.
        () = interrupt.wait() => return Ok(()),
    };
    for node in &net.nodes {
        println!("{:10} {}  metrics {}", node.name(), node.url(), node.metrics_url());
    }
    for device in &net.devices {
        println!("{:10} http://{}  owner {}  id {}", device.name(), device.address(), device.owner(), device.id());
    }
    println!("Logs are in {}. Ctrl-C stops everything.", net.folder().display());
    let outcome = tokio::select! {
        outcome = watch(&net) => outcome,
        () = interrupt.wait() => Ok(()),
    };
    println!("Stopping ...");
    net.stop().await?;
    outcome
}

/// Returns only if something ended that should not.
async fn watch(net: &Localnet) -> anyhow::Result<()> {
    loop {
        net.ensure_running()?;
        tokio::time::sleep(LOOK).await;
    }
}
