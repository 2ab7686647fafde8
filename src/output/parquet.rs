//! Parquet: Zstandard, row groups bounded in memory and rows, every Arrow type and all metadata kept.

use std::fs::File;

use ::parquet::arrow::{ARROW_SCHEMA_META_KEY, ArrowWriter};
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::WriterProperties;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::OutputSettings;
use super::encoder::Fault;

/// How many rows a row group has at most; with rows of ordinary length, its bytes end it first.
const ROW_GROUP_ROWS: usize = 1 << 20;

/// A Parquet file that is being written.
pub(super) struct Encoder {
    writer: ArrowWriter<File>,
    row_group_bytes: usize,
}

impl Encoder {
    pub(super) fn new(file: File, schema: &SchemaRef, settings: &OutputSettings) -> Result<Self, Fault> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(settings.compression_level)?))
            .set_created_by(concat!("hlr-enrich version ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata(key_values(schema))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_max_row_group_bytes(Some(settings.row_group_bytes.max(1)))
            .build();
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties))?;
        Ok(Self { writer, row_group_bytes: settings.row_group_bytes })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), Fault> {
        self.writer.write(batch).map_err(plain)?;
        // The writer bounds what a row group will take on disk; what it takes in memory until then is more, and
        // much more where a dictionary holds long texts.
        if self.writer.memory_size() >= self.row_group_bytes {
            self.flush()?;
        }
        Ok(())
    }

    /// How much of a row group is held.
    pub(super) fn memory_size(&self) -> usize {
        self.writer.memory_size()
    }

    /// Writes the row group that is held, however small.
    pub(super) fn flush(&mut self) -> Result<(), Fault> {
        self.writer.flush().map_err(plain)
    }

    pub(super) fn finish(self) -> Result<File, Fault> {
        self.writer.into_inner().map_err(plain)
    }
}

/// The metadata of the schema also as plain key-value pairs, for readers that know nothing of Arrow.
fn key_values(schema: &SchemaRef) -> Option<Vec<KeyValue>> {
    let pairs: Vec<KeyValue> = schema
        .metadata()
        .iter()
        .filter(|(key, _)| *key != ARROW_SCHEMA_META_KEY)
        .map(|(key, value)| KeyValue::new(key.clone(), value.clone()))
        .collect();
    (!pairs.is_empty()).then_some(pairs)
}

/// What the file system said, where it was the file system: the caller looks for a full disk.
fn plain(fault: ParquetError) -> Fault {
    match fault {
        ParquetError::External(cause) => cause,
        other => other.into(),
    }
}
