//! The demo: one validator, a few devices, and a table of what they earn, kept up to date.

use crate::{
    devices::keypair,
    explorer::Explorer,
    interrupt::Interrupt,
    network::OWNERS,
    requester::{Requester, BELOW, PRIMES},
    table::{render, Row},
    Localnet,
};
use anyhow::Context;
use console::Term;
use futures::future::{join_all, try_join_all};
use std::{
    collections::HashMap,
    num::NonZeroUsize,
    path::PathBuf,
    slice,
    time::{Duration, Instant},
};
use vouch_device::chain::{Job, Token, Wait};
use vouch_primitives::{DeviceId, RoundIndex};
use vouch_requester::progress;

/// Between two looks at the chain.
const LOOK: Duration = Duration::from_secs(1);
/// Between two claims.
const CLAIM: Duration = Duration::from_secs(60);

/// What to run.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// End after so many seconds, counted from the start of the node, with success only if every device has earned; with --work
    /// only if they have computed the right answer besides
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub seconds: Option<u64>,

    /// How many devices
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub devices: u16,

    /// Have the devices take work, and post a job: the number of primes below a thousand million
    #[arg(long)]
    pub work: bool,

    /// Keep logs, database and keys in this folder; without it they are removed in the end
    #[arg(long, value_name = "DIR")]
    pub base_path: Option<PathBuf>,
}

/// Runs the demo until it is interrupted or its time is over. Returns whether it did what was asked for: with a time, whether
/// every device has earned, and the job, if there is one, was computed rightly.
pub async fn run(options: Options) -> anyhow::Result<bool> {
    let mut interrupt = Interrupt::listen()?;
    let mut net = None;
    let outcome = tokio::select! {
        outcome = show(&options, &mut net) => outcome.map(Some),
        () = interrupt.wait() => Ok(None),
    };
    println!();
    if let Some(Stage { net, board, requester, .. }) = net {
        // What the last block brought, once more and complete.
        let last = board.look(&net).await;
        let mut report = None;
        if let Some(requester) = requester {
            report = Some(requester.cli("report", &[]).await.unwrap_or_else(|error| format!("{error:#}")));
            if let Err(error) = requester.stop().await {
                eprintln!("{error:#}");
            }
        }
        if let Err(error) = net.stop().await {
            eprintln!("{error:#}");
        }
        println!("{}", render(&last.unwrap_or(board.rows), &board.token));
        match board.first_accrual {
            Some(elapsed) => {
                println!("First tokens accrued {:.0} s after the node was started.", elapsed.as_secs_f64())
            },
            None => println!("No tokens were accrued."),
        }
        if let Some(report) = report {
            println!("\n{}", report.trim_end());
        }
        if let Some(primes) = board.primes {
            println!("{}", answer(primes));
        }
    }
    Ok(outcome?.unwrap_or(options.seconds.is_none()))
}

/// The network, and what is shown of it.
struct Stage {
    net: Localnet,
    board: Board,
    requester: Option<Requester>,
    /// Served as long as the chain runs.
    _explorer: Option<Explorer>,
}

/// What the devices found, and whether it is right.
fn answer(primes: u64) -> String {
    let verdict = if primes == PRIMES { "as tables say" } else { "which is wrong" };
    format!("The devices found {primes} primes below {BELOW}, {verdict}.")
}

/// Starts everything into `stage` and shows it; returns after the asked time whether everything came out as it should.
async fn show(options: &Options, stage: &mut Option<Stage>) -> anyhow::Result<bool> {
    println!("Starting a validator ...");
    let cores = options.work.then_some(NonZeroUsize::MIN);
    let net = Localnet::builder().cores(cores).base_path(options.base_path.clone()).start_validators().await?;
    let node = &net.nodes[0];
    println!("The node answers on {} after {:.1} s.", node.url(), node.started().elapsed().as_secs_f64());
    println!("Logs are in {}.", net.folder().display());
    let board = Board {
        token: net.client().token().await?,
        claimed: HashMap::new(),
        rows: Vec::new(),
        first_accrual: None,
        job: None,
        primes: None,
    };
    let explorer = Explorer::serve().await?;
    match &explorer {
        Some(explorer) => println!("The explorer shows it on {}", explorer.url_of(&node.url())),
        None => println!("There is no explorer: build it with `scripts/explorer` to see the chain in a browser."),
    }
    let stage = stage.insert(Stage { net, board, requester: None, _explorer: explorer });
    let Stage { net, board, requester, .. } = stage;

    println!("Starting {} devices and registering them ...", options.devices);
    net.add_devices(options.devices.into()).await?;
    let started = net.nodes[0].started();
    println!("All devices are registered after {:.1} s.", started.elapsed().as_secs_f64());
    if options.work {
        let requester = requester.insert(Requester::post(net).await?);
        println!("Job {} is posted: how many primes are there below {BELOW}?", requester.job());
    }

    let end = options.seconds.map(|seconds| started + Duration::from_secs(seconds));
    let mut screen = Screen::new();
    let mut claim_at = Instant::now() + CLAIM;
    loop {
        net.ensure_running()?;
        board.rows = board.look(net).await?;
        if let Some(requester) = requester {
            board.follow(requester, net).await?;
        }
        if board.first_accrual.is_none() && board.rows.iter().any(Row::earned) {
            board.first_accrual = Some(started.elapsed());
        }
        screen.show(board, started)?;
        if end.is_some_and(|end| Instant::now() >= end) {
            let is_computed = requester.is_none() || board.primes == Some(PRIMES);
            return Ok(is_computed && board.rows.iter().all(Row::earned));
        }
        if Instant::now() >= claim_at {
            claim_at = Instant::now() + CLAIM;
            board.claim(net).await?;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// What is known of the devices.
struct Board {
    token: Token,
    claimed: HashMap<DeviceId, u128>,
    rows: Vec<Row>,
    first_accrual: Option<Duration>,
    job: Option<Job>,
    /// What the devices found, once the job has ended and its results were fetched.
    primes: Option<u64>,
}

impl Board {
    /// Asks the chain, about all devices as of the same block.
    async fn look(&self, net: &Localnet) -> anyhow::Result<Vec<Row>> {
        let client = net.client().at(net.client().best().await?.hash);
        let rows = net.devices.iter().map(|device| {
            let client = &client;
            async move {
                let id = device.id();
                let info = client.device(id).await?.context("the device is not registered")?;
                let explained = client.explain(id).await?.context("the device is not registered")?;
                let work = client.pending_work(id).await?.filter(|_| device.takes_work());
                let claimed = self.claimed.get(id).copied().unwrap_or(0);
                Ok::<_, anyhow::Error>(Row::new(device.name(), &info, &explained, work, claimed))
            }
        });
        try_join_all(rows).await
    }

    /// Takes note of how far the job is, and of its results once it has ended.
    async fn follow(&mut self, requester: &Requester, net: &Localnet) -> anyhow::Result<()> {
        requester.ensure_serving()?;
        self.job = Some(requester.state(net.client()).await?);
        if self.primes.is_none() && requester.has_ended(net.client()).await? {
            self.primes = Some(requester.primes(net.client()).await?);
        }
        Ok(())
    }

    /// How far the job is, for people.
    fn job(&self) -> Option<String> {
        let job = self.job.as_ref()?;
        let so_far = format!(
            "Job {}: {} of {} chunks settled, {}",
            job.id,
            job.settled,
            job.chunks,
            progress::message(job, &self.token)
        );
        Some(match self.primes {
            Some(primes) => format!("{so_far}. {}", answer(primes)),
            None => so_far,
        })
    }

    /// Claims for every device that has accrued something. Anyone may: the first owner pays the fees, each owner is paid.
    async fn claim(&mut self, net: &Localnet) -> anyhow::Result<()> {
        let (signer, client) = (keypair(OWNERS[0])?, net.client());
        let due = net.devices.iter().zip(&self.rows).filter(|(_, row)| row.accrued > 0).map(|(device, _)| device.id());
        // One transaction each, which tells what each was paid; all of them fit into a block.
        let claims =
            due.map(|id| async { (id.clone(), client.claim(&signer, slice::from_ref(id), Wait::Included).await) });
        for (id, receipts) in join_all(claims).await {
            let receipts = receipts?;
            let events = receipts.iter().flat_map(|receipt| receipt.find("Rewards", "Claimed"));
            *self.claimed.entry(id).or_default() += events.filter_map(|event| event.number("amount")).sum::<u128>();
        }
        Ok(())
    }
}

/// Where the rows are shown: one table that stays in place on a terminal, a line per device and round elsewhere.
struct Screen {
    term: Term,
    lines: usize,
    last: Option<RoundIndex>,
}

impl Screen {
    fn new() -> Self {
        Self { term: Term::stdout(), lines: 0, last: None }
    }

    fn show(&mut self, board: &Board, started: Instant) -> anyhow::Result<()> {
        let elapsed = started.elapsed().as_secs();
        if self.term.is_term() {
            let job = board.job().map(|job| job + "\n").unwrap_or_default();
            let text = format!("{}\n{job}{elapsed} s, Ctrl-C ends", render(&board.rows, &board.token));
            self.term.clear_last_lines(self.lines)?;
            self.term.write_line(&text)?;
            self.lines = text.lines().count();
            return Ok(());
        }
        let newest = board.rows.iter().filter_map(|row| row.round).max();
        if newest != self.last {
            self.last = newest;
            for row in &board.rows {
                println!("{elapsed:>4} s  {}", row.line(&board.token));
            }
            if let Some(job) = board.job() {
                println!("{elapsed:>4} s  {job}");
            }
        }
        Ok(())
    }
}
