//! What opening a list gives: its rows, and what is known before they are read.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::notes::InputNotes;
use super::source::ListFile;
use crate::model::RecordStream;

/// A list that is being read.
pub struct Opened {
    /// The rows, in order. Dropping the stream ends the reading.
    pub batches: RecordStream,
    /// How long the list is, as far as that is known before it is read.
    pub length: ListLength,
    /// The files, in reading order; `-` for standard input.
    pub files: Vec<PathBuf>,
    /// What was found while reading and a user should know.
    pub notes: Arc<InputNotes>,
}

/// How long a list is, for a progress bar.
#[derive(Clone, Debug)]
pub enum ListLength {
    /// The number of rows, which Parquet has in its metadata.
    Rows(u64),
    /// The number of bytes on disk; compressed files count as they are stored.
    Bytes {
        /// Of all files.
        total: u64,
        /// How many of them were read; the rows are a few batches behind.
        read: Arc<AtomicU64>,
    },
    /// Standard input or a pipe.
    Unknown,
}

impl ListLength {
    /// The bytes of these files, unless one is a pipe.
    pub(super) fn of_files(files: &[ListFile]) -> Self {
        match files.iter().map(ListFile::length).sum() {
            Some(total) => Self::Bytes { total, read: Arc::new(AtomicU64::new(0)) },
            None => Self::Unknown,
        }
    }
}
