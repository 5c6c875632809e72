//! Meters fuel, by code in the module itself.
//!
//! A body is cut into segments: stretches of instructions of which, unless one traps, all run or none. Each pays for all of its
//! instructions when it begins, and for paying, which is work as well. What is left is in a global; below zero means that it did
//! not suffice.

use super::{
    encode::{op, Code},
    nan, trap_if_negative,
};
use alloc::{vec, vec::Vec};
use wasmparser::Operator;

/// Fuel of a page of 64 KiB of memory, whether a module begins with it or grows by it.
pub const FUEL_PER_PAGE: i64 = 4096;

/// The global that holds what is left. Who runs the module sets it first.
pub(crate) const GLOBAL: [u8; 5] = [op::I64, 1, op::I64_CONST, 0, op::END];

/// `(i32) -> i32`.
pub(crate) const GROW_TYPE: [u8; 5] = [0x60, 1, op::I32, 1, op::I32];

/// Fuel of paying for a segment. Without it a loop of one jump would take the interpreter five steps more for every unit.
const PAYING: u32 = 3;

/// Fuel of making a NaN canonical.
const CANONICAL: u32 = 3;

/// Locals of a function that a call sets to zero for one unit of fuel.
const LOCALS_PER_FUEL: u32 = 4;

/// A stretch of instructions of which all run or none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Number of its first instruction in the body.
    pub(crate) start: usize,
    pub(crate) fuel: u32,
}

/// Fuel of one instruction. About 1 for what takes a processor one step; more for what takes it many.
pub(crate) fn cost(operator: &Operator<'_>) -> u32 {
    use Operator::*;
    match operator {
        Unreachable | Nop | Block { .. } | Else | End | Drop => 0,
        BrTable { .. } => 4,
        Call { .. } => 4,
        CallIndirect { .. } => 10,
        MemorySize { .. } => 2,
        MemoryGrow { .. } => 64,
        I32DivS | I32DivU | I32RemS | I32RemU => 6,
        I64DivS | I64DivU | I64RemS | I64RemU => 10,
        F32Div | F64Div => 4,
        F32Sqrt | F64Sqrt => 6,
        // Compiled, its head asks whether it is to stop.
        Loop { .. } => 1,
        _ => 1,
    }
}

/// The segments of a body with so many locals, the first of which pays for entering it as well.
pub(crate) fn segments(operators: &[(Operator<'_>, usize)], locals: u32) -> Vec<Segment> {
    let mut segments = vec![Segment { start: 0, fuel: 1 + locals.div_ceil(LOCALS_PER_FUEL) }];
    // Of each block that is open, whether something jumps to its end: then what follows runs more often than what precedes.
    let mut blocks = vec![true];
    for (at, (operator, _)) in operators.iter().enumerate() {
        let mut jumps_to = |depth: u32| {
            if let Some(target) = blocks.len().checked_sub(depth as usize + 1) {
                blocks[target] = true;
            }
        };
        let is_last = match operator {
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
                jumps_to(*relative_depth);
                true
            },
            Operator::BrTable { targets } => {
                // The validator has read them already.
                targets.targets().flatten().chain([targets.default()]).for_each(jumps_to);
                true
            },
            Operator::Return | Operator::Unreachable => true,
            Operator::Block { .. } => {
                blocks.push(false);
                false
            },
            Operator::Loop { .. } | Operator::If { .. } => {
                // To the end of a loop nothing jumps, but it is as good a place to begin anew as any.
                blocks.push(true);
                true
            },
            Operator::Else => true,
            Operator::End => blocks.pop().unwrap_or(true),
            _ => false,
        };
        if let Some(segment) = segments.last_mut() {
            let next = operators.get(at + 1).map(|(next, _)| next);
            let canonical = nan::is_made(operator, next).map_or(0, |_| CANONICAL);
            segment.fuel = segment.fuel.saturating_add(cost(operator) + canonical);
        }
        if is_last {
            segments.push(Segment { start: at + 1, fuel: 0 });
        }
    }
    // Where nothing is to be paid for, nothing is paid.
    segments.retain(|segment| segment.fuel > 0);
    segments.iter_mut().for_each(|segment| segment.fuel = segment.fuel.saturating_add(PAYING));
    segments
}

/// Pays for a segment, or traps.
pub(crate) fn pay(code: &mut Code, fuel: u32, global: u32, scratch: u32) {
    code.indexed(op::GLOBAL_GET, global);
    code.constant(op::I64_CONST, fuel.into());
    take(code, global, scratch);
}

/// Takes the topmost operand from the one below it, which is what is left; traps if nothing is.
fn take(code: &mut Code, global: u32, scratch: u32) {
    code.raw(&[op::I64_SUB]);
    code.indexed(op::LOCAL_TEE, scratch);
    code.indexed(op::GLOBAL_SET, global);
    trap_if_negative(code, scratch, op::I64_CONST, op::I64_LT_S);
}

/// Body of the function that stands in for `memory.grow` in a module whose memory may have `max_pages`.
///
/// To ask for too much is free and refused. What is allowed is paid for and has to succeed: an engine that has no memory left must
/// not pass that off as the module's doing.
pub(crate) fn grow(global: u32, max_pages: u32) -> Vec<u8> {
    const PAGES: u32 = 0;
    const SCRATCH: u32 = 1;
    let mut code = Code::default();
    code.raw(&[1, 1, op::I64]);

    code.indexed(op::LOCAL_GET, PAGES);
    code.constant(op::I32_CONST, max_pages.into());
    code.raw(&[op::MEMORY_SIZE, 0, op::I32_SUB, op::I32_GT_U, op::IF, op::EMPTY]);
    code.constant(op::I32_CONST, -1);
    code.raw(&[op::RETURN, op::END]);

    code.indexed(op::GLOBAL_GET, global);
    code.indexed(op::LOCAL_GET, PAGES);
    code.raw(&[op::I64_EXTEND_I32_U]);
    code.constant(op::I64_CONST, FUEL_PER_PAGE);
    code.raw(&[op::I64_MUL]);
    take(&mut code, global, SCRATCH);

    code.indexed(op::LOCAL_GET, PAGES);
    code.raw(&[op::MEMORY_GROW, 0]);
    code.indexed(op::LOCAL_TEE, PAGES);
    code.constant(op::I32_CONST, -1);
    code.raw(&[op::I32_EQ, op::IF, op::EMPTY]);
    code.constant(op::I64_CONST, super::NO_MEMORY);
    code.indexed(op::GLOBAL_SET, global);
    code.raw(&[op::UNREACHABLE, op::END]);

    code.indexed(op::LOCAL_GET, PAGES);
    code.raw(&[op::END]);
    code.into_bytes()
}
