//! The one way to the runtime: as of which block, and what went wrong.

use crate::{
    error::{internal, Error},
    types, BlockNumber, Node,
};
use jsonrpsee::core::RpcResult;
use polkadot_sdk::{
    sp_api::{ApiError, ApiRef},
    sp_core::H256,
    sp_runtime::traits::{Block as BlockT, NumberFor},
};
use std::{marker::PhantomData, sync::Arc};

/// Asks the runtime as of a block.
pub(crate) struct Ask<Block, Client> {
    client: Arc<Client>,
    block: PhantomData<fn() -> Block>,
}

impl<Block, Client> Clone for Ask<Block, Client> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), block: PhantomData }
    }
}

impl<Block, Client> Ask<Block, Client>
where
    Block: BlockT<Hash = H256>,
    Client: Node<Block>,
    NumberFor<Block>: Into<BlockNumber>,
{
    pub(crate) fn new(client: Arc<Client>) -> Self {
        Self { client, block: PhantomData }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The last final block.
    pub(crate) fn finalized(&self) -> types::Block {
        let info = self.client.info();
        types::Block { hash: info.finalized_hash, number: info.finalized_number.into() }
    }

    /// The number of a block; an error if there is none of this hash.
    pub(crate) fn number(&self, hash: H256) -> RpcResult<BlockNumber> {
        let number = self.client.number(hash).map_err(internal)?;
        Ok(number.ok_or(Error::UnknownBlock(hash))?.into())
    }

    /// Asks as of the block `at`, or of the best one.
    pub(crate) fn at<Answer>(
        &self,
        at: Option<H256>,
        question: impl FnOnce(ApiRef<'_, Client::Api>, H256) -> Result<Answer, ApiError>,
    ) -> RpcResult<Answer> {
        let at = match at {
            Some(hash) => self.number(hash).map(|_| hash)?,
            None => self.client.info().best_hash,
        };
        question(self.client.runtime_api(), at).map_err(|error| Error::NoAnswer(at, error.to_string()).into())
    }
}
