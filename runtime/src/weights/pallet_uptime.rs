//! What the calls and hooks of `pallet_uptime` cost on this chain. Written by `scripts/weights`: change benchmarks instead.
//!
//! Measured in the wasm with `vouch-bench run --pallet pallet_uptime --genesis-preset development --steps 20 --repeat 10`
//! on one core of: AMD EPYC. Database accesses are charged as `frame_system::Config::DbWeight` says.

// A generated file keeps the generator's layout.
#![cfg_attr(rustfmt, rustfmt_skip)]

use core::marker::PhantomData;
use polkadot_sdk::{
    frame_support::{traits::Get, weights::Weight},
    frame_system,
};

/// Weights of `pallet_uptime`.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_uptime::WeightInfo for WeightInfo<T> {
    /// Took 11.1 to 92.0 us.
    /// - `Rewards::Books`: r 1, w 0
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::Params`: r 1, w 0
    /// - `Staking::MinValidatorBond`: r 1, w 0
    /// - `Uptime::Params`: r 0, w 1
    fn set_params() -> Weight {
        Weight::from_parts(12_100_000, 901)
            .saturating_add(T::DbWeight::get().reads(4))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 46.9 to 167.7 us.
    /// `k` from 0 to 14.
    /// - `Uptime::Audits`: r 1, w 0
    /// - `Uptime::Histories`: r 1, w 0
    /// - `Uptime::ProberSets`: r 1, w 0
    /// - `Uptime::Reports`: r 1, w 1
    /// - `Uptime::Round`: r 1, w 0
    fn report(k: u32) -> Weight {
        Weight::from_parts(68_800_000, 56_400)
            .saturating_add(Weight::from_parts(0, 224).saturating_mul(k.into()))
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 179.4 to 783.8 us.
    /// `k` from 1 to 15.
    /// - `Devices::Classes`: r 1, w 0
    /// - `Devices::Cohorts`: r 1, w 0
    /// - `Rewards::Accrued`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 1
    /// - `Rewards::Held`: r 1, w 0
    /// - `Rewards::PointsPages`: r 1, w 1
    /// - `Rewards::Rates`: r 1, w 0
    /// - `Rewards::SettledPages`: r 0, w 1
    /// - `Uptime::Audits`: r 1, w 0
    /// - `Uptime::Histories`: r 1, w 1
    /// - `Uptime::Params`: r 1, w 0
    /// - `Uptime::ProberSets`: r 1, w 0
    /// - `Uptime::Reports`: r 2, w 1
    /// - `Uptime::Round`: r 1, w 0
    fn report_completing(k: u32) -> Weight {
        Weight::from_parts(193_000_000, 68_500)
            .saturating_add(Weight::from_parts(1_950_000, 724).saturating_mul(k.into()))
            .saturating_add(T::DbWeight::get().reads(14))
            .saturating_add(T::DbWeight::get().writes(6))
    }

    /// Took 113.6 to 175.9 us.
    /// - `Devices::Opened`: r 1, w 0
    /// - `System::BlockHash`: r 1, w 0
    /// - `Uptime::Histories`: r 1, w 0
    /// - `Uptime::ProberSets`: r 1, w 0
    /// - `Uptime::Reports`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    fn authorize_report() -> Weight {
        Weight::from_parts(124_000_000, 56_700)
            .saturating_add(T::DbWeight::get().reads(6))
    }

    /// Took 71.9 to 128.7 us.
    /// `o` from 1 to 256.
    /// - `System::BlockHash`: r 1, w 0
    /// - `Uptime::Audits`: r 1, w 0
    fn authorize_answer(o: u32) -> Weight {
        Weight::from_parts(75_700_000, 284)
            .saturating_add(Weight::from_parts(115_000, 162).saturating_mul(o.into()))
            .saturating_add(T::DbWeight::get().reads(2))
    }

    /// Took 107.7 to 244.8 us.
    /// `o` from 1 to 256.
    /// - `System::BlockHash`: r 1, w 0
    /// - `Uptime::Audits`: r 1, w 1
    fn answer_audit(o: u32) -> Weight {
        Weight::from_parts(117_000_000, 284)
            .saturating_add(Weight::from_parts(320_000, 162).saturating_mul(o.into()))
            .saturating_add(T::DbWeight::get().reads(2))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 8.0 to 95.8 us.
    /// - `Uptime::Accused`: r 0, w 1
    /// - `Uptime::AccusedQueue`: r 1, w 1
    /// - `Uptime::Params`: r 1, w 0
    /// - `Uptime::Records`: r 1, w 1
    fn accuse() -> Weight {
        Weight::from_parts(8_620_000, 220)
            .saturating_add(T::DbWeight::get().reads(3))
            .saturating_add(T::DbWeight::get().writes(3))
    }

    /// Took 467.7 to 1320.9 us.
    /// `k` from 0 to 15.
    /// `d` from 0 to 15.
    /// `o` from 32 to 241.
    /// `s` from 0 to 32.
    /// - `Devices::Devices`: r 15, w 0
    /// - `Devices::Tenants`: r 15, w 0
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Uptime::Accused`: r 0, w 32
    /// - `Uptime::AccusedQueue`: r 1, w 1
    /// - `Uptime::Audits`: r 1, w 1
    /// - `Uptime::Params`: r 1, w 0
    /// - `Uptime::Records`: r 32, w 32
    /// - `Uptime::Reports`: r 2, w 2
    /// - `Uptime::Round`: r 1, w 0
    /// - `Uptime::Standings`: r 1, w 1
    fn audit(k: u32, d: u32, o: u32, s: u32) -> Weight {
        Weight::from_parts(114_000_000, 37_400)
            .saturating_add(Weight::from_parts(7_950_000, 735).saturating_mul(k.into()))
            .saturating_add(Weight::from_parts(12_000_000, 1_790).saturating_mul(d.into()))
            .saturating_add(Weight::from_parts(377_000, 163).saturating_mul(o.into()))
            .saturating_add(Weight::from_parts(5_530_000, 6).saturating_mul(s.into()))
            .saturating_add(T::DbWeight::get().reads(8))
            .saturating_add(T::DbWeight::get().reads(2_u64.saturating_mul(d.into())))
            .saturating_add(T::DbWeight::get().reads(1_u64.saturating_mul(s.into())))
            .saturating_add(T::DbWeight::get().writes(5))
            .saturating_add(T::DbWeight::get().writes(2_u64.saturating_mul(s.into())))
    }

    /// Took 31.5 to 88.0 us.
    /// `o` from 0 to 256.
    /// - `Uptime::Audits`: r 1, w 0
    /// - `Uptime::Reports`: r 2, w 0
    /// - `Uptime::Round`: r 1, w 0
    fn audit_nothing(o: u32) -> Weight {
        Weight::from_parts(35_200_000, 22_300)
            .saturating_add(Weight::from_parts(107_000, 162).saturating_mul(o.into()))
            .saturating_add(T::DbWeight::get().reads(4))
    }

    /// Took 2.1 to 52.3 us.
    /// - `Uptime::AccusedQueue`: r 1, w 0
    fn look_for_accused() -> Weight {
        Weight::from_parts(2_320_000, 191)
            .saturating_add(T::DbWeight::get().reads(1))
    }

    /// Took 105.3 to 158.0 us.
    /// - `Offences::ConcurrentReportsIndex`: r 1, w 1
    /// - `Offences::Reports`: r 1, w 1
    /// - `Parameters::Parameters`: r 1, w 0
    /// - `Session::DisabledValidators`: r 1, w 0
    /// - `Session::Validators`: r 1, w 0
    /// - `Staking::ActiveEra`: r 1, w 0
    /// - `Staking::ErasStakers`: r 1, w 0
    /// - `Staking::ErasStakersOverview`: r 1, w 0
    /// - `Staking::ErasStartSessionIndex`: r 1, w 0
    /// - `Staking::Invulnerables`: r 1, w 0
    /// - `Staking::SlashRewardFraction`: r 1, w 0
    /// - `Staking::SlashingSpans`: r 1, w 1
    /// - `Uptime::Accounts`: r 1, w 0
    /// - `Uptime::Accused`: r 1, w 1
    /// - `Uptime::AccusedQueue`: r 1, w 1
    /// - `Uptime::Params`: r 1, w 0
    /// - `Uptime::Records`: r 1, w 1
    fn report_accused() -> Weight {
        Weight::from_parts(112_000_000, 1_330)
            .saturating_add(T::DbWeight::get().reads(17))
            .saturating_add(T::DbWeight::get().writes(6))
    }

    /// Took 17.2 to 46.1 us.
    /// - `Uptime::Histories`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    fn settle_nothing() -> Weight {
        Weight::from_parts(19_000_000, 9_240)
            .saturating_add(T::DbWeight::get().reads(2))
    }

    /// Took 173.3 to 555.3 us.
    /// `k` from 0 to 15.
    /// `r` from 1 to 32.
    /// - `Devices::Classes`: r 1, w 0
    /// - `Devices::Cohorts`: r 1, w 0
    /// - `Rewards::Accrued`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 1
    /// - `Rewards::Held`: r 1, w 0
    /// - `Rewards::PointsPages`: r 1, w 1
    /// - `Rewards::Rates`: r 1, w 0
    /// - `Rewards::SettledPages`: r 0, w 1
    /// - `Uptime::Histories`: r 1, w 1
    /// - `Uptime::Params`: r 1, w 0
    /// - `Uptime::Reports`: r 1, w 1
    /// - `Uptime::Round`: r 1, w 0
    fn settle(k: u32, r: u32) -> Weight {
        Weight::from_parts(146_000_000, 33_200)
            .saturating_add(Weight::from_parts(2_580_000, 723).saturating_mul(k.into()))
            .saturating_add(Weight::from_parts(5_620_000, 1).saturating_mul(r.into()))
            .saturating_add(T::DbWeight::get().reads(11))
            .saturating_add(T::DbWeight::get().writes(6))
    }

    /// Took 4.9 to 7.0 us.
    /// - `Uptime::Round`: r 1, w 0
    fn on_initialize() -> Weight {
        Weight::from_parts(5_710_000, 232)
            .saturating_add(T::DbWeight::get().reads(1))
    }

    /// Took 19.0 to 68.7 us.
    /// - `Babe::AuthorVrfRandomness`: r 1, w 0
    /// - `Uptime::NextSeed`: r 1, w 1
    /// - `Uptime::Round`: r 1, w 0
    fn fix_seed() -> Weight {
        Weight::from_parts(21_600_000, 405)
            .saturating_add(T::DbWeight::get().reads(3))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 35.3 to 114.5 us.
    /// - `Devices::Opened`: r 1, w 0
    /// - `Session::CurrentIndex`: r 1, w 0
    /// - `Uptime::CurrentSet`: r 1, w 0
    /// - `Uptime::NextSeed`: r 1, w 1
    /// - `Uptime::Params`: r 1, w 0
    /// - `Uptime::ProberSets`: r 0, w 1
    /// - `Uptime::Round`: r 0, w 1
    /// - `Uptime::Sweep`: r 1, w 1
    fn open_round() -> Weight {
        Weight::from_parts(39_500_000, 839)
            .saturating_add(T::DbWeight::get().reads(6))
            .saturating_add(T::DbWeight::get().writes(4))
    }

    /// Took 30.5 to 77.6 us.
    /// - `Uptime::AccusedQueue`: r 1, w 0
    /// - `Uptime::Audits`: r 1, w 0
    /// - `Uptime::Histories`: r 1, w 0
    /// - `Uptime::Reports`: r 2, w 0
    /// - `Uptime::Round`: r 1, w 0
    /// - `Uptime::Sweep`: r 1, w 1
    fn sweep() -> Weight {
        Weight::from_parts(35_400_000, 9_270)
            .saturating_add(T::DbWeight::get().reads(7))
            .saturating_add(T::DbWeight::get().writes(1))
    }
}
