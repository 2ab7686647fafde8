//! Whether a row names the columns, by comparing its cells with those below.

use super::cell_kind::{CellKind, has_contact, kind_of};
use super::sample::SampleRow;

/// The share of the filled cells of a column that make it a column of one kind.
const KIND_SHARE: f64 = 0.8;

/// How many rows are compared.
const COMPARED_ROWS: usize = 1000;

/// What the cells of a row say about it, one vote for each column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Votes {
    /// Text above a column of numbers, dates or addresses.
    pub(super) header: usize,
    /// Another kind of value than the column has.
    pub(super) other_kind: usize,
    /// The same kind of value as the column has, and not text.
    pub(super) data: usize,
    /// Cells that are values, whatever is below.
    pub(super) values: usize,
    pub(super) contacts: usize,
}

impl Votes {
    pub(super) fn of(row: &SampleRow, below: &[SampleRow]) -> Self {
        let mut votes = Self::default();
        let below = &below[..below.len().min(COMPARED_ROWS)];
        for (column, cell) in row.cells.iter().enumerate() {
            votes.contacts += usize::from(has_contact(cell));
            let kind = kind_of(cell);
            votes.values += usize::from(!matches!(kind, CellKind::Text | CellKind::Empty));
            match (kind, kind_of_column(below, column)) {
                (CellKind::Empty, _) | (_, None) => {}
                (CellKind::Text, Some(CellKind::Text)) => {}
                (CellKind::Text, Some(_)) => votes.header += 1,
                (_, Some(CellKind::Text)) => {}
                (own, Some(other)) if own == other => votes.data += 1,
                _ => votes.other_kind += 1,
            }
        }
        votes
    }

    /// Whether the row names the columns. Where nothing below tells, a row without a value does.
    pub(super) fn are_for_header(self, row: &SampleRow) -> bool {
        if self.contacts > 0 {
            return false;
        }
        match (self.header, self.data) {
            (0, 0) => self.values == self.other_kind,
            (0, _) => false,
            (_, 0) => true,
            _ => values_are_a_series(row),
        }
    }
}

/// `name,2019,2020,2021`: values that name the columns of a table are distinct years or dates, or
/// a series of numbers.
fn values_are_a_series(row: &SampleRow) -> bool {
    let values: Vec<&str> = row
        .cells
        .iter()
        .map(|cell| cell.trim())
        .filter(|cell| matches!(kind_of(cell), CellKind::Number | CellKind::Date))
        .collect();
    let numbers: Option<Vec<i64>> = values.iter().map(|value| value.parse().ok()).collect();
    match numbers {
        Some(numbers) => {
            let years = numbers.iter().all(|number| (1900..=2100).contains(number));
            let steps = numbers.windows(2).all(|pair| pair[1] - pair[0] == 1);
            (years && numbers.windows(2).all(|pair| pair[0] != pair[1])) || (numbers.len() >= 2 && steps)
        }
        None => false,
    }
}

/// The kind that most filled cells of a column have.
pub(super) fn kind_of_column(rows: &[SampleRow], column: usize) -> Option<CellKind> {
    let kinds: Vec<CellKind> = rows
        .iter()
        .filter_map(|row| row.cells.get(column))
        .map(|cell| kind_of(cell))
        .filter(|kind| *kind != CellKind::Empty)
        .collect();
    if kinds.is_empty() {
        return None;
    }
    [CellKind::Number, CellKind::Date, CellKind::Email]
        .into_iter()
        .find(|kind| {
            let count = kinds.iter().filter(|other| *other == kind).count();
            count as f64 >= KIND_SHARE * kinds.len() as f64
        })
        .or(Some(CellKind::Text))
}
