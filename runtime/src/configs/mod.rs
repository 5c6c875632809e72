//! How each pallet is set up.

mod consensus;
mod staking;
mod system;
mod vouch;

pub use staking::{governed, RuntimeParameters};
pub use system::{ProxyType, RuntimeBlockWeights, SS58Prefix};
pub use vouch::TreasuryAccount;
