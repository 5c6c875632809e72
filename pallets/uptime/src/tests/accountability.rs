//! Who is accused, how often, and what it costs.

use crate::{
    mock::*,
    types::{self, Offending},
    *,
};
use frame_support::{assert_noop, assert_ok, weights::Weight};
use sp_runtime::Perbill;
use vouch_primitives::{
    audit::{Misconduct, ReportId},
    traits::{DeviceRegistry, ProberDirectory},
    Bitmap, Lane, Points, ProberNumber,
};

/// An offence by a report of an epoch of its own.
fn offending(kind: Misconduct, round: u32) -> Offending {
    Offending { kind, report: ReportId { round, cohort: 0, prober: 3 }, session: 1, epoch: round }
}

/// A block in which transactions leave no room but for one offence.
fn report_one() {
    Uptime::report_offence_within(Weight::MAX);
}

fn fractions() -> Vec<Perbill> {
    Offences::get().iter().map(|offence| offence.fraction).collect()
}

/// Accuses a prober over a report that was drawn for an audit, if that is what it is accused for.
fn accuse(prober: ProberNumber, offending: Offending, points: Points) {
    let index = prober as usize;
    Standings::<Test>::mutate(0, |standings| {
        while standings.len() <= index {
            standings.try_push(Default::default()).unwrap();
        }
        standings[index].audited += u32::from(offending.kind != Misconduct::Outlier);
    });
    Uptime::accuse(prober, offending, points);
}

/// A cohort of 1,000 devices, of which the last 400 are down.
fn large_cohort() -> (Vec<Lane>, Vec<Lane>) {
    Registered::mutate(|cohorts| {
        cohorts[0].enrolled = (0..1_000).collect::<Bitmap>();
        cohorts[0].absences.clear();
    });
    assert_eq!(MockRegistry::view(0, round()).active.count(), 1_000);
    ((0..600).collect(), (0..1_000).collect())
}

#[test]
fn repetition_costs_more_each_time() {
    TestExt::new().build_and_execute(|| {
        for round in 0..3 {
            accuse(5, offending(Misconduct::Silence, round), 7);
            next_round();
        }
        accuse(5, offending(Misconduct::WrongOpening, 3), 7);
        next_block();
        assert_eq!(fractions(), [2, 4, 6, 20].map(Perbill::from_percent));
        let record = Uptime::prober_record(5);
        assert_eq!((record.silent, record.failed, record.forfeited, record.strikes), (3, 1, 28, 4));
        // It never costs more than everything.
        assert_eq!(Uptime::slash_fraction(Perbill::from_percent(30), 9), Perbill::one());
        assert_eq!(Uptime::slash_fraction(Perbill::one(), u32::MAX), Perbill::one());
    });
}

#[test]
fn offences_of_one_epoch_are_one_incident_and_cost_what_the_gravest_does() {
    TestExt::new().build_and_execute(|| {
        let of_epoch = |epoch, kind, round| Offending { epoch, ..offending(kind, round) };
        // GIVEN a node that is gone, with many audits to answer
        for round in 0..20 {
            accuse(5, of_epoch(7, Misconduct::Silence, round), 7);
            next_block();
        }
        assert_eq!(fractions(), [Perbill::from_percent(2)]);
        let record = Uptime::prober_record(5);
        assert_eq!((record.silent, record.forfeited, record.strikes), (20, 140, 1));
        // WHEN it also answers wrongly for that epoch, THEN that costs the difference
        accuse(5, of_epoch(7, Misconduct::WrongOpening, 20), 0);
        accuse(5, of_epoch(7, Misconduct::WrongOpening, 21), 0);
        next_block();
        assert_eq!(fractions(), [2, 5].map(Perbill::from_percent));
        assert_eq!(Uptime::prober_record(5).last_offence.map(|(kind, _)| kind), Some(Misconduct::WrongOpening));
        // AND other epochs count anew, each once, in whatever order they come to light.
        for (epoch, strikes) in [(9, 2), (8, 3), (9, 3), (7, 3), (6, 4), (8, 4)] {
            accuse(5, of_epoch(epoch, Misconduct::Silence, 30 + epoch), 0);
            assert_eq!(Uptime::prober_record(5).strikes, strikes, "epoch {epoch}");
        }
        // What is older than 32 epochs was counted when it was found.
        accuse(5, of_epoch(60, Misconduct::Silence, 90), 0);
        accuse(5, of_epoch(20, Misconduct::Silence, 90), 0);
        assert_eq!(Uptime::prober_record(5).strikes, 5);
    });
}

#[test]
fn validator_with_three_strikes_probes_no_more_until_they_are_forgotten() {
    TestExt::new().round_length(2).build_and_execute(|| {
        for round in 0..3 {
            let probing = |prober: u8| {
                Uptime::prober_set(CurrentSet::<Test>::get()).contains(&sp_core::Pair::public(&pair(prober)))
            };
            new_session(0..12);
            assert!(probing(5));
            accuse(5, offending(Misconduct::Silence, round), 0);
            report_one();
        }
        new_session(0..12);
        next_round();
        assert_eq!(Uptime::prober_count(), 11);
        assert!(Uptime::prober_set(Uptime::current_round().prober_set)
            .iter()
            .all(|key| *key != sp_core::Pair::public(&pair(5))));
        // The mock's memory is a hundred rounds.
        (0..102).for_each(|_| next_round());
        new_session(0..12);
        next_round();
        assert_eq!(Uptime::prober_count(), 12);
    });
}

#[test]
fn old_offences_are_forgotten() {
    TestExt::new().build_and_execute(|| {
        accuse(5, offending(Misconduct::Silence, 0), 0);
        next_round();
        accuse(5, offending(Misconduct::Silence, 100), 0);
        next_round();
        accuse(5, offending(Misconduct::Silence, 201), 0);
        next_block();
        assert_eq!(fractions(), [2, 4, 2].map(Perbill::from_percent));
        assert_eq!(Uptime::prober_record(5).silent, 3);
    });
}

#[test]
fn offences_wait_for_a_block_with_room_and_are_told_once() {
    TestExt::new().build_and_execute(|| {
        IdleWeight::set(Weight::zero());
        for (round, prober) in [4, 5, 4, 6].into_iter().enumerate() {
            accuse(prober, offending(Misconduct::Silence, round as u32), 0);
            next_round();
        }
        next_block();
        assert!(Offences::get().is_empty());
        let each = <() as WeightInfo>::report_accused() + OffenceWeight::get();
        let look = <() as WeightInfo>::look_for_accused();
        let too_little = look + each - Weight::from_parts(1, 0);
        assert_eq!(Uptime::report_offence_within(too_little), look);
        assert!(Offences::get().is_empty());
        // One a block, the oldest first. What was found meanwhile counts too.
        assert_eq!(Uptime::report_offence_within(look + each), look + each);
        assert_eq!((Offences::get()[0].offender, Offences::get()[0].fraction), (4, Perbill::from_percent(4)));
        assert_eq!(Uptime::report_offence_within(Weight::MAX), look + each);
        assert_eq!(Uptime::report_offence_within(Weight::MAX), look + each);
        assert_eq!(Offences::get().iter().map(|offence| offence.offender).collect::<Vec<_>>(), [4, 5, 6]);
        assert_eq!(Uptime::report_offence_within(Weight::MAX), look);
    });
}

#[test]
fn whoever_cannot_be_held_to_account_stops_nobody_else() {
    TestExt::new().build_and_execute(|| {
        new_session(201..203);
        next_round();
        let gone = Uptime::number(&201).unwrap();
        accuse(gone, offending(Misconduct::Silence, 0), 0);
        accuse(5, offending(Misconduct::Silence, 1), 0);
        // Known to those who slash already.
        accuse(6, offending(Misconduct::Silence, 1), 0);
        // The same report for another reason is another offence.
        accuse(7, offending(Misconduct::Outlier, 1), 0);
        (0..4).for_each(|_| report_one());
        assert_eq!(Offences::get().iter().map(|offence| offence.offender).collect::<Vec<_>>(), [5, 7]);
        assert_eq!(AccusedQueue::<Test>::get(), (4, 4));
    });
}

#[test]
fn pay_falls_with_the_distance_from_the_tally() {
    TestExt::new().build_and_execute(|| {
        let (up, all) = large_cohort();
        let drawn = members(0);
        for (n, member) in drawn.iter().enumerate() {
            let lanes = match n {
                0 => all.clone(),
                1 => vec![],
                2 => (0..300).chain(600..800).collect(),
                _ => up.clone(),
            };
            assert_ok!(submit(report(0, *member, lanes)));
        }
        rounds_later(2);
        let [lazy, griefer, half, honest] = [0, 1, 2, 3].map(|n| probing(drawn[n]));
        assert_eq!(honest, 1_000 * 1_000 / 64);
        // A few lanes of each kind are taken as right in advance; one that knows half of it earns next to nothing.
        assert!([lazy, griefer, half].iter().all(|paid| *paid < honest / 12), "{lazy} {griefer} {half} {honest}");
        let record = Uptime::prober_record(drawn[3].into());
        assert_eq!((record.reports, record.lanes, record.accuracy, record.outliers), (1, 1_000, 1_000, 0));
        let record = Uptime::prober_record(drawn[1].into());
        assert_eq!((record.reports, record.outliers, record.deviation), (1, 1, 3));
    });
}

#[test]
fn repeated_outlier_is_accused_and_a_rare_one_is_not() {
    TestExt::new().round_length(4).probers(7).build_and_execute(|| {
        let (up, _) = large_cohort();
        for n in 0..40 {
            for member in members(0) {
                let lies = match member {
                    0 => true,
                    1 => n % 5 == 0,
                    _ => false,
                };
                assert_ok!(submit(report(0, member, if lies { vec![] } else { up.clone() })));
            }
            rounds_later(1);
        }
        let offences = Offences::get();
        // Ten outliers bring it up to the limit, three times in 38 rounds that are measured.
        assert_eq!(
            offences.iter().map(|offence| (offence.offender, offence.kind)).collect::<Vec<_>>(),
            [(0, Misconduct::Outlier), (0, Misconduct::Outlier), (0, Misconduct::Outlier)]
        );
        assert_eq!(fractions(), [1, 2, 3].map(Perbill::from_percent));
        assert_eq!(offences[0].report.round, 9);
        assert_eq!((Uptime::prober_record(1).outliers, Uptime::prober_record(1).strikes), (8, 0));
    });
}

#[test]
fn divided_committee_accuses_and_pays_nobody() {
    TestExt::new().round_length(4).build_and_execute(|| {
        let (up, _) = large_cohort();
        for _ in 0..20 {
            for (n, member) in members(0).into_iter().enumerate() {
                assert_ok!(submit(report(0, member, if n < 3 { vec![] } else { up.clone() })));
            }
            rounds_later(1);
        }
        rounds_later(1);
        assert!(Offences::get().is_empty());
        // They agree on what is down, and where nothing is up there is nothing to be paid for.
        assert!(Probing::get().values().all(|points| *points == 0));
    });
}

#[test]
fn suspicion_passes_with_good_reports() {
    TestExt::new().round_length(4).probers(7).build_and_execute(|| {
        let (up, _) = large_cohort();
        for n in 0..7 {
            for member in members(0) {
                assert_ok!(submit(report(0, member, if member == 2 && n == 0 { vec![] } else { up.clone() })));
            }
            rounds_later(1);
            // One outlier in round 0, known in round 2, made good by three reports.
            assert_eq!(Uptime::is_suspect(0, 2), (1..4).contains(&n), "after round {n}");
        }
        assert!(!Uptime::is_suspect(0, 3) && !Uptime::is_suspect(0, 99) && !Uptime::is_suspect(9, 0));
    });
}

#[test]
fn validators_keep_their_number() {
    TestExt::new().build_and_execute(|| {
        assert_eq!((Uptime::number(&3), Uptime::account(3), ProberCount::<Test>::get()), (Some(3), Some(3), 12));
        new_session(20..22);
        next_round();
        assert_eq!((Uptime::number(&20), Uptime::number(&21)), (Some(12), Some(13)));
        new_session(3..5);
        next_round();
        assert_eq!((Uptime::number(&3), ProberCount::<Test>::get()), (Some(3), 14));
        assert_eq!(Uptime::account(14), None);
        assert_eq!(Uptime::number(&77), None);
        let member = Uptime::member(Uptime::current_round().prober_set, 1).unwrap();
        assert_eq!((member.key, member.number), (sp_core::Pair::public(&pair(4)), 4));
    });
}

#[test]
fn one_member_can_be_read_out_of_any_set() {
    for probers in [1u8, 63, 64, 100] {
        TestExt::new().probers(probers).build_and_execute(|| {
            let all = ProberSets::<Test>::get(0);
            for index in 0..u16::from(probers) {
                assert_eq!(Uptime::member(0, index).as_ref(), all.get(usize::from(index)));
            }
            assert_eq!(Uptime::member(0, probers.into()), None);
            assert_eq!(Uptime::member(1, 0), None);
        });
    }
}

#[test]
fn governance_cannot_make_lying_pay() {
    TestExt::new().build_and_execute(|| {
        // GIVEN a stake of 10,000, of which a silent liar loses two percent, and at most 50 to gain by a lie
        LeastStake::set(10_000);
        MostGain::set(50);
        let set = |audit, slash_wrong, slash_silent| {
            let [audit, slash_wrong, slash_silent] = [audit, slash_wrong, slash_silent].map(Perbill::from_percent);
            Uptime::set_params(RuntimeOrigin::root(), types::Params { audit, slash_wrong, slash_silent, ..params() })
        };
        // THEN a quarter of the reports has to be audited
        assert_noop!(set(24, 5, 2), Error::<Test>::LyingWouldPay);
        assert_ok!(set(25, 5, 2));
        assert_eq!(Uptime::expected_penalty(), 50);
        // AND the cheaper of the two ways to fail an audit counts.
        assert_noop!(set(25, 5, 1), Error::<Test>::LyingWouldPay);
        assert_noop!(set(25, 1, 5), Error::<Test>::LyingWouldPay);
        assert_ok!(set(100, 1, 1));
    });
}
