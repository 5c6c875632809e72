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
    /// Took 145.8 to 1084.9 us.
    /// `n` from 1 to 8.
    /// - `Devices::Devices`: r 8, w 0
    /// - `Rewards::Accrued`: r 8, w 8
    /// - `Rewards::Books`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::Held`: r 8, w 8
    /// - `Rewards::PointsPages`: r 8, w 8
    /// - `Rewards::Rates`: r 1, w 0
    /// - `System::Account`: r 9, w 9
    fn claim(n: u32) -> Weight {
        Weight::from_parts(51_700_000, 54_600)
            .saturating_add(Weight::from_parts(119_000_000, 1_290).saturating_mul(n.into()))
            .saturating_add(T::DbWeight::get().reads(4))
            .saturating_add(T::DbWeight::get().reads(5_u64.saturating_mul(n.into())))
            .saturating_add(T::DbWeight::get().writes(2))
            .saturating_add(T::DbWeight::get().writes(4_u64.saturating_mul(n.into())))
    }

    /// Took 76.9 to 4190.8 us.
    /// `n` from 1 to 8.
    /// - `Rewards::Accrued`: r 8, w 8
    /// - `Rewards::Books`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::PointsPages`: r 8, w 8
    /// - `Rewards::Rates`: r 1, w 0
    /// - `System::Account`: r 9, w 9
    /// - `Uptime::Numbers`: r 8, w 0
    fn claim_probing(n: u32) -> Weight {
        Weight::from_parts(14_400_000, 21_500)
            .saturating_add(Weight::from_parts(66_600_000, 168).saturating_mul(n.into()))
            .saturating_add(T::DbWeight::get().reads(4))
            .saturating_add(T::DbWeight::get().reads(4_u64.saturating_mul(n.into())))
            .saturating_add(T::DbWeight::get().writes(2))
            .saturating_add(T::DbWeight::get().writes(3_u64.saturating_mul(n.into())))
    }

    /// Took 92.5 to 157.1 us.
    /// - `Devices::Devices`: r 1, w 0
    /// - `Rewards::Accrued`: r 1, w 1
    /// - `Rewards::Books`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::Held`: r 1, w 1
    /// - `Rewards::PointsPages`: r 1, w 1
    /// - `Rewards::Rates`: r 1, w 0
    fn forfeit() -> Weight {
        Weight::from_parts(107_000_000, 55_600)
            .saturating_add(T::DbWeight::get().reads(7))
            .saturating_add(T::DbWeight::get().writes(4))
    }

    /// Took 12.4 to 119.9 us.
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::Params`: r 0, w 1
    /// - `Staking::MinValidatorBond`: r 1, w 0
    /// - `Uptime::Params`: r 1, w 0
    fn set_params() -> Weight {
        Weight::from_parts(13_200_000, 1_020)
            .saturating_add(T::DbWeight::get().reads(3))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 2.6 to 25.2 us.
    /// - `Rewards::Epoch`: r 1, w 1
    fn count_round() -> Weight {
        Weight::from_parts(2_900_000, 261)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 55.3 to 114.8 us.
    /// - `Rewards::Books`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 1
    /// - `Rewards::Params`: r 1, w 0
    /// - `Rewards::Rates`: r 0, w 2
    /// - `System::Account`: r 2, w 2
    fn close_epoch() -> Weight {
        Weight::from_parts(57_700_000, 535)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(T::DbWeight::get().writes(6))
    }

    /// Took 60.3 to 1053.8 us.
    /// - `Rewards::Accrued`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 1
    /// - `Rewards::Held`: r 1, w 1
    /// - `Rewards::PointsPages`: r 1, w 1
    /// - `Rewards::Rates`: r 1, w 0
    fn credit() -> Weight {
        Weight::from_parts(64_000_000, 54_000)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(T::DbWeight::get().writes(4))
    }

    /// Took 35.4 to 4060.4 us.
    /// `p` from 1 to 15.
    /// - `Rewards::Accrued`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 1
    /// - `Rewards::PointsPages`: r 1, w 1
    /// - `Rewards::Rates`: r 1, w 0
    fn credit_probers(p: u32) -> Weight {
        Weight::from_parts(36_800_000, 21_100)
            .saturating_add(Weight::from_parts(29_800, 0).saturating_mul(p.into()))
            .saturating_add(T::DbWeight::get().reads(4))
            .saturating_add(T::DbWeight::get().writes(3))
    }

    /// Took 2.8 to 101.4 us.
    /// - `Rewards::Books`: r 1, w 1
    fn draw_era_payout() -> Weight {
        Weight::from_parts(3_080_000, 362)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 19.3 to 1018.1 us.
    /// - `Rewards::Books`: r 1, w 1
    /// - `System::Account`: r 1, w 1
    fn settle_era_payout() -> Weight {
        Weight::from_parts(20_300_000, 502)
            .saturating_add(T::DbWeight::get().reads(2))
            .saturating_add(T::DbWeight::get().writes(2))
    }

    fn credit_work() -> Weight {
        <() as pallet_rewards::WeightInfo>::credit_work()
    }
}
