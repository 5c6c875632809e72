//! Results on disk, so that an agent that was killed answers with what it computed, and never computes twice.
//!
//! One file for each chunk: `<genesis>-<job>-<chunk>.computed`, and once the chain has settled the chunk on this result
//! `….settled`. A file is written whole under another name and renamed, and begins with a hash of the rest: one that is damaged is
//! as good as none. What other chains' agents keep in the same folder is left alone.

use super::lock;
use crate::chain::Terms;
use codec::{Decode, DecodeAll, Encode};
use polkadot_sdk::{
    sp_core::H256,
    sp_runtime::traits::{BlakeTwo256, Hash},
};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Mutex,
};
use vouch_primitives::work::{result::ChunkResult, ChunkIndex, JobId, TaskDigest, TaskIndex, TaskOutput};

/// Most bytes of all results of a chain together. A chunk's results have 8 MiB at most. The oldest settled ones make room for new
/// ones; those that are not settled are never given up.
pub const MAX_BYTES: u64 = 256 * 1024 * 1024;

const COMPUTED: &str = "computed";
const SETTLED: &str = "settled";
/// What is being written; left behind only by an agent that was killed.
const NEW: &str = "new";

/// Bytes of the hash that a file begins with.
const HASH_BYTES: usize = 32;

/// A chunk of a chain: its job and its number.
pub type ChunkId = (JobId, ChunkIndex);

/// Why a result was not kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk does not take it.
    #[error("cannot keep results in {}: {cause}", path.display())]
    Io {
        /// The folder, or the file.
        path: PathBuf,
        /// What the operating system says. Not named `source`: the message has it already.
        cause: io::Error,
    },
    /// Results that are not settled take all the room there may be.
    #[error("no room for results: those of chunks that are not settled take {used} bytes of at most {limit}")]
    Full {
        /// Bytes in use.
        used: u64,
        /// Bytes that may be.
        limit: u64,
    },
}

/// What a file holds, behind its hash.
#[derive(Decode, Encode)]
struct Record {
    genesis: H256,
    job: JobId,
    chunk: ChunkIndex,
    /// Hash of the job's terms: a development chain that was begun anew has other jobs of the same numbers.
    terms: H256,
    /// The chunk's first task.
    first: TaskIndex,
    outputs: Vec<TaskOutput>,
}

/// What is known of a result without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it comes to.
    pub result: ChunkResult,
    /// Whether the chain has settled the chunk on it, so that anybody may have it.
    pub is_settled: bool,
    /// Hash of the terms of the job that it is of.
    terms: H256,
    /// Length of its file.
    bytes: u64,
    /// Larger for what was written later.
    age: u64,
}

impl Entry {
    /// Whether it is of a job with these terms.
    pub fn is_of(&self, terms: &Terms) -> bool {
        self.terms == hash_of(terms)
    }
}

/// The results of one chain. Everything that touches the disk blocks.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    genesis: H256,
    limit: u64,
    index: Mutex<Index>,
}

#[derive(Debug, Default)]
struct Index {
    entries: BTreeMap<ChunkId, Entry>,
    next_age: u64,
}

impl Index {
    fn used(&self) -> u64 {
        self.entries.values().map(|entry| entry.bytes).sum()
    }

    fn insert(&mut self, chunk: ChunkId, entry: Entry) {
        self.entries.insert(chunk, Entry { age: self.next_age, ..entry });
        self.next_age += 1;
    }
}

impl Store {
    /// Opens the results in `folder`, which is made if it is not there, of the chain with `genesis`. What is damaged is removed
    /// with a warning.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read.
    pub fn open(folder: &Path, genesis: H256) -> Result<Self, StoreError> {
        Self::with_limit(folder, genesis, MAX_BYTES)
    }

    fn with_limit(folder: &Path, genesis: H256, limit: u64) -> Result<Self, StoreError> {
        let fail = |cause| StoreError::Io { path: folder.into(), cause };
        fs::create_dir_all(folder).map_err(fail)?;
        let store = Self { folder: folder.into(), genesis, limit, index: Mutex::default() };
        let mut found = Vec::new();
        for file in fs::read_dir(folder).map_err(fail)? {
            let file = file.map_err(fail)?;
            let path = file.path();
            let Some((chunk, kind)) = store.parse(&path) else { continue };
            if kind == NEW {
                let _ = fs::remove_file(&path);
                continue;
            }
            let written = file.metadata().and_then(|metadata| metadata.modified()).map_err(fail)?;
            found.push((written, chunk, kind == SETTLED, path));
        }
        found.sort();
        for (_, chunk, is_settled, path) in found {
            match read(&path).and_then(|(bytes, record)| Ok((bytes, store.check(record, chunk)?))) {
                Ok((bytes, record)) => {
                    let entry = entry_of(&record, bytes, is_settled);
                    lock(&store.index).insert(chunk, entry);
                },
                Err(error) => {
                    tracing::warn!(file = %path.display(), %error, "a result is damaged and not used");
                    let _ = fs::remove_file(&path);
                },
            }
        }
        Ok(store)
    }

    /// What is known of the result of a chunk; `None` if there is none.
    pub fn entry(&self, chunk: ChunkId) -> Option<Entry> {
        lock(&self.index).entries.get(&chunk).copied()
    }

    /// All there is.
    pub fn entries(&self) -> Vec<(ChunkId, Entry)> {
        lock(&self.index).entries.iter().map(|(chunk, entry)| (*chunk, *entry)).collect()
    }

    /// The outputs of a chunk's tasks, in their order; `None` if they are not there, or damaged by now.
    pub fn outputs(&self, chunk: ChunkId) -> Option<Vec<TaskOutput>> {
        let entry = self.entry(chunk)?;
        let path = self.path(chunk, kind_of(&entry));
        match read(&path).and_then(|(_, record)| self.check(record, chunk)) {
            Ok(record) if entry_of(&record, entry.bytes, entry.is_settled).result == entry.result => {
                Some(record.outputs)
            },
            // Settled, or replaced, since it was looked up.
            _ if self.entry(chunk) != Some(entry) => None,
            outcome => {
                let error = outcome.err().unwrap_or_else(|| invalid("it is another result than before"));
                tracing::warn!(file = %path.display(), %error, "a result is damaged and not used");
                self.remove(chunk);
                None
            },
        }
    }

    /// The digests of a chunk's tasks, in their order.
    pub fn digests(&self, chunk: ChunkId) -> Option<Vec<TaskDigest>> {
        Some(self.outputs(chunk)?.iter().map(TaskOutput::digest).collect())
    }

    /// Keeps the outputs of all tasks of a chunk of a job with these terms, and returns what they come to.
    ///
    /// # Errors
    ///
    /// If they cannot be kept. Then it is as if they had not been computed.
    pub fn put(&self, chunk: ChunkId, terms: &Terms, outputs: Vec<TaskOutput>) -> Result<ChunkResult, StoreError> {
        let (genesis, terms, first) = (self.genesis, hash_of(terms), terms.tasks_of(chunk.1).start);
        let record = Record { genesis, job: chunk.0, chunk: chunk.1, terms, first, outputs };
        let body = record.encode();
        let entry = entry_of(&record, (body.len() + HASH_BYTES) as u64, false);
        // Held while the disk works: there is one worker, and readers of the index can wait as long.
        let mut index = lock(&self.index);
        self.make_room(&mut index, chunk, entry.bytes)?;
        let (new, path) = (self.path(chunk, NEW), self.path(chunk, COMPUTED));
        let written = File::create(&new)
            .and_then(|mut file| {
                file.write_all(BlakeTwo256::hash(&body).as_bytes())?;
                file.write_all(&body)?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&new, &path))
            // The name is on disk too, or the next start knows nothing of it.
            .and_then(|()| File::open(&self.folder)?.sync_all());
        if let Err(cause) = written {
            let _ = fs::remove_file(&new);
            return Err(StoreError::Io { path, cause });
        }
        index.insert(chunk, entry);
        Ok(entry.result)
    }

    /// Notes that the chain has settled a chunk on what is here of it.
    ///
    /// # Errors
    ///
    /// If the disk does not take it.
    pub fn settle(&self, chunk: ChunkId) -> Result<(), StoreError> {
        let mut index = lock(&self.index);
        if let Some(entry) = index.entries.get_mut(&chunk).filter(|entry| !entry.is_settled) {
            let path = self.path(chunk, SETTLED);
            fs::rename(self.path(chunk, COMPUTED), &path).map_err(|cause| StoreError::Io { path, cause })?;
            entry.is_settled = true;
        }
        Ok(())
    }

    /// Forgets the result of a chunk.
    pub fn remove(&self, chunk: ChunkId) {
        self.forget(&mut lock(&self.index), chunk);
    }

    fn forget(&self, index: &mut Index, chunk: ChunkId) {
        if let Some(entry) = index.entries.remove(&chunk) {
            let path = self.path(chunk, kind_of(&entry));
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(file = %path.display(), %error, "cannot remove an old result");
                },
                _ => {},
            }
        }
    }

    /// Gives up settled results, the oldest first, until there is room for `bytes` in the place of what is here of `chunk`.
    fn make_room(&self, index: &mut Index, chunk: ChunkId, bytes: u64) -> Result<(), StoreError> {
        self.forget(index, chunk);
        while index.used().saturating_add(bytes) > self.limit {
            let settled = index.entries.iter().filter(|(_, entry)| entry.is_settled);
            let Some(oldest) = settled.min_by_key(|(_, entry)| entry.age).map(|(chunk, _)| *chunk) else {
                return Err(StoreError::Full { used: index.used(), limit: self.limit });
            };
            tracing::info!(job = oldest.0, chunk = oldest.1, "the results of a settled chunk make room for new ones");
            self.forget(index, oldest);
        }
        Ok(())
    }

    fn path(&self, (job, chunk): ChunkId, kind: &str) -> PathBuf {
        self.folder.join(format!("{}{job}-{chunk}.{kind}", self.prefix()))
    }

    fn prefix(&self) -> String {
        format!("{:?}-", self.genesis)
    }

    /// Which chunk a file is of, and what kind of file it is; `None` if it is none of this chain's.
    fn parse(&self, path: &Path) -> Option<(ChunkId, &'static str)> {
        let kind = path.extension()?.to_str()?;
        let kind = [COMPUTED, SETTLED, NEW].into_iter().find(|known| *known == kind)?;
        let prefix = self.prefix();
        let (job, chunk) = path.file_stem()?.to_str()?.strip_prefix(prefix.as_str())?.split_once('-')?;
        Some(((job.parse().ok()?, chunk.parse().ok()?), kind))
    }

    /// The record, if it is of this chunk.
    fn check(&self, record: Record, (job, chunk): ChunkId) -> io::Result<Record> {
        if (record.genesis, record.job, record.chunk) != (self.genesis, job, chunk) {
            return Err(invalid("it is of another chunk than its name says"));
        }
        Ok(record)
    }
}

/// A file's length and what it holds.
fn read(path: &Path) -> io::Result<(u64, Record)> {
    let bytes = fs::read(path)?;
    let (hash, body) = bytes.split_at_checked(HASH_BYTES).ok_or_else(|| invalid("it is too short"))?;
    if hash != BlakeTwo256::hash(body).as_bytes() {
        return Err(invalid("its hash is wrong"));
    }
    let record = Record::decode_all(&mut &*body).map_err(|_| invalid("it was written by another version"))?;
    Ok((bytes.len() as u64, record))
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_owned())
}

fn hash_of(terms: &Terms) -> H256 {
    BlakeTwo256::hash(&terms.encode())
}

fn entry_of(record: &Record, bytes: u64, is_settled: bool) -> Entry {
    let digests: Vec<_> = record.outputs.iter().map(TaskOutput::digest).collect();
    let result = ChunkResult::new(record.first, &digests);
    Entry { result, is_settled, terms: record.terms, bytes, age: 0 }
}

fn kind_of(entry: &Entry) -> &'static str {
    if entry.is_settled {
        SETTLED
    } else {
        COMPUTED
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::some_terms, *};
    use vouch_primitives::work::Status;

    const GENESIS: H256 = H256::repeat_byte(1);
    const CHUNK: ChunkId = (7, 0);

    fn outputs(n: u8) -> Vec<TaskOutput> {
        vec![TaskOutput { status: Status::Done, fuel: n.into(), output: vec![n; 1_000] }, TaskOutput::bad_module()]
    }

    fn open(folder: &Path) -> Store {
        Store::open(folder, GENESIS).unwrap()
    }

    fn files(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn who_is_killed_knows_afterwards_what_it_computed() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new/work");
        let store = open(&folder);
        assert_eq!((store.entry(CHUNK), store.outputs(CHUNK)), (None, None));
        let result = store.put(CHUNK, &some_terms(), outputs(3)).unwrap();
        let digests: Vec<_> = outputs(3).iter().map(TaskOutput::digest).collect();
        assert_eq!(result, ChunkResult::new(0, &digests));
        drop(store);
        let store = open(&folder);
        let entry = store.entry(CHUNK).unwrap();
        assert_eq!((entry.result, entry.is_settled), (result, false));
        assert!(entry.is_of(&some_terms()) && !entry.is_of(&Terms { price: 4, ..some_terms() }));
        assert_eq!((store.outputs(CHUNK), store.digests(CHUNK)), (Some(outputs(3)), Some(digests)));
        store.settle(CHUNK).unwrap();
        assert!(store.entry(CHUNK).unwrap().is_settled && open(&folder).entry(CHUNK).unwrap().is_settled);
        assert_eq!(open(&folder).outputs(CHUNK), Some(outputs(3)));
        assert_eq!(files(&folder), [format!("{GENESIS:?}-7-0.settled")]);
        store.remove(CHUNK);
        assert!(files(&folder).is_empty() && store.entries().is_empty());
        // Nothing is there to settle, nor to remove.
        store.settle(CHUNK).unwrap();
        store.remove(CHUNK);
    }

    #[test]
    fn tasks_of_later_chunks_are_numbered_on() {
        let folder = tempfile::tempdir().unwrap();
        let result = open(folder.path()).put((7, 1), &some_terms(), outputs(3)[..1].to_vec()).unwrap();
        assert_eq!(result, ChunkResult::new(2, &[outputs(3)[0].digest()]));
    }

    #[test]
    fn damaged_files_are_as_good_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let path = store.path(CHUNK, COMPUTED);
        store.put(CHUNK, &some_terms(), outputs(3)).unwrap();
        let whole = fs::read(&path).unwrap();
        let flipped = |at: usize| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            bytes
        };
        for damaged in [vec![], whole[..31].to_vec(), whole[..500].to_vec(), flipped(0), flipped(400)] {
            store.put(CHUNK, &some_terms(), outputs(3)).unwrap();
            fs::write(&path, &damaged).unwrap();
            assert_eq!(open(folder.path()).entry(CHUNK), None);
            assert!(!path.exists());
            // Also while it is open.
            store.put(CHUNK, &some_terms(), outputs(3)).unwrap();
            fs::write(&path, &damaged).unwrap();
            assert_eq!((store.outputs(CHUNK), store.entry(CHUNK)), (None, None));
        }
        // A file under another chunk's name.
        fs::write(store.path((8, 0), COMPUTED), &whole).unwrap();
        assert!(open(folder.path()).entries().is_empty());
    }

    #[test]
    fn other_chains_and_other_files_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let other = Store::open(folder.path(), H256::repeat_byte(2)).unwrap();
        other.put(CHUNK, &some_terms(), outputs(1)).unwrap();
        fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        let store = open(folder.path());
        assert!(store.entries().is_empty());
        // What was being written when the agent was killed is not.
        fs::write(store.path(CHUNK, NEW), "half").unwrap();
        assert!(open(folder.path()).entries().is_empty());
        assert_eq!(files(folder.path()).len(), 2);
    }

    #[test]
    fn oldest_settled_results_make_room_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        // Room for three of them.
        let store = Store::with_limit(folder.path(), GENESIS, 4_000).unwrap();
        let put = |chunk| store.put((7, chunk), &some_terms(), outputs(1));
        for chunk in 0..3 {
            put(chunk).unwrap();
        }
        assert!(matches!(put(3), Err(StoreError::Full { limit: 4_000, .. })));
        // In its own place it has room.
        put(2).unwrap();
        store.settle((7, 1)).unwrap();
        store.settle((7, 0)).unwrap();
        put(3).unwrap();
        let left = |store: &Store| store.entries().into_iter().map(|((_, chunk), _)| chunk).collect::<Vec<_>>();
        assert_eq!(left(&store), [1, 2, 3]);
        put(4).unwrap();
        assert_eq!(left(&store), [2, 3, 4]);
        assert!(put(5).is_err());
        assert_eq!(left(&open(folder.path())), [2, 3, 4]);
    }

    #[test]
    fn a_second_computation_replaces_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let first = store.put(CHUNK, &some_terms(), outputs(1)).unwrap();
        store.settle(CHUNK).unwrap();
        let second = store.put(CHUNK, &some_terms(), outputs(2)).unwrap();
        assert_ne!(first, second);
        assert_eq!(store.entry(CHUNK).map(|entry| (entry.result, entry.is_settled)), Some((second, false)));
        assert_eq!((store.outputs(CHUNK), files(folder.path()).len()), (Some(outputs(2)), 1));
    }
}
