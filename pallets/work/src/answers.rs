//! What devices trigger: they answer blindly, reveal what enough of them found, and show their digests when they differ.

use crate::{
    types::{Chunk, Digests, Refusal},
    Chunks, Config, Error, Event, Jobs, Openings, Pallet, Parameters,
};
use codec::Encode;
use frame_support::ensure;
use polkadot_sdk::*;
use sp_runtime::{
    traits::Verify,
    transaction_validity::{
        TransactionLongevity, TransactionPriority, TransactionValidityWithRefund, ValidTransaction,
    },
    DispatchResult,
};
use sp_weights::Weight;
use vouch_primitives::{
    traits::{Bonds, RoundClock},
    work::{api::Stage, payload::answer_payload, result::ChunkResult, Answer, ChunkIndex, JobId},
    DeviceId, DeviceSignature, Place,
};

/// Above every tip: each can come in once, and is worth nothing when its stage is over.
const PRIORITY: TransactionPriority = TransactionPriority::MAX / 2;

/// Blocks that a transaction may wait for; whoever sent it looks whether it is needed still.
const LONGEVITY: TransactionLongevity = 32;

impl<T: Config> Pallet<T> {
    /// Whether an answer may enter the chain. Writes nothing; checks the signature last.
    pub(crate) fn authorize_answer(
        id: JobId,
        index: ChunkIndex,
        device: &DeviceId,
        answer: &Answer,
        signature: &DeviceSignature,
    ) -> TransactionValidityWithRefund {
        Self::check_answer(id, index, device)?;
        let payload = answer_payload(Self::genesis(), id, index, answer);
        ensure!(signature.verify(payload.as_slice(), device), Refusal::BadSignature);
        authorized("VouchAnswer", (id, index, device))
    }

    fn check_answer(id: JobId, index: ChunkIndex, device: &DeviceId) -> Result<(Place, Chunk), Refusal> {
        let chunk = Chunks::<T>::get(id, index).ok_or(Refusal::UnknownChunk)?;
        ensure!(chunk.stage == Stage::Computing, Refusal::WrongStage);
        let seat = chunk.seat(device).ok_or(Refusal::NoSeat)?;
        ensure!(seat.fingerprint.is_none(), Refusal::AlreadyAnswered);
        // The stage is over although the hook has not come to it yet.
        ensure!(T::Rounds::current_round() <= chunk.due, Refusal::WrongStage);
        // Whose key was changed since may have lost it to somebody else.
        ensure!(T::Bonds::at(seat.place).as_ref() == Some(device), Refusal::NoSeat);
        Ok((seat.place, chunk))
    }

    /// Notes an answer.
    pub(crate) fn take_answer(id: JobId, index: ChunkIndex, device: DeviceId, answer: Answer) -> DispatchResult {
        let (place, mut chunk) = Self::check_answer(id, index, &device).map_err(|_| Error::<T>::Outdated)?;
        let job = Jobs::<T>::get(id).ok_or(Error::<T>::Outdated)?;
        let before = chunk.due;
        match answer {
            Answer::Declined => {
                chunk.seats.retain(|seat| seat.place != place);
                chunk.gone = chunk.gone.saturating_add(1);
                let round = Self::unknown_round();
                Self::leave_seat(place, id, index, true, |worker| worker.decline(round));
                if chunk.owing() == 0 {
                    // Others are asked as soon as the round is over.
                    chunk.due = T::Rounds::current_round();
                }
            },
            Answer::Fingerprint(fingerprint) => {
                if let Some(seat) = chunk.seats.iter_mut().find(|seat| seat.place == place) {
                    seat.fingerprint = Some(fingerprint);
                }
                Self::answered(place);
                if chunk.answered() >= chunk.wanted {
                    let alone = chunk.wanted < job.terms.quorum;
                    Self::begin(&mut chunk, if alone { Stage::Vetting } else { Stage::Revealing });
                } else if chunk.owing() == 0 {
                    chunk.due = T::Rounds::current_round();
                }
            },
        }
        Self::store_chunk(id, index, before, chunk);
        Self::deposit_event(Event::Answered { job: id, chunk: index, device, answer });
        Ok(())
    }

    /// Whether a reveal may enter the chain: it needs no signature, for it opens the fingerprints of a quorum.
    pub(crate) fn authorize_reveal(
        id: JobId,
        index: ChunkIndex,
        result: &ChunkResult,
    ) -> TransactionValidityWithRefund {
        Self::check_reveal(id, index, result)?;
        authorized("VouchReveal", (id, index))
    }

    fn check_reveal(id: JobId, index: ChunkIndex, result: &ChunkResult) -> Result<Chunk, Refusal> {
        let chunk = Chunks::<T>::get(id, index).ok_or(Refusal::UnknownChunk)?;
        ensure!(chunk.stage == Stage::Revealing, Refusal::WrongStage);
        let job = Jobs::<T>::get(id).ok_or(Refusal::UnknownChunk)?;
        let genesis = Self::genesis();
        let matches = |device: &DeviceId| Some(result.fingerprint(genesis, id, index, device));
        let agreeing = chunk.seats.iter().filter(|seat| !seat.out && seat.fingerprint == matches(&seat.device)).count();
        ensure!(agreeing >= usize::from(chunk.quorum(job.terms.quorum)), Refusal::NoQuorum);
        // The price covers the points of so much fuel and no more, however many agree on more.
        let most = job.terms.fuel.saturating_mul(job.terms.tasks_of(index).len() as u64);
        ensure!(result.fuel <= most, Refusal::TooMuchFuel);
        Ok(chunk)
    }

    /// Settles a chunk.
    pub(crate) fn take_reveal(id: JobId, index: ChunkIndex, result: ChunkResult) -> DispatchResult {
        let chunk = Self::check_reveal(id, index, &result).map_err(|_| Error::<T>::Outdated)?;
        let job = Jobs::<T>::get(id).ok_or(Error::<T>::Outdated)?;
        Self::settle(id, job, index, chunk, result);
        Ok(())
    }

    /// Whether digests may enter the chain: they need no signature, for the device's fingerprint was made of them.
    pub(crate) fn authorize_opening(
        id: JobId,
        index: ChunkIndex,
        device: &DeviceId,
        digests: &Digests,
    ) -> TransactionValidityWithRefund {
        Self::check_opening(id, index, device, digests)?;
        authorized("VouchOpening", (id, index, device))
    }

    fn check_opening(id: JobId, index: ChunkIndex, device: &DeviceId, digests: &Digests) -> Result<Chunk, Refusal> {
        let chunk = Chunks::<T>::get(id, index).ok_or(Refusal::UnknownChunk)?;
        ensure!(chunk.stage == Stage::Opening, Refusal::WrongStage);
        let seat = chunk.seat(device).filter(|seat| !seat.out).ok_or(Refusal::NoSeat)?;
        ensure!(!Openings::<T>::contains_key((id, index), device), Refusal::AlreadyAnswered);
        let tasks = Jobs::<T>::get(id).ok_or(Refusal::UnknownChunk)?.terms.tasks_of(index);
        ensure!(digests.len() == tasks.len(), Refusal::NotTheFingerprint);
        let result = ChunkResult::new(tasks.start, digests);
        let fingerprint = result.fingerprint(Self::genesis(), id, index, device);
        ensure!(seat.fingerprint == Some(fingerprint), Refusal::NotTheFingerprint);
        Ok(chunk)
    }

    /// Keeps what a device shows, and goes on once all have shown theirs.
    pub(crate) fn take_opening(id: JobId, index: ChunkIndex, device: DeviceId, digests: Digests) -> DispatchResult {
        let mut chunk = Self::check_opening(id, index, &device, &digests).map_err(|_| Error::<T>::Outdated)?;
        Openings::<T>::insert((id, index), &device, digests);
        let shown = |device: &DeviceId| Openings::<T>::contains_key((id, index), device);
        if chunk.seats.iter().all(|seat| seat.out || shown(&seat.device)) {
            let mut job = Jobs::<T>::get(id).ok_or(Error::<T>::Outdated)?;
            let before = chunk.due;
            if !Self::dispute_or_refill(id, &job, index, &mut chunk, &Parameters::<T>::get()) {
                Self::fail(id, &mut job, index, &mut chunk);
                Jobs::<T>::insert(id, job);
            }
            Self::store_chunk(id, index, before, chunk);
        }
        Ok(())
    }
}

/// A call that may enter the chain, once for what it `provides`.
pub(crate) fn authorized(prefix: &'static str, provides: impl Encode) -> TransactionValidityWithRefund {
    ValidTransaction::with_tag_prefix(prefix)
        .priority(PRIORITY)
        .and_provides(provides)
        .longevity(LONGEVITY)
        .propagate(true)
        .build()
        .map(|valid| (valid, Weight::zero()))
}
