use super::*;
use frame_support::assert_noop;

#[test]
fn fingerprint_of_another_is_worth_nothing() {
    Chain::new().devices(5).run(|| {
        let job = post(terms(4, 4));
        let seats: Vec<_> = seated(job, 0).into_iter().collect();
        answer(job, 0, seats[0], None).unwrap();
        // WHEN the other republishes what it sees.
        let seen = Chunks::<Test>::get(job, 0).unwrap().seat(&device(seats[0])).unwrap().fingerprint.unwrap();
        say(job, 0, seats[1], Answer::Fingerprint(seen)).unwrap();
        // THEN the two do not match, and it is fined once the truth is found.
        assert_eq!(reveal_truth(job, 0), refused(Refusal::NoQuorum));
        pass(2);
        let third = *seated(job, 0).iter().find(|n| !seats.contains(n)).unwrap();
        answer(job, 0, third, None).unwrap();
        reveal_truth(job, 0).unwrap();
        assert_eq!((free(seats[1]), bond(seats[1])), (RICH, BOND - BOND / 10));
    });
}

#[test]
fn who_waits_for_the_reveal_is_too_late() {
    Chain::new().devices(5).run(|| {
        let job = post(Terms { replicas: 3, ..terms(4, 4) });
        let seats: Vec<_> = seated(job, 0).into_iter().collect();
        for n in &seats[..2] {
            answer(job, 0, *n, None).unwrap();
        }
        // GIVEN nothing can be revealed as long as a seat may still answer.
        assert_eq!(reveal_truth(job, 0), refused(Refusal::WrongStage));
        // Once it may, nobody can answer any more.
        pass(3);
        assert_eq!(answer(job, 0, seats[2], None), refused(Refusal::WrongStage));
        reveal_truth(job, 0).unwrap();
        assert_eq!(answer(job, 0, seats[2], None), refused(Refusal::WrongStage));
        assert_eq!(free(seats[2]), RICH);
    });
}

#[test]
fn only_who_holds_the_seat_answers_and_only_once() {
    Chain::new().devices(5).run(|| {
        let job = post(terms(4, 4));
        let seats: Vec<_> = seated(job, 0).into_iter().collect();
        let stranger = (0..5).find(|n| !seats.contains(n)).unwrap();
        assert_eq!(answer(job, 0, stranger, None), refused(Refusal::NoSeat));
        assert_eq!(
            Work::authorize_answer(job, 9, &device(0), &Answer::Declined, &key(0).sign(b"").into()).map(|_| ()),
            refused(Refusal::UnknownChunk)
        );
        // Somebody else signs for it.
        let (victim, said) = (device(seats[0]), Answer::Declined);
        let forged = key(stranger).sign(&answer_payload(Work::genesis(), job, 0, &said)).into();
        assert_eq!(Work::authorize_answer(job, 0, &victim, &said, &forged).map(|_| ()), refused(Refusal::BadSignature));
        // Its signature for another chunk.
        let other = key(seats[0]).sign(&answer_payload(Work::genesis(), job, 1, &said)).into();
        assert_eq!(Work::authorize_answer(job, 0, &victim, &said, &other).map(|_| ()), refused(Refusal::BadSignature));
        answer(job, 0, seats[0], None).unwrap();
        assert_eq!(say(job, 0, seats[0], Answer::Declined), refused(Refusal::AlreadyAnswered));
        // AND what was authorized in another state does nothing.
        assert_noop!(Work::answer(RawOrigin::Authorized.into(), job, 0, victim, said, forged), Error::<Test>::Outdated);
        let truth = result(&terms_of(job), 0, None);
        assert_noop!(Work::reveal(RawOrigin::Authorized.into(), job, 0, truth), Error::<Test>::Outdated);
    });
}

#[test]
fn guessing_a_yes_or_no_takes_guessing_the_fuel() {
    Chain::new().devices(5).run(|| {
        let job = post(terms(1, 1));
        let seats: Vec<_> = seated(job, 0).into_iter().collect();
        answer(job, 0, seats[0], None).unwrap();
        // The guesser has the right answer, and not the instructions it takes to find it.
        let mut guess = truth(0);
        guess.fuel = 1_000_001;
        let guessed = ChunkResult::new(0, &[guess]).fingerprint(Work::genesis(), job, 0, &device(seats[1]));
        say(job, 0, seats[1], Answer::Fingerprint(guessed)).unwrap();
        assert_eq!(reveal_truth(job, 0), refused(Refusal::NoQuorum));
    });
}

#[test]
fn nobody_is_credited_with_more_fuel_than_the_requester_paid_for() {
    Chain::new().devices(5).run(|| {
        let job = post(terms(1, 1));
        // All seats are of one mind, and invent a result that took more fuel than a task may use.
        let mut invented = truth(0);
        invented.fuel = terms_of(job).fuel + 1;
        let invented = ChunkResult::new(0, &[invented]);
        for n in seated(job, 0) {
            let print = invented.fingerprint(Work::genesis(), job, 0, &device(n));
            say(job, 0, n, Answer::Fingerprint(print)).unwrap();
        }
        assert_eq!(reveal(job, 0, invented), refused(Refusal::TooMuchFuel));
        assert!(Credited::get().is_empty());
    });
}
