//! Reads a file row by row, and knows the line of each.

use ::csv::ByteRecord;

use super::dialect::Dialect;
use super::row_length_guard::MAX_ROW_BYTES;
use super::rows::{EndOfText, RowFault, Rows};
use super::source::TextSource;
use super::text::Text;
use crate::input::error::InputError;
use crate::input::notes::FileLine;

/// Reads the rows of one file, its header included.
pub(super) struct RowReader {
    rows: Rows,
    source: TextSource,
    is_at_start: bool,
}

impl RowReader {
    /// Reads rows that have this many cells, most of them.
    pub(super) fn new(text: Text, source: TextSource, dialect: Dialect, width: usize) -> Self {
        let rows = Rows::new(text.into_reader(), dialect, Some(width), EndOfText::Whole);
        Self { rows, source, is_at_start: true }
    }

    /// Moves to the next row, if there is one.
    pub(super) fn advance(&mut self) -> Result<bool, InputError> {
        if self.is_at_start {
            self.is_at_start = false;
            self.rows.skip_to_start().map_err(|fault| self.unreadable(fault))?;
        }
        self.rows.advance().map_err(|fault| self.unreadable(fault))
    }

    /// The current row.
    pub(super) fn row(&self) -> &ByteRecord {
        self.rows.row()
    }

    /// How the current row was read.
    pub(super) fn rows(&self) -> &Rows {
        &self.rows
    }

    /// Where the current row begins.
    pub(super) fn line(&self) -> FileLine {
        FileLine { file: self.source.path().to_owned(), line: self.rows.line() }
    }

    fn unreadable(&self, fault: RowFault) -> InputError {
        match fault {
            RowFault::Unreadable(fault) => self.source.unreadable(fault),
            RowFault::TooLong(line) => InputError::malformed(
                self.source.name(),
                format!("the row near line {line} is longer than {} MiB", MAX_ROW_BYTES >> 20),
                "if a quote was opened there and never closed, close it, or double it if it belongs to \
                 the text; --quote none reads quotes as text",
            ),
        }
    }
}
