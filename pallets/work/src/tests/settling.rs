use super::*;

#[test]
fn two_that_agree_are_paid_and_credited_and_the_rest_goes_back() {
    Chain::new().devices(5).run(|| {
        let before = Balances::free_balance(requester());
        let job = post(terms(7, 4));
        // GIVEN both chunks are handed out, the second with three tasks.
        assert_eq!((seated(job, 0).len(), seated(job, 1).len()), (2, 2));
        for chunk in [0, 1] {
            for n in seated(job, chunk) {
                answer(job, chunk, n, None).unwrap();
            }
            assert_eq!(stage(job, chunk), Stage::Revealing);
        }
        // WHEN anybody reveals what they found.
        reveal_truth(job, 0).unwrap();
        let paid: Vec<_> = seated(job, 0).into_iter().map(|n| free(n) - RICH).collect();
        reveal_truth(job, 1).unwrap();
        // THEN each is paid for its tasks, points are what the fuel makes, and the job has ended.
        assert!(paid.iter().all(|paid| *paid == 4 * UNIT), "{paid:?}");
        let fuel = |tasks: core::ops::Range<u32>| tasks.map(|task| truth(task).fuel).sum::<u64>();
        assert_eq!(stage(job, 1), Stage::Settled(result(&terms(7, 4), 1, None)));
        let credited = Credited::get().values().sum::<u32>();
        assert_eq!(credited, 2 * (fuel(0..4) / 1_000_000 + fuel(4..7) / 1_000_000) as u32);
        pass(1);
        assert_eq!(Balances::free_balance(requester()), before - 14 * UNIT - 2 * 5);
        Work::close(RuntimeOrigin::signed(requester()), job).unwrap();
        assert_eq!(Balances::free_balance(requester()), before - 14 * UNIT);
        assert!((0..5).all(|n| bond(n) == BOND));
    });
}

#[test]
fn third_answer_outvotes_a_liar_who_pays_for_it() {
    Chain::new().devices(5).run(|| {
        let job = post(terms(4, 4));
        let seats: Vec<_> = seated(job, 0).into_iter().collect();
        answer(job, 0, seats[0], Some((2, 9))).unwrap();
        answer(job, 0, seats[1], None).unwrap();
        // Nobody can show a quorum, so a third is asked once the time to reveal is over.
        assert_eq!(reveal_truth(job, 0), refused(Refusal::NoQuorum));
        pass(2);
        let third = *seated(job, 0).iter().find(|n| !seats.contains(n)).unwrap();
        answer(job, 0, third, None).unwrap();
        reveal_truth(job, 0).unwrap();
        assert_eq!((free(seats[0]), bond(seats[0])), (RICH, BOND - BOND / 10));
        assert!([seats[1], third].iter().all(|n| free(*n) == RICH + 4 * UNIT && bond(*n) == BOND));
        assert_eq!((worker(seats[0]).valid, worker(third).valid), (0, 1));
        // AND the receipt tells whom it contradicted.
        let receipt = ReceiptsOf::<Test>::get(place(seats[0])).pop().unwrap();
        let against = device(seats[1]);
        let outcome = vouch_primitives::work::api::Outcome::Refused { against, task: None, fine: BOND / 10 };
        assert_eq!(receipt.outcome, outcome);
    });
}

#[test]
fn who_vanishes_is_replaced_unpaid_and_rests() {
    Chain::new().devices(5).run(|| {
        let job = post(terms(4, 4));
        let seats: Vec<_> = seated(job, 0).into_iter().collect();
        answer(job, 0, seats[0], None).unwrap();
        pass(3);
        // Its time is over.
        assert_eq!(answer(job, 0, seats[1], None), refused(Refusal::NoSeat));
        assert!(worker(seats[1]).missed == 1 && worker(seats[1]).from > Round::get());
        let other = *seated(job, 0).iter().find(|n| **n != seats[0]).unwrap();
        answer(job, 0, other, None).unwrap();
        reveal_truth(job, 0).unwrap();
        assert_eq!((free(seats[1]), bond(seats[1])), (RICH, BOND));
        assert_eq!(free(other), RICH + 4 * UNIT);
    });
}

#[test]
fn who_declines_loses_nothing_and_somebody_else_is_asked() {
    Chain::new().devices(6).run(|| {
        let job = post(terms(4, 4));
        for n in seated(job, 0) {
            say(job, 0, n, Answer::Declined).unwrap();
            assert_eq!((worker(n).busy, worker(n).missed, worker(n).held.len()), (0, 0, 0));
        }
        pass(1);
        assert_eq!(seated(job, 0).len(), 2);
    });
}

#[test]
fn job_that_nobody_can_compute_is_given_up_and_costs_one_quorum() {
    Chain::new().devices(4).run(|| {
        let before = Balances::free_balance(requester());
        let job = post(terms(4, 4));
        while !stage(job, 0).is_final() {
            for n in seated(job, 0) {
                say(job, 0, n, Answer::Declined).unwrap();
            }
            pass(1);
        }
        assert_eq!(stage(job, 0), Stage::Failed);
        Work::close(RuntimeOrigin::signed(requester()), job).unwrap();
        // Two devices' pay for four tasks.
        assert_eq!(Balances::free_balance(requester()), before - 8 * UNIT);
    });
}

#[test]
fn long_record_is_believed_alone_unless_drawn_for_a_check() {
    Chain::new().devices(6).run(|| {
        let adaptive = Terms { adaptive: true, replicas: 2, price: UNIT, ..terms(60, 1) };
        let (mut alone, mut checked) = (0, 0);
        let job = post(Terms { deadline: 400, ..adaptive });
        while Jobs::<Test>::get(job).unwrap().settled < 60 {
            for chunk in 0..Jobs::<Test>::get(job).unwrap().next {
                for n in seated(job, chunk) {
                    let _ = answer(job, chunk, n, None);
                }
                let was = Chunks::<Test>::get(job, chunk).unwrap();
                if reveal_truth(job, chunk).is_ok() && was.wanted == 1 {
                    alone += 1;
                } else if was.fills > 1 && was.stage == Stage::Revealing {
                    checked += 1;
                }
            }
            pass(1);
        }
        // The floor is a fifth; the binomial mean of about fifty is ten.
        assert!(alone >= 20 && checked >= 2, "{alone} alone, {checked} checked");
        // AND it is never done where a lie would pay: the price of a task is above what a check costs.
        let dear = post(Terms { adaptive: true, price: BOND, deadline: 400, ..terms(1, 1) });
        assert_eq!(Chunks::<Test>::get(dear, 0).unwrap().wanted, 2);
        // NOR where the requester asked for full redundancy.
        let full = post(Terms { deadline: 400, ..terms(1, 1) });
        assert_eq!(Chunks::<Test>::get(full, 0).unwrap().wanted, 2);
    });
}

#[test]
fn who_lies_while_it_is_believed_is_fined_if_it_is_checked() {
    Chain::new().devices(6).run(|| {
        let job = post(Terms { adaptive: true, deadline: 400, ..terms(40, 1) });
        let (mut lied, mut caught) = (0, 0);
        while Jobs::<Test>::get(job).unwrap().open() > 0 || Jobs::<Test>::get(job).unwrap().next < 40 {
            for chunk in 0..Jobs::<Test>::get(job).unwrap().next {
                let state = Chunks::<Test>::get(job, chunk).unwrap();
                for n in seated(job, chunk) {
                    let alone = state.wanted == 1;
                    lied += u32::from(answer(job, chunk, n, alone.then_some((0, 7))).is_ok() && alone);
                }
                let _ = reveal_truth(job, chunk).is_ok()
                    || reveal(job, chunk, result(&terms_of(job), chunk, Some((0, 7)))).is_ok();
            }
            pass(1);
        }
        caught += events().iter().filter(|event| matches!(event, Event::Refused { .. })).count() as u32;
        assert!(lied > 0 && caught > 0, "{lied} lies, {caught} found");
        // A lie that is found ends the trust.
        assert!(caught as u128 * BOND / 10 > u128::from(lied) * UNIT, "lying paid");
    });
}

#[test]
fn answers_of_the_api_tell_a_device_what_it_has_to_do_and_what_became_of_it() {
    Chain::new().devices(5).run(|| {
        let job = post(terms(7, 4));
        let n = *seated(job, 1).first().unwrap();
        let assignments = Work::assignments(&device(n));
        let assigned = assignments.iter().find(|assigned| assigned.chunk == 1).unwrap();
        assert_eq!((assigned.job, &assigned.terms), (job, &terms(7, 4)));
        assert!(assigned.state.stage == Stage::Computing && assigned.state.due == Round::get() + 2);
        assert_eq!(assigned.state.seats.iter().filter(|seat| seat.device == device(n)).count(), 1);
        for n in seated(job, 1) {
            answer(job, 1, n, None).unwrap();
        }
        reveal_truth(job, 1).unwrap();
        assert!(Work::assignments(&device(n)).iter().all(|assigned| assigned.chunk != 1));
        let receipt = Work::receipts(&device(n)).pop().unwrap();
        assert_eq!((receipt.job, receipt.chunk, receipt.fuel), (job, 1, result(&terms(7, 4), 1, None).fuel));
        let info = Work::job(job).unwrap();
        assert_eq!((info.chunks, info.open, info.settled, info.paid), (2, 1, 1, 6 * UNIT));
        assert_eq!(Work::jobs(0, 10), vec![info]);
        assert!(Work::jobs(0, 0).is_empty() && Work::jobs(1, 10).is_empty() && Work::chunk(job, 2).is_none());
        assert_eq!((Work::workers(), Work::worker(&device(9))), (5, None));
    });
}
