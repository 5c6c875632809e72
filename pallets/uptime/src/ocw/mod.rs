//! The prober: what a validator's node does beside the chain, at every best block.
//!
//! It finds the cohorts whose committees one of its keys was drawn for, probes those of their devices that are due
//! ([`schedule`]), many at once ([`http`]), and keeps what it learns in its own database ([`progress`]). When a cohort is done,
//! or its time is over, it signs the report, stores it, and submits it at every block until the chain has it: a fork may have
//! dropped it.
//!
//! * It runs once at a time ([`lease`]) and never probes for a report that is filed.
//! * Killed at any moment, it goes on after a restart where it last stored its progress, at most [`SAVE_MS`] back.
//! * However its devices behave, a run ends in time, and the report is filed at the last probing slice. Only lanes that were
//!   never tried, because this prober was absent or overloaded, hold it back, since it will not call a device down that it did
//!   not ask, but for one at rest ([`is_rested`]); if they are not made up for until the last block in which a report can be filed, it files none.

#[cfg(test)]
mod fake;
mod http;
mod lease;
pub mod progress;
pub mod schedule;
#[cfg(test)]
mod tests;

use crate::{Call, Config, Pallet};
use alloc::{boxed::Box, vec::Vec};
use codec::Encode;
use frame_system::{offchain::SubmitTransaction, pallet_prelude::BlockNumberFor};
use http::{Engine, Host, Http, Probe, Verdict};
use lease::Lease;
use polkadot_sdk::{
    frame_system, sp_application_crypto::RuntimeAppPublic, sp_core::H256, sp_io, sp_io::hashing::blake2_256, sp_runtime,
};
use progress::{Filed, Record};
use schedule::Plan;
use sp_runtime::{traits::Saturating, SaturatedConversion};
use vouch_primitives::{
    history::History,
    probe::Challenge,
    prober::ProberId,
    traits::{DeviceRegistry, Target},
    CohortId, Lane, RoundIndex,
};

const TARGET: &str = "runtime::uptime";

/// How old progress may get, in milliseconds, before it is stored.
const SAVE_MS: u64 = 500;

/// Probes and reports at block `now`, if this node is an authority that has something to probe.
pub(crate) fn run<T: Config>(now: BlockNumberFor<T>) {
    if sp_io::offchain::is_validator() {
        Lease::with(|lease| run_with::<T, _>(now, lease, &mut Host));
    }
}

/// The running round, as this prober sees it.
struct Round {
    index: RoundIndex,
    seed: H256,
    genesis: H256,
    plan: Plan,
    /// Blocks since the round's first.
    offset: u32,
}

/// One of our keys in the committee of one cohort.
struct Seat {
    cohort: CohortId,
    /// Of the key, in the round's prober set.
    prober: u16,
    record: Record,
    /// Lanes that are judged in this round and can be probed.
    lanes: Vec<Lane>,
    /// When the record was last stored.
    saved: u64,
    /// Whether it has changed since.
    dirty: bool,
}

fn run_with<T: Config, H: Http>(block: BlockNumberFor<T>, lease: &mut Lease, http: &mut H) {
    let began = http.now();
    let running = Pallet::<T>::current_round();
    let round = Round {
        index: running.index,
        seed: running.seed,
        genesis: Pallet::<T>::genesis_hash(),
        plan: Plan::of(running.length),
        offset: block.saturating_sub(running.start).saturated_into(),
    };
    progress::prune(round.index);
    if !round.plan.can_file(round.offset) {
        return;
    }

    let keys = local_keys(&Pallet::<T>::prober_set(running.prober_set));
    let (mut seats, probes) = take_seats::<T>(&round, &keys, began);
    if !make(probes, &round, &mut seats, began, lease, http) {
        log::warn!(target: TARGET, "Stopped probing: this run stood still for too long");
        return;
    }
    for seat in &mut seats {
        seat.save(&round, http.now());
        seat.file::<T>(&round);
    }
}

/// Our keys in `set`, with their indices.
fn local_keys(set: &[ProberId]) -> Vec<(u16, ProberId)> {
    let ours = ProberId::all();
    let indices = 0..=u16::MAX;
    indices.zip(set).filter(|(_, key)| ours.contains(key)).map(|(index, key)| (index, key.clone())).collect()
}

/// Of how many rounds a device that was down in all rounds remembered is asked in one.
const REST: u8 = 8;

/// Whether nobody asks a lane's device in this round. Whoever was down in all rounds remembered is asked only now and then, in
/// rounds that every member of the committee derives alike, so that a dead address, which may be somebody else's, is not
/// knocked at for ever; unasked it is down, as it would be if it had been asked in vain.
fn is_rested(history: Option<&History>, seed: H256, cohort: CohortId, lane: Lane) -> bool {
    history.is_some_and(|history| history.lane(lane).is_dead())
        && !blake2_256(&(seed, b"rest", cohort, lane).encode())[0].is_multiple_of(REST)
}

/// The seats whose report is still to be made, and the probes that are due for them, in the order to make them in. Reports that
/// are made but that the chain does not have are submitted again.
fn take_seats<T: Config>(round: &Round, keys: &[(u16, ProberId)], now: u64) -> (Vec<Seat>, Vec<Probe>) {
    let (mut seats, mut probes, mut opened) = (Vec::new(), Vec::new(), Vec::new());
    if keys.is_empty() {
        return (seats, Vec::new());
    }
    let entropy = sp_io::offchain::random_seed();
    for cohort in 0..T::Registry::cohorts() {
        let committee = Pallet::<T>::committee_indices(cohort);
        for (prober, key) in keys.iter().filter(|(index, _)| committee.contains(&u32::from(*index))) {
            if Pallet::<T>::has_reported(cohort, *prober) {
                continue;
            }
            let known = Record::load(round.index, cohort, *prober, round.seed, key);
            if let Some(filed) = known.as_ref().and_then(|record| record.filed.as_ref()) {
                log::debug!(target: TARGET, "Submitting again: round {} cohort {cohort}", round.index);
                submit::<T>(filed);
                continue;
            }
            let fresh = known.is_none();
            let record = known.unwrap_or_else(|| {
                opened.push((cohort, *prober));
                let schedule = blake2_256(&(entropy, b"schedule", cohort, *prober).encode());
                Record::new(round.seed, key.clone(), schedule)
            });
            let history = Pallet::<T>::history(cohort);
            let mut seat = Seat { cohort, prober: *prober, record, lanes: Vec::new(), saved: now, dirty: fresh };
            for Target { lane, device, endpoint } in T::Registry::targets(cohort, round.index) {
                let Some(endpoint) = endpoint.filter(T::Registry::may_probe) else { continue };
                if is_rested(history.as_ref(), round.seed, cohort, lane) {
                    continue;
                }
                seat.lanes.push(lane);
                if let Some(tries) = seat.due(round, lane) {
                    let nonce = blake2_256(&(entropy, b"nonce", cohort, *prober, lane, tries).encode());
                    let Round { genesis, index, seed, .. } = *round;
                    let challenge = Challenge { genesis, round: index, seed, prober: key.clone(), device, nonce };
                    probes.push((tries, Probe { seat: seats.len(), lane, endpoint, challenge }));
                }
            }
            seats.push(seat);
        }
    }
    progress::announce(round.index, &opened);
    // First tries before second ones, so that dead devices never keep live ones from being asked. Nonces are random, and
    // sorting by them shuffles.
    probes.sort_unstable_by_key(|(tries, probe)| (*tries, probe.challenge.nonce));
    (seats, probes.into_iter().map(|(_, probe)| probe).collect())
}

/// Makes `probes` and stores progress on the way. Returns `false` if the lease was lost.
fn make<H: Http>(
    probes: Vec<Probe>,
    round: &Round,
    seats: &mut [Seat],
    began: u64,
    lease: &mut Lease,
    http: &mut H,
) -> bool {
    let total = probes.len();
    let mut answered = 0u32;
    let mut engine = Engine::new(http, began, probes);
    while let Some(verdicts) = engine.turn() {
        if !lease.holds() {
            return false;
        }
        for Verdict { seat, lane, outcome } in verdicts {
            let Some(seat) = seats.get_mut(seat) else { continue };
            match &outcome {
                Ok(evidence) => log::trace!(target: TARGET, "Lane {lane} answered in {} ms", evidence.rtt_ms),
                Err(failure) => log::trace!(target: TARGET, "Lane {lane} did not answer: {failure:?}"),
            }
            answered = answered.saturating_add(outcome.is_ok().into());
            seat.record.note(lane, outcome.ok());
            seat.dirty = true;
        }
        // At most one a turn, so that no round-trip time suffers from more than that.
        let now = engine.clock();
        if let Some(seat) = seats.iter_mut().find(|seat| seat.dirty && now.saturating_sub(seat.saved) >= SAVE_MS) {
            seat.save(round, now);
        }
    }
    if total > 0 {
        log::debug!(target: TARGET, "Probed in round {}: {answered} of {total} devices answered", round.index);
    }
    lease.holds()
}

impl Seat {
    /// How often `lane` failed, if it is to be probed now.
    fn due(&self, round: &Round, lane: Lane) -> Option<u8> {
        let slices = round.plan.slices(&self.record.schedule, lane);
        self.record.tries(lane).filter(|tries| round.plan.is_due(&slices, *tries, round.offset))
    }

    /// Stores the record if it has changed.
    fn save(&mut self, round: &Round, now: u64) {
        if self.dirty {
            self.record.save(round.index, self.cohort, self.prober);
            (self.saved, self.dirty) = (now, false);
        }
    }

    /// Files the report if there is nothing left to wait for.
    fn file<T: Config>(&mut self, round: &Round) {
        let (Round { index, plan, offset, .. }, cohort) = (round, self.cohort);
        let open = self.lanes.iter().filter_map(|lane| self.record.tries(*lane));
        let open = open.filter(|tries| plan.is_open(*tries, *offset)).count();
        if open > 0 {
            if !plan.can_file(offset.saturating_add(1)) {
                log::warn!(target: TARGET, "No report: round {index} cohort {cohort}: found no time to probe {open} devices");
            }
            return;
        }
        let report = self.record.report(*index, cohort, self.prober);
        let Some(signature) = self.record.prober.sign(&report.payload(round.genesis, round.seed)) else {
            log::warn!(target: TARGET, "No report: round {index} cohort {cohort}: the session key is gone");
            return;
        };
        let (up, judged) = (report.up.count(), self.lanes.len());
        let filed = self.record.filed.insert((report, signature)).clone();
        // Stored before it is submitted: no other report may ever be signed for this round.
        self.record.save(*index, cohort, self.prober);
        submit::<T>(&filed);
        log::info!(target: TARGET, "Filed report: round {index} cohort {cohort}: {up} of {judged} probed devices up");
    }
}

/// Hands a report to this node's transaction pool.
fn submit<T: Config>((report, signature): &Filed) {
    let call = Call::<T>::report { report: Box::new(report.clone()), signature: signature.clone() };
    let transaction = T::create_authorized_transaction(call.into());
    if SubmitTransaction::<T, Call<T>>::submit_transaction(transaction).is_err() {
        log::debug!(target: TARGET, "Not taken by the pool, which may have it: cohort {}", report.cohort);
    }
}
