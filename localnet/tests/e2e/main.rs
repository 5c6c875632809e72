//! End to end, with the built binaries: real nodes, real device agents, real HTTP, real tokens.
//!
//! Every test has a network of its own and waits for conditions with generous bounds. Networks wait for blocks most of the time, so that
//! small ones run side by side; those that keep the machine busy run one after the other, beside no more than a few long ones.

mod audits;
mod bad_input;
mod cheats;
mod chronicle;
mod clients;
mod demo;
mod everything;
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
mod typed;

use std::{
    future::Future,
    thread,
    time::{Duration, Instant},
};
use tokio::sync::{Semaphore, SemaphorePermit, TryAcquireError};
use vouch_localnet::{network::Builder, process::tail, Localnet};

/// Waiting for several rounds, on a machine that is busy with something else.
const ROUNDS: Duration = Duration::from_secs(300);

/// What two cores have room for beside the few long tests: a network of one validator takes one place, one of more takes two.
const PLACES: u32 = 8;

/// How long it takes at most to see that places are free.
const LOOK: Duration = Duration::from_millis(250);

static FREE: Semaphore = Semaphore::const_new(PLACES as usize);

/// Takes places as soon as so many are free. Not in order: nobody waits for room that whoever is in front cannot use, and those that
/// need all of it come last.
async fn take(places: u32) -> anyhow::Result<SemaphorePermit<'static>> {
    loop {
        match FREE.try_acquire_many(places) {
            Ok(taken) => return Ok(taken),
            Err(TryAcquireError::NoPermits) => tokio::time::sleep(LOOK).await,
            Err(closed) => return Err(closed.into()),
        }
    }
}

/// Runs `test` once so many places are free, on a runtime of its own.
fn with_places(places: u32, test: impl Future<Output = anyhow::Result<()>>) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let outcome = runtime.block_on(async {
        let began = Instant::now();
        let _taken = take(places).await?;
        let waited = began.elapsed();
        let outcome = test.await;
        let name = thread::current().name().map(str::to_owned).unwrap_or_default();
        println!("{name} waited {:.0?} for room and took {:.0?}", waited, began.elapsed() - waited);
        outcome
    });
    if let Err(error) = outcome {
        panic!("{error:#}");
    }
}

/// Runs `test` beside none but the long ones.
fn alone(test: impl Future<Output = anyhow::Result<()>>) {
    with_places(PLACES, test);
}

/// Runs `test`, which starts one node at a time or none, beside others.
fn beside(test: impl Future<Output = anyhow::Result<()>>) {
    with_places(1, test);
}

/// Runs `test` on a network that is stopped afterwards, beside others as far as there is room. If it fails, the logs are kept and the
/// nodes' last words shown.
fn on(builder: Builder, test: impl AsyncFnOnce(&mut Localnet) -> anyhow::Result<()>) {
    let places = if builder.size() == 1 { 1 } else { 2 };
    with_places(places, run(builder, test));
}

/// As [`on`], but at once and whatever else runs: for the few tests that take longest, and wait for most of that. In two of them other
/// clients and a browser keep a core busy now and then.
fn long_on(builder: Builder, test: impl AsyncFnOnce(&mut Localnet) -> anyhow::Result<()>) {
    with_places(0, run(builder, test));
}

/// As [`on`], beside none but the long ones: for tests that keep the machine busy, or measure.
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
