//! What follows from a result that a quorum found: payment, points, fines and receipts.

use crate::{
    types::{BalanceOf, Chunk, JobOf},
    Config, Event, HoldReason, Jobs, Pallet, Parameters, ReceiptsOf, LOG_TARGET,
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
    DeviceId, EpochIndex, Place, Points,
};

impl<T: Config> Pallet<T> {
    /// Settles a chunk on `result`. Every device whose fingerprint matches is paid, also one that was set aside in a contest, but
    /// no more than the job's limit; every other that answered is fined; who had not answered is free.
    pub(crate) fn settle(id: JobId, mut job: JobOf<T>, index: ChunkIndex, mut chunk: Chunk, result: ChunkResult) {
        Self::deposit_event(Event::Settled { job: id, chunk: index, result });
        let genesis = Self::genesis();
        let matches = |seat: &Seat| seat.fingerprint == Some(result.fingerprint(genesis, id, index, &seat.device));
        let against = chunk.seats.iter().find(|seat| matches(seat)).map(|seat| seat.device.clone());
        let earns = Self::earns_points(&job, &chunk);
        let mut paid = 0u8;
        for seat in &chunk.seats {
            if seat.fingerprint.is_none() {
                Self::leave_seat(seat.place, id, index, true, |_| ());
            } else if matches(seat) {
                Self::leave_seat(seat.place, id, index, false, |worker| {
                    worker.valid = worker.valid.saturating_add(1);
                    worker.missed = 0;
                });
                if paid < job.terms.limit {
                    paid = paid.saturating_add(1);
                    let points = if earns { points(result.fuel) } else { 0 };
                    Self::reward(id, &mut job, index, seat, result.fuel, points);
                }
            } else {
                Self::leave_seat(seat.place, id, index, false, |worker| worker.valid = 0);
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

    /// Whether points are credited for a chunk besides the price: only where strangers could have been drawn and would have been
    /// paid as much as a point is worth at most.
    pub(crate) fn earns_points(job: &JobOf<T>, chunk: &Chunk) -> bool {
        let least = Parameters::<T>::get().least_price;
        job.terms.are_open() && !chunk.fell_short && job.terms.pays(least)
    }

    /// Pays a device out of the escrow, and credits `points` for what it proved.
    fn reward(id: JobId, job: &mut JobOf<T>, index: ChunkIndex, seat: &Seat, fuel: Fuel, points: Points) {
        let Some((_, bonded)) = Self::holder(seat.place) else {
            frame_support::defensive!("a device that holds a seat is not released");
            return;
        };
        let price = Self::pay(job, &bonded.payee, job.terms.pay(index));
        let epoch = if points > 0 { T::Credits::credit_work(seat.place, points) } else { Self::epoch() };
        Self::note(
            seat.place,
            Receipt { job: id, chunk: index, epoch, fuel, outcome: Outcome::Paid { price, points } },
        );
        let (device, to) = (seat.device.clone(), bonded.payee);
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

    /// Fines a device that answered otherwise than the chunk settled, or than a panel found.
    pub(crate) fn punish(id: JobId, index: ChunkIndex, seat: &Seat, against: DeviceId, fuel: Fuel) {
        let fine = Self::holder(seat.place).map_or_else(Zero::zero, |(device, bonded)| {
            T::Bonds::fine(&device, Parameters::<T>::get().fine.mul_ceil(bonded.class_bond))
        });
        let outcome = Outcome::Refused { against, task: seat.contradicted, fine };
        Self::receipt(seat.place, id, index, fuel, outcome);
        let device = seat.device.clone();
        Self::deposit_event(Event::Refused { job: id, chunk: index, device, fine });
    }

    /// So many devices are `missing` of those that would settle a chunk. The requester pays for them, and nobody is paid: who
    /// serves nobody must not come off better than who has strangers compute, or could post jobs for nothing until its own devices
    /// happen to be drawn together. The caller stores the job.
    pub(crate) fn fall_short(id: JobId, job: &mut JobOf<T>, index: ChunkIndex, missing: u8) {
        let amount = job.terms.pay(index).saturating_mul(u32::from(missing).into());
        let burnt =
            T::Currency::burn_held(&HoldReason::Job.into(), &job.requester, amount, Precision::Exact, Fortitude::Force);
        if let Err(error) = burnt {
            log::error!(target: LOG_TARGET, "{amount:?} planck of a job cannot be burnt: {error:?}");
        }
        let burnt = burnt.unwrap_or_else(|_| Zero::zero());
        job.escrow = job.escrow.saturating_sub(burnt);
        job.burnt = job.burnt.saturating_add(burnt);
        Self::deposit_event(Event::FellShort { job: id, chunk: index, burnt });
    }

    /// Notes what became of a chunk for a device that earned nothing by it.
    pub(crate) fn receipt(place: Place, job: JobId, chunk: ChunkIndex, fuel: Fuel, outcome: Outcome<BalanceOf<T>>) {
        Self::note(place, Receipt { job, chunk, epoch: Self::epoch(), fuel, outcome });
    }

    fn epoch() -> EpochIndex {
        T::Credits::current_epoch()
    }

    fn note(place: Place, receipt: Receipt<BalanceOf<T>>) {
        ReceiptsOf::<T>::mutate(place, |receipts| {
            if receipts.len() >= RECEIPTS as usize {
                receipts.remove(0);
            }
            // There is room now.
            let _ = receipts.try_push(receipt);
        });
    }

    /// Chunks on end that a device answered rightly.
    pub(crate) fn valid_of(place: Place) -> u32 {
        Self::worker_at(place).map_or(0, |worker| worker.valid)
    }
}
