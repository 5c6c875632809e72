//! Every invariant is broken once, and `try_state` says which.

use crate::{mock::*, *};
use frame_support::assert_ok;
use sp_core::H256;
use sp_runtime::DispatchError;
use vouch_primitives::{history::History, Bitmap, CohortId};

/// A state with something of everything in it: round 2 with reports, one cohort complete, one not, and one not yet judged.
fn healthy() -> sp_io::TestExternalities {
    let mut ext = TestExt::new().cohorts(3).build();
    ext.execute_with(|| {
        rounds_later(2);
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
    Reports::<Test>::mutate(cohort, |reports| change(reports.as_mut().unwrap()));
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
        Params::<Test>::put(types::Params { round_length: 0, committee_size: 7 })
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
        Reports::<Test>::insert(9, Reports::<Test>::get(0).unwrap());
    });
    complains("no report is of a round that has not opened", || change_reports(1, |reports| reports.round = 3));
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
