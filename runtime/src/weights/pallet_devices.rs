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
    /// Took 16.5 to 173.1 us.
    /// - `Devices::Classes`: r 1, w 1
    fn set_class() -> Weight {
        Weight::from_parts(17_500_000, 3_360)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 3.2 to 105.4 us.
    /// - `Devices::Parameters`: r 0, w 1
    fn set_params() -> Weight {
        Weight::from_parts(3_600_000, 0)
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 183.6 to 272.4 us.
    /// - `Balances::Holds`: r 1, w 1
    /// - `Devices::BondedTotal`: r 1, w 1
    /// - `Devices::Classes`: r 1, w 0
    /// - `Devices::Cohorts`: r 1, w 1
    /// - `Devices::DeviceCount`: r 1, w 1
    /// - `Devices::Devices`: r 1, w 1
    /// - `Devices::DevicesOf`: r 0, w 1
    /// - `Devices::Parameters`: r 1, w 0
    /// - `Devices::Prefixes`: r 1, w 1
    /// - `Devices::Proofs`: r 1, w 1
    /// - `Devices::Tenants`: r 0, w 1
    /// - `Devices::Vacant`: r 1, w 1
    /// - `Devices::VacantCount`: r 1, w 1
    /// - `System::Account`: r 1, w 1
    /// - `System::BlockHash`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    fn register() -> Weight {
        Weight::from_parts(205_000_000, 28_100)
            .saturating_add(T::DbWeight::get().reads(14))
            .saturating_add(T::DbWeight::get().writes(12))
    }

    /// Took 46.5 to 87.3 us.
    /// - `Devices::Devices`: r 1, w 1
    /// - `Devices::Parameters`: r 1, w 0
    /// - `Devices::Prefixes`: r 2, w 2
    /// - `Uptime::Histories`: r 1, w 1
    fn set_endpoint() -> Weight {
        Weight::from_parts(54_000_000, 10_800)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(T::DbWeight::get().writes(4))
    }

    /// Took 27.7 to 79.3 us.
    /// - `Devices::Devices`: r 1, w 1
    fn set_beneficiary() -> Weight {
        Weight::from_parts(32_900_000, 1_690)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 26.6 to 88.1 us.
    /// - `Devices::Devices`: r 1, w 0
    /// - `Devices::Offers`: r 0, w 1
    fn offer() -> Weight {
        Weight::from_parts(30_600_000, 1_560)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 179.6 to 242.1 us.
    /// - `Balances::Holds`: r 2, w 2
    /// - `Devices::Devices`: r 1, w 1
    /// - `Devices::DevicesOf`: r 0, w 2
    /// - `Devices::Offers`: r 1, w 1
    /// - `Rewards::Accrued`: r 1, w 1
    /// - `Rewards::Books`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::Held`: r 1, w 0
    /// - `Rewards::PointsPages`: r 1, w 0
    /// - `System::Account`: r 4, w 4
    fn accept() -> Weight {
        Weight::from_parts(197_000_000, 51_900)
            .saturating_add(T::DbWeight::get().reads(13))
            .saturating_add(T::DbWeight::get().writes(12))
    }

    /// Took 113.4 to 158.7 us.
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
        Weight::from_parts(126_000_000, 25_600)
            .saturating_add(T::DbWeight::get().reads(8))
            .saturating_add(T::DbWeight::get().writes(8))
    }

    /// Took 53.6 to 92.8 us.
    /// - `Devices::Cohorts`: r 1, w 1
    /// - `Devices::Devices`: r 1, w 1
    /// - `Devices::Parameters`: r 1, w 0
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    fn pause() -> Weight {
        Weight::from_parts(63_200_000, 23_700)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(T::DbWeight::get().writes(2))
    }

    /// Took 63.5 to 305.8 us.
    /// - `Devices::Cohorts`: r 1, w 1
    /// - `Devices::Devices`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    fn resume() -> Weight {
        Weight::from_parts(85_200_000, 23_800)
            .saturating_add(T::DbWeight::get().reads(4))
            .saturating_add(T::DbWeight::get().writes(2))
    }

    /// Took 142.6 to 227.1 us.
    /// - `Devices::Cohorts`: r 1, w 1
    /// - `Devices::Devices`: r 1, w 1
    /// - `Devices::Offers`: r 0, w 1
    /// - `Devices::Parameters`: r 1, w 0
    /// - `Rewards::Accrued`: r 1, w 1
    /// - `Rewards::Books`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::Held`: r 1, w 0
    /// - `Rewards::PointsPages`: r 1, w 0
    /// - `System::Account`: r 2, w 2
    /// - `Uptime::Round`: r 1, w 0
    fn deregister() -> Weight {
        Weight::from_parts(161_000_000, 73_300)
            .saturating_add(T::DbWeight::get().reads(11))
            .saturating_add(T::DbWeight::get().writes(7))
    }

    /// Took 194.9 to 248.2 us.
    /// - `Balances::Holds`: r 1, w 1
    /// - `Devices::BondedTotal`: r 1, w 1
    /// - `Devices::Cohorts`: r 1, w 1
    /// - `Devices::DeviceCount`: r 1, w 1
    /// - `Devices::Devices`: r 1, w 1
    /// - `Devices::DevicesOf`: r 0, w 1
    /// - `Devices::Offers`: r 0, w 1
    /// - `Devices::Prefixes`: r 1, w 1
    /// - `Devices::Tenants`: r 0, w 1
    /// - `Devices::Vacant`: r 0, w 1
    /// - `Devices::VacantCount`: r 1, w 1
    /// - `Rewards::Accrued`: r 1, w 1
    /// - `Rewards::Books`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::Held`: r 1, w 0
    /// - `Rewards::PointsPages`: r 1, w 0
    /// - `System::Account`: r 3, w 3
    /// - `Uptime::Histories`: r 1, w 1
    fn release() -> Weight {
        Weight::from_parts(212_000_000, 82_600)
            .saturating_add(T::DbWeight::get().reads(16))
            .saturating_add(T::DbWeight::get().writes(17))
    }

    /// Took 244.3 to 323.2 us.
    /// - `Balances::Holds`: r 1, w 1
    /// - `Devices::BondedTotal`: r 1, w 1
    /// - `Devices::Cohorts`: r 1, w 1
    /// - `Devices::DeviceCount`: r 1, w 1
    /// - `Devices::Devices`: r 1, w 1
    /// - `Devices::DevicesOf`: r 0, w 1
    /// - `Devices::Offers`: r 0, w 1
    /// - `Devices::Parameters`: r 1, w 0
    /// - `Devices::Prefixes`: r 1, w 1
    /// - `Devices::Tenants`: r 0, w 1
    /// - `Devices::Vacant`: r 0, w 1
    /// - `Devices::VacantCount`: r 1, w 1
    /// - `Rewards::Accrued`: r 1, w 1
    /// - `Rewards::Books`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::Held`: r 1, w 0
    /// - `Rewards::PointsPages`: r 1, w 0
    /// - `System::Account`: r 4, w 4
    /// - `Uptime::Histories`: r 1, w 1
    fn evict() -> Weight {
        Weight::from_parts(259_000_000, 82_600)
            .saturating_add(T::DbWeight::get().reads(18))
            .saturating_add(T::DbWeight::get().writes(18))
    }

    /// Took 106.0 to 176.5 us.
    /// - `Balances::Holds`: r 1, w 1
    /// - `Devices::BondedTotal`: r 1, w 1
    /// - `Devices::Classes`: r 1, w 0
    /// - `Devices::Devices`: r 1, w 1
    /// - `System::Account`: r 1, w 1
    fn top_up() -> Weight {
        Weight::from_parts(125_000_000, 5_000)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(T::DbWeight::get().writes(4))
    }
}
