//! What all engines have in common: how a run ends, and what it cost.

use crate::{
    host::{Ended, Host},
    prepare::{fuel::FUEL_PER_PAGE, NO_MEMORY},
    Fuel, Module, Status, TaskOutput,
};
use alloc::{string::String, vec::Vec};
use core::fmt;

/// Trouble of the host, which says nothing about the task: whoever meets one must not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineError {
    /// It was stopped from outside.
    Stopped,
    /// The engine did not do what it has to; says what.
    Host(String),
}

impl EngineError {
    pub(crate) fn host(error: impl fmt::Display) -> Self {
        Self::Host(alloc::format!("{error:#}"))
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped => f.write_str("stopped"),
            Self::Host(what) => write!(f, "cannot run modules here: {what}"),
        }
    }
}

impl core::error::Error for EngineError {}

/// The fuel that a task may use, as the module counts it down.
#[derive(Clone, Copy)]
pub(crate) struct Tank {
    limit: i64,
    /// After paying for the memory that the module has from the start; below zero if that is too much already.
    pub(crate) start: i64,
}

impl Tank {
    /// Fuel beyond `i64::MAX` would take centuries to use.
    pub(crate) fn new(module: &Module, fuel: Fuel) -> Self {
        let limit = i64::try_from(fuel).unwrap_or(i64::MAX);
        Self { limit, start: limit - i64::from(module.initial_pages()) * FUEL_PER_PAGE }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.start < 0
    }

    /// The result of a task that has `left` when it ended, by trapping or not.
    pub(crate) fn settle(&self, host: Host, left: i64, trapped: bool) -> Result<(TaskOutput, Vec<u8>), EngineError> {
        if left == NO_MEMORY {
            return Err(EngineError::Host("out of memory".into()));
        }
        let (ended, output, log) = host.into_parts();
        let status = match (trapped, ended) {
            (false, _) => Status::Done,
            (true, Some(Ended::OutputTooLarge)) => Status::OutputTooLarge,
            (true, _) if left < 0 => Status::OutOfFuel,
            (true, _) => Status::Trapped,
        };
        let fuel = if status == Status::OutOfFuel { self.limit } else { self.limit - left };
        let output = if status == Status::Done { output } else { Vec::new() };
        // Neither is negative: `left` is at most `start`, which is at most `limit`.
        Ok((TaskOutput { status, fuel: fuel as Fuel, output }, log))
    }

    /// The result of a task that could not even start.
    pub(crate) fn out_of_fuel(&self) -> (TaskOutput, Vec<u8>) {
        let result = TaskOutput { status: Status::OutOfFuel, fuel: self.limit as Fuel, output: Vec::new() };
        (result, Vec::new())
    }
}
