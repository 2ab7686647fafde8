//! The first row of a table, and the names of its columns.

use super::first_row::first_row;
use super::header::{Votes, has_second_header, joined_names};
use super::row::{TableRow, cells};
use crate::input::settings::Header;

/// The beginning of a table.
pub(in crate::input) struct TableStart {
    /// The index of its first row, which is its header if it has one.
    pub(in crate::input) first: usize,
    pub(in crate::input) header_rows: usize,
    /// The names as they are written, one for each cell of the header; none without a header.
    pub(in crate::input) names: Vec<String>,
}

impl TableStart {
    /// Finds the table in rows, at least one, of which most have `width` cells. If the user said
    /// where it begins, nothing above it is left out.
    pub(in crate::input) fn find<R: TableRow>(
        rows: &[R],
        width: usize,
        header: Header,
        starts_at_first: bool,
    ) -> Self {
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
            1 => cells(row).map(str::to_owned).collect(),
            _ => joined_names(row, &below[0]),
        };
        Self { first, header_rows, names }
    }
}
