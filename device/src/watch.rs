//! Follows the chain for a running agent: says what is wrong with its devices' registration, what the last round found, and at
//! each new epoch what has accrued. Answering probes does not depend on it: an agent without a node goes on answering.

use crate::{
    chain::{Client, Device, Error, Network, Pending, Token},
    explain::{attendance, latency, Verdict},
};
use futures::{stream, StreamExt, TryStreamExt};
use std::{collections::HashMap, time::Duration};
use vouch_primitives::{api::DeviceState, history::Attendance, DeviceId, Endpoint};

/// Between two looks at the chain.
const POLL: Duration = Duration::from_secs(6);
/// Questions asked at once.
const CONCURRENT: usize = 16;
/// With more devices than this only sums are logged.
const FEW: usize = 8;

/// What a follower remembers.
#[derive(Debug)]
pub struct Watcher {
    client: Client,
    devices: Vec<DeviceId>,
    endpoint: Option<Endpoint>,
    token: Option<Token>,
    round: Option<u32>,
    epoch: Option<u32>,
    complaints: HashMap<DeviceId, String>,
}

impl Watcher {
    /// A follower for `devices` that should answer at `endpoint`.
    pub fn new(client: Client, devices: Vec<DeviceId>, endpoint: Option<Endpoint>) -> Self {
        Self { client, devices, endpoint, token: None, round: None, epoch: None, complaints: HashMap::new() }
    }

    /// Follows until the chain turns out to be another one than the agent serves.
    pub async fn follow(mut self) -> Error {
        loop {
            match self.look().await {
                Ok(()) => {},
                Err(error @ (Error::WrongChain { .. } | Error::Specification(_))) => return error,
                Err(error) => tracing::warn!(%error, "cannot follow the chain"),
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// One look at the chain.
    async fn look(&mut self) -> Result<(), Error> {
        let head = self.client.best().await?;
        let client = self.client.at(head.hash);
        let network = client.network().await?;
        if self.token.is_none() {
            self.token = Some(client.token().await?);
            tracing::info!(block = head.number, round = network.round, epoch = network.epoch, "following the chain");
        }
        let new_round = self.round.replace(network.round) != Some(network.round);
        let new_epoch = self.epoch != Some(network.epoch);
        // Many devices are looked at once an epoch, a few in every round.
        if new_epoch || (new_round && self.devices.len() <= FEW) {
            let records = ask_each(&self.devices, |device| client.device(device)).await?;
            self.complain(&records);
            if new_round {
                self.tell_round(&records, &network);
            }
        }
        if new_epoch {
            // The epoch that is running at the first look is not new.
            if self.epoch.is_some() {
                self.tell_epoch(&client, &network).await?;
            }
            self.epoch = Some(network.epoch);
        }
        Ok(())
    }

    /// Says what is wrong, once until it changes.
    fn complain(&mut self, records: &[Option<Device>]) {
        let mut unregistered = 0;
        for (device, record) in self.devices.iter().zip(records) {
            unregistered += usize::from(record.is_none());
            match complaint(record.as_ref(), self.endpoint) {
                Some(complaint) if self.complaints.get(device) == Some(&complaint) => {},
                Some(complaint) => {
                    if self.devices.len() <= FEW {
                        tracing::warn!(%device, "{complaint}");
                    }
                    self.complaints.insert(device.clone(), complaint);
                },
                None => {
                    if self.complaints.remove(device).is_some() {
                        tracing::info!(%device, "registered, and answering where the chain says");
                    }
                },
            }
        }
        if self.devices.len() > FEW && !self.complaints.is_empty() {
            let (wrong, of) = (self.complaints.len(), self.devices.len());
            tracing::warn!(
                wrong,
                unregistered,
                of,
                "devices are not registered as configured: see `vouch-device status`"
            );
        }
    }

    fn tell_round(&self, records: &[Option<Device>], network: &Network) {
        if self.devices.len() > FEW {
            return;
        }
        for (device, record) in self.devices.iter().zip(records) {
            let Some(record) = record else { continue };
            if record.next_round == 0 {
                continue;
            }
            let verdict = Verdict::of(&record.history, &[]).word();
            let (latency, streak) = (latency(record.latency_code), record.streak);
            tracing::info!(%device, round = record.next_round - 1, now = network.round, verdict, %latency, streak, "judged");
        }
    }

    async fn tell_epoch(&self, client: &Client, network: &Network) -> Result<(), Error> {
        let pending = ask_each(&self.devices, |device| client.pending(device)).await?;
        let sum = |of: fn(&Pending) -> u128| pending.iter().flatten().flatten().map(of).fold(0, u128::saturating_add);
        let token = self.token.clone().unwrap_or_default();
        let (accrued, held) = (token.show(sum(|pending| pending.accrued)), token.show(sum(|pending| pending.held)));
        tracing::info!(epoch = network.epoch, %accrued, %held, "a new epoch");
        Ok(())
    }
}

/// Asks the same about every device, several at a time, and keeps the order.
pub async fn ask_each<'a, T, F, A>(devices: &'a [DeviceId], ask: F) -> Result<Vec<T>, Error>
where
    F: Fn(&'a DeviceId) -> A,
    A: std::future::Future<Output = Result<T, Error>>,
{
    stream::iter(devices.iter().map(ask)).buffered(CONCURRENT).try_collect().await
}

/// What is wrong with a device's registration, if anything.
fn complaint(record: Option<&Device>, endpoint: Option<Endpoint>) -> Option<String> {
    let Some(record) = record else {
        return Some("not registered: nobody probes it and it earns nothing. Run `vouch-device register`".into());
    };
    if let DeviceState::Leaving(block) = record.state {
        return Some(format!(
            "deregistered: not probed any more. `vouch-device release` frees its bond from block {block} on"
        ));
    }
    let show = |endpoint: Option<Endpoint>| endpoint.map_or("no address".into(), |endpoint| endpoint.to_string());
    let (probed, configured) = (show(record.endpoint), show(endpoint));
    if record.endpoint != endpoint {
        return Some(format!(
            "validators probe it at {probed}, the configuration says {configured}: run `vouch-device set-endpoint`, or correct \
             `endpoint`"
        ));
    }
    // Said once, so without the number of rounds, which would be another one every time.
    match (attendance(record), record.history.rounds_silent()) {
        (Attendance::Never, _) => Some(format!(
            "validators got no answer at {probed} in 17 rounds and ask no more: check public address, port forwarding and \
             firewall, then run `vouch-device set-endpoint --again`"
        )),
        (_, 1..) if !record.admitted && record.endpoint.is_some() => Some(format!(
            "validators have got no answer at {probed} yet and ask ever more rarely: check public address, port forwarding and \
             firewall"
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polkadot_sdk::sp_runtime::AccountId32;
    use vouch_primitives::{history::LaneHistory, Place};

    fn record(endpoint: Option<Endpoint>, state: DeviceState<u32>) -> Device {
        Device {
            owner: AccountId32::new([1; 32]),
            payee: AccountId32::new([1; 32]),
            class: 0,
            class_name: vec![],
            class_weight: 100,
            endpoint,
            place: Place { cohort: 0, lane: 0 },
            bond: 0,
            state,
            history: LaneHistory::default(),
            next_round: 0,
            streak: 0,
            latency_code: 15,
            admitted: false,
            nonce: 1,
        }
    }

    #[test]
    fn each_way_of_not_earning_has_its_own_advice() {
        let here = Some(Endpoint::V4 { ip: [1, 2, 3, 4], port: 80 });
        assert_eq!(complaint(Some(&record(here, DeviceState::Active)), here), None);
        assert!(complaint(None, here).unwrap().contains("vouch-device register"));
        assert!(complaint(Some(&record(here, DeviceState::Leaving(77))), here).unwrap().contains("block 77"));
        let elsewhere = complaint(Some(&record(here, DeviceState::Active)), None).unwrap();
        assert!(elsewhere.contains("1.2.3.4:80") && elsewhere.contains("no address"));
        let silent = |rounds: u32| Device {
            history: LaneHistory { up: 0, excused: u32::MAX << rounds },
            ..record(here, DeviceState::Active)
        };
        let waiting = complaint(Some(&silent(1)), here).unwrap();
        assert!(waiting.contains("port forwarding") && !waiting.contains("--again"), "{waiting}");
        assert_eq!(complaint(Some(&silent(16)), here), Some(waiting));
        assert!(complaint(Some(&silent(17)), here).unwrap().contains("set-endpoint --again"));
        // One that used to answer is told of each round, not complained about.
        assert_eq!(complaint(Some(&Device { admitted: true, ..silent(20) }), here), None);
    }
}
