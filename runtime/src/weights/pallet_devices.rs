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
    /// Took 16.6 to 4052.2 us.
    /// - `Devices::Classes`: r 1, w 1
    fn set_class() -> Weight {
        Weight::from_parts(17_700_000, 3_360)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 3.4 to 59.8 us.
    /// - `Devices::Parameters`: r 0, w 1
    fn set_params() -> Weight {
        Weight::from_parts(3_830_000, 0)
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 236.3 to 352.6 us.
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
        Weight::from_parts(257_000_000, 27_900)
            .saturating_add(T::DbWeight::get().reads(14))
            .saturating_add(T::DbWeight::get().writes(12))
    }

    /// Took 49.3 to 105.9 us.
    /// - `Devices::Devices`: r 1, w 1
    /// - `Devices::Parameters`: r 1, w 0
    /// - `Devices::Prefixes`: r 2, w 2
    /// - `Uptime::Histories`: r 1, w 1
    fn set_endpoint() -> Weight {
        Weight::from_parts(70_100_000, 10_900)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(T::DbWeight::get().writes(4))
    }

    /// Took 39.0 to 63.4 us.
    /// - `Devices::Devices`: r 1, w 1
    fn set_beneficiary() -> Weight {
        Weight::from_parts(45_300_000, 1_490)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 35.8 to 69.2 us.
    /// - `Devices::Devices`: r 1, w 0
    /// - `Devices::Offers`: r 0, w 1
    fn offer() -> Weight {
        Weight::from_parts(42_600_000, 1_490)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 288.6 to 442.4 us.
    /// - `Balances::Holds`: r 2, w 2
    /// - `Devices::Devices`: r 1, w 1
    /// - `Devices::DevicesOf`: r 0, w 2
    /// - `Devices::Offers`: r 1, w 1
    /// - `Rewards::Accrued`: r 2, w 1
    /// - `Rewards::Books`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::Held`: r 1, w 0
    /// - `Rewards::PointsPages`: r 2, w 0
    /// - `Rewards::Rates`: r 1, w 0
    /// - `System::Account`: r 4, w 4
    fn accept() -> Weight {
        Weight::from_parts(304_000_000, 72_800)
            .saturating_add(T::DbWeight::get().reads(16))
            .saturating_add(T::DbWeight::get().writes(12))
    }

    /// Took 157.3 to 268.4 us.
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
        Weight::from_parts(173_000_000, 25_600)
            .saturating_add(T::DbWeight::get().reads(8))
            .saturating_add(T::DbWeight::get().writes(8))
    }

    /// Took 83.4 to 115.5 us.
    /// - `Devices::Cohorts`: r 1, w 1
    /// - `Devices::Devices`: r 1, w 1
    /// - `Devices::Parameters`: r 1, w 0
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    fn pause() -> Weight {
        Weight::from_parts(89_800_000, 23_900)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(T::DbWeight::get().writes(2))
    }

    /// Took 73.5 to 146.3 us.
    /// - `Devices::Cohorts`: r 1, w 1
    /// - `Devices::Devices`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    fn resume() -> Weight {
        Weight::from_parts(89_600_000, 24_000)
            .saturating_add(T::DbWeight::get().reads(4))
            .saturating_add(T::DbWeight::get().writes(2))
    }

    /// Took 239.7 to 345.6 us.
    /// - `Devices::Cohorts`: r 1, w 1
    /// - `Devices::Devices`: r 1, w 1
    /// - `Devices::Offers`: r 0, w 1
    /// - `Devices::Parameters`: r 1, w 0
    /// - `Rewards::Accrued`: r 2, w 1
    /// - `Rewards::Books`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::Held`: r 1, w 0
    /// - `Rewards::PointsPages`: r 2, w 0
    /// - `Rewards::Rates`: r 1, w 0
    /// - `System::Account`: r 2, w 2
    /// - `Uptime::Round`: r 1, w 0
    fn deregister() -> Weight {
        Weight::from_parts(255_000_000, 94_300)
            .saturating_add(T::DbWeight::get().reads(14))
            .saturating_add(T::DbWeight::get().writes(7))
    }

    /// Took 342.3 to 586.9 us.
    /// - `Balances::Holds`: r 1, w 1
    /// - `Devices::BondedTotal`: r 1, w 1
    /// - `Devices::Cohorts`: r 1, w 1
    /// - `Devices::DeviceCount`: r 1, w 1
    /// - `Devices::Devices`: r 1, w 1
    /// - `Devices::DevicesOf`: r 0, w 1
    /// - `Devices::Offers`: r 0, w 1
    /// - `Devices::Prefixes`: r 1, w 1
    /// - `Devices::Tenants`: r 1, w 1
    /// - `Devices::Vacant`: r 0, w 1
    /// - `Devices::VacantCount`: r 1, w 1
    /// - `Rewards::Accrued`: r 2, w 1
    /// - `Rewards::Books`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::Held`: r 1, w 0
    /// - `Rewards::PointsPages`: r 2, w 1
    /// - `Rewards::Rates`: r 1, w 0
    /// - `Rewards::SettledPages`: r 1, w 1
    /// - `System::Account`: r 3, w 3
    /// - `Uptime::Histories`: r 1, w 1
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::DrawnFrom`: r 1, w 1
    /// - `Work::ReceiptsOf`: r 0, w 1
    /// - `Work::WorkerCount`: r 1, w 1
    /// - `Work::WorkerOf`: r 1, w 2
    /// - `Work::Workers`: r 2, w 2
    fn release() -> Weight {
        Weight::from_parts(369_000_000, 110_000)
            .saturating_add(T::DbWeight::get().reads(27))
            .saturating_add(T::DbWeight::get().writes(26))
    }

    /// Took 403.0 to 740.3 us.
    /// - `Balances::Holds`: r 1, w 1
    /// - `Devices::BondedTotal`: r 1, w 1
    /// - `Devices::Cohorts`: r 1, w 1
    /// - `Devices::DeviceCount`: r 1, w 1
    /// - `Devices::Devices`: r 1, w 1
    /// - `Devices::DevicesOf`: r 0, w 1
    /// - `Devices::Offers`: r 0, w 1
    /// - `Devices::Parameters`: r 1, w 0
    /// - `Devices::Prefixes`: r 1, w 1
    /// - `Devices::Tenants`: r 1, w 1
    /// - `Devices::Vacant`: r 0, w 1
    /// - `Devices::VacantCount`: r 1, w 1
    /// - `Rewards::Accrued`: r 2, w 1
    /// - `Rewards::Books`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::Held`: r 1, w 0
    /// - `Rewards::PointsPages`: r 2, w 1
    /// - `Rewards::Rates`: r 1, w 0
    /// - `Rewards::SettledPages`: r 1, w 1
    /// - `System::Account`: r 4, w 4
    /// - `Uptime::Histories`: r 1, w 1
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::DrawnFrom`: r 1, w 1
    /// - `Work::ReceiptsOf`: r 0, w 1
    /// - `Work::WorkerCount`: r 1, w 1
    /// - `Work::WorkerOf`: r 1, w 2
    /// - `Work::Workers`: r 2, w 2
    fn evict() -> Weight {
        Weight::from_parts(443_000_000, 110_000)
            .saturating_add(T::DbWeight::get().reads(29))
            .saturating_add(T::DbWeight::get().writes(27))
    }

    /// Took 104.6 to 158.8 us.
    /// - `Balances::Holds`: r 1, w 1
    /// - `Devices::BondedTotal`: r 1, w 1
    /// - `Devices::Classes`: r 1, w 0
    /// - `Devices::Devices`: r 1, w 1
    /// - `System::Account`: r 1, w 1
    fn top_up() -> Weight {
        Weight::from_parts(121_000_000, 5_070)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(T::DbWeight::get().writes(4))
    }
}
