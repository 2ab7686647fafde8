//! Creating a ledger's file, and opening it without changing a file of another kind.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use redb::Builder;
use redb::ReadableDatabase;
use redb::backends::FileBackend;
use tempfile::NamedTempFile;

use super::metadata;
use super::metadata::{AnswerOrigin, IfMissing};
use super::redb_error::from_redb;
use super::tables::{FORMAT, JOURNAL, METADATA, TEXTS, TOTALS, blocks};
use crate::ledger::answer_scope::AnswerScope;
use crate::ledger::error::{FileOperation, LedgerError};
use crate::staging::{hidden_prefix, parent_folder, sync_folder};

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
    let staged = staged_file(path, BEING_CREATED).map_err(refused)?;
    write_empty_ledger(staged.reopen().map_err(refused)?, path, origin)?;
    match staged.persist_noclobber(path) {
        // Another run was faster.
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        persisted => persisted.map_err(|error| refused(error.error))?,
    };
    sync_folder(folder);
    Ok(())
}

/// The ending of a file that will be a new ledger. It has no numbers.
const BEING_CREATED: &str = ".new";
/// The ending of a copy that will replace its ledger. Only the process that has the ledger open makes
/// one.
pub(super) const BEING_COPIED: &str = ".part";
/// How the copies of older versions begin.
const OLDER_PREFIX: &str = ".ledger.";

/// A new file for a ledger that only its owner can read: numbers are personal data.
pub(super) fn staged_file(path: &Path, ending: &str) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(&hidden_prefix(path)).suffix(ending).tempfile_in(parent_folder(path))
}

/// Removes copies that were left when a process was killed: they still have numbers that were to be
/// forgotten. The ledger is open, so no other process makes one of it.
pub(super) fn remove_left_copies(path: &Path) {
    let prefix = hidden_prefix(path);
    for entry in fs::read_dir(parent_folder(path)).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| name.ends_with(BEING_COPIED)) else { continue };
        let is_of_this_ledger = name.strip_prefix(&prefix).is_some_and(is_random_part);
        let is_of_any_ledger = name.strip_prefix(OLDER_PREFIX).is_some_and(is_random_part);
        if is_of_this_ledger || (is_of_any_ledger && is_old(&entry) && is_in_nobodys_use(&entry.path())) {
            // If it cannot be removed, the next opening tries again.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether this is what a temporary name has between its prefix and its end.
fn is_random_part(rest: &str) -> bool {
    let random = rest.strip_suffix(BEING_COPIED).unwrap_or_default();
    random.len() == 6 && random.chars().all(|c| c.is_ascii_alphanumeric())
}

/// Whether a file has not been written to for an hour.
fn is_old(entry: &fs::DirEntry) -> bool {
    let age = entry.metadata().ok().and_then(|file| file.modified().ok()?.elapsed().ok());
    age.is_some_and(|age| age > Duration::from_secs(3_600))
}

fn is_in_nobodys_use(path: &Path) -> bool {
    let file = OpenOptions::new().read(true).write(true).open(path);
    file.is_ok_and(|file| file.try_lock().is_ok())
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
            transaction.open_table(TOTALS)?;
            for scope in AnswerScope::ALL {
                transaction.open_table(blocks(scope))?;
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
