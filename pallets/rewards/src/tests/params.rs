//! Parameters: who may set them, which are refused, and when they apply.

use super::*;
use sp_arithmetic::Permill;

fn running() -> EpochParams<Balance> {
    Epoch::<Test>::get().params
}

#[test]
fn only_the_administration_sets_parameters() {
    Chain::new().build_and_execute(|| {
        let refused = Rewards::set_params(RuntimeOrigin::signed(ALICE), running());
        assert_noop!(refused, sp_runtime::DispatchError::BadOrigin);
    });
}

#[test]
fn parameters_apply_from_the_next_epoch() {
    Chain::new().decay(10, 0).build_and_execute(|| {
        let curve = Curve { initial: 5_000, ..running().curve };
        let params = EpochParams { rounds_per_epoch: 1, curve, split: split(50, 50, 0, 0, 0), ..running() };
        // GIVEN an epoch of two rounds, of which one is over
        credit(place(0, 0), 100);
        close_round();
        // WHEN parameters are set
        assert_ok!(set_params(params));
        assert_eq!(events(), vec![Event::ParamsSet { params }]);
        assert_eq!((Rewards::epoch_info().emission, Rewards::epoch_info().rounds_per_epoch), (1_000, 2));
        // THEN the running epoch ends as it began
        close_round();
        assert_eq!((Rewards::current_epoch(), accrued(place(0, 0))), (1, 1_000));
        // AND the next is governed by them
        assert_eq!((Rewards::epoch_info().emission, Rewards::epoch_info().uptime_budget), (5_000, 2_500));
        close_round();
        assert_eq!((Rewards::current_epoch(), Rewards::epoch_info().emission), (2, 4_500));
        assert_eq!(carried(), Shares { uptime: 2_500, work: 2_500, ..Default::default() });
    });
}

#[test]
fn shorter_epochs_do_not_cut_the_running_one() {
    Chain::new().rounds_per_epoch(5).build_and_execute(|| {
        (0..3).for_each(|_| close_round());
        assert_ok!(set_params(EpochParams { rounds_per_epoch: 1, ..running() }));
        close_round();
        assert_eq!(Rewards::current_epoch(), 0);
        close_round();
        assert_eq!(Rewards::current_epoch(), 1);
        close_round();
        assert_eq!(Rewards::current_epoch(), 2);
    });
}

#[test]
fn last_of_several_parameters_set_in_an_epoch_counts() {
    Chain::new().build_and_execute(|| {
        let before = running();
        assert_ok!(set_params(EpochParams { rounds_per_epoch: 9, ..before }));
        assert_ok!(set_params(before));
        close_epoch();
        assert_eq!(running(), before);
    });
}

#[test]
fn split_that_is_not_whole_is_refused() {
    Chain::new().build_and_execute(|| {
        let mut params = running();
        params.split.work = Permill::from_parts(1);
        assert_noop!(set_params(params), Error::<Test>::SplitNotWhole);
        params.split.uptime = Permill::from_parts(999_998);
        assert_noop!(set_params(params), Error::<Test>::SplitNotWhole);
    });
}

#[test]
fn epoch_of_no_rounds_is_refused() {
    Chain::new().build_and_execute(|| {
        assert_noop!(set_params(EpochParams { rounds_per_epoch: 0, ..running() }), Error::<Test>::NoRounds);
    });
}

#[test]
fn epoch_in_which_points_could_overflow_is_refused() {
    Chain::new().build_and_execute(|| {
        let rounds = |rounds_per_epoch| EpochParams { rounds_per_epoch, ..running() };
        assert_noop!(set_params(rounds(MAX_ROUNDS_PER_EPOCH + 1)), Error::<Test>::EpochTooLong);
        assert_noop!(set_params(rounds(u32::MAX)), Error::<Test>::EpochTooLong);
        assert_ok!(set_params(rounds(MAX_ROUNDS_PER_EPOCH)));
    });
}

#[test]
fn holdback_for_no_time_is_refused() {
    Chain::new().build_and_execute(|| {
        let holdback = Permill::from_parts(1);
        let params = EpochParams { holdback, holding_epochs: 0, ..running() };
        assert_noop!(set_params(params), Error::<Test>::NoHoldingEpochs);
        assert_ok!(set_params(EpochParams { holding_epochs: 1, ..params }));
        assert_ok!(set_params(EpochParams { holdback: Permill::one(), holding_epochs: u32::MAX, ..params }));
        assert_ok!(set_params(EpochParams { holdback: Permill::zero(), holding_epochs: 7, ..params }));
    });
}

#[test]
fn emission_that_overflows_the_issuance_is_refused() {
    Chain::new().build_and_execute(|| {
        let curve = |initial, floor| EpochParams { curve: Curve { initial, floor, ..running().curve }, ..running() };
        let room = u128::MAX - Balances::total_issuance();
        assert_noop!(set_params(curve(room + 1, 0)), Error::<Test>::EmissionOverflows);
        assert_noop!(set_params(curve(0, u128::MAX)), Error::<Test>::EmissionOverflows);
        assert_ok!(set_params(curve(room, room)));
    });
}

#[test]
#[should_panic(expected = "SplitNotWhole")]
fn genesis_with_refused_parameters_does_not_start() {
    Chain::new().split(split(50, 0, 0, 0, 0)).build();
}

#[test]
fn parameters_read_as_json() {
    let json = r#"{"roundsPerEpoch":2,"curve":{"initial":1000,"decay":0,"floor":0},
        "split":{"uptime":1000000,"work":0,"probing":0,"staking":0,"treasury":0},"holdback":100000,"holdingEpochs":24,
        "maxWorkRate":77}"#;
    Chain::new().build_and_execute(|| {
        let params: EpochParams<Balance> = serde_json::from_str(json).expect("valid JSON");
        let holdback = Permill::from_percent(10);
        let expected = EpochParams { holdback, holding_epochs: 24, max_work_rate: 77, ..running() };
        assert_eq!(params, expected);
        let without = json.replace("\"maxWorkRate\"", "\"mostWorkRate\"");
        assert!(serde_json::from_str::<EpochParams<Balance>>(&without).is_err());
    });
}
