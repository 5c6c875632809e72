//! What requesters trigger: jobs are posted, cancelled and closed; and how they end.

use crate::{
    types::{BalanceOf, Job, JobOf, ParamsOf},
    Chunks, Config, Error, Event, HoldReason, Jobs, NextJob, Pallet, Parameters, Queue, LOG_TARGET,
};
use frame_support::{
    ensure,
    traits::{
        fungible::{hold::Mutate, Inspect},
        tokens::Precision,
        Contains, Get,
    },
};
use polkadot_sdk::*;
use sp_runtime::{
    traits::{CheckedAdd, Saturating, UniqueSaturatedInto, Zero},
    DispatchResult,
};
use vouch_primitives::{
    deterrence::self_dealing_is_deterred,
    traits::{RoundClock, WorkCredits},
    work::{
        api::JobState, JobId, Terms, MAX_CHUNK_ROUNDS, MAX_CHUNK_TASKS, MAX_JOB_ROUNDS, MAX_LIMIT, MAX_MEMORY_PAGES,
    },
};

impl<T: Config> Pallet<T> {
    /// Whether jobs can be run with `params`.
    pub(crate) fn check_params(params: &ParamsOf<T>) -> Result<(), Error<T>> {
        let sensible = params.max_fuel > 0
            && params.round_fuel > 0
            && params.trusted_after > 0
            && (1..=32).contains(&params.recent_rounds);
        ensure!(sensible, Error::<T>::BadParams);
        let least = params.least_price.unique_saturated_into();
        ensure!(self_dealing_is_deterred(T::Credits::most_per_point(), least), Error::<T>::WorkWouldPayItself);
        Ok(())
    }

    pub(crate) fn do_post(requester: T::AccountId, terms: Terms<BalanceOf<T>>) -> DispatchResult {
        let params = Parameters::<T>::get();
        let round = T::Rounds::current_round();
        Self::check_terms(&terms, &params)?;
        let escrow = terms.most().ok_or(Error::<T>::EscrowUnavailable)?;
        let deposit = params.deposit.saturating_mul(terms.chunks().into());
        let held = escrow.checked_add(&deposit).ok_or(Error::<T>::EscrowUnavailable)?;
        let id = NextJob::<T>::get();
        Queue::<T>::try_mutate(|queue| queue.try_push(id)).map_err(|_| Error::<T>::QueueFull)?;
        T::Currency::hold(&HoldReason::Job.into(), &requester, held).map_err(|_| Error::<T>::EscrowUnavailable)?;

        NextJob::<T>::put(id.saturating_add(1));
        let job = Job {
            requester: requester.clone(),
            terms: terms.clone(),
            posted: round,
            ends: terms.deadline.saturating_add(1),
            state: JobState::Running,
            next: 0,
            settled: 0,
            failed: 0,
            paid: Zero::zero(),
            burnt: Zero::zero(),
            escrow,
            deposit,
            fuel: 0,
            removed: 0,
        };
        Jobs::<T>::insert(id, job);
        Self::deposit_event(Event::Posted { job: id, requester, terms, escrow, deposit });
        Ok(())
    }

    fn check_terms(terms: &Terms<BalanceOf<T>>, params: &ParamsOf<T>) -> Result<(), Error<T>> {
        ensure!(terms.tasks > 0, Error::<T>::NoTasks);
        ensure!((1..=MAX_CHUNK_TASKS).contains(&terms.chunk_tasks), Error::<T>::BadChunkSize);
        ensure!((1..=params.max_fuel).contains(&terms.fuel), Error::<T>::BadFuel);
        ensure!((1..=MAX_MEMORY_PAGES).contains(&terms.memory), Error::<T>::BadMemory);
        let ordered = 2 <= terms.quorum && terms.quorum <= terms.replicas && terms.replicas <= terms.limit;
        // Fewer could settle on an invented result, and have honest devices fined.
        let majority = 2 * u16::from(terms.quorum) > u16::from(terms.replicas);
        ensure!(ordered && majority && terms.limit <= MAX_LIMIT, Error::<T>::BadReplication);
        let suffices = terms.chunk_fuel() <= params.round_fuel.saturating_mul(terms.rounds.into());
        ensure!((1..=MAX_CHUNK_ROUNDS).contains(&terms.rounds) && suffices, Error::<T>::BadTime);
        ensure!(terms.deadline >= Self::unknown_round(), Error::<T>::DeadlineTooNear);
        let latest = T::Rounds::current_round().saturating_add(MAX_JOB_ROUNDS);
        ensure!(terms.deadline <= latest, Error::<T>::DeadlineTooFar);
        ensure!(T::MayFetch::contains(&terms.source), Error::<T>::SourceNotAllowed);
        // The last chunk is the smallest.
        let least = terms.pay(terms.chunks().saturating_sub(1));
        let creates = least.is_zero() || least >= T::Currency::minimum_balance();
        ensure!(terms.pays(params.least_price) && creates, Error::<T>::PriceTooLow);
        Ok(())
    }

    pub(crate) fn do_cancel(requester: T::AccountId, id: JobId) -> DispatchResult {
        let mut job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
        ensure!(job.requester == requester, Error::<T>::NotRequester);
        let round = T::Rounds::current_round();
        // Whoever knows a seed knows who will be drawn by it, and would cancel whenever it is a stranger. So what such a seed draws
        // is still handed out; in the round in which it is posted nothing can be known yet.
        let ends = if round <= job.posted { round } else { Self::unknown_round() };
        ensure!(job.state == JobState::Running && job.ends > ends, Error::<T>::NotRunning);
        job.ends = ends;
        Self::deposit_event(Event::Cancelled { job: id, ends });
        if ends <= round {
            Queue::<T>::mutate(|queue| queue.retain(|queued| *queued != id));
            Self::finish(id, &mut job);
        }
        Jobs::<T>::insert(id, job);
        Ok(())
    }

    pub(crate) fn do_close(requester: T::AccountId, id: JobId) -> DispatchResult {
        let mut job = Jobs::<T>::get(id).ok_or(Error::<T>::UnknownJob)?;
        ensure!(job.requester == requester, Error::<T>::NotRequester);
        ensure!(job.state == JobState::Ended, Error::<T>::NotEnded);
        let until = job.removed.saturating_add(T::MaxRemovals::get()).min(job.next);
        for chunk in job.removed..until {
            Chunks::<T>::remove(id, chunk);
        }
        job.removed = until;
        if until < job.next {
            Jobs::<T>::insert(id, job);
            return Ok(());
        }
        Self::release(&job.requester, job.deposit);
        Jobs::<T>::remove(id);
        Self::deposit_event(Event::Closed { job: id });
        Ok(())
    }

    /// Notes that nothing of a job is handed out any more, and ends it if nothing is open either. The caller stores it.
    pub(crate) fn finish(id: JobId, job: &mut JobOf<T>) {
        if job.state == JobState::Running {
            job.state = JobState::Finishing;
        }
        if job.open() > 0 || job.state == JobState::Ended {
            return;
        }
        job.state = JobState::Ended;
        let refunded = core::mem::replace(&mut job.escrow, Zero::zero());
        Self::release(&job.requester, refunded);
        let Job { settled, failed, paid, burnt, fuel, .. } = *job;
        Self::deposit_event(Event::Ended { job: id, settled, failed, paid, burnt, refunded, fuel });
    }

    fn release(requester: &T::AccountId, amount: BalanceOf<T>) {
        if let Err(error) = T::Currency::release(&HoldReason::Job.into(), requester, amount, Precision::BestEffort) {
            log::error!(target: LOG_TARGET, "{amount:?} planck of a job cannot be released: {error:?}");
        }
    }
}
