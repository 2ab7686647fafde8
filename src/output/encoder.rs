//! What every format has in common: batches go in, and a file comes out.

use std::fs::File;
use std::io;

use arrow::array::RecordBatch;

use crate::model::BoxError;

/// A file of one format, or a folder of them, while it is written.
pub(super) trait Encoder: Send {
    /// Adds the rows of a batch.
    fn write(&mut self, batch: &RecordBatch) -> Result<(), BoxError>;

    /// Writes what is still held, puts everything on disk, and returns its size in bytes.
    fn finish(self: Box<Self>) -> Result<u64, BoxError>;
}

/// Puts a finished file on disk, and returns its size in bytes.
pub(super) fn sync(file: &File) -> io::Result<u64> {
    file.sync_all()?;
    Ok(file.metadata()?.len())
}
