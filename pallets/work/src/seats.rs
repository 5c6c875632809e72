//! Who gets a seat: offered by the round's seed to one device after the other, until one is free, fit and a stranger to the
//! others.

use crate::{
    types::{BalanceOf, BondedOf, Chunk, JobOf, ParamsOf, MAX_FILLS, MAX_GONE, MAX_SEATS},
    Config, Event, Pallet, Workers,
};
use alloc::vec::Vec;
use polkadot_sdk::*;
use sp_runtime::traits::{One, Saturating, UniqueSaturatedInto};
use vouch_primitives::{
    traits::{Bonds, Presence, RoundClock, RoundSeed, WorkCredits},
    work::{
        api::{Seat, Stage},
        draw::{candidates, is_deterred},
        points, ChunkIndex, JobId,
    },
    DeviceId, Place, RoundIndex,
};

/// Rounds after a device has answered until it is known whether it is checked, and others are asked.
const VETTED_AFTER: RoundIndex = 3;

/// A device that a seat can be given to.
pub(crate) struct Candidate<T: Config> {
    number: u32,
    device: DeviceId,
    valid: u32,
    bonded: BondedOf<T>,
}

impl<T: Config> Pallet<T> {
    /// At most `wanted` devices that can be given seats in `chunk` beside those that have one, in the order in which they are
    /// drawn. No two are of one owner, and none is the requester's own: they would confirm each other.
    pub(crate) fn draw(
        id: JobId,
        job: &JobOf<T>,
        chunk: ChunkIndex,
        seats: &[Seat],
        wanted: usize,
        params: &ParamsOf<T>,
    ) -> Vec<Candidate<T>> {
        let (round, seed) = (T::Rounds::current_round(), T::Rounds::current_seed());
        let mut owners = Vec::from([job.requester.clone()]);
        owners.extend(seats.iter().filter_map(|seat| Self::holder(seat.place)).map(|(_, bonded)| bonded.owner));
        let mut drawn = Vec::<Candidate<T>>::new();
        for number in candidates(seed, id, chunk, Self::drawn_from(round)) {
            if drawn.len() >= wanted {
                break;
            }
            // Its owner may have changed since it was seated, so places are compared as well.
            if let Some(fit) = Self::fit(number, job, round, params).filter(|fit| {
                !owners.contains(&fit.bonded.owner) && seats.iter().all(|seat| seat.place != fit.bonded.place)
            }) {
                owners.push(fit.bonded.owner.clone());
                drawn.push(fit);
            }
        }
        drawn
    }

    /// The device in `place`, and what is known of it.
    pub(crate) fn holder(place: Place) -> Option<(DeviceId, BondedOf<T>)> {
        let device = T::Bonds::at(place)?;
        let bonded = T::Bonds::bonded(&device)?;
        Some((device, bonded))
    }

    /// The worker of this number, if it can compute a chunk of `job` now.
    fn fit(number: u32, job: &JobOf<T>, round: RoundIndex, params: &ParamsOf<T>) -> Option<Candidate<T>> {
        let worker = Workers::<T>::get(number).filter(|worker| worker.is_free(job.terms.memory, round))?;
        let (device, bonded) = Self::holder(worker.place)?;
        // One for each chunk that it may yet turn out to be wrong on, this one included.
        let fines = BalanceOf::<T>::from(worker.held.len() as u32).saturating_add(One::one());
        let fit = bonded.active
            && job.terms.class.is_none_or(|class| class == bonded.class)
            && bonded.bond >= params.fine.mul_ceil(bonded.class_bond).saturating_mul(fines)
            && T::Presence::was_up(bonded.place, params.recent_rounds);
        fit.then_some(Candidate { number, device, valid: worker.valid, bonded })
    }

    /// How many fingerprints are wanted of a new chunk whose first seat goes to `first`: one if that device is believed alone,
    /// because its record is long and lying would not pay, else as many as the job asks for.
    pub(crate) fn wanted(job: &JobOf<T>, chunk: ChunkIndex, first: &Candidate<T>, params: &ParamsOf<T>) -> u8 {
        let terms = &job.terms;
        // It has to be possible to ask others afterwards, whenever it answers.
        let latest = T::Rounds::current_round().saturating_add(terms.rounds).saturating_add(VETTED_AFTER);
        if !terms.adaptive || first.valid < params.trusted_after || job.ends <= latest {
            return terms.replicas;
        }
        let most = points(terms.fuel.saturating_mul(terms.tasks_of(chunk).len() as u64));
        let credit = T::Credits::most_per_point().saturating_mul(most.into());
        let price: u128 = terms.pay(chunk).unique_saturated_into();
        let fine: u128 = params.fine.mul_floor(first.bonded.class_bond).unique_saturated_into();
        // Its record may have grown until the check is drawn, so the least probability has to deter.
        if is_deterred(params.check_floor, fine, price.saturating_add(credit)) {
            1
        } else {
            terms.replicas
        }
    }

    /// Gives a seat to each of `drawn` and returns the chunk to computing, until the round that the terms allow. The caller
    /// stores it.
    pub(crate) fn seat(id: JobId, job: &JobOf<T>, index: ChunkIndex, chunk: &mut Chunk, drawn: Vec<Candidate<T>>) {
        chunk.stage = Stage::Computing;
        chunk.fills = chunk.fills.saturating_add(1);
        chunk.due = T::Rounds::current_round().saturating_add(job.terms.rounds);
        for Candidate { number, device, bonded, .. } in drawn {
            let seat =
                Seat { device: device.clone(), place: bonded.place, fingerprint: None, out: false, contradicted: None };
            if chunk.seats.try_push(seat).is_ok() {
                Self::take_seat(number, id, index);
                Self::deposit_event(Event::Seated { job: id, chunk: index, device, due: chunk.due });
            }
        }
    }

    /// Fills the seats that a chunk wants and does not have, as far as devices are to be had; waits for the next round if none
    /// is; and returns `false` if the chunk has to be given up. Where somebody has answered others are asked even after the job's end:
    /// neither who waits for its pay nor who lied is rid of the chunk by that. The caller stores it.
    pub(crate) fn refill(
        id: JobId,
        job: &JobOf<T>,
        index: ChunkIndex,
        chunk: &mut Chunk,
        params: &ParamsOf<T>,
    ) -> bool {
        let round = T::Rounds::current_round();
        let full = chunk.seats.len() >= MAX_SEATS as usize || chunk.fills >= MAX_FILLS || chunk.gone >= MAX_GONE;
        let is_answered = chunk.seats.iter().any(|seat| seat.fingerprint.is_some());
        if full || (job.ends <= round && !is_answered) {
            return false;
        }
        let room = MAX_SEATS as usize - chunk.seats.len();
        let wanted = usize::from(chunk.wanted.saturating_sub(chunk.answered()).saturating_sub(chunk.owing())).min(room);
        let drawn = Self::draw(id, job, index, &chunk.seats, wanted, params);
        let complete = drawn.len() == wanted;
        Self::seat(id, job, index, chunk, drawn);
        if !complete {
            chunk.due = round;
        }
        true
    }
}
