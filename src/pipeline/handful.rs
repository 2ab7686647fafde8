//! A few numbers without files: the same enricher, over one batch in memory.

use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use futures::{StreamExt, TryStreamExt, stream};

use super::ending::Ending;
use super::enquiry::Enquiry;
use super::error::StartError;
use super::line::Line;
use crate::batch::BatchStream;
use crate::enrich::Enricher;
use crate::error::StageError;
use crate::lookup::Stop;
use crate::report::{Counters, Reporter};

/// The column that holds the numbers as they were given.
const NUMBER: &str = "number";

/// What became of a handful of numbers.
#[derive(Debug)]
pub struct LookedUp {
    /// A row for each number: the column `number`, and the columns that every enriched file has, without a
    /// prefix. `None` when the run was stopped before.
    pub answers: Option<RecordBatch>,
    /// How it ended.
    pub ending: Ending,
}

impl Enquiry {
    /// Asks about these numbers, written in any way that a list may have.
    ///
    /// # Errors
    ///
    /// When the client cannot be set up. A number that is none is data.
    pub async fn look_up(
        mut self,
        numbers: Vec<String>,
        stop: Stop,
        reporter: Arc<dyn Reporter>,
        counters: Arc<Counters>,
    ) -> Result<LookedUp, Box<dyn std::error::Error + Send + Sync>> {
        self.enrich.column = Some(NUMBER.into());
        self.enrich.prefix = String::new();
        let line = Line::open(&self, "lookup", stop.clone(), counters.clone(), reporter).await?;
        let list = in_memory(numbers)?;
        let schema = list.schema();
        let enricher = Enricher::new(line.lookup.clone(), &schema, self.enrich, counters.clone())
            .map_err(StartError::from)?;
        let answers = enricher.enrich(list).try_next().await;
        line.close().await;
        let answers = answers?;
        let unanswered = counters.unanswered.get();
        let ending = match stop.reason() {
            Some(reason) if answers.is_none() || unanswered > 0 => Ending::Stopped(reason),
            _ if unanswered > 0 => Ending::Gaps { unanswered },
            _ => Ending::Complete,
        };
        Ok(LookedUp { answers, ending })
    }
}

fn in_memory(numbers: Vec<String>) -> Result<BatchStream, StageError> {
    let schema = Arc::new(Schema::new(vec![Field::new(NUMBER, DataType::Utf8, false)]));
    let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(StringArray::from(numbers))])?;
    Ok(BatchStream::new(schema, stream::once(async { Ok(batch) }).boxed()))
}
