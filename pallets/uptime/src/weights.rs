//! What the calls and hooks cost. The runtime brings its own measurements; `()` is for tests.

use frame_support::weights::{constants::RocksDbWeight, Weight};
use polkadot_sdk::*;

/// Weights of this pallet's calls and hooks.
pub trait WeightInfo {
    /// Governance sets the parameters.
    fn set_params() -> Weight;
    /// A report is stored beside `k` others of its round, and the committee is not complete.
    fn report(k: u32) -> Weight;
    /// A report completes a committee of `k` and the round is tallied.
    fn report_completing(k: u32) -> Weight;
    /// A report is checked, in a set of as many probers as there can be.
    fn authorize_report() -> Weight;
    /// An answer is checked that is for the last of `o` open audits of its cohort.
    fn authorize_answer(o: u32) -> Weight;
    /// A right answer to one of `o` open audits of its cohort is taken.
    fn answer_audit(o: u32) -> Weight;
    /// A prober is accused.
    fn accuse() -> Weight;
    /// Of a cohort with `o` open audits, `k` reports have their draw and are not drawn, `d` are drawn, and `s` audits are overdue.
    fn audit(k: u32, d: u32, o: u32, s: u32) -> Weight;
    /// No report has its draw, and none of `o` open audits is to be closed.
    fn audit_nothing(o: u32) -> Weight;
    /// A block looks whether anybody is accused.
    fn look_for_accused() -> Weight;
    /// One of the accused is looked up, without what it takes to tell those who slash.
    fn report_accused() -> Weight;
    /// A cohort is found to have nothing to account.
    fn settle_nothing() -> Weight;
    /// A cohort with `k` stored reports is accounted for `r` rounds.
    fn settle(k: u32, r: u32) -> Weight;
    /// A block in which no round opens and no seed is fixed.
    fn on_initialize() -> Weight;
    /// A block in which the next round's seed is fixed.
    fn fix_seed() -> Weight;
    /// A block in which a round opens, without what is told of the old one's end.
    fn open_round() -> Weight;
    /// The sweep looks whether it has anything to do and notes how far it came.
    fn sweep() -> Weight;
}

impl WeightInfo for () {
    fn set_params() -> Weight {
        Weight::from_parts(9_000_000, 0).saturating_add(RocksDbWeight::get().writes(1))
    }
    fn report(k: u32) -> Weight {
        Weight::from_parts(22_000_000, 25_086)
            .saturating_add(Weight::from_parts(450_000, 0).saturating_mul(k.into()))
            .saturating_add(RocksDbWeight::get().reads(4))
            .saturating_add(RocksDbWeight::get().writes(1))
    }
    fn report_completing(k: u32) -> Weight {
        Weight::from_parts(160_000_000, 25_086)
            .saturating_add(Weight::from_parts(9_000_000, 0).saturating_mul(k.into()))
            .saturating_add(RocksDbWeight::get().reads(8))
            .saturating_add(RocksDbWeight::get().writes(4))
    }
    fn authorize_report() -> Weight {
        Weight::from_parts(75_000_000, 33_487).saturating_add(RocksDbWeight::get().reads(6))
    }
    fn authorize_answer(o: u32) -> Weight {
        Weight::from_parts(75_000_000, 33_487)
            .saturating_add(Weight::from_parts(100_000, 0).saturating_mul(o.into()))
            .saturating_add(RocksDbWeight::get().reads(2))
    }
    fn answer_audit(o: u32) -> Weight {
        Weight::from_parts(120_000_000, 33_487)
            .saturating_add(Weight::from_parts(200_000, 0).saturating_mul(o.into()))
            .saturating_add(RocksDbWeight::get().reads(4))
            .saturating_add(RocksDbWeight::get().writes(4))
    }
    fn accuse() -> Weight {
        Weight::from_parts(10_000_000, 3_000)
            .saturating_add(RocksDbWeight::get().reads(2))
            .saturating_add(RocksDbWeight::get().writes(3))
    }
    fn audit(k: u32, d: u32, o: u32, s: u32) -> Weight {
        Weight::from_parts(100_000_000, 33_487)
            .saturating_add(Weight::from_parts(5_000_000, 0).saturating_mul(k.into()))
            .saturating_add(Weight::from_parts(20_000_000, 0).saturating_mul(d.into()))
            .saturating_add(Weight::from_parts(500_000, 0).saturating_mul(o.into()))
            .saturating_add(Self::accuse().saturating_mul(s.into()))
            .saturating_add(RocksDbWeight::get().reads(8 + 2 * u64::from(d)))
            .saturating_add(RocksDbWeight::get().writes(6))
    }
    fn audit_nothing(o: u32) -> Weight {
        Weight::from_parts(10_000_000, 33_487)
            .saturating_add(Weight::from_parts(100_000, 0).saturating_mul(o.into()))
            .saturating_add(RocksDbWeight::get().reads(4))
    }
    fn look_for_accused() -> Weight {
        Weight::from_parts(3_000_000, 1_497).saturating_add(RocksDbWeight::get().reads(1))
    }
    fn report_accused() -> Weight {
        Weight::from_parts(20_000_000, 4_000)
            .saturating_add(RocksDbWeight::get().reads(6))
            .saturating_add(RocksDbWeight::get().writes(3))
    }
    fn settle_nothing() -> Weight {
        Weight::from_parts(12_000_000, 12_364).saturating_add(RocksDbWeight::get().reads(2))
    }
    fn settle(k: u32, r: u32) -> Weight {
        Weight::from_parts(60_000_000, 25_086)
            .saturating_add(Weight::from_parts(9_000_000, 0).saturating_mul(k.into()))
            .saturating_add(Weight::from_parts(70_000_000, 0).saturating_mul(r.into()))
            .saturating_add(RocksDbWeight::get().reads(8))
            .saturating_add(RocksDbWeight::get().writes(3))
    }
    fn on_initialize() -> Weight {
        Weight::from_parts(4_000_000, 1_573).saturating_add(RocksDbWeight::get().reads(1))
    }
    fn fix_seed() -> Weight {
        Weight::from_parts(12_000_000, 1_573)
            .saturating_add(RocksDbWeight::get().reads(3))
            .saturating_add(RocksDbWeight::get().writes(1))
    }
    fn open_round() -> Weight {
        Weight::from_parts(24_000_000, 1_573)
            .saturating_add(RocksDbWeight::get().reads(7))
            .saturating_add(RocksDbWeight::get().writes(4))
    }
    fn sweep() -> Weight {
        Weight::from_parts(5_000_000, 1_497)
            .saturating_add(RocksDbWeight::get().reads(1))
            .saturating_add(RocksDbWeight::get().writes(1))
    }
}
