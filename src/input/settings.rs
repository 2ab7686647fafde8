//! Which files to read, and how.

/// The most text or Parquet data that one batch holds, in bytes, give or take a row. Rows of
/// ordinary length reach [`InputSettings::batch_rows`] first.
pub(super) const BATCH_BYTES: usize = 4 << 20;

/// Which files to read, and how.
#[derive(Clone, Debug)]
pub struct InputSettings {
    /// Files, folders, glob patterns, or `-` alone for a CSV list on standard input.
    pub paths: Vec<String>,
    /// The byte between two cells of a CSV row; `None` to detect it.
    pub delimiter: Option<u8>,
    /// Whether CSV lists begin with the names of their columns.
    pub header: Header,
    /// The sheet of a workbook; `None` for the first visible one that has cells.
    pub sheet: Option<String>,
    /// The most rows of a batch. Long rows make smaller batches.
    pub batch_rows: usize,
}

impl InputSettings {
    /// These files, everything else detected, in batches of 4096 rows.
    #[must_use]
    pub fn new(paths: Vec<String>) -> Self {
        Self { paths, delimiter: None, header: Header::Detect, sheet: None, batch_rows: 4096 }
    }
}

/// Whether the first row of a CSV list names the columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Header {
    /// It does, unless one of its cells looks like data: a number, a phone number, a date or an
    /// e-mail address.
    #[default]
    Detect,
    /// It does.
    Present,
    /// It does not; the columns become `column_1`, `column_2` and so on.
    Absent,
}
