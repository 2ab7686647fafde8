//! Which files to read, and how.

use std::fmt;

use encoding_rs::Encoding;

use crate::storage::Storage;

/// The most text or Parquet data that one batch holds, in bytes, give or take a row. Rows of
/// ordinary length reach [`InputSettings::batch_rows`] first.
pub(super) const BATCH_BYTES: usize = 4 << 20;

/// Which files to read, and how.
#[derive(Clone, Debug)]
pub struct InputSettings {
    /// Files, folders, glob patterns, or `-` alone for a CSV list on standard input. Also as URLs of
    /// objects.
    pub paths: Vec<String>,
    /// How object stores are reached.
    pub storage: Storage,
    /// What separates two cells of a CSV row; `None` to detect it.
    pub delimiter: Option<Delimiter>,
    /// Whether CSV lists begin with the names of their columns.
    pub header: Header,
    /// The sheet of a workbook; `None` for the first visible one that has cells.
    pub sheet: Option<String>,
    /// How many lines at the top of a CSV list are not part of it; `None` to detect it.
    pub skip_lines: Option<u64>,
    /// The character around CSV cells that contain delimiters.
    pub quote: Sign,
    /// The character before a quote that belongs to a quoted CSV cell. Without one, such a quote is
    /// doubled.
    pub escape: Sign,
    /// The encoding of CSV lists; `None` to detect it.
    pub encoding: Option<&'static Encoding>,
    /// The most rows of a batch. Long rows make smaller batches.
    pub batch_rows: usize,
}

impl InputSettings {
    /// These files, everything else detected, in batches of 4096 rows.
    #[must_use]
    pub fn new(paths: Vec<String>) -> Self {
        Self {
            paths,
            storage: Storage::default(),
            delimiter: None,
            header: Header::Detect,
            sheet: None,
            skip_lines: None,
            quote: Sign::Detect,
            escape: Sign::Detect,
            encoding: None,
            batch_rows: 4096,
        }
    }
}

/// Whether the first row of a CSV list names the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Header {
    /// It does, unless the rows below it show that it is one of them, or it holds a contact.
    #[default]
    Detect,
    /// It does.
    Present,
    /// It does not; the columns become `column_1`, `column_2` and so on.
    Absent,
}

/// A character with a meaning in CSV lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sign {
    /// What fits the list best.
    #[default]
    Detect,
    /// There is none.
    Absent,
    /// This ASCII character.
    Byte(u8),
}

/// What separates two cells of a CSV row: one to four bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Delimiter {
    bytes: [u8; Self::MAX_BYTES],
    length: usize,
}

impl Delimiter {
    const MAX_BYTES: usize = 4;

    /// `None` when the text is empty, too long, or has letters, digits, quotes or line ends in it.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let may_separate = |c: char| !c.is_alphanumeric() && !matches!(c, '"' | '\r' | '\n');
        (!text.is_empty() && text.len() <= Self::MAX_BYTES && text.chars().all(may_separate)).then(|| {
            let mut bytes = [0; Self::MAX_BYTES];
            bytes[..text.len()].copy_from_slice(text.as_bytes());
            Self { bytes, length: text.len() }
        })
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).expect("it was made of text")
    }

    /// The byte, when it is only one.
    #[must_use]
    pub fn byte(&self) -> Option<u8> {
        (self.length == 1).then_some(self.bytes[0])
    }
}

impl From<u8> for Delimiter {
    /// # Panics
    ///
    /// When the byte is not ASCII, or is a letter, digit, quote or line end.
    fn from(byte: u8) -> Self {
        Self::new(char::from(byte).encode_utf8(&mut [0; 4])).expect("this byte may separate cells")
    }
}

impl fmt::Debug for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// As messages name it: `tab`, or the text in quotes.
impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_str() {
            "\t" => f.write_str("tab"),
            text => write!(f, "{text:?}"),
        }
    }
}
