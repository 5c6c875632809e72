//! What the chain stores and tells, with the runtime's own types; and what the presets' `sudo` key may change.

use anyhow::Context;
use codec::Decode;
use pallet_uptime::types::Params;
use polkadot_sdk::{frame_system::EventRecord, sp_core::H256, sp_io::hashing::twox_128, sp_runtime::Perbill};
use vouch_device::chain::{option, Call, Client, Head, Receipt, Value, Wait};
use vouch_localnet::{devices::keypair, node::Node, rpc::Rpc};
use vouch_runtime::{Runtime, RuntimeEvent};

/// What is stored under `key` as of the block `at`, or of the best one.
pub async fn stored<T: Decode>(rpc: &Rpc, key: Vec<u8>, at: Option<H256>) -> anyhow::Result<Option<T>> {
    let stored = rpc.storage(&key, at).await?;
    stored.map(|bytes| T::decode(&mut bytes.as_slice()).context("what is stored has another form")).transpose()
}

/// The events of all final blocks from one on, in order.
pub struct Chronicle {
    rpc: Rpc,
    client: Client,
    end: Head,
    events: Vec<(u32, RuntimeEvent)>,
}

impl Chronicle {
    /// Begins after `block`, and goes by what `node` takes for final.
    pub fn after(block: Head, node: &Node) -> Self {
        Self { rpc: node.rpc().clone(), client: node.client().clone(), end: block, events: Vec::new() }
    }

    /// Reads on as far as blocks are final.
    pub async fn read(&mut self) -> anyhow::Result<()> {
        let last = self.client.finalized().await?.number;
        while self.end.number < last {
            let number = self.end.number + 1;
            let hash = self.rpc.block_hash(number).await?;
            let key = [twox_128(b"System"), twox_128(b"Events")].concat();
            let events: Vec<EventRecord<RuntimeEvent, H256>> =
                stored(&self.rpc, key, Some(hash)).await?.context("every block has events")?;
            self.events.extend(events.into_iter().map(|record| (number, record.event)));
            self.end = Head { number, hash };
        }
        Ok(())
    }

    /// The last block read.
    pub fn end(&self) -> Head {
        self.end
    }

    /// The events so far, each with the number of its block.
    pub fn events(&self) -> impl Iterator<Item = (u32, &RuntimeEvent)> {
        self.events.iter().map(|(block, event)| (*block, event))
    }

    /// Those of them that `pick` is interested in.
    pub fn pick<'a, T>(&'a self, pick: impl Fn(u32, &'a RuntimeEvent) -> Option<T>) -> Vec<T> {
        self.events().filter_map(|(block, event)| pick(block, event)).collect()
    }
}

/// Does `calls` with the presets' `sudo` key, all or none of them.
pub async fn govern(client: &Client, calls: Vec<Call>) -> anyhow::Result<Receipt> {
    Ok(client.submit(Call::sudo(Call::batch(calls)), &keypair("//Alice")?, Wait::Included).await?)
}

/// Slashes are applied in the block in which an offence is reported, and not after a month.
pub fn slash_at_once() -> Call {
    let (key, none) = (Value::unnamed_composite([]), Value::u128(0));
    let deferral = Value::unnamed_variant("DeferDuration", [key, option(Some(none))]);
    Call::new("Parameters", "set_parameter", [("key_value", Value::unnamed_variant("Slashing", [deferral]))])
}

/// Every report is audited, instead of one in four: tests need not wait for a draw. It is to be proven within `window` blocks, or
/// within those that the preset gives.
pub async fn audit_everything(rpc: &Rpc, window: Option<u32>) -> anyhow::Result<Call> {
    let key = pallet_uptime::Params::<Runtime>::hashed_key().to_vec();
    let params: Params = stored(rpc, key, None).await?.context("genesis sets parameters")?;
    let Params {
        round_length,
        committee_size,
        admission_rounds,
        audit: _,
        audit_window,
        slash_wrong,
        slash_silent,
        slash_outlier,
    } = params;
    let number = |number: u32| Value::u128(number.into());
    let share = |share: Perbill| Value::unnamed_composite([number(share.deconstruct())]);
    let params = Value::named_composite([
        ("round_length", number(round_length)),
        ("committee_size", number(committee_size)),
        ("admission_rounds", number(admission_rounds)),
        ("audit", share(Perbill::one())),
        ("audit_window", number(window.unwrap_or(audit_window))),
        ("slash_wrong", share(slash_wrong)),
        ("slash_silent", share(slash_silent)),
        ("slash_outlier", share(slash_outlier)),
    ]);
    Ok(Call::new("Uptime", "set_params", [("params", params)]))
}
