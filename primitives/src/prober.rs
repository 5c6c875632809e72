//! The session key that a validator probes and reports with.

use polkadot_sdk::sp_core::crypto::KeyTypeId;

/// Key type under which the prober key lives in a validator's keystore.
pub const KEY_TYPE: KeyTypeId = KeyTypeId(*b"prob");

mod app {
    use polkadot_sdk::sp_application_crypto::{app_crypto, sr25519};
    app_crypto!(sr25519, super::KEY_TYPE);
}

/// A prober's public session key.
pub type ProberId = app::Public;

/// A prober's signature, over the encoding of a [`crate::report::Report`].
pub type ProberSignature = app::Signature;

/// A prober's key pair; only nodes and tests hold one.
#[cfg(feature = "std")]
pub type ProberPair = app::Pair;
