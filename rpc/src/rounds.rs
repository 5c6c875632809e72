//! Rounds as they are accounted.

use crate::{
    follow::{Follower, Next},
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

/// Rounds as they are accounted.
#[rpc(server, namespace = "vouch")]
pub trait RoundsApi {
    /// A summary of verdicts of each of the last eight rounds, told anew whenever a final block has accounted more of it; first the
    /// newest one, if there is any since the node started. A subscriber that does not read misses what it did not read.
    ///
    /// Errors: 12006.
    #[subscription(name = "subscribeRounds" => "round", unsubscribe = "unsubscribeRounds", item = crate::types::RoundSummary)]
    async fn subscribe_rounds(&self) -> SubscriptionResult;
}

pub(crate) struct Rounds<Block, Client>(pub(crate) Arc<Follower<Block, Client>>);

#[async_trait]
impl<Block, Client> RoundsApiServer for Rounds<Block, Client>
where
    Block: BlockT<Hash = H256>,
    Client: Node<Block>,
    NumberFor<Block>: Into<BlockNumber>,
{
    async fn subscribe_rounds(&self, pending: PendingSubscriptionSink) -> SubscriptionResult {
        let mut subscription = self.0.admit(pending).await?.accept().await?;
        if let Some(summary) = self.0.newest_round() {
            subscription.tell(&summary).await?;
        }
        while let Some(next) = subscription.next().await {
            if let Next::Block(block) = next {
                for summary in &block.rounds {
                    subscription.tell(summary).await?;
                }
            }
        }
        Ok(())
    }
}
