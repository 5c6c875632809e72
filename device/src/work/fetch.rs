//! Fetches what a chunk is computed from. The requester is a stranger: nothing is believed before its hash was checked, and nothing
//! it sends takes more memory or time than stated here.

use crate::{chain::Terms, prober::with_causes};
use codec::DecodeAll;
use std::time::Duration;
use vouch_primitives::work::{
    inputs::{bundle_path, module_hash, module_path},
    Bundle, ChunkIndex, MAX_BUNDLE_BYTES, MAX_MODULE_BYTES,
};

/// How long a source may take to let us in.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a source may take for one module or one chunk's inputs, from the first byte sent to the last received.
const TRANSFER: Duration = Duration::from_secs(60);

/// Why something could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Nobody answers there, or not in time, or with an error.
    #[error("{url} is unreachable: {reason}")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// What went wrong, with its causes.
        reason: String,
    },
    /// It is larger than it may be, and was not read to its end.
    #[error("{url} is too large: more than {most} bytes")]
    TooLarge {
        /// What was asked for.
        url: String,
        /// Bytes that it may have.
        most: usize,
    },
    /// It is not what the requester signed for.
    #[error("{url} has the wrong hash: it is not what the job's terms say")]
    WrongHash {
        /// What was asked for.
        url: String,
    },
}

/// Fetches modules and inputs: over plain HTTP, without following redirects and without a proxy, so that a job makes a device
/// connect to the one address in its terms, which the chain has checked, and to no other.
#[derive(Clone, Debug)]
pub struct Fetcher {
    http: reqwest::Client,
}

impl Fetcher {
    /// A fetcher.
    ///
    /// # Errors
    ///
    /// If the system has no means to make connections.
    pub fn new() -> reqwest::Result<Self> {
        Self::with_timeout(TRANSFER)
    }

    fn with_timeout(timeout: Duration) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(timeout)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Self { http })
    }

    /// The module of a job with these terms.
    ///
    /// # Errors
    ///
    /// If it is not to be had.
    pub async fn module(&self, terms: &Terms) -> Result<Vec<u8>, FetchError> {
        let url = terms.source.url(&module_path(terms.module));
        let code = self.get(&url, MAX_MODULE_BYTES as usize).await?;
        if module_hash(&code) != terms.module {
            return Err(FetchError::WrongHash { url });
        }
        Ok(code)
    }

    /// The inputs of a chunk of a job with these terms.
    ///
    /// # Errors
    ///
    /// If they are not to be had.
    pub async fn bundle(&self, terms: &Terms, chunk: ChunkIndex) -> Result<Bundle, FetchError> {
        let url = terms.source.url(&bundle_path(terms.inputs, chunk));
        let bytes = self.get(&url, MAX_BUNDLE_BYTES as usize).await?;
        match Bundle::decode_all(&mut &*bytes) {
            Ok(bundle) if bundle.is_of(terms, chunk) => Ok(bundle),
            _ => Err(FetchError::WrongHash { url }),
        }
    }

    /// What is at `url`, if it is no more than `most` bytes.
    async fn get(&self, url: &str, most: usize) -> Result<Vec<u8>, FetchError> {
        let unreachable = |reason: String| FetchError::Unreachable { url: url.to_owned(), reason };
        let too_large = || FetchError::TooLarge { url: url.to_owned(), most };
        let failed = |error: reqwest::Error| unreachable(with_causes(&error));
        let mut response = self.http.get(url).header("connection", "close").send().await.map_err(failed)?;
        if !response.status().is_success() {
            return Err(unreachable(format!("HTTP {}", response.status())));
        }
        if response.content_length().is_some_and(|length| length > most as u64) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(failed)? {
            if piece.len() > most - body.len() {
                return Err(too_large());
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::terms, *};
    use axum::{
        body::{Body, Bytes},
        http::{header, StatusCode, Uri},
        response::{IntoResponse, Response},
        Router,
    };
    use codec::Encode;
    use futures::stream;
    use std::{convert::Infallible, net::SocketAddr, sync::Arc};
    use vouch_primitives::work::inputs::bundle;

    /// A source that answers to any path with what `answer` gives for it.
    async fn source(answer: impl Fn(&str) -> Response + Send + Sync + 'static) -> SocketAddr {
        let answer = Arc::new(answer);
        let router = Router::new().fallback(move |uri: Uri| {
            let answer = answer.clone();
            async move { answer(uri.path()) }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    fn inputs() -> Vec<Vec<u8>> {
        (0..5u8).map(|n| vec![n; 9]).collect()
    }

    fn anywhere() -> SocketAddr {
        ([127, 0, 0, 1], 1).into()
    }

    #[tokio::test]
    async fn what_the_terms_say_is_taken_and_anything_else_is_not() {
        let code = b"not really a module".to_vec();
        let (chunks, module) = ([0, 1, 2].map(|chunk| bundle(&inputs(), 2, chunk).unwrap().encode()), code.clone());
        let honest = source(move |path| match path.rsplit('/').next() {
            _ if path.contains("/modules/") => module.clone().into_response(),
            Some(chunk) => chunks[chunk.parse::<usize>().unwrap()].clone().into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        })
        .await;
        let (fetcher, honest) = (Fetcher::new().unwrap(), terms(&code, &inputs(), honest));
        assert_eq!(fetcher.module(&honest).await, Ok(code.clone()));
        for chunk in 0..3 {
            assert_eq!(fetcher.bundle(&honest, chunk).await, Ok(bundle(&inputs(), 2, chunk).unwrap()));
        }
        // The same source, and terms that say otherwise.
        let other = terms(b"another module", &inputs()[1..], (honest.source.ip(), honest.source.port()).into());
        assert!(matches!(fetcher.module(&other).await, Err(FetchError::WrongHash { .. })));
        let error = fetcher.bundle(&other, 0).await.unwrap_err();
        assert!(matches!(&error, FetchError::WrongHash { url } if url.contains("/inputs/")), "{error}");
        assert!(error.to_string().contains("wrong hash"));
    }

    #[tokio::test]
    async fn inputs_of_another_chunk_are_not_taken() {
        let address = source(|_| bundle(&inputs(), 2, 1).unwrap().encode().into_response()).await;
        let fetched = Fetcher::new().unwrap().bundle(&terms(b"", &inputs(), address), 0).await;
        assert!(matches!(fetched, Err(FetchError::WrongHash { .. })));
    }

    #[tokio::test]
    async fn nothing_is_read_beyond_the_limit_whether_or_not_its_length_is_told() {
        let told = source(|_| vec![0u8; MAX_BUNDLE_BYTES as usize + 1].into_response()).await;
        let endless = source(|_| {
            let piece = || Ok::<_, Infallible>(Bytes::from_static(&[0; 4096]));
            Body::from_stream(stream::repeat_with(piece)).into_response()
        })
        .await;
        let fetcher = Fetcher::new().unwrap();
        for address in [told, endless] {
            let terms = terms(b"", &inputs(), address);
            let error = fetcher.bundle(&terms, 0).await.unwrap_err();
            assert!(matches!(error, FetchError::TooLarge { most, .. } if most == MAX_BUNDLE_BYTES as usize), "{error}");
            let error = fetcher.module(&terms).await.unwrap_err();
            assert!(matches!(error, FetchError::TooLarge { most, .. } if most == MAX_MODULE_BYTES as usize), "{error}");
        }
    }

    #[tokio::test]
    async fn whoever_does_not_answer_in_time_or_sends_elsewhere_is_unreachable() {
        let slow = source(|_| Body::from_stream(stream::pending::<Result<Bytes, Infallible>>()).into_response()).await;
        let elsewhere =
            source(|_| (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "http://127.0.0.1:2/")]).into_response())
                .await;
        let gone = source(|_| StatusCode::NOT_FOUND.into_response()).await;
        let fetcher = Fetcher::with_timeout(Duration::from_millis(300)).unwrap();
        for (address, expected) in
            [(slow, "unreachable"), (elsewhere, "HTTP 307"), (gone, "HTTP 404"), (anywhere(), "unreachable")]
        {
            let error = fetcher.module(&terms(b"", &inputs(), address)).await.unwrap_err();
            assert!(matches!(error, FetchError::Unreachable { .. }), "{error}");
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
