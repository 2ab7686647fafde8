//! Parquet: Zstandard, row groups bounded in memory and rows, every Arrow type and all metadata
//! kept.
//!
//! Where every answer is known, the encoding is half of the work of a run, so the columns are encoded
//! side by side. Rows wait for that until there are enough of them to be worth it.

mod row_group;

use std::sync::Arc;

use ::parquet::arrow::arrow_writer::ArrowRowGroupWriterFactory;
use ::parquet::arrow::{ARROW_SCHEMA_META_KEY, ArrowWriter};
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use self::row_group::RowGroup;
use super::encoder::{Encoder, Sink};
use super::settings::OutputSettings;
use crate::model::{BoxError, bytes_of_rows};
use crate::worker_threads::{WorkerThreads, cores};

/// The most rows of a row group. With rows of ordinary length, its bytes end it first.
const ROW_GROUP_ROWS: usize = 1 << 20;
/// The largest dictionary of a column. Most larger ones are of columns in which every value is another,
/// such as numbers, where each value is searched in vain.
const DICTIONARY_BYTES: usize = 256 << 10;
/// How many rows wait for each other, at most, before their columns are encoded.
const ROWS_WAITING: usize = 1 << 15;
/// The same in bytes.
const BYTES_WAITING: usize = 8 << 20;

/// The threads that encode columns: one for each core.
pub(super) fn encoder_threads() -> Result<Arc<WorkerThreads>, BoxError> {
    Ok(Arc::new(WorkerThreads::start("encoder", cores())?))
}

/// A Parquet file that is being written.
pub(super) struct ParquetEncoder {
    file: SerializedFileWriter<Sink>,
    row_groups: ArrowRowGroupWriterFactory,
    schema: SchemaRef,
    row_group: Option<RowGroup>,
    waiting: Waiting,
    row_group_bytes: usize,
    threads: Arc<WorkerThreads>,
}

/// Rows that wait until there are enough of them.
#[derive(Default)]
struct Waiting {
    batches: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
}

impl Waiting {
    fn add(&mut self, batch: RecordBatch) {
        self.rows += batch.num_rows();
        self.bytes += bytes_of_rows(&batch);
        self.batches.push(batch);
    }
}

impl ParquetEncoder {
    pub(super) fn new(
        sink: Sink,
        schema: &SchemaRef,
        settings: &OutputSettings,
        threads: Arc<WorkerThreads>,
    ) -> Result<Self, BoxError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(settings.compression_level)?))
            .set_created_by(concat!("hlr-enrich version ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata(key_values(schema))
            .set_dictionary_page_size_limit(DICTIONARY_BYTES)
            .build();
        let writer = ArrowWriter::try_new(sink, schema.clone(), Some(properties)).map_err(io_fault)?;
        let (file, row_groups) = writer.into_serialized_writer().map_err(io_fault)?;
        Ok(Self {
            file,
            row_groups,
            schema: schema.clone(),
            row_group: None,
            waiting: Waiting::default(),
            row_group_bytes: settings.row_group_bytes,
            threads,
        })
    }

    /// How much memory the unwritten row group takes.
    pub(super) fn memory_size(&self) -> usize {
        self.row_group.as_ref().map_or(0, RowGroup::memory_size) + self.waiting.bytes
    }

    /// Writes the held row group, however small.
    pub(super) fn flush(&mut self) -> Result<(), BoxError> {
        self.encode_waiting()?;
        self.end_row_group().map_err(io_fault)
    }

    fn encode_waiting(&mut self) -> Result<(), BoxError> {
        if self.waiting.rows == 0 {
            return Ok(());
        }
        let waiting = std::mem::take(&mut self.waiting);
        let row_group = match &mut self.row_group {
            Some(row_group) => row_group,
            none => {
                let (nth, layout) = (self.file.flushed_row_groups().len(), self.file.schema_descr());
                let new = RowGroup::new(&self.row_groups, layout, &self.schema, nth).map_err(io_fault)?;
                none.insert(new)
            }
        };
        row_group.write(&waiting.batches, &self.threads).map_err(io_fault)?;
        if row_group.rows() >= ROW_GROUP_ROWS || row_group.memory_size() >= self.row_group_bytes {
            self.end_row_group().map_err(io_fault)?;
        }
        Ok(())
    }

    fn end_row_group(&mut self) -> Result<(), ParquetError> {
        let Some(row_group) = self.row_group.take() else { return Ok(()) };
        let mut group_in_file = self.file.next_row_group()?;
        for column in row_group.close(&self.threads)? {
            column.append_to_row_group(&mut group_in_file)?;
        }
        group_in_file.close()?;
        Ok(())
    }

    /// How many more rows may wait.
    fn room(&self) -> usize {
        let rows = self.row_group.as_ref().map_or(0, RowGroup::rows);
        ROWS_WAITING.min(ROW_GROUP_ROWS - rows) - self.waiting.rows
    }
}

impl Encoder for ParquetEncoder {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), BoxError> {
        let mut from = 0;
        while from < batch.num_rows() {
            let rows = self.room().min(batch.num_rows() - from);
            let part = batch.slice(from, rows);
            from += rows;
            self.waiting.add(part);
            if self.room() == 0 || self.waiting.bytes >= BYTES_WAITING.min(self.row_group_bytes) {
                self.encode_waiting()?;
            }
        }
        Ok(())
    }

    /// Does nothing: small row groups would make the file large, and nobody can read them before
    /// the footer.
    fn flush_rows(&mut self) -> Result<bool, BoxError> {
        Ok(false)
    }

    fn finish(mut self: Box<Self>) -> Result<u64, BoxError> {
        self.flush()?;
        self.file.finish().map_err(io_fault)?;
        Ok(self.file.inner_mut().finish()?)
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
