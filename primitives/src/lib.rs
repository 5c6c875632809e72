//! What Vouch computes, without saying where it is stored: identities and places, the probe's wire format, the committee
//! draw, the tally, the points and emission maths, and the traits and runtime API through which the pallets meet.
//!
//! Nothing here reads storage, does I/O or knows a runtime. Everything is deterministic and property-tested; the chain, the
//! device agent and the tools all use this one implementation.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod accuracy;
pub mod api;
pub mod audit;
pub mod committee;
pub mod deterrence;
pub mod emission;
pub mod endpoint;
pub mod evidence;
pub mod explain;
pub mod history;
pub mod lanes;
pub mod points;
pub mod probe;
pub mod prober;
pub mod report;
pub mod tally;
pub mod traits;
pub mod work;

pub use endpoint::Endpoint;
pub use lanes::{Bitmap, CohortId, Lane, LatencyCodes, Place, LANES};

use polkadot_sdk::sp_runtime::{AccountId32, MultiSignature};

/// Identifies a device: the `AccountId32` of its public key (the key itself for ed25519 and sr25519, its BLAKE2b-256 hash for
/// ECDSA). Whoever can sign for this account is the device.
pub type DeviceId = AccountId32;

/// A device's signature; [`polkadot_sdk::sp_runtime::traits::Verify`] checks it against the [`DeviceId`] alone.
pub type DeviceSignature = MultiSignature;

/// Number of a round since genesis.
pub type RoundIndex = u32;

/// Number of a reward epoch since genesis.
pub type EpochIndex = u32;

/// Index into the registry's class table.
pub type ClassId = u8;

/// Weight of a class: what one perfect round of one of its devices earns, in hundredths of a standard device's.
pub type ClassWeight = u16;

/// Number of a validator among all that ever probed, in the order in which they first did. Never given to another.
pub type ProberNumber = u32;

/// Points earned inside one epoch.
pub type Points = u32;
