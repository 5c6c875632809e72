//! Finds the binaries that are to be started, the jobs that are to be computed, and the explorer's page.

use anyhow::{bail, ensure, Context};
use std::{env, path::PathBuf};

/// A binary of this workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// The full node.
    Node,
    /// The device agent.
    Device,
    /// The requester's tool.
    Work,
}

impl Binary {
    const fn name(self) -> &'static str {
        match self {
            Self::Node => "vouch-node",
            Self::Device => "vouch-device",
            Self::Work => "vouch-work",
        }
    }

    const fn variable(self) -> &'static str {
        match self {
            Self::Node => "VOUCH_NODE",
            Self::Device => "VOUCH_DEVICE",
            Self::Work => "VOUCH_WORK",
        }
    }

    /// Where it is: what the environment variable `VOUCH_NODE`, `VOUCH_DEVICE` or `VOUCH_WORK` says, else beside the running
    /// executable, as cargo puts it.
    pub fn path(self) -> anyhow::Result<PathBuf> {
        let (name, variable) = (self.name(), self.variable());
        if let Some(path) = env::var_os(variable).map(PathBuf::from) {
            if !path.is_file() {
                bail!("{variable} says {}, which is not a file", path.display());
            }
            return Ok(path);
        }
        let own = env::current_exe()?;
        // Tests run from `deps`, one folder below.
        let folders = own.ancestors().skip(1).take(2);
        let candidates: Vec<_> = folders.map(|folder| folder.join(name)).collect();
        match candidates.iter().find(|path| path.is_file()) {
            Some(path) => Ok(path.clone()),
            None => bail!(
                "{name} is not built (looked beside {}). Build it with `scripts/build`, or set {variable} to its path.",
                own.display()
            ),
        }
    }
}

/// The folder of the example job `name`: below the one that the environment variable `VOUCH_JOBS` names, else where `scripts/jobs`
/// puts it in the target folder that the running executable is in.
pub fn job(name: &str) -> anyhow::Result<PathBuf> {
    const VARIABLE: &str = "VOUCH_JOBS";
    let folders = match env::var_os(VARIABLE).map(PathBuf::from) {
        Some(jobs) => vec![jobs],
        None => in_target("jobs")?,
    };
    let mut candidates = folders.iter().map(|jobs| jobs.join(name));
    candidates.find(|folder| folder.join("job.toml").is_file()).with_context(|| {
        format!("the job {name} is not built (looked in {folders:?}). Build it with `scripts/jobs`, or set {VARIABLE}.")
    })
}

/// The folder of the explorer's page: the one that the environment variable `VOUCH_EXPLORER_FOLDER` names, else where `scripts/explorer`
/// puts it in the target folder that the running executable is in; `None` if it was not built.
pub fn explorer() -> anyhow::Result<Option<PathBuf>> {
    const VARIABLE: &str = "VOUCH_EXPLORER_FOLDER";
    const PAGE: &str = "index.html";
    if let Some(folder) = env::var_os(VARIABLE).map(PathBuf::from) {
        ensure!(folder.join(PAGE).is_file(), "{VARIABLE} says {}, which holds no {PAGE}", folder.display());
        return Ok(Some(folder));
    }
    Ok(in_target("explorer")?.into_iter().find(|folder| folder.join(PAGE).is_file()))
}

/// Where `folder` may be in the target folder. Tests run from one folder deeper than programs.
fn in_target(folder: &str) -> anyhow::Result<Vec<PathBuf>> {
    Ok(env::current_exe()?.ancestors().skip(2).take(2).map(|target| target.join(folder)).collect())
}
