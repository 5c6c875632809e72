//! What time triggers: seeds are fixed, rounds open and close, and the sweep accounts the cohorts nobody touched.

use crate::*;
use codec::Encode;
use frame_support::{
    ensure,
    traits::{Get, Randomness, ValidatorSet},
    weights::{Weight, WeightMeter},
};
use frame_system::pallet_prelude::BlockNumberFor;
use ocw::progress::KEPT_ROUNDS;
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::traits::Saturating;
use types::{MAX_OPEN_AUDITS, MIN_AUDIT_WINDOW, MIN_ROUND_LENGTH};
use vouch_primitives::{
    deterrence::{expected_penalty, is_deterred},
    history::HISTORY_ROUNDS,
    traits::{DeviceRegistry, OnRoundClosed, RoundClock, RoundSeed},
    RoundIndex,
};

const SEED_DOMAIN: &[u8] = b"vouch/seed/v1";

impl<T: Config> RoundClock for Pallet<T> {
    fn current_round() -> RoundIndex {
        Round::<T>::get().index
    }
}

impl<T: Config> RoundSeed for Pallet<T> {
    fn current_seed() -> H256 {
        Round::<T>::get().seed
    }
}

impl<T: Config> Pallet<T> {
    /// Whether rounds can be run with `params`.
    pub(crate) fn check_params(params: &types::Params) -> Result<(), Error<T>> {
        ensure!(params.round_length >= MIN_ROUND_LENGTH, Error::<T>::RoundTooShort);
        ensure!(params.committee_size >= 1, Error::<T>::CommitteeEmpty);
        ensure!(params.committee_size <= T::MaxCommittee::get(), Error::<T>::CommitteeTooLarge);
        ensure!(params.admission_rounds <= HISTORY_ROUNDS, Error::<T>::AdmissionTooLong);
        ensure!(params.audit_window >= MIN_AUDIT_WINDOW, Error::<T>::AuditWindowTooShort);
        let kept = params.audit_rounds() < KEPT_ROUNDS && params.most_open_audits() <= MAX_OPEN_AUDITS;
        ensure!(kept, Error::<T>::AuditWindowTooLong);
        Ok(())
    }

    /// Sets the parameters, unless rounds cannot be run with them or lying would pay under them.
    pub(crate) fn do_set_params(params: types::Params) -> Result<(), Error<T>> {
        Self::check_params(&params)?;
        let penalty = expected_penalty(params.audit, params.least_slash(), T::LeastStake::get());
        ensure!(is_deterred(penalty, T::MostGain::get()), Error::<T>::LyingWouldPay);
        Params::<T>::put(params);
        Self::deposit_event(Event::ParamsSet { params });
        Ok(())
    }

    /// Opens round 0 with block 0. There is no randomness yet: its seed is zero, and its committees are known to everyone.
    pub(crate) fn initialize_rounds(params: types::Params) {
        Params::<T>::put(params);
        Round::<T>::put(types::Round {
            length: params.round_length,
            committee_size: params.committee_size,
            prober_set: CurrentSet::<T>::get(),
            ..Default::default()
        });
    }

    /// What happens at the start of block `now`.
    pub(crate) fn tick(now: BlockNumberFor<T>) -> Weight {
        let round = Round::<T>::get();
        if now >= round.end() {
            let told = T::OnRoundClosed::on_round_closed(round.index);
            Self::open_round(now, round);
            T::WeightInfo::open_round().saturating_add(told)
        } else if now >= Self::seed_due(&round) && !NextSeed::<T>::exists() {
            NextSeed::<T>::put(Self::draw_seed(&round));
            T::WeightInfo::fix_seed()
        } else {
            T::WeightInfo::on_initialize()
        }
    }

    /// Opens the round after `closed` at block `now`, with the parameters and probers of this moment and the seed fixed earlier.
    pub(crate) fn open_round(now: BlockNumberFor<T>, closed: types::Round<BlockNumberFor<T>>) {
        let params = Params::<T>::get();
        let seed = NextSeed::<T>::take().unwrap_or_else(|| Self::draw_seed(&closed));
        let round = types::Round {
            index: closed.index.saturating_add(1),
            start: now,
            length: params.round_length,
            committee_size: params.committee_size,
            seed,
            prober_set: CurrentSet::<T>::get(),
            session: T::ValidatorSet::session_index(),
        };
        if round.prober_set != closed.prober_set {
            ProberSets::<T>::remove(closed.prober_set);
        }
        Sweep::<T>::mutate(|sweep| *sweep = sweep.restart(T::Registry::cohorts()));
        Self::deposit_event(Event::RoundOpened {
            round: round.index,
            length: round.length,
            committee_size: round.committee_size,
            seed,
            prober_set: round.prober_set,
        });
        Round::<T>::put(round);
    }

    /// The block in which the seed of the round after `round` is fixed.
    pub(crate) fn seed_due(round: &types::Round<BlockNumberFor<T>>) -> BlockNumberFor<T> {
        let lead = T::SeedLead::get().min(round.length.saturating_sub(1));
        round.end().saturating_sub(lead.into())
    }

    /// The seed of the round after `round`.
    ///
    /// Without randomness it is derived from the running seed alone: then committees are known ahead, but still nobody can
    /// choose them, as a block's author could if anything of the block went in.
    pub(crate) fn draw_seed(round: &types::Round<BlockNumberFor<T>>) -> H256 {
        let subject = (SEED_DOMAIN, round.index.saturating_add(1)).encode();
        let (random, _known_since) = T::Randomness::random(&subject);
        H256(blake2_256(&(subject, random.ok_or(round.seed)).encode()))
    }

    /// Accounts untouched cohorts as far as `remaining` and the pallet's own limit allow, and returns what it used.
    pub(crate) fn sweep_within(remaining: Weight) -> Weight {
        let mut meter = WeightMeter::with_limit(remaining.min(T::MaxSweepWeight::get()));
        Self::sweep(&mut meter);
        meter.consumed()
    }

    /// Visits cohorts from the cursor on until all are done or the meter cannot bear another.
    fn sweep(meter: &mut WeightMeter) {
        if meter.try_consume(T::WeightInfo::sweep()).is_err() {
            return;
        }
        let before = Sweep::<T>::get();
        let mut sweep = before;
        while sweep.left > 0 && meter.can_consume(Self::max_settle_weight()) {
            let (caught_up, used) = Self::settle(sweep.next);
            meter.consume(used);
            if caught_up {
                sweep = sweep.step();
            }
        }
        if sweep != before {
            Sweep::<T>::put(sweep);
        }
    }

    /// Least weight with which the sweep gets anywhere.
    pub(crate) fn min_sweep_weight() -> Weight {
        T::WeightInfo::sweep().saturating_add(Self::max_settle_weight())
    }
}

/// What the runtime API and the off-chain worker ask.
impl<T: Config> Pallet<T> {
    /// The running round.
    pub fn current_round() -> types::Round<BlockNumberFor<T>> {
        Round::<T>::get()
    }

    /// How many validators probe in the running round.
    pub fn prober_count() -> u32 {
        Self::set_size(Round::<T>::get().prober_set)
    }

    /// The hash of block 0, which every signature must name.
    pub fn genesis_hash() -> H256 {
        frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::default())
    }
}
