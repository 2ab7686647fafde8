//! What the destinations of an output have in common: rows are complete before anybody sees them.

use std::fmt::Debug;
use std::path::PathBuf;

use futures::future::BoxFuture;

use super::error::OutputError;

/// An output with all its rows, which nobody sees until it is committed.
///
/// The contract: every row is written and stays written, whatever happens to this process, before a
/// value of this type exists. A commit makes all rows visible under one name in one step. Dropping
/// the value, or the future of a commit that was never polled, removes the rows.
///
/// A commit is a future because it may take a request: an upload in parts is completed by one.
/// Local files only rename.
///
/// A stream is the exception: its rows went out as they were done, and nobody can take them back.
/// It takes part so that a run ends the same way whatever its output is; [`StagedOutput::is_stream`]
/// tells it apart.
pub trait StagedOutput: Debug + Send {
    /// How many rows it has.
    fn rows(&self) -> u64;

    /// How many bytes it takes.
    fn bytes(&self) -> u64;

    /// Whether the rows went out as they were done, so that a commit changes nothing.
    fn is_stream(&self) -> bool {
        false
    }

    /// Whether the reader of the stream went away before the last row. [`StagedOutput::rows`] has
    /// the rows before that.
    fn reader_has_gone(&self) -> bool {
        false
    }

    /// Removes the rows; an older output keeps its name and its content. Rows of a stream stay
    /// where they are.
    fn discard(self: Box<Self>) -> BoxFuture<'static, ()>;

    /// Makes the rows visible under the output's name, and returns that. An older output of that
    /// name is replaced as a whole, or not at all.
    ///
    /// # Errors
    ///
    /// [`OutputError::Taken`] when somebody else created an output of that name meanwhile, and it
    /// may not be replaced: the rows are then committed under the partial name. Otherwise what the
    /// destination refused; the error says where the rows are, if they could be kept.
    fn commit(self: Box<Self>) -> BoxFuture<'static, Result<PathBuf, OutputError>>;

    /// Makes the rows visible under a name that nobody mistakes for the result, and returns that:
    /// `enriched.partial.parquet` instead of `enriched.parquet`. An older partial output is
    /// replaced.
    ///
    /// # Errors
    ///
    /// What the destination refused.
    fn commit_partial(self: Box<Self>) -> BoxFuture<'static, Result<PathBuf, OutputError>>;
}
