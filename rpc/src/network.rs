//! Questions about the network as a whole.

use crate::{
    ask::Ask,
    types::{self, ClassProjection, Epoch},
    BlockNumber, Node,
};
use jsonrpsee::{core::RpcResult, proc_macros::rpc};
use polkadot_sdk::{
    sp_core::H256,
    sp_runtime::traits::{Block as BlockT, NumberFor},
};
use vouch_primitives::api::VouchApi;

/// The network as a whole.
#[rpc(server, namespace = "vouch")]
pub trait NetworkApi {
    /// The network at a glance: the running round and epoch, who probes, how many devices there are.
    ///
    /// Errors: 12001, 12002.
    #[method(name = "network", blocking)]
    fn network(&self, at: Option<H256>) -> RpcResult<types::Network>;

    /// The running epoch: what each pool divides, among how many points, and for how long it goes on.
    ///
    /// Errors: 12001, 12002.
    #[method(name = "epoch", blocking)]
    fn epoch(&self, at: Option<H256>) -> RpcResult<Epoch>;

    /// What the best device of each class would earn in an epoch at today's figures.
    ///
    /// Errors: 12001, 12002.
    #[method(name = "projectedRewards", blocking)]
    fn projected_rewards(&self, at: Option<H256>) -> RpcResult<Vec<ClassProjection>>;
}

pub(crate) struct Network<Block, Client>(pub(crate) Ask<Block, Client>);

impl<Block, Client> NetworkApiServer for Network<Block, Client>
where
    Block: BlockT<Hash = H256>,
    Client: Node<Block>,
    NumberFor<Block>: Into<BlockNumber>,
{
    fn network(&self, at: Option<H256>) -> RpcResult<types::Network> {
        Ok(self.0.at(at, |api, at| api.network(at))?.into())
    }

    fn epoch(&self, at: Option<H256>) -> RpcResult<Epoch> {
        Ok(self.0.at(at, |api, at| api.epoch(at))?.into())
    }

    fn projected_rewards(&self, at: Option<H256>) -> RpcResult<Vec<ClassProjection>> {
        let projections = self.0.at(at, |api, at| api.projections(at))?;
        Ok(projections.into_iter().map(Into::into).collect())
    }
}
