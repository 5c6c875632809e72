//! One connection to one of several nodes, and what to do when it breaks.

use super::{light, Error, Hash};
use polkadot_sdk::sp_core::H256;
use rand::Rng;
use std::{
    future::Future,
    sync::{
        atomic::{AtomicUsize, Ordering},
        Arc,
    },
    time::Duration,
};
use subxt::{
    backend::LegacyBackend,
    config::{RpcConfigFor, SubstrateConfig},
    rpcs::{LegacyRpcMethods, RpcClient},
    OnlineClient,
};
use tokio::{
    sync::Mutex,
    time::{timeout, timeout_at, Instant},
};

/// How long a node may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a node may take to answer a request.
const REQUEST: Duration = Duration::from_secs(30);
/// How long a node may take to show that it is still there after a request failed.
const ALIVE: Duration = Duration::from_secs(5);
/// Longest pause after the first failed round of attempts; doubles with each round up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// Longest pause between two rounds of attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A connection.
pub(super) struct Link {
    pub(super) url: String,
    pub(super) rpc: LegacyRpcMethods<RpcConfigFor<SubstrateConfig>>,
    pub(super) online: OnlineClient<SubstrateConfig>,
    /// Whether a light client stands in for a node.
    is_light: bool,
}

impl Link {
    /// By the light client `light`, or by a connection to the node at `url`.
    async fn open(url: &str, light: Option<RpcClient>, config: SubstrateConfig) -> Result<Self, String> {
        let is_light = light.is_some();
        let patience = if is_light { light::SYNC } else { CONNECT };
        let attempt = async {
            let client = match light {
                Some(client) => client,
                None => RpcClient::from_insecure_url(url).await?,
            };
            let backend = Arc::new(LegacyBackend::builder().build(client.clone()));
            let online = OnlineClient::from_backend_with_config(config, backend).await?;
            Ok::<_, subxt::Error>(Self { url: url.to_owned(), rpc: LegacyRpcMethods::new(client), online, is_light })
        };
        match timeout(patience, attempt).await {
            Ok(Ok(link)) => Ok(link),
            Ok(Err(error)) => Err(plain(&error)),
            Err(_) => Err(format!("no answer within {patience:?}")),
        }
    }

    /// The block as of which to ask: the one that is `named`, or else the best one, `None`, of a node; of a light client the last
    /// final one, because it does not execute blocks, and the author of a best block may have invented what is in its state.
    pub(super) async fn as_of(&self, named: Option<Hash>) -> Result<Option<Hash>, subxt::Error> {
        match named {
            None if self.is_light => Ok(Some(self.rpc.chain_get_finalized_head().await?)),
            named => Ok(named),
        }
    }

    fn genesis(&self) -> H256 {
        H256(self.online.genesis_hash().0)
    }

    async fn is_alive(&self) -> bool {
        matches!(timeout(ALIVE, self.rpc.system_chain()).await, Ok(Ok(_)))
    }
}

/// The nodes that may be asked, and the connection to one of them.
pub(super) struct Links {
    urls: Vec<String>,
    expected: Option<H256>,
    /// How long to go on trying while no node can be reached; `None` is for ever.
    patience: Option<Duration>,
    current: Mutex<Option<Arc<Link>>>,
    next: AtomicUsize,
}

impl Links {
    pub(super) fn new(urls: Vec<String>, expected: Option<H256>, patience: Option<Duration>) -> Self {
        Self { urls, expected, patience, current: Mutex::default(), next: AtomicUsize::new(0) }
    }

    fn deadline(&self) -> Option<Instant> {
        self.patience.and_then(|patience| Instant::now().checked_add(patience))
    }

    /// Asks a node, any of them; when the connection breaks, asks again through another one. `ask` must therefore be harmless
    /// to repeat.
    pub(super) async fn ask<T, F, A>(&self, ask: F) -> Result<T, Error>
    where
        F: Fn(Arc<Link>) -> A,
        A: Future<Output = Result<T, subxt::Error>>,
    {
        let deadline = self.deadline();
        loop {
            let link = self.link(deadline).await?;
            let reason = match timeout(REQUEST, ask(link.clone())).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) if link.is_alive().await => return Err(error.into()),
                Ok(Err(error)) => plain(&error),
                Err(_) => format!("no answer within {REQUEST:?}"),
            };
            tracing::warn!(node = %link.url, %reason, "lost the node");
            self.forget(&link).await;
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err(Error::Unreachable { tried: vec![(link.url.clone(), reason)] });
            }
        }
    }

    /// The connection, made anew if there is none.
    async fn link(&self, deadline: Option<Instant>) -> Result<Arc<Link>, Error> {
        // Whoever comes while one connects waits for that connection.
        let mut current = match deadline {
            Some(deadline) => timeout_at(deadline.max(Instant::now() + CONNECT), self.current.lock())
                .await
                .map_err(|_| Error::Unreachable { tried: self.untried("still connecting") })?,
            None => self.current.lock().await,
        };
        if let Some(link) = &*current {
            return Ok(link.clone());
        }
        let link = Arc::new(self.connect(deadline).await?);
        tracing::info!(node = %link.url, "connected");
        *current = Some(link.clone());
        Ok(link)
    }

    async fn forget(&self, link: &Arc<Link>) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|current| Arc::ptr_eq(current, link)) {
            *current = None;
        }
    }

    async fn connect(&self, deadline: Option<Instant>) -> Result<Link, Error> {
        for round in 0.. {
            let mut tried = Vec::new();
            // What will not get better by waiting.
            let mut hopeless = None;
            for _ in 0..self.urls.len() {
                let url = &self.urls[self.next.fetch_add(1, Ordering::Relaxed) % self.urls.len()];
                let light = match light::spec_of(url).map(light::start).transpose() {
                    Ok(light) => light,
                    Err(reason) => {
                        tracing::warn!(%reason, "no light client");
                        hopeless = Some(Error::Specification(reason));
                        continue;
                    },
                };
                // A fresh configuration: it remembers metadata by version, which another chain may count alike.
                match Link::open(url, light, SubstrateConfig::new()).await {
                    Ok(link) => match self.expected {
                        Some(expected) if expected != link.genesis() => {
                            let found = link.genesis();
                            hopeless = Some(Error::WrongChain { url: url.clone(), expected, found });
                        },
                        _ => return Ok(link),
                    },
                    Err(reason) => tried.push((url.clone(), reason)),
                }
            }
            // A node that cannot be reached may come back; one of another chain stays what it is, and so does a specification.
            if let (Some(hopeless), true) = (hopeless, tried.is_empty()) {
                return Err(hopeless);
            }
            let pause = pause(round, rand::thread_rng().gen());
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Err(Error::Unreachable { tried });
            }
            let error = Error::Unreachable { tried };
            // Who waits for ever is told again and again, but not of the first hasty attempts; who does not gets the error.
            if round == 0 || (deadline.is_none() && pause >= Duration::from_secs(2)) {
                tracing::warn!(%error, "waiting for a node");
            }
            // The last attempt is made when patience ends, not before.
            tokio::time::sleep(left.map_or(pause, |left| pause.min(left))).await;
        }
        Err(Error::Unreachable { tried: self.untried("no node configured") })
    }

    fn untried(&self, reason: &str) -> Vec<(String, String)> {
        self.urls.iter().map(|url| (url.clone(), reason.to_owned())).collect()
    }

    /// The genesis hash of the chain that the node follows.
    pub(super) async fn genesis(&self) -> Result<H256, Error> {
        Ok(self.link(self.deadline()).await?.genesis())
    }
}

/// The pause after failed round number `round` of attempts: exponential, with full jitter (`draw` is uniform in 0..1), so that
/// devices which lost a node together do not come back together. See "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
fn pause(round: u32, draw: f64) -> Duration {
    let longest = FIRST_PAUSE.saturating_mul(1u32.checked_shl(round).unwrap_or(u32::MAX)).min(LONGEST_PAUSE);
    // Never quite zero: a refused connection fails at once.
    (longest.mul_f64(draw)).max(FIRST_PAUSE / 10)
}

/// An error of the client library without the layers it went through.
pub(super) fn plain(error: &subxt::Error) -> String {
    let text = error.to_string();
    let mut rest = text.as_str();
    while let Some(inner) = LAYERS.iter().find_map(|layer| rest.strip_prefix(layer)) {
        rest = inner;
    }
    rest.to_owned()
}

const LAYERS: [&str; 5] =
    ["Other RPC client error: ", "RPC error: ", "client error: ", "User error: ", "Cannot construct OnlineClient: "];

/// Between the SDK's and the client library's hash types, which are generations of the same crate.
pub(super) fn to_subxt(hash: H256) -> Hash {
    Hash::from(hash.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonrpsee::{server::Server, RpcModule};

    #[test]
    fn pauses_grow_to_a_bound_and_are_jittered() {
        for round in 0..100 {
            assert!(pause(round, 0.999_999) <= LONGEST_PAUSE);
            assert!(pause(round, 0.0) > Duration::ZERO);
            assert!(pause(round, 0.9) >= pause(round, 0.1));
        }
        assert!(pause(3, 0.9) > pause(0, 0.9));
        assert!(pause(50, 0.9) > Duration::from_secs(20));
    }

    #[tokio::test]
    async fn node_is_asked_about_its_best_block_and_light_client_about_a_final_one() {
        let [genesis, last_final, named] = [1, 2, 3].map(Hash::repeat_byte);
        let mut rpc = RpcModule::new(());
        rpc.register_method("chain_getBlockHash", move |_, _, _| format!("{genesis:?}")).unwrap();
        rpc.register_method("chain_getFinalizedHead", move |_, _, _| format!("{last_final:?}")).unwrap();
        let server = Server::builder().build("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", server.local_addr().unwrap());
        let _running = server.start(rpc);
        let light = RpcClient::from_insecure_url(&url).await.unwrap();
        for (client, unnamed) in [(None, None), (Some(light), Some(last_final))] {
            let link = Link::open(&url, client, SubstrateConfig::new()).await.unwrap();
            assert_eq!(link.as_of(None).await.unwrap(), unnamed);
            assert_eq!(link.as_of(Some(named)).await.unwrap(), Some(named));
        }
    }

    #[tokio::test]
    async fn unreachable_nodes_are_all_named_when_patience_ends() {
        // No service that is in use listens on TCP port 1.
        let urls = vec!["ws://127.0.0.1:1".to_owned(), "ws://localhost:1".to_owned()];
        let links = Links::new(urls.clone(), None, Some(Duration::from_millis(10)));
        match links.genesis().await {
            Err(Error::Unreachable { tried }) => {
                assert_eq!(tried.into_iter().map(|(url, _)| url).collect::<Vec<_>>(), urls)
            },
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn specification_that_cannot_be_used_is_an_error_however_patient_one_is() {
        let links = Links::new(vec!["light:/nowhere/spec.json".into()], None, None);
        assert!(matches!(links.genesis().await, Err(Error::Specification(reason)) if reason.contains("spec.json")));
        // Unless there is a node besides, which may come back.
        let urls = vec!["light:/nowhere/spec.json".into(), "ws://127.0.0.1:1".into()];
        let links = Links::new(urls, None, Some(Duration::from_millis(10)));
        assert!(matches!(links.genesis().await, Err(Error::Unreachable { tried }) if tried.len() == 1));
    }

    #[tokio::test]
    async fn no_node_configured_is_an_error_not_a_hang() {
        let links = Links::new(vec![], None, Some(Duration::from_millis(10)));
        assert!(matches!(links.genesis().await, Err(Error::Unreachable { .. })));
    }
}
