//! What the pallet's calls and hooks cost. The numbers here serve tests; a runtime brings those measured on its own code.

use polkadot_sdk::frame_support::weights::{constants::RocksDbWeight, Weight};

/// What each call and hook costs.
pub trait WeightInfo {
    /// Paying `n` devices, each of another cohort and with an epoch to settle both for uptime and for work.
    fn claim(n: u32) -> Weight;
    /// Setting the next epoch's parameters.
    fn set_params() -> Weight;
    /// Counting a round that does not end its epoch.
    fn count_round() -> Weight;
    /// Counting a round that ends its epoch, and closing it.
    fn close_epoch() -> Weight;
    /// Crediting every lane of a cohort whose page is of a closed epoch, with planck held in two periods.
    fn credit() -> Weight;
    /// Paying `n` validators, each on another page and with an epoch to settle.
    fn claim_probing(n: u32) -> Weight;
    /// Leaving to the treasury what is held for a device, with an epoch to settle and planck held in two periods.
    fn forfeit() -> Weight;
    /// Crediting `p` probers of one page, which is of a closed epoch.
    fn credit_probers(p: u32) -> Weight;
    /// Crediting a device with work, on a page that is of a closed epoch.
    fn credit_work() -> Weight;
    /// Promising to stakers what is carried for them.
    fn draw_era_payout() -> Weight;
    /// Burning what the staking pallet minted for stakers.
    fn settle_era_payout() -> Weight;
}

impl WeightInfo for () {
    /// Storage: `Rewards::Epoch` (r:1 w:0), `Rewards::Books` (r:1 w:1), the pot (r:1 w:1), and for each device the registry
    /// (r:1 w:0), `Rewards::PointsPages` (r:2 w:2), `Rewards::Rates` (r:2 w:0), `Rewards::Accrued` (r:2 w:2), `Rewards::Held`
    /// (r:1 w:1), the payee (r:1 w:1)
    fn claim(n: u32) -> Weight {
        let n = u64::from(n);
        Weight::from_parts(30_000_000, 3_600)
            .saturating_add(Weight::from_parts(130_000_000, 88_000).saturating_mul(n))
            .saturating_add(RocksDbWeight::get().reads(3))
            .saturating_add(RocksDbWeight::get().reads(n.saturating_mul(9)))
            .saturating_add(RocksDbWeight::get().writes(2))
            .saturating_add(RocksDbWeight::get().writes(n.saturating_mul(6)))
    }

    /// Storage: the token's issuance (r:1 w:0), what work costs (r:1 w:0), `Rewards::Epoch` (r:1 w:0), what a lie costs
    /// (r:1 w:0), `Rewards::Params` (r:0 w:1)
    fn set_params() -> Weight {
        Weight::from_parts(12_000_000, 1_700)
            .saturating_add(RocksDbWeight::get().reads(4))
            .saturating_add(RocksDbWeight::get().writes(1))
    }

    /// Storage: `Rewards::Epoch` (r:1 w:1)
    fn count_round() -> Weight {
        Weight::from_parts(5_000_000, 1_600)
            .saturating_add(RocksDbWeight::get().reads(1))
            .saturating_add(RocksDbWeight::get().writes(1))
    }

    /// Storage: `Rewards::Epoch` (r:1 w:1), `Rewards::Params` (r:1 w:0), `Rewards::Books` (r:1 w:1), `Rewards::Rates` (r:0 w:3),
    /// the token's issuance (r:1 w:1), the pot (r:1 w:1), the treasury (r:1 w:1)
    fn close_epoch() -> Weight {
        Weight::from_parts(85_000_000, 6_200)
            .saturating_add(RocksDbWeight::get().reads(6))
            .saturating_add(RocksDbWeight::get().writes(8))
    }

    /// Storage: `Rewards::Epoch` (r:1 w:1), `Rewards::PointsPages` (r:1 w:1), `Rewards::Rates` (r:1 w:0),
    /// `Rewards::Accrued` (r:1 w:1), `Rewards::Held` (r:1 w:1)
    fn credit() -> Weight {
        Weight::from_parts(70_000_000, 62_000)
            .saturating_add(RocksDbWeight::get().reads(5))
            .saturating_add(RocksDbWeight::get().writes(4))
    }

    /// Storage: `Rewards::Epoch` (r:1 w:0), `Rewards::Books` (r:1 w:1), the pot (r:1 w:1), and for each validator its number
    /// (r:1 w:0), `Rewards::PointsPages` (r:1 w:1), `Rewards::Rates` (r:1 w:0), `Rewards::Accrued` (r:1 w:1), its account
    /// (r:1 w:1)
    fn claim_probing(n: u32) -> Weight {
        let n = u64::from(n);
        Weight::from_parts(30_000_000, 3_600)
            .saturating_add(Weight::from_parts(60_000_000, 28_000).saturating_mul(n))
            .saturating_add(RocksDbWeight::get().reads(3))
            .saturating_add(RocksDbWeight::get().reads(n.saturating_mul(5)))
            .saturating_add(RocksDbWeight::get().writes(2))
            .saturating_add(RocksDbWeight::get().writes(n.saturating_mul(3)))
    }

    /// Storage: the registry (r:1 w:0), `Rewards::Epoch` (r:1 w:0), `Rewards::Books` (r:1 w:1), `Rewards::PointsPages`
    /// (r:1 w:1), `Rewards::Rates` (r:1 w:0), `Rewards::Accrued` (r:1 w:1), `Rewards::Held` (r:1 w:1)
    fn forfeit() -> Weight {
        Weight::from_parts(90_000_000, 62_000)
            .saturating_add(RocksDbWeight::get().reads(7))
            .saturating_add(RocksDbWeight::get().writes(4))
    }

    /// Storage: `Rewards::Epoch` (r:1 w:1), `Rewards::PointsPages` (r:1 w:1), `Rewards::Rates` (r:1 w:0),
    /// `Rewards::Accrued` (r:1 w:1)
    fn credit_probers(p: u32) -> Weight {
        Weight::from_parts(40_000_000, 28_000)
            .saturating_add(Weight::from_parts(50_000, 0).saturating_mul(u64::from(p)))
            .saturating_add(RocksDbWeight::get().reads(4))
            .saturating_add(RocksDbWeight::get().writes(3))
    }

    /// Storage: `Rewards::Epoch` (r:1 w:1), `Rewards::PointsPages` (r:1 w:1), `Rewards::Rates` (r:1 w:0),
    /// `Rewards::Accrued` (r:1 w:1)
    fn credit_work() -> Weight {
        Weight::from_parts(40_000_000, 28_000)
            .saturating_add(RocksDbWeight::get().reads(4))
            .saturating_add(RocksDbWeight::get().writes(3))
    }

    /// Storage: `Rewards::Books` (r:1 w:1)
    fn draw_era_payout() -> Weight {
        Weight::from_parts(6_000_000, 1_700)
            .saturating_add(RocksDbWeight::get().reads(1))
            .saturating_add(RocksDbWeight::get().writes(1))
    }

    /// Storage: `Rewards::Books` (r:1 w:1), the token's issuance (r:1 w:1), the pot (r:1 w:1)
    fn settle_era_payout() -> Weight {
        Weight::from_parts(30_000_000, 3_600)
            .saturating_add(RocksDbWeight::get().reads(3))
            .saturating_add(RocksDbWeight::get().writes(3))
    }
}
