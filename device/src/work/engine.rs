//! Runs the tasks of a chunk, on several cores.

use std::{
    num::NonZeroUsize,
    sync::atomic::{AtomicU32, AtomicUsize, Ordering},
    thread,
};
use vouch_compute::{EngineError, Fuel, Jit, Module, Refusal, Stopper, TaskOutput};

/// A job's module, ready to run.
pub enum Engine {
    /// It is none that can be run: every task of it ends so, on every device.
    Refused(Refusal),
    /// It was compiled.
    Ready(Box<Jit>),
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(refusal) => write!(f, "Engine(refused: {refusal})"),
            Self::Ready(_) => f.write_str("Engine(ready)"),
        }
    }
}

impl Engine {
    /// Checks and compiles a module that may use `memory` pages of 64 KiB. Takes up to half a minute if somebody meant it to.
    ///
    /// # Errors
    ///
    /// [`EngineError::Host`] if modules cannot be compiled here; which says nothing about the module.
    pub fn new(code: &[u8], memory: u32) -> Result<Self, EngineError> {
        match Module::prepare(code, memory) {
            Ok(module) => Ok(Self::Ready(Box::new(Jit::new(&module)?))),
            Err(refusal) => Ok(Self::Refused(refusal)),
        }
    }

    /// What stops it for good; `None` if there is nothing to stop.
    pub fn stopper(&self) -> Option<Stopper> {
        match self {
            Self::Refused(_) => None,
            Self::Ready(jit) => Some(jit.stopper()),
        }
    }

    /// Runs one task on each of `inputs`, each with at most so much `fuel`, on `cores` threads; blocks until all are done. Counts
    /// them in `done` as they are. The outputs are in the order of the inputs, whichever task was done first.
    ///
    /// # Errors
    ///
    /// [`EngineError::Stopped`] if it was stopped, [`EngineError::Host`] if the engine failed on any task. Then there is no result:
    /// whoever cannot run a task does not know what it gives.
    pub fn run(
        &self,
        inputs: &[Vec<u8>],
        fuel: Fuel,
        cores: NonZeroUsize,
        done: &AtomicU32,
    ) -> Result<Vec<TaskOutput>, EngineError> {
        let Self::Ready(jit) = self else {
            done.fetch_add(inputs.len() as u32, Ordering::Relaxed);
            return Ok(vec![TaskOutput::bad_module(); inputs.len()]);
        };
        let next = AtomicUsize::new(0);
        let work = || {
            let mut outputs = Vec::new();
            loop {
                let task = next.fetch_add(1, Ordering::Relaxed);
                let Some(input) = inputs.get(task) else { return Ok(outputs) };
                match jit.run(input, fuel) {
                    Ok(output) => outputs.push((task, output)),
                    Err(error) => {
                        // The others begin nothing more.
                        next.store(inputs.len(), Ordering::Relaxed);
                        return Err(error);
                    },
                }
                done.fetch_add(1, Ordering::Relaxed);
            }
        };
        let threads = cores.get().min(inputs.len());
        let parts = thread::scope(|scope| {
            let started: Result<Vec<_>, _> = (0..threads)
                .map(|_| thread::Builder::new().name("vouch-work".into()).spawn_scoped(scope, work))
                .collect();
            let started = started.map_err(|error| {
                // Those that did start begin nothing more.
                next.store(inputs.len(), Ordering::Relaxed);
                EngineError::Host(format!("cannot start a thread: {error}"))
            })?;
            let panicked = |_| Err(EngineError::Host("the engine panicked".into()));
            started.into_iter().map(|thread| thread.join().unwrap_or_else(panicked)).collect::<Result<Vec<_>, _>>()
        })?;
        let mut all: Vec<_> = parts.into_iter().flatten().collect();
        all.sort_unstable_by_key(|(task, _)| *task);
        if all.len() != inputs.len() {
            return Err(EngineError::Host(format!("{} of {} tasks were run", all.len(), inputs.len())));
        }
        Ok(all.into_iter().map(|(_, output)| output).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::ECHO, *};
    use std::{sync::Arc, time::Duration};
    use vouch_compute::Status;

    const FUEL: Fuel = 10_000_000;

    /// A module that imports nothing, with this body and these declarations before it.
    fn module(before: &str, body: &str) -> String {
        format!(r#"(module (memory (export "memory") 1) {before} (func $run (export "run") {body}))"#)
    }

    fn engine(text: &str) -> Engine {
        Engine::new(&wat::parse_str(text).unwrap(), 4).unwrap()
    }

    fn cores(n: usize) -> NonZeroUsize {
        NonZeroUsize::new(n).unwrap()
    }

    fn run(engine: &Engine, inputs: &[Vec<u8>], on: usize) -> Vec<TaskOutput> {
        let done = AtomicU32::new(0);
        let outputs = engine.run(inputs, FUEL, cores(on), &done).unwrap();
        assert_eq!((outputs.len(), done.into_inner()), (inputs.len(), inputs.len() as u32));
        outputs
    }

    #[test]
    fn outputs_are_in_order_and_the_same_on_any_number_of_cores() {
        let echo = engine(ECHO);
        let inputs: Vec<_> = (0..37u8).map(|n| vec![n; usize::from(n)]).collect();
        let alone = run(&echo, &inputs, 1);
        assert!(alone
            .iter()
            .zip(&inputs)
            .all(|(output, input)| output.status == Status::Done && output.output == *input));
        for on in [2, 8, 64] {
            assert_eq!(run(&echo, &inputs, on), alone);
        }
        assert!(run(&echo, &[], 4).is_empty());
    }

    #[test]
    fn hostile_modules_end_each_task_the_same_way() {
        let inputs = [vec![1], vec![2], vec![3]];
        for (text, expected) in [
            (module("", "(loop $on (br $on))"), Status::OutOfFuel),
            (module("", "(call $run)"), Status::Trapped),
            (module("", "unreachable"), Status::Trapped),
            (module("", "(drop (i32.load (i32.const -4)))"), Status::Trapped),
            (module("", "(drop (i32.div_u (i32.const 1) (i32.const 0)))"), Status::Trapped),
            (module("", "(loop $on (drop (memory.grow (i32.const 1))) (br $on))"), Status::OutOfFuel),
        ] {
            let outputs = run(&engine(&text), &inputs, 2);
            assert!(outputs.iter().all(|output| output.status == expected), "{text} gave {outputs:?}");
            assert!(outputs.iter().all(|output| *output == outputs[0] && output.output.is_empty()));
        }
    }

    #[test]
    fn a_module_that_cannot_be_run_has_a_result_as_well() {
        let inputs = [vec![1], vec![2]];
        let nothing_to_run = r#"(module (memory (export "memory") 1))"#;
        for code in [b"no module".to_vec(), Vec::new(), wat::parse_str(nothing_to_run).unwrap()] {
            let refused = Engine::new(&code, 4).unwrap();
            assert!(matches!(refused, Engine::Refused(_)) && refused.stopper().is_none());
            assert_eq!(run(&refused, &inputs, 2), vec![TaskOutput::bad_module(); 2]);
        }
    }

    #[test]
    fn who_is_stopped_has_no_result() {
        let endless = Arc::new(engine(&module("", "(loop $on (br $on))")));
        let stopper = endless.stopper().unwrap();
        let running = thread::spawn({
            let endless = endless.clone();
            move || endless.run(&[vec![], vec![], vec![]], Fuel::MAX, cores(2), &AtomicU32::new(0))
        });
        thread::sleep(Duration::from_millis(50));
        stopper.stop();
        assert_eq!(running.join().unwrap(), Err(EngineError::Stopped));
    }
}
