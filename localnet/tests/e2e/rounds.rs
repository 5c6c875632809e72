//! What the chain remembers of a device's rounds.

use crate::ROUNDS;
use anyhow::Context;
use vouch_device::chain::{Client, Device, Network};
use vouch_localnet::wait::until;
use vouch_primitives::{DeviceId, RoundIndex};

/// How a round went for one device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Judged up.
    Up,
    /// Judged down.
    Down,
    /// Too few reports; paid as in the last covered round, in which it was up.
    Uncovered,
    /// Not judged, and not paid.
    Excused,
}

/// How `round` went; `None` if it is not accounted yet, or was too long ago.
pub fn fate(device: &Device, round: RoundIndex) -> Option<Fate> {
    let age = device.next_round.checked_sub(1)?.checked_sub(round).filter(|age| *age < 32)?;
    Some(match (device.history.up >> age & 1, device.history.excused >> age & 1) {
        (1, 0) => Fate::Up,
        (1, _) => Fate::Uncovered,
        (_, 1) => Fate::Excused,
        _ => Fate::Down,
    })
}

/// A device that must be registered.
pub async fn device(client: &Client, id: &DeviceId) -> anyhow::Result<Device> {
    client.device(id).await?.with_context(|| format!("{id} is not registered"))
}

/// Waits until `round` is accounted for `id`, and returns what is known of the device then.
pub async fn accounted(client: &Client, id: &DeviceId, round: RoundIndex) -> anyhow::Result<Device> {
    let look = || async { Ok(Some(device(client, id).await?).filter(|device| device.next_round > round)) };
    until(&format!("round {round} to be accounted"), ROUNDS, look).await
}

/// Waits until the last accounted round judged `id` up, and returns what is known of it then.
pub async fn judged_up(client: &Client, id: &DeviceId) -> anyhow::Result<Device> {
    let look = || async {
        let device = device(client, id).await?;
        let last = device.next_round.checked_sub(1).and_then(|round| fate(&device, round));
        Ok((last == Some(Fate::Up)).then_some(device))
    };
    until(&format!("{id} to be judged up"), ROUNDS, look).await
}

/// Waits until a round opens, and returns the network in it.
pub async fn round_opens(client: &Client) -> anyhow::Result<Network> {
    let before = client.network().await?.round;
    until("the next round", ROUNDS, || async {
        Ok(Some(client.network().await?).filter(|network| network.round > before))
    })
    .await
}
