//! A validator that reports without probing: what somebody with a session key can do from outside, over RPC alone.

use crate::chronicle::stored;
use anyhow::Context;
use codec::{Decode, Encode};
use pallet_uptime::types::{CohortAudits, RoundReports};
use polkadot_sdk::{
    frame_support::traits::ConstU32,
    frame_system::offchain::CreateAuthorizedTransaction,
    sp_core::{Pair, H256},
    sp_io::hashing::blake2_256,
};
use std::collections::{BTreeMap, BTreeSet};
use vouch_device::chain::Client;
use vouch_localnet::{rpc::Rpc, Localnet};
use vouch_primitives::{
    api::CommitteeInfo,
    audit::{AuditState, Opening, ReportId},
    prober::ProberPair,
    report::Report,
    Bitmap, CohortId, DeviceId, Lane, LatencyCodes, RoundIndex,
};
use vouch_runtime::{BlockNumber, Runtime, RuntimeCall, UncheckedExtrinsic};

/// The cohort it lies about.
const COHORT: CohortId = 0;

/// Blocks in which it looks for what it copies, more than audits are open for.
const LOOK_BACK: u32 = 20;

/// How it makes up its report of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It files what a colleague filed, and shows the colleague's evidence when it is asked for its own.
    Copies,
    /// It calls every device up, over evidence that does not exist, and keeps silent when it is asked for it.
    Invents,
}

impl Manner {
    /// Both in turn.
    pub fn of(round: RoundIndex) -> Self {
        if round.is_multiple_of(2) {
            Self::Copies
        } else {
            Self::Invents
        }
    }
}

/// The liar.
pub struct Liar {
    key: ProberPair,
    rpc: Rpc,
    client: Client,
    genesis: H256,
    /// Any device of the cohort.
    device: DeviceId,
    /// The last round it filed a report for.
    filed: Option<RoundIndex>,
    /// Whose report it copied.
    copied: BTreeMap<RoundIndex, u16>,
    /// The audits it answered.
    answered: BTreeSet<ReportId>,
}

impl Liar {
    /// Who has the session key `suri`. `device` is one of those it lies about.
    pub fn new(suri: &str, net: &Localnet, device: DeviceId) -> anyhow::Result<Self> {
        let node = &net.nodes[0];
        Ok(Self {
            key: ProberPair::from_string(suri, None).context("a development key")?,
            rpc: node.rpc().clone(),
            client: node.client().clone(),
            genesis: net.genesis(),
            device,
            filed: None,
            copied: BTreeMap::new(),
            answered: BTreeSet::new(),
        })
    }

    /// Does what there is to do at the moment.
    pub async fn step(&mut self) -> anyhow::Result<()> {
        self.report().await?;
        self.answer().await
    }

    /// Files a report on the running round, unless it did.
    async fn report(&mut self) -> anyhow::Result<()> {
        let committee = self.client.committee(&self.device).await?.context("the device is registered")?;
        let CommitteeInfo { round, seed, members } = committee;
        let me = members
            .iter()
            .find(|member| member.prober == self.key.public())
            .context("a set so small is drawn whole")?;
        if me.reported || self.filed == Some(round) {
            return Ok(());
        }
        let made_up = match Manner::of(round) {
            Manner::Copies => self.copy(round).await?,
            Manner::Invents => Some(self.invent(round).await?),
        };
        let Some((up, latency, evidence_root)) = made_up else { return Ok(()) };
        let report = Report { round, cohort: COHORT, prober: me.index, up, latency, evidence_root };
        let signature = self.key.sign(&report.payload(self.genesis, seed));
        self.submit(pallet_uptime::Call::report { report: Box::new(report), signature }).await?;
        self.filed = Some(round);
        Ok(())
    }

    /// The report of the first colleague, once there is one.
    async fn copy(&mut self, round: RoundIndex) -> anyhow::Result<Option<(Bitmap, LatencyCodes, H256)>> {
        let key = pallet_uptime::Reports::<Runtime>::hashed_key_for(COHORT, !round.is_multiple_of(2));
        // As many as the runtime's `MaxCommittee`, which is not public, or more.
        let reports: Option<RoundReports<ConstU32<31>>> = stored(&self.rpc, key, None).await?;
        let Some(reports) = reports.filter(|reports| reports.round == round) else { return Ok(None) };
        Ok(reports.entries.first().map(|theirs| {
            self.copied.insert(round, theirs.prober);
            (theirs.up.clone(), theirs.latency.clone(), theirs.evidence_root)
        }))
    }

    /// Everything up, at once.
    async fn invent(&self, round: RoundIndex) -> anyhow::Result<(Bitmap, LatencyCodes, H256)> {
        let devices = self.client.network().await?.devices as Lane;
        let mut latency = LatencyCodes::default();
        (0..devices).for_each(|lane| latency.set(lane, 1));
        Ok(((0..devices).collect(), latency, H256(blake2_256(&round.encode()))))
    }

    /// Answers the audits of what it copied, once those whom it copied have answered theirs.
    async fn answer(&mut self) -> anyhow::Result<()> {
        let key = pallet_uptime::Audits::<Runtime>::hashed_key_for(COHORT);
        let audits: CohortAudits<BlockNumber> = stored(&self.rpc, key, None).await?.unwrap_or_default();
        for audit in audits.open {
            let report = audit.report;
            let mine = audit.claim.prober == self.key.public() && audit.state == AuditState::Open;
            let Some(source) = self.copied.get(&report.round).filter(|_| mine && !self.answered.contains(&report))
            else {
                continue;
            };
            let theirs = self.opening_of(ReportId { prober: *source, ..report }).await?;
            let Some(opening) = theirs.map(|theirs| Opening { report, ..theirs }) else { continue };
            let signature = self.key.sign(&opening.payload(self.genesis));
            self.submit(pallet_uptime::Call::answer_audit { opening: Box::new(opening), signature }).await?;
            self.answered.insert(report);
        }
        Ok(())
    }

    /// What a colleague answered to the audit of its report, if it is in one of the last blocks.
    async fn opening_of(&self, report: ReportId) -> anyhow::Result<Option<Opening>> {
        let best = self.client.best().await?.number;
        for number in (best.saturating_sub(LOOK_BACK)..=best).rev() {
            for transaction in self.rpc.transactions(self.rpc.block_hash(number).await?).await? {
                let call = UncheckedExtrinsic::decode(&mut transaction.as_slice())?.function;
                if let RuntimeCall::Uptime(pallet_uptime::Call::answer_audit { opening, .. }) = call {
                    if opening.report == report {
                        return Ok(Some(*opening));
                    }
                }
            }
        }
        Ok(None)
    }

    async fn submit(&self, call: pallet_uptime::Call<Runtime>) -> anyhow::Result<()> {
        let transaction =
            <Runtime as CreateAuthorizedTransaction<RuntimeCall>>::create_authorized_transaction(call.into());
        self.rpc.submit(&transaction.encode()).await
    }
}
