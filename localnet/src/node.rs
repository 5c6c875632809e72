//! A validator: a `vouch-node` process with ports and a folder of its own that outlast its restarts.

use crate::{
    binaries::Binary,
    ports,
    process::{output, succeed, Process, Spec},
    rpc::Rpc,
    wait::until,
};
use anyhow::{ensure, Context};
use nix::sys::signal::Signal;
use polkadot_sdk::sp_io::hashing::blake2_256;
use serde_json::json;
use std::{
    ffi::OsString,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tempfile::NamedTempFile;
use tokio::{process::Command, sync::OnceCell};
use vouch_device::chain::Client;

/// How long a node may take until its RPC answers. Compiling the on-chain code takes most of it.
const START: Duration = Duration::from_secs(300);

/// How long a question to a node that is gone is repeated.
const PATIENCE: Duration = Duration::from_secs(5);

/// A chain whose genesis is in the node's binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// One validator, Alice.
    Dev,
    /// Four validators.
    Local,
}

impl Chain {
    const fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Local => "local",
        }
    }

    /// Writes its raw specification into `folder`, unless one is there, and returns the path. Whenever a node is started with a name
    /// instead, it compiles the on-chain code twice to make the genesis, and once to run it.
    pub async fn specification(self, folder: &Path) -> anyhow::Result<PathBuf> {
        // Made once for all networks of this process.
        static DEV: OnceCell<String> = OnceCell::const_new();
        static LOCAL: OnceCell<String> = OnceCell::const_new();
        let made = match self {
            Self::Dev => &DEV,
            Self::Local => &LOCAL,
        };
        let file = folder.join(self.name()).with_extension("json");
        if !file.is_file() {
            let make = || async {
                let mut command = Command::new(Binary::Node.path()?);
                command.args(["export-chain-spec", "--raw", "--chain", self.name()]);
                succeed(output(command).await?)
            };
            let mut whole = NamedTempFile::new_in(folder)?;
            whole.write_all(made.get_or_try_init(make).await?.as_bytes())?;
            whole.persist(&file)?;
        }
        Ok(file)
    }
}

/// What a validator's node does besides building and finalising blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duty {
    /// It probes devices, reports, and answers audits.
    #[default]
    Probes,
    /// Nothing: whoever holds its session key may report in its name.
    Idles,
}

/// The validators of [`Chain::Local`]; [`Chain::Dev`] has the first.
pub const VALIDATORS: [&str; 4] = ["alice", "bob", "charlie", "dave"];

fn url(rpc_port: u16) -> String {
    format!("ws://127.0.0.1:{rpc_port}")
}

/// A validator.
#[derive(Debug)]
pub struct Node {
    name: String,
    args: Vec<OsString>,
    bootnodes: Vec<String>,
    base_path: PathBuf,
    log: PathBuf,
    rpc_port: u16,
    p2p_port: u16,
    websocket_port: u16,
    metrics_port: u16,
    rpc: Rpc,
    client: Client,
    process: Option<Process>,
    started: Instant,
}

impl Node {
    /// Starts the validator number `index` of `chain` with its folder in `folder`, and returns when its RPC answers.
    pub async fn start(
        chain: Chain,
        index: usize,
        duty: Duty,
        folder: &Path,
        bootnodes: Vec<String>,
    ) -> anyhow::Result<Self> {
        let name = *VALIDATORS.get(index).context("the presets know four validators")?;
        let (rpc_port, metrics_port) = (ports::free()?, ports::free()?);
        let (p2p_port, websocket_port) = (ports::free()?, ports::free()?);
        let base_path = folder.join(name);
        // A fixed key keeps the peer id over restarts. Worth nothing outside the test network.
        let node_key = hex::encode(blake2_256(format!("vouch localnet {name} {p2p_port}").as_bytes()));
        let mut args: Vec<OsString> = match chain {
            Chain::Dev => vec!["--dev".into()],
            Chain::Local => vec![format!("--{name}").into()],
        };
        args.extend(["--chain".into(), chain.specification(folder).await?.into_os_string()]);
        args.extend(["--base-path".into(), base_path.clone().into_os_string()]);
        args.extend(["--node-key".into(), node_key.into()]);
        args.extend(["--listen-addr".into(), format!("/ip4/127.0.0.1/tcp/{p2p_port}").into()]);
        // For light clients, those in browsers above all.
        args.extend(["--listen-addr".into(), format!("/ip4/127.0.0.1/tcp/{websocket_port}/ws").into()]);
        args.extend(["--rpc-port".into(), rpc_port.to_string().into()]);
        args.extend(["--prometheus-port".into(), metrics_port.to_string().into()]);
        args.extend(["--no-telemetry".into(), "--no-mdns".into()]);
        if duty == Duty::Idles {
            args.extend(["--offchain-worker".into(), "never".into()]);
        }
        let mut node = Self {
            name: name.to_owned(),
            args,
            bootnodes,
            base_path,
            log: folder.join(format!("{name}.log")),
            rpc_port,
            p2p_port,
            websocket_port,
            metrics_port,
            rpc: Rpc::local(rpc_port)?,
            client: Client::new([url(rpc_port)], None, Some(PATIENCE)),
            process: None,
            started: Instant::now(),
        };
        node.restart().await?;
        Ok(node)
    }

    /// Starts it again where it was, and returns when its RPC answers. It must not be running.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        ensure!(self.process.is_none(), "{} is running", self.name);
        let mut args = self.args.clone();
        args.extend(self.bootnodes.iter().flat_map(|address| ["--bootnodes".into(), address.into()]));
        let spec = Spec { name: self.name.clone(), program: Binary::Node.path()?, args, log: self.log.clone() };
        self.started = Instant::now();
        let process = self.process.insert(Process::start(spec)?);
        let (rpc, port) = (&self.rpc, format!("/tcp/{}/", self.p2p_port));
        // If its RPC port was taken the node chose another, and whoever answers here is not it.
        let look = || async {
            if let Err(error) = process.ensure_running() {
                return Ok(Some(Err(error)));
            }
            let addresses = rpc.request("system_localListenAddresses", json!([])).await?.to_string();
            Ok(addresses.contains(&port).then_some(Ok(())))
        };
        until(&format!("the RPC of {}", self.name), START, look).await?
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its folder: database, keys.
    pub fn base_path(&self) -> &Path {
        &self.base_path
    }

    /// Its log.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// When its process was started.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// Its process id while it runs.
    pub fn id(&self) -> Option<u32> {
        self.process.as_ref().and_then(Process::id)
    }

    /// Asks it about itself.
    pub fn rpc(&self) -> &Rpc {
        &self.rpc
    }

    /// Asks it, and no other node, about the chain.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The URL that clients connect to.
    pub fn url(&self) -> String {
        url(self.rpc_port)
    }

    /// The URL of its Prometheus metrics.
    pub fn metrics_url(&self) -> String {
        format!("http://127.0.0.1:{}/metrics", self.metrics_port)
    }

    /// The address by which other nodes find it.
    pub async fn address(&self) -> anyhow::Result<String> {
        Ok(format!("/ip4/127.0.0.1/tcp/{}/p2p/{}", self.p2p_port, self.peer_id().await?))
    }

    /// The address by which light clients find it.
    pub async fn websocket_address(&self) -> anyhow::Result<String> {
        Ok(format!("/ip4/127.0.0.1/tcp/{}/ws/p2p/{}", self.websocket_port, self.peer_id().await?))
    }

    async fn peer_id(&self) -> anyhow::Result<String> {
        let id = self.rpc.request("system_localPeerId", json!([])).await?;
        Ok(id.as_str().context("a peer id is a string")?.to_owned())
    }

    /// Kilobytes of memory that it takes, as the kernel counts them.
    pub fn memory(&self) -> anyhow::Result<u64> {
        let id = self.id().with_context(|| format!("{} does not run", self.name))?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    /// Through whom it enters the network when it is started again.
    pub fn set_bootnodes(&mut self, addresses: Vec<String>) {
        self.bootnodes = addresses;
    }

    /// Waits until block `number` is finalised.
    pub async fn finalizes(&self, number: u32, bound: Duration) -> anyhow::Result<()> {
        let what = format!("block {number} to be finalised by {}", self.name);
        until(&what, bound, || async { Ok((self.client.finalized().await?.number >= number).then_some(())) }).await
    }

    /// Fails with the end of its log if it has ended by itself.
    pub fn ensure_running(&self) -> anyhow::Result<()> {
        self.process.as_ref().map_or(Ok(()), Process::ensure_running)
    }

    /// Stops it in an orderly way; does nothing if it does not run.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        match self.process.take() {
            Some(process) => process.stop().await,
            None => Ok(()),
        }
    }

    /// Kills it in the middle of whatever it does.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.process.take().with_context(|| format!("{} does not run", self.name))?.kill().await
    }

    /// Freezes it, connections and all, until [`Node::thaw`].
    pub fn freeze(&self) -> anyhow::Result<()> {
        self.process.as_ref().with_context(|| format!("{} does not run", self.name))?.signal(Signal::SIGSTOP)
    }

    /// Lets it run again.
    pub fn thaw(&self) -> anyhow::Result<()> {
        self.process.as_ref().with_context(|| format!("{} does not run", self.name))?.signal(Signal::SIGCONT)
    }
}
