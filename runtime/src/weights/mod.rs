//! What our pallets' calls and hooks cost on this runtime; written by `scripts/weights`.

pub mod pallet_devices;
pub mod pallet_rewards;
pub mod pallet_uptime;
pub mod pallet_work;
