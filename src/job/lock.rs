//! Only one run writes an output at a time.
//!
//! A hidden file beside the output is locked during the run and names the run that holds it. The
//! operating system releases the lock when the process ends, however it ends. A file that a killed
//! run left behind therefore locks nothing.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::model::Holder;
use crate::storage::StorageError;

/// Why a lock could not be taken.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum LockError {
    /// Another run holds it.
    #[error(
        "another run is already writing this output{} (lock {})",
        holder.as_ref().map(|holder| format!(": {holder}")).unwrap_or_default(),
        path.display()
    )]
    #[diagnostic(help("wait for it to end, or choose another lock with --lock if both may run"))]
    Held {
        /// The lock.
        path: PathBuf,
        /// Who holds it, if its file can be read.
        holder: Option<Holder>,
    },
    /// The file cannot be used.
    #[error("cannot lock {}", path.display())]
    #[diagnostic(help("choose another lock file with --lock, on a local disk"))]
    File {
        /// The lock.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The object store of the lock refused something, or could not be reached.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Storage(#[from] StorageError),
}

/// How often to try while other processes keep removing the file.
const MAX_TRIES: u32 = 1_000;
/// The first bytes of a lock file.
const FILE_START: &str = "{\"run_id\"";

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    /// The lock lasts as long as this file is open.
    file: File,
}

impl Lock {
    /// Takes the lock, or reports who holds it. Does not wait.
    pub(crate) fn take(path: &Path, run_id: &str) -> Result<Self, LockError> {
        let refused = |source| LockError::File { path: path.to_owned(), source };
        for _ in 0..MAX_TRIES {
            let mut options = OpenOptions::new();
            let mut file =
                options.read(true).write(true).create(true).truncate(false).open(path).map_err(refused)?;
            if !file.metadata().map_err(refused)?.is_file() {
                return Err(refused(io::Error::other("this is not a file")));
            }
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut text = String::new();
                    let holder =
                        file.read_to_string(&mut text).ok().and_then(|_| serde_json::from_str(&text).ok());
                    return Err(LockError::Held { path: path.to_owned(), holder });
                }
                Err(TryLockError::Error(fault)) => return Err(refused(fault)),
            }
            if !may_be_written(&mut file).map_err(refused)? {
                let text = "this file is not a lock file; it was not changed";
                return Err(refused(io::Error::other(text)));
            }
            // The previous holder removes the file, perhaps after this process opened it.
            if !is_still_there(path, &file) {
                continue;
            }
            write(&mut file, &Holder::of_this_process(run_id)).map_err(refused)?;
            return Ok(Self { path: path.to_owned(), file });
        }
        Err(refused(io::Error::other("other processes keep removing it")))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Remove the file while it is still locked, and only if it is the same file: a new run may
        // have created another.
        if is_still_there(&self.path, &self.file) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether a file is empty or was a lock file. Any other file must not be overwritten.
fn may_be_written(file: &mut File) -> io::Result<bool> {
    let mut head = [0; FILE_START.len()];
    let mut read = 0;
    while read < head.len() {
        match file.read(&mut head[read..])? {
            0 => break,
            more => read += more,
        }
    }
    Ok(FILE_START.as_bytes().starts_with(&head[..read]))
}

fn write(file: &mut File, holder: &Holder) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    serde_json::to_writer(&mut *file, holder)?;
    file.write_all(b"\n")
}

#[cfg(unix)]
fn is_still_there(path: &Path, file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;

    let same =
        |there: fs::Metadata, open: fs::Metadata| (there.dev(), there.ino()) == (open.dev(), open.ino());
    path.metadata().is_ok_and(|there| file.metadata().is_ok_and(|open| same(there, open)))
}

/// On this platform an open file cannot be removed.
#[cfg(not(unix))]
fn is_still_there(_: &Path, _: &File) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_by_one_run_and_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".nightly.lock");
        let held = Lock::take(&path, "run-1").unwrap();
        let Err(LockError::Held { holder: Some(holder), .. }) = Lock::take(&path, "run-2") else {
            panic!("it was taken twice")
        };
        assert_eq!((holder.run_id.as_str(), holder.pid), ("run-1", std::process::id()));
        drop(held);
        assert!(!path.exists());
        drop(Lock::take(&path, "run-2").unwrap());
    }

    #[test]
    fn a_file_that_was_left_behind_locks_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".nightly.lock");
        fs::write(&path, "{\"run_id\": \"of old\"").unwrap();
        drop(Lock::take(&path, "run-1").unwrap());
        assert!(matches!(Lock::take(folder.path(), "run-1"), Err(LockError::File { .. })));
    }

    #[test]
    fn a_file_that_is_not_a_lock_is_not_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contacts.csv");
        fs::write(&path, "phone\n+46701740605\n").unwrap();
        assert!(matches!(Lock::take(&path, "run-1"), Err(LockError::File { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "phone\n+46701740605\n");
    }

    #[test]
    fn nobody_removes_the_lock_of_another_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".lock");
        let first = Lock::take(&path, "run-1").unwrap();
        fs::remove_file(&path).unwrap();
        let second = Lock::take(&path, "run-2").unwrap();
        drop(first);
        assert!(matches!(Lock::take(&path, "run-3"), Err(LockError::Held { .. })));
        drop(second);
    }

    #[test]
    fn concurrent_attempts_hold_it_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".lock");
        let inside = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        if let Ok(_lock) = Lock::take(&path, "x") {
                            assert_eq!(inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                            inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                        }
                    }
                });
            }
        });
    }
}
