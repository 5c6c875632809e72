//! Colluders who hold the keys of devices that do not exist can prove to any audit that these answered. What stops them is the
//! quorum, and how far it does is asserted here: half of all registered devices are their phantoms.

use vouch_sim::{
    experiment::compare,
    outcome::{table, Outcome},
    policy::Policy,
    setup::Setup,
};

const BOTH: [Policy; 2] = [Policy::Colluders, Policy::Opportunists];

fn outcomes(committee: u32, shares: &[f64]) -> Vec<Outcome> {
    let setup = Setup { validators: 100, devices: 1_000, phantoms: 1_000, rounds: 240, committee, ..Setup::default() };
    let outcomes = compare(&setup, &BOTH, shares).unwrap();
    println!("committees of {committee}:\n{}", table(&outcomes));
    outcomes
}

#[test]
fn up_to_a_quarter_of_the_validators_gains_nothing_by_phantoms_however_many() {
    for outcome in outcomes(7, &[0.1, 0.2, 0.25]) {
        assert!(outcome.is_a_loss() && outcome.devices < 0.01, "{outcome:?}");
    }
}

/// A limit of committees of seven: a third of the validators captures one of 27, often enough to have phantoms admitted. This test
/// fails when that is not so any more, and then the documents say too little.
#[test]
fn third_of_the_validators_gains_by_many_phantoms_in_committees_of_seven() {
    for outcome in outcomes(7, &[0.33]) {
        assert!(outcome.net > 1.0 && outcome.devices > 0.01, "{outcome:?}");
    }
}

#[test]
fn third_of_the_validators_gains_nothing_by_phantoms_in_committees_of_eleven() {
    for outcome in outcomes(11, &[0.33]) {
        assert!(outcome.is_a_loss() && outcome.devices < 0.01, "{outcome:?}");
    }
}
