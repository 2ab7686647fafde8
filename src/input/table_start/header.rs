//! Whether a row names the columns, by comparing its cells with those below.

use super::cell_kind::{CellKind, has_contact, kind_of};
use super::row::{TableRow, cells};

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
    pub(super) fn of<R: TableRow>(row: &R, below: &[R]) -> Self {
        let mut votes = Self::default();
        let below = &below[..below.len().min(COMPARED_ROWS)];
        for (column, cell) in cells(row).enumerate() {
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
    pub(super) fn are_for_header<R: TableRow>(self, row: &R) -> bool {
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
fn values_are_a_series<R: TableRow>(row: &R) -> bool {
    let values: Vec<&str> = cells(row)
        .map(str::trim)
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
fn kind_of_column<R: TableRow>(rows: &[R], column: usize) -> Option<CellKind> {
    let kinds: Vec<CellKind> = rows
        .iter()
        .filter_map(|row| row.cell(column))
        .map(kind_of)
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

/// Whether the second row names the columns too: the first row leaves blank what it names, and the
/// columns below are of other kinds.
pub(super) fn has_second_header<R: TableRow>(rows: &[R]) -> bool {
    let [first, second, below @ ..] = rows else { return false };
    let blank = |row: &R, column: usize| row.cell(column).is_none_or(|cell| cell.trim().is_empty());
    let last_filled = (0..first.width()).rposition(|column| !blank(first, column)).unwrap_or(0);
    let fills_a_gap = (1..last_filled).any(|column| blank(first, column) && !blank(second, column));
    let votes = Votes::of(second, below);
    fills_a_gap
        && first.width() == second.width()
        && votes.header > 0
        && votes.data + votes.other_kind + votes.contacts + votes.values == 0
}

/// The names in two rows, joined; a name in the first row belongs to the blanks after it, too.
pub(super) fn joined_names<R: TableRow>(first: &R, second: &R) -> Vec<String> {
    let mut group = "";
    let mut names = Vec::with_capacity(first.width());
    for (upper, lower) in cells(first).zip(cells(second)) {
        let (upper, lower) = (upper.trim(), lower.trim());
        if !upper.is_empty() || lower.is_empty() {
            group = upper;
        }
        let parts: Vec<&str> = [group, lower].into_iter().filter(|part| !part.is_empty()).collect();
        names.push(parts.join(" "));
    }
    names
}
