//! [`EnrichedStream`]: the enriched rows, and how the stream ends.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::stream::{self, Stream, StreamExt};

use super::error::{EnrichError, Stopped};
use super::session::SessionGuard;
use crate::enrich::StreamRowCounts;
use crate::lookup::StopReason;
use crate::model::{RecordStream, StreamError};
use crate::sync;
use crate::telemetry::Counters;

/// Record batches with the added columns, in input order unless the settings say otherwise.
///
/// A stream that ends without an error has returned a row for every row of the input. An error is
/// always the last item, after the rows that are done. Dropping the stream early loses no paid
/// answer: requests that were sent are finished and recorded.
pub struct EnrichedStream {
    schema: SchemaRef,
    number_columns: Vec<String>,
    batches: RecordStream,
    tally: Arc<StreamTally>,
    ended: bool,
    session: Arc<SessionGuard>,
}

/// Counts the rows of one stream, and how it ended.
#[derive(Debug, Default)]
pub(crate) struct StreamTally {
    rows_in: AtomicU64,
    rows_out: AtomicU64,
    rows: Arc<StreamRowCounts>,
    all_read: AtomicBool,
    input_failure: Mutex<Option<StreamError>>,
}

impl StreamTally {
    /// Counts rows in these counters too.
    pub(crate) fn counting_in(counters: Option<Arc<Counters>>) -> Self {
        let rows = StreamRowCounts { counters, ..StreamRowCounts::default() };
        Self { rows: Arc::new(rows), ..Self::default() }
    }

    /// The counts that the rows of the stream add to.
    pub(crate) fn rows(&self) -> Arc<StreamRowCounts> {
        self.rows.clone()
    }

    /// Counts rows as they are read. An error ends the stream and is kept until the rows before it
    /// have been returned.
    pub(crate) fn watch(self: &Arc<Self>, mut input: RecordStream) -> RecordStream {
        let (schema, tally) = (input.schema(), self.clone());
        let watched = stream::poll_fn(move |cx| {
            match ready!(input.poll_next_unpin(cx)) {
                Some(Ok(batch)) => {
                    tally.rows_in.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
                    return Poll::Ready(Some(Ok(batch)));
                }
                Some(Err(error)) => *sync::lock(&tally.input_failure) = Some(error),
                None => tally.all_read.store(true, Ordering::Release),
            }
            Poll::Ready(None)
        });
        RecordStream::new(schema, watched)
    }

    /// Why the stream has ended early, if it has.
    fn failure(&self, stop: Option<StopReason>) -> Option<EnrichError> {
        if let Some(error) = sync::lock(&self.input_failure).take() {
            return Some(EnrichError::Input(error));
        }
        let (rows_in, rows_out) =
            (self.rows_in.load(Ordering::Relaxed), self.rows_out.load(Ordering::Relaxed));
        let rows_in = rows_in + self.rows.added.load(Ordering::Relaxed);
        let is_whole = self.all_read.load(Ordering::Acquire) && rows_in == rows_out;
        let unanswered = self.rows.unanswered.load(Ordering::Relaxed);
        match stop {
            // Answers that are not in the ledger would be paid for again, even if all rows are
            // complete.
            Some(reason @ (StopReason::LedgerFailed { .. } | StopReason::TaskDied { .. })) => {
                Some(Stopped { reason, rows: rows_out }.into())
            }
            // A stop after the last answer has no effect.
            Some(reason) if !is_whole || unanswered > 0 => Some(Stopped { reason, rows: rows_out }.into()),
            None if !is_whole => Some(EnrichError::RowsLost { rows_in, rows_out }),
            _ => None,
        }
    }
}

impl EnrichedStream {
    pub(super) fn new(
        batches: RecordStream,
        number_columns: Vec<String>,
        tally: Arc<StreamTally>,
        session: Arc<SessionGuard>,
    ) -> Self {
        session.stream_started();
        Self { schema: batches.schema(), number_columns, batches, tally, ended: false, session }
    }

    /// The schema of every batch: the input's columns, then the added ones.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// The names of the columns that the numbers are read from, in order of preference.
    #[must_use]
    pub fn number_columns(&self) -> &[String] {
        &self.number_columns
    }

    /// Ends the stream, with an error if there is one.
    fn end(&mut self, error: Option<EnrichError>) -> Poll<Option<Result<RecordBatch, EnrichError>>> {
        self.ended = true;
        self.session.stream_ended(error.is_none());
        Poll::Ready(error.map(Err))
    }
}

impl Stream for EnrichedStream {
    type Item = Result<RecordBatch, EnrichError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        match ready!(self.batches.poll_next_unpin(cx)) {
            Some(Ok(batch)) => {
                self.tally.rows_out.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
                Poll::Ready(Some(Ok(batch)))
            }
            Some(Err(error)) => self.end(Some(EnrichError::Rows(error))),
            None => {
                let failure = self.tally.failure(self.session.stop_reason());
                self.end(failure)
            }
        }
    }
}

impl fmt::Debug for EnrichedStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number_columns, batches, tally, .. } = self;
        f.debug_struct("EnrichedStream")
            .field("number_columns", number_columns)
            .field("batches", batches)
            .field("tally", tally)
            .finish_non_exhaustive()
    }
}

impl Drop for EnrichedStream {
    fn drop(&mut self) {
        if !self.ended {
            self.session.stream_ended(false);
        }
    }
}
