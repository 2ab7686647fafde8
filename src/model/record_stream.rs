//! The interface between stages: a schema, and a stream of record batches with this schema.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, SchemaRef, TimeUnit, TimestampMillisecondType};
use arrow::error::ArrowError;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};

use super::StreamError;

/// Record batches of one schema, in order. The first error ends the stream.
pub struct RecordStream {
    schema: SchemaRef,
    batches: BoxStream<'static, Result<RecordBatch, StreamError>>,
}

impl RecordStream {
    /// A stream of batches, each with this schema.
    pub fn new(
        schema: SchemaRef,
        batches: impl Stream<Item = Result<RecordBatch, StreamError>> + Send + 'static,
    ) -> Self {
        Self { schema, batches: Box::pin(batches) }
    }

    /// The schema of every batch.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

impl Stream for RecordStream {
    type Item = Result<RecordBatch, StreamError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.batches.as_mut().poll_next(cx)
    }
}

/// The metadata key under which a file says where its answers come from.
pub const ANSWERS_OF: &str = "hlr.answers";
/// The metadata value of simulated answers.
pub const SIMULATED: &str = "simulated";

impl RecordStream {
    /// The same batches with an entry in the metadata of their schema, which Parquet files keep.
    #[must_use]
    pub fn with_metadata(self, key: &str, value: &str) -> Self {
        let mut metadata = self.schema.metadata().clone();
        metadata.insert(key.to_owned(), value.to_owned());
        let schema = Arc::new(self.schema.as_ref().clone().with_metadata(metadata));
        let batch_schema = schema.clone();
        let batches = self.batches.map(move |batch| Ok(batch?.with_schema(batch_schema.clone())?));
        Self::new(schema, batches)
    }
}

/// The type of the added columns with timestamps.
#[must_use]
pub fn utc_moments() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

/// A column cast to another type. Text is parsed, timestamps in UTC included.
///
/// # Errors
///
/// When Arrow cannot cast between the types, or a text cannot be parsed.
pub fn cells_as(data_type: &DataType, column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    if *data_type != utc_moments() {
        return cast(column, data_type);
    }
    // Without a table of time zones, Arrow parses text only with an offset.
    let offset = DataType::Timestamp(TimeUnit::Millisecond, Some("+00:00".into()));
    let timestamps = cast(column, &offset)?;
    Ok(Arc::new(timestamps.as_primitive::<TimestampMillisecondType>().clone().with_timezone("UTC")))
}
