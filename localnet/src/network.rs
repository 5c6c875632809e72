//! A whole network on this machine: validators, devices, and the folder that holds what they leave behind.

use crate::{
    devices::Device,
    node::{Chain, Duty, Node, VALIDATORS},
    wait::until,
};
use anyhow::{ensure, Context};
use futures::future::{join_all, try_join_all};
use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;
use vouch_device::{chain::Client, H256};

/// Accounts that the presets endow, as secret URIs; devices are theirs in turn.
pub const OWNERS: [&str; 6] = ["//Alice", "//Bob", "//Charlie", "//Dave", "//Eve", "//Ferdie"];

/// How long questions to the network wait for any of its nodes.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the nodes may take to find each other.
const MEETING: Duration = Duration::from_secs(120);

/// What to start.
#[derive(Clone, Debug)]
pub struct Builder {
    validators: usize,
    idle: Option<usize>,
    devices: usize,
    cores: Option<NonZeroUsize>,
    base_path: Option<PathBuf>,
}

impl Builder {
    /// How many validators: one runs the dev chain, two to four run the local chain, of which it takes three to finalise.
    pub fn validators(mut self, validators: usize) -> Self {
        self.validators = validators;
        self
    }

    /// How many validators it starts.
    pub fn size(&self) -> usize {
        self.validators
    }

    /// Which validator, counted from 0, does not probe: a test may report in its name.
    pub fn idle(mut self, validator: usize) -> Self {
        self.idle = Some(validator);
        self
    }

    /// How many devices, registered and running.
    pub fn devices(mut self, devices: usize) -> Self {
        self.devices = devices;
        self
    }

    /// On how many cores each device computes jobs; without it they take no work.
    pub fn cores(mut self, cores: Option<NonZeroUsize>) -> Self {
        self.cores = cores;
        self
    }

    /// Where everything goes that is to be kept, and what an earlier network there left is taken up, its genesis included; without it,
    /// everything goes into a folder that is removed in the end.
    pub fn base_path(mut self, base_path: Option<PathBuf>) -> Self {
        self.base_path = base_path;
        self
    }

    /// Starts the validators, then the devices, and returns when all devices are registered.
    pub async fn start(self) -> anyhow::Result<Localnet> {
        let devices = self.devices;
        let mut net = self.start_validators().await?;
        net.add_devices(devices).await?;
        Ok(net)
    }

    /// Starts the validators only.
    pub async fn start_validators(self) -> anyhow::Result<Localnet> {
        let Self { validators, idle, cores, base_path, .. } = self;
        let most = VALIDATORS.len();
        ensure!(
            (1..=most).contains(&validators),
            "the local chain has {most} validators, so 1 to {most} can be started"
        );
        let folder = Folder::new(base_path)?;
        let chain = if validators == 1 { Chain::Dev } else { Chain::Local };
        let start = |index, bootnodes| {
            let duty = if idle == Some(index) { Duty::Idles } else { Duty::Probes };
            Node::start(chain, index, duty, folder.path(), bootnodes)
        };
        let first = start(0, Vec::new()).await?;
        let bootnodes = vec![first.address().await?];
        let others = (1..validators).map(|index| start(index, bootnodes.clone()));
        let mut nodes = vec![first];
        nodes.extend(try_join_all(others).await?);
        let addresses = try_join_all(nodes.iter().map(Node::address)).await?;
        for (index, node) in nodes.iter_mut().enumerate() {
            let others = addresses.iter().enumerate().filter(|(other, _)| *other != index);
            node.set_bootnodes(others.map(|(_, address)| address.clone()).collect());
        }
        let genesis = nodes[0].client().genesis().await?;
        let client = Client::new(nodes.iter().map(Node::url), Some(genesis), Some(PATIENCE));
        let net = Localnet { nodes, devices: Vec::new(), cores, client, genesis, chain, folder };
        net.meet().await?;
        Ok(net)
    }
}

/// A running network. Dropping it kills everything in it; [`Localnet::stop`] asks first.
#[derive(Debug)]
pub struct Localnet {
    /// The validators.
    pub nodes: Vec<Node>,
    /// The devices that run as processes of their own.
    pub devices: Vec<Device>,
    cores: Option<NonZeroUsize>,
    client: Client,
    genesis: H256,
    chain: Chain,
    // Last, so that it is removed when nothing writes into it any more.
    folder: Folder,
}

impl Localnet {
    /// One validator and no device, unless told otherwise.
    pub fn builder() -> Builder {
        Builder { validators: 1, idle: None, devices: 0, cores: None, base_path: None }
    }

    /// Waits until every node is connected with all others.
    async fn meet(&self) -> anyhow::Result<()> {
        let others = self.nodes.len() as u64 - 1;
        for node in &self.nodes {
            let look = || async { Ok((node.rpc().peers().await? >= others).then_some(())) };
            until(&format!("{} to meet the others", node.name()), MEETING, look).await?;
        }
        Ok(())
    }

    /// Starts further devices and registers them.
    pub async fn add_devices(&mut self, count: usize) -> anyhow::Result<()> {
        let urls = self.urls();
        let first = self.devices.len();
        for index in first..first + count {
            let owner = OWNERS[index % OWNERS.len()];
            self.devices.push(Device::create(index, owner, self.cores, &urls, self.folder.path()).await?);
        }
        // One transaction at a time per owner; different owners need not wait for each other.
        for some in self.devices[first..].chunks_mut(OWNERS.len()) {
            try_join_all(some.iter_mut().map(Device::join)).await?;
        }
        Ok(())
    }

    /// Where the nodes answer.
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(Node::url).collect()
    }

    /// Writes the chain's specification, with the nodes to begin with, for light clients.
    pub async fn specification(&self) -> anyhow::Result<PathBuf> {
        let mut spec: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(self.chain.specification(self.folder()).await?)?)?;
        let addresses = try_join_all(self.nodes.iter().map(Node::websocket_address)).await?;
        spec["bootNodes"] = addresses.into();
        let file = self.folder().join("chain-spec.json");
        std::fs::write(&file, spec.to_string())?;
        Ok(file)
    }

    /// Asks any of the nodes.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Hash of the chain's block 0.
    pub fn genesis(&self) -> H256 {
        self.genesis
    }

    /// Where logs, databases and key files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Fails with the end of its log if any process ended by itself.
    pub fn ensure_running(&self) -> anyhow::Result<()> {
        self.nodes.iter().try_for_each(Node::ensure_running)?;
        self.devices.iter().try_for_each(Device::ensure_running)
    }

    /// Stops devices and validators in an orderly way.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        let devices = join_all(self.devices.iter_mut().map(Device::stop)).await;
        let nodes = join_all(self.nodes.iter_mut().map(Node::stop)).await;
        devices.into_iter().chain(nodes).collect()
    }

    /// Keeps the folder, for whoever looks for the reason of a failure, and returns it.
    pub fn keep_folder(&mut self) -> PathBuf {
        self.folder.keep()
    }
}

/// A folder: given and kept, or temporary and removed unless something failed.
#[derive(Debug)]
struct Folder {
    path: PathBuf,
    temporary: Option<TempDir>,
}

impl Folder {
    fn new(given: Option<PathBuf>) -> anyhow::Result<Self> {
        match given {
            Some(path) => {
                std::fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
                Ok(Self { path: path.canonicalize()?, temporary: None })
            },
            None => {
                let temporary = tempfile::Builder::new().prefix("vouch-localnet-").tempdir()?;
                Ok(Self { path: temporary.path().to_path_buf(), temporary: Some(temporary) })
            },
        }
    }

    fn path(&self) -> &Path {
        &self.path
    }

    fn keep(&mut self) -> PathBuf {
        self.temporary.take().map(TempDir::keep);
        self.path.clone()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("The logs are in {}", self.keep().display());
        }
    }
}
