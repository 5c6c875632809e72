//! One device as it changes.

use crate::{
    follow::{Finalized, Follower, Next},
    types::{DeviceUpdate, Id},
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

/// One device as it changes.
#[rpc(server, namespace = "vouch")]
pub trait UpdatesApi {
    /// A device and why it earns what it earns: as of the last final block, and then whenever a final block has changed either.
    /// Null for both once it is not registered any more: that is the last message. A device whose registration is not final yet counts
    /// as unknown.
    ///
    /// Errors: 12002, 12003, 12006.
    #[subscription(name = "subscribeDevice" => "deviceUpdate", unsubscribe = "unsubscribeDevice", item = crate::types::DeviceUpdate)]
    async fn subscribe_device(&self, device: Id) -> SubscriptionResult;
}

pub(crate) struct Updates<Block, Client>(pub(crate) Arc<Follower<Block, Client>>);

#[async_trait]
impl<Block, Client> UpdatesApiServer for Updates<Block, Client>
where
    Block: BlockT<Hash = H256>,
    Client: Node<Block>,
    NumberFor<Block>: Into<BlockNumber>,
{
    async fn subscribe_device(&self, pending: PendingSubscriptionSink, Id(device): Id) -> SubscriptionResult {
        let admitted = self.0.admit(pending).await?;
        let known = self.0.look_up(&device, self.0.ask.finalized()).await;
        let mut told = match known {
            Ok(update) if update.device.is_some() => Arc::new(update),
            Ok(_) => return admitted.reject(crate::Error::UnknownDevice(device)).await,
            Err(error) => return admitted.reject(error).await,
        };
        let mut subscription = admitted.accept().await?;
        subscription.tell(&*told).await?;
        while let Some(next) = subscription.next().await {
            let update = match next {
                Next::Block(block) if concerns(&block, &told) => self.0.device(&device, &block).await?,
                Next::Block(_) => continue,
                Next::Missed => Arc::new(self.0.look_up(&device, self.0.ask.finalized()).await?),
            };
            if (&update.device, &update.explanation) != (&told.device, &told.explanation) {
                subscription.tell(&*update).await?;
            }
            if update.device.is_none() {
                break;
            }
            told = update;
        }
        Ok(())
    }
}

/// Whether a block may have changed what was told of a device.
fn concerns(block: &Finalized, told: &DeviceUpdate) -> bool {
    let changes = &block.changes;
    let cohort = told.device.as_ref().map(|device| device.cohort);
    block.block.number > told.block.number
        && (changes.opened.is_some()
            || changes.closed.is_some()
            || changes.devices.binary_search(&told.id).is_ok()
            || changes.accounted.iter().any(|accounted| Some(accounted.cohort) == cohort))
}
