//! Which pallets `scripts/weights` measures: ours. Those of the SDK bring the weights their authors measured.

polkadot_sdk::frame_benchmarking::define_benchmarks!(
    [pallet_devices, crate::Devices]
    [pallet_uptime, crate::Uptime]
    [pallet_work, crate::Work]
    [pallet_rewards, crate::Rewards]
);
