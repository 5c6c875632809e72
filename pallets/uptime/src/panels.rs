//! Panels: probers who are drawn to decide a question that somebody else has, as committees are drawn for cohorts.

use crate::*;
use alloc::vec::Vec;
use codec::Encode;
use sp_core::H256;
use sp_io::hashing::blake2_256;
use vouch_primitives::{committee::committee, prober::ProberId, traits::Panels};

const PANEL_DOMAIN: &[u8] = b"vouch/panel/v1";

impl<T: Config> Panels for Pallet<T> {
    /// Another seed than any cohort's committee is drawn from: who probes a device says nothing about who judges it.
    fn panel(subject: H256) -> Vec<ProberId> {
        let round = Round::<T>::get();
        let seed = H256(blake2_256(&(PANEL_DOMAIN, round.seed, subject).encode()));
        let drawn = committee(seed, 0, Self::set_size(round.prober_set), round.committee_size);
        let member = |index| Self::member(round.prober_set, u16::try_from(index).ok()?);
        drawn.into_iter().filter_map(member).map(|member| member.key).collect()
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn prepare_benchmark() {
        use frame_support::traits::Get;

        benchmarking::open_round::<T>(T::MaxProbers::get(), T::MaxCommittee::get());
    }
}
