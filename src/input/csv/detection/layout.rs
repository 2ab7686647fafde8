//! The columns of the table in a file, and what is unusual about its rows.

use super::sample::{Sample, SampleRow};
use crate::humanize::counted;
use crate::input::csv::dialect::Start;
use crate::input::settings::Header;
use crate::input::table_start::TableStart;

/// Where the table is, and what its columns are called.
pub(super) struct Layout {
    pub(super) start: Start,
    pub(super) header_rows: usize,
    /// The names as they are written, one for each column; blank where there are none.
    pub(super) written_names: Vec<String>,
    pub(super) has_comments: bool,
    /// How many lines are above the table.
    rows_above: usize,
    first_line: u64,
    /// How many columns have no name because rows are longer than the header.
    unnamed: usize,
    /// Rows end in a delimiter that the header does not have.
    has_trailing_delimiters: bool,
}

impl Layout {
    /// Finds the table in a sample that has rows. If the user said where it begins, nothing above
    /// it is left out.
    pub(super) fn of(sample: &Sample, width: usize, header: Header, starts_at_first: bool) -> Self {
        let rows = &sample.rows[..];
        let TableStart { first, header_rows, mut names } =
            TableStart::find(rows, width, header, starts_at_first);
        let row = &rows[first];
        let body = &rows[first + header_rows..];
        let named = names.len();
        let has_surplus = |row: &SampleRow| row.cells.iter().skip(named).any(|cell| !cell.is_empty());
        let is_wider = header_rows > 0
            && width > named
            && body.iter().filter(|row| row.cells.len() == width).count() * 2 > body.len();
        let has_trailing_delimiters = is_wider && !body.iter().any(has_surplus);
        let columns = match header_rows {
            0 => width,
            _ if is_wider && !has_trailing_delimiters => width,
            _ => named,
        };
        let unnamed = if header_rows > 0 { columns.saturating_sub(named) } else { 0 };
        names.resize(columns.max(1), String::new());
        let is_comment = |row: &SampleRow| row.cells.len() != width && row.cells[0].starts_with('#');
        let has_comments = width > 1
            && body.iter().any(is_comment)
            && body.iter().all(|row| is_comment(row) || !row.cells[0].starts_with('#'));
        Self {
            start: if first == 0 { rows[0].start } else { row.start },
            header_rows,
            written_names: names,
            has_comments,
            rows_above: first,
            first_line: row.line,
            unnamed,
            has_trailing_delimiters,
        }
    }

    pub(super) fn remarks(&self, has_separator_line: bool) -> Vec<String> {
        let mut remarks = Vec::new();
        if has_separator_line {
            remarks.push("the first line names the delimiter and is not a row".into());
        }
        if self.rows_above > 0 {
            remarks.push(format!(
                "{} above the table, which begins in line {}, left out (--skip-lines overrides)",
                counted(self.rows_above as u64, "row"),
                self.first_line
            ));
        }
        if self.header_rows > 1 {
            remarks.push(format!("the names of the columns are in {} lines", self.header_rows));
        }
        match self.unnamed {
            0 => {}
            1 => remarks.push("rows have one cell more than the header; its column is unnamed".into()),
            count => remarks
                .push(format!("rows have {count} cells more than the header; their columns are unnamed")),
        }
        if self.has_trailing_delimiters {
            remarks.push(
                "rows end in a delimiter that the header does not have; the empty cell was left out".into(),
            );
        }
        remarks
    }
}
