//! Why a ledger cannot be used, and what to do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::storage::StorageError;

/// Why a ledger cannot be opened, read or written. Its content is unchanged.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum LedgerError {
    /// Another process uses the file.
    #[error("the ledger {} is in use by another run", path.display())]
    #[diagnostic(help("wait for the other run to end, or name another ledger with --ledger"))]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{} is not a ledger", path.display())]
    #[diagnostic(help("name another file with --ledger; this one was not changed"))]
    NotALedger {
        /// The file.
        path: PathBuf,
    },
    /// Another program has changed, cut or overwritten the file.
    #[error("the ledger {} is damaged ({what})", path.display())]
    #[diagnostic(help(
        "restore a backup, or move the file aside and rebuild it with `hlr ledger import` from enriched \
         files, so that nothing in them is paid for again; the damaged file was not changed"
    ))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is damaged.
        what: String,
    },
    /// A newer version wrote the file.
    #[error("the ledger {} has format {found}, but this version reads formats up to {known}", path.display())]
    #[diagnostic(help("use a newer hlr, or name another ledger with --ledger"))]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// The format of the file.
        found: String,
        /// The newest format that this version reads.
        known: u32,
    },
    /// Simulated and real answers must not mix.
    #[error("the ledger {} holds answers of {found}, but this run asks {expected}", path.display())]
    #[diagnostic(help("name another ledger with --ledger; simulated and real answers must not mix"))]
    OriginMismatch {
        /// The file.
        path: PathBuf,
        /// Where its answers come from.
        found: &'static str,
        /// Where the answers of the run come from.
        expected: &'static str,
    },
    /// The store of shared answers refused something, or could not be reached.
    #[error("the shared answers cannot be used")]
    #[diagnostic(help(
        "run the same command again on this machine when the store works: its own ledger has what was paid for"
    ))]
    Shared(#[source] StorageError),
    /// The file system fails.
    #[error("the ledger {} cannot be {operation}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What failed.
        operation: FileOperation,
        /// Why it failed.
        #[source]
        source: io::Error,
        /// What to do about it, where that is known.
        #[help]
        help: Option<&'static str>,
    },
    /// Another program has changed the file while a run used it.
    #[error("the ledger {} was {change} by another program during the run", path.display())]
    #[diagnostic(help(
        "keep other programs, such as a backup job, from writing to it; then restore a backup if the file is \
         gone, and import the answers of this run"
    ))]
    Changed {
        /// The file.
        path: PathBuf,
        /// What was done to it.
        change: ForeignChange,
    },
    /// The system has no thread for the commits.
    #[error("no thread can be started for the ledger {}", path.display())]
    #[diagnostic(help(
        "raise the limit of processes and threads (ulimit -u, or the pids limit of a container)"
    ))]
    NoThread {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The command needs a ledger, and the file does not exist.
    #[error("there is no ledger {}", path.display())]
    #[diagnostic(help("name another file with --ledger"))]
    Missing {
        /// The file.
        path: PathBuf,
    },
}

/// What another program did to the file. Displays as a participle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForeignChange {
    /// There is no file of its name any more.
    Deleted,
    /// Another file has its name.
    Replaced,
    /// It is shorter.
    Truncated,
    /// It has other content.
    Overwritten,
}

/// What is done with the file. Displays as a participle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileOperation {
    /// Creating it.
    Create,
    /// Opening it.
    Open,
    /// Reading it.
    Read,
    /// Writing it.
    Write,
}

impl LedgerError {
    /// The error of an operation that the file system refuses.
    pub fn file(path: impl Into<PathBuf>, operation: FileOperation, source: io::Error) -> Self {
        let help = help_for(source.kind());
        Self::File { path: path.into(), operation, source, help }
    }
}

impl fmt::Display for ForeignChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deleted => "deleted",
            Self::Replaced => "replaced",
            Self::Truncated => "truncated",
            Self::Overwritten => "overwritten",
        })
    }
}

impl fmt::Display for FileOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "created",
            Self::Open => "opened",
            Self::Read => "read",
            Self::Write => "written",
        })
    }
}

fn help_for(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Some("free space on its disk, or name a ledger on another disk with --ledger")
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Some("name a ledger in a folder of your own with --ledger, or run without one with --no-ledger")
        }
        io::ErrorKind::NotFound => Some("create its folder"),
        io::ErrorKind::IsADirectory => Some("name a file in this folder with --ledger"),
        _ => None,
    }
}
