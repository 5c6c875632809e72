//! Tests by topic. Every test runs `try_state` at its end.

mod bonds;
mod classes;
mod eviction;
mod invariants;
mod keys;
mod lanes;
mod leaving;
mod maintenance;
mod ownership;
mod prefixes;
mod random;
mod registration;
mod registry;
