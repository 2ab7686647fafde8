//! The numbers that wait: those that are due, and those that wait for a retry.
//!
//! A worker first waits for a queue permit, and takes a lookup only when it can be sent at once,
//! because the scheduler's choice depends on what is in flight then. A number that waits for its
//! retry is an entry in a heap and nothing else; one timer serves all of them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;

use super::pending_lookup::PendingLookup;
use super::range_scheduler::{RangeScheduler, Scheduled, UselessRange};
use crate::model::Msisdn;
use crate::sync;

/// The queue of lookups. The number of rows that the enricher holds bounds its length.
#[derive(Debug)]
pub struct LookupQueue {
    state: Mutex<QueueState>,
    /// One permit for each lookup that is due.
    due: Semaphore,
    /// Notified when the earliest retry changes.
    earliest_changed: Notify,
}

/// The right to take one lookup. If it is dropped unused, one lookup is never taken, so this
/// happens only when the queue is closed.
#[derive(Debug)]
#[must_use]
pub struct QueuePermit(());

/// A lookup that a worker has taken.
#[derive(Clone, Copy, Debug)]
pub struct InProgress {
    scheduled: Scheduled,
    since: Instant,
}

impl InProgress {
    /// Whether the number is not looked up, because its range returns no useful answers.
    #[must_use]
    pub fn is_skipped(&self) -> bool {
        self.scheduled.is_skipped
    }
}

#[derive(Debug, Default)]
struct QueueState {
    due: RangeScheduler,
    retries: BinaryHeap<Reverse<Retry>>,
    /// Counts retries, so that those due at the same time keep their order and runs can be
    /// replayed.
    sequence: u64,
    closed: bool,
}

#[derive(Debug)]
struct Retry {
    due_at: Instant,
    sequence: u64,
    lookup: PendingLookup,
}

impl LookupQueue {
    /// An empty queue. `skip_useless`: whether to skip ranges that return no useful answers.
    #[must_use]
    pub fn new(skip_useless: bool) -> Self {
        let state = QueueState { due: RangeScheduler::new(skip_useless), ..QueueState::default() };
        Self { state: Mutex::new(state), due: Semaphore::new(0), earliest_changed: Notify::new() }
    }

    /// Adds numbers that are due at once. A closed queue returns their lookups.
    pub fn push(&self, numbers: &[Msisdn]) -> Result<(), Vec<PendingLookup>> {
        let lookups = numbers.iter().copied().map(PendingLookup::new);
        {
            let mut state = self.lock();
            if state.closed {
                return Err(lookups.collect());
            }
            lookups.for_each(|lookup| state.due.push_back(lookup));
        }
        self.due.add_permits(numbers.len());
        Ok(())
    }

    /// Adds a lookup that is due after `wait`. A closed queue returns it.
    pub fn schedule_retry(&self, lookup: PendingLookup, wait: Duration) -> Result<(), PendingLookup> {
        let due_at = Instant::now() + wait;
        let is_earliest = {
            let mut state = self.lock();
            if state.closed {
                return Err(lookup);
            }
            state.sequence += 1;
            let sequence = state.sequence;
            let is_earliest = state.retries.peek().is_none_or(|Reverse(first)| due_at < first.due_at);
            state.retries.push(Reverse(Retry { due_at, sequence, lookup }));
            is_earliest
        };
        if is_earliest {
            self.earliest_changed.notify_one();
        }
        Ok(())
    }

    /// Waits until a lookup is due; `None` if the queue is closed.
    pub async fn acquire(&self) -> Option<QueuePermit> {
        self.due.acquire().await.ok()?.forget();
        Some(QueuePermit(()))
    }

    /// The permit for another lookup, if one is due now.
    pub fn try_acquire(&self) -> Option<QueuePermit> {
        self.due.try_acquire().ok()?.forget();
        Some(QueuePermit(()))
    }

    /// Takes the next lookup. `None` if the queue was closed after the permit was given.
    pub fn take(&self, _: QueuePermit, in_flight_limit: usize) -> Option<(PendingLookup, InProgress)> {
        let (lookup, scheduled) = self.lock().due.take(in_flight_limit)?;
        Some((lookup, InProgress { scheduled, since: Instant::now() }))
    }

    /// Ends a lookup's turn. `measures_latency`: whether its duration says something about its
    /// network. `is_useful`: whether the answer was useful, if there was one. Returns the range if
    /// hundreds of its numbers in a row got no useful answer.
    pub(super) fn finish(
        &self,
        in_progress: InProgress,
        measures_latency: bool,
        is_useful: Option<bool>,
    ) -> Option<UselessRange> {
        let latency = measures_latency.then(|| in_progress.since.elapsed());
        let mut state = self.lock();
        state.due.finish(in_progress.scheduled, latency);
        state.due.record_usefulness(in_progress.scheduled, is_useful?)
    }

    /// Closes the queue and returns what waited in it.
    pub fn close(&self) -> Vec<PendingLookup> {
        let left = {
            let mut state = self.lock();
            state.closed = true;
            let mut left = state.due.drain();
            left.extend(state.retries.drain().map(|Reverse(retry)| retry.lookup));
            left
        };
        self.due.close();
        left
    }

    /// Makes retries due at their time. Runs as long as the queue is used.
    pub async fn run_timer(&self) {
        loop {
            let (due, next) = {
                let mut state = self.lock();
                let due = state.make_due(Instant::now());
                (due, state.retries.peek().map(|Reverse(first)| first.due_at))
            };
            self.due.add_permits(due);
            match next {
                None => self.earliest_changed.notified().await,
                Some(next) => tokio::select! {
                    () = tokio::time::sleep_until(next) => {}
                    () = self.earliest_changed.notified() => {}
                },
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        sync::lock(&self.state)
    }
}

impl QueueState {
    /// Moves retries that are due before all new numbers, because their rows have waited longest.
    /// Returns how many were moved.
    fn make_due(&mut self, now: Instant) -> usize {
        let mut moved = 0;
        while self.retries.peek().is_some_and(|Reverse(first)| first.due_at <= now) {
            if let Some(Reverse(retry)) = self.retries.pop() {
                self.due.push_front(retry.lookup);
                moved += 1;
            }
        }
        moved
    }
}

impl Ord for Retry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due_at, self.sequence).cmp(&(other.due_at, other.sequence))
    }
}

impl PartialOrd for Retry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Retry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Retry {}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(n: u64) -> Msisdn {
        Msisdn::new(46_700_000_000 + n).unwrap()
    }

    async fn next(queue: &LookupQueue) -> Option<PendingLookup> {
        let permit = queue.acquire().await?;
        Some(queue.take(permit, 10)?.0)
    }

    #[tokio::test(start_paused = true)]
    async fn retries_come_when_they_are_due() {
        let queue = LookupQueue::new(false);
        let started = Instant::now();
        queue.schedule_retry(PendingLookup::new(number(2)), Duration::from_secs(20)).unwrap();
        queue.schedule_retry(PendingLookup::new(number(1)), Duration::from_secs(10)).unwrap();
        queue.push(&[number(0)]).unwrap();
        let in_order = async {
            for (expected, seconds) in [(0, 0), (1, 10), (2, 20)] {
                assert_eq!(next(&queue).await.unwrap().msisdn, number(expected));
                assert_eq!(started.elapsed().as_secs(), seconds);
            }
        };
        tokio::select! {
            () = in_order => {}
            () = queue.run_timer() => unreachable!("the timer never ends"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_queue_returns_what_waits_and_accepts_nothing() {
        let queue = LookupQueue::new(false);
        queue.push(&[number(0), number(1)]).unwrap();
        queue.schedule_retry(PendingLookup::new(number(2)), Duration::from_secs(10)).unwrap();
        assert_eq!(next(&queue).await.unwrap().msisdn, number(0));
        let left: Vec<_> = queue.close().iter().map(|lookup| lookup.msisdn).collect();
        assert_eq!(left, [number(1), number(2)]);
        assert!(next(&queue).await.is_none());
        assert!(queue.push(&[number(3)]).is_err());
        assert!(queue.schedule_retry(PendingLookup::new(number(3)), Duration::ZERO).is_err());
    }
}
