//! Colluders who hold the keys of devices that do not exist can prove to any audit that these answered. What stops them is the
//! quorum, and how far it does is asserted here: half of all registered devices are their phantoms.

use vouch_sim::{
    experiment::compare,
    outcome::{table, Outcome},
    policy::Policy,
    setup::Setup,
};

fn outcomes(committee: u32, shares: &[f64]) -> Vec<Outcome> {
    let setup = Setup { validators: 100, devices: 1_000, phantoms: 1_000, rounds: 240, committee, ..Setup::default() };
    let outcomes = compare(&setup, &[Policy::Colluders], shares).unwrap();
    println!("committees of {committee}:\n{}", table(&outcomes));
    outcomes
}

#[test]
fn up_to_a_quarter_of_the_validators_gains_nothing_by_phantoms_however_many() {
    for outcome in outcomes(7, &[0.1, 0.2, 0.25]) {
        assert!(outcome.is_a_loss() && outcome.devices < 0.01, "{outcome:?}");
    }
}

/// A limit of committees of seven: a third of the validators takes one of 27, often enough to have its phantoms admitted.
#[test]
fn third_of_the_validators_gains_by_many_phantoms_in_committees_of_seven_but_not_of_eleven() {
    let seven = &outcomes(7, &[0.33])[0];
    assert!(seven.net > 1.0 && seven.devices > 0.01, "better than the documents say: {seven:?}");
    let eleven = &outcomes(11, &[0.33])[0];
    assert!(eleven.is_a_loss() && eleven.devices < 0.01, "{eleven:?}");
}
