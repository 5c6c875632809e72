#![doc = include_str!("../README.md")]

mod ask;
mod devices;
mod epochs;
mod error;
mod follow;
mod network;
mod once;
mod probers;
mod rounds;
pub mod types;
mod updates;

pub use devices::DevicesApiServer;
pub use epochs::EpochsApiServer;
pub use error::Error;
pub use network::NetworkApiServer;
pub use probers::ProbersApiServer;
pub use rounds::RoundsApiServer;
pub use updates::UpdatesApiServer;

use ask::Ask;
use follow::Follower;
use jsonrpsee::{core::RegisterMethodError, RpcModule};
use polkadot_sdk::{
    sc_client_api::BlockchainEvents,
    sp_api::ProvideRuntimeApi,
    sp_blockchain::HeaderBackend,
    sp_core::H256,
    sp_runtime::{traits::Block as BlockT, AccountId32},
};
use std::{future::Future, sync::Arc};
use vouch_primitives::api::VouchApi;

/// An amount in planck.
pub type Balance = u128;
/// Number of a block.
pub type BlockNumber = u32;

/// A node that can be asked: its client, whose chain has [`VouchApi`].
pub trait Node<Block: BlockT<Hash = H256>>:
    ProvideRuntimeApi<Block, Api: VouchApi<Block, AccountId32, Balance, BlockNumber>>
    + HeaderBackend<Block>
    + BlockchainEvents<Block>
    + Send
    + Sync
    + 'static
{
}

impl<Block, Client> Node<Block> for Client
where
    Block: BlockT<Hash = H256>,
    Client: ProvideRuntimeApi<Block, Api: VouchApi<Block, AccountId32, Balance, BlockNumber>>
        + HeaderBackend<Block>
        + BlockchainEvents<Block>
        + Send
        + Sync
        + 'static,
{
}

/// All of `vouch_`, and the task that it needs to run beside: it follows what becomes final and feeds the subscriptions.
pub struct Vouch<Block, Client> {
    ask: Ask<Block, Client>,
    follower: Arc<Follower<Block, Client>>,
}

impl<Block, Client> Vouch<Block, Client>
where
    Block: BlockT<Hash = H256>,
    Client: Node<Block>,
    polkadot_sdk::sp_runtime::traits::NumberFor<Block>: Into<BlockNumber>,
{
    /// RPC about the chain of `client`.
    pub fn new(client: Arc<Client>) -> Self {
        let ask = Ask::new(client);
        Self { follower: Arc::new(Follower::new(ask.clone())), ask }
    }

    /// Follows the chain until the node stops. Subscriptions hear nothing unless it runs.
    pub fn follow(&self) -> impl Future<Output = ()> + Send + 'static {
        let follower = self.follower.clone();
        async move { follower.run().await }
    }

    /// The methods, to be merged after the SDK's.
    pub fn module(&self) -> Result<RpcModule<()>, RegisterMethodError> {
        let mut module = RpcModule::new(());
        module.merge(network::Network(self.ask.clone()).into_rpc())?;
        module.merge(devices::Devices(self.ask.clone()).into_rpc())?;
        module.merge(probers::Probers(self.ask.clone()).into_rpc())?;
        module.merge(rounds::Rounds(self.follower.clone()).into_rpc())?;
        module.merge(epochs::Epochs(self.follower.clone()).into_rpc())?;
        module.merge(updates::Updates(self.follower.clone()).into_rpc())?;
        Ok(module)
    }
}
