//! A chain of this pallet alone: rounds, epochs and the ledger are what the test says.

use crate as pallet_devices;
use crate::{BalanceOf, Config, DeviceOf, Devices as DeviceMap};
use polkadot_sdk::*;

use frame_support::{derive_impl, parameter_types, traits::ConstU32, traits::VariantCountOf};
use sp_core::{ed25519, Pair, H256};
use sp_runtime::{
    traits::IdentityLookup, AccountId32, BuildStorage, DispatchError, DispatchResult, Permill, TokenError,
};
use std::collections::BTreeSet;
use vouch_primitives::{
    probe::{registration_payload, rotation_payload},
    traits::{Attendance, Engagements, EpochClock, Ledger, RoundClock},
    DeviceId, DeviceSignature, Endpoint, EpochIndex, Place, RoundIndex,
};

/// Weight and bond of class 0, named "router".
pub const ROUTER: (u16, u128) = (100, 50);
/// Weight and bond of class 1, named "phone".
pub const PHONE: (u16, u128) = (30, 7);
/// What every owner starts with.
pub const WEALTH: u128 = 100_000;
/// Existential deposit: more than the fee for evicting a device of class 0.
pub const ED: u128 = 10;
/// Blocks between deregistration and release.
pub const DELAY: u64 = 10;
/// Rounds of maintenance per epoch.
pub const BUDGET: u32 = 4;
/// What part of its bond an evicted device loses: 5 planck in class 0.
pub const FEE: Permill = Permill::from_percent(10);

#[frame_support::runtime]
mod runtime {
    use super::*;

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
        RuntimeTask,
        RuntimeViewFunction
    )]
    pub struct Test;

    #[runtime::pallet_index(0)]
    pub type System = frame_system::Pallet<Test>;
    #[runtime::pallet_index(1)]
    pub type Balances = pallet_balances::Pallet<Test>;
    #[runtime::pallet_index(2)]
    pub type Devices = pallet_devices::Pallet<Test>;
}

type Block = frame_system::mocking::MockBlock<Test>;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type AccountId = AccountId32;
    type Lookup = IdentityLookup<AccountId32>;
    type Block = Block;
    type AccountData = pallet_balances::AccountData<u128>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
    type Balance = u128;
    type ExistentialDeposit = frame_support::traits::ConstU128<ED>;
    type AccountStore = System;
    type RuntimeHoldReason = RuntimeHoldReason;
    type RuntimeFreezeReason = RuntimeFreezeReason;
    type FreezeIdentifier = RuntimeFreezeReason;
    type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
}

parameter_types! {
    /// The running round.
    pub static Round: RoundIndex = 100;
    /// The running epoch.
    pub static Epoch: EpochIndex = 10;
    /// Payments asked of the ledger that it made: from which place, to whom, and whether it was vacated.
    pub static Payments: Vec<(Place, AccountId32, bool)> = vec![];
    /// Places the ledger will not vacate yet.
    pub static Unsettled: Vec<Place> = vec![];
    /// Accounts the ledger cannot pay.
    pub static Unpayable: Vec<AccountId32> = vec![];
    /// Places told to be vacant.
    pub static Vacated: Vec<Place> = vec![];
    /// Places whose device has begun something.
    pub static Engaged: Vec<Place> = vec![];
    /// Places told to be vacant, by whom devices are engaged.
    pub static Disengaged: Vec<Place> = vec![];
    /// Places told to hold a device that moved.
    pub static Moved: Vec<Place> = vec![];
    /// Places whose device never answered.
    pub static Silent: BTreeSet<Place> = BTreeSet::new();
}

/// Rounds, epochs, ledger and attendance of the test.
pub struct World;

impl RoundClock for World {
    fn current_round() -> RoundIndex {
        Round::get()
    }
}

impl EpochClock for World {
    fn current_epoch() -> EpochIndex {
        Epoch::get()
    }
}

impl World {
    fn pay(place: Place, to: &AccountId32, vacated: bool) -> DispatchResult {
        if Unpayable::get().contains(to) {
            return Err(TokenError::BelowMinimum.into());
        }
        Payments::mutate(|payments| payments.push((place, to.clone(), vacated)));
        Ok(())
    }
}

impl Ledger<AccountId32> for World {
    fn pay_out(place: Place, to: &AccountId32) -> DispatchResult {
        Self::pay(place, to, false)
    }

    fn vacate(place: Place, to: &AccountId32) -> DispatchResult {
        if Unsettled::get().contains(&place) {
            return Err(DispatchError::Other("the epoch is still running"));
        }
        Self::pay(place, to, true)
    }
}

impl Engagements for World {
    fn is_engaged(place: Place) -> bool {
        Engaged::get().contains(&place)
    }

    fn on_vacate(place: Place) {
        Disengaged::mutate(|disengaged| disengaged.push(place));
    }
}

impl Attendance for World {
    fn on_vacate(place: Place) {
        Vacated::mutate(|vacated| vacated.push(place));
        Silent::mutate(|silent| silent.remove(&place));
    }

    fn on_move(place: Place) {
        Moved::mutate(|moved| moved.push(place));
        Silent::mutate(|silent| silent.remove(&place));
    }

    fn never_answered(place: Place) -> bool {
        Silent::get().contains(&place)
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn prepare_benchmark(place: Place, silent: bool) {
        if silent {
            Silent::mutate(|places| places.insert(place));
        }
    }
}

impl Config for Test {
    type RuntimeHoldReason = RuntimeHoldReason;
    type Currency = Balances;
    type AdminOrigin = frame_system::EnsureRoot<AccountId32>;
    type Rounds = World;
    type Epochs = World;
    type Ledger = World;
    type Tenancy = World;
    type Engagements = World;
    type MaxClasses = ConstU32<3>;
    type MaxClassName = ConstU32<16>;
    type WeightInfo = ();
}

/// Builds the chain's first state.
pub struct ExtBuilder {
    private_endpoints: bool,
    wealth: u128,
    caps: (u32, u32),
}

impl Default for ExtBuilder {
    /// As in production, only global endpoints; but any number of devices in a block of addresses.
    fn default() -> Self {
        Self { private_endpoints: false, wealth: WEALTH, caps: (u32::MAX, u32::MAX) }
    }
}

impl ExtBuilder {
    /// Lets devices answer on loopback and private addresses.
    pub fn private_endpoints(mut self) -> Self {
        self.private_endpoints = true;
        self
    }

    /// What each of the owners 1 to 4 starts with.
    pub fn wealth(mut self, wealth: u128) -> Self {
        self.wealth = wealth;
        self
    }

    /// How many devices may be in an IPv4 /24, and in an IPv6 /48.
    pub fn caps(mut self, v4: u32, v6: u32) -> Self {
        self.caps = (v4, v6);
        self
    }

    pub fn build(self) -> sp_io::TestExternalities {
        Round::set(100);
        Epoch::set(10);
        Payments::set(vec![]);
        Unsettled::set(vec![]);
        Unpayable::set(vec![]);
        Vacated::set(vec![]);
        Moved::set(vec![]);
        Silent::set(BTreeSet::new());
        let genesis = RuntimeGenesisConfig {
            system: Default::default(),
            balances: pallet_balances::GenesisConfig {
                balances: (1..=4).map(|n| (owner(n), self.wealth)).collect(),
                ..Default::default()
            },
            devices: pallet_devices::GenesisConfig {
                classes: vec![("router".into(), ROUTER.0, ROUTER.1), ("phone".into(), PHONE.0, PHONE.1)],
                release_delay: DELAY,
                maintenance_rounds: BUDGET,
                max_per_v4: self.caps.0,
                max_per_v6: self.caps.1,
                eviction_fee: FEE,
                allow_private_endpoints: self.private_endpoints,
            },
        };
        let mut ext: sp_io::TestExternalities = genesis.build_storage().expect("genesis builds").into();
        // Events are not kept in block 0.
        ext.execute_with(|| System::set_block_number(1));
        ext
    }

    /// Runs `test` and then checks every invariant.
    pub fn build_and_execute(self, test: impl FnOnce()) {
        self.build().execute_with(|| {
            test();
            Devices::do_try_state().expect("every invariant holds after the test");
        });
    }
}

/// The chain that the benchmarks run on in tests: with a keystore for the device keys.
#[cfg(feature = "runtime-benchmarks")]
pub fn bench_ext() -> sp_io::TestExternalities {
    let mut ext = ExtBuilder::default().build();
    ext.register_extension(sp_keystore::KeystoreExt::new(sp_keystore::testing::MemoryKeystore::new()));
    ext
}

/// Accounts 1 to 4 are rich, others do not exist.
pub fn owner(n: u8) -> AccountId32 {
    AccountId32::new([n; 32])
}

/// The `n`-th device key.
pub fn key(n: u32) -> ed25519::Pair {
    let mut seed = [0xd5; 32];
    seed[..4].copy_from_slice(&n.to_le_bytes());
    ed25519::Pair::from_seed(&seed)
}

/// The `n`-th device.
pub fn device(n: u32) -> DeviceId {
    DeviceId::new(key(n).public().0)
}

pub fn genesis_hash() -> H256 {
    System::block_hash(0)
}

/// What device `n` signs to be registered by `owner` now.
pub fn proof(n: u32, owner: &AccountId32) -> DeviceSignature {
    key(n).sign(&registration_payload(genesis_hash(), owner, Devices::proof_nonce(&device(n)))).into()
}

/// What key `new` signs to take over from device `old` of `owner` now.
pub fn rotation_proof(old: u32, new: u32, owner: &AccountId32) -> DeviceSignature {
    let nonce = Devices::proof_nonce(&device(new));
    key(new).sign(&rotation_payload(genesis_hash(), owner, &device(old), nonce)).into()
}

/// A call to register device `n` of class 0 to owner `by`.
pub fn try_register(by: u8, n: u32) -> DispatchResult {
    try_register_at(by, n, Some(global()))
}

/// The same at an endpoint, or at none.
pub fn try_register_at(by: u8, n: u32, endpoint: Option<Endpoint>) -> DispatchResult {
    Devices::register(signed(by), device(n), 0, endpoint, None, proof(n, &owner(by)))
}

/// Device `n`, registered to owner `by`.
pub fn registered(by: u8, n: u32) -> DeviceId {
    try_register(by, n).expect("a fresh device can be registered");
    device(n)
}

/// The record of device `n`.
pub fn record(n: u32) -> DeviceOf<Test> {
    DeviceMap::<Test>::get(device(n)).expect("it is registered")
}

pub fn signed(by: u8) -> RuntimeOrigin {
    RuntimeOrigin::signed(owner(by))
}

/// An endpoint that any chain accepts.
pub fn global() -> Endpoint {
    Endpoint::V4 { ip: [9, 9, 9, 9], port: 8_080 }
}

/// An endpoint in the IPv4 /24 9.9.`net`.0, which any chain accepts.
pub fn v4(net: u8, host: u8, port: u16) -> Option<Endpoint> {
    Some(Endpoint::V4 { ip: [9, 9, net, host], port })
}

/// An endpoint in the `net`-th of some IPv6 /48, which any chain accepts.
pub fn v6(net: u8, host: u8, port: u16) -> Option<Endpoint> {
    Some(Endpoint::V6 { ip: [0x2a, 0, 0, 0, 0, net, host, 0, 0, 0, 0, 0, 0, 0, 0, host], port })
}

/// Has device `n` be judged down so often, without ever having answered, that it is not asked any more.
pub fn fall_silent(n: u32) {
    Silent::mutate(|silent| silent.insert(record(n).place));
}

pub fn held(by: u8) -> BalanceOf<Test> {
    use frame_support::traits::fungible::hold::Inspect;
    Balances::balance_on_hold(&crate::HoldReason::DeviceBond.into(), &owner(by))
}

pub fn free(by: u8) -> BalanceOf<Test> {
    Balances::free_balance(owner(by))
}

/// Lets `blocks` blocks go by.
pub fn pass_blocks(blocks: u64) {
    System::set_block_number(System::block_number() + blocks);
}

/// Lets a device leave for good.
pub fn leave(by: u8, n: u32) {
    Devices::deregister(signed(by), device(n)).expect("it can leave");
    pass_blocks(DELAY);
    Devices::release(signed(4), device(n)).expect("it can be released");
}
