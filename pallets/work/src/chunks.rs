//! How a chunk moves from one stage to the next.

use crate::{
    types::{Chunk, JobOf, ParamsOf, PANEL_ROUNDS},
    Chunks, Config, Disputes, Event, Jobs, Openings, Pallet,
};
use alloc::vec::Vec;
use polkadot_sdk::*;
use vouch_primitives::{
    traits::{RoundClock, RoundSeed},
    work::{
        api::{Outcome, Seat, Stage},
        draw::{check_probability, is_checked},
        ChunkIndex, JobId,
    },
};

/// Rounds that devices have to reveal, and to show digests; and until it is known whether a device is checked, by a seed that
/// nobody knew when it answered. The running one is not counted.
pub(crate) const NEXT_ROUND: u32 = 1;

impl<T: Config> Pallet<T> {
    /// Ends a stage whose last round is over, and which was taken out of [`crate::Due`].
    pub(crate) fn advance(id: JobId, index: ChunkIndex, params: &ParamsOf<T>) {
        let (Some(mut job), Some(mut chunk)) = (Jobs::<T>::get(id), Chunks::<T>::get(id, index)) else {
            frame_support::defensive!("only chunks that exist are due");
            return;
        };
        let (before, stored) = (chunk.due, job.clone());
        let goes_on = match chunk.stage {
            Stage::Computing => Self::end_computing(id, &mut job, index, &mut chunk, params),
            Stage::Vetting => Self::end_vetting(id, &job, index, &mut chunk, params),
            Stage::Revealing => Self::end_revealing(id, &job, index, &mut chunk, params),
            Stage::Opening => Self::end_opening(id, &job, index, &mut chunk, params),
            Stage::Judging => Self::end_judging(id, index, &mut chunk),
            Stage::Settled(_) | Stage::Failed => {
                frame_support::defensive!("nothing of a final chunk is due");
                return;
            },
        };
        if !goes_on {
            Self::fail(id, &mut job, index, &mut chunk);
        }
        if job != stored {
            Jobs::<T>::insert(id, job);
        }
        Self::store_chunk(id, index, before, chunk);
    }

    /// Those who owe an answer lose their seats, and others are asked.
    fn end_computing(
        id: JobId,
        job: &mut JobOf<T>,
        index: ChunkIndex,
        chunk: &mut Chunk,
        params: &ParamsOf<T>,
    ) -> bool {
        let round = T::Rounds::current_round();
        let (there, missed): (Vec<_>, Vec<_>) =
            core::mem::take(&mut chunk.seats).into_iter().partition(|seat| seat.fingerprint.is_some());
        // There were no more of them before.
        chunk.seats = there.try_into().unwrap_or_default();
        chunk.gone = chunk.gone.saturating_add(missed.len() as u8);
        for Seat { place, device, .. } in missed {
            Self::leave_seat(place, id, index, true, |worker| worker.miss(round));
            Self::receipt(place, id, index, 0, Outcome::Missed);
            Self::deposit_event(Event::Missed { job: id, chunk: index, device });
        }
        let missing = chunk.quorum(job.terms.quorum).saturating_sub(chunk.answered());
        if missing == 0 {
            Self::begin(chunk, Stage::Revealing);
            return true;
        }
        if !chunk.fell_short {
            chunk.fell_short = true;
            Self::fall_short(id, job, index, missing);
        }
        Self::refill(id, job, index, chunk, params)
    }

    /// The only one who answered is checked by others, or believed.
    fn end_vetting(id: JobId, job: &JobOf<T>, index: ChunkIndex, chunk: &mut Chunk, params: &ParamsOf<T>) -> bool {
        let checked = chunk.seats.iter().find(|seat| seat.fingerprint.is_some()).is_none_or(|seat| {
            let probability = check_probability(Self::valid_of(seat.place), params.check_floor);
            is_checked(T::Rounds::current_seed(), id, index, &seat.device, probability)
        });
        if !checked {
            Self::begin(chunk, Stage::Revealing);
            return true;
        }
        chunk.wanted = job.terms.replicas;
        Self::refill(id, job, index, chunk, params)
    }

    /// Nobody could show that enough agree: another is asked, or all are to show what they found. The latter if as many have
    /// answered as may be paid, or if others were asked and had nothing to say: a requester who serves its inputs to whom it likes
    /// could go on until enough of its friends are drawn.
    fn end_revealing(id: JobId, job: &JobOf<T>, index: ChunkIndex, chunk: &mut Chunk, params: &ParamsOf<T>) -> bool {
        let answered = chunk.answered();
        if answered >= job.terms.limit || (answered > 1 && chunk.gone > 0) {
            Self::begin(chunk, Stage::Opening);
            Self::deposit_event(Event::Contested { job: id, chunk: index });
            return true;
        }
        chunk.wanted = answered.saturating_add(1).max(job.terms.replicas);
        Self::refill(id, job, index, chunk, params)
    }

    /// Who showed nothing counts no more.
    fn end_opening(id: JobId, job: &JobOf<T>, index: ChunkIndex, chunk: &mut Chunk, params: &ParamsOf<T>) -> bool {
        for seat in chunk.seats.iter_mut().filter(|seat| !seat.out) {
            seat.out = !Openings::<T>::contains_key((id, index), &seat.device);
        }
        Self::dispute_or_refill(id, job, index, chunk, params)
    }

    /// Has a panel decide on the first difference between those who count, or, if there is none, asks others.
    pub(crate) fn dispute_or_refill(
        id: JobId,
        job: &JobOf<T>,
        index: ChunkIndex,
        chunk: &mut Chunk,
        params: &ParamsOf<T>,
    ) -> bool {
        if let Some(position) = Self::first_dispute(id, index, chunk) {
            let task = job.terms.tasks_of(index).start.saturating_add(position);
            Self::convene(id, index, task, 1);
            chunk.stage = Stage::Judging;
            chunk.due = T::Rounds::current_round().saturating_add(PANEL_ROUNDS);
            return true;
        }
        chunk.wanted = chunk.answered().saturating_add(1).max(job.terms.quorum).min(job.terms.limit);
        Self::refill(id, job, index, chunk, params)
    }

    /// Begins a stage that lasts until the end of the next round.
    pub(crate) fn begin(chunk: &mut Chunk, stage: Stage) {
        chunk.stage = stage;
        chunk.due = T::Rounds::current_round().saturating_add(NEXT_ROUND);
    }

    /// Gives a chunk up. The caller stores chunk and job.
    pub(crate) fn fail(id: JobId, job: &mut JobOf<T>, index: ChunkIndex, chunk: &mut Chunk) {
        chunk.stage = Stage::Failed;
        for seat in &chunk.seats {
            let owing = seat.fingerprint.is_none();
            // Whom a panel contradicted was wrong, whatever becomes of the chunk.
            match chunk.seats.iter().find(|other| seat.contradicted.is_some() && other.contradicted.is_none()) {
                Some(other) => {
                    Self::leave_seat(seat.place, id, index, owing, |worker| worker.valid = 0);
                    Self::punish(id, index, seat, other.device.clone(), 0);
                },
                None => Self::leave_seat(seat.place, id, index, owing, |_| ()),
            }
        }
        Self::forget_contest(id, index, chunk);
        job.failed = job.failed.saturating_add(1);
        Self::deposit_event(Event::Failed { job: id, chunk: index });
        if job.is_done_handing_out(T::Rounds::current_round()) {
            Self::finish(id, job);
        }
    }

    /// Removes what is kept only while a chunk is contested.
    pub(crate) fn forget_contest(id: JobId, index: ChunkIndex, chunk: &Chunk) {
        for seat in &chunk.seats {
            Openings::<T>::remove((id, index), &seat.device);
        }
        Disputes::<T>::remove((id, index));
    }
}
