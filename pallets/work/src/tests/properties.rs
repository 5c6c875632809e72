use super::*;
use crate::types::MAX_GONE;
use proptest::prelude::*;

/// What a device does with every chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Habit {
    Honest,
    /// Finds something wrong of its own.
    Wrong,
    /// Says what the first other device to answer said.
    Copying,
    Silent,
    Declining,
}

fn habit() -> impl Strategy<Value = Habit> {
    prop_oneof![Just(Habit::Wrong), Just(Habit::Copying), Just(Habit::Silent), Just(Habit::Declining)]
}

/// Runs a job with these habits until it has ended.
fn run_job(job: JobId, habits: &[Habit], show_lies: bool) {
    for _ in 0..120 {
        if Jobs::<Test>::get(job).unwrap().state == vouch_primitives::work::api::JobState::Ended {
            break;
        }
        for chunk in 0..Jobs::<Test>::get(job).unwrap().next {
            turn(job, chunk, habits, show_lies);
        }
        pass(1);
    }
}

fn turn(job: JobId, chunk: u32, habits: &[Habit], show_lies: bool) {
    let lie = |n: u8| Some((u32::from(n), n.wrapping_add(40)));
    for n in seated(job, chunk) {
        let state = Chunks::<Test>::get(job, chunk).unwrap();
        match (state.stage, habits[usize::from(n)]) {
            (Stage::Computing, Habit::Honest) => _ = answer(job, chunk, n, None),
            (Stage::Computing, Habit::Wrong) => _ = answer(job, chunk, n, lie(n)),
            (Stage::Computing, Habit::Declining) => _ = say(job, chunk, n, Answer::Declined),
            (Stage::Computing, Habit::Copying) => {
                let seen = state.seats.iter().find_map(|seat| seat.fingerprint);
                let _ = say(job, chunk, n, Answer::Fingerprint(seen.unwrap_or(H256::zero())));
            },
            (Stage::Opening, Habit::Honest) => _ = show(job, chunk, n, None),
            (Stage::Opening, Habit::Wrong) if show_lies => _ = show(job, chunk, n, lie(n)),
            _ => (),
        }
    }
    if let Some(dispute) = Disputes::<Test>::get((job, chunk)) {
        for n in 0..PANEL {
            let _ = judge_as(n, job, chunk, dispute.task, Some(truth(dispute.task)));
        }
    }
    let _ = reveal_truth(job, chunk);
    // Liars reveal what they can as well.
    for n in seated(job, chunk) {
        let _ = reveal(job, chunk, result(&terms_of(job), chunk, lie(n)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// For any mix of honest, wrong, silent, declining and copying replicas below quorum, the settled result is the honest one, escrow
    /// is conserved to the planck, no wrong replica is paid, and a chunk is given up only after eight declined or missed it.
    /// (Invariants are checked after every step.)
    #[test]
    fn honest_result_settles_and_only_who_found_it_is_paid(
        bad in proptest::collection::vec(habit(), 0..6),
        tasks in 1u32..12,
        chunk_tasks in 1u32..5,
        replicas in 2u8..=3,
        more in 0u8..3,
        show_lies: bool,
    ) {
        let mut habits = vec![Habit::Honest; 5];
        habits.extend(&bad);
        Chain::new().devices(habits.len() as u8).run(|| {
            let issued = Balances::total_issuance();
            let terms = Terms { replicas, quorum: 2, limit: (replicas + more).min(8), deadline: 90, ..terms(tasks, chunk_tasks) };
            let job = post(terms.clone());
            run_job(job, &habits, show_lies);
            let ended = Jobs::<Test>::get(job).unwrap();
            assert_eq!(ended.state, vouch_primitives::work::api::JobState::Ended);
            let mut paid = 0;
            for (_, index, chunk) in Chunks::<Test>::iter() {
                match chunk.stage {
                    Stage::Settled(settled) => assert_eq!(settled, result(&terms, index, None)),
                    // Those who do not answer may be drawn so often before the five honest ones are.
                    Stage::Failed => assert!(chunk.gone >= MAX_GONE, "only {} did not answer chunk {index}", chunk.gone),
                    stage => panic!("chunk {index} is {stage:?} after the end"),
                }
            }
            assert_eq!(ended.settled + ended.failed, terms.chunks(), "nothing is left over");
            let all_answer = !bad.iter().any(|habit| matches!(habit, Habit::Silent | Habit::Declining));
            assert!(!all_answer || ended.failed == 0, "with five honest devices everything settles if everybody answers");
            for (n, habit) in habits.iter().enumerate() {
                let earned = free(n as u8) - RICH;
                assert!(*habit == Habit::Honest || earned == 0, "{habit:?} earned {earned}");
                assert!(*habit != Habit::Honest || bond(n as u8) == BOND, "an honest device was fined");
                paid += earned;
            }
            assert_eq!(paid, ended.paid);
            assert_eq!(Balances::free_balance(requester()), RICH - paid - ended.burnt - ended.deposit);
            assert_eq!(Balances::total_issuance(), issued - ended.burnt);
            // One who is silent costs at most what an honest one would, and once a chunk.
            assert!(ended.burnt <= 2 * UNIT * u128::from(tasks));
            assert!(ended.burnt == 0 || bad.iter().any(|habit| matches!(habit, Habit::Silent | Habit::Declining)));
        });
    }
}
