//! A runtime around this pallet, whose devices, rounds, panels and credits are tables in memory.

use crate::{self as pallet_work, types::Params, *};
use codec::Decode;
use frame_support::{
    derive_impl, parameter_types,
    traits::{ConstU128, ConstU32, Contains, Hooks},
};
use polkadot_sdk::*;
use sp_application_crypto::RuntimeAppPublic;
use sp_arithmetic::{Permill, Perquintill};
use sp_core::{
    ed25519,
    offchain::{
        testing::{PendingRequest, TestOffchainExt, TestTransactionPoolExt},
        OffchainDbExt, OffchainWorkerExt, TransactionPoolExt,
    },
    sr25519, Pair, H256,
};
use sp_io::{hashing::blake2_256, TestExternalities};
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystoreExt};
use sp_runtime::{traits::IdentityLookup, AccountId32, BuildStorage};
use sp_weights::Weight;
use std::collections::{BTreeMap, BTreeSet};
use vouch_primitives::{
    prober::ProberId,
    traits::{Bonded, Bonds, EpochClock, Panels, Presence, RoundClock, RoundSeed, WorkCredits},
    work::{inputs, result::ChunkResult, Status, TaskDigest, Terms},
    DeviceId, Endpoint, EpochIndex, Place, Points, RoundIndex,
};

pub type Balance = u128;
pub type AccountId = AccountId32;

pub const UNIT: Balance = 1_000_000;
pub const RICH: Balance = 1_000_000 * UNIT;
pub const BOND: Balance = 1_000 * UNIT;
/// Validators of a panel.
pub const PANEL: u8 = 4;

#[frame_support::runtime]
mod runtime {
    #[runtime::runtime]
    #[runtime::derive(
        RuntimeCall,
        RuntimeEvent,
        RuntimeError,
        RuntimeOrigin,
        RuntimeFreezeReason,
        RuntimeHoldReason,
        RuntimeSlashReason,
        RuntimeLockId,
        RuntimeTask
    )]
    pub struct Test;

    #[runtime::pallet_index(0)]
    pub type System = frame_system;
    #[runtime::pallet_index(1)]
    pub type Balances = pallet_balances;
    #[runtime::pallet_index(2)]
    pub type Work = pallet_work;
}

pub type Extensions = frame_system::AuthorizeCall<Test>;
pub type Transaction = sp_runtime::generic::UncheckedExtrinsic<u64, RuntimeCall, (), Extensions>;
type Block = sp_runtime::generic::Block<sp_runtime::generic::Header<u64, sp_runtime::traits::BlakeTwo256>, Transaction>;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = Block;
    type AccountId = AccountId;
    type Lookup = IdentityLookup<AccountId>;
    type AccountData = pallet_balances::AccountData<Balance>;
}

impl<LocalCall> frame_system::offchain::CreateTransactionBase<LocalCall> for Test
where
    RuntimeCall: From<LocalCall>,
{
    type Extrinsic = Transaction;
    type RuntimeCall = RuntimeCall;
}

impl<LocalCall> frame_system::offchain::CreateTransaction<LocalCall> for Test
where
    RuntimeCall: From<LocalCall>,
{
    type Extension = Extensions;

    fn create_transaction(call: RuntimeCall, extension: Extensions) -> Transaction {
        Transaction::new_transaction(call, extension)
    }
}

impl<LocalCall> frame_system::offchain::CreateAuthorizedTransaction<LocalCall> for Test
where
    RuntimeCall: From<LocalCall>,
{
    fn create_extension() -> Extensions {
        Extensions::new()
    }
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
    type Balance = Balance;
    type AccountStore = System;
    type ExistentialDeposit = ConstU128<UNIT>;
}

/// A device of the table.
#[derive(Clone)]
pub struct Entry {
    pub lane: u16,
    pub owner: AccountId,
    pub class: u8,
    pub bond: Balance,
    pub up: bool,
}

parameter_types! {
    pub static Round: RoundIndex = 0;
    pub static Registered: BTreeMap<DeviceId, Entry> = BTreeMap::new();
    /// Points by place.
    pub static Credited: BTreeMap<u32, Points> = BTreeMap::new();
    pub static MostPerPoint: u128 = 0;
    pub static IdleWeight: Weight = Weight::from_parts(1_000_000_000_000, u64::MAX);
}

/// All that this pallet asks of others.
pub struct Table;

impl RoundClock for Table {
    fn current_round() -> RoundIndex {
        Round::get()
    }
}

impl RoundSeed for Table {
    fn current_seed() -> H256 {
        H256(blake2_256(&Round::get().to_le_bytes()))
    }
}

impl Presence for Table {
    fn was_up(place: Place, _: u32) -> bool {
        Registered::get().values().any(|entry| entry.lane == place.lane && entry.up)
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn be_up_for_benchmark(place: Place) {
        Registered::mutate(|all| {
            all.values_mut().filter(|entry| entry.lane == place.lane).for_each(|entry| entry.up = true)
        });
    }
}

impl Panels for Table {
    fn panel(_: H256) -> Vec<ProberId> {
        (0..PANEL).map(|n| judge(n).public().into()).collect()
    }
}

impl EpochClock for Table {
    fn current_epoch() -> EpochIndex {
        Round::get() / 2
    }
}

impl WorkCredits for Table {
    fn credit_work(place: Place, points: Points) -> EpochIndex {
        Credited::mutate(|credited| *credited.entry(place.lane.into()).or_default() += points);
        Self::current_epoch()
    }

    fn most_per_point() -> u128 {
        MostPerPoint::get()
    }

    fn weight_of_credit() -> Weight {
        Weight::from_parts(1, 1)
    }
}

impl Bonds for Table {
    type AccountId = AccountId;
    type Balance = Balance;

    fn at(place: Place) -> Option<DeviceId> {
        Registered::get().into_iter().find(|(_, entry)| entry.lane == place.lane).map(|(device, _)| device)
    }

    fn bonded(device: &DeviceId) -> Option<Bonded<AccountId, Balance>> {
        let Entry { lane, owner, class, bond, .. } = Registered::get().get(device)?.clone();
        let place = Place { cohort: 0, lane };
        Some(Bonded { payee: owner.clone(), owner, place, class, active: true, bond, class_bond: BOND })
    }

    fn fine(device: &DeviceId, amount: Balance) -> Balance {
        Registered::mutate(|registered| {
            let Some(entry) = registered.get_mut(device) else { return 0 };
            let fine = amount.min(entry.bond);
            entry.bond -= fine;
            fine
        })
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn register_for_benchmark(n: u32, device: &DeviceId) {
        let entry = Entry { lane: n as u16, owner: account(n as u8), class: 0, bond: BOND, up: false };
        Registered::mutate(|registered| registered.insert(device.clone(), entry));
    }
}

/// Addresses from which validators may fetch: all but those of one private network.
pub struct NotPrivate;

impl Contains<Endpoint> for NotPrivate {
    fn contains(endpoint: &Endpoint) -> bool {
        !matches!(endpoint, Endpoint::V4 { ip: [10, ..], .. })
    }
}

impl pallet_work::Config for Test {
    type RuntimeHoldReason = RuntimeHoldReason;
    type Currency = Balances;
    type AdminOrigin = frame_system::EnsureRoot<AccountId>;
    type Bonds = Table;
    type Presence = Table;
    type Rounds = Table;
    type Panels = Table;
    type Credits = Table;
    type MayFetch = NotPrivate;
    type MaxQueue = ConstU32<4>;
    type MaxRemovals = ConstU32<8>;
    type MaxIdleWeight = IdleWeight;
    type WeightInfo = ();
}

/// An account that exists.
pub fn account(n: u8) -> AccountId {
    AccountId::new([n; 32])
}

/// Who posts jobs.
pub fn requester() -> AccountId {
    account(200)
}

/// Key of a device.
pub fn key(n: u8) -> ed25519::Pair {
    ed25519::Pair::from_seed(&[n; 32])
}

/// Its id.
pub fn device(n: u8) -> DeviceId {
    DeviceId::new(key(n).public().0)
}

/// Key of a member of every panel.
pub fn judge(n: u8) -> sr25519::Pair {
    sr25519::Pair::from_seed(&[100 + n; 32])
}

/// What a task really gives.
pub fn truth(task: u32) -> TaskDigest {
    TaskDigest {
        status: Status::Done,
        fuel: 1_000_000 + u64::from(task),
        output: inputs::module_hash(&task.to_le_bytes()),
    }
}

/// The digests of a chunk, with those wrong that `lie` names.
pub fn digests(terms: &Terms<Balance>, chunk: u32, lie: Option<(u32, u8)>) -> Vec<TaskDigest> {
    let mut digests: Vec<_> = terms.tasks_of(chunk).map(truth).collect();
    if let Some((position, salt)) = lie {
        let at = position as usize % digests.len();
        digests[at].output = H256::repeat_byte(salt);
    }
    digests
}

/// Their result.
pub fn result(terms: &Terms<Balance>, chunk: u32, lie: Option<(u32, u8)>) -> ChunkResult {
    ChunkResult::new(terms.tasks_of(chunk).start, &digests(terms, chunk, lie))
}

/// A job of `tasks` tasks in chunks of `chunk_tasks`, with two replicas, both of which have to agree, and four at most.
pub fn terms(tasks: u32, chunk_tasks: u32) -> Terms<Balance> {
    Terms {
        module: H256::repeat_byte(1),
        inputs: H256::repeat_byte(2),
        source: core::net::SocketAddr::from(([127, 0, 0, 1], 80)).into(),
        tasks,
        chunk_tasks,
        fuel: 2_000_000,
        memory: 16,
        price: UNIT,
        replicas: 2,
        quorum: 2,
        limit: 4,
        adaptive: false,
        class: None,
        rounds: 2,
        deadline: 60,
    }
}

/// A chain to be: devices of different owners that all take work.
pub struct Chain {
    devices: u8,
    params: Params<Balance>,
}

impl Chain {
    pub fn new() -> Self {
        let params = Params {
            least_price: 1,
            max_fuel: 10_000_000,
            fine: Permill::from_percent(10),
            trusted_after: 3,
            check_floor: Perquintill::from_percent(20),
            round_fuel: 200_000_000,
            recent_rounds: 3,
            deposit: 5,
        };
        Self { devices: 0, params }
    }

    /// Devices 0 to `devices` - 1, owned by the accounts of their numbers, with four slots each.
    pub fn devices(mut self, devices: u8) -> Self {
        self.devices = devices;
        self
    }

    /// Runs `test` from round 2 on, in which the devices can be drawn, and checks every invariant after it.
    pub fn run(self, test: impl FnOnce()) {
        let mut chain = self.chain();
        self.run_in(&mut chain, test)
    }

    /// As [`Self::run`], on a node with the keys of these members of panels.
    pub fn run_on_node(self, judges: &[u8], test: impl FnOnce(&Node)) {
        let keystore = MemoryKeystore::new();
        for n in judges {
            let seed = format!("0x{}", [100 + n; 32].map(|byte| format!("{byte:02x}")).concat());
            keystore.insert(ProberId::ID, &seed, &judge(*n).public().0).unwrap();
        }
        let (offchain, _) = TestOffchainExt::new();
        let (pool, transactions) = TestTransactionPoolExt::new();
        let mut node = self.chain();
        node.register_extension(KeystoreExt::new(keystore));
        node.register_extension(OffchainDbExt::new(offchain.clone()));
        node.register_extension(OffchainWorkerExt::new(offchain.clone()));
        node.register_extension(TransactionPoolExt::new(pool));
        let take_transactions = Box::new(move || std::mem::take(&mut transactions.write().transactions));
        self.run_in(&mut node, || test(&Node { offchain, take_transactions }));
    }

    /// Its first block.
    fn chain(&self) -> TestExternalities {
        let balances = (0..=200).map(|n| (account(n), RICH)).collect();
        let genesis = RuntimeGenesisConfig {
            balances: pallet_balances::GenesisConfig { balances, ..Default::default() },
            work: pallet_work::GenesisConfig { params: self.params },
            ..Default::default()
        };
        TestExternalities::new(genesis.build_storage().unwrap())
    }

    fn run_in(self, chain: &mut TestExternalities, test: impl FnOnce()) {
        chain.execute_with(|| {
            System::set_block_number(1);
            Round::set(0);
            Credited::set(BTreeMap::new());
            let entry = |n: u8| Entry { lane: n.into(), owner: account(n), class: 0, bond: BOND, up: true };
            Registered::set((0..self.devices).map(|n| (device(n), entry(n))).collect());
            for n in 0..self.devices {
                Work::enlist(RuntimeOrigin::signed(account(n)), device(n), 4, 64).unwrap();
            }
            Round::set(2);
            test();
            check();
        });
    }
}

/// What a node has beside the chain.
pub struct Node {
    offchain: TestOffchainExt,
    take_transactions: Box<dyn Fn() -> Vec<Vec<u8>>>,
}

impl Node {
    /// Expects that `path` is asked for at the job's source next, and answers with `body`.
    pub fn serve(&self, source: &Endpoint, path: &str, body: Vec<u8>) {
        self.offchain.0.write().expect_request(PendingRequest {
            method: "GET".into(),
            uri: source.url(path),
            headers: vec![("connection".into(), "close".into())],
            response: Some(body),
            sent: true,
            ..Default::default()
        });
    }

    /// The calls sent since this was last asked for.
    pub fn sent(&self) -> Vec<pallet_work::Call<Test>> {
        let calls = (self.take_transactions)().into_iter().map(|bytes| {
            match Transaction::decode(&mut &bytes[..]).unwrap().function {
                RuntimeCall::Work(call) => call,
                other => panic!("{other:?}"),
            }
        });
        calls.collect()
    }
}

/// A chain with a keystore, for benchmarks.
#[cfg(feature = "runtime-benchmarks")]
pub fn benchmark_ext() -> TestExternalities {
    let balances = vec![(requester(), RICH)];
    let balances = pallet_balances::GenesisConfig { balances, ..Default::default() };
    let mut ext: TestExternalities =
        RuntimeGenesisConfig { balances, ..Default::default() }.build_storage().unwrap().into();
    ext.register_extension(KeystoreExt::new(MemoryKeystore::new()));
    ext.execute_with(|| Round::set(10));
    ext
}

/// Checks every invariant.
pub fn check() {
    Work::do_try_state().unwrap();
}

/// Lets `rounds` rounds go by, with blocks enough for all that is due.
pub fn pass(rounds: u32) {
    for _ in 0..rounds {
        Round::mutate(|round| *round += 1);
        idle();
    }
}

/// Lets a block go by.
pub fn idle() {
    System::set_block_number(System::block_number() + 1);
    Work::on_idle(System::block_number(), Weight::MAX);
    check();
}

/// Everything this pallet told.
pub fn events() -> Vec<Event<Test>> {
    let told = System::events().into_iter().filter_map(|record| match record.event {
        RuntimeEvent::Work(event) => Some(event),
        _ => None,
    });
    told.collect()
}

/// Where device `n` sits.
pub fn place(n: u8) -> Place {
    Place { cohort: 0, lane: n.into() }
}

/// The devices with a seat in a chunk.
pub fn seated(job: u32, chunk: u32) -> BTreeSet<u8> {
    let seats = Chunks::<Test>::get(job, chunk).map(|chunk| chunk.seats).unwrap_or_default();
    seats.iter().filter_map(|seat| (0..=255).find(|n| device(*n) == seat.device)).collect()
}
