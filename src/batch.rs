//! The one shape that all stages share: a schema, and a stream of record batches that have it.

use std::pin::Pin;
use std::task::{Context, Poll};

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, SchemaRef, TimeUnit, TimestampMillisecondType};
use arrow::error::ArrowError;
use futures::Stream;
use futures::stream::BoxStream;

use crate::error::StageError;

/// Record batches of one schema, in order. The first error ends the stream.
pub struct BatchStream {
    schema: SchemaRef,
    batches: BoxStream<'static, Result<RecordBatch, StageError>>,
}

impl BatchStream {
    /// A stream of batches, each of which has this schema.
    pub fn new(
        schema: SchemaRef,
        batches: impl Stream<Item = Result<RecordBatch, StageError>> + Send + 'static,
    ) -> Self {
        Self { schema, batches: Box::pin(batches) }
    }

    /// The schema of every batch.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

impl Stream for BatchStream {
    type Item = Result<RecordBatch, StageError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.batches.as_mut().poll_next(cx)
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
