//! The node's JSON-RPC beyond what `sc-service` brings: nonces, fees, BABE, GRANDPA, and `vouch_`.

use crate::service::{FullBackend, FullClient, FullSelectChain, TransactionPool};
use jsonrpsee::{
    types::{error::INVALID_PARAMS_CODE, ErrorObjectOwned},
    RpcModule,
};
use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
use polkadot_sdk::*;
use sc_consensus_babe::BabeWorkerHandle;
use sc_consensus_babe_rpc::{Babe, BabeApiServer};
use sc_consensus_grandpa::{FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState};
use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer};
use sc_rpc::SubscriptionTaskExecutor;
use sp_keystore::KeystorePtr;
use std::{collections::BTreeMap, sync::Arc};
use substrate_frame_rpc_system::{System, SystemApiServer};
use vouch_rpc::{types::Id, Vouch};
use vouch_runtime::{AccountId, BlockNumber, Hash, Nonce, OpaqueBlock as Block};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// What the RPC handlers need of the node.
pub struct Deps {
    /// The client.
    pub client: Arc<FullClient>,
    /// The transaction pool.
    pub pool: Arc<TransactionPool>,
    /// Chooses the best chain.
    pub select_chain: FullSelectChain,
    /// The node's keys.
    pub keystore: KeystorePtr,
    /// BABE's view of epochs.
    pub babe_worker_handle: BabeWorkerHandle<Block>,
    /// The state of GRANDPA's voter, once it runs.
    pub shared_voter_state: SharedVoterState,
    /// Who votes.
    pub shared_authority_set: SharedAuthoritySet<Hash, BlockNumber>,
    /// Finality as it happens.
    pub justification_stream: GrandpaJustificationStream<Block>,
    /// Finality proofs of past blocks.
    pub finality_provider: Arc<FinalityProofProvider<FullBackend, Block>>,
    /// Devices, rounds and rewards.
    pub vouch: Vouch<Block, FullClient>,
}

/// All handlers of this node's own choice, to be merged after the SDK's.
pub fn create_full(deps: &Deps, executor: SubscriptionTaskExecutor) -> Result<RpcModule<()>, Error> {
    let Deps { client, pool, select_chain, keystore, .. } = deps;
    let mut module = RpcModule::new(());
    module.merge(nonces(System::new(client.clone(), pool.clone()).into_rpc())?)?;
    module.merge(TransactionPayment::new(client.clone()).into_rpc())?;
    module.merge(
        Babe::new(client.clone(), deps.babe_worker_handle.clone(), keystore.clone(), select_chain.clone()).into_rpc(),
    )?;
    module.merge(
        Grandpa::new(
            executor,
            deps.shared_authority_set.clone(),
            deps.shared_voter_state.clone(),
            deps.justification_stream.clone(),
            deps.finality_provider.clone(),
        )
        .into_rpc(),
    )?;
    module.merge(deps.vouch.module()?)?;
    Ok(module)
}

/// Nonces as the SDK answers about them, but that whoever asks names an account by no more letters than one has. The SDK decodes
/// addresses of any length, in time that grows with the square of it: a request of the size that is allowed would take hours.
fn nonces<Context>(mut system: RpcModule<Context>) -> Result<RpcModule<Context>, Error>
where
    Context: SystemApiServer<Hash, AccountId, Nonce>,
{
    let unnamed = || ErrorObjectOwned::owned(INVALID_PARAMS_CODE, "no account is named", None::<()>);
    for name in ["system_accountNextIndex", "account_nextIndex"] {
        system.remove_method(name);
        system.register_async_method(name, move |params, system, _| async move {
            // In order, or by name.
            let Id(account) = match params.is_object() {
                true => params.parse::<BTreeMap<String, Id>>()?.remove("account").ok_or_else(unnamed)?,
                false => params.one()?,
            };
            system.nonce(account).await
        })?;
    }
    Ok(system)
}
