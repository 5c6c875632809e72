//! What modules may be.

mod common;

use common::{doing, refusal, with, PAGES};
use proptest::prelude::*;
use vouch_compute::{limits, Module, Refusal};

fn prepared(text: &str) -> bool {
    Module::prepare(&wat::parse_str(text).unwrap(), PAGES).is_ok()
}

#[test]
fn the_smallest_module_may_run() {
    assert!(prepared(r#"(module (memory (export "memory") 0) (func (export "run")))"#));
}

#[test]
fn needs_run_and_memory() {
    assert_eq!(refusal(r#"(module (memory (export "memory") 1))"#), Refusal::NoRun);
    assert_eq!(refusal(r#"(module (memory (export "memory") 1) (func (export "run") (param i32)))"#), Refusal::NoRun);
    assert_eq!(
        refusal(r#"(module (memory (export "memory") 1) (func (export "run") (result i32) i32.const 0))"#),
        Refusal::NoRun
    );
    assert_eq!(refusal(r#"(module (memory 1) (func (export "run")))"#), Refusal::NoMemory);
    assert_eq!(refusal(r#"(module (func (export "run")))"#), Refusal::NoMemory);
    // An import that is exported again is no function of the module.
    let text = r#"(module (import "vouch" "input_len" (func $f (result i32))) (memory (export "memory") 1) (export "run" (func $f)))"#;
    assert_eq!(refusal(text), Refusal::NoRun);
}

#[test]
fn only_known_imports_of_the_right_type() {
    for import in [
        r#"(import "vouch" "fuel" (func))"#,
        r#"(import "vouch" "vouch:fuel" (global (mut i64)))"#,
        r#"(import "env" "input_len" (func (result i32)))"#,
        r#"(import "vouch" "input_len" (func (result i64)))"#,
        r#"(import "vouch" "log" (func (param i32 i32 i32)))"#,
        r#"(import "vouch" "memory" (memory 1))"#,
        r#"(import "vouch" "table" (table 1 funcref))"#,
    ] {
        let text = format!(r#"(module {import} (memory (export "memory") 1) (func (export "run")))"#);
        assert!(matches!(refusal(&text), Refusal::Import(_)), "{import}");
    }
}

#[test]
fn exports_nothing_else() {
    assert_eq!(refusal(&with(r#"(func (export "vouch:fuel"))"#, "")), Refusal::Export("vouch:fuel".into()));
    assert_eq!(refusal(&with(r#"(table (export "t") 1 funcref)"#, "")), Refusal::Export("t".into()));
    assert_eq!(refusal(&with(r#"(export "more" (memory 0))"#, "")), Refusal::Export("more".into()));
    // Globals may be exported under any name, the host's too, and mean nothing.
    let text = with(r#"(global (export "vouch:fuel") (mut i64) (i64.const -1))"#, "(loop $l (br $l))");
    assert_eq!(common::run(&text).status, vouch_compute::Status::OutOfFuel);
}

#[test]
fn has_no_start_function() {
    assert_eq!(refusal(&with("(func $f) (start $f)", "")), Refusal::Start);
}

#[test]
fn memory_is_within_the_job_s() {
    let text = |pages: u32| format!(r#"(module (memory (export "memory") {pages}) (func (export "run")))"#);
    assert!(prepared(&text(PAGES)));
    assert_eq!(refusal(&text(PAGES + 1)), Refusal::MemoryTooLarge(17));
    // Whatever the job says, there is a most.
    let code = wat::parse_str(text(257)).unwrap();
    assert_eq!(Module::prepare(&code, u32::MAX), Err(Refusal::MemoryTooLarge(257)));
}

#[test]
fn segments_lie_within() {
    assert!(prepared(&with(r#"(data (i32.const 65535) "a")"#, "")));
    assert_eq!(refusal(&with(r#"(data (i32.const 65535) "ab")"#, "")), Refusal::Segment);
    assert_eq!(refusal(&with(r#"(data (i32.const -1) "a")"#, "")), Refusal::Segment);
    assert_eq!(refusal(&with("(table 1 funcref) (func $f) (elem (i32.const 1) $f)", "")), Refusal::Segment);
    assert!(prepared(&with("(table 1 funcref) (func $f) (elem (i32.const 0) $f)", "")));
}

#[test]
fn features_beyond_the_target_s_are_refused() {
    for more in [
        "(func (result i32 i32) i32.const 0 i32.const 0)",
        "(func (param v128))",
        "(func i32.const 0 i32.const 0 i32.const 0 memory.fill)",
        "(func f32.const 0 i32.trunc_sat_f32_s drop)",
        "(func return_call 0)",
        "(table 1 externref)",
        "(memory 1)",
        "(global i32 (i32.add (i32.const 0) (i32.const 0)))",
        "(memory $m i64 1)",
        "(tag)",
        r#"(data "passive")"#,
    ] {
        let refusal = refusal(&with(more, ""));
        assert!(matches!(refusal, Refusal::Invalid(_) | Refusal::TooMany(_) | Refusal::Segment), "{more}: {refusal}");
    }
    assert!(prepared(&doing("i32.const 200 i32.extend8_s drop")));
}

#[test]
fn everything_is_bounded() {
    use Refusal::TooMany;
    let many = |count: u32, one: &str| one.repeat(count as usize);
    let just = |count, one: &str| many(count, one);

    assert_eq!(refusal(&with(&many(limits::FUNCTIONS, "(func)"), "")), TooMany("functions"));
    assert!(prepared(&with(&just(limits::FUNCTIONS - 1, "(func)"), "")));
    assert_eq!(refusal(&with(&many(limits::GLOBALS + 1, "(global i32 (i32.const 0))"), "")), TooMany("globals"));
    assert!(prepared(&with(&just(limits::GLOBALS, "(global i32 (i32.const 0))"), "")));
    assert_eq!(refusal(&with("(table 8193 funcref)", "")), TooMany("entries of the table"));
    assert!(matches!(refusal(&with("(table 1 funcref) (table 1 funcref)", "")), TooMany("tables")));
    assert_eq!(refusal(&doing(&many(limits::LOCALS + 1, "(local i32)"))), TooMany("locals of a function"));
    assert!(prepared(&doing(&just(limits::LOCALS, "(local i32)"))));
    assert_eq!(refusal(&with(&format!("(func {})", many(65, "(param i32)")), "")), TooMany("parameters of a function"));
    let deep = |n: u32| doing(&(many(n, "(block ") + &many(n, ")")));
    assert_eq!(refusal(&deep(limits::NESTING)), TooMany("blocks within one another"));
    assert!(prepared(&deep(limits::NESTING - 1)));
    let high = |n: u32| doing(&(many(n, "i32.const 0 ") + &many(n, "drop ")));
    assert_eq!(refusal(&high(limits::OPERANDS + 1)), TooMany("operands"));
    assert!(prepared(&high(limits::OPERANDS)));
    let table = |n: u32| doing(&format!("(block i32.const 0 br_table {})", many(n, "0 ")));
    assert_eq!(refusal(&table(limits::TARGETS + 1)), TooMany("targets of branches"));
    assert!(prepared(&table(limits::TARGETS)));
    assert_eq!(refusal(&doing(&many(9_000, "(block (br_if 0 (i32.const 1)))"))), TooMany("instructions"));
    assert_eq!(refusal(&with(&many(5_000, r#"(data (i32.const 0) "")"#), "")), TooMany("data segments"));
    assert_eq!(
        refusal(&with(&format!("(table 1 funcref) {}", many(5_000, "(elem (i32.const 0))")), "")),
        TooMany("element segments")
    );
    let types = (0..1030u32).fold(String::new(), |types, n| {
        let params = (0..11).map(|bit| if n >> bit & 1 == 1 { " i32" } else { " i64" }).collect::<String>();
        types + &format!("(type (func (param{params})))")
    });
    assert_eq!(refusal(&with(&types, "")), TooMany("types"));
}

/// A function with so many locals, which are set and read within so many loops within one another, from where it goes on at any of
/// them: each local differs at each.
fn tangle(locals: u32, loops: u32, in_loops: &str) -> String {
    let each = |one: &str| (0..locals).map(|local| one.replace('N', &local.to_string())).collect::<String>();
    format!(
        "(func {} {} {} {} (br_table {} (i32.load (i32.const 0))) {} {})",
        "(local i32)".repeat(locals as usize),
        each("(local.set N (i32.load (i32.const N)))"),
        "(loop ".repeat(loops as usize),
        each(in_loops),
        (0..loops).map(|target| format!("{target} ")).collect::<String>(),
        ")".repeat(loops as usize),
        each("(i32.store (i32.const 0) (local.get N))"),
    )
}

/// 58 KB of these kept a compiler busy for longer than anybody waited.
#[test]
fn what_keeps_compilers_busy_is_bounded() {
    let set = "(local.set N (i32.add (local.get N) (i32.const 1)))";
    let merges = Refusal::TooMany("jumps out of or within blocks of a function that set so many locals");
    // The locals and one, for each loop twice and for the body once.
    let most = |loops: u32| limits::MERGES as u32 / (2 * loops + 1) - 1;
    assert!(prepared(&with(&tangle(most(400), 400, set), "")));
    assert_eq!(refusal(&with(&tangle(most(400) + 1, 400, set), "")), merges);
    let many = |count| tangle(most(400), 400, set).repeat(count);
    let all = (limits::MERGES_IN_ALL / limits::MERGES) as usize;
    assert!(prepared(&with(&many(all), "")));
    let in_all = Refusal::TooMany("jumps out of or within blocks that set so many locals, in all functions");
    assert_eq!(refusal(&with(&many(all + 1), "")), in_all);

    let get = "(i32.store (i32.const 0) (local.get N))";
    let spans = Refusal::TooMany("branches of a function with so many locals");
    // Each loop is one branch, and each target of the table, whose last is the default.
    let most = |loops: u32| limits::SPANS as u32 / (2 * loops);
    assert!(prepared(&with(&tangle(most(320), 320, get), "")));
    assert_eq!(refusal(&with(&tangle(most(320) + 1, 320, get), "")), spans);
    let many = |count| tangle(most(320), 320, get).repeat(count);
    let all = (limits::SPANS_IN_ALL / limits::SPANS) as usize;
    assert!(prepared(&with(&many(all), "")));
    let in_all = Refusal::TooMany("branches, with so many locals, in all functions");
    assert_eq!(refusal(&with(&many(all + 1), "")), in_all);

    // Where the table may be empty a call branches, and operands are kept as locals are: those below it, none of them its own.
    let calls = |operands: usize, calls: usize| {
        let (push, drop) = ("(i32.load (i32.const 0))".repeat(operands), "drop ".repeat(operands));
        format!("(func {push} {} {drop})", "(call_indirect (i32.const 0))".repeat(calls))
    };
    let most = limits::SPANS as usize / (2 * 1_000);
    assert!(prepared(&with(&format!("(table 1 funcref) {}", calls(1_000, most)), "")));
    assert_eq!(refusal(&with(&format!("(table 1 funcref) {}", calls(1_000, most + 1)), "")), spans);
}

#[test]
fn counts_that_are_only_claimed_cost_nothing() {
    // 2^32 - 1 locals of one group, in a few bytes.
    let code =
        b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x05\x03\x01\0\x01\x07\x10\x02\x03run\0\0\x06memory\x02\0\
        \x0a\x0a\x01\x08\x01\xff\xff\xff\xff\x0f\x7f\x0b";
    assert_eq!(Module::prepare(code, 1), Err(Refusal::TooMany("locals of a function")));
}

#[test]
fn long_modules_are_refused() {
    let long = with(&format!(r#"(data (i32.const 0) "{}")"#, "a".repeat(60_000)), "");
    assert!(prepared(&long));
    assert_eq!(Module::prepare(&vec![0; 512 * 1024 + 1], 1), Err(Refusal::TooLong));
}

#[test]
fn what_was_added_cannot_be_named() {
    // Global 0 is the first that preparation adds, function 5 the one that grows memory.
    for body in ["(global.set 0 (i64.const 9))", "(drop (global.get 1))", "(drop (call 5 (i32.const 1)))"] {
        assert!(matches!(refusal(&doing(body)), Refusal::Invalid(_)), "{body}");
    }
}

#[test]
fn a_module_with_padded_numbers_is_the_same_module() {
    // The counts of the type and the function section in five bytes each.
    let code = b"\0asm\x01\0\0\0\x01\x08\x81\x80\x80\x80\0\x60\0\0\x03\x06\x81\x80\x80\x80\0\0\x05\x03\x01\0\x01\
        \x07\x10\x02\x03run\0\0\x06memory\x02\0\x0a\x04\x01\x02\0\x0b";
    let plain = wat::parse_str(r#"(module (memory (export "memory") 1) (func (export "run")))"#).unwrap();
    let run = |code: &[u8]| common::Engines::new(code, 1).unwrap().run(b"", 10_000);
    assert_eq!(run(code), run(&plain));
}

#[test]
fn refusals_say_why() {
    assert_eq!(Refusal::TooMany("tables").to_string(), "too many tables");
    assert!(refusal(&doing("i32.const 0")).to_string().contains("wasm32v1-none"));
    // A name that the module chose is cut, and says nothing to a terminal.
    let name = "\\1b[2J".to_owned() + &"a".repeat(50_000);
    let importing =
        format!(r#"(module (import "{name}" "{name}" (func)) (memory (export "memory") 1) (func (export "run")))"#);
    let twice = with(&format!(r#"(global (export "{name}") (export "{name}") i32 (i32.const 0))"#), "");
    for text in [importing, with(&format!(r#"(func (export "{name}"))"#), ""), twice] {
        let said = refusal(&text).to_string();
        assert!(said.len() < 400 && said.contains(r"\u{1b}[2J") && !said.contains('\u{1b}'), "{said}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), header: bool) {
        let code = if header { [&b"\0asm\x01\0\0\0"[..], &bytes].concat() } else { bytes };
        let _ = Module::prepare(&code, 1);
    }
}
