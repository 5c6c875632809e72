use super::*;

/// A job with no further replicas than the first: two that differ are contested at once.
fn contested(devices: u8, run: impl FnOnce(JobId, Vec<u8>)) {
    Chain::new().devices(devices).run(|| {
        let job = post(Terms { limit: 2, ..terms(4, 4) });
        let seats: Vec<_> = seated(job, 0).into_iter().collect();
        answer(job, 0, seats[0], Some((2, 9))).unwrap();
        answer(job, 0, seats[1], None).unwrap();
        pass(2);
        assert_eq!(stage(job, 0), Stage::Opening);
        run(job, seats);
    });
}

#[test]
fn panel_contradicts_the_liar_and_another_device_confirms_the_truth() {
    contested(5, |job, seats| {
        show(job, 0, seats[0], Some((2, 9))).unwrap();
        show(job, 0, seats[1], None).unwrap();
        // The first task they differ in, and no other.
        assert_eq!(Disputes::<Test>::get((job, 0)).unwrap().task, 2);
        assert_eq!(judge_as(0, job, 0, 1, Some(truth(1))), refused(Refusal::OtherTask));
        for n in 0..3 {
            judge_as(n, job, 0, 2, Some(truth(2))).unwrap();
        }
        assert_eq!(judge_as(3, job, 0, 2, Some(truth(2))), refused(Refusal::WrongStage));
        assert_eq!(stage(job, 0), Stage::Computing);
        let third = *seated(job, 0).iter().find(|n| !seats.contains(n)).unwrap();
        answer(job, 0, third, None).unwrap();
        reveal_truth(job, 0).unwrap();
        assert!(bond(seats[0]) < BOND && bond(seats[1]) == BOND && free(third) > RICH && free(seats[0]) == RICH);
        let receipt = ReceiptsOf::<Test>::get(place(seats[0])).pop().unwrap();
        assert!(matches!(receipt.outcome, vouch_primitives::work::api::Outcome::Refused { task: Some(2), .. }));
    });
}

#[test]
fn who_shows_nothing_counts_no_more_and_is_fined_when_the_truth_is_found() {
    contested(5, |job, seats| {
        show(job, 0, seats[1], None).unwrap();
        assert_eq!(show(job, 0, seats[1], None), refused(Refusal::AlreadyAnswered));
        // It cannot show what it did not answer.
        assert_eq!(show(job, 0, seats[0], None), refused(Refusal::NotTheFingerprint));
        pass(2);
        let third = *seated(job, 0).iter().find(|n| !seats.contains(n)).unwrap();
        answer(job, 0, third, None).unwrap();
        reveal_truth(job, 0).unwrap();
        assert!(bond(seats[0]) < BOND && free(seats[1]) > RICH);
    });
}

#[test]
fn panel_that_stays_silent_is_replaced_and_in_the_end_the_chunk_given_up() {
    contested(5, |job, seats| {
        show(job, 0, seats[0], Some((2, 9))).unwrap();
        show(job, 0, seats[1], None).unwrap();
        pass(3 * u32::from(types::MAX_PANELS));
        assert_eq!(stage(job, 0), Stage::Failed);
        assert!(seats.iter().all(|n| bond(*n) == BOND && free(*n) == RICH));
    });
}

#[test]
fn inputs_that_no_panel_can_get_are_the_requesters_fault() {
    contested(5, |job, seats| {
        show(job, 0, seats[0], Some((2, 9))).unwrap();
        show(job, 0, seats[1], None).unwrap();
        for n in 0..3 {
            judge_as(n, job, 0, 2, None).unwrap();
        }
        assert_eq!(stage(job, 0), Stage::Failed);
        assert!(seats.iter().all(|n| bond(*n) == BOND));
    });
}

#[test]
fn only_members_judge_and_only_once() {
    contested(5, |job, seats| {
        show(job, 0, seats[0], Some((2, 9))).unwrap();
        show(job, 0, seats[1], None).unwrap();
        assert_eq!(judge_as(PANEL, job, 0, 2, None), refused(Refusal::NotMember));
        judge_as(0, job, 0, 2, None).unwrap();
        assert_eq!(judge_as(0, job, 0, 2, Some(truth(2))), refused(Refusal::AlreadyAnswered));
        let member = judge(1).public().into();
        let forged = judge(2).sign(&verdict_payload(Work::genesis(), job, 0, 2, &None)).into();
        let authorized = Work::authorize_verdict(job, 0, 2, &member, &None, &forged);
        assert_eq!(authorized.map(|_| ()), refused(Refusal::BadSignature));
    });
}

/// Serves its inputs to a victim and to its friends only: all others decline, until a second friend is drawn.
#[test]
fn friends_of_a_requester_do_not_outvote_the_one_stranger_that_it_served() {
    Chain::new().devices(8).run(|| {
        let job = post(Terms { limit: 8, ..terms(4, 4) });
        let seats: Vec<_> = seated(job, 0).into_iter().collect();
        let (friend, victim) = (seats[0], seats[1]);
        answer(job, 0, friend, Some((2, 9))).unwrap();
        answer(job, 0, victim, None).unwrap();
        pass(2);
        // A third is asked, whom the requester serves nothing.
        let third = *seated(job, 0).iter().find(|n| !seats.contains(n)).unwrap();
        say(job, 0, third, Answer::Declined).unwrap();
        pass(3);
        // From now on it is not numbers that decide.
        assert_eq!(stage(job, 0), Stage::Opening);
        show(job, 0, friend, Some((2, 9))).unwrap();
        show(job, 0, victim, None).unwrap();
        (0..3).for_each(|n| judge_as(n, job, 0, 2, Some(truth(2))).unwrap());
        let fourth = *seated(job, 0).iter().find(|n| !seats.contains(n)).unwrap();
        answer(job, 0, fourth, None).unwrap();
        reveal_truth(job, 0).unwrap();
        assert!(bond(victim) == BOND && free(victim) == RICH + 4 * UNIT);
        assert!(bond(friend) < BOND && free(friend) == RICH);
    });
}

#[test]
fn whom_a_panel_contradicted_is_fined_even_if_the_chunk_is_given_up() {
    contested(2, |job, seats| {
        show(job, 0, seats[0], Some((2, 9))).unwrap();
        show(job, 0, seats[1], None).unwrap();
        (0..3).for_each(|n| judge_as(n, job, 0, 2, Some(truth(2))).unwrap());
        // There is nobody else to confirm the truth, however long one waits.
        pass(u32::from(types::MAX_FILLS) + 2);
        assert_eq!(stage(job, 0), Stage::Failed);
        assert!(bond(seats[0]) < BOND && bond(seats[1]) == BOND);
        assert_eq!(worker(seats[0]).valid, 0);
    });
}

#[test]
fn chunk_that_nobody_can_compute_is_given_up_after_a_few() {
    Chain::new().devices(20).run(|| {
        let job = post(terms(1, 1));
        let mut declined = 0;
        while stage(job, 0) == Stage::Computing && declined < 99 {
            for n in seated(job, 0) {
                say(job, 0, n, Answer::Declined).unwrap();
                declined += 1;
            }
            pass(1);
        }
        assert_eq!(stage(job, 0), Stage::Failed);
        assert!((types::MAX_GONE..types::MAX_GONE + 2).contains(&declined), "{declined}");
    });
}
