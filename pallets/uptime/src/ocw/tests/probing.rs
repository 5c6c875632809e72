//! Whom the prober asks, when, and what it reports of them.

use super::*;

#[test]
fn probes_each_device_once_and_reports_once() {
    on_node(alone(), &[0], &[vec![Device::Honest(20); 50]], |node| {
        let reports = node.run_until_it_files();
        assert_eq!(reports.len(), 1);
        is_true(&reports[0].0, 0..50);
        let posted = node.posted();
        assert_eq!(posted.iter().collect::<BTreeSet<_>>().len(), 50);
        assert_eq!(posted.len(), 50);

        include(&reports[0]);
        while offset() < 9 {
            next_block();
            assert_eq!((node.run().len(), node.posted().len()), (0, 0));
        }
        next_round();
        let next = node.run_until_it_files();
        assert_eq!(next[0].0.round, reports[0].0.round + 1);
        is_true(&next[0].0, 0..50);
    });
}

#[test]
fn devices_are_probed_all_over_the_probing_slices() {
    on_node(alone().round_length(50), &[0], &[vec![Device::Honest(20); 400]], |node| {
        spread(|port| port);
        for slice in 0..22 {
            assert_eq!((offset(), node.run().len()), (slice, 0));
            let probed = node.posted().len();
            assert!((4..40).contains(&probed), "{probed} in slice {slice}");
            next_block();
        }
        is_true(&node.run()[0].0, 0..400);
    });
}

#[test]
fn devices_of_one_prefix_are_asked_in_one_slice_back_to_back() {
    on_node(alone().round_length(50), &[0], &[vec![Device::Honest(20); 400]], |node| {
        let group = |port| port % 40;
        spread(group);
        let mut seen = BTreeSet::new();
        let mut shuffled = false;
        while offset() < 23 {
            node.run();
            let posted = node.posted();
            for ports in posted.chunk_by(|one, next| group(*one) == group(*next)) {
                assert!(seen.insert(group(ports[0])), "asked in two slices, or not back to back");
                assert_eq!(ports.len(), 10);
                shuffled |= !ports.is_sorted();
            }
            assert!(posted.len() < 100, "{} in one slice", posted.len());
            next_block();
        }
        assert!(seen.len() == 40 && shuffled);
    });
}

#[test]
fn devices_of_one_prefix_are_asked_back_to_back_whatever_their_cohort() {
    let cohorts = [vec![Device::Honest(20); 60], vec![Device::Honest(20); 60]];
    on_node(alone().round_length(3), &[0], &cohorts, |node| {
        let group = |port| port % 12;
        spread(group);
        assert_eq!(node.run().len(), 2);
        let posted = node.posted();
        let groups: Vec<_> = posted.chunk_by(|one, next| group(*one) == group(*next)).collect();
        assert_eq!((groups.len(), posted.len()), (12, 120));
        assert!(groups.iter().all(|ports| ports.len() == 10 && ports.iter().any(|port| *port > 60)));
    });
}

#[test]
fn cohort_in_one_prefix_is_asked_in_one_slice() {
    let devices: Vec<_> = (0..LANES).map(|n| if n % 4 == 0 { Device::Honest(20) } else { Device::Hang }).collect();
    on_node(alone().round_length(50), &[0], &[devices], |node| {
        let mut runs = Vec::new();
        let reports = loop {
            let reports = node.run();
            runs.push(node.posted().len());
            if !reports.is_empty() {
                break reports;
            }
            assert!(node.network.time() < (System::block_number() + 1) * BLOCK_MS - 1_000);
            next_block();
        };
        runs.retain(|probes| *probes > 0);
        assert_eq!(runs, [LANES, LANES / 4 * 3]);
        is_true(&reports[0].0, (0..LANES as Lane).step_by(4));
    });
}

#[test]
fn prefix_that_is_not_done_in_its_slice_goes_on_in_the_next() {
    on_node(alone().round_length(50), &[0], &[vec![Device::Honest(280); 300]], |node| {
        // In every block it is killed after 0.2 s, if it runs for so long.
        let killed = loop {
            node.network.killed_at = System::block_number() * BLOCK_MS + 200;
            if catch_unwind(AssertUnwindSafe(|| node.run())).is_err() {
                break offset();
            }
            next_block();
        };
        assert!(killed < 23);
        let before = node.posted().len();
        assert!((100..300).contains(&before), "{before}");
        node.network.killed_at = u64::MAX;
        next_block();
        is_true(&node.run()[0].0, 0..300);
    });
}

#[test]
fn same_report_is_submitted_until_the_chain_has_it() {
    on_node(alone(), &[0], &[vec![Device::Honest(20), Device::Refuse]], |node| {
        let first = node.run_until_it_files();
        node.posted();
        // It comes up too late to be asked again.
        node.network.turn_into(2, Device::Honest(1));
        while offset() < 8 {
            next_block();
            assert_eq!(node.run(), first);
        }
        next_block();
        assert_eq!((offset(), node.run()), (9, vec![]), "no block of this round is left to include it");
        assert_eq!(node.posted(), Vec::<u16>::new());
        is_true(&first[0].0, [0]);
    });
}

#[test]
fn report_that_a_fork_drops_is_submitted_again_unchanged() {
    on_node(alone(), &[0], &[vec![Device::Honest(20); 5]], |node| {
        let first = node.run_until_it_files();
        include(&first[0]);
        next_block();
        assert_eq!(node.run(), vec![]);
        crate::Reports::<Test>::remove(0, true);
        next_block();
        assert_eq!(node.run(), first);
        assert_eq!(node.posted().len(), 5);
    });
}

#[test]
fn killed_node_goes_on_where_it_was() {
    on_node(alone().round_length(3), &[0], &[vec![Device::Honest(280); 1_000]], |node| {
        node.run_and_kill(800);
        let before = node.posted();
        let kept = StorageValueRef::persistent(&record_key(1, Uptime::current_round().seed, 0, 0))
            .get::<Record>()
            .unwrap()
            .unwrap();
        assert!(kept.filed.is_none() && (100..before.len()).contains(&kept.evidence.len()), "{}", kept.evidence.len());

        next_block();
        let reports = node.run();
        assert_eq!(reports.len(), 1);
        is_true(&reports[0].0, 0..1_000);
        let after: BTreeSet<_> = node.posted().into_iter().collect();
        assert_eq!(after.len(), 1_000 - kept.evidence.len());
        assert!(kept.evidence.keys().all(|lane| !after.contains(&(lane + 1))), "verified lanes were probed again");
        assert!(kept.evidence.iter().all(|(lane, evidence)| stored(&reports[0].0).evidence[lane] == *evidence));
    });
}

#[test]
fn node_killed_again_and_again_still_reports() {
    on_node(alone(), &[0], &[vec![Device::Honest(100); 300]], |node| {
        spread(|port| port);
        while offset() < 6 {
            node.run_and_kill(60);
            next_block();
        }
        let reports = node.run_until_it_files();
        is_true(&reports[0].0, 0..300);
    });
}

#[test]
fn device_that_is_up_at_the_second_try_is_up() {
    on_node(alone(), &[0], &[vec![Device::Honest(1), Device::Refuse, Device::Hang, Device::Status(500)]], |node| {
        // All slices of first tries.
        while offset() < 5 {
            assert_eq!(node.run(), vec![]);
            next_block();
        }
        let first: BTreeSet<_> = node.posted().into_iter().collect();
        assert_eq!(first, BTreeSet::from([1, 2, 3, 4]));
        node.network.turn_into(3, Device::Honest(1));
        let reports = node.run_until_it_files();
        assert!(offset() <= 6, "filed in the last probing slice at the latest");
        is_true(&reports[0].0, [0, 2]);
    });
}

#[test]
fn dead_device_is_asked_twice_and_no_more() {
    on_node(alone(), &[0], &[vec![Device::Refuse; 30]], |node| {
        let reports = node.run_until_it_files();
        is_true(&reports[0].0, []);
        let posted = node.posted();
        assert_eq!(posted.len(), 60);
        assert!((1..=30).all(|port| posted.iter().filter(|posted| **posted == port).count() == 2));
    });
}

#[test]
fn cohort_full_of_bad_devices_is_reported_within_a_round_of_the_dev_preset() {
    use Device::*;
    let bad = [Refuse, Hang, HangInBody, Garbage, Huge, Impostor, Drip(1_000), Status(302), Replay, BreakOff];
    let devices: Vec<_> =
        (0..LANES).map(|n| if n % 10 < 3 { bad[n / 10 % bad.len()] } else { Honest(n as u64 % 100) }).collect();
    on_node(alone().round_length(3), &[0], &[devices], |node| {
        assert_eq!(node.run(), vec![]);
        next_block();
        let reports = node.run();
        assert_eq!((offset(), reports.len()), (1, 1));
        assert!(node.network.time() < (System::block_number() + 1) * BLOCK_MS - 1_000, "too late for the next block");
        is_true(&reports[0].0, (0..LANES as Lane).filter(|lane| lane % 10 >= 3));
    });
}

#[test]
fn cohort_that_hangs_as_a_whole_is_reported_in_time() {
    on_node(alone().round_length(3), &[0], &[vec![Device::Hang; LANES]], |node| {
        node.run();
        next_block();
        is_true(&node.run()[0].0, []);
    });
}

#[test]
fn prober_that_comes_late_asks_every_device_before_it_reports() {
    on_node(alone(), &[0], &[vec![Device::Honest(20); 100]], |node| {
        while offset() < 8 {
            next_block();
        }
        is_true(&node.run()[0].0, 0..100);
    });
}

#[test]
fn prober_that_comes_too_late_does_nothing() {
    on_node(alone(), &[0], &[vec![Device::Honest(20); 3]], |node| {
        while offset() < 9 {
            next_block();
        }
        assert_eq!((node.run(), node.posted()), (vec![], vec![]));
    });
}

#[test]
fn overloaded_prober_reports_nothing_rather_than_call_unasked_devices_down() {
    let slow = vec![Device::Lost(2_400); LANES];
    on_node(alone(), &[0], &[slow.clone(), slow.clone(), slow], |node| {
        while offset() < 8 {
            next_block();
        }
        assert_eq!(node.run(), vec![]);
        assert!((1_000..3 * LANES).contains(&node.posted().len()));
    });
}

#[test]
fn cohorts_are_probed_together_and_reported_apart() {
    let cohorts = [vec![Device::Honest(20); 40], vec![Device::Hang; 40], vec![], vec![Device::Honest(300); 40]];
    on_node(alone().round_length(3), &[0], &cohorts, |node| {
        let early: Vec<_> = node.run().into_iter().map(|(report, _)| report.cohort).collect();
        assert_eq!(early, [0, 2, 3]);
        next_block();
        let reports = node.run();
        assert_eq!(reports.iter().map(|(report, _)| report.cohort).collect::<Vec<_>>(), [0, 2, 3, 1]);
        is_true(&reports[0].0, 0..40);
        is_true(&reports[1].0, []);
        is_true(&reports[2].0, 0..40);
        is_true(&reports[3].0, []);
        reports.iter().for_each(include);
    });
}

#[test]
fn two_keys_on_one_node_keep_their_evidence_apart() {
    on_node(TestExt::new().probers(2).round_length(3), &[0, 1], &[vec![Device::Honest(20); 10]], |node| {
        let reports = node.run();
        assert_eq!(reports.len(), 2);
        reports.iter().for_each(|(report, _)| is_true(report, 0..10));
        assert_ne!(reports[0].0.evidence_root, reports[1].0.evidence_root);
        reports.iter().for_each(include);
    });
}

#[test]
fn only_members_of_the_committee_probe() {
    let all: Vec<u8> = (0..12).collect();
    on_node(TestExt::new().committee_size(3).round_length(3), &all, &[vec![Device::Honest(20); 5]], |node| {
        let reports = node.run();
        let probers: BTreeSet<_> = reports.iter().map(|(report, _)| report.prober).collect();
        assert_eq!(probers, members(0).into_iter().collect());
        assert_eq!(node.posted().len(), 15);
    });
}

#[test]
fn node_without_a_prober_key_probes_nothing() {
    for keys in [&[][..], &[7]] {
        on_node(alone(), keys, &[vec![Device::Honest(20); 5]], |node| {
            (0..9).for_each(|_| {
                assert_eq!((node.run(), node.posted()), (vec![], vec![]));
                next_block();
            });
        });
    }
}

#[test]
fn addresses_the_chain_forbids_are_never_probed() {
    on_node(alone(), &[0], &[vec![Device::Honest(20); 5]], |node| {
        MayProbePrivate::set(false);
        is_true(&node.run_until_it_files()[0].0, []);
        assert_eq!(node.posted(), Vec::<u16>::new());
    });
}

#[test]
fn second_run_does_nothing_while_the_first_goes_on() {
    on_node(alone().round_length(3), &[0], &[vec![Device::Honest(20); 5]], |node| {
        node.offchain.0.write().timestamp = Timestamp::from_unix_millis(System::block_number() * BLOCK_MS);
        Lease::with(|_| assert_eq!((node.run(), node.posted()), (vec![], vec![])));
        assert_eq!(node.run().len(), 1);
    });
}

#[test]
fn other_seed_on_another_branch_makes_old_evidence_worthless() {
    on_node(alone().round_length(3), &[0], &[vec![Device::Honest(20); 5]], |node| {
        let first = node.run();
        crate::Round::<Test>::mutate(|round| round.seed = H256::repeat_byte(0x77));
        let second = node.run();
        assert_ne!(first[0].0.evidence_root, second[0].0.evidence_root);
        is_true(&second[0].0, 0..5);
    });
}

#[test]
fn report_filed_on_one_branch_outlives_another_branch_with_another_seed() {
    on_node(alone().round_length(3), &[0], &[vec![Device::Honest(20); 5]], |node| {
        let seeds = [Uptime::current_round().seed, H256::repeat_byte(0x77)];
        let run = |node: &mut Node, seed| {
            crate::Round::<Test>::mutate(|round| round.seed = seed);
            node.run()
        };
        let filed = seeds.map(|seed| run(node, seed));
        assert_ne!(filed[0], filed[1]);
        node.posted();
        for _ in 0..2 {
            assert_eq!(seeds.map(|seed| run(node, seed)), filed);
        }
        assert_eq!(node.posted(), Vec::<u16>::new());
        is_true(&filed[1][0].0, 0..5);
        crate::Round::<Test>::mutate(|round| round.seed = seeds[0]);
        is_true(&filed[0][0].0, 0..5);
    });
}

#[test]
fn device_that_came_into_a_lane_in_mid_round_is_asked_itself() {
    on_node(alone(), &[0], &[vec![Device::Honest(20), Device::Refuse, Device::Honest(70)]], |node| {
        sit_after_first_tries(node, 0, Some(3));
        let report = &node.run_until_it_files()[0].0;
        assert!(node.posted().contains(&3));
        is_true(report, [0]);
        assert_eq!((&stored(report).evidence[&0].device, report.latency.get(0)), (&id(3), latency_code(70)));
    });
}

#[test]
fn device_that_came_into_a_lane_in_mid_round_and_does_not_answer_is_down_after_two_tries_of_its_own() {
    on_node(alone(), &[0], &[vec![Device::Honest(20), Device::Refuse, Device::Refuse]], |node| {
        sit_after_first_tries(node, 0, Some(3));
        is_true(&node.run_until_it_files()[0].0, []);
        assert_eq!(node.posted().iter().filter(|port| **port == 3).count(), 2);
    });
}

#[test]
fn device_that_left_in_mid_round_is_not_called_up() {
    on_node(alone(), &[0], &[vec![Device::Honest(20), Device::Honest(20), Device::Refuse]], |node| {
        sit_after_first_tries(node, 0, None);
        is_true(&node.run_until_it_files()[0].0, [1]);
        assert!(!node.posted().contains(&1));
    });
}

#[test]
fn filed_report_is_submitted_unchanged_although_another_device_has_come_into_the_lane() {
    on_node(alone(), &[0], &[vec![Device::Honest(20); 2]], |node| {
        sit(1, None);
        let first = node.run_until_it_files();
        node.posted();
        sit(0, Some(2));
        next_block();
        assert_eq!(node.run(), first);
        assert_eq!((stored(&first[0].0).evidence[&0].device.clone(), node.posted()), (id(1), vec![]));
    });
}

#[test]
fn every_probe_has_its_own_nonce() {
    on_node(alone(), &[0], &[vec![Device::Refuse; 100], vec![Device::Honest(1); 100]], |node| {
        node.run_until_it_files();
        (0..5).for_each(|_| {
            node.run();
            next_block();
        });
        let nonces: BTreeSet<_> = node.network.posted.iter().map(|(_, challenge)| challenge.nonce).collect();
        assert_eq!((nonces.len(), node.network.posted.len()), (300, 300));
    });
}

#[test]
fn hook_reports_on_devices_without_address() {
    on_node(alone(), &[0], &[vec![Device::Honest(20); 3]], |node| {
        Registered::mutate(|cohorts| cohorts[0].targets.values_mut().for_each(|(_, endpoint)| *endpoint = None));
        Uptime::offchain_worker(System::block_number());
        let reports = node.submitted();
        is_true(&reports[0].0, []);
        include(&reports[0]);
    });
}
