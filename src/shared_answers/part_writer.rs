//! Answers become a Parquet file.

use std::io::Write;

use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::answer_table;
use crate::ledger::Entry;

/// Rows of a row group: what a reader fetches for one number, and the grain of the statistics.
pub(super) const ROW_GROUP_ROWS: usize = 131_072;
const ZSTD_LEVEL: i32 = 3;

/// Writes answers in the order of their numbers as text.
pub(super) struct AnswerFileWriter<W: Write + Send> {
    file: ArrowWriter<W>,
    /// Fewer than a row group.
    waiting: Vec<Entry>,
}

impl<W: Write + Send> AnswerFileWriter<W> {
    pub(super) fn new(sink: W) -> Result<Self, ParquetError> {
        let column = |name: &str| ColumnPath::from(name);
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            // Sorted numbers share their beginnings, and no two are equal.
            .set_column_dictionary_enabled(column("msisdn"), false)
            .set_column_encoding(column("msisdn"), Encoding::DELTA_BYTE_ARRAY)
            .set_column_dictionary_enabled(column("checked_at"), false)
            .set_column_encoding(column("checked_at"), Encoding::DELTA_BINARY_PACKED)
            .build();
        let file = ArrowWriter::try_new(sink, answer_table::schema(), Some(properties))?;
        Ok(Self { file, waiting: Vec::new() })
    }

    /// Takes these answers.
    pub(super) fn write(&mut self, entries: &mut Vec<Entry>) -> Result<(), ParquetError> {
        self.waiting.append(entries);
        match self.waiting.len() >= ROW_GROUP_ROWS {
            true => self.write_waiting(),
            false => Ok(()),
        }
    }

    fn write_waiting(&mut self) -> Result<(), ParquetError> {
        self.file.write(&answer_table::batch(&self.waiting)?)?;
        self.waiting.clear();
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<W, ParquetError> {
        self.write_waiting()?;
        self.file.into_inner()
    }
}

/// A file of these answers.
pub(super) fn part_of(mut entries: Vec<Entry>) -> Result<Vec<u8>, ParquetError> {
    entries.sort_by(|one, other| {
        let digits = one.msisdn.digits().cmp(&*other.msisdn.digits());
        digits.then(other.answered.checked_at.cmp(&one.answered.checked_at))
    });
    let mut writer = AnswerFileWriter::new(Vec::new())?;
    writer.write(&mut entries)?;
    writer.finish()
}
