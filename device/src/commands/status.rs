//! `status`: what the devices earned, and why it is not more.

use super::Setup;
use crate::{
    chain::{Client, Error, Network, Token, Worker},
    cli::Status,
    explain::{latency, DeviceStatus, Record},
    watch::ask_each,
    work::explain::WorkStatus,
};
use anyhow::Result;
use comfy_table::{presets::UTF8_HORIZONTAL_ONLY, Cell, CellAlignment, ContentArrangement, Table};
use serde_json::json;
use std::collections::HashMap;
use vouch_primitives::DeviceId;

pub(super) async fn status(setup: Setup, arguments: Status) -> Result<()> {
    let client = setup.client();
    let devices = if arguments.devices.is_empty() { setup.devices } else { arguments.devices };
    // Everything as of one block, so that the numbers belong together.
    let head = client.best().await?;
    let client = client.at(head.hash);
    let network = client.network().await?;
    let token = client.token().await?;
    let records = ask_each(&devices, |device| client.device(device)).await?;
    let explained = ask_each(&devices, |device| client.explain(device)).await?;
    let registered: Vec<DeviceId> =
        devices.iter().zip(&records).filter(|(_, record)| record.is_some()).map(|(device, _)| device.clone()).collect();
    let mut workers = registered.iter().zip(workers(&client, &registered).await?).collect::<HashMap<_, _>>();
    let all: Vec<_> = devices
        .iter()
        .zip(records.into_iter().zip(explained))
        .map(|(id, (record, explained))| {
            let work = workers.remove(id).flatten().map(|worker| WorkStatus::new(&worker, network.round, &token));
            DeviceStatus { work, ..DeviceStatus::new(id, record.zip(explained), &network, &token) }
        })
        .collect();
    if arguments.json {
        let document = json!({
            "block": head.number,
            "round": network.round,
            "epoch": network.epoch,
            "rounds_done": network.rounds_done,
            "rounds_per_epoch": network.rounds_per_epoch,
            "token": { "symbol": token.symbol, "decimals": token.decimals },
            "devices": all,
        });
        say!("{}", serde_json::to_string_pretty(&document)?);
    } else {
        print(&all, &network, &token);
    }
    Ok(())
}

/// These devices as workers, in this order. On a chain without work nobody is one.
pub(super) async fn workers(client: &Client, devices: &[DeviceId]) -> Result<Vec<Option<Worker>>, Error> {
    match ask_each(devices, |device| client.worker(device)).await {
        Err(Error::NoApi { .. }) => Ok(vec![None; devices.len()]),
        outcome => outcome,
    }
}

fn print(all: &[DeviceStatus], network: &Network, token: &Token) {
    say!(
        "Epoch {}, round {} ({} of {} rounds of the epoch are over). {} devices in the network; this epoch divides {} among them.",
        network.epoch,
        network.round,
        network.rounds_done,
        network.rounds_per_epoch,
        network.devices,
        token.show(network.uptime_budget)
    );
    if let Some(rate) = network.last_work_rate.filter(|rate| *rate > 0) {
        say!("A point of work, a million units of fuel, was worth {} in the last epoch.", token.show(rate));
    }
    let mut table = Table::new();
    table.load_preset(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Disabled).set_header([
        "device".to_owned(),
        "class".to_owned(),
        "state".to_owned(),
        "last round".to_owned(),
        "latency".to_owned(),
        "streak".to_owned(),
        "points".to_owned(),
        format!("claimable {}", token.symbol),
        format!("held {}", token.symbol),
    ]);
    for status in all {
        let name = short(&status.device);
        match &status.record {
            None => table.add_row([name, "-".into(), "not registered".into()]),
            Some(record) => {
                let number = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
                table.add_row([
                    Cell::new(name),
                    Cell::new(&record.class_name),
                    Cell::new(&record.state),
                    Cell::new(record.last_verdict.word()),
                    number(latency(record.latency_code)),
                    number(record.streak.to_string()),
                    number(record.points.to_string()),
                    number(record.accrued_tokens.clone()),
                    number(record.held_tokens.clone()),
                ])
            },
        };
    }
    say!("{table}");
    for status in all {
        match &status.record {
            None => say!("{}\n  - Not registered: run `vouch-device register`.", status.device),
            Some(record) => print_reasons(&status.device, record),
        }
        if let Some(work) = &status.work {
            say!("  Work:");
            print_work(work);
        }
    }
}

/// What a device does as a worker, and what became of its last chunks.
pub(super) fn print_work(work: &WorkStatus) {
    for sentence in work.summary.iter().chain(work.receipts.iter().map(|receipt| &receipt.sentence)) {
        say!("  - {sentence}");
    }
}

fn print_reasons(device: &str, record: &Record) {
    say!(
        "{device}\n  Of the last 32 rounds: {} up, {} down, {} not judged. The next round up earns {} points.",
        record.rounds_up,
        record.rounds_down,
        record.rounds_excused,
        record.next_round_points
    );
    for reason in &record.reasons {
        say!("  - {}", reason.sentence);
    }
    if let Some(last) = &record.last_epoch {
        say!("  {}", last.sentence);
        for reason in &last.reasons {
            say!("  - {}", reason.sentence);
        }
    }
}

/// Beginning and end of an address, by which people tell them apart.
fn short(address: &str) -> String {
    match (address.get(..6), address.get(address.len().saturating_sub(6)..)) {
        (Some(first), Some(last)) if address.len() > 16 => format!("{first}..{last}"),
        _ => address.to_owned(),
    }
}
