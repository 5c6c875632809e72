//! Validators are held to what they report, and to nothing else.

use crate::{
    chronicle::{audit_everything, govern, slash_at_once, stored, Chronicle},
    faults::ensure_unbroken,
    liar::{Liar, Manner},
    long_on,
    rounds::{device, judged_up},
    ROUNDS,
};
use anyhow::{ensure, Context};
use pallet_staking::StakingLedger;
use pallet_uptime::Event;
use polkadot_sdk::{
    pallet_staking,
    sp_core::H256,
    sp_runtime::Perbill,
    sp_staking::{EraIndex, PagedExposureMetadata},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};
use vouch_device::{
    chain::{Call, Client, Registration, Wait},
    swarm::Swarm,
    AccountId32,
};
use vouch_localnet::{
    devices::{account, keypair},
    ports,
    rpc::Rpc,
    wait::until,
    Localnet,
};
use vouch_primitives::{
    api::ProberReason,
    audit::{Misconduct, ReportId},
    DeviceId, ProberNumber, RoundIndex,
};
use vouch_runtime::{Balance, Runtime, RuntimeEvent};

/// Waiting for something that takes some ten rounds, on a machine that is busy with something else.
const MANY_ROUNDS: Duration = Duration::from_secs(900);

/// The validators of the local chain; each has its account for a stash.
const VALIDATORS: [&str; 4] = ["//Alice", "//Bob", "//Charlie", "//Dave"];

/// Blocks in which a validator that was killed may prove its last report.
const WINDOW: u32 = 60;

/// The index of the one that lies, dies, or stays away.
const DAVE: usize = 3;

/// A report that was drawn for an audit.
struct Drawn {
    report: ReportId,
    prober: ProberNumber,
    deadline: u32,
}

fn drawn(chronicle: &Chronicle) -> Vec<Drawn> {
    chronicle.pick(|_, event| match event {
        RuntimeEvent::Uptime(Event::AuditDrawn { report, prober, deadline, .. }) => {
            Some(Drawn { report: *report, prober: *prober, deadline: *deadline })
        },
        _ => None,
    })
}

/// Whether each audit that was answered was answered with a proof.
fn answered(chronicle: &Chronicle) -> BTreeMap<ReportId, bool> {
    let answers = chronicle.pick(|_, event| match event {
        RuntimeEvent::Uptime(Event::AuditAnswered { report, proven, .. }) => Some((*report, *proven)),
        _ => None,
    });
    answers.into_iter().collect()
}

/// An offence that somebody is held to account for.
#[derive(Debug)]
struct Accusation {
    block: u32,
    prober: ProberNumber,
    kind: Misconduct,
    report: ReportId,
    strikes: u32,
}

fn accused(chronicle: &Chronicle) -> Vec<Accusation> {
    chronicle.pick(|block, event| match event {
        RuntimeEvent::Uptime(Event::Accused { prober, kind, report, strikes }) => {
            Some(Accusation { block, prober: *prober, kind: *kind, report: *report, strikes: *strikes })
        },
        _ => None,
    })
}

/// Who was reported to the staking pallet, for which share of the stake, and in which block.
fn reported(chronicle: &Chronicle) -> Vec<(u32, AccountId32, Perbill)> {
    chronicle.pick(|block, event| match event {
        RuntimeEvent::Uptime(Event::OffenceReported { validator, fraction, .. }) => {
            Some((block, validator.clone(), *fraction))
        },
        _ => None,
    })
}

/// What a validator has at stake.
async fn at_stake(rpc: &Rpc, validator: &AccountId32, at: H256) -> anyhow::Result<StakingLedger<Runtime>> {
    let key = pallet_staking::Ledger::<Runtime>::hashed_key_for(validator);
    stored(rpc, key, Some(at)).await?.with_context(|| format!("{validator} has nothing at stake"))
}

/// What of it counts in an era.
async fn exposure(rpc: &Rpc, era: EraIndex, validator: &AccountId32, at: H256) -> anyhow::Result<Balance> {
    let key = pallet_staking::ErasStakersOverview::<Runtime>::hashed_key_for(era, validator);
    let overview: PagedExposureMetadata<Balance> =
        stored(rpc, key, Some(at)).await?.with_context(|| format!("{validator} is not elected in era {era}"))?;
    Ok(overview.own)
}

/// Whether both kinds of lies were found out, and those who slash were told since.
fn both_found_out(chronicle: &Chronicle) -> bool {
    let (accused, reported) = (accused(chronicle), reported(chronicle));
    [Misconduct::WrongOpening, Misconduct::Silence].into_iter().all(|kind| {
        let first = accused.iter().find(|accused| accused.kind == kind);
        first.is_some_and(|accused| reported.iter().any(|(told, ..)| *told >= accused.block))
    })
}

#[test]
fn validator_that_reports_without_probing_is_found_out_and_slashed_and_the_others_are_paid() {
    long_on(Localnet::builder().validators(4).idle(DAVE).devices(1), async |net| {
        let (client, node) = (net.client(), &net.nodes[0]);
        let validators = VALIDATORS.map(account).into_iter().collect::<anyhow::Result<Vec<_>>>()?;
        let (dave, honest) = validators.split_last().context("four validators")?;

        // GIVEN a device that answers and one that does not, so that it is a lie to call all of them up.
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free()?)).into();
        let dead =
            Registration::new(&Swarm::key("dead", 0), net.genesis(), &account("//Eve")?, 0, 0, Some(nowhere), None);
        client.register(&keypair("//Eve")?, &[dead], Wait::Included).await?;
        let id = net.devices[0].id();
        let steady_from = judged_up(client, id).await?.next_round;
        let began = govern(client, vec![slash_at_once(), audit_everything(node.rpc(), None).await?]).await?.block;
        // Asked at once: a block that others do not build on is forgotten.
        let before = at_stake(node.rpc(), dave, began.hash).await?;
        let mut stakes = Vec::new();
        for validator in honest {
            stakes.push(at_stake(node.rpc(), validator, began.hash).await?.active);
        }

        // WHEN one of four validators copies and invents its reports.
        let mut chronicle = Chronicle::after(began, node);
        let mut liar = Liar::new(VALIDATORS[DAVE], net, id.clone())?;
        let look = async || {
            chronicle.read().await?;
            liar.step().await?;
            Ok(both_found_out(&chronicle).then_some(()))
        };
        until("both lies to be found out", MANY_ROUNDS, look).await?;
        let end = chronicle.end();
        let at = client.at(end.hash);

        // THEN each lie was drawn and found out in its own way, and nobody else was accused.
        let liar = at.prober(dave).await?.context("Dave is a prober")?;
        let (drawn, answered, accused) = (drawn(&chronicle), answered(&chronicle), accused(&chronicle));
        for Accusation { block, prober, kind, report, .. } in &accused {
            let expected = match Manner::of(report.round) {
                Manner::Copies => (Misconduct::WrongOpening, Some(&false)),
                Manner::Invents => (Misconduct::Silence, None),
            };
            ensure!(*prober == liar.number, "prober {prober} was accused of {kind:?} in block {block}");
            ensure!((*kind, answered.get(report)) == expected, "{kind:?} for {report:?}");
            ensure!(drawn.iter().any(|drawn| drawn.report == *report), "{report:?} was never drawn");
        }

        // AND the staking pallet took exactly the greatest share that was reported of what Dave had exposed.
        let reported = reported(&chronicle);
        let told: Vec<_> = reported.iter().map(|(_, validator, fraction)| (validator.clone(), *fraction)).collect();
        let taken_up = chronicle.pick(|_, event| match event {
            RuntimeEvent::Staking(pallet_staking::Event::SlashReported { validator, fraction, slash_era }) => {
                Some((validator.clone(), *fraction, *slash_era))
            },
            _ => None,
        });
        let era = taken_up.first().context("the staking pallet was told")?.2;
        ensure!(
            taken_up.iter().map(|(who, share, _)| (who.clone(), *share)).collect::<Vec<_>>() == told,
            "{taken_up:?}"
        );
        ensure!(told.iter().all(|(validator, _)| validator == dave), "{told:?}");
        let greatest = told.iter().map(|(_, fraction)| *fraction).max().context("reported")?;
        let owed = greatest * exposure(node.rpc(), era, dave, end.hash).await?;
        let slashed = chronicle.pick(|_, event| match event {
            RuntimeEvent::Staking(pallet_staking::Event::Slashed { staker, amount }) => Some((staker.clone(), *amount)),
            _ => None,
        });
        ensure!(slashed.iter().all(|(staker, _)| staker == dave), "{slashed:?}");
        let after = at_stake(node.rpc(), dave, end.hash).await?;
        let lost = (before.active - after.active, before.total - after.total);
        let sum: Balance = slashed.iter().map(|(_, amount)| *amount).sum();
        println!("accused: {accused:?}");
        println!("reported: {reported:?}");
        println!("{greatest:?} reported at most, {sum} planck slashed");
        ensure!(owed > 0 && lost == (owed, owed) && sum == owed, "{owed} owed, {lost:?} lost, {sum} slashed");

        // AND Dave is told why: every report was drawn, so that it never earned anything.
        ensure!((liar.pending.accrued, liar.pending.points) == (0, 0), "{liar:?}");
        let record = &liar.record;
        ensure!(record.failed > 0 && record.silent > 0 && record.forfeited > 0 && record.proven == 0, "{record:?}");
        // All offences of one epoch are one strike.
        let strikes = accused.last().map(|accused| accused.strikes);
        ensure!(Some(record.strikes) == strikes && record.last_offence.is_some(), "{record:?}");
        for reason in [ProberReason::FailedAudits, ProberReason::SilentAudits] {
            ensure!(liar.reasons.contains(&reason), "{reason:?} is not among {:?}", liar.reasons);
        }
        let said = net.devices[0].cli(["validator", "--account", &dave.to_string()]).await?;
        ensure!(said.contains("does not prove the report") && said.contains("not answered in time"), "{said}");

        // AND the honest ones answered all they were asked, lost nothing, and earn.
        for (validator, had) in honest.iter().zip(stakes) {
            let info = at.prober(validator).await?.with_context(|| format!("{validator} is a prober"))?;
            let asked = drawn.iter().filter(|drawn| drawn.prober == info.number && drawn.deadline <= end.number);
            for Drawn { report, .. } in asked {
                ensure!(answered.get(report) == Some(&true), "{report:?} of {validator}: {:?}", answered.get(report));
            }
            let record = &info.record;
            ensure!(record.proven > 0 && (record.failed, record.silent, record.strikes) == (0, 0, 0), "{record:?}");
            ensure!(info.pending.accrued > 0, "{info:?}");
            let stake = at_stake(node.rpc(), validator, end.hash).await?;
            ensure!(stake.active == had, "{had} at stake before, then {stake:?}");
        }

        // AND the device that answers never lost a round by it.
        let now = device(&at, id).await?;
        ensure_unbroken(&now, steady_from.max(now.next_round.saturating_sub(32))..=now.next_round - 1)?;
        let pending = at.pending_reward(id).await?.context("registered")?;
        ensure!(pending.accrued > 0, "{pending:?}");
        probing_is_paid_as_predicted(client, node.rpc(), &honest[1]).await
    });
}

/// Somebody else claims for `validator`, who then has exactly what was predicted more. Fees are burnt, and no author earns them.
async fn probing_is_paid_as_predicted(client: &Client, rpc: &Rpc, validator: &AccountId32) -> anyhow::Result<()> {
    // Should an epoch close in the claim's own block, what was predicted before it is not what was claimed.
    for _ in 0..5 {
        let look = async || {
            let prober = client.prober(validator).await?.context("a prober")?;
            Ok((prober.pending.accrued > 0).then_some(()))
        };
        until(&format!("{validator} to accrue pay for probing"), ROUNDS, look).await?;
        let claim = Call::claim_probing(std::slice::from_ref(validator));
        let receipt = client.submit(claim, &keypair("//Ferdie")?, Wait::Included).await?;
        let before = client.at(rpc.block_hash(receipt.block.number - 1).await?);
        let after = client.at(receipt.block.hash);
        if before.network().await?.epoch != after.network().await?.epoch {
            continue;
        }
        let predicted = before.prober(validator).await?.context("a prober")?.pending.accrued;
        let paid = receipt.find("Rewards", "ProbingClaimed").next().and_then(|event| event.number("amount"));
        let rose = after.balance(validator).await?.free - before.balance(validator).await?.free;
        let left = after.prober(validator).await?.context("a prober")?.pending.accrued;
        ensure!(predicted > 0, "something was accrued");
        ensure!(
            (paid, rose, left) == (Some(predicted), predicted, 0),
            "{predicted} predicted, {paid:?} paid, {rose} arrived, {left} left"
        );
        return Ok(());
    }
    anyhow::bail!("five claims in a row fell into blocks that close an epoch")
}

/// The running round, once the validator with this index in the prober set has reported in it.
async fn reports(client: &Client, id: &DeviceId, prober: u16, after: RoundIndex) -> anyhow::Result<RoundIndex> {
    let look = async || {
        let committee = client.committee(id).await?.context("registered")?;
        let reported = committee.members.iter().any(|member| member.index == prober && member.reported);
        Ok((committee.round > after && reported).then_some(committee.round))
    };
    until(&format!("a report of prober {prober} after round {after}"), ROUNDS, look).await
}

#[test]
fn killed_validator_proves_its_last_report_and_is_unpaid_but_not_accused_while_it_is_away() {
    long_on(Localnet::builder().validators(4).devices(1), async |net| {
        // GIVEN four validators that report, and that are asked for the evidence each time.
        let (client, rpc) = (net.nodes[0].client().clone(), net.nodes[0].rpc().clone());
        let id = net.devices[0].id().clone();
        judged_up(&client, &id).await?;
        // With time enough to come back in.
        let began = govern(&client, vec![audit_everything(&rpc, Some(WINDOW)).await?]).await?.block;
        let mut chronicle = Chronicle::after(began, &net.nodes[0]);
        let [alice, dave] = [VALIDATORS[0], VALIDATORS[DAVE]].map(account);
        let (alice, dave) = (alice?, dave?);
        let [steady, absent] = [client.prober(&alice).await?, client.prober(&dave).await?]
            .map(|prober| prober.map(|prober| prober.number));
        let (steady, absent) = (steady.context("a prober")?, absent.context("a prober")?);
        // A set that has not changed since genesis: numbers are given in its order.
        let index = u16::try_from(absent)?;

        // WHEN one of them is killed as soon as its report is in a block, and stays away until that report was drawn.
        let begin = client.network().await?.round;
        let killed_in = reports(&client, &id, index, begin).await?;
        net.nodes[DAVE].kill().await?;
        let last = ReportId { round: killed_in, cohort: 0, prober: index };
        let look = async || {
            chronicle.read().await?;
            Ok(drawn(&chronicle).iter().find(|drawn| drawn.report == last).map(|drawn| drawn.deadline))
        };
        let deadline = until("its last report to be drawn", ROUNDS, look).await?;
        let asked = client.best().await?.number;
        net.nodes[DAVE].restart().await?;

        // THEN it proves the report in time, from evidence that survived.
        let look = async || {
            chronicle.read().await?;
            let answers = chronicle.pick(|block, event| match event {
                RuntimeEvent::Uptime(Event::AuditAnswered { report, proven, .. }) if *report == last => {
                    Some((block, *proven))
                },
                _ => None,
            });
            Ok(answers.first().copied())
        };
        let (block, proven) = until("its answer", ROUNDS, look).await?;
        println!("killed in round {killed_in}, restarted after block {asked}, proved in {block}, due by {deadline}");
        ensure!(proven && block <= deadline, "answered in block {block} of {deadline}, proven: {proven}");

        // AND it was paid for no round that it was away: it has reports to prove for those before and after only.
        let back = reports(&client, &id, index, killed_in).await?;
        let next = ReportId { round: back, ..last };
        let look = async || {
            chronicle.read().await?;
            Ok(answered(&chronicle).contains_key(&next).then_some(()))
        };
        until("its first report after that to be proven", ROUNDS, look).await?;
        // Pay for what was proven comes when the epoch of the proof closes, also for what others proved meanwhile.
        let look = async || {
            chronicle.read().await?;
            let at = client.at(chronicle.end().hash);
            let [absent, steady] = [at.prober(&dave).await?, at.prober(&alice).await?]
                .map(|prober| prober.map_or(0, |prober| prober.pending.accrued));
            Ok((0 < absent && absent < steady).then_some(()))
        };
        until("it to accrue pay, and less than others", ROUNDS, look).await?;
        let rounds_of = |prober| -> BTreeSet<RoundIndex> {
            let drawn = drawn(&chronicle).into_iter().filter(|drawn| drawn.prober == prober);
            drawn.map(|drawn| drawn.report.round).filter(|round| (killed_in..=back).contains(round)).collect()
        };
        let (missed, both) = (&rounds_of(steady) - &rounds_of(absent), &rounds_of(steady) & &rounds_of(absent));
        println!("it missed the rounds {missed:?}");
        ensure!(missed.len() >= 2 && missed.iter().all(|round| (killed_in + 1..back).contains(round)), "{missed:?}");
        ensure!(both.contains(&killed_in) && both.contains(&back), "{both:?}");
        let at = client.at(chronicle.end().hash);
        let (steady, absent) =
            (at.prober(&alice).await?.context("a prober")?, at.prober(&dave).await?.context("a prober")?);
        ensure!(absent.record.reports < steady.record.reports, "{absent:?} and {steady:?}");

        // AND nobody is accused of anything.
        ensure!(accused(&chronicle).is_empty(), "{:?}", accused(&chronicle));
        for prober in [steady, absent] {
            let record = prober.record;
            ensure!((record.failed, record.silent, record.strikes) == (0, 0, 0), "{record:?}");
        }
        net.ensure_running()
    });
}
