//! An address at which nobody ever answers.

use crate::{
    long_on,
    rounds::{device, judged_up},
    ROUNDS,
};
use anyhow::{ensure, Context};
use std::{
    net::Ipv4Addr,
    sync::{
        atomic::{AtomicUsize, Ordering},
        Arc,
    },
    time::Duration,
};
use tokio::{io::AsyncReadExt, net::TcpListener, task::JoinSet};
use vouch_device::{
    chain::{self, Call, Error, Registration, Wait},
    explain::attendance,
    swarm::Swarm,
};
use vouch_localnet::{
    devices::{account, keypair, Device},
    node::Node,
    wait::until,
    Localnet,
};
use vouch_primitives::{
    api::Reason,
    history::{Attendance, LaneHistory, HISTORY_ROUNDS},
    RoundIndex,
};

/// Rounds in which connections are counted.
const COUNTED: RoundIndex = 21;

/// How long these may take, on a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(1_500);

/// Rounds in which an address that never answers is asked: those before which it was judged down 0, 1, 2, 4, 8 and 16 times.
const ASKED: u32 = 6;

/// Tries in each of these.
const TRIES: u32 = 2;

#[test]
fn address_that_never_answers_is_left_in_peace_until_it_is_moved_or_evicted() {
    long_on(Localnet::builder().validators(4).devices(1), async |net| {
        let client = net.client();
        // GIVEN a device whose endpoint is somebody else's machine, which takes every connection and answers nothing.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let connections = Arc::new(AtomicUsize::new(0));
        let mut tasks = JoinSet::new();
        tasks.spawn(take_and_say_nothing(listener, connections.clone()));
        let (owner, key) = (account("//Eve")?, Swarm::key("silent", 0));
        let silent = Registration::new(&key, net.genesis(), &owner, 0, 0, Some(address.into()), None);
        let receipts = client.register(&keypair("//Eve")?, std::slice::from_ref(&silent), Wait::Included).await?;
        let (silent, registered) = (silent.device, receipts.first().context("one transaction")?.block);
        // Asked at once: a block that others do not build on is forgotten.
        let first = client.at(registered.hash).network().await?.round + 1;
        // AND another one whose agent its owner has not started yet.
        let urls: Vec<_> = net.nodes.iter().map(Node::url).collect();
        let mut late = Device::create(1, "//Bob", None, &urls, net.folder()).await?;
        late.cli(["register", "--owner-suri", late.owner(), "--wait", "included", "--no-self-probe"]).await?;

        // WHEN many rounds go by.
        let early = client.submit(Call::evict(&silent), &keypair("//Ferdie")?, Wait::Included).await;
        ensure!(matches!(&early, Err(Error::Failed(failure)) if failure.name == "StillExpected"), "{early:?}");
        let look = async || {
            let silent = device(client, &silent).await?;
            let over = silent.next_round >= first + COUNTED && attendance(&silent) == Attendance::Never;
            Ok(over.then_some(silent))
        };
        let known = until(&format!("{COUNTED} rounds"), PATIENCE, look).await?;

        // THEN all validators together connected to it no more often than documented.
        let members = client.committee(&silent).await?.context("registered")?.members.len() as u32;
        let rounds = known.next_round - first;
        let asked = asked(&known, first);
        let judged = asked.iter().filter(|(_, judged)| *judged).count() as u32;
        // Documented for covered rounds; in others it is asked and not judged.
        let most = asked.len() as u32 * TRIES * members;
        let counted = connections.load(Ordering::SeqCst) as u32;
        println!("{counted} connections of {members} validators in {rounds} rounds, at most {most}; asked, and judged, in {asked:?}");
        ensure!(members == 4 && (COUNTED..=HISTORY_ROUNDS).contains(&rounds), "{members} validators, {rounds} rounds");
        ensure!(judged <= ASKED, "asked in {judged} rounds that were covered");
        ensure!((members..=most).contains(&counted), "{counted} connections, at most {most}");
        // AND none any more.
        let reasons = client.explain(&silent).await?.context("registered")?.reasons;
        for reason in [Reason::Down, Reason::Admission, Reason::NeverAnswered] {
            ensure!(reasons.contains(&reason), "{reason:?} is not among {reasons:?}");
        }

        // AND whoever has the device evicted gets the fee, and its owner the rest of the bond.
        let ferdie = account("//Ferdie")?;
        let receipt = client.submit(Call::evict(&silent), &keypair("//Ferdie")?, Wait::Included).await?;
        let evicted = receipt.find("Devices", "Evicted").next().context("it is evicted")?;
        let (bond, fee) = (evicted.number("bond").context("a bond")?, evicted.number("fee").context("a fee")?);
        let before = client.at(net.nodes[0].rpc().block_hash(receipt.block.number - 1).await?);
        let after = client.at(receipt.block.hash);
        let (had, has) = (before.balance(&owner).await?, after.balance(&owner).await?);
        ensure!(
            had.reserved - has.reserved == bond && has.free - had.free == bond - fee,
            "{had:?} and {has:?} of {bond}"
        );
        let (had, has) = (before.balance(&ferdie).await?, after.balance(&ferdie).await?);
        ensure!(fee > 0 && has.free + receipt.fee() == had.free + fee, "{had:?} and {has:?} with a fee of {fee}");
        ensure!(client.device(&silent).await?.is_none(), "it is gone");

        // AND the other one's owner is told what to do, and does it.
        let given_up = async || Ok((attendance(&device(client, late.id()).await?) == Attendance::Never).then_some(()));
        until("the other one to be given up", ROUNDS, given_up).await?;
        let said = late.cli(["status"]).await?;
        ensure!(said.contains("given it up") && said.contains("set-endpoint --again"), "{said}");
        late.run().await?;
        late.cli(["set-endpoint", "--again", "--owner-suri", late.owner(), "--wait", "included"]).await?;
        judged_up(client, late.id()).await?;
        ensure!(connections.load(Ordering::SeqCst) as u32 == counted, "nobody connects to an evicted device's address");
        let look = async || {
            let pending = client.pending_reward(late.id()).await?.context("registered")?;
            Ok((pending.accrued > 0).then_some(()))
        };
        until("it to earn", ROUNDS, look).await?;
        late.stop().await
    });
}

/// The rounds from `first` on in which a device was asked, each with whether it was judged, by the chain's own rule.
fn asked(device: &chain::Device, first: RoundIndex) -> Vec<(RoundIndex, bool)> {
    let rounds = (first..device.next_round).filter_map(|round| {
        let age = device.next_round - round;
        let LaneHistory { up, excused } = device.history;
        // What was remembered when the round began; nothing was judged before that.
        let history = LaneHistory { up: up.unbounded_shr(age), excused: !(!excused).unbounded_shr(age) };
        let asked = attendance(&chain::Device { history, ..device.clone() }) == Attendance::Expected;
        asked.then_some((round, excused >> (age - 1) & 1 == 0))
    });
    rounds.collect()
}

/// Counts connections, and keeps each open until its other end gives up.
async fn take_and_say_nothing(listener: TcpListener, connections: Arc<AtomicUsize>) {
    let mut guests = JoinSet::new();
    loop {
        if let Ok((mut stream, _)) = listener.accept().await {
            connections.fetch_add(1, Ordering::SeqCst);
            guests.spawn(async move { while stream.read(&mut [0; 1_024]).await.is_ok_and(|read| read > 0) {} });
        }
        while guests.try_join_next().is_some() {}
    }
}
