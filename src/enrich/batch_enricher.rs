//! Each batch becomes a task: its numbers are read, looked up and turned into columns. The window
//! limits how many batches are in progress; they leave in input order, or as they are done.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::stream::{Stream, StreamExt};

use super::batch_columns::BatchColumns;
use super::rows::{Row, RowReader, after_decision};
use super::settings::{EnrichSettings, Order};
use super::window::{WindowLimiter, WindowPermit};
use crate::lookup::Lookup;
use crate::model::{Outcome, RecordStream, StreamError};
use crate::service::Service;
use crate::task::AbortOnDrop;
use crate::telemetry::Counters;

/// Turns batches into batches with more columns.
pub struct BatchEnricher<S> {
    lookup: Arc<Lookup<S>>,
    counters: Arc<Counters>,
    rows: Arc<StreamRowCounts>,
    settings: EnrichSettings,
    reader: RowReader,
}

/// Counts of the rows of one stream.
#[derive(Debug, Default)]
pub struct StreamRowCounts {
    /// Rows whose numbers have no answer.
    pub unanswered: AtomicU64,
    /// Rows that were added, because a cell with several numbers became a row for each.
    pub added: AtomicU64,
    /// The same counts of rows that a run has, for one of its streams.
    pub counters: Option<Arc<Counters>>,
}

impl<S: Service> BatchEnricher<S> {
    /// Looks up the numbers that the reader finds.
    pub fn new(
        lookup: Arc<Lookup<S>>,
        reader: RowReader,
        settings: EnrichSettings,
        counters: Arc<Counters>,
        rows: Arc<StreamRowCounts>,
    ) -> Self {
        Self { lookup, counters, rows, settings, reader }
    }

    /// The schema of the batches that come out.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.reader.schema()
    }

    /// The enriched batches. When the run stops, no further batch is read; those in the window
    /// still come out.
    pub fn enrich(self, input: RecordStream) -> RecordStream {
        let (schema, stop) = (self.schema(), self.lookup.stop_signal());
        let stopped = async move { stop.requested().await };
        let input = RecordStream::new(input.schema(), input.take_until(stopped));
        let Self { lookup, counters, rows, settings, reader } = self;
        after_decision(input, reader, schema, |input, reader| {
            Self { lookup, counters, rows, settings, reader }.enrich_decided(input)
        })
    }

    fn enrich_decided(self, input: RecordStream) -> RecordStream {
        let (schema, order) = (self.schema(), self.settings.order);
        // Every batch has at least one row, so the window limits the batches too.
        let max_batches = self.settings.window.rows.max(1);
        let tasks = self.tasks(input);
        match order {
            Order::Input => RecordStream::new(schema, tasks.buffered(max_batches).map(leave_window)),
            Order::Completion => {
                RecordStream::new(schema, tasks.buffer_unordered(max_batches).map(leave_window))
            }
        }
    }

    /// A task for each batch, started when the window has room for it.
    fn tasks(
        self,
        input: RecordStream,
    ) -> impl Stream<Item = impl Future<Output = BatchInWindow> + Send> + Send + 'static {
        let window = WindowLimiter::new(self.settings.window);
        let this = Arc::new(self);
        let admitted = input.then(move |batch| {
            let window = window.clone();
            async move {
                let batch = batch?;
                let permit = window.admit(&batch).await;
                Ok((batch, permit))
            }
        });
        admitted.map(move |admitted: BatchInWindow| {
            let task = admitted.map(|(batch, permit)| {
                let this = this.clone();
                (AbortOnDrop::spawn(async move { this.enrich_batch(batch).await }), permit)
            });
            async move {
                let (task, permit) = task?;
                let batch = task.await.map_err(|panic| StreamError::TaskPanicked(panic.to_string()))??;
                Ok((batch, permit))
            }
        })
    }

    async fn enrich_batch(&self, batch: RecordBatch) -> Result<RecordBatch, StreamError> {
        let rows = self.reader.read(&batch)?;
        let replies = self.lookup.answer_all(&rows.numbers()).await;
        let unanswered =
            replies.iter().filter(|reply| matches!(reply.outcome, Outcome::Unanswered(_))).count();
        self.rows.unanswered.fetch_add(unanswered as u64, Ordering::Relaxed);
        self.rows.added.fetch_add((rows.len() - batch.num_rows()) as u64, Ordering::Relaxed);
        let mut replies = replies.into_iter();
        let mut columns = BatchColumns::new(rows.len(), &self.settings);
        for row in rows.iter() {
            match row {
                Row::Carried(status) => columns.add_carried(status),
                Row::Asked(msisdn) => {
                    columns.add_asked(msisdn, &replies.next().expect("the lookup replies to each number"));
                }
                Row::Refused(refusal) => columns.add_refused(refusal),
            }
        }
        self.reader.assemble(&batch, &rows, columns.finish(&self.counters, self.rows.counters.as_deref()))
    }
}

/// A batch with its part of the window.
type BatchInWindow = Result<(RecordBatch, WindowPermit), StreamError>;

/// Gives up the batch's part of the window: it goes to be written.
fn leave_window(batch: BatchInWindow) -> Result<RecordBatch, StreamError> {
    batch.map(|(batch, _permit)| batch)
}
