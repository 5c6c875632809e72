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
    /// Took 200.0 to 5359.1 us.
    /// `n` from 1 to 8.
    /// - `Devices::Devices`: r 8, w 0
    /// - `Rewards::Accrued`: r 8, w 8
    /// - `Rewards::Books`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::PointsPages`: r 8, w 8
    /// - `Rewards::Rates`: r 1, w 0
    /// - `System::Account`: r 9, w 9
    fn claim(n: u32) -> Weight {
        Weight::from_parts(28_800_000, 21_500)
            .saturating_add(Weight::from_parts(246_000_000, 1_240).saturating_mul(n.into()))
            .saturating_add(T::DbWeight::get().reads(4))
            .saturating_add(T::DbWeight::get().reads(4_u64.saturating_mul(n.into())))
            .saturating_add(T::DbWeight::get().writes(2))
            .saturating_add(T::DbWeight::get().writes(3_u64.saturating_mul(n.into())))
    }

    /// Took 7.7 to 2344.6 us.
    /// - `Rewards::Params`: r 0, w 1
    fn set_params() -> Weight {
        Weight::from_parts(16_100_000, 0)
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 4.4 to 8279.2 us.
    /// - `Rewards::Epoch`: r 1, w 1
    fn count_round() -> Weight {
        Weight::from_parts(9_480_000, 229)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 87.4 to 5718.8 us.
    /// - `Rewards::Books`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 1
    /// - `Rewards::Params`: r 1, w 0
    /// - `Rewards::Rates`: r 0, w 1
    /// - `System::Account`: r 2, w 2
    fn close_epoch() -> Weight {
        Weight::from_parts(151_000_000, 490)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(T::DbWeight::get().writes(5))
    }

    /// Took 54.7 to 4440.8 us.
    /// - `Rewards::Accrued`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 1
    /// - `Rewards::PointsPages`: r 1, w 1
    /// - `Rewards::Rates`: r 1, w 0
    fn credit() -> Weight {
        Weight::from_parts(103_000_000, 21_000)
            .saturating_add(T::DbWeight::get().reads(4))
            .saturating_add(T::DbWeight::get().writes(3))
    }
    fn claim_probing(n: u32) -> Weight {
        Self::claim(n)
    }
    fn forfeit() -> Weight {
        Self::claim(1)
    }
    fn credit_probers(_p: u32) -> Weight {
        Self::credit()
    }
    fn draw_era_payout() -> Weight {
        Self::set_params()
    }
    fn settle_era_payout() -> Weight {
        Self::claim(1)
    }
}
