//! Why a result cannot be written.

use std::path::PathBuf;

/// A result that cannot be written.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
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
