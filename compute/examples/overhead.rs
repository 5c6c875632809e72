//! What metering costs: one task of an example job on the module as its requester wrote it, and as devices run it.
//!
//! `scripts/jobs && cargo run --release -p vouch-compute --example overhead -- primes.wasm INPUT_HEX`

use std::{env, error::Error, fs, time::Instant};
use vouch_compute::{Interpreter, Jit, Module};
use wasmtime::{Caller, Config, Engine, Extern, Linker, Store};

/// Runs of each; the fastest counts.
const RUNS: usize = 5;
/// More than any task here takes.
const FUEL: u64 = 1 << 40;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let (Some(path), Some(input)) = (arguments.next(), arguments.next()) else {
        return Err("usage: overhead MODULE.wasm INPUT_HEX".into());
    };
    let (code, input) = (fs::read(path)?, bytes(&input)?);

    let begun = Instant::now();
    let module = Module::prepare(&code, 256)?;
    println!("checked and rewritten in {:.1} ms", 1e3 * begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    let jit = Jit::new(&module).map_err(|error| format!("{error:?}"))?;
    println!("compiled in {:.1} ms", 1e3 * begun.elapsed().as_secs_f64());
    let interpreter = Interpreter::new(&module).map_err(|error| format!("{error:?}"))?;
    let output = jit.run(&input, FUEL).map_err(|error| format!("{error:?}"))?;
    println!("{:?}, {} units of fuel, output 0x{}", output.status, output.fuel, hex(&output.output));

    let plain = fastest(|| direct(&code, &input, false, false))?;
    let rows = [
        ("wasmtime, module as written", plain),
        ("wasmtime, its own canonical NaNs", fastest(|| direct(&code, &input, true, false))?),
        ("wasmtime, its own fuel and canonical NaNs", fastest(|| direct(&code, &input, true, true))?),
        ("Jit: rewritten module", fastest(|| jit.run(&input, FUEL).map(drop).map_err(|e| format!("{e:?}").into()))?),
        ("Interpreter", fastest(|| interpreter.run(&input, FUEL).map(drop).map_err(|e| format!("{e:?}").into()))?),
    ];
    for (name, seconds) in rows {
        let rate = output.fuel as f64 / seconds / 1e6;
        println!("{name:<44} {:>9.2} ms  {:>6.2} x  {rate:>8.0} M fuel/s", 1e3 * seconds, seconds / plain);
    }
    Ok(())
}

fn fastest(mut run: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut best = f64::INFINITY;
    for _ in 0..RUNS {
        let begun = Instant::now();
        run()?;
        best = best.min(begun.elapsed().as_secs_f64());
    }
    Ok(best)
}

/// A compiled module, and how it was compiled: with canonical NaNs or not, counting fuel or not.
type Compiled = ((bool, bool), Engine, wasmtime::Module);

thread_local! {
    /// Compiled once per way to compile.
    static COMPILED: std::cell::RefCell<Vec<Compiled>> = Default::default();
}

/// The module as written, without any limit of ours.
fn direct(code: &[u8], input: &[u8], canonical: bool, fuel: bool) -> Result<()> {
    let (engine, module) = COMPILED.with(|all| -> Result<_> {
        let mut all = all.borrow_mut();
        if let Some((_, engine, module)) = all.iter().find(|(ways, ..)| *ways == (canonical, fuel)) {
            return Ok((engine.clone(), module.clone()));
        }
        let mut config = Config::new();
        config.cranelift_nan_canonicalization(canonical).consume_fuel(fuel);
        let engine = Engine::new(&config)?;
        let module = wasmtime::Module::new(&engine, code)?;
        all.push(((canonical, fuel), engine.clone(), module.clone()));
        Ok((engine, module))
    })?;
    let mut linker: Linker<Vec<u8>> = Linker::new(&engine);
    linker.func_wrap("vouch", "input_len", |caller: Caller<'_, Vec<u8>>| caller.data().len() as i32)?;
    linker.func_wrap("vouch", "input_read", |mut caller: Caller<'_, Vec<u8>>, to: i32, from: i32, len: i32| {
        let Some(Extern::Memory(memory)) = caller.get_export("memory") else { return };
        let (memory, input) = memory.data_and_store_mut(&mut caller);
        let (to, from, len) = (to as usize, from as usize, len as usize);
        memory[to..to + len].copy_from_slice(&input[from..from + len]);
    })?;
    linker.func_wrap("vouch", "output_write", |_: i32, _: i32| {})?;
    linker.func_wrap("vouch", "log", |_: i32, _: i32| {})?;
    let mut store = Store::new(&engine, input.to_vec());
    if fuel {
        store.set_fuel(FUEL)?;
    }
    let instance = linker.instantiate(&mut store, &module)?;
    instance.get_typed_func::<(), ()>(&mut store, "run")?.call(&mut store, ())?;
    Ok(())
}

fn bytes(hex: &str) -> Result<Vec<u8>> {
    let digits = hex.strip_prefix("0x").unwrap_or(hex);
    let pairs = (0..digits.len()).step_by(2);
    pairs.map(|at| Ok(u8::from_str_radix(digits.get(at..at + 2).ok_or("half a byte")?, 16)?)).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
