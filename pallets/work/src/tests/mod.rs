//! Jobs from their posting to their end, with honest and other devices.

mod copying;
mod disputes;
mod properties;
mod referee;
mod requesters;
mod settling;
mod try_state;
mod workers;

use crate::{mock::*, types::Refusal, *};
use frame_system::RawOrigin;
use polkadot_sdk::*;
use sp_core::{Pair, H256};
use sp_runtime::{
    transaction_validity::{TransactionValidityError, TransactionValidityWithRefund},
    DispatchResult,
};
use vouch_primitives::traits::Engagements;
use vouch_primitives::work::{
    api::{JobState, Stage},
    payload::{answer_payload, verdict_payload, Verdict},
    result::ChunkResult,
    Answer, JobId, Terms,
};

/// Posts a job and lets the rounds go by after which it is handed out.
fn post(terms: Terms<Balance>) -> JobId {
    let id = NextJob::<Test>::get();
    Work::post_job(RuntimeOrigin::signed(requester()), Box::new(terms)).unwrap();
    pass(2);
    id
}

fn terms_of(job: JobId) -> Terms<Balance> {
    Jobs::<Test>::get(job).unwrap().terms
}

fn stage(job: JobId, chunk: u32) -> Stage {
    Chunks::<Test>::get(job, chunk).unwrap().stage
}

/// Sends a call that needs no origin, if it is authorized.
fn send(
    authorized: TransactionValidityWithRefund,
    call: impl FnOnce(RuntimeOrigin) -> DispatchResult,
) -> Result<(), TransactionValidityError> {
    authorized?;
    call(RawOrigin::Authorized.into()).unwrap();
    check();
    Ok(())
}

fn refused(refusal: Refusal) -> Result<(), TransactionValidityError> {
    Err(refusal.into())
}

/// Device `n` answers with the fingerprint of what it found; `lie` names a wrong task.
fn answer(job: JobId, chunk: u32, n: u8, lie: Option<(u32, u8)>) -> Result<(), TransactionValidityError> {
    let print = result(&terms_of(job), chunk, lie).fingerprint(Work::genesis(), job, chunk, &device(n));
    say(job, chunk, n, Answer::Fingerprint(print))
}

/// Device `n` says something.
fn say(job: JobId, chunk: u32, n: u8, answer: Answer) -> Result<(), TransactionValidityError> {
    let signature = key(n).sign(&answer_payload(Work::genesis(), job, chunk, &answer)).into();
    send(Work::authorize_answer(job, chunk, &device(n), &answer, &signature), |origin| {
        Work::answer(origin, job, chunk, device(n), answer, signature.clone())
    })
}

fn reveal(job: JobId, chunk: u32, result: ChunkResult) -> Result<(), TransactionValidityError> {
    send(Work::authorize_reveal(job, chunk, &result), |origin| Work::reveal(origin, job, chunk, result))
}

/// Reveals what is true.
fn reveal_truth(job: JobId, chunk: u32) -> Result<(), TransactionValidityError> {
    reveal(job, chunk, result(&terms_of(job), chunk, None))
}

fn show(job: JobId, chunk: u32, n: u8, lie: Option<(u32, u8)>) -> Result<(), TransactionValidityError> {
    let shown: types::Digests = digests(&terms_of(job), chunk, lie).try_into().unwrap();
    send(Work::authorize_opening(job, chunk, &device(n), &shown), |origin| {
        Work::open(origin, job, chunk, device(n), shown.clone())
    })
}

fn judge_as(n: u8, job: JobId, chunk: u32, task: u32, verdict: Verdict) -> Result<(), TransactionValidityError> {
    let payload = verdict_payload(Work::genesis(), job, chunk, task, &verdict);
    let signature = judge(n).sign(&payload).into();
    let member = judge(n).public().into();
    send(Work::authorize_verdict(job, chunk, task, &member, &verdict, &signature), |origin| {
        Work::judge(origin, job, chunk, task, member.clone(), verdict, signature.clone())
    })
}

fn free(n: u8) -> Balance {
    Balances::free_balance(account(n))
}

fn bond(n: u8) -> Balance {
    Registered::get()[&device(n)].bond
}

fn worker(n: u8) -> types::Worker {
    Work::worker_at(place(n)).unwrap()
}
