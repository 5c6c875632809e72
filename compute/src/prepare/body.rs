//! Rewrites one function: its own instructions, and between them what pays, counts and canonicalizes.

use super::{
    encode::{op, Code},
    fuel,
    nan::{self, Float},
    stack,
};
use crate::check::Frame;
use alloc::vec::Vec;
use wasmparser::{BinaryReaderError, FunctionBody, Operator, ValType};

/// Indices of what preparation adds to a module.
pub(crate) struct Added {
    /// Global: fuel left.
    pub(crate) fuel: u32,
    /// Global: words of stack left.
    pub(crate) depth: u32,
    /// Function that stands in for `memory.grow`.
    pub(crate) grow: u32,
}

/// The new body, without its size.
pub(crate) fn rewrite(
    module: &[u8],
    body: &FunctionBody<'_>,
    frame: &Frame,
    added: &Added,
) -> Result<Vec<u8>, BinaryReaderError> {
    let operators = body.get_operators_reader()?.into_iter_with_offsets().collect::<Result<Vec<_>, _>>()?;
    let has_floats = operators.iter().any(|(operator, _)| nan::of(operator).is_some());
    let mut code = Code::default();
    locals(&mut code, body, has_floats)?;
    let (fuel_local, f32_local, f64_local) = (frame.locals, frame.locals + 1, frame.locals + 2);

    let words = stack::words(frame);
    let result = frame.result.map_or(op::EMPTY, type_byte);
    let mut segments = fuel::segments(&operators, frame.locals - frame.params).into_iter().peekable();
    // Blocks that are open, the body not counted.
    let mut depth = 0;
    for (number, (operator, start)) in operators.iter().enumerate() {
        if let Some(segment) = segments.next_if(|segment| segment.start == number) {
            fuel::pay(&mut code, segment.fuel, added.fuel, fuel_local);
        }
        if number == 0 && !frame.is_leaf {
            stack::enter(&mut code, added.depth, words);
            code.raw(&[op::BLOCK, result]);
        }
        let next = operators.get(number + 1);
        let end = next.map_or(body.range().end, |(_, start)| *start);
        match operator {
            Operator::MemoryGrow { .. } => code.indexed(op::CALL, added.grow),
            // Out of the block that every counted body is put in.
            Operator::Return if !frame.is_leaf => code.indexed(op::BR, depth),
            Operator::End if next.is_none() && !frame.is_leaf => {
                code.raw(&[op::END]);
                stack::leave(&mut code, added.depth, words);
                code.raw(&[op::END]);
            },
            _ => code.raw(&module[*start..end]),
        }
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => depth += 1,
            Operator::End if next.is_some() => depth -= 1,
            _ => {},
        }
        match nan::is_made(operator, next.map(|(next, _)| next)) {
            Some(Float::F32) => nan::canonicalize(&mut code, Float::F32, f32_local),
            Some(Float::F64) => nan::canonicalize(&mut code, Float::F64, f64_local),
            None => {},
        }
    }
    Ok(code.into_bytes())
}

/// The function's locals and, after them, ours.
fn locals(code: &mut Code, body: &FunctionBody<'_>, has_floats: bool) -> Result<(), BinaryReaderError> {
    let own = body.get_locals_reader()?;
    code.unsigned(own.get_count() + if has_floats { 3 } else { 1 });
    for group in own {
        let (count, ty) = group?;
        code.unsigned(count);
        code.raw(&[type_byte(ty)]);
    }
    code.raw(&[1, op::I64]);
    if has_floats {
        code.raw(&[1, op::F32, 1, op::F64]);
    }
    Ok(())
}

fn type_byte(ty: ValType) -> u8 {
    match ty {
        ValType::I32 => op::I32,
        ValType::I64 => op::I64,
        ValType::F32 => op::F32,
        ValType::F64 => op::F64,
        // What the validator lets pass has no others, and no engine takes a type like this.
        ValType::V128 | ValType::Ref(_) => op::EMPTY,
    }
}
