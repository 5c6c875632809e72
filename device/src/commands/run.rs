//! `run` and `health`: the agent as a service.

use super::Setup;
use crate::{
    chain::Client,
    config::Config,
    server::{Server, HEALTH_PATH},
    watch::Watcher,
    work::{Store, Worker},
};
use anyhow::{bail, Context, Result};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};
use tokio::signal::unix::{signal, SignalKind};
use vouch_primitives::Endpoint;

/// How long `health` waits for an answer.
const HEALTH_PATIENCE: Duration = Duration::from_secs(3);

pub(super) async fn run(mut setup: Setup) -> Result<()> {
    let genesis = match setup.config.genesis {
        Some(genesis) => genesis,
        // Which chain to answer for has to be known before the first answer.
        None => setup.pinned(&Client::new(setup.config.nodes.clone(), None, None)).await?,
    };
    let (config, devices, agent) = setup.agent(genesis)?;
    let store = match config.cores {
        Some(_) => Some(Arc::new(Store::open(&config.work_folder(), genesis)?)),
        None => None,
    };
    let server = Server::start_with(agent, store.clone(), config.listen, config.connections(devices.len()))
        .await
        .with_context(|| format!("cannot listen on {}: does another agent run here?", config.listen))?;
    tracing::info!(listening = %server.address(), devices = devices.len(), chain = ?genesis, "answering probes");
    if devices.len() == 1 {
        tracing::info!(device = %devices[0], "serving");
    }

    let client = Client::new(config.nodes, Some(genesis), None);
    let worker = match config.cores.zip(store) {
        Some((cores, store)) => {
            tracing::info!(%cores, "taking work, for the devices that are enlisted");
            Some(Worker::new(client.clone(), server.agent().clone(), store, cores)?)
        },
        None => None,
    };
    let work = async {
        match worker {
            Some(worker) => worker.work().await,
            None => std::future::pending().await,
        }
    };
    let mut terminate = signal(SignalKind::terminate())?;
    let outcome = tokio::select! {
        error = Watcher::new(client, devices, config.endpoint).follow() => Err(error),
        error = work => Err(error),
        _ = terminate.recv() => Ok(()),
        _ = tokio::signal::ctrl_c() => Ok(()),
    };
    let counts = server.agent().counts();
    tracing::info!(answered = counts.answered, refused = counts.refused, "stopping");
    server.stop().await?;
    Ok(outcome?)
}

pub(super) async fn health(config: &Config) -> Result<()> {
    let mut address = config.listen;
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {},
    }
    let http = reqwest::Client::builder().timeout(HEALTH_PATIENCE).no_proxy().build()?;
    let url = Endpoint::from(address).url(HEALTH_PATH);
    let response = http.get(&url).send().await.with_context(|| format!("no agent answers on {address}"))?;
    if !response.status().is_success() {
        bail!("the agent on {address} answers with HTTP {}", response.status());
    }
    say!("{}", response.text().await?);
    Ok(())
}
