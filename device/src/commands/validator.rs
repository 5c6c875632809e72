//! `validator`: how a validator does as a prober, and why it is not paid more.

use crate::{
    chain::{Client, Network, Prober, Token},
    cli::Validator,
    validator::{misconduct, percent, sentence, ValidatorStatus},
};
use anyhow::Result;
use serde_json::json;

pub(super) async fn validator(client: Client, arguments: Validator) -> Result<()> {
    let Validator { account, json } = arguments;
    // Everything as of one block, so that the numbers belong together.
    let head = client.best().await?;
    let client = client.at(head.hash);
    let (network, token) = (client.network().await?, client.token().await?);
    let prober = client.prober(&account).await?;
    if json {
        let document = json!({
            "block": head.number,
            "round": network.round,
            "token": { "symbol": token.symbol, "decimals": token.decimals },
            "validator": ValidatorStatus::new(&account, prober, &network, &token),
        });
        say!("{}", serde_json::to_string_pretty(&document)?);
        return Ok(());
    }
    match prober {
        None => say!("{account} never was among the validators of a session: is it the validator's own account?"),
        Some(prober) => {
            say!("{account}, prober number {}", prober.number);
            print(&prober, &network, &token);
        },
    }
    Ok(())
}

fn print(prober: &Prober, network: &Network, token: &Token) {
    let (record, pending) = (&prober.record, &prober.pending);
    say!(
        "  Reports:  {} measured, on {} lanes, with an accuracy of {}.",
        record.reports,
        record.lanes,
        percent(record.accuracy)
    );
    say!(
        "  Pay:      {} claimable (`rewards.claimProbing`, by anybody), {} points in epoch {}.",
        token.show(pending.accrued),
        pending.points,
        pending.epoch
    );
    say!(
        "  Audits:   {} proven, {} answered wrongly, {} not answered in time, {} open.",
        record.proven,
        record.failed,
        record.silent,
        record.open
    );
    if let Some((kind, report)) = record.last_offence {
        say!(
            "  Offences: {} strikes that count, {} points forfeited; the last was {}, about round {} of cohort {}. The next strike \
             costs {} times what a first one does, and with three a validator probes no more until they are forgotten.",
            record.strikes,
            record.forfeited,
            misconduct(kind),
            report.round,
            report.cohort,
            u64::from(record.strikes) + 1
        );
    }
    for reason in &prober.reasons {
        say!("  - {}", sentence(*reason, prober, network));
    }
}
