//! Every invariant is broken once, and `try_state` says which.

use crate::{mock::*, *};
use frame_support::assert_ok;
use sp_core::H256;
use sp_runtime::{DispatchError, Perbill};
use vouch_primitives::{
    audit::{Misconduct, ReportId},
    history::History,
    Bitmap, CohortId,
};

/// A state with something of everything in it: round 2 with reports, one cohort complete, one not, and one not yet judged; two
/// probers accused; and audits of the reports on cohort 2 in round 0, all open but the first.
fn healthy() -> sp_io::TestExternalities {
    let mut ext = TestExt::new().cohorts(3).audit(Perbill::one()).build();
    ext.execute_with(|| {
        let kept: Vec<_> = members(2).into_iter().map(|member| (member, evidence(member, 0..DEVICES))).collect();
        for (member, evidence) in &kept {
            assert_ok!(submit(honest_report(2, *member, evidence)));
        }
        OffenceWeight::set(frame_support::weights::Weight::MAX);
        rounds_later(2);
        let (member, evidence) = &kept[0];
        let audit = &Uptime::open_audits(2)[0];
        assert_ok!(answer(&opening(audit.report, audit.claim.lane, evidence), *member));
        for prober in [3, 8] {
            let report = ReportId { round: 0, cohort: 2, prober: 3 };
            Uptime::accuse(prober, types::Offending { kind: Misconduct::Outlier, report, session: 0, epoch: 0 }, 0);
        }
        vote(0, 7, 0..DEVICES);
        vote(1, 3, 0..DEVICES);
        new_session(3..20);
        assert_ok!(Uptime::do_try_state());
    });
    ext
}

/// Breaks a healthy state and expects exactly that complaint.
fn complains(about: &'static str, corrupt: impl FnOnce()) {
    healthy().execute_with(|| {
        corrupt();
        assert_eq!(Uptime::do_try_state(), Err(DispatchError::Other(about)));
    });
}

fn change_reports(cohort: CohortId, change: impl FnOnce(&mut types::RoundReports<<Test as Config>::MaxCommittee>)) {
    Reports::<Test>::mutate(cohort, false, |reports| change(reports.as_mut().unwrap()));
}

fn change_history(cohort: CohortId, change: impl FnOnce(&mut History)) {
    Histories::<Test>::mutate(cohort, |history| change(history.as_mut().unwrap()));
}

#[test]
fn about_rounds() {
    complains("a committee has members", || Round::<Test>::mutate(|round| round.committee_size = 0));
    complains("a committee is not larger than the tally counts", || {
        Round::<Test>::mutate(|round| round.committee_size = 16)
    });
    complains("the running round has opened", || Round::<Test>::mutate(|round| round.start = 1_000));
    complains("a seed is not fixed before it is due", || NextSeed::<Test>::put(H256::zero()));
    complains("the parameters are within their bounds", || {
        Params::<Test>::put(types::Params { round_length: 0, ..params() })
    });
}

#[test]
fn about_prober_sets() {
    complains("the next set is the running round's or the one after it", || CurrentSet::<Test>::put(2));
    complains("no prober set is kept that no round will use", || {
        ProberSets::<Test>::insert(7, ProberSets::<Test>::get(0))
    });
}

#[test]
fn about_the_sweep() {
    complains("the sweep visits cohorts that exist", || Sweep::<Test>::mutate(|sweep| sweep.left = 4));
    complains("the sweep visits cohorts that exist", || Sweep::<Test>::mutate(|sweep| sweep.of = 4));
    complains("the sweep's cursor is on a cohort", || Sweep::<Test>::mutate(|sweep| sweep.next = 3));
    complains("a swept cohort has a history", || Histories::<Test>::remove(2));
    complains("a swept cohort is accounted up to the running round", || change_history(2, |history| history.next = 1));
}

#[test]
fn about_reports() {
    complains("reports are on cohorts that exist", || {
        Reports::<Test>::insert(9, false, Reports::<Test>::get(0, false).unwrap());
    });
    complains("no report is of a round that has not opened", || change_reports(1, |reports| reports.round = 4));
    complains("reports of odd rounds are kept apart", || change_reports(1, |reports| reports.round = 1));
    complains("reports are only kept where there are any", || change_reports(1, |reports| reports.entries.clear()));
    complains("no more reports than members", || change_reports(1, |reports| reports.committee = 2));
    complains("a member reports once", || {
        change_reports(1, |reports| reports.entries[0].prober = reports.entries[1].prober)
    });
    complains("the committee is as large as it was drawn", || change_reports(1, |reports| reports.committee = 6));
    complains("only members report", || {
        let outsider = (0..12).find(|index| !members(1).contains(index)).unwrap();
        change_reports(1, |reports| reports.entries[0].prober = outsider)
    });
    complains("a cohort with reports has a history", || {
        Sweep::<Test>::mutate(|sweep| sweep.left = 3);
        Histories::<Test>::remove(1);
    });
    complains("uncounted reports are of the first unaccounted round", || {
        Sweep::<Test>::mutate(|sweep| sweep.left = 3);
        change_history(1, |history| history.next = 1);
    });
    complains("a round is accounted as soon as its committee is complete", || {
        change_history(0, |history| history.next = 2)
    });
}

#[test]
fn about_histories() {
    complains("histories are of cohorts that exist", || Histories::<Test>::insert(9, History::starting_at(0)));
    complains("no round is accounted before it opens", || change_history(2, |history| history.next = 4));
    complains("the running round is accounted only if its committee is complete", || {
        change_history(2, |history| history.next = 3)
    });
    complains("the running round is accounted only if its committee is complete", || {
        change_history(1, |history| history.next = 3)
    });
    complains("a lane that was not up has no latency", || {
        change_history(0, |history| history.last_up = Bitmap::default())
    });
}

fn change_audits(change: impl FnOnce(&mut types::CohortAudits<u64>)) {
    Audits::<Test>::mutate(2, |audits| change(audits.as_mut().unwrap()));
}

#[test]
fn about_audits() {
    complains("audits are of cohorts that exist", || Audits::<Test>::insert(9, Audits::<Test>::get(2).unwrap()));
    complains("no round has its draw while it runs or the one after it does", || {
        change_audits(|audits| audits.next = 2)
    });
    complains("an audit is kept with its cohort", || change_audits(|audits| audits.open[1].report.cohort = 1));
    complains("an audit's round had its draw", || change_audits(|audits| audits.open[1].report.round = 1));
    complains("an audited prober has a number", || change_audits(|audits| audits.open[1].prober = 90));
    complains("a prober's open audits are counted", || {
        change_audits(|audits| audits.open.truncate(1));
    });
    complains("a prober's open audits are counted", || {
        Standings::<Test>::mutate(0, |standings| standings.iter_mut().for_each(|standing| standing.audited += 1));
    });
    complains("a report is audited once", || {
        change_audits(|audits| audits.open[1].report = audits.open[0].report);
    });
    complains("reports that had their draw are not kept", || {
        Round::<Test>::mutate(|round| round.index = 9);
        Audits::<Test>::mutate(0, |audits| audits.get_or_insert_default().next = 4);
        Sweep::<Test>::mutate(|sweep| sweep.left = 3);
    });
}

#[test]
fn about_numbers() {
    complains("every prober has a number", || {
        ProberSets::<Test>::mutate(0, |members| members[0].number = 90);
    });
    complains("as many have a number as were given", || Numbers::<Test>::insert(77, 3));
    complains("every number is somebody's", || Accounts::<Test>::remove(2));
    complains("an account's number is the number of that account", || Accounts::<Test>::insert(2, 3));
    complains("nobody has a number that was not given", || Accounts::<Test>::insert(90, 3));
    complains("standings are of probers", || Standings::<Test>::insert(4, Standings::<Test>::get(0)));
    complains("whoever deviates too far is accused at once", || {
        Standings::<Test>::mutate(0, |page| page[0].deviation = types::DEVIATION_LIMIT);
    });
    complains("records are of probers", || Records::<Test>::insert(90, types::Record::default()));
}

#[test]
fn about_the_accused() {
    complains("everybody in the queue waits once", || Accused::<Test>::insert(1, 3));
    complains("nobody waits beside the queue", || Accused::<Test>::insert(7, 3));
    complains("those wait whose record says so", || {
        Records::<Test>::mutate(3, |record| record.as_mut().unwrap().queued = false);
    });
    complains("whoever has a record did something", || {
        Records::<Test>::mutate(3, |record| record.as_mut().unwrap().strikes = 0);
    });
}
