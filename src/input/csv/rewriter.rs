//! Text in a dialect that the csv crate cannot read, as text that it can: a delimiter of several
//! bytes becomes one byte, and blanks that are no part of a cell are left out.

use std::io::{self, Cursor, Read};

use super::dialect::{Blanks, Dialect, UNIT_SEPARATOR};

/// How much text is rewritten at once.
const CHUNK_BYTES: usize = 32 << 10;

/// The text as the csv crate can read it.
pub(super) fn readable(text: Box<dyn Read + Send>, dialect: &Dialect) -> Box<dyn Read + Send> {
    match dialect.delimiter.byte().is_some() && dialect.blanks == Blanks::Kept {
        true => text,
        false => Box::new(Rewriter::new(text, *dialect)),
    }
}

/// Text that is rewritten while it is read.
struct Rewriter {
    reader: Box<dyn Read + Send>,
    dialect: Dialect,
    place: Place,
    /// Text that was not rewritten yet.
    raw: Vec<u8>,
    rewritten: Cursor<Vec<u8>>,
    is_at_end: bool,
}

/// Where in a row the next byte is.
#[derive(Clone, Copy)]
enum Place {
    /// At the start of a cell, after this many blanks.
    CellStart {
        blanks: usize,
        after_delimiter: bool,
    },
    Unquoted,
    Quoted,
    /// After the escape character in a quoted cell.
    Escaped,
    /// After a quote in a quoted cell: it ends the cell, or another one doubles it.
    AfterQuote,
}

const LINE_START: Place = Place::CellStart { blanks: 0, after_delimiter: false };

impl Rewriter {
    fn new(reader: Box<dyn Read + Send>, dialect: Dialect) -> Self {
        let rewritten = Cursor::default();
        Self { reader, dialect, place: LINE_START, raw: Vec::new(), rewritten, is_at_end: false }
    }

    fn rewrite_chunk(&mut self) -> io::Result<()> {
        let read = self.reader.by_ref().take(CHUNK_BYTES as u64).read_to_end(&mut self.raw)?;
        self.is_at_end = read == 0;
        let raw = std::mem::take(&mut self.raw);
        let mut out = std::mem::take(&mut self.rewritten).into_inner();
        out.clear();
        // A delimiter may be cut in two by the end of the chunk.
        let held_back = if self.is_at_end { 0 } else { self.dialect.delimiter.as_bytes().len() - 1 };
        let end = raw.len() - held_back.min(raw.len());
        let mut at = 0;
        while at < end {
            at += self.rewrite(&raw[at..], &mut out);
        }
        if self.is_at_end
            && let Place::CellStart { blanks, after_delimiter } = self.place
        {
            out.resize(out.len() + self.kept_blanks(blanks, after_delimiter), b' ');
        }
        self.raw = raw[at..].to_vec();
        self.rewritten = Cursor::new(out);
        Ok(())
    }

    /// Rewrites what is at the front of the text, and gives its length.
    fn rewrite(&mut self, raw: &[u8], out: &mut Vec<u8>) -> usize {
        let byte = raw[0];
        match self.place {
            Place::Quoted | Place::Escaped => {
                out.push(byte);
                self.place = match self.place {
                    Place::Quoted if self.dialect.escape == Some(byte) => Place::Escaped,
                    Place::Quoted if self.dialect.quote == Some(byte) => Place::AfterQuote,
                    _ => Place::Quoted,
                };
                return 1;
            }
            Place::AfterQuote if self.dialect.quote == Some(byte) => {
                out.push(byte);
                self.place = Place::Quoted;
                return 1;
            }
            Place::CellStart { blanks, after_delimiter } if self.dialect.blanks != Blanks::Kept => {
                if byte == b' ' && !raw.starts_with(self.dialect.delimiter.as_bytes()) {
                    self.place = Place::CellStart { blanks: blanks + 1, after_delimiter };
                    return 1;
                }
                if self.dialect.quote != Some(byte) {
                    out.resize(out.len() + self.kept_blanks(blanks, after_delimiter), b' ');
                }
            }
            _ => {}
        }
        let is_cell_start = matches!(self.place, Place::CellStart { .. });
        if raw.starts_with(self.dialect.delimiter.as_bytes()) {
            out.push(self.dialect.read_delimiter());
            self.place = Place::CellStart { blanks: 0, after_delimiter: true };
            return self.dialect.delimiter.as_bytes().len();
        }
        self.place = match byte {
            b'\r' | b'\n' => LINE_START,
            _ if is_cell_start && self.dialect.quote == Some(byte) => Place::Quoted,
            _ => Place::Unquoted,
        };
        let is_in_the_way = byte == UNIT_SEPARATOR && self.dialect.read_delimiter() == UNIT_SEPARATOR;
        out.push(if is_in_the_way { b' ' } else { byte });
        1
    }

    fn kept_blanks(&self, blanks: usize, after_delimiter: bool) -> usize {
        match self.dialect.blanks {
            Blanks::PartOfDelimiter if after_delimiter => blanks.saturating_sub(1),
            _ => blanks,
        }
    }
}

impl Read for Rewriter {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.rewritten.read(buffer)?;
            if count > 0 || buffer.is_empty() || self.is_at_end {
                return Ok(count);
            }
            self.rewrite_chunk()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::settings::Delimiter;

    fn rewritten(text: &str, delimiter: &str, blanks: Blanks) -> String {
        let dialect = Dialect { blanks, ..Dialect::plain(Delimiter::new(delimiter).unwrap()) };
        let mut out = String::new();
        let text = Cursor::new(text.as_bytes().to_vec());
        Rewriter::new(Box::new(text), dialect).read_to_string(&mut out).unwrap();
        out.replace(char::from(UNIT_SEPARATOR), "!")
    }

    #[test]
    fn long_delimiters_become_one_byte_outside_of_quotes() {
        for (text, expected) in [
            ("a||b\n1||2", "a!b\n1!2"),
            ("\"a||b\"||c|d\n||", "\"a||b\"!c|d\n!"),
            ("\"a\"\"||\"||b|", "\"a\"\"||\"!b|"),
        ] {
            assert_eq!(rewritten(text, "||", Blanks::Kept), expected);
        }
    }

    #[test]
    fn blanks_beside_delimiters_are_left_out() {
        let text = "a, \"b, c\", d,  e\n  \"f\", ,g\n";
        assert_eq!(rewritten(text, ",", Blanks::DroppedBeforeQuotes), "a,\"b, c\", d,  e\n\"f\", ,g\n");
        assert_eq!(rewritten(text, ",", Blanks::PartOfDelimiter), "a,\"b, c\",d, e\n\"f\",,g\n");
    }

    #[test]
    fn a_delimiter_on_the_seam_of_two_chunks_is_one() {
        for before in CHUNK_BYTES - 2..CHUNK_BYTES + 2 {
            let text = "x".repeat(before) + "||y";
            assert_eq!(rewritten(&text, "||", Blanks::Kept), "x".repeat(before) + "!y");
        }
    }
}
