//! A chain on which every call of ours has been made, for clients to read.

use crate::{
    cheats::{Cheat, Trick},
    chronicle::{audit_everything, govern, stored, Chronicle},
    rounds::judged_up,
    typed::Signer,
    ROUNDS,
};
use anyhow::{ensure, Context};
use codec::Decode;
use polkadot_sdk::{
    frame_system, pallet_sudo, pallet_utility,
    sp_runtime::{traits::UniqueSaturatedInto, DispatchError},
};
use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};
use vouch_device::{keys::DeviceKey, swarm::Swarm};
use vouch_localnet::{devices::account, requester::Requester, wait::until, Localnet};
use vouch_primitives::{work::Terms, DeviceId};
use vouch_runtime::{Runtime, RuntimeCall, RuntimeEvent, UncheckedExtrinsic};

type Devices = pallet_devices::Call<Runtime>;
type Rewards = pallet_rewards::Call<Runtime>;
type Work = pallet_work::Call<Runtime>;
type Uptime = pallet_uptime::Call<Runtime>;

/// How long the example job may take.
const JOB: Duration = Duration::from_secs(900);

/// Names the keys of the devices that are moved about.
const LABEL: &str = "everything";

/// Makes every call of our four pallets at least once. All of them succeed but `evict`, for which a device has to be silent for
/// minutes, and calls of cheats.
pub async fn make(net: &mut Localnet) -> anyhow::Result<()> {
    let (client, rpc) = (net.client().clone(), net.nodes[0].rpc().clone());
    let beginning = client.finalized().await?;
    let (alice, bob) = (Signer::new("//Alice", net)?, Signer::new("//Bob", net)?);

    // Every report is audited, so that audits are answered.
    govern(&client, vec![audit_everything(&rpc).await?]).await?;
    let (mut cheats, cheating) = Cheat::of(&[Trick::Forges], net).await?;
    for id in cheats.iter().map(Cheat::id).chain(net.devices.iter().map(|device| device.id())) {
        judged_up(&client, id).await?;
    }
    let requester = Requester::post(net).await?;

    let swarm = Swarm::start(net.genesis(), LABEL, 2, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let keys: Vec<DeviceKey> = (0..2).map(|n| Swarm::key(LABEL, n)).collect();
    change_hands(net, [&alice, &bob], [&keys[0], &keys[1]], &swarm).await?;
    administer(net, &alice).await?;

    // Another job with the same inputs, in which two that differ are contested at once; it is taken back once a panel has judged.
    let job: u32 = stored(&rpc, pallet_work::NextJob::<Runtime>::hashed_key().to_vec(), None).await?.unwrap_or(0);
    let terms = Terms { limit: 2, ..requester.state(&client).await?.terms };
    alice.submit(Work::post_job { terms: Box::new(terms) }).await?;
    let mut chronicle = Chronicle::after(beginning, &net.nodes[0]);
    let step = async || {
        for cheat in &mut cheats {
            cheat.step().await?;
        }
        chronicle.read().await?;
        let is_judged = |_, event: &RuntimeEvent| {
            matches!(event, RuntimeEvent::Work(pallet_work::Event::Judged { .. })).then_some(())
        };
        Ok((!chronicle.pick(is_judged).is_empty()).then_some(()))
    };
    until("a panel to judge", JOB, step).await?;
    alice.submit(Work::cancel { job }).await?;
    // Refused if all of it is handed out already: then it ends by itself.
    let _ = requester.cli("cancel", &["--owner-suri", requester.owner(), "--wait", "included"]).await;
    until("the job to end", JOB, || async { Ok(requester.has_ended(&client).await?.then_some(())) }).await?;
    requester.cli("close", &["--owner-suri", requester.owner(), "--wait", "included"]).await?;
    let (forger, forging) = (Signer::new("//Forger", net)?, cheats[0].id().clone());
    // The chunk on which it was contradicted has to be settled, or given up.
    let fined = async || {
        let bond = client.device(&forging).await?.context("it is registered")?.bond;
        Ok((bond < client.classes().await?[0].bond).then_some(()))
    };
    until("the forger to be fined", ROUNDS, fined).await?;
    forger.submit(Devices::top_up { device: forging }).await?;

    let validator = account("//Alice")?;
    let pays = async || {
        let prober = client.prober(&validator).await?.context("it probes")?;
        Ok((prober.pending.accrued > 0).then_some(()))
    };
    until("probing to be paid", ROUNDS, pays).await?;
    alice.submit(Rewards::claim_probing { validators: vec![validator].try_into().expect("one fits") }).await?;
    let earned = net.devices[0].id().clone();
    alice.submit(Rewards::claim { devices: vec![earned.clone()].try_into().expect("one fits") }).await?;
    let held = async || Ok(client.explain(&earned).await?.filter(|explained| explained.pending.held > 0).map(drop));
    until("something to be held back", ROUNDS, held).await?;
    sudo(&alice, Rewards::forfeit { device: earned.clone() }).await?;
    // It answers, so it cannot be evicted; the call is made all the same.
    let evict = RuntimeCall::Devices(Devices::evict { device: earned });
    alice.submit(pallet_utility::Call::<Runtime>::force_batch { calls: vec![evict] }).await?;

    let released = keys[1].id().clone();
    let gone = async || {
        bob.submit(Devices::release { device: released.clone() }).await?;
        Ok(client.device(&released).await?.is_none().then_some(()))
    };
    until("a device to be released", ROUNDS, gone).await?;

    // Clients are asked about what is final.
    net.nodes[0].finalizes(client.best().await?.number, ROUNDS).await?;
    requester.stop().await?;
    cheating.stop().await?;
    swarm.stop().await?;
    ensure_succeeded(net, beginning).await
}

/// A device is registered, changed, sold, paused, given another key, and deregistered.
async fn change_hands(
    net: &Localnet,
    [alice, bob]: [&Signer; 2],
    [old, new]: [&DeviceKey; 2],
    swarm: &Swarm,
) -> anyhow::Result<()> {
    let (genesis, device): (_, DeviceId) = (net.genesis(), old.id().clone());
    let (endpoint, beneficiary) = (Some(swarm.endpoint()), Some(account("//Eve")?));
    let proof = old.registration_proof(genesis, &alice.account(), 0);
    alice.submit(Devices::register { device: device.clone(), class: 1, endpoint, beneficiary: None, proof }).await?;
    alice.submit(Devices::set_endpoint { device: device.clone(), endpoint }).await?;
    // It is drawn two rounds later at the soonest, and off the list by then.
    alice.submit(Work::enlist { device: device.clone(), slots: 1, memory: 64 }).await?;
    alice.submit(Work::retire { device: device.clone() }).await?;
    alice.submit(Devices::set_beneficiary { device: device.clone(), beneficiary }).await?;
    alice.submit(Devices::offer { device: device.clone(), to: Some(bob.account()) }).await?;
    bob.submit(Devices::accept { device: device.clone() }).await?;
    bob.submit(Devices::pause { device: device.clone(), rounds: 1 }).await?;
    bob.submit(Devices::resume { device: device.clone() }).await?;
    let proof = new.rotation_proof(genesis, &bob.account(), &device, 0);
    bob.submit(Devices::rotate_key { device, new: new.id().clone(), proof }).await?;
    bob.submit(Devices::deregister { device: new.id().clone() }).await
}

/// Everything that governance may set is set again to what it is.
async fn administer(net: &Localnet, alice: &Signer) -> anyhow::Result<()> {
    let rpc = net.nodes[0].rpc();
    let class = net.client().classes().await?.remove(0);
    let (name, weight, bond) = (class.name.try_into().ok().context("a name fits")?, class.weight, class.bond);
    sudo(alice, Devices::set_class { class: 0, name, weight, bond: bond.unique_saturated_into() }).await?;
    let key = pallet_devices::Parameters::<Runtime>::hashed_key().to_vec();
    sudo(alice, Devices::set_params { params: stored(rpc, key, None).await?.context("set at genesis")? }).await?;
    let key = pallet_rewards::Params::<Runtime>::hashed_key().to_vec();
    sudo(alice, Rewards::set_params { params: stored(rpc, key, None).await?.context("set at genesis")? }).await?;
    let key = pallet_work::Parameters::<Runtime>::hashed_key().to_vec();
    sudo(alice, Work::set_params { params: stored(rpc, key, None).await?.context("set at genesis")? }).await
}

async fn sudo(alice: &Signer, call: impl Into<RuntimeCall>) -> anyhow::Result<()> {
    alice.submit(pallet_sudo::Call::<Runtime>::sudo { call: Box::new(call.into()) }).await
}

/// All calls since `beginning` did what they should, but one eviction, and what was tried too soon.
async fn ensure_succeeded(net: &Localnet, beginning: vouch_device::chain::Head) -> anyhow::Result<()> {
    let mut chronicle = Chronicle::after(beginning, &net.nodes[0]);
    chronicle.read().await?;
    let failures = chronicle.pick(|block, event| match event {
        RuntimeEvent::Sudo(pallet_sudo::Event::Sudid { sudo_result: Err(error) }) => {
            Some(format!("{block}: {error:?}"))
        },
        RuntimeEvent::Utility(pallet_utility::Event::ItemFailed { error }) => Some(format!("{block}: {error:?}")),
        RuntimeEvent::System(frame_system::Event::ExtrinsicFailed { dispatch_error, .. }) => {
            let too_soon: [DispatchError; 3] = [
                pallet_devices::Error::<Runtime>::TooEarly.into(),
                pallet_devices::Error::<Runtime>::NotSettled.into(),
                pallet_work::Error::<Runtime>::NotRunning.into(),
            ];
            (!too_soon.contains(dispatch_error)).then(|| format!("{block}: {dispatch_error:?}"))
        },
        _ => None,
    });
    ensure!(failures.len() == 1, "only the eviction should have failed: {failures:?}");
    Ok(())
}

/// The names of all calls on the chain, those inside of other calls included, as `Pallet.call`.
pub async fn made(net: &Localnet) -> anyhow::Result<BTreeSet<String>> {
    let (rpc, last) = (net.nodes[0].rpc(), net.client().finalized().await?.number);
    let mut made = BTreeSet::new();
    for number in 1..=last {
        for transaction in rpc.transactions(rpc.block_hash(number).await?).await? {
            note(&UncheckedExtrinsic::decode(&mut transaction.as_slice())?.function, &mut made);
        }
    }
    Ok(made)
}

fn note(call: &RuntimeCall, made: &mut BTreeSet<String>) {
    use polkadot_sdk::frame_support::traits::GetCallMetadata;
    let metadata = call.get_call_metadata();
    made.insert(format!("{}.{}", metadata.pallet_name, metadata.function_name));
    match call {
        RuntimeCall::Sudo(pallet_sudo::Call::sudo { call }) => note(call, made),
        RuntimeCall::Utility(
            pallet_utility::Call::batch { calls }
            | pallet_utility::Call::batch_all { calls }
            | pallet_utility::Call::force_batch { calls },
        ) => calls.iter().for_each(|call| note(call, made)),
        _ => {},
    }
}

/// The names of all calls that our pallets have, as `Pallet.call`.
pub fn all() -> BTreeSet<String> {
    use polkadot_sdk::frame_support::traits::GetCallName;
    let named = |pallet: &str, names: &[&str]| names.iter().map(|name| format!("{pallet}.{name}")).collect::<Vec<_>>();
    [
        named("Devices", Devices::get_call_names()),
        named("Uptime", Uptime::get_call_names()),
        named("Rewards", Rewards::get_call_names()),
        named("Work", Work::get_call_names()),
    ]
    .concat()
    .into_iter()
    .collect()
}
