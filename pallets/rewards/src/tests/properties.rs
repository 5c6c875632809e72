//! The properties that the pallet's page promises, under random interleavings of everything that can happen, against a naive
//! model that keeps a list of rewards per device and one number per prober.

use super::*;
use frame_support::traits::{
    fungible::Balanced,
    tokens::{imbalance::OnUnbalanced, Precision},
};
use proptest::{collection::vec, prelude::*, sample::select};
use sp_arithmetic::{Permill, Perquintill};
use std::collections::{BTreeMap, BTreeSet};
use vouch_primitives::{deterrence::self_dealing_is_deterred, emission::Split, EpochIndex};

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

/// Prober `n` has this number, and account `n + 11`; the first alone exists at first.
const PROBERS: [ProberNumber; 4] = [0, 1_023, 1_024, 4_000_000];

fn validator(n: usize) -> AccountId {
    n as AccountId + 11
}

/// Four accounts, and the pot.
const ISSUED: Balance = 4 * RICH + EXISTENTIAL_DEPOSIT;

#[derive(Clone, Debug)]
enum Op {
    Credit(usize, Points),
    CreditProbers(Vec<(usize, Points)>),
    CreditWork(usize, Points),
    CloseRound,
    Claim(Vec<usize>),
    ClaimProbing(Vec<usize>),
    PayOut(usize),
    Vacate(usize),
    Forfeit(usize),
    DrawEraPayout,
    PayStakers(Balance),
    SetParams(EpochParams<Balance>),
}

fn amount() -> impl Strategy<Value = Balance> {
    prop_oneof![0u128..50, 0u128..1 << 40, any::<u128>(), Just(u128::MAX / 3)]
}

fn params() -> impl Strategy<Value = EpochParams<Balance>> {
    let decay = (0..=10u64).prop_map(|tenths| Perquintill::from_percent(tenths * 10));
    let holdback = prop_oneof![Just(0), 0u32..=1_000_000, Just(1_000_000)].prop_map(Permill::from_parts);
    let curve = (amount(), decay, amount()).prop_map(|(initial, decay, floor)| Curve { initial, decay, floor });
    (1u32..4, curve, vec(0u32..=1_000_000, 4), holdback, 0u32..5, amount()).prop_map(
        |(rounds_per_epoch, curve, mut cuts, holdback, holding_epochs, max_work_rate)| {
            cuts.sort();
            let split = Split {
                uptime: Permill::from_parts(cuts[0]),
                work: Permill::from_parts(cuts[1] - cuts[0]),
                probing: Permill::from_parts(cuts[2] - cuts[1]),
                staking: Permill::from_parts(cuts[3] - cuts[2]),
                treasury: Permill::from_parts(1_000_000 - cuts[3]),
            };
            EpochParams { rounds_per_epoch, curve, split, holdback, holding_epochs, max_work_rate }
        },
    )
}

fn op() -> impl Strategy<Value = Op> {
    let device = || 0..PLACES.len();
    let prober = || 0..PROBERS.len();
    let points = || prop_oneof![0u32..20, any::<u32>(), Just(u32::MAX)];
    prop_oneof![
        6 => (device(), points()).prop_map(|(n, points)| Op::Credit(n, points)),
        3 => vec((prober(), points()), 0..5).prop_map(Op::CreditProbers),
        4 => (device(), points()).prop_map(|(n, points)| Op::CreditWork(n, points)),
        9 => Just(Op::CloseRound),
        3 => vec(device(), 0..6).prop_map(Op::Claim),
        2 => vec(prober(), 0..5).prop_map(Op::ClaimProbing),
        2 => device().prop_map(Op::PayOut),
        2 => device().prop_map(Op::Vacate),
        1 => device().prop_map(Op::Forfeit),
        1 => Just(Op::DrawEraPayout),
        1 => amount().prop_map(Op::PayStakers),
        1 => params().prop_map(Op::SetParams),
    ]
}

/// Part of what a device earned in one epoch.
#[derive(Clone, Debug)]
struct HeldBack {
    amount: Balance,
    /// The first epoch after the one in which it was earned.
    since: EpochIndex,
    /// For how many it is held at least.
    epochs: u32,
    /// Index into [`Model::releases`].
    period: usize,
    released: bool,
}

#[derive(Clone, Debug, Default)]
struct Device {
    points: Points,
    /// Points of the epoch that closed last.
    last_points: Points,
    accrued: Balance,
    /// Everything that ever was held and not forfeited.
    held: Vec<HeldBack>,
    /// Points of work in the running epoch.
    work_points: Points,
    /// Accrued by work.
    work: Balance,
}

impl Device {
    fn held(&self) -> Balance {
        self.held.iter().filter(|held| !held.released).map(|held| held.amount).sum()
    }
}

/// What should be, kept in the plainest way.
struct Model {
    devices: Vec<Device>,
    /// Running points and accrued planck per prober.
    probers: Vec<(Points, Balance)>,
    /// Balances of everyone who can be paid.
    accounts: BTreeMap<AccountId, Balance>,
    epoch: RunningEpoch<Balance>,
    params: EpochParams<Balance>,
    /// The epoch with which each period is released that was ever opened.
    releases: Vec<EpochIndex>,
    /// The most epochs for which anything was ever to be held.
    longest: u32,
    carried: Shares<Balance>,
    promised: Balance,
    minted: Balance,
    paid: Balance,
    paid_staking: Balance,
    /// What the last closed epoch granted.
    granted: Shares<Balance>,
    /// What a point of work of the last closed epoch is worth, and what it was allowed to be worth; `None` before the first has
    /// closed.
    work_rate: Option<(Balance, Balance)>,
}

impl Model {
    fn new(params: EpochParams<Balance>) -> Self {
        let mut accounts: BTreeMap<_, _> = (0..PROBERS.len()).map(|n| (validator(n), 0)).collect();
        accounts.extend([
            (validator(0), RICH),
            (STAKER, RICH),
            (ALICE, RICH),
            (BOB, RICH),
            (CHARLIE, 0),
            (TREASURY, 0),
        ]);
        Self {
            devices: vec![Device::default(); PLACES.len()],
            probers: vec![(0, 0); PROBERS.len()],
            accounts,
            epoch: RunningEpoch::first(params),
            params,
            releases: Vec::new(),
            longest: 0,
            carried: Shares::default(),
            promised: 0,
            minted: 0,
            paid: 0,
            paid_staking: 0,
            granted: Shares::default(),
            work_rate: None,
        }
    }

    fn can_receive(&self, who: AccountId, amount: Balance) -> bool {
        self.accounts[&who] + amount >= EXISTENTIAL_DEPOSIT
    }

    fn receive(&mut self, who: AccountId, amount: Balance) {
        *self.accounts.get_mut(&who).expect("only who is listed is paid") += amount;
    }

    /// Until when epoch `index`, which closes, holds something back.
    fn period(&mut self, index: EpochIndex, epochs: u32) -> usize {
        self.longest = self.longest.max(epochs);
        let earliest = index + 1 + epochs;
        match self.releases[..] {
            [.., newest] if newest >= earliest => {},
            [.., before, _] if before > index + 1 => *self.releases.last_mut().unwrap() = earliest,
            _ => self.releases.push(index + 2 * epochs),
        }
        self.releases.len() - 1
    }

    fn close_round(&mut self) {
        self.epoch.rounds_done += 1;
        if self.epoch.rounds_done == self.epoch.params.rounds_per_epoch {
            self.close_epoch();
        }
    }

    fn close_epoch(&mut self) {
        let RunningEpoch { emission, index, params, .. } = self.epoch;
        self.granted = params.split.divide(emission);
        let minted = if (ISSUED + self.minted).checked_add(emission).is_some() { emission } else { 0 };
        self.minted += minted;
        let shares = params.split.divide(minted);

        let budget = self.carried.uptime + shares.uptime;
        let total: Balance = self.devices.iter().map(|device| Balance::from(device.points)).sum();
        let rate = budget.checked_div(total).unwrap_or(0);
        let held = params.holdback.mul_floor(rate);
        let period = if held > 0 { self.period(index, params.holding_epochs) } else { 0 };
        for device in &mut self.devices {
            device.last_points = std::mem::take(&mut device.points);
            let points = Balance::from(device.last_points);
            device.accrued += points * (rate - held);
            if points * held > 0 {
                let (amount, since, epochs) = (points * held, index + 1, params.holding_epochs);
                device.held.push(HeldBack { amount, since, epochs, period, released: false });
            }
            for held in device.held.iter_mut().filter(|held| !held.released) {
                if self.releases[held.period] <= index + 1 {
                    held.released = true;
                    device.accrued += held.amount;
                }
            }
        }
        let left = budget - rate * total;
        self.carried.uptime = left.min(self.granted.uptime);
        self.carried.treasury += left - self.carried.uptime;

        let budget = self.carried.probing + shares.probing;
        let total: Balance = self.probers.iter().map(|(points, _)| Balance::from(*points)).sum();
        let rate = budget.checked_div(total).unwrap_or(0);
        for (points, accrued) in &mut self.probers {
            *accrued += rate * Balance::from(std::mem::take(points));
        }
        let left = budget - rate * total;
        self.carried.probing = left.min(self.granted.probing);
        self.carried.treasury += left - self.carried.probing;

        let budget = self.carried.work + shares.work;
        let total: Balance = self.devices.iter().map(|device| Balance::from(device.work_points)).sum();
        let rate = budget.checked_div(total).unwrap_or(0).min(params.max_work_rate);
        for device in &mut self.devices {
            device.work += rate * Balance::from(std::mem::take(&mut device.work_points));
        }
        let left = budget - rate * total;
        self.carried.work = left.min(self.granted.work);
        self.carried.treasury += left - self.carried.work;
        self.work_rate = Some((rate, params.max_work_rate));

        self.carried.staking += shares.staking;
        self.carried.treasury += shares.treasury;
        if self.can_receive(TREASURY, self.carried.treasury) {
            self.receive(TREASURY, self.carried.treasury);
            self.carried.treasury = 0;
        }
        self.epoch = self.epoch.following(self.params);
    }

    fn pay(&mut self, n: usize) {
        let Device { accrued, work, .. } = &mut self.devices[n];
        let amount = std::mem::take(accrued) + std::mem::take(work);
        self.receive(payee(n), amount);
        self.paid += amount;
    }

    fn claim(&mut self, devices: &[usize]) -> DispatchResult {
        let mut sums = BTreeMap::<AccountId, Balance>::new();
        let named: BTreeSet<usize> = devices.iter().copied().collect();
        for n in &named {
            *sums.entry(payee(*n)).or_default() += self.devices[*n].accrued + self.devices[*n].work;
        }
        self.ensure_payable(sums)?;
        named.into_iter().for_each(|n| self.pay(n));
        Ok(())
    }

    fn claim_probing(&mut self, probers: &[usize]) -> DispatchResult {
        let named: BTreeSet<usize> = probers.iter().copied().collect();
        self.ensure_payable(named.iter().map(|n| (validator(*n), self.probers[*n].1)).collect())?;
        for n in named {
            let amount = std::mem::take(&mut self.probers[n].1);
            self.receive(validator(n), amount);
            self.paid += amount;
        }
        Ok(())
    }

    fn ensure_payable(&self, mut sums: BTreeMap<AccountId, Balance>) -> DispatchResult {
        sums.retain(|_, sum| *sum > 0);
        if sums.is_empty() {
            return Err(Error::<Test>::NothingAccrued.into());
        }
        if sums.iter().any(|(who, sum)| !self.can_receive(*who, *sum)) {
            return Err(Error::<Test>::BelowExistentialDeposit.into());
        }
        Ok(())
    }

    fn pay_out(&mut self, n: usize) -> DispatchResult {
        let amount = self.devices[n].accrued + self.devices[n].work;
        if amount > 0 && !self.can_receive(payee(n), amount) {
            return Err(Error::<Test>::BelowExistentialDeposit.into());
        }
        self.pay(n);
        Ok(())
    }

    fn vacate(&mut self, n: usize) -> DispatchResult {
        if self.devices[n].points > 0 || self.devices[n].work_points > 0 {
            return Err(Error::<Test>::EpochRunning.into());
        }
        if self.devices[n].held() > 0 {
            return Err(Error::<Test>::HeldBack.into());
        }
        self.pay_out(n)?;
        self.devices[n].last_points = 0;
        Ok(())
    }

    fn forfeit(&mut self, n: usize) -> DispatchResult {
        let amount = self.devices[n].held();
        if amount == 0 {
            return Err(Error::<Test>::NothingHeld.into());
        }
        self.devices[n].held.retain(|held| held.released);
        self.carried.treasury += amount;
        Ok(())
    }

    fn outstanding(&self) -> Balance {
        let devices: Balance = self.devices.iter().map(|device| device.accrued + device.held() + device.work).sum();
        devices + self.probers.iter().map(|(_, accrued)| accrued).sum::<Balance>()
    }
}

/// Does `op` to the chain and to the model and compares their answers.
fn apply(model: &mut Model, op: Op) -> Result<(), TestCaseError> {
    match op {
        Op::Credit(n, points) => {
            credit(PLACES[n], points);
            model.devices[n].points = model.devices[n].points.saturating_add(points);
        },
        Op::CreditProbers(earned) => {
            let credits: Vec<_> = earned.iter().map(|(n, points)| (PROBERS[*n], *points)).collect();
            Rewards::credit_probers(&credits);
            for (n, points) in earned {
                model.probers[n].0 = model.probers[n].0.saturating_add(points);
            }
        },
        Op::CreditWork(n, points) => {
            prop_assert_eq!(Rewards::credit_work(PLACES[n], points), model.epoch.index);
            model.devices[n].work_points = model.devices[n].work_points.saturating_add(points);
        },
        Op::CloseRound => {
            close_round();
            model.close_round();
        },
        Op::Claim(devices) => {
            let named: Vec<u32> = devices.iter().map(|n| *n as u32).collect();
            prop_assert_eq!(claim(&named), model.claim(&devices));
        },
        Op::ClaimProbing(probers) => {
            let named: Vec<AccountId> = probers.iter().map(|n| validator(*n)).collect();
            prop_assert_eq!(claim_probing(&named), model.claim_probing(&probers));
        },
        Op::PayOut(n) => prop_assert_eq!(Rewards::pay_out(PLACES[n], &payee(n)), model.pay_out(n)),
        Op::Vacate(n) => prop_assert_eq!(Rewards::vacate(PLACES[n], &payee(n)), model.vacate(n)),
        Op::Forfeit(n) => {
            let call = RuntimeCall::Rewards(Call::forfeit { device: device(n as u32) });
            let forfeited = call.dispatch(RuntimeOrigin::root()).map(|_| ()).map_err(|refusal| refusal.error);
            prop_assert_eq!(forfeited, model.forfeit(n));
        },
        Op::DrawEraPayout => {
            let drawn = std::mem::take(&mut model.carried.staking);
            prop_assert_eq!(Rewards::draw_era_payout(), drawn);
            model.promised += drawn;
        },
        Op::PayStakers(amount) => {
            let amount = amount.min(model.promised);
            let minted = Balances::deposit(&STAKER, amount, Precision::Exact).expect("the staker has an account");
            BurnFromPot::<Test>::on_unbalanced(minted);
            model.promised -= amount;
            model.paid_staking += amount;
            model.receive(STAKER, amount);
        },
        Op::SetParams(params) => {
            if set_params(params).is_ok() {
                model.params = params;
            }
        },
    }
    Ok(())
}

/// A chain that starts with `params`, and on which a lie and work cost at least as much as these require.
#[derive(Clone, Debug)]
struct Genesis {
    params: EpochParams<Balance>,
    penalty: u128,
    price: u128,
}

/// Runs `ops` and calls `check` after each.
fn run(
    genesis: Genesis,
    ops: Vec<Op>,
    check: impl Fn(&Model) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let mut chain =
        Chain::new().params(genesis.params).penalty(genesis.penalty).price(genesis.price).endow(STAKER, RICH);
    for (n, place) in PLACES.into_iter().enumerate() {
        chain = chain.device(n as u32, place, payee(n));
    }
    for (n, number) in PROBERS.into_iter().enumerate() {
        chain = chain.prober(number, validator(n));
    }
    chain.endow(validator(0), RICH).build().execute_with(|| {
        let mut model = Model::new(Params::<Test>::get());
        for op in ops {
            apply(&mut model, op)?;
            check(&model)?;
            prop_assert_eq!(Rewards::do_try_state(), Ok(()));
        }
        Ok(())
    })
}

fn genesis() -> impl Strategy<Value = Genesis> {
    let most = u128::MAX - 10_000;
    let initial = select(vec![0u128, 7, 1_000, 1 << 64, u128::MAX / 3, most]);
    let spare = || select(vec![0, 1 << 20, u128::MAX]);
    (params(), initial, spare(), spare()).prop_map(move |(mut params, initial, spare, spare_price)| {
        params.curve.initial = initial;
        params.curve.floor = params.curve.floor.min(most);
        params.holding_epochs = params.holding_epochs.max(1);
        let penalty = RunningEpoch::first(params).most_gain_under(params).saturating_add(spare);
        let price = (params.max_work_rate.div_ceil(3) * 2).saturating_add(spare_price);
        Genesis { params, penalty, price }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn minted_equals_paid_plus_paid_to_stakers_plus_treasury_plus_outstanding_plus_carried_plus_promised_to_the_planck(start in genesis(), ops in vec(op(), 1..60)) {
        run(start, ops, |model| {
            let books = Books::<Test>::get();
            let Shares { uptime, work, probing, staking, treasury } = books.carried;
            let in_pot = books.outstanding + uptime + work + probing + staking + treasury + books.promised;
            prop_assert_eq!(books.minted, books.paid + books.paid_staking + books.treasury + in_pot);
            prop_assert_eq!(Balances::total_issuance(), ISSUED + books.minted);
            prop_assert_eq!(pot(), in_pot);
            prop_assert_eq!(books.outstanding, model.outstanding());
            prop_assert_eq!((books.minted, books.paid, books.carried), (model.minted, model.paid, model.carried));
            prop_assert_eq!((books.promised, books.paid_staking), (model.promised, model.paid_staking));
            Ok(())
        })?;
    }

    #[test]
    fn every_place_and_every_prober_is_owed_its_points_times_the_rate_of_their_epoch_in_any_order_of_settlement(start in genesis(), ops in vec(op(), 1..60)) {
        run(start, ops, |model| {
            for (place, device) in PLACES.into_iter().zip(&model.devices) {
                let pending = Rewards::pending(place);
                let expected = (device.points, device.accrued, device.held());
                prop_assert_eq!((pending.points, pending.accrued, pending.held), expected);
                let work = Rewards::pending_work(place);
                prop_assert_eq!((work.points, work.accrued, work.held), (device.work_points, device.work, 0));
                prop_assert_eq!(Rewards::pending_of_many(place.cohort, &[place.lane]), [[pending, work]]);
            }
            for (number, prober) in PROBERS.into_iter().zip(&model.probers) {
                let pending = Rewards::pending_probing(number);
                prop_assert_eq!(((pending.points, pending.accrued), pending.held), (*prober, 0));
            }
            Ok(())
        })?;
    }

    #[test]
    fn every_place_is_told_what_it_was_credited_in_the_last_closed_epoch_and_on_what_terms(start in genesis(), ops in vec(op(), 1..60)) {
        run(start, ops, |model| {
            let last = model.epoch.index.checked_sub(1);
            for (place, device) in PLACES.into_iter().zip(&model.devices) {
                let paid = Rewards::last_paid(place);
                prop_assert_eq!(paid.map(|paid| paid.epoch), last);
                prop_assert_eq!(paid.map_or(0, |paid| paid.points), device.last_points);
                prop_assert_eq!(paid.map(|paid| paid.rate), Rewards::last_rate_of(Pool::Uptime));
            }
            Ok(())
        })?;
    }

    #[test]
    fn only_payees_probers_stakers_and_the_treasury_are_paid_and_exactly_what_they_are_owed(start in genesis(), ops in vec(op(), 1..60)) {
        run(start, ops, |model| {
            for (who, expected) in &model.accounts {
                prop_assert_eq!(balance(*who), *expected);
            }
            Ok(())
        })?;
    }

    #[test]
    fn no_epoch_mints_more_than_its_emission(start in genesis(), ops in vec(op(), 1..60)) {
        let last = std::cell::Cell::new((start.params.curve.initial, 0));
        run(start, ops, |model| {
            let (emission, issued) = last.get();
            prop_assert!(model.minted - issued <= emission);
            prop_assert_eq!(Rewards::epoch_info().emission, model.epoch.emission);
            last.set((Rewards::epoch_info().emission, Books::<Test>::get().minted));
            Ok(())
        })?;
    }

    #[test]
    fn a_pools_total_is_the_sum_of_its_pages(start in genesis(), ops in vec(op(), 1..60)) {
        run(start, ops, |model| {
            let uptime = model.devices.iter().map(|device| u64::from(device.points)).sum();
            let probing = model.probers.iter().map(|(points, _)| u64::from(*points)).sum();
            let work = model.devices.iter().map(|device| u64::from(device.work_points)).sum();
            prop_assert_eq!(Epoch::<Test>::get().total_points, PerPool { uptime, probing, work });
            let info = Rewards::epoch_info();
            prop_assert_eq!((info.total_points, info.work_points), (uptime, work));
            Ok(())
        })?;
    }

    #[test]
    fn no_pools_budget_exceeds_its_shares_of_two_epochs_in_a_row(start in genesis(), ops in vec(op(), 1..60)) {
        run(start, ops, |model| {
            let (before, running) = (model.granted, model.epoch.granted());
            prop_assert!(carried().uptime <= before.uptime && carried().probing <= before.probing);
            prop_assert!(carried().work <= before.work);
            let info = Rewards::epoch_info();
            prop_assert!(info.uptime_budget <= before.uptime.saturating_add(running.uptime));
            prop_assert!(info.work_budget <= before.work.saturating_add(running.work));
            Ok(())
        })?;
    }

    #[test]
    fn what_is_held_back_is_held_for_at_least_its_holding_epochs_and_for_less_than_twice_the_most_ever_set(start in genesis(), ops in vec(op(), 1..60)) {
        run(start, ops, |model| {
            let running = Rewards::current_epoch();
            for (place, device) in PLACES.into_iter().zip(&model.devices) {
                let sum = |held: &dyn Fn(&HeldBack) -> bool| -> Balance {
                    device.held.iter().filter(|part| held(part)).map(|part| part.amount).sum()
                };
                let least = sum(&|part| running < part.since + part.epochs);
                let most = sum(&|part| running < part.since + 2 * model.longest);
                let held = held(place);
                prop_assert!(least <= held && held <= most, "{} <= {} <= {}", least, held, most);
            }
            Ok(())
        })?;
    }

    #[test]
    fn no_lie_pays_under_the_parameters_in_force_or_those_to_come(start in genesis(), ops in vec(op(), 1..60)) {
        let penalty = start.penalty;
        run(start, ops, |model| {
            let probing = carried().probing.saturating_add(model.epoch.granted().probing);
            let gain = Rewards::epoch_info().uptime_budget.saturating_add(probing);
            prop_assert!(gain <= Rewards::most_gain() && Rewards::most_gain() <= penalty);
            Ok(())
        })?;
    }

    #[test]
    fn no_point_of_work_is_worth_more_than_its_epoch_allows(start in genesis(), ops in vec(op(), 1..60)) {
        run(start, ops, |model| {
            prop_assert_eq!(Rewards::last_rate_of(Pool::Work), model.work_rate.map(|(rate, _)| rate));
            prop_assert!(model.work_rate.is_none_or(|(rate, most)| rate <= most));
            prop_assert_eq!(Rewards::epoch_info().max_work_rate, model.epoch.params.max_work_rate);
            Ok(())
        })?;
    }

    #[test]
    fn nobody_gains_by_paying_for_work_under_the_parameters_in_force_or_those_to_come(start in genesis(), ops in vec(op(), 1..60)) {
        let price = start.price;
        run(start, ops, |model| {
            let most = Rewards::most_per_point();
            prop_assert_eq!(most, model.epoch.params.max_work_rate.max(model.params.max_work_rate));
            prop_assert!(self_dealing_is_deterred(most, price));
            Ok(())
        })?;
    }
}
