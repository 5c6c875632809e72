//! Runs modules by interpreting them: slower than [`crate::Jit`], but everywhere, and it starts at once.

use crate::{
    engine::Tank,
    host::{Call, Ended, Host, NAMESPACE},
    prepare::{
        stack::{MAX_DEPTH, STACK_WORDS},
        FUEL_EXPORT,
    },
    EngineError, Fuel, Module, TaskOutput,
};
use alloc::vec::Vec;
use wasmi::{errors::HostError, Caller, CompilationMode, Config, Engine, Global, Linker, Memory, Store, TrapCode, Val};

/// Bytes of the interpreter's stack: several times what it needs, which is a word for each value.
const STACK_BYTES: usize = STACK_WORDS as usize * 8 * 8;

/// Runs a module by interpreting it.
pub struct Interpreter {
    module: Module,
    code: wasmi::Module,
    linker: Linker<State>,
}

struct State {
    host: Host,
    exports: Option<(Memory, Global)>,
}

impl Interpreter {
    /// Reads the module. Functions are translated when they are first called.
    ///
    /// # Errors
    ///
    /// [`EngineError::Host`] if the interpreter does not take it, which is a mistake in this crate.
    pub fn new(module: &Module) -> Result<Self, EngineError> {
        let mut config = Config::default();
        config
            .set_max_recursion_depth(MAX_DEPTH as usize)
            .set_max_stack_height(STACK_BYTES)
            .compilation_mode(CompilationMode::LazyTranslation);
        let engine = Engine::new(&config);
        let code = wasmi::Module::new(&engine, module.bytes()).map_err(EngineError::host)?;
        Ok(Self { module: module.clone(), code, linker: linker(&engine).map_err(EngineError::host)? })
    }

    /// Runs one task that may use so much fuel.
    ///
    /// # Errors
    ///
    /// [`EngineError::Host`] if the interpreter fails.
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
        let mut store = Store::new(self.code.engine(), State { host: Host::new(input), exports: None });
        let instance = self.linker.instantiate_and_start(&mut store, &self.code).map_err(EngineError::host)?;
        let missing = || EngineError::Host("the module lost its exports".into());
        let memory = instance.get_memory(&store, "memory").ok_or_else(missing)?;
        let left = instance.get_global(&store, FUEL_EXPORT).ok_or_else(missing)?;
        left.set(&mut store, Val::I64(tank.start)).map_err(EngineError::host)?;
        store.data_mut().exports = Some((memory, left));

        let run = instance.get_typed_func::<(), ()>(&store, "run").map_err(EngineError::host)?;
        let trapped = match run.call(&mut store, ()) {
            Ok(()) => false,
            Err(error) => match error.as_trap_code() {
                // Counted stacks are always smaller than the engine's.
                Some(TrapCode::StackOverflow | TrapCode::OutOfFuel | TrapCode::GrowthOperationLimited) => {
                    return Err(EngineError::host(error))
                },
                Some(_) => true,
                None if error.downcast_ref::<HostTrap>().is_some() => true,
                None => return Err(EngineError::host(error)),
            },
        };
        let left = left.get(&store).i64().ok_or_else(missing)?;
        tank.settle(store.into_data().host, left, trapped)
    }
}

/// Carries [`Ended`] out of the interpreter.
#[derive(Debug)]
struct HostTrap(Ended);

impl core::fmt::Display for HostTrap {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "ended by the host: {:?}", self.0)
    }
}

impl HostError for HostTrap {}

fn linker(engine: &Engine) -> Result<Linker<State>, wasmi::Error> {
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

fn call(mut caller: Caller<'_, State>, call: Call) -> Result<i32, wasmi::Error> {
    let missing = || wasmi::Error::new("called before the module was ready");
    let (memory, fuel) = caller.data().exports.ok_or_else(missing)?;
    let mut left = fuel.get(&caller).i64().ok_or_else(missing)?;
    let (bytes, state) = memory.data_and_store_mut(&mut caller);
    let result = state.host.call(call, bytes, &mut left);
    fuel.set(&mut caller, Val::I64(left)).map_err(wasmi::Error::from)?;
    result.map_err(|ended| wasmi::Error::host(HostTrap(ended)))
}
