//! Tests by topic. Every test runs `try_state` at its end.

mod classes;
mod invariants;
mod keys;
mod lanes;
mod leaving;
mod maintenance;
mod ownership;
mod random;
mod registration;
mod registry;
