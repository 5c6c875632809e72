//! Client of a Vouch node: everything an owner, a running agent or a test asks of the chain and does on it.
//!
//! A [`Client`] talks to any one of several nodes over WebSocket and survives their restarts: questions are asked again through
//! the next node that answers, and a transaction in flight is looked for in the chain itself, not in a subscription that dies
//! with its connection.

mod call;
#[cfg(test)]
mod conformance;
mod error;
mod general;
pub mod light;
mod link;
mod submit;
mod work;

pub use call::{account, endpoint, option, signature, Call, Registration, BATCH};
pub use error::{Error, Failure, Shortfall};
pub use submit::{Event, Receipt, Wait};
pub use subxt::dynamic::Value;
pub use work::{Assignment, Job, Terms, WorkReceipt, Worker};

use codec::{DecodeAll, Encode};
use link::{to_subxt, Link, Links};
use polkadot_sdk::{sp_core::H256, sp_runtime::AccountId32};
use std::{sync::Arc, time::Duration};
use subxt::{
    client::OnlineClientAtBlock,
    config::SubstrateConfig,
    dynamic,
    ext::{scale_decode::DecodeAsType, scale_value::At},
};
use subxt_signer::sr25519::Keypair;
use vouch_primitives::{
    api::{CommitteeInfo, DeviceInfo, Explanation, NetworkInfo, PendingReward, ProberInfo},
    DeviceId,
};

type Hash = subxt::utils::H256;

/// Answers of the runtime API with the types of this chain.
pub type Network = NetworkInfo<u128, u32>;
/// A registered device, with the types of this chain.
pub type Device = DeviceInfo<AccountId32, u128, u32>;
/// What a device has earned, with the types of this chain.
pub type Pending = PendingReward<u128>;
/// Why it is that much, with the types of this chain.
pub type Explained = Explanation<u128>;
/// A validator as a prober, with the types of this chain.
pub type Prober = ProberInfo<u128>;

/// How long commands of a person wait for a node.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How long they wait for a light client, which has to follow the chain first.
pub const LIGHT_PATIENCE: Duration = Duration::from_secs(200);

/// How long commands of a person wait for any of `nodes`.
pub fn patience(nodes: &[String]) -> Duration {
    if nodes.iter().any(|node| light::spec_of(node).is_some()) {
        LIGHT_PATIENCE
    } else {
        PATIENCE
    }
}

/// How long a transaction may take to get into a block, and its block to become final.
pub const TRANSACTION_PATIENCE: Duration = Duration::from_secs(180);

/// Devices a claim names at once where the chain does not say how many it takes.
const CLAIM: u128 = 100;

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its number.
    pub number: u32,
    /// Its hash.
    pub hash: H256,
}

/// What an account holds, in planck.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Not held for anything.
    pub free: u128,
    /// Held, for instance as bonds.
    pub reserved: u128,
    /// Of all it holds, what must not leave the account.
    pub frozen: u128,
}

impl Balance {
    /// What can be spent or held without endangering the account.
    pub fn usable(&self, existential_deposit: u128) -> u128 {
        self.free.saturating_sub(self.kept(existential_deposit))
    }

    /// What is missing of what must stay in the account before anything is usable.
    pub fn lacking(&self, existential_deposit: u128) -> u128 {
        self.kept(existential_deposit).saturating_sub(self.free)
    }

    /// How much of what is free must stay in the account.
    fn kept(&self, existential_deposit: u128) -> u128 {
        self.frozen.saturating_sub(self.reserved).max(existential_deposit)
    }
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AccountInfo {
    data: AccountData,
}

#[derive(DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
struct AccountData {
    free: u128,
    reserved: u128,
    frozen: u128,
}

/// A class of devices.
#[derive(Clone, Debug, PartialEq, Eq, DecodeAsType)]
#[decode_as_type(crate_path = "subxt::ext::scale_decode")]
pub struct Class {
    /// Its name, UTF-8 by convention.
    pub name: Vec<u8>,
    /// Its weight, hundredths of a standard device.
    pub weight: u16,
    /// Planck held for each of its devices.
    pub bond: u128,
}

/// How amounts are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Symbol of the token.
    pub symbol: String,
    /// Decimal places: one token is `10^decimals` planck.
    pub decimals: u32,
}

impl Default for Token {
    /// For a chain that does not say: planck.
    fn default() -> Self {
        Self { symbol: "planck".into(), decimals: 0 }
    }
}

impl Token {
    /// An amount of planck, exactly, in tokens.
    pub fn show(&self, planck: u128) -> String {
        format!("{} {}", self.number(planck), self.symbol)
    }

    /// An amount of planck, exactly, in tokens and without the symbol.
    pub fn number(&self, planck: u128) -> String {
        match 10u128.checked_pow(self.decimals).filter(|unit| *unit > 1) {
            None => planck.to_string(),
            Some(unit) => {
                let places = self.decimals as usize;
                let fraction = format!("{:0places$}", planck % unit);
                match fraction.trim_end_matches('0') {
                    "" => (planck / unit).to_string(),
                    digits => format!("{}.{digits}", planck / unit),
                }
            },
        }
    }
}

/// A client; clones share their connection.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    at: Option<H256>,
}

struct Shared {
    links: Links,
    /// Held from reading an account's nonce to submitting with it, so that two transactions of one process do not take the
    /// same.
    sending: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("at", &self.at).finish_non_exhaustive()
    }
}

impl Client {
    /// A client of the nodes at `urls` (`ws://` or `wss://`, or `light:` and the path of a chain specification for a light client in
    /// this process), which connects when first asked something. `genesis` pins the
    /// chain; `patience` is how long a question may wait for a node to be reachable, `None` for ever.
    pub fn new(
        urls: impl IntoIterator<Item = impl Into<String>>,
        genesis: Option<H256>,
        patience: Option<Duration>,
    ) -> Self {
        let urls = urls.into_iter().map(Into::into).collect();
        Self {
            shared: Arc::new(Shared { links: Links::new(urls, genesis, patience), sending: Default::default() }),
            at: None,
        }
    }

    /// The same client, whose questions are answered as of the block with this hash instead of the best block of the moment, or of
    /// the last final one if a light client is asked.
    pub fn at(&self, block: H256) -> Self {
        Self { shared: self.shared.clone(), at: Some(block) }
    }

    fn links(&self) -> &Links {
        &self.shared.links
    }

    /// Hash of the chain's block 0.
    pub async fn genesis(&self) -> Result<H256, Error> {
        self.links().genesis().await
    }

    /// The best block; the last final one if a light client is asked.
    pub async fn best(&self) -> Result<Head, Error> {
        self.links().ask(|link| async move { head_of(&link, None).await }).await
    }

    /// The last final block.
    pub async fn finalized(&self) -> Result<Head, Error> {
        self.links()
            .ask(|link| async move {
                let hash = link.rpc.chain_get_finalized_head().await?;
                head_of(&link, Some(hash)).await
            })
            .await
    }

    /// The network at a glance.
    pub async fn network(&self) -> Result<Network, Error> {
        self.api("VouchApi_network", ()).await
    }

    /// A device; `None` if it is not registered.
    pub async fn device(&self, device: &DeviceId) -> Result<Option<Device>, Error> {
        self.api("VouchApi_device", device).await
    }

    /// All devices of an owner.
    pub async fn devices_of(&self, owner: &AccountId32) -> Result<Vec<DeviceId>, Error> {
        const PAGE: u32 = 1_000;
        let mut all: Vec<DeviceId> = Vec::new();
        loop {
            let page: Vec<DeviceId> = self.api("VouchApi_devices_of", (owner, all.last(), PAGE)).await?;
            let full = page.len() as u32 == PAGE;
            all.extend(page);
            if !full {
                return Ok(all);
            }
        }
    }

    /// Proofs of possession that a key has spent: the nonce of its next.
    pub async fn proof_nonce(&self, device: &DeviceId) -> Result<u32, Error> {
        self.api("VouchApi_proof_nonce", device).await
    }

    /// Who probes a device in the running round; `None` if it is not registered.
    pub async fn committee(&self, device: &DeviceId) -> Result<Option<CommitteeInfo>, Error> {
        self.api("VouchApi_committee", device).await
    }

    /// What a device has earned and not been paid; `None` if it is not registered.
    pub async fn pending_reward(&self, device: &DeviceId) -> Result<Option<Pending>, Error> {
        self.api("VouchApi_pending_reward", device).await
    }

    /// What a device has earned by uptime and by work, of one block; `None` if it is not registered.
    pub async fn pending(&self, device: &DeviceId) -> Result<Option<[Pending; 2]>, Error> {
        let explained: Option<Explained> = self.explain(device).await?;
        Ok(explained.map(|explained| [explained.pending, explained.work]))
    }

    /// Why the pending reward is what it is; `None` if the device is not registered.
    pub async fn explain(&self, device: &DeviceId) -> Result<Option<Explained>, Error> {
        self.api("VouchApi_explain", device).await
    }

    /// A validator as a prober; `None` if it was never among a session's validators.
    pub async fn prober(&self, validator: &AccountId32) -> Result<Option<Prober>, Error> {
        self.api("VouchApi_prober", validator).await
    }

    /// What an account holds.
    pub async fn balance(&self, account: &AccountId32) -> Result<Balance, Error> {
        let key: &[u8; 32] = account.as_ref();
        let at = self.at;
        self.links()
            .ask(|link| async move {
                let address = dynamic::storage::<([u8; 32],), AccountInfo>("System", "Account");
                let info = block(&link, at).await?.storage().fetch(address, (*key,)).await?.decode()?;
                let AccountData { free, reserved, frozen } = info.data;
                Ok(Balance { free, reserved, frozen })
            })
            .await
    }

    /// The classes of devices, by index.
    pub async fn classes(&self) -> Result<Vec<Class>, Error> {
        let at = self.at;
        self.links()
            .ask(|link| async move {
                let address = dynamic::storage::<(), Vec<Class>>("Devices", "Classes");
                Ok(block(&link, at).await?.storage().fetch(address, ()).await?.decode()?)
            })
            .await
    }

    /// Planck without which an account does not exist.
    pub async fn existential_deposit(&self) -> Result<u128, Error> {
        self.constant("Balances", "ExistentialDeposit").await
    }

    /// Most devices that one claim may name.
    pub async fn max_claims(&self) -> Result<usize, Error> {
        let most = self.constant("Rewards", "MaxClaims").await.unwrap_or(CLAIM);
        Ok(usize::try_from(most).unwrap_or(usize::MAX).max(1))
    }

    /// How amounts are shown on this chain.
    pub async fn token(&self) -> Result<Token, Error> {
        let properties = self.links().ask(|link| async move { Ok(link.rpc.system_properties().await?) }).await?;
        // Both are a plain value or, on chains of many tokens, a list.
        let first = |key: &str| properties.get(key).map(|value| value.get(0).unwrap_or(value).clone());
        let symbol = first("tokenSymbol").and_then(|symbol| symbol.as_str().map(str::to_owned));
        let decimals =
            first("tokenDecimals").and_then(|decimals| decimals.as_u64()).and_then(|n| u32::try_from(n).ok());
        Ok(match (symbol, decimals) {
            (Some(symbol), Some(decimals)) => Token { symbol, decimals },
            _ => Token::default(),
        })
    }

    /// An unsigned integer constant of a pallet.
    pub async fn constant(&self, pallet: &'static str, name: &'static str) -> Result<u128, Error> {
        let at = self.at;
        self.links()
            .ask(|link| async move {
                Ok(block(&link, at).await?.constants().entry(dynamic::constant::<u128>(pallet, name))?)
            })
            .await
    }

    /// A storage value without keys, decoded by the chain's metadata; for what has no method of its own.
    pub async fn storage(&self, pallet: &'static str, name: &'static str) -> Result<Value<()>, Error> {
        let at = self.at;
        self.links()
            .ask(|link| async move {
                let address = dynamic::storage::<(), Value<()>>(pallet, name);
                Ok(block(&link, at).await?.storage().fetch(address, ()).await?.decode()?)
            })
            .await
    }

    /// Registers one or many devices of `owner`: alone as a plain call, together in batches of at most [`BATCH`], each all or
    /// nothing.
    pub async fn register(
        &self,
        owner: &Keypair,
        registrations: &[Registration],
        wait: Wait,
    ) -> Result<Vec<Receipt>, Error> {
        self.submit_all(registrations.iter().map(Call::register).collect(), owner, wait).await
    }

    /// Pays out what `devices` have accrued in closed epochs and is not held back; `signer` only pays the fee.
    pub async fn claim(&self, signer: &Keypair, devices: &[DeviceId], wait: Wait) -> Result<Vec<Receipt>, Error> {
        let mut receipts = Vec::new();
        for some in devices.chunks(self.max_claims().await?) {
            receipts.push(self.submit(Call::claim(some), signer, wait).await?);
        }
        Ok(receipts)
    }

    /// Ends the service of `devices` of `owner`.
    pub async fn deregister(&self, owner: &Keypair, devices: &[DeviceId], wait: Wait) -> Result<Vec<Receipt>, Error> {
        self.submit_all(devices.iter().map(Call::deregister).collect(), owner, wait).await
    }

    /// Releases the bonds of `devices` that were deregistered long enough ago and of which nothing is held back any more.
    pub async fn release(&self, signer: &Keypair, devices: &[DeviceId], wait: Wait) -> Result<Vec<Receipt>, Error> {
        self.submit_all(devices.iter().map(Call::release).collect(), signer, wait).await
    }

    /// Sends planck to another account.
    pub async fn transfer(&self, from: &Keypair, to: &AccountId32, planck: u128, wait: Wait) -> Result<Receipt, Error> {
        self.submit(Call::transfer(to, planck), from, wait).await
    }

    /// Sends many calls in as few transactions as the batch size allows.
    pub async fn submit_all(&self, calls: Vec<Call>, signer: &Keypair, wait: Wait) -> Result<Vec<Receipt>, Error> {
        let mut receipts = Vec::new();
        for call in batches(calls) {
            receipts.push(self.submit(call, signer, wait).await?);
        }
        Ok(receipts)
    }

    /// A function of the runtime API, with types that both sides share.
    async fn api<T: DecodeAll>(&self, function: &'static str, arguments: impl Encode) -> Result<T, Error> {
        let (arguments, at) = (&arguments.encode(), self.at.map(to_subxt));
        let no_api = |reason| Error::NoApi { function, reason };
        let answer = self
            .links()
            .ask(|link| async move {
                let at = link.as_of(at).await?;
                Ok(link.rpc.state_call(function, Some(arguments), at).await?)
            })
            .await
            .map_err(|error| match error {
                Error::Request(reason) if reason.contains("is not found") => no_api(reason),
                error => error,
            })?;
        T::decode_all(&mut &*answer).map_err(|error| no_api(format!("its answer has another form ({error})")))
    }
}

/// Calls packed into batches of at most [`BATCH`]; one alone stays alone.
pub fn batches(calls: Vec<Call>) -> Vec<Call> {
    let mut packed = Vec::with_capacity(calls.len().div_ceil(BATCH));
    let mut calls = calls.into_iter().peekable();
    while calls.peek().is_some() {
        let mut batch: Vec<_> = calls.by_ref().take(BATCH).collect();
        packed.push(match (batch.pop(), batch.is_empty()) {
            (Some(only), true) => only,
            (last, _) => {
                batch.extend(last);
                Call::batch(batch)
            },
        });
    }
    packed
}

/// A block; without a hash the one as of which is asked, see [`Link::as_of`].
async fn head_of(link: &Link, hash: Option<Hash>) -> Result<Head, subxt::Error> {
    let hash = match link.as_of(hash).await? {
        Some(hash) => hash,
        None => link.rpc.chain_get_block_hash(None).await?.ok_or_else(|| subxt::Error::other_str("no best block"))?,
    };
    let header = link.rpc.chain_get_header(Some(hash)).await?;
    let header = header.ok_or_else(|| subxt::Error::other_str(format!("no header of block {hash:?}")))?;
    Ok(Head { number: header.number as u32, hash: H256(hash.0) })
}

/// The block asked for, or else the one as of which is asked, with its metadata.
async fn block(link: &Link, at: Option<H256>) -> Result<OnlineClientAtBlock<SubstrateConfig>, subxt::Error> {
    let head = head_of(link, at.map(to_subxt)).await?;
    at_head(link, head).await
}

async fn at_head(link: &Link, head: Head) -> Result<OnlineClientAtBlock<SubstrateConfig>, subxt::Error> {
    let hash = subxt::backend::BlockRef::from_hash(to_subxt(head.hash));
    Ok(link.online.at_block_hash_and_number(hash, head.number.into()).await?)
}

/// A number in a decoded value, by field name.
pub fn number_in(value: &subxt::ext::scale_value::Composite<()>, field: &str) -> Option<u128> {
    value.at(field).and_then(Value::as_u128)
}

#[cfg(test)]
mod tests {
    use super::*;
    use codec::Encode;
    use polkadot_sdk::sp_runtime::{traits::ConstU32, BoundedVec};
    use scale_info::{MetaType, PortableRegistry, Registry, TypeInfo};

    #[test]
    fn amounts_are_shown_exactly() {
        let token = Token { symbol: "VCH".into(), decimals: 12 };
        assert_eq!(token.show(0), "0 VCH");
        assert_eq!(token.show(1), "0.000000000001 VCH");
        assert_eq!(token.show(1_500_000_000_000), "1.5 VCH");
        assert_eq!(token.show(u128::MAX), "340282366920938463463374607.431768211455 VCH");
        assert_eq!(Token::default().show(7), "7 planck");
        assert_eq!(Token { symbol: "X".into(), decimals: 1_000 }.show(7), "7 X");
    }

    #[test]
    fn usable_balance_leaves_the_existential_deposit_and_what_is_frozen() {
        let balance = Balance { free: 100, reserved: 30, frozen: 50 };
        assert_eq!(balance.usable(10), 80);
        assert_eq!(balance.usable(25), 75);
        assert_eq!(balance.lacking(25), 0);
        let poor = Balance { free: 5, ..Default::default() };
        assert_eq!((poor.usable(10), poor.lacking(10)), (0, 5));
    }

    #[test]
    fn calls_are_packed_into_batches_and_one_alone_is_not() {
        let calls = |n: u8| (0..n).map(|n| Call::deregister(&DeviceId::new([n; 32]))).collect::<Vec<_>>();
        assert!(batches(vec![]).is_empty());
        assert_eq!(batches(calls(1))[0].to_string(), "Devices.deregister");
        let packed = batches(calls(201));
        let names: Vec<_> = packed.iter().map(Call::to_string).collect();
        assert_eq!(names, ["Utility.batch_all", "Utility.batch_all", "Devices.deregister"]);
    }

    /// A class as the chain stores it.
    #[derive(Encode, TypeInfo)]
    struct Stored {
        name: BoundedVec<u8, ConstU32<32>>,
        weight: u16,
        bond: u128,
    }

    #[test]
    fn class_table_decodes_from_what_the_chain_stores() {
        let name = b"router".to_vec();
        let table: BoundedVec<_, ConstU32<8>> =
            vec![Stored { name: name.clone().try_into().unwrap(), weight: 100, bond: 7 }].try_into().ok().unwrap();
        let mut types = Registry::new();
        let id = types.register_type(&MetaType::new::<BoundedVec<Stored, ConstU32<8>>>()).id;
        let types: PortableRegistry = types.into();
        let decoded = Vec::<Class>::decode_as_type(&mut &*table.encode(), id, &types).unwrap();
        assert_eq!(decoded, [Class { name, weight: 100, bond: 7 }]);
    }
}
