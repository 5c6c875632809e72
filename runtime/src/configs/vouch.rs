//! Our own pallets: who is registered, who is up, who works, who is paid.

use crate::{AccountId, Balances, Devices, Historical, Offences, Rewards, Runtime, RuntimeHoldReason, Uptime, Work};
use polkadot_sdk::*;

use frame_support::{
    parameter_types,
    traits::{ConstU32, Contains, Get},
    weights::{
        constants::{ParityDbWeight, WEIGHT_REF_TIME_PER_MILLIS},
        Weight,
    },
    PalletId,
};
use frame_system::EnsureRoot;
use sp_runtime::traits::{AccountIdConversion, Convert};
use vouch_primitives::{traits::DeviceRegistry, Endpoint};

impl pallet_devices::Config for Runtime {
    type RuntimeHoldReason = RuntimeHoldReason;
    type Currency = Balances;
    type AdminOrigin = EnsureRoot<AccountId>;
    type Rounds = Uptime;
    type Epochs = Rewards;
    type Ledger = Rewards;
    type Tenancy = Uptime;
    type Engagements = Work;
    type MaxClasses = ConstU32<64>;
    type MaxClassName = ConstU32<32>;
    type WeightInfo = crate::weights::pallet_devices::WeightInfo<Runtime>;
}

parameter_types! {
    /// Most of a block that accounting silent cohorts may take, out of what transactions left over.
    pub MaxSweepWeight: Weight = Weight::from_parts(500 * WEIGHT_REF_TIME_PER_MILLIS, u64::MAX);
}

/// Names a validator to the staking pallet, also one that is no validator any more: what it did, it did as one.
pub struct AsOffender;

impl Convert<AccountId, Option<(AccountId, ())>> for AsOffender {
    fn convert(validator: AccountId) -> Option<(AccountId, ())> {
        Some((validator, ()))
    }
}

/// The smallest stake of its own that a validator can have, in planck.
pub struct LeastStake;

impl Get<u128> for LeastStake {
    fn get() -> u128 {
        pallet_staking::MinValidatorBond::<Runtime>::get()
    }
}

parameter_types! {
    /// Most that the staking pallet takes to slash one validator: by its own account of what it reads and writes, with as many
    /// nominators as count for one.
    pub OffenceWeight: Weight = {
        let nominators = u64::from(super::consensus::MAX_NOMINATORS);
        ParityDbWeight::get().reads_writes(20 + 9 * nominators, 20 + 9 * nominators)
    };
}

impl pallet_uptime::Config for Runtime {
    type AdminOrigin = EnsureRoot<AccountId>;
    type Registry = Devices;
    type Contributions = Rewards;
    type ProbingCredits = Rewards;
    type Epochs = Rewards;
    type ValidatorSet = Historical;
    type Offender = (AccountId, ());
    type OffenderOf = AsOffender;
    type Offences = Offences;
    type OffenceWeight = OffenceWeight;
    type LeastStake = LeastStake;
    type MostGain = pallet_rewards::MostGain<Runtime>;
    // Four weeks of rounds of five minutes.
    type StrikeMemory = ConstU32<8_064>;
    type OnRoundClosed = Rewards;
    type Randomness = pallet_babe::ParentBlockRandomness<Runtime>;
    // Deeper than forks on a healthy network; the short rounds of a dev chain use what they have.
    type SeedLead = ConstU32<4>;
    type MaxProbers = ConstU32<{ super::consensus::MAX_AUTHORITIES }>;
    type MaxCommittee = ConstU32<15>;
    type MaxSweepWeight = MaxSweepWeight;
    type WeightInfo = crate::weights::pallet_uptime::WeightInfo<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = Devices;
}

parameter_types! {
    /// Most of a block that handing out and chasing up work may take, out of what transactions left over.
    pub MaxWorkWeight: Weight = Weight::from_parts(300 * WEIGHT_REF_TIME_PER_MILLIS, u64::MAX);
}

/// Where requesters may send devices and validators: where validators may be sent to probe.
pub struct MayFetch;

impl Contains<Endpoint> for MayFetch {
    fn contains(endpoint: &Endpoint) -> bool {
        <Devices as DeviceRegistry>::may_probe(endpoint)
    }
}

impl pallet_work::Config for Runtime {
    type RuntimeHoldReason = RuntimeHoldReason;
    type Currency = Balances;
    type AdminOrigin = EnsureRoot<AccountId>;
    type Bonds = Devices;
    type Presence = Uptime;
    type Rounds = Uptime;
    type Panels = Uptime;
    type Credits = Rewards;
    type MayFetch = MayFetch;
    type MaxQueue = ConstU32<256>;
    type MaxRemovals = ConstU32<256>;
    type MaxIdleWeight = MaxWorkWeight;
    type WeightInfo = crate::weights::pallet_work::WeightInfo<Runtime>;
}

/// The least that a requester pays for a point of work, in planck.
pub struct WorkPrice;

impl Get<u128> for WorkPrice {
    fn get() -> u128 {
        pallet_work::Parameters::<Runtime>::get().least_price
    }
}

parameter_types! {
    /// Names the account that holds what is minted and not yet paid.
    pub const RewardsPalletId: PalletId = PalletId(*b"vch/rwds");
    /// The treasury's account, until governance has a pallet for it.
    pub TreasuryAccount: AccountId = PalletId(*b"vch/trsy").into_account_truncating();
}

impl pallet_rewards::Config for Runtime {
    type Currency = Balances;
    type AdminOrigin = EnsureRoot<AccountId>;
    type Registry = Devices;
    type Probers = Uptime;
    type WorkPrice = WorkPrice;
    type PalletId = RewardsPalletId;
    type Treasury = TreasuryAccount;
    type MaxClaims = ConstU32<1_024>;
    type WeightInfo = crate::weights::pallet_rewards::WeightInfo<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = Devices;
}
