//! `report`: what a job costs.

use super::{chunks, job, Chain};
use crate::{cli, report::Report};
use anyhow::Result;
use serde_json::json;
use vouch_device::chain::PATIENCE;

pub(super) async fn report(chain: Chain, arguments: cli::Report) -> Result<()> {
    let client = chain.client(Some(PATIENCE));
    let genesis = client.genesis().await?;
    // Everything as of one block, so that the numbers belong together.
    let head = client.best().await?;
    let client = client.at(head.hash);
    let job = job(&client, arguments.named.job).await?;
    let report = Report::new(genesis, &job, &chunks(&client, &job).await?);
    let token = client.token().await?;
    if arguments.json {
        let document = json!({
            "block": head.number,
            "token": { "symbol": token.symbol, "decimals": token.decimals },
            "report": report,
        });
        say!("{}", serde_json::to_string_pretty(&document)?);
    } else {
        say!("{}", report.show(&token));
    }
    Ok(())
}
