//! As many devices as a cohort has lanes, on one validator.

use crate::{alone_on, ROUNDS};
use anyhow::{bail, ensure, Context};
use futures::future::try_join_all;
use std::net::{Ipv4Addr, SocketAddr};
use vouch_device::{
    chain::{Registration, Wait, BATCH},
    swarm::Swarm,
    watch::ask_each,
};
use vouch_localnet::{
    devices::{account, keypair},
    rpc::Rpc,
    wait::until,
    Localnet,
};
use vouch_primitives::{history::History, Bitmap, Lane, Place, RoundIndex, LANES};

/// Rounds that may pass until one shows what a test is about; a busy machine can spoil one.
pub const CHANCES: RoundIndex = 3;

/// Waits until `round` of cohort 0 is accounted, and returns who was up in it; `None` if it was not covered.
pub async fn up_in(rpc: &Rpc, round: RoundIndex) -> anyhow::Result<Option<Bitmap>> {
    let look = || async { Ok(rpc.history(0).await?.filter(|history| history.next > round)) };
    let history: History = until(&format!("round {round} to be accounted"), ROUNDS, look).await?;
    let age = history.next - 1 - round;
    ensure!(age < 32, "round {round} is forgotten");
    let row = |bits: &[u32; LANES]| -> Bitmap {
        (0..LANES as Lane).filter(|lane| bits[usize::from(*lane)] >> age & 1 == 1).collect()
    };
    let (up, excused) = (row(&history.up), row(&history.excused));
    // Lane 0, which is always judged when a round is covered, is excused when it is not.
    Ok((!excused.get(0)).then_some(up))
}

/// Registers all at once, and makes sure that number `n` sits in lane `n` of cohort 0.
pub async fn register(net: &Localnet, registrations: &[Registration]) -> anyhow::Result<()> {
    let owner = keypair("//Alice")?;
    let batches = registrations.chunks(BATCH);
    try_join_all(batches.map(|batch| net.client().register(&owner, batch, Wait::Included))).await?;
    let devices: Vec<_> = registrations.iter().map(|registration| registration.device.clone()).collect();
    for (n, device) in ask_each(&devices, |device| net.client().device(device)).await?.into_iter().enumerate() {
        let place = device.context("it was just registered")?.place;
        ensure!(place == Place::nth(n as u32), "number {n} sits in {place:?}");
    }
    Ok(())
}

#[test]
fn thousand_devices_of_one_hub_are_all_probed_inside_one_round() {
    alone_on(Localnet::builder(), async |net| {
        let swarm = Swarm::start(net.genesis(), "e2e", LANES, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        register(net, &swarm.registrations(&account("//Alice")?, 0)).await?;
        let network = net.client().network().await?;
        ensure!(network.devices == LANES as u32 && network.cohorts == 1, "one cohort is full: {network:?}");

        let first_full = network.round + 1;
        let mut seen = Vec::new();
        for round in first_full..first_full + CHANCES {
            let up = up_in(net.nodes[0].rpc(), round).await?;
            let count = up.map(|up| up.count());
            println!("round {round}: {count:?} of {LANES} up");
            if count.is_some_and(|count| count * 100 >= LANES as u32 * 99) {
                return Ok(swarm.stop().await?);
            }
            seen.push(count);
        }
        bail!(
            "of {LANES} devices were up in rounds {first_full} and after: {seen:?}; the agent counts {:?}",
            swarm.server().agent().counts()
        )
    });
}
