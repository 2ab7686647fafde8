//! Why a stream of rows ends early. The errors of a stage live with their stage.
//!
//! A bad row is data and never becomes an error. A message names the file, line or key and says what to
//! do; the cause stays in `source`.

use std::error::Error;

/// An error of any kind, from whoever gave the rows.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Columns that do not allow the job to start.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ColumnError(pub String);

/// Why a stream of record batches ended early.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// Whoever gave the rows failed: a list that cannot be read, or the caller's own stream.
    #[error(transparent)]
    Source(BoxError),
    /// The columns do not fit together.
    #[error(transparent)]
    Column(#[from] ColumnError),
    /// Arrow could not build a batch.
    #[error("a batch of rows could not be built")]
    Arrow(#[from] arrow::error::ArrowError),
    /// A task panicked; the run cannot vouch for its rows.
    #[error("a part of the run died unexpectedly; please report this: {0}")]
    TaskPanicked(String),
}

impl StreamError {
    /// An error of whoever gave the rows.
    pub fn source(error: impl Into<BoxError>) -> Self {
        Self::Source(error.into())
    }
}

/// What is wrong and why, in one line.
#[must_use]
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    text
}
