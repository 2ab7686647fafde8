//! An output that went out row by row: into standard output, a FIFO, a socket or a device.

use std::path::PathBuf;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::encoding::EncodedSize;
use super::error::OutputError;
use super::staged_output::StagedOutput;

/// Rows that have gone out. Nothing is staged, and nothing can be taken back.
#[derive(Debug)]
pub(super) struct StreamedOutput {
    pub(super) path: PathBuf,
    pub(super) size: EncodedSize,
}

impl StagedOutput for StreamedOutput {
    fn rows(&self) -> u64 {
        self.size.rows
    }

    fn bytes(&self) -> u64 {
        self.size.bytes
    }

    fn is_stream(&self) -> bool {
        true
    }

    fn reader_has_gone(&self) -> bool {
        self.size.reader_has_gone
    }

    fn discard(self: Box<Self>) -> BoxFuture<'static, ()> {
        async {}.boxed()
    }

    fn commit(self: Box<Self>) -> BoxFuture<'static, Result<PathBuf, OutputError>> {
        async move { Ok(self.path) }.boxed()
    }

    fn commit_partial(self: Box<Self>) -> BoxFuture<'static, Result<PathBuf, OutputError>> {
        self.commit()
    }
}
