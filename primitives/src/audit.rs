//! Audits: which reports have to be proven, on which lane, and what proves them.
//!
//! A bitmap can be copied or made up; the device signatures behind it cannot. Some rounds after a report was filed, a seed that
//! nobody knew then draws it with a given probability, and one of the lanes it called up. Its prober has to open that leaf of
//! its evidence: the device's signature of the prober's own challenge, and the Merkle path to the root it reported.
//!
//! What no audit can tell is a prober that holds the device's key itself. So a lane that only a friend calls up is never up, and
//! what is disputed is paid for a few rounds only; see [`crate::history::History::account`].

use crate::{
    evidence::{self, Evidence, Path},
    lanes::latency_code,
    prober::ProberId,
    Bitmap, CohortId, DeviceId, Lane, RoundIndex,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{sp_arithmetic::Perbill, sp_core::H256, sp_io::hashing::blake2_256};
use scale_info::TypeInfo;

const DRAW_DOMAIN: &[u8] = b"vouch/audit/v1";
const LANE_DOMAIN: &[u8] = b"vouch/audit-lane/v1";
const OPENING_DOMAIN: &[u8] = b"vouch/opening/v1";

/// Names one report for the whole life of a chain.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct ReportId {
    /// The round it is of.
    pub round: RoundIndex,
    /// The cohort it is on.
    pub cohort: CohortId,
    /// Index of its prober in the round's prober set.
    pub prober: u16,
}

/// Whether `seed` draws a report for an audit, which it does with `probability`.
pub fn is_drawn(seed: H256, report: ReportId, probability: Perbill) -> bool {
    // Uniform in `0..10^9`, compared with as many parts per billion.
    scale(word(&(DRAW_DOMAIN, seed, report)), 1_000_000_000) < u64::from(probability.deconstruct())
}

/// The lane on which a report that calls `up` up is asked for; `None` if it calls no lane up. `attempt` counts the lanes that
/// were drawn before and found to be nobody's.
///
/// If the report calls lanes up that its peers do not confirm, one of them is drawn, however few they are: so a lie on one lane
/// among a thousand is as likely to be asked for as a lie on all. Otherwise one of all the lanes it calls up is drawn. Within
/// each group every lane is equally likely, up to a bias below 2^-54.
pub fn drawn_lane(seed: H256, report: ReportId, attempt: u32, up: &Bitmap, confirmed: &Bitmap) -> Option<Lane> {
    let unconfirmed = up.without(confirmed);
    let candidates = if unconfirmed.count() > 0 { &unconfirmed } else { up };
    let choice = word(&(LANE_DOMAIN, seed, report, attempt));
    candidates.nth(scale(choice, u64::from(candidates.count())) as u32)
}

/// A uniform word that follows from `value`.
fn word(value: &impl Encode) -> u64 {
    blake2_256(&value.encode())[..8].iter().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// Maps a uniform `word` to `0..bound`.
fn scale(word: u64, bound: u64) -> u64 {
    ((u128::from(word) * u128::from(bound)) >> 64) as u64
}

/// A prober's answer to an audit.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Opening {
    /// The report that is audited.
    pub report: ReportId,
    /// What is kept of the lane's device.
    pub evidence: Evidence,
    /// From the lane's leaf to the report's evidence root.
    pub path: Path,
}

impl Opening {
    /// The bytes its prober signs, so that nobody else can answer wrongly in its name.
    pub fn payload(&self, genesis: H256) -> Vec<u8> {
        let mut bytes = OPENING_DOMAIN.to_vec();
        (genesis, self).encode_to(&mut bytes);
        bytes
    }
}

/// What an audited report has to be backed by.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Claim {
    /// The lane it was drawn on.
    pub lane: Lane,
    /// The device that sat there in the report's round.
    pub device: DeviceId,
    /// The latency code that the report gives the lane.
    pub latency: u8,
    /// Root of the report's evidence.
    pub evidence_root: H256,
    /// Seed of the report's round, over which the device signed.
    pub seed: H256,
    /// The session key that the prober asked with.
    pub prober: ProberId,
}

impl Claim {
    /// Whether `opening` proves it: the right device's signature for this prober's challenge in this round, under the reported
    /// root, with a round-trip time that has the reported code. Checks the cheap parts first.
    pub fn is_proven_by(&self, opening: &Opening, genesis: H256) -> bool {
        let Opening { report, evidence, path } = opening;
        evidence.device == self.device
            && latency_code(evidence.rtt_ms) == self.latency
            && evidence::proves(&self.evidence_root, path, self.lane, evidence)
            && evidence.holds(genesis, report.round, self.seed, &self.prober)
    }
}

/// How an audit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum AuditState {
    /// Waits for its answer.
    Open,
    /// Answered, and proven.
    Proven,
    /// Answered wrongly.
    Failed,
}

/// What a prober is held to account for. Codes are stable: new ones are added at the end.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Misconduct {
    /// It answered an audit with something that does not prove its report.
    WrongOpening,
    /// It did not answer an audit in time.
    Silence,
    /// It contradicted its peers again and again on what they agree on.
    Outlier,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        probe::{Challenge, ProbeResponse},
        LANES,
    };
    use polkadot_sdk::sp_core::{ed25519, sr25519, Pair};
    use proptest::prelude::*;

    const REPORT: ReportId = ReportId { round: 5, cohort: 2, prober: 3 };

    fn bitmap(lanes: impl IntoIterator<Item = Lane>) -> Bitmap {
        lanes.into_iter().collect()
    }

    proptest! {
        #[test]
        fn drawn_lane_is_one_that_the_report_called_up(seed: [u8; 32], up in proptest::collection::btree_set(0..LANES as Lane, 0..20), confirmed in proptest::collection::btree_set(0..LANES as Lane, 0..20)) {
            let (up, confirmed) = (bitmap(up), bitmap(confirmed));
            let drawn = drawn_lane(seed.into(), REPORT, 0, &up, &confirmed);
            prop_assert_eq!(drawn.is_some(), up.count() > 0);
            if let Some(lane) = drawn {
                prop_assert!(up.get(lane));
                prop_assert!(!confirmed.get(lane) || up.without(&confirmed).count() == 0);
            }
            prop_assert!(is_drawn(seed.into(), REPORT, Perbill::one()));
            prop_assert!(!is_drawn(seed.into(), REPORT, Perbill::zero()));
        }
    }

    #[test]
    fn draws_as_often_as_it_should_and_every_lane_alike() {
        let up = bitmap([7, 100, 500, 1_023]);
        let mut drawn = std::collections::BTreeMap::<Lane, u32>::new();
        for round in 0..40_000 {
            let report = ReportId { round, ..REPORT };
            if is_drawn(H256::repeat_byte(9), report, Perbill::from_percent(25)) {
                let lane = drawn_lane(H256::repeat_byte(9), report, round % 3, &up, &up).unwrap();
                *drawn.entry(lane).or_default() += 1;
            }
        }
        // 2,500 expected for each, standard deviation 48; the seed is fixed, so the bound only says what "alike" means.
        assert_eq!(drawn.keys().copied().collect::<Vec<_>>(), [7, 100, 500, 1_023]);
        assert!(drawn.values().all(|count| (2_300..2_700).contains(count)), "{drawn:?}");
    }

    #[test]
    fn one_lie_among_a_thousand_truths_is_what_is_asked_for() {
        let (up, confirmed) = (bitmap(0..1_024), bitmap((0..1_024).filter(|lane| *lane != 77)));
        for round in 0..50 {
            let report = ReportId { round, ..REPORT };
            assert_eq!(drawn_lane(H256::zero(), report, 0, &up, &confirmed), Some(77));
        }
    }

    fn proven() -> (Claim, Opening) {
        let device = ed25519::Pair::from_seed(&[1; 32]);
        let prober: ProberId = sr25519::Public::from_raw([3; 32]).into();
        let (genesis, seed, lane) = (H256::zero(), H256::repeat_byte(5), 9);
        let id = DeviceId::new(device.public().0);
        let challenge = Challenge {
            genesis,
            round: REPORT.round,
            seed,
            prober: prober.clone(),
            device: id.clone(),
            nonce: [4; 32],
        };
        let response = ProbeResponse { signature: device.sign(&challenge.payload()).into() };
        let evidence = Evidence { device: id.clone(), nonce: [4; 32], rtt_ms: 12, response };
        let of = |other: Lane| (other == lane).then_some(&evidence);
        let claim =
            Claim { lane, device: id, latency: latency_code(12), evidence_root: evidence::root(of), seed, prober };
        (claim, Opening { report: REPORT, path: evidence::path(of, lane).unwrap(), evidence })
    }

    #[test]
    fn only_the_evidence_behind_the_report_proves_it() {
        let (claim, opening) = proven();
        assert!(claim.is_proven_by(&opening, H256::zero()));
        assert!(!claim.is_proven_by(&opening, H256::repeat_byte(1)));
        let other: ProberId = sr25519::Public::from_raw([8; 32]).into();
        for wrong in [
            Claim { lane: 10, ..claim.clone() },
            Claim { device: DeviceId::new([0; 32]), ..claim.clone() },
            Claim { latency: 3, ..claim.clone() },
            Claim { evidence_root: H256::zero(), ..claim.clone() },
            Claim { seed: H256::zero(), ..claim.clone() },
            // What a copier has: a colleague's evidence, signed for the colleague.
            Claim { prober: other, ..claim.clone() },
        ] {
            assert!(!wrong.is_proven_by(&opening, H256::zero()), "{wrong:?}");
        }
        let later = Opening { report: ReportId { round: 6, ..REPORT }, ..opening.clone() };
        assert!(!claim.is_proven_by(&later, H256::zero()));
        let mut path = opening.path;
        path[3] = H256::zero();
        assert!(!claim.is_proven_by(&Opening { path, ..opening.clone() }, H256::zero()));
        // A key of the prober's own, instead of the device's.
        let own = Evidence { device: DeviceId::new([7; 32]), ..opening.evidence.clone() };
        assert!(!claim.is_proven_by(&Opening { evidence: own, ..opening }, H256::zero()));
    }
}
