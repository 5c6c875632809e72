//! What follows from a result that a quorum found: payment, points, fines and receipts.

use crate::{
    types::{BalanceOf, Chunk, JobOf},
    Config, Event, HoldReason, Jobs, Pallet, Parameters, ReceiptsOf, WorkerOf, Workers, LOG_TARGET,
};
use frame_support::traits::{
    fungible::hold::Mutate,
    tokens::{Fortitude, Precision, Restriction},
};
use polkadot_sdk::*;
use sp_runtime::traits::{Saturating, Zero};
use vouch_primitives::{
    traits::{Bonds, EpochClock, RoundClock, WorkCredits},
    work::{
        api::{Outcome, Receipt, Seat, Stage, RECEIPTS},
        points,
        result::ChunkResult,
        ChunkIndex, Fuel, JobId,
    },
    DeviceId, EpochIndex,
};

impl<T: Config> Pallet<T> {
    /// Settles a chunk on `result`. Every device whose fingerprint matches is paid, also one that was set aside in a contest, but
    /// no more than the job's limit; every other that answered is fined; who had not answered is free.
    pub(crate) fn settle(id: JobId, mut job: JobOf<T>, index: ChunkIndex, mut chunk: Chunk, result: ChunkResult) {
        Self::deposit_event(Event::Settled { job: id, chunk: index, result });
        let genesis = Self::genesis();
        let matches = |seat: &Seat| seat.fingerprint == Some(result.fingerprint(genesis, id, index, &seat.device));
        let against = chunk.seats.iter().find(|seat| matches(seat)).map(|seat| seat.device.clone());
        let mut paid = 0u8;
        for seat in &chunk.seats {
            if seat.fingerprint.is_none() {
                Self::leave_seat(&seat.device, id, index, true, |_| ());
            } else if matches(seat) {
                Self::leave_seat(&seat.device, id, index, false, |worker| {
                    worker.valid = worker.valid.saturating_add(1)
                });
                if paid < job.terms.limit {
                    paid = paid.saturating_add(1);
                    Self::reward(id, &mut job, index, &seat.device, result.fuel);
                }
            } else {
                Self::leave_seat(&seat.device, id, index, false, |worker| worker.valid = 0);
                if let Some(against) = &against {
                    Self::punish(id, index, seat, against.clone(), result.fuel);
                }
            }
        }
        Self::forget_contest(id, index, &chunk);
        job.settled = job.settled.saturating_add(1);
        job.fuel = job.fuel.saturating_add(result.fuel);
        if job.is_done_handing_out(T::Rounds::current_round()) {
            Self::finish(id, &mut job);
        }
        Jobs::<T>::insert(id, job);
        let before = chunk.due;
        chunk.stage = Stage::Settled(result);
        Self::store_chunk(id, index, before, chunk);
    }

    /// Pays a device out of the escrow, and credits what it proved. A device that is gone is not paid.
    fn reward(id: JobId, job: &mut JobOf<T>, index: ChunkIndex, device: &DeviceId, fuel: Fuel) {
        let Some(bonded) = T::Bonds::bonded(device) else { return };
        let price = Self::pay(job, &bonded.payee, job.terms.pay(index));
        let points = points(fuel);
        let epoch = T::Credits::credit_work(bonded.place, points);
        Self::note(device, Receipt { job: id, chunk: index, epoch, fuel, outcome: Outcome::Paid { price, points } });
        let (device, to) = (device.clone(), bonded.payee);
        Self::deposit_event(Event::Paid { job: id, chunk: index, device, to, price, points });
    }

    /// Moves `amount` out of a job's escrow, and returns how much that was: all, or nothing if the account cannot take it.
    fn pay(job: &mut JobOf<T>, to: &T::AccountId, amount: BalanceOf<T>) -> BalanceOf<T> {
        if amount.is_zero() {
            return amount;
        }
        let moved = T::Currency::transfer_on_hold(
            &HoldReason::Job.into(),
            &job.requester,
            to,
            amount,
            Precision::Exact,
            Restriction::Free,
            Fortitude::Force,
        );
        match moved {
            Ok(moved) => {
                job.escrow = job.escrow.saturating_sub(moved);
                job.paid = job.paid.saturating_add(moved);
                moved
            },
            Err(error) => {
                log::warn!(target: LOG_TARGET, "{amount:?} planck of a job cannot be paid to {to:?}: {error:?}");
                Zero::zero()
            },
        }
    }

    /// Fines a device that answered otherwise than the chunk settled.
    fn punish(id: JobId, index: ChunkIndex, seat: &Seat, against: DeviceId, fuel: Fuel) {
        let device = seat.device.clone();
        let fine = T::Bonds::bonded(&device).map_or_else(Zero::zero, |bonded| {
            T::Bonds::fine(&device, Parameters::<T>::get().fine.mul_ceil(bonded.class_bond))
        });
        let outcome = Outcome::Refused { against, task: seat.contradicted, fine };
        Self::receipt(&device, id, index, fuel, outcome);
        Self::deposit_event(Event::Refused { job: id, chunk: index, device, fine });
    }

    /// Notes what became of a chunk for a device that earned nothing by it.
    pub(crate) fn receipt(
        device: &DeviceId,
        job: JobId,
        chunk: ChunkIndex,
        fuel: Fuel,
        outcome: Outcome<BalanceOf<T>>,
    ) {
        Self::note(device, Receipt { job, chunk, epoch: Self::epoch(), fuel, outcome });
    }

    fn epoch() -> EpochIndex {
        T::Credits::current_epoch()
    }

    fn note(device: &DeviceId, receipt: Receipt<BalanceOf<T>>) {
        ReceiptsOf::<T>::mutate(device, |receipts| {
            if receipts.len() >= RECEIPTS as usize {
                receipts.remove(0);
            }
            // There is room now.
            let _ = receipts.try_push(receipt);
        });
    }

    /// Chunks on end that a device answered rightly.
    pub(crate) fn valid_of(device: &DeviceId) -> u32 {
        WorkerOf::<T>::get(device).and_then(Workers::<T>::get).map_or(0, |worker| worker.valid)
    }
}
