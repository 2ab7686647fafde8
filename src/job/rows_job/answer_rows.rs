//! Rows of answers: which of them a run would use, and how an enriched file shows them.

use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::SchemaRef;
use futures::StreamExt;

use super::RowsJob;
use crate::answer_table::ColumnIndexes;
use crate::enrich::{added_schema, answered_rows};
use crate::ledger::{AnswerScope, Entry};
use crate::model::{ColumnError, RecordStream, StreamError, UtcMillis};

/// Reads the answers of batches that have the columns of an export.
#[derive(Clone)]
struct AnswerReader {
    indexes: Arc<ColumnIndexes>,
    scope: AnswerScope,
}

impl RowsJob {
    /// The rows of an answer table that this job may use: of its product, young enough at this
    /// moment, or the withdrawal of others. The newest of a number counts, unless it was withdrawn
    /// since.
    ///
    /// # Errors
    ///
    /// When a column is missing.
    pub fn fresh_answers(&self, answers: RecordStream, now: UtcMillis) -> Result<RecordStream, ColumnError> {
        let reader = self.answer_reader(&answers)?;
        let settings = &self.resolved.settings;
        let max_age = settings.answers.as_ref().map(|shared| shared.max_age.clone()).unwrap_or_default();
        let freshness = settings.freshness(max_age, now);
        let scopes = reader.scope.serving();
        let is_used = move |entry: &Entry| {
            let (result, checked_at) = (&entry.answered.answer.result, entry.answered.checked_at);
            scopes.contains(&entry.scope) && (result.is_withdrawal() || freshness.allows(result, checked_at))
        };
        let schema = answers.schema();
        let used = answers.map(move |batch| {
            let batch = batch?;
            let entries = reader.read(&batch)?;
            let used = entries.iter().map(|entry| entry.as_ref().is_some_and(&is_used));
            Ok(filter_record_batch(&batch, &used.map(Some).collect::<BooleanArray>())?)
        });
        Ok(RecordStream::new(schema, used))
    }

    /// A row for each answer with the added columns of an enriched file.
    ///
    /// # Errors
    ///
    /// When a column is missing.
    pub fn answered_rows(&self, answers: RecordStream) -> Result<RecordStream, ColumnError> {
        let reader = self.answer_reader(&answers)?;
        let product = self.resolved.settings.product;
        let schema: SchemaRef = added_schema(&self.resolved.settings.rows.prefix);
        let of_rows = schema.clone();
        let rows = answers.map(move |batch| {
            let entries = reader.read(&batch?)?.into_iter().flatten();
            let answers = entries.map(|Entry { msisdn, answered, .. }| (msisdn, answered));
            Ok(answered_rows(answers.collect(), product, &of_rows)?)
        });
        Ok(RecordStream::new(schema, rows))
    }

    fn answer_reader(&self, answers: &RecordStream) -> Result<AnswerReader, ColumnError> {
        let settings = &self.resolved.settings;
        let indexes = ColumnIndexes::find(&answers.schema(), "").map_err(|name| {
            ColumnError::new(format!("the answers have no column {name:?}"))
                .with_help("give a table with the columns of `hlr ledger export`")
        })?;
        Ok(AnswerReader { indexes: Arc::new(indexes), scope: settings.scope() })
    }
}

impl AnswerReader {
    /// The answer of each row; `None` where it has none.
    fn read(&self, batch: &RecordBatch) -> Result<Vec<Option<Entry>>, StreamError> {
        let columns = self.indexes.read(batch)?;
        let entry = |row| {
            let entry = columns.entry(row, self.scope.product, self.scope.cache);
            entry.map_err(|invalid| ColumnError::new(invalid.problem).into())
        };
        (0..batch.num_rows()).map(entry).collect()
    }
}
