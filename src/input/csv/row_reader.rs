//! Reads a file row by row, and knows the line of each.

use ::csv::{ByteRecord, ErrorKind, Position, Reader, ReaderBuilder};

use super::dialect::Dialect;
use super::row_length_guard::{BUFFER_BYTES, MAX_ROW_BYTES, RowEnd, RowLengthGuard};
use super::source::TextSource;
use super::text::Text;
use crate::input::error::InputError;
use crate::input::notes::FileLine;

const CLOSE_THE_QUOTE: &str = "close it, or double it if it belongs to the text";

/// Reads the rows of one file, its header included.
pub(super) struct RowReader {
    reader: Reader<RowLengthGuard>,
    row: ByteRecord,
    source: TextSource,
    dialect: Dialect,
    is_at_end: bool,
}

impl RowReader {
    pub(super) fn new(text: Text, source: TextSource, dialect: Dialect) -> Self {
        let reader = ReaderBuilder::new()
            .delimiter(dialect.delimiter)
            .flexible(true)
            .has_headers(false)
            .buffer_capacity(BUFFER_BYTES)
            .from_reader(RowLengthGuard::new(text.into_reader()));
        Self { reader, row: ByteRecord::new(), source, dialect, is_at_end: false }
    }

    /// Moves to the next row, if there is one.
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
            RowEnd::Row => Ok(true),
            RowEnd::EndOfFile => {
                self.is_at_end = true;
                Ok(false)
            }
            RowEnd::OpenQuote => Err(self.open_quote()),
        }
    }

    /// The current row.
    pub(super) fn row(&self) -> &ByteRecord {
        &self.row
    }

    /// Where the current row begins.
    pub(super) fn line(&self) -> FileLine {
        let breaks_within = self.breaks_within();
        // The reader stops between CR and LF, so a row that ends in both has one break not counted.
        let break_after = u64::from(!self.dialect.has_carriage_returns);
        let line = self.reader.position().line().saturating_sub(breaks_within + break_after).max(1);
        FileLine { file: self.source.path().to_owned(), line }
    }

    fn breaks_within(&self) -> u64 {
        memchr::memchr_iter(b'\n', self.row.as_slice()).count() as u64
    }

    fn open_quote(&self) -> InputError {
        let line = self.reader.position().line() - self.breaks_within();
        let problem = format!("a quote in line {line} is opened and never closed");
        InputError::malformed(self.source.name(), problem, CLOSE_THE_QUOTE)
    }

    fn unreadable(&self, fault: ::csv::Error) -> InputError {
        if self.reader.get_ref().limit_exceeded() {
            let line = self.row.position().map_or(1, Position::line);
            let problem = format!("the row near line {line} is longer than {} MiB", MAX_ROW_BYTES >> 20);
            let help = format!("if a quote was opened there and never closed, {CLOSE_THE_QUOTE}");
            return InputError::malformed(self.source.name(), problem, help);
        }
        match fault.into_kind() {
            ErrorKind::Io(fault) => self.source.unreadable(fault),
            kind => InputError::malformed(
                self.source.name(),
                format!("the CSV reader rejected a row: {kind:?}"),
                "check the file near the row where reading ended",
            ),
        }
    }
}
