//! A module that is ready to run.

use crate::{check, prepare, Refusal};
use alloc::vec::Vec;

/// A job's module, checked and rewritten so that it does the same on every engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    bytes: Vec<u8>,
    initial_pages: u32,
}

impl Module {
    /// Checks `code` and rewrites it for a job that may use `memory_pages` of 64 KiB.
    ///
    /// Takes time and memory linear in the length of `code`.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it cannot be run. That is a property of the module and the job alone.
    pub fn prepare(code: &[u8], memory_pages: u32) -> Result<Self, Refusal> {
        let checked = check::check(code, memory_pages)?;
        let initial_pages = checked.initial_pages;
        Ok(Self { bytes: prepare::prepare(code, &checked)?, initial_pages })
    }

    /// The rewritten module.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Pages of 64 KiB of memory that it has from the start; every task pays for them.
    pub fn initial_pages(&self) -> u32 {
        self.initial_pages
    }
}
