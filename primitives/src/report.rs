//! One prober's verdict on one cohort for one round.

use crate::{Bitmap, CohortId, LatencyCodes, RoundIndex};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::sp_core::H256;
use scale_info::TypeInfo;

const REPORT_DOMAIN: &[u8] = b"vouch/report/v1";

/// What a prober found in one cohort during one round.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Report {
    /// The round probed.
    pub round: RoundIndex,
    /// The cohort probed.
    pub cohort: CohortId,
    /// Index of the prober in the round's prober set.
    pub prober: u16,
    /// Lanes that answered correctly.
    pub up: Bitmap,
    /// How fast each answered.
    pub latency: LatencyCodes,
    /// Root of the prober's [`crate::evidence`].
    pub evidence_root: H256,
}

impl Report {
    /// The bytes the prober signs: with the genesis hash and the round's seed, so that a report counts on no other chain and on
    /// no other fork of its round.
    pub fn payload(&self, genesis: H256, seed: H256) -> alloc::vec::Vec<u8> {
        let mut bytes = REPORT_DOMAIN.to_vec();
        (genesis, seed, self).encode_to(&mut bytes);
        bytes
    }
}
