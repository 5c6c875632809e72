//! The device as a worker: computes the chunks of jobs that it was given, and answers.
//!
//! | module | purpose |
//! | --- | --- |
//! | [`plan`] | what to do next about a chunk: no sockets, no clock, no disk |
//! | [`fetch`] | module and inputs from where the requester serves them, verified |
//! | [`engine`] | runs a chunk's tasks on several cores |
//! | [`compute`] | one chunk from the first byte fetched to the result stored; how far it is |
//! | [`store`] | results on disk: a killed agent answers with what it computed |
//! | [`worker`] | the loop: asks the chain, computes, answers, reveals, opens |
//! | [`explain`] | turns what the chain says about a worker into sentences |
//!
//! A device answers only with what it computed itself. Whatever goes wrong on the way (nobody serves the inputs, the engine fails,
//! the disk is full) ends in declining, which gives the seat back and costs nothing; a wrong answer costs a fine.

pub mod compute;
pub mod engine;
pub mod explain;
pub mod fetch;
pub mod plan;
pub mod store;
pub mod worker;

pub use compute::{Progress, ProgressOf};
pub use plan::{Action, Known, Now};
pub use store::Store;
pub use worker::Worker;

use std::sync::{Mutex, MutexGuard, PoisonError};
use vouch_primitives::work::{ChunkIndex, JobId};

/// The path at which a device serves the results of a settled chunk: the SCALE-encoded `Vec<TaskOutput>` of its tasks, in their
/// order. Whoever fetches them compares their digests with the root on the chain.
pub fn results_path(job: JobId, chunk: ChunkIndex) -> String {
    format!("/vouch/v1/results/{job}/{chunk}")
}

/// Nothing is left half changed by a panic under any lock of this folder.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::chain::Terms;
    use polkadot_sdk::sp_core::H256;
    use std::net::SocketAddr;
    use vouch_primitives::work::inputs;

    /// A module that gives back its input, in so far as it fits into a page.
    pub(crate) const ECHO: &str = r#"(module
        (import "vouch" "input_len" (func $len (result i32)))
        (import "vouch" "input_read" (func $read (param i32 i32 i32)))
        (import "vouch" "output_write" (func $write (param i32 i32)))
        (memory (export "memory") 1)
        (func (export "run")
            (call $read (i32.const 0) (i32.const 0) (call $len))
            (call $write (i32.const 0) (call $len))))"#;

    /// Terms of a job on these inputs, two tasks to a chunk.
    pub(crate) fn terms(code: &[u8], given: &[Vec<u8>], source: SocketAddr) -> Terms {
        Terms {
            module: inputs::module_hash(code),
            inputs: inputs::root(given, 2),
            source: source.into(),
            tasks: given.len() as u32,
            chunk_tasks: 2,
            fuel: 100_000,
            memory: 4,
            price: 3,
            replicas: 2,
            quorum: 2,
            limit: 4,
            adaptive: false,
            class: None,
            rounds: 2,
            deadline: 99,
        }
    }

    /// The same for tests that fetch nothing.
    pub(crate) fn some_terms() -> Terms {
        let terms = terms(b"module", &[vec![1], vec![2], vec![3]], ([127, 0, 0, 1], 1).into());
        assert_ne!(terms.inputs, H256::zero());
        terms
    }
}
