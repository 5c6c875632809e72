//! Compute jobs: what a requester asks for, what a device answers, and everything about both that can be computed without
//! storage.
//!
//! A **job** is a WebAssembly module and a list of inputs; running the module on one input is a **task**. Tasks are handed out in
//! **chunks** of consecutive ones. Every device that is given a chunk holds a **seat** in it, and answers with a *blinded
//! fingerprint* of all its results; see [`result`].

pub mod api;
pub mod draw;
pub mod inputs;
pub mod payload;
pub mod result;

pub use inputs::Bundle;
pub use payload::Answer;
pub use result::{Status, TaskDigest, TaskOutput};

use crate::{ClassId, Endpoint, Points, RoundIndex};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::ops::Range;
use polkadot_sdk::{sp_arithmetic::traits::AtLeast32BitUnsigned, sp_core::H256};
use scale_info::TypeInfo;

/// Number of a job since genesis.
pub type JobId = u32;

/// Number of a chunk in its job.
pub type ChunkIndex = u32;

/// Number of a task in its job.
pub type TaskIndex = u32;

/// Units of metered fuel: about one a simple instruction.
pub type Fuel = u64;

/// Most tasks of a chunk. Whoever is contradicted publishes a digest of each, about 5 kB in all.
pub const MAX_CHUNK_TASKS: u32 = 128;

/// Most bytes of a module.
pub const MAX_MODULE_BYTES: u32 = 512 * 1024;

/// Most pages of 64 KiB that a module may use; 16 MiB, which a device with little memory and the off-chain worker of a validator
/// both have.
pub const MAX_MEMORY_PAGES: u32 = 256;

/// Most bytes of a chunk's inputs together, as they are sent.
pub const MAX_BUNDLE_BYTES: u32 = 1024 * 1024;

/// Most bytes of a task's output.
pub const MAX_OUTPUT_BYTES: u32 = 64 * 1024;

/// Most seats of a chunk whose fingerprints count at a time, [`Terms::limit`].
pub const MAX_LIMIT: u8 = 8;

/// Pages of 64 KiB that every device that takes work has to have for a module; 4 MiB.
pub const COMMON_MEMORY_PAGES: u32 = 64;

/// Most rounds that a device may have for a chunk.
pub const MAX_CHUNK_ROUNDS: u32 = 32;

/// Most rounds from the posting of a job to its deadline: 30 days, if rounds take five minutes.
pub const MAX_JOB_ROUNDS: u32 = 8_640;

/// Fuel that makes a point of work.
pub const FUEL_PER_POINT: Fuel = 1_000_000;

/// What a requester asks for and pays.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Terms<Balance> {
    /// BLAKE2b-256 of the WebAssembly module, at most [`MAX_MODULE_BYTES`].
    pub module: H256,
    /// Merkle root over the inputs, [`inputs::root`].
    pub inputs: H256,
    /// Where module and inputs are served.
    pub source: Endpoint,
    /// How many tasks, at least 1.
    pub tasks: u32,
    /// Tasks of a chunk, 1 to [`MAX_CHUNK_TASKS`]; the last chunk may have fewer.
    pub chunk_tasks: u32,
    /// Most fuel of a task; one that needs more fails.
    pub fuel: Fuel,
    /// Most pages of 64 KiB of memory, 1 to [`MAX_MEMORY_PAGES`].
    pub memory: u32,
    /// Planck paid for each task to each device whose results were those that the chunk settled on.
    pub price: Balance,
    /// Seats of a chunk at first.
    pub replicas: u8,
    /// Matching fingerprints that settle a chunk: at least 2, and a majority of [`Terms::replicas`].
    pub quorum: u8,
    /// Most seats of a chunk that are paid, [`Terms::replicas`] to [`MAX_LIMIT`]: without a quorum among the first, more are
    /// filled, up to so many.
    pub limit: u8,
    /// Whether one device of a long valid record may be believed alone, unless it is drawn for a check; see
    /// [`draw::is_checked`]. `false` asks for the full number of replicas always.
    pub adaptive: bool,
    /// The only class whose devices may compute it; `None` for all.
    pub class: Option<ClassId>,
    /// Rounds that a device has for one chunk, 1 to [`MAX_CHUNK_ROUNDS`], the one in which it gets it not counted.
    pub rounds: u32,
    /// The last round in which seats are filled. What was handed out by then is still settled.
    pub deadline: RoundIndex,
}

impl<Balance> Terms<Balance> {
    /// How many chunks.
    pub fn chunks(&self) -> u32 {
        self.tasks.div_ceil(self.chunk_tasks.max(1))
    }

    /// The tasks of a chunk; none for chunks that do not exist.
    pub fn tasks_of(&self, chunk: ChunkIndex) -> Range<TaskIndex> {
        let first = chunk.saturating_mul(self.chunk_tasks).min(self.tasks);
        first..first.saturating_add(self.chunk_tasks).min(self.tasks)
    }

    /// Whether every device that takes work may be drawn for it. Points are credited for no other jobs: those of a job that only
    /// the requester's own devices fit would pay the requester.
    pub fn are_open(&self) -> bool {
        self.class.is_none() && self.memory <= COMMON_MEMORY_PAGES
    }

    /// The most fuel that a chunk can take.
    pub fn chunk_fuel(&self) -> Fuel {
        self.fuel.saturating_mul(self.chunk_tasks.min(self.tasks).into())
    }
}

impl<Balance: AtLeast32BitUnsigned + Copy> Terms<Balance> {
    /// Planck that one device is paid for `chunk`.
    pub fn pay(&self, chunk: ChunkIndex) -> Balance {
        self.price.saturating_mul((self.tasks_of(chunk).len() as u32).into())
    }

    /// The most that the whole job can cost, in planck: `price x tasks x (limit + quorum)`; `None` if that is more than can be
    /// counted. At most [`Terms::limit`] replicas are paid, and what is missing of a quorum when devices were first asked is
    /// paid to nobody.
    pub fn most(&self) -> Option<Balance> {
        let seats = u32::from(self.limit).saturating_add(self.quorum.into());
        self.price.checked_mul(&self.tasks.into())?.checked_mul(&seats.into())
    }

    /// Whether [`Terms::price`] is at least `least` planck for every point that a task can make.
    pub fn pays(&self, least: Balance) -> bool {
        let points = u32::try_from(self.fuel.div_ceil(FUEL_PER_POINT)).unwrap_or(u32::MAX);
        least.checked_mul(&points.into()).is_some_and(|least| self.price >= least)
    }
}

/// Points of work that `fuel` makes, rounded down.
pub fn points(fuel: Fuel) -> Points {
    (fuel / FUEL_PER_POINT).try_into().unwrap_or(Points::MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn terms(tasks: u32, chunk_tasks: u32) -> Terms<u128> {
        Terms {
            module: H256::zero(),
            inputs: H256::zero(),
            source: core::net::SocketAddr::from(([127, 0, 0, 1], 1)).into(),
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

    proptest! {
        #[test]
        fn every_task_is_in_exactly_one_chunk(tasks in 1u32..10_000, chunk_tasks in 1..=MAX_CHUNK_TASKS) {
            let terms = terms(tasks, chunk_tasks);
            let all: alloc::vec::Vec<_> = (0..terms.chunks()).flat_map(|chunk| terms.tasks_of(chunk)).collect();
            prop_assert_eq!(all, (0..tasks).collect::<alloc::vec::Vec<_>>());
            prop_assert!((0..terms.chunks()).all(|chunk| !terms.tasks_of(chunk).is_empty()));
            prop_assert!(terms.tasks_of(terms.chunks()).is_empty() && terms.tasks_of(u32::MAX).is_empty());
            // Escrow is enough for as many devices as can be paid, to the planck.
            let pay: u128 = (0..terms.chunks()).map(|chunk| terms.pay(chunk)).sum();
            prop_assert_eq!(Some(pay * u128::from(terms.limit + terms.quorum)), terms.most());
        }

        #[test]
        fn a_price_that_suffices_covers_every_point(fuel: u64, price: u64, least in 0u128..1 << 40) {
            let terms = Terms { fuel, price: price.into(), ..terms(1, 1) };
            prop_assert!(!terms.pays(least) || terms.price >= least * u128::from(points(fuel)));
        }
    }

    #[test]
    fn what_cannot_be_counted_has_no_cost() {
        assert_eq!(Terms { price: u128::MAX, ..terms(2, 1) }.most(), None);
        assert!(!Terms { fuel: u64::MAX, price: u128::MAX - 1, ..terms(1, 1) }.pays(u128::MAX));
    }
}
