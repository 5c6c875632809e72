//! What devices and validators sign about work.

use super::{ChunkIndex, JobId, TaskDigest, TaskIndex};
use crate::probe::separated;
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::sp_core::H256;
use scale_info::TypeInfo;

pub(crate) const ANSWER_DOMAIN: &[u8] = b"vouch/answer/v1";
pub(crate) const VERDICT_DOMAIN: &[u8] = b"vouch/verdict/v1";

/// What a device says about a chunk it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Answer {
    /// It has computed the chunk; see [`super::result`].
    Fingerprint(H256),
    /// It cannot: module or inputs are not to be had, or there is no time. It gives its seat back and loses nothing.
    Declined,
}

/// What a device signs to answer.
pub fn answer_payload(genesis: H256, job: JobId, chunk: ChunkIndex, answer: &Answer) -> Vec<u8> {
    separated(ANSWER_DOMAIN, (genesis, job, chunk, answer))
}

/// What a member of a panel found for the task in dispute; `None` if module or inputs are not to be had.
pub type Verdict = Option<TaskDigest>;

/// What a member of a panel signs. `task` is the task's number in the job.
pub fn verdict_payload(genesis: H256, job: JobId, chunk: ChunkIndex, task: TaskIndex, verdict: &Verdict) -> Vec<u8> {
    separated(VERDICT_DOMAIN, (genesis, job, chunk, task, verdict))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_signed_for_one_thing_passes_for_another() {
        let genesis = H256::repeat_byte(1);
        let payloads = [
            answer_payload(genesis, 1, 2, &Answer::Declined),
            answer_payload(genesis, 1, 2, &Answer::Fingerprint(H256::zero())),
            answer_payload(genesis, 2, 1, &Answer::Declined),
            answer_payload(H256::zero(), 1, 2, &Answer::Declined),
            verdict_payload(genesis, 1, 2, 3, &None),
            verdict_payload(genesis, 1, 2, 4, &None),
            verdict_payload(genesis, 1, 2, 3, &Some(super::super::TaskOutput::bad_module().digest())),
        ];
        let distinct: std::collections::BTreeSet<_> = payloads.iter().collect();
        assert_eq!(distinct.len(), payloads.len());
    }
}
