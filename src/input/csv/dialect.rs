//! How a CSV file is written.

use ::csv::ReaderBuilder;

use crate::input::settings::Delimiter;

/// What the csv crate gets in place of a delimiter that it cannot read: a byte that ASCII made for
/// this.
pub(super) const UNIT_SEPARATOR: u8 = 0x1F;

/// How the rows of a file are written, and where they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) delimiter: Delimiter,
    pub(super) quote: Option<u8>,
    /// Written before a quote in a quoted cell. A doubled quote is understood anyway.
    pub(super) escape: Option<u8>,
    pub(super) blanks: Blanks,
    /// A line that begins with this byte is not a row.
    pub(super) comment: Option<u8>,
    /// `\N` is null, as in the exports of MySQL.
    pub(super) has_mysql_nulls: bool,
    /// How many rows name the columns.
    pub(super) header_rows: usize,
    /// Lines end in CR LF and not in LF; this matters only for line numbers.
    pub(super) has_carriage_returns: bool,
    pub(super) start: Start,
}

/// Where the table begins in the text, after lines that are not part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) byte: u64,
    /// How many lines are before it.
    pub(super) lines: u64,
}

/// What blanks beside a delimiter mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Blanks {
    /// They belong to the cell.
    #[default]
    Kept,
    /// They belong to the cell unless it is quoted after them.
    DroppedBeforeQuotes,
    /// The first one after a delimiter belongs to it.
    PartOfDelimiter,
}

impl Dialect {
    /// RFC 4180 with this delimiter.
    pub(super) fn plain(delimiter: Delimiter) -> Self {
        Self {
            delimiter,
            quote: Some(b'"'),
            escape: None,
            blanks: Blanks::Kept,
            comment: None,
            has_mysql_nulls: false,
            header_rows: 0,
            has_carriage_returns: false,
            start: Start::default(),
        }
    }

    /// The byte between the cells that the csv crate reads.
    pub(super) fn read_delimiter(&self) -> u8 {
        self.delimiter.byte().unwrap_or(UNIT_SEPARATOR)
    }

    /// The options of the csv crate.
    pub(super) fn reader(&self) -> ReaderBuilder {
        let mut builder = ReaderBuilder::new();
        builder
            .delimiter(self.read_delimiter())
            .quoting(self.quote.is_some())
            .quote(self.quote.unwrap_or(b'"'))
            .escape(self.escape)
            .comment(self.comment)
            .flexible(true)
            .has_headers(false);
        builder
    }
}
