//! Rewrites a checked module so that what it does no longer depends on the engine.
//!
//! Nothing is renumbered: types, functions and globals are only added, after the module's own, so that code of the module is
//! copied byte for byte wherever nothing has to be put in between, and none of it can name what was added.

pub(crate) mod body;
pub(crate) mod encode;
pub(crate) mod fuel;
pub(crate) mod nan;
pub(crate) mod stack;

use crate::{
    check::{limits, Checked},
    Refusal,
};
use alloc::vec::Vec;
use body::Added;
use core::ops::Range;
use encode::{op, section, vector, Code};

/// Under which the fuel that is left is exported.
pub(crate) const FUEL_EXPORT: &str = "vouch:fuel";

/// The fuel that is left when the engine could not get memory that the module is allowed to have.
pub(crate) const NO_MEMORY: i64 = i64::MIN;

/// The rewritten module.
pub(crate) fn prepare(code: &[u8], checked: &Checked<'_>) -> Result<Vec<u8>, Refusal> {
    let added = Added {
        fuel: checked.global_count,
        depth: checked.global_count + 1,
        grow: checked.imported_functions + checked.bodies.len() as u32,
    };
    let mut out = b"\0asm\x01\0\0\0".to_vec();
    let copy = |out: &mut Vec<u8>, id, range: &Option<Range<usize>>| {
        if let Some(range) = range {
            section(out, id, &code[range.clone()]);
        }
    };

    section(&mut out, 1, &extended(&code[checked.types.clone()], checked.type_count, &[&fuel::GROW_TYPE]));
    copy(&mut out, 2, &checked.imports);
    let mut grow_type = Code::default();
    grow_type.unsigned(checked.type_count);
    section(
        &mut out,
        3,
        &extended(&code[checked.functions.clone()], checked.bodies.len() as u32, &[&grow_type.into_bytes()]),
    );
    copy(&mut out, 4, &checked.table);
    let mut memory = Code::default();
    memory.raw(&[1, 1]);
    memory.unsigned(checked.initial_pages);
    memory.unsigned(checked.max_pages);
    section(&mut out, 5, &memory.into_bytes());
    let globals = checked.globals.clone().map_or(&[0][..], |range| &code[range]);
    section(&mut out, 6, &extended(globals, checked.global_count, &[&fuel::GLOBAL, &stack::global()]));
    section(&mut out, 7, &exports(checked.run, added.fuel));
    copy(&mut out, 9, &checked.elements);

    let mut bodies = Vec::new();
    let mut total = out.len();
    for (function, frame) in &checked.bodies {
        let body = body::rewrite(code, function, frame, &added)?;
        total += body.len();
        if body.len() > limits::PREPARED_BODY_BYTES || total > limits::PREPARED_BYTES {
            return Err(Refusal::TooMany("instructions"));
        }
        bodies.push(sized(&body));
    }
    bodies.push(sized(&fuel::grow(added.fuel, checked.max_pages)));
    section(&mut out, 10, &vector(&bodies));
    copy(&mut out, 11, &checked.data);
    Ok(out)
}

/// A section's content with more items at its end; it has `count` so far.
fn extended(content: &[u8], count: u32, more: &[&[u8]]) -> Vec<u8> {
    // The count may be encoded in more bytes than it takes.
    let items = content.iter().position(|byte| byte & 0x80 == 0).map_or(content.len(), |last| last + 1);
    let mut code = Code::default();
    code.unsigned(count + more.len() as u32);
    code.raw(&content[items..]);
    more.iter().for_each(|item| code.raw(item));
    code.into_bytes()
}

fn exports(run: u32, fuel: u32) -> Vec<u8> {
    let export = |name: &str, kind: u8, index: u32| {
        let mut code = Code::default();
        code.unsigned(name.len() as u32);
        code.raw(name.as_bytes());
        code.raw(&[kind]);
        code.unsigned(index);
        code.into_bytes()
    };
    vector(&[export("run", 0, run), export("memory", 2, 0), export(FUEL_EXPORT, 3, fuel)])
}

fn sized(body: &[u8]) -> Vec<u8> {
    let mut code = Code::default();
    code.unsigned(body.len() as u32);
    code.raw(body);
    code.into_bytes()
}

/// Traps if `local` is below zero, as the type of `zero` and `less` says.
fn trap_if_negative(code: &mut Code, local: u32, zero: u8, less: u8) {
    code.indexed(op::LOCAL_GET, local);
    code.raw(&[zero, 0, less, op::IF, op::EMPTY, op::UNREACHABLE, op::END]);
}
