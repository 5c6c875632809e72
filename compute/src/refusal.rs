//! Why a module is none that can be run.

use alloc::string::{String, ToString};
use core::fmt;

/// Why a module is none that can be run. Every honest device refuses the same modules, so the result of all of a refused module's
/// tasks is [`vouch_primitives::work::TaskOutput::bad_module`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It is longer than [`vouch_primitives::work::MAX_MODULE_BYTES`].
    TooLong,
    /// It is not valid WebAssembly of the features that jobs may use; says what is wrong with it, and where.
    Invalid(String),
    /// It imports what the host does not provide, or as something that it is not: `module.name`, cut.
    Import(String),
    /// It exports something else than a memory, globals and the one function `run`; holds the name, cut.
    Export(String),
    /// It exports no function `run` without parameters and results.
    NoRun,
    /// It does not export a memory of its own as `memory`.
    NoMemory,
    /// Its memory is larger from the start, in pages, than the job allows.
    MemoryTooLarge(u64),
    /// It has a start function.
    Start,
    /// A data or element segment lies outside of what it should fill.
    Segment,
    /// It has more of something than [`crate::limits`] allow.
    TooMany(&'static str),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("the module is longer than a job's may be"),
            Self::Invalid(why) => write!(f, "not a valid module of target wasm32v1-none: {why}"),
            Self::Import(what) => write!(f, "the host provides no import {what} of this type"),
            Self::Export(name) => write!(f, "exports `{name}`; only `run`, `memory` and globals may be"),
            Self::NoRun => f.write_str("exports no function `run` without parameters and results"),
            Self::NoMemory => f.write_str("does not export a memory of its own as `memory`"),
            Self::MemoryTooLarge(pages) => {
                write!(f, "{pages} pages of memory from the start are more than the job allows")
            },
            Self::Start => f.write_str("has a start function"),
            Self::Segment => f.write_str("a data or element segment lies outside of what it should fill"),
            Self::TooMany(what) => write!(f, "too many {what}"),
        }
    }
}

impl core::error::Error for Refusal {}

impl From<wasmparser::BinaryReaderError> for Refusal {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        // It may quote names.
        Self::Invalid(cut(&error.to_string()))
    }
}

/// Most characters of it that are told.
const TOLD: usize = 256;

/// The beginning of a text that the module had a part in, fit to be logged.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(TOLD).flat_map(char::escape_debug).collect()
}
