//! How a CSV file is written, found out from its beginning: the delimiter, whether there is a header, and
//! the names of the columns.

use std::collections::HashMap;

use ::csv::{ByteRecord, ReaderBuilder};

use super::encoding::from_windows_1252;
use super::text::Text;
use crate::input::Header;
use crate::input::columns::{numbered_names, unique_names};

/// In order of preference where several fit equally well.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) delimiter: u8,
    pub(super) has_header: bool,
    /// Lines end in CR LF rather than in LF; only line numbers need to know.
    pub(super) has_carriage_returns: bool,
}

/// Finds the dialect and the names of the columns; fails with a sentence when there is no first row.
///
/// Of the delimiters, the one is taken that gives most rows the same number of cells, two at least. Where none
/// does, the list has one column and the delimiter is a comma. Without a header there are as many columns as
/// most rows have cells.
pub(super) fn detect(
    text: &Text,
    delimiter: Option<u8>,
    header: Header,
) -> Result<(Dialect, Vec<String>), &'static str> {
    let delimiter = delimiter.unwrap_or_else(|| steadiest(text));
    let rows = sample(text, delimiter);
    let Some(first) = rows.first() else {
        return Err(match text.is_whole {
            true => "the file is empty; a list needs a row at least",
            false => {
                "the first row does not end within 64 KiB; a quote in it may be opened and never closed, or this is no CSV file"
            }
        });
    };
    let first: Vec<String> = first.iter().map(text_of).collect();
    let has_header = match header {
        Header::Present => true,
        Header::Absent => false,
        Header::Detect => !first.iter().any(|cell| looks_like_data(cell)),
    };
    let names = if has_header { unique_names(&first) } else { numbered_names(usual_width(&rows).cells) };
    Ok((Dialect { delimiter, has_header, has_carriage_returns: has_carriage_returns(text) }, names))
}

fn steadiest(text: &Text) -> u8 {
    let mut best = (b',', Width::default());
    for delimiter in DELIMITERS {
        let width = usual_width(&sample(text, delimiter));
        if width.cells > 1 && width.is_steadier_than(best.1) {
            best = (delimiter, width);
        }
    }
    best.0
}

/// The rows of the head; the last one is left out where the head may have cut it.
fn sample(text: &Text, delimiter: u8) -> Vec<ByteRecord> {
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .from_reader(&text.head[..]);
    let mut rows: Vec<ByteRecord> = reader.byte_records().filter_map(Result::ok).collect();
    if !text.is_whole {
        rows.pop();
    }
    rows
}

/// How many cells most rows have, and which share of the rows that is.
#[derive(Clone, Copy, Default)]
struct Width {
    cells: usize,
    rows: usize,
    of_rows: usize,
}

impl Width {
    /// By share first, then by the number of cells.
    fn is_steadier_than(self, other: Self) -> bool {
        let (share, other_share) = (self.rows * other.of_rows.max(1), other.rows * self.of_rows.max(1));
        share > other_share || (share == other_share && self.cells > other.cells)
    }
}

fn usual_width(rows: &[ByteRecord]) -> Width {
    let mut counts: HashMap<usize, usize> = HashMap::new();
    for row in rows {
        *counts.entry(row.len()).or_default() += 1;
    }
    let usual = counts.into_iter().max_by_key(|&(cells, rows)| (rows, cells));
    usual.map_or_else(Width::default, |(cells, count)| Width { cells, rows: count, of_rows: rows.len() })
}

fn text_of(cell: &[u8]) -> String {
    match str::from_utf8(cell) {
        Ok(text) => text.to_owned(),
        Err(_) => from_windows_1252(cell).into_owned(),
    }
}

/// Whether a cell of a first row is more likely a value than a column's name: an e-mail address, or digits
/// with nothing but the signs of phone numbers, dates, decimals, spreadsheets and other delimiters around them.
fn looks_like_data(cell: &str) -> bool {
    let is_sign = |c: char| c.is_whitespace() || "+-().,;|/:='\"".contains(c);
    let mut rest = cell.chars().filter(|&c| !is_sign(c)).peekable();
    let is_number = rest.peek().is_some() && rest.all(|c| c.is_ascii_digit());
    is_number || is_scientific(cell) || is_address(cell)
}

fn is_scientific(cell: &str) -> bool {
    cell.starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '-')
        && cell.replace(',', ".").parse::<f64>().is_ok_and(f64::is_finite)
}

fn is_address(cell: &str) -> bool {
    match cell.trim().split_once('@') {
        Some((user, host)) => {
            !user.is_empty() && host.contains('.') && !cell.trim().contains(char::is_whitespace)
        }
        None => false,
    }
}

fn has_carriage_returns(text: &Text) -> bool {
    match memchr::memchr(b'\n', &text.head) {
        Some(end) => end > 0 && text.head[end - 1] == b'\r',
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::input::csv::text::Source;

    fn detected(
        content: &[u8],
        delimiter: Option<u8>,
        header: Header,
    ) -> Result<(Dialect, Vec<String>), &'static str> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        fs::write(&path, content).unwrap();
        detect(&Text::open(&Source::File(path), None).unwrap(), delimiter, header)
    }

    fn delimiter(content: &str) -> char {
        detected(content.as_bytes(), None, Header::Detect).unwrap().0.delimiter.into()
    }

    #[test]
    fn the_steadiest_delimiter_is_taken() {
        for (content, expected) in [
            ("name,phone\nA,1\n", ','),
            ("name;phone\nA;1\n", ';'),
            ("name\tphone\nA\t1\n", '\t'),
            ("name|phone\nA|1\n", '|'),
            ("name;amount\nA;1,5\nB;2,5\nC;3\n", ';'),
            ("name;note\nA;a, b, c\nB;d, e\n", ';'),
            ("\"Smith, A\";1\n\"Jones, B\";2\n", ';'),
            ("a,b;c,d\n1,2;3,4\n", ','),
            ("a,b,c\n1,2\n3,4,5,6\n", ','),
            ("phone\n46\n47\n", ','),
            ("\"a\nb;c\",x\n\"d\",y\n", ','),
        ] {
            assert_eq!(delimiter(content), expected, "{content:?}");
        }
    }

    #[test]
    fn a_first_row_that_looks_like_data_is_no_header() {
        for (first, is_header) in [
            ("name,phone", true),
            ("phone", true),
            ("Name,,Mobile 1", true),
            ("tel.,e-mail,id_2", true),
            ("nan,inf", true),
            ("user@work,x", true),
            ("Bob,46701234567", false),
            ("Bob,+46 (0)70-123 45 67", false),
            ("Bob,00\u{A0}46\u{A0}70", false),
            ("Bob,\"=\"\"4670123\"\"\"", false),
            ("Bob,'4670123", false),
            ("Bob,4.67E+10", false),
            ("Bob,4.0", false),
            ("Bob,bob@example.com", false),
        ] {
            let content = format!("{first}\nAnn,x\n");
            let (dialect, names) = detected(content.as_bytes(), Some(b','), Header::Detect).unwrap();
            assert_eq!(dialect.has_header, is_header, "{first}");
            assert!(is_header || names == ["column_1", "column_2"], "{names:?}");
        }
    }

    #[test]
    fn what_the_user_says_is_not_questioned() {
        let (dialect, names) = detected(b"1;2\n3;4\n", Some(b','), Header::Present).unwrap();
        assert_eq!((dialect.delimiter, dialect.has_header, names), (b',', true, vec!["1;2".into()]));
        let (dialect, names) = detected(b"name;phone\n", None, Header::Absent).unwrap();
        assert_eq!((dialect.has_header, names), (false, vec!["column_1".into(), "column_2".into()]));
    }

    #[test]
    fn without_a_header_most_rows_say_how_many_columns_there_are() {
        let (_, names) = detected(b"1\n1;2;3\n1;2;3\n", None, Header::Detect).unwrap();
        assert_eq!(names.len(), 3);
    }

    #[test]
    fn a_row_that_the_head_cuts_is_not_judged() {
        let content = "a;b\n".repeat(9) + &"x".repeat(crate::input::csv::text::HEAD_BYTES);
        let (dialect, _) = detected(content.as_bytes(), None, Header::Detect).unwrap();
        assert_eq!(dialect.delimiter, b';');
    }

    #[test]
    fn no_first_row_is_an_error() {
        for content in ["", "\n\r\n\n", "\u{FEFF}"] {
            assert!(
                detected(content.as_bytes(), None, Header::Detect).unwrap_err().contains("empty"),
                "{content:?}"
            );
        }
        let endless = "\"".to_owned() + &"x\n".repeat(crate::input::csv::text::HEAD_BYTES);
        assert!(detected(endless.as_bytes(), None, Header::Detect).unwrap_err().contains("never closed"));
    }
}
