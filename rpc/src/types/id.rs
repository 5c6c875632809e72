//! How callers name devices and accounts.

use polkadot_sdk::{
    sp_core::crypto::{PublicError, Ss58Codec},
    sp_runtime::AccountId32,
};
use serde::{de::Error, Deserialize, Deserializer};

/// A device or an account: SS58 with any prefix, or 32 bytes in hexadecimal with `0x`. Anything else is refused with -32602.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id(pub AccountId32);

/// Most letters of a name: 32 bytes in hexadecimal. SS58 takes fewer.
const MAX_LETTERS: usize = 66;

impl Id {
    fn read(text: &str) -> Result<AccountId32, String> {
        // Before it is decoded: SS58 takes time that grows with the square of its length.
        if text.len() > MAX_LETTERS {
            return Err(format!("{} letters where there should be at most {MAX_LETTERS}", text.len()));
        }
        match text.strip_prefix("0x") {
            Some(digits) => {
                let bytes = hex::decode(digits).map_err(|error| format!("not hexadecimal: {error}"))?;
                let count = bytes.len();
                let bytes: [u8; 32] =
                    bytes.try_into().map_err(|_| format!("{count} bytes where there should be 32"))?;
                Ok(bytes.into())
            },
            None => AccountId32::from_ss58check_with_version(text).map(|(id, _)| id).map_err(|error| {
                match error {
                    PublicError::InvalidChecksum => {
                        "an SS58 address with a wrong checksum: is a letter missing or mistyped?"
                    },
                    PublicError::BadLength => "an SS58 address of another length than an account's",
                    _ => "neither an SS58 address nor hexadecimal with 0x",
                }
                .to_owned()
            }),
        }
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text).map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Result<Id, String> {
        serde_json::from_value(json!(text)).map_err(|error| error.to_string())
    }

    #[test]
    fn same_account_is_read_in_every_spelling() {
        let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
        let hex = "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d";
        // The same key with Polkadot's prefix.
        let other = "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5";
        let ids = [alice, hex, other].map(|text| read(text).unwrap());
        assert!(ids.iter().all(|id| *id == ids[0] && id.0.to_string() == alice));
    }

    #[test]
    fn malformed_names_say_what_is_wrong() {
        for (text, expected) in [
            ("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ", "checksum"),
            ("0xd435", "2 bytes"),
            ("0xzz", "not hexadecimal"),
            ("", "another length"),
            ("//Alice", "neither"),
            (&"z".repeat(15 << 20), "letters"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{text:?}: {error}");
        }
        assert!(serde_json::from_value::<Id>(json!(7)).is_err());
    }
}
