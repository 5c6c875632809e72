//! Compiles the runtime to the wasm that the chain runs, and hands its path to the native crate.
//!
//! This does the part of `substrate-wasm-builder` that is needed on a Rust that ships `wasm32v1-none`: one nested `cargo`
//! call. The full builder also compiles Binaryen (ten minutes of one core) in order to lower instructions that this target
//! does not emit. See ARCHITECTURE.md, "Building the runtime".
//!
//! `SKIP_WASM_BUILD=1` leaves the wasm out; the node then refuses to make a chain spec of its own.

use polkadot_sdk::sp_maybe_compressed_blob::{compress_strongly, CODE_BLOB_BOMB_LIMIT};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

const TARGET: &str = "wasm32v1-none";
const PROFILE: &str = "wasm";

/// Set for the nested build, so that it does not build itself again.
const NESTED: &str = "VOUCH_NESTED_WASM_BUILD";

fn main() {
    println!("cargo::rerun-if-env-changed=SKIP_WASM_BUILD");
    println!("cargo::rustc-check-cfg=cfg(substrate_runtime)");
    if env::var_os(NESTED).is_some() || env::var_os("CARGO_FEATURE_STD").is_none() {
        return;
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let declaration = if env::var_os("SKIP_WASM_BUILD").is_some() {
        "None".to_string()
    } else {
        let wasm = out.join("vouch_runtime.compact.wasm");
        build(&out, &wasm);
        format!("Some(include_bytes!({wasm:?}))")
    };
    let source = format!(
        "/// The runtime's compressed wasm; `None` if it was built with `SKIP_WASM_BUILD`.\n\
         pub const WASM_BINARY: Option<&[u8]> = {declaration};\n"
    );
    fs::write(out.join("wasm_binary.rs"), source).expect("OUT_DIR is writable");
}

/// Has cargo build again when a file changes that the wasm is made of: tests and pages are not among them. That a file is new shows in
/// the one that names it.
fn watch(path: &Path) {
    if path.ends_with("tests") || path.extension().is_some_and(|extension| extension == "md") {
        return;
    }
    match fs::read_dir(path) {
        Ok(entries) => entries.flatten().for_each(|entry| watch(&entry.path())),
        Err(_) => println!("cargo::rerun-if-changed={}", path.display()),
    }
}

fn build(out: &Path, compressed: &Path) {
    let manifest_dir = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let workspace = manifest_dir.parent().expect("the runtime is a workspace member").to_path_buf();
    for watched in ["compute/src", "compute/Cargo.toml", "primitives", "pallets", "runtime", "Cargo.toml", "Cargo.lock"]
    {
        watch(&workspace.join(watched));
    }
    let target_dir = target_dir(out).join("wbuild");

    let features = ["runtime-benchmarks", "try-runtime"]
        .into_iter()
        .filter(|feature| env::var_os(format!("CARGO_FEATURE_{}", feature.replace('-', "_").to_uppercase())).is_some())
        .collect::<Vec<_>>();
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(&workspace)
        .args(["rustc", "--package", "vouch-runtime", "--lib", "--crate-type", "cdylib"])
        .args(["--target", TARGET, "--profile", PROFILE, "--no-default-features", "--locked"])
        .args(["--features", &features.join(",")])
        .arg("--target-dir")
        .arg(&target_dir)
        .env(NESTED, "1")
        // Where `CheckMetadataHash` looks for it. `tests/metadata_hash.rs` checks that it is the right one, and writes it.
        .env("RUNTIME_METADATA_HASH", include_str!("metadata-hash").trim())
        .env("RUSTFLAGS", RUSTFLAGS.join(" "));
    // What cargo set for this build script is not meant for another target.
    for variable in [
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
        "CARGO_TARGET_DIR",
        "RUSTC",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
    ] {
        cargo.env_remove(variable);
    }
    let status = cargo.status().expect("cargo can be started");
    assert!(
        status.success(),
        "The runtime did not compile to wasm. If the target is missing: rustup target add {TARGET}"
    );

    let code = fs::read(target_dir.join(TARGET).join(PROFILE).join("vouch_runtime.wasm")).expect("cargo wrote it");
    let blob = compress_strongly(&code, CODE_BLOB_BOMB_LIMIT).unwrap_or(code);
    fs::write(compressed, blob).expect("OUT_DIR is writable");
}

/// `substrate_runtime` selects the SDK's on-chain code; the link arguments are what its executor expects of a runtime.
const RUSTFLAGS: [&str; 4] = [
    "--cfg substrate_runtime",
    "-C link-arg=--export-table",
    "-C link-arg=--export=__heap_base",
    "-C link-arg=--import-memory",
];

/// The profile's folder in the target folder: `OUT_DIR` is `<target>/<profile>/build/<package>/out`.
fn target_dir(out: &Path) -> PathBuf {
    out.ancestors().nth(3).expect("OUT_DIR is four levels deep").to_path_buf()
}
