//! Child processes: those that run on, with a log file and signals, and commands that run to their end. None outlives this process.

use anyhow::{anyhow, bail, Context};
use nix::{
    sys::{
        prctl,
        signal::{kill, Signal},
    },
    unistd::{getpid, getppid, Pid},
};
use std::{
    ffi::OsString,
    fs::{self, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    process::{ExitStatus, Output, Stdio},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    process::{Child, Command},
    time::timeout,
};

/// How long a process may take to end after SIGTERM.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long one command may take; registering waits for blocks.
const COMMAND: Duration = Duration::from_secs(240);

/// Bytes of a log that go into an error message.
const TAIL: u64 = 3_000;

/// What to start.
#[derive(Clone, Debug)]
pub struct Spec {
    /// What people call it.
    pub name: String,
    /// The binary.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Where its output goes; appended to.
    pub log: PathBuf,
}

/// A process that was started here and is not known to have ended.
#[derive(Debug)]
pub struct Process {
    spec: Spec,
    child: Mutex<Child>,
}

impl Process {
    /// Starts `spec`. Must be called on a thread that lives as long as the process shall: the kernel kills it when that thread
    /// ends, which is what leaves no orphan if this process dies without a chance to tidy up.
    pub fn start(spec: Spec) -> anyhow::Result<Self> {
        let log = OpenOptions::new().create(true).append(true).open(&spec.log);
        let log = log.with_context(|| format!("cannot write {}", spec.log.display()))?;
        let mut command = Command::new(&spec.program);
        command
            .args(&spec.args)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // A terminal's Ctrl-C goes to its whole foreground group; who is stopped when is decided here.
            .process_group(0)
            .kill_on_drop(true);
        dies_with_us(&mut command);
        let child = command.spawn().with_context(|| format!("cannot start {}", spec.program.display()))?;
        Ok(Self { spec, child: Mutex::new(child) })
    }

    /// Its process id, as long as it has not ended.
    pub fn id(&self) -> Option<u32> {
        self.with_child(|child| child.id())
    }

    fn with_child<R>(&self, f: impl FnOnce(&mut Child) -> R) -> R {
        f(&mut self.child.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn into_child(self) -> Child {
        self.child.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// How it ended, if it has.
    pub fn ended(&self) -> io::Result<Option<ExitStatus>> {
        self.with_child(Child::try_wait)
    }

    /// Fails with the end of its log if it has ended.
    pub fn ensure_running(&self) -> anyhow::Result<()> {
        match self.ended()? {
            None => Ok(()),
            Some(status) => bail!("{} ended ({status}); its log ends:\n{}", self.spec.name, tail(&self.spec.log)),
        }
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let id = self.id().with_context(|| format!("{} has ended", self.spec.name))?;
        // The child is not reaped before `id` is forgotten, so the id cannot be another process's.
        kill(Pid::from_raw(id.try_into()?), signal)
            .with_context(|| format!("cannot send {signal} to {}", self.spec.name))
    }

    /// Asks it to end, and kills it if it does not.
    pub async fn stop(self) -> anyhow::Result<()> {
        if self.ended()?.is_some() {
            return Ok(());
        }
        self.signal(Signal::SIGTERM)?;
        // A stopped process ends only when it runs again.
        self.signal(Signal::SIGCONT)?;
        let name = self.spec.name.clone();
        let mut child = self.into_child();
        if timeout(PATIENCE, child.wait()).await.is_err() {
            child.kill().await?;
            bail!("{name} did not end within {} s of SIGTERM and was killed", PATIENCE.as_secs());
        }
        Ok(())
    }

    /// Kills it, without a chance to tidy up.
    pub async fn kill(self) -> anyhow::Result<()> {
        Ok(self.into_child().kill().await?)
    }

    /// Its log.
    pub fn log(&self) -> &Path {
        &self.spec.log
    }
}

/// Runs a command to its end, without a terminal to ask questions on.
pub async fn output(mut command: Command) -> anyhow::Result<Output> {
    command.stdin(Stdio::null()).kill_on_drop(true).process_group(0);
    dies_with_us(&mut command);
    match timeout(COMMAND, command.output()).await {
        Ok(output) => output.with_context(|| format!("cannot run {command:?}")),
        Err(_) => bail!("{command:?} did not end within {} s", COMMAND.as_secs()),
    }
}

/// What a command printed, if it succeeded.
pub fn succeed(output: Output) -> anyhow::Result<String> {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() {
        Ok(out.into_owned())
    } else {
        Err(anyhow!("the command failed ({}): {}{}", output.status, out, err.trim_end()))
    }
}

/// Has the kernel kill what `command` starts when the thread that starts it ends.
fn dies_with_us(command: &mut Command) {
    let parent = getpid();
    // SAFETY: between fork and exec only prctl and getppid are called, both async-signal-safe, and nothing is allocated.
    unsafe {
        command.pre_exec(move || die_with(parent));
    }
}

/// Has the kernel kill the calling process when the thread that forked it ends.
fn die_with(parent: Pid) -> io::Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    // It may have ended before it was asked for.
    if getppid() == parent {
        Ok(())
    } else {
        Err(io::Error::from_raw_os_error(nix::errno::Errno::ESRCH as i32))
    }
}

/// The end of a log file, for error messages.
pub fn tail(log: &Path) -> String {
    let read = || {
        let mut file = fs::File::open(log)?;
        let start = file.metadata()?.len().saturating_sub(TAIL);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok::<_, io::Error>(String::from_utf8_lossy(&bytes).into_owned())
    };
    read().unwrap_or_else(|error| format!("({}: {error})", log.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, folder: &Path) -> Process {
        let args = vec!["-c".into(), script.into()];
        let spec = Spec { name: "shell".into(), program: "/bin/sh".into(), args, log: folder.join("log") };
        Process::start(spec).unwrap()
    }

    async fn said(folder: &Path, text: &str) {
        let log = folder.join("log");
        let look = || async { Ok(tail(&log).contains(text).then_some(())) };
        crate::wait::until("the child to speak", Duration::from_secs(30), look).await.unwrap();
    }

    #[tokio::test]
    async fn child_that_ends_is_noticed_and_its_log_told() {
        let folder = tempfile::tempdir().unwrap();
        let child = shell("echo out; echo err >&2; exit 3", folder.path());
        let look = || async { Ok(child.ensure_running().err().map(|error| error.to_string())) };
        let error = crate::wait::until("the end", Duration::from_secs(30), look).await.unwrap();
        assert!(error.contains("out\nerr") && error.contains("exit status: 3"), "{error}");
    }

    #[tokio::test]
    async fn child_is_asked_to_end_even_while_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let child = shell("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done", folder.path());
        said(folder.path(), "ready").await;
        child.signal(Signal::SIGSTOP).unwrap();
        child.stop().await.unwrap();
        assert!(tail(&folder.path().join("log")).contains("bye"));
    }

    #[tokio::test]
    async fn dropped_child_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let child = shell("echo ready; exec sleep 600", folder.path());
        said(folder.path(), "ready").await;
        let proc = PathBuf::from(format!("/proc/{}/cmdline", child.id().unwrap()));
        drop(child);
        // A zombie that tokio has not reaped yet has an empty command line.
        let look = || async { Ok(fs::read(&proc).unwrap_or_default().is_empty().then_some(())) };
        crate::wait::until("the child to be gone", Duration::from_secs(30), look).await.unwrap();
    }
}
