//! The runtime's wasm: how it is loaded and called.

use anyhow::{anyhow, bail, Context, Result};
use codec::{Decode, Encode};
use polkadot_sdk::{
    frame_benchmarking::benchmarking,
    sc_client_db::BenchmarkingState,
    sc_executor::WasmExecutor,
    sp_core::{
        storage::Storage,
        traits::{CallContext, CodeExecutor, ReadRuntimeVersionExt, RuntimeCode, WrappedRuntimeCode},
    },
    sp_externalities::Extensions,
    sp_io,
    sp_keystore::{testing::MemoryKeystore, KeystoreExt},
    sp_runtime::traits::BlakeTwo256,
    sp_state_machine::{BasicExternalities, OverlayedChanges, StateMachine},
};
use serde_json::Value;
use std::{fs, path::Path};

/// A state that the runtime can commit to, count accesses of, and reset to genesis.
pub type State = BenchmarkingState<BlakeTwo256>;

type Executor = WasmExecutor<(sp_io::SubstrateHostFunctions, benchmarking::HostFunctions)>;

/// A runtime's wasm, ready to be called.
pub struct Runtime {
    code: WrappedRuntimeCode<'static>,
    hash: Vec<u8>,
    executor: Executor,
}

impl Runtime {
    /// Reads the wasm in `file`, compressed or not.
    pub fn load(file: &Path) -> Result<Self> {
        let code = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok(Self {
            hash: sp_io::hashing::blake2_256(&code).to_vec(),
            code: WrappedRuntimeCode(code.into()),
            executor: Executor::builder().with_max_runtime_instances(1).with_runtime_cache_size(1).build(),
        })
    }

    fn code(&self) -> RuntimeCode<'_> {
        RuntimeCode { code_fetcher: &self.code, heap_pages: None, hash: self.hash.clone() }
    }

    /// Calls a runtime API on a state; what the runtime writes and does not commit is forgotten.
    pub fn call<R: Decode>(&self, state: &State, api: &str, arguments: &impl Encode) -> Result<R> {
        let mut extensions = Extensions::default();
        extensions.register(KeystoreExt::new(MemoryKeystore::new()));
        extensions.register(ReadRuntimeVersionExt::new(self.executor.clone()));
        let (mut overlay, arguments, code) = (OverlayedChanges::default(), arguments.encode(), self.code());
        let answer = StateMachine::new(
            state,
            &mut overlay,
            &self.executor,
            api,
            &arguments,
            &mut extensions,
            &code,
            CallContext::Offchain,
        )
        .execute()
        .map_err(|error| anyhow!("{api}: {error}"))?;
        R::decode(&mut &answer[..]).with_context(|| format!("{api} answered something else than expected"))
    }

    /// Calls a runtime API that needs no state but `externalities`.
    fn call_bare<R: Decode>(
        &self,
        externalities: &mut BasicExternalities,
        api: &str,
        arguments: &impl Encode,
    ) -> Result<R> {
        let (answer, _) =
            self.executor.call(externalities, &self.code(), api, &arguments.encode(), CallContext::Offchain);
        let answer = answer.map_err(|error| anyhow!("{api}: {error}"))?;
        R::decode(&mut &answer[..]).with_context(|| format!("{api} answered something else than expected"))
    }

    fn preset(&self, name: Option<&str>) -> Result<Value> {
        let json: Option<Vec<u8>> =
            self.call_bare(&mut BasicExternalities::new_empty(), "GenesisBuilder_get_preset", &name)?;
        let Some(json) = json else { bail!("the runtime has no genesis preset `{}`", name.unwrap_or_default()) };
        serde_json::from_slice(&json).context("the runtime's genesis preset is not JSON")
    }

    /// The state with which a chain of the named preset starts.
    pub fn genesis(&self, preset: &str) -> Result<Storage> {
        let mut config = self.preset(None)?;
        merge(&mut config, self.preset(Some(preset))?);
        let mut externalities = BasicExternalities::new_empty();
        let built = self.call_bare::<Result<(), String>>(
            &mut externalities,
            "GenesisBuilder_build_state",
            &config.to_string(),
        )?;
        built.map_err(|error| anyhow!("the runtime cannot build the genesis of `{preset}`: {error}"))?;
        Ok(externalities.into_storages())
    }
}

/// Lays the patch that a named preset is over the default configuration.
fn merge(config: &mut Value, patch: Value) {
    match (config, patch) {
        (Value::Object(config), Value::Object(patch)) => {
            patch.into_iter().for_each(|(key, value)| merge(config.entry(key).or_insert(Value::Null), value));
        },
        (config, patch) => *config = patch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_preset_replaces_only_what_it_names() {
        let mut config = json!({ "a": { "kept": 1, "list": [1, 2] }, "b": 2 });
        merge(&mut config, json!({ "a": { "list": [3], "new": { "deep": true } } }));
        assert_eq!(config, json!({ "a": { "kept": 1, "list": [3], "new": { "deep": true } }, "b": 2 }));
    }
}
