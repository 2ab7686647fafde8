//! Keeps one row from swallowing a file: a quote that is opened and never closed makes the rest one cell.
//!
//! The CSV reader asks for bytes through a [`RowLengthGuard`], which refuses them once a row has taken too many. At the
//! end of the file it adds a last line of its own: if that comes back inside a cell, a quote was open.

use std::io::{self, Read};

/// How long a row may be.
pub(super) const MAX_ROW_BYTES: usize = 1 << 20;

/// How many bytes the CSV reader asks for at once, so that the guard knows how far it reads ahead of a row.
pub(super) const BUFFER_BYTES: usize = 128 << 10;

/// The line break ends a last line that has none; where there is one, it makes an empty line, which is no row. The cell
/// is a letter, because no delimiter is one.
const LAST_LINE: &[u8] = b"\nx\n";
const LAST_CELL: &[u8] = b"x";

/// The text of a file, on a guard.
pub(super) struct RowLengthGuard {
    reader: Box<dyn Read + Send>,
    /// How many bytes the text has, as far as it was read.
    length: u64,
    /// How many bytes were read since the last row ended.
    taken: usize,
    /// What is left to give of the last line; `None` before the end.
    last_line: Option<&'static [u8]>,
    is_taut: bool,
}

/// How a row ended, seen from the end of the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It is a row of the file.
    Row,
    /// It is the added line: there are no more rows.
    EndOfFile,
    /// It took the added line in.
    OpenQuote,
}

impl RowLengthGuard {
    pub(super) fn new(reader: Box<dyn Read + Send>) -> Self {
        Self { reader, length: 0, taken: 0, last_line: None, is_taut: false }
    }

    /// To be called after every row, with its cells and the place in the text where it ended.
    pub(super) fn row_ended(&mut self, row: &[u8], end: u64) -> Ending {
        self.taken = 0;
        let is_in_last_line = self.last_line.is_some() && end > self.length + 1;
        match (is_in_last_line, row) {
            (false, _) => Ending::Row,
            (true, LAST_CELL) => Ending::EndOfFile,
            (true, _) => Ending::OpenQuote,
        }
    }

    /// Whether reading failed because a row was too long.
    pub(super) fn is_taut(&self) -> bool {
        self.is_taut
    }
}

impl Read for RowLengthGuard {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken > MAX_ROW_BYTES + BUFFER_BYTES {
            self.is_taut = true;
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
        self.taken += count;
        if count == 0 && !buffer.is_empty() {
            return self.last_line.insert(LAST_LINE).read(buffer);
        }
        Ok(count)
    }
}
