//! Whether what a device served is what the chain settled on: pure, no sockets, no files.
//!
//! The chain knows of a chunk one Merkle root over the digests of its tasks, and their fuel. Who serves outputs proves them by
//! giving the same: nobody is believed.

use codec::DecodeAll;
use vouch_device::{chain::Terms, H256};
use vouch_primitives::{
    work::{
        api::{ChunkInfo, Seat, Stage},
        result::ChunkResult,
        ChunkIndex, JobId, TaskIndex, TaskOutput, MAX_OUTPUT_BYTES,
    },
    DeviceId,
};

/// Most bytes that a task's result takes besides its output: how it ended, its fuel, and the length of the output.
const TASK_BYTES: usize = 1 + 8 + 5;

/// Most bytes that the number of results takes in front of them.
const COUNT_BYTES: usize = 5;

/// Most bytes that the results of a chunk take.
pub fn most_bytes(terms: &Terms, chunk: ChunkIndex) -> usize {
    COUNT_BYTES + terms.tasks_of(chunk).len() * (TASK_BYTES + MAX_OUTPUT_BYTES as usize)
}

/// Why results are not those that a chunk settled on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// They are no results at all.
    #[error("what it serves is no list of results: {0}")]
    NoResults(String),
    /// They are of more tasks, or of fewer.
    #[error("it serves results of {found} tasks, the chunk has {expected}")]
    Count {
        /// Tasks of the chunk.
        expected: usize,
        /// Results served.
        found: usize,
    },
    /// They are of as many tasks, and others.
    #[error("what it serves is not what the chunk settled on")]
    Other,
}

/// The results in `body`, if they are those that `chunk` settled on.
pub fn results(
    body: &[u8],
    terms: &Terms,
    chunk: ChunkIndex,
    settled: &ChunkResult,
) -> Result<Vec<TaskOutput>, Mismatch> {
    let found = Vec::<TaskOutput>::decode_all(&mut &*body).map_err(|error| Mismatch::NoResults(error.to_string()))?;
    let tasks = terms.tasks_of(chunk);
    if found.len() != tasks.len() {
        return Err(Mismatch::Count { expected: tasks.len(), found: found.len() });
    }
    match are_settled(&found, tasks.start, settled) {
        true => Ok(found),
        false => Err(Mismatch::Other),
    }
}

/// Whether a chunk whose first task is `first` settled on these results.
pub fn are_settled(results: &[TaskOutput], first: TaskIndex, settled: &ChunkResult) -> bool {
    let digests: Vec<_> = results.iter().map(TaskOutput::digest).collect();
    ChunkResult::new(first, &digests) == *settled
}

/// What a chunk settled on; `None` if it has not.
pub fn settled(chunk: &ChunkInfo) -> Option<ChunkResult> {
    match chunk.stage {
        Stage::Settled(result) => Some(result),
        _ => None,
    }
}

/// The seats of `info` whose devices answered with the fingerprint of `settled`, in the order in which they were filled.
pub fn right<'a>(
    genesis: H256,
    job: JobId,
    chunk: ChunkIndex,
    info: &'a ChunkInfo,
    settled: &'a ChunkResult,
) -> impl Iterator<Item = &'a Seat> {
    let is_right = move |device: &DeviceId, print: H256| settled.fingerprint(genesis, job, chunk, device) == print;
    info.seats.iter().filter(move |seat| seat.fingerprint.is_some_and(|print| is_right(&seat.device, print)))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use codec::Encode;
    use proptest::{collection::vec, prelude::*, sample::Index};
    use std::net::SocketAddr;
    use vouch_primitives::{work::Status, Place};

    pub(crate) fn terms(tasks: u32, chunk_tasks: u32) -> Terms {
        Terms {
            module: H256::zero(),
            inputs: H256::zero(),
            source: SocketAddr::from(([127, 0, 0, 1], 1)).into(),
            tasks,
            chunk_tasks,
            fuel: 1,
            memory: 1,
            price: 3,
            replicas: 2,
            quorum: 2,
            limit: 4,
            adaptive: false,
            class: None,
            rounds: 1,
            deadline: 9,
        }
    }

    pub(crate) fn chunk_result(first: TaskIndex, outputs: &[TaskOutput]) -> ChunkResult {
        ChunkResult::new(first, &outputs.iter().map(TaskOutput::digest).collect::<Vec<_>>())
    }

    pub(crate) fn seat(device: u8, fingerprint: Option<H256>) -> Seat {
        Seat {
            device: DeviceId::new([device; 32]),
            place: Place { cohort: 0, lane: 0 },
            fingerprint,
            out: false,
            contradicted: None,
        }
    }

    fn output() -> impl Strategy<Value = TaskOutput> {
        let status = prop_oneof![Just(Status::Done), Just(Status::Trapped), Just(Status::OutOfFuel)];
        (status, 0u64..1 << 40, vec(any::<u8>(), 0..100)).prop_map(|(status, fuel, output)| TaskOutput {
            status,
            fuel,
            output,
        })
    }

    proptest! {
        #[test]
        fn what_was_settled_is_taken(outputs in vec(output(), 1..20)) {
            let tasks = outputs.len() as u32;
            let (terms, settled) = (terms(2 * tasks, tasks), chunk_result(tasks, &outputs));
            let body = outputs.encode();
            prop_assert!(body.len() <= most_bytes(&terms, 1));
            prop_assert_eq!(results(&body, &terms, 1, &settled), Ok(outputs));
            // The same results for other tasks are others.
            prop_assert_eq!(results(&body, &terms, 0, &settled), Err(Mismatch::Other));
        }

        /// Any flipped bit of what is served is noticed, be it of an output, of how a task ended, or of its fuel.
        #[test]
        fn any_flipped_bit_is_refused(outputs in vec(output(), 1..10), at: Index, bit in 0u8..8) {
            let (terms, settled) = (terms(outputs.len() as u32, 10), chunk_result(0, &outputs));
            let mut body = outputs.encode();
            let at = at.index(body.len());
            body[at] ^= 1 << bit;
            prop_assert!(results(&body, &terms, 0, &settled).is_err());
        }

        #[test]
        fn any_flipped_byte_of_an_output_is_another_result(
            outputs in vec(output(), 1..10),
            task: Index,
            at: Index,
            flip in 1u8..,
        ) {
            let settled = chunk_result(0, &outputs);
            let mut lied = outputs;
            let output = &mut task.get_mut(&mut lied[..]).output;
            prop_assume!(!output.is_empty());
            *at.get_mut(&mut output[..]) ^= flip;
            prop_assert!(!are_settled(&lied, 0, &settled));
        }

        #[test]
        fn truncated_and_padded_results_are_refused(outputs in vec(output(), 1..10), at: Index) {
            let (terms, settled) = (terms(outputs.len() as u32, 10), chunk_result(0, &outputs));
            let body = outputs.encode();
            prop_assert!(results(&body[..at.index(body.len())], &terms, 0, &settled).is_err());
            prop_assert!(results(&[&body[..], &[0]].concat(), &terms, 0, &settled).is_err());
        }
    }

    #[test]
    fn results_of_another_number_of_tasks_are_named() {
        let outputs = vec![TaskOutput::bad_module(); 2];
        let settled = chunk_result(0, &outputs);
        let found = results(&outputs.encode(), &terms(3, 3), 0, &settled);
        assert_eq!(found, Err(Mismatch::Count { expected: 3, found: 2 }));
    }

    #[test]
    fn largest_results_are_not_too_large() {
        let largest = TaskOutput { status: Status::Done, fuel: u64::MAX, output: vec![0; MAX_OUTPUT_BYTES as usize] };
        assert!(vec![largest; 3].encoded_size() <= most_bytes(&terms(3, 3), 0));
    }

    #[test]
    fn only_those_are_asked_who_answered_rightly() {
        let (genesis, settled) = (H256::repeat_byte(1), chunk_result(0, &[TaskOutput::bad_module()]));
        let print = |device| Some(settled.fingerprint(genesis, 7, 3, &DeviceId::new([device; 32])));
        let seats = vec![seat(1, print(1)), seat(2, print(1)), seat(3, None), seat(4, print(4))];
        let info = ChunkInfo { stage: Stage::Settled(settled), due: 0, seats, earns_points: true, dispute: None };
        assert_eq!(super::settled(&info), Some(settled));
        let right: Vec<_> = right(genesis, 7, 3, &info, &settled).map(|seat| seat.device.clone()).collect();
        assert_eq!(right, [DeviceId::new([1; 32]), DeviceId::new([4; 32])]);
        assert_eq!(super::settled(&ChunkInfo { stage: Stage::Computing, ..info }), None);
    }
}
