//! Bounds how deep a module calls, the same on every engine.
//!
//! A global counts the words that the frames of all running functions may need. Functions that call none of the module's are not
//! counted: there is one of them at most, at the end. A counted body is put in a block, so that every way out of it leads through
//! the code that gives the words back.

use super::encode::{op, Code};
use crate::check::Frame;
use alloc::vec::Vec;

/// Words that the frames of all running functions may have together. A word is a value of any type.
pub const STACK_WORDS: u32 = 128 * 1024;

/// Words of any frame besides its values: where to return to, what was in registers, and scratch locals of ours.
const FRAME_WORDS: u32 = 12;

/// Most functions that run at a time.
pub(crate) const MAX_DEPTH: u32 = STACK_WORDS / FRAME_WORDS + 2;

/// The words that are left.
pub(crate) fn global() -> Vec<u8> {
    let mut code = Code::default();
    code.raw(&[op::I32, 1]);
    code.constant(op::I32_CONST, STACK_WORDS.into());
    code.raw(&[op::END]);
    code.into_bytes()
}

/// Words of a function's frame.
pub(crate) fn words(frame: &Frame) -> u32 {
    FRAME_WORDS + frame.locals + frame.operands
}

/// Takes the words, or traps.
pub(crate) fn enter(code: &mut Code, global: u32, words: u32) {
    code.indexed(op::GLOBAL_GET, global);
    code.constant(op::I32_CONST, words.into());
    code.raw(&[op::I32_SUB]);
    code.indexed(op::GLOBAL_SET, global);
    code.indexed(op::GLOBAL_GET, global);
    code.raw(&[op::I32_CONST, 0, op::I32_LT_S, op::IF, op::EMPTY, op::UNREACHABLE, op::END]);
}

/// Gives the words back.
pub(crate) fn leave(code: &mut Code, global: u32, words: u32) {
    code.indexed(op::GLOBAL_GET, global);
    code.constant(op::I32_CONST, words.into());
    code.raw(&[op::I32_ADD]);
    code.indexed(op::GLOBAL_SET, global);
}
