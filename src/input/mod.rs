//! Files in: CSV and Parquet lists become one stream of record batches.
//!
//! [`open`] looks at every file (what it is, which columns it has) before the first row is read, so that a
//! list that cannot be read costs nothing. Reading then happens on a thread of its own, a few batches
//! ahead, file after file in the order in which they were named. Nothing here knows which column holds a number.

mod columns;
mod csv;
mod error;
mod file_format;
mod notes;
mod parquet;
mod paths;
mod read_ahead;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

pub use self::error::InputError;
use self::file_format::FileFormat;
pub use self::notes::{CsvFile, InputNotes, Noted, Place};
use self::paths::List;
use crate::model::RecordStream;

/// How much text or Parquet data one batch holds at most, in bytes, give or take a row. Rows of ordinary
/// length reach [`InputSettings::batch_rows`] first.
const BATCH_BYTES: usize = 4 << 20;

/// What standard input is called in messages.
const STANDARD_INPUT: &str = "standard input";

/// Which files to read, and how.
#[derive(Clone, Debug)]
pub struct InputSettings {
    /// Files, glob patterns, or `-` alone for a CSV list on standard input.
    pub paths: Vec<String>,
    /// The byte between two cells of a CSV row; `None` to detect it.
    pub delimiter: Option<u8>,
    /// Whether CSV lists begin with the names of their columns.
    pub header: Header,
    /// How many rows a batch has at most. Rows that are long make smaller batches.
    pub batch_rows: usize,
}

impl InputSettings {
    /// These files, everything else detected, in batches of 4096 rows.
    #[must_use]
    pub fn new(paths: Vec<String>) -> Self {
        Self { paths, delimiter: None, header: Header::Detect, batch_rows: 4096 }
    }
}

/// Whether the first row of a CSV list names the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Header {
    /// It does, unless one of its cells looks like data: a number, a phone number, a date or an e-mail address.
    #[default]
    Detect,
    /// It does.
    Present,
    /// It does not; the columns become `column_1`, `column_2` and so on.
    Absent,
}

/// A list that is being read.
pub struct Opened {
    /// The rows, in order. Dropping the stream ends the reading.
    pub batches: RecordStream,
    /// How long the list is, as far as that is known before it was read.
    pub length: ListLength,
    /// The files, in reading order; `-` for standard input.
    pub files: Vec<PathBuf>,
    /// What was found on the way and a user should be told.
    pub notes: Arc<InputNotes>,
}

/// How long a list is, for a progress bar.
#[derive(Clone, Debug)]
pub enum ListLength {
    /// So many rows: Parquet says so in its metadata.
    Rows(u64),
    /// So many bytes on disk, compressed ones as they lie there.
    Bytes {
        /// Of all files.
        total: u64,
        /// How many of them were read; the rows are a few batches behind.
        read: Arc<AtomicU64>,
    },
    /// Standard input or a pipe.
    Unknown,
}

/// Finds the files, looks at each, and starts to read them.
///
/// Files are CSV (plain, `.gz` or `.zst`) or Parquet, told apart by their content; all of a list are one kind
/// and have the same columns. This call reads the beginning of every file, so on a pipe it waits for
/// the first 64 KiB or the end.
///
/// # Errors
///
/// When a file is missing, is not a list, or has other columns than the first. What goes wrong later comes
/// through the stream.
pub fn open(settings: &InputSettings) -> Result<Opened, InputError> {
    let files = match paths::expand(&settings.paths)? {
        List::StandardInput => return csv::open_standard_input(settings),
        List::Files(files) => files,
    };
    match kind_of_all(&files)? {
        FileFormat::Csv => csv::open_files(files, settings),
        FileFormat::Parquet => parquet::open(files, settings),
    }
}

fn kind_of_all(files: &[PathBuf]) -> Result<FileFormat, InputError> {
    let first = file_format::of_file(&files[0])?;
    for other in &files[1..] {
        if file_format::of_file(other)? != first {
            return Err(InputError::DifferentColumns(format!(
                "{} and {} are not of one kind; give either CSV or Parquet files in one list",
                files[0].display(),
                other.display(),
            )));
        }
    }
    Ok(first)
}

/// The error of a file that is not what it should be.
fn malformed(path: &Path, problem: impl Into<String>) -> InputError {
    InputError::Malformed { path: path.to_owned(), problem: problem.into(), source: None }
}
