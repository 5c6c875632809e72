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
    /// Took 31.7 to 2524.4 us.
    /// - `Devices::Classes`: r 1, w 1
    fn set_class() -> Weight {
        Weight::from_parts(55_200_000, 3_360)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 8.0 to 185.5 us.
    /// - `Devices::Parameters`: r 0, w 1
    fn set_params() -> Weight {
        Weight::from_parts(16_300_000, 0)
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 559.7 to 877.1 us.
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
        Weight::from_parts(678_000_000, 28_200)
            .saturating_add(T::DbWeight::get().reads(14))
            .saturating_add(T::DbWeight::get().writes(12))
    }

    /// Took 182.2 to 250.6 us.
    /// - `Devices::Devices`: r 1, w 1
    /// - `Devices::Parameters`: r 1, w 0
    /// - `Devices::Prefixes`: r 2, w 2
    /// - `Uptime::Histories`: r 1, w 1
    fn set_endpoint() -> Weight {
        Weight::from_parts(199_000_000, 10_900)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(T::DbWeight::get().writes(4))
    }

    /// Took 81.7 to 147.6 us.
    /// - `Devices::Devices`: r 1, w 1
    fn set_beneficiary() -> Weight {
        Weight::from_parts(111_000_000, 1_460)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 87.6 to 170.8 us.
    /// - `Devices::Devices`: r 1, w 0
    /// - `Devices::Offers`: r 0, w 1
    fn offer() -> Weight {
        Weight::from_parts(117_000_000, 1_590)
            .saturating_add(T::DbWeight::get().reads(1))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 905.1 to 1163.0 us.
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
        Weight::from_parts(1_020_000_000, 72_700)
            .saturating_add(T::DbWeight::get().reads(16))
            .saturating_add(T::DbWeight::get().writes(12))
    }

    /// Took 425.0 to 794.0 us.
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
        Weight::from_parts(498_000_000, 25_600)
            .saturating_add(T::DbWeight::get().reads(8))
            .saturating_add(T::DbWeight::get().writes(8))
    }

    /// Took 171.1 to 321.0 us.
    /// - `Devices::Cohorts`: r 1, w 1
    /// - `Devices::Devices`: r 1, w 1
    /// - `Devices::Parameters`: r 1, w 0
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    fn pause() -> Weight {
        Weight::from_parts(272_000_000, 23_900)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(T::DbWeight::get().writes(2))
    }

    /// Took 163.3 to 358.7 us.
    /// - `Devices::Cohorts`: r 1, w 1
    /// - `Devices::Devices`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    fn resume() -> Weight {
        Weight::from_parts(219_000_000, 23_800)
            .saturating_add(T::DbWeight::get().reads(4))
            .saturating_add(T::DbWeight::get().writes(2))
    }

    /// Took 573.0 to 1045.5 us.
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
        Weight::from_parts(860_000_000, 94_200)
            .saturating_add(T::DbWeight::get().reads(14))
            .saturating_add(T::DbWeight::get().writes(7))
    }

    /// Took 755.2 to 1478.1 us.
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
    /// - `Rewards::PointsPages`: r 2, w 0
    /// - `Rewards::Rates`: r 1, w 0
    /// - `System::Account`: r 3, w 3
    /// - `Uptime::Histories`: r 1, w 1
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::ReceiptsOf`: r 0, w 1
    /// - `Work::WorkerCount`: r 1, w 1
    /// - `Work::WorkerOf`: r 1, w 2
    /// - `Work::Workers`: r 2, w 2
    fn release() -> Weight {
        Weight::from_parts(1_120_000_000, 106_000)
            .saturating_add(T::DbWeight::get().reads(25))
            .saturating_add(T::DbWeight::get().writes(23))
    }

    /// Took 755.7 to 1417.8 us.
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
    /// - `Rewards::PointsPages`: r 2, w 0
    /// - `Rewards::Rates`: r 1, w 0
    /// - `System::Account`: r 4, w 4
    /// - `Uptime::Histories`: r 1, w 1
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::ReceiptsOf`: r 0, w 1
    /// - `Work::WorkerCount`: r 1, w 1
    /// - `Work::WorkerOf`: r 1, w 2
    /// - `Work::Workers`: r 2, w 2
    fn evict() -> Weight {
        Weight::from_parts(920_000_000, 105_000)
            .saturating_add(T::DbWeight::get().reads(27))
            .saturating_add(T::DbWeight::get().writes(24))
    }

    /// Took 207.9 to 399.1 us.
    /// - `Balances::Holds`: r 1, w 1
    /// - `Devices::BondedTotal`: r 1, w 1
    /// - `Devices::Classes`: r 1, w 0
    /// - `Devices::Devices`: r 1, w 1
    /// - `System::Account`: r 1, w 1
    fn top_up() -> Weight {
        Weight::from_parts(303_000_000, 5_070)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(T::DbWeight::get().writes(4))
    }
}
