//! Parameters under which lying would pay, and what the most is that a report could gain.

use super::*;
use frame_support::traits::Get;
use sp_arithmetic::Perquintill;

fn running() -> EpochParams<Balance> {
    Epoch::<Test>::get().params
}

/// 500 planck an epoch for uptime, 200 for probing.
fn chain() -> Chain {
    Chain::new().split(split(50, 10, 20, 10, 10)).endow(TREASURY, RICH)
}

#[test]
fn report_can_gain_what_two_epochs_give_to_probing_and_uptime() {
    chain().build_and_execute(|| {
        assert_eq!((Rewards::most_gain(), MostGain::<Test>::get()), (1_400, 1_400));
        // Which is what there is when nobody has earned anything for a while.
        (0..3).for_each(|_| close_epoch());
        assert_eq!(Rewards::epoch_info().uptime_budget + 2 * carried().probing, 1_400);
        assert_eq!(Rewards::most_gain(), 1_400);
    });
}

#[test]
fn work_is_nothing_that_a_report_can_gain() {
    chain().build_and_execute(|| {
        Rewards::credit_work(place(0, 0), 3);
        assert_eq!(Rewards::most_gain(), 1_400);
        close_epoch();
        close_epoch();
        assert!(carried().work > 0 && accrued_by_work(place(0, 0)) > 0);
        assert_eq!(Rewards::most_gain(), 1_400);
    });
}

#[test]
fn parameters_under_which_lying_would_pay_are_refused() {
    chain().penalty(2_800).build_and_execute(|| {
        let emission = |initial| EpochParams { curve: Curve { initial, ..running().curve }, ..running() };
        assert_noop!(set_params(emission(2_002)), Error::<Test>::LyingWouldPay);
        assert_ok!(set_params(emission(2_000)));
        assert_eq!(Rewards::most_gain(), 2_800);
        // The floor counts as well, and both pools do.
        let floor = EpochParams { curve: Curve { floor: 2_002, ..running().curve }, ..running() };
        assert_noop!(set_params(floor), Error::<Test>::LyingWouldPay);
        assert_noop!(
            set_params(EpochParams { split: split(0, 0, 100, 0, 0), ..emission(1_401) }),
            Error::<Test>::LyingWouldPay
        );
        assert_ok!(set_params(EpochParams { split: split(0, 0, 100, 0, 0), ..emission(1_400) }));
        // What nobody can lie for makes no difference.
        assert_ok!(set_params(EpochParams { split: split(0, 50, 0, 30, 20), ..emission(1_000_000) }));
    });
}

#[test]
fn gain_counts_what_is_left_of_a_running_epoch_that_pays_more_than_the_next() {
    chain().decay(0, 0).build_and_execute(|| {
        let params = EpochParams { curve: Curve { initial: 100, ..running().curve }, ..running() };
        assert_ok!(set_params(params));
        // The running epoch grants 700 itself, and can carry as much into one that grants 70.
        assert_eq!(Rewards::most_gain(), 770);
        close_epoch();
        assert_eq!((carried().uptime + carried().probing, Rewards::most_gain()), (700, 770));
        close_epoch();
        assert_eq!((carried().uptime + carried().probing, Rewards::most_gain()), (70, 140));
    });
}

#[test]
fn gain_follows_the_emission_down_to_its_floor() {
    chain().decay(50, 100).build_and_execute(|| {
        let gains: Vec<u128> = std::iter::repeat_with(|| {
            let gain = Rewards::most_gain();
            close_epoch();
            gain
        })
        .take(5)
        .collect();
        // At first this epoch's 700 and the next one's 350; later what was carried counts, and in the end twice the floor's 70.
        assert_eq!(gains, [1_050, 1_050, 525, 262, 157]);
    });
}

#[test]
fn next_parameters_count_before_they_apply() {
    chain().build_and_execute(|| {
        let curve = Curve { initial: 3_000, decay: Perquintill::from_percent(1), floor: 0 };
        assert_ok!(set_params(EpochParams { curve, ..running() }));
        assert_eq!(Rewards::most_gain(), 2 * 2_100);
    });
}

#[test]
fn chain_on_which_lying_pays_nothing_needs_no_deterrence() {
    Chain::new().split(split(0, 30, 0, 40, 30)).penalty(0).build_and_execute(|| {
        assert_eq!(Rewards::most_gain(), 0);
        assert_ok!(set_params(running()));
        assert_noop!(
            set_params(EpochParams { split: split(1, 29, 0, 40, 30), ..running() }),
            Error::<Test>::LyingWouldPay
        );
    });
}

#[test]
#[should_panic(
    expected = "under the genesis parameters a report can gain 1400 planck by lying, and is expected to lose 1399"
)]
fn genesis_under_which_lying_would_pay_does_not_start() {
    chain().penalty(1_399).build();
}
