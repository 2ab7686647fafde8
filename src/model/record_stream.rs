//! The interface between stages: a schema, and a stream of record batches with this schema.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchReader};
use arrow::compute::cast;
use arrow::datatypes::{DataType, FieldRef, SchemaRef, TimeUnit, TimestampMillisecondType};
use arrow::error::ArrowError;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, stream};

use super::{ColumnError, StreamError};

/// Record batches of one schema, in order. The first error ends the stream. A batch with other
/// columns than the schema is [`StreamError::Column`]; nullability and metadata may differ.
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

    /// The same rows in batches of at most this many. Nothing is copied.
    #[must_use]
    pub(crate) fn in_slices(self, rows: usize) -> Self {
        let rows = rows.max(1);
        let slices = move |batch: RecordBatch| {
            (0..batch.num_rows())
                .step_by(rows)
                .map(move |start| Ok(batch.slice(start, rows.min(batch.num_rows() - start))))
        };
        let batches = self.batches.flat_map(move |batch| match batch {
            Ok(batch) => stream::iter(slices(batch)).left_stream(),
            Err(error) => stream::iter([Err(error)]).right_stream(),
        });
        Self::new(self.schema, batches)
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
        let batch = ready!(self.batches.as_mut().poll_next(cx));
        Poll::Ready(batch.map(|batch| {
            let batch = batch?;
            check_columns(&self.schema, batch.schema_ref())?;
            Ok(batch)
        }))
    }
}

impl From<RecordBatch> for RecordStream {
    fn from(batch: RecordBatch) -> Self {
        Self::from_batches(batch.schema(), [batch])
    }
}

impl fmt::Debug for RecordStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordStream").field("schema", &self.schema).finish_non_exhaustive()
    }
}

/// Whether a batch has the columns that its stream promised, by name and type.
fn check_columns(promised: &SchemaRef, found: &SchemaRef) -> Result<(), ColumnError> {
    if Arc::ptr_eq(promised, found) {
        return Ok(());
    }
    let is_same = |(promised, found): (&FieldRef, &FieldRef)| {
        promised.name() == found.name() && promised.data_type().equals_datatype(found.data_type())
    };
    let has_as_many = promised.fields().len() == found.fields().len();
    if has_as_many && promised.fields().iter().zip(found.fields()).all(is_same) {
        return Ok(());
    }
    let columns = |schema: &SchemaRef| {
        let column = |field: &FieldRef| format!("{} {}", field.name(), field.data_type());
        schema.fields().iter().map(column).collect::<Vec<_>>().join(", ")
    };
    let (promised, found) = (columns(promised), columns(found));
    Err(ColumnError::new(format!(
        "a batch has the columns {found}, and the schema of its stream has {promised}"
    ))
    .with_help("every batch must have the columns of the schema, in its order"))
}

/// The bytes of a batch's own rows. A slice of a large table shares its buffers with the others.
pub(crate) fn bytes_of_rows(batch: &RecordBatch) -> usize {
    let of_rows = |column: &ArrayRef| column.to_data().get_slice_memory_size();
    let bytes: Result<usize, ArrowError> = batch.columns().iter().map(of_rows).sum();
    bytes.unwrap_or_else(|_| batch.get_array_memory_size())
}

/// The metadata key of a field whose name had to be changed, because an earlier column has the same
/// one: the name as it is written in the list.
pub const WRITTEN_NAME: &str = "hlr_enrich.written_name";

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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use arrow::array::{Int64Array, StringArray};
    use arrow::datatypes::{Field, Schema};

    use super::*;

    fn texts(column: &str) -> RecordBatch {
        let cells: ArrayRef = Arc::new(StringArray::from(vec!["+46701740605"]));
        RecordBatch::try_from_iter([(column, cells)]).unwrap()
    }

    async fn second(schema: SchemaRef, second: RecordBatch) -> Result<RecordBatch, StreamError> {
        let mut rows = RecordStream::from_batches(schema, [texts("phone"), second]);
        rows.next().await.unwrap().unwrap();
        rows.next().await.unwrap()
    }

    #[tokio::test]
    async fn a_batch_with_other_columns_is_an_error() {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![46_701_740_605]));
        let phone = texts("phone").column(0).clone();
        let whole_numbers = RecordBatch::try_from_iter([("phone", numbers)]).unwrap();
        let two_columns = RecordBatch::try_from_iter([("id", phone.clone()), ("phone", phone)]).unwrap();
        for other in [texts("tel"), whole_numbers, two_columns] {
            let error = second(texts("phone").schema(), other).await.unwrap_err();
            assert!(matches!(error, StreamError::Column(_)), "{error:?}");
            assert!(error.to_string().ends_with("the schema of its stream has phone Utf8"), "{error}");
        }
    }

    #[tokio::test]
    async fn nullability_and_metadata_may_differ() {
        let field = Field::new("phone", DataType::Utf8, true);
        let schema =
            Schema::new(vec![field]).with_metadata(HashMap::from([("key".to_owned(), "value".to_owned())]));
        assert!(second(Arc::new(schema), texts("phone")).await.is_ok());
    }
}
