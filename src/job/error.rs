//! Why a run does not start, and why it ends without a result.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::list_check::UnusableList;
use super::lock::LockError;
use crate::enricher::{DryRunError, OpenError};
use crate::humanize::{counted, grouped, output_name};
use crate::input::InputError;
use crate::model::{ColumnError, StreamError};
use crate::output::{self, OutputError, WriteError};
use crate::storage::StorageError;

/// Why a run was not started. Nothing was sent.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum StartError {
    /// Another run is writing this output, or the lock cannot be used.
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
    /// The first rows cannot be worked with.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Rows(#[from] StreamError),
    /// The list has too few numbers.
    #[error(transparent)]
    #[diagnostic(transparent)]
    List(#[from] UnusableList),
    /// The enricher cannot be opened.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Open(#[from] OpenError),
    /// The dry run cannot start.
    #[error(transparent)]
    #[diagnostic(transparent)]
    DryRun(#[from] DryRunError),
    /// The summary, the report or the metrics could not be written.
    #[error("cannot write {}", path.display())]
    Artifact {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// An object store refused something, or could not be reached.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Storage(#[from] StorageError),
    /// The metrics cannot be served.
    #[error("cannot serve the metrics at {address}")]
    #[diagnostic(help("choose another address with --metrics-listen"))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The run was stopped before its first row.
    #[error("stopped before the first row")]
    Stopped,
}

impl StartError {
    /// Whether the only problem is that another run uses the output or the ledger.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        match self {
            Self::Lock(LockError::Held { .. }) => true,
            Self::Open(error) => error.is_busy(),
            Self::DryRun(error) => error.is_busy(),
            _ => false,
        }
    }

    /// Whether the user cannot fix it: the built-in simulator or the runtime failed.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        matches!(self, Self::Open(OpenError::Simulator(_) | OpenError::Runtime(_)))
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
    Commit(#[from] OutputError),
    /// The dry run failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    DryRun(#[from] DryRunError),
    /// The list cannot be read to its end.
    #[error("input ends unexpectedly after {}", counted(*rows, "row"))]
    #[diagnostic(help("{}{}", what_to_do(source), kept_in(kept.as_deref())))]
    InputFailed {
        /// Rows before the fault.
        rows: u64,
        /// The partial file with them, if any of them has an answer.
        kept: Option<PathBuf>,
        /// What is wrong with the list.
        #[source]
        source: StreamError,
    },
    /// The list has too few numbers. An older output is untouched.
    #[error("{list}")]
    #[diagnostic(help("{}{}", help_of(list), all_kept_in(kept.as_deref())))]
    UnusableList {
        /// The partial file with the rows, if any of them has an answer.
        kept: Option<PathBuf>,
        /// What is wrong with the list.
        list: UnusableList,
    },
    /// Rows went in and did not come out.
    #[error("internal error: {} rows were read and {} written", grouped(*rows_in), grouped(*rows_out))]
    #[diagnostic(help("please report this{}", kept_in(kept.as_deref())))]
    RowsLost {
        /// Rows that were read.
        rows_in: u64,
        /// Rows that were written.
        rows_out: u64,
        /// The partial file with them, if any of them has an answer.
        kept: Option<PathBuf>,
    },
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

/// The help of the error that ended the list, or a general one.
fn what_to_do(source: &StreamError) -> String {
    let advice = miette::Diagnostic::help(source).map(|help| help.to_string());
    advice.unwrap_or_else(|| "repair the list and run again".into())
}

fn help_of(error: &UnusableList) -> String {
    miette::Diagnostic::help(error).map(|help| help.to_string()).unwrap_or_default()
}

fn all_kept_in(path: Option<&Path>) -> String {
    let Some(path) = path else { return String::new() };
    match output::is_stream(path) {
        true => format!("; the rows have gone to {}", output_name(path)),
        false => format!("; the rows are kept in {}", path.display()),
    }
}

fn kept_in(path: Option<&Path>) -> String {
    let Some(path) = path else { return String::new() };
    match output::is_stream(path) {
        true => format!("; the rows before it have gone to {}", output_name(path)),
        false => format!("; the rows before it are kept in {}", path.display()),
    }
}
