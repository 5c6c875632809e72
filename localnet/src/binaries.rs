//! Finds the binaries that are to be started.

use anyhow::bail;
use std::{env, path::PathBuf};

/// A binary of this workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// The full node.
    Node,
    /// The device agent.
    Device,
}

impl Binary {
    const fn name(self) -> &'static str {
        match self {
            Self::Node => "vouch-node",
            Self::Device => "vouch-device",
        }
    }

    const fn variable(self) -> &'static str {
        match self {
            Self::Node => "VOUCH_NODE",
            Self::Device => "VOUCH_DEVICE",
        }
    }

    /// Where it is: what the environment variable `VOUCH_NODE` or `VOUCH_DEVICE` says, else beside the running executable, as
    /// cargo puts it.
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
