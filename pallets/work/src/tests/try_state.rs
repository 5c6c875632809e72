use super::*;

/// Breaks one thing in a chain with an open chunk, and looks which sentence finds it.
fn found(corrupt: impl FnOnce(JobId)) -> String {
    let mut found = String::new();
    Chain::new().devices(4).run(|| {
        let job = post(terms(400, 4));
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

#[test]
fn corruption_is_found() {
    let cases: [Case; 8] = [
        (|job| Jobs::<Test>::mutate(job, |job| job.as_mut().unwrap().escrow += 1), "escrow"),
        (|job| Jobs::<Test>::mutate(job, |job| job.as_mut().unwrap().deposit += 1), "held from a requester"),
        (|job| Jobs::<Test>::mutate(job, |job| job.as_mut().unwrap().settled += 1), "counts its open chunks"),
        (|_| Queue::<Test>::kill(), "running jobs are queued"),
        (|job| Due::<Test>::remove(Chunks::<Test>::get(job, 0).unwrap().due, (job, 0)), "last round of its stage"),
        (|_| DueFrom::<Test>::put(1_000), "looked for"),
        (|_| WorkerCount::<Test>::put(9), "without gaps"),
        (|_| Workers::<Test>::mutate(0, |worker| worker.as_mut().unwrap().busy += 1), "busy with"),
    ];
    for (corrupt, sentence) in cases {
        let found = found(corrupt);
        assert!(found.contains(sentence), "{found} instead of {sentence}");
    }
}
