//! Weights as a Rust module of the runtime.

use crate::model::{Linear, Measured, Results};
use std::fmt::Write;

/// The module that implements `WeightInfo` of `pallet`.
pub fn module(pallet: &str, benchmarks: &[&Measured], results: &Results) -> String {
    let touches_database = benchmarks.iter().any(|measured| {
        [&measured.reads, &measured.writes]
            .iter()
            .any(|line| line.base > 0 || line.slopes.iter().any(|slope| *slope > 0))
    });
    let get = if touches_database { "traits::Get, " } else { "" };
    let Results { steps, repeat, preset, processor, .. } = results;
    let functions = benchmarks.iter().map(|measured| function(measured)).collect::<Vec<_>>().join("\n");
    format!(
        "\
//! What the calls and hooks of `{pallet}` cost on this chain. Written by `scripts/weights`: change benchmarks instead.
//!
//! Measured in the wasm with `vouch-bench run --pallet {pallet} --genesis-preset {preset} --steps {steps} --repeat {repeat}`
//! on one core of: {processor}. Database accesses are charged as `frame_system::Config::DbWeight` says.

// A generated file keeps the generator's layout.
#![cfg_attr(rustfmt, rustfmt_skip)]

use core::marker::PhantomData;
use polkadot_sdk::{{
    frame_support::{{{get}weights::Weight}},
    frame_system,
}};

/// Weights of `{pallet}`.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> {pallet}::WeightInfo for WeightInfo<T> {{
{functions}}}
"
    )
}

fn function(measured: &Measured) -> String {
    let mut code = String::new();
    let names: Vec<&str> = measured.components.iter().map(|component| component.name.as_str()).collect();
    let used = |place: usize| {
        [&measured.time, &measured.reads, &measured.writes, &measured.proof]
            .iter()
            .any(|line| line.slopes.get(place).is_some_and(|slope| *slope > 0))
    };
    let parameters: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(place, name)| format!("{}{name}: u32", if used(place) { "" } else { "_" }))
        .collect();

    let mut line = |text: String| writeln!(code, "    {text}").expect("a string takes everything");
    line(format!("/// Took {} to {} us.", micros(measured.fastest), micros(measured.slowest)));
    for component in &measured.components {
        line(format!("/// `{}` from {} to {}.", component.name, component.low, component.high));
    }
    for access in &measured.storage {
        line(format!("/// - `{}`: r {}, w {}", access.item, access.reads, access.writes));
    }
    line(format!("fn {}({}) -> Weight {{", measured.name, parameters.join(", ")));
    let (time, proof) = (&measured.time, &measured.proof);
    line(format!("    Weight::from_parts({}, {})", grouped(time.base), grouped(proof.base)));
    for (place, name) in names.iter().enumerate() {
        let [time, proof] = [time, proof].map(|line| line.slopes.get(place).copied().unwrap_or_default());
        if time > 0 || proof > 0 {
            let slope = format!("Weight::from_parts({}, {})", grouped(time), grouped(proof));
            line(format!("        .saturating_add({slope}.saturating_mul({name}.into()))"));
        }
    }
    for (access, count) in [("reads", &measured.reads), ("writes", &measured.writes)] {
        database(access, count, &names).into_iter().for_each(|term| line(format!("        {term}")));
    }
    line("}".into());
    code
}

/// What is added for one kind of database access.
fn database(access: &str, count: &Linear, names: &[&str]) -> Vec<String> {
    let term = |count: String| format!(".saturating_add(T::DbWeight::get().{access}({count}))");
    let base = (count.base > 0).then(|| term(count.base.to_string()));
    let slopes = count.slopes.iter().zip(names).filter(|(slope, _)| **slope > 0);
    base.into_iter()
        .chain(slopes.map(|(slope, name)| term(format!("{slope}_u64.saturating_mul({name}.into())"))))
        .collect()
}

fn micros(nanoseconds: u64) -> String {
    format!("{}.{}", nanoseconds / 1_000, nanoseconds % 1_000 / 100)
}

/// Digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join("_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Access, Component};

    fn line(base: u64, slopes: [u64; 2]) -> Linear {
        Linear { base, slopes: slopes.into() }
    }

    #[test]
    fn a_weight_has_a_term_for_everything_that_costs() {
        let component = |name: &str, low, high| Component { name: name.into(), low, high };
        let measured = Measured {
            pallet: "pallet_uptime".into(),
            name: "settle".into(),
            components: vec![component("k", 0, 31), component("r", 1, 32)],
            time: line(60_000_000, [0, 9_000_000]),
            reads: line(8, [0, 1]),
            writes: line(0, [0, 0]),
            proof: line(25_086, [0, 0]),
            fastest: 60_140,
            slowest: 351_999,
            storage: vec![Access { item: "Uptime::Histories".into(), reads: 1, writes: 0 }],
        };
        let expected = "    /// Took 60.1 to 351.9 us.
    /// `k` from 0 to 31.
    /// `r` from 1 to 32.
    /// - `Uptime::Histories`: r 1, w 0
    fn settle(_k: u32, r: u32) -> Weight {
        Weight::from_parts(60_000_000, 25_086)
            .saturating_add(Weight::from_parts(9_000_000, 0).saturating_mul(r.into()))
            .saturating_add(T::DbWeight::get().reads(8))
            .saturating_add(T::DbWeight::get().reads(1_u64.saturating_mul(r.into())))
    }
";
        assert_eq!(function(&measured), expected);

        let results =
            Results { steps: 20, repeat: 10, preset: "p".into(), processor: "c".into(), benchmarks: Vec::new() };
        let module = module("pallet_uptime", &[&measured], &results);
        assert!(module.contains(&format!(
            "impl<T: frame_system::Config> pallet_uptime::WeightInfo for WeightInfo<T> {{\n{expected}}}\n"
        )));
        assert!(module.contains("traits::Get"));
    }

    #[test]
    fn digits_are_grouped() {
        assert_eq!([0, 12, 1_234, 12_345_678].map(grouped), ["0", "12", "1_234", "12_345_678"]);
    }
}
