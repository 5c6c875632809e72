//! Asks a node what is not a question to the chain, by single HTTP requests: there is no connection to lose when it restarts.

use anyhow::{anyhow, Context};
use codec::{Decode, Encode};
use polkadot_sdk::{
    sp_core::H256,
    sp_io::hashing::{twox_128, twox_64},
};
use serde_json::{json, Value};
use std::time::Duration;
use vouch_primitives::{history::History, CohortId};

/// How long a node may take to answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A node's JSON-RPC.
#[derive(Clone, Debug)]
pub struct Rpc {
    url: String,
    http: reqwest::Client,
}

impl Rpc {
    /// The RPC of the node on `port` of this machine.
    pub fn local(port: u16) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build()?;
        Ok(Self { url: format!("http://127.0.0.1:{port}"), http })
    }

    /// Calls `method`.
    pub async fn request(&self, method: &str, params: Value) -> anyhow::Result<Value> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut answer: Value = self.http.post(&self.url).json(&body).send().await?.json().await?;
        match answer.get("error") {
            Some(error) => Err(anyhow!("{method}: {error}")),
            None => Ok(answer.get_mut("result").context("neither result nor error")?.take()),
        }
    }

    /// The hash of the block called `number` on the best chain.
    pub async fn block_hash(&self, number: u32) -> anyhow::Result<H256> {
        let hash: [u8; 32] = bytes(&self.request("chain_getBlockHash", json!([number])).await?)?
            .try_into()
            .map_err(|_| anyhow!("not a hash"))?;
        Ok(hash.into())
    }

    /// What the chain stores under `key` as of the block `at`, or of the best one; `None` if there is nothing.
    pub async fn storage(&self, key: &[u8], at: Option<H256>) -> anyhow::Result<Option<Vec<u8>>> {
        let key = format!("0x{}", hex::encode(key));
        let answer = self.request("state_getStorage", json!([key, at.map(|hash| format!("{hash:?}"))])).await?;
        Some(answer).filter(|answer| !answer.is_null()).map(|answer| bytes(&answer)).transpose()
    }

    /// The transactions of a block, as they travel.
    pub async fn transactions(&self, block: H256) -> anyhow::Result<Vec<Vec<u8>>> {
        let answer = self.request("chain_getBlock", json!([format!("{block:?}")])).await?;
        let transactions = answer["block"]["extrinsics"].as_array().context("no such block")?;
        transactions.iter().map(bytes).collect()
    }

    /// Hands a transaction to the node's pool.
    pub async fn submit(&self, transaction: &[u8]) -> anyhow::Result<()> {
        let transaction = format!("0x{}", hex::encode(transaction));
        self.request("author_submitExtrinsic", json!([transaction])).await?;
        Ok(())
    }

    /// Nodes it is connected with.
    pub async fn peers(&self) -> anyhow::Result<u64> {
        self.request("system_health", json!([])).await?["peers"].as_u64().context("no number of peers")
    }

    /// The last 32 rounds of a whole cohort; `None` before its first round is accounted.
    pub async fn history(&self, cohort: CohortId) -> anyhow::Result<Option<History>> {
        let encoded = cohort.encode();
        let key = [&twox_128(b"Uptime")[..], &twox_128(b"Histories"), &twox_64(&encoded), &encoded].concat();
        let stored = self.storage(&key, None).await?;
        stored.map(|bytes| History::decode(&mut bytes.as_slice()).context("the history has another format")).transpose()
    }
}

fn bytes(value: &Value) -> anyhow::Result<Vec<u8>> {
    let text = value.as_str().and_then(|text| text.strip_prefix("0x")).context("not a hexadecimal string")?;
    Ok(hex::decode(text)?)
}
