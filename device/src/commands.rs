//! What the commands do.

/// Prints a line for the user. Unlike `println!` it does not panic when the reader has gone, as in `vouch-device status | head`.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}

mod manage;
mod register;
mod run;
mod status;
mod validator;
mod work;

use crate::{
    agent::Agent,
    chain::{light::SCHEME, patience, Client},
    cli::{Cli, Command, Init},
    config::{Config, Draft, DEFAULT_NODE},
    keys::{create_key_file, DeviceKey},
};
use anyhow::{bail, Context, Result};
use polkadot_sdk::sp_core::H256;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use vouch_primitives::DeviceId;

/// The key file that `init` writes beside the configuration.
const KEY_FILE: &str = "device.key";

/// The chain specification beside the configuration, for a light client.
const CHAIN_SPEC: &str = "chain-spec.json";

/// How long `init` waits for a node to tell the genesis hash.
const INIT_PATIENCE: Duration = Duration::from_secs(2);

/// Does what the command line says.
pub async fn execute(mut cli: Cli) -> Result<()> {
    if let Some(spec) = cli.light.take() {
        cli.nodes = vec![light(spec, cli.config.as_deref())?];
    }
    if let Command::Validator(arguments) = cli.command {
        return validator::validator(asking(cli.config, cli.nodes)?, arguments).await;
    }
    let path = config_path(cli.config)?;
    match cli.command {
        Command::Validator(_) => unreachable!("is done already"),
        Command::Init(arguments) => init(&path, arguments, cli.nodes).await,
        Command::Register(arguments) => register::register(Setup::load(&path, cli.nodes)?, arguments).await,
        Command::Proof(arguments) => register::proof(Setup::load(&path, cli.nodes)?, arguments).await,
        Command::Run => run::run(Setup::load(&path, cli.nodes)?).await,
        Command::Status(arguments) => status::status(Setup::load(&path, cli.nodes)?, arguments).await,
        Command::Claim(arguments) => manage::claim(Setup::load(&path, cli.nodes)?, arguments).await,
        Command::SetEndpoint(arguments) => manage::set_endpoint(Setup::load(&path, cli.nodes)?, arguments).await,
        Command::Deregister(arguments) => manage::deregister(Setup::load(&path, cli.nodes)?, arguments).await,
        Command::Release(arguments) => manage::release(Setup::load(&path, cli.nodes)?, arguments).await,
        Command::TopUp(arguments) => manage::top_up(Setup::load(&path, cli.nodes)?, arguments).await,
        Command::Work(arguments) => work::work(Setup::load(&path, cli.nodes)?, arguments).await,
        Command::Health => run::health(&Config::load(&path)?).await,
    }
}

/// The address of a light client: of the chain specified in the file named, else in the one beside the configuration.
fn light(named: Option<PathBuf>, config: Option<&Path>) -> Result<String> {
    let spec = match named {
        Some(spec) => spec,
        None => config_path(config.map(Path::to_owned))?.with_file_name(CHAIN_SPEC),
    };
    if !spec.exists() {
        bail!(
            "{} is not there: put the chain's specification there, or name it with --light=FILE. Whoever runs a node can make it: \
             vouch-node export-chain-spec --raw",
            spec.display()
        );
    }
    // `init` writes it down, for commands given in other folders.
    Ok(format!("{SCHEME}{}", std::path::absolute(&spec)?.display()))
}

fn config_path(named: Option<PathBuf>) -> Result<PathBuf> {
    named.or_else(default_path).context("no home folder: name a configuration file with --config")
}

/// Where the configuration is unless another one is named; `None` for users without a home.
fn default_path() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "vouch-device").map(|dirs| dirs.config_dir().join("config.toml"))
}

/// A client for who only asks and may have no configuration: of the nodes named, else of those configured, else of the one on
/// this machine.
fn asking(named: Option<PathBuf>, nodes: Vec<String>) -> Result<Client> {
    let must_exist = named.is_some();
    let path = named.or_else(default_path).filter(|path| must_exist || path.exists());
    let config = path.map(|path| Config::load(&path)).transpose()?;
    let genesis = config.as_ref().and_then(|config| config.genesis);
    let nodes = match config {
        _ if !nodes.is_empty() => nodes,
        Some(config) => config.nodes,
        None => vec![DEFAULT_NODE.to_owned()],
    };
    let patience = patience(&nodes);
    Ok(Client::new(nodes, genesis, Some(patience)))
}

/// Configuration and keys, read and checked.
struct Setup {
    config: Config,
    keys: Vec<DeviceKey>,
    /// In the order of the key files.
    devices: Vec<DeviceId>,
}

impl Setup {
    fn load(path: &Path, nodes: Vec<String>) -> Result<Self> {
        let mut config = Config::load(path)?;
        if !nodes.is_empty() {
            config.nodes = nodes;
        }
        let keys = config.load_keys()?;
        let devices = keys.iter().map(|key| key.id().clone()).collect();
        Ok(Self { config, keys, devices })
    }

    /// A client of the pinned chain that gives up on unreachable nodes after a person's patience.
    fn client(&self) -> Client {
        let nodes = self.config.nodes.clone();
        let patience = patience(&nodes);
        Client::new(nodes, self.config.genesis, Some(patience))
    }

    /// The pinned chain; if none is pinned yet, that of the node, which is pinned from now on.
    async fn pinned(&mut self, client: &Client) -> Result<H256> {
        let genesis = client.genesis().await?;
        if self.config.genesis.is_none() {
            self.config.pin(genesis)?;
            eprintln!("Pinned to the chain with genesis {genesis:?}.");
        }
        Ok(genesis)
    }

    /// An agent for all keys.
    fn agent(self, genesis: H256) -> Result<(Config, Vec<DeviceId>, Arc<Agent>)> {
        let agent = Agent::new(genesis, self.keys, self.config.limits())?;
        Ok((self.config, self.devices, Arc::new(agent)))
    }
}

async fn init(path: &Path, arguments: Init, nodes: Vec<String>) -> Result<()> {
    if path.exists() {
        bail!("{} exists already: move it away first, or name another with --config", path.display());
    }
    let mut draft = Draft {
        genesis: arguments.genesis,
        nodes: arguments.nodes(nodes),
        listen: arguments.listen,
        endpoint: arguments.endpoint,
        class: arguments.class,
        cores: arguments.cores,
        key_file: KEY_FILE.to_owned(),
    };
    // Says at once, and before anything is written, what would otherwise be said by the next command.
    draft.check(path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    if draft.genesis.is_none() {
        draft.genesis = Client::new(draft.nodes.clone(), None, Some(INIT_PATIENCE)).genesis().await.ok();
    }
    let keys = create_key_file(&folder.join(KEY_FILE), arguments.scheme, arguments.keys as usize)?;
    draft.write(path)?;
    say!("Configuration: {}", path.display());
    say!(
        "Keys:          {} (keep a copy: whoever loses it loses the devices' record)",
        folder.join(KEY_FILE).display()
    );
    match draft.genesis {
        Some(genesis) => say!("Chain:         {genesis:?}"),
        None => say!("Chain:         not pinned, no node was reachable; `register` or `run` will pin it"),
    }
    for key in keys.iter().take(8) {
        say!("Device:        {}", key.id());
    }
    if keys.len() > 8 {
        say!("               and {} more", keys.len() - 8);
    }
    if arguments.endpoint.is_none() {
        say!("Note: no --endpoint was given. Set `endpoint` to the public address before you register.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use std::num::NonZeroUsize;

    #[tokio::test]
    async fn init_writes_nothing_if_its_arguments_make_no_sense_and_both_files_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/config.toml");
        let run = |arguments: &str| {
            let line = format!("vouch-device init --genesis 0x{} {arguments}", "07".repeat(32));
            let mut cli = Cli::try_parse_from(line.split_whitespace()).unwrap();
            cli.config = Some(path.clone());
            execute(cli)
        };
        for (arguments, expected) in [("--node http://a:1", "`nodes`"), ("--endpoint 0.0.0.0:3701", "`endpoint`")] {
            let error = format!("{:#}", run(arguments).await.unwrap_err());
            assert!(error.contains(expected), "{error}");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{arguments}");
        }
        run("--node ws://a:1 --endpoint 198.51.100.7:3701 --keys 2 --cores 3").await.unwrap();
        let setup = Setup::load(&path, Vec::new()).unwrap();
        assert_eq!((setup.devices.len(), setup.config.genesis), (2, Some(H256::repeat_byte(7))));
        assert_eq!(setup.config.cores, NonZeroUsize::new(3));
    }
}
