//! What others may ask of a round: its seed, and panels of its probers.

use crate::{mock::*, *};
use codec::Encode;
use sp_core::H256;
use sp_io::hashing::blake2_256;
use std::collections::BTreeSet;
use vouch_primitives::{
    committee::committee,
    prober::ProberId,
    traits::{Panels, RoundSeed},
};

fn subject(n: u8) -> H256 {
    H256::repeat_byte(n)
}

fn panel(n: u8) -> Vec<u8> {
    Uptime::panel(subject(n)).iter().map(|key| number_of(key).expect("a prober is asked")).collect()
}

#[test]
fn running_rounds_seed_is_told() {
    TestExt::new().build_and_execute(|| {
        let mut seeds = BTreeSet::new();
        for _ in 0..4 {
            next_round();
            assert_eq!(<Uptime as RoundSeed>::current_seed(), Uptime::current_round().seed);
            seeds.insert(<Uptime as RoundSeed>::current_seed());
        }
        assert_eq!(seeds.len(), 4);
    });
}

#[test]
fn panel_has_as_many_probers_as_a_committee_each_once() {
    TestExt::new().committee_size(5).build_and_execute(|| {
        next_round();
        for n in 0..50 {
            let panel = panel(n);
            assert_eq!(panel.len(), 5);
            assert_eq!(panel.iter().collect::<BTreeSet<_>>().len(), 5);
            assert!(panel.iter().all(|prober| *prober < 12));
        }
    });
}

#[test]
fn small_set_judges_whole_and_an_empty_one_not_at_all() {
    TestExt::new().probers(1).build_and_execute(|| assert_eq!(panel(0), [0]));
    TestExt::new().probers(3).build_and_execute(|| assert_eq!(BTreeSet::from_iter(panel(0)), [0, 1, 2].into()));
    TestExt::new().probers(0).build_and_execute(|| assert_eq!(panel(0), [0u8; 0]));
}

#[test]
fn panel_is_drawn_anew_for_every_subject_and_every_round_and_stays_within_one() {
    TestExt::new().build_and_execute(|| {
        next_round();
        let first: Vec<_> = (0..20).map(panel).collect();
        assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 20);
        next_block();
        assert_eq!((0..20).map(panel).collect::<Vec<_>>(), first);
        next_round();
        assert!((0..20).all(|n| panel(n) != first[usize::from(n)]));
    });
}

#[test]
fn panel_can_be_recomputed_from_the_seed_alone() {
    TestExt::new().build_and_execute(|| {
        next_round();
        let round = Uptime::current_round();
        // The domain goes in with its length, as SCALE has it.
        let preimage = (b"vouch/panel/v1".as_slice(), round.seed, subject(7)).encode();
        assert_eq!(preimage, [&[14 << 2], b"vouch/panel/v1".as_slice(), round.seed.as_bytes(), &[7; 32]].concat());
        let seed = H256(blake2_256(&preimage));
        let expected: Vec<u8> = committee(seed, 0, 12, 7).into_iter().map(|index| index as u8).collect();
        assert_eq!(panel(7), expected);
        // Who probes a cohort is drawn from the seed itself.
        assert_ne!(panel(7), members(0).into_iter().map(|index| index as u8).collect::<Vec<_>>());
    });
}

#[test]
fn probers_of_a_new_session_judge_from_the_next_round_on() {
    TestExt::new().build_and_execute(|| {
        next_round();
        let before = panel(3);
        new_session(20..24);
        assert_eq!(panel(3), before);
        next_round();
        assert_eq!(BTreeSet::from_iter(panel(3)), (20..24).collect());
    });
}

#[test]
fn every_prober_judges_about_as_often_as_any_other() {
    TestExt::new().build_and_execute(|| {
        next_round();
        let mut drawn = [0u32; 12];
        let asked: Vec<ProberId> =
            (0..2_000u32).flat_map(|n| Uptime::panel(H256(blake2_256(&n.to_le_bytes())))).collect();
        asked.iter().for_each(|key| drawn[usize::from(number_of(key).expect("a prober is asked"))] += 1);
        // 2,000 panels of 7 out of 12: 1,167 each on average, with a standard deviation of 22.
        assert!(drawn.iter().all(|count| (1_067..1_267).contains(count)), "{drawn:?}");
    });
}
