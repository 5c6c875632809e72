//! The probe: what a prober posts to `/vouch/v1/probe`, what the device signs, and the other payloads a device key signs.
//!
//! Bodies are SCALE, a few hundred bytes, and both sides refuse anything larger. Every payload starts with its own domain, so
//! that a signature given for one purpose is worth nothing for another, and contains the genesis hash, so that it is worth
//! nothing on another chain.

use crate::{prober::ProberId, DeviceId, DeviceSignature, RoundIndex};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{sp_core::H256, sp_runtime::traits::Verify, sp_runtime::AccountId32};
use scale_info::TypeInfo;

/// The path a device answers probes on, by `POST`.
pub const PROBE_PATH: &str = "/vouch/v1/probe";

/// The content type of challenge and response.
pub const PROBE_CONTENT_TYPE: &str = "application/octet-stream";

const PROBE_DOMAIN: &[u8] = b"vouch/probe/v1";
const REGISTER_DOMAIN: &[u8] = b"vouch/register/v1";
const ROTATE_DOMAIN: &[u8] = b"vouch/rotate/v1";

/// A prober's challenge to one device; the SCALE encoding is the request's whole body.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Challenge {
    /// Hash of the chain's block 0.
    pub genesis: H256,
    /// The round this probe belongs to.
    pub round: RoundIndex,
    /// The round's seed, which was not known before the round was about to open.
    pub seed: H256,
    /// The session key of the prober that asks.
    pub prober: ProberId,
    /// The device that is asked: one endpoint may serve many.
    pub device: DeviceId,
    /// Fresh randomness of the prober.
    pub nonce: [u8; 32],
}

/// Bytes of an encoded [`Challenge`]: every challenge has exactly this length.
pub const CHALLENGE_BYTES: usize = 32 + 4 + 32 + 32 + 32 + 32;

/// Most bytes of an encoded [`ProbeResponse`]; a longer body is no answer.
pub const MAX_RESPONSE_BYTES: usize = 1 + 65;

/// The device's answer; its SCALE encoding is the response's whole body.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct ProbeResponse {
    /// Signature of [`Challenge::payload`] by the challenged device.
    pub signature: DeviceSignature,
}

impl Challenge {
    /// The bytes the device signs.
    pub fn payload(&self) -> Vec<u8> {
        separated(PROBE_DOMAIN, self)
    }

    /// Whether `response` is the challenged device's own answer.
    pub fn is_answered_by(&self, response: &ProbeResponse) -> bool {
        response.signature.verify(self.payload().as_slice(), &self.device)
    }
}

/// `domain` followed by the encoding of `value`: what is signed for one purpose never passes for another.
pub(crate) fn separated(domain: &[u8], value: impl Encode) -> Vec<u8> {
    let mut bytes = domain.to_vec();
    value.encode_to(&mut bytes);
    bytes
}

/// What a device signs to be registered by `owner`. `nonce` is the number of proofs this key has spent on this chain.
pub fn registration_payload(genesis: H256, owner: &AccountId32, nonce: u32) -> Vec<u8> {
    separated(REGISTER_DOMAIN, (genesis, owner, nonce))
}

/// What the *new* key signs to take over the record of `old`. `nonce` is the number of proofs the new key has spent.
pub fn rotation_payload(genesis: H256, owner: &AccountId32, old: &DeviceId, nonce: u32) -> Vec<u8> {
    separated(ROTATE_DOMAIN, (genesis, owner, old, nonce))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::payload::{answer_payload, verdict_payload, Answer, ANSWER_DOMAIN, VERDICT_DOMAIN};
    use polkadot_sdk::sp_core::{ed25519, sr25519, Pair};
    use polkadot_sdk::sp_runtime::{traits::IdentifyAccount, MultiSigner};

    fn challenge(device: DeviceId) -> Challenge {
        Challenge {
            genesis: H256::repeat_byte(1),
            round: 7,
            seed: H256::repeat_byte(2),
            prober: sr25519::Public::from_raw([3; 32]).into(),
            device,
            nonce: [4; 32],
        }
    }

    #[test]
    fn a_challenge_has_one_length() {
        assert_eq!(challenge(DeviceId::new([9; 32])).encode().len(), CHALLENGE_BYTES);
    }

    #[test]
    fn only_the_challenged_device_answers_and_only_this_challenge() {
        let (ed, sr) = (ed25519::Pair::from_seed(&[1; 32]), sr25519::Pair::from_seed(&[2; 32]));
        let ed_id = MultiSigner::from(ed.public()).into_account();
        let sr_id = MultiSigner::from(sr.public()).into_account();
        let (to_ed, to_sr) = (challenge(ed_id), challenge(sr_id));

        let by_ed = ProbeResponse { signature: ed.sign(&to_ed.payload()).into() };
        let by_sr = ProbeResponse { signature: sr.sign(&to_sr.payload()).into() };
        assert!(to_ed.is_answered_by(&by_ed) && to_sr.is_answered_by(&by_sr));
        assert!(by_ed.encode().len() <= MAX_RESPONSE_BYTES && by_sr.encode().len() <= MAX_RESPONSE_BYTES);

        assert!(!to_ed.is_answered_by(&ProbeResponse { signature: sr.sign(&to_ed.payload()).into() }));
        for changed in [
            Challenge { genesis: H256::zero(), ..to_ed.clone() },
            Challenge { round: 8, ..to_ed.clone() },
            Challenge { seed: H256::zero(), ..to_ed.clone() },
            Challenge { prober: sr25519::Public::from_raw([0; 32]).into(), ..to_ed.clone() },
            Challenge { nonce: [0; 32], ..to_ed.clone() },
        ] {
            assert!(!changed.is_answered_by(&by_ed));
        }
    }

    #[test]
    fn payloads_of_different_purposes_never_coincide() {
        let (genesis, owner) = (H256::repeat_byte(1), AccountId32::new([5; 32]));
        let all = [
            challenge(owner.clone()).payload(),
            registration_payload(genesis, &owner, 0),
            rotation_payload(genesis, &owner, &owner, 0),
            answer_payload(genesis, 0, 0, &Answer::Declined),
            verdict_payload(genesis, 0, 0, 0, &None),
        ];
        let domains = [PROBE_DOMAIN, REGISTER_DOMAIN, ROTATE_DOMAIN, ANSWER_DOMAIN, VERDICT_DOMAIN];
        for (n, domain) in domains.iter().enumerate() {
            let begin: Vec<_> = all.iter().map(|payload| payload.starts_with(domain)).collect();
            assert_eq!(begin, (0..all.len()).map(|other| other == n).collect::<Vec<_>>(), "{domain:?}");
        }
    }
}
