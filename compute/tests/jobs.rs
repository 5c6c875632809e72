//! The example jobs, as devices get them.

mod common;

use common::Engines;
use std::{env, fs, path::PathBuf};
use vouch_compute::Status;

fn job(name: &str) -> Engines {
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    let path = target.join("jobs").join(name).join(name).with_extension("wasm");
    let code = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; scripts/jobs builds it", path.display()));
    Engines::new(&code, 256).unwrap_or_else(|refusal| panic!("{}: {refusal}", path.display()))
}

fn input(first: u64, count: u32) -> Vec<u8> {
    [&first.to_le_bytes()[..], &count.to_le_bytes()].concat()
}

#[test]
fn primes_are_counted() {
    let primes = job("primes");
    for (start, len, expected) in [(0, 1000, 168u64), (0, 100_000, 9_592), (1_000_000, 0, 0), (99_990_000, 10_000, 533)]
    {
        let result = primes.run(&input(start, len), 1_000_000_000);
        assert_eq!((result.status, &result.output[..]), (Status::Done, &expected.to_le_bytes()[..]), "{start} + {len}");
    }
    assert_eq!(primes.run(b"short", 1_000_000_000).status, Status::Trapped);
    assert_eq!(primes.run(&input(0, 100_000), 200_000).status, Status::OutOfFuel);
}

#[test]
fn clusters_are_found() {
    let clusters = job("clusters");
    let result = clusters.run(&input(0, 4), 10_000_000_000);
    assert_eq!((result.status, result.output.len()), (Status::Done, 16));
    let energy = f64::from_le_bytes(result.output[..8].try_into().unwrap());
    assert!((-44.326802..-38.0).contains(&energy), "{energy}");
}
