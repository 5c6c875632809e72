//! Weights of the calls of `pallet-devices`: the trait, and figures for tests and for chains without their own.

// A generated file keeps the generator's layout.
#![cfg_attr(rustfmt, rustfmt_skip)]

use core::marker::PhantomData;
use polkadot_sdk::frame_support::{traits::Get, weights::{constants::RocksDbWeight, Weight}};
use polkadot_sdk::frame_system;

/// Weight functions needed for `pallet-devices`.
pub trait WeightInfo {
    /// Changes or appends a class.
    fn set_class() -> Weight;
    /// Changes the parameters.
    fn set_params() -> Weight;
    /// Registers a device.
    fn register() -> Weight;
    /// Changes where a device answers.
    fn set_endpoint() -> Weight;
    /// Changes who is paid for a device.
    fn set_beneficiary() -> Weight;
    /// Offers a device or withdraws the offer.
    fn offer() -> Weight;
    /// Takes over a device.
    fn accept() -> Weight;
    /// Gives a device another key.
    fn rotate_key() -> Weight;
    /// Declares maintenance.
    fn pause() -> Weight;
    /// Ends maintenance early.
    fn resume() -> Weight;
    /// Ends a device's service.
    fn deregister() -> Weight;
    /// Releases a bond and vacates a place.
    fn release() -> Weight;
    /// Removes a device that never answered.
    fn evict() -> Weight;
    /// Restores a bond.
    fn top_up() -> Weight;
}

/// Weights for a chain whose database costs `T::DbWeight`.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
    fn set_class() -> Weight {
        Weight::from_parts(12_000_000, 13_000)
            .saturating_add(T::DbWeight::get().reads(1_u64))
            .saturating_add(T::DbWeight::get().writes(1_u64))
    }
    fn set_params() -> Weight {
        Weight::from_parts(6_000_000, 0)
            .saturating_add(T::DbWeight::get().writes(1_u64))
    }
    fn register() -> Weight {
        Weight::from_parts(135_000_000, 15_000)
            .saturating_add(T::DbWeight::get().reads(14_u64))
            .saturating_add(T::DbWeight::get().writes(13_u64))
    }
    fn set_endpoint() -> Weight {
        Weight::from_parts(45_000_000, 16_000)
            .saturating_add(T::DbWeight::get().reads(6_u64))
            .saturating_add(T::DbWeight::get().writes(4_u64))
    }
    fn set_beneficiary() -> Weight {
        Weight::from_parts(17_000_000, 3_800)
            .saturating_add(T::DbWeight::get().reads(1_u64))
            .saturating_add(T::DbWeight::get().writes(1_u64))
    }
    fn offer() -> Weight {
        Weight::from_parts(19_000_000, 3_800)
            .saturating_add(T::DbWeight::get().reads(1_u64))
            .saturating_add(T::DbWeight::get().writes(1_u64))
    }
    fn accept() -> Weight {
        Weight::from_parts(120_000_000, 36_000)
            .saturating_add(T::DbWeight::get().reads(12_u64))
            .saturating_add(T::DbWeight::get().writes(11_u64))
    }
    fn rotate_key() -> Weight {
        Weight::from_parts(110_000_000, 25_000)
            .saturating_add(T::DbWeight::get().reads(8_u64))
            .saturating_add(T::DbWeight::get().writes(9_u64))
    }
    fn pause() -> Weight {
        Weight::from_parts(30_000_000, 15_000)
            .saturating_add(T::DbWeight::get().reads(5_u64))
            .saturating_add(T::DbWeight::get().writes(2_u64))
    }
    fn resume() -> Weight {
        Weight::from_parts(30_000_000, 15_000)
            .saturating_add(T::DbWeight::get().reads(4_u64))
            .saturating_add(T::DbWeight::get().writes(2_u64))
    }
    fn deregister() -> Weight {
        Weight::from_parts(90_000_000, 36_000)
            .saturating_add(T::DbWeight::get().reads(11_u64))
            .saturating_add(T::DbWeight::get().writes(9_u64))
    }
    fn release() -> Weight {
        Weight::from_parts(145_000_000, 68_000)
            .saturating_add(T::DbWeight::get().reads(16_u64))
            .saturating_add(T::DbWeight::get().writes(20_u64))
    }
    fn evict() -> Weight {
        Weight::from_parts(180_000_000, 68_000)
            .saturating_add(T::DbWeight::get().reads(19_u64))
            .saturating_add(T::DbWeight::get().writes(21_u64))
    }
    fn top_up() -> Weight {
        Weight::from_parts(60_000_000, 8_000)
            .saturating_add(T::DbWeight::get().reads(5_u64))
            .saturating_add(T::DbWeight::get().writes(4_u64))
    }
}

// For tests.
impl WeightInfo for () {
    fn set_class() -> Weight {
        Weight::from_parts(12_000_000, 13_000)
            .saturating_add(RocksDbWeight::get().reads(1_u64))
            .saturating_add(RocksDbWeight::get().writes(1_u64))
    }
    fn set_params() -> Weight {
        Weight::from_parts(6_000_000, 0)
            .saturating_add(RocksDbWeight::get().writes(1_u64))
    }
    fn register() -> Weight {
        Weight::from_parts(135_000_000, 15_000)
            .saturating_add(RocksDbWeight::get().reads(14_u64))
            .saturating_add(RocksDbWeight::get().writes(13_u64))
    }
    fn set_endpoint() -> Weight {
        Weight::from_parts(45_000_000, 16_000)
            .saturating_add(RocksDbWeight::get().reads(6_u64))
            .saturating_add(RocksDbWeight::get().writes(4_u64))
    }
    fn set_beneficiary() -> Weight {
        Weight::from_parts(17_000_000, 3_800)
            .saturating_add(RocksDbWeight::get().reads(1_u64))
            .saturating_add(RocksDbWeight::get().writes(1_u64))
    }
    fn offer() -> Weight {
        Weight::from_parts(19_000_000, 3_800)
            .saturating_add(RocksDbWeight::get().reads(1_u64))
            .saturating_add(RocksDbWeight::get().writes(1_u64))
    }
    fn accept() -> Weight {
        Weight::from_parts(120_000_000, 36_000)
            .saturating_add(RocksDbWeight::get().reads(12_u64))
            .saturating_add(RocksDbWeight::get().writes(11_u64))
    }
    fn rotate_key() -> Weight {
        Weight::from_parts(110_000_000, 25_000)
            .saturating_add(RocksDbWeight::get().reads(8_u64))
            .saturating_add(RocksDbWeight::get().writes(9_u64))
    }
    fn pause() -> Weight {
        Weight::from_parts(30_000_000, 15_000)
            .saturating_add(RocksDbWeight::get().reads(5_u64))
            .saturating_add(RocksDbWeight::get().writes(2_u64))
    }
    fn resume() -> Weight {
        Weight::from_parts(30_000_000, 15_000)
            .saturating_add(RocksDbWeight::get().reads(4_u64))
            .saturating_add(RocksDbWeight::get().writes(2_u64))
    }
    fn deregister() -> Weight {
        Weight::from_parts(90_000_000, 36_000)
            .saturating_add(RocksDbWeight::get().reads(11_u64))
            .saturating_add(RocksDbWeight::get().writes(9_u64))
    }
    fn release() -> Weight {
        Weight::from_parts(145_000_000, 68_000)
            .saturating_add(RocksDbWeight::get().reads(16_u64))
            .saturating_add(RocksDbWeight::get().writes(20_u64))
    }
    fn evict() -> Weight {
        Weight::from_parts(180_000_000, 68_000)
            .saturating_add(RocksDbWeight::get().reads(19_u64))
            .saturating_add(RocksDbWeight::get().writes(21_u64))
    }
    fn top_up() -> Weight {
        Weight::from_parts(60_000_000, 8_000)
            .saturating_add(RocksDbWeight::get().reads(5_u64))
            .saturating_add(RocksDbWeight::get().writes(4_u64))
    }
}
