//! Devices that want to be paid for work without doing it. They are up, answer probes, and take seats; what they answer with is
//! not what they computed.

use anyhow::Context;
use polkadot_sdk::{sp_core::H256, sp_io::hashing::blake2_256};
use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr},
};
use vouch_device::{
    chain::{Assignment, Call, Client, Registration, Wait},
    keys::DeviceKey,
    swarm::Swarm,
};
use vouch_localnet::{
    devices::{account, keypair},
    Localnet,
};
use vouch_primitives::{
    work::{api::Stage, result::ChunkResult, Answer, ChunkIndex, JobId, Status, TaskDigest},
    DeviceId,
};

/// What each owner is given, in planck: ten times a bond.
const FUNDS: u128 = 100_000_000_000_000;

/// Names the keys.
const LABEL: &str = "cheats";

/// What a cheat answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trick {
    /// A made-up result with as much fuel as such chunks take about, at once.
    Guesses,
    /// The first fingerprint that somebody else answered with, as soon as there is one.
    Copies,
    /// Digests of its own invention, which it shows when it is asked to: that takes a panel to find out.
    Forges,
}

impl Trick {
    /// Who owns those that do it.
    pub const fn owner(self) -> &'static str {
        match self {
            Self::Guesses => "//Guesser",
            Self::Copies => "//Copier",
            Self::Forges => "//Forger",
        }
    }
}

/// One that cheats, and is owned by an account that has nothing else.
pub struct Cheat {
    trick: Trick,
    key: DeviceKey,
    owner: &'static str,
    client: Client,
    genesis: H256,
    /// The chunks it has answered on.
    sent: BTreeSet<(JobId, ChunkIndex)>,
    /// The chunks whose digests it has shown.
    shown: BTreeSet<(JobId, ChunkIndex)>,
}

impl Cheat {
    /// One of each kind, registered and on the list of workers; and what answers their probes.
    pub async fn of(kinds: &[Trick], net: &Localnet) -> anyhow::Result<(Vec<Self>, Swarm)> {
        let swarm = Swarm::start(net.genesis(), LABEL, kinds.len(), SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let mut cheats = Vec::new();
        for (n, trick) in kinds.iter().copied().enumerate() {
            let owner = trick.owner();
            let (client, genesis, key) = (net.client().clone(), net.genesis(), Swarm::key(LABEL, n));
            let (signer, id) = (keypair(owner)?, account(owner)?);
            client.transfer(&keypair("//Alice")?, &id, FUNDS, Wait::Included).await?;
            let registration = Registration::new(&key, genesis, &id, 0, 0, Some(swarm.endpoint()), None);
            client.register(&signer, &[registration], Wait::Included).await?;
            client.submit(Call::enlist(key.id(), 4, 64), &signer, Wait::Included).await?;
            cheats.push(Self { trick, key, owner, client, genesis, sent: BTreeSet::new(), shown: BTreeSet::new() });
        }
        Ok((cheats, swarm))
    }

    /// Its kind.
    pub fn trick(&self) -> Trick {
        self.trick
    }

    /// Its device.
    pub fn id(&self) -> &DeviceId {
        self.key.id()
    }

    /// What its owner has besides the bond, in planck.
    pub async fn purse(&self) -> anyhow::Result<u128> {
        Ok(self.client.balance(&account(self.owner)?).await?.free)
    }

    /// Answers wherever it owes an answer.
    pub async fn step(&mut self) -> anyhow::Result<()> {
        for assignment in self.client.assignments(self.id()).await? {
            let mine = assignment.state.seats.iter().find(|seat| seat.device == *self.id()).context("its own seat")?;
            let is_asked = assignment.state.stage == Stage::Opening && !mine.out;
            if self.trick == Trick::Forges && is_asked && self.shown.insert((assignment.job, assignment.chunk)) {
                let digests = forged(&assignment);
                let call = Call::open(assignment.job, assignment.chunk, self.id(), &digests);
                self.client.submit_general(call).await.context("digests that it did answer with")?;
                continue;
            }
            if assignment.state.stage != Stage::Computing || mine.fingerprint.is_some() {
                continue;
            }
            let Some(fingerprint) = self.make_up(&assignment) else { continue };
            let (answer, Assignment { job, chunk, .. }) = (Answer::Fingerprint(fingerprint), assignment);
            if !self.sent.insert((job, chunk)) {
                // Not in a block yet.
                continue;
            }
            let signature = self.key.work_answer(self.genesis, job, chunk, &answer);
            let call = Call::answer(job, chunk, self.id(), &answer, &signature);
            self.client.submit_general(call).await.with_context(|| format!("{:?} on chunk {chunk}", self.trick))?;
            println!("{:?} on chunk {chunk}", self.trick);
        }
        Ok(())
    }

    fn make_up(&self, assignment: &Assignment) -> Option<H256> {
        let Assignment { job, chunk, terms, state } = assignment;
        match self.trick {
            Trick::Guesses => {
                let root = H256(blake2_256(&chunk.to_le_bytes()));
                let fuel = terms.chunk_fuel() / 2;
                Some(ChunkResult { root, fuel }.fingerprint(self.genesis, *job, *chunk, self.id()))
            },
            Trick::Copies => state.seats.iter().find_map(|seat| seat.fingerprint),
            Trick::Forges => {
                let result = ChunkResult::new(terms.tasks_of(*chunk).start, &forged(assignment));
                Some(result.fingerprint(self.genesis, *job, *chunk, self.id()))
            },
        }
    }
}

/// What a forger says that the tasks of a chunk gave.
fn forged(Assignment { chunk, terms, .. }: &Assignment) -> Vec<TaskDigest> {
    let forge = |task: u32| TaskDigest {
        status: Status::Done,
        fuel: terms.fuel / 2,
        output: H256(blake2_256(&task.to_le_bytes())),
    };
    terms.tasks_of(*chunk).map(forge).collect()
}
