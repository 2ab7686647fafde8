//! Where a table begins in the rows of a list, and what its columns are called. CSV files and the
//! sheets of workbooks are judged alike, so that a sheet is read as its CSV export would be.

mod cell_kind;
mod first_row;
mod header;

pub(super) use self::cell_kind::{CellKind, kind_of};
use self::first_row::first_row;
use self::header::{Votes, has_second_header, joined_names};
use super::settings::Header;

/// A row, whatever it was read from.
pub(super) trait TableRow {
    /// How many cells it has, blank ones included.
    fn width(&self) -> usize;

    /// The text of a cell; `None` behind the last one.
    fn cell(&self, column: usize) -> Option<&str>;

    /// How many cells are not blank.
    fn filled(&self) -> usize;
}

/// The beginning of a table.
pub(super) struct TableStart {
    /// The index of its first row, which is its header if it has one.
    pub(super) first: usize,
    pub(super) header_rows: usize,
    /// The names as they are written, one for each cell of the header; none without a header.
    pub(super) names: Vec<String>,
}

impl TableStart {
    /// Finds the table in rows, at least one, of which most have `width` cells. If the user said
    /// where it begins, nothing above it is left out.
    pub(super) fn find<R: TableRow>(rows: &[R], width: usize, header: Header, starts_at_first: bool) -> Self {
        let first = if starts_at_first { 0 } else { first_row(rows, width) };
        let (row, below) = (&rows[first], &rows[first + 1..]);
        let is_header = match header {
            Header::Present => true,
            Header::Absent => false,
            Header::Detect => Votes::of(row, below).are_for_header(row),
        };
        let header_rows = match is_header {
            false => 0,
            true if has_second_header(&rows[first..]) => 2,
            true => 1,
        };
        let names = match header_rows {
            0 => Vec::new(),
            1 => (0..row.width()).map(|column| row.cell(column).unwrap_or_default().to_owned()).collect(),
            _ => joined_names(row, &below[0]),
        };
        Self { first, header_rows, names }
    }
}
