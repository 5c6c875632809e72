//! Calls as values, which the metadata of the connected chain turns into bytes: arguments go by name, so that a call that this
//! program does not know as it is now fails here and not on the chain.

use crate::keys::DeviceKey;
use polkadot_sdk::{
    sp_core::H256,
    sp_runtime::{AccountId32, MultiSignature},
};
use subxt::{
    dynamic::Value,
    ext::scale_value::Composite,
    transactions::{dynamic, DynamicPayload},
};
use vouch_primitives::{ClassId, DeviceId, DeviceSignature, Endpoint};

/// Most calls put into one batch: well below what a block takes.
pub const BATCH: usize = 100;

/// A call to be signed and sent.
#[derive(Clone, Debug)]
pub struct Call {
    pallet: String,
    name: String,
    arguments: Vec<(String, Value)>,
}

impl Call {
    /// Any call, by the names in the chain's metadata.
    pub fn new<S: Into<String>>(
        pallet: impl Into<String>,
        name: impl Into<String>,
        arguments: impl IntoIterator<Item = (S, Value)>,
    ) -> Self {
        let arguments = arguments.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Self { pallet: pallet.into(), name: name.into(), arguments }
    }

    /// `Devices.register`.
    pub fn register(registration: &Registration) -> Self {
        Self::new(
            "Devices",
            "register",
            [
                ("class", Value::u128(registration.class.into())),
                ("device", account(&registration.device)),
                ("endpoint", option(registration.endpoint.as_ref().map(endpoint))),
                ("beneficiary", option(registration.beneficiary.as_ref().map(account))),
                ("proof", signature(&registration.proof)),
            ],
        )
    }

    /// `Devices.set_endpoint`.
    pub fn set_endpoint(device: &DeviceId, to: Option<Endpoint>) -> Self {
        Self::new(
            "Devices",
            "set_endpoint",
            [("device", account(device)), ("endpoint", option(to.as_ref().map(endpoint)))],
        )
    }

    /// `Devices.deregister`.
    pub fn deregister(device: &DeviceId) -> Self {
        Self::new("Devices", "deregister", [("device", account(device))])
    }

    /// `Devices.release`.
    pub fn release(device: &DeviceId) -> Self {
        Self::new("Devices", "release", [("device", account(device))])
    }

    /// `Rewards.claim`.
    pub fn claim(devices: &[DeviceId]) -> Self {
        Self::new("Rewards", "claim", [("devices", Value::unnamed_composite(devices.iter().map(account)))])
    }

    /// `Rewards.claim_probing`.
    pub fn claim_probing(validators: &[AccountId32]) -> Self {
        let validators = Value::unnamed_composite(validators.iter().map(account));
        Self::new("Rewards", "claim_probing", [("validators", validators)])
    }

    /// `Devices.evict`.
    pub fn evict(device: &DeviceId) -> Self {
        Self::new("Devices", "evict", [("device", account(device))])
    }

    /// `Balances.transfer_keep_alive`.
    pub fn transfer(to: &AccountId32, planck: u128) -> Self {
        let to = Value::unnamed_variant("Id", [account(to)]);
        Self::new("Balances", "transfer_keep_alive", [("dest", to), ("value", Value::u128(planck))])
    }

    /// `Utility.batch_all`: all of `calls` or none.
    pub fn batch(calls: impl IntoIterator<Item = Call>) -> Self {
        let calls = calls.into_iter().map(Call::into_value);
        Self::new("Utility", "batch_all", [("calls", Value::unnamed_composite(calls))])
    }

    /// `Sudo.sudo`.
    pub fn sudo(call: Call) -> Self {
        Self::new("Sudo", "sudo", [("call", call.into_value())])
    }

    /// The call as an argument of another one.
    fn into_value(self) -> Value {
        let Self { pallet, name, arguments } = self;
        Value::unnamed_variant(pallet, [Value::named_variant(name, arguments)])
    }

    pub(super) fn payload(&self) -> DynamicPayload<Composite<()>> {
        dynamic(self.pallet.clone(), self.name.clone(), Composite::named(self.arguments.clone()))
    }
}

impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.pallet, self.name)
    }
}

/// What an owner sends to register one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The device.
    pub device: DeviceId,
    /// Its class.
    pub class: ClassId,
    /// Where it answers; `None` if it publishes no address.
    pub endpoint: Option<Endpoint>,
    /// Who is paid for it; `None` is the owner.
    pub beneficiary: Option<AccountId32>,
    /// The device's proof of possession for this owner.
    pub proof: DeviceSignature,
}

impl Registration {
    /// The registration of `key`'s device by `owner`; `nonce` is the number of proofs the key has spent.
    pub fn new(
        key: &DeviceKey,
        genesis: H256,
        owner: &AccountId32,
        nonce: u32,
        class: ClassId,
        endpoint: Option<Endpoint>,
        beneficiary: Option<AccountId32>,
    ) -> Self {
        let proof = key.registration_proof(genesis, owner, nonce);
        Self { device: key.id().clone(), class, endpoint, beneficiary, proof }
    }
}

/// An account or device id as an argument.
pub fn account(id: &AccountId32) -> Value {
    Value::from_bytes(AsRef::<[u8]>::as_ref(id))
}

/// An endpoint as an argument.
pub fn endpoint(endpoint: &Endpoint) -> Value {
    let fields = |ip: &[u8], port: u16| [("ip", Value::from_bytes(ip)), ("port", Value::u128(port.into()))];
    match endpoint {
        Endpoint::V4 { ip, port } => Value::named_variant("V4", fields(ip, *port)),
        Endpoint::V6 { ip, port } => Value::named_variant("V6", fields(ip, *port)),
    }
}

/// An optional argument.
pub fn option(value: Option<Value>) -> Value {
    match value {
        Some(value) => Value::unnamed_variant("Some", [value]),
        None => Value::unnamed_variant("None", []),
    }
}

/// A signature of any scheme as an argument.
pub fn signature(signature: &MultiSignature) -> Value {
    let (scheme, bytes): (_, &[u8]) = match signature {
        MultiSignature::Ed25519(signature) => ("Ed25519", signature.as_ref()),
        MultiSignature::Sr25519(signature) => ("Sr25519", signature.as_ref()),
        MultiSignature::Ecdsa(signature) => ("Ecdsa", signature.as_ref()),
        MultiSignature::Eth(signature) => ("Eth", signature.as_ref()),
    };
    Value::unnamed_variant(scheme, [Value::from_bytes(bytes)])
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::keys::Scheme;
    use codec::Encode;
    use polkadot_sdk::sp_core::{ecdsa, Pair};
    use proptest::prelude::*;
    use scale_info::{MetaType, PortableRegistry, Registry, TypeInfo};
    use subxt::{
        ext::{
            frame_decode::extrinsics::encode_call_data,
            scale_encode::{EncodeAsFields, EncodeAsType, Field},
        },
        Metadata,
    };

    fn registry<T: TypeInfo + 'static>() -> (u32, PortableRegistry) {
        let mut types = Registry::new();
        let id = types.register_type(&MetaType::new::<T>()).id;
        (id, types.into())
    }

    /// `value` as the chain's metadata for `T` encodes it.
    pub(in crate::chain) fn encoded<T: TypeInfo + 'static>(value: &Value) -> Vec<u8> {
        let (id, types) = registry::<T>();
        value.encode_as_type(id, &types).expect("encodes as the type it stands for")
    }

    /// A call as a chain with this metadata reads it.
    pub(in crate::chain) fn encode(call: &Call, metadata: &Metadata) -> Vec<u8> {
        let data = call.payload();
        encode_call_data(&call.pallet, &call.name, data.call_data(), metadata, metadata.types())
            .unwrap_or_else(|error| panic!("{call}: {error}"))
    }

    proptest! {
        #[test]
        fn endpoints_encode_as_the_chain_reads_them(v4: [u8; 4], v6: [u8; 16], port: u16) {
            for typed in [Endpoint::V4 { ip: v4, port }, Endpoint::V6 { ip: v6, port }] {
                prop_assert_eq!(encoded::<Endpoint>(&endpoint(&typed)), typed.encode());
                let some = option(Some(endpoint(&typed)));
                prop_assert_eq!(encoded::<Option<Endpoint>>(&some), Some(typed).encode());
            }
        }

        #[test]
        fn accounts_encode_as_the_chain_reads_them(id: [u8; 32]) {
            let id = AccountId32::new(id);
            prop_assert_eq!(encoded::<AccountId32>(&account(&id)), id.encode());
            prop_assert_eq!(encoded::<Option<AccountId32>>(&option(Some(account(&id)))), Some(id).encode());
        }
    }

    #[test]
    fn absent_arguments_encode_as_none() {
        assert_eq!(encoded::<Option<Endpoint>>(&option(None)), [0]);
    }

    #[test]
    fn signatures_of_every_scheme_encode_as_the_chain_reads_them() {
        let mut all: Vec<MultiSignature> = [Scheme::Ed25519, Scheme::Sr25519]
            .into_iter()
            .map(|scheme| DeviceKey::from_seed(scheme, &[1; 32]).registration_proof(H256::zero(), &[2; 32].into(), 3))
            .collect();
        all.push(ecdsa::Pair::from_seed(&[1; 32]).sign(b"message").into());
        for typed in all {
            assert_eq!(encoded::<MultiSignature>(&signature(&typed)), typed.encode());
        }
    }

    /// The arguments of a call as a chain declares them, in an order of its own.
    #[derive(TypeInfo, Encode)]
    #[allow(dead_code, reason = "only its type information and encoding are used")]
    struct Declared {
        device: DeviceId,
        class: ClassId,
        endpoint: Option<Endpoint>,
        beneficiary: Option<AccountId32>,
        proof: MultiSignature,
    }

    #[test]
    fn arguments_go_by_name_whatever_their_order() {
        let key = DeviceKey::from_seed(Scheme::Ed25519, &[1; 32]);
        let (owner, at) = (AccountId32::new([5; 32]), Endpoint::V4 { ip: [1, 2, 3, 4], port: 80 });
        let registration = Registration::new(&key, H256::zero(), &owner, 0, 3, Some(at), None);
        let (id, types) = registry::<Declared>();
        let scale_info::TypeDef::Composite(composite) = &types.resolve(id).unwrap().type_def else { unreachable!() };
        let mut fields = composite.fields.iter().map(|field| Field::new(field.ty.id, field.name.as_deref()));
        let call = Call::register(&registration);
        let mut bytes = Vec::new();
        call.payload().call_data().encode_as_fields_to(&mut fields, &types, &mut bytes).unwrap();
        let Registration { device, class, endpoint, beneficiary, proof } = registration;
        assert_eq!(bytes, Declared { device, class, endpoint, beneficiary, proof }.encode());
    }

    #[test]
    fn lists_of_devices_encode_as_the_chain_reads_them() {
        let devices: Vec<DeviceId> = (0..3).map(|n| DeviceId::new([n; 32])).collect();
        let value = Value::unnamed_composite(devices.iter().map(account));
        assert_eq!(encoded::<Vec<DeviceId>>(&value), devices.encode());
    }
}
