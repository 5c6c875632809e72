#![doc = include_str!("../README.md")]

pub mod chain;
pub mod experiment;
pub mod fuzz;
pub mod genesis;
pub mod invariants;
pub mod keys;
pub mod ledger;
pub mod outcome;
pub mod policy;
pub mod setup;
pub mod simulation;
pub mod world;
