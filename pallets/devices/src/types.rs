//! The records the registry keeps.

use crate::Config;
use core::cmp::Ordering;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::{frame_support::traits::fungible, frame_support::BoundedVec, frame_system, sp_runtime::Permill};
use scale_info::TypeInfo;
use vouch_primitives::{endpoint::Prefix, ClassId, ClassWeight, DeviceId, Endpoint, EpochIndex, Place, RoundIndex};

/// Rounds from one change of a device's key until the next is allowed; the first after its registration may come at any time.
///
/// Audits of a round's reports are drawn two rounds later, or a few more if blocks are full. With two changes eight rounds apart,
/// the present key and the one before it account for the running round and the eight before it, and at most one round in eight
/// is without a key that could be asked in all of it.
pub const ROTATION_ROUNDS: u32 = 8;

/// The balance of the chain's own token, in planck.
pub type BalanceOf<T> = <<T as Config>::Currency as fungible::Inspect<<T as frame_system::Config>::AccountId>>::Balance;
/// [`Class`] of a chain.
pub type ClassOf<T> = Class<BoundedVec<u8, <T as Config>::MaxClassName>, BalanceOf<T>>;
/// [`Device`] of a chain.
pub type DeviceOf<T> =
    Device<<T as frame_system::Config>::AccountId, BalanceOf<T>, frame_system::pallet_prelude::BlockNumberFor<T>>;
/// [`Params`] of a chain.
pub type ParamsOf<T> = Params<frame_system::pallet_prelude::BlockNumberFor<T>>;

/// A kind of device.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Class<Name, Balance> {
    /// What people call it, UTF-8 by convention.
    pub name: Name,
    /// What one perfect round of one of its devices earns, in hundredths of a standard device; 0 earns nothing. Counts for
    /// every round that is tallied after a change, for devices that are registered already too.
    pub weight: ClassWeight,
    /// Planck held from the owner for each device registered from now on; a later change leaves bonds that are held as they
    /// are, until their owners top them up.
    pub bond: Balance,
}

/// What governance sets for all devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Params<BlockNumber> {
    /// Blocks between deregistering a device and the release of its bond and lane. Below the length of a round, a device that
    /// leaves may lose the points of its last round; below that of some rounds, what probers said of it cannot be audited.
    pub release_delay: BlockNumber,
    /// Rounds of maintenance that one device is allowed in one epoch, those spent on changes of its key included; 0 allows none.
    pub maintenance_rounds: u32,
    /// Most devices whose endpoints are in the same IPv4 /24; 0 admits none. A lower value does nothing to the devices that are
    /// there, it only refuses others.
    pub max_per_v4: u32,
    /// The same for an IPv6 /48.
    pub max_per_v6: u32,
    /// What part of its bond a device that never answered loses to whoever has it evicted. More than it takes to have somebody
    /// look for such devices only tempts probers to call devices down.
    pub eviction_fee: Permill,
}

impl<BlockNumber: Default> Default for Params<BlockNumber> {
    /// No delay and no maintenance, which a chain has to decide on; but limits that keep a fleet out of one box and its owner's
    /// home in.
    fn default() -> Self {
        Self {
            release_delay: BlockNumber::default(),
            maintenance_rounds: 0,
            max_per_v4: 64,
            max_per_v6: 64,
            eviction_fee: Permill::from_percent(10),
        }
    }
}

impl<BlockNumber> Params<BlockNumber> {
    /// Most devices in `prefix`.
    pub fn max_in(&self, prefix: Prefix) -> u32 {
        match prefix {
            Prefix::V4(_) => self.max_per_v4,
            Prefix::V6(_) => self.max_per_v6,
        }
    }
}

/// A device's declared maintenance.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Maintenance {
    /// The epoch in which rounds were last charged.
    pub epoch: EpochIndex,
    /// Rounds charged in that epoch, declared or spent on changes of the key, less those given back by resuming early. Those of
    /// an older epoch count no more.
    pub used: u32,
    /// The first round after the last window. The window was declared for the round after the one that ran then, and may
    /// still be ahead.
    pub until: RoundIndex,
}

impl Maintenance {
    /// Rounds charged to `epoch` so far.
    pub fn used_in(&self, epoch: EpochIndex) -> u32 {
        if self.epoch == epoch {
            self.used
        } else {
            0
        }
    }

    /// Whether the window covers a round after `round`, so that it can be cut short and no other can be declared.
    pub fn goes_on_after(&self, round: RoundIndex) -> bool {
        self.until > round.saturating_add(1)
    }

    /// The same with `rounds` more rounds charged to `epoch`; `None` if that is more than `budget` allows.
    pub fn charge(&self, epoch: EpochIndex, rounds: u32, budget: u32) -> Option<Self> {
        let used = self.used_in(epoch).checked_add(rounds).filter(|used| *used <= budget)?;
        Some(Self { epoch, used, until: self.until })
    }

    /// A window of `rounds` rounds from `from` on, charged to `epoch`; `None` if that is more than `budget` allows.
    pub fn declare(&self, epoch: EpochIndex, from: RoundIndex, rounds: u32, budget: u32) -> Option<Self> {
        Some(Self { until: from.saturating_add(rounds), ..self.charge(epoch, rounds, budget)? })
    }

    /// The same with the window ending after `round`; one that was to begin then is gone. The rounds that remained are given
    /// back if the epoch they were charged to is still `epoch`.
    pub fn cut_short(&self, epoch: EpochIndex, round: RoundIndex) -> Self {
        let until = round.saturating_add(1).min(self.until);
        Self { epoch, used: self.used_in(epoch).saturating_sub(self.until.saturating_sub(until)), until }
    }
}

/// The key that a device went by before its present one.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Former {
    /// The id it made. It is free again: another device may go by it now.
    pub device: DeviceId,
    /// The round in which it took the place; see [`Device::since`].
    pub since: RoundIndex,
}

/// A registered device.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Device<AccountId, Balance, BlockNumber> {
    /// Who bonds for it and may change it.
    pub owner: AccountId,
    /// Who is paid for it; `None` is the owner.
    pub beneficiary: Option<AccountId>,
    /// Its class, fixed for as long as it is registered.
    pub class: ClassId,
    /// Where it answers; `None` for a device that publishes no address and is reached through a gateway.
    pub endpoint: Option<Endpoint>,
    /// Its cohort and lane, its own until its bond is released.
    pub place: Place,
    /// Planck held from the owner for it: less than its class asks for if it was fined, more or less if its class was changed.
    pub bond: Balance,
    /// The round in which its key took the place: that of its registration, or of the last change of its key. In this round
    /// probers may have asked another key or none; in those after it they ask this one.
    pub since: RoundIndex,
    /// The key before this one; `None` if it has had no other since it was registered.
    pub previous: Option<Former>,
    /// Its maintenance windows.
    pub maintenance: Maintenance,
    /// `Some` once it is deregistered: the block from which its bond and place can be released.
    pub leaving: Option<BlockNumber>,
}

impl<AccountId, Balance, BlockNumber> Device<AccountId, Balance, BlockNumber> {
    /// Who is paid for it.
    pub fn payee(&self) -> &AccountId {
        self.beneficiary.as_ref().unwrap_or(&self.owner)
    }

    /// Whether its key may be changed in the running round `now`: the first time at any time, and again once
    /// [`ROTATION_ROUNDS`] rounds have gone by.
    pub fn may_rotate(&self, now: RoundIndex) -> bool {
        self.previous.is_none() || now.saturating_sub(self.since) >= ROTATION_ROUNDS
    }

    /// The same under another key from the running round `now` on; `device` is its id up to now.
    pub fn rotated(self, device: DeviceId, now: RoundIndex) -> Self {
        Self { previous: Some(Former { device, since: self.since }), since: now, ..self }
    }

    /// The key that sat in its place in all of `round`, so far as it has run; `device` is its id now. `None` for a round in which
    /// it came or changed its key, for those before it came, and for those before its former key took the place.
    pub fn key_in(&self, device: DeviceId, round: RoundIndex) -> Option<DeviceId> {
        match self.since.cmp(&round) {
            Ordering::Less => Some(device),
            // Probers asked the one key, or the other, or both: no answer can be held against anybody.
            Ordering::Equal => None,
            Ordering::Greater => self.previous.as_ref().filter(|former| former.since < round).map(|f| f.device.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Device, Maintenance, ROTATION_ROUNDS};
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use vouch_primitives::{DeviceId, Place, RoundIndex};

    proptest! {
        #[test]
        fn budget_holds_whatever_is_declared_and_cut_short(
            budget in 0u32..20,
            steps in proptest::collection::vec((0u8..3, 1u32..8, 0u32..3), 0..60),
        ) {
            let (mut maintenance, mut round) = (Maintenance::default(), 0);
            // Every round that is excused, or is to be, and how many are spent on changes of the key.
            let (mut windows, mut spent) = (BTreeSet::new(), 0);
            for (step, rounds, pass) in steps {
                let before = maintenance.used_in(7);
                if step == 0 && !maintenance.goes_on_after(round) {
                    match maintenance.declare(7, round + 1, rounds, budget) {
                        Some(declared) => {
                            windows.extend(round + 1..round + 1 + rounds);
                            prop_assert_eq!(declared.until, round + 1 + rounds);
                            maintenance = declared;
                        },
                        None => prop_assert!(before + rounds > budget),
                    }
                } else if step == 1 && !windows.contains(&round) {
                    match maintenance.charge(7, 1, budget) {
                        Some(charged) => {
                            prop_assert_eq!(charged.until, maintenance.until);
                            maintenance = charged;
                            spent += 1;
                        },
                        None => prop_assert_eq!(before, budget),
                    }
                } else if step == 2 && maintenance.goes_on_after(round) {
                    maintenance = maintenance.cut_short(7, round);
                    windows.retain(|window| *window <= round);
                    prop_assert!(!maintenance.goes_on_after(round));
                }
                prop_assert!(maintenance.used_in(7) <= budget);
                prop_assert_eq!(maintenance.used_in(7), windows.len() as u32 + spent);
                round += pass;
            }
        }
    }

    proptest! {
        /// Keys change in the first rounds in which they may, or some rounds after that.
        #[test]
        fn key_of_every_round_that_is_asked_for_is_known(came in 0u32..3, delays in proptest::collection::vec(0u32..4, 0..6)) {
            let id = |n: usize| DeviceId::new([n as u8; 32]);
            let mut record = Device {
                owner: (),
                beneficiary: None,
                class: 0,
                endpoint: None,
                place: Place::nth(0),
                bond: 0,
                since: came,
                previous: None,
                maintenance: Maintenance::default(),
                leaving: None::<u32>,
            };
            let (mut now, mut changes) = (came, vec![came]);
            for delay in delays {
                now += delay;
                while !record.may_rotate(now) {
                    now += 1;
                }
                record = record.rotated(id(changes.len()), now);
                changes.push(now);
                for now in now..=now + ROTATION_ROUNDS {
                    for round in now.saturating_sub(ROTATION_ROUNDS)..=now {
                        let key = changes.iter().filter(|change| **change < round).count();
                        let known = Some(id(key)).filter(|_| key > 0 && !changes.contains(&round));
                        prop_assert_eq!(record.key_in(id(changes.len()), round), known);
                    }
                    prop_assert!(!record.may_rotate(now) || now == changes[changes.len() - 1] + ROTATION_ROUNDS);
                }
            }
            prop_assert_eq!(record.key_in(id(changes.len()), RoundIndex::MAX), Some(id(changes.len())));
        }
    }

    #[test]
    fn extremes_neither_wrap_nor_pass() {
        let spent = Maintenance { epoch: 1, used: u32::MAX, until: 3 };
        assert_eq!((spent.declare(1, 5, 1, u32::MAX), spent.charge(1, 1, u32::MAX)), (None, None));
        assert!(!Maintenance { until: u32::MAX, ..spent }.goes_on_after(u32::MAX));
        let fresh = spent.declare(2, u32::MAX, u32::MAX, u32::MAX);
        assert_eq!(fresh, Some(Maintenance { epoch: 2, used: u32::MAX, until: u32::MAX }));
        assert_eq!(spent.cut_short(2, 0), Maintenance { epoch: 2, used: 0, until: 1 });
    }
}
