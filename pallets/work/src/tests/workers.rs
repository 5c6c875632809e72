use super::*;
use frame_support::assert_noop;

fn signed(n: u8) -> RuntimeOrigin {
    RuntimeOrigin::signed(account(n))
}

#[test]
fn only_owners_enlist_and_within_bounds() {
    Chain::new().devices(2).run(|| {
        assert_noop!(Work::enlist(signed(1), device(0), 1, 64), Error::<Test>::NotOwner);
        assert_noop!(Work::enlist(signed(1), device(9), 1, 64), Error::<Test>::UnknownDevice);
        assert_noop!(Work::enlist(signed(0), device(0), 17, 1), Error::<Test>::TooManySlots);
        assert_noop!(Work::enlist(signed(0), device(0), 1, 63), Error::<Test>::BadMemory);
        assert_noop!(Work::enlist(signed(0), device(0), 1, 257), Error::<Test>::BadMemory);
        assert_noop!(Work::retire(signed(0), device(9)), Error::<Test>::UnknownDevice);
        assert_noop!(Work::retire(signed(1), device(0)), Error::<Test>::NotOwner);
        Work::enlist(signed(0), device(0), 0, 64).unwrap();
        assert_eq!((worker(0).slots, WorkerCount::<Test>::get()), (0, 2));
    });
}

#[test]
fn retiring_closes_the_gap_and_does_not_choose_who_is_drawn() {
    Chain::new().devices(3).run(|| {
        Work::retire(signed(0), device(0)).unwrap();
        assert_eq!(WorkerOf::<Test>::get(place(2)), Some(0));
        assert_eq!(worker(2).from, Round::get() + 2);
        check();
        assert_noop!(Work::retire(signed(0), device(0)), Error::<Test>::NotEnlisted);
        // Who leaves its place is struck off, and the next one there starts anew.
        ReceiptsOf::<Test>::mutate(place(1), |receipts| {
            let outcome = vouch_primitives::work::api::Outcome::Missed;
            receipts
                .try_push(vouch_primitives::work::api::Receipt { job: 0, chunk: 0, epoch: 0, fuel: 0, outcome })
                .unwrap();
        });
        <Work as Engagements>::on_vacate(place(1));
        assert_eq!((WorkerCount::<Test>::get(), Work::worker(&device(1))), (1, None));
        assert!(Work::receipts(&device(1)).is_empty());
        assert_eq!(events().last(), Some(&Event::Retired { device: device(1) }));
    });
}

#[test]
fn who_holds_a_seat_stays() {
    Chain::new().devices(2).run(|| {
        let job = post(terms(1, 1));
        assert_eq!(seated(job, 0).len(), 2);
        assert_noop!(Work::retire(signed(0), device(0)), Error::<Test>::HoldsSeats);
        assert!(<Work as Engagements>::is_engaged(place(0)));
        seated(job, 0).into_iter().for_each(|n| answer(job, 0, n, None).unwrap());
        assert!(<Work as Engagements>::is_engaged(place(0)));
        reveal_truth(job, 0).unwrap();
        assert!(!<Work as Engagements>::is_engaged(place(0)));
    });
}

#[test]
fn devices_of_one_owner_never_confirm_each_other_nor_their_requester() {
    Chain::new().devices(4).run(|| {
        // Three of four are one owner's, the fourth is the requester's.
        Registered::mutate(|registered| {
            for n in 0..3 {
                registered.get_mut(&device(n)).unwrap().owner = account(0);
            }
            registered.get_mut(&device(3)).unwrap().owner = requester();
        });
        let job = post(terms(1, 1));
        pass(5);
        assert!(seated(job, 0).is_empty() && Jobs::<Test>::get(job).unwrap().next == 0);
    });
}

#[test]
fn only_fit_devices_are_given_work() {
    let unfit: [fn(); 5] = [
        || Registered::mutate(|all| all.values_mut().for_each(|entry| entry.up = false)),
        || Registered::mutate(|all| all.values_mut().for_each(|entry| entry.class = 3)),
        || Registered::mutate(|all| all.values_mut().for_each(|entry| entry.bond = BOND / 10 - 1)),
        || Registered::set(Default::default()),
        || (0..4).for_each(|n| Work::enlist(signed(n), device(n), 4, 99).unwrap()),
    ];
    for unfit in unfit {
        Chain::new().devices(4).run(|| {
            unfit();
            let job = post(Terms { class: Some(0), memory: 100, ..terms(1, 1) });
            pass(3);
            assert_eq!(Jobs::<Test>::get(job).unwrap().next, 0);
        });
    }
}

#[test]
fn nobody_is_given_more_than_its_slots() {
    Chain::new().devices(3).run(|| {
        let job = post(terms(50, 1));
        pass(2);
        assert!((0..3).all(|n| worker(n).busy <= 4), "a slot too many");
        // All slots but those that have no partner are taken.
        assert!((0..3).map(|n| worker(n).busy).sum::<u8>() >= 8);
        assert_eq!(Jobs::<Test>::get(job).unwrap().settled, 0);
    });
}

#[test]
fn nobody_is_given_more_than_its_bond_pays_fines_for() {
    Chain::new().devices(3).run(|| {
        Registered::mutate(|all| all.values_mut().for_each(|entry| entry.bond = 3 * BOND / 10 - 1));
        post(terms(50, 1));
        pass(2);
        // Four slots, and two fines.
        assert_eq!((0..3).map(|n| worker(n).held.len()).max(), Some(2));
    });
}

#[test]
fn newcomers_are_not_drawn_by_a_seed_they_may_know() {
    Chain::new().devices(2).run(|| {
        Registered::mutate(|all| {
            all.insert(device(7), Entry { lane: 7, owner: account(7), class: 0, bond: BOND, up: true });
        });
        Work::enlist(signed(7), device(7), 4, 64).unwrap();
        assert_eq!(worker(7).from, Round::get() + 2);
    });
}

#[test]
fn a_new_key_neither_shelters_from_a_fine_nor_loses_the_pay() {
    Chain::new().devices(3).run(|| {
        let job = post(Terms { replicas: 3, ..terms(1, 1) });
        answer(job, 0, 0, Some((0, 9))).unwrap();
        answer(job, 0, 1, None).unwrap();
        // All three change their keys, one of them before it answers.
        for n in 0..3 {
            Registered::mutate(|all| {
                let entry = all.remove(&device(n)).unwrap();
                all.insert(device(n + 20), entry);
            });
            check();
        }
        // The key it was given the seat with may be in other hands.
        assert_eq!(answer(job, 0, 2, None), refused(Refusal::NoSeat));
        assert_eq!(answer(job, 0, 22, None), refused(Refusal::NoSeat));
        pass(3);
        assert_eq!(seated(job, 0), [0, 1].into());
        assert_eq!(Work::worker(&device(22)).map(|worker| worker.missed), Some(1));
    });
}

#[test]
fn paid_and_fined_by_place() {
    Chain::new().devices(3).run(|| {
        let job = post(Terms { replicas: 3, ..terms(1, 1) });
        answer(job, 0, 0, Some((0, 9))).unwrap();
        answer(job, 0, 1, None).unwrap();
        answer(job, 0, 2, None).unwrap();
        for n in 0..3 {
            Registered::mutate(|all| {
                let entry = all.remove(&device(n)).unwrap();
                all.insert(device(n + 20), entry);
            });
        }
        reveal_truth(job, 0).unwrap();
        assert_eq!(Registered::get()[&device(20)].bond, BOND - BOND / 10);
        assert_eq!((free(1), free(2)), (RICH + UNIT, RICH + UNIT));
        assert_eq!(Credited::get().into_keys().collect::<Vec<_>>(), vec![1, 2]);
        assert_eq!(Work::receipts(&device(20)).len(), 1);
    });
}

#[test]
fn who_declines_is_not_asked_again_at_once() {
    Chain::new().devices(2).run(|| {
        let job = post(terms(1, 1));
        say(job, 0, 0, Answer::Declined).unwrap();
        assert_eq!((worker(0).from, worker(0).missed), (Round::get() + 2, 0));
    });
}

/// Whoever knows a seed could otherwise enlist or retire until it draws its own.
#[test]
fn numbers_are_drawn_of_as_many_as_there_were_when_the_seed_was_unknown() {
    Chain::new().devices(4).run(|| {
        assert_eq!((Work::drawn_from(1), Work::drawn_from(2), Work::drawn_from(9)), (0, 4, 4));
        Work::retire(RuntimeOrigin::signed(account(0)), device(0)).unwrap();
        Work::retire(RuntimeOrigin::signed(account(1)), device(1)).unwrap();
        assert_eq!((WorkerCount::<Test>::get(), Work::drawn_from(2), Work::drawn_from(3)), (2, 4, 4));
        assert_eq!(Work::drawn_from(4), 2);
        // Changes of several rounds wait side by side, and what is past is forgotten.
        for round in 3..20 {
            Round::set(round);
            Work::enlist(RuntimeOrigin::signed(account(0)), device(0), 1, 64).unwrap();
            assert_eq!((Work::drawn_from(round), Work::drawn_from(round + 2)), (if round == 3 { 4 } else { 2 }, 3));
            Work::retire(RuntimeOrigin::signed(account(0)), device(0)).unwrap();
            assert!(Work::drawn_from(round + 2) == 2 && DrawnFrom::<Test>::get().len() <= 4);
        }
    });
}
