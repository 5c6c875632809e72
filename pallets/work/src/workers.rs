//! The one door to the list of devices that take work.

use crate::{
    types::{BondedOf, Worker, MAX_SLOTS},
    Config, DrawnFrom, Error, Event, Pallet, ReceiptsOf, WorkerCount, WorkerOf, Workers,
};
use frame_support::{defensive, ensure};
use polkadot_sdk::*;
use sp_runtime::DispatchResult;
use vouch_primitives::{
    traits::{Bonds, Engagements, RoundClock},
    work::{ChunkIndex, JobId, COMMON_MEMORY_PAGES, MAX_MEMORY_PAGES},
    DeviceId, Place, RoundIndex,
};

/// Rounds until a new entry of the list is drawn, and a new job handed out: in the running round its seed is known, in the next one it may be.
pub(crate) const UNKNOWN_AFTER: RoundIndex = 2;

impl<T: Config> Engagements for Pallet<T> {
    fn is_engaged(place: Place) -> bool {
        Self::is_engaged(place)
    }

    fn on_vacate(place: Place) {
        ReceiptsOf::<T>::remove(place);
        if let (true, Some(device)) = (Self::strike_off(place), T::Bonds::at(place)) {
            Self::deposit_event(Event::Retired { device });
        }
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn prepare_benchmark(place: Place) {
        Self::remember_for_benchmark(place);
    }
}

impl<T: Config> Pallet<T> {
    pub(crate) fn do_enlist(owner: T::AccountId, device: DeviceId, slots: u8, memory: u32) -> DispatchResult {
        ensure!(slots <= MAX_SLOTS, Error::<T>::TooManySlots);
        ensure!((COMMON_MEMORY_PAGES..=MAX_MEMORY_PAGES).contains(&memory), Error::<T>::BadMemory);
        let place = Self::owned(&owner, &device)?.place;
        if WorkerOf::<T>::contains_key(place) {
            Self::mutate_worker(place, |worker| (worker.slots, worker.memory) = (slots, memory));
        } else {
            let number = WorkerCount::<T>::get();
            let worker = Worker {
                place,
                slots,
                memory,
                valid: 0,
                missed: 0,
                from: Self::unknown_round(),
                busy: 0,
                held: Default::default(),
            };
            Workers::<T>::insert(number, worker);
            WorkerOf::<T>::insert(place, number);
            Self::set_count(number.saturating_add(1));
        }
        Self::deposit_event(Event::Enlisted { device, slots, memory });
        Ok(())
    }

    pub(crate) fn do_retire(who: T::AccountId, device: DeviceId) -> DispatchResult {
        let place = Self::owned(&who, &device)?.place;
        ensure!(!Self::is_engaged(place), Error::<T>::HoldsSeats);
        ensure!(Self::strike_off(place), Error::<T>::NotEnlisted);
        Self::deposit_event(Event::Retired { device });
        Ok(())
    }

    /// What is known of a device that `who` owns.
    fn owned(who: &T::AccountId, device: &DeviceId) -> Result<BondedOf<T>, Error<T>> {
        let bonded = T::Bonds::bonded(device).ok_or(Error::<T>::UnknownDevice)?;
        ensure!(bonded.owner == *who, Error::<T>::NotOwner);
        Ok(bonded)
    }

    /// Takes the device in `place`, which holds no seats, off the list; `false` if it is not on it.
    fn strike_off(place: Place) -> bool {
        let Some(number) = WorkerOf::<T>::take(place) else { return false };
        let last = WorkerCount::<T>::get().saturating_sub(1);
        if let Some(mut moved) = Workers::<T>::take(last).filter(|_| last != number) {
            // Its number is another one now. Nobody may choose whom a seed that is known meets there.
            moved.from = moved.from.max(Self::unknown_round());
            WorkerOf::<T>::insert(moved.place, number);
            Workers::<T>::insert(number, moved);
        }
        Self::set_count(last);
        true
    }

    /// How many devices take work from now on. They are drawn of so many once nobody can know yet what that leads to.
    fn set_count(count: u32) {
        WorkerCount::<T>::put(count);
        let (round, from) = (T::Rounds::current_round(), Self::unknown_round());
        DrawnFrom::<T>::mutate(|counts| {
            counts.retain(|(since, _)| *since != from);
            while counts.get(1).is_some_and(|(since, _)| *since <= round) {
                counts.remove(0);
            }
            // One is in force, and one can be waiting for each round up to the unknown one.
            if counts.try_push((from, count)).is_err() {
                defensive!("no more counts wait than there are rounds whose seeds may be known");
            }
        });
    }

    /// Of how many numbers devices are drawn in `round`. Some may be vacant by then.
    pub(crate) fn drawn_from(round: RoundIndex) -> u32 {
        let counts = DrawnFrom::<T>::get();
        counts.iter().rev().find(|(since, _)| *since <= round).map_or(0, |(_, count)| *count)
    }

    /// The device has one chunk more to compute.
    pub(crate) fn take_seat(number: u32, job: JobId, chunk: ChunkIndex) {
        Workers::<T>::mutate(number, |worker| {
            if let Some(worker) = worker {
                worker.busy = worker.busy.saturating_add(1);
                if worker.held.try_push((job, chunk)).is_err() {
                    defensive!("a device is given nothing while it holds as many seats as it can");
                }
            }
        });
    }

    /// The device in `place` has answered on a chunk in which it keeps its seat.
    pub(crate) fn answered(place: Place) {
        Self::mutate_worker(place, |worker| worker.busy = worker.busy.saturating_sub(1));
    }

    /// The device in `place` has no seat in the chunk any more. `owing` tells whether it had not answered.
    pub(crate) fn leave_seat(place: Place, job: JobId, chunk: ChunkIndex, owing: bool, then: impl FnOnce(&mut Worker)) {
        Self::mutate_worker(place, |worker| {
            worker.held.retain(|held| *held != (job, chunk));
            worker.busy = worker.busy.saturating_sub(owing.into());
            then(worker);
        });
    }

    fn mutate_worker(place: Place, change: impl FnOnce(&mut Worker)) {
        let Some(number) = WorkerOf::<T>::get(place) else {
            defensive!("a device that holds a seat stays on the list");
            return;
        };
        Workers::<T>::mutate(number, |worker| worker.as_mut().map(change));
    }

    /// Whether the device in `place` holds seats in chunks that are not final.
    fn is_engaged(place: Place) -> bool {
        Self::worker_at(place).is_some_and(|worker| !worker.held.is_empty())
    }

    /// The entry of the device in `place`; `None` if it is not on the list.
    pub(crate) fn worker_at(place: Place) -> Option<Worker> {
        WorkerOf::<T>::get(place).and_then(Workers::<T>::get)
    }

    /// The first round whose seed nobody can know yet.
    pub(crate) fn unknown_round() -> RoundIndex {
        T::Rounds::current_round().saturating_add(UNKNOWN_AFTER)
    }
}
