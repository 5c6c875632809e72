//! Computes one chunk: fetches it, runs it, stores what it gives. Can be stopped at any time, and tells how far it is.

use super::{
    engine::Engine,
    fetch::{FetchError, Fetcher},
    lock,
    store::{ChunkId, Store, StoreError},
};
use crate::chain::Assignment;
use polkadot_sdk::sp_core::H256;
use std::{
    num::NonZeroUsize,
    sync::{
        atomic::{AtomicBool, AtomicU32, Ordering},
        Arc, Mutex,
    },
};
use vouch_compute::{EngineError, Stopper};
use vouch_primitives::work::{ChunkIndex, JobId};

/// How far the chunk is that is being computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The job.
    pub job: JobId,
    /// The chunk.
    pub chunk: ChunkIndex,
    /// Tasks done.
    pub done: u32,
    /// Tasks in all.
    pub total: u32,
}

/// Tells how far a worker is; clones tell the same.
#[derive(Clone, Debug, Default)]
pub struct ProgressOf(Arc<Mutex<Option<Arc<Computing>>>>);

impl ProgressOf {
    /// What is being computed now; `None` if nothing is.
    pub fn now(&self) -> Option<Progress> {
        lock(&self.0).as_ref().map(|computing| computing.progress())
    }

    pub(super) fn set(&self, computing: Option<Arc<Computing>>) {
        *lock(&self.0) = computing;
    }
}

/// A chunk that is being computed, shared between the loop and those who compute it.
pub(super) struct Computing {
    pub(super) chunk: ChunkId,
    pub(super) total: u32,
    done: AtomicU32,
    is_stopped: AtomicBool,
    stopper: Mutex<Option<Stopper>>,
}

impl std::fmt::Debug for Computing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Computing({:?})", self.progress())
    }
}

impl Computing {
    pub(super) fn new(assignment: &Assignment) -> Self {
        Self {
            chunk: (assignment.job, assignment.chunk),
            total: assignment.terms.tasks_of(assignment.chunk).len() as u32,
            done: AtomicU32::new(0),
            is_stopped: AtomicBool::new(false),
            stopper: Mutex::default(),
        }
    }

    fn progress(&self) -> Progress {
        let (job, chunk) = self.chunk;
        Progress { job, chunk, done: self.done.load(Ordering::Relaxed), total: self.total }
    }

    /// Ends it soon, without a result.
    pub(super) fn stop(&self) {
        // In this order: who arms in between sees one of the two.
        self.is_stopped.store(true, Ordering::SeqCst);
        if let Some(stopper) = lock(&self.stopper).take() {
            stopper.stop();
        }
    }

    /// From now on [`Self::stop`] stops an engine as well.
    fn arm(&self, engine: &Engine) {
        *lock(&self.stopper) = engine.stopper();
        if self.is_stopped.load(Ordering::SeqCst) {
            self.stop();
        }
    }

    /// From now on it does not. Returns whether the engine can be used again.
    fn disarm(&self) -> bool {
        *lock(&self.stopper) = None;
        !self.is_stopped.load(Ordering::SeqCst)
    }
}

/// Why a chunk was not computed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error(transparent)]
    Source(#[from] FetchError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the computation broke off: {0}")]
    BrokeOff(String),
}

/// A module that is ready to run, and its hash and the memory that it may have.
type Compiled = ((H256, u32), Engine);

/// Compiles modules, one at a time.
#[derive(Clone, Debug, Default)]
pub(super) struct Compiler {
    /// The last one: the next chunk is mostly of the same job.
    last: Arc<Mutex<Option<Compiled>>>,
    /// Held while compiling. Nothing stops a compiler: one that was begun for a chunk that is given up goes on, and the next waits.
    turn: Arc<Mutex<()>>,
}

impl Compiler {
    /// Compiles a module when it is its turn, unless the chunk has been stopped by then.
    fn compile(&self, code: &[u8], memory: u32, computing: &Computing) -> Result<Engine, EngineError> {
        let _turn = lock(&self.turn);
        if computing.is_stopped.load(Ordering::SeqCst) {
            return Err(EngineError::Stopped);
        }
        Engine::new(code, memory)
    }
}

/// Computes a chunk and stores what it gives.
pub(super) async fn compute(
    assignment: Assignment,
    computing: Arc<Computing>,
    fetcher: Fetcher,
    store: Arc<Store>,
    compiler: Compiler,
    cores: NonZeroUsize,
) -> Result<(), Trouble> {
    let Assignment { chunk, terms, .. } = &assignment;
    // Inputs first: without them there is nothing to compile for.
    let bundle = fetcher.bundle(terms, *chunk).await?;
    let of = (terms.module, terms.memory);
    let ready = lock(&compiler.last).take().filter(|(last, _)| *last == of).map(|(_, engine)| engine);
    let code = match ready {
        Some(_) => None,
        None => Some(fetcher.module(terms).await?),
    };
    let blocking = move || -> Result<(), Trouble> {
        let Assignment { job, chunk, terms, .. } = assignment;
        let engine = match ready {
            Some(engine) => engine,
            None => compiler.compile(&code.unwrap_or_default(), terms.memory, &computing)?,
        };
        if let Engine::Refused(refusal) = &engine {
            tracing::info!(job, chunk, %refusal, "the module cannot be run: that is the result of all tasks");
        }
        computing.arm(&engine);
        let outputs = engine.run(&bundle.inputs, terms.fuel, cores, &computing.done);
        if computing.disarm() {
            *lock(&compiler.last) = Some((of, engine));
        }
        store.put((job, chunk), &terms, outputs?)?;
        Ok(())
    };
    tokio::task::spawn_blocking(blocking).await.map_err(|error| Trouble::BrokeOff(error.to_string()))?
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{terms, ECHO},
        *,
    };
    use axum::{http::Uri, Router};
    use codec::Encode;
    use std::time::Duration;
    use tokio::task::JoinHandle;
    use vouch_primitives::work::{
        api::{ChunkInfo, Stage},
        inputs::{bundle, module_path},
        Status,
    };

    /// A source of a job with this module and these inputs.
    async fn assignment(text: &str, inputs: Vec<Vec<u8>>) -> Assignment {
        let code = wat::parse_str(text).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let terms = terms(&code, &inputs, listener.local_addr().unwrap());
        let module = module_path(terms.module);
        let router = Router::new().fallback(move |uri: Uri| {
            let is_module = uri.path() == module;
            let body = if is_module { code.clone() } else { bundle(&inputs, 2, 0).unwrap().encode() };
            async move { body }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        let state = ChunkInfo { stage: Stage::Computing, due: 9, seats: Vec::new(), earns_points: true, dispute: None };
        Assignment { job: 7, chunk: 0, terms, state }
    }

    struct Bench {
        store: Arc<Store>,
        compiler: Compiler,
        _folder: tempfile::TempDir,
    }

    impl Bench {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = Arc::new(Store::open(folder.path(), H256::zero()).unwrap());
            Self { store, compiler: Compiler::default(), _folder: folder }
        }

        fn start(&self, assignment: &Assignment, computing: &Arc<Computing>) -> JoinHandle<Result<(), Trouble>> {
            let cores = NonZeroUsize::new(2).unwrap();
            let (store, compiler) = (self.store.clone(), self.compiler.clone());
            let fetcher = Fetcher::new().unwrap();
            tokio::spawn(compute(assignment.clone(), computing.clone(), fetcher, store, compiler, cores))
        }
    }

    #[tokio::test]
    async fn a_chunk_is_fetched_computed_and_stored() {
        let assignment = assignment(ECHO, vec![vec![1], vec![2, 2], vec![3]]).await;
        let bench = Bench::new();
        // The second time with the module that is compiled already.
        for _ in 0..2 {
            let computing = Arc::new(Computing::new(&assignment));
            bench.start(&assignment, &computing).await.unwrap().unwrap();
            assert_eq!(computing.progress(), Progress { job: 7, chunk: 0, done: 2, total: 2 });
            let outputs = bench.store.outputs((7, 0)).unwrap();
            assert!(outputs.iter().all(|output| output.status == Status::Done));
            assert_eq!(outputs.iter().map(|output| &output.output[..]).collect::<Vec<_>>(), [&[1][..], &[2, 2]]);
            assert!(lock(&bench.compiler.last).is_some());
            bench.store.remove((7, 0));
        }
    }

    #[tokio::test]
    async fn nothing_is_stored_of_what_cannot_be_had() {
        let mut assignment = assignment(ECHO, vec![vec![1], vec![2], vec![3]]).await;
        assignment.terms.module = H256::repeat_byte(7);
        let bench = Bench::new();
        let computing = Arc::new(Computing::new(&assignment));
        let trouble = bench.start(&assignment, &computing).await.unwrap().unwrap_err();
        assert!(matches!(trouble, Trouble::Source(FetchError::WrongHash { .. })), "{trouble}");
        assert!(bench.store.entries().is_empty());
    }

    #[tokio::test]
    async fn what_is_stopped_has_no_result_and_spoils_nothing() {
        let endless = r#"(module (memory (export "memory") 1) (func (export "run") (loop $on (br $on))))"#;
        let mut assignment = assignment(endless, vec![vec![1], vec![2], vec![3]]).await;
        assignment.terms.fuel = u64::MAX;
        let bench = Bench::new();
        let computing = Arc::new(Computing::new(&assignment));
        let task = bench.start(&assignment, &computing);
        tokio::time::sleep(Duration::from_millis(500)).await;
        computing.stop();
        let trouble = task.await.unwrap().unwrap_err();
        assert!(matches!(trouble, Trouble::Engine(EngineError::Stopped)), "{trouble}");
        assert!(bench.store.entries().is_empty());
        assert!(lock(&bench.compiler.last).is_none());
        // With an engine of its own the next one ends by itself.
        assignment.terms.fuel = 100_000;
        bench.start(&assignment, &Arc::new(Computing::new(&assignment))).await.unwrap().unwrap();
        let outputs = bench.store.outputs((7, 0)).unwrap();
        assert!(outputs.iter().all(|output| output.status == Status::OutOfFuel));
    }

    #[tokio::test]
    async fn what_is_stopped_before_its_turn_is_not_compiled() {
        // It cannot be run, which would be its result: if it were compiled after all, that would be stored.
        let refused = r#"(module (memory (export "memory") 1))"#;
        let assignment = assignment(refused, vec![vec![1], vec![2], vec![3]]).await;
        let bench = Bench::new();
        let other = bench.compiler.turn.clone();
        let (computing, (held, is_held)) = (Arc::new(Computing::new(&assignment)), std::sync::mpsc::channel());
        let (release, released) = std::sync::mpsc::channel::<()>();
        let compiling = std::thread::spawn(move || {
            let _turn = lock(&other);
            held.send(()).unwrap();
            released.recv().unwrap();
        });
        is_held.recv().unwrap();
        let task = bench.start(&assignment, &computing);
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(!task.is_finished(), "it waits for its turn");
        computing.stop();
        release.send(()).unwrap();
        compiling.join().unwrap();
        let trouble = task.await.unwrap().unwrap_err();
        assert!(matches!(trouble, Trouble::Engine(EngineError::Stopped)), "{trouble}");
        assert!(bench.store.entries().is_empty());
        bench.start(&assignment, &Arc::new(Computing::new(&assignment))).await.unwrap().unwrap();
        assert!(!bench.store.entries().is_empty());
    }

    #[test]
    fn progress_is_told_while_there_is_some() {
        let progress = ProgressOf::default();
        assert_eq!(progress.now(), None);
        let state = ChunkInfo { stage: Stage::Computing, due: 9, seats: Vec::new(), earns_points: true, dispute: None };
        let terms = super::super::tests::some_terms();
        let computing = Arc::new(Computing::new(&Assignment { job: 7, chunk: 1, terms, state }));
        progress.set(Some(computing.clone()));
        computing.done.fetch_add(1, Ordering::Relaxed);
        assert_eq!(progress.clone().now(), Some(Progress { job: 7, chunk: 1, done: 1, total: 1 }));
    }
}
