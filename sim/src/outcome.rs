//! What lying brought, and what it did to others: one run compared with the same run in which nobody lies.

use crate::{
    ledger::{Earned, Kind, Ledger},
    policy::Policy,
    setup::{Setup, SYBILS},
};
use comfy_table::{presets::ASCII_MARKDOWN, CellAlignment, Table};
use std::{collections::BTreeMap, fmt::Write};

/// The comparison. Shares are of one: 0.01 is one per cent.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What those who followed it did.
    pub policy: Policy,
    /// Validators that followed it.
    pub liars: u32,
    /// All validators.
    pub validators: u32,
    /// What its followers were paid, as a multiple of what honesty would have paid them. For validators that is their pay for
    /// probing, with what was paid for their phantoms; for devices their pay; for sybils the pay of as many honest devices as
    /// their owner asked for.
    pub pay: f64,
    /// The same after what was slashed.
    pub net: f64,
    /// Share of its followers' own stakes that was slashed.
    pub slashed: f64,
    /// Offences its followers were reported for.
    pub offences: u32,
    /// Validators that did not follow it and were slashed.
    pub innocent: u32,
    /// Share of their pay that honest devices lost; below zero if they gained.
    pub devices: f64,
    /// Share of their points that honest devices lost. Unlike pay, points are not a fixed amount that is divided.
    pub points: f64,
    /// Share of the pay of all its devices that the owner lost that lost most.
    pub owner: f64,
    /// Share of the pay for probing that the other validators lost; below zero if they gained.
    pub probers: f64,
    /// Share of all pay for devices that went to phantoms.
    pub phantoms: f64,
}

impl Outcome {
    /// Compares `run`, in which `policy` was followed, with `honest`.
    pub fn of(policy: Policy, run: &Ledger, honest: &Ledger) -> Self {
        let lies = |index: &usize| run.liars.contains(&(*index as u32));
        let all_probers = || 0..run.probers.len();
        let liars: Vec<usize> = all_probers().filter(lies).collect();
        let others: Vec<usize> = all_probers().filter(|index| !lies(index)).collect();
        let of_kind =
            |kind: Kind| -> Vec<usize> { (0..run.devices.len()).filter(|index| run.kinds[*index] == kind).collect() };
        let (exist, followers, phantoms) = (of_kind(Kind::Honest), of_kind(Kind::Follower), of_kind(Kind::Phantom));
        let sybils = of_kind(Kind::Sybil);
        let pay = |earned: &[Earned], who: &[usize]| sum(earned, who, |earned| earned.pay);

        let (paid, due) = if !sybils.is_empty() {
            // What an honest device got on average, for as many as were asked for.
            let honest_pay = pay(&honest.devices, &exist) / exist.len().max(1) as f64;
            (pay(&run.devices, &sybils), honest_pay * f64::from(SYBILS))
        } else if !followers.is_empty() {
            (pay(&run.devices, &followers), pay(&honest.devices, &followers))
        } else {
            let own = if policy.owns_phantoms() { pay(&run.devices, &phantoms) } else { 0.0 };
            (pay(&run.probers, &liars) + own, pay(&honest.probers, &liars))
        };
        let slashed = sum(&run.probers, &liars, |earned| earned.slashed);
        let stake = liars.len() as f64 * crate::genesis::STAKE as f64;
        let lost = |of: &dyn Fn(&Ledger) -> f64| 1.0 - ratio(of(run), of(honest));
        let mut owned = BTreeMap::<u32, Vec<usize>>::new();
        exist.iter().for_each(|device| owned.entry(run.owners[*device]).or_default().push(*device));
        let everybody: Vec<usize> = (0..run.devices.len()).collect();
        Self {
            policy,
            liars: liars.len() as u32,
            validators: run.probers.len() as u32,
            pay: ratio(paid, due),
            net: ratio(paid - slashed, due),
            slashed: if stake > 0.0 { slashed / stake } else { 0.0 },
            offences: liars.iter().map(|index| run.probers[*index].offences).sum(),
            innocent: others.iter().filter(|index| run.probers[**index].slashed > 0).count() as u32,
            devices: lost(&|ledger| pay(&ledger.devices, &exist)),
            points: lost(&|ledger| sum(&ledger.devices, &exist, |earned| earned.points.max(0) as u128)),
            owner: owned.values().map(|own| lost(&|ledger| pay(&ledger.devices, own))).fold(f64::MIN, f64::max),
            probers: lost(&|ledger| pay(&ledger.probers, &others)),
            phantoms: ratio(pay(&run.devices, &phantoms), pay(&run.devices, &everybody)),
        }
    }

    /// Whether its followers earned strictly less than if they had been honest.
    pub fn is_a_loss(&self) -> bool {
        self.net < 1.0
    }
}

fn sum(earned: &[Earned], who: &[usize], of: impl Fn(&Earned) -> u128) -> f64 {
    who.iter().map(|index| of(&earned[*index])).sum::<u128>() as f64
}

/// `part / whole`; 1 if there is nothing to divide.
fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 {
        part / whole
    } else {
        1.0
    }
}

const HEADER: [&str; 12] = [
    "policy",
    "validators",
    "pay",
    "slashed",
    "net",
    "offences",
    "innocent slashed",
    "devices lose pay",
    "points",
    "worst owner",
    "other probers lose",
    "phantoms get",
];

fn percent(share: f64) -> String {
    // No "-0.00".
    let percent = (share * 10_000.0).round() / 100.0 + 0.0;
    format!("{percent:.2} %")
}

impl Outcome {
    fn row(&self) -> [String; 12] {
        let net = if self.net < -10.0 { format!("{:.0} x", self.net) } else { percent(self.net) };
        [
            self.policy.name(),
            format!("{} of {}", self.liars, self.validators),
            percent(self.pay),
            percent(self.slashed),
            net,
            self.offences.to_string(),
            self.innocent.to_string(),
            percent(self.devices),
            percent(self.points),
            percent(self.owner),
            percent(self.probers),
            percent(self.phantoms),
        ]
    }
}

/// The outcomes as a table for people.
pub fn table(outcomes: &[Outcome]) -> String {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN).set_header(HEADER);
    outcomes.iter().for_each(|outcome| {
        table.add_row(outcome.row());
    });
    table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table.to_string()
}

/// The outcomes as comma-separated values, shares as fractions of one.
pub fn csv(setup: &Setup, outcomes: &[Outcome]) -> String {
    let mut csv = String::from(
        "seed,devices,rounds,committee,policy,liars,validators,pay,slashed,net,offences,innocent_slashed,\
         devices_lose_pay,devices_lose_points,worst_owner_loses,other_probers_lose,phantoms_get\n",
    );
    let Setup { seed, devices, rounds, committee, .. } = setup;
    for outcome in outcomes {
        let Outcome { policy, liars, validators, offences, innocent, .. } = outcome;
        let shares = [outcome.devices, outcome.points, outcome.owner, outcome.probers, outcome.phantoms];
        let shares: Vec<String> = shares.iter().map(|share| format!("{share:.6}")).collect();
        let _ = writeln!(
            csv,
            "{seed},{devices},{rounds},{committee},{},{liars},{validators},{:.6},{:.6},{:.6},{offences},{innocent},{}",
            policy.name(),
            outcome.pay,
            outcome.slashed,
            outcome.net,
            shares.join(","),
        );
    }
    csv
}
