//! Whatever a module does, all engines find the same: status, fuel, output and log.

mod common;

use arbitrary::Unstructured;
use common::{Engines, FUEL, PAGES};
use proptest::{collection::vec, prelude::*, test_runner::TestRunner};
use std::{cell::RefCell, collections::BTreeMap};
use vouch_compute::Status;
use wasm_smith::Config;
use wasmparser::{Parser, Payload};

const CASES: u32 = 512;

/// Modules of the target's features, without imports.
fn config() -> Config {
    Config {
        max_imports: 0,
        // Enough that there mostly is a function without parameters and results, as `run` has to be.
        min_types: 30,
        max_types: 60,
        min_funcs: 60,
        min_exports: 1,
        allow_start_export: false,
        min_memories: 1,
        max_memories: 1,
        max_memory32_bytes: u64::from(PAGES) << 16,
        max_tables: 1,
        max_table_elements: 100,
        // Segments that do not fit are refused before anything runs.
        max_data_segments: 0,
        bulk_memory_enabled: false,
        exceptions_enabled: false,
        extended_const_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        multi_value_enabled: false,
        reference_types_enabled: false,
        relaxed_simd_enabled: false,
        saturating_float_to_int_enabled: false,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        ..Config::default()
    }
}

/// Exports the memory, and as `run` the first function that can be it, instead of what the generator exported; `None` if there is no
/// such function.
fn with_exports(code: &[u8]) -> Option<Vec<u8>> {
    let (mut types, mut functions, mut exports) = (Vec::new(), Vec::new(), None);
    for payload in Parser::new(0).parse_all(code) {
        match payload.unwrap() {
            Payload::TypeSection(section) => {
                types.extend(
                    section
                        .into_iter_err_on_gc_types()
                        .map(|ty| ty.unwrap())
                        .map(|ty| (ty.params().len(), ty.results().len())),
                );
            },
            Payload::FunctionSection(section) => functions.extend(section.into_iter().map(Result::unwrap)),
            Payload::ExportSection(section) => exports = Some(section.range()),
            _ => {},
        }
    }
    let is_run = |ty: &u32| types.get(*ty as usize).is_some_and(|ty| *ty == (0, 0));
    let run = functions.iter().position(is_run).and_then(|run| u8::try_from(run).ok()).filter(|run| *run < 128)?;
    let exports = exports.expect("it exports something");
    let section = [&[2, 3][..], b"run", &[0, run, 6], b"memory", &[2, 0]].concat();
    // The section's number stands before its length, which takes as many bytes as it needs.
    let length = (1..=5)
        .find(|bytes| code[exports.start - bytes - 1] == 7 && leb(&code[exports.start - bytes..]) == exports.len())
        .expect("a section has a header");
    Some([&code[..exports.start - length], &[section.len() as u8], &section, &code[exports.end..]].concat())
}

/// A number in LEB128.
fn leb(bytes: &[u8]) -> usize {
    let end = bytes.iter().position(|byte| byte & 0x80 == 0).expect("it ends");
    bytes[..=end].iter().rev().fold(0, |number, byte| number << 7 | usize::from(byte & 0x7f))
}

#[test]
fn engines_agree_on_any_module() {
    let seen = RefCell::new(BTreeMap::<String, u32>::new());
    let note = |what: String| *seen.borrow_mut().entry(what).or_default() += 1;
    let strategy = (vec(any::<u8>(), 64..4_096), prop_oneof![Just(FUEL), 0..=FUEL]);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(CASES));
    let outcome = runner.run(&strategy, |(seed, fuel)| {
        let module = wasm_smith::Module::new(config(), &mut Unstructured::new(&seed)).expect("bytes are enough");
        match with_exports(&module.to_bytes()).map(|code| Engines::new(&code, PAGES)) {
            // It compares what they find.
            Some(Ok(engines)) => note(format!("{:?}", engines.run(b"", fuel).status)),
            Some(Err(refusal)) => note(format!("refused: {refusal}")),
            None => note("nothing to run".into()),
        }
        Ok(())
    });
    println!("{seen:?}");
    outcome.unwrap();
    // Most of them ran, and not all to the same end.
    let seen = seen.into_inner();
    let of = |status: Status| seen.get(&format!("{status:?}")).copied().unwrap_or(0);
    let [done, trapped, out_of_fuel] = [Status::Done, Status::Trapped, Status::OutOfFuel].map(of);
    assert!(done + trapped + out_of_fuel > CASES / 2 && done > 0 && trapped > 0 && out_of_fuel > 0, "{seen:?}");
}
