//! The loop of a device that takes work, beside [`crate::watch::Watcher`]: looks at the chain at every new block, does what
//! [`plan`] says for every chunk of every device, and computes one chunk at a time.
//!
//! Nothing but results is remembered across a restart, and nothing else has to be: what is to be done follows from the chain.

use super::{
    compute::{compute, Compiler, Computing, ProgressOf, Trouble},
    fetch::Fetcher,
    plan::{self, Action, Known, Now},
    store::{ChunkId, Entry, Store},
};
use crate::{
    agent::Agent,
    chain::{Assignment, Call, Client, Error, Network},
};
use futures::future::try_join_all;
use polkadot_sdk::sp_core::H256;
use std::{
    collections::{BTreeSet, HashMap},
    future::Future,
    num::NonZeroUsize,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;
use vouch_primitives::{
    work::{api::Stage, Answer, JobId},
    DeviceId, RoundIndex,
};

/// Between two looks whether there is a new block.
const POLL: Duration = Duration::from_secs(1);
/// After a look that failed.
const PAUSE: Duration = Duration::from_secs(6);
/// What was sent is sent again after so many blocks, if it still has to be: the node may have forgotten it.
const RESEND: u32 = 4;
/// Questions asked at once.
const CONCURRENT: usize = 16;
/// How long to wait before a source that failed is asked again; doubles with each failure up to [`LONGEST_RETRY`].
const FIRST_RETRY: Duration = Duration::from_secs(2);
/// Longest wait before a source is asked again.
const LONGEST_RETRY: Duration = Duration::from_secs(60);

/// A chunk that is being computed, as the loop sees it. Dropping it ends it.
struct Running {
    computing: Arc<Computing>,
    task: JoinHandle<Result<(), Trouble>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.computing.stop();
        self.task.abort();
    }
}

/// What kept a chunk from being computed when it was last tried.
enum Setback {
    /// Its module or inputs were not to be had.
    Source { again: Instant, pause: Duration },
    /// This machine cannot.
    Machine,
}

/// What was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Answer,
    Decline,
    Reveal,
    Open,
}

/// Computes for all devices of an agent that are on the chain's list of workers.
pub struct Worker {
    client: Client,
    agent: Arc<Agent>,
    store: Arc<Store>,
    fetcher: Fetcher,
    cores: NonZeroUsize,
    compiler: Compiler,
    progress: ProgressOf,
    running: Option<Running>,
    setbacks: HashMap<ChunkId, Setback>,
    /// The block at which something was last sent for a device's seat.
    sent: HashMap<(ChunkId, DeviceId, Kind), u32>,
    /// Those of the agent's devices that take work, as of `round`.
    enlisted: Vec<DeviceId>,
    round: Option<RoundIndex>,
    seen: Option<H256>,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Worker({:?} on {} cores, computing {:?})", self.agent, self.cores, self.progress.now())
    }
}

impl Worker {
    /// A worker for the devices of `agent`, which keeps results in `store` and computes on `cores` cores. The `client`'s chain, the
    /// agent's and the store's are the same.
    ///
    /// # Errors
    ///
    /// If the system has no means to make connections.
    pub fn new(client: Client, agent: Arc<Agent>, store: Arc<Store>, cores: NonZeroUsize) -> reqwest::Result<Self> {
        Ok(Self {
            client,
            agent,
            store,
            fetcher: Fetcher::new()?,
            cores,
            compiler: Compiler::default(),
            progress: ProgressOf::default(),
            running: None,
            setbacks: HashMap::new(),
            sent: HashMap::new(),
            enlisted: Vec::new(),
            round: None,
            seen: None,
        })
    }

    /// What tells how far it is.
    pub fn progress(&self) -> ProgressOf {
        self.progress.clone()
    }

    /// Works until the chain turns out to be another one than the agent serves.
    pub async fn work(mut self) -> Error {
        let mut complaint = None;
        loop {
            let pause = match self.look().await {
                Ok(()) => {
                    complaint = None;
                    POLL
                },
                Err(error @ (Error::WrongChain { .. } | Error::Specification(_))) => return error,
                Err(error) => {
                    // Said once, until it is something else.
                    let text = error.to_string();
                    if complaint.as_ref() != Some(&text) {
                        tracing::warn!(%error, "cannot ask for work");
                    }
                    complaint = Some(text);
                    PAUSE
                },
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// One look at the chain, if it has a new block or something was computed.
    async fn look(&mut self) -> Result<(), Error> {
        let finished = self.finish().await;
        let head = self.client.best().await?;
        if self.seen == Some(head.hash) && !finished && !self.is_time_to_retry() {
            return Ok(());
        }
        let client = &self.client.at(head.hash);
        let network: Network = client.network().await?;
        let now = Now::new(&network, head.number);
        let is_new_round = self.round != Some(now.round);
        if is_new_round {
            let devices: Vec<DeviceId> = self.agent.devices().cloned().collect();
            let workers = each(&devices, |device| async move { client.worker(&device).await }).await?;
            let enlisted = devices.into_iter().zip(workers).filter(|(_, worker)| worker.is_some());
            self.enlisted = enlisted.map(|(device, _)| device).collect();
        }
        let assignments = each(&self.enlisted, |device| async move { client.assignments(&device).await }).await?;
        let all: Vec<(DeviceId, Assignment)> = self
            .enlisted
            .iter()
            .cloned()
            .zip(assignments)
            .flat_map(|(device, held)| held.into_iter().map(move |assignment| (device.clone(), assignment)))
            .collect();
        self.forget_what_is_over(&all);
        self.act(&all, now, head.number).await?;
        self.settle(&all, is_new_round).await?;
        (self.round, self.seen) = (Some(now.round), Some(head.hash));
        Ok(())
    }

    /// Does what is to be done about each of these seats.
    async fn act(&mut self, all: &[(DeviceId, Assignment)], now: Now, block: u32) -> Result<(), Error> {
        let genesis = self.agent.genesis();
        let mut wanted: Vec<&Assignment> = Vec::new();
        for (device, assignment) in all {
            let id = (assignment.job, assignment.chunk);
            let known = self.known(assignment);
            match plan::next(genesis, device, assignment, known, now) {
                Action::Compute => wanted.push(assignment),
                Action::Answer(fingerprint) => {
                    self.answer(device, id, Answer::Fingerprint(fingerprint), Kind::Answer, block).await?;
                },
                Action::Decline => self.answer(device, id, Answer::Declined, Kind::Decline, block).await?,
                Action::Reveal(result) => {
                    self.send(device, id, Kind::Reveal, block, || Some(Call::reveal(id.0, id.1, &result))).await?;
                },
                Action::Open => {
                    let store = self.store.clone();
                    let call = || Some(Call::open(id.0, id.1, device, &store.digests(id)?));
                    self.send(device, id, Kind::Open, block, call).await?;
                },
                Action::Nothing => {},
            }
        }
        if let Some(id) = self.running.as_ref().map(|running| running.computing.chunk) {
            // Another device of this agent may still want it. What has just been stored is no longer wanted either.
            let is_wanted = wanted.iter().any(|assignment| (assignment.job, assignment.chunk) == id);
            if !is_wanted && self.store.entry(id).is_none() {
                tracing::info!(
                    job = id.0,
                    chunk = id.1,
                    "given up: it is not wanted any more, or there is no time left"
                );
                self.running = None;
                self.progress.set(None);
            }
        }
        if self.running.is_none() {
            wanted.retain(|assignment| self.may_try((assignment.job, assignment.chunk)));
            // What is due first is begun first.
            let first = |assignment: &&Assignment| (assignment.state.due, assignment.job, assignment.chunk);
            if let Some(assignment) = wanted.into_iter().min_by_key(first) {
                self.begin(assignment.clone());
            }
        }
        Ok(())
    }

    fn known(&self, assignment: &Assignment) -> Known {
        let id = (assignment.job, assignment.chunk);
        match (self.entry(assignment), self.setbacks.get(&id)) {
            (Some(entry), _) => Known::Computed(entry.result),
            (None, Some(Setback::Machine)) => Known::Impossible,
            (None, _) => Known::Nothing,
        }
    }

    /// What is stored of a chunk.
    fn entry(&self, assignment: &Assignment) -> Option<Entry> {
        self.store.entry((assignment.job, assignment.chunk)).filter(|entry| entry.is_of(&assignment.terms))
    }

    fn may_try(&self, chunk: ChunkId) -> bool {
        match self.setbacks.get(&chunk) {
            None => true,
            Some(Setback::Source { again, .. }) => *again <= Instant::now(),
            Some(Setback::Machine) => false,
        }
    }

    fn is_time_to_retry(&self) -> bool {
        self.running.is_none()
            && self
                .setbacks
                .iter()
                .any(|(chunk, setback)| matches!(setback, Setback::Source { .. }) && self.may_try(*chunk))
    }

    fn begin(&mut self, assignment: Assignment) {
        let computing = Arc::new(Computing::new(&assignment));
        let Assignment { job, chunk, state, .. } = &assignment;
        tracing::info!(job, chunk, tasks = computing.total, due = state.due, "computing");
        let task = tokio::spawn(compute(
            assignment,
            computing.clone(),
            self.fetcher.clone(),
            self.store.clone(),
            self.compiler.clone(),
            self.cores,
        ));
        self.progress.set(Some(computing.clone()));
        self.running = Some(Running { computing, task });
    }

    /// Takes note of what became of the chunk that was being computed, if that is over; returns whether it is.
    async fn finish(&mut self) -> bool {
        let Some(mut running) = self.running.take_if(|running| running.task.is_finished()) else { return false };
        self.progress.set(None);
        let id = running.computing.chunk;
        let (job, chunk) = id;
        let outcome = (&mut running.task).await.unwrap_or_else(|error| Err(Trouble::BrokeOff(error.to_string())));
        match outcome {
            Ok(()) => {
                tracing::info!(job, chunk, tasks = running.computing.total, "computed");
                self.setbacks.remove(&id);
            },
            Err(Trouble::Source(error)) => {
                let pause = match self.setbacks.get(&id) {
                    Some(Setback::Source { pause, .. }) => pause.saturating_mul(2).min(LONGEST_RETRY),
                    _ => FIRST_RETRY,
                };
                tracing::warn!(job, chunk, %error, "cannot be computed yet, and is declined if that does not change");
                self.setbacks.insert(id, Setback::Source { again: Instant::now() + pause, pause });
            },
            Err(error) => {
                tracing::error!(job, chunk, %error, "cannot be computed on this machine, and is declined");
                self.setbacks.insert(id, Setback::Machine);
            },
        }
        true
    }

    async fn answer(
        &mut self,
        device: &DeviceId,
        id: ChunkId,
        answer: Answer,
        kind: Kind,
        block: u32,
    ) -> Result<(), Error> {
        let (agent, (job, chunk)) = (self.agent.clone(), id);
        let call = || {
            let signature = agent.key(device)?.work_answer(agent.genesis(), job, chunk, &answer);
            Some(Call::answer(job, chunk, device, &answer, &signature))
        };
        self.send(device, id, kind, block, call).await
    }

    /// Sends a call about a seat unless the same was sent in one of the last blocks. That it is refused is no error: it may be in a
    /// block that is not known here yet, or somebody else was faster.
    async fn send(
        &mut self,
        device: &DeviceId,
        id: ChunkId,
        kind: Kind,
        block: u32,
        call: impl FnOnce() -> Option<Call>,
    ) -> Result<(), Error> {
        let what = (id, device.clone(), kind);
        if self.sent.get(&what).is_some_and(|sent| block.abs_diff(*sent) < RESEND) {
            return Ok(());
        }
        let Some(call) = call() else { return Ok(()) };
        let (job, chunk) = id;
        match self.client.submit_general(call).await {
            Ok(_) => tracing::info!(job, chunk, %device, "{}", said(kind)),
            Err(Error::Refused(reason)) => {
                tracing::debug!(job, chunk, %device, %reason, "not taken: {}", said(kind));
            },
            Err(error) => return Err(error),
        }
        self.sent.insert(what, block);
        Ok(())
    }

    /// Forgets what was sent and tried for seats that are not held any more.
    fn forget_what_is_over(&mut self, all: &[(DeviceId, Assignment)]) {
        let held = chunks_of(all);
        self.sent.retain(|(chunk, ..), _| held.contains(chunk));
        self.setbacks.retain(|chunk, _| held.contains(chunk));
    }

    /// Finds out what became of the chunks whose results are here: those that settled on them are served from now on, all others,
    /// and those of jobs that were closed, are removed. By final blocks only: what is not final may not stay so.
    async fn settle(&mut self, all: &[(DeviceId, Assignment)], is_new_round: bool) -> Result<(), Error> {
        let (held, entries) = (chunks_of(all), self.store.entries());
        let open: Vec<_> = entries.iter().filter(|(id, entry)| !entry.is_settled && !held.contains(id)).collect();
        if open.is_empty() && !is_new_round {
            return Ok(());
        }
        let last_final = self.client.at(self.client.finalized().await?.hash);
        for (id, entry) in open {
            let (job, chunk) = *id;
            match last_final.chunk(job, chunk).await?.map(|info| info.stage) {
                Some(Stage::Settled(result)) if result == entry.result => {
                    if let Err(error) = self.store.settle(*id) {
                        tracing::warn!(job, chunk, %error, "the results cannot be served");
                    }
                },
                Some(stage) if stage.is_final() => {
                    tracing::info!(job, chunk, "the chunk did not settle on what was computed here");
                    self.store.remove(*id);
                },
                _ => {},
            }
        }
        if is_new_round {
            let jobs: BTreeSet<JobId> = entries.iter().map(|((job, _), _)| *job).collect();
            for job in jobs {
                // A job that is in no final block yet was not closed.
                let known = match last_final.job(job).await? {
                    Some(known) => Some(known),
                    None => self.client.job(job).await?,
                };
                for (id, entry) in entries.iter().filter(|((of, _), _)| *of == job) {
                    if known.as_ref().is_none_or(|known| !entry.is_of(&known.terms)) {
                        self.store.remove(*id);
                    }
                }
            }
        }
        Ok(())
    }
}

fn said(kind: Kind) -> &'static str {
    match kind {
        Kind::Answer => "answered",
        Kind::Decline => "declined",
        Kind::Reveal => "revealed",
        Kind::Open => "showed all digests",
    }
}

fn chunks_of(all: &[(DeviceId, Assignment)]) -> BTreeSet<ChunkId> {
    all.iter().map(|(_, assignment)| (assignment.job, assignment.chunk)).collect()
}

/// Asks the same about every device, several at a time, and keeps the order.
async fn each<T, A>(devices: &[DeviceId], ask: impl Fn(DeviceId) -> A) -> Result<Vec<T>, Error>
where
    A: Future<Output = Result<T, Error>>,
{
    let mut answers = Vec::with_capacity(devices.len());
    for some in devices.chunks(CONCURRENT) {
        let asked: Vec<_> = some.iter().cloned().map(&ask).collect();
        answers.extend(try_join_all(asked).await?);
    }
    Ok(answers)
}
