//! `vouch_`: what wallets and explorers ask a node, and what they are told when they ask wrongly.

use crate::{on, ROUNDS};
use anyhow::{bail, ensure, Context};
use serde_json::{json, Value};
use std::{slice, time::Duration};
use subxt::rpcs::{rpc_params, RpcClient};
use vouch_device::chain::Wait;
use vouch_localnet::{
    devices::{account, keypair},
    wait::until,
    Localnet,
};

/// Messages are due with the next round at the latest; a busy machine takes its time.
const MESSAGE: Duration = Duration::from_secs(120);

#[test]
fn answers_are_those_of_the_runtime_as_of_the_same_block() {
    on(Localnet::builder().devices(3), async |net| {
        let (client, rpc) = (net.client(), net.nodes[0].rpc());
        let device = net.devices[0].id();
        let look = || async {
            let explained = client.explain(device).await?.context("registered")?;
            Ok(explained.last.filter(|last| last.amount > 0))
        };
        until("an epoch to pay the device", ROUNDS, look).await?;
        let head = client.best().await?;
        let (at, hash) = (client.at(head.hash), json!(format!("{:?}", head.hash)));
        let ask = async |method: &str, arguments: Vec<Value>| {
            rpc.request(method, [arguments, vec![hash.clone()]].concat().into()).await
        };

        let (told, known) = (ask("vouch_network", vec![]).await?, at.network().await?);
        ensure!(told["round"] == known.round && told["devices"] == 3 && told["probers"] == 1, "{told}");
        ensure!(told["emission"] == known.emission.to_string(), "amounts are strings: {told}");

        let told = ask("vouch_epoch", vec![]).await?;
        ensure!(told["index"] == known.epoch && told["uptime"]["budget"] == known.uptime_budget.to_string(), "{told}");
        let left = told["blocksLeft"].as_u64().context("a number")?;
        let most = u64::from(known.round_length * known.rounds_per_epoch);
        ensure!((1..=most).contains(&left), "{left} of {most} blocks are left: {told}");

        let told = ask("vouch_projectedRewards", vec![]).await?;
        ensure!(told.as_array().map(Vec::len) == Some(3) && told[0]["class"]["name"] == "standard", "{told}");
        // 125 percent of 10,000 points for each of two rounds.
        ensure!(told[0]["points"] == 25_000 && told[0]["reward"].is_string(), "{told}");

        let (told, known) = (ask("vouch_device", vec![json!(device.to_string())]).await?, at.device(device).await?);
        let known = known.context("registered")?;
        ensure!(told["owner"] == known.owner.to_string() && told["streak"] == known.streak, "{told}");
        ensure!(told["endpoint"] == known.endpoint.context("it has one")?.to_string(), "{told}");
        ensure!(told["history"].as_str().map(str::len) == Some(32) && told["bond"] == known.bond.to_string(), "{told}");
        let hex = json!(format!("0x{}", hex::encode(AsRef::<[u8]>::as_ref(device))));
        ensure!(ask("vouch_device", vec![hex]).await? == told, "hexadecimal names the same device");

        let (told, known) = (ask("vouch_explain", vec![json!(device.to_string())]).await?, at.explain(device).await?);
        let known = known.context("registered")?;
        ensure!(told["uptime"]["accrued"] == known.pending.accrued.to_string(), "{told}");
        let last = known.last.context("an epoch has closed")?;
        ensure!(
            told["last"]["amount"] == last.amount.to_string() && told["last"]["roundsUp"] == last.rounds_up,
            "{told}"
        );
        // To the planck: points times rate.
        ensure!(
            last.amount == u128::from(last.points) * last.rate && last.epoch + 1 == known.pending.epoch,
            "{last:?}"
        );
        ensure!(told["reasons"].as_array().is_some_and(|reasons| reasons.contains(&json!("shortStreak"))), "{told}");

        let told = ask("vouch_committee", vec![json!(device.to_string())]).await?;
        ensure!(told["members"].as_array().map(Vec::len) == Some(1), "one validator, one member: {told}");

        let validator = account("//Alice")?.to_string();
        let told = ask("vouch_prober", vec![json!(validator)]).await?;
        ensure!(told["validator"] == validator && told["accuracy"] == 1_000, "{told}");
        Ok(())
    });
}

#[test]
fn owners_devices_come_in_pages_and_all_of_them() {
    on(Localnet::builder().devices(8), async |net| {
        let (rpc, owner) = (net.nodes[0].rpc(), account("//Alice")?.to_string());
        let mut known = net.client().devices_of(&account("//Alice")?).await?;
        known.sort();
        let (mut after, mut seen) = (Value::Null, Vec::new());
        loop {
            let page = rpc.request("vouch_devices", json!([owner, after, 1])).await?;
            for entry in page["entries"].as_array().context("entries")? {
                let device = entry["device"].as_str().context("a device")?;
                ensure!(net.devices.iter().any(|own| own.id().to_string() == device), "{device} is nobody's");
                seen.push(device.to_owned());
            }
            after = page["next"].clone();
            if after.is_null() {
                break;
            }
            ensure!(seen.len() <= known.len(), "pages do not end");
        }
        let expected: Vec<_> = known.iter().map(ToString::to_string).collect();
        seen.sort();
        let mut expected = expected;
        expected.sort();
        // Eight devices of six owners: the first has two.
        ensure!(seen == expected && seen.len() == 2, "{seen:?} and {expected:?}");
        let page = rpc.request("vouch_devices", json!([account("//Alice//stash")?.to_string()])).await?;
        ensure!(page == json!({ "entries": [], "next": null }), "who has none has an empty page: {page}");
        Ok(())
    });
}

#[test]
fn wrong_questions_get_documented_errors_and_the_node_goes_on() {
    on(Localnet::builder().devices(1), async |net| {
        let rpc = net.nodes[0].rpc();
        let (device, stranger) = (net.devices[0].id().to_string(), account("//Stranger")?.to_string());
        let foreign = format!("0x{}", "77".repeat(32));
        let cases = [
            ("vouch_device", json!([stranger]), 12_003),
            ("vouch_explain", json!([stranger]), 12_003),
            ("vouch_committee", json!([stranger]), 12_003),
            ("vouch_prober", json!([stranger]), 12_004),
            ("vouch_device", json!([device, foreign]), 12_001),
            ("vouch_network", json!([foreign]), 12_001),
            ("vouch_devices", json!([device, null, 0]), 12_005),
            ("vouch_devices", json!([device, null, 1_001]), 12_005),
            ("vouch_devices", json!([device, null, -1]), -32_602),
            ("vouch_device", json!([]), -32_602),
            ("vouch_device", json!(["5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ"]), -32_602),
            ("vouch_device", json!(["0x1234"]), -32_602),
            ("vouch_device", json!([7]), -32_602),
            ("vouch_network", json!(["latest"]), -32_602),
            // Which would take minutes to decode, longer than an answer is waited for.
            ("vouch_devices", json!(["x".repeat(1 << 20)]), -32_602),
            ("system_accountNextIndex", json!(["x".repeat(1 << 20)]), -32_602),
            ("system_accountNextIndex", json!({ "account": "x".repeat(1 << 20) }), -32_602),
            ("system_accountNextIndex", json!({ "name": "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY" }), -32_602),
            ("vouch_nothing", json!([]), -32_601),
        ];
        for (method, arguments, code) in cases {
            match rpc.request(method, arguments.clone()).await {
                Ok(answer) => bail!("{method} answers {answer}"),
                Err(error) => {
                    let text = error.to_string();
                    ensure!(text.contains(&format!("\"code\":{code}")), "{method}: {code} expected, {text}");
                },
            }
        }
        // Nonces are told in both ways of asking.
        let alice = account("//Alice")?.to_string();
        let nonce = rpc.request("system_accountNextIndex", json!([alice])).await?;
        ensure!(nonce.is_u64(), "{nonce}");
        ensure!(rpc.request("system_accountNextIndex", json!({ "account": alice })).await? == nonce, "{nonce}");
        // A block whose state has no such answer: there were no rounds before the first.
        let genesis = format!("{:?}", net.genesis());
        ensure!(
            rpc.request("vouch_network", json!([genesis])).await?["devices"] == 0,
            "the first block had no devices"
        );
        let ws = RpcClient::from_insecure_url(net.nodes[0].url()).await?;
        let refused = ws
            .subscribe::<Value>("vouch_subscribeDevice", rpc_params![stranger], "vouch_unsubscribeDevice")
            .await
            .map(drop)
            .unwrap_err();
        ensure!(refused.to_string().contains("not registered"), "{refused}");
        ensure!(rpc.request("vouch_device", json!([device])).await?["device"] == device, "it goes on");
        Ok(())
    });
}

/// The next message of a subscription.
macro_rules! next {
    ($subscription:expr) => {
        tokio::time::timeout(MESSAGE, $subscription.next()).await.context("no message came")?.context("it ended")?
    };
}

#[test]
fn subscribers_are_told_of_rounds_epochs_and_of_a_device_until_it_is_gone() {
    on(Localnet::builder().devices(2), async |net| {
        // What is told is final.
        net.nodes[0].finalizes(net.client().best().await?.number, ROUNDS).await?;
        let ws = RpcClient::from_insecure_url(net.nodes[0].url()).await?;
        let device = net.devices[1].id().clone();
        let mut rounds =
            ws.subscribe::<Value>("vouch_subscribeRounds", rpc_params![], "vouch_unsubscribeRounds").await?;
        let mut epochs =
            ws.subscribe::<Value>("vouch_subscribeEpochs", rpc_params![], "vouch_unsubscribeEpochs").await?;
        let mut updates = ws
            .subscribe::<Value>("vouch_subscribeDevice", rpc_params![device.to_string()], "vouch_unsubscribeDevice")
            .await?;

        let first = next!(updates)?;
        ensure!(first["id"] == device.to_string() && first["device"]["device"] == device.to_string(), "{first}");

        // Rounds are told in order, each as complete as can be once its cohort is judged.
        let mut last = None;
        for _ in 0..4 {
            let told = next!(rounds)?;
            let round = told["round"].as_u64().context("a round")?;
            ensure!(last.is_none_or(|last| round >= last), "round {round} after {last:?}");
            ensure!(told["cohorts"] == 1 && told["complete"] == true, "{told}");
            if told["cohortsJudged"] == 1 {
                ensure!(told["reports"] == 1 && told["devicesUp"].as_u64() <= told["devicesJudged"].as_u64(), "{told}");
            }
            last = Some(round);
        }

        // An epoch that closes is told with the one that follows, and its rate is what the chain keeps.
        let running = next!(epochs)?;
        ensure!(running["closed"].is_null(), "{running}");
        let told = next!(epochs)?;
        let (closed, running) = (&told["closed"], &told["running"]);
        ensure!(running["index"].as_u64() == closed["index"].as_u64().map(|index| index + 1), "{told}");
        ensure!(running["uptime"]["lastRate"] == closed["uptimeRate"], "{told}");

        // What happens to the device is told: that it leaves, and that it is gone.
        net.client().deregister(&keypair(net.devices[1].owner())?, slice::from_ref(&device), Wait::Included).await?;
        let mut leaving = false;
        let mut release = false;
        loop {
            let told = next!(updates)?;
            if told["device"].is_null() {
                ensure!(leaving, "it is gone and never left");
                break;
            }
            if told["device"]["state"]["kind"] == "leaving" {
                leaving = true;
            }
            if leaving && !release {
                release = true;
                let (client, signer, device) = (net.client().clone(), keypair("//Ferdie")?, device.clone());
                let done =
                    async move || Ok(client.release(&signer, slice::from_ref(&device), Wait::Included).await.ok());
                until("the device to be released", ROUNDS, done).await?;
            }
        }
        Ok(())
    });
}
