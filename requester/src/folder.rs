//! A job as a folder: `job.toml`, the module, and the inputs. Everything that can be wrong with it is said before anything is
//! posted, with file and field.
//!
//! ```toml
//! module = "primes.wasm"         # relative to this folder
//! inputs = "inputs/"             # a file for each task, in the order of their names; or a [range]
//! fuel = 300_000_000             # most of a task
//! price = "0.003 VCH"            # for each task to each device that was right; or "3000000000 planck"
//! deadline_in = 200              # rounds from now in which chunks are handed out; or `deadline = 1234`, the last of them
//!
//! # What follows may be left out, and is then as it stands here.
//! memory = 64                    # pages of 64 KiB
//! chunk_tasks = 16
//! replicas = 2
//! quorum = 2
//! limit = 4
//! adaptive = false
//! rounds = 4                     # that a device has for a chunk
//! # class = 0                    # left out: all classes
//!
//! # Instead of `inputs`: task i gets start + i * step (u64) and step (u32), little-endian, as the job `primes` reads them.
//! # [range]
//! # start = 0
//! # count = 100
//! # step = 1_000_000
//! ```

use codec::Encode;
use serde::Deserialize;
use std::{
    io,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};
use vouch_device::{
    chain::{Terms, Token},
    H256,
};
use vouch_primitives::{
    work::{
        inputs, Fuel, COMMON_MEMORY_PAGES, MAX_BUNDLE_BYTES, MAX_CHUNK_ROUNDS, MAX_CHUNK_TASKS, MAX_LIMIT,
        MAX_MEMORY_PAGES, MAX_MODULE_BYTES,
    },
    ClassId, Endpoint, RoundIndex,
};

/// The file that says what is asked for.
pub const JOB_FILE: &str = "job.toml";

/// Most tasks of a folder: all inputs are held in memory.
pub const MAX_TASKS: usize = 1 << 20;

/// Most bytes of all inputs of a folder together.
pub const MAX_INPUT_BYTES: u64 = 1 << 30;

/// The unit of prices that needs no chain to be understood.
const PLANCK: &str = "planck";

/// What is wrong with a folder.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file cannot be read.
    #[error("{}: {cause}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says. Not named `source`: the message has it already.
        cause: io::Error,
    },
    /// The file is no TOML, lacks a field, or has one that there is not.
    #[error("{}: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        reason: String,
    },
    /// A field has a value that makes no sense.
    #[error("{}: `{field}` {reason}", path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// `job.toml` as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    module: PathBuf,
    inputs: Option<PathBuf>,
    range: Option<Range>,
    fuel: Fuel,
    price: String,
    deadline: Option<RoundIndex>,
    deadline_in: Option<RoundIndex>,
    #[serde(default = "memory")]
    memory: u32,
    #[serde(default = "chunk_tasks")]
    chunk_tasks: u32,
    #[serde(default = "two")]
    replicas: u8,
    #[serde(default = "two")]
    quorum: u8,
    #[serde(default = "four")]
    limit: u8,
    #[serde(default)]
    adaptive: bool,
    #[serde(default = "rounds")]
    rounds: u32,
    class: Option<ClassId>,
}

const fn memory() -> u32 {
    COMMON_MEMORY_PAGES
}

const fn chunk_tasks() -> u32 {
    16
}

const fn two() -> u8 {
    2
}

const fn four() -> u8 {
    4
}

const fn rounds() -> u32 {
    4
}

/// Inputs that are intervals on end, each of the same length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    start: u64,
    count: u32,
    step: u32,
}

impl Range {
    /// The inputs, or why there are none.
    fn inputs(self) -> Result<Vec<Vec<u8>>, String> {
        if !(1..=MAX_TASKS).contains(&(self.count as usize)) {
            return Err(format!("has {} tasks, and may have 1 to {MAX_TASKS}", self.count));
        }
        let input = |task: u32| {
            let start = u64::from(task).checked_mul(self.step.into())?.checked_add(self.start)?;
            Some([&start.to_le_bytes()[..], &self.step.to_le_bytes()[..]].concat())
        };
        let inputs: Option<_> = (0..self.count).map(input).collect();
        inputs.ok_or_else(|| "has a task that starts beyond the largest number of 64 bits".into())
    }
}

/// A price as it is written: an exact decimal number and a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// Its digits, without the decimal point.
    pub digits: u128,
    /// How many of them are behind the decimal point.
    pub places: u32,
    /// `planck`, or the symbol of the chain's token.
    pub unit: String,
}

impl Price {
    /// Reads `3000 planck` or `0.003 VCH`.
    fn read(text: &str) -> Result<Self, String> {
        let form = || format!("is an amount and its unit, as \"3000 planck\" or \"0.003 VCH\", not {text:?}");
        let (amount, unit) = text.trim().split_once(char::is_whitespace).ok_or_else(form)?;
        let unit = unit.trim();
        let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        let has_point = amount.contains('.');
        if whole.is_empty() || (has_point && fraction.is_empty()) || !is_number(whole) || !is_number(fraction) {
            return Err(form());
        }
        if unit.is_empty() || unit.contains(char::is_whitespace) {
            return Err(form());
        }
        let fraction = fraction.trim_end_matches('0');
        let digits = format!("{whole}{fraction}").parse().map_err(|_| "is more than can be counted".to_owned())?;
        let price = Self { digits, places: fraction.len() as u32, unit: unit.to_owned() };
        if price.unit == PLANCK && price.places > 0 {
            return Err("is a fraction of a planck, which there is not".into());
        }
        Ok(price)
    }

    /// How many planck that is, on a chain whose amounts are shown as `token` says.
    fn planck(&self, token: &Token) -> Result<u128, String> {
        if self.unit == PLANCK {
            return Ok(self.digits);
        }
        if self.unit != token.symbol {
            return Err(format!("is in {}, the chain's token is {}", self.unit, token.symbol));
        }
        let missing = token.decimals.checked_sub(self.places).ok_or_else(|| {
            format!("has {} decimal places, one {} has {}", self.places, token.symbol, token.decimals)
        })?;
        let unit = 10u128.checked_pow(missing).and_then(|unit| self.digits.checked_mul(unit));
        unit.ok_or_else(|| "is more than can be counted".into())
    }

    /// A token of which this price is a whole number of smallest units, for when there is no chain to ask.
    pub fn own_token(&self) -> Token {
        Token { symbol: self.unit.clone(), decimals: self.places }
    }
}

/// When seats are filled for the last time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// So many rounds after the running one.
    In(RoundIndex),
    /// In this round.
    At(RoundIndex),
}

/// A job, read and checked as far as that can be done without a chain.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Its `job.toml`.
    pub file: PathBuf,
    /// The module, as it is served.
    pub module: Vec<u8>,
    /// The inputs, a task each.
    pub inputs: Vec<Vec<u8>>,
    /// Most fuel of a task.
    pub fuel: Fuel,
    /// Most pages of 64 KiB of memory.
    pub memory: u32,
    /// Paid for each task to each device that was right.
    pub price: Price,
    /// Seats of a chunk at first.
    pub replicas: u8,
    /// Matching fingerprints that settle a chunk.
    pub quorum: u8,
    /// Most seats of a chunk that are paid.
    pub limit: u8,
    /// Tasks of a chunk.
    pub chunk_tasks: u32,
    /// Whether one device of a long valid record may be believed alone.
    pub adaptive: bool,
    /// The only class whose devices may compute it; `None` for all.
    pub class: Option<ClassId>,
    /// Rounds that a device has for a chunk.
    pub rounds: u32,
    /// When seats are filled for the last time.
    pub deadline: Deadline,
}

impl Folder {
    /// Reads the job in `folder` and checks all that does not depend on the chain.
    pub fn load(folder: &Path) -> Result<Self, FolderError> {
        let file = folder.join(JOB_FILE);
        let text = std::fs::read_to_string(&file).map_err(|cause| FolderError::Io { path: file.clone(), cause })?;
        let written: Written = toml::from_str(&text)
            .map_err(|error| FolderError::Syntax { path: file.clone(), reason: error.to_string().trim_end().into() })?;
        let refuse = |field, reason: String| FolderError::Field { path: file.clone(), field, reason };

        check_numbers(&written).map_err(|(field, reason)| refuse(field, reason))?;
        let deadline = match (written.deadline, written.deadline_in) {
            (Some(round), None) => Deadline::At(round),
            (None, Some(rounds)) => Deadline::In(rounds),
            (Some(_), Some(_)) => return Err(refuse("deadline", "and `deadline_in` exclude each other".into())),
            (None, None) => return Err(refuse("deadline_in", "or `deadline` is missing".into())),
        };
        let price = Price::read(&written.price).map_err(|reason| refuse("price", reason))?;
        let module = read_module(&folder.join(&written.module)).map_err(|reason| refuse("module", reason))?;
        let (field, inputs) = match (&written.inputs, written.range) {
            (Some(path), None) => ("inputs", read_inputs(&folder.join(path)).map_err(|why| refuse("inputs", why))?),
            (None, Some(range)) => ("range", range.inputs().map_err(|why| refuse("range", why))?),
            (Some(_), Some(_)) => return Err(refuse("inputs", "and `[range]` exclude each other".into())),
            (None, None) => return Err(refuse("inputs", "or `[range]` is missing".into())),
        };
        if let Some((chunk, bytes)) = too_large(&inputs, written.chunk_tasks) {
            let reason = format!(
                "make chunk {chunk} {bytes} bytes long, at most {MAX_BUNDLE_BYTES} may be: lower `chunk_tasks`, or the inputs"
            );
            return Err(refuse(field, reason));
        }
        let Written { fuel, memory, replicas, quorum, limit, chunk_tasks, adaptive, class, rounds, .. } = written;
        Ok(Self {
            file,
            module,
            inputs,
            fuel,
            memory,
            price,
            replicas,
            quorum,
            limit,
            chunk_tasks,
            adaptive,
            class,
            rounds,
            deadline,
        })
    }

    /// The hash that the module goes by.
    pub fn module_hash(&self) -> H256 {
        inputs::module_hash(&self.module)
    }

    /// What is posted, if module and inputs are served at `source`, amounts are as `token` says and `round` is running.
    pub fn terms(&self, source: Endpoint, token: &Token, round: RoundIndex) -> Result<Terms, FolderError> {
        let refuse = |field, reason: String| FolderError::Field { path: self.file.clone(), field, reason };
        let price = self.price.planck(token).map_err(|reason| refuse("price", reason))?;
        let deadline = match self.deadline {
            Deadline::At(round) => round,
            Deadline::In(rounds) => round
                .checked_add(rounds)
                .ok_or_else(|| refuse("deadline_in", "is later than rounds can be counted".into()))?,
        };
        let terms = Terms {
            module: self.module_hash(),
            inputs: inputs::root(&self.inputs, self.chunk_tasks),
            source,
            // At most `MAX_TASKS`.
            tasks: self.inputs.len() as u32,
            chunk_tasks: self.chunk_tasks,
            fuel: self.fuel,
            memory: self.memory,
            price,
            replicas: self.replicas,
            quorum: self.quorum,
            limit: self.limit,
            adaptive: self.adaptive,
            class: self.class,
            rounds: self.rounds,
            deadline,
        };
        match terms.most() {
            Some(_) => Ok(terms),
            None => Err(refuse("price", "makes the whole job cost more than can be counted".into())),
        }
    }
}

/// What the chain would refuse whatever its parameters are.
fn check_numbers(written: &Written) -> Result<(), (&'static str, String)> {
    let within = |field, value: u32, allowed: RangeInclusive<u32>| match allowed.contains(&value) {
        true => Ok(()),
        false => Err((field, format!("is {value}, and may be {} to {}", allowed.start(), allowed.end()))),
    };
    within("memory", written.memory, 1..=MAX_MEMORY_PAGES)?;
    within("chunk_tasks", written.chunk_tasks, 1..=MAX_CHUNK_TASKS)?;
    within("rounds", written.rounds, 1..=MAX_CHUNK_ROUNDS)?;
    let [replicas, quorum, limit, most] = [written.replicas, written.quorum, written.limit, MAX_LIMIT].map(u32::from);
    within("replicas", replicas, 2..=most)?;
    within("limit", limit, replicas..=most)?;
    // At least two, and a majority.
    within("quorum", quorum, (replicas / 2 + 1).max(2)..=replicas)?;
    if written.fuel == 0 {
        return Err(("fuel", "is 0: no task could do anything".into()));
    }
    Ok(())
}

fn read_module(path: &Path) -> Result<Vec<u8>, String> {
    let say = |cause: io::Error| format!("cannot be read: {}: {cause}", path.display());
    let bytes = std::fs::metadata(path).map_err(say)?.len();
    if bytes > u64::from(MAX_MODULE_BYTES) {
        return Err(format!("is {bytes} bytes long, at most {MAX_MODULE_BYTES} may be: {}", path.display()));
    }
    std::fs::read(path).map_err(say)
}

/// A file for each task, in the order of their names, byte by byte. Names that begin with a dot do not count.
fn read_inputs(folder: &Path) -> Result<Vec<Vec<u8>>, String> {
    let say = |path: &Path, cause: io::Error| format!("cannot be read: {}: {cause}", path.display());
    let entries = std::fs::read_dir(folder).map_err(|cause| say(folder, cause))?;
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|cause| say(folder, cause))?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        let about = std::fs::metadata(&path).map_err(|cause| say(&path, cause))?;
        if !about.is_file() {
            return Err(format!("hold something else than files: {}", path.display()));
        }
        files.push((entry.file_name(), path, about.len()));
    }
    if files.is_empty() {
        return Err(format!("are none: {} has no files", folder.display()));
    }
    let bytes = files.iter().fold(0u64, |sum, (_, _, bytes)| sum.saturating_add(*bytes));
    if files.len() > MAX_TASKS || bytes > MAX_INPUT_BYTES {
        return Err(format!(
            "are {} files of {bytes} bytes in all; at most {MAX_TASKS} of {MAX_INPUT_BYTES} may be",
            files.len()
        ));
    }
    files.sort_by(|(one, ..), (other, ..)| one.as_encoded_bytes().cmp(other.as_encoded_bytes()));
    files.iter().map(|(_, path, _)| std::fs::read(path).map_err(|cause| say(path, cause))).collect()
}

/// The first chunk whose inputs are too many bytes to be sent, and how many they are.
fn too_large(inputs: &[Vec<u8>], chunk_tasks: u32) -> Option<(usize, usize)> {
    let chunks = inputs.chunks(chunk_tasks.max(1) as usize);
    // The path to the root: its length, which takes a byte, and a hash for each step.
    let steps = chunks.len().next_power_of_two().ilog2() as usize;
    let sizes = chunks.map(|own| own.encoded_size() + 1 + steps * H256::len_bytes());
    sizes.enumerate().find(|(_, bytes)| *bytes > MAX_BUNDLE_BYTES as usize)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::SocketAddr;
    use tempfile::TempDir;

    /// `(module (memory (export "memory") 1) (func (export "run")))`
    pub(crate) const IDLE: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x05\x03\x01\0\x01\x07\x10\x02\x06memory\x02\0\x03run\0\0\x0a\x04\x01\x02\0\x0b";

    pub(crate) const GOOD: &str = r#"
        module = "job.wasm"
        inputs = "inputs"
        fuel = 1_000_000
        price = "0.5 VCH"
        deadline_in = 100
        chunk_tasks = 2
    "#;

    /// A folder with this `job.toml`, a module that does nothing, and these inputs.
    pub(crate) fn folder(job: &str, inputs: &[(&str, &[u8])]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(JOB_FILE), job).unwrap();
        std::fs::write(folder.path().join("job.wasm"), IDLE).unwrap();
        std::fs::create_dir(folder.path().join("inputs")).unwrap();
        for (name, input) in inputs {
            std::fs::write(folder.path().join("inputs").join(name), input).unwrap();
        }
        folder
    }

    fn token() -> Token {
        Token { symbol: "VCH".into(), decimals: 12 }
    }

    fn source() -> Endpoint {
        SocketAddr::from(([198, 51, 100, 7], 3702)).into()
    }

    fn error(job: &str, inputs: &[(&str, &[u8])]) -> String {
        Folder::load(folder(job, inputs).path()).unwrap_err().to_string()
    }

    #[test]
    fn good_folder_becomes_terms() {
        let folder = folder(GOOD, &[("b", b"second"), ("a", b"first"), ("c", b""), (".hidden", b"no task")]);
        let job = Folder::load(folder.path()).unwrap();
        assert_eq!(job.inputs, [b"first".to_vec(), b"second".to_vec(), b"".to_vec()]);
        let terms = job.terms(source(), &token(), 7).unwrap();
        assert_eq!((terms.tasks, terms.chunk_tasks, terms.chunks()), (3, 2, 2));
        assert_eq!((terms.replicas, terms.quorum, terms.limit, terms.rounds), (2, 2, 4, 4));
        assert_eq!((terms.price, terms.deadline, terms.memory), (500_000_000_000, 107, COMMON_MEMORY_PAGES));
        assert_eq!(terms.module, inputs::module_hash(IDLE));
        assert!((0..2).all(|chunk| inputs::bundle(&job.inputs, 2, chunk).unwrap().is_of(&terms, chunk)));
    }

    #[test]
    fn range_gives_what_the_example_job_reads() {
        let job = GOOD.replace("inputs = \"inputs\"", "") + "[range]\nstart = 5\ncount = 3\nstep = 10\n";
        let job = Folder::load(folder(&job, &[]).path()).unwrap();
        let expected: Vec<_> =
            [5u64, 15, 25].iter().map(|start| [&start.to_le_bytes()[..], &10u32.to_le_bytes()[..]].concat()).collect();
        assert_eq!(job.inputs, expected);
        for nonsense in [Range { start: u64::MAX - 5, count: 2, step: 10 }, Range { start: 0, count: 0, step: 1 }] {
            assert!(nonsense.inputs().is_err());
        }
    }

    #[test]
    fn every_mistake_is_named_with_its_file_and_field() {
        let one: &[(&str, &[u8])] = &[("a", b"1")];
        let changed = |from: &str, to: &str| {
            assert!(GOOD.contains(from));
            error(&GOOD.replace(from, to), one)
        };
        for (error, field) in [
            (changed("fuel", "feul"), "feul"),
            (changed("fuel = 1_000_000", ""), "fuel"),
            (changed("fuel = 1_000_000", "fuel = 0"), "`fuel`"),
            (changed("fuel = 1_000_000", "fuel = -1"), "fuel"),
            (changed("job.wasm", "missing.wasm"), "`module`"),
            (changed("inputs = \"inputs\"", "inputs = \"elsewhere\""), "`inputs`"),
            (changed("inputs = \"inputs\"", ""), "`inputs`"),
            (changed("chunk_tasks = 2", "chunk_tasks = 129"), "`chunk_tasks`"),
            (changed("chunk_tasks = 2", "[range]\nstart = 0\ncount = 1\nstep = 1"), "`inputs`"),
            (changed("chunk_tasks = 2", "[range]\nstart = 0\ncount = 1\nstep = 1\nend = 3"), "end"),
            (changed("chunk_tasks = 2", "memory = 257"), "`memory`"),
            (changed("chunk_tasks = 2", "rounds = 0"), "`rounds`"),
            (changed("chunk_tasks = 2", "quorum = 1"), "`quorum`"),
            (changed("chunk_tasks = 2", "replicas = 4"), "`quorum`"),
            (changed("chunk_tasks = 2", "replicas = 5"), "`limit`"),
            (changed("chunk_tasks = 2", "deadline = 9"), "`deadline`"),
            (changed("deadline_in = 100", ""), "`deadline_in`"),
            (changed("0.5 VCH", "0.5"), "`price`"),
            (changed("0.5 VCH", "0.5 planck"), "`price`"),
            (changed("0.5 VCH", "1e3 VCH"), "`price`"),
            (changed("0.5 VCH", "-1 VCH"), "`price`"),
            (error(GOOD, &[]), "`inputs`"),
        ] {
            assert!(error.contains(JOB_FILE) && error.contains(field), "{field}: {error}");
        }
        assert!(Folder::load(Path::new("/nowhere")).unwrap_err().to_string().contains("/nowhere/job.toml"));
    }

    #[test]
    fn inputs_that_cannot_be_sent_are_refused() {
        let half = vec![0; MAX_BUNDLE_BYTES as usize / 2];
        let inputs: &[(&str, &[u8])] = &[("a", b"1"), ("b", b"2"), ("c", &half), ("d", &half)];
        let error = error(GOOD, inputs);
        assert!(error.contains("chunk 1") && error.contains("chunk_tasks"), "{error}");
        assert!(Folder::load(folder(&GOOD.replace("chunk_tasks = 2", "chunk_tasks = 1"), inputs).path()).is_ok());
    }

    #[test]
    fn prices_are_exact_or_refused() {
        let planck = |text: &str| Price::read(text).and_then(|price| price.planck(&token()));
        assert_eq!(planck("3000 planck"), Ok(3_000));
        assert_eq!(planck("0.000000000001 VCH"), Ok(1));
        assert_eq!(planck("1.50 VCH"), Ok(1_500_000_000_000));
        assert_eq!(planck("0 VCH"), Ok(0));
        for text in ["0.0000000000001 VCH", "1 DOT", "1", "VCH", ". VCH", "1. VCH", ".5 VCH", "1 VCH each", "1.2.3 VCH"]
        {
            assert!(planck(text).is_err(), "{text}");
        }
        assert!(planck(&format!("{} VCH", u128::MAX)).is_err() && planck(&format!("{}0 planck", u128::MAX)).is_err());
    }

    #[test]
    fn costs_that_cannot_be_counted_are_refused() {
        let job = GOOD.replace("0.5 VCH", &format!("{} planck", u128::MAX));
        let job = Folder::load(folder(&job, &[("a", b"1")]).path()).unwrap();
        assert!(job.terms(source(), &token(), 0).unwrap_err().to_string().contains("`price`"));
    }

    proptest! {
        #[test]
        fn what_the_chain_shows_is_read_as_it_was(planck: u64) {
            let shown = token().show(planck.into());
            prop_assert_eq!(Price::read(&shown).and_then(|price| price.planck(&token())), Ok(planck.into()));
        }

        /// The estimate of a bundle's size is never too low.
        #[test]
        fn no_bundle_is_larger_than_was_checked(tasks in 1usize..40, chunk_tasks in 1u32..10, bytes in 0usize..50) {
            let inputs = vec![vec![7; bytes]; tasks];
            let steps = tasks.div_ceil(chunk_tasks as usize).next_power_of_two().ilog2() as usize;
            for (chunk, own) in inputs.chunks(chunk_tasks as usize).enumerate() {
                let bundle = inputs::bundle(&inputs, chunk_tasks, chunk as u32).unwrap();
                prop_assert!(bundle.encoded_size() <= own.encoded_size() + 1 + steps * H256::len_bytes());
            }
        }
    }
}
