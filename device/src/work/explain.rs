//! Turns what the chain says about a device as a worker into sentences and into JSON.

use crate::{
    chain::{Token, WorkReceipt, Worker},
    explain::count,
};
use serde::Serialize;
use vouch_primitives::{
    work::api::{Outcome, RECEIPTS},
    EpochIndex, RoundIndex,
};

/// What became of a chunk, as a sentence. `rates` are planck per point of the epochs that have closed.
pub fn receipt(receipt: &WorkReceipt, rates: &[(EpochIndex, u128)], token: &Token) -> String {
    let WorkReceipt { job, chunk, epoch, fuel, outcome } = receipt;
    let what = format!("Job {job}, chunk {chunk}");
    match outcome {
        Outcome::Paid { price, points } => {
            let points = match (points, rate_of(*epoch, rates)) {
                (0, _) => "It earned no points: it took less fuel than a point, the job admits only some devices, or it does not \
                           pay what a point is worth."
                    .to_owned(),
                (points, Some(rate)) => format!(
                    "It earned {} of epoch {epoch}, at {} each: {}.",
                    count(u64::from(*points), "point"),
                    token.show(rate),
                    token.show(rate.saturating_mul((*points).into()))
                ),
                (points, None) => format!(
                    "It earned {} of epoch {epoch}, which become tokens when the epoch closes.",
                    count(u64::from(*points), "point")
                ),
            };
            let price = match price {
                0 => "the requester paid nothing, for your account could not take it or the job's price is 0".to_owned(),
                price => format!("the requester paid {}", token.show(*price)),
            };
            format!("{what}: right, with {fuel} units of fuel; {price}. {points}")
        },
        Outcome::Refused { against, task, fine } => {
            let how = match task {
                Some(task) => {
                    format!("a panel of validators ran task {task} and found what {against} found, not what this device did")
                },
                None => format!("as many devices as settle a chunk, {against} among them, found another result"),
            };
            let fine = match fine {
                0 => "Nothing of the bond was left to burn.".to_owned(),
                fine => format!("{} of the bond were burnt; `vouch-device top-up` restores it.", token.show(*fine)),
            };
            format!(
                "{what}: wrong, {how}. {fine} If you changed nothing about the program, suspect the machine: memory, heat, overclocking."
            )
        },
        Outcome::Missed => format!(
            "{what}: not answered in time. The device lost its record of valid chunks and rests, longer each time: is `run` \
             running with `[work]` in its configuration, and are there fewer slots than it can compute?"
        ),
    }
}

/// What a device does as a worker, as sentences. `round` is the running one.
pub fn summary(worker: &Worker, round: RoundIndex, token: &Token) -> Vec<String> {
    let mut all = Vec::new();
    let valid = match worker.valid {
        0 => "No valid chunks in a row yet".to_owned(),
        valid => format!("{} in a row", count(valid.into(), "valid chunk")),
    };
    all.push(match worker.slots {
        0 => format!("Rests: it is given no chunks until `vouch-device work enlist` gives it slots. {valid}."),
        slots => format!(
            "Takes up to {} at a time, of modules that use up to {} of 64 KiB. {valid}.",
            count(slots.into(), "chunk"),
            count(worker.memory.into(), "page")
        ),
    });
    if worker.from > round && worker.slots > 0 {
        let why = match worker.missed {
            0 => String::new(),
            missed => format!(", because it did not answer {} in a row in time", count(missed.into(), "chunk")),
        };
        all.push(format!("It is given work from round {} on (now {round}){why}.", worker.from));
    }
    if !worker.held.is_empty() {
        let held = count(worker.held.len() as u64, "chunk");
        all.push(format!("Holds seats in {held} not final yet; on {} of them it has still to answer.", worker.busy));
    }
    if worker.pending.accrued > 0 || worker.pending.points > 0 {
        all.push(format!(
            "Earned by work besides what requesters paid: {} to be claimed, and {} of epoch {}.",
            token.show(worker.pending.accrued),
            count(worker.pending.points.into(), "point"),
            worker.pending.epoch
        ));
    }
    if worker.receipts.is_empty() {
        all.push("Nothing it computed has been settled yet.".into());
    }
    all
}

fn rate_of(epoch: EpochIndex, rates: &[(EpochIndex, u128)]) -> Option<u128> {
    rates.iter().find(|(of, _)| *of == epoch).map(|(_, rate)| *rate)
}

/// Everything `status` tells about a device as a worker; amounts are planck, as strings, because they exceed what JSON readers count
/// to.
#[derive(Clone, Debug, Serialize)]
pub struct WorkStatus {
    /// Chunks it may be given at a time; 0 while it rests.
    pub slots: u8,
    /// Pages of 64 KiB that a module may use on it.
    pub memory: u32,
    /// Chunks on end that it answered rightly.
    pub valid: u32,
    /// Chunks on end that it did not answer in time.
    pub missed: u32,
    /// The first round in which it can be given chunks.
    pub from: RoundIndex,
    /// Chunks it has been given and not answered.
    pub busy: u8,
    /// Chunks it holds a seat in that are not final, each as job and number.
    pub held: Vec<(u32, u32)>,
    /// What it does, as sentences.
    pub summary: Vec<String>,
    /// What became of its last chunks, at most 16, the newest first.
    pub receipts: Vec<ReceiptStatus>,
}

const _: () = assert!(RECEIPTS == 16, "the documentation of `WorkStatus` says how many receipts there are");

/// What became of a chunk.
#[derive(Clone, Debug, Serialize)]
pub struct ReceiptStatus {
    /// The job.
    pub job: u32,
    /// The chunk.
    pub chunk: u32,
    /// The epoch.
    pub epoch: EpochIndex,
    /// Fuel that the chunk was found to take; 0 if it has not settled.
    pub fuel: u64,
    /// `paid`, `refused` or `missed`.
    pub outcome: &'static str,
    /// Planck that the requester paid.
    pub price: Option<String>,
    /// Points of work.
    pub points: Option<u32>,
    /// Planck per point, once the epoch has closed.
    pub rate: Option<String>,
    /// A device that found what the chunk settled on, SS58.
    pub against: Option<String>,
    /// The task, by its number in the job, whose result a panel found to be another.
    pub task: Option<u32>,
    /// Planck of the bond that were burnt.
    pub fine: Option<String>,
    /// All of it.
    pub sentence: String,
}

impl WorkStatus {
    /// The status of a worker from the chain's answer; `round` is the running one.
    pub fn new(worker: &Worker, round: RoundIndex, token: &Token) -> Self {
        let receipts = worker.receipts.iter().rev().map(|receipt| ReceiptStatus::new(receipt, &worker.rates, token));
        Self {
            slots: worker.slots,
            memory: worker.memory,
            valid: worker.valid,
            missed: worker.missed,
            from: worker.from,
            busy: worker.busy,
            held: worker.held.clone(),
            summary: summary(worker, round, token),
            receipts: receipts.collect(),
        }
    }
}

impl ReceiptStatus {
    fn new(line: &WorkReceipt, rates: &[(EpochIndex, u128)], token: &Token) -> Self {
        let empty = Self {
            job: line.job,
            chunk: line.chunk,
            epoch: line.epoch,
            fuel: line.fuel,
            outcome: "missed",
            price: None,
            points: None,
            rate: None,
            against: None,
            task: None,
            fine: None,
            sentence: receipt(line, rates, token),
        };
        match &line.outcome {
            Outcome::Paid { price, points } => Self {
                outcome: "paid",
                price: Some(price.to_string()),
                points: Some(*points),
                rate: rate_of(line.epoch, rates).map(|rate| rate.to_string()),
                ..empty
            },
            Outcome::Refused { against, task, fine } => Self {
                outcome: "refused",
                against: Some(against.to_string()),
                task: *task,
                fine: Some(fine.to_string()),
                ..empty
            },
            Outcome::Missed => empty,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vouch_primitives::{api::PendingReward, DeviceId};

    fn token() -> Token {
        Token { symbol: "VCH".into(), decimals: 2 }
    }

    fn line(epoch: EpochIndex, outcome: Outcome<u128>) -> WorkReceipt {
        WorkReceipt { job: 7, chunk: 3, epoch, fuel: 2_500_000, outcome }
    }

    fn worker() -> Worker {
        Worker {
            slots: 2,
            memory: 64,
            valid: 5,
            missed: 0,
            from: 0,
            busy: 1,
            held: vec![(7, 4), (7, 5)],
            pending: PendingReward { accrued: 150, held: 0, epoch: 6, points: 1 },
            receipts: vec![
                line(4, Outcome::Missed),
                line(5, Outcome::Paid { price: 640, points: 2 }),
                line(6, Outcome::Paid { price: 640, points: 2 }),
                line(6, Outcome::Refused { against: DeviceId::new([9; 32]), task: Some(385), fine: 1_000 }),
            ],
            rates: vec![(5, 25)],
        }
    }

    #[test]
    fn each_outcome_is_a_sentence_with_its_numbers() {
        let say = |epoch, outcome| receipt(&line(epoch, outcome), &[(5, 25)], &token());
        let against = DeviceId::new([9; 32]);
        for (text, expected) in [
            (
                say(5, Outcome::Paid { price: 640, points: 2 }),
                "paid 6.4 VCH. It earned 2 points of epoch 5, at 0.25 VCH each: 0.5 VCH.",
            ),
            (say(6, Outcome::Paid { price: 640, points: 1 }), "1 point of epoch 6, which become tokens when"),
            (say(6, Outcome::Paid { price: 640, points: 0 }), "no points"),
            (say(6, Outcome::Paid { price: 0, points: 1 }), "paid nothing"),
            (say(6, Outcome::Refused { against: against.clone(), task: Some(385), fine: 1_000 }), "ran task 385"),
            (
                say(6, Outcome::Refused { against: against.clone(), task: None, fine: 1_000 }),
                "10 VCH of the bond were burnt",
            ),
            (say(6, Outcome::Refused { against: against.clone(), task: None, fine: 0 }), "Nothing of the bond"),
            (say(6, Outcome::Missed), "not answered in time"),
        ] {
            assert!(text.contains(expected) && text.starts_with("Job 7, chunk 3: "), "{expected:?} in {text}");
        }
        let refused = say(6, Outcome::Refused { against: against.clone(), task: Some(385), fine: 1 });
        assert!(refused.contains(&against.to_string()), "{refused}");
    }

    #[test]
    fn worker_is_told_what_it_does_and_why_it_is_given_nothing() {
        let said = |worker: &Worker| summary(worker, 12, &token()).join("\n");
        let text = said(&worker());
        for expected in [
            "up to 2 chunks at a time",
            "up to 64 pages",
            "5 valid chunks in a row",
            "Holds seats in 2 chunks not final yet; on 1 of them",
            "1.5 VCH to be claimed, and 1 point of epoch 6",
        ] {
            assert!(text.contains(expected), "{expected:?} in {text}");
        }
        let missed = said(&Worker { from: 20, missed: 3, valid: 0, ..worker() });
        assert!(missed.contains("from round 20 on (now 12), because it did not answer 3 chunks"), "{missed}");
        assert!(missed.contains("No valid chunks"), "{missed}");
        let resting = said(&Worker { slots: 0, from: 20, receipts: vec![], ..worker() });
        assert!(resting.contains("Rests") && !resting.contains("round 20"), "{resting}");
        assert!(resting.contains("Nothing it computed"), "{resting}");
    }

    #[test]
    fn json_has_the_newest_first_and_amounts_exact() {
        let json = serde_json::to_value(WorkStatus::new(&worker(), 12, &token())).unwrap();
        assert_eq!(json["receipts"][0]["outcome"], "refused");
        assert_eq!((&json["receipts"][0]["task"], &json["receipts"][0]["fine"]), (&385.into(), &"1000".into()));
        assert_eq!(
            (&json["receipts"][1]["rate"], &json["receipts"][2]["rate"]),
            (&serde_json::Value::Null, &"25".into())
        );
        assert_eq!(json["receipts"][3]["outcome"], "missed");
        assert_eq!(json["held"][1][1], 5);
    }
}
