//! A prober's misconduct, in the form that those who slash understand.

use alloc::{vec, vec::Vec};
use polkadot_sdk::*;
use sp_runtime::Perbill;
use sp_staking::{
    offence::{Kind, Offence},
    SessionIndex,
};
use vouch_primitives::audit::{Misconduct, ReportId};

/// One offence of one prober.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProberOffence<Offender> {
    /// The prober.
    pub offender: Offender,
    /// What it did.
    pub kind: Misconduct,
    /// The report that gave rise to it.
    pub report: ReportId,
    /// The session in which the report's round opened.
    pub session: SessionIndex,
    /// Validators of the session in which the offence is reported.
    pub validators: u32,
    /// Share of the stake that it costs, repetition counted.
    pub fraction: Perbill,
}

impl<Offender: Clone> Offence<Offender> for ProberOffence<Offender> {
    const ID: Kind = *b"vouch:misconduct";

    /// Every kind of offence by every report is an incident of its own. The fraction does not grow with how many misbehave at once: a copier is no
    /// guiltier because others copy too.
    type Slot = (ReportId, Misconduct);

    fn offenders(&self) -> Vec<Offender> {
        vec![self.offender.clone()]
    }

    fn session_index(&self) -> SessionIndex {
        self.session
    }

    fn validator_set_count(&self) -> u32 {
        self.validators
    }

    fn slot(&self) -> (ReportId, Misconduct) {
        (self.report, self.kind)
    }

    fn slash_fraction(&self, _offenders: u32) -> Perbill {
        self.fraction
    }
}
