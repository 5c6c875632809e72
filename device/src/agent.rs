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

/// How many probes one source may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Probes per second, sustained.
    pub per_second: NonZeroU32,
    /// Probes at once.
    pub burst: NonZeroU32,
}

impl RateLimit {
    /// A limit that honest probers never meet: one probes each key once per round, and a whole local network may share one
    /// address.
    pub fn for_keys(keys: usize) -> Self {
        let keys = u32::try_from(keys).unwrap_or(u32::MAX).max(1);
        let at_least =
            |least: u32, n: u32| NonZeroU32::new(n.max(least)).expect("the maximum with a positive number; qed");
        Self { per_second: at_least(20, keys), burst: at_least(160, keys.saturating_mul(8)) }
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
    /// The source has sent more than its share.
    #[error("too many probes from this address: at most {per_second} per second")]
    TooMany {
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
            Self::TooMany { .. } => 429,
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

type Limiter = RateLimiter<Source, DashMapStateStore<Source>, GivenTime, NoOpMiddleware<Nanos>>;

/// Serves the keys of one or many devices of one chain.
pub struct Agent {
    genesis: H256,
    keys: HashMap<DeviceId, DeviceKey>,
    limit: RateLimit,
    limiter: Limiter,
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
    pub fn new(genesis: H256, keys: Vec<DeviceKey>, limit: RateLimit) -> Result<Self, AgentError> {
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
        let quota = Quota::per_second(limit.per_second).allow_burst(limit.burst);
        Ok(Self {
            genesis,
            keys: served,
            limit,
            limiter: Limiter::dashmap_with_clock(quota, time.clone()),
            time,
            admissions: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        })
    }

    /// Decides about a whole probe: `body` from `source`, `now` after a fixed moment of the caller's choice.
    pub fn decide(&self, body: &[u8], source: IpAddr, now: Duration) -> Decision {
        match self.admit(source, now).and_then(|()| self.answer(body)) {
            Ok(response) => Decision::Answer(response),
            Err(refusal) => Decision::Refuse(refusal),
        }
    }

    /// Whether `source` may ask at all; to be called once per probe, before its body is read.
    pub fn admit(&self, source: IpAddr, now: Duration) -> Result<(), Refusal> {
        self.time.advance_to(now);
        if self.admissions.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            // Sources that are back at their full allowance need not be remembered.
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter.check_key(&Source::from(source)).map_err(|_| {
            self.refused.fetch_add(1, Ordering::Relaxed);
            Refusal::TooMany { per_second: self.limit.per_second }
        })
    }

    /// Answers an admitted probe.
    pub fn answer(&self, body: &[u8]) -> Result<ProbeResponse, Refusal> {
        let result = self.respond(body);
        let counter = if result.is_ok() { &self.answered } else { &self.refused };
        counter.fetch_add(1, Ordering::Relaxed);
        result
    }

    /// Takes note of a probe whose body was longer than any challenge.
    pub fn refuse_too_long(&self) -> Refusal {
        self.refused.fetch_add(1, Ordering::Relaxed);
        Refusal::TooLong
    }

    fn respond(&self, body: &[u8]) -> Result<ProbeResponse, Refusal> {
        if body.len() > CHALLENGE_BYTES {
            return Err(Refusal::TooLong);
        }
        let challenge = Challenge::decode_all(&mut &*body).map_err(|_| Refusal::Malformed { length: body.len() })?;
        if challenge.genesis != self.genesis {
            return Err(Refusal::ForeignChain { serves: self.genesis, asked: challenge.genesis });
        }
        match self.keys.get(&challenge.device) {
            Some(key) => Ok(key.answer(&challenge)),
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

    fn limit(per_second: u32, burst: u32) -> RateLimit {
        RateLimit { per_second: per_second.try_into().unwrap(), burst: burst.try_into().unwrap() }
    }

    fn agent(keys: u8, limit: RateLimit) -> Agent {
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

    #[test]
    fn burst_is_admitted_then_one_per_period_and_others_are_not_affected() {
        let agent = agent(1, limit(10, 5));
        let (flooder, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let at = Duration::from_millis;
        assert_eq!((0..100).filter(|_| agent.admit(flooder, at(0)).is_ok()).count(), 5);
        assert_eq!(agent.admit(other, at(0)), Ok(()));
        assert_eq!(agent.admit(flooder, at(99)), Err(Refusal::TooMany { per_second: 10.try_into().unwrap() }));
        assert_eq!(agent.admit(flooder, at(101)), Ok(()));
        assert_eq!(agent.counts(), Counts { answered: 0, refused: 96 });
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
        for n in 0..SWEEP_EVERY {
            let _ = agent.admit(IpAddr::from((n as u32).to_be_bytes()), Duration::from_secs(n));
        }
        assert!(agent.limiter.len() < 10, "{} sources remembered", agent.limiter.len());
    }

    #[test]
    fn default_limit_admits_every_prober_of_a_shared_address() {
        let limit = RateLimit::for_keys(1_024);
        assert!(limit.burst.get() >= 7 * 1_024 && limit.per_second.get() >= 1_024);
        assert_eq!(RateLimit::for_keys(usize::MAX).per_second.get(), u32::MAX);
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
                prop_assert_eq!(agent.answer(&whole[..length]), Err(Refusal::Malformed { length }));
            }
        }

        #[test]
        fn no_source_gets_more_than_burst_and_rate(
            gaps in proptest::collection::vec(0u64..200, 1..300), per_second in 1u32..50, burst in 1u32..20,
        ) {
            let agent = agent(1, limit(per_second, burst));
            let (mut now, mut admitted) = (0u64, 0u64);
            for gap in gaps {
                now += gap;
                admitted += u64::from(agent.admit(localhost(), Duration::from_millis(now)).is_ok());
                prop_assert!(admitted <= u64::from(burst) + now * u64::from(per_second) / 1_000 + 1);
            }
        }
    }
}
