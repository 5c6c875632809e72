//! How a cohort's round is judged and credited, and that each round is accounted exactly once.

use crate::{mock::*, *};
use frame_support::{assert_ok, weights::Weight};
use sp_core::H256;
use vouch_primitives::{
    history::LaneHistory, lanes::NO_ANSWER, points::round_points, traits::OnVacate, LatencyCodes, Place,
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
        // GIVEN a round in which four of seven report, three of them that device 0 is down and two that device 1 is
        for (n, member) in members(0).into_iter().take(4).enumerate() {
            let up = match n {
                0 => 0..4,
                1 => 1..4,
                _ => 2..4,
            };
            assert_ok!(submit(report(0, member, if n == 2 { 1..4 } else { up })));
        }
        // WHEN it is over
        rounds_later(1);
        // THEN it is uncovered, and pays device 1, which the absent could have called up, but not device 0
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
fn median_latency_decides_the_pay() {
    TestExt::new().build_and_execute(|| {
        for (n, member) in members(0).into_iter().enumerate() {
            let mut latency = LatencyCodes::default();
            latency.set(0, if n < 4 { 9 } else { 0 });
            assert_ok!(submit(vouch_primitives::report::Report { latency, ..report(0, member, [0]) }));
        }
        assert_eq!(credited(0, 0), u64::from(round_points(100, 9, 0)));
        assert_eq!(Uptime::history(0).unwrap().last_latency.get(0), 9);
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
        frame_support::assert_storage_noop!(assert_eq!(
            Uptime::settle(0),
            (true, <() as WeightInfo>::settle_nothing())
        ));
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
        assert_eq!(used.remove(0), <() as WeightInfo>::report(0) + <() as WeightInfo>::settle(0, 1));
        for (stored, used) in used.into_iter().enumerate() {
            assert_eq!(used, <() as WeightInfo>::report(stored as u32 + 1));
        }
        next_round();
        let nothing_open = file(report(0, members(0)[0], 0..DEVICES));
        assert_eq!(nothing_open, <() as WeightInfo>::report(0) + <() as WeightInfo>::settle_nothing());
    });
}

#[test]
fn evidence_roots_outlive_the_round() {
    TestExt::new().build_and_execute(|| {
        vote(0, 7, 0..DEVICES);
        let drawn = members(0);
        rounds_later(1);
        let kept = Reports::<Test>::get(0).unwrap();
        assert_eq!(kept.round, 0);
        for (entry, member) in kept.entries.iter().zip(drawn) {
            assert_eq!((entry.prober, entry.evidence_root), (member, H256::repeat_byte(member as u8)));
        }
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
