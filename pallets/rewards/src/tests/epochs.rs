//! Counting rounds, closing epochs, emission and its division.

use super::*;
use sp_arithmetic::Perquintill;

#[test]
fn genesis_opens_the_first_epoch_and_endows_the_pot() {
    Chain::new().build_and_execute(|| {
        let expected = EpochInfo {
            index: 0,
            rounds_done: 0,
            rounds_per_epoch: 2,
            emission: 1_000,
            uptime_budget: 1_000,
            total_points: 0,
            work_budget: 0,
            work_points: 0,
            max_work_rate: Balance::MAX,
        };
        assert_eq!(Rewards::epoch_info(), expected);
        assert_eq!(Rewards::last_rate_of(Pool::Uptime), None);
        assert_eq!(balance(Rewards::pot()), EXISTENTIAL_DEPOSIT);
        assert_eq!(Balances::total_issuance(), 2 * RICH + EXISTENTIAL_DEPOSIT);
    });
}

#[test]
fn epoch_closes_with_its_last_round() {
    Chain::new().rounds_per_epoch(3).build_and_execute(|| {
        credit(place(0, 0), 300);
        assert_eq!(Rewards::on_round_closed(0), <() as WeightInfo>::count_round());
        assert_eq!(Rewards::on_round_closed(1), <() as WeightInfo>::count_round());
        assert_eq!((Rewards::current_epoch(), Rewards::epoch_info().rounds_done, events().len()), (0, 2, 0));
        assert_eq!(Rewards::on_round_closed(2), <() as WeightInfo>::close_epoch());
        assert_eq!((Rewards::current_epoch(), Rewards::epoch_info().rounds_done), (1, 0));
        assert_eq!(Rewards::last_rate_of(Pool::Uptime), Some(3));
        let closed = Event::EpochClosed {
            epoch: 0,
            minted: 1_000,
            total_points: 300,
            rate: 3,
            treasury: 0,
            probing_points: 0,
            probing_rate: 0,
            work_points: 0,
            work_rate: 0,
        };
        assert_eq!(events(), vec![closed]);
    });
}

#[test]
fn what_rounding_leaves_is_paid_by_the_next_epoch() {
    Chain::new().build_and_execute(|| {
        // GIVEN an epoch whose 1,000 planck pay 300 points 3 each
        credit(place(0, 0), 300);
        close_epoch();
        assert_eq!((accrued(place(0, 0)), carried().uptime), (900, 100));
        assert_eq!(Rewards::epoch_info().uptime_budget, 1_100);
        // WHEN the next has 275 points
        credit(place(0, 1), 275);
        close_epoch();
        // THEN its 1,100 planck pay 4 each
        assert_eq!((accrued(place(0, 1)), carried().uptime), (1_100, 0));
    });
}

#[test]
fn epoch_in_which_nobody_earned_carries_no_more_than_its_share() {
    Chain::new().endow(TREASURY, RICH).build_and_execute(|| {
        close_epoch();
        assert_eq!((Rewards::last_rate_of(Pool::Uptime), carried().uptime, pot()), (Some(0), 1_000, 1_000));
        // However long nobody earns, the first to earn gets no more than two shares.
        for _ in 0..5 {
            close_epoch();
        }
        assert_eq!((carried().uptime, carried().treasury, balance(TREASURY)), (1_000, 0, RICH + 5_000));
        credit(place(0, 0), 1);
        close_epoch();
        assert_eq!((accrued(place(0, 0)), pot()), (2_000, 2_000));
    });
}

#[test]
fn share_that_shrinks_carries_no_more_than_it_is() {
    Chain::new().decay(50, 0).endow(TREASURY, RICH).build_and_execute(|| {
        close_epoch();
        assert_eq!((carried().uptime, Rewards::epoch_info().uptime_budget), (1_000, 1_500));
        close_epoch();
        assert_eq!((carried().uptime, balance(TREASURY)), (500, RICH + 1_000));
    });
}

#[test]
fn what_rounding_leaves_beyond_a_share_is_the_treasurys() {
    Chain::new().endow(TREASURY, RICH).build_and_execute(|| {
        close_epoch();
        // 2,000 planck cannot pay 2,001 points.
        credit(place(0, 0), 2_001);
        close_epoch();
        assert_eq!(
            (carried().uptime, balance(TREASURY), Rewards::last_rate_of(Pool::Uptime)),
            (1_000, RICH + 1_000, Some(0))
        );
    });
}

#[test]
fn more_points_than_planck_pay_nothing_and_lose_nothing() {
    Chain::new().build_and_execute(|| {
        credit(place(0, 0), 1_001);
        close_epoch();
        assert_eq!((Rewards::last_rate_of(Pool::Uptime), accrued(place(0, 0))), (Some(0), 0));
        credit(place(0, 0), 100);
        close_epoch();
        assert_eq!(accrued(place(0, 0)), 2_000);
    });
}

#[test]
fn unused_shares_are_carried_and_the_treasury_is_paid() {
    Chain::new().split(split(40, 20, 15, 15, 10)).endow(TREASURY, RICH).build_and_execute(|| {
        credit(place(0, 0), 4);
        Rewards::credit_probers(&[(0, 3)]);
        close_epoch();
        close_epoch();
        // Staking is carried without bound, pools up to their share.
        let books = Books::<Test>::get();
        assert_eq!(books.carried, Shares { uptime: 400, work: 200, probing: 150, staking: 300, treasury: 0 });
        assert_eq!((books.outstanding, books.treasury, balance(TREASURY)), (550, 400, RICH + 400));
        assert_eq!(pot(), 1_600);
    });
}

#[test]
fn missing_treasury_is_paid_once_its_share_can_create_it() {
    // 4 planck an epoch, existential deposit 10
    Chain::new().emission(40).split(split(0, 0, 0, 90, 10)).build_and_execute(|| {
        close_epoch();
        close_epoch();
        assert_eq!((carried().treasury, balance(TREASURY), pot()), (8, 0, 80));
        close_epoch();
        assert_eq!((carried().treasury, balance(TREASURY), pot()), (0, 12, 108));
    });
}

#[test]
fn emission_decays_to_its_floor() {
    Chain::new().decay(50, 200).build_and_execute(|| {
        let minted: Vec<Balance> = (0..4)
            .map(|_| {
                let before = Books::<Test>::get().minted;
                close_epoch();
                Books::<Test>::get().minted - before
            })
            .collect();
        assert_eq!(minted, [1_000, 500, 250, 200]);
    });
}

#[test]
fn emission_that_cannot_be_minted_pays_from_what_was_carried() {
    Chain::new().emission(u128::MAX / 2).build_and_execute(|| {
        // GIVEN a first epoch that nobody earned in, and a token that has no room for a second
        close_epoch();
        assert_eq!(carried().uptime, u128::MAX / 2);
        let issuance = Balances::total_issuance();
        // WHEN somebody earns all of the second
        credit(place(0, 0), 1);
        close_epoch();
        // THEN nothing is minted, and what was carried is paid
        assert_eq!(Balances::total_issuance(), issuance);
        assert_eq!(accrued(place(0, 0)), u128::MAX / 2);
        let books = Books::<Test>::get();
        assert!(books.minted < books.granted);
    });
}

#[test]
fn nothing_is_minted_where_nothing_is_granted() {
    Chain::new().emission(0).build_and_execute(|| {
        let issuance = Balances::total_issuance();
        credit(place(0, 0), 5);
        close_epoch();
        assert_eq!((Balances::total_issuance(), accrued(place(0, 0))), (issuance, 0));
    });
}

/// Bytes of trie read by closing an epoch after `cohorts` full cohorts earned in it and in the one before.
fn read_by_closing(cohorts: CohortId) -> usize {
    let chain = Chain::new().rounds_per_epoch(1).emission(10_000_000).split(split(50, 50, 0, 0, 0)).holdback(50, 1);
    let mut ext = chain.build();
    let earn = || {
        for cohort in 0..cohorts {
            Rewards::credit(cohort, &[1; LANES]);
            Rewards::credit_work(place(cohort, 0), 1);
        }
    };
    ext.execute_with(|| {
        for _ in 0..2 {
            earn();
            close_round();
        }
        earn();
    });
    ext.commit_all().expect("changes can be committed");
    let ((), proof) = ext.execute_and_prove(close_round);
    ext.execute_with(|| assert_eq!(Rewards::last_rate_of(Pool::Uptime).map(|rate| rate > 0), Some(true)));
    proof.into_nodes().iter().map(Vec::len).sum()
}

#[test]
fn closing_reads_no_page_however_many_cohorts_there_are() {
    // Only paths through the trie may grow: 64 cohorts have 128 pages of 4 KiB and 192 of 16 KiB.
    let (few, many) = (read_by_closing(1), read_by_closing(64));
    assert!(many < few + 1_024, "closing reads {few} bytes with one cohort and {many} with 64");
}

#[test]
fn closing_writes_no_page() {
    Chain::new().emission(1_000_000).split(split(50, 20, 30, 0, 0)).holdback(50, 1).build_and_execute(|| {
        (0..5).for_each(|cohort| Rewards::credit(cohort, &[1; LANES]));
        Rewards::credit_probers(&[(0, 1), (LANES as ProberNumber, 2)]);
        for place in [place(0, 0), place(7, 1)] {
            Rewards::credit_work(place, 5);
        }
        close_epoch();
        (0..4).for_each(|cohort| Rewards::credit(cohort, &[2; LANES]));
        Rewards::credit_probers(&[(0, 1)]);
        Rewards::credit_work(place(0, 0), 1);
        assert_eq!(Held::<Test>::iter().count(), 4);
        let pages = || {
            let accrued: Vec<_> = Accrued::<Test>::iter().collect();
            (PointsPages::<Test>::iter().collect::<Vec<_>>(), accrued, Held::<Test>::iter().collect::<Vec<_>>())
        };
        let before = pages();
        close_epoch();
        assert!(pages() == before);
    });
}

#[test]
fn changed_initial_amount_starts_the_curve_anew_and_an_unchanged_one_goes_on() {
    let params = |initial, decay| EpochParams {
        curve: Curve { initial, decay: Perquintill::from_percent(decay), floor: 10 },
        ..Default::default()
    };
    let epoch = RunningEpoch { emission: 400u128, index: 7, ..RunningEpoch::first(params(1_000, 50)) };
    assert_eq!(epoch.following(params(1_000, 50)).emission, 200);
    assert_eq!(epoch.following(params(1_000, 25)).emission, 300);
    assert_eq!(epoch.following(params(999, 50)).emission, 999);
    assert_eq!((epoch.following(params(1_000, 100)).emission, epoch.following(params(1_000, 50)).index), (10, 8));
}
