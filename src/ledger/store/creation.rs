//! Creating a ledger's file, and opening it without changing a file of another kind.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use jiff::Timestamp;
use redb::Builder;
use redb::ReadableDatabase;
use redb::backends::FileBackend;
use tempfile::NamedTempFile;

use super::metadata;
use super::metadata::{AnswerOrigin, IfMissing};
use super::redb_error::from_redb;
use super::tables::{FORMAT, JOURNAL, METADATA, TEXTS, answers};
use crate::ledger::answer_scope::AnswerScope;
use crate::ledger::error::{FileOperation, LedgerError};
use crate::staging::{parent_folder, sync_folder};

/// Creates a ledger, unless there is a file. The file gets its name when it is complete: if its
/// creation is cut off, for example by a full disk, nothing is left.
pub(super) fn create_if_missing(path: &Path, origin: AnswerOrigin) -> Result<(), LedgerError> {
    let refused = |error| LedgerError::file(path, FileOperation::Create, error);
    match path.metadata() {
        // An empty file already has its name, and perhaps a lock.
        Ok(file) if file.len() == 0 && file.is_file() => {
            return write_empty_ledger(open_file(path)?, path, origin);
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        _ => return Ok(()),
    }
    let folder = parent_folder(path);
    let staged = staged_file(folder).map_err(refused)?;
    write_empty_ledger(staged.reopen().map_err(refused)?, path, origin)?;
    match staged.persist_noclobber(path) {
        // Another run was faster.
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        persisted => persisted.map_err(|error| refused(error.error))?,
    };
    sync_folder(folder);
    Ok(())
}

/// A new file that only its owner can read: numbers are personal data.
pub(super) fn staged_file(folder: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(".ledger.").suffix(".part").tempfile_in(folder)
}

fn write_empty_ledger(file: File, path: &Path, origin: AnswerOrigin) -> Result<(), LedgerError> {
    let write = || -> Result<(), redb::Error> {
        let database = Builder::new().create_with_backend(FileBackend::new(file)?)?;
        let transaction = database.begin_write()?;
        {
            let mut metadata = transaction.open_table(METADATA)?;
            metadata.insert("format", FORMAT.to_string().as_str())?;
            metadata.insert("answers", origin.text())?;
            metadata.insert("created", Timestamp::now().to_string().as_str())?;
            metadata.insert("program", concat!("hlr-enrich ", env!("CARGO_PKG_VERSION")))?;
            transaction.open_table(JOURNAL)?;
            transaction.open_table(TEXTS)?;
            for scope in AnswerScope::ALL {
                transaction.open_table(answers(scope))?;
            }
        }
        transaction.commit()?;
        Ok(database.close()?)
    };
    write().map_err(|error| from_redb(path, FileOperation::Create, error))
}

/// Checks that the file is a ledger for this run before it is opened for writing, which changes it.
/// If a run was killed or the file is damaged, this may be impossible; then opening finds out.
pub(super) fn check_unchanged(path: &Path, missing: IfMissing) -> Result<(), LedgerError> {
    let file = open_file(path)?;
    if file.metadata().is_ok_and(|file| file.is_file() && file.len() == 0) {
        return Err(LedgerError::Missing { path: path.to_owned() });
    }
    let read = || -> Result<_, redb::Error> {
        Ok(Builder::new().open_read_only_with_backend(FileBackend::new(file)?)?.begin_read()?)
    };
    read().map_or(Ok(()), |transaction| metadata::check(&transaction, path, missing))
}

/// Opens the file for reading and writing.
pub(super) fn open_file(path: &Path) -> Result<File, LedgerError> {
    if path.is_dir() {
        let is_folder = io::Error::new(io::ErrorKind::IsADirectory, "it is a folder");
        return Err(LedgerError::file(path, FileOperation::Open, is_folder));
    }
    OpenOptions::new().read(true).write(true).open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => LedgerError::Missing { path: path.to_owned() },
        _ => LedgerError::file(path, FileOperation::Open, error),
    })
}
