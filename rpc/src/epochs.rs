//! Epochs as they close.

use crate::{
    follow::{Follower, Next},
    types::EpochUpdate,
    BlockNumber, Node,
};
use jsonrpsee::{
    core::{async_trait, SubscriptionResult},
    proc_macros::rpc,
    PendingSubscriptionSink,
};
use polkadot_sdk::{
    sp_core::H256,
    sp_runtime::traits::{Block as BlockT, NumberFor},
};
use std::sync::Arc;
use vouch_primitives::api::VouchApi;

/// Epochs as they close.
#[rpc(server, namespace = "vouch")]
pub trait EpochsApi {
    /// The epoch that runs as of the last final block, and then every epoch that closes, with the one that runs from there. A
    /// subscriber that does not read misses what it did not read.
    ///
    /// Errors: 12002, 12006.
    #[subscription(name = "subscribeEpochs" => "epochUpdate", unsubscribe = "unsubscribeEpochs", item = crate::types::EpochUpdate)]
    async fn subscribe_epochs(&self) -> SubscriptionResult;
}

pub(crate) struct Epochs<Block, Client>(pub(crate) Arc<Follower<Block, Client>>);

#[async_trait]
impl<Block, Client> EpochsApiServer for Epochs<Block, Client>
where
    Block: BlockT<Hash = H256>,
    Client: Node<Block>,
    NumberFor<Block>: Into<BlockNumber>,
{
    async fn subscribe_epochs(&self, pending: PendingSubscriptionSink) -> SubscriptionResult {
        let admitted = self.0.admit(pending).await?;
        let block = self.0.ask.finalized();
        let running = match self.0.aside(block.hash, |api, at| api.epoch(at)).await {
            Ok(running) => running.into(),
            Err(error) => return admitted.reject(error).await,
        };
        let mut subscription = admitted.accept().await?;
        subscription.tell(&EpochUpdate { closed: None, running, block }).await?;
        while let Some(next) = subscription.next().await {
            let Next::Block(next) = next else { continue };
            // What was final when the subscription began has been told.
            if let Some(update) = next.epoch.as_ref().filter(|update| update.block.number > block.number) {
                subscription.tell(update).await?;
            }
        }
        Ok(())
    }
}
