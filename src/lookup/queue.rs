//! The numbers that wait to be asked: those that are due, and those that are put off.
//!
//! A worker waits here for its turn, and takes a question only when it can be sent at once: which one is next depends
//! on what is in flight then. A number that waits for its retry costs a place in a heap and nothing else; one timer
//! serves all.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;

use super::range_scheduler::{RangeScheduler, Scheduled, UselessRange};
use crate::model::{Money, Msisdn, UnansweredReason, UtcMillis};
use crate::sync;

/// A number to ask about, and what has been tried.
#[derive(Clone, Debug)]
pub struct PendingLookup {
    /// The number.
    pub msisdn: Msisdn,
    /// Attempts spent.
    pub attempts: u16,
    /// What the last attempt brought, and when; boxed, because most questions have none.
    pub last: Option<Box<(UnansweredReason, UtcMillis)>>,
    /// The endpoint that failed the last attempt.
    pub failed_at: Option<usize>,
    /// What the attempts cost, or may have cost.
    pub cost: Money,
}

impl PendingLookup {
    /// A number that was never asked.
    #[must_use]
    pub fn new(msisdn: Msisdn) -> Self {
        Self { msisdn, attempts: 0, last: None, failed_at: None, cost: Money::ZERO }
    }
}

/// The queue of questions. Its length is bounded by the rows that the enricher holds.
#[derive(Debug)]
pub struct LookupQueue {
    waiting: Mutex<Waiting>,
    /// One permit for each question that is due.
    due: Semaphore,
    /// Told when the earliest of the put-off changes.
    sooner: Notify,
}

/// The right to take one question. Whoever drops it leaves the question to nobody, so it is dropped only when the
/// queue is closed.
#[derive(Debug)]
#[must_use]
pub struct QueuePermit(());

/// A question that is being asked.
#[derive(Clone, Copy, Debug)]
pub struct InProgress {
    taken: Scheduled,
    since: Instant,
}

impl InProgress {
    /// Whether the question is not worth its price, because its range answers nothing useful.
    #[must_use]
    pub fn is_skipped(&self) -> bool {
        self.taken.is_skipped
    }
}

#[derive(Debug, Default)]
struct Waiting {
    due: RangeScheduler,
    put_off: BinaryHeap<Reverse<PutOff>>,
    /// Numbers those that are put off, so that equal moments keep their order and runs can be replayed.
    sequence: u64,
    closed: bool,
}

#[derive(Debug)]
struct PutOff {
    until: Instant,
    sequence: u64,
    question: PendingLookup,
}

impl LookupQueue {
    /// An empty queue; `skip_useless` is whether ranges are skipped that answer nothing useful.
    #[must_use]
    pub fn new(skip_useless: bool) -> Self {
        let waiting = Waiting { due: RangeScheduler::new(skip_useless), ..Waiting::default() };
        Self { waiting: Mutex::new(waiting), due: Semaphore::new(0), sooner: Notify::new() }
    }

    /// Adds numbers that are due at once. When the queue is closed it gives them back.
    pub fn ask(&self, numbers: &[Msisdn]) -> Result<(), Vec<PendingLookup>> {
        let questions = numbers.iter().copied().map(PendingLookup::new);
        {
            let mut waiting = self.lock();
            if waiting.closed {
                return Err(questions.collect());
            }
            questions.for_each(|question| waiting.due.push_back(question));
        }
        self.due.add_permits(numbers.len());
        Ok(())
    }

    /// Adds a question that is due after a while. When the queue is closed it gives it back.
    pub fn put_off(&self, question: PendingLookup, wait: Duration) -> Result<(), PendingLookup> {
        let until = Instant::now() + wait;
        let earliest = {
            let mut waiting = self.lock();
            if waiting.closed {
                return Err(question);
            }
            waiting.sequence += 1;
            let sequence = waiting.sequence;
            let earliest = waiting.put_off.peek().is_none_or(|Reverse(first)| until < first.until);
            waiting.put_off.push(Reverse(PutOff { until, sequence, question }));
            earliest
        };
        if earliest {
            self.sooner.notify_one();
        }
        Ok(())
    }

    /// Waits until there is a question for the caller to take; `None` when the queue is closed.
    pub async fn turn(&self) -> Option<QueuePermit> {
        self.due.acquire().await.ok()?.forget();
        Some(QueuePermit(()))
    }

    /// Takes the question that is next, when so many may be in flight; `None` when the queue was closed meanwhile.
    pub fn take(&self, _: QueuePermit, in_flight_limit: usize) -> Option<(PendingLookup, InProgress)> {
        let (question, taken) = self.lock().due.take(in_flight_limit)?;
        Some((question, InProgress { taken, since: Instant::now() }))
    }

    /// Takes note that a question is over. `answered` is whether that tells how long its network takes; `is_useful`, where it
    /// tells that, whether the answer was of use. Tells when hundreds of its range in a row were not.
    pub(super) fn over(
        &self,
        asked: InProgress,
        answered: bool,
        is_useful: Option<bool>,
    ) -> Option<UselessRange> {
        let took = answered.then(|| asked.since.elapsed());
        let mut waiting = self.lock();
        waiting.due.over(asked.taken, took);
        waiting.due.judge(asked.taken, is_useful?)
    }

    /// Closes the queue and gives back what waited in it.
    pub fn close(&self) -> Vec<PendingLookup> {
        let left = {
            let mut waiting = self.lock();
            waiting.closed = true;
            let mut left = waiting.due.drain();
            left.extend(waiting.put_off.drain().map(|Reverse(put_off)| put_off.question));
            left
        };
        self.due.close();
        left
    }

    /// Makes put-off questions due when their time has come. Runs as long as the queue is used.
    pub async fn keep_time(&self) {
        loop {
            let (due, next) = {
                let mut waiting = self.lock();
                let due = waiting.make_due(Instant::now());
                (due, waiting.put_off.peek().map(|Reverse(first)| first.until))
            };
            self.due.add_permits(due);
            match next {
                None => self.sooner.notified().await,
                Some(next) => tokio::select! {
                    () = tokio::time::sleep_until(next) => {}
                    () = self.sooner.notified() => {}
                },
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        sync::lock(&self.waiting)
    }
}

impl Waiting {
    /// Moves what is due by now, ahead of numbers that were never asked: the rows of a retried number
    /// have waited longest. Returns how many were moved.
    fn make_due(&mut self, now: Instant) -> usize {
        let mut moved = 0;
        while self.put_off.peek().is_some_and(|Reverse(first)| first.until <= now) {
            if let Some(Reverse(put_off)) = self.put_off.pop() {
                self.due.push_front(put_off.question);
                moved += 1;
            }
        }
        moved
    }
}

impl Ord for PutOff {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.until, self.sequence).cmp(&(other.until, other.sequence))
    }
}

impl PartialOrd for PutOff {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for PutOff {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for PutOff {}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(n: u64) -> Msisdn {
        Msisdn::new(46_700_000_000 + n).unwrap()
    }

    async fn next(questions: &LookupQueue) -> Option<PendingLookup> {
        let turn = questions.turn().await?;
        Some(questions.take(turn, 10)?.0)
    }

    #[tokio::test(start_paused = true)]
    async fn put_off_questions_come_when_they_are_due_and_first() {
        let questions = LookupQueue::new(false);
        let started = Instant::now();
        questions.put_off(PendingLookup::new(number(2)), Duration::from_secs(20)).unwrap();
        questions.put_off(PendingLookup::new(number(1)), Duration::from_secs(10)).unwrap();
        questions.ask(&[number(0)]).unwrap();
        let in_order = async {
            for (expected, seconds) in [(0, 0), (1, 10), (2, 20)] {
                assert_eq!(next(&questions).await.unwrap().msisdn, number(expected));
                assert_eq!(started.elapsed().as_secs(), seconds);
            }
        };
        tokio::select! {
            () = in_order => {}
            () = questions.keep_time() => unreachable!("time is kept for ever"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn closing_gives_back_what_waits_and_takes_no_more() {
        let questions = LookupQueue::new(false);
        questions.ask(&[number(0), number(1)]).unwrap();
        questions.put_off(PendingLookup::new(number(2)), Duration::from_secs(10)).unwrap();
        assert_eq!(next(&questions).await.unwrap().msisdn, number(0));
        let left: Vec<_> = questions.close().iter().map(|question| question.msisdn).collect();
        assert_eq!(left, [number(1), number(2)]);
        assert!(next(&questions).await.is_none());
        assert!(questions.ask(&[number(3)]).is_err());
        assert!(questions.put_off(PendingLookup::new(number(3)), Duration::ZERO).is_err());
    }
}
