//! A light client in place of a node: it follows the chain by itself from its specification, checks finality and every answer against
//! it, and trusts none of the nodes that it talks to. It is asked about final blocks, see [`super::link::Link::as_of`].

use std::{path::Path, time::Duration};
use subxt::{lightclient::LightClient, rpcs::RpcClient};

/// How an address begins that is not a node's, but a light client's: the path of a chain specification follows.
pub const SCHEME: &str = "light:";

/// How long it may take to find peers, to follow the chain up to its last final block and to fetch its code.
pub(super) const SYNC: Duration = Duration::from_secs(180);

/// The chain specification that `address` names, if it is a light client's.
pub fn spec_of(address: &str) -> Option<&Path> {
    address.strip_prefix(SCHEME).map(Path::new)
}

/// Starts a light client of the chain that is specified in a file.
pub(super) fn start(spec: &Path) -> Result<RpcClient, String> {
    let named = |problem: &dyn std::fmt::Display| format!("{}: {problem}", spec.display());
    let text = std::fs::read_to_string(spec).map_err(|error| named(&error))?;
    let parsed: serde_json::Value = serde_json::from_str(&text).map_err(|error| named(&error))?;
    // The light client would wait for ever for somebody to talk to.
    let peers = parsed.get("bootNodes").and_then(|peers| peers.as_array()).is_some_and(|peers| !peers.is_empty());
    if !peers {
        return Err(named(&"names no bootNodes: a light client has to know at least one node to begin with"));
    }
    let (_, rpc) = LightClient::relay_chain(text.as_str()).map_err(|error| named(&error))?;
    Ok(RpcClient::new(rpc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_of_a_light_client_is_told_from_a_nodes() {
        assert_eq!(spec_of("light:/etc/vouch/chain-spec.json"), Some(Path::new("/etc/vouch/chain-spec.json")));
        assert_eq!(spec_of("ws://127.0.0.1:9944"), None);
    }

    #[tokio::test]
    async fn specification_that_cannot_be_used_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("spec.json");
        let refused = |text: &str| {
            std::fs::write(&file, text).unwrap();
            start(&file).map(drop).unwrap_err()
        };
        assert!(start(&folder.path().join("none.json")).map(drop).unwrap_err().contains("none.json: No such file"));
        assert!(refused("{").contains("spec.json: EOF"));
        assert!(refused(r#"{"bootNodes":[]}"#).contains("names no bootNodes"));
        let foreign =
            r#"{"bootNodes":["/ip4/127.0.0.1/tcp/1/p2p/12D3KooWJvyP3VJYymTqG7eH4PM5rN4T2agk5cdNCfNymAqwqcvZ"]}"#;
        assert!(!refused(foreign).is_empty());
    }
}
