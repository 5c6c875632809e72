//! A short run of the fuzzer, with fixed seeds; `scripts/fuzz` runs it for longer.

use polkadot_sdk::{frame_support::traits::GetCallName, frame_system, pallet_balances};
use vouch_runtime::{Runtime, Uptime};
use vouch_sim::{
    chain::Chain,
    fuzz::{run, Limits, Report},
    genesis::{epochs, Genesis},
    invariants,
    keys::{self, Validator},
};

#[test]
fn random_sequences_break_no_invariant_and_reach_every_call() {
    let limits = Limits { seed: 1, steps: 2_000, sequences: 10, time: None, verbose: false };
    let Report { summary, failure } = run(limits);
    if let Some(failure) = failure {
        panic!("{failure}");
    }
    println!("{summary}");
    let ours = [
        ("Devices", pallet_devices::Call::<Runtime>::get_call_names()),
        ("Uptime", pallet_uptime::Call::<Runtime>::get_call_names()),
        ("Rewards", pallet_rewards::Call::<Runtime>::get_call_names()),
        ("Work", pallet_work::Call::<Runtime>::get_call_names()),
    ];
    for (pallet, calls) in ours {
        for call in calls {
            assert!(summary.succeeded(pallet, call) > 0, "{pallet}.{call} never succeeded");
        }
    }
    assert!(summary.sessions > 0 && summary.eras > 0 && summary.offences > 0 && summary.lost > 0);
}

#[test]
fn same_seed_is_the_same_sequence() {
    let limits = Limits { seed: 77, steps: 400, sequences: 2, time: None, verbose: false };
    assert_eq!(run(limits).summary, run(limits).summary);
    assert_ne!(run(limits).summary, run(Limits { seed: 99, ..limits }).summary);
}

/// A chain with one validator and nothing else.
fn chain() -> Chain {
    let sudo = keys::id(&keys::account(1, "sudo", 0));
    let genesis = Genesis {
        validators: vec![Validator::new(1, 0)],
        endowed: vec![(sudo.clone(), 1_000_000_000_000)],
        sudo,
        classes: Vec::new(),
        release_delay: 1,
        maintenance_rounds: 1,
        max_per_prefix: 1,
        uptime: Default::default(),
        rewards: epochs(2),
    };
    let mut chain = Chain::new(&genesis.config()).expect("the genesis is sound");
    chain.block([]).expect("a block without transactions can be built");
    chain
}

/// Asserts that the chain is sound, and is not any more after `corrupt`.
fn is_noticed(what: &str, corrupt: fn()) {
    let mut chain = chain();
    chain.state(invariants::check).expect("the chain is sound");
    chain.state(corrupt);
    assert!(chain.state(invariants::check).is_err(), "{what} is not noticed");
}

#[test]
fn broken_invariant_of_any_pallet_is_noticed() {
    is_noticed("a device too many", || pallet_devices::DeviceCount::<Runtime>::put(1));
    is_noticed("a prober set too many", || {
        let set = pallet_uptime::ProberSets::<Runtime>::get(Uptime::current_round().prober_set);
        pallet_uptime::ProberSets::<Runtime>::insert(77, set);
    });
    is_noticed("money that was minted by nobody", || {
        pallet_rewards::Books::<Runtime>::mutate(|books| books.minted += 1);
    });
    is_noticed("a planck from nowhere", || {
        let account = keys::id(&keys::account(1, "sudo", 0));
        frame_system::Account::<Runtime>::mutate(
            account,
            |account: &mut frame_system::AccountInfo<_, pallet_balances::AccountData<u128>>| {
                account.data.free += 1;
            },
        );
    });
}
