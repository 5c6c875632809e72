//! How a cohort's round is judged and credited, and that each round is accounted exactly once.

use crate::{mock::*, *};
use frame_support::{assert_ok, weights::Weight};
use sp_core::H256;
use vouch_primitives::{
    history::LaneHistory, lanes::NO_ANSWER, points::round_points, traits::Attendance, LatencyCodes, Place,
};

/// What a standard device earns in a row of `rounds` perfect rounds.
fn perfect(rounds: u32) -> u64 {
    (0..rounds).map(|streak| u64::from(round_points(100, 3, streak))).sum()
}

#[test]
fn complete_committee_is_tallied_at_once() {
    TestExt::new().build_and_execute(|| {
        System::reset_events();
        vote(0, 6, 0..5);
        assert_eq!(credited(0, 0), 0);
        vote_last(0..5);
        assert_eq!((credited(0, 0), credited(0, 4), credited(0, 5)), (10_000, 10_000, 0));
        let history = Uptime::history(0).unwrap();
        assert_eq!(history.next, 1);
        assert_eq!(history.lane(0), LaneHistory { up: 1, excused: !1 });
        assert_eq!(history.lane(5), LaneHistory { up: 0, excused: !1 });
        assert_eq!(
            events().last(),
            Some(&Event::Tallied { round: 0, cohort: 0, up: 5, judged: u32::from(DEVICES), ballots: 7 })
        );
        // AND the sweep does not account it again.
        rounds_later(1);
        assert_eq!((credited(0, 0), Uptime::history(0).unwrap().next), (10_000, 1));
        assert!(!events().iter().any(|event| matches!(event, Event::Tallied { .. } | Event::Uncovered { .. })));
    });
}

/// The last member's vote.
fn vote_last(up: std::ops::Range<u16>) {
    assert_ok!(submit(report(0, *members(0).last().unwrap(), up)));
}

#[test]
fn five_of_seven_reports_cover_a_round() {
    TestExt::new().build_and_execute(|| {
        vote(0, 5, 0..DEVICES);
        System::reset_events();
        rounds_later(1);
        assert_eq!(credited(0, 0), perfect(1));
        let judged = u32::from(DEVICES);
        assert!(events().contains(&Event::Tallied { round: 0, cohort: 0, up: judged, judged, ballots: 5 }));
    });
}

#[test]
fn four_of_seven_reports_leave_it_uncovered() {
    TestExt::new().build_and_execute(|| {
        vote(0, 4, 0..DEVICES);
        System::reset_events();
        rounds_later(1);
        assert_eq!(credited(0, 0), 0, "never covered before");
        assert!(events().contains(&Event::Uncovered { round: 0, cohort: 0, rounds: 1 }));
        assert_eq!(Uptime::history(0).unwrap().lane(0), LaneHistory::default());
    });
}

#[test]
fn members_who_keep_silent_hide_no_outage_that_the_others_saw() {
    TestExt::new().build_and_execute(|| {
        vote(0, 7, 0..4);
        rounds_later(1);
        // GIVEN a round in which four of seven report, all of them that device 0 is down and two that device 1 is up
        for (n, member) in members(0).into_iter().take(4).enumerate() {
            assert_ok!(submit(report(0, member, if n < 2 { 1..4 } else { 2..4 })));
        }
        // WHEN it is over
        rounds_later(1);
        // THEN it is uncovered, and pays device 1, which somebody saw, but not device 0
        assert_eq!((credited(0, 0), credited(0, 1), credited(0, 2)), (perfect(1), perfect(2), perfect(2)));
        assert_eq!(Uptime::history(0).unwrap().lane(0).rounds_down(), 1);
    });
}

#[test]
fn uncovered_rounds_pay_as_the_last_covered_one() {
    TestExt::new().build_and_execute(|| {
        vote(0, 7, 0..4);
        rounds_later(3);
        assert_eq!((credited(0, 0), credited(0, 4)), (perfect(3), 0));
        // AND a round covered again decides anew.
        vote(0, 7, 4..8);
        rounds_later(2);
        assert_eq!((credited(0, 0), credited(0, 4)), (perfect(3), perfect(2)));
    });
}

#[test]
fn two_thirds_of_the_reports_decide_a_lane() {
    TestExt::new().build_and_execute(|| {
        // Lane 0 has five of seven votes, lane 1 four.
        for (n, member) in members(0).into_iter().enumerate() {
            let up = if n < 4 {
                0..2
            } else if n < 5 {
                0..1
            } else {
                2..2
            };
            assert_ok!(submit(report(0, member, up)));
        }
        assert_eq!((credited(0, 0), credited(0, 1)), (10_000, 0));
    });
}

#[test]
fn lane_is_down_only_if_nobody_calls_it_up() {
    TestExt::new().build_and_execute(|| {
        vote(0, 7, 0..3);
        rounds_later(1);
        // Lane 0 has one vote of seven, lane 1 four, lane 2 none; lane 3 was down before and has four.
        for (n, member) in members(0).into_iter().enumerate() {
            let up = match n {
                0 => vec![0, 1, 3],
                1..4 => vec![1, 3],
                _ => vec![],
            };
            assert_ok!(submit(report(0, member, up)));
        }
        let history = Uptime::history(0).unwrap();
        assert_eq!((credited(0, 0), credited(0, 1)), (perfect(2), perfect(2)));
        assert_eq!((credited(0, 2), credited(0, 3)), (perfect(1), 0));
        assert_eq!((history.lane(0).streak(), history.lane(2).streak()), (2, 0));
    });
}

#[test]
fn lower_quartile_of_the_latencies_decides_the_pay() {
    // Two of seven members who say that it is fast are enough, one is not.
    for (fast, code) in [(2, 0), (1, 9)] {
        TestExt::new().build_and_execute(|| {
            for (n, member) in members(0).into_iter().enumerate() {
                let mut latency = LatencyCodes::default();
                latency.set(0, if n < fast { 0 } else { 9 });
                assert_ok!(submit(vouch_primitives::report::Report { latency, ..report(0, member, [0]) }));
            }
            assert_eq!(credited(0, 0), u64::from(round_points(100, code, 0)));
            assert_eq!(Uptime::history(0).unwrap().last_latency.get(0), code);
        });
    }
}

#[test]
fn newcomer_is_paid_once_it_is_admitted() {
    TestExt::new().admission(2).build_and_execute(|| {
        for _ in 0..3 {
            vote(0, 7, 0..1);
            rounds_later(1);
        }
        // Streaks count from the first round.
        assert_eq!(credited(0, 0), u64::from(round_points(100, 3, 2)));
        let admitted = Uptime::history(0).unwrap().admitted;
        assert_eq!(admitted.lanes().collect::<Vec<_>>(), [0]);
        // WHEN it moves to another address
        Uptime::on_move(Place { cohort: 0, lane: 0 });
        let before = credited(0, 0);
        // THEN it has to be admitted again.
        for paid in [0, 0, round_points(100, 3, 2)] {
            vote(0, 7, 0..1);
            rounds_later(1);
            assert_eq!(credited(0, 0) - before, u64::from(paid));
        }
    });
}

#[test]
fn device_that_never_answered_can_be_told() {
    TestExt::new().round_length(2).admission(1).build_and_execute(|| {
        let silent = Place { cohort: 0, lane: 1 };
        for done in 0..20 {
            assert_eq!(Uptime::never_answered(silent), done >= 17, "after {done} rounds");
            vote(0, 7, 0..1);
            rounds_later(1);
        }
        assert!(!Uptime::never_answered(Place { cohort: 0, lane: 0 }));
        assert!(!Uptime::never_answered(Place { cohort: 9, lane: 0 }));
        // One that answered once and is down since is not what is meant.
        vote(0, 7, 0..2);
        for _ in 0..40 {
            rounds_later(1);
            vote(0, 7, 0..1);
        }
        assert!(!Uptime::never_answered(silent));
    });
}

#[test]
fn lane_nobody_judges_earns_nothing_whatever_is_reported() {
    TestExt::new().build_and_execute(|| {
        // Lane 3 is in maintenance, lane 900 is vacant.
        Registered::mutate(|cohorts| cohorts[0].absences.insert(3, 2));
        vote(0, 7, [0, 3, 900]);
        assert_eq!((credited(0, 0), credited(0, 3), credited(0, 900)), (10_000, 0, 0));
        assert_eq!(Uptime::history(0).unwrap().lane(3), LaneHistory::default());
        assert_eq!(Uptime::history(0).unwrap().lane(900), LaneHistory::default());
    });
}

#[test]
fn first_report_of_a_round_settles_the_rounds_before() {
    TestExt::new().build_and_execute(|| {
        // GIVEN blocks so full that the sweep never runs, and a quorum in round 0 that nobody counted.
        IdleWeight::set(Weight::zero());
        vote(0, 5, 0..DEVICES);
        rounds_later(4);
        assert_eq!((credited(0, 0), Uptime::history(0).unwrap().next), (0, 0));
        // WHEN a member reports again.
        System::reset_events();
        vote(0, 1, 0..DEVICES);
        // THEN round 0 is tallied, and rounds 1 to 3 are uncovered and paid like it.
        assert_eq!((credited(0, 0), Uptime::history(0).unwrap().next), (perfect(4), 4));
        let events = events();
        assert!(matches!(events[0], Event::Tallied { round: 0, ballots: 5, .. }));
        assert_eq!(events[1], Event::Uncovered { round: 1, cohort: 0, rounds: 3 });
        assert!(matches!(events[2], Event::Reported { round: 4, .. }));
        // AND the running round counts on from there.
        for member in members(0).into_iter().skip(1) {
            assert_ok!(submit(report(0, member, 0..DEVICES)));
        }
        assert_eq!((credited(0, 0), Uptime::history(0).unwrap().next), (perfect(5), 5));
    });
}

#[test]
fn absent_probers_cost_a_steady_device_nothing() {
    TestExt::new().build_and_execute(|| {
        for members in [7, 0, 4, 5, 6, 0, 0, 1, 7, 3, 5, 7] {
            vote(0, members, 0..DEVICES);
            rounds_later(1);
        }
        assert_eq!(credited(0, 0), perfect(12));
    });
}

#[test]
fn many_missed_rounds_are_caught_up_in_bounded_steps() {
    TestExt::new().round_length(2).build_and_execute(|| {
        vote(0, 7, 0..DEVICES);
        IdleWeight::set(Weight::zero());
        rounds_later(100);
        assert_eq!((Uptime::settle(0).0, Uptime::history(0).unwrap().next), (false, 33));
        assert_eq!((Uptime::settle(0).0, Uptime::history(0).unwrap().next), (false, 65));
        assert_eq!((Uptime::settle(0).0, Uptime::history(0).unwrap().next), (false, 97));
        assert_eq!((Uptime::settle(0).0, Uptime::history(0).unwrap().next), (true, 100));
        assert_eq!(credited(0, 0), perfect(100));
        let nothing = <() as WeightInfo>::settle_nothing() + <() as WeightInfo>::audit_nothing(0);
        frame_support::assert_storage_noop!(assert_eq!(Uptime::settle(0), (true, nothing)));
    });
}

#[test]
fn call_is_charged_for_what_it_did() {
    TestExt::new().build_and_execute(|| {
        use frame_support::dispatch::GetDispatchInfo;
        use sp_runtime::traits::Dispatchable;
        let file = |report: vouch_primitives::report::Report| {
            let signature = sign(&report, report.prober);
            let call = call(report, signature);
            let reserved = call.get_dispatch_info().call_weight;
            let used = call.dispatch(frame_system::RawOrigin::Authorized.into()).unwrap().actual_weight.unwrap();
            assert!(reserved.all_gte(used));
            used
        };
        let mut used: Vec<_> = members(0).into_iter().map(|member| file(report(0, member, 0..DEVICES))).collect();
        assert_eq!(used.remove(6), <() as WeightInfo>::report_completing(7));
        let no_audits = <() as WeightInfo>::audit_nothing(0);
        assert_eq!(used.remove(0), <() as WeightInfo>::report(0) + <() as WeightInfo>::settle(0, 1) + no_audits);
        for (stored, used) in used.into_iter().enumerate() {
            assert_eq!(used, <() as WeightInfo>::report(stored as u32 + 1));
        }
        next_round();
        let nothing_open = file(report(0, members(0)[0], 0..DEVICES));
        assert_eq!(nothing_open, <() as WeightInfo>::report(0) + <() as WeightInfo>::settle_nothing() + no_audits);
        // Two rounds later the seven reports have their draw.
        next_round();
        let audited = file(report(0, members(0)[0], 0..DEVICES));
        let settled = <() as WeightInfo>::settle(1, 1) + <() as WeightInfo>::audit(7, 0, 0, 0);
        assert_eq!(audited, <() as WeightInfo>::report(0) + settled);
    });
}

#[test]
fn reports_are_kept_until_they_have_had_their_draw() {
    TestExt::new().build_and_execute(|| {
        vote(0, 7, 0..DEVICES);
        let drawn = members(0);
        rounds_later(1);
        vote(0, 7, 0..DEVICES);
        let kept = Reports::<Test>::get(0, false).unwrap();
        assert_eq!((kept.round, kept.confirmed.count()), (0, DEVICES.into()));
        for (entry, member) in kept.entries.iter().zip(drawn) {
            assert_eq!((entry.prober, entry.evidence_root), (member, H256::repeat_byte(member as u8)));
        }
        rounds_later(1);
        assert_eq!(Reports::<Test>::get(0, false), None);
        assert_eq!(Reports::<Test>::get(0, true).map(|kept| kept.round), Some(1));
    });
}

#[test]
fn vacated_lane_inherits_nothing() {
    TestExt::new().build_and_execute(|| {
        for _ in 0..5 {
            vote(0, 7, 0..DEVICES);
            rounds_later(1);
        }
        let (left, stayed) = (credited(0, 2), credited(0, 3));
        assert_eq!(left, stayed);
        // WHEN the device leaves lane 2 and another takes it in the same block.
        Uptime::on_vacate(Place { cohort: 0, lane: 2 });
        Registered::mutate(|cohorts| cohorts[0].absences.insert(2, round() + 1));
        let history = Uptime::history(0).unwrap();
        assert_eq!((history.lane(2), history.last_latency.get(2)), (LaneHistory::default(), NO_ANSWER));
        assert_eq!(history.lane(3).streak(), 5);
        // THEN neither uncovered rounds nor the old one's streak pay the newcomer.
        rounds_later(2);
        assert_eq!(credited(0, 2), left);
        vote(0, 7, 0..DEVICES);
        assert_eq!(credited(0, 2), left + perfect(1));
        assert_eq!(credited(0, 3), perfect(8));
    });
}

#[test]
fn vacating_a_place_nobody_judged_yet_does_nothing() {
    TestExt::new().build_and_execute(|| {
        frame_support::assert_storage_noop!(Uptime::on_vacate(Place { cohort: 7, lane: 0 }));
    });
}
