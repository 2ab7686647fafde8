//! Why work on the file has failed, before its path is known.

use std::path::Path;

use super::redb_error::{corrupt_answer, from_redb};
use crate::ledger::error::{FileOperation, LedgerError};

#[derive(Debug)]
pub(super) enum StoreFault {
    Database(redb::Error),
    /// An answer fails its checksum.
    Damaged,
}

macro_rules! from_database {
    ($($error:ty),*) => {
        $(impl From<$error> for StoreFault {
            fn from(error: $error) -> Self {
                Self::Database(error.into())
            }
        })*
    };
}

from_database!(redb::Error, redb::TransactionError, redb::TableError, redb::StorageError, redb::CommitError);

impl StoreFault {
    /// The error of the ledger in this file.
    pub(super) fn at(self, path: &Path, operation: FileOperation) -> LedgerError {
        match self {
            Self::Database(error) => from_redb(path, operation, error),
            Self::Damaged => corrupt_answer(path),
        }
    }
}
