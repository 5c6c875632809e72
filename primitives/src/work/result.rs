//! What a device found, and how it says so without telling.
//!
//! A device that has computed a chunk knows the digest of every task's result, the Merkle root over them, and the fuel they took
//! together. It answers with the *blinded fingerprint* `H(genesis, job, chunk, root, fuel, device)`:
//!
//! - The device's id is in it, so another's fingerprint is worth nothing to a copier.
//! - Who knows root and fuel can compute the fingerprints of all others, and so sees whether they found the same. One reveal of
//!   the two opens all matching fingerprints at once; until then they tell nobody anything.
//! - Fuel is in every digest and in the fingerprint. Who guesses the answer of a yes-or-no job has still to guess how many
//!   instructions it takes to find it.

use super::{ChunkIndex, Fuel, JobId, TaskIndex};
use crate::DeviceId;
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{binary_merkle_tree, sp_core::H256, sp_io::hashing::blake2_256, sp_runtime::traits::BlakeTwo256};
use scale_info::TypeInfo;

const LEAF_TAG: &[u8] = b"vouch/result/v1";
const FINGERPRINT_TAG: &[u8] = b"vouch/fingerprint/v1";

/// How a task ended. All of them are results: every honest device finds the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Status {
    /// The module ran to its end.
    Done,
    /// It did what no module may: it divided by zero, reached beyond its memory, called too deep, or gave up.
    Trapped,
    /// It needed more fuel than a task may use.
    OutOfFuel,
    /// It wrote more than [`super::MAX_OUTPUT_BYTES`].
    OutputTooLarge,
    /// The module is none that can be run: every task ends so, without using any fuel.
    BadModule,
}

/// What a task gave.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct TaskOutput {
    /// How it ended.
    pub status: Status,
    /// Fuel it used.
    pub fuel: Fuel,
    /// What it wrote; nothing unless it ran to its end.
    pub output: Vec<u8>,
}

impl TaskOutput {
    /// What every task of a module gives that cannot be run.
    pub fn bad_module() -> Self {
        Self { status: Status::BadModule, fuel: 0, output: Vec::new() }
    }

    /// Its digest.
    pub fn digest(&self) -> TaskDigest {
        TaskDigest { status: self.status, fuel: self.fuel, output: H256(blake2_256(&self.output)) }
    }
}

/// A task's result, as the chain sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct TaskDigest {
    /// How it ended.
    pub status: Status,
    /// Fuel it used.
    pub fuel: Fuel,
    /// BLAKE2b-256 of what it wrote.
    pub output: H256,
}

impl TaskDigest {
    fn leaf(&self, task: TaskIndex) -> Vec<u8> {
        let mut bytes = LEAF_TAG.to_vec();
        (task, self).encode_to(&mut bytes);
        bytes
    }
}

/// What all tasks of a chunk gave: what is opened by a reveal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct ChunkResult {
    /// Merkle root over the digests of its tasks, in their order.
    pub root: H256,
    /// Fuel that they used together.
    pub fuel: Fuel,
}

impl ChunkResult {
    /// The result of a chunk whose first task is `first`.
    pub fn new(first: TaskIndex, tasks: &[TaskDigest]) -> Self {
        let leaves = tasks.iter().zip(first..).map(|(digest, task)| digest.leaf(task)).collect::<Vec<_>>();
        let fuel = tasks.iter().fold(0, |sum: Fuel, task| sum.saturating_add(task.fuel));
        Self { root: binary_merkle_tree::merkle_root::<BlakeTwo256, _>(leaves), fuel }
    }

    /// The fingerprint that `device` answers with on the chain whose first block is `genesis`.
    pub fn fingerprint(&self, genesis: H256, job: JobId, chunk: ChunkIndex, device: &DeviceId) -> H256 {
        H256(blake2_256(&(FINGERPRINT_TAG, genesis, job, chunk, self, device).encode()))
    }
}

/// Position in the chunk of the first task that two devices found different results for; `None` if there is none.
pub fn first_difference(one: &[TaskDigest], other: &[TaskDigest]) -> Option<usize> {
    one.iter().zip(other).position(|(one, other)| one != other).or_else(|| {
        let shorter = one.len().min(other.len());
        (one.len() != other.len()).then_some(shorter)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*, sample::Index};

    fn digest() -> impl Strategy<Value = TaskDigest> {
        let status = prop_oneof![Just(Status::Done), Just(Status::Trapped), Just(Status::OutOfFuel)];
        (status, 0u64..1 << 40, any::<[u8; 32]>()).prop_map(|(status, fuel, output)| TaskDigest {
            status,
            fuel,
            output: H256(output),
        })
    }

    proptest! {
        /// Whatever differs, results and fingerprints differ, and the difference is found where it is.
        #[test]
        fn a_single_lie_changes_everything(tasks in vec(digest(), 1..40), at: Index, lie in digest(), first: u32) {
            let first = first / 2;
            let at = at.index(tasks.len());
            let mut other = tasks.clone();
            other[at] = lie;
            let (honest, lied) = (ChunkResult::new(first, &tasks), ChunkResult::new(first, &other));
            prop_assert_eq!(honest.root == lied.root, tasks[at] == lie);
            prop_assert_eq!(first_difference(&tasks, &other), (tasks[at] != lie).then_some(at));
            let (device, genesis) = (DeviceId::new([1; 32]), H256::zero());
            let print = honest.fingerprint(genesis, 1, 2, &device);
            prop_assert_eq!(print == lied.fingerprint(genesis, 1, 2, &device), honest == lied);
            prop_assert_ne!(print, honest.fingerprint(genesis, 1, 2, &DeviceId::new([2; 32])));
            prop_assert_ne!(print, honest.fingerprint(genesis, 2, 2, &device));
            prop_assert_ne!(print, honest.fingerprint(genesis, 1, 3, &device));
            prop_assert_ne!(print, honest.fingerprint(H256::repeat_byte(1), 1, 2, &device));
            prop_assert_ne!(print, ChunkResult { fuel: honest.fuel + 1, ..honest }.fingerprint(genesis, 1, 2, &device));
        }

        /// The same digests for other tasks are another result.
        #[test]
        fn results_belong_to_their_tasks(tasks in vec(digest(), 1..20), first in 0u32..1_000) {
            prop_assert_ne!(ChunkResult::new(first, &tasks).root, ChunkResult::new(first + 1, &tasks).root);
        }
    }

    #[test]
    fn shorter_answers_differ_where_they_end() {
        let task = TaskOutput::bad_module().digest();
        assert_eq!(first_difference(&[task; 2], &[task; 3]), Some(2));
        assert_eq!(first_difference(&[], &[]), None);
    }
}
