//! `check`: a job tried out on this machine, and what it costs at most.

use super::{load, Chain, Limits};
use crate::{
    cli::Check,
    fetch::status_name,
    folder::{Deadline, Folder},
};
use anyhow::{bail, Context, Result};
use codec::Encode;
use std::{
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};
use vouch_compute::{EngineError, Interpreter, Jit, Module, Status, TaskOutput};
use vouch_device::chain::{Client, Terms, Token};
use vouch_primitives::work::Fuel;

/// How long to wait for a node: it only has to say how amounts are shown, and whether the chain would take the job.
const NODE_PATIENCE: Duration = Duration::from_secs(3);

/// A task run on both engines.
struct Run {
    interpreted: TaskOutput,
    compiled: TaskOutput,
    /// What the module logged.
    log: Vec<u8>,
    /// How long the interpreter took, and the compiled code.
    took: [Duration; 2],
}

pub(super) async fn check(chain: Chain, arguments: Check) -> Result<()> {
    let (folder, module) = load(&arguments.folder)?;
    say!("Module:  {:?}, {} bytes", folder.module_hash(), folder.module.len());
    let (tasks, chunks) = (folder.inputs.len(), folder.inputs.len().div_ceil(folder.chunk_tasks as usize));
    say!("Inputs:  {tasks} tasks in {chunks} chunks, {} bytes in all", served(&folder));

    let count = (arguments.tasks as usize).min(tasks);
    let (folder, runs) = tokio::task::spawn_blocking(move || {
        let runs = run(&module, &folder.inputs[..count], folder.fuel);
        (folder, runs)
    })
    .await?;
    let runs = runs.context("this machine cannot run the job")?;
    for (task, run) in runs.iter().enumerate() {
        print(task, run, folder.fuel);
    }
    if runs.iter().any(|run| run.interpreted != run.compiled) {
        bail!("the engines do not agree: devices would not either. Nothing like this may happen, so please report the module");
    }

    if arguments.offline {
        return print_cost(&folder, &folder.price.own_token(), 0).map(drop);
    }
    let client = chain.client(Some(NODE_PATIENCE));
    let token = match client.token().await {
        Ok(token) => token,
        Err(error) => {
            print_cost(&folder, &folder.price.own_token(), 0)?;
            say!("Note: whether the chain would take the job was not asked: {error}");
            return Ok(());
        },
    };
    would_be_taken(&client, &folder, &token).await
}

/// Whether the chain would take the job now, as far as that can be told without an account.
async fn would_be_taken(client: &Client, folder: &Folder, token: &Token) -> Result<()> {
    let (round, limits) = (client.network().await?.round, Limits::of(client).await?);
    let terms = print_cost(folder, token, round)?;
    say!("Deposit: {} until it is closed", token.show(limits.deposit(&terms)));
    limits.allow(&terms, round, token)?;
    let workers = client.workers().await?;
    say!("Deadline: round {}, now is {round}. {workers} devices take work.", terms.deadline);
    if workers < u32::from(terms.replicas) {
        say!("Note: that is fewer than the {} that each chunk asks for.", terms.replicas);
    }
    Ok(())
}

/// Runs tasks on both engines.
fn run(module: &Module, inputs: &[Vec<u8>], fuel: Fuel) -> Result<Vec<Run>, EngineError> {
    let (interpreter, jit) = (Interpreter::new(module)?, Jit::new(module)?);
    let one = |input: &Vec<u8>| {
        let start = Instant::now();
        let (interpreted, log) = interpreter.run_logged(input, fuel)?;
        let between = Instant::now();
        let compiled = jit.run(input, fuel)?;
        Ok::<_, EngineError>(Run { interpreted, compiled, log, took: [between - start, between.elapsed()] })
    };
    inputs.iter().map(one).collect()
}

fn print(task: usize, run: &Run, limit: Fuel) {
    let Run { interpreted, compiled, log, took: [slow, fast] } = run;
    let percent = interpreted.fuel.saturating_mul(100).checked_div(limit).unwrap_or_default();
    let verdict = if interpreted == compiled { "both engines agree" } else { "THE ENGINES DO NOT AGREE" };
    say!(
        "Task {task}: {}, {} fuel ({percent}% of the limit), {} bytes; {} ms interpreted, {} ms compiled; {verdict}",
        status_name(interpreted.status),
        interpreted.fuel,
        interpreted.output.len(),
        slow.as_millis(),
        fast.as_millis()
    );
    if interpreted != compiled {
        say!("  interpreted {:?}\n  compiled    {:?}", interpreted.digest(), compiled.digest());
    }
    if interpreted.status != Status::Done {
        say!("  Note: that is a result like any other, and is paid for.");
    }
    if !log.is_empty() {
        say!("  log: {}", String::from_utf8_lossy(log).trim_end().replace('\n', "\n       "));
    }
}

/// Says what the whole job costs at most, and gives its terms back.
fn print_cost(folder: &Folder, token: &Token, round: u32) -> Result<Terms> {
    // Where it is served costs nothing.
    let terms = folder.terms(SocketAddr::from((Ipv4Addr::LOCALHOST, 1)).into(), token, round)?;
    let most = terms.most().context("the job costs more than can be counted")?;
    let (least, seats) = (u128::from(terms.quorum), u128::from(terms.limit) + u128::from(terms.quorum));
    let usual = terms.price.saturating_mul(terms.tasks.into()).saturating_mul(terms.replicas.into());
    say!(
        "Cost:    {} at most ({} for each of {} tasks, {seats} times), {} if all of the first {} devices are right",
        token.show(most),
        token.show(terms.price),
        terms.tasks,
        token.show(usual),
        terms.replicas
    );
    if terms.adaptive {
        let alone = terms.price.saturating_mul(terms.tasks.into());
        say!("         {} if every device is believed alone", token.show(alone));
    } else if least < u128::from(terms.replicas) {
        say!("         (a chunk settles by {least} alike, all that are alike are paid)");
    }
    if let Deadline::In(rounds) = folder.deadline {
        say!("Time:    chunks are handed out for {rounds} rounds after the job is posted");
    }
    Ok(terms)
}

/// Bytes of all bundles, without the paths.
fn served(folder: &Folder) -> usize {
    folder.inputs.chunks(folder.chunk_tasks as usize).map(|inputs| inputs.encoded_size()).sum()
}
