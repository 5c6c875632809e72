//! Turns what the chain says about a validator as a prober into sentences and into JSON, for those who operate it.

use crate::{
    chain::{Network, Prober, Token},
    explain::{epoch_running, ReasonStatus},
};
use polkadot_sdk::sp_runtime::AccountId32;
use serde::Serialize;
use vouch_primitives::{
    accuracy::FULL,
    api::{code, ProberReason, ProberRecord},
    audit::{Misconduct, ReportId},
};

/// Everything `validator` tells; amounts are planck, as strings, because they exceed what JSON readers count to.
#[derive(Clone, Debug, Serialize)]
pub struct ValidatorStatus {
    /// The validator, SS58.
    pub validator: String,
    /// Whether it ever was among a session's validators. If not, nothing else is known of it.
    pub probed: bool,
    /// The rest.
    #[serde(flatten)]
    pub record: Option<Record>,
}

/// What is known of a validator that was among a session's.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// Its number among all that ever were.
    pub number: u32,
    /// Reports that were measured.
    pub reports: u32,
    /// Lanes they were measured on.
    pub lanes: u64,
    /// Mean accuracy on these, permille.
    pub accuracy: u32,
    /// Reports that called down nearly everything that their peers found up.
    pub outliers: u32,
    /// How near these bring it to an offence.
    pub deviation: u32,
    /// At this deviation it commits one.
    pub deviation_limit: u32,
    /// Audits it proved.
    pub audits_proven: u32,
    /// Audits it answered wrongly.
    pub audits_failed: u32,
    /// Audits it did not answer in time.
    pub audits_silent: u32,
    /// Audits that wait for its answer.
    pub audits_open: u32,
    /// Points lost with reports that failed their audit.
    pub points_forfeited: u64,
    /// Epochs with offences that still count.
    pub strikes: u32,
    /// The offence that brought the last strike, or a graver one after it.
    pub last_offence: Option<Offence>,
    /// Points of the running epoch.
    pub points: u32,
    /// The running epoch.
    pub epoch: u32,
    /// Planck that a claim would pay now.
    pub accrued: String,
    /// The same, in tokens.
    pub accrued_tokens: String,
    /// Planck per point of the last closed epoch.
    pub last_rate: Option<String>,
    /// Everything that lowers its pay.
    pub reasons: Vec<ReasonStatus>,
}

/// What a prober was held to account for.
#[derive(Clone, Debug, Serialize)]
pub struct Offence {
    /// The code's name, stable.
    pub kind: String,
    /// Round of the report in question.
    pub round: u32,
    /// Cohort of the report in question.
    pub cohort: u32,
}

impl ValidatorStatus {
    /// The status of a validator from the chain's answers.
    pub fn new(account: &AccountId32, known: Option<Prober>, network: &Network, token: &Token) -> Self {
        let record = known.map(|prober| Record::new(prober, network, token));
        Self { validator: account.to_string(), probed: record.is_some(), record }
    }
}

impl Record {
    fn new(prober: Prober, network: &Network, token: &Token) -> Self {
        let reasons = prober
            .reasons
            .iter()
            .map(|reason| ReasonStatus { code: code(reason), sentence: sentence(*reason, &prober, network) });
        let reasons = reasons.collect();
        let ProberRecord {
            reports,
            lanes,
            accuracy,
            outliers,
            deviation,
            deviation_limit,
            proven,
            failed,
            silent,
            open,
            forfeited,
            strikes,
            last_offence,
        } = prober.record;
        let offence = |(kind, ReportId { round, cohort, .. })| Offence { kind: code(kind), round, cohort };
        Self {
            number: prober.number,
            reports,
            lanes,
            accuracy,
            outliers,
            deviation,
            deviation_limit,
            audits_proven: proven,
            audits_failed: failed,
            audits_silent: silent,
            audits_open: open,
            points_forfeited: forfeited,
            strikes,
            last_offence: last_offence.map(offence),
            points: prober.pending.points,
            epoch: prober.pending.epoch,
            accrued: prober.pending.accrued.to_string(),
            accrued_tokens: token.number(prober.pending.accrued),
            last_rate: prober.last_rate.map(|rate| rate.to_string()),
            reasons,
        }
    }
}

/// Permille as percent.
pub fn percent(permille: u32) -> String {
    format!("{}.{} percent", permille / 10, permille % 10)
}

/// What a prober is held to account for, in words.
pub fn misconduct(kind: Misconduct) -> &'static str {
    match kind {
        Misconduct::WrongOpening => "an audit answered with something that does not prove the report",
        Misconduct::Silence => "an audit not answered in time",
        Misconduct::Outlier => "too many reports that called nearly everything down",
    }
}

/// One thing that lowers a prober's pay, as a sentence with the numbers that belong to it, and with what to look after.
pub fn sentence(reason: ProberReason, prober: &Prober, network: &Network) -> String {
    let record = &prober.record;
    match reason {
        ProberReason::NotMeasuredYet => "No report of it has been measured yet, which happens two rounds after it was filed. Does \
                                         the node run with --validator, and hold the session's `prober` key?"
            .into(),
        ProberReason::Inaccurate => format!(
            "Its reports agree with what two thirds of its peers found by {} of {}, and are paid in proportion. Can the node reach \
             every address and port?",
            percent(record.accuracy),
            percent(FULL)
        ),
        ProberReason::Outliers => format!(
            "{} of its reports called down nearly everything that their peers found up, and earned next to nothing. Its deviation is \
             {}, three for each of these and one less for each other report; at {} it costs stake. Was the node cut off from the \
             devices?",
            record.outliers, record.deviation, record.deviation_limit
        ),
        ProberReason::FailedAudits => format!(
            "{} of its audits were answered with something that does not prove the report: these reports earned nothing, and that \
             costs stake. Does another node use the same session keys?",
            record.failed
        ),
        ProberReason::SilentAudits => format!(
            "{} of its audits were not answered in time: these reports earned nothing, and that costs stake. A node has to run, and \
             to keep its database, until its reports are audited; its log tells what it could not answer.",
            record.silent
        ),
        ProberReason::AuditsOpen => format!(
            "{} of its reports are drawn for an audit and paid once they are proven, which the node does by itself.",
            record.open
        ),
        ProberReason::EpochRunning => epoch_running(&prober.pending, network),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vouch_primitives::api::PendingReward;

    fn network() -> Network {
        Network {
            round: 12,
            round_start: 36,
            round_length: 3,
            committee_size: 7,
            probers: 4,
            epoch: 5,
            rounds_done: 1,
            rounds_per_epoch: 4,
            emission: 1_000,
            uptime_budget: 700,
            total_points: 10_000,
            work_budget: 300,
            work_points: 40,
            last_work_rate: Some(5),
            devices: 1,
            cohorts: 1,
        }
    }

    const ALL: [ProberReason; 7] = [
        ProberReason::NotMeasuredYet,
        ProberReason::Inaccurate,
        ProberReason::Outliers,
        ProberReason::FailedAudits,
        ProberReason::SilentAudits,
        ProberReason::AuditsOpen,
        ProberReason::EpochRunning,
    ];

    fn prober() -> Prober {
        let report = ReportId { round: 9, cohort: 2, prober: 1 };
        Prober {
            number: 3,
            record: ProberRecord {
                reports: 40,
                lanes: 12_345,
                accuracy: 987,
                outliers: 2,
                deviation: 6,
                deviation_limit: 30,
                proven: 10,
                failed: 11,
                silent: 12,
                open: 13,
                forfeited: 14,
                strikes: 23,
                last_offence: Some((Misconduct::Silence, report)),
            },
            pending: PendingReward { accrued: u128::MAX, held: 0, epoch: 5, points: 777 },
            last_rate: Some(3),
            reasons: ALL.to_vec(),
        }
    }

    #[test]
    fn every_reason_is_a_sentence_of_its_own_with_its_numbers() {
        let sentences: std::collections::BTreeSet<_> =
            ALL.iter().map(|reason| sentence(*reason, &prober(), &network())).collect();
        assert_eq!(sentences.len(), ALL.len());
        assert!(sentences.iter().all(|sentence| sentence.ends_with('.') || sentence.ends_with('?')));
        let text = sentences.into_iter().collect::<Vec<_>>().join("\n");
        for expected in [
            "98.7 percent",
            "deviation is 6",
            "at 30",
            "11 of its",
            "12 of its",
            "13 of its",
            "777 points",
            "in 3 rounds",
        ] {
            assert!(text.contains(expected), "{expected:?} in {text}");
        }
    }

    #[test]
    fn json_keeps_amounts_exact_and_says_when_nothing_is_known() {
        let (account, token) = (AccountId32::new([9; 32]), Token { symbol: "VCH".into(), decimals: 2 });
        let known = ValidatorStatus::new(&account, Some(prober()), &network(), &token);
        let json = serde_json::to_value(known).unwrap();
        assert_eq!(json["accrued"], u128::MAX.to_string());
        assert_eq!((&json["last_offence"]["kind"], &json["last_offence"]["round"]), (&"silence".into(), &9.into()));
        assert_eq!(json["reasons"][3]["code"], "failedAudits");
        let unknown = serde_json::to_value(ValidatorStatus::new(&account, None, &network(), &token)).unwrap();
        assert_eq!(unknown["probed"], false);
        assert!(unknown.get("accrued").is_none());
    }
}
