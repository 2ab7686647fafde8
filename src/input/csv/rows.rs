//! The rows of a text in a known dialect, with broken quotes repaired.

use std::io::{self, Read};

use ::csv::{ByteRecord, ErrorKind, Position, Reader};

use super::dialect::{Dialect, Start};
use super::quote_repair::{Reading, first_line, is_malformed, split};
use super::rewriter::readable;
use super::row_length_guard::{BUFFER_BYTES, RowEnd, RowLengthGuard};

/// Reads row by row, its header included.
pub(super) struct Rows {
    /// `None` only while it is replaced.
    reader: Option<Reader<RowLengthGuard>>,
    row: ByteRecord,
    dialect: Dialect,
    /// How many cells rows have, if that is known: it shows which reading of a broken quote is
    /// right.
    width: Option<usize>,
    /// Where the reader began in the text. It begins anew after a repair.
    base: Position,
    /// Where the row begins and in which line, if its quotes were repaired.
    repaired: Option<Position>,
    is_at_end: bool,
    end_of_cut_text: EndOfText,
}

/// What the end of the text means for a quote that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndOfText {
    /// It is never closed.
    Whole,
    /// It may be closed in what follows.
    Cut,
}

/// Why the next row cannot be read.
pub(super) enum RowFault {
    Unreadable(io::Error),
    /// The row near this line is longer than a row may be.
    TooLong(u64),
}

impl Rows {
    pub(super) fn new(
        text: Box<dyn Read + Send>,
        dialect: Dialect,
        width: Option<usize>,
        end_of_cut_text: EndOfText,
    ) -> Self {
        let mut base = Position::new();
        base.set_byte(dialect.start.byte).set_line(dialect.start.lines + 1);
        let guard = RowLengthGuard::new(readable(text, &dialect));
        let mut rows = Self {
            reader: None,
            row: ByteRecord::new(),
            dialect,
            width,
            base,
            repaired: None,
            is_at_end: false,
            end_of_cut_text,
        };
        rows.read_with(guard);
        rows
    }

    fn read_with(&mut self, guard: RowLengthGuard) {
        self.reader = Some(self.dialect.reader().buffer_capacity(BUFFER_BYTES).from_reader(guard));
    }

    fn reader(&self) -> &Reader<RowLengthGuard> {
        self.reader.as_ref().expect("it is replaced at once")
    }

    /// Skips what is before the table. To be called once, before the first row.
    pub(super) fn skip_to_start(&mut self) -> Result<(), RowFault> {
        let mut guard = self.reader.take().expect("it is replaced at once").into_inner();
        guard.skip(self.dialect.start.byte).map_err(RowFault::Unreadable)?;
        self.read_with(guard);
        Ok(())
    }

    /// Moves to the next row, if there is one.
    pub(super) fn advance(&mut self) -> Result<bool, RowFault> {
        if self.is_at_end {
            return Ok(false);
        }
        self.repaired = None;
        let reader = self.reader.as_mut().expect("it is replaced at once");
        match reader.read_byte_record(&mut self.row) {
            Ok(true) => {}
            Ok(false) => {
                self.is_at_end = true;
                return Ok(false);
            }
            Err(fault) => return self.row_after(fault),
        }
        let end = self.base.byte() + reader.position().byte();
        let (start, first_line) = self.row.position().map_or((0, 1), |start| (start.byte(), start.line()));
        // The line break before the row is counted, except at the beginning of the text.
        let may_have_breaks = start == 0 || reader.position().line() > first_line + 1;
        match reader.get_mut().row_ended(self.row.as_slice(), end) {
            RowEnd::EndOfFile => {
                self.is_at_end = true;
                Ok(false)
            }
            RowEnd::OpenQuote if self.end_of_cut_text == EndOfText::Cut => {
                self.is_at_end = true;
                Ok(false)
            }
            RowEnd::OpenQuote => {
                self.take_first_line(Fit::Any);
                Ok(true)
            }
            RowEnd::Row => {
                let has_expected_width = self.width.is_none_or(|width| width == self.row.len());
                let is_suspicious = !has_expected_width || (may_have_breaks && self.has_break());
                if is_suspicious && self.repair(end) {
                    return Ok(true);
                }
                let reader = self.reader.as_mut().expect("it is replaced at once");
                reader.get_mut().row_taken(end);
                Ok(true)
            }
        }
    }

    fn has_break(&self) -> bool {
        memchr::memchr2(b'\n', b'\r', self.row.as_slice()).is_some()
    }

    /// Splits a row again that is suspicious, and says whether that made it better.
    fn repair(&mut self, end: u64) -> bool {
        let current = self.reader().get_ref().current();
        let length = usize::try_from(end - (self.start_of_current())).unwrap_or(0).min(current.len());
        let row = &current[..length];
        let quote = self.dialect.quote.unwrap_or(b'"');
        if self.dialect.quote.is_none() || memchr::memchr(quote, row).is_none() {
            return false;
        }
        is_malformed(first_line_on(row), &self.dialect) && self.take_first_line(Fit::Width)
    }

    fn start_of_current(&self) -> u64 {
        self.reader().get_ref().row_start()
    }

    /// Makes the first line a row of its own, if it fits, and goes on with the line after it.
    fn take_first_line(&mut self, fit: Fit) -> bool {
        let current = self.reader().get_ref().current();
        let first = first_line(current);
        let readings = [Reading::OpeningIsText, Reading::InnerIsText];
        let mut rows = readings.iter().map(|reading| split(first.line, &self.dialect, *reading));
        let fitting = rows.find(|row| self.width.is_none_or(|width| row.len() == width));
        let Some(row) = fitting.or_else(|| match fit {
            Fit::Any => Some(split(first.line, &self.dialect, Reading::OpeningIsText)),
            Fit::Width => None,
        }) else {
            return false;
        };
        let breaks = |text: &[u8]| memchr::memchr_iter(b'\n', text).count() as u64;
        let reader_line = self.row.position().map_or(1, Position::line) - 1;
        let line = self.base.line() + reader_line + breaks(&current[..first.blank_before]);
        let next_line = line + breaks(&current[first.blank_before..first.length]);
        let start = self.start_of_current() + first.blank_before as u64;
        let next = self.start_of_current() + first.length as u64;
        self.row = row;
        let mut position = Position::new();
        position.set_byte(start).set_line(line);
        self.repaired = Some(position);
        let mut guard = self.reader.take().expect("it is replaced at once").into_inner();
        guard.rewind(next);
        self.base.set_byte(next).set_line(next_line);
        self.read_with(guard);
        true
    }

    fn row_after(&mut self, fault: ::csv::Error) -> Result<bool, RowFault> {
        let line = self.base.line() - 1 + self.row.position().map_or(1, Position::line);
        match fault.into_kind() {
            _ if self.reader().get_ref().limit_exceeded() => {
                let first = first_line(self.reader().get_ref().current());
                let is_ended = first.length > first.blank_before + first.line.len();
                let has_open_quote = is_ended && is_malformed(first.line, &self.dialect);
                match has_open_quote && self.take_first_line(Fit::Width) {
                    true => Ok(true),
                    false => Err(RowFault::TooLong(line)),
                }
            }
            ErrorKind::Io(fault) => Err(RowFault::Unreadable(fault)),
            kind => Err(RowFault::Unreadable(io::Error::other(format!(
                "the CSV reader rejected a row: {kind:?}"
            )))),
        }
    }

    /// The current row.
    pub(super) fn row(&self) -> &ByteRecord {
        &self.row
    }

    /// Whether quotes in the current row were repaired.
    pub(super) fn is_repaired(&self) -> bool {
        self.repaired.is_some()
    }

    /// In which line the current row begins.
    pub(super) fn line(&self) -> u64 {
        if let Some(position) = &self.repaired {
            return position.line();
        }
        // The reader stops between CR and LF, so a row that ends in both has one break not counted.
        let break_after = u64::from(!self.dialect.has_carriage_returns);
        let line = self.base.line() - 1 + self.reader().position().line();
        line.saturating_sub(self.breaks_within() + break_after).max(1)
    }

    /// Whether the current row has more than one line. This costs nothing.
    pub(super) fn spans_lines(&self) -> bool {
        let end = self.reader().position().line();
        self.repaired.is_none() && end > self.row.position().map_or(1, Position::line) + 1
    }

    /// How many line breaks are in the cells of the current row.
    pub(super) fn breaks_within(&self) -> u64 {
        memchr::memchr_iter(b'\n', self.row.as_slice()).count() as u64
    }

    /// Where the current row begins in the text, with the blank lines before it.
    pub(super) fn start(&self) -> Start {
        if let Some(position) = &self.repaired {
            return Start { byte: position.byte(), lines: position.line() - 1 };
        }
        let (byte, line) = self.row.position().map_or((0, 1), |position| (position.byte(), position.line()));
        Start { byte: self.base.byte() + byte, lines: self.base.line() - 1 + line - 1 }
    }

    /// Where the current row ends in the text.
    pub(super) fn end(&self) -> u64 {
        self.base.byte() + if self.repaired.is_some() { 0 } else { self.reader().position().byte() }
    }
}

/// Which rows a repair may give.
#[derive(Clone, Copy)]
enum Fit {
    Any,
    /// One with as many cells as rows have.
    Width,
}

/// Without the line breaks before it.
fn first_line_on(row: &[u8]) -> &[u8] {
    &row[first_line(row).blank_before..]
}
