//! Our own pallets: who is registered, who is up, who is paid.

use crate::{AccountId, Balances, Devices, Rewards, Runtime, RuntimeHoldReason, Uptime};
use polkadot_sdk::*;

use frame_support::{
    parameter_types,
    traits::ConstU32,
    weights::{constants::WEIGHT_REF_TIME_PER_MILLIS, Weight},
    PalletId,
};
use frame_system::EnsureRoot;
use sp_runtime::traits::AccountIdConversion;

impl pallet_devices::Config for Runtime {
    type RuntimeHoldReason = RuntimeHoldReason;
    type Currency = Balances;
    type AdminOrigin = EnsureRoot<AccountId>;
    type Rounds = Uptime;
    type Epochs = Rewards;
    type Ledger = Rewards;
    type Tenancy = Uptime;
    type MaxClasses = ConstU32<64>;
    type MaxClassName = ConstU32<32>;
    type WeightInfo = crate::weights::pallet_devices::WeightInfo<Runtime>;
}

parameter_types! {
    /// Most of a block that accounting silent cohorts may take, out of what transactions left over.
    pub MaxSweepWeight: Weight = Weight::from_parts(500 * WEIGHT_REF_TIME_PER_MILLIS, u64::MAX);
}

impl pallet_uptime::Config for Runtime {
    type AdminOrigin = EnsureRoot<AccountId>;
    type Registry = Devices;
    type Contributions = Rewards;
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
    /// Names the account that holds what is minted and not yet paid.
    pub const RewardsPalletId: PalletId = PalletId(*b"vch/rwds");
    /// The treasury's account, until governance has a pallet for it.
    pub TreasuryAccount: AccountId = PalletId(*b"vch/trsy").into_account_truncating();
}

impl pallet_rewards::Config for Runtime {
    type Currency = Balances;
    type AdminOrigin = EnsureRoot<AccountId>;
    type Registry = Devices;
    type PalletId = RewardsPalletId;
    type Treasury = TreasuryAccount;
    type MaxClaims = ConstU32<1_024>;
    type WeightInfo = crate::weights::pallet_rewards::WeightInfo<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = Devices;
}
