//! End to end, with the built binaries: real nodes, real device agents, real HTTP, real tokens.
//!
//! Every test has a network of its own and waits for conditions with generous bounds. They run one after the other, because a
//! validator is promised a core.

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
    sync::{Mutex, PoisonError},
    time::Duration,
};
use vouch_localnet::{network::Builder, process::tail, Localnet};

/// Waiting for several rounds, on a machine that is busy with something else.
const ROUNDS: Duration = Duration::from_secs(300);

static ALONE: Mutex<()> = Mutex::new(());

/// Runs `test` alone, on a runtime of its own.
fn alone(test: impl Future<Output = anyhow::Result<()>>) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    if let Err(error) = runtime.block_on(test) {
        panic!("{error:#}");
    }
}

/// Runs `test` on a network that is stopped afterwards. If it fails, the logs are kept and the nodes' last words shown.
fn on(builder: Builder, test: impl AsyncFnOnce(&mut Localnet) -> anyhow::Result<()>) {
    alone(async {
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
    })
}
