//! What devices disagree on is decided by a panel of validators, one task at a time. A panel only takes away: nothing ever
//! settles but by a quorum of matching fingerprints.

use crate::{
    answers::authorized,
    types::{Chunk, Digests, Dispute, Refusal, MAX_PANELS, PANEL_ROUNDS},
    Chunks, Config, Disputes, Error, Event, Jobs, Openings, Pallet, Parameters,
};
use alloc::vec::Vec;
use codec::Encode;
use frame_support::ensure;
use polkadot_sdk::*;
use sp_application_crypto::RuntimeAppPublic;
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::{transaction_validity::TransactionValidityWithRefund, DispatchResult};
use vouch_primitives::{
    prober::{ProberId, ProberSignature},
    traits::{Panels, RoundClock},
    work::{
        api::Stage,
        payload::{verdict_payload, Verdict},
        result::first_difference,
        ChunkIndex, JobId, TaskIndex,
    },
};

impl<T: Config> Pallet<T> {
    /// Where in the chunk those who count differ first.
    pub(crate) fn first_dispute(id: JobId, index: ChunkIndex, chunk: &Chunk) -> Option<u32> {
        let shown: Vec<Digests> = chunk
            .seats
            .iter()
            .filter(|seat| !seat.out)
            .filter_map(|seat| Openings::<T>::get((id, index), &seat.device))
            .collect();
        let (first, others) = shown.split_first()?;
        others.iter().filter_map(|other| first_difference(first, other)).min().map(|position| position as u32)
    }

    /// Draws a panel for a task. `panels` tells how many were, this one included.
    pub(crate) fn convene(id: JobId, index: ChunkIndex, task: TaskIndex, panels: u8) {
        let subject = H256(blake2_256(&(id, index, task, panels).encode()));
        let mut members: Vec<_> = T::Panels::panel(subject).into_iter().map(|member| (member, None)).collect();
        members.truncate(crate::types::MAX_PANEL as usize);
        let members = members.try_into().unwrap_or_default();
        Disputes::<T>::insert((id, index), Dispute { task, panels, members });
        Self::deposit_event(Event::Disputed { job: id, chunk: index, task });
    }

    /// The panel did not agree in time: another is asked, a few times.
    pub(crate) fn end_judging(id: JobId, index: ChunkIndex, chunk: &mut Chunk) -> bool {
        let Some(dispute) = Disputes::<T>::get((id, index)).filter(|dispute| dispute.panels < MAX_PANELS) else {
            return false;
        };
        Self::convene(id, index, dispute.task, dispute.panels.saturating_add(1));
        chunk.due = T::Rounds::current_round().saturating_add(PANEL_ROUNDS);
        true
    }

    /// Whether a verdict may enter the chain.
    pub(crate) fn authorize_verdict(
        id: JobId,
        index: ChunkIndex,
        task: TaskIndex,
        member: &ProberId,
        verdict: &Verdict,
        signature: &ProberSignature,
    ) -> TransactionValidityWithRefund {
        Self::check_verdict(id, index, task, member)?;
        let payload = verdict_payload(Self::genesis(), id, index, task, verdict);
        ensure!(member.verify(&payload, signature), Refusal::BadSignature);
        authorized("VouchVerdict", (id, index, task, member))
    }

    fn check_verdict(id: JobId, index: ChunkIndex, task: TaskIndex, member: &ProberId) -> Result<Dispute, Refusal> {
        let dispute = Disputes::<T>::get((id, index)).ok_or(Refusal::WrongStage)?;
        ensure!(dispute.task == task, Refusal::OtherTask);
        let mut seats = dispute.members.iter().filter(|(key, _)| key == member).peekable();
        ensure!(seats.peek().is_some(), Refusal::NotMember);
        ensure!(seats.any(|(_, given)| given.is_none()), Refusal::AlreadyAnswered);
        Ok(dispute)
    }

    /// Notes a verdict, and does what follows once two thirds agree.
    pub(crate) fn take_verdict(
        id: JobId,
        index: ChunkIndex,
        task: TaskIndex,
        member: ProberId,
        verdict: Verdict,
    ) -> DispatchResult {
        let mut dispute = Self::check_verdict(id, index, task, &member).map_err(|_| Error::<T>::Outdated)?;
        for (_, given) in dispute.members.iter_mut().filter(|(key, _)| *key == member) {
            *given = Some(verdict);
        }
        let Some(found) = dispute.verdict() else {
            Disputes::<T>::insert((id, index), dispute);
            return Ok(());
        };
        let mut job = Jobs::<T>::get(id).ok_or(Error::<T>::Outdated)?;
        let mut chunk = Chunks::<T>::get(id, index).ok_or(Error::<T>::Outdated)?;
        ensure!(chunk.stage == Stage::Judging, Error::<T>::Outdated);
        let before = chunk.due;
        Disputes::<T>::remove((id, index));
        Self::deposit_event(Event::Judged { job: id, chunk: index, task, verdict: found });
        let position = task.saturating_sub(job.terms.tasks_of(index).start) as usize;
        let goes_on = found.is_some_and(|found| {
            for seat in chunk.seats.iter_mut().filter(|seat| !seat.out) {
                let shown = Openings::<T>::get((id, index), &seat.device);
                if shown.is_none_or(|shown| shown.get(position) != Some(&found)) {
                    (seat.out, seat.contradicted) = (true, Some(task));
                }
            }
            Self::dispute_or_refill(id, &job, index, &mut chunk, &Parameters::<T>::get())
        });
        if !goes_on {
            Self::fail(id, &mut job, index, &mut chunk);
            Jobs::<T>::insert(id, job);
        }
        Self::store_chunk(id, index, before, chunk);
        Ok(())
    }

    /// The hash of block 0, which every signature must name.
    pub(crate) fn genesis() -> H256 {
        frame_system::Pallet::<T>::block_hash(frame_system::pallet_prelude::BlockNumberFor::<T>::default()).into()
    }
}
