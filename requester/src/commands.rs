//! What the commands do.

/// Prints a line for the user. Unlike `println!` it does not panic when the reader has gone, as in `vouch-work list | head`.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}

mod check;
mod fetch;
mod manage;
mod post;
mod report;
mod serve;

use crate::{
    cli::{Cli, Command},
    folder::Folder,
};
use anyhow::{bail, Context, Result};
use futures::{stream, StreamExt, TryStreamExt};
use serde::Deserialize;
use std::{path::Path, time::Duration};
use tokio::signal::unix::{signal, SignalKind};
use vouch_compute::Module;
use vouch_device::{
    chain::{Client, Error, Job, Terms, Token},
    H256,
};
use vouch_primitives::work::{api::ChunkInfo, ChunkIndex, Fuel, JobId};

/// Questions asked at once.
const CONCURRENT: usize = 16;

/// Does what the command line says.
pub async fn execute(cli: Cli) -> Result<()> {
    let chain = Chain { nodes: cli.nodes(), genesis: cli.genesis };
    match cli.command {
        Command::Check(arguments) => check::check(chain, arguments).await,
        Command::Post(arguments) => post::post(chain, arguments).await,
        Command::Serve(arguments) => serve::serve(arguments).await,
        Command::Watch(arguments) => manage::watch(chain, arguments).await,
        Command::List(arguments) => manage::list(chain, arguments).await,
        Command::Cancel(arguments) => manage::cancel(chain, arguments).await,
        Command::Close(arguments) => manage::close(chain, arguments).await,
        Command::Fetch(arguments) => fetch::fetch(chain, arguments).await,
        Command::Report(arguments) => report::report(chain, arguments).await,
    }
}

/// The chain that commands are about.
struct Chain {
    nodes: Vec<String>,
    genesis: Option<H256>,
}

impl Chain {
    /// A client that waits so long for a node; `None` is for ever.
    fn client(&self, patience: Option<Duration>) -> Client {
        Client::new(self.nodes.clone(), self.genesis, patience)
    }
}

/// What the chain's governance has set for jobs, as far as a requester has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
struct Limits {
    /// Planck for each replica and each point of work that the fuel limit allows.
    least_price: u128,
    /// Fuel of a task.
    max_fuel: Fuel,
    /// Fuel of a chunk for each round that a device has.
    round_fuel: Fuel,
    /// Planck held for each chunk until the job is closed.
    deposit: u128,
}

impl Limits {
    async fn of(client: &Client) -> Result<Self> {
        let value = client.storage("Work", "Parameters").await?;
        let read = || -> serde_json::Result<Self> { serde_json::from_str(&serde_json::to_string(&value)?) };
        read().context("the chain's parameters of jobs have another form: is this program of the chain's version?")
    }

    /// Planck held besides the escrow.
    fn deposit(&self, terms: &Terms) -> u128 {
        self.deposit.saturating_mul(terms.chunks().into())
    }

    /// Says why the chain would refuse a job in the round `round`, if it would.
    fn allow(&self, terms: &Terms, round: u32, token: &Token) -> Result<()> {
        if terms.fuel > self.max_fuel {
            bail!("`fuel` is {}, this chain allows {} for a task", terms.fuel, self.max_fuel);
        }
        let most = self.round_fuel.saturating_mul(terms.rounds.into());
        if terms.chunk_fuel() > most {
            bail!(
                "a chunk may take {} fuel, and this chain allows {most} in {} rounds: raise `rounds`, or lower `chunk_tasks` or `fuel`",
                terms.chunk_fuel(),
                terms.rounds
            );
        }
        if !terms.pays(self.least_price) {
            bail!(
                "`price` is {} for a task, and this chain asks for at least {} for every {} of its `fuel` that is begun",
                token.show(terms.price),
                token.show(self.least_price),
                vouch_primitives::work::FUEL_PER_POINT
            );
        }
        // By the seed of a round that nobody knows yet.
        let first = round.saturating_add(2);
        if terms.deadline < first {
            bail!("the deadline is round {}, and nothing is handed out before round {first}", terms.deadline);
        }
        Ok(())
    }
}

/// The job in a folder, and its module made ready to run: a module that is refused would be paid for all the same.
fn load(folder: &Path) -> Result<(Folder, Module)> {
    let folder = Folder::load(folder)?;
    let module = Module::prepare(&folder.module, folder.memory)
        .with_context(|| format!("{}: `module` cannot be run", folder.file.display()))?;
    Ok((folder, module))
}

/// The job of this number.
async fn job(client: &Client, id: JobId) -> Result<Job> {
    client.job(id).await?.with_context(|| format!("there is no job {id}, or it was closed"))
}

/// All chunks of a job that were handed out.
async fn chunks(client: &Client, job: &Job) -> Result<Vec<(ChunkIndex, ChunkInfo)>> {
    let id = job.id;
    let asked = stream::iter((0..job.chunks).map(|chunk| async move {
        let found = client.chunk(id, chunk).await?;
        Ok::<_, Error>(found.map(|info| (chunk, info)))
    }));
    let found: Vec<_> = asked.buffered(CONCURRENT).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// Returns when the process is asked to end.
async fn stopped() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {},
        pressed = tokio::signal::ctrl_c() => pressed?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::tests::terms;
    use vouch_device::chain::Value;

    #[test]
    fn parameters_are_read_as_the_chain_tells_them() {
        let value = Value::named_composite([
            ("least_price", Value::u128(u128::MAX)),
            ("max_fuel", Value::u128(2)),
            ("fine", Value::unnamed_composite([Value::u128(50_000)])),
            ("round_fuel", Value::u128(3)),
            ("deposit", Value::u128(4)),
        ]);
        let limits: Limits = serde_json::from_str(&serde_json::to_string(&value).unwrap()).unwrap();
        assert_eq!(limits, Limits { least_price: u128::MAX, max_fuel: 2, round_fuel: 3, deposit: 4 });
    }

    #[test]
    fn what_the_chain_would_refuse_is_said_before_anything_is_sent() {
        let limits = Limits { least_price: 3, max_fuel: 10, round_fuel: 20, deposit: 5 };
        let good = Terms { fuel: 10, ..terms(6, 2) };
        let allow = |terms: &Terms| limits.allow(terms, 7, &Token::default()).map_err(|error| error.to_string());
        assert_eq!((allow(&good), limits.deposit(&good)), (Ok(()), 15));
        for (bad, field) in [
            (Terms { fuel: 11, ..good.clone() }, "`fuel`"),
            (Terms { chunk_tasks: 3, ..good.clone() }, "`rounds`"),
            (Terms { price: 2, ..good.clone() }, "`price`"),
            (Terms { deadline: 8, ..good.clone() }, "deadline"),
        ] {
            assert!(allow(&bad).unwrap_err().contains(field), "{field}");
        }
    }
}
