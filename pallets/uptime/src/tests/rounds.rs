//! Rounds, seeds, parameters and prober sets over time.

use crate::{mock::*, *};
use frame_support::{assert_ok, traits::Hooks};
use sp_core::{Pair, H256};
use std::collections::BTreeSet;
use vouch_primitives::{committee::committee, traits::RoundClock};

#[test]
fn rounds_follow_each_other_without_gap() {
    TestExt::new().build_and_execute(|| {
        assert_eq!((round(), Uptime::current_round().start), (0, 0));
        for expected in 1..5 {
            next_round();
            let opened = Uptime::current_round();
            assert_eq!((opened.index, opened.start), (expected, u64::from(expected) * 10));
            assert_eq!((opened.length, opened.committee_size, opened.end()), (10, 7, opened.start + 10));
            assert_eq!(<Uptime as RoundClock>::current_round(), expected);
        }
        assert_eq!(Closed::get(), [0, 1, 2, 3]);
    });
}

#[test]
fn round_that_opens_says_what_it_is() {
    TestExt::new().build_and_execute(|| {
        System::reset_events();
        next_round();
        let seed = Uptime::current_round().seed;
        assert_eq!(events(), [Event::RoundOpened { round: 1, length: 10, committee_size: 7, seed, prober_set: 0 }]);
    });
}

#[test]
fn hook_costs_what_it_does() {
    TestExt::new().build_and_execute(|| {
        let at = |block| {
            System::set_block_number(block);
            Uptime::on_initialize(block)
        };
        assert_eq!(at(7), <() as WeightInfo>::on_initialize());
        assert_eq!(at(8), <() as WeightInfo>::fix_seed());
        assert_eq!(at(9), <() as WeightInfo>::on_initialize());
        let told = frame_support::weights::Weight::from_parts(77, 0);
        assert_eq!(at(10), <() as WeightInfo>::open_round() + told);
    });
}

#[test]
fn seed_is_fixed_before_the_round_opens() {
    TestExt::new().build_and_execute(|| {
        while System::block_number() < 7 {
            next_block();
            assert_eq!(NextSeed::<Test>::get(), None);
        }
        next_block();
        let fixed = NextSeed::<Test>::get().expect("two blocks before block 10");
        // Later randomness changes nothing any more.
        Vrf::set(Some(H256::repeat_byte(0xbb)));
        next_round();
        assert_eq!(Uptime::current_round().seed, fixed);
        assert_eq!(NextSeed::<Test>::get(), None);
    });
}

#[test]
fn lead_longer_than_the_round_leaves_it_one_block() {
    TestExt::new().round_length(3).build_and_execute(|| {
        SeedLead::set(50);
        next_round();
        assert_eq!((System::block_number(), NextSeed::<Test>::get()), (3, None));
        next_block();
        assert!(NextSeed::<Test>::exists());
        next_round();
        assert_eq!(System::block_number(), 6);
    });
}

#[test]
fn seeds_and_committees_change_from_round_to_round_even_if_the_randomness_does_not() {
    TestExt::new().build_and_execute(|| {
        let drawn: BTreeSet<(H256, Vec<u16>)> = (0..20)
            .map(|_| {
                next_round();
                (Uptime::current_round().seed, members(0))
            })
            .collect();
        assert_eq!(drawn.len(), 20);
    });
}

#[test]
fn without_randomness_the_seed_comes_from_the_one_before() {
    let third_seed = |parent_byte| {
        let mut seed = None;
        TestExt::new().build_and_execute(|| {
            next_round();
            Vrf::set(None);
            // What an author could choose of its block must not matter.
            frame_system::BlockHash::<Test>::insert(System::block_number(), H256::repeat_byte(parent_byte));
            let second = Uptime::current_round().seed;
            next_round();
            let third = Uptime::current_round().seed;
            next_round();
            assert_eq!([second, third, Uptime::current_round().seed].into_iter().collect::<BTreeSet<_>>().len(), 3);
            seed = Some(third);
        });
        seed.unwrap()
    };
    assert_eq!(third_seed(1), third_seed(2));
}

#[test]
fn committee_can_be_recomputed_from_the_round() {
    TestExt::new().cohorts(3).build_and_execute(|| {
        next_round();
        let running = Uptime::current_round();
        for cohort in 0..3 {
            assert_eq!(Uptime::committee_indices(cohort), committee(running.seed, cohort, 12, 7));
        }
        assert_eq!(Uptime::prober_count(), 12);
    });
}

#[test]
fn set_smaller_than_a_committee_is_drawn_whole() {
    TestExt::new().probers(3).build_and_execute(|| {
        assert_eq!(members(0).into_iter().collect::<BTreeSet<_>>(), BTreeSet::from([0, 1, 2]));
        vote(0, 3, 0..DEVICES);
        assert_eq!(Uptime::history(0).unwrap().next, 1, "three of three complete it");
    });
}

#[test]
fn without_probers_nobody_is_drawn_and_rounds_go_on() {
    TestExt::new().probers(0).build_and_execute(|| {
        assert!(members(0).is_empty() && Uptime::committee_of(0).members.is_empty());
        rounds_later(3);
        assert_eq!((round(), credited(0, 0)), (3, 0));
    });
}

#[test]
fn new_parameters_apply_at_the_next_round() {
    TestExt::new().build_and_execute(|| {
        let params = types::Params { round_length: 4, committee_size: 3, ..params() };
        System::reset_events();
        assert_ok!(Uptime::set_params(RuntimeOrigin::root(), params));
        assert_eq!(events(), [Event::ParamsSet { params }]);
        let running = Uptime::current_round();
        assert_eq!((running.length, running.committee_size, members(0).len()), (10, 7, 7));

        next_round();
        assert_eq!(System::block_number(), 10);
        let running = Uptime::current_round();
        assert_eq!((running.length, running.committee_size, members(0).len()), (4, 3, 3));
        next_round();
        assert_eq!(System::block_number(), 14);
    });
}

#[test]
fn committee_is_counted_as_it_was_drawn_though_parameters_changed() {
    TestExt::new().build_and_execute(|| {
        next_round();
        // GIVEN four of seven reports, one short of a quorum, and smaller committees from the next round on.
        vote(0, 4, 0..DEVICES);
        assert_ok!(Uptime::set_params(RuntimeOrigin::root(), types::Params { committee_size: 3, ..params() }));
        System::reset_events();
        rounds_later(1);
        // THEN they do not become a quorum.
        assert!(events().contains(&Event::Uncovered { round: 1, cohort: 0, rounds: 1 }));
    });
}

#[test]
fn session_change_in_mid_round_keeps_the_rounds_set() {
    TestExt::new().build_and_execute(|| {
        let before = (Uptime::committee_of(0), Uptime::prober_set(0));
        new_session(20..25);
        assert_eq!((Uptime::committee_of(0), Uptime::prober_set(0)), before);
        vote(0, 7, 0..DEVICES);
        assert_eq!(Uptime::history(0).unwrap().next, 1);

        next_round();
        assert_eq!((Uptime::current_round().prober_set, Uptime::prober_count()), (1, 5));
        assert_eq!(Uptime::prober_set(1)[0], pair(20).public());
        // The old set is gone.
        assert!(Uptime::prober_set(0).is_empty());
        assert_eq!(ProberSets::<Test>::iter_keys().collect::<Vec<_>>(), [1]);
    });
}

#[test]
fn of_several_sessions_in_a_round_the_last_one_counts() {
    TestExt::new().build_and_execute(|| {
        for first in 20..30 {
            new_session(first..first + 5);
            assert!(ProberSets::<Test>::iter_keys().count() <= 2);
        }
        next_round();
        assert_eq!(Uptime::prober_set(Uptime::current_round().prober_set)[0], pair(29).public());
    });
}

#[test]
fn session_with_the_same_probers_stores_nothing() {
    TestExt::new().build_and_execute(|| {
        frame_support::assert_storage_noop!(new_session(0..12));
        next_round();
        assert_eq!(Uptime::current_round().prober_set, 0);
    });
}

#[test]
fn validators_beyond_the_bound_do_not_probe() {
    TestExt::new().build_and_execute(|| {
        new_session(0..120);
        next_round();
        assert_eq!(Uptime::prober_count(), 100);
        assert!(members(0).into_iter().all(|index| index < 100));
    });
}

#[test]
fn chain_that_gets_the_pallet_by_an_upgrade_opens_its_first_round() {
    TestExt::new().build_and_execute(|| {
        Round::<Test>::kill();
        Params::<Test>::kill();
        next_block();
        let running = Uptime::current_round();
        assert_eq!((running.index, running.start, running.length, running.committee_size), (1, 2, 50, 7));
    });
}

#[test]
fn configuration_is_consistent() {
    TestExt::new().build_and_execute(Uptime::integrity_test);
}

#[test]
#[should_panic(expected = "the sweep may use enough weight to account at least one cohort")]
fn sweep_that_never_gets_anywhere_is_refused() {
    TestExt::new().build_and_execute(|| {
        MaxSweepWeight::set(frame_support::weights::Weight::from_parts(1_000_000, 0));
        Uptime::integrity_test();
    });
}

#[test]
#[should_panic(expected = "a seed is fixed at least one block before its round opens")]
fn seed_without_lead_is_refused() {
    TestExt::new().build_and_execute(|| {
        SeedLead::set(0);
        Uptime::integrity_test();
    });
}
