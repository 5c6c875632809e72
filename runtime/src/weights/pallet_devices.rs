//! What the calls and hooks of `pallet_devices` cost on this chain. Written by `scripts/weights`: change benchmarks instead.
//!
//! Measured in the wasm with `vouch-bench run --pallet pallet_devices --genesis-preset development --steps 20 --repeat 10`
//! on one core of: AMD EPYC. Database accesses are charged as `frame_system::Config::DbWeight` says.

// A generated file keeps the generator's layout.
#![cfg_attr(rustfmt, rustfmt_skip)]

use core::marker::PhantomData;
use polkadot_sdk::{
    frame_support::{traits::Get, weights::Weight},
    frame_system,
};

/// Weights of `pallet_devices`.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_devices::WeightInfo for WeightInfo<T> {
    /// Took 30.2 to 538.6 us.
    /// - `Devices::Classes`: r 1, w 1
    fn set_class() -> Weight {
        Weight::from_parts(48_400_000, 3_350)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 7.1 to 4123.9 us.
    /// - `Devices::Parameters`: r 0, w 1
    fn set_params() -> Weight {
        Weight::from_parts(15_400_000, 0)
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 332.6 to 693.7 us.
    /// - `Balances::Holds`: r 1, w 1
    /// - `Devices::BondedTotal`: r 1, w 1
    /// - `Devices::Classes`: r 1, w 0
    /// - `Devices::Cohorts`: r 1, w 1
    /// - `Devices::DeviceCount`: r 1, w 1
    /// - `Devices::Devices`: r 1, w 1
    /// - `Devices::DevicesOf`: r 0, w 1
    /// - `Devices::Proofs`: r 1, w 1
    /// - `Devices::Tenants`: r 0, w 1
    /// - `Devices::Vacant`: r 1, w 1
    /// - `Devices::VacantCount`: r 1, w 1
    /// - `System::Account`: r 1, w 1
    /// - `System::BlockHash`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    fn register() -> Weight {
        Weight::from_parts(528_000_000, 27_800)
            .saturating_add(T::DbWeight::get().reads(12))
            .saturating_add(T::DbWeight::get().writes(11))
    }

    /// Took 60.7 to 147.4 us.
    /// - `Devices::Devices`: r 1, w 1
    fn set_endpoint() -> Weight {
        Weight::from_parts(97_400_000, 1_450)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 61.1 to 170.1 us.
    /// - `Devices::Devices`: r 1, w 1
    fn set_beneficiary() -> Weight {
        Weight::from_parts(86_300_000, 1_550)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 56.0 to 137.8 us.
    /// - `Devices::Devices`: r 1, w 0
    /// - `Devices::Offers`: r 0, w 1
    fn offer() -> Weight {
        Weight::from_parts(81_200_000, 1_520)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 331.0 to 784.7 us.
    /// - `Balances::Holds`: r 2, w 2
    /// - `Devices::Devices`: r 1, w 1
    /// - `Devices::DevicesOf`: r 0, w 2
    /// - `Devices::Offers`: r 1, w 1
    /// - `Rewards::Accrued`: r 1, w 1
    /// - `Rewards::Books`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::PointsPages`: r 1, w 1
    /// - `Rewards::Rates`: r 1, w 0
    /// - `System::Account`: r 4, w 4
    fn accept() -> Weight {
        Weight::from_parts(499_000_000, 23_200)
            .saturating_add(T::DbWeight::get().reads(13))
            .saturating_add(T::DbWeight::get().writes(13))
    }

    /// Took 234.6 to 494.3 us.
    /// - `Devices::Cohorts`: r 1, w 1
    /// - `Devices::Devices`: r 2, w 2
    /// - `Devices::DevicesOf`: r 0, w 2
    /// - `Devices::Offers`: r 0, w 1
    /// - `Devices::Parameters`: r 1, w 0
    /// - `Devices::Proofs`: r 1, w 1
    /// - `Devices::Tenants`: r 0, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `System::BlockHash`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    fn rotate_key() -> Weight {
        Weight::from_parts(357_000_000, 25_300)
            .saturating_add(T::DbWeight::get().reads(8))
            .saturating_add(T::DbWeight::get().writes(8))
    }

    /// Took 145.4 to 293.5 us.
    /// - `Devices::Cohorts`: r 1, w 1
    /// - `Devices::Devices`: r 1, w 1
    /// - `Devices::Parameters`: r 1, w 0
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    fn pause() -> Weight {
        Weight::from_parts(208_000_000, 23_600)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(T::DbWeight::get().writes(2))
    }

    /// Took 121.3 to 308.4 us.
    /// - `Devices::Cohorts`: r 1, w 1
    /// - `Devices::Devices`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    fn resume() -> Weight {
        Weight::from_parts(197_000_000, 23_600)
            .saturating_add(T::DbWeight::get().reads(4))
            .saturating_add(T::DbWeight::get().writes(2))
    }

    /// Took 356.0 to 2144.6 us.
    /// - `Devices::Cohorts`: r 1, w 1
    /// - `Devices::Devices`: r 1, w 1
    /// - `Devices::Offers`: r 0, w 1
    /// - `Devices::Parameters`: r 1, w 0
    /// - `Rewards::Accrued`: r 1, w 1
    /// - `Rewards::Books`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::PointsPages`: r 1, w 1
    /// - `Rewards::Rates`: r 1, w 0
    /// - `System::Account`: r 2, w 2
    /// - `Uptime::Round`: r 1, w 0
    fn deregister() -> Weight {
        Weight::from_parts(473_000_000, 44_600)
            .saturating_add(T::DbWeight::get().reads(11))
            .saturating_add(T::DbWeight::get().writes(8))
    }

    /// Took 320.5 to 711.9 us.
    /// - `Balances::Holds`: r 1, w 1
    /// - `Devices::BondedTotal`: r 1, w 1
    /// - `Devices::Cohorts`: r 1, w 1
    /// - `Devices::DeviceCount`: r 1, w 1
    /// - `Devices::Devices`: r 1, w 1
    /// - `Devices::DevicesOf`: r 0, w 1
    /// - `Devices::Tenants`: r 0, w 1
    /// - `Devices::Vacant`: r 0, w 1
    /// - `Devices::VacantCount`: r 1, w 1
    /// - `Rewards::Accrued`: r 1, w 1
    /// - `Rewards::Books`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::PointsPages`: r 1, w 1
    /// - `Rewards::Rates`: r 1, w 0
    /// - `System::Account`: r 3, w 3
    /// - `Uptime::Histories`: r 1, w 1
    fn release() -> Weight {
        Weight::from_parts(531_000_000, 53_700)
            .saturating_add(T::DbWeight::get().reads(15))
            .saturating_add(T::DbWeight::get().writes(16))
    }
    fn evict() -> Weight {
        Weight::from_parts(150_000_000, 20_000)
            .saturating_add(T::DbWeight::get().reads(20))
            .saturating_add(T::DbWeight::get().writes(20))
    }
}
