//! Why a list cannot be read.

use std::path::{Path, PathBuf};

use crate::model::{BoxError, StreamError};
use crate::storage::{StorageError, storage_error_behind};

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
        /// What is wrong, and where.
        problem: String,
        /// What to do about it, where that is known.
        #[help]
        help: Option<String>,
        /// The error of the reader, where there is one.
        #[source]
        source: Option<BoxError>,
    },
    /// An object store refused something, or could not be reached.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Storage(#[from] StorageError),
    /// No file was named.
    #[error("no input was named")]
    #[diagnostic(help("give files, patterns, or - for standard input"))]
    NoneNamed,
    /// Standard input was named beside files.
    #[error("standard input cannot be combined with files")]
    #[diagnostic(help("give - alone, or save standard input to a file first"))]
    StandardInputAmongFiles,
    /// A name that is neither a file nor a pattern.
    #[error("{pattern}: not a valid pattern")]
    #[diagnostic(help("write a literal [ as [[]"))]
    InvalidPattern {
        /// What was written.
        pattern: String,
        /// What is wrong with it.
        #[source]
        source: BoxError,
    },
    /// A pattern that matches no file.
    #[error("{pattern}: no file matches this pattern")]
    #[diagnostic(help("check the folder and the ending of the name"))]
    NoMatch {
        /// The pattern.
        pattern: String,
    },
    /// Files of different formats in one list.
    #[error("{} and {} have different formats", first.display(), other.display())]
    #[diagnostic(help("give files of one format in one list, or run them one by one"))]
    DifferentFormats {
        /// The first file of the list.
        first: PathBuf,
        /// The first file that differs from it.
        other: PathBuf,
    },
    /// Files whose columns cannot be united.
    #[error("{} and {} have different columns: {difference}", first.display(), other.display())]
    #[diagnostic(help("give files whose columns have the same meaning, or run them one by one"))]
    DifferentColumns {
        /// The first file of the list.
        first: PathBuf,
        /// The first file that differs from it.
        other: PathBuf,
        /// The first difference.
        difference: String,
    },
    /// No thread could be started to read the list.
    #[error("cannot start the thread that reads the input")]
    NoThread(#[source] std::io::Error),
}

impl InputError {
    /// The same, or the error of an object store that is behind it and says what to do.
    pub(super) fn or_storage_error(self) -> Self {
        match storage_error_behind(&self).cloned() {
            Some(error) => Self::Storage(error),
            None => self,
        }
    }

    /// The error of a file that is not what it should be.
    pub(super) fn malformed(path: &Path, problem: impl Into<String>, help: impl Into<String>) -> Self {
        let (problem, help) = (problem.into(), Some(help.into()));
        Self::Malformed { path: path.to_owned(), problem, help, source: None }
    }
}

impl From<InputError> for StreamError {
    fn from(error: InputError) -> Self {
        Self::source(error)
    }
}
