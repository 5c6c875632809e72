//! What is asked about jobs and done about them: the questions, and the calls as values.

use super::{account, endpoint, option, signature, Call, Client, Error, Pending, Value};
use polkadot_sdk::{
    sp_core::H256,
    sp_runtime::{AccountId32, MultiSignature},
};
use vouch_primitives::{
    work::{
        api::{self, ChunkInfo, JobInfo, WorkerInfo},
        result::ChunkResult,
        Answer, ChunkIndex, JobId, TaskDigest,
    },
    DeviceId,
};

/// What a requester asks for, with the types of this chain.
pub type Terms = vouch_primitives::work::Terms<u128>;
/// A job, with the types of this chain.
pub type Job = JobInfo<AccountId32, u128>;
/// A chunk that a device was given, with the types of this chain.
pub type Assignment = api::Assignment<u128>;
/// A device as a worker, with the types of this chain.
pub type Worker = WorkerInfo<u128>;
/// A line of a device's record of work, with the types of this chain.
pub type WorkReceipt = api::Receipt<u128>;

impl Client {
    /// A job; `None` if there is none of this number, or it was closed.
    pub async fn job(&self, job: JobId) -> Result<Option<Job>, Error> {
        self.api("WorkApi_job", job).await
    }

    /// At most `limit` jobs (and never more than 100) from number `from` on that are not closed.
    pub async fn jobs(&self, from: JobId, limit: u32) -> Result<Vec<Job>, Error> {
        self.api("WorkApi_jobs", (from, limit)).await
    }

    /// A chunk; `None` if it was not handed out yet, or its job was closed.
    pub async fn chunk(&self, job: JobId, chunk: ChunkIndex) -> Result<Option<ChunkInfo>, Error> {
        self.api("WorkApi_chunk", (job, chunk)).await
    }

    /// The chunks that a device holds a seat in and that are not final, whether or not it has answered.
    pub async fn assignments(&self, device: &DeviceId) -> Result<Vec<Assignment>, Error> {
        self.api("WorkApi_assignments", device).await
    }

    /// A device as a worker; `None` if it does not take work.
    pub async fn worker(&self, device: &DeviceId) -> Result<Option<Worker>, Error> {
        self.api("WorkApi_worker", device).await
    }

    /// How many devices take work.
    pub async fn workers(&self) -> Result<u32, Error> {
        self.api("WorkApi_workers", ()).await
    }

    /// What a device has earned by work from the chain and not been paid; `None` if it is not registered.
    pub async fn pending_work(&self, device: &DeviceId) -> Result<Option<Pending>, Error> {
        self.api("VouchApi_pending_work", device).await
    }
}

impl Call {
    /// `Work.enlist`: `memory` in pages of 64 KiB.
    pub fn enlist(device: &DeviceId, slots: u8, memory: u32) -> Self {
        let (slots, memory) = (number(slots), number(memory));
        Self::new("Work", "enlist", [("device", account(device)), ("slots", slots), ("memory", memory)])
    }

    /// `Work.retire`.
    pub fn retire(device: &DeviceId) -> Self {
        Self::new("Work", "retire", [("device", account(device))])
    }

    /// `Work.post_job`.
    pub fn post_job(terms: &Terms) -> Self {
        Self::new("Work", "post_job", [("terms", self::terms(terms))])
    }

    /// `Work.cancel`.
    pub fn cancel(job: JobId) -> Self {
        Self::new("Work", "cancel", [("job", number(job))])
    }

    /// `Work.close`.
    pub fn close(job: JobId) -> Self {
        Self::new("Work", "close", [("job", number(job))])
    }

    /// `Devices.top_up`.
    pub fn top_up(device: &DeviceId) -> Self {
        Self::new("Devices", "top_up", [("device", account(device))])
    }

    /// `Work.answer`, to be sent by [`Client::submit_general`].
    pub fn answer(job: JobId, chunk: ChunkIndex, device: &DeviceId, answer: &Answer, by: &MultiSignature) -> Self {
        let arguments = [
            ("job", number(job)),
            ("chunk", number(chunk)),
            ("device", account(device)),
            ("answer", self::answer(answer)),
            ("signature", signature(by)),
        ];
        Self::new("Work", "answer", arguments)
    }

    /// `Work.reveal`, to be sent by [`Client::submit_general`].
    pub fn reveal(job: JobId, chunk: ChunkIndex, result: &ChunkResult) -> Self {
        let result = Value::named_composite([("root", hash(result.root)), ("fuel", number(result.fuel))]);
        Self::new("Work", "reveal", [("job", number(job)), ("chunk", number(chunk)), ("result", result)])
    }

    /// `Work.open`, to be sent by [`Client::submit_general`].
    pub fn open(job: JobId, chunk: ChunkIndex, device: &DeviceId, digests: &[TaskDigest]) -> Self {
        let arguments = [
            ("job", number(job)),
            ("chunk", number(chunk)),
            ("device", account(device)),
            ("digests", self::digests(digests)),
        ];
        Self::new("Work", "open", arguments)
    }
}

fn number(n: impl Into<u128>) -> Value {
    Value::u128(n.into())
}

fn hash(hash: H256) -> Value {
    Value::from_bytes(hash.0)
}

fn terms(terms: &Terms) -> Value {
    let Terms { module, inputs, source, tasks, chunk_tasks, fuel, memory, price, replicas, quorum, limit, .. } = terms;
    let Terms { adaptive, class, rounds, deadline, .. } = terms;
    Value::named_composite([
        ("module", hash(*module)),
        ("inputs", hash(*inputs)),
        ("source", endpoint(source)),
        ("tasks", number(*tasks)),
        ("chunk_tasks", number(*chunk_tasks)),
        ("fuel", number(*fuel)),
        ("memory", number(*memory)),
        ("price", number(*price)),
        ("replicas", number(*replicas)),
        ("quorum", number(*quorum)),
        ("limit", number(*limit)),
        ("adaptive", Value::bool(*adaptive)),
        ("class", option(class.map(number))),
        ("rounds", number(*rounds)),
        ("deadline", number(*deadline)),
    ])
}

fn answer(answer: &Answer) -> Value {
    match answer {
        Answer::Fingerprint(fingerprint) => Value::unnamed_variant("Fingerprint", [hash(*fingerprint)]),
        Answer::Declined => Value::unnamed_variant("Declined", []),
    }
}

fn digests(digests: &[TaskDigest]) -> Value {
    let one = |digest: &TaskDigest| {
        Value::named_composite([
            ("status", Value::unnamed_variant(format!("{:?}", digest.status), [])),
            ("fuel", number(digest.fuel)),
            ("output", hash(digest.output)),
        ])
    };
    // A list that is bounded on the chain is a list in a wrapper there: said explicitly, for a list of one could be either.
    Value::unnamed_composite([Value::unnamed_composite(digests.iter().map(one))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::call::tests::encoded;
    use codec::Encode;
    use polkadot_sdk::sp_runtime::{traits::ConstU32, BoundedVec};
    use proptest::{collection::vec, prelude::*};
    use vouch_primitives::{
        work::{Status, MAX_CHUNK_TASKS},
        Endpoint,
    };

    fn any_digest() -> impl Strategy<Value = TaskDigest> {
        let status = prop_oneof![
            Just(Status::Done),
            Just(Status::Trapped),
            Just(Status::OutOfFuel),
            Just(Status::OutputTooLarge),
            Just(Status::BadModule)
        ];
        (status, any::<u64>(), any::<[u8; 32]>()).prop_map(|(status, fuel, output)| TaskDigest {
            status,
            fuel,
            output: H256(output),
        })
    }

    proptest! {
        #[test]
        fn terms_encode_as_the_chain_reads_them(
            module: [u8; 32], port: u16, tasks: u32, fuel: u64, price: u128, replicas: u8, adaptive: bool, class: Option<u8>
        ) {
            let typed = Terms {
                module: H256(module),
                inputs: H256::repeat_byte(2),
                source: Endpoint::V4 { ip: [1, 2, 3, 4], port },
                tasks,
                chunk_tasks: 7,
                fuel,
                memory: 64,
                price,
                replicas,
                quorum: 2,
                limit: 5,
                adaptive,
                class,
                rounds: 3,
                deadline: 99,
            };
            prop_assert_eq!(encoded::<Box<Terms>>(&terms(&typed)), typed.encode());
        }

        #[test]
        fn digests_encode_as_the_chain_reads_them(typed in vec(any_digest(), 0..5)) {
            let bytes = encoded::<BoundedVec<TaskDigest, ConstU32<MAX_CHUNK_TASKS>>>(&digests(&typed));
            prop_assert_eq!(bytes, typed.encode());
        }

        #[test]
        fn results_and_answers_encode_as_the_chain_reads_them(root: [u8; 32], fuel: u64) {
            let root = H256(root);
            let typed = ChunkResult { root, fuel };
            let value = Value::named_composite([("root", hash(root)), ("fuel", number(fuel))]);
            prop_assert_eq!(encoded::<ChunkResult>(&value), typed.encode());
            for typed in [Answer::Fingerprint(root), Answer::Declined] {
                prop_assert_eq!(encoded::<Answer>(&answer(&typed)), typed.encode());
            }
        }
    }
}
