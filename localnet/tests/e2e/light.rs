//! A device's owner who trusts no node.

use crate::{on, ROUNDS};
use anyhow::{ensure, Context};
use vouch_localnet::{devices, process::succeed, wait::until, Localnet};

#[test]
fn owner_registers_earns_and_claims_through_a_light_client() {
    on(Localnet::builder().devices(1), async |net| {
        let device = &net.devices[0];
        let spec = net.specification().await?;
        let look = || async {
            let pending = net.client().pending_reward(device.id()).await?.context("registered")?;
            Ok((pending.accrued > 0).then_some(pending.accrued))
        };
        let accrued = until("the device to accrue tokens", ROUNDS, look).await?;
        // A light client that begins now begins with what is final.
        net.nodes[0].finalizes(net.client().best().await?.number, ROUNDS).await?;

        // WHEN the owner asks through a client that checks every answer against the chain's finality by itself
        let light = format!("--light={}", spec.display());
        let status = succeed(devices::cli(device.config(), ["status", "--json", &light]).await?)?;
        let status: serde_json::Value = serde_json::from_str(&status)?;
        let told = &status["devices"][0];
        ensure!(told["id"] == format!("0x{}", hex::encode(AsRef::<[u8]>::as_ref(device.id()))), "{status}");
        ensure!(told["accrued"].as_str().context("an amount")?.parse::<u128>()? >= accrued, "{status}");

        // THEN what it says is what the node says as of the same block, and a claim goes through it too.
        let number = status["block"].as_u64().context("a number")? as u32;
        let at = net.client().at(net.nodes[0].rpc().block_hash(number).await?);
        let pending = at.pending(device.id()).await?.context("registered")?;
        ensure!(told["accrued"] == (pending[0].accrued + pending[1].accrued).to_string(), "{told} and {pending:?}");
        let claim = ["claim", "--owner-suri", device.owner(), "--wait", "final", &light];
        let said = succeed(devices::cli(device.config(), claim).await?)?;
        let number = said.split_once("Block ").and_then(|(_, rest)| rest.split(':').next()).context(said.clone())?;
        let claimed = net.client().at(net.nodes[0].rpc().block_hash(number.parse()?).await?);
        let left = claimed.pending_reward(device.id()).await?.context("registered")?.accrued;
        ensure!(left == 0, "{left} are left: {said}");
        Ok(())
    });
}

#[test]
fn light_client_of_another_chain_or_of_none_is_refused_with_the_reason() {
    on(Localnet::builder().devices(1), async |net| {
        let device = &net.devices[0];
        let spec = net.specification().await?;
        let refused = async |light: &str| -> anyhow::Result<String> {
            let output = devices::cli(device.config(), ["status", light]).await?;
            ensure!(!output.status.success(), "{light} was taken");
            Ok(String::from_utf8_lossy(&output.stderr).into_owned())
        };
        let error = refused("--light=/nowhere/chain-spec.json").await?;
        ensure!(error.contains("is not there") && error.contains("export-chain-spec"), "{error}");

        // The device is pinned to its chain: a specification of another is no way around that.
        let mut other: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&spec)?)?;
        other["bootNodes"] = serde_json::json!([]);
        let file = spec.with_file_name("lonely.json");
        std::fs::write(&file, other.to_string())?;
        let error = refused(&format!("--light={}", file.display())).await?;
        ensure!(error.contains("names no bootNodes"), "{error}");
        Ok(())
    });
}
