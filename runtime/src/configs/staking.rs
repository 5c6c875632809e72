//! Who may be a validator, and with how much at stake: nominated proof of stake, elected on chain.

use super::consensus::{MAX_AUTHORITIES, MAX_NOMINATORS};
use crate::{Balance, Balances, Rewards, Runtime, RuntimeEvent, RuntimeHoldReason, Session, Staking, Timestamp};
use polkadot_sdk::*;

use frame_election_provider_support::{
    bounds::{ElectionBounds, ElectionBoundsBuilder},
    onchain, SequentialPhragmen,
};
use frame_support::{
    dynamic_params::{dynamic_pallet_params, dynamic_params},
    parameter_types,
    traits::{ConstU32, Get},
};
use frame_system::EnsureRoot;
use sp_runtime::Perbill;
use sp_staking::EraIndex;

parameter_types! {
    /// Sessions (hours) per era.
    pub const SessionsPerEra: sp_staking::SessionIndex = 6;
    /// Eras (a week in all) until unbonded stake is free.
    pub const BondingDuration: sp_staking::EraIndex = 28;
    /// Eras for which rewards can be claimed.
    pub const HistoryDepth: u32 = 84;
    /// Bounds of the on-chain election, which runs in one block.
    pub ElectionBoundsOnChain: ElectionBounds =
        ElectionBoundsBuilder::default().voters_count(5_000.into()).targets_count(1_250.into()).build();
}

/// What governance may change while the chain runs.
#[dynamic_params(RuntimeParameters, pallet_parameters::Parameters::<Runtime>)]
pub mod governed {
    use super::*;

    /// How lies are punished.
    #[dynamic_pallet_params]
    #[codec(index = 0)]
    pub mod slashing {
        /// Eras until a slash is applied: time for governance to cancel an unjust one. At most 26 count.
        #[codec(index = 0)]
        pub static DeferDuration: EraIndex = 26;
    }
}

impl pallet_parameters::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeParameters = RuntimeParameters;
    type AdminOrigin = EnsureRoot<crate::AccountId>;
    // Measured by its authors; the pallet exports them under no other name.
    type WeightInfo = ();
}

/// Eras until a slash is applied. Stake that is unbonded in era `e` can be withdrawn once era `e + BondingDuration` is planned,
/// which is a session before it is active; a slash for `e` is applied when era `e + 1 + defer` is active. So two less than
/// [`BondingDuration`]: a slash must find the stake still there.
pub struct SlashDeferDuration;

impl Get<EraIndex> for SlashDeferDuration {
    fn get() -> EraIndex {
        governed::slashing::DeferDuration::get().min(BondingDuration::get().saturating_sub(2))
    }
}

/// The election, on chain.
pub struct OnChainSeqPhragmen;

impl onchain::Config for OnChainSeqPhragmen {
    type Sort = frame_support::traits::ConstBool<true>;
    type System = Runtime;
    type Solver = SequentialPhragmen<crate::AccountId, Perbill>;
    type DataProvider = Staking;
    type WeightInfo = frame_election_provider_support::weights::SubstrateWeight<Runtime>;
    type Bounds = ElectionBoundsOnChain;
    type MaxBackersPerWinner = ConstU32<MAX_NOMINATORS>;
    type MaxWinnersPerPage = ConstU32<MAX_AUTHORITIES>;
}

/// Sizes used by the staking pallet's own benchmarks.
pub struct StakingBenchmarkingConfig;

impl pallet_staking::BenchmarkingConfig for StakingBenchmarkingConfig {
    type MaxNominators = ConstU32<1_000>;
    type MaxValidators = ConstU32<1_000>;
}

impl pallet_staking::Config for Runtime {
    type OldCurrency = Balances;
    type Currency = Balances;
    type RuntimeHoldReason = RuntimeHoldReason;
    type CurrencyBalance = Balance;
    type UnixTime = Timestamp;
    type CurrencyToVote = sp_staking::currency_to_vote::U128CurrencyToVote;
    type ElectionProvider = onchain::OnChainExecution<OnChainSeqPhragmen>;
    type GenesisElectionProvider = onchain::OnChainExecution<OnChainSeqPhragmen>;
    type NominationsQuota = pallet_staking::FixedNominationsQuota<16>;
    type HistoryDepth = HistoryDepth;
    type RewardRemainder = ();
    type RuntimeEvent = RuntimeEvent;
    type Slash = ();
    type Reward = pallet_rewards::BurnFromPot<Runtime>;
    type SessionsPerEra = SessionsPerEra;
    type BondingDuration = BondingDuration;
    type SlashDeferDuration = SlashDeferDuration;
    type AdminOrigin = EnsureRoot<crate::AccountId>;
    type SessionInterface = Self;
    // Nothing is minted for validators besides the emission curve of pallet-rewards.
    type EraPayout = Rewards;
    type NextNewSession = Session;
    type MaxExposurePageSize = ConstU32<MAX_NOMINATORS>;
    type MaxValidatorSet = ConstU32<MAX_AUTHORITIES>;
    type VoterList = pallet_staking::UseNominatorsAndValidatorsMap<Self>;
    type TargetList = pallet_staking::UseValidatorsMap<Self>;
    type MaxUnlockingChunks = ConstU32<32>;
    type MaxControllersInDeprecationBatch = ConstU32<100>;
    type EventListeners = ();
    type Filter = frame_support::traits::Nothing;
    type BenchmarkingConfig = StakingBenchmarkingConfig;
    type WeightInfo = pallet_staking::weights::SubstrateWeight<Runtime>;
}
