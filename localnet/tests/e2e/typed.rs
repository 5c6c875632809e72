//! Calls with the runtime's own types, signed by development accounts.

use anyhow::Context;
use codec::{Decode, Encode};
use polkadot_sdk::{
    sp_core::{sr25519, Pair, H256},
    sp_runtime::{generic::SignedPayload, AccountId32},
};
use std::time::Duration;
use vouch_localnet::{rpc::Rpc, wait::until, Localnet};
use vouch_runtime::{extension, RuntimeCall, Signature, UncheckedExtrinsic, VERSION};

/// How long a call may take to get into a block.
const BLOCKS: Duration = Duration::from_secs(120);

/// An account that signs.
pub struct Signer {
    pair: sr25519::Pair,
    rpc: Rpc,
    genesis: H256,
}

impl Signer {
    /// The development account `suri`.
    pub fn new(suri: &str, net: &Localnet) -> anyhow::Result<Self> {
        let pair = sr25519::Pair::from_string(suri, None).context("a development key")?;
        Ok(Self { pair, rpc: net.nodes[0].rpc().clone(), genesis: net.genesis() })
    }

    /// Its account.
    pub fn account(&self) -> AccountId32 {
        self.pair.public().into()
    }

    /// As of the best block, what waits in the pool not counted.
    async fn nonce(&self) -> anyhow::Result<u32> {
        let account = format!("0x{}", hex::encode(self.account().encode()));
        let arguments = serde_json::json!(["AccountNonceApi_account_nonce", account]);
        let answer = self.rpc.request("state_call", arguments).await?;
        let bytes = hex::decode(answer.as_str().context("a string")?.trim_start_matches("0x"))?;
        Ok(u32::decode(&mut bytes.as_slice())?)
    }

    /// Submits `call` and waits until it is in a block. Whether it did what it should is in that block's events.
    pub async fn submit(&self, call: impl Into<RuntimeCall>) -> anyhow::Result<()> {
        let (call, nonce) = (call.into(), self.nonce().await?);
        let named = format!("{call:?}");
        self.rpc.submit(&self.sign(call, nonce).encode()).await.with_context(|| named.clone())?;
        let look = || async { Ok((self.nonce().await? > nonce).then_some(())) };
        until(&format!("{named} to be in a block"), BLOCKS, look).await
    }

    fn sign(&self, call: RuntimeCall, nonce: u32) -> UncheckedExtrinsic {
        let extension = extension(nonce);
        let (spec, transaction) = (VERSION.spec_version, VERSION.transaction_version);
        let implicit = ((), (), spec, transaction, self.genesis, self.genesis, (), (), (), None, ());
        let payload = SignedPayload::from_raw(call.clone(), extension.clone(), implicit);
        let signature = payload.using_encoded(|payload| self.pair.sign(payload));
        UncheckedExtrinsic::new_signed(call, self.account().into(), Signature::Sr25519(signature), extension)
    }
}
