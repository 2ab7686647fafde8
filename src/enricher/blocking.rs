//! The blocking API, for callers without an async runtime: Arrow readers in, Arrow readers out.

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use futures::StreamExt;
use tokio::runtime::Handle;

use super::error::EnrichError;
use super::front_door::{Enricher, Totals};
use super::stream::EnrichedStream;
use crate::ledger::LedgerError;
use crate::lookup::Reply;
use crate::model::{ColumnError, Msisdn, RecordStream};

/// Enriched rows as an Arrow reader. Reading blocks until rows are done.
///
/// An early end is an [`ArrowError::ExternalError`] that holds an [`EnrichError`], as the last
/// item.
#[derive(Debug)]
pub struct EnrichedReader {
    rows: EnrichedStream,
    runtime: Handle,
}

impl Iterator for EnrichedReader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.runtime.block_on(self.rows.next())?;
        Some(batch.map_err(|error: EnrichError| ArrowError::ExternalError(Box::new(error))))
    }
}

impl RecordBatchReader for EnrichedReader {
    fn schema(&self) -> SchemaRef {
        self.rows.schema()
    }
}

impl Enricher {
    /// The rows of a reader with the added columns, as a reader.
    ///
    /// Works with an enricher of [`super::EnricherBuilder::open_blocking`], and with any other
    /// on a multi-thread runtime; on a current-thread runtime, reading waits for ever. Reading panics
    /// inside an async task.
    ///
    /// # Errors
    ///
    /// As for [`Enricher::enrich`].
    pub fn enrich_blocking(
        &self,
        rows: impl RecordBatchReader + Send + 'static,
    ) -> Result<EnrichedReader, ColumnError> {
        let rows = {
            // Tasks of the stream are spawned on the session's runtime.
            let _entered = self.guard().runtime().enter();
            self.enrich(RecordStream::from_reader(rows))?
        };
        Ok(EnrichedReader { rows, runtime: self.guard().runtime().clone() })
    }

    /// [`Enricher::lookup`] for callers without an async runtime, on the runtimes of
    /// [`Enricher::enrich_blocking`].
    ///
    /// # Panics
    ///
    /// When it is called inside an async task.
    #[must_use]
    pub fn lookup_blocking(&self, numbers: &[Msisdn]) -> Vec<Reply> {
        self.guard().runtime().block_on(self.lookup(numbers))
    }

    /// [`Enricher::close`] for callers without an async runtime, on the runtimes of
    /// [`Enricher::enrich_blocking`].
    ///
    /// # Errors
    ///
    /// As for [`Enricher::close`].
    ///
    /// # Panics
    ///
    /// When it is called inside an async task.
    pub fn close_blocking(self) -> Result<Totals, LedgerError> {
        let runtime = self.guard().runtime().clone();
        runtime.block_on(self.close())
    }
}
