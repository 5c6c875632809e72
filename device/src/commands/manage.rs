//! The transactions about devices that are registered: `claim`, `set-endpoint`, `top-up`, `deregister`, `release`.

use super::Setup;
use crate::{
    chain::{Call, Client, Error, Receipt, Token},
    cli::{SetEndpoint, Transaction},
    explain::attendance,
    watch::ask_each,
};
use anyhow::{bail, Result};
use polkadot_sdk::sp_runtime::AccountId32;
use subxt_signer::sr25519::Keypair;
use vouch_primitives::{api::DeviceState, history::Attendance, DeviceId};

/// Everything that a command which signs begins with.
pub(super) struct Job {
    setup: Setup,
    pub(super) client: Client,
    owner: Keypair,
    token: Token,
    pub(super) devices: Vec<DeviceId>,
    arguments: Transaction,
}

impl Job {
    pub(super) async fn begin(mut setup: Setup, arguments: Transaction) -> Result<Self> {
        let owner = arguments.owner.keypair()?;
        let client = setup.client();
        setup.pinned(&client).await?;
        let token = client.token().await?;
        let devices = if arguments.devices.is_empty() { setup.devices.clone() } else { arguments.devices.clone() };
        Ok(Self { setup, client, owner, token, devices, arguments })
    }

    /// Sends `calls` if the owner can pay the fee.
    pub(super) async fn send(&self, purpose: &str, calls: Vec<Call>) -> Result<Vec<Receipt>> {
        self.send_holding(purpose, 0, calls).await
    }

    /// Sends `calls`, which hold so many `bonds`, if the owner can pay them and the fee.
    async fn send_holding(&self, purpose: &str, bonds: u128, calls: Vec<Call>) -> Result<Vec<Receipt>> {
        let fee = self.client.estimate_fee(calls.clone(), &self.owner).await?;
        let owner = AccountId32::new(self.owner.public_key().0);
        if let Some(shortfall) = self.client.shortfall(&owner, purpose.to_owned(), bonds, fee).await? {
            return Err(Error::TooPoor(shortfall).into());
        }
        Ok(self.client.submit_all(calls, &self.owner, self.arguments.wait.into()).await?)
    }

    pub(super) fn report(&self, done: &str, receipts: &[Receipt]) {
        for receipt in receipts {
            say!("Block {}: {done}, fee {}.", receipt.block.number, self.token.show(receipt.fee()));
        }
    }
}

pub(super) async fn claim(setup: Setup, arguments: Transaction) -> Result<()> {
    let job = Job::begin(setup, arguments).await?;
    let pending = ask_each(&job.devices, |device| job.client.pending(device)).await?;
    let (mut due, mut held) = (Vec::new(), 0u128);
    for (device, pending) in job.devices.iter().zip(pending) {
        let Some([uptime, work]) = pending else {
            say!("{device} is not registered.");
            continue;
        };
        held = held.saturating_add(uptime.held);
        if uptime.accrued > 0 || work.accrued > 0 {
            due.push(device.clone());
        }
    }
    if due.is_empty() {
        let later = match held {
            0 => String::new(),
            held => format!("{} are held back as security and can be claimed later, ", job.token.show(held)),
        };
        bail!(
            "nothing to claim yet: {later}points become tokens when the epoch closes. `vouch-device status` says when and how much"
        );
    }
    let most = job.client.max_claims().await?;
    let calls: Vec<_> = due.chunks(most).map(Call::claim).collect();
    let mut receipts = Vec::new();
    for call in calls {
        receipts.extend(job.send("claiming", vec![call]).await?);
    }
    for receipt in &receipts {
        // What was really paid: an epoch may have closed since the question.
        let paid: Vec<_> = receipt.find("Rewards", "Claimed").filter_map(|event| event.number("amount")).collect();
        let sum = paid.iter().copied().fold(0, u128::saturating_add);
        let done = format!("claimed {} of {} device(s)", job.token.show(sum), paid.len());
        job.report(&done, std::slice::from_ref(receipt));
    }
    Ok(())
}

pub(super) async fn set_endpoint(setup: Setup, arguments: SetEndpoint) -> Result<()> {
    let SetEndpoint { transaction, again } = arguments;
    let job = Job::begin(setup, transaction).await?;
    let endpoint = job.setup.config.endpoint;
    let records = ask_each(&job.devices, |device| job.client.device(device)).await?;
    let mut calls = Vec::new();
    for (device, record) in job.devices.iter().zip(records) {
        let Some(record) = record else { continue };
        if record.endpoint != endpoint {
            calls.push(Call::set_endpoint(device, endpoint));
        } else if again && matches!(attendance(&record), Attendance::Pausing | Attendance::Never) {
            // Only at another address is it new to the chain, and no address is another one.
            calls.extend([None, endpoint].map(|to| Call::set_endpoint(device, to)));
        }
    }
    if calls.is_empty() {
        let more = if again { ", and validators ask each as often as they can" } else { "" };
        say!("The chain has the configured endpoint already for every registered device{more}.");
        return Ok(());
    }
    let receipts = job.send("changing the endpoint", calls).await?;
    job.report("endpoint changed", &receipts);
    say!("At another IP address a device is new: it is paid again once it has been up there in a few rounds.");
    Ok(())
}

pub(super) async fn top_up(setup: Setup, arguments: Transaction) -> Result<()> {
    let job = Job::begin(setup, arguments).await?;
    let records = ask_each(&job.devices, |device| job.client.device(device)).await?;
    let classes = job.client.classes().await?;
    let (mut calls, mut missing) = (Vec::new(), 0u128);
    for (device, record) in job.devices.iter().zip(records) {
        let Some(record) = record else {
            say!("{device} is not registered.");
            continue;
        };
        let asked = classes.get(usize::from(record.class)).map_or(record.bond, |class| class.bond);
        if record.bond < asked {
            missing = missing.saturating_add(asked - record.bond);
            calls.push(Call::top_up(device));
        }
    }
    if calls.is_empty() {
        say!("Nothing is missing of the bond of any registered device.");
        return Ok(());
    }
    let receipts = job.send_holding("topping up", missing, calls).await?;
    job.report(&format!("{} held to restore bonds", job.token.show(missing)), &receipts);
    Ok(())
}

pub(super) async fn deregister(setup: Setup, arguments: Transaction) -> Result<()> {
    let job = Job::begin(setup, arguments).await?;
    if job.arguments.devices.is_empty() && job.devices.len() > 1 {
        bail!(
            "{} devices are configured: name those to deregister with --device, once for each. Nothing was done",
            job.devices.len()
        );
    }
    let receipts = job.send("deregistering", job.devices.iter().map(Call::deregister).collect()).await?;
    job.report("deregistered, what had accrued was paid", &receipts);
    for device in &job.devices {
        if let Some(DeviceState::Leaving(block)) = job.client.device(device).await?.map(|record| record.state) {
            say!("{device}: `vouch-device release` frees its bond from block {block} on, once nothing it earned is held back.");
        }
    }
    Ok(())
}

pub(super) async fn release(setup: Setup, arguments: Transaction) -> Result<()> {
    let job = Job::begin(setup, arguments).await?;
    let records = ask_each(&job.devices, |device| job.client.device(device)).await?;
    let pending = ask_each(&job.devices, |device| job.client.pending(device)).await?;
    let now = job.client.best().await?.number;
    let mut calls = Vec::new();
    for (device, (record, pending)) in job.devices.iter().zip(records.into_iter().zip(pending)) {
        let (held, points) =
            pending.map_or((0, 0), |[uptime, work]| (uptime.held, uptime.points.saturating_add(work.points)));
        match record.map(|record| record.state) {
            Some(DeviceState::Leaving(from)) if from <= now && held == 0 && points == 0 => {
                calls.push(Call::release(device))
            },
            Some(DeviceState::Leaving(from)) if from <= now => say!(
                "{device}: not yet, {} of what it earned are held back as security and {points} points of this epoch are still to \
                 be paid. Try again after the next epoch or two.",
                job.token.show(held)
            ),
            Some(DeviceState::Leaving(from)) => {
                say!("{device}: can be released from block {from} on, now is {now}.")
            },
            Some(_) => say!("{device}: is in service; `vouch-device deregister` comes first."),
            None => say!("{device}: is not registered."),
        }
    }
    if calls.is_empty() {
        bail!("nothing to release");
    }
    let receipts = job.send("releasing", calls).await?;
    job.report("bond released", &receipts);
    Ok(())
}
