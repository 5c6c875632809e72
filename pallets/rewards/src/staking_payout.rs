//! What stakers are paid, out of the same emission as everybody else.
//!
//! The staking pallet asks how much an era pays, and mints it by itself, piece by piece, as stakers claim. Here the era is given
//! what epochs minted for staking since the last one, and for each planck that the staking pallet mints one of the pot is burnt.
//! So nothing is minted in the end but by epochs.

use crate::{BalanceOf, Books, Config, Pallet, WeightInfo, LOG_TARGET};
use core::marker::PhantomData;
use frame_support::{
    defensive,
    dispatch::DispatchClass,
    traits::{
        fungible::Mutate,
        tokens::{imbalance::Imbalance, Fortitude, Precision, Preservation},
        OnUnbalanced,
    },
};
use polkadot_sdk::*;
use sp_arithmetic::Permill;
use sp_runtime::traits::{Saturating, Zero};
use sp_staking::EraPayout;

impl<T: Config> Pallet<T> {
    /// Promises to the stakers of an era that has ended everything that was carried for staking, and returns how much that is.
    pub fn draw_era_payout() -> BalanceOf<T> {
        Books::<T>::mutate(|books| books.promise())
    }

    /// Takes note that `amount`, of what was promised, was minted for stakers elsewhere: burns as much from the pot.
    pub fn settle_era_payout(amount: BalanceOf<T>) {
        let mut books = Books::<T>::get();
        let promised = amount.min(books.promised);
        if promised != amount {
            log::error!(target: LOG_TARGET, "of {amount:?} planck paid to stakers only {promised:?} were promised");
        }
        if promised.is_zero() {
            return;
        }
        let (exact, polite) = (Precision::Exact, Fortitude::Polite);
        match T::Currency::burn_from(&Self::pot(), promised, Preservation::Preserve, exact, polite) {
            Ok(_) => {
                books.keep_promise(promised);
                Books::<T>::put(books);
            },
            Err(error) => {
                log::error!(target: LOG_TARGET, "{promised:?} planck paid to stakers cannot be burnt: {error:?}");
                defensive!("the pot holds what is promised");
            },
        }
    }
}

/// The part of an era's amount that is promised but not announced, so that what is paid cannot exceed what is promised: the
/// staking pallet rounds each staker's pay to the *nearest* planck, and four validators that share 7 planck alike get 2 each. A
/// millionth covers half a planck for each staker unless an era pays less than half a million planck for every one of them.
const ROUNDING: Permill = Permill::from_parts(1);

/// For the staking pallet's `EraPayout`: an era pays what epochs minted for staking since the last one, but for a millionth, and
/// nothing remains. How much is staked, how much there is and how long the era was make no difference.
impl<T: Config> EraPayout<BalanceOf<T>> for Pallet<T> {
    fn era_payout(_: BalanceOf<T>, _: BalanceOf<T>, _: u64) -> (BalanceOf<T>, BalanceOf<T>) {
        frame_system::Pallet::<T>::register_extra_weight_unchecked(
            T::WeightInfo::draw_era_payout(),
            DispatchClass::Mandatory,
        );
        let promised = Self::draw_era_payout();
        (promised.saturating_sub(ROUNDING.mul_ceil(promised)), Zero::zero())
    }
}

/// For the staking pallet's `Reward`: takes what it minted for stakers back out of the pot.
pub struct BurnFromPot<T>(PhantomData<T>);

impl<T: Config, Minted: Imbalance<BalanceOf<T>>> OnUnbalanced<Minted> for BurnFromPot<T> {
    fn on_nonzero_unbalanced(minted: Minted) {
        frame_system::Pallet::<T>::register_extra_weight_unchecked(
            T::WeightInfo::settle_era_payout(),
            DispatchClass::Normal,
        );
        // The issuance counts `minted` only when it is dropped. Burning first keeps it from overflowing.
        Pallet::<T>::settle_era_payout(minted.peek());
        drop(minted);
    }
}
