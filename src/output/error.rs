//! Why a result cannot be written.

use std::path::{Path, PathBuf};

use crate::humanize::counted;
use crate::model::{BoxError, StreamError};
use crate::storage::StorageError;

/// A result that cannot be written.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum OutputError {
    /// The output exists and may not be replaced.
    #[error("{} already exists", path.display())]
    #[diagnostic(help("name another output, or replace this one with --force"))]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Another process took the output's name during the run.
    #[error("{} was created by another process during the run; it was not overwritten", path.display())]
    #[diagnostic(help("take the result from {}", kept.display()))]
    Taken {
        /// The name that was taken.
        path: PathBuf,
        /// Where the result is.
        kept: PathBuf,
    },
    /// All rows are written, and the file could not be renamed.
    #[error("cannot rename the finished output to {}", path.display())]
    #[diagnostic(help("take the complete result from {}", kept.display()))]
    NotNamed {
        /// The name.
        path: PathBuf,
        /// Where the rows are.
        kept: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// All rows are written, and could not be uploaded.
    #[error("cannot upload the finished output to {}", path.display())]
    #[diagnostic(help("take the complete result from {}", kept.display()))]
    NotUploaded {
        /// The URL.
        path: PathBuf,
        /// Where the rows are, on this machine.
        kept: PathBuf,
        /// Why not.
        #[source]
        source: BoxError,
    },
    /// An object store refused something, or could not be reached.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Storage(#[from] StorageError),
    /// The name's ending stands for no format.
    #[error("{}: the output's name must end in .parquet, .csv or .ndjson", path.display())]
    #[diagnostic(help("change the name, or name the format with --format csv, ndjson or parquet"))]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// Standard output has no name whose ending could tell the format.
    #[error("standard output needs a format")]
    #[diagnostic(help("name it with --format csv, ndjson or parquet"))]
    NoFormat,
    /// Parquet is not text.
    #[error("cannot write Parquet to a terminal")]
    #[diagnostic(help("redirect the output to a file or a program, or use --format csv"))]
    ParquetToTerminal,
    /// The output is one of the lists, or the folder of one.
    #[error("the list {} would be replaced by the output", path.display())]
    #[diagnostic(help("name another output"))]
    IsInput {
        /// The list.
        path: PathBuf,
    },
    /// The output is a disk.
    #[error("cannot write {}: this is a disk", path.display())]
    #[diagnostic(help("name a file"))]
    IsDisk {
        /// The disk.
        path: PathBuf,
    },
    /// Partitions are a folder of files.
    #[error("partitions cannot be written to {name}, which is a stream")]
    #[diagnostic(help("name a folder, or leave out --partition-by"))]
    PartitionedStream {
        /// The stream.
        name: String,
    },
    /// The process that the shell started to read the output has ended.
    #[error("nobody reads {name}")]
    #[diagnostic(help("check the program that should read it"))]
    NoReader {
        /// The stream.
        name: String,
    },
    /// The reader of a stream went away before its end.
    #[error("nobody reads {name} any more; {} went out", counted(*rows, "row"))]
    ReaderGone {
        /// The stream.
        name: String,
        /// Rows that have gone out.
        rows: u64,
    },
    /// A stream cannot be opened.
    #[error("cannot write to {name}")]
    StreamNotOpened {
        /// The stream.
        name: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A stream cannot be written any further.
    #[error("cannot write to {name} after {}", counted(*rows, "row"))]
    #[diagnostic(help("run the same command again; answers that are in the ledger cost nothing"))]
    StreamFailed {
        /// The stream.
        name: String,
        /// Rows that have gone out.
        rows: u64,
        /// Why not.
        #[source]
        source: BoxError,
    },
    /// The folder of the output does not exist.
    #[error("cannot write {}: the folder {} does not exist", path.display(), folder.display())]
    #[diagnostic(help("create the folder first"))]
    NoFolder {
        /// The file.
        path: PathBuf,
        /// Its folder.
        folder: PathBuf,
    },
    /// The output's name is that of a folder.
    #[error("cannot write {}: this is a folder", path.display())]
    #[diagnostic(help("name a file in it"))]
    IsFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The output's name is that of a file, and partitions are written into a folder.
    #[error("cannot write partitions to {}: this is a file", path.display())]
    #[diagnostic(help("name a folder that holds nothing else"))]
    IsFile {
        /// The file.
        path: PathBuf,
    },
    /// The folder that partitions would replace holds other files too.
    #[error("cannot replace {}: this folder holds more than partitions", path.display())]
    #[diagnostic(help("name another folder; this one would be replaced with everything in it"))]
    ForeignContent {
        /// The folder.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: BoxError,
    },
}

impl OutputError {
    pub(super) fn write(path: &Path, source: impl Into<BoxError>) -> Self {
        Self::Write { path: path.to_owned(), source: source.into() }
    }
}

/// Why a stream of rows did not become a file. No file is left behind.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum WriteError {
    /// The stream of rows failed; the file was not at fault.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Stage(#[from] StreamError),
    /// The file could not be written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Output(#[from] OutputError),
}
