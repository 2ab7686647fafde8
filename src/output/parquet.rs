//! Parquet: Zstandard, row groups bounded in memory and rows, every Arrow type and all metadata
//! kept.

use ::parquet::arrow::{ARROW_SCHEMA_META_KEY, ArrowWriter};
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::WriterProperties;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::encoder::{Encoder, Sink};
use super::settings::OutputSettings;
use crate::model::BoxError;

/// The most rows of a row group. With rows of ordinary length, its bytes end it first.
const ROW_GROUP_ROWS: usize = 1 << 20;

/// A Parquet file that is being written.
pub(super) struct ParquetEncoder {
    writer: ArrowWriter<Sink>,
    row_group_bytes: usize,
}

impl ParquetEncoder {
    pub(super) fn new(sink: Sink, schema: &SchemaRef, settings: &OutputSettings) -> Result<Self, BoxError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(settings.compression_level)?))
            .set_created_by(concat!("hlr-enrich version ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata(key_values(schema))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_max_row_group_bytes(Some(settings.row_group_bytes.max(1)))
            .build();
        let writer = ArrowWriter::try_new(sink, schema.clone(), Some(properties)).map_err(io_fault)?;
        Ok(Self { writer, row_group_bytes: settings.row_group_bytes })
    }

    /// How much memory the unwritten row group takes.
    pub(super) fn memory_size(&self) -> usize {
        self.writer.memory_size()
    }

    /// Writes the held row group, however small.
    pub(super) fn flush(&mut self) -> Result<(), BoxError> {
        self.writer.flush().map_err(io_fault)
    }
}

impl Encoder for ParquetEncoder {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), BoxError> {
        self.writer.write(batch).map_err(io_fault)?;
        // The writer bounds what a row group takes on disk. In memory it takes more until then, and
        // much more where a dictionary holds long texts.
        if self.writer.memory_size() >= self.row_group_bytes {
            self.flush()?;
        }
        Ok(())
    }

    /// Does nothing: small row groups would make the file large, and nobody can read them before
    /// the footer.
    fn flush_rows(&mut self) -> Result<bool, BoxError> {
        Ok(false)
    }

    fn finish(mut self: Box<Self>) -> Result<u64, BoxError> {
        self.writer.finish().map_err(io_fault)?;
        Ok(self.writer.inner_mut().finish()?)
    }
}

/// The metadata of the schema also as plain key-value pairs, for readers that do not use Arrow.
fn key_values(schema: &SchemaRef) -> Option<Vec<KeyValue>> {
    let pairs: Vec<KeyValue> = schema
        .metadata()
        .iter()
        .filter(|(key, _)| *key != ARROW_SCHEMA_META_KEY)
        .map(|(key, value)| KeyValue::new(key.clone(), value.clone()))
        .collect();
    (!pairs.is_empty()).then_some(pairs)
}

/// The error of the file system, where it is one: the caller looks for a full disk.
fn io_fault(fault: ParquetError) -> BoxError {
    match fault {
        ParquetError::External(cause) => cause,
        other => other.into(),
    }
}
