//! The referee: what a validator's node does beside the chain while one of its keys sits on a panel.
//!
//! It fetches the module and the inputs of the chunk from where the requester serves them, verifies both, runs the one task in
//! dispute on an interpreter inside the runtime, and submits its verdict at every block until the chain has it.
//!
//! * It runs one task at a time, by a lock of its own, after the prober: a panel never keeps a device from being probed.
//! * What it found is kept in the node's database, so that no task is run twice because a fork dropped a verdict.
//! * That module or inputs are not to be had is its verdict only in the panel's last round.

use crate::{types::JobOf, Call, Chunks, Config, Disputes, Jobs, Pallet};
use alloc::vec::Vec;
use codec::{DecodeAll, Encode};
use frame_support::traits::Contains;
use frame_system::offchain::SubmitTransaction;
use polkadot_sdk::*;
use sp_application_crypto::RuntimeAppPublic;
use sp_core::{offchain::Duration, H256};
use sp_io::{hashing::blake2_256, offchain};
use sp_runtime::offchain::{
    http,
    storage::StorageValueRef,
    storage_lock::{StorageLock, Time},
};
use vouch_compute::{EngineError, Interpreter, Module};
use vouch_primitives::{
    prober::ProberId,
    traits::RoundClock,
    work::{
        inputs::{bundle_path, module_hash, module_path},
        payload::{verdict_payload, Verdict},
        Bundle, ChunkIndex, JobId, TaskDigest, TaskIndex, TaskOutput, MAX_BUNDLE_BYTES, MAX_MODULE_BYTES,
    },
    Endpoint, RoundIndex,
};

const TARGET: &str = "runtime::work";

/// Where the node's database keeps the lock.
const LOCK: &[u8] = b"vouch/referee-lock";

/// How long the lock outlives a node that was killed, in milliseconds, besides what the fuel of its task may take. One that takes
/// longer is begun again beside itself, and keeps another thread from the prober.
const LOCK_MS: u64 = 30_000;

/// Fuel that takes a millisecond at worst: 100 ns a unit, five times what was measured.
const FUEL_PER_MS: u64 = 10_000;

/// Where the node's database keeps what was found.
const FOUND: &[u8] = b"vouch/referee-found";

/// Tasks whose results are kept, the newest ones.
const KEPT: usize = 32;

/// How long a module or a chunk's inputs may take to come, in milliseconds.
const FETCH_MS: u64 = 5_000;

/// A place on a panel that one of our keys has, and has not given its verdict in.
struct Sitting<T: Config> {
    id: JobId,
    index: ChunkIndex,
    job: JobOf<T>,
    task: TaskIndex,
    /// The last round of the panel.
    due: RoundIndex,
    member: ProberId,
}

/// Why a task could not be run.
#[derive(Debug, PartialEq, Eq)]
enum Failure {
    /// Module or inputs are not to be had.
    Unavailable,
    /// This node cannot run it, whatever it gives.
    Engine(EngineError),
}

/// Gives the verdicts that are asked of this node's keys, and runs at most one task for them.
pub(crate) fn run<T: Config>() {
    if !offchain::is_validator() {
        return;
    }
    let sittings = sittings::<T>(&ProberId::all());
    let mut found = Found::load();
    let (known, unknown): (Vec<_>, Vec<_>) =
        sittings.into_iter().partition(|sitting| found.get(&sitting.subject()).is_some());
    for sitting in known {
        let digest = found.get(&sitting.subject());
        sitting.submit(digest);
    }
    let Some(sitting) = unknown.into_iter().min_by_key(|sitting| sitting.due) else { return };
    let lock_ms = LOCK_MS.saturating_add(sitting.job.terms.fuel / FUEL_PER_MS);
    let mut lock = StorageLock::<Time>::with_deadline(LOCK, Duration::from_millis(lock_ms));
    let Ok(_guard) = lock.try_lock() else { return };
    let Sitting { id, index, task, due, .. } = sitting;
    match sitting.compute() {
        Ok(output) => {
            let digest = output.digest();
            log::info!(target: TARGET, "Ran task {task} of job {id}, which chunk {index} is contested by: {:?}", digest.status);
            found.put(sitting.subject(), digest);
            sitting.submit(Some(digest));
        },
        Err(Failure::Unavailable) if T::Rounds::current_round() >= due => {
            log::info!(target: TARGET, "Module or inputs of job {id} chunk {index} are not to be had");
            sitting.submit(None);
        },
        Err(Failure::Unavailable) => log::debug!(target: TARGET, "Nothing served yet for job {id} chunk {index}"),
        Err(Failure::Engine(error)) => {
            log::warn!(target: TARGET, "No verdict on task {task} of job {id}: this node cannot run it: {error:?}")
        },
    }
}

/// The places on panels whose verdict is asked of one of `ours`.
fn sittings<T: Config>(ours: &[ProberId]) -> Vec<Sitting<T>> {
    if ours.is_empty() {
        return Vec::new();
    }
    let asked = Disputes::<T>::iter().filter_map(|((id, index), dispute)| {
        let open = |(key, given): &&(ProberId, Option<Verdict>)| given.is_none() && ours.contains(key);
        let (member, _) = dispute.members.iter().find(open)?;
        let (job, chunk) = (Jobs::<T>::get(id)?, Chunks::<T>::get(id, index)?);
        Some(Sitting { id, index, job, task: dispute.task, due: chunk.due, member: member.clone() })
    });
    asked.collect()
}

impl<T: Config> Sitting<T> {
    /// Names the task by what its result depends on, so that no fork is answered with another's.
    fn subject(&self) -> H256 {
        let terms = &self.job.terms;
        H256(blake2_256(&(terms.module, terms.inputs, terms.fuel, terms.memory, terms.chunk_tasks, self.task).encode()))
    }

    /// Fetches what the task needs, and runs it.
    fn compute(&self) -> Result<TaskOutput, Failure> {
        let terms = &self.job.terms;
        let source = Some(terms.source).filter(T::MayFetch::contains).ok_or(Failure::Unavailable)?;
        let module = get(&source, &module_path(terms.module), MAX_MODULE_BYTES)
            .filter(|module| module_hash(module) == terms.module)
            .ok_or(Failure::Unavailable)?;
        let bundle = get(&source, &bundle_path(terms.inputs, self.index), MAX_BUNDLE_BYTES)
            .and_then(|bytes| Bundle::decode_all(&mut &bytes[..]).ok())
            .filter(|bundle| bundle.is_of(terms, self.index))
            .ok_or(Failure::Unavailable)?;
        let position = self.task.saturating_sub(terms.tasks_of(self.index).start) as usize;
        let input = bundle.inputs.get(position).ok_or(Failure::Unavailable)?;
        let module = match Module::prepare(&module, terms.memory) {
            Ok(module) => module,
            Err(refusal) => {
                log::debug!(target: TARGET, "The module of job {} cannot be run: {refusal}", self.id);
                return Ok(TaskOutput::bad_module());
            },
        };
        Interpreter::new(&module).and_then(|engine| engine.run(input, terms.fuel)).map_err(Failure::Engine)
    }

    /// Signs a verdict and hands it to this node's pool.
    fn submit(&self, verdict: Verdict) {
        let Self { id, index, task, member, .. } = self;
        let payload = verdict_payload(Pallet::<T>::genesis(), *id, *index, *task, &verdict);
        let Some(signature) = member.sign(&payload) else {
            log::warn!(target: TARGET, "No verdict on task {task} of job {id}: the session key is gone");
            return;
        };
        let call =
            Call::<T>::judge { job: *id, chunk: *index, task: *task, member: member.clone(), verdict, signature };
        let transaction = T::create_authorized_transaction(call.into());
        if SubmitTransaction::<T, Call<T>>::submit_transaction(transaction).is_err() {
            log::debug!(target: TARGET, "Verdict not taken by the pool, which may have it: task {task} of job {id}");
        }
    }
}

/// The body at `path`, if it is there in time and has at most `most` bytes.
fn get(source: &Endpoint, path: &str, most: u32) -> Option<Vec<u8>> {
    let deadline = offchain::timestamp().add(Duration::from_millis(FETCH_MS));
    let url = source.url(path);
    let pending = http::Request::get(&url).deadline(deadline).add_header("connection", "close").send().ok()?;
    let response = pending.try_wait(deadline).ok()?.ok().filter(|response| response.code == 200)?;
    let mut body = response.body();
    body.deadline(deadline);
    let most = most as usize;
    let bytes: Vec<u8> = body.by_ref().take(most.saturating_add(1)).collect();
    (bytes.len() <= most && body.error().is_none()).then_some(bytes)
}

/// What was found of tasks, oldest first.
struct Found(Vec<(H256, TaskDigest)>);

impl Found {
    fn load() -> Self {
        Self(StorageValueRef::persistent(FOUND).get().ok().flatten().unwrap_or_default())
    }

    fn get(&self, subject: &H256) -> Option<TaskDigest> {
        self.0.iter().find(|(known, _)| known == subject).map(|(_, digest)| *digest)
    }

    /// Keeps a result, and stores all of them.
    fn put(&mut self, subject: H256, digest: TaskDigest) {
        if self.0.len() >= KEPT {
            self.0.remove(0);
        }
        self.0.push((subject, digest));
        StorageValueRef::persistent(FOUND).set(&self.0);
    }
}
