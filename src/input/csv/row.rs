//! One row after another, and where each stands.

use ::csv::{ByteRecord, ErrorKind, Position, Reader, ReaderBuilder};

use super::dialect::Dialect;
use super::row_length_guard::{BUFFER_BYTES, Ending, MAX_ROW_BYTES, RowLengthGuard};
use super::text::{Source, Text};
use crate::input::notes::Place;
use crate::input::{InputError, malformed};

/// Reads the rows of one file, its header included.
pub(super) struct RowReader {
    reader: Reader<RowLengthGuard>,
    row: ByteRecord,
    source: Source,
    dialect: Dialect,
    is_at_end: bool,
}

impl RowReader {
    pub(super) fn new(text: Text, source: Source, dialect: Dialect) -> Self {
        let reader = ReaderBuilder::new()
            .delimiter(dialect.delimiter)
            .flexible(true)
            .has_headers(false)
            .buffer_capacity(BUFFER_BYTES)
            .from_reader(RowLengthGuard::new(text.into_reader()));
        Self { reader, row: ByteRecord::new(), source, dialect, is_at_end: false }
    }

    /// Goes to the next row, if there is one.
    pub(super) fn advance(&mut self) -> Result<bool, InputError> {
        if self.is_at_end {
            return Ok(false);
        }
        if !self.reader.read_byte_record(&mut self.row).map_err(|fault| self.unreadable(fault))? {
            self.is_at_end = true;
            return Ok(false);
        }
        let end = self.reader.position().byte();
        match self.reader.get_mut().row_ended(self.row.as_slice(), end) {
            Ending::Row => Ok(true),
            Ending::EndOfFile => {
                self.is_at_end = true;
                Ok(false)
            }
            Ending::OpenQuote => Err(self.open_quote()),
        }
    }

    /// The row that was reached last.
    pub(super) fn row(&self) -> &ByteRecord {
        &self.row
    }

    /// Where that row begins.
    pub(super) fn place(&self) -> Place {
        let breaks_within = self.breaks_within();
        // The reader stops between CR and LF, so that a row that ends in both leaves one break uncounted.
        let break_after = u64::from(!self.dialect.has_carriage_returns);
        let line = self.reader.position().line().saturating_sub(breaks_within + break_after).max(1);
        Place { file: self.source.path().to_owned(), line }
    }

    fn breaks_within(&self) -> u64 {
        memchr::memchr_iter(b'\n', self.row.as_slice()).count() as u64
    }

    fn open_quote(&self) -> InputError {
        let line = self.reader.position().line() - self.breaks_within();
        malformed(
            self.source.name(),
            format!(
                "a quote in line {line} is opened and never closed, which makes one cell of the rest of the file; \
                 close it, or double it if it belongs to the text"
            ),
        )
    }

    fn unreadable(&self, fault: ::csv::Error) -> InputError {
        if self.reader.get_ref().is_taut() {
            let line = self.row.position().map_or(1, Position::line);
            return malformed(
                self.source.name(),
                format!(
                    "the row near line {line} is longer than {} MiB; most often a quote was opened there and never \
                     closed: close it, or double it if it belongs to the text",
                    MAX_ROW_BYTES >> 20
                ),
            );
        }
        match fault.into_kind() {
            ErrorKind::Io(fault) => self.source.unreadable(fault),
            kind => malformed(self.source.name(), format!("the CSV reader refuses a row: {kind:?}")),
        }
    }
}
