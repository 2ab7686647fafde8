//! A time limit that is fair to a process that was stopped.

use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

/// A timer that fires this much too late says that the process, or the whole machine, stood still.
const LATE: Duration = Duration::from_millis(50);
/// What is left then to read what has arrived in the meantime.
const ONE_MORE_READ: Duration = Duration::from_millis(250);

/// The output of a future, unless it takes longer than the limit. If the process stood still
/// (SIGSTOP, a sleeping laptop) until after the limit, what has arrived meanwhile is read first.
pub(super) async fn within<F: Future + Unpin>(limit: Duration, mut future: F) -> Option<F::Output> {
    let deadline = Instant::now() + limit;
    if let Ok(output) = timeout_at(deadline, &mut future).await {
        return Some(output);
    }
    match deadline.elapsed() > LATE {
        true => timeout(ONE_MORE_READ, future).await.ok(),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::thread;

    use futures::FutureExt;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_output_counts_up_to_the_limit() {
        let after = |millis| Box::pin(tokio::time::sleep(Duration::from_millis(millis)));
        assert!(within(Duration::from_millis(100), after(99)).await.is_some());
        let started = Instant::now();
        assert!(within(Duration::from_millis(100), after(101)).await.is_none());
        assert_eq!(started.elapsed().as_millis(), 100);
    }

    #[tokio::test]
    async fn what_arrived_while_the_process_stood_still_is_read() {
        let (sender, mut receiver) = oneshot::channel();
        let sends = thread::spawn(|| {
            thread::park_timeout(Duration::from_millis(320));
            sender.send(())
        });
        let mut stood_still = false;
        let arrives = poll_fn(|cx| {
            if !stood_still {
                thread::park_timeout(Duration::from_millis(300));
                stood_still = true;
            }
            receiver.poll_unpin(cx)
        });
        assert!(within(Duration::from_millis(100), arrives).await.is_some());
        sends.join().unwrap().unwrap();
    }
}
