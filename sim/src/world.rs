//! The devices there are, and what a probe of one finds.
//!
//! A device is up but for outages that begin at random and last for random times, both exponentially distributed. A probe
//! happens at two random moments of the round, the second only if the first was in vain, as the off-chain worker does it in a
//! production round; each can get lost on the way. So honest probers do not always agree, most of all in the round in which an
//! outage begins or ends.

use crate::keys;
use polkadot_sdk::sp_core::{ed25519, Pair};
use rand::{rngs::StdRng, Rng, SeedableRng};
use vouch_primitives::{
    evidence::Evidence,
    lanes::{latency_ceiling_ms, LatencyCodes},
    probe::{registration_payload, Challenge, ProbeResponse},
    DeviceId, DeviceSignature, Endpoint, Lane, RoundIndex,
};
use vouch_runtime::{AccountId, Hash};

/// Of a round of 50 blocks, the share in whose slices first tries are made.
const FIRST_TRIES: f64 = 23.0 / 50.0;
/// The same for second tries, which follow.
const SECOND_TRIES: f64 = 11.0 / 50.0;

/// What devices are like.
#[derive(Clone, Copy, Debug)]
pub struct Climate {
    /// Rounds from the end of one outage to the beginning of the next, on average.
    pub between_outages: f64,
    /// Rounds an outage lasts, on average.
    pub outage: f64,
    /// Share of all probes, first and second tries alike, that get lost although the device is up.
    pub loss: f64,
}

impl Default for Climate {
    /// An outage a day of a quarter of an hour, in rounds of five minutes; one probe in 200 gets lost.
    fn default() -> Self {
        Self { between_outages: 288.0, outage: 3.0, loss: 0.005 }
    }
}

/// How a device lives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Life {
    /// Up but for the outages of the [`Climate`].
    Steady,
    /// Up in one round of two.
    EveryOtherRound,
    /// Up in rounds drawn at random, one of five.
    OneRoundOfFive,
    /// There is nothing at its address, though somebody has its key.
    Phantom,
}

/// A device.
pub struct Device {
    key: ed25519::Pair,
    /// Its name on the chain.
    pub id: DeviceId,
    /// Number of its owner.
    pub owner: u32,
    /// Where it claims to answer.
    pub endpoint: Endpoint,
    /// How it lives.
    pub life: Life,
    /// Round-trip time from nearby, in milliseconds.
    base_ms: u32,
    /// When it is down, in rounds: beginnings and ends, in order.
    outages: Vec<(f64, f64)>,
}

/// All devices.
pub struct World {
    seed: u64,
    climate: Climate,
    /// The devices, in the order in which they are registered.
    pub devices: Vec<Device>,
}

impl World {
    /// A world without devices.
    pub fn new(seed: u64, climate: Climate) -> Self {
        Self { seed, climate, devices: Vec::new() }
    }

    /// Adds a device that lives at least until round `horizon`.
    pub fn add(&mut self, owner: u32, endpoint: Endpoint, life: Life, horizon: RoundIndex) {
        let index = self.devices.len() as u32;
        let key = keys::device(self.seed, index);
        let mut random = StdRng::from_seed(keys::secret(self.seed, "life", index));
        // From a few milliseconds to a few hundred; half of them below 45.
        let base_ms = (2.0 + 300.0 * random.gen::<f64>().powf(2.8)) as u32;
        let mut outages = Vec::new();
        let mut now = 0.0;
        loop {
            now += exponential(&mut random, self.climate.between_outages);
            // An infinite mean can give what is not a number.
            if now.is_nan() || now >= f64::from(horizon) {
                break;
            }
            let end = now + exponential(&mut random, self.climate.outage);
            outages.push((now, end));
            now = end;
        }
        self.devices.push(Device { id: keys::device_id(&key), key, owner, endpoint, life, base_ms, outages });
    }

    /// What `prober` finds when it probes `device` in `round`: the round-trip time in milliseconds, or no answer.
    pub fn probe(&self, device: usize, round: RoundIndex, prober: u32) -> Option<u32> {
        let found = &self.devices[device];
        let mut noise = Noise(mix(self.seed ^ mix((device as u64) << 32 | u64::from(round)) ^ mix(u64::from(prober))));
        let moments = [FIRST_TRIES * noise.unit(), FIRST_TRIES + SECOND_TRIES * noise.unit()];
        let answers = |moment: &f64| found.is_up(self.seed, device, f64::from(round) + moment);
        let lost = [noise.unit() < self.climate.loss, noise.unit() < self.climate.loss];
        let answered = moments.iter().zip(lost).any(|(moment, lost)| !lost && answers(moment));
        // Some probers are nearer than others.
        answered.then(|| (f64::from(found.base_ms) * (0.7 + noise.unit())) as u32)
    }

    /// What the device's key signs for `challenge`. Whoever has the key can do this, whether or not there is a device.
    pub fn sign(&self, device: usize, challenge: &Challenge) -> ProbeResponse {
        ProbeResponse { signature: self.devices[device].key.sign(&challenge.payload()).into() }
    }

    /// Proves to the chain that the device's key agrees to be registered by `owner`.
    pub fn proof(&self, device: usize, genesis: Hash, owner: &AccountId) -> DeviceSignature {
        self.devices[device].key.sign(&registration_payload(genesis, owner, 0)).into()
    }

    /// What a prober that asks with `challenge` for the device keeps of its answer, and reports by the latency code `code`.
    pub fn evidence(&self, device: usize, challenge: &Challenge, code: u8) -> Evidence {
        let rtt_ms = latency_ceiling_ms(code).unwrap_or(10_000);
        let Challenge { device: id, nonce, .. } = challenge.clone();
        Evidence { device: id, nonce, rtt_ms, response: self.sign(device, challenge) }
    }
}

impl Device {
    fn is_up(&self, seed: u64, index: usize, moment: f64) -> bool {
        let round = moment as u64;
        let steady = || !self.outages.iter().any(|(begin, end)| (*begin..*end).contains(&moment));
        match self.life {
            Life::Steady => steady(),
            Life::EveryOtherRound => round.is_multiple_of(2) && steady(),
            Life::OneRoundOfFive => mix(seed ^ mix(!(index as u64) << 32 | round)).is_multiple_of(5) && steady(),
            Life::Phantom => false,
        }
    }
}

/// Codes for `lanes` that are all `code`.
pub fn codes(lanes: impl Iterator<Item = Lane>, code: u8) -> LatencyCodes {
    let mut codes = LatencyCodes::default();
    lanes.for_each(|lane| codes.set(lane, code));
    codes
}

/// An exponentially distributed time.
fn exponential(random: &mut StdRng, mean: f64) -> f64 {
    -mean * (1.0 - random.gen::<f64>()).ln()
}

/// A stream of numbers, for what is needed millions of times.
struct Noise(u64);

impl Noise {
    /// A number from 0 to 1, 1 excluded.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        (mix(self.0) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// The output function of SplitMix64 (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195).
pub fn mix(word: u64) -> u64 {
    let word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDPOINT: Endpoint = Endpoint::V4 { ip: [20, 0, 0, 1], port: 9_000 };

    fn share_up(life: Life, climate: Climate) -> f64 {
        let mut world = World::new(1, climate);
        (0..50).for_each(|_| world.add(0, ENDPOINT, life, 400));
        let found = (0..50).flat_map(|device| (0..400).map(move |round| (device, round)));
        let up = found.filter(|(device, round)| world.probe(*device, *round, 3).is_some()).count();
        up as f64 / 20_000.0
    }

    #[test]
    fn devices_are_up_as_often_as_their_life_says() {
        let steady = Climate { between_outages: f64::INFINITY, outage: 1.0, loss: 0.0 };
        assert_eq!(share_up(Life::Steady, steady), 1.0);
        assert_eq!(share_up(Life::EveryOtherRound, steady), 0.5);
        assert_eq!(share_up(Life::Phantom, steady), 0.0);
        let fifth = share_up(Life::OneRoundOfFive, steady);
        assert!((0.19..0.21).contains(&fifth), "{fifth}");
        // 3 of 291 rounds down, a little less because a second try may be luckier.
        let usual = share_up(Life::Steady, Climate::default());
        assert!((0.985..0.996).contains(&usual), "{usual}");
        // Both tries have to get lost.
        let lossy = share_up(Life::Steady, Climate { loss: 0.5, ..steady });
        assert!((0.74..0.76).contains(&lossy), "{lossy}");
    }

    #[test]
    fn probes_are_the_same_whenever_they_are_asked_for() {
        let mut world = World::new(7, Climate::default());
        (0..10).for_each(|_| world.add(0, ENDPOINT, Life::Steady, 50));
        for device in 0..10 {
            assert_eq!(world.probe(device, 5, 1), world.probe(device, 5, 1));
        }
        let differ = (0..10).filter(|device| world.probe(*device, 5, 1) != world.probe(*device, 5, 2)).count();
        assert!(differ > 0, "every prober measures its own time");
    }
}
