//! Floats are the same on all engines, to the bit.

mod common;

use common::{with, Engines, FUEL, PAGES};
use proptest::prelude::*;
use std::fmt::Write;
use vouch_compute::Status;

const BINARY: [&str; 6] = ["add", "sub", "mul", "div", "min", "max"];
const UNARY: [&str; 5] = ["ceil", "floor", "trunc", "nearest", "sqrt"];
const NAN32: u32 = 0x7fc0_0000;
const NAN64: u64 = 0x7ff8_0000_0000_0000;

/// Every instruction on the two numbers of each type that are the input; the results as bits, one after the other.
fn calculator() -> Engines {
    let mut body = String::from("(call $input_read (i32.const 0) (i32.const 0) (i32.const 24))");
    let mut at = 64;
    let mut result = |ty: &str, expression: &str| {
        write!(body, "({ty}.store (i32.const {at}) ({expression}))").unwrap();
        at += 8;
    };
    for (ty, a, b) in [("f32", 0, 4), ("f64", 8, 16)] {
        let (a, b) = (format!("({ty}.load (i32.const {a}))"), format!("({ty}.load (i32.const {b}))"));
        for op in BINARY {
            result(ty, &format!("{ty}.{op} {a} {b}"));
        }
        for op in UNARY {
            result(ty, &format!("{ty}.{op} {a}"));
        }
        for op in ["abs", "neg"] {
            result(ty, &format!("{ty}.{op} {a}"));
        }
        result(ty, &format!("{ty}.copysign {a} {b}"));
        // The sign of a NaN that is not canonical would show here.
        result(ty, &format!("{ty}.copysign ({ty}.const 1) ({ty}.sub {a} {b})"));
        result(ty, &format!("{ty}.neg ({ty}.mul {a} ({ty}.div {a} {b}))"));
        result(ty, &format!("{ty}.add ({ty}.sqrt {a}) ({ty}.sqrt {b})"));
        result(ty, &format!("select ({ty}.add {a} {b}) ({ty}.sub {a} {b}) ({ty}.lt ({ty}.mul {a} {b}) {b})"));
    }
    result("f32", "f32.demote_f64 (f64.load (i32.const 8))");
    result("f64", "f64.promote_f32 (f32.load (i32.const 0))");
    result("i64", "i64.reinterpret_f64 (f64.add (f64.load (i32.const 8)) (f64.load (i32.const 16)))");
    write!(body, "(call $output_write (i32.const 64) (i32.const {}))", at - 64).unwrap();
    Engines::new(&wat::parse_str(with("", &body)).unwrap(), PAGES).unwrap()
}

fn bits32(x: f32) -> u64 {
    u64::from(if x.is_nan() { NAN32 } else { x.to_bits() })
}

fn bits64(x: f64) -> u64 {
    if x.is_nan() {
        NAN64
    } else {
        x.to_bits()
    }
}

/// As WebAssembly has them: a NaN if one is, and -0 below +0.
macro_rules! least_and_greatest {
    ($a:expr, $b:expr) => {{
        let (a, b) = ($a, $b);
        if a.is_nan() || b.is_nan() {
            (a + b, a + b)
        } else if a.total_cmp(&b).is_le() {
            (a, b)
        } else {
            (b, a)
        }
    }};
}

/// What this machine finds.
fn expected(a: f32, b: f32, c: f64, d: f64) -> Vec<u64> {
    let (least, greatest) = least_and_greatest!(a, b);
    let raw = |x: f32| u64::from(x.to_bits());
    let mut results: Vec<u64> = [a + b, a - b, a * b, a / b, least, greatest].map(bits32).to_vec();
    results.extend([a.ceil(), a.floor(), a.trunc(), a.round_ties_even(), a.sqrt()].map(bits32));
    results.extend([raw(a) & !(1 << 31), raw(a) ^ 1 << 31, raw(a) & !(1 << 31) | raw(b) & 1 << 31]);
    let sign = |x: u64, bit: u32| x & 1 << bit;
    results.push(raw(1.0) | sign(bits32(a - b), 31));
    results.push(bits32(a * (a / b)) ^ 1 << 31);
    results.push(bits32(a.sqrt() + b.sqrt()));
    results.push(bits32(if a * b < b { a + b } else { a - b }));

    let (least, greatest) = least_and_greatest!(c, d);
    results.extend([c + d, c - d, c * d, c / d, least, greatest].map(bits64));
    results.extend([c.ceil(), c.floor(), c.trunc(), c.round_ties_even(), c.sqrt()].map(bits64));
    let (x, y) = (c.to_bits(), d.to_bits());
    results.extend([x & !(1 << 63), x ^ 1 << 63, x & !(1 << 63) | y & 1 << 63]);
    results.push(1f64.to_bits() | sign(bits64(c - d), 63));
    results.push(bits64(c * (c / d)) ^ 1 << 63);
    results.push(bits64(c.sqrt() + d.sqrt()));
    results.push(bits64(if c * d < d { c + d } else { c - d }));
    results.extend([bits32(c as f32), bits64(f64::from(a)), bits64(c + d)]);
    results
}

fn check(engines: &Engines, a: u32, b: u32, c: u64, d: u64) {
    let input = [&a.to_le_bytes()[..], &b.to_le_bytes(), &c.to_le_bytes(), &d.to_le_bytes()].concat();
    let result = engines.run(&input, FUEL);
    assert_eq!(result.status, Status::Done);
    let found: Vec<u64> = result.output.chunks(8).map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap())).collect();
    let expected = expected(f32::from_bits(a), f32::from_bits(b), f64::from_bits(c), f64::from_bits(d));
    assert_eq!(found.len(), expected.len());
    for (number, (found, expected)) in found.iter().zip(&expected).enumerate() {
        assert_eq!(found, expected, "result {number} of {a:x} {b:x} {c:x} {d:x}: {found:x} is not {expected:x}");
    }
}

#[test]
fn special_numbers() {
    let engines = calculator();
    let singles =
        [0, 1, 0x8000_0000, 0x3f80_0000, 0x7f80_0000, 0xff80_0000, NAN32, 0xffc0_0001, 0x7f80_0001, 0xff80_0001];
    let doubles = [
        0,
        1,
        1 << 63,
        0x3ff0_0000_0000_0000,
        0x7ff0_0000_0000_0000,
        0xfff0_0000_0000_0000,
        NAN64,
        0xfff8_0000_0000_0001,
        0x7ff0_0000_0000_0001,
        0xfff0_0000_0000_0001u64,
    ];
    for (a, c) in singles.into_iter().zip(doubles) {
        for (b, d) in singles.into_iter().zip(doubles) {
            check(&engines, a, b, c, d);
        }
    }
}

/// All kinds of numbers about equally often.
fn double() -> impl Strategy<Value = u64> {
    prop_oneof![
        any::<u64>(),
        any::<f64>().prop_map(f64::to_bits),
        (-1000i64..1000).prop_map(|n| (n as f64 / 2.0).to_bits())
    ]
}

fn single() -> impl Strategy<Value = u32> {
    prop_oneof![
        any::<u32>(),
        any::<f32>().prop_map(f32::to_bits),
        (-1000i64..1000).prop_map(|n| (n as f32 / 2.0).to_bits())
    ]
}

#[test]
fn any_numbers() {
    let engines = calculator();
    proptest!(|(a in single(), b in single(), c in double(), d in double())| check(&engines, a, b, c, d));
}

#[test]
fn moving_a_nan_keeps_its_payload() {
    let text = with(
        "(global $g (mut f64) (f64.const nan:0x123)) (func $id (param f64) (result f64) (local.get 0))",
        "(f64.store (i32.const 0) (call $id (f64.const -nan:0xabc)))
         (f64.store (i32.const 8) (f64.load (i32.const 0)))
         (f64.store (i32.const 16) (global.get $g))
         (f32.store (i32.const 24) (f32.const nan:0x200001))
         (call $output_write (i32.const 0) (i32.const 32))",
    );
    let output = common::run(&text).output;
    assert_eq!(output[..8], 0xfff0_0000_0000_0abcu64.to_le_bytes());
    assert_eq!(output[..8], output[8..16]);
    assert_eq!(output[16..24], 0x7ff0_0000_0000_0123u64.to_le_bytes());
    assert_eq!(output[24..28], 0x7fa0_0001u32.to_le_bytes());
}
