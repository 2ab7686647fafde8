//! What was found while reading that is worth a warning and not an error: ragged rows, unexpected
//! encodings, and what was detected instead of given.

use std::fmt;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::settings::Delimiter;
use crate::humanize::grouped;
use crate::sync;

/// How many lines are remembered for each kind of finding.
const FIRST_LINES: usize = 5;

/// The findings of one list. Readable at any time, complete when the last batch has arrived.
#[derive(Debug, Default)]
pub struct InputNotes {
    csv_files: Vec<CsvFile>,
    remarks: Mutex<Vec<String>>,
    short_rows: Tally,
    long_rows: Tally,
    windows_1252: Tally,
    cells_outside: Tally,
    repaired_quotes: Tally,
    repeated_headers: Tally,
    long_cells: Tally,
}

impl InputNotes {
    pub(super) fn of_csv(csv_files: Vec<CsvFile>) -> Self {
        Self { csv_files, ..Self::default() }
    }

    /// The same notes, with what was found before the first row was read.
    pub(super) fn with_remarks(self, remarks: Vec<String>) -> Self {
        self.add_remarks(remarks);
        self
    }

    pub(super) fn add_remarks(&self, remarks: Vec<String>) {
        sync::lock(&self.remarks).extend(remarks);
    }

    /// What a user should know before the first row is read, each as a sentence: what was detected
    /// in CSV files, which sheet of a workbook is read, and how files with different columns became
    /// one list.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let of_csv = |file: &CsvFile| {
            let path = file.path.display().to_string();
            file.remarks.iter().map(move |remark| format!("{path}: {remark}")).collect::<Vec<_>>()
        };
        let mut remarks: Vec<String> = self.csv_files.iter().flat_map(of_csv).collect();
        remarks.extend(sync::lock(&self.remarks).iter().cloned());
        remarks
    }

    /// How each CSV file was understood. There are none for Parquet, which describes itself.
    #[must_use]
    pub fn csv_files(&self) -> &[CsvFile] {
        &self.csv_files
    }

    /// Rows with fewer cells than there are columns; the missing ones are null.
    #[must_use]
    pub fn short_rows(&self) -> Finding {
        self.short_rows.finding()
    }

    /// Rows with more cells than there are columns. The surplus, most often text with an unquoted
    /// delimiter, was joined back to the last column. Empty surplus cells are dropped; a row that
    /// has only one of them, behind the delimiter at its end, is not counted.
    #[must_use]
    pub fn long_rows(&self) -> Finding {
        self.long_rows.finding()
    }

    /// Cells that are not UTF-8 and were read as Windows-1252.
    #[must_use]
    pub fn windows_1252_cells(&self) -> Finding {
        self.windows_1252.finding()
    }

    /// Rows with a quote that is never closed, or with one inside of a quoted cell.
    #[must_use]
    pub fn repaired_quotes(&self) -> Finding {
        self.repaired_quotes.finding()
    }

    /// Rows that are the header again; they are left out.
    #[must_use]
    pub fn repeated_headers(&self) -> Finding {
        self.repeated_headers.finding()
    }

    /// Quoted cells of many lines with delimiters in them: rows may be hidden in one.
    #[must_use]
    pub fn long_cells(&self) -> Finding {
        self.long_cells.finding()
    }

    pub(super) fn note_repaired_quote(&self, line: impl FnOnce() -> FileLine) {
        self.repaired_quotes.note(line);
    }

    pub(super) fn note_repeated_header(&self, line: impl FnOnce() -> FileLine) {
        self.repeated_headers.note(line);
    }

    pub(super) fn note_long_cell(&self, line: impl FnOnce() -> FileLine) {
        self.long_cells.note(line);
    }

    pub(super) fn note_short_row(&self, line: impl FnOnce() -> FileLine) {
        self.short_rows.note(line);
    }

    pub(super) fn note_long_row(&self, line: impl FnOnce() -> FileLine) {
        self.long_rows.note(line);
    }

    pub(super) fn note_windows_1252(&self, line: impl FnOnce() -> FileLine) {
        self.windows_1252.note(line);
    }

    /// Cells of a workbook outside of the columns of its table; they are left out.
    #[must_use]
    pub fn cells_outside(&self) -> Finding {
        self.cells_outside.finding()
    }

    #[cfg_attr(not(feature = "xlsx"), allow(dead_code, reason = "only workbooks have such cells"))]
    pub(super) fn note_cell_outside(&self, line: impl FnOnce() -> FileLine) {
        self.cells_outside.note(line);
    }

    /// What was found while reading and a person should know of, each as a sentence.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let findings = [
            (
                self.short_rows(),
                "row has too few cells; the missing ones are null",
                "rows have too few cells; the missing ones are null",
            ),
            (
                self.long_rows(),
                "row has too many cells; the surplus was joined to the last column",
                "rows have too many cells; the surplus was joined to the last column",
            ),
            (
                self.windows_1252_cells(),
                "cell is not UTF-8 and was read as Windows-1252",
                "cells are not UTF-8 and were read as Windows-1252",
            ),
            (
                self.cells_outside(),
                "cell lies outside of the columns of the table and was left out",
                "cells lie outside of the columns of the table and were left out",
            ),
            (
                self.repaired_quotes(),
                "row has a quote that does not fit; it was read as text",
                "rows have a quote that does not fit; it was read as text",
            ),
            (
                self.repeated_headers(),
                "row is the header again; it was left out",
                "rows are the header again; they were left out",
            ),
            (
                self.long_cells(),
                "quoted cell has many lines and delimiters; check that no rows are hidden in it",
                "quoted cells have many lines and delimiters; check that no rows are hidden in them",
            ),
        ];
        let findings = findings.into_iter().filter(|(finding, ..)| finding.count > 0).map(
            |(finding, singular, plural)| {
                let what = if finding.count == 1 { singular } else { plural };
                format!("{} {what} (first in {})", grouped(finding.count), finding.first_lines())
            },
        );
        findings.collect()
    }
}

/// How a CSV file was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvFile {
    /// The file; `-` for standard input.
    pub path: PathBuf,
    /// What separates two cells.
    pub delimiter: Delimiter,
    /// The character around cells that contain delimiters.
    pub quote: Option<char>,
    /// The character before a quote in a quoted cell, if it is not doubled.
    pub escape: Option<char>,
    /// Whether the first row was taken for the names of the columns.
    pub has_header: bool,
    /// Its name in the WHATWG Encoding Standard. In `UTF-8`, single cells may still be Windows-1252.
    pub encoding: &'static str,
    /// `gzip`, `zstd`, `bzip2`, `xz` or `zip`.
    pub compression: Option<&'static str>,
    /// What was detected and is unusual, each as a sentence.
    pub remarks: Vec<String>,
}

/// How often something was found, and where first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// How often.
    pub count: u64,
    /// The first few lines, in order.
    pub first: Vec<FileLine>,
}

impl Finding {
    fn first_lines(&self) -> String {
        let lines: Vec<String> = self.first.iter().map(FileLine::to_string).collect();
        lines.join("; ")
    }
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLine {
    /// The file; `-` for standard input.
    pub file: PathBuf,
    /// Counted from 1, the header included.
    pub line: u64,
}

impl fmt::Display for FileLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", self.file.display(), self.line)
    }
}

#[derive(Debug, Default)]
struct Tally {
    count: AtomicU64,
    first: Mutex<Vec<FileLine>>,
}

impl Tally {
    fn note(&self, line: impl FnOnce() -> FileLine) {
        if self.count.fetch_add(1, Ordering::Relaxed) < FIRST_LINES as u64 {
            sync::lock(&self.first).push(line());
        }
    }

    fn finding(&self) -> Finding {
        let first = sync::lock(&self.first).clone();
        Finding { count: self.count.load(Ordering::Relaxed), first }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_findings_are_counted_and_the_first_are_named() {
        let notes = InputNotes::default();
        assert!(notes.warnings().is_empty());
        for line in 2..100 {
            notes.note_short_row(|| FileLine { file: "list.csv".into(), line });
        }
        let [warning] = &notes.warnings()[..] else { panic!("one kind of finding makes one sentence") };
        assert!(warning.starts_with("98 rows have too few cells"), "{warning}");
        assert!(warning.contains("list.csv, line 2; list.csv, line 3"), "{warning}");
        assert_eq!(notes.short_rows().first.len(), FIRST_LINES);
        notes.note_long_row(|| FileLine { file: "list.csv".into(), line: 7 });
        assert!(notes.warnings()[1].starts_with("1 row has too many cells"), "{:?}", notes.warnings());
    }

    #[test]
    fn what_was_detected_is_said_before_the_first_row_and_not_again() {
        let file = CsvFile {
            path: "list.csv".into(),
            delimiter: b','.into(),
            quote: None,
            escape: None,
            has_header: true,
            encoding: "UTF-8",
            compression: None,
            remarks: vec!["2 rows above the table".into()],
        };
        let notes = InputNotes::of_csv(vec![file]).with_remarks(vec!["1 file lacks a column".into()]);
        assert_eq!(notes.remarks(), ["list.csv: 2 rows above the table", "1 file lacks a column"]);
        assert!(notes.warnings().is_empty());
    }
}
