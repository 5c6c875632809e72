//! Sends transactions and finds out what became of them.
//!
//! A transaction is looked for in the blocks themselves. That outlives a broken connection, a restarted node that forgot its
//! pool, and a fork that carried the transaction away, none of which a subscription to its status does.

use super::{
    at_head, batches, head_of, to_subxt, Call, Client, Error, Failure, Head, Link, Shortfall, TRANSACTION_PATIENCE,
};
use polkadot_sdk::{
    sp_core::H256,
    sp_runtime::{
        traits::{BlakeTwo256, Hash},
        AccountId32,
    },
};
use std::{collections::HashSet, sync::Arc, time::Duration};
use subxt::{
    config::substrate::SubstrateExtrinsicParamsBuilder,
    config::SubstrateConfig,
    error::{DispatchError, DispatchErrorDecodeError},
    events::Phase,
    ext::scale_value::Composite,
    metadata::ArcMetadata,
    rpcs,
};
use subxt_signer::sr25519::Keypair;
use tokio::time::{sleep, Instant};

/// Blocks for which a transaction is valid; after that it can only be made anew.
const MORTALITY: u64 = 64;
/// Between two looks at the chain.
const POLL: Duration = Duration::from_millis(400);
/// A transaction that is not settled is sent again this often: a restarted node has forgotten it.
const RESEND: Duration = Duration::from_secs(15);
/// What a node answers to a transaction that it has in its pool already.
const ALREADY_IMPORTED: i32 = 1013;

/// How far to follow a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Until it is in a best block.
    Included,
    /// Until its block is final.
    Finalized,
}

/// An event of a transaction.
#[derive(Clone, Debug)]
pub struct Event {
    /// The pallet.
    pub pallet: String,
    /// The event's name.
    pub name: String,
    /// Its fields.
    pub fields: Composite<()>,
}

impl Event {
    /// A field that holds a number.
    pub fn number(&self, field: &str) -> Option<u128> {
        super::number_in(&self.fields, field)
    }
}

/// A transaction that succeeded.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The transaction's hash.
    pub hash: H256,
    /// The block it is in.
    pub block: Head,
    /// Everything it caused, in order.
    pub events: Vec<Event>,
}

impl Receipt {
    /// The events of one name.
    pub fn find<'a>(&'a self, pallet: &'a str, name: &'a str) -> impl Iterator<Item = &'a Event> {
        self.events.iter().filter(move |event| event.pallet == pallet && event.name == name)
    }

    /// What the signer paid for it, in planck.
    pub fn fee(&self) -> u128 {
        self.find("TransactionPayment", "TransactionFeePaid").filter_map(|event| event.number("actual_fee")).sum()
    }
}

/// A transaction ready to be sent.
struct Signed {
    bytes: Vec<u8>,
    hash: H256,
    /// No block up to this one can contain it.
    floor: u32,
}

/// A block that contains the transaction, as the so manieth of its extrinsics.
#[derive(Clone, Copy)]
struct Found {
    block: Head,
    index: u32,
}

/// What is known of a transaction that is being followed.
struct Trail {
    /// Blocks that were looked at.
    seen: HashSet<H256>,
    /// Where it was found, on every fork that had it: the fork that wins may not be the one that had it first.
    found: Vec<Found>,
    /// The last block whose events were checked for a failure.
    inspected: Option<H256>,
    /// When to send it again.
    resend_at: Instant,
}

impl Client {
    /// Signs `call`, sends it and waits.
    pub async fn submit(&self, call: Call, signer: &Keypair, wait: Wait) -> Result<Receipt, Error> {
        self.submit_within(call, signer, wait, TRANSACTION_PATIENCE).await
    }

    /// As [`Client::submit`], with a patience of one's own.
    pub async fn submit_within(
        &self,
        call: Call,
        signer: &Keypair,
        wait: Wait,
        patience: Duration,
    ) -> Result<Receipt, Error> {
        let sending = self.shared.sending.lock().await;
        let signed = self.sign(&call, signer).await?;
        self.send(&signed.bytes).await?;
        drop(sending);
        tracing::debug!(%call, hash = ?signed.hash, "sent");
        self.follow(signed, wait, patience).await
    }

    /// What `calls`, packed as [`Client::submit_all`] packs them, would cost in fees.
    pub async fn estimate_fee(&self, calls: Vec<Call>, signer: &Keypair) -> Result<u128, Error> {
        let mut sum = 0u128;
        for call in batches(calls) {
            let bytes = &self.sign(&call, signer).await?.bytes;
            let fee = self
                .links()
                .ask(|link| async move {
                    let best = head_of(&link, None).await?;
                    let transactions = at_head(&link, best).await?.tx();
                    Ok(transactions.from_bytes(bytes.clone()).partial_fee_estimate().await?)
                })
                .await?;
            sum = sum.saturating_add(fee);
        }
        Ok(sum)
    }

    async fn sign(&self, call: &Call, signer: &Keypair) -> Result<Signed, Error> {
        let payload = &call.payload();
        self.links()
            .ask(|link| async move {
                let final_hash = link.rpc.chain_get_finalized_head().await?;
                let floor = head_of(&link, Some(final_hash)).await?;
                // Counts what is waiting in the pool, so that one transaction may follow another within a block.
                let nonce = link.rpc.system_account_next_index(&signer.public_key().to_account_id()).await?;
                // Born at the final block, so that no fork invalidates the signature.
                let params = SubstrateExtrinsicParamsBuilder::<SubstrateConfig>::new()
                    .nonce(nonce)
                    .mortal_from_unchecked(MORTALITY, floor.number.into(), to_subxt(floor.hash))
                    .build();
                let transactions = at_head(&link, floor).await?.tx();
                let signed = transactions.create_signable_offline(payload, params)?.sign(signer)?;
                let bytes = signed.into_encoded();
                Ok(Signed { hash: BlakeTwo256::hash(&bytes), bytes, floor: floor.number })
            })
            .await
    }

    /// Puts a transaction into the pool of a node. One that it has already is taken; [`Error::Refused`] if it is not.
    pub(super) async fn send(&self, bytes: &[u8]) -> Result<(), Error> {
        let outcome = self
            .links()
            .ask(|link| async move {
                match link.rpc.author_submit_extrinsic(bytes).await {
                    Ok(_) => Ok(None),
                    Err(rpcs::Error::User(error)) if error.code == ALREADY_IMPORTED => Ok(None),
                    Err(rpcs::Error::User(error)) => {
                        let details = error.data.as_ref().map(|data| format!(": {}", data.get().trim_matches('"')));
                        Ok(Some(format!("{}{}", error.message, details.unwrap_or_default())))
                    },
                    Err(error) => Err(error.into()),
                }
            })
            .await?;
        match outcome {
            None => Ok(()),
            Some(reason) => Err(Error::Refused(reason)),
        }
    }

    async fn follow(&self, signed: Signed, wait: Wait, patience: Duration) -> Result<Receipt, Error> {
        let start = Instant::now();
        let mut trail = Trail { seen: HashSet::new(), found: Vec::new(), inspected: None, resend_at: start + RESEND };
        loop {
            match self.step(&signed, wait, &mut trail).await {
                Ok(Some(receipt)) => return Ok(receipt),
                Ok(None) => {},
                // The transaction is on its way: a node that restarts has as long as the transaction.
                Err(Error::Unreachable { .. }) if start.elapsed() < patience => {},
                Err(error) => return Err(error),
            }
            if start.elapsed() >= patience {
                return Err(match trail.found.last() {
                    Some(found) => Error::NotFinal { number: found.block.number, waited: patience },
                    None => Error::NotIncluded { hash: signed.hash, waited: patience },
                });
            }
            sleep(POLL).await;
        }
    }

    /// One look at how far the transaction is; its receipt once it is as far as `wait` says.
    async fn step(&self, signed: &Signed, wait: Wait, trail: &mut Trail) -> Result<Option<Receipt>, Error> {
        let (looked_at, new) = self.look(signed, &trail.seen).await?;
        trail.seen.extend(looked_at);
        trail.found.extend(new);
        let settled = match wait {
            Wait::Included => trail.found.last().copied(),
            Wait::Finalized => self.final_one(&trail.found).await?,
        };
        if let Some(found) = settled {
            return self.receipt(signed, found).await?.map(Some).map_err(Error::Failed);
        }
        if let Some(last) = trail.found.last().copied().filter(|last| trail.inspected != Some(last.block.hash)) {
            // A failure need not wait for finality.
            self.receipt(signed, last).await?.map_err(Error::Failed)?;
            trail.inspected = Some(last.block.hash);
            tracing::info!(block = last.block.number, "in a block, waiting for finality");
        }
        if Instant::now() >= trail.resend_at {
            trail.resend_at = Instant::now() + RESEND;
            // A refusal mostly means that it is in a block. Where a block was lost with the node that made it, it is not.
            if let Err(error @ (Error::Unreachable { .. } | Error::WrongChain { .. } | Error::Specification(_))) =
                self.send(&signed.bytes).await
            {
                return Err(error);
            }
        }
        Ok(None)
    }

    /// Walks back from the best block over blocks not seen before; returns them, and the one with the transaction.
    async fn look(&self, signed: &Signed, seen: &HashSet<H256>) -> Result<(Vec<H256>, Option<Found>), Error> {
        self.links()
            .ask(|link| async move {
                let (mut looked_at, mut found) = (Vec::new(), None);
                let mut cursor = link.rpc.chain_get_block_hash(None).await?;
                while let Some(hash) = cursor.filter(|hash| !seen.contains(&H256(hash.0))) {
                    let Some(block) = link.rpc.chain_get_block(Some(hash)).await? else {
                        // Retracted while being looked at: the whole walk is taken again.
                        return Ok((Vec::new(), None));
                    };
                    let header = block.block.header;
                    if header.number <= signed.floor.into() {
                        break;
                    }
                    let hash = H256(hash.0);
                    looked_at.push(hash);
                    if let Some(index) = block.block.extrinsics.iter().position(|bytes| bytes.0 == signed.bytes) {
                        found = Some(Found { block: Head { number: header.number as u32, hash }, index: index as u32 });
                    }
                    cursor = Some(header.parent_hash);
                }
                Ok((looked_at, found))
            })
            .await
    }

    /// The one of `found` whose block is final: an ancestor of the last final block, or that itself. Walks back by parents: that is
    /// what even a client that trusts nobody can check.
    async fn final_one(&self, found: &[Found]) -> Result<Option<Found>, Error> {
        let Some(lowest) = found.iter().map(|found| found.block.number).min() else { return Ok(None) };
        self.links()
            .ask(|link| async move {
                let mut cursor = link.rpc.chain_get_finalized_head().await?;
                while let Some(header) = link.rpc.chain_get_header(Some(cursor)).await? {
                    if let Some(found) = found.iter().find(|found| found.block.hash.0 == cursor.0) {
                        return Ok(Some(*found));
                    }
                    if header.number <= lowest.into() {
                        break;
                    }
                    cursor = header.parent_hash;
                }
                Ok(None)
            })
            .await
    }

    /// What the transaction did in the block where it was found.
    async fn receipt(&self, signed: &Signed, found: Found) -> Result<Result<Receipt, Failure>, Error> {
        let hash = signed.hash;
        self.links()
            .ask(|link: Arc<Link>| async move {
                let at = at_head(&link, found.block).await?;
                let all = at.events().fetch().await?;
                let mut events = Vec::new();
                for event in all.iter() {
                    let event = event?;
                    if event.phase() != Phase::ApplyExtrinsic(found.index) {
                        continue;
                    }
                    let (pallet, name) = (event.pallet_name(), event.event_name());
                    if let Some(failure) = failure_in(pallet, name, event.field_bytes(), at.metadata())? {
                        return Ok(Err(failure));
                    }
                    let fields = event.decode_fields_unchecked_as::<Composite<()>>()?;
                    events.push(Event { pallet: pallet.to_owned(), name: name.to_owned(), fields });
                }
                Ok(Ok(Receipt { hash, block: found.block, events }))
            })
            .await
    }

    /// What `account` lacks for `purpose`, which needs `bonds` and `fee`; `None` if it can pay.
    pub async fn shortfall(
        &self,
        account: &AccountId32,
        purpose: String,
        bonds: u128,
        fee: u128,
    ) -> Result<Option<Shortfall>, Error> {
        let (balance, deposit) = (self.balance(account).await?, self.existential_deposit().await?);
        Ok(Shortfall::check(purpose, bonds, fee, balance, deposit, &self.token().await?))
    }
}

/// The failure that an event tells of: of the transaction itself, or of the call that `sudo` wraps.
fn failure_in(
    pallet: &str,
    name: &str,
    fields: &[u8],
    metadata: ArcMetadata,
) -> Result<Option<Failure>, DispatchErrorDecodeError> {
    let error = match (pallet, name) {
        ("System", "ExtrinsicFailed") => fields,
        // Its first field is a `Result`: 1 is `Err`.
        ("Sudo", "Sudid" | "SudoAsDone") if fields.first() == Some(&1) => &fields[1..],
        _ => return Ok(None),
    };
    Ok(Some(DispatchError::decode_from(error, metadata)?.into()))
}
