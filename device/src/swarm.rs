//! Many throw-away devices behind one port, in this process: for tests, demos and measurements.

use crate::{
    agent::{Agent, Limits},
    chain::Registration,
    keys::{DeviceKey, Scheme},
    server::{connections_for, Server},
};
use polkadot_sdk::{
    sp_core::H256,
    sp_runtime::{
        traits::{BlakeTwo256, Hash},
        AccountId32,
    },
};
use std::{io, net::SocketAddr, sync::Arc};
use vouch_primitives::{ClassId, DeviceId, Endpoint};

/// A running swarm. Its keys grow from a public label, so they are worth nothing outside a test network.
#[derive(Debug)]
pub struct Swarm {
    server: Server,
    devices: Vec<DeviceId>,
}

impl Swarm {
    /// Starts `count` devices of the chain with `genesis` on `listen` (port 0 picks one), on the current tokio runtime. The
    /// same `label` and number always give the same keys, so a swarm can be stopped and started again.
    pub async fn start(genesis: H256, label: &str, count: usize, listen: SocketAddr) -> io::Result<Self> {
        let keys: Vec<_> = (0..count).map(|n| Self::key(label, n)).collect();
        let devices = keys.iter().map(|key| key.id().clone()).collect();
        let agent = Agent::new(genesis, keys, Limits::default()).map_err(io::Error::other)?;
        let server = Server::start(Arc::new(agent), listen, connections_for(count)).await?;
        Ok(Self { server, devices })
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

    /// Stops answering.
    pub async fn stop(self) -> io::Result<()> {
        self.server.stop().await
    }
}
