//! Which pallets `scripts/weights` can measure: ours, and those of the SDK's whose cost depends on this runtime's hardware.

polkadot_sdk::frame_benchmarking::define_benchmarks!(
    [frame_system, crate::SystemBench::<crate::Runtime>]
    [pallet_devices, crate::Devices]
    [pallet_uptime, crate::Uptime]
    [pallet_rewards, crate::Rewards]
);
