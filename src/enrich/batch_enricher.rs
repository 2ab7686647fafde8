//! Each batch becomes a task: its numbers are read, answered and turned into columns. A bounded window
//! of batches is under way at a time, and they come out in input order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::stream::{Stream, StreamExt};

use super::assembly::Assembly;
use super::row_reader::{Row, RowReader};
use super::settings::{EnrichSettings, Order};
use super::window::{OpenWindow, Room};
use crate::lookup::Lookup;
use crate::model::{Outcome, RecordStream, StreamError};
use crate::service::Service;
use crate::task::AbortOnDrop;
use crate::telemetry::Counters;

/// Turns batches into batches with more columns.
pub struct BatchEnricher<S> {
    lookup: Arc<Lookup<S>>,
    counters: Arc<Counters>,
    /// Rows of this stream whose numbers have no answer.
    unanswered: Arc<AtomicU64>,
    settings: EnrichSettings,
    reader: RowReader,
}

impl<S: Service> BatchEnricher<S> {
    /// Asks about the numbers that a reader finds.
    pub fn new(
        lookup: Arc<Lookup<S>>,
        reader: RowReader,
        settings: EnrichSettings,
        counters: Arc<Counters>,
        unanswered: Arc<AtomicU64>,
    ) -> Self {
        Self { lookup, counters, unanswered, settings, reader }
    }

    /// The name of the column that the numbers are read from.
    #[must_use]
    pub fn number_column(&self) -> &str {
        self.reader.number_column()
    }

    /// The schema of the batches that come out.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.reader.schema()
    }

    /// The enriched batches. When the run stops, no further batch is taken in; those inside come out.
    pub fn enrich(self, input: RecordStream) -> RecordStream {
        let (schema, order) = (self.schema(), self.settings.order);
        // Every batch has at least one row, so the window bounds the batches too.
        let batches_at_most = self.settings.window.rows.max(1);
        let tasks = self.tasks(input);
        match order {
            Order::Input => RecordStream::new(schema, tasks.buffered(batches_at_most).map(leave)),
            Order::Completion => {
                RecordStream::new(schema, tasks.buffer_unordered(batches_at_most).map(leave))
            }
        }
    }

    /// A task for each batch, begun when there is room for it in the window.
    fn tasks(
        self,
        input: RecordStream,
    ) -> impl Stream<Item = impl Future<Output = Done> + Send> + Send + 'static {
        let stop = self.lookup.stop_signal();
        let window = OpenWindow::new(self.settings.window);
        let this = Arc::new(self);
        let stopped = async move { stop.requested().await };
        let admitted = input.take_until(stopped).then(move |batch| {
            let window = window.clone();
            async move {
                let batch = batch?;
                let room = window.admit(&batch).await;
                Ok((batch, room))
            }
        });
        admitted.map(move |admitted: Done| {
            let task = admitted.map(|(batch, room)| {
                let this = this.clone();
                (AbortOnDrop::spawn(async move { this.enrich_batch(batch).await }), room)
            });
            async move {
                let (task, room) = task?;
                let batch = task.await.map_err(|died| StreamError::TaskPanicked(died.to_string()))??;
                Ok((batch, room))
            }
        })
    }

    async fn enrich_batch(&self, batch: RecordBatch) -> Result<RecordBatch, StreamError> {
        let rows = self.reader.read(&batch)?;
        let replies = self.lookup.answer_all(&rows.numbers()).await;
        let unanswered =
            replies.iter().filter(|reply| matches!(reply.outcome, Outcome::Unanswered(_))).count();
        self.unanswered.fetch_add(unanswered as u64, Ordering::Relaxed);
        let mut replies = replies.into_iter();
        let mut assembly = Assembly::new(batch.num_rows(), &self.settings);
        for row in rows.iter() {
            match row {
                Row::Carried(status) => assembly.carried(status),
                Row::Asked(msisdn) => {
                    assembly.asked(msisdn, &replies.next().expect("a reply for each number"));
                }
                Row::Refused(refusal) => assembly.refused(refusal),
            }
        }
        self.reader.assemble(&batch, &rows, assembly.finish(&self.counters))
    }
}

/// A batch that is done, with the room it takes.
type Done = Result<(RecordBatch, Room), StreamError>;

/// Gives the room up, now that the batch goes to be written.
fn leave(done: Done) -> Result<RecordBatch, StreamError> {
    done.map(|(batch, _room)| batch)
}
