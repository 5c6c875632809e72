//! Every call that is sent is one that the runtime has, with the arguments that it names.

use super::{call::tests::encode, Call, Registration, Terms};
use crate::{
    keys::{DeviceKey, Scheme},
    work::tests::some_terms,
};
use codec::{Decode, Encode};
use polkadot_sdk::{
    sp_core::H256,
    sp_io::TestExternalities,
    sp_runtime::{AccountId32, BoundedVec},
};
use vouch_primitives::work::{result::ChunkResult, Answer, Status, TaskDigest};
use vouch_runtime::{Runtime, RuntimeCall};

/// What the runtime reads out of what its metadata makes of `call`.
fn read(call: &Call) -> RuntimeCall {
    // Constants that are derived from the state are in it.
    let metadata = TestExternalities::default().execute_with(|| Runtime::metadata().encode());
    let metadata = subxt::Metadata::decode_from(&metadata).unwrap();
    let bytes = encode(call, &metadata);
    let mut rest = bytes.as_slice();
    let read = RuntimeCall::decode(&mut rest).unwrap_or_else(|error| panic!("{call}: {error}"));
    assert!(rest.is_empty(), "{call} leaves {rest:?}");
    read
}

#[test]
fn calls_about_work_are_those_of_the_runtime() {
    let key = DeviceKey::from_seed(Scheme::Sr25519, &[1; 32]);
    let device = || key.id().clone();
    let terms: Terms = some_terms();
    let result = ChunkResult { root: H256::repeat_byte(4), fuel: 5 };
    let digests = vec![TaskDigest { status: Status::Done, fuel: 6, output: H256::repeat_byte(7) }];
    let answer = Answer::Fingerprint(H256::repeat_byte(8));
    let signature = key.work_answer(H256::zero(), 1, 2, &answer);
    let mut expected: Vec<(Call, pallet_work::Call<Runtime>)> = vec![
        (Call::enlist(key.id(), 3, 64), pallet_work::Call::enlist { device: device(), slots: 3, memory: 64 }),
        (Call::retire(key.id()), pallet_work::Call::retire { device: device() }),
        (Call::post_job(&terms), pallet_work::Call::post_job { terms: Box::new(terms.clone()) }),
        (Call::cancel(1), pallet_work::Call::cancel { job: 1 }),
        (Call::close(1), pallet_work::Call::close { job: 1 }),
        (Call::reveal(1, 2, &result), pallet_work::Call::reveal { job: 1, chunk: 2, result }),
        (
            Call::open(1, 2, key.id(), &digests),
            pallet_work::Call::open {
                job: 1,
                chunk: 2,
                device: device(),
                digests: BoundedVec::truncate_from(digests.clone()),
            },
        ),
    ];
    for answer in [answer, Answer::Declined] {
        expected.push((
            Call::answer(1, 2, key.id(), &answer, &signature),
            pallet_work::Call::answer { job: 1, chunk: 2, device: device(), answer, signature: signature.clone() },
        ));
    }
    for (call, typed) in expected {
        assert_eq!(read(&call), RuntimeCall::Work(typed), "{call}");
    }
}

#[test]
fn all_other_calls_exist() {
    let key = DeviceKey::from_seed(Scheme::Ed25519, &[1; 32]);
    let owner = AccountId32::new([2; 32]);
    let registration = Registration::new(&key, H256::zero(), &owner, 0, 0, None, None);
    let devices = [key.id().clone()];
    for call in [
        Call::register(&registration),
        Call::set_endpoint(key.id(), None),
        Call::top_up(key.id()),
        Call::deregister(key.id()),
        Call::release(key.id()),
        Call::evict(key.id()),
        Call::claim(&devices),
        Call::claim_probing(std::slice::from_ref(&owner)),
        Call::transfer(&owner, 7),
        Call::batch([Call::cancel(1), Call::close(2)]),
        Call::sudo(Call::cancel(1)),
    ] {
        read(&call);
    }
}
