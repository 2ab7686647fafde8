//! Tasks that somebody owns.
//!
//! A bare `tokio::spawn` outlives the one who asked for it. An [`AbortOnDrop`] task ends when its owner is
//! dropped; work that must not be cut off (a question that was sent) is waited for by its owner first.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::{JoinError, JoinHandle};

/// A running task, aborted on drop. Awaiting it gives its value, or the error of its panic.
#[derive(Debug)]
#[must_use = "the task is aborted when its owner is dropped"]
pub struct AbortOnDrop<T>(JoinHandle<T>);

impl<T: Send + 'static> AbortOnDrop<T> {
    /// Starts the task on the current runtime.
    pub fn spawn(work: impl Future<Output = T> + Send + 'static) -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the owner")]
        let handle = tokio::spawn(work);
        Self(handle)
    }
}

impl<T> Future for AbortOnDrop<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
