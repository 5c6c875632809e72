use super::*;
use frame_support::assert_noop;
use sp_arithmetic::Perquintill;

fn refuse(terms: Terms<Balance>, error: Error<Test>) {
    assert_noop!(Work::post_job(RuntimeOrigin::signed(requester()), Box::new(terms)), error);
}

#[test]
fn terms_that_make_no_sense_are_refused() {
    Chain::new().run(|| {
        let good = || terms(4, 2);
        refuse(Terms { tasks: 0, ..good() }, Error::NoTasks);
        refuse(Terms { chunk_tasks: 0, ..good() }, Error::BadChunkSize);
        refuse(Terms { chunk_tasks: 129, ..good() }, Error::BadChunkSize);
        refuse(Terms { fuel: 0, ..good() }, Error::BadFuel);
        refuse(Terms { fuel: 10_000_001, ..good() }, Error::BadFuel);
        refuse(Terms { memory: 0, ..good() }, Error::BadMemory);
        refuse(Terms { memory: 257, ..good() }, Error::BadMemory);
        refuse(Terms { quorum: 0, ..good() }, Error::BadReplication);
        refuse(Terms { quorum: 3, ..good() }, Error::BadReplication);
        refuse(Terms { quorum: 1, ..good() }, Error::BadReplication);
        refuse(Terms { quorum: 1, replicas: 1, ..good() }, Error::BadReplication);
        refuse(Terms { quorum: 2, replicas: 4, ..good() }, Error::BadReplication);
        refuse(Terms { limit: 1, ..good() }, Error::BadReplication);
        refuse(Terms { limit: 9, ..good() }, Error::BadReplication);
        refuse(Terms { rounds: 0, ..good() }, Error::BadTime);
        refuse(Terms { rounds: 33, ..good() }, Error::BadTime);
        refuse(Terms { rounds: 1, fuel: 10_000_000, tasks: 21, chunk_tasks: 21, ..good() }, Error::BadTime);
        refuse(Terms { deadline: 3, ..good() }, Error::DeadlineTooNear);
        refuse(Terms { deadline: 8_643, ..good() }, Error::DeadlineTooFar);
        let private = core::net::SocketAddr::from(([10, 0, 0, 1], 80)).into();
        refuse(Terms { source: private, ..good() }, Error::SourceNotAllowed);
        refuse(Terms { price: 1, ..good() }, Error::PriceTooLow);
        refuse(Terms { price: RICH, ..good() }, Error::EscrowUnavailable);
        refuse(Terms { price: Balance::MAX, ..good() }, Error::EscrowUnavailable);
        assert_eq!(NextJob::<Test>::get(), 0);
    });
}

#[test]
fn queue_takes_so_many_and_no_more() {
    Chain::new().run(|| {
        for _ in 0..4 {
            Work::post_job(RuntimeOrigin::signed(requester()), Box::new(terms(1, 1))).unwrap();
        }
        refuse(terms(1, 1), Error::QueueFull);
    });
}

#[test]
fn cancelled_job_still_pays_what_was_handed_out() {
    Chain::new().devices(4).run(|| {
        let job = post(terms(100, 1));
        assert_noop!(Work::cancel(RuntimeOrigin::signed(account(0)), job), Error::<Test>::NotRequester);
        Work::cancel(RuntimeOrigin::signed(requester()), job).unwrap();
        check();
        assert_noop!(Work::cancel(RuntimeOrigin::signed(requester()), job), Error::<Test>::NotRunning);
        assert_noop!(Work::close(RuntimeOrigin::signed(requester()), job), Error::<Test>::NotEnded);
        pass(2);
        let handed_out = Jobs::<Test>::get(job).unwrap().next;
        assert!(handed_out < 100);
        for chunk in 0..handed_out {
            seated(job, chunk).into_iter().for_each(|n| answer(job, chunk, n, None).unwrap());
            reveal_truth(job, chunk).unwrap();
        }
        assert_eq!(Balances::free_balance(requester()), RICH - u128::from(handed_out) * 2 * UNIT - 500);
        // AND closing it takes as many calls as it has records for.
        assert_noop!(Work::close(RuntimeOrigin::signed(account(0)), job), Error::<Test>::NotRequester);
        while Jobs::<Test>::contains_key(job) {
            Work::close(RuntimeOrigin::signed(requester()), job).unwrap();
            check();
        }
        assert_eq!(Balances::free_balance(requester()), RICH - u128::from(handed_out) * 2 * UNIT);
        assert_noop!(Work::close(RuntimeOrigin::signed(requester()), job), Error::<Test>::UnknownJob);
        assert_eq!(Chunks::<Test>::iter().count(), 0);
    });
}

/// Otherwise whoever knows the next seed would cancel every job that it gives to strangers.
#[test]
fn cancelling_does_not_take_back_what_a_seed_draws_that_may_be_known() {
    Chain::new().devices(2).run(|| {
        let id = NextJob::<Test>::get();
        let posted = |terms| Work::post_job(RuntimeOrigin::signed(requester()), Box::new(terms)).unwrap();
        let cancel = |job| Work::cancel(RuntimeOrigin::signed(requester()), job).unwrap();
        // In the round in which it was posted nobody can know anything: all of it goes back at once.
        posted(terms(1, 1));
        cancel(id);
        assert_eq!(Jobs::<Test>::get(id).unwrap().state, JobState::Ended);
        // A round later the seed may be known that it is handed out by in the next.
        posted(terms(3, 1));
        pass(1);
        cancel(id + 1);
        assert_eq!(Jobs::<Test>::get(id + 1).unwrap().ends, 5);
        check();
        pass(1);
        assert!(Jobs::<Test>::get(id + 1).unwrap().next > 0, "strangers are asked, and paid for");
        pass(1);
        assert_ne!(Jobs::<Test>::get(id + 1).unwrap().state, JobState::Running);
    });
}

#[test]
fn nothing_is_handed_out_after_the_deadline_or_by_a_seed_the_requester_may_know() {
    Chain::new().devices(4).run(|| {
        let id = NextJob::<Test>::get();
        let before = Balances::free_balance(requester());
        Work::post_job(RuntimeOrigin::signed(requester()), Box::new(Terms { deadline: 4, ..terms(1, 1) })).unwrap();
        pass(1);
        assert_eq!(Jobs::<Test>::get(id).unwrap().next, 0);
        (0..4).for_each(|n| Work::enlist(RuntimeOrigin::signed(account(n)), device(n), 0, 64).unwrap());
        pass(2);
        assert_eq!(Balances::free_balance(requester()), before - 5);
    });
}

#[test]
fn parameters_under_which_work_pays_itself_are_refused() {
    Chain::new().run(|| {
        let params = Parameters::<Test>::get();
        assert_noop!(Work::set_params(RuntimeOrigin::signed(account(0)), params), sp_runtime::DispatchError::BadOrigin);
        for bad in [
            types::Params { max_fuel: 0, ..params },
            types::Params { round_fuel: 0, ..params },
            types::Params { trusted_after: 0, ..params },
            types::Params { recent_rounds: 0, ..params },
            types::Params { recent_rounds: 33, ..params },
        ] {
            assert_noop!(Work::set_params(RuntimeOrigin::root(), bad), Error::<Test>::BadParams);
        }
        MostPerPoint::set(3 * params.least_price / 2 + 1);
        assert_noop!(Work::set_params(RuntimeOrigin::root(), params), Error::<Test>::WorkWouldPayItself);
        MostPerPoint::set(3 * params.least_price / 2);
        let rare = types::Params { check_floor: Perquintill::from_percent(1), ..params };
        Work::set_params(RuntimeOrigin::root(), rare).unwrap();
        assert_eq!(Parameters::<Test>::get(), rare);
    });
}

/// A requester that serves nobody has strangers decline until its own devices happen to be drawn together.
#[test]
fn serving_nobody_costs_as_much_as_paying_strangers_and_earns_no_points() {
    Chain::new().devices(6).run(|| {
        let job = post(terms(1, 1));
        let first = seated(job, 0);
        first.iter().for_each(|n| say(job, 0, *n, Answer::Declined).unwrap());
        pass(1);
        assert!(events().contains(&Event::FellShort { job, chunk: 0, burnt: 2 * UNIT }));
        assert_eq!(Work::job(job).map(|job| (job.burnt, job.escrow)), Some((2 * UNIT, 4 * UNIT)));
        assert_eq!(Work::chunk(job, 0).map(|chunk| chunk.earns_points), Some(false));
        // Others are asked, and one of them declines: that costs nothing more.
        let second: Vec<_> = seated(job, 0).into_iter().collect();
        assert!(second.len() == 2 && second.iter().all(|n| !first.contains(n)), "{second:?}");
        say(job, 0, second[0], Answer::Declined).unwrap();
        answer(job, 0, second[1], None).unwrap();
        pass(1);
        seated(job, 0).into_iter().filter(|n| *n != second[1]).for_each(|n| answer(job, 0, n, None).unwrap());
        reveal_truth(job, 0).unwrap();
        assert_eq!(Work::job(job).map(|job| (job.burnt, job.paid, job.escrow)), Some((2 * UNIT, 2 * UNIT, 0)));
        assert!(Credited::get().is_empty());
        assert!(matches!(
            Work::receipts(&device(second[1]))[..],
            [vouch_primitives::work::api::Receipt {
                outcome: vouch_primitives::work::api::Outcome::Paid { price: UNIT, points: 0 },
                ..
            }]
        ));
    });
}

#[test]
fn jobs_that_only_some_devices_fit_pay_the_price_and_no_points() {
    for narrow in [
        |terms| Terms { class: Some(0), ..terms },
        |terms| Terms { memory: 65, ..terms },
        |terms: Terms<Balance>| terms,
    ] as [fn(Terms<Balance>) -> Terms<Balance>; 3]
    {
        Chain::new().devices(2).run(|| {
            (0..2).for_each(|n| Work::enlist(RuntimeOrigin::signed(account(n)), device(n), 4, 256).unwrap());
            let job = post(narrow(terms(1, 1)));
            let open = terms_of(job).are_open();
            (0..2).for_each(|n| answer(job, 0, n, None).unwrap());
            reveal_truth(job, 0).unwrap();
            assert_eq!(Credited::get().len(), if open { 2 } else { 0 });
            assert_eq!((free(0), free(1)), (RICH + UNIT, RICH + UNIT));
        });
    }
}

#[test]
fn jobs_posted_at_a_lower_price_earn_no_points_once_it_is_raised() {
    Chain::new().devices(2).run(|| {
        let job = post(terms(1, 1));
        (0..2).for_each(|n| answer(job, 0, n, None).unwrap());
        let params = types::Params { least_price: UNIT, ..Parameters::<Test>::get() };
        Work::set_params(RuntimeOrigin::root(), params).unwrap();
        reveal_truth(job, 0).unwrap();
        assert!(Credited::get().is_empty());
        assert_eq!(free(0), RICH + UNIT);
    });
}
