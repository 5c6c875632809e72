//! Benchmarks, each of the worst case that [`WeightInfo`] names: devices in cohorts of their own, with as many receipts and seats
//! as can be remembered, and contests as large as they can be.

use crate::{
    types::{
        BalanceOf, Chunk, Digests, Dispute, Job, JobOf, Params, ParamsOf, Receipts, Worker, MAX_HELD, MAX_PANEL,
        MAX_PANELS, MAX_SEATS, MAX_SLOTS,
    },
    *,
};
use alloc::{boxed::Box, vec, vec::Vec};
use frame_benchmarking::{account, v2::*, BenchmarkError};
use frame_support::{
    traits::{
        fungible::{hold::Mutate, Inspect, Unbalanced},
        tokens::Precision,
        Authorize, EnsureOrigin, Get,
    },
    BoundedVec,
};
use frame_system::RawOrigin;
use sp_application_crypto::RuntimeAppPublic;
use sp_core::{crypto::KeyTypeId, sr25519, H256};
use sp_runtime::{
    traits::{One, Saturating, Zero},
    transaction_validity::TransactionSource,
    Permill,
};
use vouch_primitives::{
    prober::{ProberId, ProberSignature},
    traits::{Bonds, Panels, Presence, RoundClock, RoundSeed},
    work::{
        api::{JobState, Outcome, Receipt, Seat, Stage, RECEIPTS},
        draw::{candidates, OFFERS},
        payload::{answer_payload, verdict_payload},
        result::ChunkResult,
        Answer, ChunkIndex, JobId, Status, TaskDigest, TaskIndex, Terms, MAX_CHUNK_TASKS, MAX_LIMIT,
    },
    DeviceId, DeviceSignature, Endpoint, Place,
};

const KEY_TYPE: KeyTypeId = KeyTypeId(*b"bwrk");
const JOB: JobId = 7;
const CHUNK: ChunkIndex = 0;
/// Workers of a list out of which nobody is offered a seat twice by accident only.
const WORKERS: u32 = 256;

fn requester<T: Config>() -> T::AccountId {
    account("requester", 0, 0)
}

/// A price that makes an account.
fn price<T: Config>() -> BalanceOf<T> {
    T::Currency::minimum_balance().max(One::one())
}

/// Parameters under which everything may be asked for, and a round in which panels are large.
fn prepare<T: Config>() {
    T::Panels::prepare_benchmark();
    Parameters::<T>::put(params::<T>());
}

fn params<T: Config>() -> ParamsOf<T> {
    Params { fine: Permill::from_percent(1), round_fuel: u64::MAX, deposit: One::one(), ..Default::default() }
}

/// A job of one chunk with as many tasks and paid seats as there can be.
fn terms<T: Config>() -> Terms<BalanceOf<T>> {
    Terms {
        module: H256::repeat_byte(1),
        inputs: H256::repeat_byte(2),
        source: Endpoint::V6 { ip: [0x2a, 0, 0x14, 0x50, 0x40, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], port: 443 },
        tasks: MAX_CHUNK_TASKS,
        chunk_tasks: MAX_CHUNK_TASKS,
        fuel: 1_000_000_000,
        memory: 64,
        price: price::<T>(),
        replicas: MAX_LIMIT,
        quorum: MAX_LIMIT,
        limit: MAX_LIMIT,
        adaptive: false,
        class: None,
        rounds: 1,
        deadline: T::Rounds::current_round().saturating_add(100),
    }
}

/// Gives the requester enough for a few jobs.
fn endow<T: Config>() -> Result<(), BenchmarkError> {
    let most = terms::<T>().most().ok_or(BenchmarkError::Stop("a job can be paid for"))?;
    let balance = most.saturating_mul(4u32.into()).saturating_add(T::Currency::minimum_balance());
    T::Currency::increase_balance(&requester::<T>(), balance, Precision::Exact)?;
    Ok(())
}

/// Stores a job whose chunks are all handed out but `left`, with its escrow and deposit held.
fn job<T: Config>(id: JobId, left: u32) -> Result<JobOf<T>, BenchmarkError> {
    let terms = terms::<T>();
    let (escrow, deposit) = (terms.most().unwrap_or_default(), One::one());
    T::Currency::hold(&HoldReason::Job.into(), &requester::<T>(), escrow.saturating_add(deposit))?;
    let job = Job {
        requester: requester::<T>(),
        posted: 0,
        ends: terms.deadline.saturating_add(1),
        state: if left > 0 { JobState::Running } else { JobState::Finishing },
        next: terms.chunks().saturating_sub(left),
        terms,
        settled: 0,
        failed: 0,
        paid: Zero::zero(),
        burnt: Zero::zero(),
        escrow,
        deposit,
        fuel: 0,
        removed: 0,
    };
    Jobs::<T>::insert(id, job.clone());
    NextJob::<T>::put(id.saturating_add(1));
    Ok(job)
}

/// A queue of `jobs` others.
fn queue<T: Config>(jobs: u32) {
    Queue::<T>::put(BoundedVec::truncate_from((1_000..).take(jobs as usize).collect()));
}

/// The `n`-th device that has no key.
fn keyless(n: u32) -> DeviceId {
    let mut id = [0xb0; 32];
    id[..4].copy_from_slice(&n.to_le_bytes());
    DeviceId::new(id)
}

/// As many receipts as are kept.
fn receipts<T: Config>(place: Place) {
    let receipt = Receipt {
        job: 0,
        chunk: 0,
        epoch: 0,
        fuel: 1,
        outcome: Outcome::Refused { against: keyless(0), task: Some(0), fine: One::one() },
    };
    let full: Receipts<BalanceOf<T>> = BoundedVec::truncate_from(vec![receipt; RECEIPTS as usize]);
    ReceiptsOf::<T>::insert(place, full);
}

/// Registers `device` as the `n`-th, and puts it on the list with as many seats as fit, one of them in the chunk.
fn listed<T: Config>(n: u32, device: &DeviceId) -> Result<Place, BenchmarkError> {
    T::Bonds::register_for_benchmark(n, device);
    let bonded = T::Bonds::bonded(device).ok_or(BenchmarkError::Stop("the device is registered"))?;
    let place = bonded.place;
    receipts::<T>(place);
    let mut held = vec![(JOB, CHUNK)];
    held.extend((1..MAX_HELD).map(|n| (JobId::MAX, n)));
    entry::<T>(place, BoundedVec::truncate_from(held), 1);
    Ok(place)
}

/// Puts the device in `place` on the list.
fn entry<T: Config>(place: Place, held: BoundedVec<(JobId, ChunkIndex), sp_core::ConstU32<MAX_HELD>>, busy: u8) {
    let number = WorkerCount::<T>::get();
    let worker = Worker { place, slots: MAX_SLOTS, memory: 256, valid: 9, missed: 0, from: 0, busy, held };
    Workers::<T>::insert(number, worker);
    WorkerOf::<T>::insert(place, number);
    WorkerCount::<T>::put(number.saturating_add(1));
}

/// As many digests as a chunk has tasks, the last of which `mark` tells from others'.
fn digests(mark: u8) -> Vec<TaskDigest> {
    let digest = |byte| TaskDigest { status: Status::Done, fuel: 1_000_000, output: H256::repeat_byte(byte) };
    let mut digests = vec![digest(0); MAX_CHUNK_TASKS as usize];
    if let Some(last) = digests.last_mut() {
        *last = digest(mark);
    }
    digests
}

fn result(mark: u8) -> ChunkResult {
    ChunkResult::new(0, &digests(mark))
}

fn fingerprint<T: Config>(device: &DeviceId, mark: u8) -> H256 {
    result(mark).fingerprint(Pallet::<T>::genesis(), JOB, CHUNK, device)
}

/// Stores the chunk with as many seats as there can be, `marks` telling what each found, if it has answered.
fn chunk<T: Config>(stage: Stage, marks: impl Fn(u32) -> Option<u8>) -> Result<Chunk, BenchmarkError> {
    let mut seats = Vec::new();
    for n in 0..MAX_SEATS {
        let device = keyless(n);
        let place = listed::<T>(n, &device)?;
        let fingerprint = marks(n).map(|mark| fingerprint::<T>(&device, mark));
        seats.push(Seat { device, place, fingerprint, out: false, contradicted: None });
    }
    // Not where any stage that follows ends, so that it is moved.
    let due = T::Rounds::current_round().saturating_add(7);
    let seats = BoundedVec::truncate_from(seats);
    let chunk = Chunk { stage, due, wanted: MAX_LIMIT, fills: 0, fell_short: false, gone: 0, seats };
    Due::<T>::insert(due, (JOB, CHUNK), ());
    Chunks::<T>::insert(JOB, CHUNK, chunk.clone());
    Ok(chunk)
}

/// The digests of the seats of a chunk, shown by all but the last `but`.
fn openings<T: Config>(but: u32, mark: impl Fn(u32) -> u8) {
    for n in 0..MAX_SEATS.saturating_sub(but) {
        Openings::<T>::insert((JOB, CHUNK), keyless(n), Digests::truncate_from(digests(mark(n))));
    }
}

/// A panel as large as there can be of which all but the last have found `verdict`.
fn panel<T: Config>(task: TaskIndex, last: &ProberId, verdict: vouch_primitives::work::payload::Verdict) {
    let mut members: Vec<_> = (1..MAX_PANEL)
        .map(|n| (ProberId::from(sr25519::Public::from_raw([n as u8; 32])), (n > MAX_PANEL / 3).then_some(verdict)))
        .collect();
    members.push((last.clone(), None));
    Disputes::<T>::insert((JOB, CHUNK), Dispute { task, panels: 1, members: BoundedVec::truncate_from(members) });
}

/// A signature that nobody checks.
fn unchecked() -> DeviceSignature {
    sr25519::Signature::default().into()
}

impl<T: Config> Pallet<T> {
    /// Makes the device in `place`, and another that takes its number, be remembered.
    pub(crate) fn remember_for_benchmark(place: Place) {
        receipts::<T>(place);
        let last = Place { cohort: u32::MAX, lane: 0 };
        [place, last].into_iter().for_each(|place| entry::<T>(place, Default::default(), 0));
    }
}

#[benchmarks(where <T as frame_system::Config>::RuntimeCall: From<Call<T>>)]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn set_params() -> Result<(), BenchmarkError> {
        let admin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        // A price that suffices, whatever a point is worth.
        let params = Params { least_price: terms::<T>().most().unwrap_or_default(), ..params::<T>() };
        #[extrinsic_call]
        _(admin as T::RuntimeOrigin, params);
        assert_eq!(Parameters::<T>::get(), params);
        Ok(())
    }

    #[benchmark]
    fn enlist() -> Result<(), BenchmarkError> {
        let device = keyless(0);
        T::Bonds::register_for_benchmark(0, &device);
        let owner = T::Bonds::bonded(&device).ok_or(BenchmarkError::Stop("the device is registered"))?.owner;
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), device.clone(), MAX_SLOTS, 256);
        assert!(Pallet::<T>::worker(&device).is_some());
        Ok(())
    }

    #[benchmark]
    fn retire() -> Result<(), BenchmarkError> {
        let device = keyless(0);
        T::Bonds::register_for_benchmark(0, &device);
        let bonded = T::Bonds::bonded(&device).ok_or(BenchmarkError::Stop("the device is registered"))?;
        Pallet::<T>::remember_for_benchmark(bonded.place);
        #[extrinsic_call]
        _(RawOrigin::Signed(bonded.owner), device.clone());
        assert!(Pallet::<T>::worker(&device).is_none() && WorkerCount::<T>::get() == 1);
        Ok(())
    }

    #[benchmark]
    fn post_job() -> Result<(), BenchmarkError> {
        prepare::<T>();
        endow::<T>()?;
        queue::<T>(T::MaxQueue::get().saturating_sub(1));
        let id = NextJob::<T>::get();
        #[extrinsic_call]
        _(RawOrigin::Signed(requester::<T>()), Box::new(terms::<T>()));
        assert!(Jobs::<T>::contains_key(id));
        Ok(())
    }

    #[benchmark]
    fn cancel() -> Result<(), BenchmarkError> {
        prepare::<T>();
        endow::<T>()?;
        // In the round in which it was posted, so that it ends at once.
        let job = Job { posted: T::Rounds::current_round(), ..job::<T>(JOB, 1)? };
        Jobs::<T>::insert(JOB, job);
        queue::<T>(T::MaxQueue::get().saturating_sub(1));
        Queue::<T>::mutate(|queue| queue.try_push(JOB)).map_err(|_| BenchmarkError::Stop("there is room for one"))?;
        #[extrinsic_call]
        _(RawOrigin::Signed(requester::<T>()), JOB);
        assert_eq!(Jobs::<T>::get(JOB).map(|job| job.state), Some(JobState::Ended));
        Ok(())
    }

    #[benchmark]
    fn close(n: Linear<1, { T::MaxRemovals::get() }>) -> Result<(), BenchmarkError> {
        prepare::<T>();
        endow::<T>()?;
        let job = job::<T>(JOB, 0)?;
        let chunk = chunk::<T>(Stage::Failed, |_| Some(0))?;
        (0..n).for_each(|index| Chunks::<T>::insert(JOB, index, chunk.clone()));
        Jobs::<T>::insert(JOB, Job { state: JobState::Ended, next: n, ..job });
        #[extrinsic_call]
        _(RawOrigin::Signed(requester::<T>()), JOB);
        assert!(!Jobs::<T>::contains_key(JOB) && Chunks::<T>::iter_key_prefix(JOB).next().is_none());
        Ok(())
    }

    #[benchmark]
    fn authorize_answer() -> Result<(), BenchmarkError> {
        prepare::<T>();
        endow::<T>()?;
        job::<T>(JOB, 0)?;
        let mut chunk = chunk::<T>(Stage::Computing, |_| None)?;
        let key = sp_io::crypto::sr25519_generate(KEY_TYPE, None);
        let device = DeviceId::new(key.0);
        let place = listed::<T>(MAX_SEATS, &device)?;
        let last = chunk.seats.last_mut().ok_or(BenchmarkError::Stop("there are seats"))?;
        (last.device, last.place) = (device.clone(), place);
        Chunks::<T>::insert(JOB, CHUNK, chunk);
        let found = Answer::Fingerprint(H256::repeat_byte(3));
        let payload = answer_payload(Pallet::<T>::genesis(), JOB, CHUNK, &found);
        let signature = sp_io::crypto::sr25519_sign(KEY_TYPE, &key, &payload)
            .ok_or(BenchmarkError::Stop("the keystore signs"))?
            .into();
        let call: <T as frame_system::Config>::RuntimeCall =
            Call::<T>::answer { job: JOB, chunk: CHUNK, device, answer: found, signature }.into();

        let valid;
        #[block]
        {
            valid = call.authorize(TransactionSource::InBlock);
        }

        assert!(matches!(valid, Some(Ok(_))));
        Ok(())
    }

    #[benchmark]
    fn answer() -> Result<(), BenchmarkError> {
        prepare::<T>();
        endow::<T>()?;
        job::<T>(JOB, 0)?;
        let chunk = chunk::<T>(Stage::Computing, |n| (n + 1 < MAX_SEATS).then_some(0))?;
        let device = keyless(MAX_SEATS - 1);
        let found = Answer::Fingerprint(fingerprint::<T>(&device, 0));
        #[extrinsic_call]
        _(RawOrigin::Authorized, JOB, CHUNK, device, found, unchecked());
        let now = Chunks::<T>::get(JOB, CHUNK).map(|chunk| chunk.stage);
        assert!(now == Some(Stage::Revealing) && chunk.stage == Stage::Computing);
        Ok(())
    }

    #[benchmark]
    fn authorize_reveal() -> Result<(), BenchmarkError> {
        prepare::<T>();
        endow::<T>()?;
        job::<T>(JOB, 0)?;
        chunk::<T>(Stage::Revealing, |_| Some(0))?;
        let call: <T as frame_system::Config>::RuntimeCall =
            Call::<T>::reveal { job: JOB, chunk: CHUNK, result: result(0) }.into();

        let valid;
        #[block]
        {
            valid = call.authorize(TransactionSource::InBlock);
        }

        assert!(matches!(valid, Some(Ok(_))));
        Ok(())
    }

    #[benchmark]
    fn reveal() -> Result<(), BenchmarkError> {
        prepare::<T>();
        endow::<T>()?;
        job::<T>(JOB, 0)?;
        chunk::<T>(Stage::Revealing, |n| Some((n % 2) as u8))?;
        // Left from a contest.
        openings::<T>(0, |n| (n % 2) as u8);
        #[extrinsic_call]
        _(RawOrigin::Authorized, JOB, CHUNK, result(0));
        let paid = terms::<T>().pay(CHUNK).saturating_mul(u32::from(MAX_LIMIT).into());
        assert_eq!(Jobs::<T>::get(JOB).map(|job| (job.state, job.paid)), Some((JobState::Ended, paid)));
        assert!(matches!(
            ReceiptsOf::<T>::get(Place { cohort: 1, lane: 0 }).pop(),
            None | Some(Receipt { outcome: Outcome::Refused { .. }, job: JOB, .. })
        ));
        Ok(())
    }

    #[benchmark]
    fn authorize_open() -> Result<(), BenchmarkError> {
        prepare::<T>();
        endow::<T>()?;
        job::<T>(JOB, 0)?;
        chunk::<T>(Stage::Opening, |n| Some(n as u8))?;
        openings::<T>(1, |n| n as u8);
        let n = MAX_SEATS - 1;
        let digests = Digests::truncate_from(digests(n as u8));
        let call: <T as frame_system::Config>::RuntimeCall =
            Call::<T>::open { job: JOB, chunk: CHUNK, device: keyless(n), digests }.into();

        let valid;
        #[block]
        {
            valid = call.authorize(TransactionSource::InBlock);
        }

        assert!(matches!(valid, Some(Ok(_))));
        Ok(())
    }

    #[benchmark]
    fn open() -> Result<(), BenchmarkError> {
        prepare::<T>();
        endow::<T>()?;
        job::<T>(JOB, 0)?;
        // All show the same, so that all of it is compared; and none of them can be replaced.
        chunk::<T>(Stage::Opening, |_| Some(0))?;
        openings::<T>(1, |_| 0);
        #[extrinsic_call]
        _(RawOrigin::Authorized, JOB, CHUNK, keyless(MAX_SEATS - 1), Digests::truncate_from(digests(0)));
        assert_eq!(Chunks::<T>::get(JOB, CHUNK).map(|chunk| chunk.stage), Some(Stage::Failed));
        assert!(Openings::<T>::iter().next().is_none());
        Ok(())
    }

    #[benchmark]
    fn authorize_judge() -> Result<(), BenchmarkError> {
        prepare::<T>();
        endow::<T>()?;
        job::<T>(JOB, 0)?;
        chunk::<T>(Stage::Judging, |n| Some(n as u8))?;
        let member = ProberId::generate_pair(None);
        let task = MAX_CHUNK_TASKS - 1;
        panel::<T>(task, &member, None);
        let verdict = Some(digests(1)[task as usize]);
        let payload = verdict_payload(Pallet::<T>::genesis(), JOB, CHUNK, task, &verdict);
        let signature = member.sign(&payload).ok_or(BenchmarkError::Stop("the keystore signs"))?;
        let call: <T as frame_system::Config>::RuntimeCall =
            Call::<T>::judge { job: JOB, chunk: CHUNK, task, member, verdict, signature }.into();

        let valid;
        #[block]
        {
            valid = call.authorize(TransactionSource::InBlock);
        }

        assert!(matches!(valid, Some(Ok(_))));
        Ok(())
    }

    #[benchmark]
    fn judge() -> Result<(), BenchmarkError> {
        prepare::<T>();
        endow::<T>()?;
        job::<T>(JOB, 0)?;
        chunk::<T>(Stage::Judging, |n| Some(n as u8))?;
        openings::<T>(0, |n| n as u8);
        let member = ProberId::generate_pair(None);
        let task = MAX_CHUNK_TASKS - 1;
        // Only the first found what the panel finds, so that all others are out and fined, and none of them can be replaced.
        let verdict = Some(digests(0)[task as usize]);
        panel::<T>(task, &member, verdict);
        let signature = ProberSignature::from(sr25519::Signature::default());
        #[extrinsic_call]
        _(RawOrigin::Authorized, JOB, CHUNK, task, member, verdict, signature);
        assert_eq!(Chunks::<T>::get(JOB, CHUNK).map(|chunk| chunk.stage), Some(Stage::Failed));
        assert!(Disputes::<T>::iter().next().is_none());
        let refused = |kept: &Receipts<BalanceOf<T>>| kept.last().is_some_and(|last| last.job == JOB);
        assert_eq!(ReceiptsOf::<T>::iter_values().filter(refused).count(), MAX_SEATS as usize - 1);
        Ok(())
    }

    #[benchmark]
    fn look() -> Result<(), BenchmarkError> {
        prepare::<T>();
        queue::<T>(T::MaxQueue::get());
        DueFrom::<T>::put(T::Rounds::current_round());
        let used;
        #[block]
        {
            used = Pallet::<T>::work_within(T::WeightInfo::look());
        }
        assert_eq!(used, T::WeightInfo::look());
        assert_eq!(Queue::<T>::get().len() as u32, T::MaxQueue::get());
        Ok(())
    }

    #[benchmark]
    fn chase_up() -> Result<(), BenchmarkError> {
        prepare::<T>();
        endow::<T>()?;
        let job = job::<T>(JOB, 0)?;
        Jobs::<T>::insert(JOB, Job { ends: 0, ..job });
        // The last panel is silent, and all seats but the first were contradicted by those before it.
        let mut chunk = chunk::<T>(Stage::Judging, |n| Some(n as u8))?;
        openings::<T>(0, |n| n as u8);
        let member = ProberId::from(sr25519::Public::from_raw([1; 32]));
        panel::<T>(0, &member, None);
        Disputes::<T>::mutate((JOB, CHUNK), |dispute| {
            if let Some(dispute) = dispute {
                dispute.panels = MAX_PANELS;
            }
        });
        for seat in chunk.seats.iter_mut().skip(1) {
            (seat.out, seat.contradicted) = (true, Some(0));
        }
        Due::<T>::remove(chunk.due, (JOB, CHUNK));
        chunk.due = T::Rounds::current_round().saturating_sub(1);
        Due::<T>::insert(chunk.due, (JOB, CHUNK), ());
        Chunks::<T>::insert(JOB, CHUNK, &chunk);
        let params = Parameters::<T>::get();
        #[block]
        {
            Pallet::<T>::chase_up_one(chunk.due, &params);
        }
        assert_eq!(Chunks::<T>::get(JOB, CHUNK).map(|chunk| chunk.stage), Some(Stage::Failed));
        assert!(Jobs::<T>::get(JOB).is_some_and(|job| job.state == JobState::Ended));
        assert!(Openings::<T>::iter().next().is_none() && Disputes::<T>::iter().next().is_none());
        Ok(())
    }

    #[benchmark]
    fn hand_out() -> Result<(), BenchmarkError> {
        prepare::<T>();
        endow::<T>()?;
        let mut job = job::<T>(JOB, 1)?;
        // The first offers are in vain, so that all of them are made, and as many as there are seats are not.
        let drawn: Vec<u32> = candidates(T::Rounds::current_seed(), JOB, CHUNK, WORKERS).collect();
        let mut distinct = drawn.clone();
        distinct.sort();
        distinct.dedup();
        let mut last: Vec<u32> = Vec::new();
        for number in drawn.iter().rev() {
            if !last.contains(number) && last.len() < usize::from(MAX_LIMIT) {
                last.push(*number);
            }
        }
        for number in distinct {
            let device = keyless(number);
            T::Bonds::register_for_benchmark(number, &device);
            let place = T::Bonds::bonded(&device).ok_or(BenchmarkError::Stop("the device is registered"))?.place;
            let held = BoundedVec::truncate_from((1..MAX_HELD).map(|n| (JobId::MAX, n)).collect());
            let worker = Worker { place, slots: MAX_SLOTS, memory: 256, valid: 9, missed: 0, from: 0, busy: 0, held };
            Workers::<T>::insert(number, worker);
            WorkerOf::<T>::insert(place, number);
            if last.contains(&number) {
                T::Presence::be_up_for_benchmark(place);
            }
        }
        WorkerCount::<T>::put(WORKERS);
        DrawnFrom::<T>::put(BoundedVec::truncate_from(vec![(0, WORKERS)]));
        let (round, params) = (T::Rounds::current_round(), Parameters::<T>::get());
        let handed_out;
        #[block]
        {
            handed_out = Pallet::<T>::hand_out_of(JOB, &mut job, round, &params);
        }
        assert!(handed_out && drawn.len() == OFFERS as usize);
        assert_eq!(Chunks::<T>::get(JOB, CHUNK).map(|chunk| chunk.seats.len()), Some(last.len()));
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::benchmark_ext(), crate::mock::Test);
}
