//! Devices compute a job whose answer is known from elsewhere.

use crate::{
    alone_on,
    cheats::{Cheat, Trick},
    rounds::judged_up,
    ROUNDS,
};
use anyhow::{ensure, Context};
use codec::Decode;
use std::{collections::BTreeMap, num::NonZeroUsize, time::Duration};
use vouch_device::chain::{Client, WorkReceipt};
use vouch_localnet::{
    devices::account,
    requester::{Requester, PRIMES},
    wait::until,
    Localnet,
};
use vouch_primitives::{work::api::Outcome, DeviceId};
use vouch_runtime::{RuntimeCall, UncheckedExtrinsic};

/// How long a job of a thousand tasks may take, with devices that are waited for in vain.
const JOB: Duration = Duration::from_secs(900);

/// The last chunks that a device answered on.
async fn receipts(client: &Client, id: &DeviceId) -> anyhow::Result<Vec<WorkReceipt>> {
    Ok(client.worker(id).await?.context("it takes work")?.receipts)
}

/// Feeless transactions about work in the blocks after one up to the best, and their bytes.
async fn traffic(net: &Localnet, after: u32) -> anyhow::Result<(usize, usize)> {
    let (rpc, last) = (net.nodes[0].rpc(), net.client().best().await?.number);
    let (mut count, mut bytes) = (0, 0);
    for number in after + 1..=last {
        for transaction in rpc.transactions(rpc.block_hash(number).await?).await? {
            let call = UncheckedExtrinsic::decode(&mut transaction.as_slice())?.function;
            use pallet_work::Call;
            if matches!(
                call,
                RuntimeCall::Work(Call::answer { .. } | Call::reveal { .. } | Call::open { .. } | Call::judge { .. })
            ) {
                count += 1;
                bytes += transaction.len();
            }
        }
    }
    Ok((count, bytes))
}

/// A number of a JSON document that is written as text.
fn planck(document: &serde_json::Value, field: &str) -> anyhow::Result<u128> {
    let text = document[field].as_str().with_context(|| format!("no {field} in {document}"))?;
    Ok(text.parse()?)
}

#[test]
fn thousand_tasks_are_computed_rightly_although_two_devices_lie_and_one_vanishes() {
    alone_on(Localnet::builder().validators(4).devices(8).cores(Some(NonZeroUsize::MIN)), async |net| {
        let client = net.client().clone();
        // GIVEN ten devices that are up, of which two will lie and one will vanish.
        let (mut cheats, swarm) = Cheat::of(&[Trick::Guesses, Trick::Copies], net).await?;
        let mut vanishing = net.devices.pop().context("there are eight")?;
        let honest: Vec<DeviceId> = net.devices.iter().map(|device| device.id().clone()).collect();
        for id in honest.iter().chain([vanishing.id()]).chain(cheats.iter().map(Cheat::id)) {
            judged_up(&client, id).await?;
        }
        let mut purses = Vec::new();
        for cheat in &cheats {
            purses.push(cheat.purse().await?);
        }

        let before = client.best().await?.number;
        // WHEN a job is posted, and one device dies as soon as it has been given something.
        let requester = Requester::post(net).await?;
        let vanished = vanishing.id().clone();
        let mut is_gone = false;
        let step = async || {
            requester.ensure_serving()?;
            for cheat in &mut cheats {
                cheat.step().await?;
            }
            if !is_gone && !client.assignments(&vanished).await?.is_empty() {
                vanishing.kill().await?;
                is_gone = true;
            }
            Ok(requester.has_ended(&client).await?.then_some(()))
        };
        until("the job to end", JOB, step).await?;
        ensure!(is_gone, "the device that was to vanish was given nothing");

        // THEN all of it was computed, and the answer is the known one.
        let job = requester.state(&client).await?;
        println!("{}", requester.cli("report", &[]).await?);
        let (transactions, bytes) = traffic(net, before).await?;
        println!("{transactions} transactions of {bytes} bytes, {} bytes a task", bytes / job.terms.tasks as usize);
        // Each chunk has two answers and a reveal at least.
        ensure!(transactions >= 3 * job.chunks as usize, "{transactions} transactions");
        ensure!((job.settled, job.failed, job.open) == (job.chunks, 0, 0), "{job:?}");
        ensure!(job.terms.tasks == 1_000, "{job:?}");
        let primes = requester.primes(&client).await?;
        ensure!(primes == PRIMES, "{primes} primes instead of {PRIMES}");

        // AND those who lied are paid nothing and fined, whoever vanished is neither, and no honest device is accused.
        let document: serde_json::Value = serde_json::from_str(&requester.cli("report", &["--json"]).await?)?;
        let report = &document["report"];
        let lines = report["devices"].as_array().context("devices")?;
        let mut pay = BTreeMap::new();
        for line in lines {
            pay.insert(line["device"].as_str().context("an id")?.to_owned(), planck(line, "pay")?);
        }
        for (cheat, purse) in cheats.iter().zip(purses) {
            let receipts = receipts(&client, cheat.id()).await?;
            println!("{:?} {}: {receipts:?}", cheat.trick(), cheat.id());
            let refused = receipts.iter().filter(|receipt| matches!(receipt.outcome, Outcome::Refused { .. })).count();
            let is_paid = receipts.iter().any(|receipt| matches!(receipt.outcome, Outcome::Paid { .. }));
            ensure!(refused > 0 && !is_paid, "{:?}: {receipts:?}", cheat.trick());
            ensure!(pay.get(&cheat.id().to_string()) == Some(&0), "{:?} was paid: {pay:?}", cheat.trick());
            ensure!(cheat.purse().await? == purse, "{:?} has more than before", cheat.trick());
            let device = client.device(cheat.id()).await?.context("it is registered")?;
            let bond = client.classes().await?[0].bond;
            ensure!(device.bond < bond, "{:?} keeps its bond of {bond}: {device:?}", cheat.trick());
        }
        ensure!(cheats.iter().any(|cheat| cheat.trick() == Trick::Copies));
        let missed = receipts(&client, &vanished).await?;
        ensure!(missed.iter().any(|receipt| receipt.outcome == Outcome::Missed), "{missed:?}");
        for id in honest.iter().chain([&vanished]) {
            let receipts = receipts(&client, id).await?;
            let is_refused = receipts.iter().any(|receipt| matches!(receipt.outcome, Outcome::Refused { .. }));
            ensure!(!is_refused, "{id} is honest: {receipts:?}");
        }
        for id in &honest {
            ensure!(pay.get(&id.to_string()).is_some_and(|pay| *pay > 0), "{id} was paid nothing: {pay:?}");
        }

        // AND what was held is accounted for to the planck, and given back when the job is closed.
        let [most, paid, burnt, refunded] =
            ["most", "paid", "burnt", "refunded"].map(|field| planck(report, field)).map(|planck| planck.ok());
        let sum = paid.zip(burnt).zip(refunded).map(|((paid, burnt), refunded)| paid + burnt + refunded);
        ensure!(most.is_some() && most == sum, "{report}");
        ensure!(pay.values().sum::<u128>() == job.paid, "{report}");
        requester.cli("close", &["--owner-suri", requester.owner(), "--wait", "final"]).await?;
        let balance = client.balance(&account(requester.owner())?).await?;
        ensure!(balance.reserved == 0, "{balance:?}");

        // AND honest devices earn by work what their owners can claim, and are told for what.
        let look = || async {
            let pending = client.pending_work(&honest[0]).await?.context("it is registered")?;
            Ok((pending.accrued > 0).then_some(()))
        };
        until("an epoch to pay for work", ROUNDS, look).await?;
        let status = net.devices[0].cli(["work", "status"]).await?;
        ensure!(status.contains(&format!("ob {}", job.id)), "{status}");
        println!("{status}");
        requester.stop().await?;
        Ok(swarm.stop().await?)
    });
}
