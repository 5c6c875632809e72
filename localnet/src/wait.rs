//! Waiting for a condition instead of for a time.

use anyhow::anyhow;
use std::time::{Duration, Instant};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(250);

/// Looks until `look` finds something, and returns it. Gives up after `bound` with a message that says what was waited for and
/// what the last look said; errors are looks without success, because nodes and devices come and go.
pub async fn until<T>(
    what: &str,
    bound: Duration,
    mut look: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let start = Instant::now();
    loop {
        // One look may hang, on a node that was stopped in mid-answer.
        let failure = match tokio::time::timeout(bound, look()).await {
            Ok(Ok(Some(found))) => return Ok(found),
            Ok(Ok(None)) => None,
            Ok(Err(error)) => Some(format!("{error:#}")),
            Err(_) => Some("no answer".to_owned()),
        };
        if start.elapsed() >= bound {
            let last = failure.map(|error| format!("; last error: {error}")).unwrap_or_default();
            return Err(anyhow!("gave up after {} s waiting for {what}{last}", bound.as_secs()));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[tokio::test]
    async fn returns_what_is_found_and_passes_over_errors() {
        let looks = Cell::new(0);
        let look = || async {
            looks.set(looks.get() + 1);
            match looks.get() {
                1 => Ok(None),
                2 => Err(anyhow!("not yet")),
                n => Ok(Some(n)),
            }
        };
        assert_eq!(until("three", Duration::from_secs(9), look).await.unwrap(), 3);
    }

    #[tokio::test]
    async fn gives_up_and_says_on_what() {
        let bound = Duration::ZERO;
        let error =
            until("the end", bound, || async { Err::<Option<()>, _>(anyhow!("still here")) }).await.unwrap_err();
        assert_eq!(error.to_string(), "gave up after 0 s waiting for the end; last error: still here");
    }
}
