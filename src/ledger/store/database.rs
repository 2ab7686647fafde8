//! The database of a store, which can be closed while tasks still hold the store.
//!
//! Only closing leaves the file clean. If the database is dropped at the end of the process,
//! perhaps on a thread that is cut off, the next run has to check and repair the whole file.

use std::sync::RwLock;

use redb::{ReadTransaction, ReadableDatabase, StorageError, TransactionError, WriteTransaction};

use crate::sync;

pub(super) struct Database(RwLock<Option<redb::Database>>);

impl Database {
    pub(super) fn new(database: redb::Database) -> Self {
        Self(RwLock::new(Some(database)))
    }

    pub(super) fn begin_read(&self) -> Result<ReadTransaction, TransactionError> {
        match &*sync::read(&self.0) {
            Some(database) => database.begin_read(),
            None => Err(closed()),
        }
    }

    pub(super) fn begin_write(&self) -> Result<WriteTransaction, TransactionError> {
        match &*sync::read(&self.0) {
            Some(database) => database.begin_write(),
            None => Err(closed()),
        }
    }

    pub(super) fn compact(&mut self) -> Result<bool, redb::Error> {
        match self.0.get_mut().expect("no code panics while it holds a lock") {
            Some(database) => Ok(database.compact()?),
            None => Err(closed().into()),
        }
    }

    /// Closes the file cleanly. Further calls do nothing.
    pub(super) fn close(&self) -> Result<(), redb::Error> {
        match sync::write(&self.0).take() {
            Some(database) => Ok(database.close()?),
            None => Ok(()),
        }
    }
}

fn closed() -> TransactionError {
    StorageError::DatabaseClosed.into()
}
