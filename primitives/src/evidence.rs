//! What a prober can show for its report: the device signatures, committed to by one Merkle root.
//!
//! The tree always has [`LANES`] leaves, one per lane, so that a lane's leaf index is its lane and nobody needs the report's
//! bitmap to check a path. Leaves carry a tag and their lane, so that no inner node and no other lane's leaf passes for them.

use crate::{
    probe::{Challenge, ProbeResponse},
    prober::ProberId,
    DeviceId, Lane, RoundIndex, LANES,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{binary_merkle_tree, sp_core::H256, sp_runtime::traits::BlakeTwo256};
use scale_info::TypeInfo;

const LEAF_TAG: &[u8] = b"vouch/evidence/v1";

/// What a prober keeps of one answered probe.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Evidence {
    /// The device that answered.
    pub device: DeviceId,
    /// The challenge's nonce.
    pub nonce: [u8; 32],
    /// Round-trip time in milliseconds, as the prober measured it.
    pub rtt_ms: u32,
    /// The device's answer.
    pub response: ProbeResponse,
}

impl Evidence {
    /// Whether the device really answered `prober` in this round.
    pub fn holds(&self, genesis: H256, round: RoundIndex, seed: H256, prober: &ProberId) -> bool {
        let (device, nonce) = (self.device.clone(), self.nonce);
        Challenge { genesis, round, seed, prober: prober.clone(), device, nonce }.is_answered_by(&self.response)
    }
}

/// Steps from a leaf to the root: the tree has 2^10 leaves.
pub const PATH_STEPS: usize = LANES.ilog2() as usize;

/// A Merkle path from one lane's leaf to the evidence root, the leaf's sibling first.
pub type Path = [H256; PATH_STEPS];

/// Root over the cohort's evidence; `of` tells what is kept of a lane, `None` for lanes that did not answer.
pub fn root<'a>(of: impl Fn(Lane) -> Option<&'a Evidence>) -> H256 {
    binary_merkle_tree::merkle_root::<BlakeTwo256, _>(leaves(of))
}

/// The path that proves `lane`'s leaf; `None` for lanes that do not exist.
pub fn path<'a>(of: impl Fn(Lane) -> Option<&'a Evidence>, lane: Lane) -> Option<Path> {
    if usize::from(lane) >= LANES {
        return None;
    }
    binary_merkle_tree::merkle_proof::<BlakeTwo256, _, _>(leaves(of), u32::from(lane)).proof.try_into().ok()
}

/// Whether `path` leads from `evidence` at `lane` to `root`.
pub fn proves(root: &H256, path: &Path, lane: Lane, evidence: &Evidence) -> bool {
    usize::from(lane) < LANES
        && binary_merkle_tree::verify_proof::<BlakeTwo256, _, _>(
            root,
            path.iter().copied(),
            LANES as u32,
            u32::from(lane),
            &leaf(lane, Some(evidence)),
        )
}

fn leaves<'a>(of: impl Fn(Lane) -> Option<&'a Evidence>) -> impl ExactSizeIterator<Item = Vec<u8>> {
    (0..LANES as Lane).map(move |lane| leaf(lane, of(lane)))
}

fn leaf(lane: Lane, evidence: Option<&Evidence>) -> Vec<u8> {
    let mut bytes = LEAF_TAG.to_vec();
    (lane, evidence).encode_to(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use polkadot_sdk::sp_core::{ed25519, sr25519, Pair};

    fn evidence(lane: Lane) -> Evidence {
        let pair = ed25519::Pair::from_seed(&[1; 32]);
        let prober: ProberId = sr25519::Public::from_raw([3; 32]).into();
        let device = DeviceId::new(pair.public().0);
        let nonce = [lane as u8; 32];
        let (genesis, seed) = (H256::zero(), H256::repeat_byte(5));
        let challenge = Challenge { genesis, round: 1, seed, prober, device: device.clone(), nonce };
        Evidence {
            device,
            nonce,
            rtt_ms: 12,
            response: ProbeResponse { signature: pair.sign(&challenge.payload()).into() },
        }
    }

    #[test]
    fn each_answered_lane_can_be_shown_and_no_other() {
        let kept: Vec<Option<Evidence>> =
            (0..LANES as Lane).map(|lane| (lane % 300 == 5).then(|| evidence(lane))).collect();
        let of = |lane: Lane| kept[usize::from(lane)].as_ref();
        let root = root(of);
        for lane in [5, 305, 605, 905] {
            let (path, shown) = (path(of, lane).unwrap(), of(lane).unwrap());
            assert!(proves(&root, &path, lane, shown));
            assert!(!proves(&root, &path, lane + 1, shown));
            assert!(!proves(&root, &path, lane, &Evidence { rtt_ms: 1, ..shown.clone() }));
            assert!(!proves(&H256::zero(), &path, lane, shown));
        }
        assert!(!proves(&root, &path(of, 6).unwrap(), 6, of(5).unwrap()));
        assert_eq!(path(of, LANES as Lane), None);
    }

    #[test]
    fn evidence_holds_for_its_prober_round_and_seed_only() {
        let (kept, seed) = (evidence(0), H256::repeat_byte(5));
        let (prober, other): (ProberId, ProberId) =
            (sr25519::Public::from_raw([3; 32]).into(), sr25519::Public::from_raw([4; 32]).into());
        assert!(kept.holds(H256::zero(), 1, seed, &prober));
        assert!(!kept.holds(H256::zero(), 1, seed, &other));
        assert!(!kept.holds(H256::zero(), 2, seed, &prober));
        assert!(!kept.holds(H256::zero(), 1, H256::zero(), &prober));
        assert!(!kept.holds(H256::repeat_byte(1), 1, seed, &prober));
    }
}
