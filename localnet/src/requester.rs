//! A requester: posts the example job by the `vouch-work` binary as anybody would, and has its results fetched.

use crate::{
    binaries::{job, Binary},
    devices::{account, keypair},
    network::{Localnet, OWNERS},
    ports,
    process::{output, succeed, Process, Spec},
    wait::until,
};
use anyhow::{ensure, Context};
use std::{
    ffi::OsString,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};
use tokio::process::Command;
use vouch_device::chain::{Client, Job, Wait};
use vouch_primitives::work::{api::JobState, JobId};

/// Who pays: nobody who owns devices, whose own would not be asked.
const ACCOUNT: &str = "//Requester";
/// What it is given to pay with, in planck.
const FUNDS: u128 = 1_000_000_000_000_000;

/// The job: how many primes there are below [`BELOW`].
const JOB: &str = "primes";
/// What `jobs/primes/job.toml` asks for.
pub const BELOW: u64 = 1_000_000_000;
/// How many there are; <https://oeis.org/A006880>.
pub const PRIMES: u64 = 50_847_534;

/// How long posting may take.
const POSTING: Duration = Duration::from_secs(120);

/// How long fetching its results may take once it has ended.
const FETCHING: Duration = Duration::from_secs(120);

/// A job that was posted, and who serves its inputs.
#[derive(Debug)]
pub struct Requester {
    job: JobId,
    nodes: Vec<String>,
    out: PathBuf,
    process: Process,
}

impl Requester {
    /// Posts the job, and returns once it is on the chain. Nobody else may post one meanwhile.
    pub async fn post(net: &Localnet) -> anyhow::Result<Self> {
        let client = net.client();
        client.transfer(&keypair(OWNERS[0])?, &account(ACCOUNT)?, FUNDS, Wait::Included).await?;
        let job = client.storage("Work", "NextJob").await?.as_u128().context("the number of jobs is a number")?;
        let job = JobId::try_from(job)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free()?)).to_string();
        let mut args: Vec<OsString> = vec!["post".into(), self::job(JOB)?.into()];
        args.extend(["--listen", &address, "--source", &address, "--owner-suri", ACCOUNT].map(Into::into));
        let nodes = net.urls();
        args.extend(node_arguments(&nodes));
        let log = net.folder().join("requester.log");
        let process = Process::start(Spec { name: "the requester".into(), program: Binary::Work.path()?, args, log })?;
        let posted = || async {
            if let Err(error) = process.ensure_running() {
                return Ok(Some(Err(error)));
            }
            Ok(client.job(job).await?.map(|_| Ok(())))
        };
        until("the job to be posted", POSTING, posted).await??;
        let out = net.folder().join(format!("results-{job}"));
        Ok(Self { job, nodes, out, process })
    }

    /// The number of the job.
    pub fn job(&self) -> JobId {
        self.job
    }

    /// The job as it stands.
    pub async fn state(&self, client: &Client) -> anyhow::Result<Job> {
        client.job(self.job).await?.with_context(|| format!("job {} is not there any more", self.job))
    }

    /// Whether the job has ended, and that is final: its results can be fetched.
    pub async fn has_ended(&self, client: &Client) -> anyhow::Result<bool> {
        let last_final = client.at(client.finalized().await?.hash);
        Ok(last_final.job(self.job).await?.is_some_and(|job| job.state == JobState::Ended))
    }

    /// Fails if the inputs are not served any more although the job has not ended.
    pub fn ensure_serving(&self) -> anyhow::Result<()> {
        match self.process.ended()? {
            Some(status) if status.success() => Ok(()),
            _ => self.process.ensure_running(),
        }
    }

    /// Runs a command of the tool that takes the job's number first, such as `report`; fails with what it printed if it fails.
    pub async fn cli(&self, command: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let mut run = Command::new(Binary::Work.path()?);
        run.args([command, &self.job.to_string()]).args(arguments).args(node_arguments(&self.nodes));
        succeed(output(run).await?)
    }

    /// Fetches all results from the devices, verified, and adds them up: the number of primes below [`BELOW`] if all are right.
    pub async fn primes(&self, client: &Client) -> anyhow::Result<u64> {
        let out = self.out.to_str().context("the folder has a name in UTF-8")?;
        // Devices serve what is final, a block after they hear of it; what was fetched is kept.
        let said = until("all results", FETCHING, async || self.cli("fetch", &["--out", out]).await.map(Some)).await?;
        let tasks = self.state(client).await?.terms.tasks;
        let mut primes = 0;
        for task in 0..tasks {
            let path = self.out.join(format!("{task:06}.out"));
            let bytes = std::fs::read(&path).with_context(|| format!("no {}: {said}", path.display()))?;
            ensure!(bytes.len() == 8, "{} holds {bytes:?}, not a number", path.display());
            primes += u64::from_le_bytes(bytes.try_into().expect("the length was checked"));
        }
        Ok(primes)
    }

    /// Who posted it.
    pub fn owner(&self) -> &'static str {
        ACCOUNT
    }

    /// Stops serving.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.process.stop().await
    }
}

fn node_arguments(nodes: &[String]) -> impl Iterator<Item = OsString> + '_ {
    nodes.iter().flat_map(|url| ["--node".into(), url.into()])
}
