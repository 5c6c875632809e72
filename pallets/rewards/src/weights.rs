//! What the pallet's calls and hooks cost. The numbers here serve tests; a runtime brings those measured on its own code.

use polkadot_sdk::frame_support::weights::{constants::RocksDbWeight, Weight};

/// What each call and hook costs.
pub trait WeightInfo {
    /// Paying `n` devices, each of another cohort and with an epoch to settle.
    fn claim(n: u32) -> Weight;
    /// Setting the next epoch's parameters.
    fn set_params() -> Weight;
    /// Counting a round that does not end its epoch.
    fn count_round() -> Weight;
    /// Counting a round that ends its epoch, and closing it.
    fn close_epoch() -> Weight;
    /// Crediting every lane of a cohort whose page is of a closed epoch.
    fn credit() -> Weight;
}

impl WeightInfo for () {
    /// Storage: `Rewards::Epoch` (r:1 w:0), `Rewards::Books` (r:1 w:1), the pot (r:1 w:1), and for each device the registry
    /// (r:1 w:0), `Rewards::PointsPages` (r:1 w:1), `Rewards::Rates` (r:1 w:0), `Rewards::Accrued` (r:1 w:1), the payee (r:1 w:1)
    fn claim(n: u32) -> Weight {
        let n = u64::from(n);
        Weight::from_parts(30_000_000, 3_600)
            .saturating_add(Weight::from_parts(60_000_000, 28_000).saturating_mul(n))
            .saturating_add(RocksDbWeight::get().reads(3))
            .saturating_add(RocksDbWeight::get().reads(n.saturating_mul(5)))
            .saturating_add(RocksDbWeight::get().writes(2))
            .saturating_add(RocksDbWeight::get().writes(n.saturating_mul(3)))
    }

    /// Storage: the token's issuance (r:1 w:0), `Rewards::Params` (r:0 w:1)
    fn set_params() -> Weight {
        Weight::from_parts(9_000_000, 1_501)
            .saturating_add(RocksDbWeight::get().reads(1))
            .saturating_add(RocksDbWeight::get().writes(1))
    }

    /// Storage: `Rewards::Epoch` (r:1 w:1)
    fn count_round() -> Weight {
        Weight::from_parts(5_000_000, 1_600)
            .saturating_add(RocksDbWeight::get().reads(1))
            .saturating_add(RocksDbWeight::get().writes(1))
    }

    /// Storage: `Rewards::Epoch` (r:1 w:1), `Rewards::Params` (r:1 w:0), `Rewards::Books` (r:1 w:1), `Rewards::Rates` (r:0 w:1),
    /// the token's issuance (r:1 w:1), the pot (r:1 w:1), the treasury (r:1 w:1)
    fn close_epoch() -> Weight {
        Weight::from_parts(80_000_000, 6_200)
            .saturating_add(RocksDbWeight::get().reads(6))
            .saturating_add(RocksDbWeight::get().writes(6))
    }

    /// Storage: `Rewards::Epoch` (r:1 w:1), `Rewards::PointsPages` (r:1 w:1), `Rewards::Rates` (r:1 w:0),
    /// `Rewards::Accrued` (r:1 w:1)
    fn credit() -> Weight {
        Weight::from_parts(40_000_000, 28_000)
            .saturating_add(RocksDbWeight::get().reads(4))
            .saturating_add(RocksDbWeight::get().writes(3))
    }
}
