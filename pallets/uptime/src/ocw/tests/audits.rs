//! How the prober proves its reports.

use super::*;
use crate::{
    mock::{evidence, new_session, report, submit},
    types::{Audit, CohortAudits},
    Audits,
};
use frame_support::BoundedVec;
use sp_runtime::Perbill;
use vouch_primitives::audit::{AuditState, Claim, ReportId};

/// A chain with one prober, each of whose reports is audited.
fn strict() -> TestExt {
    alone().audit(Perbill::one())
}

/// The node reports on the first cohort, and time passes until its report is drawn for an audit.
fn audited(node: &mut Node) -> Audit<u64> {
    node.run_until_it_files().iter().for_each(include);
    drawn()
}

/// Time passes until audits are drawn; returns the first of them.
fn drawn() -> Audit<u64> {
    while Uptime::open_audits(0).is_empty() {
        next_block();
    }
    Uptime::open_audits(0).remove(0)
}

/// What the node answers in this block.
fn answers(node: &mut Node) -> Vec<(Opening, ProberSignature)> {
    node.run();
    node.answers.clone()
}

/// The chain takes the answer.
fn include_answer((opening, signature): &(Opening, ProberSignature)) {
    let call: RuntimeCall =
        Call::answer_audit { opening: Box::new(opening.clone()), signature: signature.clone() }.into();
    assert_ok!(authorize(&call));
    assert_ok!(call.dispatch(RawOrigin::Authorized.into()));
}

fn state() -> AuditState {
    Uptime::open_audits(0)[0].state
}

#[test]
fn audit_is_answered_with_what_proves_the_report() {
    on_node(strict(), &[0], &[vec![Device::Honest(20), Device::Refuse, Device::Honest(70)]], |node| {
        let audit = audited(node);
        let answers = answers(node);
        assert_eq!(answers.len(), 1);
        let (opening, _) = &answers[0];
        assert_eq!(opening.report, audit.report);
        assert_eq!(opening.evidence.device, id(audit.claim.lane + 1));
        assert!(audit.claim.is_proven_by(opening, Uptime::genesis_hash()));
        include_answer(&answers[0]);
        assert_eq!((state(), node.warnings()), (AuditState::Proven, vec![]));
    });
}

#[test]
fn audit_is_answered_until_the_chain_has_the_answer() {
    on_node(strict(), &[0], &[vec![Device::Honest(20)]], |node| {
        audited(node);
        for _ in 0..3 {
            let answers = answers(node);
            assert_eq!(answers.len(), 1);
            next_block();
        }
        let last = answers(node);
        include_answer(&last[0]);
        assert_eq!(answers(node), vec![]);
        // A fork drops it.
        Audits::<Test>::mutate(0, |audits| audits.as_mut().unwrap().open[0].state = AuditState::Open);
        next_block();
        assert_eq!(answers(node).len(), 1);
    });
}

#[test]
fn audit_is_answered_when_no_report_can_be_filed_any_more() {
    on_node(strict(), &[0], &[vec![Device::Honest(20)]], |node| {
        audited(node);
        while offset() < 9 {
            next_block();
        }
        assert_eq!((node.run(), node.posted().len(), node.answers.len()), (vec![], 1, 1));
    });
}

#[test]
fn audit_is_answered_by_a_prober_that_has_left_the_set() {
    on_node(strict().probers(2), &[0], &[vec![Device::Honest(20)]], |node| {
        audited_of(node, 0);
        new_session(1..2);
        next_round();
        assert_eq!(Uptime::prober_set(Uptime::current_round().prober_set), vec![pair(1).public()]);
        let answers = answers(node);
        include_answer(&answers[0]);
        assert_eq!(state(), AuditState::Proven);
    });
}

/// As [`audited`] in a set of several, of which the one with index `prober` is drawn in some round.
fn audited_of(node: &mut Node, prober: u16) -> Audit<u64> {
    while members(0) != [prober] {
        next_round();
    }
    audited(node)
}

#[test]
fn audits_of_others_are_not_answered() {
    on_node(strict().probers(2).committee_size(2), &[0], &[vec![Device::Honest(20); 3]], |node| {
        assert_ok!(submit(report(0, 1, 0..3)));
        audited(node);
        assert_eq!(Uptime::open_audits(0).len(), 2);
        let answers = answers(node);
        assert_eq!(answers.iter().map(|(opening, _)| opening.report.prober).collect::<Vec<_>>(), [0]);
        assert_eq!(node.warnings(), Vec::<String>::new());
    });
}

#[test]
fn audit_is_not_answered_when_its_time_is_over() {
    on_node(strict(), &[0], &[vec![Device::Honest(20)]], |node| {
        let deadline = audited(node).deadline;
        while System::block_number() < deadline - 1 {
            next_block();
        }
        assert_eq!(answers(node).len(), 1);
        next_block();
        assert_eq!(answers(node), vec![], "the next block would be too late");
    });
}

#[test]
fn audit_without_evidence_is_warned_of_once_and_not_answered() {
    on_node(strict(), &[0], &[vec![Device::Honest(20)]], |node| {
        let Audit { report: ReportId { round, cohort, prober }, claim, .. } = audited(node);
        let key = record_key(round, claim.seed, cohort, prober);
        let mut value = StorageValueRef::persistent(&key);
        let record = value.get::<Record>().unwrap().unwrap();
        value.clear();
        for _ in 0..3 {
            assert_eq!(answers(node), vec![]);
            next_block();
        }
        let warnings = node.warnings();
        let [warning] = &warnings[..] else { panic!("{warnings:?}") };
        assert!(warning.contains(&format!("round {round} cohort 0 lane 0")), "{warning}");
        assert!(warning.contains("2% of the stake is slashed"), "{warning}");
        // The operator found a backup.
        value.set(&record);
        assert_eq!(answers(node).len(), 1);
    });
}

#[test]
fn evidence_of_another_report_is_not_shown() {
    on_node(strict(), &[0], &[vec![Device::Honest(20), Device::Honest(20)]], |node| {
        let audit = audited(node);
        let ReportId { round, cohort, prober } = audit.report;
        let key = record_key(round, audit.claim.seed, cohort, prober);
        let record = StorageValueRef::persistent(&key).get::<Record>().unwrap().unwrap();
        // Another node uses the same key, and its report was the one that counted.
        let mut slower = record.clone();
        slower.evidence.values_mut().for_each(|evidence| evidence.rtt_ms += 1);
        let mut fewer = record;
        fewer.evidence.remove(&audit.claim.lane);
        for other in [slower, fewer] {
            other.save(round, cohort, prober);
            assert_eq!(answers(node), vec![]);
        }
        let warnings = node.warnings();
        assert!(warnings.len() == 1 && warnings[0].contains("same key"), "{warnings:?}");
    });
}

#[test]
fn report_of_the_branch_that_wins_is_proven_although_another_was_filed_on_the_one_that_lost() {
    on_node(strict(), &[0], &[vec![Device::Honest(20)]], |node| {
        let first = node.run_until_it_files();
        let seed = Uptime::current_round().seed;
        crate::Round::<Test>::mutate(|round| round.seed = H256::repeat_byte(0x77));
        let second = node.run_until_it_files();
        assert_ne!(first[0].0.evidence_root, second[0].0.evidence_root);
        crate::Round::<Test>::mutate(|round| round.seed = seed);
        assert_eq!(node.run(), first);
        include(&first[0]);
        drawn();
        include_answer(&answers(node)[0]);
        assert_eq!((state(), node.warnings()), (AuditState::Proven, vec![]));
    });
}

#[test]
fn device_that_came_into_the_lane_in_mid_round_is_asked_and_its_answer_proves_the_report() {
    on_node(strict(), &[0], &[vec![Device::Honest(20), Device::Refuse, Device::Honest(20)]], |node| {
        sit_after_first_tries(node, 0, Some(3));
        include(&node.run_until_it_files()[0]);
        let audit = drawn();
        assert_eq!((audit.claim.lane, &audit.claim.device), (0, &id(3)));
        include_answer(&answers(node)[0]);
        assert_eq!((state(), node.warnings()), (AuditState::Proven, vec![]));
    });
}

#[test]
fn audits_that_cannot_be_answered_keep_none_from_being_answered() {
    on_node(alone(), &[0], &[vec![Device::Honest(20)]], |node| {
        let (evidence, running, prober) = (evidence(0, [9]), Uptime::current_round(), pair(0).public());
        let claim = Claim {
            lane: 9,
            device: evidence[&9].device.clone(),
            latency: latency_code(evidence[&9].rtt_ms),
            evidence_root: vouch_primitives::evidence::root(|lane| evidence.get(&lane)),
            seed: running.seed,
            prober: prober.clone(),
        };
        let audits = (0..180).map(|n| {
            let report = ReportId { round: running.index, cohort: 0, prober: n };
            if n >= 80 {
                let record = Record::new(running.seed, prober.clone(), [0; 32]);
                Record { evidence: evidence.clone(), ..record }.save(report.round, report.cohort, report.prober);
            }
            let (claim, deadline) = (claim.clone(), 1_000 + u64::from(n));
            Audit { report, claim, prober: 0, session: 0, epoch: 0, points: 0, deadline, state: AuditState::Open }
        });
        let open = BoundedVec::truncate_from(audits.collect());
        Audits::<Test>::insert(0, CohortAudits { next: 0, open });

        let mut answered = BTreeSet::new();
        let mut runs = Vec::new();
        for _ in 0..4 {
            let answers = answers(node);
            answers.iter().for_each(include_answer);
            answered.extend(answers.iter().map(|(opening, _)| opening.report.prober));
            runs.push((answers.len(), node.warnings().len()));
        }
        assert_eq!(runs, [(0, 64), (48, 16), (52, 0), (0, 0)]);
        assert_eq!(answered, (80..180).collect());
    });
}

#[test]
fn evidence_is_dropped_when_it_is_old_unless_an_audit_asks_for_it() {
    on_node(strict(), &[0], &[vec![Device::Honest(20)]], |node| {
        let Audit { report: ReportId { round, cohort, prober }, claim, .. } = audited(node);
        let key = record_key(round, claim.seed, cohort, prober);
        let is_kept = || StorageValueRef::persistent(&key).get::<Record>().unwrap().is_some();
        // It has no seat any more, and rounds have become short.
        new_session(1..2);
        next_round();
        crate::Round::<Test>::mutate(|round| round.index = 500);
        assert_eq!((answers(node).len(), is_kept()), (1, true));
        Audits::<Test>::remove(0);
        assert_eq!(answers(node).len(), 0);
        assert_eq!(answers(node).len(), 0);
        assert!(!is_kept());
    });
}
