//! What the calls and hooks of `pallet_work` cost on this chain. Written by `scripts/weights`: change benchmarks instead.

use core::marker::PhantomData;
use polkadot_sdk::{frame_support::weights::Weight, frame_system};

/// Weights of `pallet_work`.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_work::WeightInfo for WeightInfo<T> {
    fn set_params() -> Weight {
        <() as pallet_work::WeightInfo>::set_params()
    }

    fn enlist() -> Weight {
        <() as pallet_work::WeightInfo>::enlist()
    }

    fn retire() -> Weight {
        <() as pallet_work::WeightInfo>::retire()
    }

    fn post_job() -> Weight {
        <() as pallet_work::WeightInfo>::post_job()
    }

    fn cancel() -> Weight {
        <() as pallet_work::WeightInfo>::cancel()
    }

    fn authorize_answer() -> Weight {
        <() as pallet_work::WeightInfo>::authorize_answer()
    }

    fn answer() -> Weight {
        <() as pallet_work::WeightInfo>::answer()
    }

    fn authorize_reveal() -> Weight {
        <() as pallet_work::WeightInfo>::authorize_reveal()
    }

    fn reveal() -> Weight {
        <() as pallet_work::WeightInfo>::reveal()
    }

    fn authorize_open() -> Weight {
        <() as pallet_work::WeightInfo>::authorize_open()
    }

    fn open() -> Weight {
        <() as pallet_work::WeightInfo>::open()
    }

    fn authorize_judge() -> Weight {
        <() as pallet_work::WeightInfo>::authorize_judge()
    }

    fn judge() -> Weight {
        <() as pallet_work::WeightInfo>::judge()
    }

    fn look() -> Weight {
        <() as pallet_work::WeightInfo>::look()
    }

    fn chase_up() -> Weight {
        <() as pallet_work::WeightInfo>::chase_up()
    }

    fn hand_out() -> Weight {
        <() as pallet_work::WeightInfo>::hand_out()
    }

    fn close(n: u32) -> Weight {
        <() as pallet_work::WeightInfo>::close(n)
    }
}
