//! How many devices each block of addresses holds: the only door to [`Prefixes`].

use crate::{Config, Error, Pallet, Parameters, Prefixes};
use polkadot_sdk::{
    frame_support::{defensive, ensure},
    sp_runtime::DispatchResult,
};
use vouch_primitives::{endpoint::Prefix, Endpoint};

/// The block a device leaves and the one it enters, as it goes from one endpoint to another. A device without an endpoint is in no
/// block, and one that stays in its block crosses nothing.
fn crossing(from: Option<Endpoint>, to: Option<Endpoint>) -> (Option<Prefix>, Option<Prefix>) {
    let (from, to) = (from.map(|endpoint| endpoint.prefix()), to.map(|endpoint| endpoint.prefix()));
    if from == to {
        (None, None)
    } else {
        (from, to)
    }
}

impl<T: Config> Pallet<T> {
    /// Refuses a device at `from` if it cannot go to `to` because that block of addresses is full. Writes nothing.
    pub(crate) fn ensure_room(from: Option<Endpoint>, to: Option<Endpoint>) -> DispatchResult {
        if let (_, Some(entered)) = crossing(from, to) {
            let room = Prefixes::<T>::get(entered) < Parameters::<T>::get().max_in(entered);
            ensure!(room, Error::<T>::PrefixFull);
        }
        Ok(())
    }

    /// Counts a device that was at `from` at `to`; `None` is nowhere: a device without an endpoint, or one that is not registered
    /// before or afterwards.
    pub(crate) fn count_move(from: Option<Endpoint>, to: Option<Endpoint>) {
        let (left, entered) = crossing(from, to);
        if let Some(left) = left {
            Prefixes::<T>::mutate_exists(left, |count| {
                let Some(before) = *count else {
                    defensive!("the device was counted when it entered the block");
                    return;
                };
                *count = before.checked_sub(1).filter(|rest| *rest > 0);
            });
        }
        if let Some(entered) = entered {
            Prefixes::<T>::mutate(entered, |count| *count = count.saturating_add(1));
        }
    }
}
