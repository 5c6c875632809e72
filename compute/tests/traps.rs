//! What a module may not do ends its task, the same way on all engines.

mod common;

use common::{doing, engines, run, status, with, Engines, FUEL, PAGES};
use std::thread;
use vouch_compute::Status::*;

#[test]
fn what_traps() {
    for body in [
        "unreachable",
        "(drop (i32.div_u (i32.const 1) (i32.const 0)))",
        "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))",
        "(drop (i64.rem_s (i64.const 1) (i64.const 0)))",
        "(drop (i32.load (i32.const 65533)))",
        "(drop (i32.load (i32.const -1)))",
        "(drop (i32.load offset=4294967295 (i32.const -1)))",
        "(i64.store (i32.const 65529) (i64.const 0))",
        "(drop (i32.trunc_f32_s (f32.const nan)))",
        "(drop (i32.trunc_f64_u (f64.const -1)))",
        "(drop (i64.trunc_f64_s (f64.const inf)))",
        "(call_indirect (type $none) (i32.const 0))",
        "(call_indirect (type $none) (i32.const 1))",
        "(call_indirect (type $none) (i32.const 2))",
        "(call_indirect (type $none) (i32.const -1))",
        "(call $output_write (i32.const 65536) (i32.const 1))",
        "(call $output_write (i32.const -1) (i32.const -1))",
        "(call $log (i32.const 1) (i32.const 65536))",
        "(call $input_read (i32.const 0) (i32.const 1) (i32.const 0))",
        "(call $input_read (i32.const 0) (i32.const 0) (i32.const 1))",
        "(call $input_read (i32.const 65537) (i32.const 0) (i32.const 0))",
    ] {
        let more = "(type $none (func)) (table 2 funcref) (func $f (param i32)) (elem (i32.const 1) $f)";
        let result = engines(&with(more, body)).run(b"", 1 << 40);
        assert_eq!(result.status, Trapped, "{body}");
        assert!(result.output.is_empty());
    }
    assert_eq!(status(&doing("(drop (i32.rem_s (i32.const 0x80000000) (i32.const -1)))")), Done);
}

#[test]
fn output_is_lost_with_the_task() {
    let result = run(&doing("(call $output_write (i32.const 0) (i32.const 9)) unreachable"));
    assert_eq!((result.status, result.output.len()), (Trapped, 0));
}

#[test]
fn outputs_have_a_most() {
    let write = |times: &str| run(&doing(times));
    assert_eq!(write("(call $output_write (i32.const 0) (i32.const 65536))").output.len(), 65536);
    let result = write(
        "(call $output_write (i32.const 0) (i32.const 65536)) (call $output_write (i32.const 0) (i32.const 1)) unreachable",
    );
    assert_eq!((result.status, result.output.len()), (OutputTooLarge, 0));
    assert!(result.fuel > 8192);
    assert_eq!(write("(loop $l (call $output_write (i32.const 0) (i32.const 999)) (br $l))").status, OutputTooLarge);
}

#[test]
fn memory_grows_to_the_job_s_limit() {
    let text = doing(
        "(i32.store (i32.const 0) (memory.grow (i32.const 14)))
         (i32.store (i32.const 4) (memory.grow (i32.const 2)))
         (i32.store (i32.const 8) (memory.grow (i32.const 1)))
         (i32.store (i32.const 12) (memory.grow (i32.const 1)))
         (i32.store (i32.const 16) (memory.grow (i32.const -1)))
         (i32.store (i32.const 20) (memory.size))
         (i32.store (i32.const 1048572) (i32.const 1))
         (call $output_write (i32.const 0) (i32.const 24))",
    );
    let words: Vec<i32> =
        run(&text).output.chunks(4).map(|word| i32::from_le_bytes(word.try_into().unwrap())).collect();
    assert_eq!(words, [1, -1, 15, -1, -1, 16]);
    // Its own maximum holds too, where it is lower.
    let text = r#"(module (memory (export "memory") 1 2) (func (export "run")
        (if (i32.ne (memory.grow (i32.const 1)) (i32.const 1)) (then unreachable))
        (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))))"#;
    assert_eq!(status(text), Done);
    let bomb = doing("(loop $l (drop (memory.grow (i32.const 1))) (br $l))");
    assert_eq!(status(&bomb), OutOfFuel);
    let most = Engines::new(&wat::parse_str(doing("(if (i32.eq (memory.grow (i32.const 255)) (i32.const -1)) (then unreachable)) (i32.store (i32.const 16777212) (i32.const 1))")).unwrap(), 256);
    assert_eq!(most.unwrap().run(b"", FUEL).status, Done);
}

#[test]
fn calls_have_a_deepest() {
    assert_eq!(status(&with("(func $f (call $f))", "call $f")), Trapped);
    assert_eq!(status(&with("(func $f (call $g)) (func $g (call $f))", "call $f")), Trapped);
    let indirect = "(type $none (func)) (table 1 funcref) (elem (i32.const 0) $f)
        (func $f (call_indirect (type $none) (i32.const 0)))";
    assert_eq!(status(&with(indirect, "call $f")), Trapped);
    // The last call that is not too deep still returns through all others.
    let down = |depth: u32| {
        status(&with(
            "(func $f (param $n i32) (result i32)
                (if (result i32) (local.get $n)
                    (then (i32.add (i32.const 1) (call $f (i32.sub (local.get $n) (i32.const 1)))))
                    (else (return (i32.const 0)))))",
            &format!("(if (i32.ne (call $f (i32.const {depth})) (i32.const {depth})) (then unreachable))"),
        ))
    };
    assert_eq!(down(1_000), Done);
    let (mut done, mut too_deep) = (1_000, 100_000);
    assert_eq!(down(too_deep), Trapped);
    while too_deep - done > 1 {
        let middle = (done + too_deep) / 2;
        match down(middle) {
            Done => done = middle,
            _ => too_deep = middle,
        }
    }
    assert!(done > 5_000, "{done}");
}

#[test]
fn words_are_given_back_on_every_way_out() {
    let functions = "
        (func $end (call $leaf))
        (func $return (call $leaf) (return))
        (func $br (call $leaf) (block (br 1)))
        (func $br_if (result i32) (call $leaf) (i32.const 7) (br_if 0 (i32.const 1)))
        (func $br_table (result i32) (call $leaf) (block (result i32) (i32.const 7) (br_table 0 1 (i32.const 5))))
        (func $nested (loop (block (call $leaf) (return))))
        (func $leaf)";
    let text = with(
        functions,
        "(local $i i32) (loop $l
            call $end call $return call $br (drop (call $br_if)) (drop (call $br_table)) call $nested
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 30000))))",
    );
    assert_eq!(status(&text), Done);
}

/// Frames that are as large as can be, in ways that compilers handle differently.
#[test]
fn large_frames_fit_the_native_stack() {
    // Locals that all live across the call.
    let set: String = (0..2000).map(|n| format!("(local.set {n} (i64.load (i32.const {})))", n * 8)).collect();
    let sum: String = (0..2000).map(|n| format!("(local.get {n}) i64.add ")).collect();
    let locals = "(local i64)".repeat(2000);
    let ints = format!("(func $f (result i64) {locals} {set} (call $f) {sum})");
    assert_eq!(status(&with(&ints, "(drop (call $f))")), Trapped);

    let set: String = (0..2000).map(|n| format!("(local.set {n} (f64.load (i32.const {})))", n * 8)).collect();
    let sum: String = (0..2000).map(|n| format!("(local.get {n}) f64.add ")).collect();
    let locals = "(local f64)".repeat(2000);
    let floats = format!("(func $f (result f64) {locals} {set} (call $f) {sum})");
    assert_eq!(status(&with(&floats, "(drop (call $f))")), Trapped);

    // Operands below a call, in a branch whose other one does not come back.
    let push = "(i64.load (i32.const 0))".repeat(1000);
    let add = "i64.add ".repeat(1000);
    let operands = format!("(func $f (result i64) (if (result i64) (i32.load (i32.const 0)) (then unreachable) (else {push} (call $f) {add})))");
    assert_eq!(status(&with(&operands, "(drop (call $f))")), Trapped);

    // Parameters.
    let get: String = (0..64).map(|n| format!("(local.get {n})")).collect();
    let params = format!("(func $f {} {get} call $f {get} {})", "(param i64)".repeat(64), "drop ".repeat(64));
    assert_eq!(status(&with(&params, &format!("{} call $f", "i64.const 1 ".repeat(64)))), Trapped);

    // Values that live across different calls of one function, so that few of them can share a place.
    let mut overlapping = String::from("(func $f (result i64)");
    overlapping += &"(local i64)".repeat(200);
    for round in 0..40 {
        for n in 0..40 {
            let local = (round * 17 + n * 5) % 200;
            overlapping += &format!("(local.set {local} (i64.load (i32.const {})))", (round * 40 + n) * 8);
        }
        overlapping += "(if (i32.load (i32.const 0)) (then (drop (call $f))))";
        for n in 0..20 {
            overlapping += &format!("(i64.store (i32.const 8) (local.get {}))", (round * 31 + n * 7) % 200);
        }
    }
    overlapping += "(call $f))";
    assert_eq!(status(&with(&overlapping, "(drop (call $f))")), Trapped);

    // Many different constants.
    let consts: String =
        (0..3000).map(|n| format!("(i64.store (i32.const {}) (i64.const {}))", n * 8, n * 12_345_678_901i64)).collect();
    // And many expressions that could be computed once for both sides of the call.
    let sums: String = (0..3000)
        .map(|n| {
            format!("(i64.store (i32.const {}) (i64.add (local.get 0) (i64.const {})))", n * 8, n * 12_345_678_901i64)
        })
        .collect();
    for (parameter, body) in [("", consts), ("(param i64)", sums)] {
        let given = |value: &str| if parameter.is_empty() { String::new() } else { value.to_owned() };
        let (again, first) = (given("(local.get 0)"), given("(i64.const 7)"));
        let text = with(&format!("(func $f {parameter} {body} {again} call $f {body})"), &format!("{first} call $f"));
        // Small frames, so that it takes many calls to fill the stack.
        assert_eq!(engines(&text).run(b"", 100 * FUEL).status, Trapped);
    }
}

/// However many steps a module takes, they need no more of the thread's stack than one. An engine that goes from step to step by
/// calls, hoping that the compiler makes jumps of them, overflows it where the compiler does not, and takes the process along.
#[test]
fn steps_do_not_pile_up_on_the_native_stack() {
    let functions = "
        (type $none (func)) (table 1 funcref) (elem (i32.const 0) $nothing) (global $count (mut i64) (i64.const 0))
        (func $nothing) (func $calls (call $nothing)) (func $sum (param i64 f64) (result i64) (local.get 0))";
    for step in [
        "(drop (memory.grow (i32.const 0)))",
        "(drop (memory.grow (i32.const 100)))",
        "(drop (memory.size))",
        "(drop (call $input_len))",
        "(call $input_read (i32.const 0) (i32.const 0) (i32.const 0))",
        "(call $output_write (i32.const 0) (i32.const 0))",
        "(call $log (i32.const 0) (i32.const 0))",
        "(call $calls)",
        "(drop (call $sum (i64.const 1) (f64.const 2)))",
        "(call_indirect (type $none) (i32.const 0))",
        "(block (block (br_table 0 1 0 (i32.and (local.get $i) (i32.const 3)))))",
        "(if (i32.and (local.get $i) (i32.const 1)) (then (call $nothing)) (else (nop)))",
        "(global.set $count (i64.add (global.get $count) (i64.const 1)))",
        "(i64.store (i32.const 8) (i64.rem_u (i64.load (i32.const 16)) (i64.const 10)))",
        "(f64.store (i32.const 8) (f64.nearest (f64.sqrt (f64.convert_i32_u (local.get $i)))))",
        "(i32.store (i32.const 8) (i32.trunc_f32_u (f32.copysign (f32.const 1.5) (f32.const 1))))",
    ] {
        let again =
            "(br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100000)))";
        let engines = engines(&with(functions, &format!("(local $i i32) (loop $again {step} {again})")));
        let ended = thread::scope(|scope| {
            let small = thread::Builder::new().stack_size(256 * 1024);
            small.spawn_scoped(scope, || engines.run(b"", 100 * FUEL).status).unwrap().join().unwrap()
        });
        assert_eq!(ended, Done, "{step}");
    }
}

#[test]
fn endless_loops_end() {
    for body in
        ["(loop $l (br $l))", "(loop $l (br_if $l (i32.const 1)))", "(loop $l (drop (call $input_len)) (br $l))"]
    {
        let result = engines(&doing(body)).run(b"", FUEL);
        assert_eq!((result.status, result.fuel), (OutOfFuel, FUEL));
    }
}

#[test]
fn tasks_know_nothing_of_one_another() {
    let text = with(
        "(global $g (mut i32) (i32.const 0))",
        "(if (i32.or (global.get $g) (i32.load (i32.const 0))) (then unreachable))
         (global.set $g (i32.const 1)) (i32.store (i32.const 0) (i32.const 1)) (drop (memory.grow (i32.const 1)))",
    );
    let engines = Engines::new(&wat::parse_str(text).unwrap(), PAGES).unwrap();
    let first = engines.run(b"", FUEL);
    assert_eq!(first.status, Done);
    assert_eq!(engines.run(b"", FUEL), first);
}

#[test]
fn inputs_are_read_where_asked_and_logs_are_cut() {
    let text = doing(
        "(call $input_read (i32.const 100) (i32.const 2) (i32.const 3))
         (call $log (i32.const 100) (i32.const 3))
         (i32.store (i32.const 104) (call $input_len))
         (call $output_write (i32.const 100) (i32.const 8))",
    );
    assert_eq!(engines(&text).run(b"abcdef", FUEL).output, b"cde\0\x06\0\0\0");
    let module = vouch_compute::Module::prepare(&wat::parse_str(&text).unwrap(), PAGES).unwrap();
    let (_, log) = vouch_compute::Jit::new(&module).unwrap().run_logged(b"abcdef", FUEL).unwrap();
    assert_eq!(log, b"cde");
    let text = doing("(call $log (i32.const 0) (i32.const 4000)) (call $log (i32.const 0) (i32.const 4000))");
    let module = vouch_compute::Module::prepare(&wat::parse_str(&text).unwrap(), PAGES).unwrap();
    let (_, log) = vouch_compute::Interpreter::new(&module).unwrap().run_logged(b"", FUEL).unwrap();
    assert_eq!(log.len(), vouch_compute::MAX_LOG_BYTES);
}
