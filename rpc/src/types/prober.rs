//! Answers about validators as probers.

use super::{Amount, Pending};
use polkadot_sdk::sp_runtime::AccountId32;
use serde::Serialize;
use vouch_primitives::{
    api::{code, ProberInfo},
    audit,
};

/// The offence that brought a prober its last strike, or a graver one after it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Offence {
    /// See *Misconduct*.
    pub kind: String,
    /// The round of the report that gave rise to it.
    pub round: u32,
    /// The cohort that it was on.
    pub cohort: u32,
}

impl From<(audit::Misconduct, audit::ReportId)> for Offence {
    fn from((kind, report): (audit::Misconduct, audit::ReportId)) -> Self {
        Self { kind: code(kind), round: report.round, cohort: report.cohort }
    }
}

/// A validator as a prober.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Prober {
    /// The validator.
    pub validator: AccountId32,
    /// Its number.
    pub number: u32,
    /// Reports that were measured.
    pub reports: u32,
    /// Lanes that they were measured on: those on which at least two thirds of a committee agreed.
    pub lanes: u64,
    /// Mean accuracy over these lanes, permille.
    pub accuracy: u32,
    /// Reports that contradicted most of what their peers agreed on.
    pub outliers: u32,
    /// How near it is to an offence for outliers.
    pub deviation: u32,
    /// At this deviation the next offence is reported.
    pub deviation_limit: u32,
    /// Audits that it answered with a proof.
    pub proven: u32,
    /// Audits that it answered wrongly.
    pub failed: u32,
    /// Audits that it did not answer in time.
    pub silent: u32,
    /// Audits that wait for its answer, or were proven and wait to be closed.
    pub open: u32,
    /// Points that it lost with reports that failed their audit.
    pub forfeited: u64,
    /// Epochs with offences that still count.
    pub strikes: u32,
    /// The offence that brought its last strike, or a graver one after it; null without any.
    pub last_offence: Option<Offence>,
    /// What it has earned by probing and not been paid.
    pub pending: Pending,
    /// Planck per point of the last closed epoch; null before one has closed.
    pub last_rate: Option<Amount>,
    /// Everything that lowers its pay; see *ProberReason*.
    pub reasons: Vec<String>,
}

impl Prober {
    /// What is known of `validator`.
    pub(crate) fn new(validator: AccountId32, info: ProberInfo<u128>) -> Self {
        let record = info.record;
        Self {
            validator,
            number: info.number,
            reports: record.reports,
            lanes: record.lanes,
            accuracy: record.accuracy,
            outliers: record.outliers,
            deviation: record.deviation,
            deviation_limit: record.deviation_limit,
            proven: record.proven,
            failed: record.failed,
            silent: record.silent,
            open: record.open,
            forfeited: record.forfeited,
            strikes: record.strikes,
            last_offence: record.last_offence.map(Into::into),
            pending: info.pending.into(),
            last_rate: info.last_rate.map(Amount),
            reasons: info.reasons.into_iter().map(code).collect(),
        }
    }
}
