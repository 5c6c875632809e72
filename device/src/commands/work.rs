//! `work`: has devices take work, and shows what they earned by it.

use super::{
    manage::Job,
    status::{print_work, workers},
    Setup,
};
use crate::{
    chain::Call,
    cli::{Enlist, Status, Transaction, Work},
    work::explain::WorkStatus,
};
use anyhow::{bail, Result};
use serde_json::json;

pub(super) async fn work(setup: Setup, what: Work) -> Result<()> {
    match what {
        Work::Enlist(arguments) => enlist(setup, arguments).await,
        Work::Rest(arguments) => rest(setup, arguments).await,
        Work::Retire(arguments) => retire(setup, arguments).await,
        Work::Status(arguments) => status(setup, arguments).await,
    }
}

async fn enlist(setup: Setup, arguments: Enlist) -> Result<()> {
    let Enlist { transaction, slots, memory } = arguments;
    let cores = setup.config.cores;
    let job = Job::begin(setup, transaction).await?;
    let calls = job.devices.iter().map(|device| Call::enlist(device, slots, memory)).collect();
    let receipts = job.send("enlisting", calls).await?;
    job.report("enlisted", &receipts);
    say!("A device that was not on the list is given work from the round after the next on, while it is found up.");
    if cores.is_none() {
        say!("The configuration takes no work: set `cores` in its table `[work]` and start `run` anew, or chunks are missed.");
    }
    Ok(())
}

async fn rest(setup: Setup, arguments: Transaction) -> Result<()> {
    let job = Job::begin(setup, arguments).await?;
    let listed = workers(&job.client, &job.devices).await?;
    let working = job.devices.iter().zip(&listed).filter_map(|(device, worker)| Some((device, worker.as_ref()?)));
    let calls: Vec<_> = working
        .filter(|(_, worker)| worker.slots > 0)
        .map(|(device, worker)| Call::enlist(device, 0, worker.memory))
        .collect();
    if calls.is_empty() {
        say!("None of the devices is given work.");
        return Ok(());
    }
    let receipts = job.send("resting", calls).await?;
    job.report("given nothing more, until `vouch-device work enlist` gives it slots", &receipts);
    Ok(())
}

async fn retire(setup: Setup, arguments: Transaction) -> Result<()> {
    let job = Job::begin(setup, arguments).await?;
    let listed = workers(&job.client, &job.devices).await?;
    let mut calls = Vec::new();
    for (device, worker) in job.devices.iter().zip(listed) {
        match worker {
            None => say!("{device}: takes no work."),
            Some(worker) if worker.held.is_empty() => calls.push(Call::retire(device)),
            Some(worker) => say!(
                "{device}: not yet, it holds seats in {} chunks that are not final. `vouch-device work rest` has it given no \
                 more; try again when they are.",
                worker.held.len()
            ),
        }
    }
    if calls.is_empty() {
        bail!("nothing to retire");
    }
    let receipts = job.send("retiring", calls).await?;
    job.report("taken off the list of workers", &receipts);
    Ok(())
}

async fn status(setup: Setup, arguments: Status) -> Result<()> {
    let client = setup.client();
    let devices = if arguments.devices.is_empty() { setup.devices } else { arguments.devices };
    // Everything as of one block, so that the numbers belong together.
    let head = client.best().await?;
    let client = client.at(head.hash);
    let (network, token) = (client.network().await?, client.token().await?);
    let all: Vec<_> = workers(&client, &devices)
        .await?
        .into_iter()
        .map(|worker| worker.map(|worker| WorkStatus::new(&worker, network.round, &token)))
        .collect();
    if arguments.json {
        let devices: Vec<_> = devices
            .iter()
            .zip(&all)
            .map(|(device, work)| json!({ "device": device.to_string(), "work": work }))
            .collect();
        let document = json!({
            "block": head.number,
            "round": network.round,
            "epoch": network.epoch,
            "token": { "symbol": token.symbol, "decimals": token.decimals },
            "devices": devices,
        });
        say!("{}", serde_json::to_string_pretty(&document)?);
        return Ok(());
    }
    for (device, work) in devices.iter().zip(&all) {
        say!("{device}");
        match work {
            Some(work) => print_work(work),
            None => say!("  - Takes no work: `vouch-device work enlist` has it take some."),
        }
    }
    Ok(())
}
