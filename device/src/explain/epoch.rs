//! What the epoch that closed last brought a device, and why it was not more.

use super::ReasonStatus;
use crate::chain::Token;
use serde::Serialize;
use vouch_primitives::api::{code, EpochAccount, Reason};

/// What a device earned for uptime in the epoch that closed last; amounts are planck, as strings.
#[derive(Clone, Debug, Serialize)]
pub struct LastEpoch {
    /// The epoch.
    pub epoch: u32,
    /// Of its rounds: counted as up.
    pub rounds_up: u32,
    /// Judged down.
    pub rounds_down: u32,
    /// Not judged.
    pub rounds_excused: u32,
    /// Points credited in it.
    pub points: u32,
    /// Planck per point.
    pub rate: String,
    /// Planck that the points were worth.
    pub amount: String,
    /// Planck of these that were held back.
    pub held: String,
    /// All of that in one sentence.
    pub sentence: String,
    /// Everything that lowered it.
    pub reasons: Vec<ReasonStatus>,
}

impl LastEpoch {
    /// Tells what `account` says.
    pub fn new(account: &EpochAccount<u128>, token: &Token) -> Self {
        let EpochAccount { epoch, rounds_up, rounds_down, rounds_excused, points, rate, amount, held, reasons } =
            account;
        let reasons = reasons
            .iter()
            .map(|reason| ReasonStatus { code: code(reason), sentence: sentence(*reason, account, token) })
            .collect();
        Self {
            epoch: *epoch,
            rounds_up: *rounds_up,
            rounds_down: *rounds_down,
            rounds_excused: *rounds_excused,
            points: *points,
            rate: rate.to_string(),
            amount: amount.to_string(),
            held: held.to_string(),
            sentence: format!(
                "Epoch {epoch}: {rounds_up} rounds up, {rounds_down} down, {rounds_excused} not judged; {points} points of {rate} \
                 planck each made {}.",
                token.show(*amount)
            ),
            reasons,
        }
    }
}

/// One thing that lowered what an epoch brought. Those that no closed epoch has are told as what they are called.
fn sentence(reason: Reason, account: &EpochAccount<u128>, token: &Token) -> String {
    match reason {
        Reason::ClassWeighsNothing => "Its class had weight zero.".into(),
        Reason::Down => format!("It was found down in {} of its rounds.", account.rounds_down),
        Reason::NotJudged => format!(
            "In {} of its rounds it was not judged: it was excused, or too few probers reported.",
            account.rounds_excused
        ),
        Reason::Admission => "It was new, and not paid for the rounds that admitted it.".into(),
        Reason::Slow => "It answered slowly, and a slow round earns less.".into(),
        Reason::ShortStreak => "Its streak was short of 32 rounds up in a row, which earn a quarter more.".into(),
        Reason::RateWasZero => "A point was worth nothing: the budget was smaller than all devices' points.".into(),
        Reason::HeldBack => {
            format!("{} of it were held back as security, and are paid later.", token.show(account.held))
        },
        other => format!("{other:?}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_epoch_is_told_with_its_numbers_and_what_lowered_it() {
        let account = EpochAccount {
            epoch: 4,
            rounds_up: 9,
            rounds_down: 2,
            rounds_excused: 1,
            points: 90_500,
            rate: 3,
            amount: 271_500,
            held: 67_800,
            reasons: vec![Reason::Down, Reason::NotJudged, Reason::HeldBack],
        };
        let last = LastEpoch::new(&account, &Token { symbol: "VCH".into(), decimals: 2 });
        let told: Vec<_> = last.reasons.iter().map(|reason| reason.sentence.as_str()).collect();
        assert_eq!(
            last.sentence,
            "Epoch 4: 9 rounds up, 2 down, 1 not judged; 90500 points of 3 planck each made 2715 VCH."
        );
        assert_eq!(
            told,
            [
                "It was found down in 2 of its rounds.",
                "In 1 of its rounds it was not judged: it was excused, or too few probers reported.",
                "678 VCH of it were held back as security, and are paid later."
            ]
        );
    }
}
