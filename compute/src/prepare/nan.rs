//! Makes NaNs canonical.
//!
//! The specification leaves sign and payload of an arithmetic instruction's NaN open, and processors do differ. Each such result
//! is replaced by the positive quiet NaN without payload if it is one. Instructions that only move bits (loads, `abs`, `neg`,
//! `copysign`, reinterpretations) are exact everywhere and stay as they are.

use super::encode::{op, Code};
use wasmparser::Operator;

/// A type of floats.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Float {
    F32,
    F64,
}

/// The type of an instruction's result whose NaNs differ between processors.
pub(crate) fn of(operator: &Operator<'_>) -> Option<Float> {
    use Operator::*;
    match operator {
        F32Ceil | F32Floor | F32Trunc | F32Nearest | F32Sqrt | F32Add | F32Sub | F32Mul | F32Div | F32Min | F32Max
        | F32DemoteF64 => Some(Float::F32),
        F64Ceil | F64Floor | F64Trunc | F64Nearest | F64Sqrt | F64Add | F64Sub | F64Mul | F64Div | F64Min | F64Max
        | F64PromoteF32 => Some(Float::F64),
        _ => None,
    }
}

/// The type of an instruction's result if that has to be made canonical before the `next` one.
pub(crate) fn is_made(operator: &Operator<'_>, next: Option<&Operator<'_>>) -> Option<Float> {
    of(operator).filter(|_| !next.is_some_and(is_blind))
}

/// Whether an instruction takes the topmost operand and does the same for all NaNs.
fn is_blind(operator: &Operator<'_>) -> bool {
    use Operator::*;
    of(operator).is_some()
        || matches!(
            operator,
            F32Eq
                | F32Ne
                | F32Lt
                | F32Gt
                | F32Le
                | F32Ge
                | F64Eq
                | F64Ne
                | F64Lt
                | F64Gt
                | F64Le
                | F64Ge
                | I32TruncF32S
                | I32TruncF32U
                | I32TruncF64S
                | I32TruncF64U
                | I64TruncF32S
                | I64TruncF32U
                | I64TruncF64S
                | I64TruncF64U
                | Drop
        )
}

/// Replaces the topmost operand by the canonical NaN if it is one.
pub(crate) fn canonicalize(code: &mut Code, float: Float, scratch: u32) {
    code.indexed(op::LOCAL_TEE, scratch);
    match float {
        Float::F32 => {
            code.raw(&[op::F32_CONST]);
            code.raw(&0x7fc0_0000u32.to_le_bytes());
        },
        Float::F64 => {
            code.raw(&[op::F64_CONST]);
            code.raw(&0x7ff8_0000_0000_0000u64.to_le_bytes());
        },
    }
    code.indexed(op::LOCAL_GET, scratch);
    code.indexed(op::LOCAL_GET, scratch);
    code.raw(&[if float == Float::F32 { op::F32_EQ } else { op::F64_EQ }, op::SELECT]);
}
