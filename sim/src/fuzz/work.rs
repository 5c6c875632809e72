//! Random work: jobs, and devices that answer on them rightly, wrongly, with another's answer, or not at all.
//!
//! Nothing is computed. What a task gives is drawn from its number, and what a device finds that is wrong is drawn from the device,
//! so that it can show later what it answered with.

use super::{
    calls::Made,
    sequence::{sign, Sequence},
    Summary, Trace,
};
use crate::{chain::authorized, genesis::WORK_PRICE, keys};
use anyhow::Result;
use codec::Encode;
use polkadot_sdk::*;
use rand::{rngs::StdRng, seq::SliceRandom, Rng};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::{BoundedVec, Permill, Perquintill};
use std::net::SocketAddr;
use vouch_primitives::{
    probe::registration_payload,
    work::{
        api::{JobState, Stage},
        payload::{answer_payload, verdict_payload},
        result::ChunkResult,
        Answer, ChunkIndex, Fuel, JobId, Status, TaskDigest, TaskIndex, Terms, COMMON_MEMORY_PAGES,
    },
    DeviceId,
};
use vouch_runtime::{constants::EXISTENTIAL_DEPOSIT, Balance, Runtime, RuntimeCall, Uptime};

type Job = pallet_work::types::JobOf<Runtime>;
type Chunk = pallet_work::types::Chunk;
type Call = pallet_work::Call<Runtime>;

/// Owners that a sequence which is about work begins with, the richest accounts; each of them has [`EACH`] devices.
const OWNERS: usize = 5;
/// Devices of each.
const EACH: usize = 2;

impl Sequence {
    /// Registers devices of a few owners, which take work.
    pub(super) fn staff(&mut self) -> Result<()> {
        self.begin()?;
        let genesis = self.chain.state(Uptime::genesis_hash);
        let owners: Vec<_> = self.cast.accounts.iter().rev().take(OWNERS).cloned().collect();
        // Three of four answer probes.
        let keys: Vec<_> = self.cast.devices.iter().cloned().enumerate().filter(|(n, _)| n % 4 != 1).collect();
        let mut transactions = Vec::new();
        for (owner, keys) in owners.iter().zip(keys.chunks(EACH)) {
            let mut nonce = 0;
            for (n, key) in keys {
                let (device, id) = (key.id(), keys::id(owner));
                let proof = key.sign(&registration_payload(genesis, &id, 0));
                let endpoint = Some(SocketAddr::from(([20, 1, *n as u8, 1], 100)).into());
                let register = pallet_devices::Call::register {
                    device: device.clone(),
                    class: 1,
                    endpoint,
                    beneficiary: None,
                    proof,
                };
                let enlist = Call::enlist { device, slots: 4, memory: COMMON_MEMORY_PAGES };
                for call in [RuntimeCall::from(register), enlist.into()] {
                    transactions.push(self.chain.signed(owner, nonce, call));
                    nonce += 1;
                }
            }
        }
        self.apply_all(transactions)
    }

    /// What accounts sign about work.
    pub(super) fn work_call(&mut self) -> Made {
        let kind = self.random.gen_range(0..20);
        if kind < 8 {
            let (key, owner) = self.device_and_owner(|_, record| match kind {
                0..7 => record.is_some(),
                _ => record.is_some_and(|record| pallet_work::WorkerOf::<Runtime>::contains_key(record.place)),
            });
            let device = key.id();
            let call = match kind {
                0..7 => {
                    let memory = *[0, COMMON_MEMORY_PAGES, 256].choose(&mut self.random).unwrap_or(&0);
                    Call::enlist { device, slots: self.random.gen_range(0..18), memory }
                },
                _ => Call::retire { device },
            };
            return (owner, call.into());
        }
        if kind < 15 {
            let who = self.cast.anybody(&mut self.random);
            let round = self.chain.state(|| Uptime::current_round().index);
            return (who, Call::post_job { terms: Box::new(terms(&mut self.random, round)) }.into());
        }
        let jobs: Vec<(JobId, Job)> = self.chain.state(|| pallet_work::Jobs::<Runtime>::iter().collect());
        let ended = |job: &Job| job.state == JobState::Ended;
        let fitting: Vec<_> = jobs.iter().filter(|(_, job)| ended(job) == (kind > 15)).collect();
        let (id, requester) = match fitting.choose(&mut self.random) {
            Some((id, job)) => (*id, self.cast.by_account.get(&job.requester).cloned()),
            None => (self.random.gen_range(0..3), None),
        };
        let who = requester.filter(|_| !self.random.gen_ratio(1, 12));
        let who = who.unwrap_or_else(|| self.cast.anybody(&mut self.random));
        let call = if kind > 15 { Call::close { job: id } } else { Call::cancel { job: id } };
        (who, call.into())
    }

    /// What devices, whoever knows a result, and members of panels send about a chunk: none of it costs a fee.
    pub(super) fn work_on(&mut self, trace: &mut Trace, summary: &mut Summary) {
        let open: Vec<(JobId, ChunkIndex, Chunk)> = self.chain.state(|| {
            let all = pallet_work::Chunks::<Runtime>::iter();
            all.filter(|(.., chunk)| !chunk.stage.is_final() && chunk.stage != Stage::Vetting).collect()
        });
        // Contests are rare, and go on only if everybody takes part.
        let contested: Vec<_> =
            open.iter().filter(|(.., chunk)| matches!(chunk.stage, Stage::Opening | Stage::Judging)).collect();
        let chosen = contested.choose(&mut self.random).copied().or_else(|| open.choose(&mut self.random));
        let Some((id, index, chunk)) = chosen.cloned() else {
            // Nothing to work on: something may be posted.
            return self.make_call(trace, summary);
        };
        let Some(job) = self.chain.state(|| pallet_work::Jobs::<Runtime>::get(id)) else { return };
        let chunk_of = Task { id, index, terms: &job.terms };
        let call = match chunk.stage {
            Stage::Computing => self.answer_on(chunk_of, &chunk),
            Stage::Revealing => self.reveal_of(chunk_of, &chunk),
            Stage::Opening => self.opening_of(chunk_of, &chunk),
            _ => self.verdict_on(chunk_of),
        };
        let Some((name, call)) = call else { return self.make_call(trace, summary) };
        trace.step(format!("{name} on chunk {index} of job {id}, {:?}", chunk.stage));
        self.send(authorized(call), "Work", name, trace, summary);
    }

    /// Mostly one that owes an answer.
    fn answer_on(&mut self, of: Task<'_>, chunk: &Chunk) -> Option<(&'static str, Call)> {
        let genesis = self.chain.state(Uptime::genesis_hash);
        let owing: Vec<_> = chunk.seats.iter().filter(|seat| seat.fingerprint.is_none()).collect();
        let seat = match self.random.gen_ratio(1, 15) {
            true => chunk.seats.choose(&mut self.random)?,
            false => owing.choose(&mut self.random)?,
        };
        let device = seat.device.clone();
        let theirs = chunk.seats.iter().find_map(|seat| seat.fingerprint);
        let answer = match (self.random.gen_range(0..20), theirs) {
            (0, _) => Answer::Declined,
            (1, _) => Answer::Fingerprint(H256::random_using(&mut self.random)),
            (2, Some(theirs)) => Answer::Fingerprint(theirs),
            _ => Answer::Fingerprint(of.found_by(&device).fingerprint(genesis, of.id, of.index, &device)),
        };
        let payload = answer_payload(genesis, of.id, of.index, &answer);
        let key = self.cast.by_id.get(&device).filter(|_| !self.random.gen_ratio(1, 20));
        let signature = key.unwrap_or(&self.cast.devices[0]).sign(&payload);
        Some(("answer", Call::answer { job: of.id, chunk: of.index, device, answer, signature }))
    }

    /// Mostly the result that most are believed to have found.
    fn reveal_of(&mut self, of: Task<'_>, chunk: &Chunk) -> Option<(&'static str, Call)> {
        let result = match self.random.gen_range(0..8) {
            0 => of.found_by(&chunk.seats.choose(&mut self.random)?.device),
            1 => ChunkResult { root: H256::random_using(&mut self.random), fuel: self.random.gen() },
            _ => ChunkResult::new(of.first(), &of.truth()),
        };
        Some(("reveal", Call::reveal { job: of.id, chunk: of.index, result }))
    }

    fn opening_of(&mut self, of: Task<'_>, chunk: &Chunk) -> Option<(&'static str, Call)> {
        let device = chunk.seats.choose(&mut self.random)?.device.clone();
        let mut digests = of.digests_of(&device);
        if self.random.gen_ratio(1, 12) {
            digests.pop();
        }
        let digests = BoundedVec::truncate_from(digests);
        Some(("open", Call::open { job: of.id, chunk: of.index, device, digests }))
    }

    fn verdict_on(&mut self, of: Task<'_>) -> Option<(&'static str, Call)> {
        let (job, chunk) = (of.id, of.index);
        let dispute = self.chain.state(|| pallet_work::Disputes::<Runtime>::get((job, chunk)))?;
        let waiting: Vec<_> = dispute.members.iter().filter(|(_, given)| given.is_none()).collect();
        let (member, _) = waiting.choose(&mut self.random)?;
        let task = dispute.task;
        let verdict = match self.random.gen_range(0..12) {
            0 => None,
            1 => Some(TaskDigest { fuel: self.random.gen(), ..of.task(task) }),
            _ => Some(of.task(task)),
        };
        let genesis = self.chain.state(Uptime::genesis_hash);
        let pair = self.cast.by_prober.get(member).filter(|_| !self.random.gen_ratio(1, 20));
        let pair = pair.unwrap_or(&self.cast.spare[0].prober).clone();
        let signature = sign(&pair, &verdict_payload(genesis, job, chunk, task, &verdict));
        Some(("judge", Call::judge { job, chunk, task, member: member.clone(), verdict, signature }))
    }
}

/// The tasks of a chunk, and what they give.
#[derive(Clone, Copy)]
struct Task<'a> {
    id: JobId,
    index: ChunkIndex,
    terms: &'a Terms<Balance>,
}

impl Task<'_> {
    fn first(&self) -> TaskIndex {
        self.terms.tasks_of(self.index).start
    }

    /// What a task gives.
    fn task(&self, task: TaskIndex) -> TaskDigest {
        let output = H256(blake2_256(&(self.id, task).encode()));
        TaskDigest { status: Status::Done, fuel: u64::from(task) % self.terms.fuel.max(1), output }
    }

    fn truth(&self) -> Vec<TaskDigest> {
        self.terms.tasks_of(self.index).map(|task| self.task(task)).collect()
    }

    /// What a device makes of them: every other one is wrong about one of them.
    fn digests_of(&self, device: &DeviceId) -> Vec<TaskDigest> {
        let mut digests = self.truth();
        let drawn = blake2_256(&(self.id, self.index, device).encode());
        if drawn[0] < 128 && !digests.is_empty() {
            let wrong = usize::from(drawn[1]) % digests.len();
            digests[wrong].output = H256(drawn);
        }
        digests
    }

    fn found_by(&self, device: &DeviceId) -> ChunkResult {
        ChunkResult::new(self.first(), &self.digests_of(device))
    }
}

/// What somebody asks for in `round`, mostly allowed.
fn terms(random: &mut StdRng, round: u32) -> Terms<Balance> {
    let strange = random.gen_ratio(1, 12);
    let fuel: Fuel = *[1, 1_000_000, 300_000_000, if strange { u64::MAX } else { 1 }].choose(random).unwrap_or(&1);
    let least = WORK_PRICE.saturating_mul(Balance::from(fuel.div_ceil(vouch_primitives::work::FUEL_PER_POINT)));
    Terms {
        module: H256::random_using(random),
        inputs: H256::random_using(random),
        source: SocketAddr::from(([if strange { 127 } else { 20 }, 0, 0, 1], 100)).into(),
        tasks: if strange { random.gen() } else { random.gen_range(1..20) },
        chunk_tasks: if strange { 0 } else { random.gen_range(1..6) },
        fuel,
        memory: *[1, COMMON_MEMORY_PAGES, 256].choose(random).unwrap_or(&1),
        price: if strange { random.gen() } else { least.max(EXISTENTIAL_DEPOSIT) + random.gen_range(0..1_000) },
        replicas: random.gen_range(2..4),
        quorum: 2,
        limit: random.gen_range(3..5),
        adaptive: random.gen(),
        class: random.gen_ratio(1, 12).then(|| random.gen_range(0..3)),
        rounds: if strange { 0 } else { random.gen_range(1..5) },
        deadline: round + random.gen_range(1..40),
    }
}

/// Parameters of the work pallet, most of them allowed.
pub(super) fn params(random: &mut StdRng) -> pallet_work::types::Params<Balance> {
    pallet_work::types::Params {
        least_price: WORK_PRICE * *[0, 1, 1, 2].choose(random).unwrap_or(&1),
        max_fuel: *[0, 1_000_000, 1_000_000_000].choose(random).unwrap_or(&1),
        fine: Permill::from_percent(random.gen_range(0..=100)),
        trusted_after: random.gen_range(0..5),
        check_floor: Perquintill::from_percent(random.gen_range(0..=100)),
        round_fuel: *[0, 1_000_000_000, 10_000_000_000].choose(random).unwrap_or(&0),
        recent_rounds: *[0, 3, 32, 33].choose(random).unwrap_or(&0),
        deposit: random.gen_range(0..1_000),
    }
}
