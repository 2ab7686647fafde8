//! The progress of a run. The run updates atomics; readers sample them at any time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Poll, ready};

use futures::{StreamExt, stream};

use crate::input::ListLength;
use crate::model::{Money, RecordStream};
use crate::telemetry::Counters;

/// How many rows a list has, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    /// This many.
    Rows(u64),
    /// About this many, estimated from the share of the bytes that was read.
    About(u64),
    /// Not known: the list comes through a pipe.
    Unknown,
}

/// The progress of a run. Clones show the same run.
#[derive(Clone, Debug)]
pub struct Progress {
    counters: Arc<Counters>,
    length: ListLength,
    /// The endpoints, in order of preference; none in a dry run.
    endpoints: Arc<[String]>,
    has_prices: bool,
    taken_in: Arc<AtomicU64>,
    all_taken_in: Arc<AtomicBool>,
}

impl Progress {
    pub(crate) fn new(counters: Arc<Counters>, length: ListLength) -> Self {
        let (taken_in, all_taken_in) = Default::default();
        let (endpoints, has_prices) = (Arc::default(), false);
        Self { counters, length, endpoints, has_prices, taken_in, all_taken_in }
    }

    /// The same, with the endpoints and whether prices are known.
    pub(crate) fn asking(self, endpoints: &[String], has_prices: bool) -> Self {
        Self { endpoints: endpoints.into(), has_prices, ..self }
    }

    /// The endpoint of the last request.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoints.get(self.counters.endpoint.get() as usize).map(String::as_str)
    }

    /// What was spent or may have been spent; `None` if no price is known.
    #[must_use]
    pub fn spent(&self) -> Option<Money> {
        let billionths = self.counters.billed_cost.get() + self.counters.maybe_billed_cost.get();
        self.has_prices.then(|| Money::from_billionths(billionths))
    }

    /// The counts of the run.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// How many rows there are in all.
    #[must_use]
    pub fn total(&self) -> Total {
        let taken_in = self.taken_in();
        match &self.length {
            _ if self.took_in_all() => Total::Rows(taken_in),
            ListLength::Rows(rows) => Total::Rows(*rows),
            ListLength::Bytes { total, read } => {
                let read = read.load(Ordering::Relaxed);
                match (taken_in, read) {
                    (0, _) | (_, 0) => Total::Unknown,
                    _ => Total::About((taken_in as f64 * *total as f64 / read as f64) as u64),
                }
            }
            ListLength::Unknown => Total::Unknown,
        }
    }

    /// How many rows are done. A row counts when its number has its final result, even if the row
    /// still waits for its neighbours.
    #[must_use]
    pub fn rows_done(&self) -> u64 {
        let counters = &self.counters;
        let in_rows = counters.answered.get() + counters.unanswered.get();
        counters.filtered.get() + counters.rows.get() + counters.numbers_done.get().saturating_sub(in_rows)
    }

    /// How many rows were read.
    pub(crate) fn taken_in(&self) -> u64 {
        self.taken_in.load(Ordering::Relaxed)
    }

    /// Whether the list was read to its end.
    pub(crate) fn took_in_all(&self) -> bool {
        self.all_taken_in.load(Ordering::Acquire)
    }

    /// The same stream, with its rows and its end counted.
    pub(crate) fn watch(&self, batches: RecordStream) -> RecordStream {
        let (schema, taken_in, all_taken_in) =
            (batches.schema(), self.taken_in.clone(), self.all_taken_in.clone());
        let mut batches = batches;
        let watched = stream::poll_fn(move |cx| {
            let next = ready!(batches.poll_next_unpin(cx));
            match &next {
                Some(Ok(batch)) => drop(taken_in.fetch_add(batch.num_rows() as u64, Ordering::Relaxed)),
                Some(Err(_)) => {}
                None => all_taken_in.store(true, Ordering::Release),
            }
            Poll::Ready(next)
        });
        RecordStream::new(schema, watched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_follows_the_share_of_bytes_read() {
        let read = Arc::new(AtomicU64::new(0));
        let length = ListLength::Bytes { total: 1_000, read: read.clone() };
        let progress = Progress::new(Arc::default(), length);
        assert_eq!(progress.total(), Total::Unknown);
        read.store(250, Ordering::Relaxed);
        progress.taken_in.store(10, Ordering::Relaxed);
        assert_eq!(progress.total(), Total::About(40));
        progress.all_taken_in.store(true, Ordering::Relaxed);
        assert_eq!(progress.total(), Total::Rows(10));
    }

    #[test]
    fn a_number_with_its_result_counts_before_its_row_is_written() {
        let progress = Progress::new(Arc::default(), ListLength::Unknown);
        let counters = progress.counters();
        counters.numbers_done.add(30);
        assert_eq!(progress.rows_done(), 30);
        counters.rows.add(40);
        counters.answered.add(28);
        counters.duplicates.add(12);
        assert_eq!(progress.rows_done(), 42);
    }
}
