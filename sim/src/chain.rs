//! The real runtime, driven block by block: its genesis, its hooks through `Executive`, its transactions with all their
//! extensions. No node, no network and no wasm.

use anyhow::{anyhow, bail, Result};
use codec::Encode;
use frame_support::storage::{with_transaction, TransactionOutcome};
use frame_system::Phase;
use polkadot_sdk::*;
use sp_consensus_babe::{
    digests::{PreDigest, SecondaryPlainPreDigest},
    Slot, BABE_ENGINE_ID,
};
use sp_core::{crypto::Pair as _, sr25519, H256};
use sp_io::TestExternalities;
use sp_runtime::{
    traits::Header as _,
    transaction_validity::{InvalidTransaction, TransactionValidityError},
    ApplyExtrinsicResult, BuildStorage, Digest, DigestItem, DispatchError,
};
use std::{
    any::Any,
    panic::{catch_unwind, AssertUnwindSafe},
};
use vouch_runtime::{
    constants::MILLISECS_PER_BLOCK, AccountId, Executive, Header, Nonce, Runtime, RuntimeCall, RuntimeEvent,
    RuntimeGenesisConfig, Session, Signature, System, TxExtension, UncheckedExtrinsic,
};

/// The slot of block 1. Any but 0, which BABE takes for "none yet".
const FIRST_SLOT: u64 = 1_000;

/// The answer to a transaction for which a block has no room, as the first block of a session has for none.
const EXHAUSTED: TransactionValidityError = TransactionValidityError::Invalid(InvalidTransaction::ExhaustsResources);

/// What BABE says when the author of a block is disabled before the block is done.
pub(crate) const DISABLED_AUTHOR: &str = "is disabled and should not be attempting to author blocks";

/// A chain of the real runtime.
pub struct Chain {
    ext: TestExternalities,
    /// Number of the last block.
    number: u32,
    /// Its slot.
    slot: u64,
    /// Who authors the blocks of [`Chain::block`] and [`Chain::blocks`]; the first validator if it is none any more.
    pub author: Option<AccountId>,
}

/// What became of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It is the chain's last block.
    Built,
    /// Its author was disabled by the block itself, which no node can build: it is as if it had never been. Its slot is lost.
    Lost,
}

impl Chain {
    /// A chain at block 0.
    pub fn new(genesis: &RuntimeGenesisConfig) -> Result<Self> {
        let storage = genesis.build_storage().map_err(|error| anyhow!("genesis cannot be built: {error}"))?;
        let mut chain = Self { ext: storage.into(), number: 0, slot: FIRST_SLOT - 1, author: None };
        chain.commit()?;
        Ok(chain)
    }

    /// Runs `read` on the chain's state.
    pub fn state<R>(&mut self, read: impl FnOnce() -> R) -> R {
        self.ext.execute_with(read)
    }

    /// Number of the last block, or of the open one.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Opens the block after `skipped` empty slots, by the author that `choose` prefers among all validators.
    pub fn open(&mut self, skipped: u64, choose: impl FnOnce(&[AccountId]) -> usize) {
        self.slot += skipped + 1;
        self.number += 1;
        let (slot, number) = (self.slot, self.number);
        self.ext.execute_with(|| {
            let authority_index = choose(&Session::validators()) as u32;
            let digest = PreDigest::SecondaryPlain(SecondaryPlainPreDigest { authority_index, slot: Slot::from(slot) });
            let logs = vec![DigestItem::PreRuntime(BABE_ENGINE_ID, digest.encode())];
            // Nothing on this chain depends on the hashes of headers but the genesis hash, which signatures name.
            let parent = H256(sp_io::hashing::blake2_256(&(b"vouch-sim", number - 1).encode()));
            let header = Header::new(number, H256::zero(), H256::zero(), parent, Digest { logs });
            Executive::initialize_block(&header);
        });
        let now = slot * MILLISECS_PER_BLOCK;
        let inherent = UncheckedExtrinsic::new_bare(RuntimeCall::Timestamp(pallet_timestamp::Call::set { now }));
        let set = self.apply(inherent);
        assert_eq!(set, Ok(Ok(())), "the time of a slot is its number times its length");
    }

    /// Applies a transaction to the open block. One that is not valid leaves no trace, as when a node builds a block.
    pub fn apply(&mut self, transaction: UncheckedExtrinsic) -> ApplyExtrinsicResult {
        self.ext.execute_with(|| {
            with_transaction(|| match Executive::apply_extrinsic(transaction) {
                Ok(outcome) => TransactionOutcome::Commit(Ok(Ok(outcome))),
                Err(invalid) => TransactionOutcome::Rollback(Ok(Err(invalid))),
            })
            .unwrap_or_else(|error: DispatchError| panic!("transactions are not nested that deep: {error:?}"))
        })
    }

    /// Takes all that transactions left of the open block's weight, so that nothing is left for `on_idle`.
    pub fn fill(&mut self) {
        self.ext.execute_with(|| {
            let limits = <Runtime as frame_system::Config>::BlockWeights::get();
            System::register_extra_weight_unchecked(
                limits.max_block,
                frame_support::dispatch::DispatchClass::Mandatory,
            );
        });
    }

    /// Runs the open block's last hooks and makes it the last block.
    pub fn close(&mut self) -> Result<Closed> {
        let ext = &mut self.ext;
        let built = catch_unwind(AssertUnwindSafe(|| ext.execute_with(Executive::finalize_block)));
        match built {
            Ok(_) => {
                self.commit()?;
                Ok(Closed::Built)
            },
            Err(panic) if message(&*panic).contains(DISABLED_AUTHOR) => {
                self.ext.reset_overlay();
                self.number -= 1;
                Ok(Closed::Lost)
            },
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    /// Opens the next block by [`Chain::author`].
    fn open_next(&mut self) {
        let author = self.author.clone();
        self.open(0, |validators| {
            validators.iter().position(|validator| Some(validator) == author.as_ref()).unwrap_or(0)
        });
    }

    /// Closes a block of [`Chain::author`].
    fn close_next(&mut self) -> Result<()> {
        match self.close()? {
            Closed::Built => Ok(()),
            Closed::Lost => bail!("block {}: its author was not to be disabled", self.number + 1),
        }
    }

    /// A block with `transactions`, all of which must succeed; returns those for which it has no room.
    pub fn block(
        &mut self,
        transactions: impl IntoIterator<Item = UncheckedExtrinsic>,
    ) -> Result<Vec<UncheckedExtrinsic>> {
        let mut left = Vec::new();
        self.open_next();
        for transaction in transactions {
            match self.apply(transaction.clone()) {
                Ok(Ok(())) => {},
                Err(full) if full == EXHAUSTED => left.push(transaction),
                refused => bail!("block {}: a transaction that should succeed was refused: {refused:?}", self.number),
            }
        }
        self.close_next()?;
        Ok(left)
    }

    /// As many blocks as it takes for `transactions`, all of which must be valid; returns how each of them was dispatched.
    pub fn blocks(
        &mut self,
        transactions: impl IntoIterator<Item = UncheckedExtrinsic>,
    ) -> Result<Vec<Result<(), DispatchError>>> {
        let mut outcomes = Vec::new();
        self.open_next();
        for transaction in transactions {
            let mut applied = self.apply(transaction.clone());
            if applied == Err(EXHAUSTED) {
                self.close_next()?;
                self.open_next();
                applied = self.apply(transaction);
            }
            outcomes.push(applied.map_err(|invalid| anyhow!("a transaction is not valid: {invalid:?}"))?);
        }
        self.close_next()?;
        Ok(outcomes)
    }

    /// What the last block, or the open one so far, told.
    pub fn events(&mut self) -> Vec<RuntimeEvent> {
        self.records().into_iter().map(|(_, event)| event).collect()
    }

    /// The same, with what told it.
    pub fn records(&mut self) -> Vec<(Phase, RuntimeEvent)> {
        self.ext
            .execute_with(|| System::read_events_no_consensus().map(|record| (record.phase, record.event)).collect())
    }

    /// The nonce of the next transaction of `account`.
    pub fn nonce(&mut self, account: &AccountId) -> Nonce {
        self.ext.execute_with(|| System::account_nonce(account))
    }

    /// `call` as a transaction signed by `pair`.
    pub fn signed(&mut self, pair: &sr25519::Pair, nonce: Nonce, call: RuntimeCall) -> UncheckedExtrinsic {
        self.ext.execute_with(|| signed(pair, nonce, call))
    }

    fn commit(&mut self) -> Result<()> {
        self.ext.commit_all().map_err(|error| anyhow!("state cannot be committed: {error}"))
    }
}

/// `call` as a transaction signed by `pair`; reads the chain's state.
pub fn signed(pair: &sr25519::Pair, nonce: Nonce, call: RuntimeCall) -> UncheckedExtrinsic {
    let extension = vouch_runtime::extension(nonce);
    let payload = vouch_runtime_payload(call.clone(), extension.clone());
    let signature = Signature::Sr25519(payload.using_encoded(|payload| pair.sign(payload)));
    UncheckedExtrinsic::new_signed(call, AccountId::from(pair.public()).into(), signature, extension)
}

type Payload = sp_runtime::generic::SignedPayload<RuntimeCall, TxExtension>;

fn vouch_runtime_payload(call: RuntimeCall, extension: TxExtension) -> Payload {
    Payload::new(call, extension).expect("the chain knows the hash of its genesis block and its own version")
}

/// A call that needs no signature, as a transaction.
pub fn authorized(call: impl Into<RuntimeCall>) -> UncheckedExtrinsic {
    use frame_system::offchain::CreateAuthorizedTransaction as Create;
    <Runtime as Create<RuntimeCall>>::create_authorized_transaction(call.into())
}

/// What a panic says.
pub(crate) fn message(panic: &(dyn Any + Send)) -> String {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(message), _) => (*message).into(),
        (None, Some(message)) => message.clone(),
        (None, None) => "a panic without a message".into(),
    }
}
