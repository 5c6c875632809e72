//! Tests by topic; each file's names read as what the pallet does in that situation.

mod accountability;
mod audits;
mod invariants;
mod panels;
mod presence;
mod properties;
mod refusals;
mod rounds;
mod settling;
mod sweeping;
