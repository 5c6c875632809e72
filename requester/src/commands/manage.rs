//! `watch`, `list`, `cancel` and `close`: jobs that are on the chain.

use super::{job, stopped, Chain};
use crate::{
    cli::{List, Named, Signed},
    progress::{follow, summary, End},
    report::state_name,
};
use anyhow::{bail, Context, Result};
use comfy_table::{presets::UTF8_FULL_CONDENSED, Cell, CellAlignment, ContentArrangement, Table};
use serde_json::json;
use vouch_device::{
    chain::{Call, Client, Job, Token, PATIENCE},
    AccountId32,
};
use vouch_primitives::work::{api::JobState, JobId};

/// Jobs asked for at a time.
const PAGE: u32 = 100;

/// Numbers of jobs that the chain looks at for one answer, at most: with gaps of closed ones it may find fewer than were asked for.
const WINDOW: u32 = 1_000;

pub(super) async fn watch(chain: Chain, arguments: Named) -> Result<()> {
    let client = chain.client(Some(PATIENCE));
    let token = client.token().await?;
    let id = arguments.job;
    job(&client, id).await?;
    let patient = chain.client(None);
    tokio::select! {
        end = follow(&patient, id, &token) => match end? {
            End::Ended(job) => say!("{}", summary(&job, &token)),
            End::Closed | End::Unknown => say!("Job {id} is closed."),
        },
        stopped = stopped() => stopped?,
    }
    Ok(())
}

pub(super) async fn list(chain: Chain, arguments: List) -> Result<()> {
    let client = chain.client(Some(PATIENCE));
    // All as of one block.
    let client = client.at(client.best().await?.hash);
    let (token, jobs) = (client.token().await?, all(&client).await?);
    if arguments.json {
        let jobs: Vec<_> = jobs.iter().map(document).collect();
        say!("{}", serde_json::to_string_pretty(&jobs)?);
    } else if jobs.is_empty() {
        say!("There are no jobs.");
    } else {
        say!("{}", table(&jobs, &token));
    }
    Ok(())
}

/// All jobs that are not closed.
async fn all(client: &Client) -> Result<Vec<Job>> {
    let end = client.storage("Work", "NextJob").await?.as_u128().context("the number of jobs is no number")?;
    let (mut jobs, mut from) = (Vec::new(), 0u32);
    while u128::from(from) < end {
        let page = client.jobs(from, PAGE).await?;
        from = match page.last() {
            Some(last) if page.len() as u32 >= PAGE => last.id.saturating_add(1),
            _ => from.saturating_add(WINDOW),
        };
        jobs.extend(page);
    }
    Ok(jobs)
}

fn document(job: &Job) -> serde_json::Value {
    json!({
        "job": job.id,
        "requester": job.requester.to_string(),
        "state": state_name(job.state),
        "tasks": job.terms.tasks,
        "chunks": job.chunks,
        "open": job.open,
        "settled": job.settled,
        "failed": job.failed,
        "price": job.terms.price.to_string(),
        "escrow": job.escrow.to_string(),
        "paid": job.paid.to_string(),
        "burnt": job.burnt.to_string(),
        "deadline": job.terms.deadline,
        "source": job.terms.source.to_string(),
        "module": format!("{:?}", job.terms.module),
        "inputs": format!("{:?}", job.terms.inputs),
    })
}

fn table(jobs: &[Job], token: &Token) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled).set_header([
        "job".to_owned(),
        "requester".to_owned(),
        "state".to_owned(),
        "tasks".to_owned(),
        "chunks".to_owned(),
        "settled".to_owned(),
        "failed".to_owned(),
        format!("paid {}", token.symbol),
        format!("held {}", token.symbol),
    ]);
    for job in jobs {
        let number = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        table.add_row([
            number(job.id.to_string()),
            Cell::new(&job.requester),
            Cell::new(state_name(job.state)),
            number(job.terms.tasks.to_string()),
            number(job.chunks.to_string()),
            number(job.settled.to_string()),
            number(job.failed.to_string()),
            number(token.number(job.paid)),
            number(token.number(job.escrow)),
        ]);
    }
    table
}

pub(super) async fn cancel(chain: Chain, arguments: Signed) -> Result<()> {
    let (client, id) = (chain.client(Some(PATIENCE)), arguments.named.job);
    let owner = arguments.owner.keypair()?;
    is_of(&job(&client, id).await?, &AccountId32::new(owner.public_key().0))?;
    let receipt = client.submit(Call::cancel(id), &owner, arguments.wait.into()).await?;
    let (token, left) = (client.token().await?, client.at(receipt.block.hash).job(id).await?);
    say!("Job {id} is cancelled, in block {}, fee {}.", receipt.block.number, token.show(receipt.fee()));
    match left {
        Some(job) if job.open > 0 => say!("{} chunks that devices have are still settled and paid.", job.open),
        Some(job) if job.state == JobState::Ended => say!("{}", summary(&job, &token)),
        _ => {},
    }
    Ok(())
}

pub(super) async fn close(chain: Chain, arguments: Signed) -> Result<()> {
    let (client, id) = (chain.client(Some(PATIENCE)), arguments.named.job);
    let owner = arguments.owner.keypair()?;
    let job = job(&client, id).await?;
    is_of(&job, &AccountId32::new(owner.public_key().0))?;
    if job.state != JobState::Ended {
        bail!("job {id} has not ended, it is {}: `vouch-work cancel {id}` ends it sooner", state_name(job.state));
    }
    let token = client.token().await?;
    // One call removes as many records as the chain allows. Each removes one at least, and there are no more than chunks.
    for _ in 0..=job.chunks {
        let receipt = client.submit(Call::close(id), &owner, arguments.wait.into()).await?;
        let is_closed = receipt.find("Work", "Closed").next().is_some();
        let what = if is_closed { "is closed, its deposit is back" } else { "has more records to remove" };
        say!("Job {id} {what}: block {}, fee {}.", receipt.block.number, token.show(receipt.fee()));
        if is_closed {
            return Ok(());
        }
    }
    bail!("job {id} is still not closed")
}

/// An error if the job is somebody else's: the chain would refuse, and take a fee.
fn is_of(job: &Job, owner: &AccountId32) -> Result<()> {
    let id: JobId = job.id;
    match job.requester == *owner {
        true => Ok(()),
        false => bail!("job {id} was posted by {}, not by {owner}", job.requester),
    }
}
