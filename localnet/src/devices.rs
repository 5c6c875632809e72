//! A device: keys and configuration in a folder of its own, registered and run by the `vouch-device` binary as an owner would.

use crate::{
    binaries::Binary,
    ports,
    process::{output, succeed, Process, Spec},
    wait::until,
};
use anyhow::{ensure, Context};
use nix::sys::signal::Signal;
use std::{
    ffi::OsString,
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::Output,
    str::FromStr,
    time::Duration,
};
use tokio::process::Command;
use vouch_device::{config::Config, AccountId32, H256};
use vouch_primitives::{DeviceId, Endpoint};

/// How long an agent may take until it answers.
const START: Duration = Duration::from_secs(60);

/// Chunks that a device which takes work may be given at a time.
const SLOTS: &str = "4";

/// A device.
#[derive(Debug)]
pub struct Device {
    name: String,
    id: DeviceId,
    owner: &'static str,
    nodes: Vec<String>,
    config: PathBuf,
    log: PathBuf,
    address: SocketAddr,
    genesis: H256,
    takes_work: bool,
    process: Option<Process>,
}

impl Device {
    /// The device number `index`, counted from 0, of `owner`, which takes work on so many `cores`. Makes a key and a configuration
    /// for it in `folder`, unless an earlier run left them there. It neither runs nor is it registered by this.
    pub async fn create(
        index: usize,
        owner: &'static str,
        cores: Option<NonZeroUsize>,
        nodes: &[String],
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let name = format!("device-{}", index + 1);
        let home = folder.join(&name);
        std::fs::create_dir_all(&home).with_context(|| format!("cannot create {}", home.display()))?;
        let config = home.join("config.toml");
        if !config.exists() {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free()?)).to_string();
            let cores = cores.map(|cores| cores.to_string());
            let mut arguments = vec!["init", "--listen", &address, "--endpoint", &address];
            arguments.extend(cores.iter().flat_map(|cores| ["--cores", cores]));
            arguments.extend(nodes.iter().flat_map(|url| ["--node", url]));
            succeed(cli(&config, arguments).await?)?;
        }
        let settings = Config::load(&config)?;
        let keys = settings.load_keys()?;
        Ok(Self {
            id: keys.first().context("`vouch-device init` makes a key")?.id().clone(),
            owner,
            nodes: nodes.to_vec(),
            config,
            log: folder.join(format!("{name}.log")),
            address: settings.listen,
            genesis: settings.genesis.context("`vouch-device init` pins the chain of a node that answers")?,
            takes_work: settings.cores.is_some(),
            process: None,
            name,
        })
    }

    /// Runs it, and registers it once it answers; puts it on the list of workers if it takes work.
    pub async fn join(&mut self) -> anyhow::Result<()> {
        self.run().await?;
        self.cli(["register", "--owner-suri", self.owner, "--wait", "included"]).await?;
        if self.takes_work {
            self.cli(["work", "enlist", "--slots", SLOTS, "--owner-suri", self.owner, "--wait", "included"]).await?;
        }
        Ok(())
    }

    /// Whether it takes work.
    pub fn takes_work(&self) -> bool {
        self.takes_work
    }

    /// Runs its agent, and returns when it answers. It must not be running.
    pub async fn run(&mut self) -> anyhow::Result<()> {
        ensure!(self.process.is_none(), "{} is running", self.name);
        let mut args = vec!["--config".into(), self.config.clone().into_os_string(), "run".into()];
        args.extend(self.node_arguments());
        let spec = Spec { name: self.name.clone(), program: Binary::Device.path()?, args, log: self.log.clone() };
        let process = self.process.insert(Process::start(spec)?);
        let prober = vouch_device::prober::Prober::new(self.genesis)?;
        let (id, endpoint) = (&self.id, Endpoint::from(self.address));
        let look = || async {
            if let Err(error) = process.ensure_running() {
                return Ok(Some(Err(error)));
            }
            prober.probe(endpoint, id).await?;
            Ok(Some(Ok(())))
        };
        until(&format!("an answer of {}", self.name), START, look).await?
    }

    /// Runs a command of the agent's binary with this device's configuration; fails with what it printed if it fails.
    pub async fn cli(&self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> anyhow::Result<String> {
        let arguments = arguments.into_iter().map(Into::into).chain(self.node_arguments());
        succeed(cli(&self.config, arguments).await?)
    }

    /// The nodes may listen elsewhere than when the configuration was written.
    fn node_arguments(&self) -> impl Iterator<Item = OsString> + '_ {
        self.nodes.iter().flat_map(|url| ["--node".into(), url.into()])
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its id on the chain.
    pub fn id(&self) -> &DeviceId {
        &self.id
    }

    /// The secret URI of its owner, one of the accounts that the presets endow.
    pub fn owner(&self) -> &'static str {
        self.owner
    }

    /// Its configuration file.
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its log.
    pub fn log(&self) -> &Path {
        &self.log
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

    /// Freezes it: connections are still accepted, by the kernel, and nothing answers on them.
    pub fn freeze(&self) -> anyhow::Result<()> {
        self.process.as_ref().with_context(|| format!("{} does not run", self.name))?.signal(Signal::SIGSTOP)
    }
}

/// The key of a development account such as `//Alice`.
pub fn keypair(suri: &str) -> anyhow::Result<subxt_signer::sr25519::Keypair> {
    Ok(subxt_signer::sr25519::Keypair::from_uri(&subxt_signer::SecretUri::from_str(suri)?)?)
}

/// The account of a development key such as `//Alice`.
pub fn account(suri: &str) -> anyhow::Result<AccountId32> {
    Ok(AccountId32::new(keypair(suri)?.public_key().0))
}

/// Runs a command of `vouch-device` with the configuration file `config`.
pub async fn cli(config: &Path, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> anyhow::Result<Output> {
    let mut command = Command::new(Binary::Device.path()?);
    command.arg("--config").arg(config).args(arguments.into_iter().map(Into::into));
    output(command).await
}
