//! The networks this node knows by name. Their genesis comes from the runtime's own presets.

use polkadot_sdk::{sc_chain_spec, sc_service};
use sc_service::{ChainType, Properties};
use serde_json::json;
use vouch_runtime::{
    configs,
    constants::{TOKEN_DECIMALS, TOKEN_SYMBOL},
    genesis_presets, WASM_BINARY,
};

/// A chain spec of this chain; it has no extensions.
pub type ChainSpec = sc_service::GenericChainSpec;

/// The spec called `id`: `dev`, `local`, or the path of a JSON file.
pub fn load(id: &str) -> Result<Box<dyn sc_chain_spec::ChainSpec>, String> {
    Ok(Box::new(match id {
        "dev" => preset("Vouch Development", "vouch_dev", ChainType::Development, genesis_presets::DEVELOPMENT)?,
        "" | "local" => preset("Vouch Local Testnet", "vouch_local", ChainType::Local, genesis_presets::LOCAL_TESTNET)?,
        path => ChainSpec::from_json_file(path.into())?,
    }))
}

fn preset(name: &str, id: &str, chain_type: ChainType, preset: &str) -> Result<ChainSpec, String> {
    let code = WASM_BINARY.ok_or("This node was built with SKIP_WASM_BUILD and has no runtime of its own.")?;
    Ok(ChainSpec::builder(code, None)
        .with_name(name)
        .with_id(id)
        .with_protocol_id("vouch")
        .with_chain_type(chain_type)
        .with_genesis_config_preset_name(preset)
        .with_properties(properties())
        .build())
}

/// How wallets show amounts and addresses.
fn properties() -> Properties {
    let properties = json!({
        "tokenSymbol": TOKEN_SYMBOL,
        "tokenDecimals": TOKEN_DECIMALS,
        "ss58Format": configs::SS58Prefix::get(),
    });
    properties.as_object().expect("is written as an object").clone()
}
