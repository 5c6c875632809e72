//! The properties that the pallet's page promises, under random interleavings of everything that can happen, against a naive
//! model that keeps one number per device.

use super::*;
use proptest::{collection::vec, prelude::*, sample::select};
use sp_arithmetic::{Permill, Perquintill};
use std::collections::BTreeMap;
use vouch_primitives::emission::Split;

/// Device `n` sits here, paid to account `n % 3 + 1`, of which the third does not exist at first.
const PLACES: [Place; 6] = [
    Place { cohort: 0, lane: 0 },
    Place { cohort: 0, lane: 1 },
    Place { cohort: 0, lane: 1_023 },
    Place { cohort: 1, lane: 0 },
    Place { cohort: 1, lane: 512 },
    Place { cohort: 70_000, lane: 7 },
];

fn payee(n: usize) -> AccountId {
    n as AccountId % 3 + 1
}

#[derive(Clone, Debug)]
enum Op {
    Credit(usize, Points),
    CloseRound,
    Claim(Vec<usize>),
    PayOut(usize),
    Vacate(usize),
    SetParams(EpochParams<Balance>),
}

fn amount() -> impl Strategy<Value = Balance> {
    prop_oneof![0u128..50, 0u128..1 << 40, any::<u128>(), Just(u128::MAX / 3)]
}

fn params() -> impl Strategy<Value = EpochParams<Balance>> {
    let decay = (0..=10u64).prop_map(|tenths| Perquintill::from_percent(tenths * 10));
    (1u32..4, amount(), decay, amount(), vec(0u32..=1_000_000, 3)).prop_map(
        |(rounds_per_epoch, initial, decay, floor, mut cuts)| {
            cuts.sort();
            let split = Split {
                uptime: Permill::from_parts(cuts[0]),
                work: Permill::from_parts(cuts[1] - cuts[0]),
                probing: Permill::from_parts(cuts[2] - cuts[1]),
                treasury: Permill::from_parts(1_000_000 - cuts[2]),
            };
            EpochParams { rounds_per_epoch, curve: Curve { initial, decay, floor }, split }
        },
    )
}

fn op() -> impl Strategy<Value = Op> {
    let device = || 0..PLACES.len();
    let points = prop_oneof![0u32..20, any::<u32>(), Just(u32::MAX)];
    prop_oneof![
        6 => (device(), points).prop_map(|(n, points)| Op::Credit(n, points)),
        5 => Just(Op::CloseRound),
        3 => vec(device(), 0..6).prop_map(Op::Claim),
        2 => device().prop_map(Op::PayOut),
        2 => device().prop_map(Op::Vacate),
        1 => params().prop_map(Op::SetParams),
    ]
}

/// What should be, kept in the plainest way.
struct Model {
    /// Running points and accrued planck per device.
    devices: Vec<(Points, Balance)>,
    /// Balances of the payees and of the treasury.
    accounts: BTreeMap<AccountId, Balance>,
    epoch: RunningEpoch<Balance>,
    params: EpochParams<Balance>,
    carried: Shares<Balance>,
    minted: Balance,
    paid: Balance,
}

impl Model {
    fn new(params: EpochParams<Balance>) -> Self {
        Self {
            devices: vec![(0, 0); PLACES.len()],
            accounts: [(ALICE, RICH), (BOB, RICH), (CHARLIE, 0), (TREASURY, 0)].into(),
            epoch: RunningEpoch::first(params),
            params,
            carried: Shares::default(),
            minted: 0,
            paid: 0,
        }
    }

    fn can_receive(&self, who: AccountId, amount: Balance) -> bool {
        self.accounts[&who] + amount >= EXISTENTIAL_DEPOSIT
    }

    fn close_round(&mut self) {
        self.epoch.rounds_done += 1;
        if self.epoch.rounds_done < self.epoch.params.rounds_per_epoch {
            return;
        }
        let issued = 2 * RICH + EXISTENTIAL_DEPOSIT + self.minted;
        let emission = self.epoch.emission;
        let minted = if issued.checked_add(emission).is_some() { emission } else { 0 };
        self.minted += minted;
        let shares = self.epoch.params.split.divide(minted);
        let budget = self.carried.uptime + shares.uptime;
        let total: Balance = self.devices.iter().map(|(points, _)| Balance::from(*points)).sum();
        let rate = budget.checked_div(total).unwrap_or(0);
        for (points, accrued) in &mut self.devices {
            *accrued += rate * Balance::from(*points);
            *points = 0;
        }
        self.carried.uptime = budget - rate * total;
        self.carried.work += shares.work;
        self.carried.probing += shares.probing;
        self.carried.treasury += shares.treasury;
        if self.can_receive(TREASURY, self.carried.treasury) {
            *self.accounts.get_mut(&TREASURY).unwrap() += self.carried.treasury;
            self.carried.treasury = 0;
        }
        self.epoch = self.epoch.following(self.params);
    }

    fn pay(&mut self, n: usize) {
        let amount = std::mem::take(&mut self.devices[n].1);
        *self.accounts.get_mut(&payee(n)).unwrap() += amount;
        self.paid += amount;
    }

    fn claim(&mut self, devices: &[usize]) -> DispatchResult {
        let mut sums = BTreeMap::<AccountId, Balance>::new();
        let named: std::collections::BTreeSet<usize> = devices.iter().copied().collect();
        for n in &named {
            *sums.entry(payee(*n)).or_default() += self.devices[*n].1;
        }
        sums.retain(|_, sum| *sum > 0);
        if sums.is_empty() {
            return Err(Error::<Test>::NothingAccrued.into());
        }
        if sums.iter().any(|(who, sum)| !self.can_receive(*who, *sum)) {
            return Err(Error::<Test>::BelowExistentialDeposit.into());
        }
        named.into_iter().for_each(|n| self.pay(n));
        Ok(())
    }

    fn pay_out(&mut self, n: usize) -> DispatchResult {
        if self.devices[n].1 > 0 && !self.can_receive(payee(n), self.devices[n].1) {
            return Err(Error::<Test>::BelowExistentialDeposit.into());
        }
        self.pay(n);
        Ok(())
    }

    fn vacate(&mut self, n: usize) -> DispatchResult {
        if self.devices[n].0 > 0 {
            return Err(Error::<Test>::EpochRunning.into());
        }
        self.pay_out(n)
    }

    fn outstanding(&self) -> Balance {
        self.devices.iter().map(|(_, accrued)| accrued).sum()
    }
}

/// Does `op` to the chain and to the model and compares their answers.
fn apply(model: &mut Model, op: Op) -> Result<(), TestCaseError> {
    match op {
        Op::Credit(n, points) => {
            credit(PLACES[n], points);
            model.devices[n].0 = model.devices[n].0.saturating_add(points);
        },
        Op::CloseRound => {
            close_round();
            model.close_round();
        },
        Op::Claim(devices) => {
            let named: Vec<u32> = devices.iter().map(|n| *n as u32).collect();
            prop_assert_eq!(claim(&named), model.claim(&devices));
        },
        Op::PayOut(n) => prop_assert_eq!(Rewards::pay_out(PLACES[n], &payee(n)), model.pay_out(n)),
        Op::Vacate(n) => prop_assert_eq!(Rewards::vacate(PLACES[n], &payee(n)), model.vacate(n)),
        Op::SetParams(params) => {
            if set_params(params).is_ok() {
                model.params = params;
            }
        },
    }
    Ok(())
}

/// Runs `ops` and calls `check` after each.
fn run(
    params: EpochParams<Balance>,
    ops: Vec<Op>,
    check: impl Fn(&Model) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let mut chain =
        Chain::new().rounds_per_epoch(params.rounds_per_epoch).split(params.split).emission(params.curve.initial);
    for (n, place) in PLACES.into_iter().enumerate() {
        chain = chain.device(n as u32, place, payee(n));
    }
    chain.build().execute_with(|| {
        let mut model = Model::new(Params::<Test>::get());
        for op in ops {
            apply(&mut model, op)?;
            check(&model)?;
            prop_assert_eq!(Rewards::do_try_state(), Ok(()));
        }
        Ok(())
    })
}

/// Parameters with which a chain can start.
fn genesis() -> impl Strategy<Value = EpochParams<Balance>> {
    (params(), select(vec![0u128, 7, 1_000, 1 << 64, u128::MAX / 3, u128::MAX - 3_000])).prop_map(
        |(mut params, initial)| {
            params.curve.initial = initial;
            params
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn minted_equals_paid_plus_treasury_plus_outstanding_plus_carried_to_the_planck(params in genesis(), ops in vec(op(), 1..50)) {
        run(params, ops, |model| {
            let books = Books::<Test>::get();
            let carried = books.carried.uptime + books.carried.work + books.carried.probing + books.carried.treasury;
            prop_assert_eq!(books.minted, books.paid + books.treasury + books.outstanding + carried);
            prop_assert_eq!(Balances::total_issuance(), 2 * RICH + EXISTENTIAL_DEPOSIT + books.minted);
            prop_assert_eq!(pot(), books.outstanding + carried);
            prop_assert_eq!(books.outstanding, model.outstanding());
            prop_assert_eq!((books.minted, books.paid, books.carried), (model.minted, model.paid, model.carried));
            Ok(())
        })?;
    }

    #[test]
    fn every_place_is_owed_its_points_times_the_rate_of_their_epoch_in_any_order_of_settlement(params in genesis(), ops in vec(op(), 1..50)) {
        run(params, ops, |model| {
            for (n, place) in PLACES.into_iter().enumerate() {
                let pending = Rewards::pending(place);
                prop_assert_eq!((pending.points, pending.accrued), model.devices[n]);
            }
            Ok(())
        })?;
    }

    #[test]
    fn only_payees_and_the_treasury_are_paid_and_exactly_what_they_are_owed(params in genesis(), ops in vec(op(), 1..50)) {
        run(params, ops, |model| {
            for (who, expected) in &model.accounts {
                prop_assert_eq!(balance(*who), *expected);
            }
            Ok(())
        })?;
    }

    #[test]
    fn no_epoch_mints_more_than_its_emission(params in genesis(), ops in vec(op(), 1..50)) {
        let last = std::cell::Cell::new((params.curve.initial, 0));
        run(params, ops, |model| {
            let (emission, issued) = last.get();
            prop_assert!(model.minted - issued <= emission);
            prop_assert_eq!(Rewards::epoch_info().emission, model.epoch.emission);
            last.set((Rewards::epoch_info().emission, Books::<Test>::get().minted));
            Ok(())
        })?;
    }

    #[test]
    fn the_epochs_total_is_the_sum_of_its_pages(params in genesis(), ops in vec(op(), 1..50)) {
        run(params, ops, |model| {
            let total: u64 = model.devices.iter().map(|(points, _)| u64::from(*points)).sum();
            prop_assert_eq!(Rewards::epoch_info().total_points, total);
            Ok(())
        })?;
    }
}
