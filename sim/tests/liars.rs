//! Lying does not pay, and honest devices hardly notice it.
//!
//! A hundred validators, of whom 1, 10 and 33 lie; two cohorts; twelve epochs of twelve rounds.

use clap::ValueEnum;
use std::sync::LazyLock;
use vouch_sim::{
    experiment::compare,
    outcome::{table, Outcome},
    policy::Policy,
    setup::{Setup, SYBILS},
    simulation::run,
};

const SHARES: [f64; 3] = [0.01, 0.1, 0.33];

fn setup() -> Setup {
    Setup { validators: 100, devices: 1_200, phantoms: 24, rounds: 144, ..Setup::default() }
}

/// All of them, simulated once.
static OUTCOMES: LazyLock<Vec<Outcome>> = LazyLock::new(|| {
    let outcomes = compare(&setup(), Policy::value_variants(), &SHARES).unwrap();
    println!("{}", table(&outcomes));
    outcomes
});

fn dishonest() -> impl Iterator<Item = &'static Outcome> {
    OUTCOMES.iter().filter(|outcome| outcome.policy.is_dishonest())
}

#[test]
fn every_policy_was_run_at_every_share() {
    for policy in Policy::value_variants().iter().filter(|policy| policy.is_of_probers() && **policy != Policy::Honest)
    {
        let liars: Vec<u32> =
            OUTCOMES.iter().filter(|outcome| outcome.policy == *policy).map(|outcome| outcome.liars).collect();
        assert_eq!(liars, [1, 10, 33], "{}", policy.name());
    }
}

#[test]
fn dishonesty_earns_strictly_less_than_honesty() {
    // The exceptions are limits of the mechanism, asserted below.
    let exceptions = [Policy::SlowLiar, Policy::Opportunists];
    for outcome in dishonest().filter(|outcome| !exceptions.contains(&outcome.policy)) {
        assert!(outcome.is_a_loss(), "{outcome:?}");
    }
}

/// A limit of the mechanism. Who lies only where two thirds of a committee cannot contradict it loses next to nothing by it, and a
/// third of the validators captures a committee of seven now and then. See also `phantoms.rs`.
#[test]
fn coalition_that_lies_only_where_nobody_can_contradict_it_gains_by_a_third_of_the_validators_only() {
    let net: Vec<f64> =
        OUTCOMES.iter().filter(|outcome| outcome.policy == Policy::Opportunists).map(|outcome| outcome.net).collect();
    // A single one is always contradicted, hence honest.
    assert_eq!(net[0], 1.0);
    assert!(net[1] < 1.0 && (1.0..1.01).contains(&net[2]), "{net:?}");
}

/// A limit of the mechanism. What a prober measured cannot be proven to anybody else: the code of a latency is as good as the
/// prober's word. Exaggerating it costs nothing and brings nothing, and the lower quartile bounds the harm.
#[test]
fn exaggerated_latencies_earn_no_more_than_honesty_and_do_little_harm() {
    for outcome in dishonest().filter(|outcome| outcome.policy == Policy::SlowLiar) {
        assert_eq!((outcome.net, outcome.slashed), (1.0, 0.0), "{outcome:?}");
        assert!(outcome.points < 0.01, "{outcome:?}");
    }
}

#[test]
fn probers_without_evidence_lose_stake() {
    let without = [Policy::Lazy, Policy::Copier];
    for outcome in dishonest().filter(|outcome| without.contains(&outcome.policy) && outcome.liars > 1) {
        assert!(outcome.slashed > 0.0 && outcome.net < 0.0, "{outcome:?}");
    }
}

#[test]
fn nobody_innocent_is_slashed() {
    for outcome in OUTCOMES.iter() {
        assert_eq!(outcome.innocent, 0, "{outcome:?}");
    }
}

#[test]
fn honest_devices_lose_less_than_a_hundredth() {
    // A box that answers for all its keys is a device to the chain, if a bad one: its part of the pay is what it costs others.
    for outcome in OUTCOMES.iter().filter(|outcome| outcome.policy != Policy::SybilBox) {
        assert!(outcome.devices < 0.01, "{outcome:?}");
        assert!(outcome.points < 0.01, "{outcome:?}");
    }
}

#[test]
fn owner_that_liars_single_out_loses_less_than_a_hundredth() {
    for outcome in OUTCOMES.iter().filter(|outcome| outcome.policy == Policy::Selective) {
        assert!(outcome.owner < 0.01, "{outcome:?}");
    }
}

#[test]
fn regional_outage_costs_devices_less_than_a_hundredth_and_nobody_any_stake() {
    let outage = OUTCOMES.iter().find(|outcome| outcome.policy == Policy::Outage && outcome.liars == 33).unwrap();
    assert!(outage.devices < 0.01 && outage.points < 0.01, "{outage:?}");
    assert_eq!((outage.slashed, outage.offences, outage.innocent), (0.0, 0, 0));
}

#[test]
fn block_of_addresses_takes_no_more_sybils_than_its_cap() {
    for (policy, pays) in [(Policy::SybilOwner, false), (Policy::SybilBox, true)] {
        let outcome = OUTCOMES.iter().find(|outcome| outcome.policy == policy).unwrap();
        let ledger = run(&Setup { rounds: 1, ..setup() }, policy, 0).unwrap();
        assert_eq!(ledger.refused, SYBILS - 64);
        assert!(outcome.pay <= 64.0 / f64::from(SYBILS), "{outcome:?}");
        assert_eq!(outcome.pay > 0.0, pays, "{outcome:?}");
    }
}
