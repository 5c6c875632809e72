//! Clients that nobody here wrote read a chain on which every call of ours has been made, and do on it what owners do.
//!
//! They are in `conformance/`, which `conformance/setup` installs.

use crate::{everything, long_on, on, ROUNDS};
use anyhow::{ensure, Context};
use futures::future::join_all;
use std::{
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::process::Command;
use vouch_device::{
    agent::{Agent, Limits},
    keys::{DeviceKey, Scheme},
    server::{connections_for, Server},
};
use vouch_localnet::Localnet;

/// How long a client may take.
const CLIENT: Duration = Duration::from_secs(600);

/// Devices of the fleet that one client registers, with the seeds that it has for them.
const FLEET: u32 = 100;

/// Clients that read everything and register, watch and claim, each for an owner of its own, who has no device that earns besides.
const OWNERS: [(&str, &str); 4] = [
    ("src/papi.mjs", "//Dave"),
    ("src/polkadot-js.mjs", "//Eve"),
    ("src/dedot.mjs", "//Ferdie"),
    ("src/substrate_interface_client.py", "//Bob//stash"),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance")
}

/// The program of a client, with what runs it.
fn client(script: &str) -> anyhow::Result<Command> {
    let folder = folder();
    let (program, installed) = match script.ends_with(".py") {
        true => (folder.join(".venv/bin/python"), folder.join(".venv")),
        false => ("node".into(), folder.join("node_modules")),
    };
    ensure!(installed.is_dir(), "{} is not there: run conformance/setup", installed.display());
    let mut command = Command::new(program);
    command.arg(script).current_dir(folder).kill_on_drop(true);
    Ok(command)
}

/// Runs a client to its end, and shows what it says.
async fn run(script: &str, arguments: Vec<String>) -> anyhow::Result<String> {
    let mut command = client(script)?;
    command.args(&arguments);
    let output = tokio::time::timeout(CLIENT, command.output()).await;
    let output = output.with_context(|| format!("{script} did not end"))??;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    println!("{said}");
    ensure!(
        output.status.success() && said.contains("checks: "),
        "{script}: {}\n{said}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(said)
}

/// The seed of the device that client number `n` registers.
fn seed(n: usize) -> [u8; 32] {
    [0xc0 + n as u8; 32]
}

/// Answers for the devices that clients will register.
async fn answer(net: &Localnet) -> anyhow::Result<Server> {
    let fleet = (1..=FLEET).map(|n| {
        let mut seed = [0; 32];
        hex::decode_to_slice(format!("{n:f>64x}"), &mut seed).expect("64 digits");
        seed
    });
    let seeds = (0..OWNERS.len()).map(seed).chain(fleet);
    let keys: Vec<_> = seeds.map(|seed| DeviceKey::from_seed(Scheme::Ed25519, &seed)).collect();
    let connections = connections_for(keys.len());
    let agent = Arc::new(Agent::new(net.genesis(), keys, Limits::default())?);
    Ok(Server::start(agent, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), connections).await?)
}

#[test]
fn mainstream_clients_decode_every_call_and_serve_owners_unmodified() {
    long_on(Localnet::builder().devices(3).cores(Some(NonZeroUsize::MIN)), async |net| {
        everything::make(net).await?;
        let (made, all) = (everything::made(net).await?, everything::all());
        let missing: Vec<_> = all.difference(&made).collect();
        ensure!(missing.is_empty(), "never called: {missing:?}");
        let expect = net.folder().join("calls.json");
        std::fs::write(&expect, serde_json::to_string(&all)?)?;

        let server = answer(net).await?;
        let url = net.nodes[0].url();
        let endpoint = server.address().to_string();
        let common =
            |owner: &str| ["--url", &url, "--endpoint", &endpoint, "--owner", owner].map(str::to_owned).to_vec();
        let clients = OWNERS.iter().enumerate().map(|(n, (script, owner))| {
            let mut arguments = common(owner);
            arguments.extend(["--device-seed".to_owned(), format!("0x{}", hex::encode(seed(n)))]);
            arguments.extend(["--expect".to_owned(), expect.display().to_string()]);
            run(script, arguments)
        });
        let fleet = run("src/fleet.mjs", common("//Charlie"));
        let (clients, fleet) = futures::future::join(join_all(clients), fleet).await;
        let failed: Vec<_> = clients.into_iter().chain([fleet]).filter_map(Result::err).collect();
        ensure!(failed.is_empty(), "{failed:#?}");
        Ok(server.stop().await?)
    });
}

#[test]
fn light_client_syncs_and_proves_and_metadata_hash_is_that_of_two_libraries() {
    on(Localnet::builder().devices(1), async |net| {
        let node = &net.nodes[0];
        node.finalizes(8, ROUNDS).await?;
        let spec = net.specification().await?.display().to_string();
        let device = format!("0x{}", hex::encode(AsRef::<[u8]>::as_ref(net.devices[0].id())));
        let arguments = ["--url", &node.url(), "--spec", &spec, "--device", &device];
        run("src/smoldot.mjs", arguments.map(str::to_owned).to_vec()).await?;
        let said = run("src/metadata-hash.mjs", vec!["--url".into(), node.url()]).await?;
        let compiled_in = include_str!("../../../runtime/metadata-hash").trim();
        ensure!(said.contains(compiled_in), "the runtime was compiled with {compiled_in}");
        Ok(())
    });
}
