//! The engine that runs the on-chain code.

use polkadot_sdk::{sc_executor, sc_service::config::ExecutorConfiguration, sp_io};
use sc_executor::{HeapAllocStrategy, WasmExecutor, DEFAULT_HEAP_ALLOC_STRATEGY};
use std::path::Path;

/// Runs the runtime's wasm.
pub type RuntimeExecutor = WasmExecutor<sp_io::SubstrateHostFunctions>;

/// An engine as the SDK's options want it. What it compiles is kept in the folder `cache` if there is one, and taken from there next time.
pub fn executor(config: &ExecutorConfiguration, cache: Option<&Path>) -> RuntimeExecutor {
    let heap = config
        .default_heap_pages
        .and_then(|pages| pages.try_into().ok())
        .map_or(DEFAULT_HEAP_ALLOC_STRATEGY, |extra_pages| HeapAllocStrategy::Static { extra_pages });
    let builder = RuntimeExecutor::builder()
        .with_execution_method(config.wasm_method)
        .with_onchain_heap_alloc_strategy(heap)
        .with_offchain_heap_alloc_strategy(heap)
        .with_max_runtime_instances(config.max_runtime_instances)
        .with_runtime_cache_size(config.runtime_cache_size);
    match cache {
        Some(folder) => builder.with_cache_path(folder),
        None => builder,
    }
    .build()
}
