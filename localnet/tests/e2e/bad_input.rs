//! What people, programs and attackers get wrong: each gets an answer that says what is wrong, and nothing stops working.

use crate::on;
use anyhow::{ensure, Context};
use codec::Encode;
use futures::future::join_all;
use polkadot_sdk::sp_core::H256;
use serde_json::json;
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    slice,
};
use vouch_device::{
    chain::{Call, Error, Registration, Wait},
    prober::Prober,
    swarm::Swarm,
};
use vouch_localnet::{
    devices::{account, cli, keypair, Device},
    network::OWNERS,
    node::{Chain, Duty, Node},
    ports,
    process::succeed,
    Localnet,
};
use vouch_primitives::{
    probe::{Challenge, CHALLENGE_BYTES, PROBE_PATH},
    DeviceId, Endpoint,
};

/// A command of the agent's binary that must fail, and what it said.
async fn fails(config: PathBuf, arguments: &[&str]) -> anyhow::Result<String> {
    match succeed(cli(&config, arguments).await?) {
        Ok(out) => anyhow::bail!("{arguments:?} succeeded: {out}"),
        Err(error) => Ok(error.to_string()),
    }
}

/// A copy of the device's configuration, keys and all, in which `from` is replaced.
fn variant(device: &Device, name: &str, from: &str, to: &str) -> anyhow::Result<PathBuf> {
    let text = fs::read_to_string(device.config())?;
    ensure!(text.contains(from), "the configuration contains {from}:\n{text}");
    let path = device.config().with_file_name(name);
    fs::write(&path, text.replace(from, to))?;
    Ok(path)
}

#[test]
fn agent_says_clearly_what_is_wrong() {
    on(Localnet::builder(), async |net| {
        let url = net.nodes[0].url();
        let device = Device::create(0, OWNERS[0], None, slice::from_ref(&url), net.folder()).await?;
        let config = || device.config().to_path_buf();

        // Not registered.
        let status = device.cli(["status"]).await?;
        ensure!(status.contains("Not registered"), "{status}");
        let said = fails(config(), &["claim", "--owner-suri", "//Alice"]).await?;
        ensure!(said.contains("not registered") && said.contains("nothing to claim"), "{said}");

        // No node there.
        let nowhere = format!("ws://127.0.0.1:{}", ports::free()?);
        let said = fails(variant(&device, "nowhere.toml", &url, &nowhere)?, &["status"]).await?;
        ensure!(said.contains("no node reachable") && said.contains(&nowhere), "{said}");

        // A node of another chain.
        let other = Node::start(Chain::Local, 1, Duty::Probes, net.folder(), Vec::new()).await?;
        let said = fails(variant(&device, "other.toml", &url, &other.url())?, &["register", "--owner-suri", "//Alice"])
            .await?;
        ensure!(said.contains("wrong chain") && said.contains(&other.url()), "{said}");
        drop(other);

        // An owner who cannot pay, by how much.
        let said = fails(config(), &["register", "--owner-suri", "//Pauper"]).await?;
        ensure!(said.contains("balance too low") && said.contains("missing") && said.contains("VCH"), "{said}");

        // An endpoint where nobody answers: a warning, because only validators can really tell.
        let address = device.address().to_string();
        let deaf = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free()?)).to_string();
        let config =
            variant(&device, "deaf.toml", &format!("endpoint = \"{address}\""), &format!("endpoint = \"{deaf}\""))?;
        let said = succeed(cli(&config, ["register", "--owner-suri", "//Alice", "--wait", "included"]).await?)?;
        ensure!(said.contains("endpoint not reachable") && said.contains(&deaf), "{said}");
        Ok(())
    });
}

#[test]
fn malformed_foreign_and_too_many_probes_are_refused_with_a_reason() {
    on(Localnet::builder().devices(1), async |net| {
        let device = &net.devices[0];
        let http = reqwest::Client::builder().no_proxy().build()?;
        let url = Endpoint::from(device.address()).url(PROBE_PATH);
        let post = |body: Vec<u8>| http.post(&url).body(body).send();
        let genuine = Prober::new(net.genesis())?.challenge(device.id());

        for (body, status, reason) in [
            (b"hello".to_vec(), 400, "malformed"),
            (vec![7; CHALLENGE_BYTES - 1], 400, "malformed"),
            (Challenge { genesis: H256::repeat_byte(1), ..genuine.clone() }.encode(), 409, "wrong chain"),
            (Challenge { device: DeviceId::new([1; 32]), ..genuine.clone() }.encode(), 404, "unknown device"),
            (vec![7; 100_000], 413, "too long"),
        ] {
            // The agent may close the connection before a long body is sent.
            match post(body).await {
                Ok(answer) => {
                    ensure!(answer.status().as_u16() == status, "{reason}: HTTP {}", answer.status());
                    let text = answer.text().await?;
                    ensure!(text.contains(reason), "{text}");
                },
                Err(error) => ensure!(status == 413, "{reason}: {error}"),
            }
        }
        ensure!(post(genuine.encode()).await?.status().is_success(), "a right challenge is answered");

        // A flood from one address: some are answered, the rest are told that they are too many.
        let flood = join_all((0..600).map(|_| post(genuine.encode()))).await;
        let statuses: Vec<_> = flood.into_iter().flatten().map(|answer| answer.status().as_u16()).collect();
        ensure!(statuses.contains(&200) && statuses.contains(&429), "{statuses:?}");
        ensure!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
        net.ensure_running()
    });
}

#[test]
fn refused_transactions_have_errors_of_their_own_and_the_node_goes_on() {
    on(Localnet::builder().devices(1), async |net| {
        let (client, node) = (net.client(), &net.nodes[0]);
        let (alice, bob) = (keypair("//Alice")?, keypair("//Bob")?);
        let id = net.devices[0].id().clone();

        for garbage in ["0x", "0x00", "0x1234", "0x45028400ffffffff", "not even hexadecimal"] {
            let answer = node.rpc().request("author_submitExtrinsic", json!([garbage])).await;
            ensure!(answer.is_err(), "{garbage} was taken: {answer:?}");
        }
        let long = format!("0x{}", "ff".repeat(6 * 1024 * 1024));
        ensure!(node.rpc().request("author_submitExtrinsic", json!([long])).await.is_err(), "six megabytes were taken");

        let key = Swarm::key("bad input", 0);
        let register = |owner: &str, endpoint: &str| -> anyhow::Result<Call> {
            let endpoint: SocketAddr = endpoint.parse()?;
            let owner = account(owner)?;
            Ok(Call::register(&Registration::new(&key, net.genesis(), &owner, 0, 0, Some(endpoint.into()), None)))
        };
        let unknown_class = Registration::new(&key, net.genesis(), &account("//Alice")?, 0, 200, None, None);
        let again = Registration { device: id.clone(), ..unknown_class.clone() };
        for (call, signer, expected) in [
            (Call::claim(&[key.id().clone()]), &alice, "UnknownDevice"),
            (Call::deregister(&id), &bob, "NotOwner"),
            (Call::deregister(key.id()), &alice, "NotFound"),
            (Call::release(&id), &alice, "NotLeaving"),
            // Nobody can connect to these, on no chain.
            (register("//Alice", "127.0.0.1:0")?, &alice, "EndpointNotAllowed"),
            (register("//Alice", "0.0.0.0:80")?, &alice, "EndpointNotAllowed"),
            (register("//Alice", "[ff02::1]:80")?, &alice, "EndpointNotAllowed"),
            // A proof for Alice in Bob's hands.
            (register("//Alice", "127.0.0.1:80")?, &bob, "BadProof"),
            (Call::register(&unknown_class), &alice, "UnknownClass"),
            (Call::register(&Registration { class: 0, ..again }), &alice, "AlreadyRegistered"),
        ] {
            let shown = call.to_string();
            match client.submit(call, signer, Wait::Included).await {
                Err(Error::Failed(failure)) => {
                    ensure!(failure.name == expected, "{shown}: {failure} instead of {expected}");
                    ensure!(!failure.docs.is_empty(), "{expected} is explained");
                },
                other => anyhow::bail!("{shown} should fail with {expected}: {other:?}"),
            }
        }

        // Nobody's fee.
        let pauper = client.submit(Call::claim(&[id]), &keypair("//Pauper")?, Wait::Included).await;
        ensure!(matches!(pauper, Err(Error::Refused(_))), "{pauper:?}");
        let best = client.best().await?.number;
        node.finalizes(best, crate::ROUNDS).await.context("the node goes on")
    });
}
