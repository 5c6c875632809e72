//! Units of money and time.

use crate::{Balance, BlockNumber};

/// One VCH, in planck.
pub const UNIT: Balance = 1_000_000_000_000;
/// A thousandth of a [`UNIT`], in planck.
pub const MILLIUNIT: Balance = UNIT / 1_000;
/// A millionth of a [`UNIT`], in planck.
pub const MICROUNIT: Balance = UNIT / 1_000_000;

/// The smallest balance an account may have, in planck.
pub const EXISTENTIAL_DEPOSIT: Balance = MILLIUNIT;

/// Planck of deposit for `items` storage entries of `bytes` in all.
pub const fn deposit(items: u32, bytes: u32) -> Balance {
    items as Balance * 100 * MILLIUNIT + bytes as Balance * MILLIUNIT
}

/// Milliseconds per block and per BABE slot.
pub const MILLISECS_PER_BLOCK: u64 = 6_000;
/// Blocks in an hour.
pub const HOURS: BlockNumber = 3_600_000 / MILLISECS_PER_BLOCK as BlockNumber;
/// Blocks in a day.
pub const DAYS: BlockNumber = 24 * HOURS;

/// Blocks in a session (which BABE calls an epoch).
pub const SESSION_BLOCKS: BlockNumber = HOURS;

/// Share of slots in which BABE lets more than the secondary author build, as a fraction.
pub const PRIMARY_PROBABILITY: (u64, u64) = (1, 4);

/// The token's symbol, for wallets and in the metadata hash.
pub const TOKEN_SYMBOL: &str = "VCH";

/// Decimals of the token: [`UNIT`] planck are one.
pub const TOKEN_DECIMALS: u8 = 12;
