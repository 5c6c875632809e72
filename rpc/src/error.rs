//! What can go wrong, and the number by which a program knows it.

use jsonrpsee::types::{error::INTERNAL_ERROR_CODE, ErrorObjectOwned};
use polkadot_sdk::{sp_core::H256, sp_runtime::AccountId32};

/// The first of this namespace's codes. Codes are stable: new ones are added at the end.
const BASE: i32 = 12_000;

/// Why a question has no answer. What is malformed never gets here: it is refused with JSON-RPC's own code -32602.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// 12001: the node knows no block of this hash; it may be on another chain, or not have come yet.
    #[error("no block {0:?} is known here")]
    UnknownBlock(H256),
    /// 12002: the block is known, but its state is not kept any more, or its runtime does not know the question. Ask a node that
    /// keeps all states, or about a newer block.
    #[error("block {0:?} cannot be asked: {1}")]
    NoAnswer(H256, String),
    /// 12003: no such device is registered as of the block.
    #[error("device {0} is not registered")]
    UnknownDevice(AccountId32),
    /// 12004: the account was never among the validators of a session, as of the block. Ask about a validator's own account, its
    /// stash.
    #[error("{0} was never among the validators of a session; is it the validator's own account (stash)?")]
    UnknownProber(AccountId32),
    /// 12005: a page has between 1 and 1,000 entries.
    #[error("a page has 1 to {most} entries, not {0}", most = crate::devices::MAX_PAGE)]
    PageSize(u32),
    /// 12006: the node has as many subscriptions of this namespace as it takes. Try again later, or another node.
    #[error("the node takes no more than {0} subscriptions to vouch_")]
    TooManySubscriptions(usize),
}

impl Error {
    /// Its code.
    pub const fn code(&self) -> i32 {
        BASE + match self {
            Self::UnknownBlock(_) => 1,
            Self::NoAnswer(..) => 2,
            Self::UnknownDevice(_) => 3,
            Self::UnknownProber(_) => 4,
            Self::PageSize(_) => 5,
            Self::TooManySubscriptions(_) => 6,
        }
    }
}

impl From<Error> for ErrorObjectOwned {
    fn from(error: Error) -> Self {
        Self::owned(error.code(), error.to_string(), None::<()>)
    }
}

/// An error of the node's own making.
pub(crate) fn internal(error: impl std::fmt::Display) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(INTERNAL_ERROR_CODE, error.to_string(), None::<()>)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_documentation() {
        let (hash, account) = (H256::zero(), AccountId32::new([0; 32]));
        let all = [
            Error::UnknownBlock(hash),
            Error::NoAnswer(hash, String::new()),
            Error::UnknownDevice(account.clone()),
            Error::UnknownProber(account),
            Error::PageSize(0),
            Error::TooManySubscriptions(1),
        ];
        assert_eq!(all.map(|error| error.code()), [12_001, 12_002, 12_003, 12_004, 12_005, 12_006]);
    }
}
