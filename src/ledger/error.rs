//! What can be wrong with a ledger, and what mends it.

use std::io;
use std::path::PathBuf;

/// Why a ledger cannot be opened, read or written. What was in it is still there.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum LedgerError {
    /// Another process works with it.
    #[error(
        "the ledger {} is in use by another run; wait for its end, or name another with --ledger",
        path.display()
    )]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{} is no ledger; it was left as it is, name another file with --ledger", path.display())]
    NotALedger {
        /// The file.
        path: PathBuf,
    },
    /// The file has been changed, cut or overwritten by something else.
    #[error(
        "the ledger {} is damaged ({what}) and was left as it is; put a backup in its place, or move it away, \
         begin a new one with `hlr ledger import` of enriched files, and nothing in them is paid for again",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// A newer program wrote it.
    #[error(
        "the ledger {} has format {found}, and this program knows formats up to {known}; use a newer hlr, or \
         name another ledger with --ledger",
        path.display()
    )]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// The format of the file.
        found: String,
        /// The newest format that this program knows.
        known: u32,
    },
    /// Simulated and real answers must not mix.
    #[error(
        "the ledger {} holds answers of {found}, and this run asks {asked}; they must not mix, so name another \
         with --ledger",
        path.display()
    )]
    OtherAnswers {
        /// The file.
        path: PathBuf,
        /// Whose answers it holds.
        found: String,
        /// Who would be asked.
        asked: &'static str,
    },
    /// The file system refuses.
    #[error("the ledger {} cannot be {doing}{}", path.display(), mend(source))]
    File {
        /// The file.
        path: PathBuf,
        /// `begun`, `opened`, `read` or `written`.
        doing: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// There is no ledger there, and the command needs one.
    #[error("there is no ledger {}; --ledger names another", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
}

/// What helps against a refusal of the file system.
fn mend(fault: &io::Error) -> &'static str {
    match fault.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "; make room on its disk, or name one elsewhere with --ledger"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; name one in a folder of your own with --ledger, or do without with --no-ledger"
        }
        io::ErrorKind::NotFound => "; its folder must exist",
        _ => "",
    }
}
