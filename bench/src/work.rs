//! What it costs the chain to have a chunk of work computed, from the results of a run.

use crate::{
    headline::{authorized_transaction, cost, micros},
    model::Results,
};
use anyhow::Result;
use std::fmt;

const WORK: &str = "pallet_work";

/// Tasks of the largest chunk, `vouch_primitives::work::MAX_CHUNK_TASKS`.
const TASKS: u64 = 128;
/// Devices that compute a chunk, and answers that settle it: as few as a job may ask for.
const REPLICAS: u64 = 2;

/// The figures of a chunk on which its devices agree, in picoseconds. They are what blocks charge: as if all seats that it could
/// ever have were filled, and each by the last device that it is offered to.
pub struct Work {
    hand_out: u64,
    answer: u64,
    reveal: u64,
    transaction: u64,
}

impl Work {
    /// Computes the figures from the results of a run.
    pub fn of(results: &Results) -> Result<Self> {
        let cost = |name: &str| cost(results, WORK, name, &[]);
        Ok(Self {
            hand_out: cost("hand_out")?,
            answer: cost("authorize_answer")?.saturating_add(cost("answer")?),
            reveal: cost("authorize_reveal")?.saturating_add(cost("reveal")?),
            transaction: authorized_transaction(),
        })
    }

    /// A chunk, without the transactions that carry answers and the reveal.
    fn chunk(&self) -> u64 {
        self.hand_out.saturating_add(self.answer.saturating_mul(REPLICAS)).saturating_add(self.reveal)
    }

    /// The transactions.
    fn transactions(&self) -> u64 {
        self.transaction.saturating_mul(REPLICAS + 1)
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = |picoseconds: u64| micros(picoseconds as f64);
        let per_task = |picoseconds: u64| us(picoseconds / TASKS);
        let (chunk, all) = (self.chunk(), self.chunk().saturating_add(self.transactions()));
        writeln!(
            f,
            "\
Chain time per task settled, of chunks of {TASKS} that {REPLICAS} devices agree on: {calls} us, with the transactions around them {all} us.
chunk         = hand_out + {REPLICAS} x (authorize_answer + answer) + authorize_reveal + reveal
              = {hand_out} + {REPLICAS} x {answer} + {reveal} = {chunk} us",
            calls = per_task(chunk),
            all = per_task(all),
            hand_out = us(self.hand_out),
            answer = us(self.answer),
            reveal = us(self.reveal),
            chunk = us(chunk),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headline::tests::{measured, results};

    #[test]
    fn a_task_costs_its_part_of_what_its_chunk_costs() {
        let mut results = results();
        for (name, micros) in
            [("hand_out", 1_000), ("authorize_answer", 10), ("answer", 20), ("authorize_reveal", 30), ("reveal", 4_000)]
        {
            results.benchmarks.push(measured(WORK, name, micros, None));
        }
        let work = Work::of(&results).unwrap();
        assert_eq!(us(work.chunk()), 1_000 + 2 * 30 + 4_030);
        assert_eq!(work.transactions(), 3 * authorized_transaction());
        assert!(work.to_string().contains("39.77 us, with"), "{work}");
    }

    fn us(picoseconds: u64) -> u64 {
        picoseconds / 1_000_000
    }
}
