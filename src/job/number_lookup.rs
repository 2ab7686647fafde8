//! A few numbers without files: the same enricher, over one batch in memory.

use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use futures::{StreamExt, TryStreamExt, stream};

use super::error::{LookupError, StartError};
use super::outcome::JobOutcome;
use crate::config::settings::Settings;
use crate::enrich::{BatchEnricher, RowReader};
use crate::enricher::session::Session;
use crate::ledger::RefreshEnd;
use crate::lookup::StopSignal;
use crate::model::{RecordStream, StreamError};
use crate::telemetry::{Counters, Reporter};

/// The column that holds the numbers as they were given.
const NUMBER: &str = "number";

/// What became of a handful of numbers.
#[derive(Debug)]
pub struct NumberLookup {
    /// A row for each number: the column `number`, and the columns that every enriched file has, without a
    /// prefix. `None` when the run was stopped before.
    pub answers: Option<RecordBatch>,
    /// How it ended.
    pub ending: JobOutcome,
    /// What should be told.
    pub warnings: Vec<String>,
}

impl Settings {
    /// Asks about these numbers, written in any way that a list may have.
    ///
    /// # Errors
    ///
    /// When the client cannot be set up. A number that is none is data.
    pub async fn look_up(
        mut self,
        numbers: Vec<String>,
        stop: StopSignal,
        reporter: Arc<dyn Reporter>,
        counters: Arc<Counters>,
    ) -> Result<NumberLookup, LookupError> {
        self.enrich.column = Some(NUMBER.into());
        self.enrich.prefix = String::new();
        let list = in_memory(numbers)?;
        let reader = RowReader::new(&list.schema(), &self.enrich).map_err(StartError::from)?;
        let line = Session::open(&self, "lookup", stop.clone(), counters.clone(), reporter).await?;
        let (ledger, mut warnings) = (line.ledger.clone(), line.warnings.clone());
        let enricher = BatchEnricher::new(line.lookup.clone(), reader, self.enrich, counters.clone());
        let answers = enricher.enrich(list).try_next().await;
        line.close().await;
        let answers = answers?;
        if let Some(ledger) = ledger {
            // Nobody takes a handful of numbers up again; the next refresh begins anew.
            ledger.end_refresh(RefreshEnd::Complete).await?;
        }
        let not_kept = counters.not_kept.get();
        if not_kept > 0 {
            warnings.push(format!("{not_kept} answers that were paid for are not in the ledger"));
        }
        let ending = JobOutcome::of(answers.is_some(), &stop, counters.unanswered.get());
        Ok(NumberLookup { answers, ending, warnings })
    }
}

fn in_memory(numbers: Vec<String>) -> Result<RecordStream, StreamError> {
    let schema = Arc::new(Schema::new(vec![Field::new(NUMBER, DataType::Utf8, false)]));
    let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(StringArray::from(numbers))])?;
    Ok(RecordStream::new(schema, stream::once(async { Ok(batch) }).boxed()))
}
