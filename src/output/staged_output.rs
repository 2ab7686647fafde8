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
pub trait StagedOutput: Debug + Send {
    /// How many rows it has.
    fn rows(&self) -> u64;

    /// How many bytes it takes.
    fn bytes(&self) -> u64;

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
