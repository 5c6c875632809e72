//! Fuel is exact, and the same on all engines.

mod common;

use common::{doing, engines, run, with, FUEL};
use vouch_compute::{Module, Status, FUEL_PER_HOST_CALL, FUEL_PER_PAGE};

/// Of paying for a stretch of instructions of which all run or none.
const PAYING: u64 = 3;

/// Of entering `run`, and of the page that the modules here begin with.
const START: u64 = FUEL_PER_PAGE as u64 + 1 + PAYING;

fn fuel(body: &str) -> u64 {
    let result = run(&doing(body));
    assert_eq!(result.status, Status::Done);
    result.fuel - START
}

#[test]
fn every_instruction_that_ran_is_paid_and_no_other() {
    assert_eq!(fuel(""), 0);
    assert_eq!(fuel("nop nop"), 0);
    assert_eq!(fuel("i32.const 1 i32.const 2 i32.add drop"), 3);
    assert_eq!(
        fuel("(if (i32.const 1) (then i32.const 1 drop) (else i32.const 1 drop i32.const 1 drop))"),
        2 + 1 + PAYING
    );
    assert_eq!(
        fuel("(if (i32.const 0) (then i32.const 1 drop) (else i32.const 1 drop i32.const 1 drop))"),
        2 + 2 + PAYING
    );
    assert_eq!(fuel("(if (i32.const 0) (then i32.const 1 drop))"), 2);
    assert_eq!(fuel("(block (br 0) i32.const 1 drop) i32.const 2 drop"), 1 + 1 + PAYING);
    assert_eq!(fuel("(block (br_if 0 (i32.const 0)) i32.const 1 drop) i32.const 2 drop"), 2 + 2 * (1 + PAYING));
    assert_eq!(fuel("(block (block (br 1)) i32.const 1 drop) i32.const 2 drop"), 1 + 1 + PAYING);
    assert_eq!(fuel("(block (br_table 0 1 (i32.const 1)) ) i32.const 2 drop"), 5);
    assert_eq!(fuel("return i32.const 2 drop"), 1);
    // Ten times round: once it is set and the loop entered, each time it is read, counted down, set and asked for.
    assert_eq!(fuel("(local $i i32) (local.set $i (i32.const 10)) (loop $l (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))"), 1 + 3 + 10 * (5 + PAYING));
}

#[test]
fn calls_and_locals_are_paid() {
    let callee = |locals: &str| run(&with(&format!("(func $f {locals} i32.const 1 drop)"), "call $f")).fuel - START;
    assert_eq!(callee(""), 4 + 1 + 1 + PAYING);
    assert_eq!(callee("(local i32 i32 i32 i32 i32)"), 4 + 1 + 2 + 1 + PAYING);
}

/// Compiled, the head of every loop asks whether it is to stop: a task of many empty ones would run for the better part of an hour.
#[test]
fn loops_are_paid_even_if_nothing_is_in_them() {
    assert_eq!(fuel("(loop)"), 1);
    assert_eq!(fuel("(loop) (loop) (loop)"), 1 + 2 * (1 + PAYING));
    assert_eq!(fuel("(loop (loop (loop)))"), 1 + 2 * (1 + PAYING));
}

#[test]
fn canonical_nans_are_paid() {
    assert_eq!(fuel("(f64.store (i32.const 0) (f64.add (f64.const 1) (f64.const 2)))"), 3 + 1 + 3 + 1);
    assert_eq!(fuel("(f32.store (i32.const 0) (f32.demote_f64 (f64.const 1)))"), 2 + 1 + 3 + 1);
    // What the next instruction does the same with, whichever it is, is not made canonical.
    assert_eq!(fuel("(drop (f64.add (f64.const 1) (f64.const 2)))"), 2 + 1);
    assert_eq!(fuel("(f64.store (i32.const 0) (f64.sqrt (f64.add (f64.const 1) (f64.const 2))))"), 3 + 1 + 6 + 3 + 1);
    // What only moves bits makes none.
    assert_eq!(fuel("(drop (f64.neg (f64.const 1)))"), 1 + 1);
}

#[test]
fn memory_is_paid_when_there_is_any() {
    assert_eq!(fuel("(drop (memory.grow (i32.const 3)))"), 65 + 3 * FUEL_PER_PAGE as u64);
    assert_eq!(fuel("(drop (memory.grow (i32.const 16)))"), 65);
    assert_eq!(fuel("(drop (memory.grow (i32.const -1)))"), 65);
    assert_eq!(fuel("(drop (memory.grow (i32.const 0)))"), 65);
    let engines = engines(&doing(""));
    assert_eq!(engines.run(b"", START).status, Status::Done);
    let result = engines.run(b"", FUEL_PER_PAGE as u64 - 1);
    assert_eq!((result.status, result.fuel), (Status::OutOfFuel, FUEL_PER_PAGE as u64 - 1));
    assert_eq!(engines.run(b"", 0).status, Status::OutOfFuel);
    assert_eq!(engines.run(b"", u64::MAX).fuel, START);
}

#[test]
fn the_host_is_paid_for_what_it_copies() {
    let call = FUEL_PER_HOST_CALL as u64 + 4;
    assert_eq!(fuel("(drop (call $input_len))"), call);
    assert_eq!(fuel("(call $output_write (i32.const 0) (i32.const 0))"), call + 2);
    assert_eq!(fuel("(call $output_write (i32.const 0) (i32.const 1))"), call + 2 + 1);
    assert_eq!(fuel("(call $output_write (i32.const 0) (i32.const 65536))"), call + 2 + 8192);
    assert_eq!(fuel("(call $log (i32.const 0) (i32.const 65536))"), call + 2 + 8192);
}

const SMALL: &str = r#"
    (func $fib (param $n i32) (result i32)
        (if (result i32) (i32.lt_u (local.get $n) (i32.const 2))
            (then (local.get $n))
            (else (i32.add (call $fib (i32.sub (local.get $n) (i32.const 1)))
                           (call $fib (i32.sub (local.get $n) (i32.const 2)))))))"#;

#[test]
fn every_limit_below_what_is_needed_is_used_up_and_every_other_suffices() {
    let engines = engines(&with(
        SMALL,
        "(i32.store (i32.const 0) (call $fib (i32.const 6)))
         (drop (memory.grow (i32.const 1)))
         (call $log (i32.const 0) (i32.const 100))
         (call $output_write (i32.const 0) (i32.const 4))",
    ));
    let all = engines.run(b"", FUEL);
    assert_eq!((all.status, &all.output[..]), (Status::Done, &[8, 0, 0, 0][..]));
    let limits = (0..40).chain(FUEL_PER_PAGE as u64 - 5..FUEL_PER_PAGE as u64 + 900).chain(all.fuel - 400..all.fuel);
    for limit in limits {
        let result = engines.run(b"", limit);
        assert_eq!((result.status, result.fuel, result.output.len()), (Status::OutOfFuel, limit, 0));
    }
    for more in [0, 1, 1000] {
        assert_eq!(engines.run(b"", all.fuel + more), all);
    }
}

#[test]
fn a_trap_costs_what_was_used_until_then() {
    let trap = run(&doing("(drop (i32.div_u (i32.const 1) (i32.const 0)))"));
    assert_eq!((trap.status, trap.fuel), (Status::Trapped, START + 8));
    let later = run(&with("(func $f unreachable)", "i32.const 1 drop call $f i32.const 1 drop"));
    // The stretch that calls is paid whole.
    assert_eq!((later.status, later.fuel), (Status::Trapped, START + 1 + 4 + 1 + 1 + PAYING));
}

#[test]
fn preparing_is_a_function() {
    let code = wat::parse_str(with(SMALL, "")).unwrap();
    let module = Module::prepare(&code, 16).unwrap();
    assert_eq!(module, Module::prepare(&code, 16).unwrap());
    assert_eq!(module.initial_pages(), 1);
    wasmparser::validate(module.bytes()).unwrap();
}
