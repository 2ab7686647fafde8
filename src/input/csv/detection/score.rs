//! How well a dialect fits: how regular the table is that it gives, and how many of its cells are of
//! a known kind. This is the measure of CleverCSV (van den Burg et al., 2019) with less weight on
//! the number of columns.

use super::sample::{Sample, SampleRow};
use crate::input::csv::dialect::Dialect;
use crate::input::table_start::{CellKind, TableRow, kind_of};

/// How well a dialect fits a sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct Score {
    value: f64,
    /// How many cells most rows have.
    pub(super) width: usize,
}

impl Score {
    pub(super) fn of(sample: &Sample, dialect: &Dialect) -> Self {
        let width = sample.usual_width();
        let filled: Vec<&SampleRow> = sample.rows.iter().filter(|row| row.filled() > 0).collect();
        let regular: Vec<&&SampleRow> = filled.iter().filter(|row| row.cells.len() == width).collect();
        if regular.is_empty() {
            return Self { value: 0.0, width };
        }
        let share = regular.len() as f64 / filled.len() as f64;
        let cells: Vec<&String> = regular.iter().flat_map(|row| &row.cells).collect();
        let known = cells.iter().map(|cell| credit(cell, dialect)).sum::<f64>() / cells.len() as f64;
        let repaired = filled.iter().filter(|row| row.is_repaired).count() as f64 / filled.len() as f64;
        let columns = if width == 1 { 0.001 } else { 1.0 - 0.5 / width as f64 };
        let value = share * share * known * columns * sample.coverage * (1.0 - repaired);
        Self { value, width }
    }

    /// By more than rounding: of equals, the first stays.
    pub(super) fn is_better_than(self, other: Self) -> bool {
        self.value > other.value * (1.0 + 1e-9)
    }
}

/// How well a cell fits into a table of this dialect, from 0 to 1.
fn credit(cell: &str, dialect: &Dialect) -> f64 {
    let text = cell.trim();
    match kind_of(text) {
        CellKind::Text => {}
        _ => return 1.0,
    }
    let is_quote = |c: char| c == '"' || (c == '\'' && text.len() > 1);
    if text.starts_with(is_quote) && text.ends_with(is_quote) {
        return 0.2;
    }
    let own = dialect.delimiter.as_str();
    let has_other = [";", "\t", "|"].iter().any(|other| *other != own && text.contains(other));
    let has_close_comma = own != "," && text.split(',').skip(1).any(|rest| !rest.starts_with(' '));
    match (has_other, has_close_comma) {
        (true, _) => 0.4,
        (_, true) => 0.7,
        _ => 0.95,
    }
}
