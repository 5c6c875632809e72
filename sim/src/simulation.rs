//! One run: a chain, its devices, and probers of whom some lie.
//!
//! Two things are replaced. What BABE's VRF would put out comes from the seed of the run, so that two runs of the same seed draw
//! the same committees and the same audits whoever lies in them, and their difference is due to the lies alone. And because
//! draws are known in advance that way, devices sign only the challenges whose signatures will be asked for: a prober's evidence
//! tree has its real leaf where the audit will open it. Policies know nothing of this; [`Signing::All`] does without.

use crate::{
    chain::{authorized, Chain},
    genesis::STAKE,
    keys::{self, Validator},
    ledger::{Earned, Kind, Ledger},
    policy::{Backing, Policy, Target, Task, Verdict},
    setup::{Setup, Signing, AUDIT_ROUNDS},
    world::{Device, Life, World},
};
use anyhow::{bail, ensure, Context, Result};
use codec::Encode;
use pallet_rewards::{PointsPages, Pool};
use pallet_uptime::{
    types::{Params, Round},
    Event, NextSeed,
};
use polkadot_sdk::*;
use sp_core::{sr25519, Pair, H256};
use sp_io::hashing::blake2_256;
use std::collections::{BTreeMap, BTreeSet};
use vouch_primitives::{
    accuracy::Reference,
    audit::{self, Misconduct, Opening, ReportId},
    evidence::{self, Evidence},
    probe::Challenge,
    prober::{ProberId, ProberPair, ProberSignature},
    report::Report,
    tally::{two_thirds, Ballot},
    traits::DeviceRegistry,
    Bitmap, CohortId, DeviceId, Lane, LatencyCodes, Place, RoundIndex,
};
use vouch_runtime::{Balance, Devices, Rewards, Runtime, RuntimeCall, RuntimeEvent, UncheckedExtrinsic, Uptime};

/// The first epoch that is measured, unless there are so many devices that registration takes longer.
const FIRST_MEASURED: u32 = 3;

/// Simulates `policy` with `liars` validators that follow it.
pub fn run(setup: &Setup, policy: Policy, liars: u32) -> Result<Ledger> {
    Simulation::new(setup, policy, liars)?.run()
}

/// Evidence that will be asked for, or may be.
struct Kept {
    prober: u32,
    lane: Option<Lane>,
    evidence: BTreeMap<Lane, Evidence>,
}

/// In whose name, and for which round, devices are asked.
#[derive(Clone)]
struct Challenger {
    genesis: H256,
    round: RoundIndex,
    seed: H256,
    prober: ProberId,
}

impl Challenger {
    fn challenge(&self, device: DeviceId, lane: Lane) -> Challenge {
        let nonce = blake2_256(&(b"nonce", self.round, &self.prober, lane).encode());
        let Self { genesis, round, seed, prober } = self.clone();
        Challenge { genesis, round, seed, prober, device, nonce }
    }
}

/// A report about to be made.
struct Filing {
    id: ReportId,
    prober: u32,
    verdict: Verdict,
}

/// Points by device and by validator.
#[derive(Default)]
struct Points {
    devices: Vec<i64>,
    probers: Vec<i64>,
}

impl Points {
    fn add(&mut self, other: &Self) {
        self.change(other, 1);
    }

    fn subtract(&mut self, other: &Self) {
        self.change(other, -1);
    }

    fn change(&mut self, other: &Self, sign: i64) {
        for (sums, points) in [(&mut self.devices, &other.devices), (&mut self.probers, &other.probers)] {
            sums.resize(points.len(), 0);
            sums.iter_mut().zip(points).for_each(|(sum, points)| *sum += sign * points);
        }
    }
}

struct Simulation<'a> {
    setup: &'a Setup,
    policy: Policy,
    liars: BTreeSet<u32>,
    world: World,
    chain: Chain,
    genesis: H256,
    params: Params,
    validators: Vec<Validator>,
    by_key: BTreeMap<ProberId, u32>,
    by_id: BTreeMap<DeviceId, usize>,
    /// Who sits where, as long as the same lanes are active.
    seated: BTreeMap<CohortId, (Bitmap, Vec<Target>)>,
    kept: BTreeMap<ReportId, Kept>,
    to_answer: Vec<Opening>,
    /// Transactions for which the last block had no room.
    left: Vec<UncheckedExtrinsic>,
    /// Of the epochs so far that are measured.
    points: Points,
    /// By validator.
    offences: Vec<u32>,
    refused: u32,
    reports: u32,
    drawn: u32,
    proven: u32,
    uncovered: u32,
}

impl<'a> Simulation<'a> {
    fn new(setup: &'a Setup, policy: Policy, liars: u32) -> Result<Self> {
        ensure!(setup.validators > liars, "somebody has to be honest");
        let liars = if policy.is_of_probers() { liars } else { 0 };
        let world = setup.world(policy);
        let validators: Vec<Validator> = (0..setup.validators).map(|index| Validator::new(setup.seed, index)).collect();
        let order = setup.order();
        let mut chain = Chain::new(&setup.genesis(&validators).config())?;
        // The last to lie never does.
        chain.author = order.last().map(|index| validators[*index as usize].stash.clone());
        Ok(Self {
            setup,
            policy,
            liars: order.into_iter().take(liars as usize).collect(),
            genesis: H256::zero(),
            params: setup.params(),
            by_key: validators
                .iter()
                .zip(0..)
                .map(|(validator, index)| (validator.keys.prober.clone(), index))
                .collect(),
            by_id: world.devices.iter().enumerate().map(|(index, device)| (device.id.clone(), index)).collect(),
            seated: BTreeMap::new(),
            kept: BTreeMap::new(),
            to_answer: Vec::new(),
            left: Vec::new(),
            points: Points::default(),
            offences: vec![0; validators.len()],
            refused: 0,
            reports: 0,
            drawn: 0,
            proven: 0,
            uncovered: 0,
            world,
            chain,
            validators,
        })
    }

    fn run(mut self) -> Result<Ledger> {
        self.chain.block([])?;
        self.genesis = self.chain.state(Uptime::genesis_hash);
        self.register()?;
        self.finish_round()?;
        // All is well until everybody is admitted, and until the same epoch in all runs, however long registration took.
        let begin = (self.epoch() + 2).max(FIRST_MEASURED);
        while self.epoch() < begin {
            self.play(false)?;
        }
        let before = self.balances();
        // A round that not all of its committee reported is credited when the next one has opened. So what is there now belongs
        // to the round before the first that is measured, and what is there in the end to the last.
        self.points = Points::default();
        let early = self.running_points();
        (self.reports, self.uncovered) = (0, 0);
        while self.epoch() < begin + self.setup.epochs() {
            self.play(true)?;
        }
        let after = self.balances();
        let late = self.running_points();
        self.points.add(&late);
        self.points.subtract(&early);
        self.check()?;
        Ok(self.ledger(before, after))
    }

    fn epoch(&mut self) -> u32 {
        self.chain.state(|| Rewards::epoch_info().index)
    }

    /// Registers every device, by transactions of its owner.
    fn register(&mut self) -> Result<()> {
        let owners: Vec<sr25519::Pair> =
            (0..=self.setup.sybil_owner()).map(|owner| self.setup.owner_key(owner)).collect();
        let mut nonces = vec![0; owners.len()];
        let mut transactions = Vec::with_capacity(self.world.devices.len());
        for (index, device) in self.world.devices.iter().enumerate() {
            let owner = &owners[device.owner as usize];
            let call = RuntimeCall::Devices(pallet_devices::Call::register {
                device: device.id.clone(),
                class: 0,
                endpoint: Some(device.endpoint),
                beneficiary: None,
                proof: self.world.proof(index, self.genesis, &keys::id(owner)),
            });
            let nonce = &mut nonces[device.owner as usize];
            transactions.push(self.chain.signed(owner, *nonce, call));
            *nonce += 1;
        }
        let full = pallet_devices::Error::<Runtime>::PrefixFull.into();
        for outcome in self.chain.blocks(transactions)? {
            match outcome {
                Ok(()) => {},
                Err(error) if error == full => self.refused += 1,
                Err(error) => bail!("a device cannot be registered: {error:?}"),
            }
        }
        Ok(())
    }

    /// Builds empty blocks until the next round opens.
    fn finish_round(&mut self) -> Result<()> {
        let end = self.chain.state(|| Uptime::current_round().end());
        while self.chain.number() + 1 < end {
            self.block(Vec::new())?;
        }
        self.open_round()
    }

    /// Builds the first block of the next round.
    fn open_round(&mut self) -> Result<()> {
        let setup = self.setup;
        self.chain.state(|| NextSeed::<Runtime>::put(setup.round_seed(Uptime::current_round().index + 1)));
        self.block(Vec::new())
    }

    /// Plays the round that has just opened, and opens the next one.
    fn play(&mut self, lying: bool) -> Result<()> {
        let round = self.chain.state(Uptime::current_round);
        ensure!(round.start == self.chain.number(), "a round is played from its first block on");
        let set = self.chain.state(|| Uptime::prober_set(round.prober_set));
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for cohort in 0..self.chain.state(Devices::cohorts) {
            let filings = self.filings(cohort, &round, &set, lying);
            for (report, signature, late) in self.reports(filings, cohort, &round)? {
                let call = authorized(pallet_uptime::Call::report { report: Box::new(report), signature });
                if late { &mut second } else { &mut first }.push(call);
            }
        }
        self.reports += (first.len() + second.len()) as u32;
        for reports in [first, second] {
            self.block(reports)?;
        }
        while self.chain.number() + 1 < round.end() {
            self.block(Vec::new())?;
        }
        ensure!(self.left.is_empty(), "round {}: a round has room for all reports", round.index);
        self.note_points();
        self.kept.retain(|id, _| id.round + 2 * AUDIT_ROUNDS > round.index);
        self.open_round()
    }

    /// What every member of the cohort's committee files.
    fn filings(&mut self, cohort: CohortId, round: &Round<u32>, set: &[ProberId], lying: bool) -> Vec<Filing> {
        let by_id = &self.by_id;
        let view = self.chain.state(|| Devices::view(cohort, round.index));
        if self.seated.get(&cohort).is_none_or(|(active, _)| *active != view.active) {
            let targets = self.chain.state(|| Devices::targets(cohort, round.index));
            let targets = targets.into_iter().map(|target| (target.lane, by_id[&target.device])).collect();
            self.seated.insert(cohort, (view.active, targets));
        }
        let members = self.chain.state(|| Uptime::committee_indices(cohort));
        let suspects: Vec<bool> = self
            .chain
            .state(|| members.iter().map(|index| Uptime::is_suspect(round.prober_set, *index as u16)).collect());
        let history = self.chain.state(|| Uptime::history(cohort));
        let probers: Vec<u32> = members.iter().map(|index| self.by_key[&set[*index as usize]]).collect();
        let task = Task {
            world: &self.world,
            round: round.index,
            cohort,
            targets: &self.seated[&cohort].1,
            history: history.as_ref(),
            victim: 0,
            coalition: self.setup.coalition(),
            committee: members.len() as u32,
            allies: probers.iter().filter(|prober| self.liars.contains(prober)).count() as u32,
        };
        let mut filings = Vec::new();
        for ((index, prober), is_suspect) in members.into_iter().zip(probers).zip(suspects) {
            let verdict = if lying && self.liars.contains(&prober) {
                task.dishonest(self.policy, prober, is_suspect)
            } else {
                task.honest(prober, is_suspect)
            };
            let id = ReportId { round: round.index, cohort, prober: index as u16 };
            filings.extend(verdict.map(|verdict| Filing { id, prober, verdict }));
        }
        let original = filings.iter().find(|filing| filing.verdict.backing == Backing::Signatures);
        match original.map(|filing| Verdict::copy(&filing.verdict)) {
            Some(copy) => {
                let copiers = filings.iter_mut().filter(|filing| filing.verdict.backing == Backing::Colleague);
                copiers.for_each(|filing| filing.verdict = copy.clone());
            },
            // There is nothing to copy.
            None => filings.retain(|filing| filing.verdict.backing != Backing::Colleague),
        }
        filings.sort_by_key(|filing| filing.verdict.backing == Backing::Colleague);
        filings
    }

    /// The signed reports of one cohort, and whether each is filed later than the others.
    fn reports(
        &mut self,
        filings: Vec<Filing>,
        cohort: CohortId,
        round: &Round<u32>,
    ) -> Result<Vec<(Report, ProberSignature, bool)>> {
        let committee = round.committee_size.min(self.setup.validators);
        let confirmed = self.confirmed(&filings, cohort, committee);
        let mut original = None;
        let mut reports = Vec::new();
        for Filing { id, prober, verdict } in filings {
            let evidence_root = match verdict.backing {
                Backing::Signatures => {
                    let root = self.commit(id, prober, &verdict.up, &verdict.latency, &confirmed, round.seed)?;
                    original.get_or_insert(root);
                    root
                },
                Backing::Nothing => H256(blake2_256(&(b"nothing", id).encode())),
                Backing::Colleague => original.context("a copier needs an original")?,
            };
            let Verdict { up, latency, backing } = verdict;
            let ReportId { round: index, cohort, prober: member } = id;
            let report = Report { round: index, cohort, prober: member, up, latency, evidence_root };
            let pair = &self.validators[prober as usize].prober;
            let signature = sign(pair, &report.payload(self.genesis, round.seed));
            reports.push((report, signature, backing == Backing::Colleague));
        }
        Ok(reports)
    }

    /// The lanes that the chain will take for confirmed, once the reports of `filings` are in.
    fn confirmed(&self, filings: &[Filing], cohort: CohortId, committee: u32) -> Bitmap {
        if (filings.len() as u32) < two_thirds(committee) {
            return Bitmap::default();
        }
        let ballots: Vec<Ballot> = filings.iter().map(|filing| (&filing.verdict.up, &filing.verdict.latency)).collect();
        Reference::of(&ballots, &self.seated[&cohort].0).up
    }

    /// Keeps what will be asked for of a report's evidence, and returns the root of it.
    fn commit(
        &mut self,
        id: ReportId,
        prober: u32,
        up: &Bitmap,
        latency: &LatencyCodes,
        confirmed: &Bitmap,
        seed: H256,
    ) -> Result<H256> {
        // Two rounds later, the seed of that round decides.
        let draw_seed = self.setup.round_seed(id.round + 2);
        let draw = audit::is_drawn(draw_seed, id, self.params.audit)
            .then(|| audit::drawn_lane(draw_seed, id, 0, up, confirmed))
            .flatten();
        let lanes: Vec<Lane> = match self.setup.signing {
            Signing::All => up.lanes().collect(),
            Signing::Drawn => draw.into_iter().collect(),
        };
        if lanes.is_empty() {
            // Nobody will ask what it is the root of.
            return Ok(H256(blake2_256(&(b"unasked", id).encode())));
        }
        let key = self.validators[prober as usize].keys.prober.clone();
        let challenger = Challenger { genesis: self.genesis, round: id.round, seed, prober: key };
        let targets = &self.seated[&id.cohort].1;
        let mut evidence = BTreeMap::new();
        for lane in lanes {
            let found = targets.binary_search_by_key(&lane, |(lane, _)| *lane);
            let device = targets[found.ok().context("a lane that is called up has a device")?].1;
            let challenge = challenger.challenge(self.world.devices[device].id.clone(), lane);
            evidence.insert(lane, self.world.evidence(device, &challenge, latency.get(lane)));
        }
        let root = evidence::root(|lane| evidence.get(&lane));
        self.kept.insert(id, Kept { prober, lane: draw, evidence });
        Ok(root)
    }

    /// Builds a block of `reports`, with the answers to audits that are due, and takes note of what it tells.
    fn block(&mut self, reports: Vec<UncheckedExtrinsic>) -> Result<()> {
        let answers: Vec<_> = core::mem::take(&mut self.to_answer)
            .into_iter()
            .map(|opening| {
                let kept = self.kept.remove(&opening.report);
                let pair = kept.map(|kept| &self.validators[kept.prober as usize].prober);
                (opening, pair)
            })
            .collect();
        let mut transactions = core::mem::take(&mut self.left);
        transactions.extend(reports);
        for (opening, pair) in answers {
            let pair = pair.context("only what was kept is answered")?;
            let signature = sign(pair, &opening.payload(self.genesis));
            transactions.push(authorized(pallet_uptime::Call::answer_audit { opening: Box::new(opening), signature }));
        }
        self.left = self.chain.block(transactions)?;
        for event in self.chain.events() {
            if let RuntimeEvent::Uptime(event) = event {
                self.note(event)?;
            }
        }
        Ok(())
    }

    fn note(&mut self, event: Event<Runtime>) -> Result<()> {
        match event {
            Event::AuditDrawn { report, lane, .. } => {
                self.drawn += 1;
                if let Some(kept) = self.kept.get(&report) {
                    ensure!(kept.lane == Some(lane), "the audit of {report:?} is not the one foreseen");
                    let of = |lane: Lane| kept.evidence.get(&lane);
                    let path = evidence::path(of, lane).context("a lane that is drawn exists")?;
                    let evidence = of(lane).context("what is drawn was signed")?.clone();
                    self.to_answer.push(Opening { report, evidence, path });
                }
            },
            Event::AuditAnswered { proven, report, .. } => {
                ensure!(proven, "the answer to the audit of {report:?} proves nothing");
                self.proven += 1;
            },
            Event::Uncovered { rounds, .. } => self.uncovered += rounds,
            Event::Accused { prober, kind, report, .. } => {
                let account = self.chain.state(|| pallet_uptime::Accounts::<Runtime>::get(prober));
                let index = self.validators.iter().position(|validator| Some(&validator.stash) == account.as_ref());
                let index = index.context("whoever is accused is a validator")?;
                self.offences[index] += 1;
                let honest = !self.liars.contains(&(index as u32));
                ensure!(
                    !honest || kind == Misconduct::Outlier,
                    "an honest prober was to prove {report:?} and did not: {kind:?}"
                );
            },
            _ => {},
        }
        Ok(())
    }

    /// Adds the points of an epoch about to close to what was noted before.
    fn note_points(&mut self) {
        let info = self.chain.state(Rewards::epoch_info);
        if info.rounds_done + 1 >= info.rounds_per_epoch {
            let points = self.running_points();
            self.points.add(&points);
        }
    }

    /// What everybody has earned in the running epoch.
    fn running_points(&mut self) -> Points {
        let (places, numbers) = (self.places(), self.numbers());
        self.chain.state(|| {
            let epoch = Rewards::epoch_info().index;
            let mut pages = BTreeMap::new();
            let mut of = |pool: Pool, place: Place| {
                let page = pages.entry((pool == Pool::Probing, place.cohort)).or_insert_with(|| {
                    PointsPages::<Runtime>::get(pool, place.cohort).filter(|page| page.epoch == epoch)
                });
                page.as_ref().map_or(0, |page| i64::from(page.get(place.lane)))
            };
            let devices = places.into_iter().map(|place| place.map_or(0, |place| of(Pool::Uptime, place))).collect();
            let probers =
                numbers.into_iter().map(|number| number.map_or(0, |number| of(Pool::Probing, Place::nth(number))));
            Points { devices, probers: probers.collect() }
        })
    }

    /// Where every device sits; sybils that were refused sit nowhere.
    fn places(&mut self) -> Vec<Option<Place>> {
        let world = &self.world;
        self.chain
            .state(|| world.devices.iter().map(|device| Devices::payee(&device.id).map(|(place, _)| place)).collect())
    }

    /// The number of every validator as a prober.
    fn numbers(&mut self) -> Vec<Option<u32>> {
        let validators = &self.validators;
        self.chain.state(|| {
            validators.iter().map(|validator| pallet_uptime::Numbers::<Runtime>::get(&validator.stash)).collect()
        })
    }

    /// What everybody has earned in closed epochs: devices, then validators. Nothing is ever claimed.
    fn balances(&mut self) -> (Vec<Balance>, Vec<Balance>) {
        let (places, numbers) = (self.places(), self.numbers());
        self.chain.state(|| {
            let devices = places.into_iter().map(|place| {
                place.map_or(0, |place| {
                    let pending = Rewards::pending(place);
                    pending.accrued + pending.held
                })
            });
            let probers =
                numbers.into_iter().map(|number| number.map_or(0, |number| Rewards::pending_probing(number).accrued));
            (devices.collect(), probers.collect())
        })
    }

    /// Planck of their own stakes that validators lost, or will.
    fn slashed(&mut self) -> Vec<Balance> {
        let validators = &self.validators;
        self.chain.state(|| {
            let mut pending = BTreeMap::<_, Balance>::new();
            for slash in pallet_staking::UnappliedSlashes::<Runtime>::iter_values().flatten() {
                *pending.entry(slash.validator).or_default() += slash.own;
            }
            validators
                .iter()
                .map(|validator| {
                    let left =
                        pallet_staking::Ledger::<Runtime>::get(&validator.stash).map_or(0, |ledger| ledger.total);
                    STAKE - left + pending.get(&validator.stash).copied().unwrap_or(0)
                })
                .collect()
        })
    }

    /// Every invariant of our pallets.
    fn check(&mut self) -> Result<()> {
        self.chain.state(crate::invariants::check)
    }

    fn ledger(mut self, before: (Vec<Balance>, Vec<Balance>), after: (Vec<Balance>, Vec<Balance>)) -> Ledger {
        let slashed = self.slashed();
        let device = |index: usize| Earned {
            pay: after.0[index] - before.0[index],
            points: self.points.devices[index],
            ..Earned::default()
        };
        let prober = |index: usize| Earned {
            pay: after.1[index] - before.1[index],
            points: self.points.probers[index],
            slashed: slashed[index],
            offences: self.offences[index],
        };
        let kind = |device: &Device| match device.life {
            _ if device.owner == self.setup.sybil_owner() => Kind::Sybil,
            Life::Phantom => Kind::Phantom,
            Life::Steady => Kind::Honest,
            Life::EveryOtherRound | Life::OneRoundOfFive => Kind::Follower,
        };
        Ledger {
            probers: (0..self.validators.len()).map(prober).collect(),
            devices: (0..self.world.devices.len()).map(device).collect(),
            kinds: self.world.devices.iter().map(kind).collect(),
            owners: self.world.devices.iter().map(|device| device.owner).collect(),
            liars: self.liars,
            refused: self.refused,
            reports: self.reports,
            drawn: self.drawn,
            proven: self.proven,
            uncovered: self.uncovered,
        }
    }
}

fn sign(pair: &ProberPair, payload: &[u8]) -> ProberSignature {
    pair.sign(payload)
}
