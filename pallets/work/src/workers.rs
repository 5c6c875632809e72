//! The one door to the list of devices that take work.

use crate::{
    types::{Worker, MAX_SLOTS},
    Config, Error, Event, Pallet, WorkerCount, WorkerOf, Workers,
};
use frame_support::{defensive, ensure};
use polkadot_sdk::*;
use sp_runtime::DispatchResult;
use vouch_primitives::{
    traits::{Bonds, RoundClock},
    work::{ChunkIndex, JobId, MAX_MEMORY_PAGES},
    DeviceId, RoundIndex,
};

/// Rounds until a new entry of the list is drawn, and a new job handed out: in the running round its seed is known, in the next one it may be.
pub(crate) const UNKNOWN_AFTER: RoundIndex = 2;

impl<T: Config> Pallet<T> {
    pub(crate) fn do_enlist(owner: T::AccountId, device: DeviceId, slots: u8, memory: u32) -> DispatchResult {
        ensure!(slots <= MAX_SLOTS, Error::<T>::TooManySlots);
        ensure!((1..=MAX_MEMORY_PAGES).contains(&memory), Error::<T>::BadMemory);
        let bonded = T::Bonds::bonded(&device).ok_or(Error::<T>::UnknownDevice)?;
        ensure!(bonded.owner == owner, Error::<T>::NotOwner);
        if WorkerOf::<T>::contains_key(&device) {
            Self::mutate_worker(&device, |worker| (worker.slots, worker.memory) = (slots, memory));
        } else {
            let number = WorkerCount::<T>::get();
            let worker = Worker {
                device: device.clone(),
                slots,
                memory,
                valid: 0,
                missed: 0,
                from: Self::unknown_round(),
                busy: 0,
                held: Default::default(),
            };
            Workers::<T>::insert(number, worker);
            WorkerOf::<T>::insert(&device, number);
            WorkerCount::<T>::put(number.saturating_add(1));
        }
        Self::deposit_event(Event::Enlisted { device, slots, memory });
        Ok(())
    }

    pub(crate) fn do_retire(who: T::AccountId, device: DeviceId) -> DispatchResult {
        let number = WorkerOf::<T>::get(&device).ok_or(Error::<T>::NotEnlisted)?;
        ensure!(T::Bonds::bonded(&device).is_none_or(|bonded| bonded.owner == who), Error::<T>::NotOwner);
        let holds_none = Workers::<T>::get(number).is_none_or(|worker| worker.held.is_empty());
        ensure!(holds_none, Error::<T>::HoldsSeats);

        let last = WorkerCount::<T>::get().saturating_sub(1);
        if let Some(mut moved) = Workers::<T>::take(last).filter(|_| last != number) {
            // Its number is another one now. Nobody may choose whom a seed that is known meets there.
            moved.from = moved.from.max(Self::unknown_round());
            WorkerOf::<T>::insert(&moved.device, number);
            Workers::<T>::insert(number, moved);
        }
        WorkerOf::<T>::remove(&device);
        WorkerCount::<T>::put(last);
        Self::deposit_event(Event::Retired { device });
        Ok(())
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

    /// The device has answered on a chunk in which it keeps its seat.
    pub(crate) fn answered(device: &DeviceId) {
        Self::mutate_worker(device, |worker| {
            worker.busy = worker.busy.saturating_sub(1);
            worker.missed = 0;
        });
    }

    /// The device has no seat in the chunk any more. `owing` tells whether it had not answered.
    pub(crate) fn leave_seat(
        device: &DeviceId,
        job: JobId,
        chunk: ChunkIndex,
        owing: bool,
        then: impl FnOnce(&mut Worker),
    ) {
        Self::mutate_worker(device, |worker| {
            worker.held.retain(|held| *held != (job, chunk));
            worker.busy = worker.busy.saturating_sub(owing.into());
            then(worker);
        });
    }

    fn mutate_worker(device: &DeviceId, change: impl FnOnce(&mut Worker)) {
        let Some(number) = WorkerOf::<T>::get(device) else {
            defensive!("a device that holds a seat stays on the list");
            return;
        };
        Workers::<T>::mutate(number, |worker| worker.as_mut().map(change));
    }

    /// The first round whose seed nobody can know yet.
    pub(crate) fn unknown_round() -> RoundIndex {
        T::Rounds::current_round().saturating_add(UNKNOWN_AFTER)
    }
}
