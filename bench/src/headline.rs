//! What the design promises, beside what was measured.

use crate::model::{Measured, Results};
use anyhow::{ensure, Context, Result};
use comfy_table::{presets::ASCII_MARKDOWN, CellAlignment, Table};
use polkadot_sdk::frame_support::weights::constants::{ExtrinsicBaseWeight, ParityDbWeight};
use std::fmt;

/// Devices of a full cohort.
const LANES: u64 = 1_024;
/// Reports per cohort and round.
const COMMITTEE: u32 = 7;
/// One report of so many is audited, by default.
const AUDITED: u64 = 4;
/// Of a committee's reports, how many are drawn: on average fewer.
const DRAWN: u32 = 2;
/// Audits of one cohort that are open at a time: one round draws fewer than two, which are answered in the next blocks and
/// closed a round later; this allows for some that are not.
const OPEN_AUDITS: u32 = 12;
/// Rounds of an epoch.
const ROUNDS: u64 = 12;
/// Blocks of a round.
const BLOCKS: u64 = 50;
/// Execution time for transactions in one block, in picoseconds: 1.5 of every 6 s.
const BLOCK_TIME: u64 = 1_500 * MILLISECOND;

const MICROSECOND: u64 = 1_000_000;
const MILLISECOND: u64 = 1_000 * MICROSECOND;

/// What the SDK's transaction extensions add to an authorized call by their published weights, after the refunds of those that
/// concern only signed transactions: `CheckSpecVersion`, `CheckTxVersion`, `CheckGenesis`, `CheckEra`, `CheckWeight` and
/// `WeightReclaim`.
const EXTENSIONS: Cost = Cost { time: 19 * MICROSECOND, reads: 3, writes: 1 };

const DEVICES: &str = "pallet_devices";
const UPTIME: &str = "pallet_uptime";
const REWARDS: &str = "pallet_rewards";

/// What something costs, by resource.
#[derive(Clone, Copy, Default)]
struct Cost {
    /// Execution in picoseconds.
    time: u64,
    reads: u64,
    writes: u64,
}

impl Cost {
    /// Picoseconds with the database.
    fn total(&self) -> u64 {
        self.time.saturating_add(ParityDbWeight::get().reads_writes(self.reads, self.writes).ref_time())
    }
}

/// The figures of the design's table of targets, in picoseconds unless said otherwise.
pub struct Headline {
    base: u64,
    extensions: u64,
    authorize: u64,
    settle_nothing: u64,
    stored: u64,
    completing: u64,
    /// What the settlements of a cohort do about its audits in a round.
    audits: u64,
    /// What one answer to an audit costs, without the transaction that carries it.
    answer: u64,
    accuse: u64,
    credit: u64,
    /// What a round costs, however many cohorts there are.
    round_fixed: u64,
    /// What closing the epoch adds to its last round.
    close: u64,
    /// Devices that one claim can name.
    claims: u32,
    claim: u64,
    register: u64,
    processor: String,
}

impl Headline {
    /// Computes the figures from the results of a run.
    pub fn of(results: &Results) -> Result<Self> {
        let cost = |pallet: &str, name: &str, components: &[u32]| cost(results, pallet, name, components);
        let claims = highest(find(results, REWARDS, "claim")?)?;
        let mut stored = 0u64;
        for others in 0..COMMITTEE - 1 {
            stored = stored.saturating_add(cost(UPTIME, "report", &[others])?);
        }
        let open = OPEN_AUDITS;
        let (drawing, looking) =
            (cost(UPTIME, "audit", &[COMMITTEE - DRAWN, DRAWN, open, 0])?, cost(UPTIME, "audit_nothing", &[open])?);
        let (authorizing, answering) =
            (cost(UPTIME, "authorize_answer", &[open])?, cost(UPTIME, "answer_audit", &[open])?);
        let quiet = cost(UPTIME, "on_initialize", &[])?.saturating_mul(BLOCKS - 2);
        let sweeps = cost(UPTIME, "sweep", &[])?.saturating_mul(BLOCKS);
        let counted = cost(REWARDS, "count_round", &[])?;
        Ok(Self {
            base: ExtrinsicBaseWeight::get().ref_time(),
            extensions: EXTENSIONS.total(),
            authorize: cost(UPTIME, "authorize_report", &[])?,
            settle_nothing: cost(UPTIME, "settle_nothing", &[])?,
            stored,
            completing: cost(UPTIME, "report_completing", &[COMMITTEE])?,
            audits: drawing.saturating_add(looking),
            answer: authorizing.saturating_add(answering),
            accuse: cost(UPTIME, "accuse", &[])?,
            credit: cost(REWARDS, "credit", &[])?,
            round_fixed: [cost(UPTIME, "open_round", &[])?, cost(UPTIME, "fix_seed", &[])?, quiet, sweeps, counted]
                .iter()
                .sum(),
            close: cost(REWARDS, "close_epoch", &[])?,
            claims,
            claim: cost(REWARDS, "claim", &[claims])?,
            register: cost(DEVICES, "register", &[])?,
            processor: results.processor.clone(),
        })
    }

    /// A full cohort in a round, audits included, without the transactions that carry reports and answers.
    fn round(&self) -> u64 {
        self.authorize
            .saturating_mul(u64::from(COMMITTEE))
            .saturating_add(self.stored)
            .saturating_add(self.completing)
            .saturating_add(self.settle_nothing.saturating_mul(2))
            .saturating_add(self.audits)
            .saturating_add(self.share_of_answers(self.answer))
    }

    /// What the answers to a cohort's audits in a round cost on average, if one costs `each`.
    fn share_of_answers(&self, each: u64) -> u64 {
        each.saturating_mul(u64::from(COMMITTEE)) / AUDITED
    }

    /// A full cohort in an epoch, without the transactions that carry reports and answers.
    fn epoch(&self) -> u64 {
        self.round().saturating_mul(ROUNDS).saturating_add(self.credit)
    }

    /// The transactions that carry the reports on a cohort in a round, and the answers to their audits.
    fn transactions(&self) -> u64 {
        let each = self.base.saturating_add(self.extensions);
        each.saturating_mul(u64::from(COMMITTEE)).saturating_add(self.share_of_answers(each))
    }

    /// How many devices fit into the rounds of a chain, by the heaviest round of an epoch.
    fn capacity(&self) -> u64 {
        let round = BLOCK_TIME.saturating_mul(BLOCKS).saturating_sub(self.round_fixed).saturating_sub(self.close);
        let cohort = self.round().saturating_add(self.credit).saturating_add(self.transactions());
        round.checked_div(cohort).unwrap_or(u64::MAX).saturating_mul(LANES)
    }
}

impl fmt::Display for Headline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_device = |cohort: u64| micros(cohort as f64 / LANES as f64);
        let mut table = Table::new();
        table.load_preset(ASCII_MARKDOWN).set_header(["figure", "measured", "target", "best published peer"]);
        let transactions = self.transactions();
        let (round, epoch) = (self.round(), self.epoch());
        let charged = (round.saturating_add(transactions), epoch.saturating_add(transactions.saturating_mul(ROUNDS)));
        let peers = ["118 us (tfchain), 172 us liveness only (Acurast)", "6,948 us (Acurast)"];
        for (figure, cohort, target, peer) in [
            ("chain time per device and round, calls alone", round, "<= 5 us", peers[0]),
            ("the same with the transactions around them", charged.0, "<= 5 us", ""),
            ("chain time per device and epoch of 12 rounds, calls alone", epoch, "<= 60 us", peers[1]),
            ("the same with the transactions around them: all in", charged.1, "<= 60 us", ""),
        ] {
            table.add_row([figure.into(), format!("{} us", per_device(cohort)), target.into(), peer.into()]);
        }
        table.add_row([
            "closing an epoch".into(),
            format!("O(1), {} ms", micros(self.close as f64 / 1_000.0)),
            "O(1), < 1 ms".into(),
            "O(n) over 60 blocks (DeepBrainChain)".into(),
        ]);
        table.add_row([
            format!("devices one chain can check every {BLOCKS} blocks"),
            format!("{:.1} million", self.capacity() as f64 / 1e6),
            ">= 10 million".into(),
            "about 0.194 million, every 900 blocks (Acurast)".into(),
        ]);
        if let Some(measured) = table.column_mut(1) {
            measured.set_cell_alignment(CellAlignment::Right);
        }

        let us = |picoseconds: u64| micros(picoseconds as f64);
        let (k, last, quiet) = (COMMITTEE, COMMITTEE - 2, BLOCKS - 2);
        writeln!(
            f,
            "\
{table}

Measured in the wasm on one core of: {processor}.
Database accesses at the runtime's charges for ParityDB: 8 us a read, 50 us a write. In us:

round(cohort) = {k} x authorize_report + sum of report(0..={last}) + report_completing({k}) + 2 x settle_nothing
                + audit({undrawn}, {drawn}, {open}, 0) + audit_nothing({open}) + {k} / {audited} x (authorize_answer({open}) + answer_audit({open}))
              = {k} x {authorize} + {stored} + {completing} + 2 x {nothing} + {audits} + {k} / {audited} x {answer} = {round}
per device    = round(cohort) / {LANES}
epoch(cohort) = {ROUNDS} x round(cohort) + credit = {ROUNDS} x {round} + {credit} = {epoch}
transactions  = ({k} + {k} / {audited}) x ({base} + {extensions}) = {transactions}, of a round
capacity      = ({BLOCKS} x 1.5 s - fixed - close_epoch) / (round(cohort) + credit + transactions) x {LANES}
fixed         = open_round + count_round + fix_seed + {quiet} x on_initialize + {BLOCKS} x sweep = {fixed}

- transactions: what the SDK charges any transaction, with a signature check that reports do not have, and for its
  extensions. The design does not say whether its targets include them, nor is known whether the peers' figures do.
- audits: one report of {audited} is drawn, and answered with a proof. An accusation, {accuse}, is not periodic.
- settle_nothing: once before a round's first report, once in the sweep after the round.
- credit: the first touch in an epoch also turns the points of the whole page into tokens. That a round's tally contains
  a credit already is not subtracted.
- Not in these figures, because not periodic: a claim, {claim} per device in a claim of {claims} from as many cohorts, whenever
  the owner likes, as nothing expires; a registration, {register}.",
            processor = self.processor,
            transactions = us(transactions),
            authorize = us(self.authorize),
            stored = us(self.stored),
            completing = us(self.completing),
            nothing = us(self.settle_nothing),
            round = us(self.round()),
            credit = us(self.credit),
            epoch = us(self.epoch()),
            fixed = us(self.round_fixed),
            base = us(self.base),
            extensions = us(self.extensions),
            open = OPEN_AUDITS,
            drawn = DRAWN,
            undrawn = COMMITTEE - DRAWN,
            accuse = us(self.accuse),
            audited = AUDITED,
            audits = us(self.audits),
            answer = us(self.answer),
            claim = us(self.claim.checked_div(u64::from(self.claims)).unwrap_or_default()),
            claims = self.claims,
            register = us(self.register),
        )
    }
}

fn find<'a>(results: &'a Results, pallet: &str, name: &str) -> Result<&'a Measured> {
    results
        .benchmarks
        .iter()
        .find(|measured| measured.pallet == pallet && measured.name == name)
        .with_context(|| format!("{pallet}::{name} was not measured"))
}

/// Picoseconds that the SDK charges for a transaction that an authorized call is in, besides the call.
pub fn authorized_transaction() -> u64 {
    ExtrinsicBaseWeight::get().ref_time().saturating_add(EXTENSIONS.total())
}

/// Picoseconds of a call or hook, database included.
pub fn cost(results: &Results, pallet: &str, name: &str, components: &[u32]) -> Result<u64> {
    let measured = find(results, pallet, name)?;
    ensure!(
        measured.components.len() == components.len(),
        "{pallet}::{name} depends on {} components where the design's figures know {}",
        measured.components.len(),
        components.len()
    );
    let [time, reads, writes] = [&measured.time, &measured.reads, &measured.writes].map(|line| line.at(components));
    Ok(Cost { time, reads, writes }.total())
}

/// The highest value of the only component.
fn highest(measured: &Measured) -> Result<u32> {
    let component = measured.components.first().with_context(|| format!("{} has no component", measured.name))?;
    Ok(component.high)
}

/// Picoseconds as microseconds.
pub fn micros(picoseconds: f64) -> String {
    let micros = picoseconds / MICROSECOND as f64;
    if micros < 100.0 {
        format!("{micros:.2}")
    } else {
        format!("{micros:.0}")
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::model::{Component, Linear};

    pub fn measured(pallet: &str, name: &str, micros: u64, slope: Option<(u64, u32)>) -> Measured {
        let line = |base, slope: u64| Linear { base, slopes: vec![slope; usize::from(slope > 0)] };
        Measured {
            pallet: pallet.into(),
            name: name.into(),
            components: slope.iter().map(|(_, high)| Component { name: "n".into(), low: 0, high: *high }).collect(),
            time: line(micros * MICROSECOND, slope.map_or(0, |(slope, _)| slope * MICROSECOND)),
            reads: line(0, 0),
            writes: line(0, 0),
            proof: line(0, 0),
            fastest: 0,
            slowest: 0,
            storage: Vec::new(),
        }
    }

    /// With three further components, which cost 1, 2 and 5 us each.
    fn four(mut measured: Measured) -> Measured {
        for (name, micros) in [("d", 1), ("o", 2), ("s", 5)] {
            measured.components.push(Component { name: name.into(), low: 0, high: 256 });
            measured.time.slopes.push(micros * MICROSECOND);
        }
        measured
    }

    pub fn results() -> Results {
        let uptime = |name, micros, slope| measured(UPTIME, name, micros, slope);
        let rewards = |name, micros, slope| measured(REWARDS, name, micros, slope);
        Results {
            steps: 2,
            repeat: 1,
            preset: "development".into(),
            processor: "a processor".into(),
            benchmarks: vec![
                uptime("authorize_report", 150, None),
                uptime("authorize_answer", 100, Some((1, 256))),
                uptime("answer_audit", 88, Some((0, 256))),
                uptime("accuse", 9, None),
                four(uptime("audit", 50, Some((3, 15)))),
                uptime("audit_nothing", 17, Some((0, 256))),
                uptime("report", 10, Some((2, 31))),
                uptime("report_completing", 200, Some((10, 31))),
                uptime("settle_nothing", 20, None),
                uptime("on_initialize", 5, None),
                uptime("fix_seed", 6, None),
                uptime("open_round", 7, None),
                uptime("sweep", 1, None),
                rewards("credit", 300, None),
                rewards("count_round", 4, None),
                rewards("close_epoch", 400, None),
                rewards("claim", 0, Some((150, 10))),
                measured(DEVICES, "register", 500, None),
            ],
        }
    }

    #[test]
    fn the_figures_follow_the_formulas() {
        let headline = Headline::of(&results()).unwrap();
        assert_eq!(headline.extensions, (19 + 3 * 8 + 50) * MICROSECOND);
        let reports = 10 + 12 + 14 + 16 + 18 + 20;
        let audits = 50 + 5 * 3 + 2 + 12 * 2 + 17;
        let answers = (112 + 88) * 7 / 4;
        let round = (7 * 150 + reports + 270 + 40 + audits + answers) * MICROSECOND;
        assert_eq!(headline.round(), round);
        assert_eq!(headline.epoch(), 12 * round + 300 * MICROSECOND);
        assert_eq!(headline.round_fixed, (7 + 6 + 4 + 48 * 5 + 50) * MICROSECOND);
        let left = 75_000 * MILLISECOND - headline.round_fixed - 400 * MICROSECOND;
        let each = headline.base + 93 * MICROSECOND;
        let transactions = 7 * each + 7 * each / 4;
        assert_eq!(headline.capacity(), left / (round + 300 * MICROSECOND + transactions) * LANES);
        let shown = headline.to_string();
        assert!(shown.contains("O(1), 0.40 ms"), "{shown}");
        // Both readings of a target stand beside it.
        let all_in = (headline.epoch() + 12 * transactions) as f64 / LANES as f64;
        assert!(shown.contains(&format!("{} us", micros(all_in))), "{shown}");
        assert_eq!((shown.matches("<= 5 us").count(), shown.matches("<= 60 us").count()), (2, 2));
    }

    #[test]
    fn a_missing_benchmark_is_named() {
        let mut results = results();
        results.benchmarks.retain(|measured| measured.name != "credit");
        let error = Headline::of(&results).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("pallet_rewards::credit was not measured"));
    }

    #[test]
    fn a_benchmark_with_another_shape_is_refused() {
        let mut results = results();
        results.benchmarks[0].components.push(Component { name: "x".into(), low: 0, high: 1 });
        assert!(Headline::of(&results).is_err());
    }
}
