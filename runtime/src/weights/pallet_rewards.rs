//! What the calls and hooks of `pallet_rewards` cost on this chain. Written by `scripts/weights`: change benchmarks instead.
//!
//! Measured in the wasm with `vouch-bench run --pallet pallet_rewards --genesis-preset development --steps 20 --repeat 10`
//! on one core of: AMD EPYC. Database accesses are charged as `frame_system::Config::DbWeight` says.

// A generated file keeps the generator's layout.
#![cfg_attr(rustfmt, rustfmt_skip)]

use core::marker::PhantomData;
use polkadot_sdk::{
    frame_support::{traits::Get, weights::Weight},
    frame_system,
};

/// Weights of `pallet_rewards`.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_rewards::WeightInfo for WeightInfo<T> {
    /// Took 231.7 to 1369.6 us.
    /// `n` from 1 to 8.
    /// - `Devices::Devices`: r 8, w 0
    /// - `Rewards::Accrued`: r 16, w 16
    /// - `Rewards::Books`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::Held`: r 8, w 8
    /// - `Rewards::PointsPages`: r 16, w 16
    /// - `Rewards::Rates`: r 2, w 0
    /// - `Rewards::SettledPages`: r 0, w 8
    /// - `System::Account`: r 9, w 9
    fn claim(n: u32) -> Weight {
        Weight::from_parts(91_300_000, 75_200)
            .saturating_add(Weight::from_parts(156_000_000, 1_390).saturating_mul(n.into()))
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(T::DbWeight::get().reads(7_u64.saturating_mul(n.into())))
            .saturating_add(T::DbWeight::get().writes(2))
            .saturating_add(T::DbWeight::get().writes(7_u64.saturating_mul(n.into())))
    }

    /// Took 79.5 to 869.0 us.
    /// `n` from 1 to 8.
    /// - `Rewards::Accrued`: r 8, w 8
    /// - `Rewards::Books`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::PointsPages`: r 8, w 8
    /// - `Rewards::Rates`: r 1, w 0
    /// - `System::Account`: r 9, w 9
    /// - `Uptime::Numbers`: r 8, w 0
    fn claim_probing(n: u32) -> Weight {
        Weight::from_parts(13_900_000, 21_600)
            .saturating_add(Weight::from_parts(68_300_000, 168).saturating_mul(n.into()))
            .saturating_add(T::DbWeight::get().reads(4))
            .saturating_add(T::DbWeight::get().reads(4_u64.saturating_mul(n.into())))
            .saturating_add(T::DbWeight::get().writes(2))
            .saturating_add(T::DbWeight::get().writes(3_u64.saturating_mul(n.into())))
    }

    /// Took 125.8 to 210.2 us.
    /// - `Devices::Devices`: r 1, w 0
    /// - `Rewards::Accrued`: r 1, w 1
    /// - `Rewards::Books`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::Held`: r 1, w 1
    /// - `Rewards::PointsPages`: r 1, w 1
    /// - `Rewards::Rates`: r 1, w 0
    /// - `Rewards::SettledPages`: r 0, w 1
    fn forfeit() -> Weight {
        Weight::from_parts(137_000_000, 55_800)
            .saturating_add(T::DbWeight::get().reads(7))
            .saturating_add(T::DbWeight::get().writes(5))
    }

    /// Took 14.7 to 78.9 us.
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::Params`: r 0, w 1
    /// - `Staking::MinValidatorBond`: r 1, w 0
    /// - `Uptime::Params`: r 1, w 0
    /// - `Work::Parameters`: r 1, w 0
    fn set_params() -> Weight {
        Weight::from_parts(15_400_000, 1_150)
            .saturating_add(T::DbWeight::get().reads(4))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 2.6 to 80.6 us.
    /// - `Rewards::Epoch`: r 1, w 1
    fn count_round() -> Weight {
        Weight::from_parts(2_920_000, 285)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 57.2 to 155.4 us.
    /// - `Rewards::Books`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 1
    /// - `Rewards::Params`: r 1, w 0
    /// - `Rewards::Rates`: r 0, w 3
    /// - `System::Account`: r 2, w 2
    fn close_epoch() -> Weight {
        Weight::from_parts(59_300_000, 575)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(T::DbWeight::get().writes(7))
    }

    /// Took 62.2 to 128.2 us.
    /// - `Rewards::Accrued`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 1
    /// - `Rewards::Held`: r 1, w 1
    /// - `Rewards::PointsPages`: r 1, w 1
    /// - `Rewards::Rates`: r 1, w 0
    /// - `Rewards::SettledPages`: r 0, w 1
    fn credit() -> Weight {
        Weight::from_parts(64_400_000, 54_100)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(T::DbWeight::get().writes(5))
    }

    /// Took 34.5 to 142.6 us.
    /// `p` from 1 to 15.
    /// - `Rewards::Accrued`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 1
    /// - `Rewards::PointsPages`: r 1, w 1
    /// - `Rewards::Rates`: r 1, w 0
    fn credit_probers(p: u32) -> Weight {
        Weight::from_parts(36_100_000, 21_100)
            .saturating_add(Weight::from_parts(30_700, 0).saturating_mul(p.into()))
            .saturating_add(T::DbWeight::get().reads(4))
            .saturating_add(T::DbWeight::get().writes(3))
    }

    /// Took 35.8 to 125.4 us.
    /// - `Rewards::Accrued`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 1
    /// - `Rewards::PointsPages`: r 1, w 1
    /// - `Rewards::Rates`: r 1, w 0
    fn credit_work() -> Weight {
        Weight::from_parts(37_100_000, 21_300)
            .saturating_add(T::DbWeight::get().reads(4))
            .saturating_add(T::DbWeight::get().writes(3))
    }

    /// Took 2.8 to 73.9 us.
    /// - `Rewards::Books`: r 1, w 1
    fn draw_era_payout() -> Weight {
        Weight::from_parts(3_070_000, 362)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 19.4 to 94.4 us.
    /// - `Rewards::Books`: r 1, w 1
    /// - `System::Account`: r 1, w 1
    fn settle_era_payout() -> Weight {
        Weight::from_parts(20_500_000, 502)
            .saturating_add(T::DbWeight::get().reads(2))
            .saturating_add(T::DbWeight::get().writes(2))
    }
}
