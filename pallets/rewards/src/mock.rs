//! A runtime around this pallet, whose registry of devices and directory of probers are tables in memory.

use crate::{self as pallet_rewards, EpochParams, Pallet};
use frame_support::{
    derive_impl, parameter_types,
    traits::{ConstU128, ConstU32, ConstU64},
    PalletId,
};
use polkadot_sdk::*;
use sp_arithmetic::{Permill, Perquintill};
use sp_io::TestExternalities;
use sp_runtime::BuildStorage;
use std::collections::BTreeMap;
use vouch_primitives::{
    emission::{Curve, Split},
    lanes::CohortView,
    traits::{DeviceRegistry, ProberDirectory, Target},
    ClassWeight, CohortId, DeviceId, Endpoint, Place, ProberNumber, RoundIndex,
};

pub type Balance = u128;
pub type AccountId = u64;

pub const EXISTENTIAL_DEPOSIT: Balance = 10;
/// Accounts that exist; each starts with this much.
pub const RICH: Balance = 1_000;
pub const ALICE: AccountId = 1;
pub const BOB: AccountId = 2;
/// An account that does not exist.
pub const CHARLIE: AccountId = 3;
/// An account that does not exist unless a test endows it.
pub const TREASURY: AccountId = 900;
/// Whom the staking pallet pays.
pub const STAKER: AccountId = 800;

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
    pub type Rewards = pallet_rewards;
}

type Block = frame_system::mocking::MockBlock<Test>;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = Block;
    type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
    type Balance = Balance;
    type AccountStore = System;
    type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
}

parameter_types! {
    pub const PotId: PalletId = PalletId(*b"vo/rewrd");
    pub static Registered: BTreeMap<DeviceId, (Place, AccountId)> = BTreeMap::new();
    pub static Numbered: BTreeMap<ProberNumber, AccountId> = BTreeMap::new();
    /// What a lie is expected to cost, in planck.
    pub static Penalty: u128 = u128::MAX;
    /// What a requester pays at least for a point of work, in planck.
    pub static Price: u128 = u128::MAX;
}

/// The registry: [`Registered`]. The directory: [`Numbered`].
pub struct Table;

impl DeviceRegistry for Table {
    type AccountId = AccountId;

    fn cohorts() -> CohortId {
        Registered::get().values().map(|(place, _)| place.cohort + 1).max().unwrap_or(0)
    }

    fn view(_: CohortId, _: RoundIndex) -> CohortView {
        CohortView::default()
    }

    fn class_weights() -> Vec<ClassWeight> {
        Vec::new()
    }

    fn targets(_: CohortId, _: RoundIndex) -> Vec<Target> {
        Vec::new()
    }

    fn may_probe(_: &Endpoint) -> bool {
        true
    }

    fn tenant(_: Place, _: RoundIndex) -> Option<DeviceId> {
        None
    }

    fn payee(device: &DeviceId) -> Option<(Place, AccountId)> {
        Registered::get().get(device).copied()
    }
}

impl ProberDirectory<AccountId> for Table {
    fn account(prober: ProberNumber) -> Option<AccountId> {
        Numbered::get().get(&prober).copied()
    }

    fn number(account: &AccountId) -> Option<ProberNumber> {
        Numbered::get().into_iter().find_map(|(number, validator)| (validator == *account).then_some(number))
    }

    fn expected_penalty() -> u128 {
        Penalty::get()
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn enroll_for_benchmark(prober: ProberNumber, account: &AccountId) {
        Numbered::mutate(|numbered| numbered.insert(prober, *account));
    }
}

/// Registers the device in lane 0 of each cohort, which is all that this pallet asks for.
#[cfg(feature = "runtime-benchmarks")]
impl vouch_primitives::traits::RegistryBenchmarkHelper for Table {
    fn fill_cohorts(cohorts: CohortId) -> Vec<DeviceId> {
        let rows = (0..cohorts).map(|n| (device(n), (place(n, 0), AccountId::from(n) + 1_000)));
        Registered::set(rows.collect());
        (0..cohorts).map(device).collect()
    }
}

impl pallet_rewards::Config for Test {
    type Currency = Balances;
    type AdminOrigin = frame_system::EnsureRoot<AccountId>;
    type Registry = Table;
    type Probers = Table;
    type WorkPrice = Price;
    type PalletId = PotId;
    type Treasury = ConstU64<TREASURY>;
    type MaxClaims = ConstU32<16>;
    type WeightInfo = ();
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = Table;
}

pub fn device(n: u32) -> DeviceId {
    let mut id = [0; 32];
    id[..4].copy_from_slice(&n.to_le_bytes());
    id.into()
}

pub fn place(cohort: CohortId, lane: u16) -> Place {
    Place { cohort, lane }
}

/// Five shares in percent.
pub fn split(uptime: u32, work: u32, probing: u32, staking: u32, treasury: u32) -> Split {
    let [uptime, work, probing, staking, treasury] =
        [uptime, work, probing, staking, treasury].map(Permill::from_percent);
    Split { uptime, work, probing, staking, treasury }
}

/// A chain to be: by default epochs of two rounds that mint 1,000 planck each, all for uptime; nothing is held back, lies and
/// work cost everything, a point of work may be worth as much, and there are no devices or probers.
pub struct Chain {
    params: EpochParams<Balance>,
    endowed: Vec<(AccountId, Balance)>,
    devices: BTreeMap<DeviceId, (Place, AccountId)>,
    probers: BTreeMap<ProberNumber, AccountId>,
    penalty: u128,
    price: u128,
}

impl Chain {
    pub fn new() -> Self {
        let curve = Curve { initial: 1_000, decay: Perquintill::zero(), floor: 0 };
        Self {
            params: EpochParams {
                rounds_per_epoch: 2,
                curve,
                split: split(100, 0, 0, 0, 0),
                holdback: Permill::zero(),
                holding_epochs: 0,
                max_work_rate: Balance::MAX,
            },
            endowed: vec![(ALICE, RICH), (BOB, RICH)],
            devices: BTreeMap::new(),
            probers: BTreeMap::new(),
            penalty: u128::MAX,
            price: u128::MAX,
        }
    }

    pub fn rounds_per_epoch(mut self, rounds: u32) -> Self {
        self.params.rounds_per_epoch = rounds;
        self
    }

    pub fn emission(mut self, amount: Balance) -> Self {
        self.params.curve.initial = amount;
        self
    }

    pub fn decay(mut self, percent: u64, floor: Balance) -> Self {
        self.params.curve.decay = Perquintill::from_percent(percent);
        self.params.curve.floor = floor;
        self
    }

    pub fn split(mut self, split: Split) -> Self {
        self.params.split = split;
        self
    }

    /// Holds `percent` of what devices earn for `epochs`.
    pub fn holdback(mut self, percent: u32, epochs: u32) -> Self {
        self.params.holdback = Permill::from_percent(percent);
        self.params.holding_epochs = epochs;
        self
    }

    /// Makes a lie be expected to cost `planck`.
    pub fn penalty(mut self, planck: u128) -> Self {
        self.penalty = planck;
        self
    }

    /// Makes a point of work be worth at most `rate`.
    pub fn max_work_rate(mut self, rate: Balance) -> Self {
        self.params.max_work_rate = rate;
        self
    }

    /// Makes requesters pay at least `planck` for a point of work.
    pub fn price(mut self, planck: u128) -> Self {
        self.price = planck;
        self
    }

    /// Makes these the parameters that the chain starts with.
    pub fn params(mut self, params: EpochParams<Balance>) -> Self {
        self.params = params;
        self
    }

    pub fn endow(mut self, who: AccountId, amount: Balance) -> Self {
        self.endowed.push((who, amount));
        self
    }

    /// Registers `device(n)` at `place`, paid to `payee`.
    pub fn device(mut self, n: u32, place: Place, payee: AccountId) -> Self {
        self.devices.insert(device(n), (place, payee));
        self
    }

    /// Makes `validator` the prober with this number.
    pub fn prober(mut self, number: ProberNumber, validator: AccountId) -> Self {
        self.probers.insert(number, validator);
        self
    }

    pub fn build(self) -> TestExternalities {
        Registered::set(self.devices);
        Numbered::set(self.probers);
        Penalty::set(self.penalty);
        Price::set(self.price);
        let storage = RuntimeGenesisConfig {
            balances: pallet_balances::GenesisConfig { balances: self.endowed, ..Default::default() },
            rewards: pallet_rewards::GenesisConfig { params: self.params },
            ..Default::default()
        }
        .build_storage()
        .expect("the genesis of a test is valid");
        let mut ext = TestExternalities::from(storage);
        ext.execute_with(|| System::set_block_number(1));
        ext
    }

    /// Runs `test` and then checks every invariant.
    pub fn build_and_execute(self, test: impl FnOnce()) {
        self.build().execute_with(|| {
            test();
            Pallet::<Test>::do_try_state().expect("every invariant holds after every test");
        })
    }
}
