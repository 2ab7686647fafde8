//! The one shape that all stages share: a schema, and a stream of record batches that have it.

use std::pin::Pin;
use std::task::{Context, Poll};

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, RecordBatchReader};
use arrow::compute::cast;
use arrow::datatypes::{DataType, SchemaRef, TimeUnit, TimestampMillisecondType};
use arrow::error::ArrowError;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, stream};

use super::StreamError;

/// Record batches of one schema, in order. The first error ends the stream.
pub struct RecordStream {
    schema: SchemaRef,
    batches: BoxStream<'static, Result<RecordBatch, StreamError>>,
}

impl RecordStream {
    /// A stream of batches, each of which has this schema.
    pub fn new(
        schema: SchemaRef,
        batches: impl Stream<Item = Result<RecordBatch, StreamError>> + Send + 'static,
    ) -> Self {
        Self { schema, batches: Box::pin(batches) }
    }

    /// Batches in memory, each of which has this schema.
    pub fn from_batches<B>(schema: SchemaRef, batches: B) -> Self
    where
        B: IntoIterator<Item = RecordBatch>,
        B::IntoIter: Send + 'static,
    {
        Self::new(schema, stream::iter(batches.into_iter().map(Ok)))
    }

    /// The batches of a reader, read on the thread that asks for them.
    pub fn from_reader(reader: impl RecordBatchReader + Send + 'static) -> Self {
        let schema = reader.schema();
        Self::new(schema, stream::iter(reader).map(|batch| batch.map_err(StreamError::from)))
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

/// Under which word a file says whose answers it has.
pub const ANSWERS_OF: &str = "hlr.answers";
/// What stands there when nobody was really asked.
pub const SIMULATED: &str = "simulated";

impl RecordStream {
    /// The same batches, with a word in their schema, which Parquet files keep.
    #[must_use]
    pub fn with_metadata(self, word: &str, text: &str) -> Self {
        let mut metadata = self.schema.metadata().clone();
        metadata.insert(word.to_owned(), text.to_owned());
        let schema = Arc::new(self.schema.as_ref().clone().with_metadata(metadata));
        let of_it = schema.clone();
        let batches = self.batches.map(move |batch| Ok(batch?.with_schema(of_it.clone())?));
        Self::new(schema, batches)
    }
}

/// The type of our columns of moments.
#[must_use]
pub fn utc_moments() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

/// The cells of a column as another type of column; text is read, where that makes sense.
///
/// # Errors
///
/// When Arrow knows no way between the types, or a text is no value.
pub fn cells_as(data_type: &DataType, column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    if *data_type != utc_moments() {
        return cast(column, data_type);
    }
    // Without a table of time zones, Arrow reads text into offsets only.
    let offset = DataType::Timestamp(TimeUnit::Millisecond, Some("+00:00".into()));
    let moments = cast(column, &offset)?;
    Ok(Arc::new(moments.as_primitive::<TimestampMillisecondType>().clone().with_timezone("UTC")))
}
