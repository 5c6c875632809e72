//! Whom nobody asks any more, and who does not report.

use super::*;
use crate::{types::Standing, Histories, Standings};
use frame_support::{weights::Weight, BoundedVec};

/// Runs `node`, which has the keys of all probers, for some rounds, in each of which the chain takes the reports of so many
/// `members`. Returns the rounds, counted from the first, in which the device at `port` was asked, with how many requests it got.
fn asked(node: &mut Node, port: u16, rounds: u32, members: usize) -> Vec<(u32, usize)> {
    let first = round();
    let mut asked = Vec::new();
    while round() < first + rounds {
        let (now, mut taken) = (round(), 0);
        let mut requests = 0;
        while round() == now {
            for filed in node.run() {
                if taken < members {
                    include(&filed);
                    taken += 1;
                }
            }
            requests += node.posted().into_iter().filter(|posted| *posted == port).count();
            next_block();
        }
        if requests > 0 {
            asked.push((now - first, requests));
        }
    }
    asked
}

const ALL: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

#[test]
fn device_that_never_answers_gets_84_requests_and_no_more() {
    on_node(TestExt::new().round_length(3), &ALL, &[vec![Device::Honest(20), Device::Hang]], |node| {
        // Seven members, two tries each.
        assert_eq!(asked(node, 2, 40, 7), [0, 1, 2, 4, 8, 16].map(|round| (round, 14)));
    });
}

#[test]
fn all_members_pause_in_the_same_rounds_even_if_the_chain_is_behind() {
    on_node(TestExt::new().round_length(3), &ALL, &[vec![Device::Honest(20), Device::Refuse]], |node| {
        // Two members are never heard, so that rounds are not tallied before they are over; and nobody sweeps.
        IdleWeight::set(Weight::zero());
        assert_eq!(asked(node, 2, 18, 5), [0, 1, 2, 4, 8, 16].map(|round| (round, 14)));
    });
}

#[test]
fn device_that_answers_after_a_pause_is_asked_in_every_round_again() {
    on_node(alone().round_length(3), &[0], &[vec![Device::Refuse]], |node| {
        let mut asked = Vec::new();
        for n in 0..12 {
            if n == 3 {
                node.network.turn_into(1, Device::Honest(20));
            }
            let reports = node.run_until_it_files();
            reports.iter().for_each(include);
            asked.push((!node.posted().is_empty(), reports[0].0.up.count()));
            next_round();
        }
        let (no, yes) = ((false, 0), (true, 1));
        assert_eq!(asked, [(true, 0), (true, 0), (true, 0), no, yes, yes, yes, yes, yes, yes, yes, yes]);
    });
}

#[test]
fn device_that_was_lost_is_asked_in_one_round_of_eight_by_all_members() {
    on_node(TestExt::new().round_length(3), &ALL, &[vec![Device::Refuse; 200]], |node| {
        let mut history = History::starting_at(round());
        for lane in 0..200 {
            history.excused[usize::from(lane)] = 0;
            history.admitted.set(lane, true);
        }
        Histories::<Test>::insert(0, history);
        node.run();
        let posted = node.posted();
        let asked: BTreeSet<_> = posted.iter().copied().collect();
        assert!((12..40).contains(&asked.len()), "{}", asked.len());
        assert_eq!(posted.len(), 7 * asked.len());
        next_block();
        let reports = node.run();
        assert_eq!((reports.len(), node.posted().len()), (7, posted.len()));
        reports.iter().for_each(|(report, _)| is_true(report, []));
    });
}

/// Sets whether the node's only prober contradicted its peers.
fn suspect(is: bool) {
    let standing = Standing { deviation: if is { 3 } else { 0 }, ..Default::default() };
    Standings::<Test>::insert(0, BoundedVec::truncate_from(vec![standing]));
}

/// Three devices were up in the last round of `node`, and all turn into `device`.
fn after_a_round_up(node: &mut Node, device: Device) {
    node.run_until_it_files().iter().for_each(include);
    (1..=3).for_each(|port| node.network.turn_into(port, device));
    next_round();
    node.posted();
}

/// Whether the node reports in this round, and what it warns of.
fn reports(node: &mut Node) -> (bool, Vec<String>) {
    let mut reported = false;
    while offset() < 9 {
        let reports = node.run();
        reported |= !reports.is_empty();
        reports.iter().for_each(include);
        next_block();
    }
    (reported, node.warnings())
}

#[test]
fn prober_that_contradicted_its_peers_and_reaches_nobody_abstains_and_says_so_once() {
    on_node(alone(), &[0], &[vec![Device::Honest(20); 3]], |node| {
        after_a_round_up(node, Device::Hang);
        suspect(true);
        let (reported, warnings) = reports(node);
        assert!(!reported);
        assert_eq!(node.posted().len(), 6, "it tried");
        let [warning] = &warnings[..] else { panic!("{warnings:?}") };
        assert!(warning.contains("round 2 cohort 0") && warning.contains("cut off"), "{warning}");

        // Back on the network it reports as ever.
        (1..=3).for_each(|port| node.network.turn_into(port, Device::Honest(1)));
        next_round();
        assert_eq!(reports(node), (true, vec![]));
    });
}

#[test]
fn prober_that_agreed_with_its_peers_reports_an_outage() {
    on_node(alone(), &[0], &[vec![Device::Honest(20); 3]], |node| {
        after_a_round_up(node, Device::Hang);
        suspect(false);
        assert_eq!(reports(node), (true, vec![]));
    });
}

#[test]
fn prober_that_is_cleared_in_the_middle_of_a_round_still_reports() {
    on_node(alone(), &[0], &[vec![Device::Honest(20); 3]], |node| {
        after_a_round_up(node, Device::Hang);
        suspect(true);
        while offset() < 7 {
            assert_eq!(node.run(), vec![]);
            next_block();
        }
        suspect(false);
        assert_eq!(reports(node), (true, vec![]));
    });
}

#[test]
fn suspect_that_reaches_anybody_reports() {
    on_node(alone(), &[0], &[vec![Device::Honest(20); 3]], |node| {
        after_a_round_up(node, Device::Hang);
        node.network.turn_into(2, Device::Honest(20));
        suspect(true);
        assert_eq!(reports(node), (true, vec![]));
    });
}

#[test]
fn suspect_reports_on_devices_that_were_not_up_before() {
    on_node(alone(), &[0], &[vec![Device::Hang; 3]], |node| {
        after_a_round_up(node, Device::Hang);
        suspect(true);
        assert_eq!(reports(node), (true, vec![]));
    });
}

#[test]
fn suspect_that_has_nobody_to_ask_reports() {
    on_node(alone(), &[0], &[vec![Device::Honest(20); 3]], |node| {
        after_a_round_up(node, Device::Hang);
        suspect(true);
        Registered::mutate(|cohorts| cohorts[0].targets.values_mut().for_each(|(_, endpoint)| *endpoint = None));
        assert_eq!(reports(node), (true, vec![]));
    });
}
