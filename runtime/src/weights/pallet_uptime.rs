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
    /// Took 7.0 to 4129.1 us.
    /// - `Uptime::Params`: r 0, w 1
    fn set_params() -> Weight {
        Weight::from_parts(15_300_000, 0)
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 64.5 to 690.1 us.
    /// `k` from 0 to 14.
    /// - `Uptime::Histories`: r 1, w 0
    /// - `Uptime::ProberSets`: r 1, w 0
    /// - `Uptime::Reports`: r 1, w 1
    /// - `Uptime::Round`: r 1, w 0
    fn report(k: u32) -> Weight {
        Weight::from_parts(101_000_000, 51_300)
            .saturating_add(Weight::from_parts(613_000, 0).saturating_mul(k.into()))
            .saturating_add(T::DbWeight::get().reads(4))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 226.1 to 4407.9 us.
    /// `k` from 1 to 15.
    /// - `Devices::Classes`: r 1, w 0
    /// - `Devices::Cohorts`: r 1, w 0
    /// - `Rewards::Accrued`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 1
    /// - `Rewards::PointsPages`: r 1, w 1
    /// - `Rewards::Rates`: r 1, w 0
    /// - `Uptime::Histories`: r 1, w 1
    /// - `Uptime::ProberSets`: r 1, w 0
    /// - `Uptime::Reports`: r 1, w 1
    /// - `Uptime::Round`: r 1, w 0
    fn report_completing(_k: u32) -> Weight {
        Weight::from_parts(373_000_000, 64_500)
            .saturating_add(T::DbWeight::get().reads(10))
            .saturating_add(T::DbWeight::get().writes(5))
    }

    fn authorize_report() -> Weight {
        Weight::from_parts(216_000_000, 19_400).saturating_add(T::DbWeight::get().reads(6))
    }
    fn authorize_answer(o: u32) -> Weight {
        Weight::from_parts(216_000_000, 19_400)
            .saturating_add(Weight::from_parts(100_000, 35).saturating_mul(o.into()))
            .saturating_add(T::DbWeight::get().reads(2))
    }
    fn answer_audit(o: u32) -> Weight {
        Weight::from_parts(216_000_000, 19_400)
            .saturating_add(Weight::from_parts(200_000, 35).saturating_mul(o.into()))
            .saturating_add(T::DbWeight::get().reads(6))
            .saturating_add(T::DbWeight::get().writes(4))
    }
    fn audit(k: u32, o: u32) -> Weight {
        Weight::from_parts(216_000_000, 19_400)
            .saturating_add(Weight::from_parts(30_000_000, 35).saturating_mul(k.into()))
            .saturating_add(Weight::from_parts(2_000_000, 35).saturating_mul(o.into()))
            .saturating_add(T::DbWeight::get().reads(12 + 2 * u64::from(k)))
            .saturating_add(T::DbWeight::get().writes(60))
    }
    fn audit_nothing(o: u32) -> Weight {
        Weight::from_parts(30_000_000, 19_400)
            .saturating_add(Weight::from_parts(100_000, 35).saturating_mul(o.into()))
            .saturating_add(T::DbWeight::get().reads(4))
    }
    fn look_for_accused() -> Weight {
        Weight::from_parts(5_000_000, 19_400).saturating_add(T::DbWeight::get().reads(1))
    }
    fn report_accused() -> Weight {
        Weight::from_parts(50_000_000, 19_400)
            .saturating_add(T::DbWeight::get().reads(8))
            .saturating_add(T::DbWeight::get().writes(6))
    }

    /// Took 28.0 to 68.0 us.
    /// - `Uptime::Histories`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    fn settle_nothing() -> Weight {
        Weight::from_parts(45_000_000, 9_010)
            .saturating_add(T::DbWeight::get().reads(2))
    }

    /// Took 222.5 to 4814.1 us.
    /// `k` from 0 to 15.
    /// `r` from 1 to 32.
    /// - `Devices::Classes`: r 1, w 0
    /// - `Devices::Cohorts`: r 1, w 0
    /// - `Rewards::Accrued`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 1
    /// - `Rewards::PointsPages`: r 1, w 1
    /// - `Rewards::Rates`: r 1, w 0
    /// - `Uptime::Histories`: r 1, w 1
    /// - `Uptime::Reports`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    fn settle(k: u32, r: u32) -> Weight {
        Weight::from_parts(295_000_000, 32_500)
            .saturating_add(Weight::from_parts(4_790_000, 675).saturating_mul(k.into()))
            .saturating_add(Weight::from_parts(11_900_000, 0).saturating_mul(r.into()))
            .saturating_add(T::DbWeight::get().reads(9))
            .saturating_add(T::DbWeight::get().writes(4))
    }

    /// Took 6.3 to 12.2 us.
    /// - `Uptime::Round`: r 1, w 0
    fn on_initialize() -> Weight {
        Weight::from_parts(7_680_000, 139)
            .saturating_add(T::DbWeight::get().reads(1))
    }

    /// Took 24.7 to 112.0 us.
    /// - `Babe::AuthorVrfRandomness`: r 1, w 0
    /// - `Uptime::NextSeed`: r 1, w 1
    /// - `Uptime::Round`: r 1, w 0
    fn fix_seed() -> Weight {
        Weight::from_parts(27_800_000, 312)
            .saturating_add(T::DbWeight::get().reads(3))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 44.8 to 103.0 us.
    /// - `Devices::Opened`: r 1, w 0
    /// - `Uptime::CurrentSet`: r 1, w 0
    /// - `Uptime::NextSeed`: r 1, w 1
    /// - `Uptime::Params`: r 1, w 0
    /// - `Uptime::ProberSets`: r 0, w 1
    /// - `Uptime::Round`: r 0, w 1
    /// - `Uptime::Sweep`: r 1, w 1
    fn open_round() -> Weight {
        Weight::from_parts(62_400_000, 411)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(T::DbWeight::get().writes(4))
    }

    /// Took 33.6 to 165.4 us.
    /// - `Uptime::Histories`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    /// - `Uptime::Sweep`: r 1, w 1
    fn sweep() -> Weight {
        Weight::from_parts(52_000_000, 9_050)
            .saturating_add(T::DbWeight::get().reads(3))
            .saturating_add(T::DbWeight::get().writes(1))
    }
}
