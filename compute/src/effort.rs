//! Bounds what compilers do for a function in more than linear time: 14 KB kept one busy for half a minute, 58 KB for longer than
//! anybody waited, and a compiler cannot be stopped.
//!
//! * At the end of a block, and where a loop begins anew, a local may have one value by one way and another by the other, but only
//!   if it is set within: elsewhere all ways bring the same. Compilers make a block parameter of it, and each way there brings a
//!   value for it: a **merge**.
//! * A local or an operand may be kept from any branch to the next: each pair of one and a branch is a **span**.
//!
//! A `call_indirect` branches, too: where it finds nothing in the table it asks the engine first. What metering adds is not counted: it
//! merges nothing, and adds so many branches to each that is counted; limits were measured with it.
//!
//! What compilers make has few of both. Of eight programs of 12 KB to 6 MB (Vouch's runtime and example jobs, Kusama's runtime of
//! sc-executor's benchmarks, both of wasm-opt's tests, the wasm of dedot and of polkadot-api's executor) the function with most had
//! 99,516 merges and 622,667 spans; it is one of 119 KB, and too long once it is rewritten. The next had 58,814 merges and 325,576
//! spans. The most in 512 KiB of a program, on average over it, were 238,000 merges and 712,000 spans.

use alloc::{vec, vec::Vec};
use core::ops::AddAssign;
use wasmparser::Operator;

/// How much there is of both, in a function or in more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effort {
    /// Pairs of a way to where a block ends or a loop begins anew and a local that is set within, plus one for each way.
    pub(crate) merges: u64,
    /// Pairs of a branch and a local or an operand.
    pub(crate) spans: u64,
}

impl AddAssign for Effort {
    fn add_assign(&mut self, other: Self) {
        self.merges += other.merges;
        self.spans += other.spans;
    }
}

const BITS: usize = u64::BITS as usize;

/// Finds out the effort for one function, from its operators in their order.
pub(crate) struct Estimate {
    locals: u32,
    /// Words of a set of locals.
    words: usize,
    /// Of each block that is open, the body first, the set of the locals that are set within.
    set_within: Vec<u64>,
    /// Of each of them, the ways to where it ends, or begins anew.
    ways: Vec<u64>,
    found: Effort,
}

impl Estimate {
    /// For a function with so many locals, parameters included.
    pub(crate) fn new(locals: u32) -> Self {
        let words = (locals as usize).div_ceil(BITS);
        Self { locals, words, set_within: vec![0; words], ways: vec![1], found: Effort::default() }
    }

    /// The next operator of a body that is valid so far; after it there are so many `operands`.
    pub(crate) fn see(&mut self, operator: &Operator<'_>, operands: u32) {
        let kept = u64::from(self.locals) + u64::from(operands);
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                self.found.spans += kept;
                self.set_within.resize(self.set_within.len() + self.words, 0);
                self.ways.push(if matches!(operator, Operator::If { .. }) { 2 } else { 1 });
            },
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => self.branch(*relative_depth, kept),
            Operator::BrTable { targets } => {
                // The validator has read them already.
                targets.targets().flatten().chain([targets.default()]).for_each(|depth| self.branch(depth, kept));
            },
            Operator::CallIndirect { .. } => {
                self.found.merges += 2;
                self.found.spans += 2 * kept;
            },
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                let local = *local_index as usize;
                let innermost = self.set_within.len() - self.words;
                self.set_within[innermost + local / BITS] |= 1 << (local % BITS);
            },
            Operator::End => {
                let within = self.set_within.split_off(self.set_within.len() - self.words);
                let locals = within.iter().map(|word| u64::from(word.count_ones())).sum::<u64>();
                // What a block leaves on the stack is merged as well.
                self.found.merges += self.ways.pop().unwrap_or(0) * (1 + locals);
                if let Some(around) = self.set_within.len().checked_sub(self.words) {
                    self.set_within[around..].iter_mut().zip(within).for_each(|(around, within)| *around |= within);
                }
            },
            _ => {},
        }
    }

    fn branch(&mut self, depth: u32, kept: u64) {
        self.found.spans += kept;
        if let Some(ways) = self.ways.iter_mut().nth_back(depth as usize) {
            *ways += 1;
        }
    }

    /// The effort for what was seen.
    pub(crate) fn finish(self) -> Effort {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::{Parser, Payload};

    /// Of a function with three locals.
    fn effort(body: &str) -> Effort {
        let code = wat::parse_str(format!("(module (table 1 funcref) (func (local i32 i32 i32) {body}))")).unwrap();
        let mut estimate = Estimate::new(3);
        for payload in Parser::new(0).parse_all(&code) {
            if let Payload::CodeSectionEntry(body) = payload.unwrap() {
                body.get_operators_reader()
                    .unwrap()
                    .into_iter()
                    .for_each(|operator| estimate.see(&operator.unwrap(), 0));
            }
        }
        estimate.finish()
    }

    #[test]
    fn each_way_counts_once_and_for_each_local_set_within() {
        let set = |local: u32| format!("(local.set {local} (i32.const 1))");
        let expected = |merges, branches: u64| Effort { merges, spans: 3 * branches };
        assert_eq!(effort(""), expected(1, 0));
        // The body is a block, too.
        assert_eq!(effort(&set(0)), expected(2, 0));
        assert_eq!(effort(&format!("{} (block {})", set(0), set(1))), expected(2 + 3, 1));
        assert_eq!(effort(&format!("(block {0} {0})", set(1))), expected(2 + 2, 1));
        assert_eq!(
            effort(&format!("(loop (loop (block {} (drop (local.tee 2 (i32.const 1))))))", set(0))),
            expected(4 * 3, 3)
        );
        let either = format!("(if (local.get 0) (then {}) (else {}))", set(0), set(2));
        assert_eq!(effort(&either), expected(2 * 3 + 3, 1));
        // Of two that stand side by side neither counts for the other.
        assert_eq!(effort(&format!("(block {}) (block {})", set(0), set(1))), expected(2 + 2 + 3, 2));
        // Branches are ways.
        assert_eq!(effort("(block (br 0))"), expected(2 + 1, 2));
        assert_eq!(effort(&format!("(loop {} (br_if 0 (i32.const 1)))", set(0))), expected(2 * 2 + 2, 2));
        assert_eq!(
            effort(&format!("(block (loop {} (br_table 0 0 1 (i32.const 1))))", set(0))),
            expected(3 * 2 + 2 * 2 + 2, 5)
        );
        assert_eq!(effort("(block (br 1))"), expected(1 + 2, 2));
        assert_eq!(effort("(call_indirect (i32.const 0))"), expected(2 + 1, 2));
    }
    #[test]
    fn operands_are_kept_as_locals_are() {
        let mut estimate = Estimate::new(3);
        estimate.see(&Operator::Br { relative_depth: 0 }, 4);
        estimate.see(&Operator::CallIndirect { type_index: 0, table_index: 0 }, 1);
        estimate.see(&Operator::Nop, 9);
        assert_eq!(estimate.finish().spans, 3 + 4 + 2 * (3 + 1));
    }
}
