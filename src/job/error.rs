//! What can end a run: before anybody was asked, and after.

use std::io;
use std::path::{Path, PathBuf};

use super::lock::LockError;
use crate::input::InputError;
use crate::ledger::LedgerError;
use crate::model::{ColumnError, StreamError};
use crate::output::{OutputError, WriteError};
use crate::service::ServiceError;

/// Why a run was not started. Nobody was asked.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum StartError {
    /// Another run is at work, or the lock cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Lock(#[from] LockError),
    /// The list cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Input(#[from] InputError),
    /// The result could not be written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Output(#[from] OutputError),
    /// The columns do not allow the job.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Column(#[from] ColumnError),
    /// The ledger cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Ledger(#[from] LedgerError),
    /// The client cannot be set up.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Service(#[from] ServiceError),
    /// The simulator cannot be started.
    #[error("the simulator cannot be started")]
    Simulator(#[source] std::io::Error),
    /// The summary, the report or the metrics could not be written.
    #[error("cannot write {}", path.display())]
    Artifact {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The metrics cannot be served.
    #[error("cannot serve the metrics at {address}; --metrics-listen names another address")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The run was stopped before its first row.
    #[error("stopped before the first row")]
    Stopped,
}

impl StartError {
    /// Whether nothing is wrong but that another run is at work.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Lock(LockError::Held { .. }) | Self::Ledger(LedgerError::InUse { .. }))
    }
}

/// Why a run that was started ended without a result.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum RunError {
    /// The rows or the file failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Write(#[from] WriteError),
    /// The file could not be given its name.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Keep(#[from] OutputError),
    /// The ledger cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Ledger(#[from] LedgerError),
    /// A temporary file cannot be written or read.
    #[error("a temporary file in {} cannot be written; TMPDIR names another folder", std::env::temp_dir().display())]
    Temporary(#[source] io::Error),
    /// The list cannot be read to its end.
    #[error("the list breaks off after {rows} rows{}; mend it and run again", kept_in(kept.as_deref()))]
    BrokenOff {
        /// Rows before the break.
        rows: u64,
        /// Where they are kept, if any of them has an answer.
        kept: Option<PathBuf>,
        /// What is wrong with the list.
        #[source]
        source: StreamError,
    },
    /// Rows went in and did not come out.
    #[error("{rows_in} rows were read and {rows_out} written{}; please report this bug", kept_in(kept.as_deref()))]
    RowsLost {
        /// Rows that were read.
        rows_in: u64,
        /// Rows that were written.
        rows_out: u64,
        /// Where they are kept, if any of them has an answer.
        kept: Option<PathBuf>,
    },
}

fn kept_in(path: Option<&Path>) -> String {
    path.map_or_else(String::new, |path| format!(", which {} keeps", path.display()))
}

/// Why a whole run has no result: it was not started, or it failed.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum JobError {
    /// It was not started.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Start(#[from] StartError),
    /// It failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Run(#[from] RunError),
}

/// Why numbers could not be looked up.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum LookupError {
    /// Nobody was asked.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Start(#[from] StartError),
    /// The rows failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Stream(#[from] StreamError),
    /// The ledger failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Ledger(#[from] LedgerError),
}
