//! One Parquet file: opened through ranges, and checked by its footer.

use std::io::BufReader;

use ::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use ::parquet::basic::{Compression, Type};
use ::parquet::errors::Result as ParquetResult;
use ::parquet::file::metadata::ParquetMetaData;
use ::parquet::file::reader::{ChunkReader, Length};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use bytes::Bytes;
use std::io::Read;
use std::sync::Arc;

use super::dictionary_size::largest_dictionary;
use crate::input::error::InputError;
use crate::input::settings::BATCH_BYTES;
use crate::input::source::{FileRanges, ListFile, RangeCursor};

/// Writers begin another encoding at one or a few MiB.
const LARGE_DICTIONARY: usize = 8 << 20;
/// How much the values of a large dictionary may take in a batch.
const BYTES_OF_LONG_VALUES: usize = 64 << 20;

/// A file whose footer was read.
pub(super) struct ParquetFile {
    ranges: FileRanges,
    metadata: ArrowReaderMetadata,
}

impl ParquetFile {
    pub(super) fn open(file: &ListFile) -> Result<Self, InputError> {
        if file.head(4)? == b"PARE" {
            let help = "write it without encryption";
            return Err(InputError::malformed(file.path(), "this Parquet file is encrypted", help));
        }
        let ranges = file.ranges()?;
        let metadata = ArrowReaderMetadata::load(&ranges, ArrowReaderOptions::new())
            .and_then(with_wide_timestamps)
            .map_err(|fault| damaged(file, fault))?;
        Ok(Self { ranges, metadata })
    }

    pub(super) fn metadata(&self) -> &ParquetMetaData {
        self.metadata.metadata()
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        self.metadata.schema()
    }

    /// Refuses a file that cannot be decompressed, before anything is read from it.
    pub(super) fn ensure_known_codecs(&self, file: &ListFile) -> Result<(), InputError> {
        let groups = self.metadata().row_groups().iter();
        let mut columns = groups.flat_map(|group| group.columns());
        match columns.find(|column| column.compression() == Compression::LZO) {
            None => Ok(()),
            Some(column) => Err(InputError::malformed(
                file.path(),
                format!(
                    "column `{}` is compressed with LZO, which is not supported",
                    column.column_path().string()
                ),
                "write it again with ZSTD or Snappy",
            )),
        }
    }

    /// The batches, with at most this many rows, or fewer where rows are long by the footer.
    pub(super) fn batches(self, batch_rows: usize) -> ParquetResult<ParquetRecordBatchReader> {
        let rows = rows_of_a_batch(batch_rows, self.metadata());
        // Usual dictionaries are smaller; of one that is not, every row may have the longest value.
        let dictionary = largest_dictionary(&self.ranges, self.metadata());
        let rows = match dictionary > LARGE_DICTIONARY {
            true => rows.min(BYTES_OF_LONG_VALUES / dictionary).max(1),
            false => rows,
        };
        ParquetRecordBatchReaderBuilder::new_with_metadata(self.ranges, self.metadata)
            .with_batch_size(rows)
            .build()
    }
}

pub(super) fn damaged(file: &ListFile, fault: impl std::error::Error + Send + Sync + 'static) -> InputError {
    InputError::Malformed {
        path: file.path().to_owned(),
        problem: "this Parquet file is damaged, cut short, or of an unsupported kind".into(),
        help: Some("fetch it again, or write it again".into()),
        source: Some(Box::new(fault)),
    }
}

/// INT96 timestamps are read as microseconds: as nanoseconds, years before 1677 and after 2262,
/// which Spark and Hive write for "never", would become other years.
fn with_wide_timestamps(metadata: ArrowReaderMetadata) -> ParquetResult<ArrowReaderMetadata> {
    let columns = metadata.parquet_schema().root_schema().get_fields();
    let is_int96 = |index: usize| {
        columns
            .get(index)
            .is_some_and(|column| column.is_primitive() && column.get_physical_type() == Type::INT96)
    };
    let schema = metadata.schema();
    if !(0..schema.fields().len()).any(is_int96) {
        return Ok(metadata);
    }
    let field = |(index, field): (usize, &Arc<Field>)| match field.data_type() {
        DataType::Timestamp(TimeUnit::Nanosecond, zone) if is_int96(index) => {
            let kind = DataType::Timestamp(TimeUnit::Microsecond, zone.clone());
            Arc::new(field.as_ref().clone().with_data_type(kind))
        }
        _ => field.clone(),
    };
    let fields: Vec<_> = schema.fields().iter().enumerate().map(field).collect();
    let schema = Schema::new_with_metadata(fields, schema.metadata().clone());
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    ArrowReaderMetadata::try_new(metadata.metadata().clone(), options)
}

fn rows_of_a_batch(wanted: usize, metadata: &ParquetMetaData) -> usize {
    let longest = metadata
        .row_groups()
        .iter()
        .filter(|group| group.num_rows() > 0)
        .map(|group| group.total_byte_size() / group.num_rows())
        .max();
    let row_bytes = usize::try_from(longest.unwrap_or(0)).unwrap_or(0).max(1);
    wanted.min(BATCH_BYTES / row_bytes).max(1)
}

impl Length for FileRanges {
    fn len(&self) -> u64 {
        self.length()
    }
}

impl ChunkReader for FileRanges {
    type T = BufReader<RangeCursor>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(self.reader_at(start))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        // A damaged footer may name any length, so that much memory is not taken in advance.
        let mut bytes = Vec::with_capacity(length.min(BATCH_BYTES));
        self.unbuffered_at(start).take(length as u64).read_to_end(&mut bytes)?;
        match bytes.len() == length {
            true => Ok(bytes.into()),
            false => Err(::parquet::errors::ParquetError::EOF(format!(
                "expected {length} bytes at {start}, and the file has {}",
                bytes.len()
            ))),
        }
    }
}
