//! Runs compute jobs deterministically: same module, same input, same fuel give the same [`TaskOutput`] wherever they run.
//!
//! [`Module::prepare`] checks a module and rewrites it, so that what it does no longer depends on the engine: NaNs are canonical,
//! fuel is metered and calls are counted by the module's own code. Then it runs on [`Interpreter`] (everywhere, also in the
//! on-chain runtime's off-chain worker) or [`Jit`] (natively).
//!
//! ```
//! use vouch_compute::{Interpreter, Module, Status};
//!
//! let code = wat::parse_str(r#"(module (memory (export "memory") 1) (func (export "run")))"#).unwrap();
//! let module = Module::prepare(&code, 16).unwrap();
//! let result = Interpreter::new(&module).unwrap().run(b"input", 1_000_000).unwrap();
//! assert_eq!(result.status, Status::Done);
//! ```
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod check;
mod effort;
mod engine;
mod host;
mod interpreter;
#[cfg(feature = "std")]
mod jit;
mod module;
mod prepare;
mod refusal;

pub use check::limits;
pub use engine::EngineError;
pub use host::{FUEL_PER_HOST_CALL, HOST_BYTES_PER_FUEL, MAX_LOG_BYTES};
pub use interpreter::Interpreter;
#[cfg(feature = "std")]
pub use jit::{Jit, Stopper};
pub use module::Module;
pub use prepare::{fuel::FUEL_PER_PAGE, stack::STACK_WORDS};
pub use refusal::Refusal;
pub use vouch_primitives::work::{Fuel, Status, TaskOutput};
