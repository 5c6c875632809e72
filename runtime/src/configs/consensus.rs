//! Who builds blocks, who finalises them, and the sessions in which both change.

use crate::{
    constants::*, AccountId, Babe, Balance, Balances, Historical, Offences, Runtime, RuntimeEvent, Session,
    SessionKeys, Staking,
};
use polkadot_sdk::*;

use frame_support::{
    parameter_types,
    traits::{ConstU32, ConstU64, KeyOwnerProofSystem},
};
use pallet_session::{disabling::UpToLimitWithReEnablingDisablingStrategy, historical as pallet_session_historical};
use sp_core::crypto::KeyTypeId;
use sp_runtime::traits::OpaqueKeys;

/// Most validators the chain can have.
pub const MAX_AUTHORITIES: u32 = 1_000;

/// Most nominators that count for one validator.
pub const MAX_NOMINATORS: u32 = 512;

parameter_types! {
    /// Blocks per session.
    pub const EpochDuration: u64 = SESSION_BLOCKS as u64;
    /// Milliseconds per block.
    pub const ExpectedBlockTime: u64 = MILLISECS_PER_BLOCK;
    /// Slots for which an equivocation can be reported.
    pub const ReportLongevity: u64 = 28 * 6 * SESSION_BLOCKS as u64;
    /// Planck held from a validator for its session keys.
    pub const KeyDeposit: Balance = deposit(1, 160);
}

type Proof<T> = <Historical as KeyOwnerProofSystem<(KeyTypeId, T)>>::Proof;

// BABE and GRANDPA bring their weights as `()`: formulas over the number of validators, not test figures.
impl pallet_babe::Config for Runtime {
    type EpochDuration = EpochDuration;
    type ExpectedBlockTime = ExpectedBlockTime;
    type EpochChangeTrigger = pallet_babe::ExternalTrigger;
    type DisabledValidators = Session;
    type WeightInfo = ();
    type MaxAuthorities = ConstU32<MAX_AUTHORITIES>;
    type MaxNominators = ConstU32<MAX_NOMINATORS>;
    type KeyOwnerProof = Proof<pallet_babe::AuthorityId>;
    type EquivocationReportSystem = pallet_babe::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
}

impl pallet_grandpa::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = ();
    type MaxAuthorities = ConstU32<MAX_AUTHORITIES>;
    type MaxNominators = ConstU32<MAX_NOMINATORS>;
    type MaxSetIdSessionEntries = ConstU64<{ 28 * 6 }>;
    type KeyOwnerProof = Proof<pallet_grandpa::AuthorityId>;
    type EquivocationReportSystem =
        pallet_grandpa::EquivocationReportSystem<Self, Offences, Historical, ReportLongevity>;
}

impl pallet_timestamp::Config for Runtime {
    type Moment = u64;
    type OnTimestampSet = Babe;
    type MinimumPeriod = ConstU64<{ MILLISECS_PER_BLOCK / 2 }>;
    type WeightInfo = pallet_timestamp::weights::SubstrateWeight<Runtime>;
}

impl pallet_authorship::Config for Runtime {
    type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, Babe>;
    type EventHandler = Staking;
}

impl pallet_authority_discovery::Config for Runtime {
    type MaxAuthorities = ConstU32<MAX_AUTHORITIES>;
}

impl pallet_session::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type ValidatorId = AccountId;
    type ValidatorIdOf = sp_runtime::traits::ConvertInto;
    type ShouldEndSession = Babe;
    type NextSessionRotation = Babe;
    type SessionManager = pallet_session_historical::NoteHistoricalRoot<Self, Staking>;
    type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
    type Keys = SessionKeys;
    type DisablingStrategy = UpToLimitWithReEnablingDisablingStrategy;
    type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
    type Currency = Balances;
    type KeyDeposit = KeyDeposit;
}

impl pallet_session_historical::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type FullIdentification = ();
    type FullIdentificationOf = pallet_staking::UnitIdentificationOf<Self>;
}

impl pallet_offences::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type IdentificationTuple = pallet_session_historical::IdentificationTuple<Self>;
    type OnOffenceHandler = Staking;
}
