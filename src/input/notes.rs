//! What was found while reading that is no error and yet should be told: ragged rows, odd encodings,
//! and what was detected rather than given.

use std::fmt;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::sync;

/// How many places are remembered of each kind of finding.
const FIRST_PLACES: usize = 5;

/// The findings of one run. Complete when the last batch has arrived, readable at any time.
#[derive(Debug, Default)]
pub struct InputNotes {
    csv_files: Vec<CsvFile>,
    short_rows: Tally,
    long_rows: Tally,
    windows_1252: Tally,
}

impl InputNotes {
    pub(super) fn of_csv(csv_files: Vec<CsvFile>) -> Self {
        Self { csv_files, ..Self::default() }
    }

    /// How each CSV file was understood; none for Parquet, which explains itself.
    #[must_use]
    pub fn csv_files(&self) -> &[CsvFile] {
        &self.csv_files
    }

    /// Rows with fewer cells than there are columns; the missing ones are null.
    #[must_use]
    pub fn short_rows(&self) -> Noted {
        self.short_rows.noted()
    }

    /// Rows with more cells than there are columns. The surplus, most often text with a delimiter that
    /// nobody quoted, was joined back to the last column. Surplus cells without content are dropped, and a row
    /// that has no others is not counted.
    #[must_use]
    pub fn long_rows(&self) -> Noted {
        self.long_rows.noted()
    }

    /// Cells that are not UTF-8 and were read as Windows-1252.
    #[must_use]
    pub fn windows_1252_cells(&self) -> Noted {
        self.windows_1252.noted()
    }

    pub(super) fn note_short_row(&self, place: impl FnOnce() -> Place) {
        self.short_rows.note(place);
    }

    pub(super) fn note_long_row(&self, place: impl FnOnce() -> Place) {
        self.long_rows.note(place);
    }

    pub(super) fn note_windows_1252(&self, place: impl FnOnce() -> Place) {
        self.windows_1252.note(place);
    }

    /// The findings that a person should know of, a sentence each; none when all was well.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let findings = [
            (self.short_rows(), "rows have too few cells; the missing ones are null"),
            (self.long_rows(), "rows have too many cells; the surplus was joined to the last column"),
            (self.windows_1252_cells(), "cells are not UTF-8 and were read as Windows-1252"),
        ];
        findings
            .into_iter()
            .filter(|(noted, _)| noted.count > 0)
            .map(|(noted, what)| format!("{} {what} (first in {})", noted.count, noted.first_places()))
            .collect()
    }
}

/// How a CSV file was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvFile {
    /// The file; `-` for standard input.
    pub path: PathBuf,
    /// The byte between two cells.
    pub delimiter: u8,
    /// Whether the first row was taken for the names of the columns.
    pub has_header: bool,
    /// `UTF-8`, `UTF-16LE` or `UTF-16BE`; single cells may be Windows-1252 in spite of it.
    pub encoding: &'static str,
    /// `gzip` or `zstd`.
    pub compression: Option<&'static str>,
}

/// How often something was found, and where first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Noted {
    /// How often.
    pub count: u64,
    /// The first few places, in order.
    pub first: Vec<Place>,
}

impl Noted {
    fn first_places(&self) -> String {
        let places: Vec<String> = self.first.iter().map(Place::to_string).collect();
        places.join("; ")
    }
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file; `-` for standard input.
    pub file: PathBuf,
    /// Counted from 1, the header included.
    pub line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", self.file.display(), self.line)
    }
}

#[derive(Debug, Default)]
struct Tally {
    count: AtomicU64,
    first: Mutex<Vec<Place>>,
}

impl Tally {
    fn note(&self, place: impl FnOnce() -> Place) {
        if self.count.fetch_add(1, Ordering::Relaxed) < FIRST_PLACES as u64 {
            sync::lock(&self.first).push(place());
        }
    }

    fn noted(&self) -> Noted {
        let first = sync::lock(&self.first).clone();
        Noted { count: self.count.load(Ordering::Relaxed), first }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_first_are_named() {
        let notes = InputNotes::default();
        assert!(notes.warnings().is_empty());
        for line in 2..100 {
            notes.note_short_row(|| Place { file: "list.csv".into(), line });
        }
        let [warning] = &notes.warnings()[..] else { panic!("one kind of finding, one sentence") };
        assert!(warning.starts_with("98 rows have too few cells"), "{warning}");
        assert!(warning.contains("list.csv, line 2; list.csv, line 3"), "{warning}");
        assert_eq!(notes.short_rows().first.len(), FIRST_PLACES);
    }
}
