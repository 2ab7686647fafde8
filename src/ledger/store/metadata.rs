//! What a file says about itself, and whether a run may use it.

use std::path::Path;

use redb::ReadTransaction;

use super::redb_error::from_redb;
use super::tables::{FORMAT, METADATA, OLDEST_FORMAT};
use crate::ledger::error::{FileOperation, LedgerError};

/// Where the answers of a ledger come from: simulated and real ones must not mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerOrigin {
    /// A provider.
    Provider,
    /// A server on this machine, most often a simulator.
    ThisMachine,
}

impl AnswerOrigin {
    /// The text in the file and in messages. It never changes.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Provider => "a provider",
            Self::ThisMachine => "this machine",
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        [Self::Provider, Self::ThisMachine].into_iter().find(|origin| origin.text() == text)
    }
}

/// What to do if the file does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMissing {
    /// Create a ledger for answers of this origin. An existing one must have the same origin.
    Create(AnswerOrigin),
    /// Return an error.
    Refuse,
}

/// The text under a key.
pub(super) fn read(transaction: &ReadTransaction, key: &str) -> Result<Option<String>, redb::Error> {
    let metadata = transaction.open_table(METADATA)?;
    Ok(metadata.get(key)?.map(|text| text.value().to_owned()))
}

/// Checks that the file is a ledger of a known format and of the expected origin.
pub(super) fn check(
    transaction: &ReadTransaction,
    path: &Path,
    missing: IfMissing,
) -> Result<(), LedgerError> {
    let path = path.to_owned();
    let Ok(Some(format)) = read(transaction, "format") else { return Err(LedgerError::NotALedger { path }) };
    match format.parse::<u32>() {
        Ok(OLDEST_FORMAT..=FORMAT) => {}
        Ok(newer) if newer > FORMAT => {
            return Err(LedgerError::NewerFormat { path, found: format, known: FORMAT });
        }
        _ => return Err(LedgerError::NotALedger { path }),
    }
    let found = read(transaction, "answers").map_err(|error| from_redb(&path, FileOperation::Read, error))?;
    // Any other text is a flipped bit, and not a ledger that another run should use.
    let Some(found) = found.as_deref().and_then(AnswerOrigin::from_text) else {
        return Err(LedgerError::Damaged { path, what: "the origin of its answers is unreadable".into() });
    };
    match missing {
        IfMissing::Create(origin) if found != origin => {
            Err(LedgerError::OriginMismatch { path, found: found.text(), expected: origin.text() })
        }
        _ => Ok(()),
    }
}
