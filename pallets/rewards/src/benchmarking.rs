//! What calls and hooks cost in the worst case.

use crate::{
    Accrued, Books, Call, Config, Epoch, EpochParams, EpochParamsOf, Held, Pallet, Params, PerPool, PointsPages, Pool,
    Rates,
};
use alloc::vec::Vec;
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
use sp_runtime::{
    traits::{Bounded, Zero},
    Saturating,
};
use vouch_primitives::{
    emission::{Curve, Split},
    traits::{Contributions, OnRoundClosed, ProberDirectory, ProbingCredits, RegistryBenchmarkHelper, WorkCredits},
    CohortId, Place, ProberNumber, LANES,
};

/// Epochs of one round that pay a point of uptime at least four times the existential deposit, and hold back a quarter of it, and
/// a point of work at least twice that deposit, if every lane of `cohorts` cohorts earns one of each.
fn params<T: Config>(cohorts: CohortId) -> EpochParamsOf<T> {
    let lanes = cohorts.saturating_mul(LANES as u32);
    let emission = T::Currency::minimum_balance().saturating_mul(10u32.into()).saturating_mul(lanes.into());
    let [most, fifth, tenth] = [40, 20, 10].map(Permill::from_percent);
    EpochParams {
        rounds_per_epoch: 1,
        curve: Curve { initial: emission, decay: Perquintill::zero(), floor: emission },
        split: Split { uptime: most, work: fifth, probing: fifth, staking: tenth, treasury: tenth },
        holdback: Permill::from_percent(25),
        holding_epochs: 3,
        max_work_rate: Bounded::max_value(),
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

/// Every lane of `cohorts` cohorts earns a point of uptime, and the first two lanes of each a point of work: a page is read,
/// settled and written as a whole, however many lanes have something on it.
fn credit_all<T: Config>(cohorts: CohortId) {
    for cohort in 0..cohorts {
        Pallet::<T>::credit(cohort, &[1; LANES]);
        for lane in [0, 1] {
            Pallet::<T>::credit_work(Place { cohort, lane }, 1);
        }
    }
}

/// Every lane of `cohorts` cohorts has planck accrued, planck held in two periods, and points of a later closed epoch still to be
/// settled, of which something will be held in the second. Two lanes of each have planck accrued by work too, and points of work of
/// that later epoch.
pub(crate) fn earn<T: Config>(cohorts: CohortId) -> Result<(), BenchmarkError> {
    govern::<T>(params::<T>(cohorts))?;
    // Three epochs share a period.
    for round in 0..5 {
        credit_all::<T>(cohorts);
        Pallet::<T>::on_round_closed(round);
    }
    Ok(())
}

/// These probers have planck accrued from one closed epoch and points of a later one still to be settled.
fn earn_by_probing<T: Config>(probers: impl Iterator<Item = ProberNumber>) -> Result<(), BenchmarkError> {
    govern::<T>(params::<T>(1))?;
    let points: Vec<_> = probers.map(|number| (number, 1)).collect();
    for round in 0..2 {
        Pallet::<T>::credit_probers(&points);
        Pallet::<T>::on_round_closed(round);
    }
    Ok(())
}

fn holds_two_periods<T: Config>(cohort: CohortId) -> bool {
    Held::<T>::get(cohort).is_some_and(|page| page.buckets.iter().all(Option::is_some))
}

#[benchmarks]
mod benchmarks {
    use super::*;

    // Every device in a cohort of its own and paid to an account of its own, which costs the same each: eight tell the slope of any number.
    #[benchmark]
    fn claim(n: Linear<1, 8>) -> Result<(), BenchmarkError> {
        let devices = T::BenchmarkHelper::fill_cohorts(n);
        let devices = BoundedVec::try_from(devices).map_err(|_| "the helper named more devices than cohorts")?;
        earn::<T>(n)?;
        assert!((0..n).all(holds_two_periods::<T>));
        let outstanding = Books::<T>::get().outstanding;
        let place = Place { cohort: 0, lane: 0 };
        let [uptime, work] =
            [Pallet::<T>::pending(place), Pallet::<T>::pending_work(place)].map(|pending| pending.accrued);

        #[extrinsic_call]
        _(RawOrigin::Signed(whitelisted_caller()), devices);

        let books = Books::<T>::get();
        assert_eq!(books.paid, (uptime + work) * n.into());
        assert_eq!(books.outstanding, outstanding - books.paid);
        assert!(!uptime.is_zero() && !work.is_zero());
        for cohort in 0..n {
            for (pool, accrued) in [(Pool::Uptime, uptime), (Pool::Work, work)] {
                assert!(!PointsPages::<T>::contains_key(pool, cohort));
                let page = Accrued::<T>::get(pool, cohort);
                assert!(page.is_some_and(|page| page.get(0).is_zero() && page.get(1) == accrued));
            }
            assert!(holds_two_periods::<T>(cohort));
        }
        Ok(())
    }

    // Every validator on another page.
    #[benchmark]
    fn claim_probing(n: Linear<1, 8>) -> Result<(), BenchmarkError> {
        let numbers = (0..n).map(|page| page * LANES as ProberNumber);
        let validators: Vec<T::AccountId> = (0..n).map(|index| account("prober", index, 0)).collect();
        for (number, validator) in numbers.clone().zip(&validators) {
            T::Probers::enroll_for_benchmark(number, validator);
        }
        earn_by_probing::<T>(numbers)?;
        let outstanding = Books::<T>::get().outstanding;
        let validators = BoundedVec::try_from(validators).map_err(|_| "a claim can name eight")?;

        #[extrinsic_call]
        _(RawOrigin::Signed(whitelisted_caller()), validators);

        assert!((0..n).all(|page| !PointsPages::<T>::contains_key(Pool::Probing, page)));
        assert!((0..n).all(|page| !Accrued::<T>::contains_key(Pool::Probing, page)));
        let books = Books::<T>::get();
        assert_eq!((books.paid, books.outstanding), (outstanding, Zero::zero()));
        assert!(!books.paid.is_zero());
        Ok(())
    }

    #[benchmark]
    fn forfeit() -> Result<(), BenchmarkError> {
        let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        let device = T::BenchmarkHelper::fill_cohorts(1).pop().ok_or("the helper named no device")?;
        earn::<T>(1)?;
        let place = Place { cohort: 0, lane: 0 };
        let (before, books) = (Pallet::<T>::pending(place), Books::<T>::get());
        assert!(!before.held.is_zero() && holds_two_periods::<T>(0));

        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, device);

        let after = Pallet::<T>::pending(place);
        assert_eq!((after.held, after.accrued), (Zero::zero(), before.accrued));
        assert_eq!(Books::<T>::get().carried.treasury, books.carried.treasury + before.held);
        Ok(())
    }

    #[benchmark]
    fn set_params() -> Result<(), BenchmarkError> {
        let origin = T::AdminOrigin::try_successful_origin().map_err(|_| BenchmarkError::Weightless)?;
        // Nobody can gain anything by lying or by paying itself, whatever a lie or work costs here.
        let (none, all) = (Permill::zero(), Permill::one());
        let split = Split { uptime: none, work: none, probing: none, staking: none, treasury: all };
        let params = EpochParams { split, max_work_rate: Zero::zero(), ..params::<T>(1) };

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
        Pallet::<T>::credit_probers(&[(0, 1)]);
        let before = Epoch::<T>::get();

        #[block]
        {
            Pallet::<T>::on_round_closed(0);
        }

        let books = Books::<T>::get();
        assert_eq!(Epoch::<T>::get().index, before.index + 1);
        for pool in Pool::ALL {
            let terms = Rates::<T>::get(pool, before.index);
            assert!(terms.is_some_and(|terms| terms.rate >= T::Currency::minimum_balance()));
        }
        assert_eq!(books.minted, before.emission);
        assert!(!books.treasury.is_zero());
        Ok(())
    }

    #[benchmark]
    fn credit() -> Result<(), BenchmarkError> {
        earn::<T>(1)?;
        assert!(holds_two_periods::<T>(0));

        #[block]
        {
            Pallet::<T>::credit(0, &[1; LANES]);
        }

        let epoch = Epoch::<T>::get();
        assert_eq!(epoch.total_points, PerPool { uptime: LANES as u64, ..Default::default() });
        assert!(PointsPages::<T>::get(Pool::Uptime, 0).is_some_and(|page| page.epoch == epoch.index));
        let (accrued, held) = (Accrued::<T>::get(Pool::Uptime, 0), Held::<T>::get(0));
        let (accrued, held) = (accrued.map(|page| page.get(0)), held.map(|page| page.get(0)));
        let owed = accrued.zip(held).map(|(accrued, held)| (accrued + held) * (LANES as u32).into());
        let work = Pallet::<T>::pending_work(Place { cohort: 0, lane: 0 }).accrued * 2u32.into();
        assert_eq!(owed.map(|owed| owed + work), Some(Books::<T>::get().outstanding));
        assert!(holds_two_periods::<T>(0));
        Ok(())
    }

    // A committee has at most fifteen members.
    #[benchmark]
    fn credit_probers(p: Linear<1, 15>) -> Result<(), BenchmarkError> {
        earn_by_probing::<T>(0..15)?;
        let points: Vec<_> = (0..p).map(|number| (number, 1)).collect();

        #[block]
        {
            Pallet::<T>::credit_probers(&points);
        }

        let epoch = Epoch::<T>::get();
        assert_eq!(epoch.total_points, PerPool { probing: p.into(), ..Default::default() });
        assert!(PointsPages::<T>::get(Pool::Probing, 0).is_some_and(|page| page.epoch == epoch.index));
        let accrued = Accrued::<T>::get(Pool::Probing, 0).map(|page| page.get(0) * 15u32.into());
        assert_eq!(accrued, Some(Books::<T>::get().outstanding));
        Ok(())
    }

    #[benchmark]
    fn credit_work() -> Result<(), BenchmarkError> {
        earn::<T>(1)?;
        let place = Place { cohort: 0, lane: 0 };
        let before = Pallet::<T>::pending_work(place);
        assert!(PointsPages::<T>::get(Pool::Work, 0).is_some_and(|page| page.epoch < before.epoch));
        let epoch;

        #[block]
        {
            epoch = Pallet::<T>::credit_work(place, 1);
        }

        assert_eq!(epoch, before.epoch);
        assert_eq!(Epoch::<T>::get().total_points, PerPool { work: 1, ..Default::default() });
        assert!(PointsPages::<T>::get(Pool::Work, 0).is_some_and(|page| page.epoch == epoch && page.total() == 1));
        let page = Accrued::<T>::get(Pool::Work, 0);
        assert!(page.is_some_and(|page| page.get(0) == before.accrued && !before.accrued.is_zero()));
        Ok(())
    }

    #[benchmark]
    fn draw_era_payout() -> Result<(), BenchmarkError> {
        govern::<T>(params::<T>(1))?;
        Pallet::<T>::on_round_closed(0);
        let drawn;

        #[block]
        {
            drawn = Pallet::<T>::draw_era_payout();
        }

        let books = Books::<T>::get();
        assert_eq!((books.promised, books.carried.staking), (drawn, Zero::zero()));
        assert!(!drawn.is_zero());
        Ok(())
    }

    #[benchmark]
    fn settle_era_payout() -> Result<(), BenchmarkError> {
        govern::<T>(params::<T>(1))?;
        Pallet::<T>::on_round_closed(0);
        let drawn = Pallet::<T>::draw_era_payout();

        #[block]
        {
            Pallet::<T>::settle_era_payout(drawn);
        }

        let books = Books::<T>::get();
        assert_eq!((books.promised, books.paid_staking), (Zero::zero(), drawn));
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::Chain::new().build(), crate::mock::Test);
}
