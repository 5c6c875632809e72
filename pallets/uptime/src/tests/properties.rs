//! Whatever happens in whatever order, the promises of the README hold.

use crate::{mock::*, *};
use frame_support::{assert_ok, weights::Weight};
use proptest::{collection::vec, prelude::*};
use sp_runtime::Perbill;
use std::collections::{BTreeMap, BTreeSet};
use vouch_primitives::{
    audit::ReportId,
    points::round_points,
    tally::two_thirds,
    traits::{Attendance, DeviceRegistry},
    Bitmap, CohortId, Lane, Place, RoundIndex,
};

/// What can happen to the chain.
#[derive(Clone, Debug)]
enum Action {
    /// Some blocks pass, with room for this many cohorts of the sweep in each.
    Blocks { blocks: u8, room: u64 },
    /// One who may or may not be a member reports on one cohort that may or may not exist, for a round near the running one.
    Report { cohort: CohortId, prober: u16, up: u8, round: i8 },
    /// The first members of a committee report.
    Committee { cohort: CohortId, members: usize, up: u8 },
    /// A session changes.
    Session { first: u8, probers: u8 },
    /// Governance changes the rounds.
    Params { round_length: u32, committee_size: u32 },
    /// A cohort opens.
    Open,
    /// A device goes on maintenance for some rounds.
    Excuse { cohort: CohortId, lane: Lane, rounds: u32 },
    /// A device leaves, and another takes its lane.
    Replace { cohort: CohortId, lane: Lane },
}

fn action() -> impl Strategy<Value = Action> {
    let lane = 0..DEVICES;
    prop_oneof![
        6 => (1..6u8, 0..4u64).prop_map(|(blocks, room)| Action::Blocks { blocks, room }),
        6 => (0..5u32, 0..14u16, any::<u8>(), -1..2i8)
            .prop_map(|(cohort, prober, up, round)| Action::Report { cohort, prober, up, round }),
        6 => (0..5u32, 0..9usize, any::<u8>()).prop_map(|(cohort, members, up)| Action::Committee { cohort, members, up }),
        1 => (0..20u8, 0..12u8).prop_map(|(first, probers)| Action::Session { first, probers }),
        1 => (2..7u32, 1..9u32)
            .prop_map(|(round_length, committee_size)| Action::Params { round_length, committee_size }),
        1 => Just(Action::Open),
        1 => (0..5u32, lane.clone(), 1..4u32)
            .prop_map(|(cohort, lane, rounds)| Action::Excuse { cohort, lane, rounds }),
        1 => (0..5u32, lane).prop_map(|(cohort, lane)| Action::Replace { cohort, lane }),
    ]
}

fn lanes(up: u8) -> Vec<Lane> {
    (0..DEVICES).filter(|lane| up >> lane & 1 == 1).collect()
}

/// What the events say was accounted, checked for being each round of each cohort once and in order.
#[derive(Default)]
struct Ledger {
    next: BTreeMap<CohortId, RoundIndex>,
    reported: BTreeMap<(CohortId, RoundIndex), Vec<u16>>,
    drawn: BTreeSet<ReportId>,
    accused: BTreeSet<ReportId>,
}

impl Ledger {
    fn note(&mut self, events: Vec<Event<Test>>) {
        for event in events {
            match event {
                Event::Reported { round, cohort, prober } => {
                    let reporters = self.reported.entry((cohort, round)).or_default();
                    assert!(!reporters.contains(&prober), "a report counts once");
                    reporters.push(prober);
                },
                Event::Tallied { round, cohort, ballots, judged, up } => {
                    assert_eq!(self.reported[&(cohort, round)].len() as u32, ballots, "every report counts");
                    assert!(up <= judged);
                    self.account(cohort, round, 1);
                },
                Event::Uncovered { round, cohort, rounds } => self.account(cohort, round, rounds),
                Event::AuditDrawn { report, .. } => {
                    let reporters = self.reported.get(&(report.cohort, report.round));
                    assert!(reporters.is_some_and(|reporters| reporters.contains(&report.prober)), "reports are drawn");
                    assert!(self.drawn.insert(report), "a report is drawn once");
                },
                Event::Accused { report, .. } => {
                    assert!(
                        self.drawn.contains(&report) && self.accused.insert(report),
                        "accused once, for a drawn report"
                    );
                },
                Event::RoundOpened { .. } | Event::ParamsSet { .. } => {},
                Event::OffenceReported { .. } => {},
                Event::AuditAnswered { .. } => unreachable!("nobody answers in this test"),
                Event::__Ignore(..) => unreachable!(),
            }
        }
    }

    fn account(&mut self, cohort: CohortId, round: RoundIndex, rounds: u32) {
        let next = self.next.entry(cohort).or_insert(round);
        assert_eq!(*next, round, "each round of a cohort is accounted once and in order");
        *next += rounds;
    }
}

fn apply(action: Action) {
    match action {
        Action::Blocks { blocks, room } => {
            let step = Uptime::min_sweep_weight();
            IdleWeight::set(step.saturating_mul(room));
            (0..blocks).for_each(|_| next_block());
        },
        Action::Report { cohort, prober, up, round: offset } => {
            let mut report = report(cohort, prober, lanes(up));
            report.round = report.round.saturating_add_signed(offset.into());
            let current = report.round == round();
            let may = current
                && cohort < MockRegistry::cohorts()
                && members(cohort).contains(&prober)
                && !Uptime::has_reported(cohort, prober)
                && !Uptime::is_behind(cohort, round());
            let set = Uptime::prober_set(Uptime::current_round().prober_set);
            // The signer is found by its key: sessions move indices.
            let signer = set.get(usize::from(prober)).and_then(number_of);
            let signature = sign(&report, signer.unwrap_or(99).into());
            let call = call(report, signature);
            let authorized = authorize(&call).is_ok();
            assert_eq!(authorized, may, "a report is taken from a member, once, inside its round");
            if authorized {
                file(call);
            }
        },
        Action::Committee { cohort, members: count, up } => {
            if cohort < MockRegistry::cohorts() {
                for member in members(cohort).into_iter().take(count) {
                    apply(Action::Report { cohort, prober: member, up, round: 0 });
                }
            }
        },
        Action::Session { first, probers } => new_session(first..first + probers),
        Action::Params { round_length, committee_size } => {
            let params = types::Params { round_length, committee_size, ..Params::<Test>::get() };
            assert_ok!(Uptime::set_params(RuntimeOrigin::root(), params));
        },
        Action::Open => {
            if MockRegistry::cohorts() < 5 {
                open_cohort();
            }
        },
        Action::Excuse { cohort, lane, rounds } => Registered::mutate(|cohorts| {
            if let Some(cohort) = cohorts.get_mut(cohort as usize) {
                cohort.absences.insert(lane, round() + rounds);
            }
        }),
        Action::Replace { cohort, lane } => {
            if cohort < MockRegistry::cohorts() {
                Uptime::on_vacate(Place { cohort, lane });
                Registered::mutate(|cohorts| cohorts[cohort as usize].absences.insert(lane, round() + 1));
            }
        },
    }
}

fn file(call: RuntimeCall) {
    assert_ok!(sp_runtime::traits::Dispatchable::dispatch(call, frame_system::RawOrigin::Authorized.into()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..Default::default() })]

    #[test]
    fn invariants_hold_and_every_round_is_accounted_once(actions in vec(action(), 1..60)) {
        TestExt::new().round_length(4).cohorts(2).audit(Perbill::from_percent(60)).build_and_execute(|| {
            System::reset_events();
            let mut ledger = Ledger::default();
            for action in actions {
                apply(action);
                ledger.note(events());
                assert_ok!(Uptime::do_try_state());
            }
            for (cohort, next) in ledger.next {
                assert_eq!(Uptime::history(cohort).unwrap().next, next);
            }
        });
    }

    #[test]
    fn steady_device_is_paid_for_every_round_whoever_is_absent(
        reporters in vec(0..8usize, 1..25),
        room in 0..3u64,
    ) {
        TestExt::new().round_length(3).cohorts(2).build_and_execute(|| {
            vote(0, 7, 0..DEVICES);
            IdleWeight::set(Uptime::min_sweep_weight() * room);
            for reporters in &reporters {
                next_round();
                vote(0, *reporters, 0..DEVICES);
            }
            IdleWeight::set(Weight::MAX);
            rounds_later(1);
            let paid: u64 = (0..=reporters.len() as u32).map(|streak| u64::from(round_points(100, 3, streak))).sum();
            assert_eq!(credited(0, 0), paid);
        });
    }

    #[test]
    fn lane_is_up_if_two_thirds_of_the_reports_say_so(votes in vec(any::<u8>(), 0..8)) {
        TestExt::new().build_and_execute(|| {
            for (member, up) in members(0).into_iter().zip(&votes) {
                assert_ok!(submit(report(0, member, lanes(*up))));
            }
            rounds_later(1);
            let received = votes.len().min(7);
            for lane in 0..DEVICES {
                let ayes = votes.iter().take(7).filter(|up| *up >> lane & 1 == 1).count() as u32;
                let up = received >= 5 && ayes >= two_thirds(received as u32);
                assert_eq!(credited(0, lane), if up { 10_000 } else { 0 });
            }
            let silent: Bitmap = (DEVICES..1_024).collect();
            assert!(silent.lanes().all(|lane| credited(0, lane) == 0));
        });
    }
}
