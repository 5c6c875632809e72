//! Fetches the results of a job from the devices that computed them, and keeps them on disk. Nothing is kept, and nothing found on
//! disk is believed, but what gives the root and the fuel that the chain settled on.

use crate::verify::{are_settled, most_bytes, results, Mismatch};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use vouch_device::{chain::Terms, work::results_path, H256};
use vouch_primitives::{
    work::{result::ChunkResult, ChunkIndex, Fuel, JobId, Status, TaskIndex, TaskOutput, MAX_OUTPUT_BYTES},
    DeviceId, Endpoint,
};

/// How long a device may take to send a chunk's results: a little longer than it takes itself, at most.
pub const PATIENCE: Duration = Duration::from_secs(75);

/// How long it may take to answer at all.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);

/// How often a device is asked that does not serve a chunk: it looks at the chain at every block, and all of these together take
/// longer than one.
const LATE_TURNS: usize = 4;

/// Before devices that send results to others are asked again.
const BUSY_PAUSE: Duration = Duration::from_secs(3);

/// How often such a device is asked. Together with the pauses that is longer than one transfer takes.
const TURNS: usize = 30;

/// Between two writes of the index while results come in.
const WRITE_INTERVAL: Duration = Duration::from_secs(2);

/// The file that says how each task ended.
pub const INDEX_FILE: &str = "results.json";

/// Why a device did not give a chunk's results.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No connection, or not all in time.
    #[error("no answer: {0}")]
    NoAnswer(String),
    /// It answered with an error status.
    #[error("it answered with HTTP {0}")]
    Refused(u16),
    /// It sent more than the results of a chunk can be.
    #[error("it sent more than the {0} bytes that the chunk's results can be")]
    TooLarge(usize),
    /// It served something else.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// It publishes no address, or is not registered any more.
    #[error("it publishes no address")]
    NoAddress,
}

impl FetchError {
    /// How often a device is asked that gives this answer: it may have much to do (429) or send results to others (503), or have
    /// yet to see for itself that the chunk is settled (404).
    fn turns(&self) -> usize {
        match self {
            Self::Refused(429 | 503) => TURNS,
            Self::Refused(404) => LATE_TURNS,
            _ => 1,
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The job.
    pub job: JobId,
    /// Its terms.
    pub terms: &'a Terms,
    /// The chunk.
    pub chunk: ChunkIndex,
    /// What it settled on.
    pub settled: ChunkResult,
}

/// Asks devices for results.
#[derive(Clone, Debug)]
pub struct Fetcher {
    http: reqwest::Client,
    pause: Duration,
}

impl Fetcher {
    /// One that gives each device so long for a chunk.
    pub fn new(patience: Duration) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(patience)
            .connect_timeout(CONNECT_PATIENCE.min(patience))
            // A device answers where the chain says, or not at all.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Self { http, pause: BUSY_PAUSE.min(patience) })
    }

    /// The results of a chunk, from the first of `devices` that serves the right ones; else what was wrong with each. Those that
    /// are busy or late are asked again, after the others.
    pub async fn fetch(
        &self,
        wanted: Wanted<'_>,
        devices: &[(DeviceId, Option<Endpoint>)],
    ) -> Result<Vec<TaskOutput>, Vec<(DeviceId, FetchError)>> {
        let mut tried = Vec::new();
        let mut left: Vec<_> = devices.iter().collect();
        for turn in 1..=TURNS {
            let mut busy = Vec::new();
            for one in left {
                let (device, endpoint) = one;
                let found = match endpoint {
                    Some(endpoint) => self.fetch_from(wanted, *endpoint).await,
                    None => Err(FetchError::NoAddress),
                };
                match found {
                    Ok(results) => return Ok(results),
                    Err(error) if turn < error.turns() => busy.push(one),
                    Err(error) => {
                        tracing::debug!(job = wanted.job, chunk = wanted.chunk, %device, %error, "no results");
                        tried.push((device.clone(), error));
                    },
                }
            }
            if busy.is_empty() {
                break;
            }
            left = busy;
            tokio::time::sleep(self.pause).await;
        }
        Err(tried)
    }

    /// The results of a chunk from whoever answers at `endpoint`.
    pub async fn fetch_from(&self, wanted: Wanted<'_>, endpoint: Endpoint) -> Result<Vec<TaskOutput>, FetchError> {
        let Wanted { job, terms, chunk, settled } = wanted;
        let body = self.body(endpoint.url(&results_path(job, chunk)), most_bytes(terms, chunk)).await?;
        Ok(results(&body, terms, chunk, &settled)?)
    }

    /// What is served at `url`, if it is not more than `most` bytes; no more are read.
    async fn body(&self, url: String, most: usize) -> Result<Vec<u8>, FetchError> {
        let no_answer = |error: reqwest::Error| FetchError::NoAnswer(with_causes(&error.without_url()));
        let mut response = self.http.get(url).header("connection", "close").send().await.map_err(no_answer)?;
        if !response.status().is_success() {
            return Err(FetchError::Refused(response.status().as_u16()));
        }
        if response.content_length().is_some_and(|bytes| bytes > most as u64) {
            return Err(FetchError::TooLarge(most));
        }
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(no_answer)? {
            if body.len() + part.len() > most {
                return Err(FetchError::TooLarge(most));
            }
            body.extend_from_slice(&part);
        }
        Ok(body)
    }
}

/// An error with everything that caused it.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}

/// How a task ended, as the index says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The chunk it is in.
    pub chunk: ChunkIndex,
    /// How it ended: `done`, `trapped`, `out of fuel`, `output too large` or `bad module`.
    pub status: String,
    /// Fuel it used.
    pub fuel: Fuel,
    /// Bytes of its output.
    pub bytes: usize,
}

/// The index as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    genesis: String,
    job: JobId,
    module: String,
    inputs: String,
    tasks: u32,
    results: BTreeMap<TaskIndex, Line>,
}

/// Why results cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file cannot be read or written.
    #[error("{}: {cause}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says. Not named `source`: the message has it already.
        cause: io::Error,
    },
    /// The folder holds an index that this program did not write.
    #[error("{}: {reason}: name another folder with --out, or move it away", path.display())]
    NoIndex {
        /// The index.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder holds the results of another job.
    #[error("{} is of job {job} on the chain with genesis {genesis}: name another folder with --out", path.display())]
    OtherJob {
        /// The index.
        path: PathBuf,
        /// The job.
        job: JobId,
        /// Its chain.
        genesis: String,
    },
}

/// Results on disk: a file for each task, and one that says how all ended.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    index: Index,
    /// When the index was last written; `None` if it was not yet.
    written: Option<Instant>,
    is_written: bool,
}

impl Store {
    /// The results of `job` in `folder`, which is made if there is none.
    pub fn open(folder: &Path, genesis: H256, job: JobId, terms: &Terms) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder).map_err(|cause| StoreError::Io { path: folder.to_owned(), cause })?;
        let mut index = Index {
            genesis: format!("{genesis:?}"),
            job,
            module: format!("{:?}", terms.module),
            inputs: format!("{:?}", terms.inputs),
            tasks: terms.tasks,
            results: BTreeMap::new(),
        };
        let path = folder.join(INDEX_FILE);
        match std::fs::read(&path) {
            Ok(bytes) => {
                let found: Index = serde_json::from_slice(&bytes)
                    .map_err(|error| StoreError::NoIndex { path: path.clone(), reason: error.to_string() })?;
                if (found.job, &found.genesis) != (job, &index.genesis) {
                    return Err(StoreError::OtherJob { path, job: found.job, genesis: found.genesis });
                }
                index.results = found.results;
            },
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {},
            Err(cause) => return Err(StoreError::Io { path, cause }),
        }
        Ok(Self { folder: folder.to_owned(), index, written: None, is_written: false })
    }

    /// Where the output of a task is.
    pub fn path(&self, task: TaskIndex) -> PathBuf {
        self.folder.join(format!("{task:06}.out"))
    }

    /// How the tasks ended whose results are kept.
    pub fn lines(&self) -> &BTreeMap<TaskIndex, Line> {
        &self.index.results
    }

    /// Whether what is on disk is what the chunk settled on.
    pub fn has(&self, wanted: Wanted<'_>) -> bool {
        let tasks = wanted.terms.tasks_of(wanted.chunk);
        let first = tasks.start;
        let found: Option<Vec<_>> = tasks.map(|task| self.read(task)).collect();
        found.is_some_and(|found| are_settled(&found, first, &wanted.settled))
    }

    /// A task's result as it is on disk; `None` if it is not there.
    fn read(&self, task: TaskIndex) -> Option<TaskOutput> {
        let line = self.index.results.get(&task)?;
        let path = self.path(task);
        // Nothing of another length is worth reading.
        let bytes = std::fs::metadata(&path).ok()?.len();
        if bytes != line.bytes as u64 || bytes > u64::from(MAX_OUTPUT_BYTES) {
            return None;
        }
        Some(TaskOutput { status: status_of(&line.status)?, fuel: line.fuel, output: std::fs::read(path).ok()? })
    }

    /// Keeps the results of a chunk, which are those it settled on.
    pub fn keep(&mut self, wanted: Wanted<'_>, results: &[TaskOutput]) -> Result<(), StoreError> {
        for (task, result) in wanted.terms.tasks_of(wanted.chunk).zip(results) {
            let path = self.path(task);
            std::fs::write(&path, &result.output).map_err(|cause| StoreError::Io { path, cause })?;
            let line = Line {
                chunk: wanted.chunk,
                status: status_name(result.status).to_owned(),
                fuel: result.fuel,
                bytes: result.output.len(),
            };
            self.index.results.insert(task, line);
        }
        self.is_written = false;
        if self.written.is_none_or(|written| written.elapsed() >= WRITE_INTERVAL) {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes the index, if it has changed: all of it or nothing.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        if self.is_written {
            return Ok(());
        }
        let (path, draft) = (self.folder.join(INDEX_FILE), self.folder.join(format!("{INDEX_FILE}.new")));
        let bytes = serde_json::to_vec_pretty(&self.index).map_err(io::Error::other);
        let written =
            bytes.and_then(|bytes| std::fs::write(&draft, bytes)).and_then(|()| std::fs::rename(&draft, &path));
        written.map_err(|cause| StoreError::Io { path, cause })?;
        self.is_written = true;
        self.written = Some(Instant::now());
        Ok(())
    }
}

const STATUSES: [(Status, &str); 5] = [
    (Status::Done, "done"),
    (Status::Trapped, "trapped"),
    (Status::OutOfFuel, "out of fuel"),
    (Status::OutputTooLarge, "output too large"),
    (Status::BadModule, "bad module"),
];

/// How a task ended, in words.
pub fn status_name(status: Status) -> &'static str {
    STATUSES.iter().find(|(known, _)| *known == status).map_or("unknown", |(_, name)| *name)
}

fn status_of(name: &str) -> Option<Status> {
    STATUSES.iter().find(|(_, known)| *known == name).map(|(status, _)| *status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::tests::{chunk_result, terms};
    use axum::{body::Bytes, http::StatusCode, response::IntoResponse, routing::get, Router};
    use codec::Encode;
    use std::sync::{
        atomic::{AtomicUsize, Ordering},
        Arc,
    };
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    const GENESIS: H256 = H256::repeat_byte(1);

    fn outputs() -> Vec<TaskOutput> {
        let done = |output: &[u8]| TaskOutput { status: Status::Done, fuel: 5, output: output.to_vec() };
        vec![done(b"one"), TaskOutput { status: Status::Trapped, fuel: 9, output: vec![] }, done(b"three")]
    }

    /// Of two chunks, the first has all the outputs.
    fn wanted(terms: &Terms) -> Wanted<'_> {
        Wanted { job: 7, terms, chunk: 0, settled: chunk_result(0, &outputs()) }
    }

    fn fetcher() -> Fetcher {
        Fetcher::new(Duration::from_millis(700)).unwrap()
    }

    /// A server of one file at the place of the chunk's results.
    async fn serve(body: Vec<u8>) -> Endpoint {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let endpoint = Endpoint::from(listener.local_addr().unwrap());
        let body = Bytes::from(body);
        let router = Router::new().route("/vouch/v1/results/7/0", get(move || async move { body }));
        tokio::spawn(async move { axum::serve(listener, router).await });
        endpoint
    }

    /// A server that answers every connection with these bytes and then holds it open, or closes it.
    async fn raw(answer: Vec<u8>, hold: bool) -> Endpoint {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let endpoint = Endpoint::from(listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let answer = answer.clone();
                tokio::spawn(async move {
                    let _ = stream.read(&mut [0; 1024]).await;
                    let _ = stream.write_all(&answer).await;
                    if hold {
                        tokio::time::sleep(Duration::from_secs(60)).await;
                    }
                });
            }
        });
        endpoint
    }

    fn device(n: u8, endpoint: Endpoint) -> (DeviceId, Option<Endpoint>) {
        (DeviceId::new([n; 32]), Some(endpoint))
    }

    #[tokio::test]
    async fn honest_device_is_believed_because_it_proves_itself() {
        let terms = terms(6, 3);
        let endpoint = serve(outputs().encode()).await;
        assert_eq!(fetcher().fetch_from(wanted(&terms), endpoint).await.unwrap(), outputs());
        let other = Wanted { chunk: 1, ..wanted(&terms) };
        assert!(matches!(fetcher().fetch_from(other, endpoint).await, Err(FetchError::Refused(404))));
    }

    #[tokio::test]
    async fn wrong_output_is_refused() {
        let terms = terms(6, 3);
        let mut lie = outputs();
        lie[2].output[0] ^= 1;
        let found = fetcher().fetch_from(wanted(&terms), serve(lie.encode()).await).await;
        assert!(matches!(found, Err(FetchError::Mismatch(Mismatch::Other))), "{found:?}");
    }

    #[tokio::test]
    async fn truncated_results_are_refused() {
        let terms = terms(6, 3);
        let body = outputs().encode();
        let cut = body[..body.len() - 1].to_vec();
        let found = fetcher().fetch_from(wanted(&terms), serve(cut.clone()).await).await;
        assert!(matches!(found, Err(FetchError::Mismatch(Mismatch::NoResults(_)))), "{found:?}");
        let fewer = fetcher().fetch_from(wanted(&terms), serve(outputs()[..2].encode()).await).await;
        assert!(matches!(fewer, Err(FetchError::Mismatch(Mismatch::Count { expected: 3, found: 2 }))), "{fewer:?}");
        // The connection ends before what was announced is there.
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        let found = fetcher().fetch_from(wanted(&terms), raw([head.as_bytes(), &cut].concat(), false).await).await;
        assert!(matches!(found, Err(FetchError::NoAnswer(_))), "{found:?}");
    }

    #[tokio::test]
    async fn no_more_is_read_than_results_can_be() {
        let terms = terms(6, 3);
        let most = most_bytes(&terms, 0);
        let found = fetcher().fetch_from(wanted(&terms), serve(vec![0; most + 1]).await).await;
        assert!(matches!(found, Err(FetchError::TooLarge(_))), "{found:?}");
        // Of a length that is not announced.
        let head = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
        let endless = raw([head, vec![0; most + 1]].concat(), true).await;
        let found = fetcher().fetch_from(wanted(&terms), endless).await;
        assert!(matches!(found, Err(FetchError::TooLarge(_))), "{found:?}");
    }

    #[tokio::test]
    async fn hanging_devices_cost_bounded_time() {
        let terms = terms(6, 3);
        let start = Instant::now();
        for answer in ["", "HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nslowly"] {
            let found = fetcher().fetch_from(wanted(&terms), raw(answer.into(), true).await).await;
            assert!(matches!(found, Err(FetchError::NoAnswer(_))), "{found:?}");
        }
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[tokio::test]
    async fn next_device_is_asked_when_one_lies() {
        let terms = terms(6, 3);
        let mut lie = outputs();
        lie[0].fuel += 1;
        let (liar, honest) = (serve(lie.encode()).await, serve(outputs().encode()).await);
        let gone = (DeviceId::new([1; 32]), None);
        let devices = [gone.clone(), device(2, liar), device(3, honest)];
        assert_eq!(fetcher().fetch(wanted(&terms), &devices).await.unwrap(), outputs());
        let tried = fetcher().fetch(wanted(&terms), &devices[..2]).await.unwrap_err();
        assert_eq!(
            tried.iter().map(|(device, _)| device.clone()).collect::<Vec<_>>(),
            [gone.0, DeviceId::new([2; 32])]
        );
        assert!(matches!(tried[0].1, FetchError::NoAddress));
    }

    #[tokio::test]
    async fn busy_devices_are_asked_again() {
        let terms = terms(6, 3);
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let answer = move || {
            let turn = count.fetch_add(1, Ordering::Relaxed);
            async move {
                match turn {
                    0 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
                    1 => StatusCode::TOO_MANY_REQUESTS.into_response(),
                    _ => outputs().encode().into_response(),
                }
            }
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let endpoint = Endpoint::from(listener.local_addr().unwrap());
        let router = Router::new().route("/vouch/v1/results/7/0", get(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let fetcher = Fetcher::new(Duration::from_millis(500)).unwrap();
        assert_eq!(fetcher.fetch(wanted(&terms), &[device(1, endpoint)]).await.unwrap(), outputs());
        assert_eq!(asked.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn device_that_has_yet_to_see_the_chunk_settled_is_asked_again_but_not_for_ever() {
        let terms = terms(6, 3);
        let asked = Arc::new(AtomicUsize::new(0));
        let late = |served_from: usize| {
            let count = asked.clone();
            let answer = move || {
                let is_served = count.fetch_add(1, Ordering::Relaxed) >= served_from;
                async move {
                    if is_served {
                        outputs().encode().into_response()
                    } else {
                        StatusCode::NOT_FOUND.into_response()
                    }
                }
            };
            Router::new().route("/vouch/v1/results/7/0", get(answer))
        };
        let fetcher = Fetcher::new(Duration::from_millis(100)).unwrap();
        for (served_from, expected) in [(LATE_TURNS - 1, true), (LATE_TURNS, false)] {
            asked.store(0, Ordering::Relaxed);
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            let endpoint = Endpoint::from(listener.local_addr().unwrap());
            let router = late(served_from);
            tokio::spawn(async move { axum::serve(listener, router).await });
            let found = fetcher.fetch(wanted(&terms), &[device(1, endpoint)]).await;
            assert_eq!((found.is_ok(), asked.load(Ordering::Relaxed)), (expected, LATE_TURNS));
        }
    }

    #[tokio::test]
    async fn redirects_are_not_followed() {
        let terms = terms(6, 3);
        let honest = serve(outputs().encode()).await.url(&results_path(7, 0));
        let head = format!("HTTP/1.1 302 Found\r\nlocation: {honest}\r\ncontent-length: 0\r\n\r\n");
        let found = fetcher().fetch_from(wanted(&terms), raw(head.into(), false).await).await;
        assert!(matches!(found, Err(FetchError::Refused(302))), "{found:?}");
    }

    #[test]
    fn what_was_kept_is_found_again_and_what_was_changed_is_not() {
        let terms = terms(6, 3);
        let (folder, wanted) = (tempfile::tempdir().unwrap(), wanted(&terms));
        let out = folder.path().join("new/results");
        let mut store = Store::open(&out, GENESIS, 7, &terms).unwrap();
        assert!(!store.has(wanted));
        store.keep(wanted, &outputs()).unwrap();
        store.flush().unwrap();
        let store = Store::open(&out, GENESIS, 7, &terms).unwrap();
        assert!(store.has(wanted) && !store.has(Wanted { chunk: 1, ..wanted }));
        assert_eq!(std::fs::read(out.join("000002.out")).unwrap(), b"three");
        assert_eq!((store.lines()[&1].status.as_str(), store.lines()[&1].fuel), ("trapped", 9));
        // Nothing on disk is believed.
        std::fs::write(out.join("000002.out"), b"thrEe").unwrap();
        assert!(!store.has(wanted));
        std::fs::remove_file(out.join("000002.out")).unwrap();
        assert!(!store.has(wanted));
    }

    #[test]
    fn results_of_two_jobs_are_not_mixed() {
        let terms = terms(6, 3);
        let folder = tempfile::tempdir().unwrap();
        Store::open(folder.path(), GENESIS, 7, &terms).unwrap().flush().unwrap();
        for (genesis, job) in [(GENESIS, 8), (H256::zero(), 7)] {
            let error = Store::open(folder.path(), genesis, job, &terms).unwrap_err();
            assert!(matches!(error, StoreError::OtherJob { job: 7, .. }), "{error}");
        }
        std::fs::write(folder.path().join(INDEX_FILE), "{}").unwrap();
        assert!(matches!(Store::open(folder.path(), GENESIS, 7, &terms), Err(StoreError::NoIndex { .. })));
    }

    #[test]
    fn statuses_have_one_name_each() {
        for (status, name) in STATUSES {
            assert_eq!((status_name(status), status_of(name)), (name, Some(status)));
        }
        assert_eq!(status_of("fine"), None);
    }
}
