//! Decides what to answer to a probe. No sockets and no clock: source address and time come in, a decision goes out.

use crate::keys::DeviceKey;
use codec::DecodeAll;
use governor::{
    clock::Clock, middleware::NoOpMiddleware, nanos::Nanos, state::keyed::DashMapStateStore, Quota, RateLimiter,
};
use polkadot_sdk::sp_core::H256;
use std::{
    collections::HashMap,
    net::IpAddr,
    num::NonZeroU32,
    sync::{
        atomic::{AtomicU64, Ordering},
        Arc,
    },
    time::Duration,
};
use vouch_primitives::{
    probe::{Challenge, ProbeResponse, CHALLENGE_BYTES},
    DeviceId,
};

/// Between two sweeps over the remembered sources, in admissions.
const SWEEP_EVERY: u64 = 4_096;

/// So many at once, and after that so many per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Per second, sustained.
    pub per_second: NonZeroU32,
    /// At once.
    pub burst: NonZeroU32,
}

impl RateLimit {
    const fn new(per_second: u32, burst: u32) -> Option<Self> {
        match (NonZeroU32::new(per_second), NonZeroU32::new(burst)) {
            (Some(per_second), Some(burst)) => Some(Self { per_second, burst }),
            _ => None,
        }
    }

    fn quota(self) -> Quota {
        Quota::per_second(self.per_second).allow_burst(self.burst)
    }
}

/// How much one source may ask. Anyone can register devices of their own at this agent's address, so that honest validators ask
/// for them here: what such strays cost their sources is kept apart from what is left for the devices served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Probes of *each* device served here, from one source.
    pub probes: RateLimit,
    /// Everything else from one source: what is no challenge, of another chain or for a device not served here.
    pub strays: RateLimit,
}

impl Default for Limits {
    /// Limits that honest probers never meet: one probes a key once per round, and a committee of 7 that shares an address, as
    /// on a local network, may do so twice at once.
    fn default() -> Self {
        const PROBES: RateLimit = RateLimit::new(1, 16).expect("both are positive; qed");
        const STRAYS: RateLimit = RateLimit::new(20, 160).expect("both are positive; qed");
        Self { probes: PROBES, strays: STRAYS }
    }
}

/// Why a probe gets no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The body is not a challenge.
    #[error("malformed: a challenge is {CHALLENGE_BYTES} bytes of SCALE, this body has {length}")]
    Malformed {
        /// Bytes of the body.
        length: usize,
    },
    /// The body is longer than any challenge, and was not read to its end.
    #[error("too long: a challenge is {CHALLENGE_BYTES} bytes of SCALE")]
    TooLong,
    /// The challenge is of another chain. Answering it would help whoever replays challenges between chains.
    #[error("wrong chain: this device serves the chain with genesis {serves:?}, the challenge is of {asked:?}")]
    ForeignChain {
        /// Genesis hash of the chain served.
        serves: H256,
        /// Genesis hash in the challenge.
        asked: H256,
    },
    /// The challenged device is not served here.
    #[error("unknown device: {device} is not served here")]
    UnknownDevice {
        /// The device asked for.
        device: DeviceId,
    },
    /// The source has probed one device more than its share.
    #[error("too many probes of this device from this address: at most {per_second} per second")]
    TooMany {
        /// The limit.
        per_second: NonZeroU32,
    },
    /// The source has sent more than its share of what is no probe of a device served here.
    #[error("too many requests from this address for what is not served here: at most {per_second} per second")]
    TooManyStrays {
        /// The limit.
        per_second: NonZeroU32,
    },
}

impl Refusal {
    /// The HTTP status that says it.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed { .. } => 400,
            Self::UnknownDevice { .. } => 404,
            Self::ForeignChain { .. } => 409,
            Self::TooLong => 413,
            Self::TooMany { .. } | Self::TooManyStrays { .. } => 429,
        }
    }
}

/// What to do with a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Send this back.
    Answer(ProbeResponse),
    /// Send the reason and its status back.
    Refuse(Refusal),
}

/// Why an agent cannot be made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgentError {
    /// There is nothing to serve.
    #[error("no device key to serve")]
    NoKeys,
    /// The same key came twice.
    #[error("the key of {device} is given twice")]
    Duplicate {
        /// The key's device.
        device: DeviceId,
    },
}

/// What has been asked of an agent so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Probes answered.
    pub answered: u64,
    /// Probes refused, for whatever reason.
    pub refused: u64,
}

/// Whom the rate limit holds responsible: an IPv4 address, or the /64 that one IPv6 host can have to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    V4([u8; 4]),
    V6([u8; 8]),
}

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(ip) => Self::V4(ip.octets()),
            IpAddr::V6(ip) => {
                let mut net = [0; 8];
                net.copy_from_slice(&ip.octets()[..8]);
                Self::V6(net)
            },
        }
    }
}

/// The latest time that was given to the agent; never runs backwards.
#[derive(Clone, Debug, Default)]
struct GivenTime(Arc<AtomicU64>);

impl GivenTime {
    fn advance_to(&self, now: Duration) {
        // Half the range is left to the limiter's own sums.
        let nanos = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX).min(u64::MAX / 2);
        self.0.fetch_max(nanos, Ordering::Relaxed);
    }
}

impl Clock for GivenTime {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(self.0.load(Ordering::Relaxed))
    }
}

type Limiter<K> = RateLimiter<K, DashMapStateStore<K>, GivenTime, NoOpMiddleware<Nanos>>;

/// Serves the keys of one or many devices of one chain.
pub struct Agent {
    genesis: H256,
    keys: HashMap<DeviceId, DeviceKey>,
    limits: Limits,
    /// Only devices served here get into it, so that it cannot be filled with invented ones.
    probes: Limiter<(Source, DeviceId)>,
    strays: Limiter<Source>,
    time: GivenTime,
    admissions: AtomicU64,
    answered: AtomicU64,
    refused: AtomicU64,
}

impl std::fmt::Debug for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Agent({} keys of chain {:?})", self.keys.len(), self.genesis)
    }
}

impl Agent {
    /// An agent that answers for `keys` on the chain with `genesis`.
    pub fn new(genesis: H256, keys: Vec<DeviceKey>, limits: Limits) -> Result<Self, AgentError> {
        let mut served = HashMap::with_capacity(keys.len());
        for key in keys {
            if let Some(twice) = served.insert(key.id().clone(), key) {
                return Err(AgentError::Duplicate { device: twice.id().clone() });
            }
        }
        if served.is_empty() {
            return Err(AgentError::NoKeys);
        }
        let time = GivenTime::default();
        Ok(Self {
            genesis,
            keys: served,
            limits,
            probes: Limiter::dashmap_with_clock(limits.probes.quota(), time.clone()),
            strays: Limiter::dashmap_with_clock(limits.strays.quota(), time.clone()),
            time,
            admissions: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        })
    }

    /// Decides about a whole probe: `body` from `source`, `now` after a fixed moment of the caller's choice.
    ///
    /// The reasons to refuse are looked for in this order: too long, malformed, of another chain, for an unknown device. A
    /// source that has sent too many of those is told [`Refusal::TooManyStrays`] instead. A challenge to a device served here
    /// is refused only if the same source sent too many for the same device.
    pub fn decide(&self, body: &[u8], source: IpAddr, now: Duration) -> Decision {
        let outcome = match self.read(body) {
            Ok((key, challenge)) => self.admit_probe(key, source, now).map(|()| key.answer(&challenge)),
            Err(refusal) => Err(self.stray(refusal, source, now)),
        };
        let counter = if outcome.is_ok() { &self.answered } else { &self.refused };
        counter.fetch_add(1, Ordering::Relaxed);
        outcome.map_or_else(Decision::Refuse, Decision::Answer)
    }

    /// Takes note of a probe whose body was longer than any challenge, or never came to its end.
    pub fn refuse_too_long(&self, source: IpAddr, now: Duration) -> Refusal {
        self.refused.fetch_add(1, Ordering::Relaxed);
        self.stray(Refusal::TooLong, source, now)
    }

    /// Whether `source` may have an answer to something that is no probe of a device served here; to be called once for each.
    pub fn admit_stray(&self, source: IpAddr, now: Duration) -> Result<(), Refusal> {
        self.advance_to(now);
        let refusal = |_| Refusal::TooManyStrays { per_second: self.limits.strays.per_second };
        self.strays.check_key(&Source::from(source)).map_err(refusal)
    }

    fn admit_probe(&self, key: &DeviceKey, source: IpAddr, now: Duration) -> Result<(), Refusal> {
        self.advance_to(now);
        let refusal = |_| Refusal::TooMany { per_second: self.limits.probes.per_second };
        self.probes.check_key(&(Source::from(source), key.id().clone())).map_err(refusal)
    }

    /// What to tell `source` about a probe that is refused for its content.
    fn stray(&self, refusal: Refusal, source: IpAddr, now: Duration) -> Refusal {
        self.admit_stray(source, now).err().unwrap_or(refusal)
    }

    fn advance_to(&self, now: Duration) {
        self.time.advance_to(now);
        if self.admissions.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            // Who is back at the full allowance, at the latest after burst / rate, need not be remembered.
            self.probes.retain_recent();
            self.probes.shrink_to_fit();
            self.strays.retain_recent();
            self.strays.shrink_to_fit();
        }
    }

    fn read(&self, body: &[u8]) -> Result<(&DeviceKey, Challenge), Refusal> {
        if body.len() > CHALLENGE_BYTES {
            return Err(Refusal::TooLong);
        }
        let challenge = Challenge::decode_all(&mut &*body).map_err(|_| Refusal::Malformed { length: body.len() })?;
        if challenge.genesis != self.genesis {
            return Err(Refusal::ForeignChain { serves: self.genesis, asked: challenge.genesis });
        }
        match self.keys.get(&challenge.device) {
            Some(key) => Ok((key, challenge)),
            None => Err(Refusal::UnknownDevice { device: challenge.device }),
        }
    }

    /// Genesis hash of the chain served.
    pub fn genesis(&self) -> H256 {
        self.genesis
    }

    /// The devices served.
    pub fn devices(&self) -> impl Iterator<Item = &DeviceId> {
        self.keys.keys()
    }

    /// The key of a device served here, to prove its possession with.
    pub fn key(&self, device: &DeviceId) -> Option<&DeviceKey> {
        self.keys.get(device)
    }

    /// How many devices are served.
    pub fn served(&self) -> usize {
        self.keys.len()
    }

    /// What has been asked so far.
    pub fn counts(&self) -> Counts {
        Counts { answered: self.answered.load(Ordering::Relaxed), refused: self.refused.load(Ordering::Relaxed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Scheme;
    use codec::Encode;
    use polkadot_sdk::sp_core::sr25519;
    use proptest::prelude::*;

    const GENESIS: H256 = H256::repeat_byte(1);

    /// The same limit for probes and strays.
    fn limit(per_second: u32, burst: u32) -> Limits {
        let limit = RateLimit::new(per_second, burst).unwrap();
        Limits { probes: limit, strays: limit }
    }

    fn agent(keys: u8, limit: Limits) -> Agent {
        let scheme = |n: u8| if n.is_multiple_of(2) { Scheme::Ed25519 } else { Scheme::Sr25519 };
        Agent::new(GENESIS, (0..keys).map(|n| DeviceKey::from_seed(scheme(n), &[n; 32])).collect(), limit).unwrap()
    }

    fn challenge(device: DeviceId, genesis: H256, nonce: [u8; 32]) -> Challenge {
        let prober = sr25519::Public::from_raw([3; 32]).into();
        Challenge { genesis, round: 7, seed: H256::repeat_byte(2), prober, device, nonce }
    }

    fn localhost() -> IpAddr {
        [127, 0, 0, 1].into()
    }

    #[test]
    fn agent_needs_keys_and_each_once() {
        assert_eq!(Agent::new(GENESIS, vec![], limit(1, 1)).unwrap_err(), AgentError::NoKeys);
        let twin = || DeviceKey::from_seed(Scheme::Ed25519, &[1; 32]);
        let device = twin().id().clone();
        assert_eq!(
            Agent::new(GENESIS, vec![twin(), twin()], limit(1, 1)).unwrap_err(),
            AgentError::Duplicate { device }
        );
    }

    /// The status that `body` gets.
    fn status(agent: &Agent, body: &[u8], source: IpAddr, millis: u64) -> u16 {
        match agent.decide(body, source, Duration::from_millis(millis)) {
            Decision::Answer(_) => 200,
            Decision::Refuse(refusal) => refusal.status(),
        }
    }

    #[test]
    fn burst_is_admitted_then_one_per_period_and_others_are_not_affected() {
        let agent = agent(1, limit(10, 5));
        let (flooder, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let probe = challenge(agent.devices().next().unwrap().clone(), GENESIS, [0; 32]).encode();
        for (body, within) in [(&*probe, 200), (b"hello", 400)] {
            let statuses: Vec<_> = (0..100).map(|_| status(&agent, body, flooder, 0)).collect();
            assert_eq!(statuses, [vec![within; 5], vec![429; 95]].concat());
            assert_eq!(status(&agent, body, other, 0), within);
        }
        for (millis, expected) in [(99, (429, 429)), (101, (200, 400))] {
            let statuses = (status(&agent, &probe, flooder, millis), status(&agent, b"hello", flooder, millis));
            assert_eq!(statuses, expected);
        }
        assert_eq!(agent.counts(), Counts { answered: 7, refused: 199 });
        let per_second = 10.try_into().unwrap();
        let at = Duration::from_millis(101);
        assert_eq!(agent.decide(&probe, flooder, at), Decision::Refuse(Refusal::TooMany { per_second }));
        assert_eq!(agent.refuse_too_long(flooder, at), Refusal::TooManyStrays { per_second });
        assert_eq!(agent.refuse_too_long(other, at), Refusal::TooLong);
    }

    #[test]
    fn strays_spend_nothing_of_what_is_left_for_devices_served() {
        let agent = agent(2, Limits::default());
        let devices: Vec<_> = agent.devices().cloned().collect();
        let mut strays: Vec<_> = (0..1_000u16)
            .map(|n| DeviceId::new([(n % 251) as u8 + 5; 32]))
            .map(|id| challenge(id, GENESIS, [0; 32]))
            .collect();
        strays.push(challenge(devices[0].clone(), H256::zero(), [0; 32]));
        let statuses: Vec<_> = strays.iter().map(|stray| status(&agent, &stray.encode(), localhost(), 0)).collect();
        assert_eq!((statuses[0], statuses[159], statuses[160], statuses[1_000]), (404, 404, 429, 429));
        let probe = |device: &DeviceId| challenge(device.clone(), GENESIS, [0; 32]).encode();
        for device in &devices {
            assert_eq!(status(&agent, &probe(device), localhost(), 0), 200);
        }
        // Nor do probes of one device spend what is left for another.
        let flood: Vec<_> = (0..100).map(|_| status(&agent, &probe(&devices[0]), localhost(), 0)).collect();
        assert_eq!(flood.iter().filter(|status| **status == 200).count(), 15);
        assert_eq!(status(&agent, &probe(&devices[1]), localhost(), 0), 200);
    }

    #[test]
    fn one_ipv6_host_cannot_pose_as_many_and_mapped_addresses_are_ipv4() {
        let source = |text: &str| Source::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(source("2a00:1:2:3::1"), source("2a00:1:2:3:ffff::2"));
        assert_ne!(source("2a00:1:2:3::1"), source("2a00:1:2:4::1"));
        assert_eq!(source("::ffff:192.0.2.1"), source("192.0.2.1"));
    }

    #[test]
    fn sources_at_rest_are_forgotten() {
        let agent = agent(1, limit(1_000, 1));
        let probe = challenge(agent.devices().next().unwrap().clone(), GENESIS, [0; 32]).encode();
        for n in 0..SWEEP_EVERY {
            let body = if n % 2 == 0 { &*probe } else { b"hello" };
            status(&agent, body, IpAddr::from((n as u32).to_be_bytes()), n * 1_000);
        }
        let remembered = agent.probes.len() + agent.strays.len();
        assert!(remembered < 10, "{remembered} sources remembered");
    }

    #[test]
    fn invented_devices_are_not_remembered() {
        let agent = agent(1, limit(1, 1));
        for n in 0..200 {
            status(&agent, &challenge(DeviceId::new([n + 5; 32]), GENESIS, [0; 32]).encode(), localhost(), 0);
        }
        assert_eq!((agent.probes.len(), agent.strays.len()), (0, 1));
    }

    #[test]
    fn hub_of_1024_keys_probed_twice_each_by_one_address_within_a_second_answers_all() {
        let keys = (0..1_024u32).map(|n| {
            let mut seed = [0; 32];
            seed[..4].copy_from_slice(&n.to_le_bytes());
            DeviceKey::from_seed(Scheme::Ed25519, &seed)
        });
        let agent = Agent::new(GENESIS, keys.collect(), Limits::default()).unwrap();
        for time in [0, 999] {
            for device in agent.devices() {
                let probe = challenge(device.clone(), GENESIS, [0; 32]).encode();
                assert_eq!(status(&agent, &probe, localhost(), time), 200);
            }
        }
        assert_eq!(agent.counts(), Counts { answered: 2_048, refused: 0 });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn right_challenge_gets_the_devices_own_signature(which in 0u8..4, nonce: [u8; 32], now in 0u64..1 << 40) {
            let agent = agent(4, limit(1, 1));
            let mut devices: Vec<_> = agent.devices().cloned().collect();
            let challenge = challenge(devices.swap_remove(which.into()), GENESIS, nonce);
            let Decision::Answer(response) = agent.decide(&challenge.encode(), localhost(), Duration::from_nanos(now)) else {
                return Err(TestCaseError::fail("refused"));
            };
            prop_assert!(challenge.is_answered_by(&response));
            prop_assert_eq!(agent.counts(), Counts { answered: 1, refused: 0 });
        }

        #[test]
        fn nothing_but_a_challenge_of_its_own_is_ever_signed(body in proptest::collection::vec(any::<u8>(), 0..400), now: u64) {
            let agent = agent(1, limit(1, 1));
            match agent.decide(&body, localhost(), Duration::from_nanos(now)) {
                Decision::Answer(_) => prop_assert!(false, "signed a random body"),
                Decision::Refuse(refusal) => {
                    let expected = match body.len() {
                        CHALLENGE_BYTES => 409,
                        length if length > CHALLENGE_BYTES => 413,
                        _ => 400,
                    };
                    prop_assert_eq!(refusal.status(), expected);
                },
            }
        }

        #[test]
        fn one_changed_bit_in_chain_or_device_is_refused(bit in 0usize..256, nonce: [u8; 32]) {
            let agent = agent(1, limit(10, 10));
            let device = agent.devices().next().unwrap().clone();
            let whole = challenge(device, GENESIS, nonce).encode();
            // Fields in order: genesis 32, round 4, seed 32, prober 32, device 32, nonce 32.
            for (start, status) in [(0, 409), (100, 404)] {
                let mut changed = whole.clone();
                changed[start + bit / 8] ^= 1 << (bit % 8);
                match agent.decide(&changed, localhost(), Duration::ZERO) {
                    Decision::Refuse(refusal) => prop_assert_eq!(refusal.status(), status),
                    Decision::Answer(_) => prop_assert!(false, "answered a challenge that is not its own"),
                }
            }
            for length in [0, bit % CHALLENGE_BYTES] {
                let decision = agent.decide(&whole[..length], localhost(), Duration::ZERO);
                prop_assert_eq!(decision, Decision::Refuse(Refusal::Malformed { length }));
            }
        }

        #[test]
        fn no_source_gets_more_than_burst_and_rate_of_one_device(
            gaps in proptest::collection::vec(0u64..200, 1..300), per_second in 1u32..50, burst in 1u32..20,
        ) {
            let agent = agent(1, limit(per_second, burst));
            let probe = challenge(agent.devices().next().unwrap().clone(), GENESIS, [0; 32]).encode();
            let (mut now, mut admitted) = (0u64, 0u64);
            for gap in gaps {
                now += gap;
                admitted += u64::from(status(&agent, &probe, localhost(), now) == 200);
                prop_assert!(admitted <= u64::from(burst) + now * u64::from(per_second) / 1_000 + 1);
            }
        }
    }
}
