//! Who does what: the honest, and every kind of liar.

use crate::world::{codes, mix, World};
use clap::ValueEnum;
use vouch_primitives::{
    history::{Attendance, History},
    lanes::latency_code,
    tally::two_thirds,
    Bitmap, CohortId, Lane, LatencyCodes, RoundIndex,
};

/// What the dishonest do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub enum Policy {
    /// Nobody lies.
    Honest,
    /// Calls every device up and probes none. Cannot answer audits.
    Lazy,
    /// Files a colleague's report, with its evidence root, in its own name. Cannot answer audits.
    Copier,
    /// Calls every device down and probes none.
    Griefer,
    /// Never files.
    Silent,
    /// Honest but for one owner's devices, which it calls down.
    Selective,
    /// Finds out who is up, and reports the worst latency for all of them.
    SlowLiar,
    /// Colluders who hold the keys of devices that do not exist: they call these up, and are honest about all others.
    Colluders,
    /// Colluders who are honest, but in committees of which they are so many that two thirds cannot contradict them. Who is in a
    /// committee is known when a round opens.
    Opportunists,
    /// Colluders who call all others down.
    Saboteurs,
    /// Not a lie: a region of probers is cut off from all devices.
    Outage,
    /// Devices that are up in every other round; all probers are honest.
    FlappingHalf,
    /// Devices that are up in one round of five, drawn at random; all probers are honest.
    FlappingFifth,
    /// An owner that wants to register a thousand devices on one box, which answers for none of them; all probers are honest.
    SybilOwner,
    /// The same with a box that answers for all of them.
    SybilBox,
}

impl Policy {
    /// Its name on the command line and in tables.
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().into())
    }

    /// Whether it is probers who follow it, rather than devices and their owners.
    pub fn is_of_probers(self) -> bool {
        !matches!(self, Self::FlappingHalf | Self::FlappingFifth | Self::SybilOwner | Self::SybilBox)
    }

    /// Whether who follows it is to blame.
    pub fn is_dishonest(self) -> bool {
        !matches!(self, Self::Honest | Self::Outage)
    }

    /// Whether its followers are paid for devices of their own that do not exist.
    pub fn owns_phantoms(self) -> bool {
        matches!(self, Self::Colluders | Self::Opportunists | Self::Saboteurs)
    }
}

/// A device to probe: its lane, and its index in the [`World`].
pub type Target = (Lane, usize);

/// What a prober knows when it is drawn for a cohort.
pub struct Task<'a> {
    /// The devices there are.
    pub world: &'a World,
    /// The running round.
    pub round: RoundIndex,
    /// The cohort.
    pub cohort: CohortId,
    /// The devices that are judged in this round.
    pub targets: &'a [Target],
    /// What the chain remembers of them.
    pub history: Option<&'a History>,
    /// The owner whom [`Policy::Selective`] wants to hurt.
    pub victim: u32,
    /// The owner of the devices that do not exist.
    pub coalition: u32,
    /// Members of the cohort's committee.
    pub committee: u32,
    /// Those of them that follow the policy.
    pub allies: u32,
}

/// What backs a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backing {
    /// The signature of every device it calls up.
    Signatures,
    /// Nothing.
    Nothing,
    /// The evidence of a colleague, who is found when there is one.
    Colleague,
}

/// What a prober files.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Lanes it calls up.
    pub up: Bitmap,
    /// Their latency codes.
    pub latency: LatencyCodes,
    /// What it has to show for it.
    pub backing: Backing,
}

/// A code that nothing is deducted for.
const FAST: u8 = 5;
/// The code of 8.2 s and more.
const SLOWEST: u8 = 14;

/// One prober of eight rounds asks for a device that was down in all rounds remembered.
const REST: u64 = 8;

impl Task<'_> {
    /// What the prober numbered `prober` finds if it probes: of every lane that answers, the latency code.
    fn probe(&self, prober: u32) -> Verdict {
        let (mut up, mut latency) = (Bitmap::default(), LatencyCodes::default());
        for (lane, device) in self.targets.iter().filter(|(lane, _)| self.asks(*lane)) {
            if let Some(rtt_ms) = self.world.probe(*device, self.round, prober) {
                up.set(*lane, true);
                latency.set(*lane, latency_code(rtt_ms));
            }
        }
        Verdict { up, latency, backing: Backing::Signatures }
    }

    /// Whether an honest prober asks the lane's device in this round.
    fn asks(&self, lane: Lane) -> bool {
        match self.history.map(|history| history.attendance(lane)) {
            None | Some(Attendance::Expected) => true,
            Some(Attendance::Pausing | Attendance::Never) => false,
            Some(Attendance::Lost) => {
                mix(u64::from(self.round) << 32 ^ u64::from(self.cohort) << 16 ^ u64::from(lane)).is_multiple_of(REST)
            },
        }
    }

    /// Whether a prober to which the chain `is_suspect` takes its own verdict for a sign that it is cut off, and keeps it.
    fn abstains(&self, is_suspect: bool, verdict: &Verdict) -> bool {
        let expected = self.history.map(|history| &history.last_up);
        is_suspect && expected.is_some_and(|expected| expected.count() > 0 && verdict.up.and(expected).count() == 0)
    }

    /// What an honest prober files, if anything.
    pub fn honest(&self, prober: u32, is_suspect: bool) -> Option<Verdict> {
        let verdict = self.probe(prober);
        (!self.abstains(is_suspect, &verdict)).then_some(verdict)
    }

    /// What a follower of `policy` files, if anything. A copier's verdict is made by [`Verdict::copy`].
    pub fn dishonest(&self, policy: Policy, prober: u32, is_suspect: bool) -> Option<Verdict> {
        let judged: Bitmap = self.targets.iter().map(|(lane, _)| *lane).collect();
        let owned_by = |owner: u32| -> Bitmap {
            let owns = |(_, device): &&Target| self.world.devices[*device].owner == owner;
            self.targets.iter().filter(owns).map(|(lane, _)| *lane).collect()
        };
        let none = Verdict { up: Bitmap::default(), latency: LatencyCodes::default(), backing: Backing::Signatures };
        match policy {
            Policy::Lazy => {
                Some(Verdict { latency: codes(judged.lanes(), FAST), up: judged, backing: Backing::Nothing })
            },
            Policy::Copier => Some(Verdict { backing: Backing::Colleague, ..none }),
            Policy::Griefer => Some(none),
            Policy::Silent => None,
            Policy::Selective => {
                let mut verdict = self.probe(prober);
                verdict.drop(&owned_by(self.victim));
                Some(verdict)
            },
            Policy::SlowLiar => {
                let verdict = self.probe(prober);
                Some(Verdict { latency: codes(verdict.up.lanes(), SLOWEST), ..verdict })
            },
            Policy::Colluders => {
                let mut verdict = self.probe(prober);
                verdict.add(&owned_by(self.coalition));
                Some(verdict)
            },
            Policy::Opportunists if self.allies > self.committee - two_thirds(self.committee) => {
                self.dishonest(Policy::Colluders, prober, is_suspect)
            },
            Policy::Saboteurs => {
                let mut verdict = none;
                verdict.add(&owned_by(self.coalition));
                Some(verdict)
            },
            Policy::Outage => (!self.abstains(is_suspect, &none)).then_some(none),
            Policy::Honest
            | Policy::Opportunists
            | Policy::FlappingHalf
            | Policy::FlappingFifth
            | Policy::SybilOwner
            | Policy::SybilBox => self.honest(prober, is_suspect),
        }
    }
}

impl Verdict {
    /// Calls `lanes` down.
    fn drop(&mut self, lanes: &Bitmap) {
        lanes.lanes().for_each(|lane| {
            self.up.set(lane, false);
            self.latency.set(lane, vouch_primitives::lanes::NO_ANSWER);
        });
    }

    /// Calls `lanes` up.
    fn add(&mut self, lanes: &Bitmap) {
        lanes.lanes().for_each(|lane| {
            self.up.set(lane, true);
            self.latency.set(lane, FAST);
        });
    }

    /// The same as a colleague's, as far as it can be copied.
    pub fn copy(colleague: &Self) -> Self {
        Self { backing: Backing::Colleague, ..colleague.clone() }
    }
}
