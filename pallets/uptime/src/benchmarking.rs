//! Benchmarks, all on full cohorts: every lane has a device, is judged, and is up.

use crate::{types::RoundReports, *};
use alloc::{boxed::Box, vec::Vec};
use frame_benchmarking::v2::*;
use frame_support::{
    traits::{Authorize, EnsureOrigin, Get, Hooks},
    weights::Weight,
    BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use sp_application_crypto::RuntimeAppPublic;
use sp_core::{sr25519, H256};
use sp_runtime::{traits::One, transaction_validity::TransactionSource};
use vouch_primitives::{
    committee::committee,
    history::History,
    prober::{ProberId, ProberSignature},
    report::Report,
    traits::{Contributions, OnRoundClosed, RegistryBenchmarkHelper},
    Bitmap, CohortId, Lane, LatencyCodes, RoundIndex, LANES,
};

/// Far enough from genesis that a cohort can be as many rounds behind as one settlement accounts.
const ROUND: RoundIndex = 2 * MAX_CATCH_UP;
const COHORT: CohortId = 0;
const SET: u32 = 1;

/// Opens a round with a full cohort, a set of `probers` and committees of `committee`. Nothing is reported yet.
fn running_round<T: Config>(probers: u32, committee: u32) {
    T::BenchmarkHelper::fill_cohorts(1);
    let set: Vec<ProberId> = (0..probers)
        .map(|n| {
            let mut raw = [0u8; 32];
            raw[..4].copy_from_slice(&n.to_le_bytes());
            sr25519::Public::from_raw(raw).into()
        })
        .collect();
    ProberSets::<T>::insert(SET, BoundedVec::truncate_from(set));
    CurrentSet::<T>::put(SET);
    Round::<T>::put(types::Round {
        index: ROUND,
        start: frame_system::Pallet::<T>::block_number(),
        length: 50,
        committee_size: committee,
        seed: H256::repeat_byte(7),
        prober_set: SET,
    });
}

/// A cohort's history with a long streak in every lane, accounted up to `next`.
fn history<T: Config>(next: RoundIndex) {
    let mut history = History::starting_at(next);
    history.up = [u32::MAX; LANES];
    (0..LANES as Lane).for_each(|lane| {
        history.last_up.set(lane, true);
        history.last_latency.set(lane, 3);
    });
    Histories::<T>::insert(COHORT, history);
}

/// A report that calls every lane up, with latencies that differ from prober to prober.
fn full_report(round: RoundIndex, prober: u16) -> Report {
    let mut latency = LatencyCodes::default();
    (0..LANES as Lane).for_each(|lane| latency.set(lane, ((lane ^ prober) % 14) as u8));
    Report {
        round,
        cohort: COHORT,
        prober,
        up: Bitmap([u8::MAX; LANES / 8]),
        latency,
        evidence_root: H256::repeat_byte(9),
    }
}

/// Stores the reports of `reported` out of `committee` members.
fn stored_reports<T: Config>(round: RoundIndex, committee: u32, reported: &[u32]) {
    let mut reports = RoundReports::<T::MaxCommittee>::new(round, committee);
    reports.entries =
        BoundedVec::truncate_from(reported.iter().map(|prober| full_report(round, *prober as u16).into()).collect());
    if !reported.is_empty() {
        Reports::<T>::insert(COHORT, reports);
    }
}

/// Makes the ledger remember earlier epochs of the cohort, which the next credit has to settle first.
fn earlier_epochs<T: Config>() {
    for _ in 0..2 {
        T::Contributions::credit(COHORT, &[1; LANES]);
        // More rounds than any epoch has.
        (0..512).for_each(|round| {
            T::OnRoundClosed::on_round_closed(round);
        });
    }
}

/// A signature that nobody checks.
fn unchecked_signature() -> ProberSignature {
    sr25519::Signature::from_raw([0; 64]).into()
}

#[benchmarks(where <T as frame_system::Config>::RuntimeCall: From<Call<T>>)]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn set_params() -> Result<(), BenchmarkError> {
        let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        let params = types::Params { round_length: 17, committee_size: T::MaxCommittee::get() };

        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, params);

        assert_eq!(Params::<T>::get(), params);
        Ok(())
    }

    #[benchmark]
    fn report(k: Linear<0, { T::MaxCommittee::get() - 1 }>) {
        // With as many reports stored as a committee can have, one more still has to fit: the committee is the largest.
        let size = T::MaxCommittee::get();
        running_round::<T>(T::MaxProbers::get(), size);
        history::<T>(ROUND);
        let members = Pallet::<T>::committee_indices(COHORT);
        // One larger than drawn, so that the last place is not the one that completes it.
        stored_reports::<T>(ROUND, size + 1, &members[..k as usize]);
        if k == 0 {
            // The first report overwrites those of an older round.
            stored_reports::<T>(ROUND - 1, size, &members);
        }
        let filed = Box::new(full_report(ROUND, members[k as usize] as u16));

        #[extrinsic_call]
        _(RawOrigin::Authorized, filed, unchecked_signature());

        assert_eq!(Reports::<T>::get(COHORT).map(|reports| reports.entries.len() as u32), Some(k + 1));
        assert_eq!(Histories::<T>::get(COHORT).map(|history| history.next), Some(ROUND));
    }

    #[benchmark]
    fn report_completing(k: Linear<1, { T::MaxCommittee::get() }>) {
        running_round::<T>(T::MaxProbers::get(), k);
        earlier_epochs::<T>();
        history::<T>(ROUND);
        let members = Pallet::<T>::committee_indices(COHORT);
        let (last, others) = members.split_last().expect("a committee has at least one member; qed");
        stored_reports::<T>(ROUND, k, others);
        let filed = Box::new(full_report(ROUND, *last as u16));

        #[block]
        {
            Pallet::<T>::report(RawOrigin::Authorized.into(), filed, unchecked_signature())
                .expect("the committee's last report is taken; qed");
        }

        assert_eq!(Histories::<T>::get(COHORT).map(|history| history.next), Some(ROUND + 1));
    }

    #[benchmark]
    fn authorize_report(p: Linear<1, { T::MaxProbers::get() }>) -> Result<(), BenchmarkError> {
        let size = p.min(T::MaxCommittee::get());
        running_round::<T>(p, size);
        // The first report of a round is the dearest: the history is read too, beside the older reports.
        history::<T>(ROUND - 1);
        let member = committee(Round::<T>::get().seed, COHORT, p, size)[0];
        let stored: Vec<u32> = (0..size).collect();
        stored_reports::<T>(ROUND - 1, size, &stored);
        let key = ProberId::generate_pair(None);
        ProberSets::<T>::mutate(SET, |set| set[member as usize] = key.clone());
        let filed = full_report(ROUND, member as u16);
        let signature = key
            .sign(&filed.payload(Pallet::<T>::genesis_hash(), Pallet::<T>::current_round().seed))
            .ok_or("the key is in the keystore")?;
        let call: <T as frame_system::Config>::RuntimeCall =
            Call::<T>::report { report: Box::new(filed), signature }.into();

        let valid;
        #[block]
        {
            valid = call.authorize(TransactionSource::InBlock);
        }

        assert!(matches!(valid, Some(Ok(_))));
        Ok(())
    }

    #[benchmark]
    fn settle_nothing() {
        running_round::<T>(1, 1);
        history::<T>(ROUND);

        let settled;
        #[block]
        {
            settled = Pallet::<T>::settle(COHORT);
        }

        assert_eq!(settled, (true, T::WeightInfo::settle_nothing()));
    }

    #[benchmark]
    fn settle(k: Linear<0, { T::MaxCommittee::get() }>, r: Linear<1, MAX_CATCH_UP>) {
        running_round::<T>(T::MaxProbers::get(), T::MaxCommittee::get());
        earlier_epochs::<T>();
        history::<T>(ROUND - r);
        // A quorum of the committee it was drawn as: the first round is tallied, the others are uncovered.
        let members: Vec<u32> = (0..k).collect();
        stored_reports::<T>(ROUND - r, k + u32::from(k > 2), &members);

        let settled;
        #[block]
        {
            settled = Pallet::<T>::settle(COHORT);
        }

        assert_eq!(settled, (true, T::WeightInfo::settle(k, r)));
        assert_eq!(Histories::<T>::get(COHORT).map(|history| history.next), Some(ROUND));
    }

    #[benchmark]
    fn on_initialize() {
        running_round::<T>(1, 1);
        let now = Round::<T>::get().start;

        #[block]
        {
            Pallet::<T>::on_initialize(now);
        }

        assert!(!NextSeed::<T>::exists());
    }

    #[benchmark]
    fn fix_seed() {
        running_round::<T>(1, 1);
        let due = Pallet::<T>::seed_due(&Round::<T>::get());

        #[block]
        {
            Pallet::<T>::on_initialize(due);
        }

        assert!(NextSeed::<T>::exists());
    }

    #[benchmark]
    fn open_round() {
        running_round::<T>(T::MaxProbers::get(), T::MaxCommittee::get());
        // A session has changed since the running round opened.
        let set = BoundedVec::truncate_from(Pallet::<T>::prober_set(SET).into_iter().skip(1).collect());
        ProberSets::<T>::insert(SET + 1, set);
        CurrentSet::<T>::put(SET + 1);
        NextSeed::<T>::put(H256::repeat_byte(3));
        let round = Round::<T>::get();
        let now: BlockNumberFor<T> = round.end();

        #[block]
        {
            Pallet::<T>::open_round(now, round);
        }

        let opened = Round::<T>::get();
        assert_eq!((opened.index, opened.start, opened.seed), (ROUND + 1, now, H256::repeat_byte(3)));
        assert!(!ProberSets::<T>::contains_key(SET));
    }

    #[benchmark]
    fn sweep() {
        running_round::<T>(1, 1);
        history::<T>(ROUND);
        Sweep::<T>::put(types::Sweep { next: 0, left: 1, of: 1 });

        #[block]
        {
            Pallet::<T>::on_idle(BlockNumberFor::<T>::one(), Weight::MAX);
        }

        assert_eq!(Sweep::<T>::get().left, 0);
    }

    impl_benchmark_test_suite!(Pallet, mock::benchmark_ext(), mock::Test);
}
