//! Many runs, as many at a time as there are processors.

use crate::{ledger::Ledger, outcome::Outcome, policy::Policy, setup::Setup, simulation::run};
use anyhow::{Context, Result};
use std::{
    sync::{
        atomic::{AtomicUsize, Ordering},
        Mutex,
    },
    thread,
};

/// Runs every policy at every share of the validators, and each once if it is not of probers, against the same chain with honest
/// validators. The order is that of `policies` and `shares`, whichever run is done first.
pub fn compare(setup: &Setup, policies: &[Policy], shares: &[f64]) -> Result<Vec<Outcome>> {
    let mut cases = Vec::new();
    for policy in policies {
        if *policy == Policy::Honest || !policy.is_of_probers() {
            cases.push((*policy, 0));
        } else {
            cases.extend(shares.iter().map(|share| (*policy, setup.liars(*share))));
        }
    }
    cases.dedup();
    // The honest run is needed in any case.
    let mut runs = vec![(Policy::Honest, 0)];
    runs.extend(cases.iter().copied().filter(|case| *case != (Policy::Honest, 0)));
    let ledgers = run_all(setup, &runs)?;
    let honest = &ledgers[0];
    let of = |case: &(Policy, u32)| runs.iter().position(|run| run == case).map(|index| &ledgers[index]);
    cases.iter().map(|case| Ok(Outcome::of(case.0, of(case).context("every case was run")?, honest))).collect()
}

/// Runs every case; the results are in their order.
fn run_all(setup: &Setup, cases: &[(Policy, u32)]) -> Result<Vec<Ledger>> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(cases.iter().map(|_| None).collect::<Vec<Option<Result<Ledger>>>>());
    let workers = thread::available_parallelism().map_or(1, usize::from).min(cases.len());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some((policy, liars)) = cases.get(index) else { break };
                let result = run(setup, *policy, *liars)
                    .with_context(|| format!("the run of `{}` with {liars} liars failed", policy.name()));
                if let Some(place) = results.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get_mut(index) {
                    *place = Some(result);
                }
            });
        }
    });
    let results = results.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    results.into_iter().map(|result| result.context("every run ends")?).collect()
}
