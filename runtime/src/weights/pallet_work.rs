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
    /// Took 6.7 to 112.3 us.
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `Rewards::Params`: r 1, w 0
    /// - `Work::Parameters`: r 0, w 1
    fn set_params() -> Weight {
        Weight::from_parts(7_240_000, 362)
            .saturating_add(T::DbWeight::get().reads(2))
            .saturating_add(T::DbWeight::get().writes(1))
    }

    /// Took 21.9 to 89.0 us.
    /// - `Devices::Classes`: r 1, w 0
    /// - `Devices::Cohorts`: r 1, w 0
    /// - `Devices::Devices`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::DrawnFrom`: r 1, w 1
    /// - `Work::WorkerCount`: r 1, w 1
    /// - `Work::WorkerOf`: r 1, w 1
    /// - `Work::Workers`: r 0, w 1
    fn enlist() -> Weight {
        Weight::from_parts(23_200_000, 1_870)
            .saturating_add(T::DbWeight::get().reads(7))
            .saturating_add(T::DbWeight::get().writes(4))
    }

    /// Took 30.7 to 112.7 us.
    /// - `Devices::Classes`: r 1, w 0
    /// - `Devices::Cohorts`: r 1, w 0
    /// - `Devices::Devices`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::DrawnFrom`: r 1, w 1
    /// - `Work::WorkerCount`: r 1, w 1
    /// - `Work::WorkerOf`: r 1, w 2
    /// - `Work::Workers`: r 2, w 2
    fn retire() -> Weight {
        Weight::from_parts(32_400_000, 2_100)
            .saturating_add(T::DbWeight::get().reads(9))
            .saturating_add(T::DbWeight::get().writes(6))
    }

    /// Took 50.0 to 156.9 us.
    /// - `Balances::Holds`: r 1, w 1
    /// - `System::Account`: r 1, w 1
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::Jobs`: r 0, w 1
    /// - `Work::NextJob`: r 1, w 1
    /// - `Work::Parameters`: r 1, w 0
    /// - `Work::Queue`: r 1, w 1
    fn post_job() -> Weight {
        Weight::from_parts(52_800_000, 1_580)
            .saturating_add(T::DbWeight::get().reads(6))
            .saturating_add(T::DbWeight::get().writes(5))
    }

    /// Took 46.8 to 100.7 us.
    /// - `Balances::Holds`: r 1, w 1
    /// - `System::Account`: r 1, w 1
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::Jobs`: r 1, w 1
    /// - `Work::Queue`: r 1, w 1
    fn cancel() -> Weight {
        Weight::from_parts(48_900_000, 1_880)
            .saturating_add(T::DbWeight::get().reads(5))
            .saturating_add(T::DbWeight::get().writes(4))
    }

    /// Took 48.0 to 441.3 us.
    /// `n` from 1 to 256.
    /// - `Balances::Holds`: r 1, w 1
    /// - `System::Account`: r 1, w 1
    /// - `Work::Chunks`: r 0, w 256
    /// - `Work::Jobs`: r 1, w 1
    fn close(n: u32) -> Weight {
        Weight::from_parts(47_100_000, 1_180)
            .saturating_add(Weight::from_parts(1_400_000, 0).saturating_mul(n.into()))
            .saturating_add(T::DbWeight::get().reads(3))
            .saturating_add(T::DbWeight::get().writes(3))
            .saturating_add(T::DbWeight::get().writes(1_u64.saturating_mul(n.into())))
    }

    /// Took 49.8 to 93.1 us.
    /// - `Devices::Tenants`: r 1, w 0
    /// - `System::BlockHash`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::Chunks`: r 1, w 0
    fn authorize_answer() -> Weight {
        Weight::from_parts(51_800_000, 1_790)
            .saturating_add(T::DbWeight::get().reads(4))
    }

    /// Took 37.1 to 93.1 us.
    /// - `Devices::Tenants`: r 1, w 0
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::Chunks`: r 1, w 1
    /// - `Work::Due`: r 0, w 2
    /// - `Work::Jobs`: r 1, w 0
    /// - `Work::WorkerOf`: r 1, w 0
    /// - `Work::Workers`: r 1, w 1
    fn answer() -> Weight {
        Weight::from_parts(39_400_000, 3_420)
            .saturating_add(T::DbWeight::get().reads(6))
            .saturating_add(T::DbWeight::get().writes(4))
    }

    /// Took 26.1 to 70.5 us.
    /// - `System::BlockHash`: r 1, w 0
    /// - `Work::Chunks`: r 1, w 0
    /// - `Work::Jobs`: r 1, w 0
    fn authorize_reveal() -> Weight {
        Weight::from_parts(27_300_000, 1_760)
            .saturating_add(T::DbWeight::get().reads(3))
    }

    /// Took 977.6 to 1300.8 us.
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
        Weight::from_parts(1_030_000_000, 17_700)
            .saturating_add(T::DbWeight::get().reads(138))
            .saturating_add(T::DbWeight::get().writes(96))
    }

    /// Took 146.3 to 214.1 us.
    /// - `System::BlockHash`: r 1, w 0
    /// - `Work::Chunks`: r 1, w 0
    /// - `Work::Jobs`: r 1, w 0
    /// - `Work::Openings`: r 1, w 0
    fn authorize_open() -> Weight {
        Weight::from_parts(152_000_000, 2_160)
            .saturating_add(T::DbWeight::get().reads(4))
    }

    /// Took 420.5 to 930.2 us.
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
        Weight::from_parts(437_000_000, 14_500)
            .saturating_add(T::DbWeight::get().reads(55))
            .saturating_add(T::DbWeight::get().writes(38))
    }

    /// Took 40.5 to 92.8 us.
    /// - `System::BlockHash`: r 1, w 0
    /// - `Work::Disputes`: r 1, w 0
    fn authorize_judge() -> Weight {
        Weight::from_parts(42_700_000, 780)
            .saturating_add(T::DbWeight::get().reads(2))
    }

    /// Took 876.6 to 1320.4 us.
    /// - `Balances::Holds`: r 16, w 16
    /// - `Devices::BondedTotal`: r 1, w 1
    /// - `Devices::Classes`: r 1, w 0
    /// - `Devices::Cohorts`: r 15, w 0
    /// - `Devices::Devices`: r 15, w 15
    /// - `Devices::Tenants`: r 15, w 0
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `System::Account`: r 16, w 16
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::Chunks`: r 1, w 1
    /// - `Work::Disputes`: r 1, w 1
    /// - `Work::Due`: r 0, w 1
    /// - `Work::Jobs`: r 1, w 1
    /// - `Work::Openings`: r 16, w 16
    /// - `Work::Parameters`: r 1, w 0
    /// - `Work::ReceiptsOf`: r 15, w 15
    /// - `Work::WorkerOf`: r 16, w 0
    /// - `Work::Workers`: r 16, w 16
    fn judge() -> Weight {
        Weight::from_parts(910_000_000, 104_000)
            .saturating_add(T::DbWeight::get().reads(148))
            .saturating_add(T::DbWeight::get().writes(99))
    }

    /// Took 7.1 to 335.4 us.
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::DueFrom`: r 1, w 0
    /// - `Work::Parameters`: r 1, w 0
    /// - `Work::Queue`: r 1, w 0
    fn look() -> Weight {
        Weight::from_parts(7_680_000, 1_410)
            .saturating_add(T::DbWeight::get().reads(4))
    }

    /// Took 793.8 to 4881.4 us.
    /// - `Balances::Holds`: r 16, w 16
    /// - `Devices::BondedTotal`: r 1, w 1
    /// - `Devices::Classes`: r 1, w 0
    /// - `Devices::Cohorts`: r 15, w 0
    /// - `Devices::Devices`: r 15, w 15
    /// - `Devices::Tenants`: r 15, w 0
    /// - `Rewards::Epoch`: r 1, w 0
    /// - `System::Account`: r 16, w 16
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::Chunks`: r 1, w 1
    /// - `Work::Disputes`: r 1, w 1
    /// - `Work::Due`: r 2, w 1
    /// - `Work::Jobs`: r 1, w 1
    /// - `Work::Openings`: r 0, w 16
    /// - `Work::Parameters`: r 1, w 0
    /// - `Work::ReceiptsOf`: r 15, w 15
    /// - `Work::WorkerOf`: r 16, w 0
    /// - `Work::Workers`: r 16, w 16
    fn chase_up() -> Weight {
        Weight::from_parts(836_000_000, 18_600)
            .saturating_add(T::DbWeight::get().reads(134))
            .saturating_add(T::DbWeight::get().writes(99))
    }

    /// Took 377.6 to 834.2 us.
    /// - `Devices::Classes`: r 1, w 0
    /// - `Devices::Cohorts`: r 23, w 0
    /// - `Devices::Devices`: r 23, w 0
    /// - `Devices::Tenants`: r 23, w 0
    /// - `Uptime::Histories`: r 23, w 0
    /// - `Uptime::Round`: r 1, w 0
    /// - `Work::Chunks`: r 0, w 1
    /// - `Work::DrawnFrom`: r 1, w 0
    /// - `Work::Due`: r 0, w 1
    /// - `Work::Jobs`: r 0, w 1
    /// - `Work::Workers`: r 23, w 8
    fn hand_out() -> Weight {
        Weight::from_parts(395_000_000, 24_600)
            .saturating_add(T::DbWeight::get().reads(118))
            .saturating_add(T::DbWeight::get().writes(11))
    }
}
