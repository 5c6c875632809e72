//! Writes WebAssembly's binary format.

use alloc::vec::Vec;

/// Opcodes and types, named as in the specification.
pub(crate) mod op {
    pub(crate) const UNREACHABLE: u8 = 0x00;
    pub(crate) const BLOCK: u8 = 0x02;
    pub(crate) const IF: u8 = 0x04;
    pub(crate) const END: u8 = 0x0b;
    pub(crate) const BR: u8 = 0x0c;
    pub(crate) const RETURN: u8 = 0x0f;
    pub(crate) const CALL: u8 = 0x10;
    pub(crate) const SELECT: u8 = 0x1b;
    pub(crate) const LOCAL_GET: u8 = 0x20;
    pub(crate) const LOCAL_TEE: u8 = 0x22;
    pub(crate) const GLOBAL_GET: u8 = 0x23;
    pub(crate) const GLOBAL_SET: u8 = 0x24;
    pub(crate) const MEMORY_SIZE: u8 = 0x3f;
    pub(crate) const MEMORY_GROW: u8 = 0x40;
    pub(crate) const I32_CONST: u8 = 0x41;
    pub(crate) const I64_CONST: u8 = 0x42;
    pub(crate) const F32_CONST: u8 = 0x43;
    pub(crate) const F64_CONST: u8 = 0x44;
    pub(crate) const I32_EQ: u8 = 0x46;
    pub(crate) const I32_LT_S: u8 = 0x48;
    pub(crate) const I32_GT_U: u8 = 0x4b;
    pub(crate) const I64_LT_S: u8 = 0x53;
    pub(crate) const F32_EQ: u8 = 0x5b;
    pub(crate) const F64_EQ: u8 = 0x61;
    pub(crate) const I32_ADD: u8 = 0x6a;
    pub(crate) const I32_SUB: u8 = 0x6b;
    pub(crate) const I64_SUB: u8 = 0x7d;
    pub(crate) const I64_MUL: u8 = 0x7e;
    pub(crate) const I64_EXTEND_I32_U: u8 = 0xad;

    pub(crate) const I32: u8 = 0x7f;
    pub(crate) const I64: u8 = 0x7e;
    pub(crate) const F32: u8 = 0x7d;
    pub(crate) const F64: u8 = 0x7c;
    /// The type of a block without a result.
    pub(crate) const EMPTY: u8 = 0x40;
}

/// Code, or anything else that is written as bytes.
#[derive(Default)]
pub(crate) struct Code(Vec<u8>);

impl Code {
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// An instruction whose operand is an index.
    pub(crate) fn indexed(&mut self, opcode: u8, index: u32) {
        self.0.push(opcode);
        self.unsigned(index);
    }

    /// An instruction whose operand is a signed number.
    pub(crate) fn constant(&mut self, opcode: u8, value: i64) {
        self.0.push(opcode);
        self.signed(value);
    }

    /// LEB128.
    pub(crate) fn unsigned(&mut self, mut value: u32) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    /// Signed LEB128.
    pub(crate) fn signed(&mut self, mut value: i64) {
        while !(-0x40..0x40).contains(&value) {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8 & 0x7f);
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Appends a section.
pub(crate) fn section(out: &mut Vec<u8>, id: u8, content: &[u8]) {
    let mut code = Code::default();
    code.raw(&[id]);
    code.unsigned(content.len() as u32);
    out.extend_from_slice(&code.into_bytes());
    out.extend_from_slice(content);
}

/// Items behind their count.
pub(crate) fn vector(items: &[Vec<u8>]) -> Vec<u8> {
    let mut code = Code::default();
    code.unsigned(items.len() as u32);
    items.iter().for_each(|item| code.raw(item));
    code.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use wasmparser::BinaryReader;

    proptest! {
        #[test]
        fn numbers_are_read_as_they_were_written(unsigned: u32, signed: i64, shift in 0u32..64) {
            let signed = signed >> shift;
            let mut code = Code::default();
            code.unsigned(unsigned >> (shift / 2));
            code.signed(signed);
            let bytes = code.into_bytes();
            let mut reader = BinaryReader::new(&bytes, 0);
            prop_assert_eq!(reader.read_var_u32().unwrap(), unsigned >> (shift / 2));
            prop_assert_eq!(reader.read_var_i64().unwrap(), signed);
            prop_assert!(reader.eof());
        }
    }
}
