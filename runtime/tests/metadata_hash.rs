//! The metadata hash (RFC-78) that the runtime is compiled with is the one of its metadata. Offline signers show what they sign by
//! it, and a transaction that was signed with another hash is refused.
//!
//! After a change of calls, types, the version or the token: `UPDATE_METADATA_HASH=1 cargo test --test metadata_hash`, and
//! build again.

use codec::{Decode, Encode};
use frame_metadata::RuntimeMetadataPrefixed;
use merkleized_metadata::{generate_metadata_digest, ExtraInfo};
use polkadot_sdk::sp_io::TestExternalities;
use std::{fs, path::Path};
use vouch_runtime::{
    configs::SS58Prefix,
    constants::{TOKEN_DECIMALS, TOKEN_SYMBOL},
    Runtime, VERSION,
};

fn hash() -> String {
    // Constants that are derived from the state are in it.
    let metadata = TestExternalities::default().execute_with(|| Runtime::metadata_at_version(15)).unwrap();
    let RuntimeMetadataPrefixed(_, metadata) = Decode::decode(&mut &metadata[..]).unwrap();
    let extra = ExtraInfo {
        spec_version: VERSION.spec_version,
        spec_name: VERSION.spec_name.to_string(),
        base58_prefix: SS58Prefix::get().into(),
        decimals: TOKEN_DECIMALS,
        token_symbol: TOKEN_SYMBOL.into(),
    };
    let digest = generate_metadata_digest(&metadata, extra).unwrap().hash();
    format!("0x{}\n", digest.encode().iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

#[test]
fn hash_that_is_compiled_in_is_that_of_the_metadata() {
    let (file, hash) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("metadata-hash"), hash());
    if std::env::var_os("UPDATE_METADATA_HASH").is_some() {
        fs::write(&file, &hash).unwrap();
    }
    let compiled_in = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        compiled_in, hash,
        "the metadata has changed: run UPDATE_METADATA_HASH=1 cargo test --test metadata_hash, and build again"
    );
}
