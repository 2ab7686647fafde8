//! Tasks that end with their owner.
//!
//! A task of a bare `tokio::spawn` outlives its owner. An [`AbortOnDrop`] task is aborted when its
//! owner is dropped. If the work must not be cut off (a request that was sent), the owner waits for
//! the task first.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;

use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinHandle};

/// A running task, aborted on drop. Awaiting it returns its output, or the error of its panic.
#[derive(Debug)]
#[must_use = "the task is aborted when its owner is dropped"]
pub struct AbortOnDrop<T>(JoinHandle<T>);

impl<T: Send + 'static> AbortOnDrop<T> {
    /// Starts the task on the current runtime.
    pub fn spawn(work: impl Future<Output = T> + Send + 'static) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the handle is owned here")]
        let handle = tokio::spawn(work);
        Self(handle)
    }
}

/// Does work that blocks on a thread of its own. Unlike tokio's threads for such work, one that
/// cannot be had is an error, and neither a panic nor a wait without end.
pub async fn on_thread<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let (done, result) = oneshot::channel();
    thread::Builder::new().name(name.into()).spawn(move || {
        // Nobody waits for it if the future was dropped.
        let _ = done.send(work());
    })?;
    result.await.map_err(|_| io::Error::other("internal error: a thread panicked"))
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
