//! One run of a pipeline at a time.
//!
//! A hidden file beside the output is locked for as long as the run goes on, and says who holds it. The system lets the
//! lock go with the process, however that ends, so that a file that was left behind is no lock.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::answer::UtcMillis;

/// Who holds a lock; what its file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The run.
    pub run_id: String,
    /// The process.
    pub pid: u32,
    /// Its host, where that is known.
    pub host: String,
    /// Since when, RFC 3339.
    pub since: String,
}

/// Why a lock could not be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another run holds it.
    #[error(
        "another run of this is at work{}; wait for it, or name another --lock if both may run (the lock is {})",
        holder.as_ref().map(told).unwrap_or_default(),
        path.display()
    )]
    Held {
        /// The lock.
        path: PathBuf,
        /// Who holds it, if its file says so.
        holder: Option<Holder>,
    },
    /// The file cannot be used.
    #[error("the lock {} cannot be used; --lock names another place", path.display())]
    File {
        /// The lock.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

fn told(Holder { run_id, pid, host, since }: &Holder) -> String {
    format!(": run {run_id}, process {pid} on {host}, since {since}")
}

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    /// The lock is the open file's.
    _file: File,
}

impl Lock {
    /// Takes the lock, or tells who has it. Waits for nobody.
    pub(super) fn take(path: &Path, run_id: &str) -> Result<Self, LockError> {
        let refused = |source| LockError::File { path: path.to_owned(), source };
        loop {
            let mut options = OpenOptions::new();
            let mut file =
                options.read(true).write(true).create(true).truncate(false).open(path).map_err(refused)?;
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
            // Whoever held it before takes its file away, and may have done so between the opening and the locking.
            if !is_still_there(path, &file) {
                continue;
            }
            let holder = Holder {
                run_id: run_id.to_owned(),
                pid: std::process::id(),
                host: host(),
                since: UtcMillis::now().to_string(),
            };
            write(&mut file, &holder).map_err(refused)?;
            return Ok(Self { path: path.to_owned(), _file: file });
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Before the lock goes with its file, so that nobody takes away another's.
        let _ = fs::remove_file(&self.path);
    }
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

/// Where an open file cannot be removed, it is there.
#[cfg(not(unix))]
fn is_still_there(_: &Path, _: &File) -> bool {
    true
}

/// The name of this machine.
fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|name| name.trim().to_owned());
    name.or_else(|| std::env::var("COMPUTERNAME").ok()).unwrap_or_else(|| "this machine".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_by_one_and_tells_by_whom() {
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
    fn a_file_that_was_left_behind_is_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".nightly.lock");
        fs::write(&path, "{\"run_id\": \"of old\"").unwrap();
        drop(Lock::take(&path, "run-1").unwrap());
        assert!(matches!(Lock::take(folder.path(), "run-1"), Err(LockError::File { .. })));
    }

    #[test]
    fn many_who_want_it_at_once_have_it_one_after_the_other() {
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
