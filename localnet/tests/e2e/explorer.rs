//! The explorer's page in a real browser. Its own tests are in `explorer/e2e`; here is the chain that they look at.

use crate::long_on;
use anyhow::{ensure, Context};
use std::{num::NonZeroUsize, path::Path, time::Duration};
use tokio::process::Command;
use vouch_localnet::{explorer::Explorer, Localnet};

/// How long all of them may take.
const TESTS: Duration = Duration::from_secs(900);

#[test]
fn page_shows_the_chain_registers_and_claims_in_a_browser() {
    long_on(Localnet::builder().devices(3).cores(Some(NonZeroUsize::MIN)), async |net| {
        let explorer = Explorer::serve().await?.context("the page is not built: run scripts/explorer")?;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../explorer");
        let mut tests = Command::new("npm");
        tests
            .args(["run", "--silent", "e2e"])
            .current_dir(folder)
            .env("VOUCH_WS", net.nodes[0].url())
            .env("VOUCH_EXPLORER", explorer.url())
            .kill_on_drop(true);
        let output = tokio::time::timeout(TESTS, tests.output()).await.context("the browser's tests did not end")??;
        let said = String::from_utf8_lossy(&output.stdout);
        println!("{said}");
        ensure!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
        ensure!(said.contains(" passed") && !said.contains(" skipped"), "{said}");
        net.ensure_running()
    });
}
