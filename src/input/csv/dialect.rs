//! How a CSV file is written, detected from its beginning: the delimiter, whether there is a
//! header, and the names of the columns.

use std::collections::HashMap;

use ::csv::{ByteRecord, ReaderBuilder};

use super::encoding::from_windows_1252;
use super::text::Text;
use crate::input::columns::{numbered_names, unique_names};
use crate::input::settings::Header;

/// In order of preference where several fit equally well.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) delimiter: u8,
    pub(super) has_header: bool,
    /// Lines end in CR LF and not in LF; this matters only for line numbers.
    pub(super) has_carriage_returns: bool,
}

/// Why a file has no first row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoFirstRow {
    Empty,
    /// The first row does not end in the part that is inspected.
    Endless,
}

impl NoFirstRow {
    pub(super) const fn problem(self) -> &'static str {
        match self {
            Self::Empty => "the file is empty",
            Self::Endless => "the first row does not end within 64 KiB",
        }
    }

    pub(super) const fn help(self) -> &'static str {
        match self {
            Self::Empty => "check how it was made; a list has at least a row with the names of its columns",
            Self::Endless => "check that it is a CSV file; a quote in it may be opened and never closed",
        }
    }
}

/// Finds the dialect and the names of the columns.
///
/// The delimiter is the one that gives most rows the same number of cells, at least two. If there
/// is none, the list has one column and the delimiter is a comma. Without a header there are as
/// many columns as most rows have cells.
pub(super) fn detect(
    text: &Text,
    delimiter: Option<u8>,
    header: Header,
) -> Result<(Dialect, Vec<String>), NoFirstRow> {
    let delimiter = delimiter.unwrap_or_else(|| most_regular_delimiter(text));
    let rows = sample(text, delimiter);
    let Some(first) = rows.first() else {
        return Err(if text.is_whole { NoFirstRow::Empty } else { NoFirstRow::Endless });
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

fn most_regular_delimiter(text: &Text) -> u8 {
    let mut best = (b',', Width::default());
    for delimiter in DELIMITERS {
        let width = usual_width(&sample(text, delimiter));
        if width.cells > 1 && width.is_more_regular_than(best.1) {
            best = (delimiter, width);
        }
    }
    best.0
}

/// The rows of the head, without the last one if the head may have cut it.
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

/// How many cells most rows have, and how many of the rows those are.
#[derive(Clone, Copy, Default)]
struct Width {
    cells: usize,
    rows: usize,
    all_rows: usize,
}

impl Width {
    /// By their share first, then by the number of cells.
    fn is_more_regular_than(self, other: Self) -> bool {
        let (share, other_share) = (self.rows * other.all_rows.max(1), other.rows * self.all_rows.max(1));
        share > other_share || (share == other_share && self.cells > other.cells)
    }
}

fn usual_width(rows: &[ByteRecord]) -> Width {
    let mut counts: HashMap<usize, usize> = HashMap::new();
    for row in rows {
        *counts.entry(row.len()).or_default() += 1;
    }
    let usual = counts.into_iter().max_by_key(|&(cells, rows)| (rows, cells));
    usual.map_or_else(Width::default, |(cells, count)| Width { cells, rows: count, all_rows: rows.len() })
}

fn text_of(cell: &[u8]) -> String {
    match str::from_utf8(cell) {
        Ok(text) => text.to_owned(),
        Err(_) => from_windows_1252(cell).into_owned(),
    }
}

/// Whether a cell of a first row is more likely a value than a column's name: an e-mail address, or
/// digits with only the signs of phone numbers, dates, decimals, spreadsheets and other delimiters
/// around them.
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
    use crate::input::csv::source::TextSource;

    fn detected(
        content: &[u8],
        delimiter: Option<u8>,
        header: Header,
    ) -> Result<(Dialect, Vec<String>), NoFirstRow> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        fs::write(&path, content).unwrap();
        detect(&Text::open(&TextSource::File(path.into()), None).unwrap(), delimiter, header)
    }

    fn delimiter(content: &str) -> char {
        detected(content.as_bytes(), None, Header::Detect).unwrap().0.delimiter.into()
    }

    #[test]
    fn the_most_regular_delimiter_is_taken() {
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
    fn a_first_row_that_looks_like_data_is_not_a_header() {
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
    fn settings_of_the_user_are_not_questioned() {
        let (dialect, names) = detected(b"1;2\n3;4\n", Some(b','), Header::Present).unwrap();
        assert_eq!((dialect.delimiter, dialect.has_header, names), (b',', true, vec!["1;2".into()]));
        let (dialect, names) = detected(b"name;phone\n", None, Header::Absent).unwrap();
        assert_eq!((dialect.has_header, names), (false, vec!["column_1".into(), "column_2".into()]));
    }

    #[test]
    fn without_a_header_most_rows_decide_how_many_columns_there_are() {
        let (_, names) = detected(b"1\n1;2;3\n1;2;3\n", None, Header::Detect).unwrap();
        assert_eq!(names.len(), 3);
    }

    #[test]
    fn a_row_that_the_head_cuts_is_not_counted() {
        let content = "a;b\n".repeat(9) + &"x".repeat(crate::input::csv::text::HEAD_BYTES);
        let (dialect, _) = detected(content.as_bytes(), None, Header::Detect).unwrap();
        assert_eq!(dialect.delimiter, b';');
    }

    #[test]
    fn a_file_without_a_first_row_is_an_error() {
        for content in ["", "\n\r\n\n", "\u{FEFF}"] {
            let error = detected(content.as_bytes(), None, Header::Detect).unwrap_err();
            assert_eq!(error.problem(), "the file is empty", "{content:?}");
        }
        let endless = "\"".to_owned() + &"x\n".repeat(crate::input::csv::text::HEAD_BYTES);
        let error = detected(endless.as_bytes(), None, Header::Detect).unwrap_err();
        assert!(error.help().contains("never closed"), "{error:?}");
    }
}
