//! What the runtime API asks. Nothing here writes.

use crate::{
    types::{BalanceOf, Chunk, Job, Worker},
    Chunks, Config, Disputes, Jobs, NextJob, Pallet, ReceiptsOf, WorkerCount,
};
use alloc::vec::Vec;
use vouch_primitives::{
    traits::Bonds,
    work::{
        api::{Assignment, ChunkInfo, DisputeInfo, JobInfo, Receipt},
        ChunkIndex, JobId,
    },
    DeviceId,
};

/// Most jobs of one answer.
const MAX_JOBS: usize = 100;

impl<T: Config> Pallet<T> {
    /// A job; `None` if there is none of this number, or it was closed.
    pub fn job(id: JobId) -> Option<JobInfo<T::AccountId, BalanceOf<T>>> {
        Jobs::<T>::get(id).map(|job| info(id, job))
    }

    /// At most `limit` jobs, and never more than 100, from number `from` on that are not closed.
    pub fn jobs(from: JobId, limit: u32) -> Vec<JobInfo<T::AccountId, BalanceOf<T>>> {
        // Closed ones leave gaps, so only so many numbers are looked at.
        let looked_at = (from..NextJob::<T>::get()).take(10 * MAX_JOBS);
        looked_at.filter_map(Self::job).take((limit as usize).min(MAX_JOBS)).collect()
    }

    /// A chunk; `None` if it was not handed out yet, or its job was closed.
    pub fn chunk(id: JobId, index: ChunkIndex) -> Option<ChunkInfo> {
        let chunk = Chunks::<T>::get(id, index)?;
        let earns_points = Self::earns_points(&Jobs::<T>::get(id)?, &chunk);
        let Chunk { stage, due, seats, .. } = chunk;
        let dispute = Disputes::<T>::get((id, index)).map(|dispute| DisputeInfo {
            task: dispute.task,
            panel: dispute.members.into_iter().map(|(member, given)| (member, given.is_some())).collect(),
        });
        Some(ChunkInfo { stage, due, seats: seats.into_inner(), dispute, earns_points })
    }

    /// The chunks that a device holds a seat in and that are not final, whether or not it has answered.
    pub fn assignments(device: &DeviceId) -> Vec<Assignment<BalanceOf<T>>> {
        let held = Self::worker(device).map(|worker| worker.held.into_inner()).unwrap_or_default();
        let assignment = |(job, chunk)| {
            let (terms, state) = (Jobs::<T>::get(job)?.terms, Self::chunk(job, chunk)?);
            Some(Assignment { job, chunk, terms, state })
        };
        held.into_iter().filter_map(assignment).collect()
    }

    /// A device as a worker; `None` if it does not take work.
    pub fn worker(device: &DeviceId) -> Option<Worker> {
        Self::worker_at(T::Bonds::bonded(device)?.place)
    }

    /// How many devices take work.
    pub fn workers() -> u32 {
        WorkerCount::<T>::get()
    }

    /// The last chunks of a device, oldest first.
    pub fn receipts(device: &DeviceId) -> Vec<Receipt<BalanceOf<T>>> {
        let receipts = T::Bonds::bonded(device).map(|bonded| ReceiptsOf::<T>::get(bonded.place)).unwrap_or_default();
        receipts.into_inner()
    }
}

fn info<AccountId, Balance: Copy>(id: JobId, job: Job<AccountId, Balance>) -> JobInfo<AccountId, Balance> {
    let (chunks, open) = (job.terms.chunks(), job.open());
    let Job { requester, terms, state, settled, failed, paid, burnt, escrow, fuel, .. } = job;
    JobInfo { id, requester, terms, state, chunks, open, settled, failed, paid, burnt, escrow, fuel }
}
