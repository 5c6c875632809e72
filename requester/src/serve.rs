//! Serves a job's module and inputs to the devices and validators that compute it. What is served goes by its hash, so that nothing
//! has to be believed; connections are bounded in number, in number from one address, and in age.

use crate::folder::Folder;
use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{header, HeaderValue, StatusCode},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::get,
    serve::Listener,
    Router,
};
use codec::Encode;
use std::{
    collections::HashMap,
    future::{Future, IntoFuture},
    io,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::{
        atomic::{AtomicU64, Ordering},
        Arc, Mutex, PoisonError,
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{oneshot, OnceCell, OwnedSemaphorePermit, Semaphore},
    task::JoinHandle,
    time::Sleep,
};
use vouch_device::H256;
use vouch_primitives::work::{inputs, ChunkIndex};

/// Connections open at the same time.
const MAX_CONNECTIONS: usize = 512;

/// Connections that one address may have: many devices may share one.
const MAX_PER_SOURCE: usize = 64;

/// Age at which a connection is cut, whatever happens on it. A module and a chunk's inputs are 1.5 MiB at most.
const PATIENCE: Duration = Duration::from_secs(60);

/// Bundles that are made at the same time: each takes a pass over all inputs.
const MAKING: usize = 2;

/// What is served.
#[derive(Debug)]
pub struct Content {
    module_hash: H256,
    module: Bytes,
    inputs_root: H256,
    inputs: Vec<Vec<u8>>,
    chunk_tasks: u32,
    /// The encoded bundles, each made when it is first asked for.
    bundles: Vec<OnceCell<Bytes>>,
    making: Semaphore,
    sent: AtomicU64,
}

impl Content {
    /// What `folder` holds.
    pub fn of(folder: Folder) -> Arc<Self> {
        let Folder { module, inputs, chunk_tasks, .. } = folder;
        let chunks = inputs.len().div_ceil(chunk_tasks.max(1) as usize);
        Arc::new(Self {
            module_hash: inputs::module_hash(&module),
            module: module.into(),
            inputs_root: inputs::root(&inputs, chunk_tasks),
            inputs,
            chunk_tasks,
            bundles: (0..chunks).map(|_| OnceCell::new()).collect(),
            making: Semaphore::new(MAKING),
            sent: AtomicU64::new(0),
        })
    }

    /// Where the module is served.
    pub fn module_path(&self) -> String {
        inputs::module_path(self.module_hash)
    }

    /// Where the inputs of a chunk are served.
    pub fn bundle_path(&self, chunk: ChunkIndex) -> String {
        inputs::bundle_path(self.inputs_root, chunk)
    }

    /// Bytes of all that was asked for so far.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// The module, if it is the one of this hash.
    fn module(&self, hash: &str) -> Option<Bytes> {
        (hash == format!("{:?}", self.module_hash)).then(|| self.module.clone())
    }

    /// The inputs of a chunk, if they are under this root.
    async fn bundle(self: Arc<Self>, root: &str, chunk: &str) -> Option<Bytes> {
        if root != format!("{:?}", self.inputs_root) {
            return None;
        }
        // Only numbers as they are written: a chunk has one address.
        let chunk = chunk.parse::<ChunkIndex>().ok().filter(|number| number.to_string() == chunk)?;
        let cell = self.bundles.get(chunk as usize)?;
        let this = &self;
        let making = cell.get_or_try_init(move || async move {
            let _permit = this.making.acquire().await.map_err(|_| ())?;
            let all = Arc::clone(this);
            let make = move || inputs::bundle(&all.inputs, all.chunk_tasks, chunk).map(|bundle| bundle.encode());
            tokio::task::spawn_blocking(make).await.ok().flatten().map(Bytes::from).ok_or(())
        });
        let made = making.await;
        made.ok().cloned()
    }

    /// The answer to who asked for what was found, or was not.
    fn answer(&self, found: Option<Bytes>) -> Response {
        match found {
            Some(bytes) => {
                self.sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                let content_type = HeaderValue::from_static("application/octet-stream");
                // What is at this address never changes.
                let keep = HeaderValue::from_static("public, max-age=31536000, immutable");
                ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, keep)], bytes).into_response()
            },
            None => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

/// A running server. Dropping it stops it at once; [`Server::stop`] lets open requests finish.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Listens on `listen` (port 0 picks one) and serves `content` on the current tokio runtime.
    pub async fn start(content: Arc<Content>, listen: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let door = Door { listener, free: Arc::new(Semaphore::new(MAX_CONNECTIONS)), by_source: Arc::default() };
        // As `inputs::module_path` and `inputs::bundle_path` say.
        let router = Router::new()
            .route("/vouch/v1/modules/{hash}", get(module))
            .route("/vouch/v1/inputs/{root}/{chunk}", get(bundle))
            .layer(map_response(last_on_its_connection))
            .with_state(content);
        let (stop, stopped) = oneshot::channel::<()>();
        // Also ends when the sender is dropped.
        let service = axum::serve(door, router).with_graceful_shutdown(async move { drop(stopped.await) });
        let task = tokio::spawn(service.into_future());
        Ok(Self { address, stop: Some(stop), task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
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

async fn module(State(content): State<Arc<Content>>, Path(hash): Path<String>) -> Response {
    content.answer(content.module(&hash))
}

async fn bundle(State(content): State<Arc<Content>>, Path((root, chunk)): Path<(String, String)>) -> Response {
    let found = content.clone().bundle(&root, &chunk).await;
    content.answer(found)
}

/// An idle connection takes another's place.
async fn last_on_its_connection(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Who connections are counted for: an IPv4 address, or the /64 that one subscriber has at least.
fn source(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
        ip => ip,
    }
}

/// A listener that bounds how many connections there are, how many of them one source has, and how old each may become.
struct Door {
    listener: TcpListener,
    free: Arc<Semaphore>,
    by_source: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Listener for Door {
    type Io = Guarded;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Guarded, SocketAddr) {
        loop {
            let permit = self.free.clone().acquire_owned().await.expect("the semaphore is never closed; qed");
            let (stream, peer) = Listener::accept(&mut self.listener).await;
            let Some(seat) = Seat::take(&self.by_source, source(peer.ip())) else {
                tracing::debug!(%peer, "connection refused: too many from this address");
                continue;
            };
            let deadline = Box::pin(tokio::time::sleep(PATIENCE));
            return (Guarded { stream, deadline, _seat: seat, _permit: permit }, peer);
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// One of the connections that a source may have; given back when dropped.
struct Seat {
    by_source: Arc<Mutex<HashMap<IpAddr, usize>>>,
    source: IpAddr,
}

impl Seat {
    fn take(by_source: &Arc<Mutex<HashMap<IpAddr, usize>>>, source: IpAddr) -> Option<Self> {
        let mut counts = by_source.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(source).or_default();
        if *count >= MAX_PER_SOURCE {
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

/// A connection that fails once it is older than [`PATIENCE`] and would have to wait.
struct Guarded {
    stream: TcpStream,
    deadline: Pin<Box<Sleep>>,
    _seat: Seat,
    _permit: OwnedSemaphorePermit,
}

impl Guarded {
    fn or_cut<T>(&mut self, progress: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if progress.is_pending() && self.deadline.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        progress
    }
}

impl AsyncRead for Guarded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.or_cut(read, cx)
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.or_cut(written, cx)
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
    use crate::folder::tests::{folder, GOOD, IDLE};
    use codec::DecodeAll;
    use vouch_device::chain::Token;
    use vouch_primitives::work::Bundle;

    fn job() -> Folder {
        let folder = folder(GOOD, &[("a", b"first"), ("b", b"second"), ("c", b"third")]);
        Folder::load(folder.path()).unwrap()
    }

    async fn start(job: Folder) -> (Server, Arc<Content>) {
        let content = Content::of(job);
        let server = Server::start(content.clone(), SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        (server, content)
    }

    async fn ask(server: &Server, path: &str) -> (u16, Vec<u8>) {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let response = http.get(format!("http://{}{path}", server.address())).send().await.unwrap();
        (response.status().as_u16(), response.bytes().await.unwrap().to_vec())
    }

    #[tokio::test]
    async fn module_and_inputs_are_where_the_chain_says() {
        let job = job();
        let token = Token { symbol: "VCH".into(), decimals: 12 };
        let terms = job.terms(SocketAddr::from(([127, 0, 0, 1], 1)).into(), &token, 0).unwrap();
        let (server, content) = start(job).await;
        assert_eq!(ask(&server, &inputs::module_path(terms.module)).await, (200, IDLE.to_vec()));
        let mut bytes = IDLE.len() as u64;
        for chunk in 0..terms.chunks() {
            let (status, body) = ask(&server, &inputs::bundle_path(terms.inputs, chunk)).await;
            assert_eq!(status, 200);
            assert!(Bundle::decode_all(&mut &*body).unwrap().is_of(&terms, chunk));
            // Made once, and then the same.
            assert_eq!(ask(&server, &content.bundle_path(chunk)).await, (200, body.clone()));
            bytes += 2 * body.len() as u64;
        }
        assert_eq!(content.sent(), bytes);
        server.stop().await.unwrap();
    }

    #[tokio::test]
    async fn nothing_else_is_served() {
        let (server, content) = start(job()).await;
        let (module, root) = (content.module_path(), content.bundle_path(0));
        let root = root.trim_end_matches('0').trim_end_matches('/').to_owned();
        for path in [
            "/".to_owned(),
            "/job.toml".to_owned(),
            inputs::module_path(H256::repeat_byte(1)),
            inputs::bundle_path(H256::repeat_byte(1), 0),
            // The module's hash is none of inputs, and the other way round.
            inputs::bundle_path(content.module_hash, 0),
            inputs::module_path(content.inputs_root),
            format!("{module}0"),
            module.to_uppercase(),
            format!("{root}/2"),
            format!("{root}/00"),
            format!("{root}/+0"),
            format!("{root}/-1"),
            format!("{root}/99999999999999"),
            format!("{root}/0/0"),
            format!("{root}/..%2F..%2Fjob.toml"),
        ] {
            let (status, body) = ask(&server, &path).await;
            assert_eq!((status, body.len()), (404, 0), "{path}");
        }
        assert_eq!(content.sent(), 0);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let posted = http.post(format!("http://{}{module}", server.address())).body("x").send().await.unwrap();
        assert_eq!(posted.status().as_u16(), 405);
    }

    #[test]
    fn one_source_has_a_bounded_number_of_connections() {
        let by_source = Arc::default();
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let mut seats: Vec<_> = (0..MAX_PER_SOURCE).map(|_| Seat::take(&by_source, one).unwrap()).collect();
        assert!(Seat::take(&by_source, one).is_none() && Seat::take(&by_source, other).is_some());
        seats.pop();
        assert!(Seat::take(&by_source, one).is_some());
        let v6 = |text: &str| source(text.parse().unwrap());
        assert_eq!(v6("2001:db8:1:2::1"), v6("2001:db8:1:2:ffff::9"));
        assert_ne!(v6("2001:db8:1:2::1"), v6("2001:db8:1:3::1"));
        assert_eq!(v6("::ffff:10.0.0.1"), one);
    }
}
