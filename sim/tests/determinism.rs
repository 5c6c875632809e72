//! A run depends on its seed and on nothing else.

use vouch_sim::{
    experiment::compare,
    outcome::{csv, table},
    policy::Policy,
    setup::{Setup, Signing},
    simulation::run,
};

fn setup() -> Setup {
    Setup { validators: 20, devices: 60, phantoms: 4, rounds: 24, ..Setup::default() }
}

#[test]
fn same_seed_gives_the_same_table() {
    let of = |seed: u64| {
        let setup = Setup { seed, ..setup() };
        let outcomes = compare(&setup, &[Policy::Honest, Policy::Lazy, Policy::Saboteurs], &[0.1, 0.33]).unwrap();
        (table(&outcomes), csv(&setup, &outcomes))
    };
    let first = of(5);
    assert_eq!(first, of(5));
    assert_ne!(first, of(6));
    assert_eq!(first.1.lines().count(), 1 + 5);
}

/// The shortcut of signing only what will be asked for changes nothing.
#[test]
fn signing_every_challenge_gives_the_same_results() {
    for policy in [Policy::Honest, Policy::Copier, Policy::Colluders] {
        let of = |signing| run(&Setup { signing, ..setup() }, policy, 6).unwrap();
        assert_eq!(of(Signing::All), of(Signing::Drawn), "{}", policy.name());
    }
}

#[test]
fn honest_run_proves_every_audit_that_it_has_time_for() {
    let ledger = run(&setup(), Policy::Honest, 0).unwrap();
    assert!(ledger.drawn > 40, "{} audits were drawn", ledger.drawn);
    // The last ones are drawn in the last block.
    assert!(ledger.drawn - ledger.proven <= 7, "{} of {} audits were proven", ledger.proven, ledger.drawn);
    assert!(ledger.probers.iter().all(|prober| prober.slashed == 0 && prober.offences == 0));
    assert_eq!((ledger.reports, ledger.uncovered), (24 * 7, 0));
}
