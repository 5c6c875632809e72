//! A job's inputs: what is signed for by one hash on the chain, and sent to devices chunk by chunk.
//!
//! Two trees, so that a chunk travels with one short path however many tasks it has: the root of a chunk is over its inputs, and
//! the job's is over those of its chunks. Leaves carry a tag each, so that no inner node passes for an input; and those of chunks
//! their number: the last leaf of a tree that is not full has a path that leads to the root from another place too, and whoever
//! can send different inputs to different devices can have honest ones contradict each other.

use super::{ChunkIndex, Terms, MAX_BUNDLE_BYTES};
use alloc::{string::String, vec::Vec};
use codec::{Decode, Encode};
use polkadot_sdk::{binary_merkle_tree, sp_core::H256, sp_io::hashing::blake2_256, sp_runtime::traits::BlakeTwo256};

const INPUT_TAG: &[u8] = b"vouch/input/v1";
const CHUNK_TAG: &[u8] = b"vouch/input/chunk/v1";

/// Most steps of a path: a job has fewer than 2^32 chunks.
const MAX_PATH: usize = 32;

/// What a requester serves for one chunk.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Bundle {
    /// The inputs of its tasks, in their order.
    pub inputs: Vec<Vec<u8>>,
    /// From its chunk's root to the job's, siblings first.
    pub path: Vec<H256>,
}

impl Bundle {
    /// Whether these are the inputs of `chunk` of the job with these terms.
    pub fn is_of<Balance>(&self, terms: &Terms<Balance>, chunk: ChunkIndex) -> bool {
        self.inputs.len() == terms.tasks_of(chunk).len()
            && !self.inputs.is_empty()
            && self.path.len() <= MAX_PATH
            && self.encoded_size() <= MAX_BUNDLE_BYTES as usize
            && binary_merkle_tree::verify_proof::<BlakeTwo256, _, _>(
                &terms.inputs,
                self.path.iter().copied(),
                terms.chunks(),
                chunk,
                &chunk_leaf(chunk, &self.inputs),
            )
    }
}

/// The root over all inputs of a job, in chunks of `chunk_tasks`.
pub fn root(inputs: &[Vec<u8>], chunk_tasks: u32) -> H256 {
    binary_merkle_tree::merkle_root::<BlakeTwo256, _>(leaves(inputs, chunk_tasks))
}

/// What is served for `chunk`; `None` if there is no such chunk.
pub fn bundle(inputs: &[Vec<u8>], chunk_tasks: u32, chunk: ChunkIndex) -> Option<Bundle> {
    let own = inputs.chunks(chunk_tasks.max(1) as usize).nth(chunk as usize)?;
    let path = binary_merkle_tree::merkle_proof::<BlakeTwo256, _, _>(leaves(inputs, chunk_tasks), chunk).proof;
    Some(Bundle { inputs: own.to_vec(), path })
}

/// The path at which the module with this hash is served, as JSON-RPC writes hashes.
pub fn module_path(module: H256) -> String {
    alloc::format!("/vouch/v1/modules/{module:?}")
}

/// The path at which the SCALE-encoded [`Bundle`] of a chunk is served.
pub fn bundle_path(inputs: H256, chunk: ChunkIndex) -> String {
    alloc::format!("/vouch/v1/inputs/{inputs:?}/{chunk}")
}

/// The hash that a module goes by.
pub fn module_hash(code: &[u8]) -> H256 {
    H256(blake2_256(code))
}

fn leaves(inputs: &[Vec<u8>], chunk_tasks: u32) -> Vec<Vec<u8>> {
    (0..).zip(inputs.chunks(chunk_tasks.max(1) as usize)).map(|(chunk, inputs)| chunk_leaf(chunk, inputs)).collect()
}

fn chunk_leaf(chunk: ChunkIndex, inputs: &[Vec<u8>]) -> Vec<u8> {
    let tagged = inputs.iter().map(|input| [INPUT_TAG, input].concat()).collect::<Vec<_>>();
    let root = binary_merkle_tree::merkle_root::<BlakeTwo256, _>(tagged);
    [CHUNK_TAG, &chunk.to_le_bytes(), root.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::{super::tests::terms, *};
    use proptest::{collection::vec, prelude::*, sample::Index};

    proptest! {
        #[test]
        fn each_chunk_is_proven_and_nothing_else(
            inputs in vec(vec(any::<u8>(), 0..20), 1..60),
            chunk_tasks in 1u32..10,
            at: Index,
            flip: Index,
        ) {
            let terms = Terms { inputs: root(&inputs, chunk_tasks), ..terms(inputs.len() as u32, chunk_tasks) };
            let chunk = at.index(terms.chunks() as usize) as u32;
            let bundle = bundle(&inputs, chunk_tasks, chunk).unwrap();
            prop_assert_eq!(&bundle.inputs[..], &inputs[terms.tasks_of(chunk).start as usize..terms.tasks_of(chunk).end as usize]);
            prop_assert!(bundle.is_of(&terms, chunk));
            prop_assert!(!bundle.is_of(&terms, terms.chunks()));
            prop_assert!((0..terms.chunks()).all(|other| other == chunk || !bundle.is_of(&terms, other)));
            let mut other = bundle.clone();
            let task = flip.index(other.inputs.len());
            other.inputs[task].push(0);
            prop_assert!(!other.is_of(&terms, chunk));
            other.inputs.pop();
            prop_assert!(!other.is_of(&terms, chunk));
        }
    }

    #[test]
    fn paths_name_hashes_as_clients_do() {
        let hash = format!("0x{}", "07".repeat(32));
        assert_eq!(module_path(H256::repeat_byte(7)), format!("/vouch/v1/modules/{hash}"));
        assert_eq!(bundle_path(H256::repeat_byte(7), 3), format!("/vouch/v1/inputs/{hash}/3"));
    }

    #[test]
    fn chunks_that_do_not_exist_have_no_bundle() {
        assert_eq!(bundle(&[vec![1]], 1, 1), None);
    }
}
