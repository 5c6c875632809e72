//! What became of everybody in one run.

use std::collections::BTreeSet;
use vouch_runtime::Balance;

/// What one of those who are paid got, while it was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Earned {
    /// Planck, those that are held back included.
    pub pay: Balance,
    /// Points.
    pub points: i64,
    /// Planck of its own stake that were slashed, or that are decided to be.
    pub slashed: Balance,
    /// Offences it was reported for.
    pub offences: u32,
}

/// What became of everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// By validator.
    pub probers: Vec<Earned>,
    /// By device, in the order of the world.
    pub devices: Vec<Earned>,
    /// Validators that followed the policy.
    pub liars: BTreeSet<u32>,
    /// Devices by what they are.
    pub kinds: Vec<Kind>,
    /// Owners of devices, by device.
    pub owners: Vec<u32>,
    /// Registrations that were refused because a block of addresses was full.
    pub refused: u32,
    /// Reports that were filed while it was measured.
    pub reports: u32,
    /// Audits that were drawn in all.
    pub drawn: u32,
    /// Those of them that were proven.
    pub proven: u32,
    /// Rounds of cohorts that had too few reports, while it was measured.
    pub uncovered: u32,
}

/// What a device is to the simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It exists and does what it should.
    Honest,
    /// It exists, and what it does is the policy.
    Follower,
    /// Nobody is there.
    Phantom,
    /// Its owner wanted a thousand of it.
    Sybil,
}
