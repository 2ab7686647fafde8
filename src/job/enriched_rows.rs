//! The rows of a run over rows, as they come out, and how they end.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::StreamExt;
use tokio::time::Instant;

use super::list_check::ListCheck;
use super::outcome::JobOutcome;
use super::progress::Progress;
use super::rows_report::{RowsError, RowsReport};
use crate::enricher::{EnrichError, EnrichedStream, SharedEnricher, Stopped};
use crate::input::InputNotes;
use crate::lookup::{StopReason, StopSignal};
use crate::telemetry::{Counters, Snapshot};

/// Enriched rows. Dropping them early loses no paid answer as long as the runtime lives.
pub struct EnrichedRows {
    pub(super) rows: Option<EnrichedStream>,
    pub(super) enricher: Option<SharedEnricher>,
    pub(super) schema: SchemaRef,
    pub(super) columns: Vec<usize>,
    pub(super) check: ListCheck,
    pub(super) notes: Arc<InputNotes>,
    pub(super) progress: Progress,
    pub(super) counters: Arc<Counters>,
    pub(super) session: Arc<Counters>,
    pub(super) stop: StopSignal,
    pub(super) report: RowsReport,
    pub(super) since: Instant,
}

impl EnrichedRows {
    /// The schema of every batch.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// The progress of these rows.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// The signal that stops the enricher, and with it every call that shares it.
    #[must_use]
    pub fn stop_signal(&self) -> StopSignal {
        self.stop.clone()
    }

    /// The next rows; `None` after the last. Cancelling loses nothing.
    ///
    /// # Errors
    ///
    /// Why the rows end early, once, after the rows that are done.
    pub async fn next(&mut self) -> Option<Result<RecordBatch, RowsError>> {
        match self.rows.as_mut()?.next().await {
            Some(Ok(batch)) => Some(self.shown(&batch)),
            Some(Err(error)) => Some(Err(self.end(Some(error)).await.unwrap_or(RowsError::Closed))),
            None => {
                let ended = self.end(None).await;
                let judged = || self.check.check_all(&self.counts()).map_err(RowsError::List);
                match ended.map_or_else(judged, Err) {
                    Ok(()) => None,
                    Err(error) => {
                        self.report.note_failure(&error);
                        Some(Err(error))
                    }
                }
            }
        }
    }

    fn shown(&self, batch: &RecordBatch) -> Result<RecordBatch, RowsError> {
        let shown = batch.project(&self.columns).and_then(|batch| batch.with_schema(self.schema()));
        shown.map_err(|error| RowsError::Enrich(EnrichError::Rows(error.into())))
    }

    /// Waits for what was sent, and gives up the share of the enricher. Rows that were not read are
    /// given up.
    ///
    /// # Errors
    ///
    /// Why the run has stopped, if it has.
    pub async fn close(&mut self) -> Result<(), RowsError> {
        match self.rows.is_some() {
            true => self.end(None).await.map_or(Ok(()), Err),
            false => Ok(()),
        }
    }

    /// Gives up the rest without waiting: nothing more is asked, and what was sent is finished and
    /// recorded in the background. [`SharedEnrichers::wait_for_closing`] waits for that.
    ///
    /// [`SharedEnrichers::wait_for_closing`]: crate::SharedEnrichers::wait_for_closing
    pub fn give_up(&mut self) {
        if self.rows.take().is_some() {
            self.stop.request(StopReason::Interrupted);
            self.report.ending = JobOutcome::Stopped(StopReason::Interrupted).text();
        }
        drop(self.enricher.take());
    }

    async fn end(&mut self, early: Option<EnrichError>) -> Option<RowsError> {
        drop(self.rows.take());
        let stopped = match self.enricher.take() {
            Some(enricher) => enricher.close().await,
            None => None,
        };
        let counts = self.counts();
        let rows = counts.rows;
        // Known only when the last connection is closed, or the ledger.
        let late = stopped.filter(|reason| {
            matches!(reason, StopReason::AnswersInDoubt { .. } | StopReason::LedgerFailed { .. })
        });
        let error = match (late, early) {
            (Some(reason), _) => Some(EnrichError::Stopped(Stopped { reason, rows }).into()),
            (None, Some(error)) => Some(error.into()),
            (None, None) => None,
        };
        let reason = match &error {
            Some(RowsError::Enrich(EnrichError::Stopped(stopped))) => Some(stopped.reason.clone()),
            _ => None,
        };
        self.report.ending = JobOutcome::of(reason, counts.unanswered).text();
        if let Some(error) = &error {
            self.report.note_failure(error);
        }
        self.report.warnings.extend(self.notes.warnings());
        self.report.elapsed_seconds = self.since.elapsed().as_secs_f64();
        error
    }

    /// The figures so far. Requests and money are those of all calls that share the enricher.
    #[must_use]
    pub fn report(&self) -> RowsReport {
        let mut report = RowsReport { counts: self.counts(), ..self.report.clone() };
        if self.rows.is_some() {
            report.elapsed_seconds = self.since.elapsed().as_secs_f64();
        }
        report
    }

    fn counts(&self) -> Snapshot {
        self.counters.snapshot().with_requests_of(self.session.snapshot())
    }
}
