//! `register`: from keys on a disk to devices on the chain.

use super::Setup;
use crate::{
    agent::Agent,
    chain::{batches, Call, Class, Client, Registration},
    cli::{Proof, Register},
    config::Config,
    prober::{ProbeError, Prober},
    server::Server,
    watch::ask_each,
};
use anyhow::{bail, Context, Result};
use codec::Encode;
use polkadot_sdk::sp_runtime::AccountId32;
use std::{io, sync::Arc};
use vouch_primitives::DeviceId;

/// Connections that the server for the self-probe holds at most.
const SELF_PROBE_CONNECTIONS: usize = 16;

pub(super) async fn register(mut setup: Setup, arguments: Register) -> Result<()> {
    let owner = arguments.owner.keypair()?;
    let client = setup.client();
    let genesis = setup.pinned(&client).await?;
    let owner_id = AccountId32::new(owner.public_key().0);
    let (config, devices, agent) = setup.agent(genesis)?;

    let class = class(&client, &config).await?;
    let token = client.token().await?;
    let new = unregistered(&client, &devices, &owner_id).await?;
    if new.is_empty() {
        say!("All {} devices are registered already.", devices.len());
        return Ok(());
    }
    if !arguments.no_self_probe {
        self_probe(&config, &agent, &new[0]).await?;
    }

    let nonces = ask_each(&new, |device| client.proof_nonce(device)).await?;
    let registrations: Vec<_> = new
        .iter()
        .zip(nonces)
        .filter_map(|(device, nonce)| {
            let key = agent.key(device)?;
            let beneficiary = config.beneficiary.clone();
            Some(Registration::new(key, genesis, &owner_id, nonce, config.class, config.endpoint, beneficiary))
        })
        .collect();
    let calls: Vec<_> = registrations.iter().map(Call::register).collect();

    let bonds = class.bond.saturating_mul(calls.len() as u128);
    let fee = client.estimate_fee(calls.clone(), &owner).await?;
    let name = String::from_utf8_lossy(&class.name).into_owned();
    let purpose = format!("registering {} of class {name}", count(calls.len()));
    if let Some(shortfall) = client.shortfall(&owner_id, purpose, bonds, fee).await? {
        return Err(crate::chain::Error::TooPoor(shortfall).into());
    }
    let transactions = batches(calls.clone()).len();
    say!(
        "Registering {} of class {name} for {owner_id} in {transactions} transaction(s); bond {}, fee about {}.",
        count(calls.len()),
        token.show(bonds),
        token.show(fee)
    );
    for receipt in client.submit_all(calls, &owner, arguments.wait.into()).await? {
        say!(
            "Block {}: {} registered, fee {}.",
            receipt.block.number,
            count(receipt.find("Devices", "Registered").count()),
            token.show(receipt.fee())
        );
    }
    say!("They are judged from the next round on, and paid once they have been up in a few. Keep `vouch-device run` running.");
    Ok(())
}

/// Prints what a wallet needs to register the devices: it has the owner's key, and this machine those of the devices.
pub(super) async fn proof(mut setup: Setup, arguments: Proof) -> Result<()> {
    let client = setup.client();
    let genesis = setup.pinned(&client).await?;
    let (config, devices, agent) = setup.agent(genesis)?;
    let new = unregistered(&client, &devices, &arguments.owner).await?;
    let nonces = ask_each(&new, |device| client.proof_nonce(device)).await?;
    for (device, nonce) in new.iter().zip(nonces) {
        let Some(key) = agent.key(device) else { continue };
        let proof = key.registration_proof(genesis, &arguments.owner, nonce);
        say!("Device:   {device}");
        say!("Endpoint: {}", config.endpoint.map_or("none".to_owned(), |endpoint| endpoint.to_string()));
        say!("Proof:    0x{}", hex::encode(proof.encode()));
    }
    if new.is_empty() {
        say!("All {} devices are registered already.", devices.len());
    }
    Ok(())
}

fn count(devices: usize) -> String {
    format!("{devices} device{}", if devices == 1 { "" } else { "s" })
}

async fn class(client: &Client, config: &Config) -> Result<Class> {
    let classes = client.classes().await?;
    if let Some(class) = classes.get(usize::from(config.class)) {
        return Ok(class.clone());
    }
    let known: Vec<_> = classes
        .iter()
        .enumerate()
        .map(|(index, class)| format!("{index} ({})", String::from_utf8_lossy(&class.name)))
        .collect();
    bail!("this chain has no class {}: set `class` to one of {}", config.class, known.join(", "))
}

/// The devices still to be registered; an error if one belongs to somebody else or is on its way out.
async fn unregistered(client: &Client, devices: &[DeviceId], owner: &AccountId32) -> Result<Vec<DeviceId>> {
    let records = ask_each(devices, |device| client.device(device)).await?;
    let mut new = Vec::new();
    for (device, record) in devices.iter().zip(records) {
        match record {
            None => new.push(device.clone()),
            Some(record) if record.owner != *owner => {
                bail!("{device} is registered already, by {}", record.owner)
            },
            Some(record) if matches!(record.state, vouch_primitives::api::DeviceState::Leaving(_)) => {
                bail!("{device} is deregistered and not released yet: it can be registered again after `vouch-device release`")
            },
            Some(_) => {},
        }
    }
    Ok(new)
}

/// Probes the public endpoint from here, serving it for that moment unless `run` does already. Only ever a hint.
async fn self_probe(config: &Config, agent: &Arc<Agent>, device: &DeviceId) -> Result<()> {
    let Some(endpoint) = config.endpoint else {
        say!("Note: no `endpoint` is configured. Without an address no validator reaches the device and it earns nothing.");
        return Ok(());
    };
    if !endpoint.is_global() {
        say!("Note: {endpoint} is not a public address. Only chains for development accept it.");
    }
    let server = match Server::start(agent.clone(), config.listen, SELF_PROBE_CONNECTIONS).await {
        Ok(server) => Some(server),
        // Most likely `vouch-device run`, which will answer as well.
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => None,
        Err(error) => return Err(error).with_context(|| format!("cannot listen on {}", config.listen)),
    };
    let prober = Prober::new(agent.genesis()).context("cannot make an HTTP client")?;
    match prober.probe(endpoint, device).await {
        Ok(time) => say!(
            "Self-probe: {endpoint} answered in {} ms. Only a hint: it came from this machine, validators come from elsewhere.",
            time.as_millis()
        ),
        Err(ProbeError::Refused { status: 404, .. }) => say!(
            "Self-probe: the agent that runs at {endpoint} does not serve {device}. Restart `vouch-device run` after registering."
        ),
        Err(error) => say!(
            "Warning: endpoint not reachable: {error}.\n  \
             Only a hint: many routers do not let a machine reach its own public address. But if it is unreachable from outside \
             too, the device\n  will be found down and earn nothing. Check that {endpoint} is this network's public address, that \
             its port is forwarded to {}, and the firewall.",
            config.listen
        ),
    }
    if let Some(server) = server {
        server.stop().await?;
    }
    Ok(())
}
