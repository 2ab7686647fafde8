//! What every format has in common: batches go in, and a file or a stream comes out.

use std::fs::File;
use std::io::{self, Write};
use std::sync::atomic::Ordering;

use arrow::array::RecordBatch;

use super::stream_writer::StreamWriter;
use crate::model::BoxError;

/// A file of one format, or a folder of them, while it is written.
pub(super) trait Encoder: Send {
    /// Adds the rows of a batch.
    fn write(&mut self, batch: &RecordBatch) -> Result<(), BoxError>;

    /// Hands over what is held, so that a reader gets the rows so far. Returns whether it can read
    /// them: a Parquet file is unreadable until its end.
    fn flush_rows(&mut self) -> Result<bool, BoxError>;

    /// Writes what is still held, puts everything on disk, and returns its size in bytes.
    fn finish(self: Box<Self>) -> Result<u64, BoxError>;
}

/// Where the bytes of a format go.
#[derive(Debug)]
pub(super) enum Sink {
    /// A file on disk.
    File(File),
    /// A pipe, a terminal or another stream.
    Stream(StreamWriter),
}

impl Sink {
    /// Puts everything on disk, and returns the size in bytes. A stream has no disk.
    pub(super) fn finish(&mut self) -> io::Result<u64> {
        self.flush()?;
        match self {
            Self::File(file) => {
                file.sync_all()?;
                Ok(file.metadata()?.len())
            }
            Self::Stream(stream) => Ok(stream.bytes_written().load(Ordering::Relaxed)),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Stream(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Stream(stream) => stream.flush(),
        }
    }
}
