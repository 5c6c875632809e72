//! What probers answer for: how good their reports are, what they did wrong, and how that reaches those who slash.

use crate::*;
use alloc::{collections::BTreeMap, vec::Vec};
use audits::Measured;
use frame_support::{
    defensive,
    traits::{Get, ValidatorSet},
    weights::{Weight, WeightMeter},
};
use offence::ProberOffence;
use sp_runtime::{traits::Convert, Perbill};
use sp_staking::offence::ReportOffence;
use types::{Offending, Record, Standing, BARRED_STRIKES, STANDINGS};
use vouch_primitives::{
    audit::Misconduct, deterrence::expected_penalty, traits::ProberDirectory, Points, ProberNumber, RoundIndex,
};

impl<T: Config> Pallet<T> {
    /// How a prober does.
    pub(crate) fn standing(prober: ProberNumber) -> Standing {
        let index = (prober % STANDINGS) as usize;
        Standings::<T>::get(prober / STANDINGS).get(index).copied().unwrap_or_default()
    }

    /// Takes note of how good reports were, and of audits that were `proven`; returns who is to be accused of being an outlier.
    /// Reads and writes each page once.
    pub(crate) fn note_reports(
        measured: &[Measured],
        proven: &BTreeMap<ProberNumber, u32>,
    ) -> Vec<(ProberNumber, Offending)> {
        let mut accused = Vec::new();
        let mut pages = BTreeMap::<u32, Vec<(usize, Note)>>::new();
        let mut note = |prober: &ProberNumber, note| {
            pages.entry(prober / STANDINGS).or_default().push(((prober % STANDINGS) as usize, note));
        };
        measured.iter().for_each(|measured| note(&measured.prober, Note::Report(*measured)));
        proven.iter().for_each(|(prober, count)| note(prober, Note::Proven(*count)));
        for (page, notes) in pages {
            Standings::<T>::mutate(page, |standings| {
                for (index, note) in notes {
                    let missing = index.saturating_add(1).saturating_sub(standings.len());
                    let extended = (0..missing).try_for_each(|_| standings.try_push(Standing::default()));
                    let (Ok(()), Some(standing)) = (extended, standings.get_mut(index)) else {
                        defensive!("an index is below the length of a page");
                        continue;
                    };
                    match note {
                        Note::Proven(count) => standing.proven = standing.proven.saturating_add(count),
                        Note::Report(Measured { prober, accuracy, offending, drawn }) => {
                            standing.audited = standing.audited.saturating_add(drawn.into());
                            if standing.note(accuracy) {
                                accused.push((prober, offending));
                            }
                        },
                    }
                }
            });
        }
        accused
    }

    /// Holds a prober to account, and lets it forfeit the `points` of the report in question. Those who slash are told in
    /// [`Self::report_offence_within`]: telling them may take long.
    ///
    /// However often it is accused over reports of one epoch, that is one strike: a node that is gone for good fails all its open
    /// audits, and has done no more wrong than with one. What all reports of an epoch can gain together is what deters from a
    /// single one, see [`vouch_primitives::deterrence`].
    pub(crate) fn accuse(prober: ProberNumber, offending: Offending, points: Points) {
        let mut record = Records::<T>::get(prober).unwrap_or_default();
        match offending.kind {
            Misconduct::WrongOpening => record.failed = record.failed.saturating_add(1),
            Misconduct::Silence => record.silent = record.silent.saturating_add(1),
            Misconduct::Outlier => {},
        }
        record.forfeited = record.forfeited.saturating_add(points.into());
        let params = Params::<T>::get();
        record.strikes = Self::strikes_that_count(&record, offending.report.round);
        let graver = record.last.is_none_or(|last| params.slash(offending.kind) > params.slash(last.kind));
        if record.strike(offending.epoch) || graver {
            record.last = Some(offending);
            if !record.queued {
                let (first, end) = AccusedQueue::<T>::get();
                Accused::<T>::insert(end, prober);
                AccusedQueue::<T>::put((first, end.wrapping_add(1)));
                record.queued = true;
            }
        }
        Records::<T>::insert(prober, record);
        let Offending { kind, report, .. } = offending;
        Self::deposit_event(Event::Accused { prober, kind, report, strikes: record.strikes });
    }

    /// Whether a validator has so many strikes that it does not probe any more.
    pub(crate) fn is_barred(prober: ProberNumber) -> bool {
        let round = Round::<T>::get().index;
        Records::<T>::get(prober).is_some_and(|record| Self::strikes_that_count(&record, round) >= BARRED_STRIKES)
    }

    /// Strikes that still count against a prober that commits another offence in `round`.
    fn strikes_that_count(record: &Record, round: RoundIndex) -> u32 {
        let last = record.last.map_or(0, |last| last.report.round);
        if round.saturating_sub(last) > T::StrikeMemory::get() {
            0
        } else {
            record.strikes
        }
    }

    /// Tells those who slash of the offence that waits longest, if `remaining` allows; returns the weight used. One a block: a
    /// slash may take a good part of it.
    pub(crate) fn report_offence_within(remaining: Weight) -> Weight {
        let mut meter = WeightMeter::with_limit(remaining);
        if meter.try_consume(T::WeightInfo::look_for_accused()).is_err() {
            return meter.consumed();
        }
        let (first, end) = AccusedQueue::<T>::get();
        let each = T::WeightInfo::report_accused().saturating_add(T::OffenceWeight::get());
        if first != end && meter.try_consume(each).is_ok() {
            if let Some(prober) = Accused::<T>::take(first) {
                Self::report_offence(prober);
            }
            AccusedQueue::<T>::put((first.wrapping_add(1), end));
        }
        meter.consumed()
    }

    /// Tells those who slash of a prober's last offence, with all before it counted in.
    fn report_offence(prober: ProberNumber) {
        let Some((validator, mut record)) = Accounts::<T>::get(prober).zip(Records::<T>::get(prober)) else {
            defensive!("whoever is accused has a number and a record");
            return;
        };
        record.queued = false;
        Records::<T>::insert(prober, record);
        let Some(Offending { kind, report, session, .. }) = record.last else {
            defensive!("whoever is accused has an offence");
            return;
        };
        let Some(offender) = T::OffenderOf::convert(validator.clone()) else {
            log::warn!(target: "runtime::uptime", "prober {prober} cannot be held to account any more");
            return;
        };
        let fraction = Self::slash_fraction(Params::<T>::get().slash(kind), record.strikes);
        let validators = T::ValidatorSet::validators().len() as u32;
        let offence = ProberOffence { offender, kind, report, session, validators, fraction };
        match T::Offences::report_offence(Vec::new(), offence) {
            Ok(()) => Self::deposit_event(Event::OffenceReported { validator, kind, fraction }),
            Err(error) => log::warn!(target: "runtime::uptime", "the offence of {report:?} was not taken: {error:?}"),
        }
    }

    /// What an offence costs in the `strikes`-th epoch with any: `strikes` times what the first one does, at most everything.
    pub(crate) fn slash_fraction(first: Perbill, strikes: u32) -> Perbill {
        Perbill::from_parts(first.deconstruct().saturating_mul(strikes).min(Perbill::one().deconstruct()))
    }
}

/// What a prober's standing takes note of.
enum Note {
    Report(Measured),
    Proven(u32),
}

impl<T: Config> ProberDirectory<T::AccountId> for Pallet<T> {
    fn account(prober: ProberNumber) -> Option<T::AccountId> {
        Accounts::<T>::get(prober)
    }

    fn number(account: &T::AccountId) -> Option<ProberNumber> {
        Numbers::<T>::get(account)
    }

    fn expected_penalty() -> u128 {
        let params = Params::<T>::get();
        expected_penalty(params.audit, params.least_slash(), T::LeastStake::get())
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn enroll_for_benchmark(prober: ProberNumber, account: &T::AccountId) {
        Accounts::<T>::insert(prober, account);
        Numbers::<T>::insert(account, prober);
    }
}
