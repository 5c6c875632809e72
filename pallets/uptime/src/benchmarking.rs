//! Benchmarks, all on full cohorts: every lane has a device, is judged, and is up.

use crate::{
    types::{
        Audit, CohortAudits, Entry, Member, Offending, RoundReports, Standing, MAX_OPEN_AUDITS, MAX_RESOLVED, STANDINGS,
    },
    *,
};
use alloc::{boxed::Box, vec::Vec};
use frame_benchmarking::v2::*;
use frame_support::{
    traits::{Authorize, EnsureOrigin, Get, Hooks},
    weights::Weight,
    BoundedVec,
};
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use reports::is_odd;
use sp_application_crypto::RuntimeAppPublic;
use sp_core::{sr25519, H256};
use sp_runtime::{traits::One, transaction_validity::TransactionSource, Perbill};
use vouch_primitives::{
    audit::{AuditState, Claim, Misconduct, Opening, ReportId},
    committee::committee,
    evidence::{self, Evidence},
    history::History,
    probe::{Challenge, ProbeResponse},
    prober::{ProberId, ProberSignature, KEY_TYPE},
    report::Report,
    traits::{Contributions, OnRoundClosed, RegistryBenchmarkHelper},
    Bitmap, CohortId, DeviceId, Lane, LatencyCodes, RoundIndex, LANES,
};

/// Far enough from genesis that a cohort can be as many rounds behind as one settlement accounts.
const ROUND: RoundIndex = 2 * MAX_CATCH_UP;
const COHORT: CohortId = 0;
const SET: u32 = 1;

/// Opens a round with a full cohort, a set of `probers` and committees of `committee`. Nothing is reported yet.
fn running_round<T: Config>(probers: u32, committee: u32) {
    T::BenchmarkHelper::fill_cohorts(1);
    open_round::<T>(probers, committee);
}

/// Opens a round with a set of `probers` and committees of `committee`.
pub(crate) fn open_round<T: Config>(probers: u32, committee: u32) {
    ProberSets::<T>::insert(SET, BoundedVec::truncate_from((0..probers).map(member).collect()));
    ProberCount::<T>::put(probers);
    CurrentSet::<T>::put(SET);
    Round::<T>::put(types::Round {
        index: ROUND,
        start: frame_system::Pallet::<T>::block_number(),
        length: 50,
        committee_size: committee,
        seed: H256::repeat_byte(7),
        prober_set: SET,
        session: 0,
    });
    // Every report is drawn.
    Params::<T>::put(types::Params { audit: Perbill::one(), ..Default::default() });
}

/// The `n`-th member of a set; nobody holds its key.
fn member(n: u32) -> Member {
    let mut raw = [0u8; 32];
    raw[..4].copy_from_slice(&n.to_le_bytes());
    Member { key: sr25519::Public::from_raw(raw).into(), number: n }
}

/// A cohort's history with a long streak in every lane, accounted up to `next`.
fn history<T: Config>(next: RoundIndex) {
    let mut history = History::starting_at(next);
    history.up = [u32::MAX; LANES];
    (0..LANES as Lane).for_each(|lane| {
        history.last_up.set(lane, true);
        history.last_latency.set(lane, 3);
        history.admitted.set(lane, true);
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
    let running = types::Round { index: round, ..Round::<T>::get() };
    let mut reports = RoundReports::<T::MaxCommittee>::new(&running, committee);
    let entry = |prober: &u32| Entry::new(full_report(round, *prober as u16), member(*prober));
    reports.entries = BoundedVec::truncate_from(reported.iter().map(entry).collect());
    if !reported.is_empty() {
        Pallet::<T>::store_reports(COHORT, &reports);
    }
}

/// The reports on the cohort that are kept of a round.
fn reports_of<T: Config>(round: RoundIndex) -> Option<u32> {
    Pallet::<T>::reports_of(COHORT, round).map(|reports| reports.entries.len() as u32)
}

/// `open` open audits of the cohort, of rounds before any that is benchmarked and with this deadline; the last one asks `key`.
fn open_audits<T: Config>(open: u32, deadline: BlockNumberFor<T>, key: &ProberId) -> Vec<ReportId> {
    let reports: Vec<ReportId> = (0..open).map(|n| ReportId { round: 0, cohort: COHORT, prober: n as u16 }).collect();
    let audit = |report: &ReportId| Audit {
        report: *report,
        claim: Claim {
            lane: 0,
            device: DeviceId::new([0; 32]),
            latency: 3,
            evidence_root: H256::zero(),
            seed: H256::zero(),
            prober: key.clone(),
        },
        prober: report.prober.into(),
        session: 0,
        epoch: 0,
        points: 15_625,
        deadline,
        state: AuditState::Open,
    };
    let open = BoundedVec::truncate_from(reports.iter().map(audit).collect());
    Audits::<T>::insert(COHORT, CohortAudits { next: 1, open });
    reports
}

/// As many probers have a standing as there can be in a set, so that pages are as long as they get.
fn standings<T: Config>() {
    let standing = Standing { deviation: 1, ..Default::default() };
    let page = core::iter::repeat_n(standing, T::MaxProbers::get().min(STANDINGS) as usize).collect();
    Standings::<T>::insert(0, BoundedVec::truncate_from(page));
}

/// The key of a prober that this node holds, and an answer to the last of the cohort's open audits with its signature. The
/// answer has a path and a device's signature as a right one has, so that all of it is checked.
fn answer<T: Config>(open: u32) -> Result<(Opening, ProberSignature), BenchmarkError> {
    let key = ProberId::generate_pair(None);
    let report = *open_audits::<T>(open, 1_000u32.into(), &key).last().ok_or("there is an audit")?;
    // A key of the keystore stands for the device.
    let device_key = sp_io::crypto::ed25519_generate(KEY_TYPE, None);
    let device = DeviceId::new(device_key.0);
    let challenge = Challenge {
        genesis: Pallet::<T>::genesis_hash(),
        round: report.round,
        seed: H256::zero(),
        prober: key.clone(),
        device: device.clone(),
        nonce: [1; 32],
    };
    let signature =
        sp_io::crypto::ed25519_sign(KEY_TYPE, &device_key, &challenge.payload()).ok_or("the key is there")?;
    let response = ProbeResponse { signature: signature.into() };
    let evidence = Evidence { device: device.clone(), nonce: [1; 32], rtt_ms: 5, response };
    let of = |lane: Lane| (lane == 0).then_some(&evidence);
    let root = evidence::root(of);
    Audits::<T>::mutate(COHORT, |audits| {
        if let Some(last) = audits.as_mut().and_then(|audits| audits.open.last_mut()) {
            (last.claim.device, last.claim.evidence_root) = (device, root);
        }
    });
    let opening = Opening { report, path: evidence::path(of, 0).ok_or("lane 0 exists")?, evidence };
    let signature = key.sign(&opening.payload(Pallet::<T>::genesis_hash())).ok_or("the key is in the keystore")?;
    Ok((opening, signature))
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

/// What a prober may be accused of.
fn offending() -> Offending {
    let report = ReportId { round: ROUND - 2, cohort: COHORT, prober: 0 };
    Offending { kind: Misconduct::Silence, report, session: 0, epoch: 0 }
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
        let params = types::Params {
            round_length: 100,
            committee_size: T::MaxCommittee::get(),
            audit_window: 300,
            // The dearest lies there can be: whatever a chain pays, this is refused by none that has any stake.
            audit: Perbill::one(),
            slash_wrong: Perbill::one(),
            slash_silent: Perbill::one(),
            ..Default::default()
        };

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
            stored_reports::<T>(ROUND - 2, size, &members);
            Audits::<T>::insert(COHORT, CohortAudits { next: ROUND - 1, ..Default::default() });
        }
        let filed = Box::new(full_report(ROUND, members[k as usize] as u16));

        #[extrinsic_call]
        _(RawOrigin::Authorized, filed, unchecked_signature());

        assert_eq!(reports_of::<T>(ROUND), Some(k + 1));
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
    fn authorize_report() -> Result<(), BenchmarkError> {
        let (probers, size) = (T::MaxProbers::get(), T::MaxCommittee::get());
        running_round::<T>(probers, size);
        // The first report of a round is the dearest: the history is read too, beside the older reports.
        history::<T>(ROUND - 1);
        let drawn = committee(Round::<T>::get().seed, COHORT, probers, size)[0];
        let stored: Vec<u32> = (0..size).collect();
        stored_reports::<T>(ROUND - 2, size, &stored);
        let key = ProberId::generate_pair(None);
        ProberSets::<T>::mutate(SET, |set| set[drawn as usize].key = key.clone());
        let filed = full_report(ROUND, drawn as u16);
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
    fn authorize_answer(o: Linear<1, MAX_OPEN_AUDITS>) -> Result<(), BenchmarkError> {
        running_round::<T>(1, 1);
        let (opening, signature) = answer::<T>(o)?;
        let call: <T as frame_system::Config>::RuntimeCall =
            Call::<T>::answer_audit { opening: Box::new(opening), signature }.into();

        let valid;
        #[block]
        {
            valid = call.authorize(TransactionSource::InBlock);
        }

        assert!(matches!(valid, Some(Ok(_))));
        Ok(())
    }

    #[benchmark]
    fn answer_audit(o: Linear<1, MAX_OPEN_AUDITS>) -> Result<(), BenchmarkError> {
        running_round::<T>(1, 1);
        let (opening, signature) = answer::<T>(o)?;

        #[extrinsic_call]
        _(RawOrigin::Authorized, Box::new(opening), signature);

        let state = Pallet::<T>::open_audits(COHORT).last().map(|open| open.state);
        assert_eq!(state, Some(AuditState::Proven));
        Ok(())
    }

    #[benchmark]
    fn accuse() {
        ProberCount::<T>::put(1);

        #[block]
        {
            Pallet::<T>::accuse(0, offending(), 1);
        }

        assert!(Records::<T>::get(0).is_some_and(|record| record.queued));
    }

    #[benchmark]
    fn audit(
        k: Linear<0, { T::MaxCommittee::get() }>,
        d: Linear<0, { T::MaxCommittee::get() }>,
        o: Linear<MAX_RESOLVED, { MAX_OPEN_AUDITS - T::MaxCommittee::get() }>,
        s: Linear<0, MAX_RESOLVED>,
    ) {
        running_round::<T>(T::MaxProbers::get(), T::MaxCommittee::get());
        standings::<T>();
        // The first of the open audits are overdue, each of another prober.
        frame_system::Pallet::<T>::set_block_number(100u32.into());
        open_audits::<T>(o, BlockNumberFor::<T>::one(), &member(0).key);
        Audits::<T>::mutate(COHORT, |audits| {
            let open = audits.iter_mut().flat_map(|audits| audits.open.iter_mut());
            open.skip(s as usize).for_each(|later| later.deadline = 1_000u32.into());
        });
        let size = T::MaxCommittee::get();
        // Those that call nothing up cannot be drawn.
        stored_reports::<T>(ROUND - 3, size, &(0..k).collect::<Vec<_>>());
        Reports::<T>::mutate(COHORT, is_odd(ROUND - 3), |reports| {
            let entries = reports.iter_mut().flat_map(|reports| reports.entries.iter_mut());
            entries.for_each(|entry| entry.up = Bitmap::default());
        });
        stored_reports::<T>(ROUND - 2, size, &(size..size + d).collect::<Vec<_>>());

        let used;
        #[block]
        {
            used = Pallet::<T>::audit(COHORT);
        }

        if k + d + s > 0 {
            assert_eq!(used, T::WeightInfo::audit(k, d, o, s));
        }
        assert_eq!(Pallet::<T>::open_audits(COHORT).len() as u32, o + d - s);
        assert_eq!(Records::<T>::iter_keys().count() as u32, s);
    }

    #[benchmark]
    fn audit_nothing(o: Linear<0, MAX_OPEN_AUDITS>) {
        running_round::<T>(T::MaxProbers::get(), T::MaxCommittee::get());
        open_audits::<T>(o, 1_000u32.into(), &member(0).key);
        // The reports that are kept wait for a later round.
        let stored: Vec<u32> = (0..T::MaxCommittee::get()).collect();
        stored_reports::<T>(ROUND, T::MaxCommittee::get(), &stored);
        stored_reports::<T>(ROUND - 1, T::MaxCommittee::get(), &stored);

        let used;
        #[block]
        {
            used = Pallet::<T>::audit(COHORT);
        }

        assert_eq!(used, T::WeightInfo::audit_nothing(o));
        assert_eq!(Pallet::<T>::open_audits(COHORT).len() as u32, o);
    }

    #[benchmark]
    fn look_for_accused() {
        AccusedQueue::<T>::put((7, 7));

        let used;
        #[block]
        {
            used = Pallet::<T>::report_offence_within(Weight::MAX);
        }

        assert_eq!(used, T::WeightInfo::look_for_accused());
    }

    #[benchmark]
    fn report_accused() {
        running_round::<T>(1, 1);
        let validator: T::AccountId = whitelisted_caller();
        Accounts::<T>::insert(0, validator.clone());
        Numbers::<T>::insert(validator, 0);
        Pallet::<T>::accuse(0, offending(), 1);

        #[block]
        {
            Pallet::<T>::report_offence_within(Weight::MAX);
        }

        assert!(Records::<T>::get(0).is_some_and(|record| !record.queued));
        assert_eq!(AccusedQueue::<T>::get(), (1, 1));
    }

    #[benchmark]
    fn settle_nothing() {
        running_round::<T>(1, 1);
        history::<T>(ROUND);

        let settled;
        #[block]
        {
            settled = Pallet::<T>::account_rounds(COHORT);
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
            settled = Pallet::<T>::account_rounds(COHORT);
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
        let set = BoundedVec::truncate_from(ProberSets::<T>::get(SET).into_iter().skip(1).collect());
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
