//! Random sequences of calls against the real runtime, with every invariant checked after each block.
//!
//! A sequence begins with a chain of its own, whose parameters are drawn as well. Every step is a call by somebody, mostly one
//! that could succeed, or the end of a block. Rounds, epochs, sessions and eras pass; slots are skipped; some blocks leave no
//! weight for `on_idle`. Everything is drawn from the sequence's seed, so that `--seed` and `--steps` repeat it.

mod calls;
mod cast;
mod sequence;
mod work;

use crate::chain::{message, DISABLED_AUTHOR};
use sequence::Sequence;
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt,
    panic::{self, AssertUnwindSafe},
    sync::Once,
    time::{Duration, Instant},
};

/// Steps that a failure tells.
const TOLD: usize = 30;

/// How long to go on.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of the first sequence; each further one has the next number.
    pub seed: u64,
    /// Steps of each sequence.
    pub steps: u32,
    /// Sequences at most.
    pub sequences: u64,
    /// Time after which no further sequence begins.
    pub time: Option<Duration>,
    /// Whether every step is printed.
    pub verbose: bool,
}

/// What was done, and what it found.
pub struct Report {
    /// What was done.
    pub summary: Summary,
    /// What went wrong first, if anything did.
    pub failure: Option<Failure>,
}

/// A sequence that broke something.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Seed of the sequence.
    pub seed: u64,
    /// The step after which it showed.
    pub step: u32,
    /// What is wrong.
    pub what: String,
    /// The last steps, the latest last.
    pub steps: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, step, what, steps } = self;
        writeln!(f, "{what}")?;
        writeln!(f, "the last steps of the sequence:")?;
        steps.iter().try_for_each(|step| writeln!(f, "  {step}"))?;
        write!(f, "repeat it: vouch-sim fuzz --seed {seed} --sequences 1 --steps {step}")
    }
}

/// How often a call was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Dispatched with success.
    pub succeeded: u64,
    /// Dispatched and refused.
    pub failed: u64,
    /// Not even taken into a block.
    pub invalid: u64,
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Sequences that were run, the last one perhaps not to its end.
    pub sequences: u64,
    /// Steps in all.
    pub steps: u64,
    /// Blocks that were built.
    pub blocks: u64,
    /// Blocks that could not be built because they disabled their own author.
    pub lost: u64,
    /// Rounds that opened.
    pub rounds: u64,
    /// Epochs that closed.
    pub epochs: u64,
    /// Sessions that began.
    pub sessions: u64,
    /// Eras that were paid.
    pub eras: u64,
    /// Audits that were drawn.
    pub audits: u64,
    /// Offences that were reported to the staking pallet.
    pub offences: u64,
    /// Calls by pallet and name. Calls in a batch or behind a proxy are not among them.
    pub calls: BTreeMap<(&'static str, &'static str), Count>,
    /// Errors that calls failed with.
    pub errors: BTreeSet<String>,
}

impl Summary {
    /// How often a call of this pallet succeeded.
    pub fn succeeded(&self, pallet: &str, call: &str) -> u64 {
        self.calls.iter().find(|((p, c), _)| *p == pallet && *c == call).map_or(0, |(_, count)| count.succeeded)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sequences, steps, blocks, lost, rounds, epochs, sessions, eras, audits, offences, .. } = self;
        let total = self.calls.values().fold(Count::default(), |sum, count| Count {
            succeeded: sum.succeeded + count.succeeded,
            failed: sum.failed + count.failed,
            invalid: sum.invalid + count.invalid,
        });
        writeln!(f, "{sequences} sequences, {steps} steps, {blocks} blocks built, {lost} lost to a disabled author")?;
        writeln!(
            f,
            "{rounds} rounds, {epochs} epochs, {sessions} sessions, {eras} eras, {audits} audits, {offences} offences"
        )?;
        writeln!(
            f,
            "{} calls succeeded, {} failed, {} were refused as transactions; {} different errors",
            total.succeeded,
            total.failed,
            total.invalid,
            self.errors.len()
        )?;
        for ((pallet, call), Count { succeeded, failed, invalid }) in &self.calls {
            writeln!(f, "  {pallet}.{call}: {succeeded} / {failed} / {invalid}")?;
        }
        let errors: Vec<&str> = self.errors.iter().map(String::as_str).collect();
        write!(f, "errors: {}", errors.join(", "))
    }
}

/// Runs sequences until the limits are reached or something breaks.
pub fn run(limits: Limits) -> Report {
    quieten();
    let began = Instant::now();
    let mut summary = Summary::default();
    for seed in (limits.seed..).take(usize::try_from(limits.sequences).unwrap_or(usize::MAX)) {
        if limits.time.is_some_and(|time| began.elapsed() >= time) {
            break;
        }
        summary.sequences += 1;
        let mut trace = Trace { step: 0, steps: VecDeque::new(), verbose: limits.verbose };
        let ran =
            panic::catch_unwind(AssertUnwindSafe(|| Sequence::new(seed)?.run(limits.steps, &mut trace, &mut summary)));
        let what = match ran {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => format!("{error:#}"),
            Err(panic) => format!("panic: {}", message(&*panic)),
        };
        let failure = Failure { seed, step: trace.step, what, steps: trace.steps.into() };
        return Report { summary, failure: Some(failure) };
    }
    Report { summary, failure: None }
}

/// What a sequence has done so far.
pub(crate) struct Trace {
    step: u32,
    steps: VecDeque<String>,
    verbose: bool,
}

impl Trace {
    /// A step begins.
    fn step(&mut self, what: String) {
        self.step += 1;
        self.tell(what);
    }

    /// Something more about it.
    fn tell(&mut self, what: String) {
        let line = format!("{:>6} {what}", self.step);
        if self.verbose {
            eprintln!("{line}");
        }
        if self.steps.len() >= TOLD {
            self.steps.pop_front();
        }
        self.steps.push_back(line);
    }
}

/// Keeps blocks that are lost to a disabled author, which is no failure, from being told as panics.
fn quieten() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !message(info.payload()).contains(DISABLED_AUTHOR) {
                usual(info);
            }
        }));
    });
}
