//! Keeps a single row from taking the whole file: a quote that is never closed makes the rest one
//! cell.
//!
//! The CSV reader gets its bytes through a [`RowLengthGuard`], which refuses them once a row has
//! taken too many. At the end of the file it adds a last line of its own: if that comes back inside
//! a cell, a quote was open.

use std::io::{self, Read};

/// The most bytes of a row.
pub(super) const MAX_ROW_BYTES: usize = 1 << 20;

/// How many bytes the CSV reader asks for at once, and so how far it may read beyond a row.
pub(super) const BUFFER_BYTES: usize = 128 << 10;

/// The first line break ends a last line that has none; otherwise it makes an empty line, which is
/// not a row. The cell is a letter, because no delimiter is a letter.
const LAST_LINE: &[u8] = b"\nx\n";
const LAST_CELL: &[u8] = b"x";

/// The text of a file, with a limit on the length of its rows.
pub(super) struct RowLengthGuard {
    reader: Box<dyn Read + Send>,
    /// How many bytes of the text were read.
    length: u64,
    /// How many bytes were read since the last row ended.
    row_bytes: usize,
    /// The unread part of the added line; `None` before the end.
    last_line: Option<&'static [u8]>,
    limit_exceeded: bool,
}

/// What a row is that the CSV reader found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RowEnd {
    /// It is a row of the file.
    Row,
    /// It is the added line: the file has ended.
    EndOfFile,
    /// It contains the added line: a quote is open.
    OpenQuote,
}

impl RowLengthGuard {
    pub(super) fn new(reader: Box<dyn Read + Send>) -> Self {
        Self { reader, length: 0, row_bytes: 0, last_line: None, limit_exceeded: false }
    }

    /// To be called after every row, with its cells and the offset in the text where it ended.
    pub(super) fn row_ended(&mut self, row: &[u8], end: u64) -> RowEnd {
        self.row_bytes = 0;
        let is_in_last_line = self.last_line.is_some() && end > self.length + 1;
        match (is_in_last_line, row) {
            (false, _) => RowEnd::Row,
            (true, LAST_CELL) => RowEnd::EndOfFile,
            (true, _) => RowEnd::OpenQuote,
        }
    }

    /// Whether reading failed because a row was too long.
    pub(super) fn limit_exceeded(&self) -> bool {
        self.limit_exceeded
    }
}

impl Read for RowLengthGuard {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.row_bytes > MAX_ROW_BYTES + BUFFER_BYTES {
            self.limit_exceeded = true;
            return Err(io::Error::other("a row is too long"));
        }
        if let Some(rest) = &mut self.last_line {
            return rest.read(buffer);
        }
        let count = loop {
            match self.reader.read(buffer) {
                Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.length += count as u64;
        self.row_bytes += count;
        if count == 0 && !buffer.is_empty() {
            return self.last_line.insert(LAST_LINE).read(buffer);
        }
        Ok(count)
    }
}
