//! Turns what the chain says about a device into sentences and into JSON.

mod epoch;

pub use epoch::LastEpoch;

use crate::{
    chain::{Device, Explained, Network, Pending, Token},
    work::explain::WorkStatus,
};
use serde::Serialize;
use vouch_primitives::{
    api::{code, DeviceState, Reason},
    history::{Attendance, History, LaneHistory},
    lanes::latency_ceiling_ms,
    DeviceId,
};

/// What the last accounted round found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Up.
    Up,
    /// Counted as up, though its probers' reports were missing.
    UncoveredUp,
    /// Down.
    Down,
    /// Not judged.
    Excused,
    /// No round has judged the device yet.
    None,
}

impl Verdict {
    /// The verdict of the newest round in `history`.
    pub fn of(history: &LaneHistory, reasons: &[Reason]) -> Self {
        match (history.up & 1, history.excused & 1) {
            _ if reasons.contains(&Reason::NotJudgedYet) => Self::None,
            (1, 0) => Self::Up,
            (1, _) => Self::UncoveredUp,
            (_, 1) => Self::Excused,
            _ => Self::Down,
        }
    }

    /// In one or two words.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::UncoveredUp => "up (uncovered)",
            Self::Down => "down",
            Self::Excused => "excused",
            Self::None => "-",
        }
    }
}

/// A latency code in words.
pub fn latency(code: u8) -> String {
    match latency_ceiling_ms(code) {
        Some(0) => "<1 ms".into(),
        Some(ceiling) => format!("<={ceiling} ms"),
        None if code == vouch_primitives::lanes::NO_ANSWER => "-".into(),
        None => ">8 s".into(),
    }
}

/// A state in words.
pub fn state(state: &DeviceState<u32>) -> String {
    match state {
        DeviceState::Active => "active".into(),
        DeviceState::ExcusedUntil(round) => format!("excused until round {round}"),
        DeviceState::Leaving(block) => format!("leaving, bond free from block {block}"),
    }
}

/// Whether validators still ask a device, as far as its own past tells: by the chain's own rule, which is about lanes.
pub fn attendance(device: &Device) -> Attendance {
    let mut cohort = History::starting_at(device.next_round);
    (cohort.up[0], cohort.excused[0]) = (device.history.up, device.history.excused);
    cohort.admitted.set(0, device.admitted);
    cohort.attendance(0)
}

/// One thing that lowers a reward, as a sentence with the numbers that belong to it.
pub fn sentence(reason: Reason, device: &Device, explained: &Explained, network: &Network, token: &Token) -> String {
    match reason {
        Reason::NotJudgedYet => "No round has judged the device yet: the first is the one after it was registered.".into(),
        Reason::Excused => match device.state {
            DeviceState::ExcusedUntil(until) => format!(
                "Not judged and not paid before round {until} (now {}): it joined, came back, changed its key or declared \
                 maintenance.",
                network.round
            ),
            _ => "Not judged and not paid in the last round: it joined, came back, changed its key or declared maintenance.".into(),
        },
        Reason::Leaving => "Deregistered: it is not judged any more and earns nothing new.".into(),
        Reason::Down if attendance(device) == Attendance::Lost => "Found down in all of the last 32 rounds: it is asked in one \
                                                                   round of eight now, until it answers. Is the agent running, \
                                                                   and its endpoint reachable from outside?"
            .into(),
        Reason::Down => "Found down in the last round: none of its probers' reports called it up. Is the agent running, and its \
                         endpoint reachable from outside?"
            .into(),
        Reason::Uncovered => "In the last round too few probers reported, or they did not agree on the device: the round counted \
                              like its last clear one. If they go on disagreeing, it is not paid until they call it up again."
            .into(),
        Reason::Slow => format!(
            "Slow: a round trip of {} earns {} percent of a round; up to 127 ms earns all of it.",
            latency(device.latency_code),
            explained.latency_factor
        ),
        Reason::ShortStreak => format!(
            "Short streak: {} up in a row earn {} percent; 32 earn 125 percent.",
            count(device.streak.into(), "round"),
            explained.streak_factor
        ),
        Reason::ClassWeighsNothing => {
            format!("Its class, {}, has weight zero: devices of it earn nothing.", String::from_utf8_lossy(&device.class_name))
        },
        Reason::NoEndpoint => "It publishes no address, so no prober can reach it: set `endpoint` and run \
                               `vouch-device set-endpoint`."
            .into(),
        Reason::EpochRunning => epoch_running(&explained.pending, network),
        Reason::RateWasZero => format!(
            "The last epoch paid nothing per point: its budget was smaller than its total points. This epoch divides {}.",
            token.show(network.uptime_budget)
        ),
        Reason::Admission => format!(
            "New here, or moved to another address: it is judged, and not paid until it has been up in a few rounds; so far in {}.",
            device.history.rounds_up()
        ),
        Reason::NeverAnswered => {
            let at = device.endpoint.map_or("its address".into(), |endpoint| endpoint.to_string());
            let so_far = format!(
                "Nobody has got an answer at {at} yet, in {} rounds: check that the agent runs, and that this address and port \
                 can be reached from outside.",
                device.history.rounds_silent()
            );
            match attendance(device) {
                Attendance::Never => format!(
                    "{so_far} Validators have given it up, and anybody may have it evicted for a part of its bond. Once it can be \
                     reached, `vouch-device set-endpoint --again` has them ask anew."
                ),
                _ => format!("{so_far} It is asked ever more rarely, and given up after 17 rounds."),
            }
        },
        Reason::HeldBack => format!(
            "{} of what it earned are held back as security; they become claimable by themselves, some epochs after they were earned.",
            token.show(explained.pending.held)
        ),
        Reason::NotJudged => "Rounds went by in which it was not judged.".into(),
    }
}

/// "1 point", "2 points".
pub(crate) fn count(n: u64, of: &str) -> String {
    format!("{n} {of}{}", if n == 1 { "" } else { "s" })
}

/// What becomes of the points of the running epoch.
pub(crate) fn epoch_running(pending: &Pending, network: &Network) -> String {
    let left = network.rounds_per_epoch.saturating_sub(network.rounds_done);
    let verb = if pending.points == 1 { "becomes" } else { "become" };
    format!(
        "{} of epoch {} {verb} tokens when it closes, in {}.",
        count(pending.points.into(), "point"),
        pending.epoch,
        count(left.into(), "round")
    )
}

/// Everything `status` tells about one device; amounts are planck, as strings, because they exceed what JSON readers count to.
#[derive(Clone, Debug, Serialize)]
pub struct DeviceStatus {
    /// The device, SS58.
    pub device: String,
    /// The device, hex.
    pub id: String,
    /// Whether it is registered. If not, nothing else is known of it.
    pub registered: bool,
    /// The rest.
    #[serde(flatten)]
    pub record: Option<Record>,
    /// What it does as a worker; `None` if it takes no work, or that was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work: Option<WorkStatus>,
}

/// What is known of a registered device.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// Its owner, SS58.
    pub owner: String,
    /// Who is paid for it, SS58.
    pub payee: String,
    /// Its class.
    pub class: u8,
    /// The class's name.
    pub class_name: String,
    /// Where it answers.
    pub endpoint: Option<String>,
    /// Its cohort.
    pub cohort: u32,
    /// Its lane.
    pub lane: u16,
    /// Planck held for it.
    pub bond: String,
    /// What it is doing.
    pub state: String,
    /// Whether it is probed and judged.
    pub active: bool,
    /// The last accounted round; `None` if there is none.
    pub last_round: Option<u32>,
    /// What it found.
    pub last_verdict: Verdict,
    /// Longest round trip, in milliseconds, that the last latency code covers.
    pub latency_ceiling_ms: Option<u32>,
    /// The latency code.
    pub latency_code: u8,
    /// Rounds up in a row.
    pub streak: u32,
    /// Whether it is paid for rounds up: it has been up at its address in as many as admission takes.
    pub admitted: bool,
    /// Whether nobody asks it any more, because it never answered at its address.
    pub given_up: bool,
    /// Of the last 32 rounds: up.
    pub rounds_up: u32,
    /// Of the last 32 rounds: down.
    pub rounds_down: u32,
    /// Of the last 32 rounds: not judged.
    pub rounds_excused: u32,
    /// Points of the running epoch.
    pub points: u32,
    /// The running epoch.
    pub epoch: u32,
    /// Planck that a claim would pay now, for uptime and for work.
    pub accrued: String,
    /// The same, in tokens.
    pub accrued_tokens: String,
    /// Points of the running epoch that were earned by work.
    pub work_points: u32,
    /// Planck of `accrued` that were earned by work.
    pub work_accrued: String,
    /// Planck that are held back and paid by a later claim.
    pub held: String,
    /// The same, in tokens.
    pub held_tokens: String,
    /// Points that the next round adds if all stays as it is.
    pub next_round_points: u32,
    /// Planck per point of the last closed epoch.
    pub last_rate: Option<String>,
    /// Everything that lowers the reward.
    pub reasons: Vec<ReasonStatus>,
    /// What the epoch that closed last brought; `None` before one has closed.
    pub last_epoch: Option<LastEpoch>,
}

/// A reason code and its sentence.
#[derive(Clone, Debug, Serialize)]
pub struct ReasonStatus {
    /// The code's name, stable.
    pub code: String,
    /// What it means for this device.
    pub sentence: String,
}

impl DeviceStatus {
    /// The status of a device from the chain's answers, without its work.
    pub fn new(id: &DeviceId, known: Option<(Device, Explained)>, network: &Network, token: &Token) -> Self {
        let record = known.map(|(device, explained)| Record::new(&device, &explained, network, token));
        let hex = hex::encode(AsRef::<[u8]>::as_ref(id));
        Self { device: id.to_string(), id: format!("0x{hex}"), registered: record.is_some(), record, work: None }
    }
}

impl Record {
    fn new(device: &Device, explained: &Explained, network: &Network, token: &Token) -> Self {
        let (pending, work) = (&explained.pending, &explained.work);
        let accrued = pending.accrued.saturating_add(work.accrued);
        let reasons = explained.reasons.iter().map(|reason| ReasonStatus {
            code: code(reason),
            sentence: sentence(*reason, device, explained, network, token),
        });
        Self {
            owner: device.owner.to_string(),
            payee: device.payee.to_string(),
            class: device.class,
            class_name: String::from_utf8_lossy(&device.class_name).into_owned(),
            endpoint: device.endpoint.map(|endpoint| endpoint.to_string()),
            cohort: device.place.cohort,
            lane: device.place.lane,
            bond: device.bond.to_string(),
            state: state(&device.state),
            active: matches!(device.state, DeviceState::Active),
            last_round: device.next_round.checked_sub(1),
            last_verdict: Verdict::of(&device.history, &explained.reasons),
            latency_ceiling_ms: latency_ceiling_ms(device.latency_code),
            latency_code: device.latency_code,
            streak: device.streak,
            admitted: device.admitted,
            given_up: attendance(device) == Attendance::Never,
            rounds_up: explained.rounds_up,
            rounds_down: explained.rounds_down,
            rounds_excused: explained.rounds_excused,
            points: pending.points,
            epoch: pending.epoch,
            accrued: accrued.to_string(),
            accrued_tokens: token.number(accrued),
            work_points: work.points,
            work_accrued: work.accrued.to_string(),
            held: pending.held.to_string(),
            held_tokens: token.number(pending.held),
            next_round_points: explained.next_round_points,
            last_rate: explained.last_rate.map(|rate| rate.to_string()),
            reasons: reasons.collect(),
            last_epoch: explained.last.as_ref().map(|account| LastEpoch::new(account, token)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polkadot_sdk::sp_runtime::AccountId32;
    use vouch_primitives::{api::PendingReward, Endpoint, Place};

    fn network() -> Network {
        Network {
            round: 12,
            round_start: 36,
            round_length: 3,
            committee_size: 7,
            probers: 1,
            epoch: 5,
            rounds_done: 1,
            rounds_per_epoch: 4,
            emission: 1_000,
            uptime_budget: 700,
            total_points: 10_000,
            work_budget: 300,
            work_points: 40,
            last_work_rate: Some(5),
            devices: 1,
            cohorts: 1,
        }
    }

    fn device() -> Device {
        Device {
            owner: AccountId32::new([1; 32]),
            payee: AccountId32::new([2; 32]),
            class: 0,
            class_name: b"router".to_vec(),
            class_weight: 100,
            endpoint: Some(Endpoint::V4 { ip: [127, 0, 0, 1], port: 80 }),
            place: Place { cohort: 0, lane: 3 },
            bond: 10,
            state: DeviceState::ExcusedUntil(13),
            history: LaneHistory { up: 0b101, excused: 0 },
            next_round: 12,
            streak: 1,
            latency_code: 9,
            admitted: false,
            nonce: 1,
        }
    }

    fn explained(reasons: Vec<Reason>) -> Explained {
        Explained {
            pending: PendingReward { accrued: u128::MAX, held: 1_150, epoch: 5, points: 9_500 },
            work: PendingReward { accrued: 70, held: 0, epoch: 5, points: 12 },
            rounds_up: 2,
            rounds_down: 1,
            rounds_excused: 0,
            class_weight: 100,
            latency_factor: 85,
            streak_factor: 100,
            next_round_points: 8_500,
            last_rate: Some(3),
            reasons,
            last: None,
        }
    }

    const ALL: [Reason; 15] = [
        Reason::NotJudgedYet,
        Reason::Excused,
        Reason::Leaving,
        Reason::Down,
        Reason::Uncovered,
        Reason::Slow,
        Reason::ShortStreak,
        Reason::ClassWeighsNothing,
        Reason::NoEndpoint,
        Reason::EpochRunning,
        Reason::RateWasZero,
        Reason::Admission,
        Reason::NeverAnswered,
        Reason::HeldBack,
        Reason::NotJudged,
    ];

    #[test]
    fn every_reason_is_a_sentence_of_its_own_with_its_numbers() {
        let token = Token { symbol: "VCH".into(), decimals: 2 };
        let all = explained(ALL.to_vec());
        let sentences: std::collections::BTreeSet<_> =
            ALL.iter().map(|reason| sentence(*reason, &device(), &all, &network(), &token)).collect();
        assert_eq!(sentences.len(), ALL.len());
        assert!(sentences.iter().all(|sentence| sentence.ends_with('.') || sentence.ends_with('?')));
        let text = sentences.into_iter().collect::<Vec<_>>().join("\n");
        for expected in [
            "before round 13 (now 12)",
            "<=511 ms earns 85 percent",
            "9500 points of epoch 5",
            "in 3 rounds",
            "7 VCH",
            "router",
            "so far in 2",
            "at 127.0.0.1:80 yet",
            "11.5 VCH of what it earned are held back",
        ] {
            assert!(text.contains(expected), "{expected:?} in {text}");
        }
    }

    #[test]
    fn owner_of_a_device_that_nobody_asks_any_more_is_told_what_to_do() {
        let say = |reason, up, excused: u32, admitted| {
            let history = LaneHistory { up, excused };
            let device = Device { history, admitted, ..device() };
            (attendance(&device), sentence(reason, &device, &explained(vec![reason]), &network(), &Token::default()))
        };
        let (asked, text) = say(Reason::NeverAnswered, 0, !0b111, false);
        assert!(asked == Attendance::Pausing && text.contains("in 3 rounds") && text.contains("17"), "{text}");
        let (asked, text) = say(Reason::NeverAnswered, 0, u32::MAX << 17, false);
        assert!(asked == Attendance::Never && text.contains("given it up"), "{text}");
        assert!(text.contains("`vouch-device set-endpoint --again`"), "{text}");
        let (asked, text) = say(Reason::Down, 0, 0, true);
        assert!(asked == Attendance::Lost && text.contains("one round of eight"), "{text}");
        let (asked, text) = say(Reason::Down, 0b10, 0, true);
        assert!(asked == Attendance::Expected && text.contains("in the last round"), "{text}");
    }

    #[test]
    fn last_bit_of_the_history_is_the_verdict() {
        let verdict = |up, excused| Verdict::of(&LaneHistory { up, excused }, &[]);
        assert_eq!(verdict(0b1, 0b0), Verdict::Up);
        assert_eq!(verdict(0b1, 0b1), Verdict::UncoveredUp);
        assert_eq!(verdict(0b10, 0b0), Verdict::Down);
        assert_eq!(verdict(0b10, 0b1), Verdict::Excused);
        assert_eq!(Verdict::of(&LaneHistory::default(), &[Reason::NotJudgedYet]), Verdict::None);
    }

    #[test]
    fn latency_codes_read_as_times() {
        let texts: Vec<_> = [0, 1, 7, 13, 14, 15].into_iter().map(latency).collect();
        assert_eq!(texts, ["<1 ms", "<=1 ms", "<=127 ms", "<=8191 ms", ">8 s", "-"]);
    }

    #[test]
    fn json_keeps_amounts_exact_and_says_when_nothing_is_known() {
        let token = Token { symbol: "VCH".into(), decimals: 2 };
        let id = DeviceId::new([9; 32]);
        let known = DeviceStatus::new(&id, Some((device(), explained(vec![Reason::Slow]))), &network(), &token);
        let json = serde_json::to_value(known).unwrap();
        assert_eq!(json["accrued"], u128::MAX.to_string());
        assert_eq!((&json["held"], &json["held_tokens"]), (&"1150".into(), &"11.5".into()));
        assert_eq!((&json["admitted"], &json["given_up"]), (&false.into(), &false.into()));
        assert_eq!((&json["last_verdict"], &json["last_round"]), (&"up".into(), &11.into()));
        assert_eq!(json["reasons"][0]["code"], "slow");
        let unknown = serde_json::to_value(DeviceStatus::new(&id, None, &network(), &token)).unwrap();
        assert_eq!(unknown["registered"], false);
        assert!(unknown.get("accrued").is_none());
    }
}
