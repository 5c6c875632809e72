//! Runs modules natively, by compiling them first.

use crate::{
    engine::Tank,
    host::{Call, Ended, Host, NAMESPACE},
    prepare::{stack::STACK_WORDS, FUEL_EXPORT},
    EngineError, Fuel, Module, TaskOutput,
};
use std::{
    fmt,
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc,
    },
    thread,
};
use wasmtime::{Caller, Config, Engine, Global, InstancePre, Linker, Memory, OptLevel, Store, Strategy, Trap, Val};

/// Bytes of native stack that a module may use. A word is at most 16 bytes in a compiled function's frame; eight times as much,
/// since compilers do not always use a place again.
const STACK_BYTES: usize = STACK_WORDS as usize * 16 * 8;

/// Bytes of stack beyond those, for the engine and for us.
const HOST_STACK_BYTES: usize = 1024 * 1024;

/// Runs a module natively. Can be used from several threads at once.
pub struct Jit {
    module: Module,
    code: InstancePre<State>,
    stopper: Stopper,
}

/// Stops a [`Jit`] from outside.
#[derive(Clone)]
pub struct Stopper {
    engine: Engine,
    is_stopped: Arc<AtomicBool>,
}

struct State {
    host: Host,
    exports: Option<(Memory, Global)>,
}

impl Stopper {
    /// All runs that go on, and all later ones, return [`EngineError::Stopped`] soon.
    pub fn stop(&self) {
        // In this order: who begins in between sees one of the two.
        self.is_stopped.store(true, Ordering::SeqCst);
        self.engine.increment_epoch();
    }
}

impl Jit {
    /// Compiles the module, on the calling thread.
    ///
    /// # Errors
    ///
    /// [`EngineError::Host`] if the compiler does not take it, which is a mistake in this crate, or the platform is not supported.
    pub fn new(module: &Module) -> Result<Self, EngineError> {
        let mut config = Config::new();
        config
            .strategy(Strategy::Cranelift)
            // The optimiser keeps values that are computed twice across calls in between, so that a frame may be larger than its
            // locals and operands: the native stack would be exhausted before the counted one. It gains a tenth.
            .cranelift_opt_level(OptLevel::None)
            .epoch_interruption(true)
            .max_wasm_stack(STACK_BYTES)
            .wasm_simd(false)
            .wasm_relaxed_simd(false);
        let engine = Engine::new(&config).map_err(EngineError::host)?;
        let code = wasmtime::Module::new(&engine, module.bytes()).map_err(EngineError::host)?;
        let code = linker(&engine).and_then(|linker| linker.instantiate_pre(&code)).map_err(EngineError::host)?;
        Ok(Self { module: module.clone(), code, stopper: Stopper { engine, is_stopped: Arc::default() } })
    }

    /// What stops it from outside.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Runs one task that may use so much fuel, on a thread of its own; waits for it.
    ///
    /// # Errors
    ///
    /// [`EngineError::Stopped`] if it was stopped, [`EngineError::Host`] if the engine fails.
    pub fn run(&self, input: &[u8], fuel: Fuel) -> Result<TaskOutput, EngineError> {
        self.run_logged(input, fuel).map(|(output, _)| output)
    }

    /// As [`Self::run`], with the first [`crate::MAX_LOG_BYTES`] that the module logged.
    ///
    /// # Errors
    ///
    /// As of [`Self::run`].
    pub fn run_logged(&self, input: &[u8], fuel: Fuel) -> Result<(TaskOutput, Vec<u8>), EngineError> {
        let tank = Tank::new(&self.module, fuel);
        if tank.is_empty() {
            return Ok(tank.out_of_fuel());
        }
        // Compiled code runs on the stack of its thread, and the caller's may be of any size.
        thread::scope(|scope| {
            thread::Builder::new()
                .name("vouch-task".into())
                .stack_size(STACK_BYTES + HOST_STACK_BYTES)
                .spawn_scoped(scope, || self.run_here(input, tank))
                .map_err(EngineError::host)?
                .join()
                .unwrap_or_else(|_| Err(EngineError::Host("the engine panicked".into())))
        })
    }

    fn run_here(&self, input: &[u8], tank: Tank) -> Result<(TaskOutput, Vec<u8>), EngineError> {
        let mut store = Store::new(&self.stopper.engine, State { host: Host::new(input), exports: None });
        store.set_epoch_deadline(1);
        if self.stopper.is_stopped.load(Ordering::SeqCst) {
            return Err(EngineError::Stopped);
        }
        let instance = self.code.instantiate(&mut store).map_err(EngineError::host)?;
        let missing = || EngineError::Host("the module lost its exports".into());
        let memory = instance.get_memory(&mut store, "memory").ok_or_else(missing)?;
        let left = instance.get_global(&mut store, FUEL_EXPORT).ok_or_else(missing)?;
        left.set(&mut store, Val::I64(tank.start)).map_err(EngineError::host)?;
        store.data_mut().exports = Some((memory, left));

        let run = instance.get_typed_func::<(), ()>(&mut store, "run").map_err(EngineError::host)?;
        let trapped = match run.call(&mut store, ()) {
            Ok(()) => false,
            Err(error) => match error.downcast_ref::<Trap>() {
                Some(Trap::Interrupt) => return Err(EngineError::Stopped),
                // Counted stacks are always smaller than the native one.
                Some(Trap::StackOverflow | Trap::OutOfFuel) => return Err(EngineError::host(error)),
                Some(_) => true,
                None if error.downcast_ref::<HostTrap>().is_some() => true,
                None => return Err(EngineError::host(error)),
            },
        };
        let left = left.get(&mut store).i64().ok_or_else(missing)?;
        tank.settle(store.into_data().host, left, trapped)
    }
}

/// Carries [`Ended`] out of the engine.
#[derive(Debug)]
struct HostTrap(Ended);

impl fmt::Display for HostTrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ended by the host: {:?}", self.0)
    }
}

impl std::error::Error for HostTrap {}

fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    type Context<'a> = Caller<'a, State>;
    let mut linker = Linker::new(engine);
    linker.func_wrap(NAMESPACE, "input_len", |caller: Context| call(caller, Call::InputLen))?;
    linker.func_wrap(NAMESPACE, "input_read", |caller: Context, dst: i32, offset: i32, len: i32| {
        call(caller, Call::InputRead { dst, offset, len }).map(|_| ())
    })?;
    linker.func_wrap(NAMESPACE, "output_write", |caller: Context, src: i32, len: i32| {
        call(caller, Call::OutputWrite { src, len }).map(|_| ())
    })?;
    linker.func_wrap(NAMESPACE, "log", |caller: Context, src: i32, len: i32| {
        call(caller, Call::Log { src, len }).map(|_| ())
    })?;
    Ok(linker)
}

fn call(mut caller: Caller<'_, State>, call: Call) -> wasmtime::Result<i32> {
    let missing = || wasmtime::Error::msg("called before the module was ready");
    let (memory, fuel) = caller.data().exports.ok_or_else(missing)?;
    let mut left = fuel.get(&mut caller).i64().ok_or_else(missing)?;
    let (bytes, state) = memory.data_and_store_mut(&mut caller);
    let result = state.host.call(call, bytes, &mut left);
    fuel.set(&mut caller, Val::I64(left))?;
    result.map_err(|ended| wasmtime::Error::new(HostTrap(ended)))
}
