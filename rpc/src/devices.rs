//! Questions about devices and their owners.

use crate::{
    ask::Ask,
    error::Error,
    types::{Committee, Device, DeviceSummary, Explanation, Id, Page},
    BlockNumber, Node,
};
use jsonrpsee::{core::RpcResult, proc_macros::rpc};
use polkadot_sdk::{
    sp_core::H256,
    sp_runtime::traits::{Block as BlockT, NumberFor},
};
use vouch_primitives::api::VouchApi;

/// Most entries of a page.
pub(crate) const MAX_PAGE: u32 = 1_000;

/// Entries of a page if the caller does not say.
const DEFAULT_PAGE: u32 = 100;

/// Devices and their owners.
#[rpc(server, namespace = "vouch")]
pub trait DevicesApi {
    /// A device: who owns it, where it answers, its place, its last 32 rounds, its streak and latency.
    ///
    /// Errors: 12001, 12002, 12003.
    #[method(name = "device", blocking)]
    fn device(&self, device: Id, at: Option<H256>) -> RpcResult<Device>;

    /// Devices of an owner, at most `limit` of them (1 to 1,000; 100 if not given), after the device `after`. For the next page,
    /// ask again with the answer's `next` and the same block.
    ///
    /// Errors: 12001, 12002, 12005.
    #[method(name = "devices", blocking)]
    fn devices(
        &self,
        owner: Id,
        after: Option<Id>,
        limit: Option<u32>,
        at: Option<H256>,
    ) -> RpcResult<Page<DeviceSummary>>;

    /// Who probes a device in the round that runs at the block, and whose reports are in. For an earlier round ask as of one of
    /// its blocks.
    ///
    /// Errors: 12001, 12002, 12003.
    #[method(name = "committee", blocking)]
    fn committee(&self, device: Id, at: Option<H256>) -> RpcResult<Committee>;

    /// What a device has earned and not been paid, what the last closed epoch brought it, and a reason code for everything that
    /// lowers either.
    ///
    /// Errors: 12001, 12002, 12003.
    #[method(name = "explain", blocking)]
    fn explain(&self, device: Id, at: Option<H256>) -> RpcResult<Explanation>;
}

pub(crate) struct Devices<Block, Client>(pub(crate) Ask<Block, Client>);

impl<Block, Client> DevicesApiServer for Devices<Block, Client>
where
    Block: BlockT<Hash = H256>,
    Client: Node<Block>,
    NumberFor<Block>: Into<BlockNumber>,
{
    fn device(&self, Id(device): Id, at: Option<H256>) -> RpcResult<Device> {
        let info = self.0.at(at, |api, at| api.device(at, device.clone()))?;
        let info = info.ok_or_else(|| Error::UnknownDevice(device.clone()))?;
        Ok(Device::new(device, info))
    }

    fn devices(
        &self,
        Id(owner): Id,
        after: Option<Id>,
        limit: Option<u32>,
        at: Option<H256>,
    ) -> RpcResult<Page<DeviceSummary>> {
        let limit = limit.unwrap_or(DEFAULT_PAGE);
        if !(1..=MAX_PAGE).contains(&limit) {
            return Err(Error::PageSize(limit).into());
        }
        let after = after.map(|Id(after)| after);
        let devices = self.0.at(at, |api, at| api.fleet(at, owner, after, limit))?;
        let next = devices.last().filter(|_| devices.len() as u32 == limit).map(|last| last.device.clone());
        Ok(Page { entries: devices.into_iter().map(Into::into).collect(), next })
    }

    fn committee(&self, Id(device): Id, at: Option<H256>) -> RpcResult<Committee> {
        let committee = self.0.at(at, |api, at| api.committee(at, device.clone()))?;
        Ok(committee.ok_or(Error::UnknownDevice(device))?.into())
    }

    fn explain(&self, Id(device): Id, at: Option<H256>) -> RpcResult<Explanation> {
        let explained = self.0.at(at, |api, at| api.explain(at, device.clone()))?;
        Ok(explained.ok_or(Error::UnknownDevice(device))?.into())
    }
}
