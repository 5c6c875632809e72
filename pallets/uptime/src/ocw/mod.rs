//! The prober: what a validator's node does beside the chain, at every best block.
//!
//! It answers the audits of its reports ([`answers`]). It finds the cohorts whose committees one of its keys was drawn for,
//! probes those of their devices that are due ([`schedule`]), many at once ([`http`]), and keeps what it learns in its own
//! database ([`progress`]). When a cohort is done, or its time is over, it signs the report, stores it, and submits it at every
//! block until the chain has it: a fork may have dropped it.
//!
//! * It runs once at a time ([`lease`]) and never probes for a report that is filed.
//! * Killed at any moment, it goes on after a restart where it last stored its progress, at most [`SAVE_MS`] back. The evidence
//!   behind a report is stored before the report is submitted, and for as long as an audit may ask for it.
//! * However its devices behave, a run ends in time, and the report is filed at the last probing slice. Only lanes that were
//!   never tried, because this prober was absent or overloaded, hold it back, since it will not call a device down that it did
//!   not ask, but for one that the whole committee does not ask ([`schedule::is_asked`]); if they are not made up for until the
//!   last block in which a report can be filed, it files none.
//! * Nor does it file one if it seems to be cut off from the devices ([`Seat::is_cut_off`]). For a report that is not filed it is
//!   not paid; for one that contradicts its peers it would be accused.

mod answers;
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
    frame_support::hypothetically, frame_system, sp_application_crypto::RuntimeAppPublic, sp_core::H256, sp_io,
    sp_io::hashing::blake2_256, sp_runtime,
};
use progress::{Filed, Record};
use schedule::{is_asked, Plan};
use sp_runtime::{traits::Saturating, SaturatedConversion};
use vouch_primitives::{
    history::History,
    probe::Challenge,
    prober::ProberId,
    traits::{DeviceRegistry, Target},
    Bitmap, CohortId, Endpoint, Lane, RoundIndex,
};

const TARGET: &str = "runtime::uptime";

/// How old progress may get, in milliseconds, before it is stored.
const SAVE_MS: u64 = 500;

/// Answers audits, probes and reports at block `now`, if this node is an authority that has anything to do.
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
    prober_set: u32,
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
    /// Lanes that are judged in this round, can be probed, and are asked.
    lanes: Vec<Lane>,
    /// Lanes that were up in the last covered round.
    were_up: Bitmap,
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
        prober_set: running.prober_set,
        plan: Plan::of(running.length),
        offset: block.saturating_sub(running.start).saturated_into(),
    };
    let ours = ProberId::all();
    let audits = answers::due::<T>(block, &ours);
    progress::prune(round.index, audits.iter().map(|audit| audit.report.round).min());
    answers::answer::<T>(audits, round.genesis);
    if !round.plan.can_file(round.offset) {
        return;
    }

    let keys = indexed(&ours, &Pallet::<T>::prober_set(round.prober_set));
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

/// Those of `ours` that are in `set`, with their indices.
fn indexed(ours: &[ProberId], set: &[ProberId]) -> Vec<(u16, ProberId)> {
    let indices = 0..=u16::MAX;
    indices.zip(set).filter(|(_, key)| ours.contains(key)).map(|(index, key)| (index, key.clone())).collect()
}

/// The cohort's history once every round before the running one is accounted. These are over, so that nothing changes their
/// outcome; but the chain may not have come to them yet, and all members must go by the same.
fn history<T: Config>(round: &Round, cohort: CohortId) -> History {
    let accounted = match Pallet::<T>::history(cohort) {
        Some(history) if history.next < round.index => hypothetically!({
            Pallet::<T>::account_rounds(cohort);
            Pallet::<T>::history(cohort)
        }),
        known => known,
    };
    accounted.unwrap_or_else(|| History::starting_at(round.index))
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
                submit_report::<T>(filed);
                continue;
            }
            let fresh = known.is_none();
            let mut record = known.unwrap_or_else(|| {
                opened.push((cohort, *prober));
                let schedule = blake2_256(&(entropy, b"schedule", cohort, *prober).encode());
                Record::new(round.seed, key.clone(), schedule)
            });
            let targets = T::Registry::targets(cohort, round.index);
            let dirty = record.forget_strangers(&targets) || fresh;
            let history = history::<T>(round, cohort);
            let were_up = history.last_up.clone();
            let mut seat = Seat { cohort, prober: *prober, record, lanes: Vec::new(), were_up, saved: now, dirty };
            for Target { lane, device, endpoint } in targets {
                let Some(endpoint) = endpoint.filter(T::Registry::may_probe) else { continue };
                if !is_asked(history.attendance(lane), round.seed, cohort, lane) {
                    continue;
                }
                seat.lanes.push(lane);
                if let Some(tries) = seat.due(round, lane, &endpoint) {
                    let nonce = blake2_256(&(entropy, b"nonce", cohort, *prober, lane, tries).encode());
                    let Round { genesis, index, seed, .. } = *round;
                    let challenge = Challenge { genesis, round: index, seed, prober: key.clone(), device, nonce };
                    probes.push((tries, Probe { seat: seats.len(), lane, endpoint, challenge }));
                }
            }
            seats.push(seat);
        }
    }
    progress::announce(round.index, round.seed, &opened);
    // First tries before second ones, so that dead devices never keep live ones from being asked; one prefix after the other;
    // and shuffled otherwise, since sorting by what is random shuffles.
    probes.sort_by_cached_key(|(tries, probe)| {
        (*tries, blake2_256(&(entropy, b"prefix", probe.endpoint.prefix()).encode()), probe.challenge.nonce)
    });
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
    fn due(&self, round: &Round, lane: Lane, endpoint: &Endpoint) -> Option<u8> {
        let slices = round.plan.slices(&self.record.schedule, endpoint.prefix());
        self.record.tries(lane).filter(|tries| round.plan.is_due(&slices, *tries, round.offset))
    }

    /// Stores the record if it has changed.
    fn save(&mut self, round: &Round, now: u64) {
        if self.dirty {
            self.record.save(round.index, self.cohort, self.prober);
            (self.saved, self.dirty) = (now, false);
        }
    }

    /// Whether this prober seems to be cut off from the devices: its last reports contradicted its peers, and of those lanes
    /// that were up in the last covered round it asked some and reached none. An outage of the devices looks the same from here,
    /// but is no reason to distrust a prober that agreed with its peers so far.
    fn is_cut_off<T: Config>(&self, round: &Round) -> bool {
        let Record { evidence, tries, .. } = &self.record;
        tries.keys().any(|lane| self.were_up.get(*lane))
            && !evidence.keys().any(|lane| self.were_up.get(*lane))
            && Pallet::<T>::is_suspect(round.prober_set, self.prober)
    }

    /// Files the report if there is nothing left to wait for, and nothing speaks against it.
    fn file<T: Config>(&mut self, round: &Round) {
        let (Round { index, plan, offset, .. }, cohort) = (round, self.cohort);
        let open = self.lanes.iter().filter_map(|lane| self.record.tries(*lane));
        let open = open.filter(|tries| plan.is_open(*tries, *offset)).count();
        if open > 0 || self.is_cut_off::<T>(round) {
            // That may still change, so it is said when it is too late.
            if plan.is_last_call(*offset) {
                self.tell_why_not(round, open);
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
        submit_report::<T>(&filed);
        log::info!(target: TARGET, "Filed report: round {index} cohort {cohort}: {up} of {judged} probed devices up");
    }

    /// Tells the operator why no report is filed: `open` lanes were never tried, or none are open and this prober is cut off.
    fn tell_why_not(&self, round: &Round, open: usize) {
        let (index, cohort) = (round.index, self.cohort);
        if open > 0 {
            log::warn!(target: TARGET, "No report: round {index} cohort {cohort}: found no time to probe {open} devices");
        } else {
            log::warn!(
                target: TARGET,
                "No report: round {index} cohort {cohort}: none of the devices that were up answers, and our last reports \
                 contradicted those of our peers. Is this node cut off?",
            );
        }
    }
}

/// Submits a report exactly as it was signed.
fn submit_report<T: Config>((report, signature): &Filed) {
    if !submit::<T>(Call::report { report: Box::new(report.clone()), signature: signature.clone() }) {
        log::debug!(target: TARGET, "Report not taken by the pool, which may have it: cohort {}", report.cohort);
    }
}

/// Hands a call to this node's transaction pool, authorized by what it contains; returns whether the pool took it.
fn submit<T: Config>(call: Call<T>) -> bool {
    let transaction = T::create_authorized_transaction(call.into());
    SubmitTransaction::<T, Call<T>>::submit_transaction(transaction).is_ok()
}
