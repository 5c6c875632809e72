//! Transactions without a signature of an account: *general* ones, of version 5 of the format, which the chain lets in if the call
//! proves itself. The SDK calls such calls *authorized*; they cost no fee.

use super::{block, Call, Client, Error};
use codec::{Compact, Encode};
use polkadot_sdk::{
    sp_core::H256,
    sp_runtime::traits::{BlakeTwo256, Hash},
};
use scale_info::{form::PortableForm, PortableRegistry, TypeDef};

/// The first byte: version 5, and in the two highest bits `01` for general.
const GENERAL_V5: u8 = 0b0100_0000 | 5;

/// The version of the chain's transaction extensions that is used; there is no other one yet.
const EXTENSION_VERSION: u8 = 0;

impl Client {
    /// Sends an authorized call and returns its transaction's hash, without waiting for a block. [`Error::Refused`] if it may not
    /// enter the chain, for instance because somebody else was faster; any other error means that it was not decided on.
    pub async fn submit_general(&self, call: Call) -> Result<H256, Error> {
        let (payload, at) = (&call.payload(), self.at);
        let bytes = self
            .links()
            .ask(|link| async move {
                let block = block(&link, at).await?;
                let call = block.tx().call_data(payload)?;
                let metadata = block.metadata();
                let extensions = metadata.extrinsic().transaction_extensions_by_version(EXTENSION_VERSION);
                let extensions = extensions.into_iter().flatten().map(|one| (one.identifier(), one.extra_ty()));
                Ok(general(extensions, metadata.types(), &call))
            })
            .await?
            .map_err(Error::UnknownExtension)?;
        self.send(&bytes).await?;
        let hash = BlakeTwo256::hash(&bytes);
        tracing::debug!(%call, ?hash, "sent");
        Ok(hash)
    }
}

/// A general transaction: the encoded `call` behind what `extensions`, in their order, say of a transaction that belongs to no
/// account. The name of the first that this program has no value for is the error.
fn general<'a>(
    extensions: impl IntoIterator<Item = (&'a str, u32)>,
    types: &PortableRegistry,
    call: &[u8],
) -> Result<Vec<u8>, String> {
    let mut bytes = vec![GENERAL_V5, EXTENSION_VERSION];
    for (name, ty) in extensions {
        match name {
            _ if is_empty(ty, types) => {},
            // Immortal: whether it is of any use is decided by the call itself.
            "CheckMortality" | "CheckEra" => bytes.push(0),
            // Neither a number among the transactions of an account, nor a tip.
            "CheckNonce" => Compact(0u32).encode_to(&mut bytes),
            "ChargeTransactionPayment" => Compact(0u128).encode_to(&mut bytes),
            // Nobody signed a hash of the metadata.
            "CheckMetadataHash" => bytes.push(0),
            other => return Err(other.to_owned()),
        }
    }
    bytes.extend_from_slice(call);
    // As extrinsics travel: with their length in front.
    Ok(bytes.encode())
}

/// Whether a type takes no bytes.
fn is_empty(ty: u32, types: &PortableRegistry) -> bool {
    let Some(ty) = types.resolve(ty) else { return false };
    match &ty.type_def {
        TypeDef::Composite::<PortableForm>(all) => all.fields.iter().all(|field| is_empty(field.ty.id, types)),
        TypeDef::Tuple(all) => all.fields.iter().all(|field| is_empty(field.id, types)),
        TypeDef::Array(array) => array.len == 0 || is_empty(array.type_param.id, types),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use codec::Decode;
    use polkadot_sdk::sp_runtime::{
        generic::{Era, Preamble},
        traits::ExtensionVariant,
    };
    use scale_info::{MetaType, Registry, TypeInfo};
    use std::marker::PhantomData;

    #[derive(TypeInfo)]
    #[allow(dead_code, reason = "only its type information is used")]
    struct Nothing<T>(PhantomData<T>, (), [(); 3]);

    #[derive(TypeInfo)]
    #[allow(dead_code, reason = "only its type information is used")]
    struct Nonce(#[codec(compact)] u32);

    #[derive(TypeInfo)]
    #[allow(dead_code, reason = "only its type information is used")]
    struct Tip(#[codec(compact)] u128);

    #[derive(TypeInfo)]
    #[allow(dead_code, reason = "only its type information is used")]
    enum Mode {
        Disabled,
        Enabled,
    }

    #[derive(TypeInfo)]
    #[allow(dead_code, reason = "only its type information is used")]
    struct MetadataHash {
        mode: Mode,
    }

    /// The chain's extensions as its metadata lists them, and `more` in front of the last.
    fn listed(more: Option<(&'static str, MetaType)>) -> (Vec<(&'static str, u32)>, PortableRegistry) {
        let nothing = MetaType::new::<Nothing<u8>>();
        let mut all = vec![
            ("AuthorizeCall", nothing),
            ("CheckNonZeroSender", nothing),
            ("CheckSpecVersion", nothing),
            ("CheckTxVersion", nothing),
            ("CheckGenesis", nothing),
            ("CheckMortality", MetaType::new::<Era>()),
            ("CheckNonce", MetaType::new::<Nonce>()),
            ("CheckWeight", nothing),
            ("ChargeTransactionPayment", MetaType::new::<Tip>()),
            ("CheckMetadataHash", MetaType::new::<MetadataHash>()),
        ];
        all.extend(more);
        all.push(("WeightReclaim", nothing));
        let mut types = Registry::new();
        let ids = all.iter().map(|(name, ty)| (*name, types.register_type(ty).id)).collect();
        (ids, types.into())
    }

    #[test]
    fn transaction_is_the_one_that_the_chains_own_software_makes() {
        let (extensions, types) = listed(None);
        let call = [7, 6, 1, 2, 3];
        let ours = general(extensions, &types, &call).unwrap();
        // Era, nonce, tip and mode: what `create_extension` of the runtime encodes to.
        let by_hand = [&[GENERAL_V5, 0, 0, 0, 0, 0][..], &call].concat();
        assert_eq!(ours, by_hand.encode());
        // And what the SDK reads of it.
        type Said = (Era, Compact<u32>, Compact<u128>, bool);
        match Preamble::<(), (), Said>::decode(&mut &by_hand[..]).unwrap() {
            Preamble::General(ExtensionVariant::V0(said)) => {
                assert_eq!(said, (Era::Immortal, Compact(0), Compact(0), false))
            },
            _ => panic!("not general, or of another version"),
        }
    }

    #[test]
    fn what_must_be_said_and_cannot_be_is_refused_by_name() {
        let (extensions, types) = listed(Some(("ChargeAssetTxPayment", MetaType::new::<Tip>())));
        assert_eq!(general(extensions, &types, &[]), Err("ChargeAssetTxPayment".into()));
        let (extensions, types) = listed(Some(("SomethingNew", MetaType::new::<Nothing<u32>>())));
        assert!(general(extensions, &types, &[]).is_ok());
    }
}
