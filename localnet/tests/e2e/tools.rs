//! The node's metrics, and the tools that its binary brings.

use crate::{beside, on};
use anyhow::{ensure, Context};
use std::ffi::OsStr;
use tokio::process::Command;
use vouch_localnet::{
    binaries::Binary,
    process::{output, succeed},
    Localnet,
};

/// Runs a tool of the node's binary and returns what it printed.
async fn tool(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> anyhow::Result<String> {
    let mut command = Command::new(Binary::Node.path()?);
    command.args(arguments);
    succeed(output(command).await?)
}

/// Whether a line is a comment or a sample of Prometheus' text format.
fn is_prometheus(line: &str) -> bool {
    let sample = || {
        let (name, value) = line.rsplit_once(' ')?;
        let name = name.split('{').next()?;
        let valid = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':');
        Some(valid && !name.is_empty() && value.parse::<f64>().is_ok())
    };
    line.is_empty() || line.starts_with("# HELP ") || line.starts_with("# TYPE ") || sample() == Some(true)
}

#[test]
fn metrics_are_prometheus_text() {
    on(Localnet::builder(), async |net| {
        let node = &net.nodes[0];
        node.finalizes(1, crate::ROUNDS).await?;
        let answer =
            reqwest::Client::builder().no_proxy().build()?.get(node.metrics_url()).send().await?.error_for_status()?;
        let kind = answer.headers().get("content-type").context("a content type")?.to_str()?.to_owned();
        ensure!(kind.starts_with("text/plain"), "{kind}");
        let text = answer.text().await?;
        for line in text.lines() {
            ensure!(is_prometheus(line), "not Prometheus text: {line}");
        }
        ensure!(text.contains("substrate_block_height{status=\"finalized\""), "no finalised height among the metrics");
        Ok(())
    });
}

#[test]
fn tools_work_on_the_chain_that_a_node_left_behind() {
    on(Localnet::builder(), async |net| {
        let node = &mut net.nodes[0];
        node.finalizes(3, crate::ROUNDS).await?;
        let [genesis, first] = [node.rpc().block_hash(0).await?, node.rpc().block_hash(1).await?];
        node.stop().await?;
        let (base, folder) = (node.base_path().as_os_str().to_owned(), node.base_path().with_file_name("exported"));
        std::fs::create_dir_all(&folder)?;
        let on_chain =
            |tool: &str| vec![OsStr::new(tool).to_owned(), "--dev".into(), "--base-path".into(), base.clone()];

        let exported = folder.join("blocks");
        let mut export = on_chain("export-blocks");
        export.extend(["--to".into(), "3".into(), exported.clone().into_os_string()]);
        tool(export).await?;
        ensure!(std::fs::metadata(&exported)?.len() > 0, "blocks were exported");

        let mut check = on_chain("check-block");
        check.push("2".into());
        tool(check).await?;

        // The exported blocks make the same chain again, in another place.
        let copy = folder.join("copy");
        let mut import = vec![OsStr::new("import-blocks").to_owned(), "--dev".into(), "--base-path".into()];
        import.extend([copy.clone().into_os_string(), exported.into_os_string()]);
        tool(import).await?;

        let mut purge = on_chain("purge-chain");
        purge.push("-y".into());
        tool(purge).await?;
        node.restart().await?;
        ensure!(node.rpc().block_hash(0).await? == genesis, "the same chain");
        node.finalizes(1, crate::ROUNDS).await?;
        ensure!(node.rpc().block_hash(1).await? != first, "begins anew");
        Ok(())
    });
}

#[test]
fn keys_and_chain_specs_are_made_without_a_node() {
    beside(async {
        let key = tool(["key", "generate", "--output-type", "json"]).await?;
        let key: serde_json::Value = serde_json::from_str(&key)?;
        ensure!(
            key["secretPhrase"].as_str().is_some_and(|phrase| phrase.split(' ').count() == 12),
            "a phrase of twelve words"
        );

        for (chain, id, validators) in [("dev", "vouch_dev", 1), ("local", "vouch_local", 4)] {
            let spec: serde_json::Value = serde_json::from_str(&tool(["export-chain-spec", "--chain", chain]).await?)?;
            ensure!(spec["id"] == id && spec["properties"]["tokenSymbol"] == "VCH", "{}", spec["properties"]);
            let keys = &spec["genesis"]["runtimeGenesis"]["patch"]["session"]["keys"];
            ensure!(
                keys.as_array().is_some_and(|keys| keys.len() == validators),
                "{chain} has {validators} validators: {keys}"
            );
            ensure!(spec["telemetryEndpoints"].is_null(), "telemetry is off");
        }
        let refused = tool(["export-chain-spec", "--chain", "/nonexistent.json"]).await;
        ensure!(refused.is_err(), "a chain that does not exist");
        Ok(())
    });
}
