//! Keeps a single row from taking the whole file: a quote that is never closed makes the rest one
//! cell.
//!
//! The CSV reader gets its bytes through a [`RowLengthGuard`], which refuses them once a row has
//! taken too many. At the end of the file it adds a last line of its own: if that comes back inside
//! a cell, a quote was open. It remembers the bytes of the current row, so that a row can be read
//! again in another way.

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
    /// The bytes that were read since the last row ended, and maybe a few before.
    recent: Vec<u8>,
    /// Where they begin in the text.
    recent_start: u64,
    /// How many of the recent bytes are to be read again.
    repeated: usize,
    /// Where the last row ended in the text.
    row_start: u64,
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
        Self {
            reader,
            recent: Vec::new(),
            recent_start: 0,
            repeated: 0,
            row_start: 0,
            last_line: None,
            limit_exceeded: false,
        }
    }

    /// To be called after every row, with its cells and the offset in the text where it ended.
    pub(super) fn row_ended(&mut self, row: &[u8], end: u64) -> RowEnd {
        let is_in_last_line = self.last_line.is_some() && end > self.length() + 1;
        match (is_in_last_line, row) {
            (false, _) => RowEnd::Row,
            (true, LAST_CELL) => RowEnd::EndOfFile,
            (true, _) => RowEnd::OpenQuote,
        }
    }

    /// Forgets what is before this offset in the text.
    pub(super) fn row_taken(&mut self, end: u64) {
        self.row_start = end;
    }

    /// The bytes of the text from the end of the last row on, as far as they were read.
    pub(super) fn current(&self) -> &[u8] {
        let skipped = usize::try_from(self.row_start.saturating_sub(self.recent_start)).unwrap_or(usize::MAX);
        &self.recent[skipped.min(self.recent.len())..]
    }

    /// Reads again from this offset, which is not before the end of the last row.
    pub(super) fn rewind(&mut self, offset: u64) {
        self.repeated =
            usize::try_from(self.length().saturating_sub(offset)).unwrap_or(0).min(self.recent.len());
        self.row_start = offset;
        self.last_line = None;
        self.limit_exceeded = false;
    }

    /// Where the current row begins in the text.
    pub(super) fn row_start(&self) -> u64 {
        self.row_start
    }

    /// Passes over bytes at the beginning of the text.
    pub(super) fn skip(&mut self, bytes: u64) -> io::Result<()> {
        io::copy(&mut self.reader.by_ref().take(bytes), &mut io::sink())?;
        self.recent_start = bytes;
        self.row_start = bytes;
        Ok(())
    }

    /// Whether reading failed because a row was too long.
    pub(super) fn limit_exceeded(&self) -> bool {
        self.limit_exceeded
    }

    /// How many bytes of the text were read.
    fn length(&self) -> u64 {
        self.recent_start + self.recent.len() as u64
    }

    fn forget_old_rows(&mut self) {
        let old = usize::try_from(self.row_start.saturating_sub(self.recent_start)).unwrap_or(usize::MAX);
        let old = old.min(self.recent.len());
        self.recent.drain(..old);
        self.recent_start += old as u64;
    }
}

impl Read for RowLengthGuard {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.repeated > 0 {
            let start = self.recent.len() - self.repeated;
            let count = (&self.recent[start..]).read(buffer)?;
            self.repeated -= count;
            return Ok(count);
        }
        self.forget_old_rows();
        if self.recent.len() > MAX_ROW_BYTES + BUFFER_BYTES {
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
        self.recent.extend_from_slice(&buffer[..count]);
        if count == 0 && !buffer.is_empty() {
            return self.last_line.insert(LAST_LINE).read(buffer);
        }
        Ok(count)
    }
}
