//! Runs a module on every engine at once.
#![allow(dead_code)] // Every test file uses a part of it.

use vouch_compute::{Fuel, Interpreter, Jit, Module, Refusal, Status, TaskOutput};

pub const PAGES: u32 = 16;
pub const FUEL: Fuel = 10_000_000;

/// A module on all engines.
pub struct Engines {
    pub module: Module,
    interpreter: Interpreter,
    jit: Jit,
}

impl Engines {
    pub fn new(code: &[u8], pages: u32) -> Result<Self, Refusal> {
        let module = Module::prepare(code, pages)?;
        let interpreter = Interpreter::new(&module).unwrap();
        let jit = Jit::new(&module).unwrap();
        Ok(Self { module, interpreter, jit })
    }

    /// What all of them find.
    pub fn run(&self, input: &[u8], fuel: Fuel) -> TaskOutput {
        let native = self.jit.run_logged(input, fuel).unwrap();
        let interpreted = self.interpreter.run_logged(input, fuel).unwrap();
        assert_eq!(native, interpreted);
        native.0
    }
}

/// A module from its text, its memory and `run` within `(module ...)` as given.
pub fn engines(text: &str) -> Engines {
    Engines::new(&wat::parse_str(text).unwrap(), PAGES).unwrap()
}

pub fn run(text: &str) -> TaskOutput {
    engines(text).run(b"", FUEL)
}

/// A module that does just this.
pub fn doing(body: &str) -> String {
    with("", body)
}

/// A module that does this and has that besides.
pub fn with(more: &str, body: &str) -> String {
    format!(
        r#"(module
            (import "vouch" "input_len" (func $input_len (result i32)))
            (import "vouch" "input_read" (func $input_read (param i32 i32 i32)))
            (import "vouch" "output_write" (func $output_write (param i32 i32)))
            (import "vouch" "log" (func $log (param i32 i32)))
            (memory (export "memory") 1)
            {more}
            (func (export "run") {body}))"#
    )
}

pub fn refusal(text: &str) -> Refusal {
    Module::prepare(&wat::parse_str(text).unwrap(), PAGES).unwrap_err()
}

pub fn status(text: &str) -> Status {
    run(text).status
}
