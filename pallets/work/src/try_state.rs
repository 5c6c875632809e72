//! The invariants, in the words of the pallet's page.

use crate::{
    Chunks, Config, Disputes, Due, DueFrom, HoldReason, Jobs, Openings, Pallet, Queue, WorkerCount, WorkerOf, Workers,
};
use alloc::collections::{BTreeMap, BTreeSet};
use frame_support::{ensure, traits::fungible::InspectHold};
use polkadot_sdk::*;
use sp_runtime::{
    traits::{Saturating, Zero},
    TryRuntimeError,
};
use vouch_primitives::work::api::{JobState, Stage};

impl<T: Config> Pallet<T> {
    /// Checks every invariant of what is stored.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        Self::try_escrow()?;
        Self::try_jobs()?;
        Self::try_chunks()?;
        Self::try_workers()
    }

    fn try_escrow() -> Result<(), TryRuntimeError> {
        let mut held = BTreeMap::<T::AccountId, crate::types::BalanceOf<T>>::new();
        for (_, job) in Jobs::<T>::iter() {
            let left = if job.state == JobState::Ended {
                Zero::zero()
            } else {
                job.terms.most().unwrap_or_else(Zero::zero).saturating_sub(job.paid).saturating_sub(job.burnt)
            };
            ensure!(
                job.escrow == left,
                "a job's escrow is what it can cost at most, less what was paid and burnt, until it ends"
            );
            let sum = held.entry(job.requester).or_insert_with(Zero::zero);
            *sum = sum.saturating_add(job.escrow).saturating_add(job.deposit);
        }
        for (requester, sum) in held {
            let on_hold = T::Currency::balance_on_hold(&HoldReason::Job.into(), &requester);
            ensure!(on_hold == sum, "what is held from a requester is the escrow and the deposits of its jobs");
        }
        Ok(())
    }

    fn try_jobs() -> Result<(), TryRuntimeError> {
        let queue = Queue::<T>::get();
        let queued: BTreeSet<_> = queue.iter().collect();
        ensure!(queued.len() == queue.len(), "a job waits in the queue once");
        for (id, job) in Jobs::<T>::iter() {
            ensure!(queued.contains(&id) == (job.state == JobState::Running), "running jobs are queued, and no others");
            let (mut open, mut settled, mut failed) = (0, 0, 0);
            for (_, chunk) in Chunks::<T>::iter_prefix(id) {
                match chunk.stage {
                    Stage::Settled(_) => settled += 1,
                    Stage::Failed => failed += 1,
                    _ => open += 1,
                }
            }
            ensure!(open == job.open(), "a job counts its open chunks");
            let kept = settled + failed + job.removed == job.settled + job.failed;
            ensure!(kept, "a job counts its final chunks, and those removed");
            ensure!(job.next <= job.terms.chunks(), "no chunk is handed out that does not exist");
            let over = open == 0 && job.state != JobState::Running;
            ensure!(
                over == (job.state == JobState::Ended),
                "a job has ended once nothing is open and nothing handed out"
            );
        }
        ensure!(queue.iter().all(Jobs::<T>::contains_key), "queued jobs exist");
        Ok(())
    }

    fn try_chunks() -> Result<(), TryRuntimeError> {
        let from = DueFrom::<T>::get();
        let mut due: BTreeSet<_> = Due::<T>::iter_keys().collect();
        for (job, index, chunk) in Chunks::<T>::iter() {
            ensure!(Jobs::<T>::contains_key(job), "a chunk belongs to a job");
            let disputed = Disputes::<T>::contains_key((job, index));
            ensure!(disputed == (chunk.stage == Stage::Judging), "a panel sits as long as it judges");
            if chunk.stage.is_final() {
                ensure!(
                    Openings::<T>::iter_key_prefix((job, index)).next().is_none(),
                    "final chunks are not contested"
                );
                continue;
            }
            ensure!(due.remove(&(chunk.due, (job, index))), "a chunk is due in the last round of its stage");
            ensure!(chunk.due >= from, "what is due is looked for");
            for seat in &chunk.seats {
                let owes = seat.fingerprint.is_none();
                ensure!(!owes || chunk.stage == Stage::Computing, "fingerprints are owed only while devices compute");
                let holds = Self::worker_at(seat.place).is_some_and(|worker| worker.held.contains(&(job, index)));
                ensure!(holds, "a device knows of its seats");
            }
            let places: BTreeSet<_> = chunk.seats.iter().map(|seat| seat.place).collect();
            ensure!(places.len() == chunk.seats.len(), "a device has one seat in a chunk at most");
        }
        ensure!(due.is_empty(), "nothing is due but chunks that are not final");
        Ok(())
    }

    fn try_workers() -> Result<(), TryRuntimeError> {
        let count = WorkerCount::<T>::get();
        ensure!(Workers::<T>::iter().count() as u32 == count, "workers are numbered without gaps");
        ensure!(WorkerOf::<T>::iter().count() as u32 == count, "every worker has one number");
        for (number, worker) in Workers::<T>::iter() {
            ensure!(number < count, "workers are numbered from 0");
            ensure!(WorkerOf::<T>::get(worker.place) == Some(number), "a worker's number leads to it");
            let mut owing = 0;
            for (job, index) in &worker.held {
                let chunk = Chunks::<T>::get(job, index).ok_or("a worker holds seats in chunks that exist")?;
                let seat =
                    chunk.seats.iter().find(|seat| seat.place == worker.place).filter(|_| !chunk.stage.is_final());
                owing += u8::from(seat.ok_or("a worker holds seats in open chunks")?.fingerprint.is_none());
            }
            ensure!(worker.busy == owing, "a worker is busy with what it has not answered");
        }
        Ok(())
    }
}
