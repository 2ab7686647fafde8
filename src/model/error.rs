//! Why a stream of rows ends early. The errors of a stage live with their stage.
//!
//! A bad row is data and never becomes an error. Every error of this crate is a
//! [`miette::Diagnostic`]: its message says in one line what is wrong and names the file, line or
//! key; its `help` says what to do; the cause stays in `source`.

use std::error::Error;

use miette::Diagnostic;

/// An error of any kind, from code outside this crate.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Columns that do not allow the job to start.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{problem}")]
pub struct ColumnError {
    /// What is wrong.
    pub problem: String,
    /// What to do about it, if that is known.
    #[help]
    pub help: Option<String>,
}

impl ColumnError {
    /// An error without help.
    pub fn new(problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), help: None }
    }

    /// The same error with what to do about it.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// Why a stream of record batches ended early.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum StreamError {
    /// A source of rows in this crate failed: a list that cannot be read, a ledger that cannot be
    /// exported.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Source(Box<dyn Diagnostic + Send + Sync>),
    /// The caller's own stream failed.
    #[error(transparent)]
    Caller(BoxError),
    /// The columns do not fit together.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Column(#[from] ColumnError),
    /// Arrow could not build a batch.
    #[error("a batch of rows could not be built")]
    Arrow(#[from] arrow::error::ArrowError),
    /// A task panicked; the run cannot vouch for its rows.
    #[error("internal error: a task panicked ({0})")]
    #[diagnostic(help("please report this"))]
    TaskPanicked(String),
}

impl StreamError {
    /// The error of a source of rows in this crate.
    pub fn source(error: impl Diagnostic + Send + Sync + 'static) -> Self {
        Self::Source(Box::new(error))
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
