//! What can go wrong between an owner and the chain, in words an owner can act on.

use super::{Balance, Token};
use polkadot_sdk::sp_core::H256;
use std::time::Duration;
use subxt::error::{DispatchError, ModuleError};

/// Why something could not be asked of, or done on, the chain.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No node can be reached.
    #[error("no node reachable: {}. Is a node running there, with its RPC port open to this machine?", join(tried))]
    Unreachable {
        /// The nodes tried, and what each said.
        tried: Vec<(String, String)>,
    },
    /// No light client can be started from the chain specification that was given.
    #[error("no light client: {0}")]
    Specification(String),
    /// Nodes can be reached, but they follow another chain.
    #[error(
        "wrong chain: the node at {url} follows the chain with genesis {found:?}, this configuration is pinned to {expected:?}. \
         Correct `nodes` in the configuration; if you mean to change chains, remove `genesis` from it"
    )]
    WrongChain {
        /// The node asked last.
        url: String,
        /// The genesis hash pinned.
        expected: H256,
        /// The genesis hash found.
        found: H256,
    },
    /// The node answered with an error.
    #[error("the node refused a request: {0}")]
    Request(String),
    /// The chain has no such runtime API, or another version of it.
    #[error("the chain does not answer {function}: {reason}. Is it a Vouch chain, and this program of its version?")]
    NoApi {
        /// The function asked for.
        function: &'static str,
        /// What went wrong.
        reason: String,
    },
    /// A transaction was not taken into the node's pool.
    #[error("the transaction was refused: {0}")]
    Refused(String),
    /// The chain's transactions carry something that this program knows nothing about.
    #[error(
        "transactions of this chain carry {0}, of which this program knows nothing: is it of the chain's version?"
    )]
    UnknownExtension(String),
    /// A transaction was executed and failed.
    #[error("{0}")]
    Failed(Failure),
    /// A transaction is in no block after a long wait; it may still get into one.
    #[error("the transaction {hash:?} is in no block after {waited:?}; it may still get into one: check before you repeat it")]
    NotIncluded {
        /// The transaction.
        hash: H256,
        /// How long was waited.
        waited: Duration,
    },
    /// A transaction succeeded but its block is not final after a long wait.
    #[error("the transaction is in block {number} and succeeded, but the block is not final after {waited:?}: is finality stalled?")]
    NotFinal {
        /// Number of the block.
        number: u32,
        /// How long was waited.
        waited: Duration,
    },
    /// An account cannot pay for what it wants to do.
    #[error("{0}")]
    TooPoor(Shortfall),
}

fn join(tried: &[(String, String)]) -> String {
    tried.iter().map(|(url, reason)| format!("{url} ({reason})")).collect::<Vec<_>>().join(", ")
}

impl From<subxt::Error> for Error {
    fn from(error: subxt::Error) -> Self {
        Self::Request(super::link::plain(&error))
    }
}

/// A transaction that was executed and failed; everything it did was undone, except its fee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The pallet that failed it, if one did.
    pub pallet: Option<String>,
    /// The error's name.
    pub name: String,
    /// What the chain's own documentation says about it.
    pub docs: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let pallet = self.pallet.as_ref().map(|pallet| format!("{pallet}.")).unwrap_or_default();
        write!(f, "the chain refused it: {pallet}{}", self.name)?;
        if !self.docs.is_empty() {
            write!(f, " - {}", self.docs)?;
        }
        Ok(())
    }
}

impl From<DispatchError> for Failure {
    fn from(error: DispatchError) -> Self {
        match error {
            DispatchError::Module(error) => module_failure(&error),
            other => {
                let docs = other.to_string();
                let name = format!("{other:?}");
                Self { pallet: None, name, docs }
            },
        }
    }
}

fn module_failure(error: &ModuleError) -> Failure {
    match error.details() {
        Ok(details) => Failure {
            pallet: Some(details.pallet.name().to_owned()),
            name: details.variant.name.clone(),
            docs: details.variant.docs.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ").trim().to_owned(),
        },
        Err(_) => Failure { pallet: None, name: error.details_string(), docs: String::new() },
    }
}

/// What an account lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// What it wants to do.
    pub purpose: String,
    /// Planck to be held as bonds.
    pub bonds: u128,
    /// Planck of fees, estimated.
    pub fee: u128,
    /// Planck it can spend or have held: free, neither frozen nor needed to keep the account alive.
    pub usable: u128,
    /// Planck missing of what must stay in the account; 0 unless `usable` is.
    pub lacking: u128,
    /// How planck are shown.
    pub token: Token,
}

impl Shortfall {
    /// `Some` if what is usable of `balance` does not cover bonds and fee.
    pub fn check(
        purpose: String,
        bonds: u128,
        fee: u128,
        balance: Balance,
        existential_deposit: u128,
        token: &Token,
    ) -> Option<Self> {
        let (usable, lacking) = (balance.usable(existential_deposit), balance.lacking(existential_deposit));
        (usable < bonds.saturating_add(fee)).then(|| Self {
            purpose,
            bonds,
            fee,
            usable,
            lacking,
            token: token.clone(),
        })
    }

    /// Planck missing: once that much has arrived, bonds and fee can be paid.
    pub fn missing(&self) -> u128 {
        self.bonds.saturating_add(self.fee).saturating_add(self.lacking).saturating_sub(self.usable)
    }
}

impl std::fmt::Display for Shortfall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let show = |amount| self.token.show(amount);
        write!(f, "balance too low: {} needs ", self.purpose)?;
        if self.bonds > 0 {
            write!(f, "{} of bond and ", show(self.bonds))?;
        }
        write!(
            f,
            "about {} of fee; the owner account can use {} (beyond the existential deposit): {} missing",
            show(self.fee),
            show(self.usable),
            show(self.missing())
        )?;
        if self.lacking > 0 {
            write!(f, ", of which {} must stay in the account", show(self.lacking))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortfall_says_how_much_is_missing_and_nothing_when_nothing_is() {
        let token = Token { symbol: "VCH".into(), decimals: 2 };
        let holding = |free| Balance { free, ..Default::default() };
        let check = |free| Shortfall::check("registering 2 devices".into(), 200, 5, holding(free), 10, &token);
        assert_eq!(check(215), None);
        let short = check(160).unwrap();
        assert_eq!(short.missing(), 55);
        assert_eq!(
            short.to_string(),
            "balance too low: registering 2 devices needs 2 VCH of bond and about 0.05 VCH of fee; the owner account can use \
             1.5 VCH (beyond the existential deposit): 0.55 VCH missing"
        );
        assert!(Shortfall::check("x".into(), u128::MAX, 1, holding(u128::MAX - 1), 0, &token).is_some());
        // Who sends what is missing, and no more, can register.
        for free in [0, 4, 10, 160, 214] {
            let missing = check(free).unwrap().missing();
            assert_eq!((missing, check(free + missing)), (215 - free, None));
            assert!(check(free + missing - 1).is_some());
        }
        let empty = check(0).unwrap().to_string();
        assert!(empty.ends_with("2.15 VCH missing, of which 0.1 VCH must stay in the account"), "{empty}");
    }

    #[test]
    fn failure_names_pallet_and_error_and_quotes_the_documentation() {
        let failure =
            Failure { pallet: Some("Devices".into()), name: "NotOwner".into(), docs: "Somebody else's.".into() };
        assert_eq!(failure.to_string(), "the chain refused it: Devices.NotOwner - Somebody else's.");
    }

    #[test]
    fn unreachable_and_wrong_chain_name_the_nodes() {
        let error = Error::Unreachable {
            tried: vec![("ws://a".into(), "refused".into()), ("ws://b".into(), "timeout".into())],
        };
        assert!(error.to_string().contains("ws://a (refused), ws://b (timeout)"));
        let error = Error::WrongChain { url: "ws://a".into(), expected: H256::zero(), found: H256::repeat_byte(1) };
        assert!(error.to_string().contains("0x0101") && error.to_string().contains("ws://a"));
    }
}
