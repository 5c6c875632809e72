//! A chain on which every call of ours has been made, for clients to read.

use crate::{
    cheats::{Cheat, Trick},
    chronicle::{audit_everything, govern, stored, Chronicle},
    rounds::{device, judged_up},
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
use vouch_device::{
    chain::{Head, Wait},
    explain::attendance,
    keys::DeviceKey,
    swarm::Swarm,
};
use vouch_localnet::{
    binaries,
    devices::{account, keypair},
    ports,
    wait::until,
    Localnet,
};
use vouch_primitives::{
    api::DeviceState,
    history::Attendance,
    work::{api::JobState, JobId},
    DeviceId, Endpoint,
};
use vouch_requester::{
    folder::Folder,
    serve::{Content, Server},
};
use vouch_runtime::{Runtime, RuntimeCall, RuntimeEvent, UncheckedExtrinsic};

type Devices = pallet_devices::Call<Runtime>;
type Rewards = pallet_rewards::Call<Runtime>;
type Work = pallet_work::Call<Runtime>;
type Uptime = pallet_uptime::Call<Runtime>;

/// How long a panel may take to be called and to judge, and how long a device has to be silent for until it is given up, on a machine
/// that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(900);

/// Names the keys of the devices that are moved about.
const LABEL: &str = "everything";

/// Posts a job, and owns no device, which would not be asked.
const REQUESTER: &str = "//Requester";
/// What it is given, in planck.
const FUNDS: u128 = 1_000_000_000_000_000;

/// Makes every call of our four pallets at least once, and each of them succeeds.
pub async fn make(net: &Localnet) -> anyhow::Result<()> {
    let client = net.client();
    let beginning = client.finalized().await?;
    let (alice, bob) = (Signer::new("//Alice", net)?, Signer::new("//Bob", net)?);
    // Nobody answers for the third.
    let keys: Vec<DeviceKey> = (0..3).map(|n| Swarm::key(LABEL, n)).collect();
    let mute = keys[2].id();
    register(net, &bob, &keys[2], Endpoint::from(SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free()?)))).await?;

    // Every report is audited, so that audits are answered.
    govern(client, vec![audit_everything(net.nodes[0].rpc(), None).await?]).await?;
    let swarm = Swarm::start(net.genesis(), LABEL, 2, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    change_hands(net, [&alice, &bob], [&keys[0], &keys[1]], swarm.endpoint()).await?;
    administer(net, &alice).await?;
    work(net).await?;
    pay(net, &alice).await?;

    let given_up = async || Ok((attendance(&device(client, mute).await?) == Attendance::Never).then_some(()));
    until("a device to be given up that never answers", PATIENCE, given_up).await?;
    alice.submit(Devices::evict { device: mute.clone() }).await?;
    let leaving = keys[1].id();
    let is_due = async || {
        let state = device(client, leaving).await?.state;
        let best = client.best().await?.number;
        Ok(matches!(state, DeviceState::Leaving(due) if best >= due).then_some(()))
    };
    until("a bond to be due", ROUNDS, is_due).await?;
    bob.submit(Devices::release { device: leaving.clone() }).await?;

    // Clients are asked about what is final.
    net.nodes[0].finalizes(client.best().await?.number, ROUNDS).await?;
    swarm.stop().await?;
    ensure_succeeded(net, beginning).await
}

async fn register(net: &Localnet, owner: &Signer, key: &DeviceKey, endpoint: Endpoint) -> anyhow::Result<()> {
    let (device, endpoint) = (key.id().clone(), Some(endpoint));
    let proof = key.registration_proof(net.genesis(), &owner.account(), 0);
    owner.submit(Devices::register { device, class: 1, endpoint, beneficiary: None, proof }).await
}

/// A job is posted, computed, brought before a panel, cancelled and closed.
async fn work(net: &Localnet) -> anyhow::Result<()> {
    let client = net.client();
    let (mut cheats, cheating) = Cheat::of(&[Trick::Forges], net).await?;
    for id in cheats.iter().map(Cheat::id).chain(net.devices.iter().map(|device| device.id())) {
        judged_up(client, id).await?;
    }

    // Two that differ are contested at once, and there is more of it than can be computed until a panel has judged.
    let folder = Folder { limit: 2, chunk_tasks: 5, ..Folder::load(&binaries::job("primes")?)? };
    let source = Server::start(Content::of(folder.clone()), SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let (token, round) = (client.token().await?, client.network().await?.round);
    let terms = folder.terms(source.address().into(), &token, round)?;
    client.transfer(&keypair("//Alice")?, &account(REQUESTER)?, FUNDS, Wait::Included).await?;
    let requester = Signer::new(REQUESTER, net)?;
    let job: JobId =
        stored(net.nodes[0].rpc(), pallet_work::NextJob::<Runtime>::hashed_key().to_vec(), None).await?.unwrap_or(0);
    let mut chronicle = Chronicle::after(client.finalized().await?, &net.nodes[0]);
    requester.submit(Work::post_job { terms: Box::new(terms) }).await?;

    let judged = async || {
        step(&mut cheats).await?;
        chronicle.read().await?;
        let is_judged = |_, event: &RuntimeEvent| {
            matches!(event, RuntimeEvent::Work(pallet_work::Event::Judged { .. })).then_some(())
        };
        Ok((!chronicle.pick(is_judged).is_empty()).then_some(()))
    };
    until("a panel to judge", PATIENCE, judged).await?;
    requester.submit(Work::cancel { job }).await?;
    let forging = cheats[0].id().clone();
    let ended = async || {
        step(&mut cheats).await?;
        let state = client.job(job).await?.context("nobody closed it")?.state;
        Ok((state == JobState::Ended).then_some(()))
    };
    until("the job to end", PATIENCE, ended).await?;
    requester.submit(Work::close { job }).await?;
    let bond = device(client, &forging).await?.bond;
    ensure!(bond < client.classes().await?[0].bond, "the forger was not fined");
    Signer::new(Trick::Forges.owner(), net)?.submit(Devices::top_up { device: forging }).await?;
    source.stop().await?;
    Ok(cheating.stop().await?)
}

async fn step(cheats: &mut [Cheat]) -> anyhow::Result<()> {
    for cheat in cheats {
        cheat.step().await?;
    }
    Ok(())
}

/// Devices and validators are paid, and what is held back from a device is forfeited.
async fn pay(net: &Localnet, alice: &Signer) -> anyhow::Result<()> {
    let (client, validator) = (net.client(), alice.account());
    let pays = async || {
        let prober = client.prober(&validator).await?.context("it probes")?;
        Ok((prober.pending.accrued > 0).then_some(()))
    };
    until("probing to be paid", ROUNDS, pays).await?;
    alice.submit(Rewards::claim_probing { validators: vec![validator.clone()].try_into().expect("one fits") }).await?;
    let earned = net.devices[0].id().clone();
    let explained = async || client.explain(&earned).await?.context("it is registered");
    let accrued = async || Ok((explained().await?.pending.accrued > 0).then_some(()));
    until("a device to earn", ROUNDS, accrued).await?;
    alice.submit(Rewards::claim { devices: vec![earned.clone()].try_into().expect("one fits") }).await?;
    let held = async || Ok((explained().await?.pending.held > 0).then_some(()));
    until("something to be held back", ROUNDS, held).await?;
    sudo(alice, Rewards::forfeit { device: earned.clone() }).await
}

/// A device is registered, changed, sold, paused, given another key, and deregistered.
async fn change_hands(
    net: &Localnet,
    [alice, bob]: [&Signer; 2],
    [old, new]: [&DeviceKey; 2],
    endpoint: Endpoint,
) -> anyhow::Result<()> {
    let (genesis, device): (_, DeviceId) = (net.genesis(), old.id().clone());
    let beneficiary = Some(account("//Eve")?);
    register(net, alice, old, endpoint).await?;
    alice.submit(Devices::set_endpoint { device: device.clone(), endpoint: Some(endpoint) }).await?;
    // It is drawn two rounds later at the soonest, and off the list by then.
    alice.submit(Work::enlist { device: device.clone(), slots: 1, memory: 64 }).await?;
    alice.submit(Work::retire { device: device.clone() }).await?;
    alice.submit(Devices::set_beneficiary { device: device.clone(), beneficiary }).await?;
    alice.submit(Devices::offer { device: device.clone(), to: Some(bob.account()) }).await?;
    bob.submit(Devices::accept { device: device.clone() }).await?;
    // The next round may begin before it is resumed.
    bob.submit(Devices::pause { device: device.clone(), rounds: 2 }).await?;
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

/// Fails if anything called since `beginning` failed.
async fn ensure_succeeded(net: &Localnet, beginning: Head) -> anyhow::Result<()> {
    let mut chronicle = Chronicle::after(beginning, &net.nodes[0]);
    chronicle.read().await?;
    let failures = chronicle.pick(|block, event| {
        let error: &DispatchError = match event {
            RuntimeEvent::Sudo(pallet_sudo::Event::Sudid { sudo_result: Err(error) })
            | RuntimeEvent::Utility(pallet_utility::Event::ItemFailed { error })
            | RuntimeEvent::System(frame_system::Event::ExtrinsicFailed { dispatch_error: error, .. }) => error,
            _ => return None,
        };
        Some(format!("{block}: {error:?}"))
    });
    ensure!(failures.is_empty(), "calls failed: {failures:?}");
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
