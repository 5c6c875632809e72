//! Many throw-away devices behind one port, in this process: for tests, demos and measurements.

use crate::{
    agent::{Agent, Limits},
    chain::{Client, Registration},
    keys::{DeviceKey, Scheme},
    server::{connections_for, Server},
    work::{ProgressOf, Store, Worker},
};
use polkadot_sdk::{
    sp_core::H256,
    sp_runtime::{
        traits::{BlakeTwo256, Hash},
        AccountId32,
    },
};
use std::{io, net::SocketAddr, num::NonZeroUsize, path::PathBuf, sync::Arc};
use tokio::task::JoinHandle;
use vouch_primitives::{ClassId, DeviceId, Endpoint};

/// A running swarm. Its keys grow from a public label, so they are worth nothing outside a test network.
#[derive(Debug)]
pub struct Swarm {
    server: Server,
    devices: Vec<DeviceId>,
    works: Option<Works>,
}

/// How a swarm takes work. All its devices share the cores, and compute a chunk once that several of them were given.
#[derive(Clone, Debug)]
pub struct Work {
    /// Asks for it. Of the swarm's chain.
    pub client: Client,
    /// Cores to compute on.
    pub cores: NonZeroUsize,
    /// Where results are kept. One swarm at a time.
    pub folder: PathBuf,
}

/// A worker beside the server. Dropping it stops it.
#[derive(Debug)]
struct Works {
    progress: ProgressOf,
    task: JoinHandle<()>,
}

impl Drop for Works {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Swarm {
    /// Starts `count` devices of the chain with `genesis` on `listen` (port 0 picks one), on the current tokio runtime. The
    /// same `label` and number always give the same keys, so a swarm can be stopped and started again.
    pub async fn start(genesis: H256, label: &str, count: usize, listen: SocketAddr) -> io::Result<Self> {
        Self::start_with(genesis, label, count, listen, None).await
    }

    /// As [`Swarm::start`]; its devices take work once they are enlisted, if it is said how.
    pub async fn start_with(
        genesis: H256,
        label: &str,
        count: usize,
        listen: SocketAddr,
        work: Option<Work>,
    ) -> io::Result<Self> {
        let keys: Vec<_> = (0..count).map(|n| Self::key(label, n)).collect();
        let devices = keys.iter().map(|key| key.id().clone()).collect();
        let agent = Arc::new(Agent::new(genesis, keys, Limits::default()).map_err(io::Error::other)?);
        let store = work.as_ref().map(|work| Store::open(&work.folder, genesis)).transpose();
        let store = store.map_err(io::Error::other)?.map(Arc::new);
        let server = Server::start_with(agent.clone(), store.clone(), listen, connections_for(count)).await?;
        let works = match work.zip(store) {
            None => None,
            Some((Work { client, cores, .. }, store)) => {
                let worker = Worker::new(client, agent, store, cores).map_err(io::Error::other)?;
                let progress = worker.progress();
                let task = tokio::spawn(async move {
                    let error = worker.work().await;
                    tracing::error!(%error, "the swarm takes no more work");
                });
                Some(Works { progress, task })
            },
        };
        Ok(Self { server, devices, works })
    }

    /// Tells which chunk is being computed; `None` if the swarm takes no work.
    pub fn progress(&self) -> Option<&ProgressOf> {
        self.works.as_ref().map(|works| &works.progress)
    }

    /// The key of device `n` of the swarm called `label`.
    pub fn key(label: &str, n: usize) -> DeviceKey {
        DeviceKey::from_seed(Scheme::Ed25519, &BlakeTwo256::hash(format!("vouch swarm {label} {n}").as_bytes()).0)
    }

    /// Where it answers.
    pub fn endpoint(&self) -> Endpoint {
        self.server.address().into()
    }

    /// Its devices, in order.
    pub fn devices(&self) -> &[DeviceId] {
        &self.devices
    }

    /// The server under it.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// What `owner` sends to register all of them, if none was registered before on this chain.
    pub fn registrations(&self, owner: &AccountId32, class: ClassId) -> Vec<Registration> {
        let agent = self.server.agent();
        let keys = self.devices.iter().filter_map(|device| agent.key(device));
        keys.map(|key| Registration::new(key, agent.genesis(), owner, 0, class, Some(self.endpoint()), None)).collect()
    }

    /// Stops answering, and computing.
    pub async fn stop(self) -> io::Result<()> {
        drop(self.works);
        self.server.stop().await
    }
}
