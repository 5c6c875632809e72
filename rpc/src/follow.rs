//! Follows what becomes final, asks the runtime once a block what it changed, and hands that to all subscriptions.

use crate::{
    ask::Ask,
    error::{internal, Error},
    once::Once,
    types::{self, Device, DeviceUpdate, EpochUpdate, RoundSummary},
    BlockNumber, Node,
};
use futures::StreamExt;
use jsonrpsee::{
    core::{RpcResult, StringError, SubscriptionResult},
    types::ErrorObjectOwned,
    PendingSubscriptionSink, SubscriptionMessage, SubscriptionSink,
};
use polkadot_sdk::{
    sp_api::{ApiError, ApiRef},
    sp_core::H256,
    sp_runtime::traits::{Block as BlockT, NumberFor},
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{broadcast, OwnedSemaphorePermit, Semaphore};
use vouch_primitives::{
    api::{Accounted, BlockChanges, CohortRound, VouchApi},
    DeviceId, RoundIndex,
};

const LOG_TARGET: &str = "rpc::vouch";

/// Subscriptions to this namespace that a node takes, of all connections together.
const MAX_SUBSCRIPTIONS: usize = 16_384;

/// Blocks that a subscriber may fall behind before it misses some.
const BACKLOG: usize = 64;

/// Blocks that may become final at once and are still told one by one. More are told of when a node catches up.
const MAX_JUMP: usize = 256;

/// Rounds whose summaries are kept.
const ROUNDS_KEPT: usize = 8;

/// How many questions may be asked at the same time on behalf of subscribers.
const LOOKUPS: usize = 2;

/// A block that became final.
pub(crate) struct Finalized {
    /// Which.
    pub(crate) block: types::Block,
    /// What it changed.
    pub(crate) changes: BlockChanges<u128>,
    /// Summaries of the rounds of which it accounted something.
    pub(crate) rounds: Vec<RoundSummary>,
    /// The epoch that it closed, and the one that runs since; asked once for all subscribers.
    pub(crate) epoch: Option<EpochUpdate>,
    /// What is told of devices as of it. Many subscribers to one cost no more than one: the first asks, the others wait for that.
    devices: Once<DeviceId, DeviceUpdate>,
}

/// Follows the chain and serves subscriptions.
pub(crate) struct Follower<Block, Client> {
    pub(crate) ask: Ask<Block, Client>,
    blocks: broadcast::Sender<Arc<Finalized>>,
    rounds: Mutex<Summaries>,
    places: Arc<Semaphore>,
    lookups: Arc<Semaphore>,
}

impl<Block, Client> Follower<Block, Client>
where
    Block: BlockT<Hash = H256>,
    Client: Node<Block>,
    NumberFor<Block>: Into<BlockNumber>,
{
    pub(crate) fn new(ask: Ask<Block, Client>) -> Self {
        Self {
            ask,
            blocks: broadcast::Sender::new(BACKLOG),
            rounds: Mutex::default(),
            places: Arc::new(Semaphore::new(MAX_SUBSCRIPTIONS)),
            lookups: Arc::new(Semaphore::new(LOOKUPS)),
        }
    }

    /// Follows the chain until the node stops.
    pub(crate) async fn run(&self) {
        let mut finality = self.ask.client().finality_notification_stream();
        while let Some(notification) = finality.next().await {
            let skipped = notification.tree_route.len().saturating_sub(MAX_JUMP);
            for hash in notification.tree_route.iter().skip(skipped).chain([&notification.hash]) {
                match self.look_at(*hash) {
                    // Nobody may be listening.
                    Ok(block) => drop(self.blocks.send(Arc::new(block))),
                    Err(error) => log::debug!(target: LOG_TARGET, "{hash:?} is not told of: {error}"),
                }
            }
        }
    }

    fn look_at(&self, hash: H256) -> RpcResult<Finalized> {
        let block = types::Block { hash, number: self.ask.number(hash)? };
        let changes = self.ask.at(Some(hash), |api, at| api.changes(at))?;
        let rounds = if changes.accounted.is_empty() {
            Vec::new()
        } else {
            let cohorts = self.ask.at(Some(hash), |api, at| api.network(at))?.cohorts;
            self.summaries().account(&changes, cohorts, block)
        };
        let epoch = match &changes.closed {
            None => None,
            Some(closed) => {
                let running = self.ask.at(Some(hash), |api, at| api.epoch(at))?.into();
                Some(EpochUpdate { closed: Some(closed.into()), running, block })
            },
        };
        Ok(Finalized { block, changes, rounds, epoch, devices: Once::default() })
    }

    fn summaries(&self) -> std::sync::MutexGuard<'_, Summaries> {
        self.rounds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest round of which anything is accounted.
    pub(crate) fn newest_round(&self) -> Option<RoundSummary> {
        self.summaries().0.last_key_value().map(|(_, summary)| *summary)
    }

    /// Gives a subscriber a place; refuses if there is none left. To be called before anything is looked up: so that those
    /// who wait for it are counted, and nothing is missed meanwhile.
    pub(crate) async fn admit(&self, pending: PendingSubscriptionSink) -> Result<Admitted, StringError> {
        match self.places.clone().try_acquire_owned() {
            Ok(place) => Ok(Admitted { pending, blocks: self.blocks.subscribe(), place }),
            Err(_) => {
                let error = Error::TooManySubscriptions(MAX_SUBSCRIPTIONS);
                pending.reject(error.clone()).await;
                Err(error.to_string().into())
            },
        }
    }

    /// A device as of a final block.
    pub(crate) async fn device(&self, device: &DeviceId, block: &Finalized) -> RpcResult<Arc<DeviceUpdate>> {
        block.devices.get(device, self.look_up(device, block.block)).await
    }

    /// Asks on a thread that may be busy with it, few questions at a time: those of other callers come first.
    pub(crate) async fn aside<Answer: Send + 'static>(
        &self,
        block: H256,
        question: impl FnOnce(ApiRef<'_, Client::Api>, H256) -> Result<Answer, ApiError> + Send + 'static,
    ) -> RpcResult<Answer> {
        let _turn = self.lookups.acquire().await.map_err(internal)?;
        let ask = self.ask.clone();
        tokio::task::spawn_blocking(move || ask.at(Some(block), question)).await.map_err(internal)?
    }

    /// Looks a device up.
    pub(crate) async fn look_up(&self, device: &DeviceId, block: types::Block) -> RpcResult<DeviceUpdate> {
        let id = device.clone();
        let question =
            move |api: ApiRef<'_, Client::Api>, at| Ok(api.device(at, id.clone())?.zip(api.explain(at, id)?));
        let (info, explained) = self.aside(block.hash, question).await?.unzip();
        Ok(DeviceUpdate {
            id: device.clone(),
            device: info.map(|info| Device::new(device.clone(), info)),
            explanation: explained.map(Into::into),
            block,
        })
    }
}

/// Somebody who is about to subscribe, and has a place.
pub(crate) struct Admitted {
    pending: PendingSubscriptionSink,
    /// What becomes final from now on.
    blocks: broadcast::Receiver<Arc<Finalized>>,
    place: OwnedSemaphorePermit,
}

impl Admitted {
    /// Begins the subscription.
    pub(crate) async fn accept(self) -> Result<Subscription, StringError> {
        Ok(Subscription { sink: self.pending.accept().await?, blocks: self.blocks, _place: self.place })
    }

    /// Refuses it, with which all is done.
    pub(crate) async fn reject(self, error: impl Into<ErrorObjectOwned>) -> SubscriptionResult {
        self.pending.reject(error).await;
        Ok(())
    }
}

/// A subscription that was taken.
pub(crate) struct Subscription {
    sink: SubscriptionSink,
    blocks: broadcast::Receiver<Arc<Finalized>>,
    /// Given back when it ends.
    _place: OwnedSemaphorePermit,
}

/// What comes next of a subscription.
pub(crate) enum Next {
    /// A block became final.
    Block(Arc<Finalized>),
    /// The subscriber is slow, and missed so many blocks.
    Missed,
}

impl Subscription {
    /// The next block; `None` once the subscriber is gone.
    pub(crate) async fn next(&mut self) -> Option<Next> {
        tokio::select! {
            () = self.sink.closed() => None,
            received = self.blocks.recv() => match received {
                Ok(block) => Some(Next::Block(block)),
                Err(broadcast::error::RecvError::Lagged(_)) => Some(Next::Missed),
                Err(broadcast::error::RecvError::Closed) => None,
            },
        }
    }

    /// Tells the subscriber. Waits while it does not read; an error once it is gone.
    pub(crate) async fn tell(&self, message: &impl Serialize) -> Result<(), StringError> {
        Ok(self.sink.send(SubscriptionMessage::from_json(message)?).await?)
    }
}

/// How the newest rounds went.
#[derive(Default)]
struct Summaries(BTreeMap<RoundIndex, RoundSummary>);

impl Summaries {
    /// Adds what a block accounted; returns the summaries that changed.
    /// Rounds that are not kept any more are passed over: of what was told of them nothing is known.
    fn account(&mut self, changes: &BlockChanges<u128>, cohorts: u32, block: types::Block) -> Vec<RoundSummary> {
        let mut changed = BTreeMap::new();
        let known = self.0.last_key_value().map(|(round, _)| *round);
        let newest = changes.accounted.iter().map(CohortRound::last).chain(known).max().unwrap_or(0);
        let oldest = newest.saturating_sub(ROUNDS_KEPT as u32 - 1);
        for accounted in &changes.accounted {
            for round in accounted.round.max(oldest)..=accounted.last() {
                let summary = self.0.entry(round).or_insert_with(|| RoundSummary {
                    round,
                    cohorts,
                    cohorts_judged: 0,
                    cohorts_uncovered: 0,
                    devices_judged: 0,
                    devices_up: 0,
                    reports: 0,
                    complete: false,
                    block,
                });
                match accounted.outcome {
                    Accounted::Judged { up, judged, ballots } => {
                        summary.cohorts_judged += 1;
                        summary.devices_judged += u64::from(judged);
                        summary.devices_up += u64::from(up);
                        summary.reports += u64::from(ballots);
                    },
                    Accounted::Uncovered { .. } => summary.cohorts_uncovered += 1,
                }
                summary.complete = summary.cohorts_judged + summary.cohorts_uncovered >= summary.cohorts;
                summary.block = block;
                changed.insert(round, *summary);
            }
        }
        while self.0.len() > ROUNDS_KEPT {
            self.0.pop_first();
        }
        changed.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(number: u32) -> types::Block {
        types::Block { hash: H256::from_low_u64_be(number.into()), number }
    }

    fn changes(accounted: &[(u32, u32, Accounted)]) -> BlockChanges<u128> {
        let round = |(round, cohort, outcome): &(u32, u32, Accounted)| CohortRound {
            round: *round,
            cohort: *cohort,
            outcome: *outcome,
        };
        BlockChanges {
            opened: None,
            closed: None,
            accounted: accounted.iter().map(round).collect(),
            devices: Vec::new(),
        }
    }

    const JUDGED: Accounted = Accounted::Judged { up: 3, judged: 4, ballots: 5 };

    #[test]
    fn round_is_complete_once_all_cohorts_are_accounted() {
        let mut summaries = Summaries::default();
        let first = summaries.account(&changes(&[(7, 0, JUDGED), (7, 1, JUDGED)]), 3, block(1));
        assert_eq!((first.len(), first[0].devices_up, first[0].complete), (1, 6, false));
        let second = summaries.account(&changes(&[(7, 2, Accounted::Uncovered { rounds: 1 })]), 3, block(2));
        let RoundSummary { cohorts_judged, cohorts_uncovered, devices_judged, reports, complete, block: at, .. } =
            second[0];
        assert_eq!((cohorts_judged, cohorts_uncovered, devices_judged, reports, complete), (2, 1, 8, 10, true));
        assert_eq!(at, block(2));
    }

    #[test]
    fn long_silence_is_told_of_the_newest_rounds_and_nothing_is_kept_for_ever() {
        let mut summaries = Summaries::default();
        let told = summaries.account(&changes(&[(5, 0, Accounted::Uncovered { rounds: u32::MAX })]), 1, block(1));
        assert_eq!(told.len(), ROUNDS_KEPT);
        let mut summaries = Summaries::default();
        for round in 0..100 {
            assert_eq!(summaries.account(&changes(&[(round, 0, JUDGED)]), 1, block(round)).len(), 1);
        }
        assert_eq!(summaries.0.len(), ROUNDS_KEPT);
        // What is accounted too late to be added up is not told as if nothing had been before.
        assert_eq!(summaries.account(&changes(&[(90, 1, JUDGED)]), 2, block(100)), Vec::new());
    }
}
