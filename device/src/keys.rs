//! Device keys: how they are made, the file they live in, and the only payloads they sign.

use ed25519_dalek::Signer;
use polkadot_sdk::{
    sp_core::{ed25519, sr25519, Pair, H256},
    sp_runtime::AccountId32,
};
use rand::{rngs::OsRng, RngCore};
use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    str::FromStr,
};
use vouch_primitives::{
    probe::{registration_payload, rotation_payload, Challenge, ProbeResponse},
    work::{payload::answer_payload, Answer, ChunkIndex, JobId},
    DeviceId, DeviceSignature,
};
use zeroize::Zeroizing;

/// Most keys one file holds; a file larger than this many lines is not a key file.
pub const MAX_KEYS: usize = 65_536;

/// Permission bits of group and world: a secret file with any of them is refused.
const NOT_ONLY_OWNER: u32 = 0o077;

const HEADER: &str = "# Keys of Vouch devices, one per line. Whoever reads this file can answer, and earn a bad record, in their name.\n";

/// What can be wrong with a file that holds secrets.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file could not be read or written.
    #[error("{}: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says. Not named `source`: the message has it already, and a chain of causes would repeat it.
        cause: io::Error,
    },
    /// A file that would be created is there already; keys are never overwritten.
    #[error("{} exists already: move it away first, keys are never overwritten", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Others than the owner may read or write the file.
    #[error(
        "{} can be accessed by others (mode {mode:04o}): `chmod 600 {}`, and if others use this machine, make a new key",
        path.display(), path.display()
    )]
    NotPrivate {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The path leads to something else than a file.
    #[error("{} is not a file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// A line of a key file is not `scheme:seed`. The line itself is not repeated: it may hold a secret.
    #[error("{} line {line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is expected.
        problem: &'static str,
    },
    /// A key file without keys.
    #[error("{} holds no key", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// A signature scheme of device keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Scheme {
    /// Ed25519: the default, available on the smallest devices and in secure elements.
    #[default]
    Ed25519,
    /// Schnorr signatures over Ristretto, as Substrate accounts use.
    Sr25519,
}

impl Scheme {
    /// The scheme's name in key files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Sr25519 => "sr25519",
        }
    }
}

impl FromStr for Scheme {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        [Self::Ed25519, Self::Sr25519].into_iter().find(|scheme| scheme.name() == name).ok_or(())
    }
}

/// The secret half; boxed so that moving a key leaves no copy behind, and erased on drop by its own crate.
enum Secret {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    Sr25519(Box<sr25519::Pair>),
}

/// A device's key. It signs answers to probes, answers on chunks of work and proofs of possession, each in its own domain, and
/// nothing else.
pub struct DeviceKey {
    id: DeviceId,
    secret: Secret,
}

impl std::fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DeviceKey({})", self.id)
    }
}

impl DeviceKey {
    /// The key grown from a 32-byte seed.
    pub fn from_seed(scheme: Scheme, seed: &[u8; 32]) -> Self {
        match scheme {
            Scheme::Ed25519 => {
                let key = Box::new(ed25519_dalek::SigningKey::from_bytes(seed));
                Self { id: AccountId32::new(key.verifying_key().to_bytes()), secret: Secret::Ed25519(key) }
            },
            Scheme::Sr25519 => {
                let pair = Box::new(sr25519::Pair::from_seed(seed));
                Self { id: AccountId32::new(pair.public().0), secret: Secret::Sr25519(pair) }
            },
        }
    }

    /// A fresh key from the operating system's randomness, with its seed.
    fn generate(scheme: Scheme) -> (Self, Zeroizing<[u8; 32]>) {
        let mut seed = Zeroizing::new([0; 32]);
        OsRng.fill_bytes(seed.as_mut());
        (Self::from_seed(scheme, &seed), seed)
    }

    /// The device's id: its public key.
    pub fn id(&self) -> &DeviceId {
        &self.id
    }

    /// Answers a challenge. The caller has checked that it is meant for this key and this chain.
    pub fn answer(&self, challenge: &Challenge) -> ProbeResponse {
        ProbeResponse { signature: self.sign(&challenge.payload()) }
    }

    /// Proves possession to be registered by `owner`; `nonce` is the number of proofs this key has spent.
    pub fn registration_proof(&self, genesis: H256, owner: &AccountId32, nonce: u32) -> DeviceSignature {
        self.sign(&registration_payload(genesis, owner, nonce))
    }

    /// Proves possession to take over the record of the key `old`.
    pub fn rotation_proof(&self, genesis: H256, owner: &AccountId32, old: &DeviceId, nonce: u32) -> DeviceSignature {
        self.sign(&rotation_payload(genesis, owner, old, nonce))
    }

    /// Answers on a chunk of work. The caller holds a seat in it, and has computed what it answers with.
    pub fn work_answer(&self, genesis: H256, job: JobId, chunk: ChunkIndex, answer: &Answer) -> DeviceSignature {
        self.sign(&answer_payload(genesis, job, chunk, answer))
    }

    /// Private on purpose: whatever is signed goes through one of the methods above, which separate the domains.
    fn sign(&self, payload: &[u8]) -> DeviceSignature {
        match &self.secret {
            Secret::Ed25519(key) => ed25519::Signature::from_raw(key.sign(payload).to_bytes()).into(),
            Secret::Sr25519(pair) => pair.sign(payload).into(),
        }
    }
}

/// Makes `count` keys and writes them to a new file that only its owner can read. Never overwrites.
pub fn create_key_file(path: &Path, scheme: Scheme, count: usize) -> Result<Vec<DeviceKey>, KeyError> {
    let line_length = scheme.name().len() + 1 + 64 + 1;
    // Never reallocated: a move would leave secrets in freed memory.
    let mut text = Zeroizing::new(String::with_capacity(HEADER.len() + count * line_length));
    text.push_str(HEADER);
    let mut keys = Vec::with_capacity(count);
    for _ in 0..count {
        let (key, seed) = DeviceKey::generate(scheme);
        let mut line = Zeroizing::new([0u8; 64]);
        hex::encode_to_slice(seed.as_slice(), line.as_mut()).expect("32 bytes are 64 hex digits; qed");
        text.push_str(scheme.name());
        text.push(':');
        text.push_str(std::str::from_utf8(line.as_slice()).expect("hex digits are ASCII; qed"));
        text.push('\n');
        keys.push(key);
    }
    let fail = |cause| KeyError::Io { path: path.into(), cause };
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|cause| match cause.kind() {
            io::ErrorKind::AlreadyExists => KeyError::Exists { path: path.into() },
            _ => fail(cause),
        })?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if let Err(cause) = written {
        // A truncated key file must not pass for a whole one.
        let _ = std::fs::remove_file(path);
        return Err(fail(cause));
    }
    Ok(keys)
}

/// Reads the keys of a file that [`create_key_file`] wrote.
pub fn load_key_file(path: &Path) -> Result<Vec<DeviceKey>, KeyError> {
    let text = read_private(path)?;
    let mut keys = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line_error = |problem| KeyError::Line { path: path.into(), line: index + 1, problem };
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (scheme, digits) =
            line.split_once(':').ok_or_else(|| line_error("expected `ed25519:` or `sr25519:` and a seed"))?;
        let scheme = scheme.parse().map_err(|()| line_error("the scheme is neither ed25519 nor sr25519"))?;
        let mut seed = Zeroizing::new([0u8; 32]);
        hex::decode_to_slice(digits, seed.as_mut()).map_err(|_| line_error("the seed is not 64 hex digits"))?;
        if keys.len() == MAX_KEYS {
            return Err(line_error("more keys than a file may hold"));
        }
        keys.push(DeviceKey::from_seed(scheme, &seed));
    }
    if keys.is_empty() {
        return Err(KeyError::Empty { path: path.into() });
    }
    Ok(keys)
}

/// Reads a file of secrets, refusing one that anybody but its owner can touch.
pub fn read_private(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let fail = |cause| KeyError::Io { path: path.into(), cause };
    let mut file = File::open(path).map_err(fail)?;
    // Of the open file, not of the path, so that nothing can be swapped in between.
    let metadata = file.metadata().map_err(fail)?;
    if !metadata.is_file() {
        return Err(KeyError::NotAFile { path: path.into() });
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & NOT_ONLY_OWNER != 0 {
        return Err(KeyError::NotPrivate { path: path.into(), mode });
    }
    let most = (HEADER.len() + MAX_KEYS * 80) as u64;
    let mut text = Zeroizing::new(String::with_capacity(metadata.len().min(most) as usize + 1));
    Read::by_ref(&mut file).take(most).read_to_string(&mut text).map_err(fail)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polkadot_sdk::sp_runtime::traits::Verify;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a temporary folder")
    }

    fn write(path: &Path, text: &str, mode: u32) {
        std::fs::write(path, text).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn created_file_is_private_and_holds_the_same_keys() {
        for scheme in [Scheme::Ed25519, Scheme::Sr25519] {
            let folder = folder();
            let path = folder.path().join("device.key");
            let made = create_key_file(&path, scheme, 3).unwrap();
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            let read = load_key_file(&path).unwrap();
            let ids = |keys: &[DeviceKey]| keys.iter().map(|key| key.id().clone()).collect::<Vec<_>>();
            assert_eq!(ids(&made), ids(&read));
            assert!(ids(&made)[0] != ids(&made)[1]);
        }
    }

    #[test]
    fn key_file_is_never_overwritten() {
        let folder = folder();
        let path = folder.path().join("device.key");
        create_key_file(&path, Scheme::Ed25519, 1).unwrap();
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(create_key_file(&path, Scheme::Ed25519, 1), Err(KeyError::Exists { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn file_that_others_can_access_is_refused() {
        let folder = folder();
        let path = folder.path().join("device.key");
        create_key_file(&path, Scheme::Ed25519, 1).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o666] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = load_key_file(&path).unwrap_err();
            assert!(matches!(error, KeyError::NotPrivate { mode: found, .. } if found == mode));
            assert!(error.to_string().contains("chmod 600"));
        }
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
        assert_eq!(load_key_file(&path).unwrap().len(), 1);
    }

    #[test]
    fn bad_files_are_named_by_line_and_their_secrets_not_repeated() {
        let folder = folder();
        let path = folder.path().join("device.key");
        let good = format!("ed25519:{}\n", "11".repeat(32));
        let secret = "deadbeef";
        for bad in [format!("ed25519 {secret}\n"), format!("rsa:{secret}\n"), format!("ed25519:{secret}\n")] {
            write(&path, &format!("# comment\n\n{good}{bad}"), 0o600);
            let error = load_key_file(&path).unwrap_err();
            assert!(matches!(error, KeyError::Line { line: 4, .. }), "{error}");
            assert!(!error.to_string().contains(secret));
        }
        write(&path, "# nothing\n", 0o600);
        assert!(matches!(load_key_file(&path), Err(KeyError::Empty { .. })));
        assert!(matches!(load_key_file(folder.path()), Err(KeyError::NotAFile { .. })));
        let missing = load_key_file(&folder.path().join("missing")).unwrap_err();
        assert!(matches!(missing, KeyError::Io { .. }));
        // As `main` prints it, with all causes: each once.
        let missing = format!("{:#}", anyhow::Error::from(missing));
        assert_eq!(missing.matches("No such file").count(), 1, "{missing}");
    }

    #[test]
    fn both_schemes_grow_the_keys_that_the_sdk_grows() {
        let seed = [7; 32];
        let id = |scheme| DeviceKey::from_seed(scheme, &seed).id().clone();
        assert_eq!(id(Scheme::Ed25519), AccountId32::new(ed25519::Pair::from_seed(&seed).public().0));
        assert_eq!(id(Scheme::Sr25519), AccountId32::new(sr25519::Pair::from_seed(&seed).public().0));
    }

    #[test]
    fn proofs_hold_for_exactly_one_purpose_owner_nonce_and_chain() {
        let (genesis, owner) = (H256::repeat_byte(1), AccountId32::new([2; 32]));
        for scheme in [Scheme::Ed25519, Scheme::Sr25519] {
            let key = DeviceKey::from_seed(scheme, &[3; 32]);
            let proof = key.registration_proof(genesis, &owner, 4);
            let holds = |payload: Vec<u8>| proof.verify(payload.as_slice(), key.id());
            assert!(holds(registration_payload(genesis, &owner, 4)));
            assert!(!holds(registration_payload(genesis, &owner, 5)));
            assert!(!holds(registration_payload(H256::zero(), &owner, 4)));
            assert!(!holds(registration_payload(genesis, key.id(), 4)));
            assert!(!holds(rotation_payload(genesis, &owner, key.id(), 4)));
            let rotation = key.rotation_proof(genesis, &owner, &owner, 0);
            assert!(rotation.verify(rotation_payload(genesis, &owner, &owner, 0).as_slice(), key.id()));
        }
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let key = DeviceKey::from_seed(Scheme::Ed25519, &[0x5a; 32]);
        assert!(!format!("{key:?}").contains("5a5a"));
    }
}
