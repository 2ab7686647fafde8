//! What can end a run before its last row: one error type a stage.
//!
//! A bad row is data and never becomes an error. Each message names the file, line or key, and ends
//! with the mend where there is one; the cause stays in `source`.

use std::path::PathBuf;

use crate::ledger::LedgerError;

/// A list that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// A file cannot be opened or read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A file is not what its name says, or is damaged.
    #[error("{}: {problem}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, where, and what mends it.
        problem: String,
        /// The reader's own words.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// No file was named, or a pattern matches none.
    #[error("{0}")]
    NoFiles(String),
    /// Several files that do not have the same columns.
    #[error("{0}")]
    DifferentColumns(String),
}

/// A result that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The output is there already and may not be replaced.
    #[error("{} exists already; name another output, or give --force to replace it", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Somebody else took the output's name while the run went on.
    #[error(
        "{} came into being while the run went on, and was left alone; the result is in {}",
        path.display(),
        kept.display()
    )]
    Taken {
        /// The name that was taken.
        path: PathBuf,
        /// Where the result is.
        kept: PathBuf,
    },
    /// The rows are whole, and could not be given their name.
    #[error("{} could not be given its name; the rows are whole, in {}", path.display(), kept.display())]
    NotNamed {
        /// The name.
        path: PathBuf,
        /// Where the rows are.
        kept: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The name says no format that can be written.
    #[error("{}: the output's name must end in .parquet, .csv or .ndjson", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Columns that do not allow the job to start.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ColumnError(pub String);

/// What the stream of batches can fail with while it runs.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// Reading failed.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The columns do not fit together.
    #[error(transparent)]
    Column(#[from] ColumnError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Arrow refused to put a batch together.
    #[error("a batch of rows could not be put together")]
    Arrow(#[from] arrow::error::ArrowError),
    /// A task of the run died of a bug; the run cannot vouch for its rows.
    #[error("a part of the run died unexpectedly; please report this: {0}")]
    Died(String),
}

/// What is wrong and why, in one line.
#[must_use]
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    text
}
