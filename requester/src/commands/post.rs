//! `post`: from a folder to a job on the chain.

use super::{load, serve, stopped, Chain, Limits};
use crate::{
    cli::Post,
    progress::{follow, summary, End},
    serve::Content,
};
use anyhow::{bail, Context, Result};
use std::time::Duration;
use vouch_device::{
    chain::{Call, Client, Receipt, Terms, Token, PATIENCE},
    AccountId32,
};
use vouch_primitives::{work::JobId, Endpoint};

/// How long the job's own address may take to answer.
const SELF_FETCH_PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn post(chain: Chain, arguments: Post) -> Result<()> {
    let (folder, _) = load(&arguments.folder)?;
    let owner = arguments.owner.keypair()?;
    let owner_id = AccountId32::new(owner.public_key().0);
    let client = chain.client(Some(PATIENCE));
    let token = client.token().await?;
    let (round, limits) = (client.network().await?.round, Limits::of(&client).await?);
    let source = Endpoint::from(arguments.source);
    let terms = folder.terms(source, &token, round)?;
    limits.allow(&terms, round, &token)?;

    let call = Call::post_job(&terms);
    let fee = client.estimate_fee(vec![call.clone()], &owner).await?;
    can_pay(&client, &owner_id, &terms, limits.deposit(&terms), fee, &token).await?;

    // Devices may come as soon as it is in a block.
    let (server, content) = serve::start(folder, arguments.listen).await?;
    self_fetch(source, &content).await?;
    say!("Posting {} tasks in {} chunks for {owner_id}, fee about {}.", terms.tasks, terms.chunks(), token.show(fee));
    let receipt = client.submit(call, &owner, arguments.wait.into()).await.context(
        "the job may not be posted: `vouch-work list` tells, and `vouch-work serve` serves the inputs of one that is",
    )?;
    let id =
        posted(&receipt).context("the chain posted a job and did not say which: is this program of its version?")?;
    say!("Job {id} is posted, in block {}, fee {}.", receipt.block.number, token.show(receipt.fee()));
    if arguments.detach {
        say!("Its inputs are not served any more: run `vouch-work serve`.");
        return serve::stop(server, &content).await;
    }

    // A node that is away is waited for: devices need the inputs all the same.
    let patient = chain.client(None);
    let end = tokio::select! {
        end = follow(&patient, id, &token) => Some(end),
        stopped = stopped() => {
            stopped?;
            None
        },
    };
    match end {
        Some(Ok(End::Ended(job))) => {
            say!("{}", summary(&job, &token));
            say!("`vouch-work fetch {id} --out DIR` fetches the results, then `vouch-work close {id}` gives the deposit back.");
        },
        Some(Ok(End::Closed | End::Unknown)) => say!("Job {id} is closed."),
        Some(Err(error)) => {
            // What was posted has to be served whether or not it can be followed.
            say!("Job {id} cannot be followed: {error}. Its inputs are served until stopped.");
            stopped().await?;
        },
        None => say!("Stopped. Devices decline job {id} without its inputs: run `vouch-work serve`, or `vouch-work cancel {id}`."),
    }
    serve::stop(server, &content).await
}

/// An error that says what is missing, unless the account can pay for the job.
async fn can_pay(
    client: &Client,
    owner: &AccountId32,
    terms: &Terms,
    deposit: u128,
    fee: u128,
    token: &Token,
) -> Result<()> {
    let escrow = terms.most().context("the job costs more than can be counted")?;
    let (balance, kept) = (client.balance(owner).await?, client.existential_deposit().await?);
    let (usable, needed) = (balance.usable(kept), escrow.saturating_add(deposit).saturating_add(fee));
    let show = |planck| token.show(planck);
    if usable < needed {
        bail!(
            "balance too low: the job needs {} of escrow, {} of deposit and about {} of fee; {owner} can use {} (beyond the \
             existential deposit)",
            show(escrow),
            show(deposit),
            show(fee),
            show(usable)
        );
    }
    say!(
        "Held: {} of escrow, which is the most that the job can cost, and {} of deposit.",
        show(escrow),
        show(deposit)
    );
    Ok(())
}

/// Fetches the module from the public address. Only ever a hint.
async fn self_fetch(source: Endpoint, content: &Content) -> Result<()> {
    if !source.is_global() {
        say!("Note: {source} is not a public address. Only chains for development accept it.");
    }
    let http = reqwest::Client::builder()
        .timeout(SELF_FETCH_PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .context("cannot make an HTTP client")?;
    match http.head(source.url(&content.module_path())).send().await {
        Ok(response) if response.status().is_success() => say!("The module is served at {source}."),
        Ok(response) => say!(
            "Warning: {source} answers with HTTP {}: does another program listen there? Devices decline what they cannot fetch.",
            response.status().as_u16()
        ),
        Err(_) => say!(
            "Warning: {source} does not answer. Only a hint: many routers do not let a machine reach its own public address. But \
             if it is\n  unreachable from outside too, devices decline and nothing is computed. Check port forwarding and firewall."
        ),
    }
    Ok(())
}

/// The number of the job that a transaction posted.
fn posted(receipt: &Receipt) -> Option<JobId> {
    let number = receipt.find("Work", "Posted").find_map(|event| event.number("job"))?;
    number.try_into().ok()
}
