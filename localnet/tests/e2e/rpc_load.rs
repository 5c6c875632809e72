//! A node with ten thousand devices and as many subscribers: how long answers take, and whether it stays healthy.

use crate::{alone_on, ROUNDS};
use anyhow::{ensure, Context};
use codec::Encode;
use futures::{future::try_join_all, stream, StreamExt, TryStreamExt};
use polkadot_sdk::sp_io::hashing::{blake2_128, twox_128};
use serde_json::{json, Value};
use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Instant,
};
use subxt::rpcs::{rpc_params, RpcClient};
use vouch_device::{
    chain::{Registration, Wait, BATCH},
    swarm::Swarm,
};
use vouch_localnet::{
    devices::{account, keypair},
    rpc::Rpc,
    wait::until,
    Localnet,
};

const DEVICES: usize = 10_000;

/// Subscriptions of one connection; a node takes 1,024.
const PER_CONNECTION: usize = 1_000;

/// Of these, how many are asked for at a time.
const AT_ONCE: usize = 64;

/// Subscriptions that a node takes of all connections together.
const MAX_SUBSCRIPTIONS: usize = 16_384;

/// Questions asked to find out how long one takes.
const QUESTIONS: usize = 1_000;

/// How long one question in two and in a hundred takes, in milliseconds.
async fn measure(
    rpc: &Rpc,
    what: &str,
    questions: usize,
    ask: impl Fn(usize) -> (&'static str, Value),
) -> anyhow::Result<[f64; 2]> {
    let mut times = Vec::with_capacity(questions);
    for n in 0..questions {
        let (method, arguments) = ask(n);
        let start = Instant::now();
        let answer = rpc.request(method, arguments).await?;
        times.push(start.elapsed().as_secs_f64() * 1_000.0);
        ensure!(!answer.is_null(), "{what} answers null");
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let [median, late] = [at(0.5), at(0.99)];
    println!("{what}: p50 {median:.2} ms, p99 {late:.2} ms, of {questions}");
    Ok([median, late])
}

#[test]
fn answers_stay_quick_and_the_node_healthy_with_ten_thousand_devices_and_subscriptions() {
    // It does not probe: nothing but questions shall take its time.
    alone_on(Localnet::builder().idle(0), async |net| {
        let owner = account("//Alice")?;
        let swarm = Swarm::start(net.genesis(), "crowd", DEVICES, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        // Sensors, which take the smallest bond.
        let registrations = swarm.registrations(&owner, 1);
        swarm.stop().await?;
        register(net, &registrations).await?;
        let devices: Vec<_> = registrations.iter().map(|registration| registration.device.clone()).collect();
        ensure!(net.client().network().await?.devices == DEVICES as u32, "all are registered");
        // Subscriptions tell what is final.
        net.nodes[0].finalizes(net.client().best().await?.number, ROUNDS).await?;

        let rpc = net.nodes[0].rpc();
        let device = |n: usize| &devices[n % DEVICES];
        let key = |n: usize| {
            let id = device(n).encode();
            let key = [&twox_128(b"Devices")[..], &twox_128(b"Devices"), &blake2_128(&id), &id].concat();
            format!("0x{}", hex::encode(key))
        };
        let storage = measure(rpc, "state_getStorage", QUESTIONS, |n| ("state_getStorage", json!([key(n)]))).await?;
        let single =
            measure(rpc, "vouch_device", QUESTIONS, |n| ("vouch_device", json!([device(n).to_string()]))).await?;
        measure(rpc, "vouch_explain", QUESTIONS, |n| ("vouch_explain", json!([device(n).to_string()]))).await?;
        let page = |_| ("vouch_devices", json!([owner.to_string(), null, 1_000]));
        let page = measure(rpc, "vouch_devices, 1,000 of 10,000", 100, page).await?;
        // Generous, for machines that do something else besides; what was measured is printed.
        ensure!(single[0] < 20.0 + 10.0 * storage[0] && page[0] < 2_000.0, "{storage:?} {single:?} {page:?}");

        let memory = net.nodes[0].memory()?;
        let before = net.client().finalized().await?.number;
        let start = Instant::now();
        let subscribed = devices.chunks(PER_CONNECTION).map(|devices| subscribe(net.nodes[0].url(), devices));
        let connections = try_join_all(subscribed).await?;
        println!("{DEVICES} subscriptions told their device once, in {:.1} s", start.elapsed().as_secs_f64());
        // A connection that asks for more than it may have is refused, and keeps what it has.
        let (ws, _) = &connections[0];
        let more = futures::future::join_all((0..100).map(|_| rounds(ws)));
        let refused = more.await.into_iter().filter(Result::is_err).count();
        ensure!(refused >= 76, "{refused} of 100 subscriptions beyond 1,024 were refused");

        let busy =
            measure(rpc, "vouch_device, meanwhile", QUESTIONS, |n| ("vouch_device", json!([device(n).to_string()])))
                .await?;
        // Blocks go on being made and finalised while all rounds are told to everybody.
        let reached = net.client().finalized().await?.number;
        net.nodes[0].finalizes(reached + 6, ROUNDS).await?;
        let (after, elapsed) = (net.client().finalized().await?.number, start.elapsed().as_secs_f64());
        let blocks = f64::from(after - before);
        let grown = net.nodes[0].memory()?.saturating_sub(memory);
        println!(
            "{DEVICES} subscriptions: {blocks} blocks finalised in {elapsed:.0} s, memory {memory} kB and {grown} kB more; \
             p50 {:.2} ms meanwhile",
            busy[0]
        );
        ensure!(blocks >= elapsed / 6.0 * 0.7, "finality fell behind: {blocks} blocks in {elapsed} s");
        ensure!(grown < 1_000_000, "{grown} kB for {DEVICES} subscriptions");

        // The node takes so many and no more, says so, and takes others again once some are gone.
        let mut crowds = Vec::new();
        let refusal = loop {
            ensure!(crowds.len() * PER_CONNECTION < MAX_SUBSCRIPTIONS, "the node takes ever more");
            let (crowd, refusal) = crowd(net.nodes[0].url()).await?;
            crowds.push(crowd);
            if let Some(refusal) = refusal {
                break refusal.to_string();
            }
        };
        let taken = DEVICES + crowds.iter().map(|(_, taken)| taken.len()).sum::<usize>();
        // Places of those that were given up just before may not be free yet.
        ensure!((MAX_SUBSCRIPTIONS - 100..=MAX_SUBSCRIPTIONS).contains(&taken), "{taken} were taken, then: {refusal}");
        ensure!(refusal.contains(&format!("no more than {MAX_SUBSCRIPTIONS} subscriptions")), "{refusal}");
        drop(connections);
        let ws = RpcClient::from_insecure_url(net.nodes[0].url()).await?;
        until("a place that is free again", ROUNDS, async || Ok(Some(rounds(&ws).await?))).await?;
        net.ensure_running()
    });
}

/// Registers in as many transactions at once as a pool takes of one account.
async fn register(net: &Localnet, registrations: &[Registration]) -> anyhow::Result<()> {
    let signer = keypair("//Alice")?;
    let batches = registrations.chunks(BATCH);
    try_join_all(batches.map(|batch| net.client().register(&signer, batch, Wait::Included))).await?;
    Ok(())
}

type Subscription = subxt::rpcs::client::RpcSubscription<Value>;

/// Subscribes to each of `devices` on one connection, and waits until each was told once.
async fn subscribe(
    url: String,
    devices: &[vouch_primitives::DeviceId],
) -> anyhow::Result<(RpcClient, Vec<Subscription>)> {
    let ws = &RpcClient::from_insecure_url(url).await?;
    let subscribe = |id: String| async move {
        let mut subscription: Subscription =
            ws.subscribe("vouch_subscribeDevice", rpc_params![id.clone()], "vouch_unsubscribeDevice").await?;
        let told = subscription.next().await.context("it ended")??;
        ensure!(told["id"] == id, "{told}");
        Ok(subscription)
    };
    let subscriptions = stream::iter(devices.iter().map(|device| subscribe(device.to_string())));
    let subscriptions = subscriptions.buffer_unordered(AT_ONCE).try_collect().await?;
    Ok((ws.clone(), subscriptions))
}

async fn rounds(ws: &RpcClient) -> Result<Subscription, subxt::rpcs::Error> {
    ws.subscribe("vouch_subscribeRounds", rpc_params![], "vouch_unsubscribeRounds").await
}

/// Subscribes on a new connection as often as one may, or until the node refuses.
async fn crowd(url: String) -> anyhow::Result<((RpcClient, Vec<Subscription>), Option<subxt::rpcs::Error>)> {
    let ws = RpcClient::from_insecure_url(url).await?;
    let mut taken = Vec::with_capacity(PER_CONNECTION);
    while taken.len() < PER_CONNECTION {
        match rounds(&ws).await {
            Ok(subscription) => taken.push(subscription),
            Err(refusal) => return Ok(((ws, taken), Some(refusal))),
        }
    }
    Ok(((ws, taken), None))
}
