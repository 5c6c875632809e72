//! A compiled module runs from several threads, and stops when told.

mod common;

use common::{doing, with};
use std::{
    thread,
    time::{Duration, Instant},
};
use vouch_compute::{EngineError, Jit, Module};

fn jit(text: &str) -> Jit {
    Jit::new(&Module::prepare(&wat::parse_str(text).unwrap(), 16).unwrap()).unwrap()
}

#[test]
fn stops_all_runs_and_later_ones_but_no_others() {
    let endless = jit(&doing("(loop $l (br $l))"));
    let other = jit(&doing("(loop $l (br $l))"));
    let begun = Instant::now();
    thread::scope(|scope| {
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(|| endless.run(b"", u64::MAX))).collect();
        let unrelated = scope.spawn(|| other.run(b"", 50_000_000));
        thread::sleep(Duration::from_millis(100));
        endless.stopper().stop();
        for run in runs {
            assert_eq!(run.join().unwrap(), Err(EngineError::Stopped));
        }
        assert!(unrelated.join().unwrap().is_ok());
    });
    assert_eq!(endless.run(b"", 1 << 20), Err(EngineError::Stopped));
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[test]
fn endless_recursion_without_loops_stops_too() {
    // Each level calls twice the next one: 2^40 calls at a depth of 40.
    let tree = jit(&with(
        "(func $f (param i32) (if (local.get 0) (then
            (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1))))))",
        "(call $f (i32.const 40))",
    ));
    thread::scope(|scope| {
        let run = scope.spawn(|| tree.run(b"", u64::MAX));
        thread::sleep(Duration::from_millis(50));
        tree.stopper().stop();
        assert_eq!(run.join().unwrap(), Err(EngineError::Stopped));
    });
}

#[test]
fn threads_find_the_same() {
    let sum = jit(&doing(
        "(local $i i32) (loop $l (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100000))))
         (call $input_read (i32.const 0) (i32.const 0) (call $input_len))
         (call $output_write (i32.const 0) (call $input_len))",
    ));
    thread::scope(|scope| {
        let runs: Vec<_> = (0..8u8)
            .map(|n| {
                scope.spawn({
                    let sum = &sum;
                    move || sum.run(&[n], 10_000_000).unwrap()
                })
            })
            .collect();
        let results: Vec<_> = runs.into_iter().map(|run| run.join().unwrap()).collect();
        assert!(results.iter().all(|result| result.fuel == results[0].fuel));
        assert!(results.iter().zip(0u8..).all(|(result, n)| result.output == [n]));
    });
}
