use super::*;
use types::{Chunk, Digests, Dispute, JobOf, Worker};
use vouch_primitives::Place;

/// Breaks one thing in a chain with a job whose only chunk is open, two seats and two idle workers, and looks which sentence finds it.
fn found(corrupt: impl FnOnce(JobId)) -> String {
    let mut found = String::new();
    Chain::new().devices(4).run(|| {
        let job = post(terms(4, 4));
        let result = frame_support::storage::with_transaction(|| {
            corrupt(job);
            sp_runtime::TransactionOutcome::Rollback(Ok::<_, sp_runtime::DispatchError>(Work::do_try_state()))
        });
        found = format!("{:?}", result.unwrap().expect_err("the corruption is found"));
    });
    found
}

/// What breaks, and a part of the sentence that finds it.
type Case = (fn(JobId), &'static str);

fn looks(cases: &[Case]) {
    for (corrupt, sentence) in cases {
        let found = found(corrupt);
        assert!(found.contains(sentence), "{found} instead of {sentence}");
    }
}

fn change_job(job: JobId, change: impl FnOnce(&mut JobOf<Test>)) {
    Jobs::<Test>::mutate(job, |job| change(job.as_mut().unwrap()));
}

fn queue(jobs: impl IntoIterator<Item = JobId>) {
    Queue::<Test>::put(frame_support::BoundedVec::truncate_from(jobs.into_iter().collect()));
}

fn change_chunk(job: JobId, change: impl FnOnce(&mut Chunk)) {
    Chunks::<Test>::mutate(job, 0, |chunk| change(chunk.as_mut().unwrap()));
}

/// The numbers of the workers that hold nothing, or of those that hold something.
fn workers(idle: bool) -> Vec<u32> {
    let mut numbers: Vec<_> = Workers::<Test>::iter()
        .filter(|(_, worker)| worker.held.is_empty() == idle)
        .map(|(number, _)| number)
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers.len(), 2);
    numbers
}

fn change_worker(number: u32, change: impl FnOnce(&mut Worker)) {
    Workers::<Test>::mutate(number, |worker| change(worker.as_mut().unwrap()));
}

#[test]
fn notices_what_is_wrong_with_a_job() {
    looks(&[
        (|job| change_job(job, |job| job.escrow += 1), "a job's escrow is"),
        (|job| change_job(job, |job| job.deposit += 1), "held from a requester"),
        (|job| queue([job + 7, job + 7]), "waits in the queue once"),
        (|job| queue([job]), "running jobs are queued"),
        (|job| change_job(job, |job| job.state = JobState::Running), "running jobs are queued"),
        (|job| change_job(job, |job| job.settled += 1), "counts its open chunks"),
        (|job| change_job(job, |job| (job.settled, job.next) = (1, 2)), "counts its final chunks"),
        (|job| change_job(job, |job| (job.settled, job.removed, job.next) = (1, 1, 2)), "no chunk is handed out"),
        (
            |job| {
                change_chunk(job, |chunk| chunk.stage = Stage::Failed);
                change_job(job, |job| job.failed = 1);
            },
            "a job has ended once",
        ),
        (|job| queue([job + 7]), "queued jobs exist"),
    ]);
}

#[test]
fn notices_what_is_wrong_with_a_chunk() {
    looks(&[
        (|job| Chunks::<Test>::insert(job + 7, 0, Chunks::<Test>::get(job, 0).unwrap()), "belongs to a job"),
        (
            |job| Disputes::<Test>::insert((job, 0), Dispute { task: 0, panels: 1, members: Default::default() }),
            "a panel sits",
        ),
        (
            |job| {
                change_chunk(job, |chunk| chunk.stage = Stage::Failed);
                change_job(job, |job| (job.failed, job.state) = (1, JobState::Running));
                queue([job]);
                Openings::<Test>::insert((job, 0), device(0), Digests::default());
            },
            "final chunks are not contested",
        ),
        (|job| Due::<Test>::remove(Chunks::<Test>::get(job, 0).unwrap().due, (job, 0)), "last round of its stage"),
        (|_| DueFrom::<Test>::put(1_000), "looked for"),
        (|job| change_chunk(job, |chunk| chunk.stage = Stage::Opening), "owed only while devices compute"),
        (|_| change_worker(workers(false)[0], |worker| worker.held.clear()), "knows of its seats"),
        (
            |job| change_chunk(job, |chunk| chunk.seats.try_push(chunk.seats[0].clone()).unwrap()),
            "one seat in a chunk at most",
        ),
        (|job| Due::<Test>::insert(900, (job, 9), ()), "nothing is due but"),
    ]);
}

#[test]
fn notices_what_is_wrong_with_a_worker() {
    looks(&[
        (|_| WorkerCount::<Test>::put(9), "numbered without gaps"),
        (|_| WorkerOf::<Test>::insert(Place { cohort: 9, lane: 9 }, 0), "has one number"),
        (
            |_| {
                let idle = workers(true)[0];
                let worker = Workers::<Test>::take(idle).unwrap();
                WorkerOf::<Test>::insert(worker.place, 77);
                Workers::<Test>::insert(77, worker);
            },
            "numbered from 0",
        ),
        (
            |_| {
                let [one, other] = workers(true)[..] else { panic!("two are idle") };
                let place = |number| Workers::<Test>::get(number).unwrap().place;
                WorkerOf::<Test>::insert(place(one), other);
                WorkerOf::<Test>::insert(place(other), one);
            },
            "number leads to it",
        ),
        (
            |job| change_worker(workers(true)[0], |worker| worker.held.try_push((job, 99)).unwrap()),
            "seats in chunks that exist",
        ),
        (
            |job| change_worker(workers(true)[0], |worker| worker.held.try_push((job, 0)).unwrap()),
            "seats in open chunks",
        ),
        (|_| change_worker(0, |worker| worker.busy += 1), "busy with"),
    ]);
}
