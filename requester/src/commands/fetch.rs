//! `fetch`: the results of a job.

use super::{chunks, job, Chain, CONCURRENT};
use crate::{
    cli::Fetch,
    fetch::{FetchError, Fetcher, Store, Wanted, INDEX_FILE, PATIENCE as DEVICE_PATIENCE},
    progress::Progress,
    verify::{right, settled},
};
use anyhow::{bail, Context, Result};
use futures::{stream, StreamExt};
use std::{collections::BTreeMap, io::Write};
use vouch_device::{
    chain::{Client, Error, PATIENCE},
    H256,
};
use vouch_primitives::{
    work::{
        api::{ChunkInfo, Stage},
        ChunkIndex, TaskOutput,
    },
    DeviceId, Endpoint,
};

/// Chunks whose reasons for not being fetched are told one by one.
const TOLD: usize = 8;

/// What came of a chunk: its results, or what was wrong with each device that was asked.
type Fetched = Result<Vec<TaskOutput>, Vec<(DeviceId, FetchError)>>;

pub(super) async fn fetch(chain: Chain, arguments: Fetch) -> Result<()> {
    let client = chain.client(Some(PATIENCE));
    let genesis = client.genesis().await?;
    // What is final stays: results are not of a fork that loses.
    let then = client.at(client.finalized().await?.hash);
    let job = job(&then, arguments.named.job).await.context("as of the last final block")?;
    let all = chunks(&then, &job).await?;
    let mut store = Store::open(&arguments.out, genesis, job.id, &job.terms)?;

    let wanted = |chunk: ChunkIndex, info: &ChunkInfo| {
        settled(info).map(|settled| Wanted { job: job.id, terms: &job.terms, chunk, settled })
    };
    let (mut had, mut missing) = (0u32, Vec::new());
    for (chunk, info) in &all {
        match wanted(*chunk, info) {
            Some(wanted) if store.has(wanted) => had += 1,
            Some(wanted) => missing.push((wanted, info)),
            None => {},
        }
    }
    let fetcher = Fetcher::new(DEVICE_PATIENCE).context("cannot make an HTTP client")?;
    let total = missing.len();
    let mut progress = Progress::new(total as u32);
    let asked = stream::iter(missing).map(|(wanted, info)| fetch_one(&client, &fetcher, genesis, wanted, info));
    let mut asked = std::pin::pin!(asked.buffer_unordered(CONCURRENT));
    let mut failed = BTreeMap::new();
    let mut fetched = 0u32;
    while let Some((wanted, found)) = asked.next().await {
        match found? {
            Ok(results) => {
                store.keep(wanted, &results)?;
                fetched += 1;
            },
            Err(tried) => drop(failed.insert(wanted.chunk, tried)),
        }
        progress.show(fetched, format!("{} not to be had", failed.len()));
    }
    progress.clear();
    store.flush()?;

    let given_up = all.iter().filter(|(_, info)| info.stage == Stage::Failed).count() as u32;
    let later = job.chunks - had - total as u32 - given_up;
    say!(
        "Chunks: {fetched} fetched and verified, {had} were there, {given_up} failed on the chain, {later} are not settled yet.",
    );
    say!(
        "Results of {} of {} tasks: {}",
        store.lines().len(),
        job.terms.tasks,
        arguments.out.join(INDEX_FILE).display()
    );
    if !failed.is_empty() {
        tell(&failed);
        bail!("{} chunks were not to be had: run this again once their devices are up", failed.len());
    }
    Ok(())
}

/// Asks the devices that found what the chunk settled on, at the addresses they have now.
async fn fetch_one<'a>(
    client: &Client,
    fetcher: &Fetcher,
    genesis: H256,
    wanted: Wanted<'a>,
    info: &ChunkInfo,
) -> (Wanted<'a>, Result<Fetched, Error>) {
    let ask = async {
        let mut devices: Vec<(DeviceId, Option<Endpoint>)> = Vec::new();
        for seat in right(genesis, wanted.job, wanted.chunk, info, &wanted.settled) {
            let record = client.device(&seat.device).await?;
            devices.push((seat.device.clone(), record.and_then(|record| record.endpoint)));
        }
        Ok::<_, Error>(fetcher.fetch(wanted, &devices).await)
    };
    (wanted, ask.await)
}

/// Says why chunks were not to be had.
fn tell(failed: &BTreeMap<ChunkIndex, Vec<(DeviceId, FetchError)>>) {
    let mut errors = std::io::stderr();
    for (chunk, tried) in failed.iter().take(TOLD) {
        for (device, error) in tried {
            let _ = writeln!(errors, "chunk {chunk}: {device}: {error}");
        }
    }
    if failed.len() > TOLD {
        let _ = writeln!(errors, "and {} chunks more", failed.len() - TOLD);
    }
}
