//! What the calls and hooks of `pallet_work` cost on this chain. Written by `scripts/weights`: change benchmarks instead.
//!
//! Measured in the wasm with `vouch-bench run --pallet pallet_work --genesis-preset development --steps 20 --repeat 10`
//! on one core of: AMD EPYC. Database accesses are charged as `frame_system::Config::DbWeight` says.

// A generated file keeps the generator's layout.
#![cfg_attr(rustfmt, rustfmt_skip)]

use core::marker::PhantomData;
use polkadot_sdk::{
    frame_support::{traits::Get, weights::Weight},
    frame_system,
};

/// Weights of `pallet_work`.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_work::WeightInfo for WeightInfo<T> {
    /// Took 13.5 to 396.6 us.
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::Params`: r 1, w 0
    /// - `Work::Parameters`: r 0, w 1
    fn set_params() -> Weight {
        Weight::from_parts(15_100_000, 362)
            .saturating_add(T::DbWeight::get().reads(2))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 39.3 to 164.7 us.
    /// - `Devices::Classes`: r 1, w 0
    /// - `Devices::Cohorts`: r 1, w 0
    /// - `Devices::Devices`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::WorkerCount`: r 1, w 1
    /// - `Work::WorkerOf`: r 1, w 1
    /// - `Work::Workers`: r 0, w 1
    fn enlist() -> Weight {
        Weight::from_parts(43_100_000, 1_870)
            .saturating_add(T::DbWeight::get().reads(6))
            .saturating_add(T::DbWeight::get().writes(3))
    }

    /// Took 53.0 to 2767.2 us.
    /// - `Devices::Classes`: r 1, w 0
    /// - `Devices::Cohorts`: r 1, w 0
    /// - `Devices::Devices`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::WorkerCount`: r 1, w 1
    /// - `Work::WorkerOf`: r 1, w 2
    /// - `Work::Workers`: r 2, w 2
    fn retire() -> Weight {
        Weight::from_parts(56_700_000, 2_100)
            .saturating_add(T::DbWeight::get().reads(8))
            .saturating_add(T::DbWeight::get().writes(5))
    }

    /// Took 86.6 to 759.3 us.
    /// - `Balances::Holds`: r 1, w 1
    /// - `System::Account`: r 1, w 1
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::Jobs`: r 0, w 1
    /// - `Work::NextJob`: r 1, w 1
    /// - `Work::Parameters`: r 1, w 0
    /// - `Work::Queue`: r 1, w 1
    fn post_job() -> Weight {
        Weight::from_parts(92_500_000, 1_580)
            .saturating_add(T::DbWeight::get().reads(6))
            .saturating_add(T::DbWeight::get().writes(5))
    }

    /// Took 83.0 to 4247.3 us.
    /// - `Balances::Holds`: r 1, w 1
    /// - `System::Account`: r 1, w 1
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::Jobs`: r 1, w 1
    /// - `Work::Queue`: r 1, w 1
    fn cancel() -> Weight {
        Weight::from_parts(89_600_000, 1_880)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(T::DbWeight::get().writes(4))
    }

    /// Took 105.5 to 1184.2 us.
    /// `n` from 1 to 256.
    /// - `Balances::Holds`: r 1, w 1
    /// - `System::Account`: r 1, w 1
    /// - `Work::Chunks`: r 0, w 256
    /// - `Work::Jobs`: r 1, w 1
    fn close(n: u32) -> Weight {
        Weight::from_parts(111_000_000, 1_180)
            .saturating_add(Weight::from_parts(2_680_000, 0).saturating_mul(n.into()))
            .saturating_add(T::DbWeight::get().reads(3))
            .saturating_add(T::DbWeight::get().writes(3))
            .saturating_add(T::DbWeight::get().writes(1_u64.saturating_mul(n.into())))
    }

    /// Took 96.1 to 243.7 us.
    /// - `Devices::Tenants`: r 1, w 0
    /// - `System::BlockHash`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::Chunks`: r 1, w 0
    fn authorize_answer() -> Weight {
        Weight::from_parts(113_000_000, 1_780)
            .saturating_add(T::DbWeight::get().reads(4))
    }

    /// Took 89.4 to 231.6 us.
    /// - `Devices::Tenants`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::Chunks`: r 1, w 1
    /// - `Work::Jobs`: r 1, w 0
    /// - `Work::WorkerOf`: r 1, w 0
    /// - `Work::Workers`: r 1, w 1
    fn answer() -> Weight {
        Weight::from_parts(113_000_000, 3_420)
            .saturating_add(T::DbWeight::get().reads(6))
            .saturating_add(T::DbWeight::get().writes(2))
    }

    /// Took 49.0 to 141.0 us.
    /// - `System::BlockHash`: r 1, w 0
    /// - `Work::Chunks`: r 1, w 0
    /// - `Work::Jobs`: r 1, w 0
    fn authorize_reveal() -> Weight {
        Weight::from_parts(58_300_000, 1_760)
            .saturating_add(T::DbWeight::get().reads(3))
    }

    /// Took 1820.5 to 5826.5 us.
    /// - `Balances::Holds`: r 9, w 9
    /// - `Devices::BondedTotal`: r 1, w 1
    /// - `Devices::Classes`: r 1, w 0
    /// - `Devices::Cohorts`: r 16, w 0
    /// - `Devices::Devices`: r 16, w 8
    /// - `Devices::Tenants`: r 16, w 0
    /// - `Rewards::Epoch`: r 1, w 1
    /// - `Rewards::PointsPages`: r 8, w 8
    /// - `System::Account`: r 17, w 17
    /// - `System::BlockHash`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::Chunks`: r 1, w 1
    /// - `Work::Disputes`: r 0, w 1
    /// - `Work::Due`: r 0, w 1
    /// - `Work::Jobs`: r 1, w 1
    /// - `Work::Openings`: r 0, w 16
    /// - `Work::Parameters`: r 1, w 0
    /// - `Work::ReceiptsOf`: r 16, w 16
    /// - `Work::WorkerOf`: r 16, w 0
    /// - `Work::Workers`: r 16, w 16
    fn reveal() -> Weight {
        Weight::from_parts(3_200_000_000, 17_700)
            .saturating_add(T::DbWeight::get().reads(138))
            .saturating_add(T::DbWeight::get().writes(96))
    }

    /// Took 243.6 to 2268.4 us.
    /// - `System::BlockHash`: r 1, w 0
    /// - `Work::Chunks`: r 1, w 0
    /// - `Work::Jobs`: r 1, w 0
    /// - `Work::Openings`: r 1, w 0
    fn authorize_open() -> Weight {
        Weight::from_parts(283_000_000, 2_160)
            .saturating_add(T::DbWeight::get().reads(4))
    }

    /// Took 794.2 to 2200.1 us.
    /// - `Balances::Holds`: r 1, w 1
    /// - `System::Account`: r 1, w 1
    /// - `System::BlockHash`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::Chunks`: r 1, w 1
    /// - `Work::Disputes`: r 0, w 1
    /// - `Work::Due`: r 0, w 1
    /// - `Work::Jobs`: r 1, w 1
    /// - `Work::Openings`: r 16, w 16
    /// - `Work::Parameters`: r 1, w 0
    /// - `Work::WorkerOf`: r 16, w 0
    /// - `Work::Workers`: r 16, w 16
    fn open() -> Weight {
        Weight::from_parts(917_000_000, 14_500)
            .saturating_add(T::DbWeight::get().reads(55))
            .saturating_add(T::DbWeight::get().writes(38))
    }

    /// Took 99.7 to 237.0 us.
    /// - `System::BlockHash`: r 1, w 0
    /// - `Work::Disputes`: r 1, w 0
    fn authorize_judge() -> Weight {
        Weight::from_parts(138_000_000, 780)
            .saturating_add(T::DbWeight::get().reads(2))
    }

    /// Took 534.9 to 9421.6 us.
    /// - `Balances::Holds`: r 1, w 1
    /// - `System::Account`: r 1, w 1
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::Chunks`: r 1, w 1
    /// - `Work::Disputes`: r 1, w 1
    /// - `Work::Due`: r 0, w 1
    /// - `Work::Jobs`: r 1, w 1
    /// - `Work::Openings`: r 16, w 16
    /// - `Work::Parameters`: r 1, w 0
    /// - `Work::WorkerOf`: r 16, w 0
    /// - `Work::Workers`: r 16, w 16
    fn judge() -> Weight {
        Weight::from_parts(945_000_000, 93_700)
            .saturating_add(T::DbWeight::get().reads(55))
            .saturating_add(T::DbWeight::get().writes(38))
    }

    /// Took 11.7 to 736.6 us.
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::DueFrom`: r 1, w 0
    /// - `Work::Parameters`: r 1, w 0
    /// - `Work::Queue`: r 1, w 0
    fn look() -> Weight {
        Weight::from_parts(13_900_000, 1_410)
            .saturating_add(T::DbWeight::get().reads(4))
    }

    /// Took 485.0 to 1078.0 us.
    /// - `Balances::Holds`: r 1, w 1
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `System::Account`: r 1, w 1
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::Chunks`: r 1, w 1
    /// - `Work::Disputes`: r 0, w 1
    /// - `Work::Due`: r 2, w 1
    /// - `Work::Jobs`: r 1, w 1
    /// - `Work::ReceiptsOf`: r 16, w 16
    /// - `Work::WorkerOf`: r 16, w 0
    /// - `Work::Workers`: r 16, w 16
    fn chase_up() -> Weight {
        Weight::from_parts(574_000_000, 9_510)
            .saturating_add(T::DbWeight::get().reads(56))
            .saturating_add(T::DbWeight::get().writes(38))
    }

    /// Took 717.9 to 5336.7 us.
    /// - `Devices::Classes`: r 1, w 0
    /// - `Devices::Cohorts`: r 23, w 0
    /// - `Devices::Devices`: r 23, w 0
    /// - `Devices::Tenants`: r 23, w 0
    /// - `Uptime::Histories`: r 23, w 0
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::Chunks`: r 0, w 1
    /// - `Work::Due`: r 0, w 1
    /// - `Work::Jobs`: r 0, w 1
    /// - `Work::WorkerCount`: r 1, w 0
    /// - `Work::Workers`: r 23, w 8
    fn hand_out() -> Weight {
        Weight::from_parts(1_290_000_000, 24_600)
            .saturating_add(T::DbWeight::get().reads(118))
            .saturating_add(T::DbWeight::get().writes(11))
    }
}
