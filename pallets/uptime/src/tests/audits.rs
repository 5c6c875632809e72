//! Reports are drawn, answered or not, and paid or not.

use crate::{mock::*, types::Refusal, *};
use frame_support::{assert_noop, assert_ok, assert_storage_noop, weights::Weight};
use frame_system::RawOrigin;
use sp_core::{Pair, H256};
use sp_runtime::{traits::Dispatchable, transaction_validity::TransactionValidityError, Perbill};
use std::collections::BTreeMap;
use vouch_primitives::{
    accuracy::Reference,
    audit::{AuditState, Misconduct, Opening},
    evidence::Evidence,
    Bitmap, DeviceId, Lane, LatencyCodes,
};

type Kept = BTreeMap<Lane, Evidence>;

/// Every member of cohort 0 reports honestly on all devices; returns what each kept.
fn everybody_reports() -> Vec<(u16, Kept)> {
    let kept: Vec<(u16, Kept)> = members(0).into_iter().map(|member| (member, evidence(member, 0..DEVICES))).collect();
    for (member, evidence) in &kept {
        assert_ok!(submit(honest_report(0, *member, evidence)));
    }
    kept
}

/// What a report that agrees with all others on the mock cohort earns.
fn full_pay() -> u64 {
    let (up, codes) = ((0..DEVICES).collect::<Bitmap>(), LatencyCodes::default());
    u64::from(Reference::of(&[(&up, &codes)], &up).measure(&up).points())
}

/// Rounds later, in a chain that draws every report, all of them wait for an answer.
fn drawn() -> Vec<(u16, Kept)> {
    let kept = everybody_reports();
    rounds_later(2);
    assert_eq!(Uptime::open_audits(0).len(), 7);
    kept
}

/// The right answer of a member.
fn right_answer(member: u16, kept: &Kept) -> Opening {
    let audits = Uptime::open_audits(0);
    let audit = audits.iter().find(|audit| audit.report.prober == member).expect("it is audited");
    opening(audit.report, audit.claim.lane, kept)
}

fn refused(opening: &Opening, signer: u16) -> TransactionValidityError {
    let signature = pair(signer as u8).sign(&opening.payload(Uptime::genesis_hash()));
    let call: RuntimeCall = Call::answer_audit { opening: Box::new(opening.clone()), signature }.into();
    assert_storage_noop!(drop(authorize(&call)));
    authorize(&call).expect_err("it must be refused")
}

#[test]
fn report_is_drawn_by_a_seed_that_nobody_knew_when_it_was_filed() {
    TestExt::new().audit(Perbill::one()).build_and_execute(|| {
        everybody_reports();
        rounds_later(1);
        // The running round's seed was fixed while reports still came in: nothing is drawn by it.
        assert!(Uptime::open_audits(0).is_empty() && Reports::<Test>::contains_key(0, false));
        // The next one's is fixed now that none comes in any more.
        assert_eq!(NextSeed::<Test>::get(), None);
        rounds_later(1);
        assert_eq!(Uptime::open_audits(0).len(), 7);
        let audit = &Uptime::open_audits(0)[0];
        assert_eq!((audit.report.round, audit.session, audit.state), (0, 0, AuditState::Open));
        assert_eq!(audit.deadline, System::block_number() - 1 + 20);
        assert_eq!(audit.claim.device, mock_device(audit.claim.lane).0);
    });
}

#[test]
fn what_is_not_drawn_is_paid_at_once() {
    TestExt::new().build_and_execute(|| {
        everybody_reports();
        rounds_later(1);
        assert_eq!(Probing::get().len(), 0);
        rounds_later(1);
        assert!(Uptime::open_audits(0).is_empty());
        assert!(members_of_round_zero().iter().all(|member| probing(*member) == full_pay()));
    });
}

fn members_of_round_zero() -> Vec<u16> {
    Probing::get().keys().map(|prober| *prober as u16).collect()
}

#[test]
fn about_as_many_are_drawn_as_should_be() {
    TestExt::new().round_length(4).audit(Perbill::from_percent(25)).build_and_execute(|| {
        System::reset_events();
        let rounds = 200;
        for _ in 0..rounds {
            vote(0, 7, 0..DEVICES);
            rounds_later(1);
        }
        rounds_later(1);
        let drawn = events().iter().filter(|event| matches!(event, Event::AuditDrawn { .. })).count();
        // 350 expected, standard deviation 16; seeds are fixed.
        assert!((280..420).contains(&drawn), "{drawn} of {} drawn", rounds * 7);
    });
}

#[test]
fn right_answer_is_paid() {
    TestExt::new().audit(Perbill::one()).build_and_execute(|| {
        for (member, kept) in drawn() {
            let right = right_answer(member, &kept);
            System::reset_events();
            assert_ok!(answer(&right, member));
            let number = member.into();
            assert_eq!(events(), [Event::AuditAnswered { report: right.report, prober: number, proven: true }]);
            assert_eq!(probing(member), 0, "not before the audit is closed");
        }
        rounds_later(1);
        assert!(Uptime::open_audits(0).is_empty() && Offences::get().is_empty());
        for member in members_of_round_zero() {
            assert_eq!((probing(member), Uptime::standing(member.into()).proven), (full_pay(), 1));
        }
    });
}

#[test]
fn wrong_answer_is_an_offence_and_the_report_unpaid() {
    TestExt::new().audit(Perbill::one()).build_and_execute(|| {
        Session::set(4);
        rounds_later(1);
        let kept = drawn();
        Session::set(5);
        let ((copier, _), (_, colleagues)) = (&kept[0], &kept[1]);
        // A copier has only what a colleague kept.
        let audit = Uptime::open_audits(0).into_iter().find(|audit| audit.report.prober == *copier).unwrap();
        assert_ok!(answer(&opening(audit.report, audit.claim.lane, colleagues), *copier));
        rounds_later(1);
        let [offence] = &Offences::get()[..] else { panic!("one offence, not {:?}", Offences::get()) };
        assert_eq!((offence.offender, offence.kind), (u64::from(*copier), Misconduct::WrongOpening));
        assert_eq!((offence.report, offence.session, offence.fraction), (audit.report, 4, Perbill::from_percent(5)));
        let record = Uptime::prober_record((*copier).into());
        assert_eq!((record.failed, record.silent, record.strikes, record.proven), (1, 0, 1, 0));
        assert_eq!((probing(*copier), record.forfeited), (0, full_pay()));
        assert_eq!(record.last_offence, Some((Misconduct::WrongOpening, audit.report)));
    });
}

#[test]
fn silence_is_an_offence_once_the_deadline_is_over() {
    TestExt::new().audit(Perbill::one()).build_and_execute(|| {
        let kept = drawn();
        let (silent, _) = kept[0];
        let open = |prober: u16| Uptime::prober_record(prober.into()).open;
        assert!(kept.iter().all(|(member, _)| open(*member) == 1));
        for (member, kept) in &kept[1..] {
            assert_ok!(answer(&right_answer(*member, kept), *member));
        }
        rounds_later(1);
        assert_eq!((open(silent), open(kept[1].0)), (1, 0));
        // Answers are taken for twenty blocks, which end in the third round after the draw.
        rounds_later(1);
        assert_eq!(Uptime::open_audits(0).len(), 1);
        rounds_later(1);
        next_block();
        let offences = Offences::get();
        assert_eq!(offences.len(), 1);
        assert_eq!((offences[0].offender, offences[0].kind), (silent.into(), Misconduct::Silence));
        assert_eq!(offences[0].fraction, Perbill::from_percent(2));
        assert_eq!((probing(silent), open(silent), Uptime::prober_record(silent.into()).silent), (0, 0, 1));
        assert!(Uptime::open_audits(0).is_empty());
    });
}

#[test]
fn prober_that_reports_nothing_is_unpaid_and_not_accused() {
    TestExt::new().audit(Perbill::one()).build_and_execute(|| {
        let absent = *members(0).last().unwrap();
        for member in members(0).into_iter().take(6) {
            assert_ok!(submit(honest_report(0, member, &evidence(member, 0..DEVICES))));
        }
        rounds_later(9);
        assert_eq!(probing(absent), 0);
        assert_eq!(
            Uptime::prober_record(absent.into()),
            vouch_primitives::api::ProberRecord { deviation_limit: 30, ..Default::default() }
        );
        assert!(Offences::get().iter().all(|offence| offence.offender != u64::from(absent)));
    });
}

#[test]
fn liar_about_one_device_is_asked_for_that_one() {
    TestExt::new().audit(Perbill::one()).build_and_execute(|| {
        // Lane 5 does not answer, and one member says that it did.
        let liar = members(0)[0];
        for member in members(0) {
            let honest = honest_report(0, member, &evidence(member, (0..DEVICES).filter(|lane| *lane != 5)));
            let mut up = honest.up.clone();
            up.set(5, member == liar);
            assert_ok!(submit(vouch_primitives::report::Report { up, ..honest }));
        }
        rounds_later(2);
        let audits = Uptime::open_audits(0);
        let lane_of = |prober| audits.iter().find(|audit| audit.report.prober == prober).unwrap().claim.lane;
        assert_eq!(lane_of(liar), 5);
        assert!(audits.iter().all(|audit| audit.report.prober == liar || audit.claim.lane != 5));
    });
}

#[test]
fn nobody_has_to_prove_a_device_that_has_gone_or_changed_its_key() {
    TestExt::new().audit(Perbill::one()).build_and_execute(|| {
        everybody_reports();
        rounds_later(1);
        Registered::mutate(|cohorts| cohorts[0].enrolled = Bitmap::default());
        rounds_later(1);
        assert!(Uptime::open_audits(0).is_empty());
        assert!(members_of_round_zero().iter().all(|member| probing(*member) == full_pay()));
    });
}

#[test]
fn lane_without_a_device_shields_no_lie() {
    TestExt::new().audit(Perbill::one()).build_and_execute(|| {
        // GIVEN a liar that saw nobody, and calls up what its peers do, and vacant lanes besides
        for (n, member) in members(0).into_iter().enumerate() {
            let vacant = if n == 0 { 900..1_000 } else { 0..0 };
            assert_ok!(submit(report(0, member, (0..DEVICES).chain(vacant))));
        }
        rounds_later(2);
        // THEN it is asked for a device all the same, and vacant lanes are worth nothing.
        let audits = Uptime::open_audits(0);
        assert_eq!(audits.len(), 7);
        assert!(audits.iter().all(|audit| audit.claim.lane < DEVICES && u64::from(audit.points) == full_pay()));
    });
}

#[test]
fn device_that_changed_its_key_is_passed_over_and_another_asked_for() {
    TestExt::new().audit(Perbill::one()).build_and_execute(|| {
        vote(0, 7, 0..DEVICES);
        rounds_later(1);
        // All but the last of the eight are gone when audits are drawn.
        Registered::mutate(|cohorts| cohorts[0].enrolled = [DEVICES - 1].into_iter().collect());
        rounds_later(1);
        let lanes: Vec<Lane> = Uptime::open_audits(0).iter().map(|audit| audit.claim.lane).collect();
        assert_eq!(lanes, [DEVICES - 1; 7]);
    });
}

#[test]
fn all_down_report_cannot_be_drawn() {
    TestExt::new().audit(Perbill::one()).build_and_execute(|| {
        vote(0, 7, []);
        rounds_later(2);
        assert!(Uptime::open_audits(0).is_empty());
    });
}

#[test]
fn answers_of_others_late_ones_and_second_ones_are_refused() {
    TestExt::new().audit(Perbill::one()).build_and_execute(|| {
        let kept = drawn();
        let ((member, mine), (other, _)) = (&kept[0], &kept[1]);
        let right = right_answer(*member, mine);
        // Nobody can answer wrongly in another's name.
        assert_eq!(refused(&right, *other), Refusal::BadSignature.into());
        let mut unknown = right.clone();
        unknown.report.round = 1;
        assert_eq!(refused(&unknown, *member), Refusal::NoSuchAudit.into());
        unknown.report.cohort = 7;
        assert_eq!(refused(&unknown, *member), Refusal::NoSuchAudit.into());

        let signature = pair(*member as u8).sign(&right.payload(Uptime::genesis_hash()));
        let call: RuntimeCall = Call::answer_audit { opening: Box::new(right.clone()), signature }.into();
        assert_ok!(authorize(&call));
        assert_ok!(call.clone().dispatch(RawOrigin::Authorized.into()));
        assert_eq!(refused(&right, *member), Refusal::AlreadyAnswered.into());
        assert_noop!(call.clone().dispatch(RawOrigin::Authorized.into()), Error::<Test>::Refused);

        // The last block to answer in, and the one after it.
        let (late, evidence) = &kept[2];
        let answer = right_answer(*late, evidence);
        let deadline = Uptime::open_audits(0)[0].deadline;
        IdleWeight::set(Weight::zero());
        while System::block_number() < deadline {
            next_block();
        }
        let signature = pair(*late as u8).sign(&answer.payload(Uptime::genesis_hash()));
        let call: RuntimeCall = Call::answer_audit { opening: Box::new(answer.clone()), signature }.into();
        assert_ok!(authorize(&call));
        next_block();
        assert_eq!(refused(&answer, *late), Refusal::Late.into());
        assert_noop!(call.dispatch(RawOrigin::Authorized.into()), Error::<Test>::Refused);
        IdleWeight::set(Weight::MAX);
        rounds_later(1);
        assert_eq!(refused(&answer, *late), Refusal::NoSuchAudit.into());
    });
}

#[test]
fn each_lie_in_an_answer_is_found() {
    let lies: [fn(&mut Opening); 5] = [
        |lie| lie.evidence.rtt_ms = 900,
        |lie| lie.evidence.device = DeviceId::new([1; 32]),
        |lie| lie.evidence.nonce = [99; 32],
        |lie| lie.path[9] = H256::zero(),
        |lie| lie.evidence.response.signature = sp_core::ed25519::Signature::from_raw([0; 64]).into(),
    ];
    for lie in lies {
        TestExt::new().audit(Perbill::one()).build_and_execute(|| {
            let kept = drawn();
            let (member, evidence) = &kept[0];
            let mut answered = right_answer(*member, evidence);
            lie(&mut answered);
            assert_ok!(answer(&answered, *member));
            assert_eq!(Uptime::open_audits(0)[0].state, AuditState::Failed);
        });
    }
}

#[test]
fn validator_that_left_is_still_audited() {
    TestExt::new().audit(Perbill::one()).build_and_execute(|| {
        let kept = everybody_reports();
        new_session(20..30);
        rounds_later(2);
        let (member, evidence) = &kept[0];
        assert_ok!(answer(&right_answer(*member, evidence), *member));
        rounds_later(4);
        let accused: Vec<u64> = Offences::get().iter().map(|offence| offence.offender).collect();
        assert_eq!(accused.len(), 6);
        assert!(!accused.contains(&u64::from(*member)));
    });
}

#[test]
fn work_in_a_block_stays_bounded_however_many_audits_fall_due() {
    TestExt::new().round_length(4).audit(Perbill::one()).build_and_execute(|| {
        let window = types::Params { round_length: 4, audit_window: 120, ..Params::<Test>::get() };
        assert_ok!(Uptime::set_params(RuntimeOrigin::root(), window));
        for _ in 0..20 {
            vote(0, 7, 0..DEVICES);
            rounds_later(1);
        }
        rounds_later(1);
        let open = Uptime::open_audits(0).len();
        assert_eq!(open, 140);
        // WHEN all of them are overdue at once, THEN a settlement closes a few.
        Audits::<Test>::mutate(0, |audits| {
            audits.as_mut().unwrap().open.iter_mut().for_each(|audit| audit.deadline = 1)
        });
        let before = Uptime::open_audits(0).len();
        Uptime::settle(0);
        assert_eq!(before - Uptime::open_audits(0).len(), types::MAX_RESOLVED as usize);
        for _ in 0..5 {
            Uptime::settle(0);
        }
        assert!(Uptime::open_audits(0).is_empty());
    });
}

#[test]
fn report_is_not_audited_when_too_many_are() {
    TestExt::new().audit(Perbill::one()).build_and_execute(|| {
        let kept = everybody_reports();
        rounds_later(2);
        let audit = Uptime::open_audits(0).remove(0);
        let full: Vec<_> = (0..types::MAX_OPEN_AUDITS)
            .map(|n| {
                let mut audit = audit.clone();
                (audit.report.prober, audit.deadline) = (1_000 + n as u16, 10_000);
                audit
            })
            .collect();
        Audits::<Test>::mutate(0, |audits| audits.as_mut().unwrap().open = full.try_into().unwrap());
        Standings::<Test>::mutate(0, |standings| {
            standings.iter_mut().for_each(|standing| standing.audited = 0);
            standings[audit.prober as usize].audited = types::MAX_OPEN_AUDITS;
        });
        let before = probing(kept[0].0);
        vote(0, 7, 0..DEVICES);
        rounds_later(2);
        let paid: u64 = Probing::get().values().sum();
        assert_eq!(paid, before + 7 * full_pay());
        assert_eq!(Uptime::open_audits(0).len(), types::MAX_OPEN_AUDITS as usize);
    });
}
