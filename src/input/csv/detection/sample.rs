//! The rows at the beginning of a file, as a dialect reads them.

use std::collections::HashMap;
use std::io::Cursor;

use crate::input::csv::dialect::{Dialect, Start};
use crate::input::csv::encoding::from_windows_1252;
use crate::input::csv::rows::{EndOfText, Rows};
use crate::input::csv::text::Text;
use crate::input::table_start::TableRow;

/// The rows that were read from the head of a file, without the last one if the head may have cut
/// it.
pub(super) struct Sample {
    pub(super) rows: Vec<SampleRow>,
    /// The share of the head that was read: a quote that is never closed hides the rest.
    pub(super) coverage: f64,
}

/// A row, and where it is.
pub(super) struct SampleRow {
    pub(super) cells: Vec<String>,
    /// Where it begins in the text, blank lines before it included.
    pub(super) start: Start,
    pub(super) line: u64,
    pub(super) is_repaired: bool,
}

impl TableRow for SampleRow {
    fn width(&self) -> usize {
        self.cells.len()
    }

    fn cell(&self, column: usize) -> Option<&str> {
        self.cells.get(column).map(String::as_str)
    }

    fn filled(&self) -> usize {
        self.cells.iter().filter(|cell| !cell.trim().is_empty()).count()
    }
}

impl Sample {
    pub(super) fn read(text: &Text, dialect: &Dialect, width: Option<usize>) -> Self {
        let end = if text.is_whole { EndOfText::Whole } else { EndOfText::Cut };
        let mut reader = Rows::new(Box::new(Cursor::new(text.head.clone())), *dialect, width, end);
        let (mut rows, mut read_to) = (Vec::new(), dialect.start.byte);
        if reader.skip_to_start().is_ok() {
            while reader.advance().unwrap_or(false) {
                let line = reader.line();
                let start = reader.start();
                let cells = reader.row().iter().map(text_of).collect();
                rows.push(SampleRow { cells, start, line, is_repaired: reader.is_repaired() });
                read_to = reader.end();
            }
        }
        if !text.is_whole {
            rows.pop();
        }
        Self { rows, coverage: read_to as f64 / text.head.len().max(1) as f64 }
    }

    /// How many cells most rows have that are not blank.
    pub(super) fn usual_width(&self) -> usize {
        let mut counts: HashMap<usize, usize> = HashMap::new();
        for row in self.rows.iter().filter(|row| row.filled() > 0) {
            *counts.entry(row.cells.len()).or_default() += 1;
        }
        let usual = counts.into_iter().max_by_key(|&(cells, rows)| (rows, cells));
        usual.map_or(1, |(cells, _)| cells)
    }
}

fn text_of(cell: &[u8]) -> String {
    match str::from_utf8(cell) {
        Ok(text) => text.to_owned(),
        Err(_) => from_windows_1252(cell).into_owned(),
    }
}
