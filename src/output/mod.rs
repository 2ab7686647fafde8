//! Files out: a stream of record batches becomes a Parquet, CSV or NDJSON file, or a folder of Parquet partitions.
//!
//! [`prepare`] finds out before the first lookup whether the file can be written at all. The file then grows
//! aside, under a hidden name in the same folder, and gets its own name when it is whole: whoever reads the
//! folder sees the old file or the new one, never half of one. What becomes of an interrupted run's rows
//! is the caller's to say ([`StagedOutput::commit_partial`] or nothing); nothing here knows what the rows mean.

mod aside;
mod csv;
mod encoder;
mod error;
mod format;
mod ndjson;
mod parquet;
mod partitions;
mod staged_output;
mod timestamps;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use self::aside::Aside;
use self::encoder::Encoder;
pub use self::error::OutputError;
use self::format::Format;
pub use self::staged_output::StagedOutput;
use crate::model::{RecordStream, StreamError};

/// Whether a file that is there already may be replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replace {
    /// It is kept, and the run refused.
    #[default]
    Never,
    /// The new file takes its name, and its permissions, once it is whole.
    Allowed,
}

/// Where the result goes.
#[derive(Clone, Debug)]
pub struct OutputSettings {
    /// The file. Its name's ending says the format: `.parquet` or `.pq`, `.csv`, `.ndjson` or `.jsonl`.
    pub path: PathBuf,
    /// The columns whose values become folders, outermost first; the path is a folder then, and its files are Parquet.
    pub partition_by: Vec<String>,
    /// What happens to a file of that name.
    pub replace: Replace,
    /// Parquet only: how much memory a row group may take before it is written. More makes readers a little
    /// faster; the writer holds this much.
    pub row_group_bytes: usize,
    /// Parquet only: the Zstandard level, 1 (fast) to 22 (small).
    pub compression_level: i32,
}

impl OutputSettings {
    /// This file, never replacing one, with row groups of 32 MiB and the fastest Zstandard level.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            partition_by: Vec::new(),
            replace: Replace::Never,
            row_group_bytes: 32 << 20,
            compression_level: 1,
        }
    }
}

/// Why a stream of rows did not become a file. No file is left behind.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum WriteError {
    /// The rows ended in an error; the file was not at fault.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Stage(#[from] StreamError),
    /// The file could not be written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Output(#[from] OutputError),
}

/// A file that is going to be written, and surely can be: its name is free or may be replaced, and its folder
/// takes files. Dropping it leaves nothing behind.
#[derive(Debug)]
pub struct Target {
    settings: OutputSettings,
    aside: Aside,
}

/// Checks that a file's name says a format.
///
/// # Errors
///
/// Names the endings that do.
pub fn check_name(path: &Path) -> Result<(), OutputError> {
    Format::of(path).map(drop)
}

/// Makes sure that the result can be written, by creating the file aside.
///
/// # Errors
///
/// When the name says no format, the file exists and may not be replaced, or the folder takes no file.
pub fn prepare(settings: &OutputSettings) -> Result<Target, OutputError> {
    let mut settings = settings.clone();
    // What a link leads to is replaced, not the link: it may lead to another disk.
    if settings.path.is_symlink()
        && let Ok(there) = settings.path.canonicalize()
    {
        settings.path = there;
    }
    let path = &settings.path;
    let is_partitioned = !settings.partition_by.is_empty();
    let format = if is_partitioned { None } else { Some(Format::of(path)?) };
    if !is_partitioned {
        ensure_is_no_folder(path)?;
    }
    if settings.replace == Replace::Never && path.symlink_metadata().is_ok() {
        return Err(OutputError::Exists { path: path.clone() });
    }
    let aside = match format {
        Some(format) => Aside::file(format, path),
        None => {
            ensure_may_be_replaced(path, &settings.partition_by)?;
            Aside::folder(path)
        }
    };
    let aside = aside.map_err(|fault| unwritable(path, fault))?;
    Ok(Target { settings, aside })
}

impl Target {
    /// Writes all rows. They are encoded on a thread of its own, a few batches behind the stream, and are on disk
    /// when this returns; `written` counts them as they are encoded, for a progress bar.
    ///
    /// The stream is first asked for rows when the file is known to take their columns. Dropping the future removes
    /// the file.
    ///
    /// # Errors
    ///
    /// The stream's own error, or the file's: a full disk, a column that the format has no form for.
    pub async fn write(
        self,
        batches: RecordStream,
        written: Arc<AtomicU64>,
    ) -> Result<StagedOutput, WriteError> {
        let Self { settings, aside } = self;
        let (open, place) = aside.into_parts();
        let path = settings.path.clone();
        let refused = |fault| unwritable(&path, fault);
        let encoder = Encoder::new(open, &batches.schema(), &settings).map_err(refused)?;
        let encoded = encoder::encode_all(encoder, batches, written, &settings.path).await?;
        Ok(StagedOutput::new(place, encoded, settings))
    }
}

fn ensure_is_no_folder(path: &Path) -> Result<(), OutputError> {
    match path.is_dir() {
        true => Err(unwritable(path, "this is a folder; name a file in it")),
        false => Ok(()),
    }
}

/// A folder is replaced with all that is in it, so there must be nothing in it but what a run has put there.
fn ensure_may_be_replaced(path: &Path, by: &[String]) -> Result<(), OutputError> {
    let refused = |fault: &str| Err(unwritable(path, fault));
    if path.symlink_metadata().is_err() {
        return Ok(());
    }
    if !path.is_dir() {
        return refused("this is a file; partitions need a folder of their own");
    }
    match partitions::holds_only_partitions(path, by) {
        Ok(true) => Ok(()),
        Ok(false) => refused(
            "this folder holds more than partitions, and would be replaced with all that is in it; \
                              name another",
        ),
        Err(fault) => Err(unwritable(path, fault)),
    }
}

/// The error of a file that cannot be written.
fn unwritable(path: &Path, fault: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> OutputError {
    OutputError::Write { path: path.to_owned(), source: fault.into() }
}

#[cfg(test)]
mod tests;
