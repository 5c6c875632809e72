//! HTTP in front of an [`Agent`], and of the results of work if there are any: bounded bodies, bounded connections, bounded
//! patience.

use crate::{
    agent::{Agent, Decision, Refusal, Source},
    work::Store,
};
use axum::{
    body::{to_bytes, Body},
    extract::{
        connect_info::{ConnectInfo, Connected},
        rejection::PathRejection,
        Path, State,
    },
    http::{header, HeaderValue, StatusCode},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::{get, post},
    serve::{IncomingStream, Listener},
    Router,
};
use codec::Encode;
use nix::sys::resource::{getrlimit, setrlimit, Resource};
use std::{
    collections::HashMap,
    future::{Future, IntoFuture},
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{oneshot, OwnedSemaphorePermit, Semaphore},
    task::JoinHandle,
    time::Sleep,
};
use vouch_primitives::{
    probe::{CHALLENGE_BYTES, PROBE_CONTENT_TYPE, PROBE_PATH},
    work::{ChunkIndex, JobId},
};

/// Where `vouch-device health` and container health checks ask.
pub const HEALTH_PATH: &str = "/health";

/// A connection carries one request and is cut at this age, whatever happens on it: a little more than a validator waits for the
/// answer to a probe (2.5 s). A server that is full of idle connections therefore has a place again within this time.
const PATIENCE: Duration = Duration::from_secs(3);

/// Where the results of a chunk are asked for; see [`crate::work::results_path`].
const RESULTS_PATH: &str = "/vouch/v1/results/{job}/{chunk}";

/// A connection that results are sent on is cut at this age instead: 8 MiB, the most that a chunk gives, over an uplink of 1 Mbit/s.
const TRANSFER_PATIENCE: Duration = Duration::from_secs(70);

/// Connections that results are sent on at the same time. They live longer than others and hold their results in memory, so there
/// are few.
const TRANSFERS: usize = 4;

/// Connections open at the same time unless the configuration says otherwise and the keys are few.
pub const MAX_CONNECTIONS: usize = 900;

/// Files that a process has open besides its connections, at most.
const OTHER_FILES: usize = 100;

/// Connections that one source may have even to a single device: a whole committee may share an address.
const LEAST_PER_SOURCE: usize = 32;

/// Connections open at the same time unless the configuration says otherwise: several probers may share an address, each asks for
/// hundreds of a hub's keys at once, and no address gets more than a quarter.
pub fn connections_for(keys: usize) -> usize {
    keys.saturating_mul(8).max(MAX_CONNECTIONS)
}

/// How many of `connections` one source may have, so that a handful of them cannot keep everybody else out.
fn most_per_source(keys: usize, connections: usize) -> usize {
    keys.saturating_mul(4).max(LEAST_PER_SOURCE).min(connections / 4).max(1)
}

/// A running server. Dropping it stops it at once; [`Server::stop`] lets open requests finish.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    agent: Arc<Agent>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Listens on `listen` (port 0 picks one) and serves `agent` on the current tokio runtime, holding at most
    /// `max_connections` open at once and giving no single source more than four per device served (at least 32) or a quarter
    /// of them all. Raises the process's own limit on open files to what that takes, as far as the system lets it.
    ///
    /// When all are taken, new connections wait their turn in the system's queue; places become free at the latest when the
    /// connections that hold them are three seconds old.
    pub async fn start(agent: Arc<Agent>, listen: SocketAddr, max_connections: usize) -> io::Result<Self> {
        Self::start_with(agent, None, listen, max_connections).await
    }

    /// As [`Server::start`], and serves the results of chunks that the chain has settled on what is in `store`. They are sent on
    /// four connections at a time, which may become 70 s old; others are asked to come back.
    pub async fn start_with(
        agent: Arc<Agent>,
        store: Option<Arc<Store>>,
        listen: SocketAddr,
        max_connections: usize,
    ) -> io::Result<Self> {
        allow_open_files(max_connections.saturating_add(OTHER_FILES));
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let door = Door {
            listener,
            free: Arc::new(Semaphore::new(max_connections.clamp(1, Semaphore::MAX_PERMITS))),
            by_source: Arc::default(),
            most_per_source: most_per_source(agent.served(), max_connections),
        };
        let transfers = Arc::new(Semaphore::new(TRANSFERS));
        let state = App { agent: agent.clone(), store, transfers, start: Instant::now() };
        let router = Router::new()
            .route(PROBE_PATH, post(probe))
            .route(HEALTH_PATH, get(health))
            .route(RESULTS_PATH, get(results))
            .fallback(not_found)
            .method_not_allowed_fallback(method_not_allowed)
            .layer(map_response(last_on_its_connection))
            .with_state(state);
        let (stop, stopped) = oneshot::channel::<()>();
        let service = axum::serve(door, router.into_make_service_with_connect_info::<Peer>())
            // Also ends when the sender is dropped.
            .with_graceful_shutdown(async move { drop(stopped.await) });
        let task = tokio::spawn(service.into_future());
        Ok(Self { address, agent, stop: Some(stop), task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The agent it serves.
    pub fn agent(&self) -> &Arc<Agent> {
        &self.agent
    }

    /// Takes no new connection, lets open requests finish, and returns when all is closed.
    pub async fn stop(mut self) -> io::Result<()> {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        (&mut self.task).await.map_err(io::Error::other)?
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Raises the soft limit on open files to `files`, or to the hard limit if that is less.
fn allow_open_files(files: usize) {
    let wanted = u64::try_from(files).unwrap_or(u64::MAX);
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(soft, hard)| {
        let most = wanted.min(hard);
        if soft < most {
            setrlimit(Resource::RLIMIT_NOFILE, most, hard)?;
        }
        Ok(soft.max(most))
    });
    match raised {
        Ok(limit) if limit >= wanted => {},
        Ok(limit) => tracing::warn!(limit, wanted, "fewer files may be open than connections are allowed"),
        Err(error) => tracing::warn!(%error, wanted, "cannot raise the limit on open files"),
    }
}

#[derive(Clone)]
struct App {
    agent: Arc<Agent>,
    /// Results of work; `None` if it takes none.
    store: Option<Arc<Store>>,
    transfers: Arc<Semaphore>,
    start: Instant,
}

impl App {
    /// Gives `answer` to something that is no probe, if the peer may still have one.
    fn answer_stray(&self, peer: SocketAddr, answer: impl IntoResponse) -> Response {
        match self.agent.admit_stray(peer.ip(), self.start.elapsed()) {
            Ok(()) => answer.into_response(),
            Err(refusal) => refuse(peer, refusal),
        }
    }
}

async fn probe(State(app): State<App>, ConnectInfo(Peer(peer, _)): ConnectInfo<Peer>, body: Body) -> Response {
    // Which allowance pays depends on the body. One byte more than a challenge tells a long one from a right one; nothing
    // beyond is read.
    let body = to_bytes(body, CHALLENGE_BYTES + 1).await;
    let now = app.start.elapsed();
    let decision = match body {
        Ok(bytes) => app.agent.decide(&bytes, peer.ip(), now),
        Err(_) => Decision::Refuse(app.agent.refuse_too_long(peer.ip(), now)),
    };
    match decision {
        Decision::Answer(response) => {
            let content_type = HeaderValue::from_static(PROBE_CONTENT_TYPE);
            ([(header::CONTENT_TYPE, content_type)], response.encode()).into_response()
        },
        Decision::Refuse(refusal) => refuse(peer, refusal),
    }
}

fn refuse(peer: SocketAddr, refusal: Refusal) -> Response {
    tracing::debug!(%peer, %refusal, "refused");
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = (status, format!("{refusal}\n")).into_response();
    if status == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

async fn health(State(app): State<App>, ConnectInfo(Peer(peer, _)): ConnectInfo<Peer>) -> Response {
    let counts = app.agent.counts();
    let body = serde_json::json!({
        "status": "ok",
        "devices": app.agent.served(),
        "answered": counts.answered,
        "refused": counts.refused,
    });
    app.answer_stray(peer, ([(header::CONTENT_TYPE, "application/json")], body.to_string()))
}

/// The outputs of a chunk's tasks, SCALE, once the chain has settled the chunk on them: before that they would tell other devices
/// what to answer.
async fn results(
    State(app): State<App>,
    ConnectInfo(Peer(peer, transfer)): ConnectInfo<Peer>,
    named: Result<Path<(JobId, ChunkIndex)>, PathRejection>,
) -> Response {
    if let Err(refusal) = app.agent.admit_stray(peer.ip(), app.start.elapsed()) {
        return refuse(peer, refusal);
    }
    let Ok(Path((job, chunk))) = named else {
        return (StatusCode::NOT_FOUND, "jobs and chunks have numbers\n").into_response();
    };
    let none = || {
        let sentence = format!("no results of chunk {chunk} of job {job} that the chain has settled on are here\n");
        (StatusCode::NOT_FOUND, sentence).into_response()
    };
    let settled = |store: &Arc<Store>| store.entry((job, chunk)).is_some_and(|entry| entry.is_settled);
    let Some(store) = app.store.filter(settled) else { return none() };
    let Ok(permit) = app.transfers.try_acquire_owned() else {
        let sentence = "results are being sent to others: come back in a moment\n";
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")], sentence).into_response();
    };
    // Given back when the connection is closed.
    let _ = transfer.set(permit);
    let outputs = tokio::task::spawn_blocking(move || store.outputs((job, chunk)));
    match outputs.await {
        Ok(Some(outputs)) => ([(header::CONTENT_TYPE, "application/octet-stream")], outputs.encode()).into_response(),
        _ => none(),
    }
}

async fn not_found(State(app): State<App>, ConnectInfo(Peer(peer, _)): ConnectInfo<Peer>) -> Response {
    app.answer_stray(peer, StatusCode::NOT_FOUND)
}

async fn method_not_allowed(State(app): State<App>, ConnectInfo(Peer(peer, _)): ConnectInfo<Peer>) -> Response {
    app.answer_stray(peer, StatusCode::METHOD_NOT_ALLOWED)
}

/// Nobody has two things to ask in a row, and an idle connection takes another's place.
async fn last_on_its_connection(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Holds a permit once results are sent on a connection, which has more time from then on.
type Transfer = Arc<OnceLock<OwnedSemaphorePermit>>;

/// The other end of a connection.
#[derive(Clone)]
struct Peer(SocketAddr, Transfer);

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        Self(*stream.remote_addr(), stream.io().transfer.clone())
    }
}

/// A listener that bounds how many connections there are, how many of them one source has, and how old each may become.
struct Door {
    listener: TcpListener,
    free: Arc<Semaphore>,
    by_source: Arc<Mutex<HashMap<Source, usize>>>,
    most_per_source: usize,
}

impl Listener for Door {
    type Io = Guarded;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Guarded, SocketAddr) {
        loop {
            let permit = self.free.clone().acquire_owned().await.expect("the semaphore is never closed; qed");
            let (stream, peer) = Listener::accept(&mut self.listener).await;
            let Some(seat) = Seat::take(&self.by_source, peer.ip(), self.most_per_source) else {
                tracing::debug!(%peer, "connection refused: too many from this address");
                continue;
            };
            let _ = stream.set_nodelay(true);
            let (deadline, transfer) = (Box::pin(tokio::time::sleep(PATIENCE)), Transfer::default());
            return (Guarded { stream, deadline, transfer, is_longer: false, _seat: seat, _permit: permit }, peer);
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// One of the connections that a source may have; given back when dropped.
struct Seat {
    by_source: Arc<Mutex<HashMap<Source, usize>>>,
    source: Source,
}

impl Seat {
    fn take(by_source: &Arc<Mutex<HashMap<Source, usize>>>, address: IpAddr, most: usize) -> Option<Self> {
        let source = Source::from(address);
        let mut counts = by_source.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(source).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        drop(counts);
        Some(Self { by_source: by_source.clone(), source })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.by_source.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.source) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.source);
            }
        }
    }
}

/// A connection that fails once it is older than [`PATIENCE`], or, if results are sent on it, than [`TRANSFER_PATIENCE`]. What is
/// there already is read and written even then, so that a
/// busy machine does not cut those that were in time.
struct Guarded {
    stream: TcpStream,
    deadline: Pin<Box<Sleep>>,
    transfer: Transfer,
    /// Whether the deadline was put off.
    is_longer: bool,
    _seat: Seat,
    _permit: OwnedSemaphorePermit,
}

impl Guarded {
    fn out_of_patience(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.is_longer && self.transfer.get().is_some() {
            self.is_longer = true;
            let deadline = self.deadline.deadline() + (TRANSFER_PATIENCE - PATIENCE);
            self.deadline.as_mut().reset(deadline);
        }
        self.deadline.as_mut().poll(cx).is_ready()
    }
}

impl AsyncRead for Guarded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if read.is_pending() && self.out_of_patience(cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if written.is_pending() && self.out_of_patience(cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_few_sources_hold_all_connections() {
        for keys in [1, 7, 8, 100, 225, 1_024, 10_000] {
            let total = connections_for(keys);
            let most = most_per_source(keys, total);
            assert!(most * 4 <= total && most >= keys.min(225), "{most} of {total} for {keys} keys");
        }
        assert_eq!((most_per_source(1, 900), most_per_source(20, 900), most_per_source(1_024, 8_192)), (32, 80, 2_048));
        assert_eq!((most_per_source(1, 8), most_per_source(1, 1), most_per_source(usize::MAX, 0)), (2, 1, 1));
    }
}
