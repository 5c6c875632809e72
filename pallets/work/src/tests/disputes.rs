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
