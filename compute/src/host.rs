//! What the host does for a module, the same for all engines.

use alloc::vec::Vec;
use vouch_primitives::work::MAX_OUTPUT_BYTES;

/// Fuel of a call of the host, before any bytes.
pub const FUEL_PER_HOST_CALL: i64 = 64;

/// Bytes that the host copies for one unit of fuel; what is begun is paid.
pub const HOST_BYTES_PER_FUEL: u32 = 8;

/// Bytes of a task's log that are kept; the rest is dropped.
pub const MAX_LOG_BYTES: usize = 4096;

/// The module under which all imports are.
pub(crate) const NAMESPACE: &str = "vouch";

/// Why the host ended a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    OutOfFuel,
    OutOfBounds,
    OutputTooLarge,
}

/// A task's input, and what it has written so far.
pub(crate) struct Host {
    input: Vec<u8>,
    output: Vec<u8>,
    log: Vec<u8>,
    ended: Option<Ended>,
}

impl Host {
    pub(crate) fn new(input: &[u8]) -> Self {
        Self { input: input.to_vec(), output: Vec::new(), log: Vec::new(), ended: None }
    }

    pub(crate) fn into_parts(self) -> (Option<Ended>, Vec<u8>, Vec<u8>) {
        (self.ended, self.output, self.log)
    }

    /// What the module may ask for. An error ends the task.
    pub(crate) fn call(&mut self, call: Call, memory: &mut [u8], left: &mut i64) -> Result<i32, Ended> {
        let result = self.try_call(call, memory, left);
        self.ended = result.err();
        result
    }

    fn try_call(&mut self, call: Call, memory: &mut [u8], left: &mut i64) -> Result<i32, Ended> {
        *left -= FUEL_PER_HOST_CALL + i64::from(call.bytes().div_ceil(HOST_BYTES_PER_FUEL));
        if *left < 0 {
            return Err(Ended::OutOfFuel);
        }
        match call {
            Call::InputLen => Ok(self.input.len() as i32),
            Call::InputRead { dst, offset, len } => {
                let input = range(offset, len).and_then(|range| self.input.get(range)).ok_or(Ended::OutOfBounds)?;
                let memory = range(dst, len).and_then(|range| memory.get_mut(range)).ok_or(Ended::OutOfBounds)?;
                memory.copy_from_slice(input);
                Ok(0)
            },
            Call::OutputWrite { src, len } => {
                let bytes = range(src, len).and_then(|range| memory.get(range)).ok_or(Ended::OutOfBounds)?;
                if self.output.len() + bytes.len() > MAX_OUTPUT_BYTES as usize {
                    return Err(Ended::OutputTooLarge);
                }
                self.output.extend_from_slice(bytes);
                Ok(0)
            },
            Call::Log { src, len } => {
                let bytes = range(src, len).and_then(|range| memory.get(range)).ok_or(Ended::OutOfBounds)?;
                let kept = bytes.len().min(MAX_LOG_BYTES - self.log.len());
                self.log.extend_from_slice(&bytes[..kept]);
                Ok(0)
            },
        }
    }
}

/// A call of the host; addresses and lengths are in bytes.
#[derive(Clone, Copy)]
pub(crate) enum Call {
    InputLen,
    InputRead { dst: i32, offset: i32, len: i32 },
    OutputWrite { src: i32, len: i32 },
    Log { src: i32, len: i32 },
}

impl Call {
    fn bytes(&self) -> u32 {
        match *self {
            Self::InputLen => 0,
            Self::InputRead { len, .. } | Self::OutputWrite { len, .. } | Self::Log { len, .. } => len as u32,
        }
    }
}

/// Modules mean all of their `i32` as unsigned; `None` if the end is beyond what can be addressed here.
fn range(start: i32, len: i32) -> Option<core::ops::Range<usize>> {
    let start = start as u32 as usize;
    Some(start..start.checked_add(len as u32 as usize)?)
}
