//! What a device owner runs: the agent that answers probes, the keys it holds, and a client for everything an owner does on the
//! chain. The `vouch-device` binary is a thin command line over this library; hubs and test swarms use it directly.
//!
//! | module | purpose |
//! | --- | --- |
//! | [`agent`] | decides what to answer to a probe: no sockets, no clock |
//! | [`keys`] | device keys, what they sign, and the file they live in |
//! | [`config`] | the configuration file |
//! | [`server`] | HTTP in front of an agent |
//! | [`swarm`] | many throw-away devices in one process, for tests and demos |
//! | [`prober`] | asks a device as a validator would |
//! | [`chain`] | client of a Vouch node |
//! | [`explain`] | turns what the chain says about a device into sentences |
//! | [`validator`] | the same about a validator as a prober |
//! | [`watch`] | follows the chain for a running agent |
//! | [`work`] | computes the chunks of jobs that devices are given, and answers |
//! | [`cli`], [`commands`], [`owner`] | the command line |

pub mod agent;
pub mod chain;
pub mod cli;
pub mod commands;
pub mod config;
pub mod explain;
pub mod keys;
pub mod owner;
pub mod prober;
pub mod server;
pub mod swarm;
pub mod validator;
pub mod watch;
pub mod work;

pub use polkadot_sdk::{
    sp_core::H256,
    sp_runtime::{AccountId32, MultiSignature},
};
