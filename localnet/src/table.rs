//! What devices earn, as a table for people.

use comfy_table::{presets, CellAlignment, ContentArrangement, Table};
use vouch_device::{
    chain::{Device, Explained, Pending, Token},
    explain::{latency, Verdict},
};
use vouch_primitives::{Points, RoundIndex};

/// One device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What people call it.
    pub name: String,
    /// The last accounted round, if there is one.
    pub round: Option<RoundIndex>,
    /// What it said.
    pub verdict: Verdict,
    /// Latency code of the last covered round.
    pub latency_code: u8,
    /// Rounds up since it was last judged down.
    pub streak: u32,
    /// Points of the running epoch, by being up.
    pub points: Points,
    /// Points of the running epoch by work, if it takes work.
    pub work_points: Option<Points>,
    /// Planck accrued and not claimed, by both. What requesters pay goes to the owner at once, and is not in it.
    pub accrued: u128,
    /// Planck earned and held back as security.
    pub held: u128,
    /// Planck claimed since it was registered.
    pub claimed: u128,
}

impl Row {
    /// What the chain says of the device called `name`; `work` is what it has earned by work, if it takes any.
    pub fn new(name: &str, device: &Device, explained: &Explained, work: Option<Pending>, claimed: u128) -> Self {
        Self {
            name: name.to_owned(),
            round: device.next_round.checked_sub(1),
            verdict: Verdict::of(&device.history, &explained.reasons),
            latency_code: device.latency_code,
            streak: device.streak,
            points: explained.pending.points,
            work_points: work.as_ref().map(|work| work.points),
            accrued: explained.pending.accrued + work.as_ref().map_or(0, |work| work.accrued),
            held: explained.pending.held + work.as_ref().map_or(0, |work| work.held),
            claimed,
        }
    }

    /// Whether it has earned anything yet that it can have: what is only held back does not count.
    pub fn earned(&self) -> bool {
        self.accrued > 0 || self.claimed > 0
    }

    fn cells(&self, token: &Token) -> [String; 10] {
        [
            self.name.clone(),
            self.round.map_or("-".into(), |round| round.to_string()),
            self.verdict.word().to_owned(),
            latency(self.latency_code),
            self.streak.to_string(),
            self.points.to_string(),
            self.work_points.map_or("-".into(), |points| points.to_string()),
            amount(self.accrued, token),
            amount(self.held, token),
            amount(self.claimed, token),
        ]
    }

    /// The row as one line of text.
    pub fn line(&self, token: &Token) -> String {
        let [name, round, verdict, latency, streak, points, work, accrued, held, claimed] = self.cells(token);
        format!(
            "{name}: round {round} {verdict}, latency {latency}, streak {streak}, points {points}, by work {work}, \
             accrued {accrued}, held {held}, claimed {claimed} {}",
            token.symbol
        )
    }
}

/// Numeric columns, counted from 0.
const RIGHT: std::ops::Range<usize> = 3..10;

/// All rows as a table.
pub fn render(rows: &[Row], token: &Token) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled).set_header([
        "device".to_owned(),
        "round".into(),
        "verdict".into(),
        "latency".into(),
        "streak".into(),
        "points this epoch".into(),
        "by work".into(),
        format!("accrued, {}", token.symbol),
        format!("held, {}", token.symbol),
        format!("claimed, {}", token.symbol),
    ]);
    rows.iter().for_each(|row| {
        table.add_row(row.cells(token));
    });
    for column in RIGHT {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

/// An amount with at most four decimals, cut off: what is shown is never more than what is there.
fn amount(planck: u128, token: &Token) -> String {
    const DECIMALS: u32 = 4;
    let cut = 10u128.pow(token.decimals.saturating_sub(DECIMALS).min(38));
    token.number(planck / cut * cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Token {
        Token { symbol: "VCH".into(), decimals: 12 }
    }

    fn row() -> Row {
        Row {
            name: "device-1".into(),
            round: Some(7),
            verdict: Verdict::Up,
            latency_code: 1,
            streak: 5,
            points: 20_300,
            work_points: Some(411),
            accrued: 1_234_567_890_123,
            held: 137_000_000_000,
            claimed: 0,
        }
    }

    #[test]
    fn amounts_are_cut_and_never_rounded_up() {
        assert_eq!(amount(1_999_999_999_999, &token()), "1.9999");
        assert_eq!(amount(99_999_999, &token()), "0");
        assert_eq!(amount(1_234, &Token { symbol: "x".into(), decimals: 2 }), "12.34");
    }

    #[test]
    fn table_and_line_show_the_same() {
        let (table, line) = (render(&[row()], &token()), row().line(&token()));
        for cell in row().cells(&token()) {
            assert!(table.contains(&cell) && line.contains(&cell), "{cell}\n{table}\n{line}");
        }
    }

    #[test]
    fn only_accrued_or_claimed_tokens_are_earnings() {
        assert!(row().earned());
        assert!(Row { accrued: 0, claimed: 1, ..row() }.earned());
        assert!(!Row { accrued: 0, claimed: 0, ..row() }.earned());
    }
}
