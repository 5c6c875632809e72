//! Follows a job until it has ended, and shows how far it is: as a bar on a terminal, line by line elsewhere.

use crate::report::{refunded, state_name};
use indicatif::{ProgressBar, ProgressStyle};
use std::{io::Write, time::Duration};
use vouch_device::chain::{Client, Error, Job, Token};
use vouch_primitives::work::{api::JobState, JobId};

/// Between two looks at the chain: a block.
const POLL: Duration = Duration::from_secs(6);

/// How a job ended that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// As this.
    Ended(Box<Job>),
    /// It was closed meanwhile.
    Closed,
    /// There is none of this number, or it was closed before.
    Unknown,
}

/// How far a job is, on standard error.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// What was said last where there is no terminal.
    said: String,
}

impl Progress {
    /// Of a job with so many chunks.
    pub fn new(chunks: u32) -> Self {
        let bar = ProgressBar::new(chunks.into());
        if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos}/{len} chunks, {msg}") {
            bar.set_style(style);
        }
        Self { bar, said: String::new() }
    }

    /// Shows that `done` chunks are done.
    pub fn show(&mut self, done: u32, message: String) {
        if self.bar.is_hidden() {
            let line = format!("{done}/{} chunks, {message}", self.bar.length().unwrap_or_default());
            if line != self.said {
                // Whoever does not read any more need not know.
                let _ = writeln!(std::io::stderr(), "{line}");
                self.said = line;
            }
        } else {
            self.bar.set_message(message);
            self.bar.set_position(done.into());
        }
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// How far a job is, besides its number of chunks done.
pub fn message(job: &Job, token: &Token) -> String {
    let mut parts = vec![state_name(job.state).to_owned(), format!("{} open", job.open)];
    if job.failed > 0 {
        parts.push(format!("{} failed", job.failed));
    }
    parts.push(format!("{} paid", token.show(job.paid)));
    if job.burnt > 0 {
        parts.push(format!("{} burnt", token.show(job.burnt)));
    }
    parts.join(", ")
}

/// What became of a job that has ended.
pub fn summary(job: &Job, token: &Token) -> String {
    format!(
        "Job {} has ended: {} of {} chunks settled, {} failed. Paid {}, burnt {}, given back {}.",
        job.id,
        job.settled,
        job.chunks,
        job.failed,
        token.show(job.paid),
        token.show(job.burnt),
        token.show(refunded(job))
    )
}

/// Follows a job until it has ended. Only an error of the chain's own ends it sooner: nodes that cannot be reached are waited for
/// as long as `client` waits.
pub async fn follow(client: &Client, id: JobId, token: &Token) -> Result<End, Error> {
    let mut progress: Option<Progress> = None;
    let end = loop {
        match (client.job(id).await?, &mut progress) {
            (None, None) => break End::Unknown,
            (None, Some(_)) => break End::Closed,
            (Some(job), _) if job.state == JobState::Ended => break End::Ended(Box::new(job)),
            (Some(job), shown) => {
                let done = job.settled.saturating_add(job.failed);
                shown.get_or_insert_with(|| Progress::new(job.chunks)).show(done, message(&job, token));
            },
        }
        tokio::time::sleep(POLL).await;
    };
    if let Some(progress) = progress {
        progress.clear();
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::job;

    #[test]
    fn what_is_out_of_the_ordinary_is_said_and_nothing_else() {
        let token = Token { symbol: "VCH".into(), decimals: 1 };
        let running = Job { open: 2, paid: 25, ..job(3) };
        assert_eq!(message(&running, &token), "running, 2 open, 2.5 VCH paid");
        let failing = Job { failed: 1, burnt: 5, state: JobState::Finishing, ..running };
        assert_eq!(message(&failing, &token), "finishing, 2 open, 1 failed, 2.5 VCH paid, 0.5 VCH burnt");
    }

    #[test]
    fn summary_accounts_for_all_that_was_held() {
        let token = Token::default();
        let ended = Job { state: JobState::Ended, settled: 3, paid: 36, burnt: 6, escrow: 0, ..job(3) };
        let text = summary(&ended, &token);
        assert!(text.contains("3 of 3 chunks settled") && text.contains("given back 66 planck"), "{text}");
    }
}
