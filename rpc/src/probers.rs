//! Questions about validators as probers.

use crate::{
    ask::Ask,
    error::Error,
    types::{Id, Prober},
    BlockNumber, Node,
};
use jsonrpsee::{core::RpcResult, proc_macros::rpc};
use polkadot_sdk::{
    sp_core::H256,
    sp_runtime::traits::{Block as BlockT, NumberFor},
};
use vouch_primitives::api::VouchApi;

/// Validators as probers.
#[rpc(server, namespace = "vouch")]
pub trait ProbersApi {
    /// A validator's record as a prober: accuracy, audits, offences, pay, and a reason code for everything that lowers it.
    ///
    /// Errors: 12001, 12002, 12004.
    #[method(name = "prober", blocking)]
    fn prober(&self, validator: Id, at: Option<H256>) -> RpcResult<Prober>;
}

pub(crate) struct Probers<Block, Client>(pub(crate) Ask<Block, Client>);

impl<Block, Client> ProbersApiServer for Probers<Block, Client>
where
    Block: BlockT<Hash = H256>,
    Client: Node<Block>,
    NumberFor<Block>: Into<BlockNumber>,
{
    fn prober(&self, Id(validator): Id, at: Option<H256>) -> RpcResult<Prober> {
        let info = self.0.at(at, |api, at| api.prober(at, validator.clone()))?;
        let info = info.ok_or_else(|| Error::UnknownProber(validator.clone()))?;
        Ok(Prober::new(validator, info))
    }
}
