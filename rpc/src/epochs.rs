//! Epochs as they close.

use crate::{
    follow::{Follower, Next},
    types::{Block as BlockRef, EpochUpdate},
    BlockNumber, Node,
};
use jsonrpsee::{
    core::{async_trait, RpcResult, SubscriptionResult},
    proc_macros::rpc,
    PendingSubscriptionSink,
};
use polkadot_sdk::{
    sp_core::H256,
    sp_runtime::traits::{Block as BlockT, NumberFor},
};
use std::sync::Arc;
use vouch_primitives::api::{ClosedEpoch, VouchApi};

/// Epochs as they close.
#[rpc(server, namespace = "vouch")]
pub trait EpochsApi {
    /// The epoch that runs as of the last final block, and then every epoch that closes, with the one that runs from there.
    ///
    /// Errors: 12002, 12006.
    #[subscription(name = "subscribeEpochs" => "epochUpdate", unsubscribe = "unsubscribeEpochs", item = crate::types::EpochUpdate)]
    async fn subscribe_epochs(&self) -> SubscriptionResult;
}

pub(crate) struct Epochs<Block, Client>(pub(crate) Arc<Follower<Block, Client>>);

impl<Block, Client> Epochs<Block, Client>
where
    Block: BlockT<Hash = H256>,
    Client: Node<Block>,
    NumberFor<Block>: Into<BlockNumber>,
{
    fn update(&self, closed: Option<&ClosedEpoch<u128>>, block: BlockRef) -> RpcResult<EpochUpdate> {
        let running = self.0.ask.at(Some(block.hash), |api, at| api.epoch(at))?.into();
        Ok(EpochUpdate { closed: closed.map(Into::into), running, block })
    }
}

#[async_trait]
impl<Block, Client> EpochsApiServer for Epochs<Block, Client>
where
    Block: BlockT<Hash = H256>,
    Client: Node<Block>,
    NumberFor<Block>: Into<BlockNumber>,
{
    async fn subscribe_epochs(&self, pending: PendingSubscriptionSink) -> SubscriptionResult {
        let mut subscription = self.0.accept(pending, self.0.listen()).await?;
        let (hash, number) = self.0.ask.finalized();
        subscription.tell(&self.update(None, BlockRef { hash, number })?).await?;
        while let Some(next) = subscription.next().await {
            let Next::Block(block) = next else { continue };
            // What was final when the subscription began has been told.
            if block.block.number > number && block.changes.closed.is_some() {
                subscription.tell(&self.update(block.changes.closed.as_ref(), block.block)?).await?;
            }
        }
        Ok(())
    }
}
