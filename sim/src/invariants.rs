//! What must be true of the chain between blocks, whatever happened in them.

use anyhow::{anyhow, ensure, Result};
use polkadot_sdk::*;
use vouch_runtime::{Balance, Balances, Devices, Rewards, System, Uptime, Work};

/// Checks every invariant of our pallets, and that no money is created or lost between accounts. Reads all of the state.
pub fn check() -> Result<()> {
    Devices::do_try_state().map_err(|error| anyhow!("pallet-devices: {error:?}"))?;
    Uptime::do_try_state().map_err(|error| anyhow!("pallet-uptime: {error:?}"))?;
    Rewards::do_try_state().map_err(|error| anyhow!("pallet-rewards: {error:?}"))?;
    Work::do_try_state().map_err(|error| anyhow!("pallet-work: {error:?}"))?;
    let held: Balance = frame_system::Account::<vouch_runtime::Runtime>::iter_values()
        .map(|account| account.data.free + account.data.reserved)
        .sum();
    let issued = Balances::total_issuance();
    ensure!(held == issued, "block {}: accounts hold {held} planck of {issued} issued", System::block_number());
    Ok(())
}
