//! Errors of the database and of the file system become errors of the ledger.

use std::io;
use std::path::Path;

use crate::ledger::error::{FileOperation, LedgerError};

pub(super) fn broken_structure(path: &Path) -> LedgerError {
    LedgerError::Damaged { path: path.to_owned(), what: "its inner structure is broken".into() }
}

pub(super) fn corrupt_answer(path: &Path) -> LedgerError {
    LedgerError::Damaged { path: path.to_owned(), what: "an answer is corrupted".into() }
}

pub(super) fn from_redb(path: &Path, operation: FileOperation, error: redb::Error) -> LedgerError {
    let path = path.to_owned();
    match error {
        redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => LedgerError::InUse { path },
        redb::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            LedgerError::NotALedger { path }
        }
        redb::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            LedgerError::Damaged { path, what: "the file ends too early".into() }
        }
        redb::Error::Io(source) => LedgerError::file(path, operation, source),
        redb::Error::PreviousIo => {
            LedgerError::file(path, operation, io::Error::other("an earlier write failed"))
        }
        redb::Error::TableTypeMismatch { .. } | redb::Error::TableDoesNotExist(_) => {
            LedgerError::NotALedger { path }
        }
        redb::Error::Corrupted(what) => LedgerError::Damaged { path, what },
        other => LedgerError::Damaged { path, what: other.to_string() },
    }
}
