//! What a job costs and whom it paid: pure, from what the chain says about it and its chunks.

use crate::verify::{right, settled};
use comfy_table::{presets::UTF8_FULL_CONDENSED, Cell, CellAlignment, ContentArrangement, Table};
use serde::{Serialize, Serializer};
use std::{cmp::Reverse, collections::BTreeMap};
use vouch_device::{
    chain::{Job, Token},
    H256,
};
use vouch_primitives::{
    work::{
        api::{ChunkInfo, JobState},
        ChunkIndex, Fuel, JobId,
    },
    DeviceId,
};

/// What a job costs. Amounts are in planck.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The job.
    pub job: JobId,
    /// Who pays for it.
    pub requester: String,
    /// `running`, `finishing` or `ended`.
    pub state: &'static str,
    /// Tasks in all.
    pub tasks: u32,
    /// Chunks in all.
    pub chunks: u32,
    /// Chunks that devices work on.
    pub open: u32,
    /// Chunks settled.
    pub settled: u32,
    /// Chunks failed.
    pub failed: u32,
    /// What was held when it was posted: the most that it can cost.
    #[serde(serialize_with = "text")]
    pub most: u128,
    /// What is still held of it.
    #[serde(serialize_with = "text")]
    pub escrow: u128,
    /// Paid to devices' payees.
    #[serde(serialize_with = "text")]
    pub paid: u128,
    /// Burnt, for chunks that too few of those first asked answered on.
    #[serde(serialize_with = "text")]
    pub burnt: u128,
    /// Given back; 0 until the job has ended.
    #[serde(serialize_with = "text")]
    pub refunded: u128,
    /// Fuel proven by all settled chunks, each counted once.
    pub fuel: Fuel,
    /// What a million units of it have cost, paid and burnt, rounded down; `None` without fuel.
    #[serde(serialize_with = "text_or_null")]
    pub per_million_fuel: Option<u128>,
    /// What `devices` are due for settled chunks and was not paid, since an account could not take it.
    #[serde(serialize_with = "text")]
    pub untaken: u128,
    /// Those that answered on settled chunks, the best paid first.
    pub devices: Vec<DevicePay>,
}

/// What a device was paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DevicePay {
    /// The device, by the key with which it answered.
    pub device: String,
    /// Settled chunks that it found the result of.
    pub right: u32,
    /// Settled chunks that it answered on otherwise.
    pub wrong: u32,
    /// Fuel of those it was right on.
    pub fuel: Fuel,
    /// Due for them, as the terms say.
    #[serde(serialize_with = "text")]
    pub pay: u128,
}

fn text<S: Serializer>(planck: &u128, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(planck)
}

fn text_or_null<S: Serializer>(planck: &Option<u128>, serializer: S) -> Result<S::Ok, S::Error> {
    match planck {
        Some(planck) => serializer.collect_str(planck),
        None => serializer.serialize_none(),
    }
}

/// Whether a job goes on, in a word.
pub fn state_name(state: JobState) -> &'static str {
    match state {
        JobState::Running => "running",
        JobState::Finishing => "finishing",
        JobState::Ended => "ended",
    }
}

/// What a job was given back; 0 until it has ended.
pub fn refunded(job: &Job) -> u128 {
    let most = job.terms.most().unwrap_or(u128::MAX);
    most.saturating_sub(job.paid).saturating_sub(job.burnt).saturating_sub(job.escrow)
}

impl Report {
    /// The report on `job`, of which `chunks` are those that were handed out, as of the same block.
    pub fn new(genesis: H256, job: &Job, chunks: &[(ChunkIndex, ChunkInfo)]) -> Self {
        let mut devices = BTreeMap::<DeviceId, DevicePay>::new();
        for (chunk, info) in chunks {
            let Some(result) = settled(info) else { continue };
            let rights: Vec<_> = right(genesis, job.id, *chunk, info, &result).map(|seat| &seat.device).collect();
            for seat in info.seats.iter().filter(|seat| seat.fingerprint.is_some()) {
                let line = devices.entry(seat.device.clone()).or_insert_with(|| DevicePay::none(&seat.device));
                match rights.iter().position(|device| **device == seat.device) {
                    Some(place) => {
                        line.right += 1;
                        line.fuel = line.fuel.saturating_add(result.fuel);
                        // No more are paid than the limit says.
                        if place < usize::from(job.terms.limit) {
                            line.pay = line.pay.saturating_add(job.terms.pay(*chunk));
                        }
                    },
                    None => line.wrong += 1,
                }
            }
        }
        let mut devices: Vec<_> = devices.into_values().collect();
        devices.sort_by_key(|device| Reverse(device.pay));
        let due = devices.iter().fold(0u128, |sum, device| sum.saturating_add(device.pay));
        let spent = job.paid.saturating_add(job.burnt);
        Self {
            job: job.id,
            requester: job.requester.to_string(),
            state: state_name(job.state),
            tasks: job.terms.tasks,
            chunks: job.chunks,
            open: job.open,
            settled: job.settled,
            failed: job.failed,
            most: job.terms.most().unwrap_or(u128::MAX),
            escrow: job.escrow,
            paid: job.paid,
            burnt: job.burnt,
            refunded: refunded(job),
            fuel: job.fuel,
            per_million_fuel: spent.saturating_mul(1_000_000).checked_div(job.fuel.into()),
            untaken: due.saturating_sub(job.paid),
            devices,
        }
    }

    /// The report as people read it.
    pub fn show(&self, token: &Token) -> String {
        let show = |planck| token.show(planck);
        let mut lines = vec![
            format!("Job {} of {}: {}.", self.job, self.requester, self.state),
            format!(
                "Chunks:    {} ({} tasks): {} settled, {} failed, {} open, {} not handed out",
                self.chunks,
                self.tasks,
                self.settled,
                self.failed,
                self.open,
                self.chunks.saturating_sub(self.settled).saturating_sub(self.failed).saturating_sub(self.open)
            ),
            format!("Held:      {} at first, {} now", show(self.most), show(self.escrow)),
            format!("Paid:      {}", show(self.paid)),
            format!("Burnt:     {}", show(self.burnt)),
            format!("Refunded:  {}", show(self.refunded)),
        ];
        lines.push(match self.per_million_fuel {
            Some(planck) => format!("Fuel:      {}, {planck} planck per million", self.fuel),
            None => "Fuel:      none proven yet".to_owned(),
        });
        if self.untaken > 0 {
            lines.push(format!("{} of what devices are due could not be paid to their accounts.", show(self.untaken)));
        }
        if !self.devices.is_empty() {
            lines.push(self.table(token).to_string());
        }
        lines.join("\n")
    }

    fn table(&self, token: &Token) -> Table {
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled).set_header([
            "device".to_owned(),
            "right".to_owned(),
            "wrong".to_owned(),
            "fuel".to_owned(),
            format!("pay {}", token.symbol),
        ]);
        for line in &self.devices {
            let number = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
            table.add_row([
                Cell::new(&line.device),
                number(line.right.to_string()),
                number(line.wrong.to_string()),
                number(line.fuel.to_string()),
                number(token.number(line.pay)),
            ]);
        }
        table
    }
}

impl DevicePay {
    fn none(device: &DeviceId) -> Self {
        Self { device: device.to_string(), right: 0, wrong: 0, fuel: 0, pay: 0 }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::verify::tests::{seat, terms};
    use proptest::prelude::*;
    use vouch_device::AccountId32;
    use vouch_primitives::work::{api::Stage, result::ChunkResult};

    const GENESIS: H256 = H256::repeat_byte(1);

    /// A job of so many chunks of 2 tasks at 3 planck, of which nothing is done.
    pub(crate) fn job(chunks: u32) -> Job {
        let terms = terms(2 * chunks, 2);
        Job {
            id: 7,
            requester: AccountId32::new([9; 32]),
            escrow: terms.most().unwrap(),
            terms,
            state: JobState::Running,
            chunks,
            open: 0,
            settled: 0,
            failed: 0,
            paid: 0,
            burnt: 0,
            fuel: 0,
        }
    }

    /// A chunk that settled on so much fuel; devices answered rightly, wrongly, or not at all.
    fn chunk(index: ChunkIndex, fuel: Fuel, answers: &[(u8, Option<bool>)]) -> (ChunkIndex, ChunkInfo) {
        let result = ChunkResult { root: H256::repeat_byte(2), fuel };
        let seats = answers.iter().map(|(device, answer)| {
            let right = result.fingerprint(GENESIS, 7, index, &DeviceId::new([*device; 32]));
            seat(*device, answer.map(|is_right| if is_right { right } else { H256::zero() }))
        });
        let seats = seats.collect();
        (index, ChunkInfo { stage: Stage::Settled(result), due: 0, seats, earns_points: true, dispute: None })
    }

    #[test]
    fn devices_are_listed_with_what_they_were_paid() {
        let chunks = [
            chunk(0, 100, &[(1, Some(true)), (2, Some(true)), (3, None)]),
            chunk(1, 50, &[(1, Some(true)), (4, Some(false)), (3, Some(true))]),
            (2, ChunkInfo { stage: Stage::Failed, ..chunk(2, 9, &[(1, Some(true))]).1 }),
        ];
        let job =
            Job { state: JobState::Ended, settled: 2, failed: 1, paid: 24, burnt: 6, escrow: 0, fuel: 150, ..job(3) };
        let report = Report::new(GENESIS, &job, &chunks);
        // 3 planck for each of 6 tasks, to 4 devices at most, and as much as 2 if they are missing.
        assert_eq!((report.most, report.refunded, report.untaken), (108, 78, 0));
        assert_eq!(report.per_million_fuel, Some(200_000));
        let lines: Vec<_> = report.devices.iter().map(|line| (line.right, line.wrong, line.fuel, line.pay)).collect();
        assert_eq!(lines[0], (2, 0, 150, 12));
        assert_eq!(lines.len(), 4);
        assert!(lines.contains(&(1, 0, 100, 6)) && lines.contains(&(1, 0, 50, 6)) && lines.contains(&(0, 1, 0, 0)));
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!((json["most"].as_str(), json["state"].as_str()), (Some("108"), Some("ended")));
        let shown = report.show(&Token { symbol: "VCH".into(), decimals: 1 });
        assert!(shown.contains("10.8 VCH") && shown.contains("200000 planck per million"), "{shown}");
    }

    #[test]
    fn no_fuel_has_no_price() {
        let report = Report::new(GENESIS, &job(3), &[]);
        assert_eq!((report.per_million_fuel, report.refunded, report.escrow), (None, 0, 108));
        assert!(serde_json::to_value(&report).unwrap()["per_million_fuel"].is_null());
    }

    proptest! {
        /// What the chain paid is what devices are listed with, and nothing is lost between held and refunded.
        #[test]
        fn pay_adds_up(counts in proptest::collection::vec(2usize..8, 1..10)) {
            let all: Vec<_> = (1..=8).map(|device| (device, Some(true))).collect();
            let chunks: Vec<_> = (0..).zip(&counts).map(|(index, count)| chunk(index, 10, &all[..*count])).collect();
            let paid: u128 = counts.iter().map(|count| 6 * (*count).min(4) as u128).sum();
            let job = job(counts.len() as u32);
            let job = Job { paid, escrow: 0, settled: job.chunks, state: JobState::Ended, ..job };
            let report = Report::new(GENESIS, &job, &chunks);
            prop_assert_eq!(report.devices.iter().map(|line| line.pay).sum::<u128>(), paid);
            prop_assert_eq!(report.paid + report.burnt + report.refunded, report.most);
            prop_assert_eq!(report.untaken, 0);
        }
    }
}
