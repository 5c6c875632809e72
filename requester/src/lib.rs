//! What a requester runs: the tool of those who have jobs computed on a Vouch network and pay for it. The `vouch-work` binary is a
//! thin command line over this library.
//!
//! | module | purpose |
//! | --- | --- |
//! | [`folder`] | a job as a folder: `job.toml`, module and inputs |
//! | [`serve`] | module and inputs over HTTP, for those who compute |
//! | [`verify`] | whether results are those that a chunk settled on: pure |
//! | [`fetch`] | results from devices, and on disk |
//! | [`report`] | what a job costs and whom it paid: pure |
//! | [`progress`] | follows a job until it has ended |
//! | [`cli`], [`commands`] | the command line |
//!
//! Nothing that a device serves is believed: what is kept gives the root and the fuel that the chain settled on.

pub mod cli;
pub mod commands;
pub mod fetch;
pub mod folder;
pub mod progress;
pub mod report;
pub mod serve;
pub mod verify;
