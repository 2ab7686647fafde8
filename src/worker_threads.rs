//! Threads for work that waits for a disk or computes for long, taken before it begins. A thread that
//! cannot be had is an error then, when nothing has been paid for; later, it would be an answer that is
//! lost.

use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use tokio::sync::oneshot;

use crate::sync;

/// How many threads can compute at the same time.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(2, NonZeroUsize::get)
}

type Work = Box<dyn FnOnce() + Send>;

/// A fixed number of threads. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct WorkerThreads(Sender<Work>);

impl WorkerThreads {
    /// Starts this many threads of this name.
    pub(crate) fn start(name: &str, count: usize) -> io::Result<Self> {
        let (sender, receiver) = channel();
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..count.max(1) {
            let receiver = receiver.clone();
            thread::Builder::new().name(name.into()).spawn(move || work_off(&receiver))?;
        }
        Ok(Self(sender))
    }

    /// Runs work on one of the threads; `None` if it panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (done, result) = oneshot::channel();
        let work = move || {
            if let Ok(value) = catch_unwind(AssertUnwindSafe(work)) {
                // Nobody waits for it if the batch was dropped.
                let _ = done.send(value);
            }
        };
        self.0.send(Box::new(work)).ok()?;
        result.await.ok()
    }
}

fn work_off(receiver: &Mutex<Receiver<Work>>) {
    loop {
        // The lock is held while waiting: whoever has it takes the next work.
        let work = sync::lock(receiver).recv();
        match work {
            Ok(work) => work(),
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_panics_does_not_end_its_thread() {
        let threads = WorkerThreads::start("test", 1).unwrap();
        assert_eq!(threads.run(|| panic!("on purpose")).await, None::<u8>);
        assert_eq!(threads.run(|| 7).await, Some(7));
    }
}
