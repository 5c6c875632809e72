//! Asks a device as a validator would: for the check before registering, and for tests.

use codec::{DecodeAll, Encode};
use polkadot_sdk::sp_core::{sr25519, H256};
use rand::RngCore;
use std::time::{Duration, Instant};
use vouch_primitives::{
    probe::{Challenge, ProbeResponse, MAX_RESPONSE_BYTES, PROBE_CONTENT_TYPE, PROBE_PATH},
    DeviceId, Endpoint,
};

/// How long a device may take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Why a probe failed.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// No connection, or no answer in time.
    #[error("no answer from {endpoint}: {reason}")]
    NoAnswer {
        /// Where it was sent.
        endpoint: Endpoint,
        /// What went wrong, with its causes.
        reason: String,
    },
    /// Something answered, but with an error status.
    #[error("{endpoint} answered with HTTP {status}: {reason}")]
    Refused {
        /// Where it was sent.
        endpoint: Endpoint,
        /// The HTTP status.
        status: u16,
        /// The beginning of the body.
        reason: String,
    },
    /// Something answered that is no signature of the device.
    #[error(
        "what {endpoint} answered is not signed by {device}: does another program or another device listen there?"
    )]
    NotTheDevice {
        /// Where it was sent.
        endpoint: Endpoint,
        /// The device asked for.
        device: DeviceId,
    },
}

/// Sends challenges that no validator sent: right in form, with a prober and a round that do not exist.
#[derive(Clone, Debug)]
pub struct Prober {
    http: reqwest::Client,
    genesis: H256,
}

impl Prober {
    /// A prober for the chain with `genesis`.
    pub fn new(genesis: H256) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Self { http, genesis })
    }

    /// A challenge to `device` with a fresh nonce.
    pub fn challenge(&self, device: &DeviceId) -> Challenge {
        let mut nonce = [0; 32];
        rand::thread_rng().fill_bytes(&mut nonce);
        let prober = sr25519::Public::from_raw([0; 32]).into();
        Challenge { genesis: self.genesis, round: 0, seed: H256::zero(), prober, device: device.clone(), nonce }
    }

    /// Probes `device` at `endpoint` and returns the round-trip time.
    pub async fn probe(&self, endpoint: Endpoint, device: &DeviceId) -> Result<Duration, ProbeError> {
        let challenge = self.challenge(device);
        let no_answer = |error: reqwest::Error| ProbeError::NoAnswer { endpoint, reason: with_causes(&error) };
        let start = Instant::now();
        let mut response = self
            .http
            .post(endpoint.url(PROBE_PATH))
            .header("content-type", PROBE_CONTENT_TYPE)
            .header("connection", "close")
            .body(challenge.encode())
            .send()
            .await
            .map_err(no_answer)?;
        let status = response.status();
        let most = if status.is_success() { MAX_RESPONSE_BYTES } else { 300 };
        let mut body = Vec::with_capacity(most);
        while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
            body.extend_from_slice(&chunk[..chunk.len().min(most + 1 - body.len())]);
            if body.len() > most {
                break;
            }
        }
        let elapsed = start.elapsed();
        if !status.is_success() {
            let reason = String::from_utf8_lossy(&body).trim().to_owned();
            return Err(ProbeError::Refused { endpoint, status: status.as_u16(), reason });
        }
        match ProbeResponse::decode_all(&mut &*body) {
            Ok(response) if challenge.is_answered_by(&response) => Ok(elapsed),
            _ => Err(ProbeError::NotTheDevice { endpoint, device: device.clone() }),
        }
    }
}

/// An error with everything that caused it: HTTP clients hide "connection refused" three levels down.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
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
