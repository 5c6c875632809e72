//! What calls and hooks cost in the worst case.

use crate::{
    Accrued, BalanceOf, Books, Call, Config, Epoch, EpochParams, EpochParamsOf, Pallet, Params, PointsPages, Rates,
};
use frame_benchmarking::v2::*;
use frame_support::{
    traits::{
        fungible::{Inspect, Mutate},
        EnsureOrigin,
    },
    BoundedVec,
};
use frame_system::RawOrigin;
use polkadot_sdk::*;
use sp_arithmetic::{Permill, Perquintill};
use sp_runtime::{traits::Zero, Saturating};
use vouch_primitives::{
    emission::{Curve, Split},
    traits::{Contributions, OnRoundClosed, RegistryBenchmarkHelper},
    CohortId, LANES,
};

/// Epochs of one round that pay a point at least the existential deposit if every lane of `cohorts` cohorts earns one.
fn params<T: Config>(cohorts: CohortId) -> EpochParamsOf<T> {
    let lanes = cohorts.saturating_mul(LANES as u32);
    let emission = T::Currency::minimum_balance().saturating_mul(4u32.into()).saturating_mul(lanes.into());
    let (quarter, half) = (Permill::from_percent(25), Permill::from_percent(50));
    EpochParams {
        rounds_per_epoch: 1,
        curve: Curve { initial: emission, decay: Perquintill::zero(), floor: emission },
        split: Split { uptime: half, work: Permill::zero(), probing: quarter, treasury: quarter },
    }
}

/// Makes the running epoch and those after it such.
fn govern<T: Config>(params: EpochParamsOf<T>) -> Result<(), BenchmarkError> {
    T::Currency::mint_into(&Pallet::<T>::pot(), T::Currency::minimum_balance())?;
    Params::<T>::put(params);
    Epoch::<T>::mutate(|epoch| {
        epoch.params = params;
        epoch.emission = params.curve.initial;
        epoch.rounds_done = 0;
    });
    Ok(())
}

fn credit_all<T: Config>(cohorts: CohortId) {
    (0..cohorts).for_each(|cohort| Pallet::<T>::credit(cohort, &[1; LANES]));
}

/// Every lane of `cohorts` cohorts has planck accrued from one closed epoch and points of a later one still to be settled.
pub(crate) fn earn_twice<T: Config>(cohorts: CohortId) -> Result<(), BenchmarkError> {
    govern::<T>(params::<T>(cohorts))?;
    for round in 0..2 {
        credit_all::<T>(cohorts);
        Pallet::<T>::on_round_closed(round);
    }
    Ok(())
}

#[benchmarks]
mod benchmarks {
    use super::*;

    // Every device in a cohort of its own and paid to an account of its own, which costs the same each: eight tell the slope of any number.
    #[benchmark]
    fn claim(n: Linear<1, 8>) -> Result<(), BenchmarkError> {
        let devices = T::BenchmarkHelper::fill_cohorts(n);
        let devices = BoundedVec::try_from(devices).map_err(|_| "the helper named more devices than cohorts")?;
        earn_twice::<T>(n)?;
        let outstanding = Books::<T>::get().outstanding;

        #[extrinsic_call]
        _(RawOrigin::Signed(whitelisted_caller()), devices);

        let (rate_sum, books) =
            (Rates::<T>::iter_values().fold(BalanceOf::<T>::zero(), |a, b| a + b), Books::<T>::get());
        assert_eq!(books.paid, rate_sum * n.into());
        assert_eq!(books.outstanding, outstanding - books.paid);
        for cohort in 0..n {
            assert!(!PointsPages::<T>::contains_key(cohort));
            assert!(Accrued::<T>::get(cohort).is_some_and(|page| page.get(0).is_zero() && page.get(1) == rate_sum));
        }
        Ok(())
    }

    #[benchmark]
    fn set_params() -> Result<(), BenchmarkError> {
        let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        let params = params::<T>(1);

        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, params);

        assert_eq!(Params::<T>::get(), params);
        Ok(())
    }

    #[benchmark]
    fn count_round() -> Result<(), BenchmarkError> {
        govern::<T>(EpochParams { rounds_per_epoch: 2, ..params::<T>(1) })?;

        #[block]
        {
            Pallet::<T>::on_round_closed(0);
        }

        assert_eq!(Epoch::<T>::get().rounds_done, 1);
        Ok(())
    }

    #[benchmark]
    fn close_epoch() -> Result<(), BenchmarkError> {
        govern::<T>(params::<T>(1))?;
        credit_all::<T>(1);
        let before = Epoch::<T>::get();

        #[block]
        {
            Pallet::<T>::on_round_closed(0);
        }

        let books = Books::<T>::get();
        assert_eq!(Epoch::<T>::get().index, before.index + 1);
        assert!(Rates::<T>::get(before.index).is_some_and(|rate| rate >= T::Currency::minimum_balance()));
        assert_eq!(books.minted, before.emission);
        assert!(!books.treasury.is_zero());
        Ok(())
    }

    #[benchmark]
    fn credit() -> Result<(), BenchmarkError> {
        earn_twice::<T>(1)?;

        #[block]
        {
            Pallet::<T>::credit(0, &[1; LANES]);
        }

        let epoch = Epoch::<T>::get();
        assert_eq!(epoch.total_points, LANES as u64);
        assert!(PointsPages::<T>::get(0).is_some_and(|page| page.epoch == epoch.index));
        let outstanding = Books::<T>::get().outstanding;
        assert!(Accrued::<T>::get(0).is_some_and(|page| page.get(0) * (LANES as u32).into() == outstanding));
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::Chain::new().build(), crate::mock::Test);
}
