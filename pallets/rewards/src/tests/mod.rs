//! By topic. Every test ends with the check of all invariants.

mod claims;
mod deterrence;
mod epochs;
mod holdback;
mod leaving;
mod ledger;
mod params;
mod probing;
mod properties;
mod staking;
mod try_state;
mod work;

pub(crate) use crate::{mock::*, *};
pub(crate) use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};
pub(crate) use polkadot_sdk::*;
pub(crate) use sp_runtime::{traits::Dispatchable, DispatchResult};
pub(crate) use vouch_primitives::{
    emission::{Curve, Shares},
    traits::{Contributions, EpochClock, Ledger, OnRoundClosed, ProbingCredits, WorkCredits},
    CohortId, DeviceId, Place, Points, ProberNumber, LANES,
};

/// Adds points to a single lane.
fn credit(place: Place, points: Points) {
    let mut earned = [0; LANES];
    earned[usize::from(place.lane)] = points;
    Rewards::credit(place.cohort, &earned);
}

fn close_round() {
    Rewards::on_round_closed(0);
}

/// Closes as many rounds as the running epoch has left.
fn close_epoch() {
    let running = Rewards::current_epoch();
    while Rewards::current_epoch() == running {
        close_round();
    }
}

/// Claims as a user does: a call that fails leaves nothing behind.
fn claim(devices: &[u32]) -> DispatchResult {
    let devices: Vec<DeviceId> = devices.iter().map(|n| device(*n)).collect();
    let call = RuntimeCall::Rewards(Call::claim { devices: devices.try_into().expect("a test names few devices") });
    call.dispatch(RuntimeOrigin::signed(77)).map(|_| ()).map_err(|refusal| refusal.error)
}

fn claim_probing(validators: &[AccountId]) -> DispatchResult {
    let validators = validators.to_vec().try_into().expect("a test names few validators");
    let call = RuntimeCall::Rewards(Call::claim_probing { validators });
    call.dispatch(RuntimeOrigin::signed(77)).map(|_| ()).map_err(|refusal| refusal.error)
}

fn forfeit(n: u32) -> DispatchResult {
    Rewards::forfeit(RuntimeOrigin::root(), device(n))
}

fn set_params(params: EpochParams<Balance>) -> DispatchResult {
    Rewards::set_params(RuntimeOrigin::root(), params)
}

fn accrued(place: Place) -> Balance {
    Rewards::pending(place).accrued
}

fn held(place: Place) -> Balance {
    Rewards::pending(place).held
}

fn accrued_by_work(place: Place) -> Balance {
    Rewards::pending_work(place).accrued
}

fn accrued_by_probing(prober: ProberNumber) -> Balance {
    Rewards::pending_probing(prober).accrued
}

fn carried() -> Shares<Balance> {
    Books::<Test>::get().carried
}

fn balance(who: AccountId) -> Balance {
    Balances::total_balance(&who)
}

/// What the pot holds above its existential deposit.
fn pot() -> Balance {
    balance(Rewards::pot()) - EXISTENTIAL_DEPOSIT
}

/// The events of this pallet since they were last asked for.
fn events() -> Vec<Event<Test>> {
    let events = System::read_events_for_pallet::<Event<Test>>();
    System::reset_events();
    events
}
