//! What time triggers: stages that are over are ended, and chunks are handed out, as far as a block has room.

use crate::{
    types::{Chunk, JobOf, ParamsOf},
    workers::UNKNOWN_AFTER,
    Chunks, Config, Due, DueFrom, Jobs, Pallet, Parameters, Queue, WeightInfo,
};
use polkadot_sdk::*;
use sp_weights::{Weight, WeightMeter};
use vouch_primitives::{
    traits::RoundClock,
    work::{api::Stage, ChunkIndex, JobId},
    RoundIndex,
};

impl<T: Config> Pallet<T> {
    /// Does what is due as far as `limit` allows, and returns what it used.
    pub(crate) fn work_within(limit: Weight) -> Weight {
        let mut meter = WeightMeter::with_limit(limit);
        if meter.try_consume(T::WeightInfo::look()).is_err() {
            return meter.consumed();
        }
        let (round, params) = (T::Rounds::current_round(), Parameters::<T>::get());
        Self::chase_up(round, &params, &mut meter);
        Self::hand_out(round, &params, &mut meter);
        meter.consumed()
    }

    /// Ends stages whose last round is over.
    fn chase_up(round: RoundIndex, params: &ParamsOf<T>, meter: &mut WeightMeter) {
        let before = DueFrom::<T>::get();
        let mut from = before;
        // Most stages end in that seats are filled anew, as when a chunk is handed out.
        let each = T::WeightInfo::chase_up().saturating_add(T::WeightInfo::hand_out());
        while from < round && meter.try_consume(each).is_ok() {
            if !Self::chase_up_one(from, params) {
                from = from.saturating_add(1);
            }
        }
        if from != before {
            DueFrom::<T>::put(from);
        }
    }

    /// Ends one stage whose last round was `round`; `false` if there is none.
    pub(crate) fn chase_up_one(round: RoundIndex, params: &ParamsOf<T>) -> bool {
        let Some(((job, chunk), ())) = Due::<T>::drain_prefix(round).next() else { return false };
        Self::advance(job, chunk, params);
        true
    }

    /// Hands out one chunk of each job in turn, until there is no device or no room for more.
    fn hand_out(round: RoundIndex, params: &ParamsOf<T>, meter: &mut WeightMeter) {
        let before = Queue::<T>::get();
        let mut queue = before.clone();
        // Jobs on end of which nothing could be handed out.
        let mut idle = 0;
        while idle < queue.len() && meter.try_consume(T::WeightInfo::hand_out()).is_ok() {
            let id = queue.remove(0);
            let Some(mut job) = Jobs::<T>::get(id) else { continue };
            if job.is_done_handing_out(round) {
                Self::finish(id, &mut job);
                Jobs::<T>::insert(id, job);
                continue;
            }
            idle = if Self::hand_out_of(id, &mut job, round, params) { 0 } else { idle.saturating_add(1) };
            if job.is_done_handing_out(round) {
                // That was the last one.
                Self::finish(id, &mut job);
                Jobs::<T>::insert(id, job);
                continue;
            }
            // There is room: it was just taken out.
            let _ = queue.try_push(id);
        }
        if queue != before {
            Queue::<T>::put(queue);
        }
    }

    /// Hands out the next chunk of a job, if there are devices for all seats of it.
    pub(crate) fn hand_out_of(id: JobId, job: &mut JobOf<T>, round: RoundIndex, params: &ParamsOf<T>) -> bool {
        // The seed that it is drawn by must be one that nobody knew when the job was posted.
        if round < job.posted.saturating_add(UNKNOWN_AFTER) {
            return false;
        }
        let index = job.next;
        let mut drawn = Self::draw(id, job, index, &[], usize::from(job.terms.replicas), params);
        let Some(wanted) = drawn.first().map(|first| Self::wanted(job, index, first, params)) else { return false };
        if drawn.len() < usize::from(wanted) {
            return false;
        }
        drawn.truncate(wanted.into());
        let mut chunk = Chunk {
            stage: Stage::Computing,
            due: round,
            wanted,
            fills: 0,
            fell_short: false,
            gone: 0,
            seats: Default::default(),
        };
        Self::seat(id, job, index, &mut chunk, drawn);
        Self::store_new(id, index, chunk);
        job.next = job.next.saturating_add(1);
        Jobs::<T>::insert(id, job);
        true
    }

    fn store_new(job: JobId, index: ChunkIndex, chunk: Chunk) {
        Due::<T>::insert(chunk.due, (job, index), ());
        Chunks::<T>::insert(job, index, chunk);
    }

    /// Stores a chunk that was due in `before`, the only door but for new ones. No stage ends before the running round, so that
    /// what is due is always looked for.
    pub(crate) fn store_chunk(job: JobId, index: ChunkIndex, before: RoundIndex, chunk: Chunk) {
        if chunk.stage.is_final() {
            Due::<T>::remove(before, (job, index));
        } else if chunk.due != before {
            Due::<T>::remove(before, (job, index));
            Due::<T>::insert(chunk.due, (job, index), ());
        }
        Chunks::<T>::insert(job, index, chunk);
    }
}
