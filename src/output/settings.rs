//! Where the result goes, and in which form.

use std::path::PathBuf;

use super::error::OutputError;
use super::format::OutputFormat;
use crate::storage::Storage;

/// Whether an existing output may be replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replace {
    /// It is kept, and the run is refused.
    #[default]
    Never,
    /// The new file takes its name, and its permissions, once it is complete.
    Allowed,
}

/// Where the result goes.
#[derive(Clone, Debug)]
pub struct OutputSettings {
    /// The file, a FIFO or another stream, or `-` for standard output. Also the URL of an object.
    pub path: PathBuf,
    /// How object stores are reached.
    pub storage: Storage,
    /// The format. Without one, the ending of the name decides: `.parquet` or `.pq`, `.csv`,
    /// `.ndjson` or `.jsonl`.
    pub format: Option<OutputFormat>,
    /// The columns whose values become folders, outermost first. With any, the path is a folder and
    /// its files are Parquet.
    pub partition_by: Vec<String>,
    /// What happens to an existing output of that name.
    pub replace: Replace,
    /// Parquet only: how much memory a row group may take before it is written. More makes readers
    /// a little faster; the writer holds this much.
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
            storage: Storage::default(),
            format: None,
            partition_by: Vec::new(),
            replace: Replace::Never,
            row_group_bytes: 32 << 20,
            compression_level: 1,
        }
    }

    /// The format that is named, or that of the name's ending.
    ///
    /// # Errors
    ///
    /// When neither says which it is.
    pub fn format(&self) -> Result<OutputFormat, OutputError> {
        self.format.map_or_else(|| OutputFormat::of(&self.path), Ok)
    }
}
