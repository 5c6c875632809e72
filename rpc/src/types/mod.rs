//! What questions and answers look like in JSON: camelCase; amounts in planck, as decimal strings; accounts as SS58; hashes as
//! hexadecimal strings with `0x`.

mod device;
mod epoch;
mod id;
mod network;
mod prober;
mod updates;

pub use device::{
    Class, Committee, CommitteeMember, Device, DeviceState, DeviceSummary, Explanation, LastEpoch, Pending,
};
pub use epoch::{ClosedEpoch, Epoch, Pool};
pub use id::Id;
pub use network::{ClassProjection, Network};
pub use prober::{Offence, Prober};
pub use updates::{Block, DeviceUpdate, EpochUpdate, RoundSummary};

use polkadot_sdk::sp_runtime::AccountId32;
use serde::{Serialize, Serializer};

/// An amount in planck, as a decimal string: JSON readers lose digits of numbers above 2^53.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount(pub u128);

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Part of a list.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<Entry> {
    /// The entries, in storage order.
    pub entries: Vec<Entry>,
    /// What to give as `after` for the next page; null if this is the last.
    pub next: Option<AccountId32>,
}
