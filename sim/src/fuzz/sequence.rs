//! One sequence: a chain, and what happens to it.

use super::{
    calls::{reward_params, told, uptime_params},
    cast::{Cast, DeviceKey},
    Summary, Trace,
};
use crate::{
    chain::{authorized, Chain, Closed},
    genesis::{Genesis, STAKE, WORK_PRICE},
    invariants, keys,
};
use anyhow::{anyhow, ensure, Context, Result};
use codec::Decode;
use frame_support::traits::{GetCallMetadata, PalletsInfoAccess};
use frame_system::Phase;
use polkadot_sdk::*;
use rand::{rngs::StdRng, seq::SliceRandom, Rng, SeedableRng};
use sp_core::H256;
use sp_runtime::DispatchError;
use std::collections::BTreeMap;
use vouch_primitives::{
    audit::{Opening, ReportId},
    deterrence::{expected_penalty, is_deterred, self_dealing_is_deterred},
    evidence::{self, Evidence},
    lanes::latency_code,
    probe::{registration_payload, Challenge, ProbeResponse},
    prober::{ProberPair, ProberSignature},
    report::Report,
    traits::DeviceRegistry,
    Bitmap, Lane, LatencyCodes, LANES,
};
use vouch_runtime::{
    constants::UNIT, Balance, Balances, Devices, Rewards, Runtime, RuntimeCall, RuntimeEvent, RuntimeHoldReason,
    Session, UncheckedExtrinsic, Uptime,
};

/// Most lanes for which one report of the fuzzer has evidence.
const PROBED: usize = 24;
/// Transactions that may be sent again.
const REMEMBERED: usize = 40;

/// What a prober kept of a report.
type Kept = BTreeMap<Lane, Evidence>;

/// A chain, everybody on it, and a source of chance.
pub(super) struct Sequence {
    pub(super) random: StdRng,
    pub(super) chain: Chain,
    pub(super) cast: Cast,
    kept: BTreeMap<ReportId, Kept>,
    /// Transactions of before.
    sent: Vec<(UncheckedExtrinsic, &'static str, &'static str)>,
    /// Planck issued at genesis.
    issued: Balance,
    /// Planck that were burnt since, but for those that the staking pallet had minted.
    burnt: Balance,
}

impl Sequence {
    pub(super) fn new(seed: u64) -> Result<Self> {
        let mut random = StdRng::from_seed(keys::secret(seed, "fuzz", 0));
        let cast = Cast::new(seed, random.gen_range(2..8));
        let (uptime, rewards) = loop {
            let (uptime, rewards) = (uptime_params(&mut random), reward_params(&mut random));
            if are_allowed(&uptime, &rewards) {
                break (uptime, rewards);
            }
        };
        let genesis = Genesis {
            validators: cast.validators.clone(),
            endowed: cast.endowed(),
            sudo: keys::id(&cast.sudo),
            classes: vec![
                ("standard".into(), 100, 10 * UNIT),
                ("sensor".into(), 25, UNIT / 1_000),
                ("gpu".into(), u16::MAX, 0),
            ],
            release_delay: random.gen_range(0..20),
            maintenance_rounds: random.gen_range(0..4),
            max_per_prefix: random.gen_range(2..10),
            uptime,
            rewards,
        };
        let mut chain = Chain::new(&genesis.config())?;
        let issued = chain.state(Balances::total_issuance);
        let mut sequence = Self { random, chain, cast, kept: BTreeMap::new(), sent: Vec::new(), issued, burnt: 0 };
        match sequence.random.gen_range(0..16) {
            0 => sequence.crowd()?,
            1..9 => sequence.staff()?,
            _ => {},
        }
        Ok(sequence)
    }

    /// Registers a whole cohort and a few devices more, so that there are two.
    fn crowd(&mut self) -> Result<()> {
        self.begin()?;
        let open = pallet_sudo::Call::sudo {
            call: Box::new(
                pallet_devices::Call::set_params {
                    params: pallet_devices::Params { max_per_v4: 2_000, max_per_v6: 2_000, ..Default::default() },
                }
                .into(),
            ),
        };
        let sudo = self.cast.sudo.clone();
        let open = self.chain.signed(&sudo, 0, open.into());
        self.chain.block([open])?;
        let mut transactions = Vec::new();
        let genesis = self.chain.state(Uptime::genesis_hash);
        let owner = self.cast.accounts.last().context("there are accounts")?.clone();
        for index in 0..LANES as u32 + 10 {
            let key = self.cast.extra_device(index);
            let proof = key.sign(&registration_payload(genesis, &keys::id(&owner), 0));
            let call =
                pallet_devices::Call::register { device: key.id(), class: 1, endpoint: None, beneficiary: None, proof };
            transactions.push(self.chain.signed(&owner, index, call.into()));
        }
        self.apply_all(transactions)
    }

    /// Builds the first block, before which the chain does not know the hash of its genesis block, which signatures name.
    pub(super) fn begin(&mut self) -> Result<()> {
        self.chain.author = self.cast.validators.first().map(|validator| validator.stash.clone());
        self.chain.block([])?;
        Ok(())
    }

    /// Builds blocks of transactions that all succeed, before the first step.
    pub(super) fn apply_all(&mut self, transactions: Vec<UncheckedExtrinsic>) -> Result<()> {
        for outcome in self.chain.blocks(transactions)? {
            outcome.map_err(|error| anyhow!("what a sequence begins with failed: {error:?}"))?;
        }
        // What these blocks burnt.
        self.burnt = self.issued + self.chain.state(|| pallet_rewards::Books::<Runtime>::get().minted)
            - self.chain.state(Balances::total_issuance);
        Ok(())
    }

    /// Takes `steps` steps.
    pub(super) fn run(mut self, steps: u32, trace: &mut Trace, summary: &mut Summary) -> Result<()> {
        self.open();
        for _ in 0..steps {
            summary.steps += 1;
            match self.random.gen_range(0..100) {
                0..28 => self.end_block(trace, summary)?,
                28..60 => self.make_call(trace, summary),
                60..74 => self.work_on(trace, summary),
                74..89 => self.file_report(trace, summary),
                89..97 => self.answer_audit(trace, summary),
                _ => self.send_again(trace, summary),
            }
        }
        Ok(())
    }

    /// Opens a block, by a validator that is not disabled, perhaps after empty slots.
    fn open(&mut self) {
        let skipped = match self.random.gen_range(0..40) {
            0 => self.random.gen_range(0..700),
            1..5 => self.random.gen_range(0..30),
            _ => 0,
        };
        let random = &mut self.random;
        self.chain.open(skipped, |validators| {
            let disabled = Session::disabled_validators();
            let able: Vec<usize> = (0..validators.len()).filter(|index| !disabled.contains(&(*index as u32))).collect();
            able.choose(random).copied().unwrap_or(0)
        });
    }

    fn end_block(&mut self, trace: &mut Trace, summary: &mut Summary) -> Result<()> {
        let fill = self.random.gen_ratio(1, 10);
        trace.step(format!("block {} ends{}", self.chain.number(), if fill { ", full" } else { "" }));
        if fill {
            self.chain.fill();
        }
        match self.chain.close()? {
            Closed::Lost => {
                trace.tell("it is lost: its author is disabled".into());
                summary.lost += 1;
            },
            Closed::Built => {
                summary.blocks += 1;
                self.note_events(summary);
                self.chain.state(invariants::check)?;
                self.check_issuance()?;
            },
        }
        if self.random.gen_ratio(1, 50) {
            let running = self.chain.state(|| Uptime::current_round().index);
            self.kept.retain(|id, _| id.round + 40 > running);
        }
        self.open();
        Ok(())
    }

    fn note_events(&mut self, summary: &mut Summary) {
        let pot = Rewards::pot();
        let records = self.chain.records();
        self.burnt += fees(&records);
        for (_, event) in records {
            match event {
                RuntimeEvent::Staking(pallet_staking::Event::Slashed { amount, .. }) => self.burnt += amount,
                RuntimeEvent::Staking(pallet_staking::Event::EraPaid { .. }) => summary.eras += 1,
                RuntimeEvent::Balances(pallet_balances::Event::DustLost { amount, .. }) => self.burnt += amount,
                RuntimeEvent::Balances(pallet_balances::Event::Burned { who, amount }) if who != pot => {
                    self.burnt += amount
                },
                RuntimeEvent::Balances(pallet_balances::Event::BurnedHeld {
                    reason: RuntimeHoldReason::Devices(_) | RuntimeHoldReason::Work(_),
                    amount,
                    ..
                }) => self.burnt += amount,
                RuntimeEvent::Uptime(pallet_uptime::Event::RoundOpened { .. }) => summary.rounds += 1,
                RuntimeEvent::Uptime(pallet_uptime::Event::AuditDrawn { .. }) => summary.audits += 1,
                RuntimeEvent::Uptime(pallet_uptime::Event::OffenceReported { .. }) => summary.offences += 1,
                RuntimeEvent::Rewards(pallet_rewards::Event::EpochClosed { .. }) => summary.epochs += 1,
                RuntimeEvent::Session(pallet_session::Event::NewSession { .. }) => summary.sessions += 1,
                _ => {},
            }
        }
    }

    /// Everything that was issued is what genesis issued and epochs minted, less what was burnt.
    fn check_issuance(&mut self) -> Result<()> {
        let (issued, minted) =
            self.chain.state(|| (Balances::total_issuance(), pallet_rewards::Books::<Runtime>::get().minted));
        let expected = self.issued + minted - self.burnt;
        ensure!(issued == expected, "{issued} planck are issued where {expected} should be");
        Ok(())
    }

    pub(super) fn make_call(&mut self, trace: &mut Trace, summary: &mut Summary) {
        let (who, call) = self.call();
        let nonce = self.chain.nonce(&keys::id(&who));
        // What the administration does is told by what it does.
        let name = match &call {
            RuntimeCall::Sudo(pallet_sudo::Call::sudo { call }) => call.get_call_metadata(),
            call => call.get_call_metadata(),
        };
        trace.step(format!("{} calls {}", keys::id(&who), told(&call)));
        let transaction = self.chain.signed(&who, nonce, call);
        self.send(transaction, name.pallet_name, name.function_name, trace, summary);
    }

    pub(super) fn send(
        &mut self,
        transaction: UncheckedExtrinsic,
        pallet: &'static str,
        call: &'static str,
        trace: &mut Trace,
        summary: &mut Summary,
    ) -> bool {
        let before = self.chain.events().len();
        let mut result = self.chain.apply(transaction.clone());
        // The administration's transaction succeeds whatever becomes of its call.
        for event in self.chain.events().into_iter().skip(before) {
            if let RuntimeEvent::Sudo(pallet_sudo::Event::Sudid { sudo_result: Err(error) }) = event {
                result = Ok(Err(error));
            }
        }
        let count = summary.calls.entry((pallet, call)).or_default();
        match &result {
            Ok(Ok(())) => count.succeeded += 1,
            Ok(Err(error)) => {
                count.failed += 1;
                summary.errors.insert(named(error));
                trace.tell(format!("  failed: {}", named(error)));
            },
            Err(invalid) => {
                count.invalid += 1;
                trace.tell(format!("  not taken: {invalid:?}"));
            },
        }
        if self.sent.len() >= REMEMBERED {
            let forgotten = self.random.gen_range(0..REMEMBERED);
            self.sent.swap_remove(forgotten);
        }
        self.sent.push((transaction, pallet, call));
        result == Ok(Ok(()))
    }

    /// Somebody sends a transaction that was sent before.
    fn send_again(&mut self, trace: &mut Trace, summary: &mut Summary) {
        if let Some((transaction, pallet, call)) = self.sent.choose(&mut self.random).cloned() {
            trace.step(format!("a {pallet}.{call} is sent again"));
            self.send(transaction, pallet, call, trace, summary);
        }
    }

    /// A prober, or somebody who would like to be one, files a report.
    fn file_report(&mut self, trace: &mut Trace, summary: &mut Summary) {
        let round = self.chain.state(Uptime::current_round);
        let cohorts = self.chain.state(Devices::cohorts);
        let strange = |random: &mut StdRng| random.gen_ratio(1, 15);
        let random = &mut self.random;
        let cohort = if strange(random) { 7 } else { random.gen_range(0..cohorts.max(1)) };
        let index = if strange(random) {
            round.index.wrapping_add(1).wrapping_sub(random.gen_range(0..3))
        } else {
            round.index
        };
        let members = self.chain.state(|| Uptime::committee_indices(cohort));
        let waiting: Vec<u32> = self
            .chain
            .state(|| members.iter().copied().filter(|member| !Uptime::has_reported(cohort, *member as u16)).collect());
        let prober = match random.gen_range(0..12) {
            0 => random.gen_range(0..10),
            1 => members.choose(random).copied().unwrap_or(0),
            _ => match waiting.choose(random) {
                Some(member) => *member,
                // All have reported, which is time for something else.
                None => return self.make_call(trace, summary),
            },
        } as u16;
        let set = self.chain.state(|| Uptime::prober_set(round.prober_set));
        let key = set.get(usize::from(prober)).cloned();
        let pair = key.as_ref().and_then(|key| self.cast.by_prober.get(key)).cloned();
        let pair = pair.filter(|_| !strange(&mut self.random)).unwrap_or_else(|| self.cast.spare[0].prober.clone());

        let id = ReportId { round: index, cohort, prober };
        let targets = self.chain.state(|| Devices::targets(cohort, round.index));
        let (mut up, mut latency, mut kept) = (Bitmap::default(), LatencyCodes::default(), Kept::new());
        // How many of the devices answer, from all to none; one that lies about them does not even ask.
        let answering = *[1.0, 1.0, 0.9, 0.5, 0.0].choose(&mut self.random).unwrap_or(&1.0);
        let dead: Vec<_> = self.cast.devices.iter().skip(1).step_by(4).map(DeviceKey::id).collect();
        let genesis = self.chain.state(Uptime::genesis_hash);
        for target in targets.iter().take(PROBED) {
            let device = self.cast.by_id.get(&target.device).filter(|_| self.random.gen_bool(answering));
            let device = device.filter(|_| !dead.contains(&target.device));
            let Some(device) = device else { continue };
            let challenge = Challenge {
                genesis,
                round: index,
                seed: round.seed,
                prober: key.clone().unwrap_or_else(|| self.cast.spare[0].keys.prober.clone()),
                device: target.device.clone(),
                nonce: self.random.gen(),
            };
            let evidence = answer(device, &challenge, self.random.gen_range(0..400));
            up.set(target.lane, true);
            latency.set(target.lane, latency_code(evidence.rtt_ms));
            kept.insert(target.lane, evidence);
        }
        let mut evidence_root = evidence::root(|lane| kept.get(&lane));
        if self.random.gen_ratio(1, 8) {
            // A lie about any lane, also such as do not exist.
            (0..self.random.gen_range(1..40)).for_each(|_| {
                let lane = self.random.gen_range(0..LANES as Lane);
                up.set(lane, !up.get(lane));
                latency.set(lane, self.random.gen_range(0..16));
            });
        }
        if self.random.gen_ratio(1, 20) {
            evidence_root = H256::random_using(&mut self.random);
        }
        let report = Report { round: index, cohort, prober, up, latency, evidence_root };
        trace.step(format!("{id:?} is filed: {:?}", report.up));
        let signature = sign(&pair, &report.payload(genesis, round.seed));
        let call = pallet_uptime::Call::report { report: Box::new(report), signature };
        if self.send(authorized(call), "Uptime", "report", trace, summary) {
            self.kept.insert(id, kept);
        }
    }

    /// A prober answers an audit, or somebody else does.
    fn answer_audit(&mut self, trace: &mut Trace, summary: &mut Summary) {
        let cohorts = self.chain.state(Devices::cohorts);
        let cohort = self.random.gen_range(0..cohorts.max(1));
        let audits = self.chain.state(|| Uptime::open_audits(cohort));
        let Some(audit) = audits.choose(&mut self.random) else {
            // Nothing to answer: somebody does all the same.
            return self.make_call(trace, summary);
        };
        let lane = audit.claim.lane;
        let kept = self.kept.get(&audit.report);
        let evidence = kept.and_then(|kept| kept.get(&lane)).cloned();
        let path = kept.and_then(|kept| evidence::path(|lane| kept.get(&lane), lane));
        let made_up = || {
            let response = ProbeResponse { signature: self.cast.devices[0].sign(b"nothing") };
            Evidence { device: audit.claim.device.clone(), nonce: [0; 32], rtt_ms: 1, response }
        };
        let mut opening = Opening {
            report: audit.report,
            evidence: evidence.unwrap_or_else(made_up),
            path: path.unwrap_or_default(),
        };
        match self.random.gen_range(0..16) {
            0 => opening.path[self.random.gen_range(0..opening.path.len())] = H256::random_using(&mut self.random),
            1 => opening.evidence.rtt_ms = self.random.gen(),
            2 => opening.evidence.nonce = self.random.gen(),
            3 => opening.report.round = opening.report.round.wrapping_add(1),
            _ => {},
        }
        let pair = self.cast.by_prober.get(&audit.claim.prober).filter(|_| !self.random.gen_ratio(1, 12));
        let pair = pair.unwrap_or(&self.cast.spare[0].prober).clone();
        let genesis = self.chain.state(Uptime::genesis_hash);
        trace.step(format!("{:?} is opened at lane {lane}", opening.report));
        let signature = sign(&pair, &opening.payload(genesis));
        let call = pallet_uptime::Call::answer_audit { opening: Box::new(opening), signature };
        self.send(authorized(call), "Uptime", "answer_audit", trace, summary);
    }
}

fn answer(device: &DeviceKey, challenge: &Challenge, rtt_ms: u32) -> Evidence {
    let response = ProbeResponse { signature: device.sign(&challenge.payload()) };
    Evidence { device: challenge.device.clone(), nonce: challenge.nonce, rtt_ms, response }
}

pub(super) fn sign(pair: &ProberPair, payload: &[u8]) -> ProberSignature {
    use sp_core::Pair;
    pair.sign(payload)
}

/// Planck that transactions paid in fees.
fn fees(records: &[(Phase, RuntimeEvent)]) -> Balance {
    use pallet_balances::Event::{Deposit, Withdraw};
    let mut fees = 0;
    for (phase, event) in records {
        let RuntimeEvent::TransactionPayment(pallet_transaction_payment::Event::TransactionFeePaid {
            who: payer,
            actual_fee,
            ..
        }) = event
        else {
            continue;
        };
        // What was paid in advance is the first thing that a transaction tells of.
        let own = || records.iter().filter(|(of, _)| of == phase).map(|(_, event)| event);
        let paid = own().find_map(|event| match event {
            RuntimeEvent::Balances(Withdraw { who, amount }) if who == payer => Some(*amount),
            _ => None,
        });
        let paid = paid.unwrap_or(*actual_fee);
        // What was too much is given back, unless the payer's account is gone by then.
        let is_refund = |event: &RuntimeEvent| matches!(event, RuntimeEvent::Balances(Deposit { who, amount }) if who == payer && amount + actual_fee == paid);
        fees += if own().any(is_refund) { *actual_fee } else { paid };
    }
    fees
}

/// Whether a chain can begin with these parameters.
fn are_allowed(uptime: &pallet_uptime::types::Params, rewards: &pallet_rewards::EpochParams<Balance>) -> bool {
    let runs = uptime.round_length >= 2
        && (1..=7).contains(&uptime.committee_size)
        && uptime.admission_rounds <= 32
        && (2..100).contains(&uptime.audit_window);
    let pays = rewards.split.is_whole()
        && (1..100).contains(&rewards.rounds_per_epoch)
        && rewards.curve.initial <= 200 * UNIT
        && (rewards.holdback.is_zero() || rewards.holding_epochs > 0);
    // Nobody can gain more than all of two epochs.
    let penalty = expected_penalty(uptime.audit, uptime.least_slash(), STAKE / 2);
    let works = self_dealing_is_deterred(rewards.max_work_rate, WORK_PRICE);
    runs && pays && works && is_deterred(penalty, 2 * rewards.curve.initial.max(rewards.curve.floor))
}

/// An error as its pallet calls it.
fn named(error: &DispatchError) -> String {
    let DispatchError::Module(module) = error else { return format!("{error:?}") };
    let pallet = <vouch_runtime::AllPalletsWithSystem as PalletsInfoAccess>::infos()
        .into_iter()
        .find(|info| info.index == usize::from(module.index))
        .map_or("?", |info| info.name);
    // An error that an event told of has lost its name.
    let mut bytes = module.error.as_slice();
    let name = match (module.message, pallet) {
        (Some(message), _) => Some(message.into()),
        (None, "Devices") => {
            pallet_devices::Error::<Runtime>::decode(&mut bytes).ok().map(|error| format!("{error:?}"))
        },
        (None, "Uptime") => pallet_uptime::Error::<Runtime>::decode(&mut bytes).ok().map(|error| format!("{error:?}")),
        (None, "Rewards") => {
            pallet_rewards::Error::<Runtime>::decode(&mut bytes).ok().map(|error| format!("{error:?}"))
        },
        (None, "Work") => pallet_work::Error::<Runtime>::decode(&mut bytes).ok().map(|error| format!("{error:?}")),
        (None, _) => None,
    };
    format!("{pallet}.{}", name.unwrap_or_else(|| module.error[0].to_string()))
}
