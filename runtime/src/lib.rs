//! The Vouch runtime: the pallets of polkadot-sdk that make a chain, and ours that pay for proven contribution.
//!
//! Composition only: what the chain is made of and with which parameters. `configs` says how each pallet is set up,
//! `apis` what the node and clients may ask, `genesis_presets` which networks can be started from this code.

#![cfg_attr(not(feature = "std"), no_std)]
#![recursion_limit = "512"]
#![allow(missing_docs)] // Every item written here is documented; those that the runtime macros generate cannot be.

extern crate alloc;

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

// First: its macros list the benchmarks for `apis`.
#[cfg(feature = "runtime-benchmarks")]
#[macro_use]
mod benchmarks;

mod answers;
pub mod apis;
mod changes;
pub mod configs;
pub mod constants;
pub mod genesis_presets;
mod weights;

use alloc::vec::Vec;
use pallet_session::historical as pallet_session_historical;
use polkadot_sdk::*;
use sp_runtime::{
    generic, impl_opaque_keys,
    traits::{BlakeTwo256, IdentifyAccount, Verify},
    MultiAddress, MultiSignature,
};
use sp_version::RuntimeVersion;

/// Number of a block.
pub type BlockNumber = u32;
/// An amount of money, in planck.
pub type Balance = u128;
/// A transaction's signature.
pub type Signature = MultiSignature;
/// An account.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// How transactions name accounts.
pub type Address = MultiAddress<AccountId, ()>;
/// A hash.
pub type Hash = sp_core::H256;
/// Number of an account's next transaction.
pub type Nonce = u32;
/// A block's header.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// A block.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
/// A block as the node handles it: transactions are bytes, which JSON-RPC shows as hex, whatever the runtime makes of them.
pub type OpaqueBlock = generic::Block<Header, sp_runtime::OpaqueExtrinsic>;

/// The transaction extensions: the SDK's own, none that carries data of ours, so that every wallet knows them.
pub type TxExtension = (
    frame_system::AuthorizeCall<Runtime>,
    frame_system::CheckNonZeroSender<Runtime>,
    frame_system::CheckSpecVersion<Runtime>,
    frame_system::CheckTxVersion<Runtime>,
    frame_system::CheckGenesis<Runtime>,
    frame_system::CheckEra<Runtime>,
    frame_system::CheckNonce<Runtime>,
    frame_system::CheckWeight<Runtime>,
    pallet_transaction_payment::ChargeTransactionPayment<Runtime>,
    frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
    frame_system::WeightReclaim<Runtime>,
);

/// What goes with an immortal transaction without a tip. With nonce 0 it also fits transactions that need no signature.
pub fn extension(nonce: Nonce) -> TxExtension {
    (
        frame_system::AuthorizeCall::new(),
        frame_system::CheckNonZeroSender::new(),
        frame_system::CheckSpecVersion::new(),
        frame_system::CheckTxVersion::new(),
        frame_system::CheckGenesis::new(),
        frame_system::CheckEra::from(generic::Era::Immortal),
        frame_system::CheckNonce::from(nonce),
        frame_system::CheckWeight::new(),
        pallet_transaction_payment::ChargeTransactionPayment::from(0),
        frame_metadata_hash_extension::CheckMetadataHash::new(false),
        frame_system::WeightReclaim::new(),
    )
}

/// A transaction as it travels.
pub type UncheckedExtrinsic = generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;

/// What executes blocks.
pub type Executive =
    frame_executive::Executive<Runtime, Block, frame_system::ChainContext<Runtime>, Runtime, AllPalletsWithSystem>;

impl_opaque_keys! {
    /// A validator's session keys. The prober's comes after BABE's, so that its handler sees the new session.
    pub struct SessionKeys {
        /// Block production.
        pub babe: Babe,
        /// Finality.
        pub grandpa: Grandpa,
        /// Finding other validators.
        pub authority_discovery: AuthorityDiscovery,
        /// Probing devices and signing reports.
        pub prober: Uptime,
    }
}

/// This runtime's version.
#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
    spec_name: alloc::borrow::Cow::Borrowed("vouch"),
    impl_name: alloc::borrow::Cow::Borrowed("vouch"),
    authoring_version: 1,
    spec_version: 1,
    impl_version: 0,
    apis: apis::RUNTIME_API_VERSIONS,
    transaction_version: 1,
    system_version: 1,
};

/// BABE's configuration at genesis. Every slot has an author with a VRF output: rounds draw their seeds from it.
pub const BABE_GENESIS_EPOCH_CONFIG: sp_consensus_babe::BabeEpochConfiguration =
    sp_consensus_babe::BabeEpochConfiguration {
        c: constants::PRIMARY_PROBABILITY,
        allowed_slots: sp_consensus_babe::AllowedSlots::PrimaryAndSecondaryVRFSlots,
    };

#[frame_support::runtime]
mod runtime {
    /// The Vouch runtime.
    #[runtime::runtime]
    #[runtime::derive(
        RuntimeCall,
        RuntimeEvent,
        RuntimeError,
        RuntimeOrigin,
        RuntimeFreezeReason,
        RuntimeHoldReason,
        RuntimeSlashReason,
        RuntimeLockId,
        RuntimeTask,
        RuntimeViewFunction
    )]
    pub struct Runtime;

    #[runtime::pallet_index(0)]
    pub type System = frame_system;
    #[runtime::pallet_index(1)]
    pub type Timestamp = pallet_timestamp;
    #[runtime::pallet_index(2)]
    pub type Babe = pallet_babe;
    #[runtime::pallet_index(3)]
    pub type Authorship = pallet_authorship;
    #[runtime::pallet_index(4)]
    pub type Balances = pallet_balances;
    #[runtime::pallet_index(5)]
    pub type TransactionPayment = pallet_transaction_payment;

    #[runtime::pallet_index(10)]
    pub type Staking = pallet_staking;
    #[runtime::pallet_index(11)]
    pub type Offences = pallet_offences;
    #[runtime::pallet_index(12)]
    pub type Historical = pallet_session_historical;
    #[runtime::pallet_index(13)]
    pub type Session = pallet_session;
    #[runtime::pallet_index(14)]
    pub type Grandpa = pallet_grandpa;
    #[runtime::pallet_index(15)]
    pub type AuthorityDiscovery = pallet_authority_discovery;

    #[runtime::pallet_index(20)]
    pub type Utility = pallet_utility;
    #[runtime::pallet_index(21)]
    pub type Proxy = pallet_proxy;
    #[runtime::pallet_index(22)]
    pub type Multisig = pallet_multisig;
    #[runtime::pallet_index(23)]
    pub type Sudo = pallet_sudo;
    #[runtime::pallet_index(24)]
    pub type Parameters = pallet_parameters;

    #[runtime::pallet_index(50)]
    pub type Devices = pallet_devices;
    #[runtime::pallet_index(51)]
    pub type Uptime = pallet_uptime;
    // Before what it is paid by: that refuses a genesis in which work would pay itself.
    #[runtime::pallet_index(52)]
    pub type Work = pallet_work;
    #[runtime::pallet_index(53)]
    pub type Rewards = pallet_rewards;
}
