//! Processes die in the middle of what they do.

use crate::{
    on,
    rounds::{accounted, device, fate, judged_up, round_opens, Fate},
    ROUNDS,
};
use anyhow::{ensure, Context};
use vouch_localnet::{wait::until, Localnet};
use vouch_primitives::RoundIndex;

#[test]
fn killed_device_stops_earning_within_two_rounds_and_earns_again_when_restarted() {
    on(Localnet::builder().devices(3), async |net| {
        let ids: Vec<_> = net.devices.iter().map(|device| device.id().clone()).collect();
        for id in &ids {
            judged_up(net.client(), id).await?;
        }

        net.devices[0].kill().await?;
        let killed_in = net.client().network().await?.round;
        // Whether it was probed before it died in the round that was running, nobody knows; of those after it, the first that has a
        // report tells.
        let look = async || {
            let best = net.client().best().await?;
            let at = net.client().at(best.hash);
            let dead = device(&at, &ids[0]).await?;
            let down = (killed_in + 1..dead.next_round).find(|round| fate(&dead, *round) == Some(Fate::Down));
            Ok(down.map(|down| (dead, down, at)))
        };
        let (dead, down, at) = until("it to be found down", ROUNDS, look).await?;
        let fates: Vec<_> = (killed_in + 1..down).map(|round| fate(&dead, round)).collect();
        ensure!(!fates.contains(&Some(Fate::Up)), "after it was killed: {fates:?}");
        ensure!(dead.streak == 0, "its streak is broken: {dead:?}");
        let explained = at.explain(&ids[0]).await?.context("it is registered")?;
        ensure!(explained.reasons.contains(&vouch_primitives::api::Reason::Down), "{explained:?}");
        for id in &ids[1..] {
            let alive = accounted(net.client(), id, down).await?;
            let fates: Vec<_> = (killed_in..=down).map(|round| fate(&alive, round)).collect();
            ensure!(!fates.contains(&Some(Fate::Down)), "the others are not affected: {fates:?}");
        }

        let before = net.client().pending_reward(&ids[0]).await?.context("it is registered")?;
        net.devices[0].run().await?;
        judged_up(net.client(), &ids[0]).await?;
        let look = || async {
            let now = net.client().pending_reward(&ids[0]).await?.context("it is registered")?;
            // With what is held back: that becomes claimable by itself, also of a device that is down.
            Ok((now.accrued + now.held > before.accrued + before.held && now.epoch > before.epoch).then_some(()))
        };
        until("the restarted device to accrue again", ROUNDS, look).await
    });
}

#[test]
fn node_killed_in_mid_round_files_that_rounds_report_and_no_points_are_lost() {
    on(Localnet::builder().devices(3), async |net| {
        let ids: Vec<_> = net.devices.iter().map(|device| device.id().clone()).collect();
        let mut steady_from = 0;
        for id in &ids {
            steady_from = steady_from.max(judged_up(net.client(), id).await?.next_round);
        }

        let mut filed = false;
        for _ in 0..3 {
            let killed_in = round_opens(net.client()).await?.round;
            net.nodes[0].kill().await?;
            net.nodes[0].restart().await?;
            for id in &ids {
                let device = accounted(net.client(), id, killed_in + 1).await?;
                ensure_unbroken(&device, steady_from..=killed_in + 1)?;
                filed = fate(&device, killed_in) == Some(Fate::Up);
            }
            // A machine that takes longer to start a node than a round has left may excuse one; not three in a row.
            if filed {
                break;
            }
        }
        ensure!(filed, "in no round was the report filed by a node that was killed in it");

        // The device agents were never restarted: they found the node again by themselves.
        net.ensure_running()
    });
}

/// Every one of `rounds` was paid.
pub fn ensure_unbroken(
    device: &vouch_device::chain::Device,
    rounds: std::ops::RangeInclusive<RoundIndex>,
) -> anyhow::Result<()> {
    let count = rounds.clone().count() as u32;
    for round in rounds {
        let fate = fate(device, round);
        ensure!(matches!(fate, Some(Fate::Up | Fate::Uncovered)), "round {round} was not paid but {fate:?}");
    }
    ensure!(device.streak >= count.min(32), "a streak of {} after {count} paid rounds", device.streak);
    Ok(())
}

#[test]
fn four_validators_with_one_dead_go_on_finalising_and_no_device_loses_points() {
    on(Localnet::builder().validators(4).devices(3), async |net| {
        let ids: Vec<_> = net.devices.iter().map(|device| device.id().clone()).collect();
        let mut steady_from = 0;
        for id in &ids {
            steady_from = steady_from.max(judged_up(net.client(), id).await?.next_round);
        }
        net.nodes[0].finalizes(1, ROUNDS).await?;

        net.nodes[3].kill().await?;
        let stopped_in = net.client().network().await?.round;
        let finalized = net.nodes[0].client().finalized().await?.number;

        let last = stopped_in + 4;
        for id in &ids {
            ensure_unbroken(&accounted(net.client(), id, last).await?, steady_from..=last)?;
        }
        for node in &net.nodes[..3] {
            node.finalizes(finalized + 10, ROUNDS).await?;
        }

        // It comes back, and catches up with the others.
        net.nodes[3].restart().await?;
        let target = net.nodes[0].client().finalized().await?.number;
        net.nodes[3].finalizes(target, ROUNDS).await?;
        let now = device(net.client(), &ids[0]).await?;
        ensure_unbroken(&now, steady_from.max(now.next_round.saturating_sub(32))..=now.next_round - 1)
    });
}
