//! The owner's account: where its secret may come from, and where it may not.

use crate::keys::{read_private, KeyError};
use std::{path::PathBuf, str::FromStr};
use subxt_signer::{sr25519::Keypair, SecretUri};
use zeroize::Zeroizing;

/// The environment variable that may hold the owner's secret URI.
pub const OWNER_VARIABLE: &str = "VOUCH_OWNER_SURI";

/// Why there is no owner account to sign with.
#[derive(Debug, thiserror::Error)]
pub enum OwnerError {
    /// A real secret on the command line.
    #[error(
        "--owner-suri takes development accounts such as //Alice only: a secret on the command line can be read by every \
         process of this machine and stays in the shell's history. Use --owner-file FILE, the variable {OWNER_VARIABLE}, or \
         neither to be asked"
    )]
    SecretOnCommandLine,
    /// The secret cannot be read.
    #[error(
        "the owner's secret is not a phrase, 0x and 64 hex digits, or either with a derivation path such as //mine"
    )]
    NotASecret,
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] KeyError),
    /// Nobody can be asked.
    #[error(
        "no owner account: give --owner-file FILE or the variable {OWNER_VARIABLE} (there is no terminal to ask on)"
    )]
    NoTerminal,
}

/// How the owner account is named on the command line.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct OwnerArgs {
    /// A development account such as //Alice. Real secrets are refused here: they would stay in the shell's history
    #[arg(long, value_name = "//NAME", conflicts_with = "owner_file")]
    pub owner_suri: Option<String>,

    /// File with the owner's secret: a phrase or 0x seed, optionally with a derivation path; readable by its owner only
    #[arg(long, value_name = "FILE")]
    pub owner_file: Option<PathBuf>,
}

impl OwnerArgs {
    /// The owner's account: from the command line (development accounts), a file, the environment, or the terminal.
    pub fn keypair(&self) -> Result<Keypair, OwnerError> {
        if let Some(suri) = &self.owner_suri {
            return if is_development(suri) { parse(suri) } else { Err(OwnerError::SecretOnCommandLine) };
        }
        if let Some(path) = &self.owner_file {
            return parse(&read_private(path)?);
        }
        if let Ok(suri) = std::env::var(OWNER_VARIABLE) {
            return parse(&Zeroizing::new(suri));
        }
        let terminal = console::Term::stderr();
        if !terminal.is_term() {
            return Err(OwnerError::NoTerminal);
        }
        let ask = || {
            terminal.write_str("Owner's secret phrase (not shown): ")?;
            terminal.read_secure_line()
        };
        parse(&Zeroizing::new(ask().map_err(|_| OwnerError::NoTerminal)?))
    }
}

/// Whether the account is derived from the publicly known development phrase.
fn is_development(suri: &str) -> bool {
    suri.starts_with("//")
}

fn parse(suri: &str) -> Result<Keypair, OwnerError> {
    let uri = SecretUri::from_str(suri.trim()).map_err(|_| OwnerError::NotASecret)?;
    Keypair::from_uri(&uri).map_err(|_| OwnerError::NotASecret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use subxt_signer::sr25519::dev;

    const PHRASE: &str = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";

    fn with(suri: Option<&str>, file: Option<PathBuf>) -> OwnerArgs {
        OwnerArgs { owner_suri: suri.map(Into::into), owner_file: file }
    }

    #[test]
    fn development_accounts_may_be_named() {
        assert_eq!(with(Some("//Alice"), None).keypair().unwrap().public_key().0, dev::alice().public_key().0);
    }

    #[test]
    fn real_secrets_on_the_command_line_are_refused_and_not_repeated() {
        let error = with(Some(PHRASE), None).keypair().unwrap_err();
        assert!(matches!(error, OwnerError::SecretOnCommandLine));
        assert!(!error.to_string().contains("bottom"));
    }

    #[test]
    fn secret_file_must_be_private_and_hold_a_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("owner");
        std::fs::write(&path, format!("{PHRASE}//Alice\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(with(None, Some(path.clone())).keypair(), Err(OwnerError::File(KeyError::NotPrivate { .. }))));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(with(None, Some(path.clone())).keypair().unwrap().public_key().0, dev::alice().public_key().0);
        std::fs::write(&path, "not a secret at all").unwrap();
        assert!(matches!(with(None, Some(path)).keypair(), Err(OwnerError::NotASecret)));
    }
}
