//! The configuration file: what it may say, and what is told to whoever got it wrong.

use crate::{
    agent::{Limits, RateLimit},
    chain::light::{spec_of, SCHEME},
    keys::{load_key_file, DeviceKey, KeyError},
    server::{connections_for, MAX_CONNECTIONS},
};
use polkadot_sdk::{sp_core::H256, sp_runtime::AccountId32};
use serde::Deserialize;
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    net::SocketAddr,
    num::{NonZeroU32, NonZeroUsize},
    path::{Path, PathBuf},
};
use vouch_primitives::{ClassId, Endpoint};

/// Where nodes of a local network listen.
pub const DEFAULT_NODE: &str = "ws://127.0.0.1:9944";

/// Where a device listens unless told otherwise.
pub const DEFAULT_LISTEN: &str = "0.0.0.0:3701";

/// Where results of work are kept, relative to the configuration.
const WORK_FOLDER: &str = "work";

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read or written.
    #[error("{}: {cause}{}", path.display(), hint(cause))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says. Not named `source`: the message has it already, and a chain of causes would repeat it.
        cause: io::Error,
    },
    /// The file is there already.
    #[error("{} exists already: move it away first, or name another with --config", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file is not TOML of the right form.
    #[error("{}: {problem}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What the parser says, with the line.
        problem: String,
    },
    /// A value cannot be meant.
    #[error("{}: `{field}` {problem}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// The field.
        field: &'static str,
        /// What is wrong with its value.
        problem: String,
    },
    /// A key file cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => " (`vouch-device init` writes it)",
        _ => "",
    }
}

/// The file as it is written. Unknown fields are refused: a misspelt one would otherwise be ignored.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    genesis: Option<String>,
    nodes: Vec<String>,
    listen: SocketAddr,
    endpoint: Option<SocketAddr>,
    #[serde(default)]
    class: ClassId,
    beneficiary: Option<String>,
    keys: Vec<PathBuf>,
    #[serde(default)]
    limits: LimitsTable,
    #[serde(default)]
    work: WorkTable,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkTable {
    #[serde(default)]
    cores: usize,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsTable {
    probes_per_second: Option<NonZeroU32>,
    probe_burst: Option<NonZeroU32>,
    strays_per_second: Option<NonZeroU32>,
    stray_burst: Option<NonZeroU32>,
    max_connections: Option<NonZeroUsize>,
}

/// A configuration that has been checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file it comes from.
    pub path: PathBuf,
    /// Hash of block 0 of the chain served; `None` until `init` or `register` has met a node.
    pub genesis: Option<H256>,
    /// WebSocket URLs of nodes, any of which may be asked, or the address of a light client.
    pub nodes: Vec<String>,
    /// Where the agent listens.
    pub listen: SocketAddr,
    /// Where validators reach it; `None` if it publishes no address.
    pub endpoint: Option<Endpoint>,
    /// Index into the chain's class table.
    pub class: ClassId,
    /// Who is paid; `None` is the owner.
    pub beneficiary: Option<AccountId32>,
    /// Key files.
    pub keys: Vec<PathBuf>,
    /// Cores to compute jobs on; `None` if it takes no work.
    pub cores: Option<NonZeroUsize>,
    limits: LimitsTable,
}

impl Config {
    /// Reads and checks a configuration file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|cause| ConfigError::Io { path: path.into(), cause })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let file: File = toml::from_str(text).map_err(|error| ConfigError::Form {
            path: path.into(),
            problem: error.to_string().trim_end().to_owned(),
        })?;
        let wrong = |field, problem: &str| ConfigError::Value { path: path.into(), field, problem: problem.into() };
        if file.nodes.is_empty() {
            return Err(wrong("nodes", "is empty: name at least one node, for instance \"ws://127.0.0.1:9944\""));
        }
        let known = |url: &&String| ["ws://", "wss://", SCHEME].iter().any(|scheme| url.starts_with(scheme));
        if let Some(url) = file.nodes.iter().find(|url| !known(url)) {
            return Err(wrong(
                "nodes",
                &format!(
                    "contains {url:?}, which is no WebSocket URL: it must begin with ws:// or wss://, or be {SCHEME} and the path of \
                     a chain specification"
                ),
            ));
        }
        if file.keys.is_empty() {
            return Err(wrong("keys", "is empty: name at least one key file"));
        }
        let endpoint = file.endpoint.map(Endpoint::from);
        if let Some(endpoint) = endpoint.filter(|endpoint| !endpoint.is_connectable()) {
            return Err(wrong(
                "endpoint",
                &format!("is {endpoint}, to which nobody can connect: give the device's public address and port"),
            ));
        }
        let genesis = file.genesis.as_deref().map(|text| {
            parse_hash(text)
                .ok_or_else(|| wrong("genesis", "is not 0x and 64 hex digits, the hash of the chain's block 0"))
        });
        let beneficiary = file
            .beneficiary
            .as_deref()
            .map(|text| parse_account(text).ok_or_else(|| wrong("beneficiary", "is not an account address")));
        let folder = path.parent().unwrap_or(Path::new(""));
        Ok(Self {
            path: path.into(),
            genesis: genesis.transpose()?,
            nodes: file.nodes.into_iter().map(|node| resolved(folder, node)).collect(),
            listen: file.listen,
            endpoint,
            class: file.class,
            beneficiary: beneficiary.transpose()?,
            keys: file.keys.into_iter().map(|key| folder.join(key)).collect(),
            cores: NonZeroUsize::new(file.work.cores),
            limits: file.limits,
        })
    }

    /// The folder for results of work, next to the file.
    pub fn work_folder(&self) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(WORK_FOLDER)
    }

    /// The keys of all key files.
    pub fn load_keys(&self) -> Result<Vec<DeviceKey>, ConfigError> {
        let mut keys = Vec::new();
        for path in &self.keys {
            keys.extend(load_key_file(path)?);
        }
        Ok(keys)
    }

    /// The limits per source address.
    pub fn limits(&self) -> Limits {
        let or = |per_second: Option<_>, burst: Option<_>, default: RateLimit| RateLimit {
            per_second: per_second.unwrap_or(default.per_second),
            burst: burst.unwrap_or(default.burst),
        };
        let (given, default) = (&self.limits, Limits::default());
        Limits {
            probes: or(given.probes_per_second, given.probe_burst, default.probes),
            strays: or(given.strays_per_second, given.stray_burst, default.strays),
        }
    }

    /// Most connections open at once when `keys` devices are served.
    pub fn connections(&self, keys: usize) -> usize {
        self.limits.max_connections.map_or_else(|| connections_for(keys), NonZeroUsize::get)
    }

    /// Pins the chain, here and in the file, whose other lines stay as they are. If another process has pinned it meanwhile, the
    /// file is left alone; if it was to another chain, that is an error.
    pub fn pin(&mut self, genesis: H256) -> Result<(), ConfigError> {
        let fail = |cause| ConfigError::Io { path: self.path.clone(), cause };
        // One at a time. Where files cannot be locked the worst is that the last of several wins: each writes a whole file.
        let unpinned = fs::File::open(&self.path).map_err(fail)?;
        let _ = unpinned.lock();
        // Who had the lock before may have put a pinned file in the place of the one that is locked now.
        let text = fs::read_to_string(&self.path).map_err(fail)?;
        match Self::parse(&self.path, &text)?.genesis {
            // In front, where it cannot end up inside a table.
            None => replace(&self.path, &(genesis_line(genesis) + &text)).map_err(fail)?,
            Some(pinned) if pinned == genesis => {},
            Some(pinned) => {
                return Err(ConfigError::Value {
                    path: self.path.clone(),
                    field: "genesis",
                    problem: format!("was pinned to {pinned:?} meanwhile, but the node's chain is {genesis:?}"),
                });
            },
        }
        self.genesis = Some(genesis);
        Ok(())
    }
}

/// An address as the configuration in `folder` means it: a chain specification is named relative to it.
fn resolved(folder: &Path, node: String) -> String {
    match spec_of(&node) {
        Some(spec) => format!("{SCHEME}{}", folder.join(spec).display()),
        None => node,
    }
}

/// Replaces the text of a file through a second one of its own, so that nobody ever sees half of it.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // What a link points to is replaced, not the link.
    let path = path.canonicalize()?;
    let mut new = path.clone().into_os_string();
    new.push(format!(".{:016x}.new", rand::random::<u64>()));
    let mut file = OpenOptions::new().write(true).create_new(true).open(&new)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.set_permissions(path.metadata()?.permissions()))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&new, &path));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

fn genesis_line(genesis: H256) -> String {
    format!(
        "# The chain served. Answers, proofs and transactions are refused for any other.\ngenesis = \"{genesis:?}\"\n"
    )
}

/// Reads `0x` and 64 hex digits.
pub fn parse_hash(text: &str) -> Option<H256> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.strip_prefix("0x")?, &mut bytes).ok()?;
    Some(H256(bytes))
}

/// Reads an account or device id: SS58 of any prefix, or `0x` and 64 hex digits.
pub fn parse_account(text: &str) -> Option<AccountId32> {
    use polkadot_sdk::sp_core::crypto::Ss58Codec;
    match parse_hash(text) {
        Some(hash) => Some(AccountId32::new(hash.0)),
        None => AccountId32::from_ss58check_with_version(text).ok().map(|(id, _)| id),
    }
}

/// What `init` writes.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The chain, if a node could be asked.
    pub genesis: Option<H256>,
    /// Nodes to ask.
    pub nodes: Vec<String>,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where validators reach it.
    pub endpoint: Option<SocketAddr>,
    /// Class of the devices.
    pub class: ClassId,
    /// Cores to compute jobs on; `None` if it takes no work.
    pub cores: Option<NonZeroUsize>,
    /// Name of the key file, relative to the configuration.
    pub key_file: String,
}

impl Draft {
    /// Whether what would be written to `path` could be read back. Nothing is written.
    pub fn check(&self, path: &Path) -> Result<(), ConfigError> {
        Config::parse(path, &self.text()).map(drop)
    }

    /// Writes the configuration to a new file.
    pub fn write(&self, path: &Path) -> Result<(), ConfigError> {
        let fail = |cause: io::Error| match cause.kind() {
            io::ErrorKind::AlreadyExists => ConfigError::Exists { path: path.into() },
            _ => ConfigError::Io { path: path.into(), cause },
        };
        let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(fail)?;
        file.write_all(self.text().as_bytes()).and_then(|()| file.sync_all()).map_err(fail)
    }

    fn text(&self) -> String {
        let nodes = self.nodes.iter().map(|url| format!("{url:?}")).collect::<Vec<_>>().join(", ");
        let limits = Limits::default();
        let endpoint = match self.endpoint {
            Some(endpoint) => format!("endpoint = \"{endpoint}\""),
            None => "# endpoint = \"198.51.100.7:3701\"".to_owned(),
        };
        let work = match self.cores {
            Some(cores) => format!("[work]\ncores = {cores}"),
            None => "# [work]\n# cores = 1".to_owned(),
        };
        format!(
            "{}\
             # Nodes of the chain; any that answers is used.\n\
             nodes = [{nodes}]\n\n\
             # Where the agent listens for probes.\n\
             listen = \"{}\"\n\n\
             # The public address and port that validators send probes to. Without one the device is never found up.\n\
             {endpoint}\n\n\
             # Index into the chain's class table, which decides bond and weight.\n\
             class = {}\n\n\
             # Key files, relative to this file.\n\
             keys = [{:?}]\n\n\
             # Who is paid, if not the owner.\n\
             # beneficiary = \"5...\"\n\n\
             # Per source address: probes of each device, and everything else that is sent here.\n\
             # [limits]\n\
             # probes_per_second = {}\n\
             # probe_burst = {}\n\
             # strays_per_second = {}\n\
             # stray_burst = {}\n\
             # max_connections = {MAX_CONNECTIONS}\n\n\
             # Cores to compute jobs on. Without them it takes no work; with them, `vouch-device work enlist` comes next.\n\
             {work}\n",
            self.genesis.map(|genesis| genesis_line(genesis) + "\n").unwrap_or_default(),
            self.listen,
            self.class,
            self.key_file,
            limits.probes.per_second,
            limits.probes.burst,
            limits.strays.per_second,
            limits.strays.burst,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "nodes = [\"ws://a:1\"]\nlisten = \"0.0.0.0:1\"\nkeys = [\"device.key\"]\n";

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(Path::new("/etc/vouch/config.toml"), text)
    }

    fn draft() -> Draft {
        Draft {
            genesis: None,
            nodes: vec![DEFAULT_NODE.into()],
            listen: DEFAULT_LISTEN.parse().unwrap(),
            endpoint: Some("[2a00::1]:3701".parse().unwrap()),
            class: 2,
            cores: None,
            key_file: "device.key".into(),
        }
    }

    #[test]
    fn least_configuration_has_defaults_and_paths_relative_to_itself() {
        let config = parse(GOOD).unwrap();
        assert_eq!(config.keys, [PathBuf::from("/etc/vouch/device.key")]);
        assert_eq!((config.class, config.genesis, config.endpoint), (0, None, None));
        assert_eq!((config.cores, config.work_folder()), (None, PathBuf::from("/etc/vouch/work")));
        let cores = |n: usize| parse(&format!("{GOOD}[work]\ncores = {n}\n")).unwrap().cores;
        assert_eq!((cores(0), cores(3)), (None, NonZeroUsize::new(3)));
        assert_eq!((config.connections(1), config.connections(1_000)), (MAX_CONNECTIONS, 8_000));
        assert_eq!(config.limits(), Limits::default());
        let limited = parse(&format!(
            "{GOOD}[limits]\nprobes_per_second = 3\nprobe_burst = 4\nstrays_per_second = 6\nstray_burst = 7\nmax_connections = 5\n"
        ))
        .unwrap();
        let Limits { probes, strays } = limited.limits();
        assert_eq!((probes.per_second.get(), probes.burst.get()), (3, 4));
        assert_eq!((strays.per_second.get(), strays.burst.get()), (6, 7));
        assert_eq!(limited.connections(1_000), 5);
    }

    #[test]
    fn every_mistake_is_named() {
        for (text, expected) in [
            ("nodes = []\nlisten = \"0.0.0.0:1\"\nkeys = [\"k\"]", "`nodes` is empty"),
            ("nodes = [\"http://a\"]\nlisten = \"0.0.0.0:1\"\nkeys = [\"k\"]", "no WebSocket URL"),
            ("nodes = [\"ws://a\"]\nlisten = \"0.0.0.0:1\"\nkeys = []", "`keys` is empty"),
            ("nodes = [\"ws://a\"]\nlisten = \"localhost\"\nkeys = [\"k\"]", "listen"),
            ("nodes = [\"ws://a\"]\nkeys = [\"k\"]", "listen"),
            (&format!("endpoint = \"0.0.0.0:1\"\n{GOOD}"), "nobody can connect"),
            (&format!("endpoint = \"example.com:1\"\n{GOOD}"), "endpoint"),
            (&format!("genesis = \"0x12\"\n{GOOD}"), "`genesis` is not"),
            (&format!("beneficiary = \"Bob\"\n{GOOD}"), "`beneficiary` is not"),
            (&format!("endpiont = \"1.1.1.1:1\"\n{GOOD}"), "endpiont"),
            (&format!("{GOOD}[limits]\nstray_burst = 0\n"), "burst"),
            (&format!("{GOOD}[work]\ncores = -1\n"), "cores"),
            (&format!("{GOOD}[work]\nslots = 1\n"), "slots"),
            ("nodes = ", "config.toml"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text:?} gave {error:?}");
        }
        let missing = Config::load(Path::new("/nonexistent/config.toml")).unwrap_err();
        // As `main` prints it, with all causes: each once.
        let missing = format!("{:#}", anyhow::Error::from(missing));
        assert!(missing.contains("vouch-device init"), "{missing}");
        assert_eq!(missing.matches("No such file").count(), 1, "{missing}");
    }

    #[test]
    fn what_init_writes_is_read_back_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        draft().write(&path).unwrap();
        let config = Config::load(&path).unwrap();
        assert_eq!((config.class, config.genesis), (2, None));
        assert_eq!(config.endpoint.unwrap().to_string(), "[2a00::1]:3701");
        assert!(matches!(draft().write(&path), Err(ConfigError::Exists { .. })));
        let working = Draft { cores: NonZeroUsize::new(4), ..draft() };
        assert_eq!(parse(&working.text()).unwrap().cores, NonZeroUsize::new(4));
        let pinned = Draft { genesis: Some(H256::repeat_byte(7)), endpoint: None, ..draft() };
        assert_eq!(parse(&pinned.text()).unwrap().genesis, Some(H256::repeat_byte(7)));
        // What is commented out can be commented in.
        let all =
            draft().text().replace("# [limits]", "[limits]").replace("# probe", "probe").replace("# stray", "stray");
        let config = parse(&all).unwrap();
        assert_eq!((config.limits(), config.limits.stray_burst.is_some()), (Limits::default(), true));
        assert_eq!(config.cores, None);
        let all = all.replace("# [work]", "[work]").replace("# cores", "cores");
        assert_eq!(parse(&all).unwrap().cores, NonZeroUsize::new(1));
    }

    #[test]
    fn pinning_keeps_the_rest_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, format!("# mine\n{GOOD}[limits]\nstray_burst = 9\n")).unwrap();
        let mut config = Config::load(&path).unwrap();
        config.pin(H256::repeat_byte(9)).unwrap();
        let again = Config::load(&path).unwrap();
        assert_eq!((again.genesis, config.genesis), (Some(H256::repeat_byte(9)), Some(H256::repeat_byte(9))));
        assert_eq!(again.limits().strays.burst.get(), 9);
        assert!(fs::read_to_string(&path).unwrap().contains("# mine"));
    }

    #[test]
    fn pinning_at_once_leaves_one_line_and_no_other_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, GOOD).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let unpinned = Config::load(&path).unwrap();
        let chains = [H256::repeat_byte(1), H256::repeat_byte(2)];
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let pinning: Vec<_> = (0..16)
                .map(|n| {
                    let mut config = unpinned.clone();
                    scope.spawn(move || config.pin(chains[n % 2]).map(|()| config.genesis))
                })
                .collect();
            pinning.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let pinned = Config::load(&path).unwrap().genesis;
        assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Ok(genesis) if *genesis == pinned)).count(), 8);
        assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Err(ConfigError::Value { .. }))).count(), 8);
        assert_eq!(fs::read_to_string(&path).unwrap().matches("genesis =").count(), 1);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn accounts_are_read_in_both_notations() {
        let id = AccountId32::new([7; 32]);
        assert_eq!(parse_account(&id.to_string()), Some(id.clone()));
        assert_eq!(parse_account(&format!("0x{}", "07".repeat(32))), Some(id));
        assert_eq!(parse_account("5Nonsense"), None);
    }
}
