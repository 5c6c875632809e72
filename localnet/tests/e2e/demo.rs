//! The demo's own binary: it earns in time, and leaves nothing behind however it ends.

use crate::{alone, beside, ROUNDS};
use anyhow::{ensure, Context};
use nix::{
    sys::signal::{kill, Signal},
    unistd::Pid,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::process::{Child, Command};
use vouch_localnet::wait::until;

/// How long something that was told to end may take.
const END: Duration = Duration::from_secs(60);

struct Demo {
    child: Child,
    folder: tempfile::TempDir,
}

impl Demo {
    fn start(arguments: &[&str]) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let out = fs::File::create(folder.path().join("out"))?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_vouch-demo"));
        command.args(arguments).arg("--base-path").arg(folder.path().join("net"));
        let child = command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out).kill_on_drop(true).spawn()?;
        Ok(Self { child, folder })
    }

    fn out(&self) -> anyhow::Result<String> {
        Ok(fs::read_to_string(self.folder.path().join("out"))?)
    }

    async fn says(&mut self, text: &str) -> anyhow::Result<()> {
        let (out, child) = (self.folder.path().join("out"), &mut self.child);
        let mut look = || -> anyhow::Result<Option<bool>> {
            let said = fs::read_to_string(&out)?;
            Ok(if said.contains(text) { Some(true) } else { child.try_wait()?.map(|_| false) })
        };
        let said = until(&format!("the demo to say {text:?}"), ROUNDS, || std::future::ready(look())).await?;
        ensure!(said, "the demo ended without saying {text:?}: {}", self.out()?);
        Ok(())
    }

    /// The processes it started and that still live: those that name its folder.
    fn children(&self) -> anyhow::Result<Vec<PathBuf>> {
        let own = self.child.id().map(|id| PathBuf::from(format!("/proc/{id}")));
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let path = entry?.path();
            // Processes come and go while one looks.
            let command = fs::read(path.join("cmdline")).unwrap_or_default();
            if contains(&command, self.folder.path()) && Some(&path) != own.as_ref() {
                found.push(path);
            }
        }
        Ok(found)
    }

    async fn end(&mut self) -> anyhow::Result<ExitStatus> {
        Ok(tokio::time::timeout(END, self.child.wait()).await.context("the demo goes on")??)
    }

    async fn leaves_nothing(&self) -> anyhow::Result<()> {
        until("its processes to be gone", END, || async { Ok(self.children()?.is_empty().then_some(())) }).await
    }
}

fn contains(bytes: &[u8], path: &Path) -> bool {
    let path = path.as_os_str().as_encoded_bytes();
    bytes.windows(path.len()).any(|window| window == path)
}

#[test]
fn demo_earns_within_ninety_seconds_counts_primes_and_says_so_in_the_end() {
    alone(async {
        let mut demo = Demo::start(&["--work", "--seconds", "240"])?;
        demo.says("All devices are registered").await?;
        demo.says("Job 0 is posted").await?;
        ensure!(demo.children()?.len() == 4, "a node and three devices: {:?}", demo.children()?);
        let status = tokio::time::timeout(ROUNDS, demo.child.wait()).await.context("the demo goes on")??;
        let out = demo.out()?;
        ensure!(status.success(), "{out}");
        ensure!(["device-1", "device-2", "device-3", "claimed, VCH"].iter().all(|text| out.contains(text)), "{out}");
        let seconds = |before: &str| -> anyhow::Result<f64> {
            let after = out.split_once(before).map(|(_, after)| after).context(out.clone())?;
            Ok(after.split(' ').next().unwrap_or_default().parse()?)
        };
        // How long a node takes to start is a matter of what else the machine does.
        let started = seconds(" after ")?;
        ensure!(seconds("First tokens accrued ")? - started <= 85.0, "{out}");
        ensure!(out.contains("found 50847534 primes") && out.contains("as tables say"), "{out}");
        demo.leaves_nothing().await
    });
}

#[test]
fn interrupted_demo_stops_everything_it_started() {
    beside(async {
        let mut demo = Demo::start(&[])?;
        demo.says("All devices are registered").await?;
        kill(Pid::from_raw(demo.child.id().context("it runs")?.try_into()?), Signal::SIGINT)?;
        ensure!(demo.end().await?.success(), "{}", demo.out()?);
        demo.leaves_nothing().await
    });
}

#[test]
fn killed_demo_leaves_no_orphans() {
    beside(async {
        let mut demo = Demo::start(&[])?;
        demo.says("The node answers").await?;
        ensure!(!demo.children()?.is_empty(), "a node runs");
        demo.child.kill().await?;
        demo.leaves_nothing().await
    });
}
