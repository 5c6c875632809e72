//! A Vouch network on one machine: starts validators and devices as the processes that operators run, watches them, breaks them
//! on purpose, and leaves nothing behind. For the demo, for playing, and for the end-to-end tests.
//!
//! | module | purpose |
//! | --- | --- |
//! | [`network`] | the whole network |
//! | [`node`] | one validator |
//! | [`devices`] | one device |
//! | [`requester`] | somebody who has a job computed |
//! | [`demo`] | the demo: runs a small network and shows what its devices earn |
//! | [`table`] | what devices earn, for people |
//! | [`explorer`] | the web page that shows the chain |
//! | [`process`], [`binaries`], [`ports`], [`rpc`], [`wait`], [`interrupt`] | what these are made of |

pub mod binaries;
pub mod demo;
pub mod devices;
pub mod explorer;
pub mod interrupt;
pub mod network;
pub mod node;
pub mod ports;
pub mod process;
pub mod requester;
pub mod rpc;
pub mod table;
pub mod wait;

pub use network::{Builder, Localnet};
