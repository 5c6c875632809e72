//! End to end, with the built binaries: real nodes, real device agents, real HTTP, real tokens.
//!
//! Every test has a network of its own and waits for conditions with generous bounds. A validator is promised a core: two tests with one
//! validator each may run side by side, all others alone.

mod audits;
mod bad_input;
mod cheats;
mod chronicle;
mod clients;
mod demo;
mod explorer;
mod faults;
mod hostile;
mod jobs;
mod liar;
mod light;
mod rewards;
mod rounds;
mod rpc;
mod rpc_load;
mod silence;
mod swarm;
mod tools;

use std::{future::Future, time::Duration};
use tokio::sync::Semaphore;
use vouch_localnet::{network::Builder, process::tail, Localnet};

/// Waiting for several rounds, on a machine that is busy with something else.
const ROUNDS: Duration = Duration::from_secs(300);

/// Cores that may be promised at the same time.
const CORES: u32 = 2;

static FREE: Semaphore = Semaphore::const_new(CORES as usize);

/// Runs `test` once so many cores are free, on a runtime of its own. First come, first served.
fn with_cores(cores: u32, test: impl Future<Output = anyhow::Result<()>>) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let outcome = runtime.block_on(async {
        let _promised = FREE.acquire_many(cores).await?;
        test.await
    });
    if let Err(error) = outcome {
        panic!("{error:#}");
    }
}

/// Runs `test` alone.
fn alone(test: impl Future<Output = anyhow::Result<()>>) {
    with_cores(CORES, test);
}

/// Runs `test` on a network that is stopped afterwards, if it has one validator beside another such test. If it fails, the logs are
/// kept and the nodes' last words shown.
fn on(builder: Builder, test: impl AsyncFnOnce(&mut Localnet) -> anyhow::Result<()>) {
    let cores = if builder.size() == 1 { 1 } else { CORES };
    with_cores(cores, run(builder, test));
}

/// As [`on`], alone: for tests that keep the whole machine busy.
fn alone_on(builder: Builder, test: impl AsyncFnOnce(&mut Localnet) -> anyhow::Result<()>) {
    alone(run(builder, test));
}

async fn run(builder: Builder, test: impl AsyncFnOnce(&mut Localnet) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut net = builder.start().await?;
    if let Err(error) = test(&mut net).await {
        for node in &net.nodes {
            eprintln!("--- end of the log of {}\n{}", node.name(), tail(node.log()));
        }
        for device in &net.devices {
            eprintln!("--- end of the log of {}\n{}", device.name(), tail(device.log()));
        }
        eprintln!("All logs are in {}", net.keep_folder().display());
        return Err(error);
    }
    net.stop().await
}
