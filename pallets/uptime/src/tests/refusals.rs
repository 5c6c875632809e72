//! Reports that an attacker, or a confused prober, sends: each is refused for its own reason, and asking writes nothing.

use crate::{mock::*, types::Refusal, *};
use frame_support::{assert_noop, assert_ok, assert_storage_noop};
use frame_system::RawOrigin;
use sp_core::{Pair, H256};
use sp_runtime::{
    traits::{BadOrigin, Dispatchable},
    transaction_validity::{InvalidTransaction, TransactionValidityError},
};
use vouch_primitives::{prober::ProberSignature, report::Report, Bitmap};

/// Asks whether `report` would be taken, which must write nothing.
fn refused(report: Report, signature: ProberSignature) -> TransactionValidityError {
    let call = call(report, signature);
    assert_storage_noop!(drop(authorize(&call)));
    authorize(&call).expect_err("the report must be refused")
}

/// A report that would be taken, by the first member of cohort 0.
fn good() -> Report {
    report(0, members(0)[0], 0..DEVICES)
}

fn signed_by_its_prober(report: Report) -> (Report, ProberSignature) {
    let signature = sign(&report, report.prober);
    (report, signature)
}

fn is_refused_as(report: Report, refusal: Refusal) {
    let (report, signature) = signed_by_its_prober(report);
    assert_eq!(refused(report, signature), refusal.into());
}

#[test]
fn takes_a_members_report() {
    TestExt::new().build_and_execute(|| {
        let (report, signature) = signed_by_its_prober(good());
        let prober = report.prober;
        let call = call(report, signature);

        assert_storage_noop!(drop(authorize(&call)));
        let (valid, _) = authorize(&call).unwrap();
        assert!(valid.propagate);
        assert_eq!(valid.longevity, 9, "blocks from now to the end of the round");
        assert_eq!(valid.provides.len(), 1);

        System::reset_events();
        assert_ok!(call.dispatch(RawOrigin::Authorized.into()));
        assert_eq!(events(), [Event::Reported { round: 0, cohort: 0, prober }]);
        assert!(Uptime::has_reported(0, prober));
        let info = Uptime::committee_of(0);
        assert_eq!(info.members.len(), 7);
        assert!(info.members.iter().all(|member| member.reported == (member.index == prober)));
        assert!(info.members.iter().all(|member| member.prober == pair(member.index as u8).public()));
    });
}

#[test]
fn reports_of_different_members_and_cohorts_do_not_replace_each_other_in_the_pool() {
    TestExt::new().cohorts(2).build_and_execute(|| {
        let mut tags = Vec::new();
        for cohort in 0..2 {
            for member in members(cohort) {
                let (report, signature) = signed_by_its_prober(report(cohort, member, []));
                tags.extend(authorize(&call(report, signature)).unwrap().0.provides);
            }
        }
        assert_eq!(tags.iter().collect::<std::collections::BTreeSet<_>>().len(), 14);
    });
}

#[test]
fn only_authorized_calls_are_dispatched() {
    TestExt::new().build_and_execute(|| {
        let (report, signature) = signed_by_its_prober(good());
        let call = call(report, signature);
        assert_noop!(call.clone().dispatch(RawOrigin::Signed(1).into()), BadOrigin);
        assert_noop!(call.clone().dispatch(RawOrigin::None.into()), BadOrigin);
        assert_noop!(call.dispatch(RawOrigin::Root.into()), BadOrigin);
    });
}

#[test]
fn forged_report_is_refused() {
    TestExt::new().build_and_execute(|| {
        let honest = good();
        let (member, other) = (honest.prober, members(0)[1]);
        // Signed by a colleague.
        assert_eq!(refused(honest.clone(), sign(&honest, other)), Refusal::BadSignature.into());
        // Signed by a key that is nobody's.
        assert_eq!(refused(honest.clone(), sign(&honest, 200)), Refusal::BadSignature.into());
        // Changed after it was signed, in any field.
        let signature = sign(&honest, member);
        for changed in [
            Report { up: Bitmap::default(), ..honest.clone() },
            Report { latency: Default::default(), ..honest.clone() },
            Report { evidence_root: H256::repeat_byte(0xee), ..honest.clone() },
            Report { prober: other, ..honest.clone() },
        ] {
            assert_eq!(refused(changed, signature.clone()), Refusal::BadSignature.into());
        }
        assert_ok!(authorize(&call(honest, signature)));
    });
}

#[test]
fn report_signed_for_another_chain_is_refused() {
    TestExt::new().build_and_execute(|| {
        let report = good();
        let elsewhere =
            pair(report.prober as u8).sign(&report.payload(H256::repeat_byte(1), Uptime::current_round().seed));
        assert_eq!(refused(report, elsewhere), Refusal::BadSignature.into());
    });
}

#[test]
fn replayed_report_is_refused() {
    TestExt::new().cohorts(2).build_and_execute(|| {
        let replayed = good();
        assert_ok!(submit(replayed.clone()));
        is_refused_as(replayed.clone(), Refusal::AlreadyReported);
        // Not in a later round either, and not for another cohort.
        let signature = sign(&replayed, replayed.prober);
        next_round();
        assert_eq!(refused(replayed.clone(), signature.clone()), Refusal::Late.into());
        let dressed_up = Report { round: 1, ..replayed.clone() };
        assert!(matches!(
            refused(dressed_up, signature),
            TransactionValidityError::Invalid(InvalidTransaction::BadProof | InvalidTransaction::Custom(3))
        ));
    });
}

#[test]
fn second_report_of_a_member_is_refused_whatever_it_says() {
    TestExt::new().build_and_execute(|| {
        let first = good();
        assert_ok!(submit(first.clone()));
        is_refused_as(Report { up: Bitmap::default(), ..first }, Refusal::AlreadyReported);
    });
}

#[test]
fn late_report_is_refused() {
    TestExt::new().build_and_execute(|| {
        let late = good();
        next_round();
        is_refused_as(late, Refusal::Late);
    });
}

#[test]
fn report_that_cannot_be_included_in_its_round_any_more_is_refused() {
    TestExt::new().build_and_execute(|| {
        let report = good();
        System::set_block_number(9);
        assert_ok!(authorize(&call(report.clone(), sign(&report, report.prober))));
        // As the pool asks after the round's last block: on the old state, with the next block's number.
        System::set_block_number(10);
        is_refused_as(report, Refusal::Late);
        System::set_block_number(9);
    });
}

#[test]
fn early_report_is_refused() {
    TestExt::new().build_and_execute(|| {
        is_refused_as(Report { round: 1, ..good() }, Refusal::Early);
        is_refused_as(Report { round: u32::MAX, ..good() }, Refusal::Early);
    });
}

#[test]
fn report_on_a_cohort_that_does_not_exist_is_refused() {
    TestExt::new().cohorts(2).build_and_execute(|| {
        is_refused_as(Report { cohort: 2, ..good() }, Refusal::UnknownCohort);
        is_refused_as(Report { cohort: u32::MAX, ..good() }, Refusal::UnknownCohort);
    });
}

#[test]
fn index_outside_the_prober_set_is_refused() {
    TestExt::new().build_and_execute(|| {
        is_refused_as(Report { prober: 12, ..good() }, Refusal::UnknownProber);
        assert_eq!(refused(Report { prober: u16::MAX, ..good() }, sign(&good(), 0)), Refusal::UnknownProber.into());
    });
}

#[test]
fn prober_that_was_not_drawn_is_refused() {
    TestExt::new().build_and_execute(|| {
        let members = members(0);
        let outsiders: Vec<u16> = (0..12).filter(|index| !members.contains(index)).collect();
        assert_eq!(outsiders.len(), 5);
        for outsider in outsiders {
            is_refused_as(report(0, outsider, 0..DEVICES), Refusal::NotMember);
            // Under a member's index its own key is worth nothing.
            let borrowed = good();
            assert_eq!(refused(borrowed.clone(), sign(&borrowed, outsider)), Refusal::BadSignature.into());
        }
    });
}

#[test]
fn report_after_the_committee_is_complete_is_refused() {
    TestExt::new().build_and_execute(|| {
        vote(0, 7, 0..DEVICES);
        is_refused_as(good(), Refusal::Complete);
        assert!((0..12).all(|prober| Uptime::has_reported(0, prober)));
    });
}

#[test]
fn cohort_too_far_behind_is_left_to_the_sweep() {
    TestExt::new().round_length(2).build_and_execute(|| {
        vote(0, 7, 0..DEVICES);
        IdleWeight::set(frame_support::weights::Weight::zero());
        // GIVEN a history that starts with round 1, in a chain whose blocks are always full.
        rounds_later(33);
        assert_eq!(Uptime::history(0).unwrap().next, 1);
        // A report can still bring it up in round 33, but no more in round 34.
        let (report, signature) = signed_by_its_prober(good());
        assert_ok!(authorize(&call(report, signature)));
        next_round();
        is_refused_as(good(), Refusal::Behind);
        // WHEN the sweep gets its turn again, THEN reports come in again.
        IdleWeight::set(frame_support::weights::Weight::MAX);
        next_block();
        assert_ok!(submit(good()));
    });
}

#[test]
fn call_authorized_in_another_state_changes_nothing() {
    TestExt::new().build_and_execute(|| {
        let (report, signature) = signed_by_its_prober(good());
        let authorized = call(report.clone(), signature);
        assert_ok!(submit(report));
        assert_noop!(authorized.clone().dispatch(RawOrigin::Authorized.into()), Error::<Test>::Refused);
        next_round();
        assert_noop!(authorized.dispatch(RawOrigin::Authorized.into()), Error::<Test>::Refused);
    });
}

#[test]
fn every_refusal_has_its_own_answer() {
    use Refusal::*;
    let all = [
        Late,
        Early,
        UnknownCohort,
        UnknownProber,
        NotMember,
        Complete,
        AlreadyReported,
        Behind,
        BadSignature,
        NoSuchAudit,
        AlreadyAnswered,
    ];
    let answers: std::collections::BTreeSet<String> =
        all.into_iter().map(|refusal| format!("{:?}", InvalidTransaction::from(refusal))).collect();
    assert_eq!(answers.len(), all.len());
}

#[test]
fn parameters_outside_their_bounds_are_refused() {
    TestExt::new().build_and_execute(|| {
        let set = |round_length, committee_size| {
            Uptime::set_params(RuntimeOrigin::root(), types::Params { round_length, committee_size, ..params() })
        };
        assert_noop!(set(1, 7), Error::<Test>::RoundTooShort);
        assert_noop!(set(0, 7), Error::<Test>::RoundTooShort);
        assert_noop!(set(10, 0), Error::<Test>::CommitteeEmpty);
        assert_noop!(set(10, 16), Error::<Test>::CommitteeTooLarge);
        assert_noop!(Uptime::set_params(RuntimeOrigin::signed(1), types::Params::default()), BadOrigin);
        assert_ok!(set(2, 15));
        assert_ok!(set(u32::MAX, 1));
        let change = |change: fn(&mut types::Params)| {
            let mut changed = params();
            change(&mut changed);
            Uptime::set_params(RuntimeOrigin::root(), changed)
        };
        assert_noop!(change(|params| params.admission_rounds = 33), Error::<Test>::AdmissionTooLong);
        assert_noop!(change(|params| params.audit_window = 1), Error::<Test>::AuditWindowTooShort);
        // Evidence is kept for 64 rounds of ten blocks, and 36 rounds of seven reports are 256 audits at most.
        assert_noop!(change(|params| params.audit_window = 330), Error::<Test>::AuditWindowTooLong);
        assert_ok!(change(|params| params.audit_window = 320));
        assert_noop!(
            change(|params| (params.audit_window, params.committee_size) = (600, 1)),
            Error::<Test>::AuditWindowTooLong
        );
        assert_ok!(change(|params| (params.audit_window, params.committee_size) = (590, 1)));
    });
}

#[test]
#[should_panic(expected = "genesis parameters of pallet-uptime are within their bounds")]
fn genesis_with_parameters_outside_their_bounds_does_not_build() {
    TestExt::new().round_length(1).build();
}
