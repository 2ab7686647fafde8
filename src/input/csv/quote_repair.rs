//! Quotes that are not written as they should be: one that is never closed, or one in the middle of
//! a quoted cell. The csv crate takes everything up to the next quote for one cell, and so the next
//! rows with it. Here such a row is split again, line by line.

use ::csv::ByteRecord;

use super::dialect::Dialect;

/// How a quote that does not fit is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// The quote that opened the cell is text, and so the cell ends at the next delimiter.
    OpeningIsText,
    /// The quote within the cell is text, and the cell ends at a quote before a delimiter.
    InnerIsText,
}

/// The first line of some text: its bytes, and how many bytes are before and after it.
pub(super) struct FirstLine<'a> {
    pub(super) line: &'a [u8],
    pub(super) blank_before: usize,
    /// Up to the beginning of the next line.
    pub(super) length: usize,
}

/// The first line that is not empty.
pub(super) fn first_line(text: &[u8]) -> FirstLine<'_> {
    let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let blank_before = text.iter().take_while(|byte| is_break(byte)).count();
    let line = &text[blank_before..];
    let end = line.iter().position(is_break).unwrap_or(line.len());
    let line_end = match &line[end..] {
        [b'\r', b'\n', ..] => 2,
        [] => 0,
        _ => 1,
    };
    FirstLine { line: &line[..end], blank_before, length: blank_before + end + line_end }
}

/// Whether a quote in the row is followed by what cannot follow it, or is never closed.
pub(super) fn is_malformed(row: &[u8], dialect: &Dialect) -> bool {
    let Some(quote) = dialect.quote else { return false };
    let delimiter = dialect.read_delimiter();
    let mut rest = row;
    loop {
        if rest.first() == Some(&quote) {
            match end_of_quoted(&rest[1..], quote, dialect) {
                Some(length) => rest = &rest[1 + length..],
                None => return true,
            }
        }
        match rest.iter().position(|&byte| byte == delimiter || byte == b'\n' || byte == b'\r') {
            Some(end) => rest = &rest[end + 1..],
            None => return false,
        }
    }
}

/// The length of a quoted cell, its closing quote included; `None` if it is not closed before a
/// delimiter or line end.
fn end_of_quoted(cell: &[u8], quote: u8, dialect: &Dialect) -> Option<usize> {
    let mut at = 0;
    while at < cell.len() {
        if Some(cell[at]) == dialect.escape {
            at += 2;
        } else if cell[at] != quote {
            at += 1;
        } else if cell.get(at + 1) == Some(&quote) {
            at += 2;
        } else {
            return ends_cell(&cell[at + 1..], dialect).then_some(at + 1);
        }
    }
    None
}

fn ends_cell(rest: &[u8], dialect: &Dialect) -> bool {
    matches!(rest.first(), None | Some(b'\r' | b'\n')) || rest.first() == Some(&dialect.read_delimiter())
}

/// The cells of one line.
pub(super) fn split(line: &[u8], dialect: &Dialect, reading: Reading) -> ByteRecord {
    let mut row = ByteRecord::new();
    let delimiter = dialect.read_delimiter();
    let mut rest = Some(line);
    while let Some(text) = rest {
        let quoted = dialect.quote.filter(|quote| text.first() == Some(quote));
        let length = quoted.and_then(|quote| {
            end_of_quoted(&text[1..], quote, dialect).or_else(|| match reading {
                Reading::OpeningIsText => None,
                Reading::InnerIsText => last_quote_of_cell(&text[1..], quote, dialect),
            })
        });
        let cell_end = match length {
            Some(length) => 1 + length,
            None => memchr::memchr(delimiter, text).unwrap_or(text.len()),
        };
        match (quoted, length) {
            (Some(quote), Some(length)) => row.push_field(&unquoted(&text[1..length], quote, dialect)),
            _ => row.push_field(&text[..cell_end]),
        }
        rest = text.get(cell_end + 1..).filter(|_| cell_end < text.len());
    }
    row
}

/// The length up to and including the first quote before a delimiter or the end.
fn last_quote_of_cell(cell: &[u8], quote: u8, dialect: &Dialect) -> Option<usize> {
    memchr::memchr_iter(quote, cell).find(|&at| ends_cell(&cell[at + 1..], dialect)).map(|at| at + 1)
}

fn unquoted(cell: &[u8], quote: u8, dialect: &Dialect) -> Vec<u8> {
    let mut text = Vec::with_capacity(cell.len());
    let mut at = 0;
    while at < cell.len() {
        let is_doubled = cell[at] == quote && cell.get(at + 1) == Some(&quote);
        let is_escaped = Some(cell[at]) == dialect.escape && at + 1 < cell.len();
        at += usize::from(is_doubled || is_escaped);
        text.push(cell[at]);
        at += 1;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Dialect {
        Dialect::plain(b','.into())
    }

    #[test]
    fn quotes_that_do_not_fit_are_found() {
        for (row, expected) in [
            ("a,\"b\",c", false),
            ("\"a\"\"b\",\"c\nd\"\r", false),
            ("5\" pipe,a\"b", false),
            ("\"\"\"a\"\"\"", false),
            ("\"a\"b,c", true),
            ("a,\"b", true),
            ("a,\"b\n1,\"c\"", true),
            ("\"\"a,b\"", true),
        ] {
            assert_eq!(is_malformed(row.as_bytes(), &plain()), expected, "{row}");
        }
    }

    #[test]
    fn a_line_is_split_in_both_readings() {
        let cells = |line: &str, reading| {
            let row = split(line.as_bytes(), &plain(), reading);
            row.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect::<Vec<_>>()
        };
        for reading in [Reading::OpeningIsText, Reading::InnerIsText] {
            assert_eq!(cells("a,\"b, \"\"c\"\"\",,\"\"", reading), ["a", "b, \"c\"", "", ""]);
            assert_eq!(cells("a,\"b", reading), ["a", "\"b"]);
            assert_eq!(cells("a,", reading), ["a", ""]);
        }
        assert_eq!(cells("\"a,b,\"c\",d", Reading::OpeningIsText), ["\"a", "b", "c", "d"]);
        assert_eq!(cells("\"a 5\" b, c\",d", Reading::InnerIsText), ["a 5\" b, c", "d"]);
    }
}
