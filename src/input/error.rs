//! Why a list cannot be read.

use std::path::PathBuf;

use crate::model::StreamError;

/// A list that cannot be read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
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

impl From<InputError> for StreamError {
    fn from(error: InputError) -> Self {
        Self::source(error)
    }
}
