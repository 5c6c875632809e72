use super::*;
use frame_support::assert_noop;

fn signed(n: u8) -> RuntimeOrigin {
    RuntimeOrigin::signed(account(n))
}

#[test]
fn only_owners_enlist_and_within_bounds() {
    Chain::new().devices(2).run(|| {
        assert_noop!(Work::enlist(signed(1), device(0), 1, 1), Error::<Test>::NotOwner);
        assert_noop!(Work::enlist(signed(1), device(9), 1, 1), Error::<Test>::UnknownDevice);
        assert_noop!(Work::enlist(signed(0), device(0), 17, 1), Error::<Test>::TooManySlots);
        assert_noop!(Work::enlist(signed(0), device(0), 1, 0), Error::<Test>::BadMemory);
        assert_noop!(Work::enlist(signed(0), device(0), 1, 257), Error::<Test>::BadMemory);
        assert_noop!(Work::retire(signed(0), device(9)), Error::<Test>::NotEnlisted);
        assert_noop!(Work::retire(signed(1), device(0)), Error::<Test>::NotOwner);
        Work::enlist(signed(0), device(0), 0, 1).unwrap();
        assert_eq!((worker(0).slots, WorkerCount::<Test>::get()), (0, 2));
    });
}

#[test]
fn retiring_closes_the_gap_and_does_not_choose_who_is_drawn() {
    Chain::new().devices(3).run(|| {
        Work::retire(signed(0), device(0)).unwrap();
        assert_eq!(WorkerOf::<Test>::get(device(2)), Some(0));
        assert_eq!(worker(2).from, Round::get() + 2);
        check();
        // Anybody may once it is not registered.
        Registered::mutate(|registered| registered.remove(&device(1)));
        Work::retire(signed(7), device(1)).unwrap();
        assert_eq!(WorkerCount::<Test>::get(), 1);
    });
}

#[test]
fn who_holds_a_seat_stays() {
    Chain::new().devices(2).run(|| {
        let job = post(terms(1, 1));
        assert_eq!(seated(job, 0).len(), 2);
        assert_noop!(Work::retire(signed(0), device(0)), Error::<Test>::HoldsSeats);
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
        || (0..4).for_each(|n| Work::enlist(signed(n), device(n), 4, 15).unwrap()),
    ];
    for unfit in unfit {
        Chain::new().devices(4).run(|| {
            unfit();
            let job = post(Terms { class: Some(0), ..terms(1, 1) });
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
fn newcomers_are_not_drawn_by_a_seed_they_may_know() {
    Chain::new().devices(2).run(|| {
        Registered::mutate(|all| {
            all.insert(device(7), Entry { owner: account(7), class: 0, bond: BOND, up: true });
        });
        Work::enlist(signed(7), device(7), 4, 64).unwrap();
        assert_eq!(worker(7).from, Round::get() + 2);
    });
}
