//! Where the table is in the rows of a file: the lines above it, its header, and its columns.

use super::cell_kind::has_contact;
use super::header::Votes;
use super::sample::{Sample, SampleRow};
use crate::input::csv::dialect::Start;
use crate::input::settings::Header;

/// How far down the beginning of a table is looked for.
const MAX_ROWS_ABOVE: usize = 200;

/// How many of the rows above a table may have more cells than it.
const MAX_WIDER_ROWS: usize = 3;

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
        let first = if starts_at_first { 0 } else { first_row(rows, width) };
        let row = &rows[first];
        let below = &rows[first + 1..];
        let is_header = match header {
            Header::Present => true,
            Header::Absent => false,
            Header::Detect => Votes::of(row, below).are_for_header(row),
        };
        let header_rows = match (is_header, header) {
            (false, _) => 0,
            (true, _) if has_second_header(&rows[first..]) => 2,
            (true, _) => 1,
        };
        let body = &rows[first + header_rows..];
        let mut names = match header_rows {
            0 => Vec::new(),
            1 => row.cells.clone(),
            _ => joined_names(row, &rows[first + 1]),
        };
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
            let lines =
                if self.rows_above == 1 { "1 row".into() } else { format!("{} rows", self.rows_above) };
            remarks.push(format!(
                "{lines} above the table, which begins in line {}, left out (--skip-lines overrides)",
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

/// The index of the first row of the table, its header if it has one.
fn first_row(rows: &[SampleRow], width: usize) -> usize {
    let regular = regular_start(rows, width);
    let above = rows[..regular].iter().rposition(|row| row.filled() > 0);
    let first = match above {
        Some(above) if is_narrower_header(rows, above, regular, width) => above,
        _ => regular,
    };
    let first = after_titles(rows, first);
    // A contact is not a title.
    rows[..first].iter().position(|row| row.cells.iter().any(|cell| has_contact(cell))).unwrap_or(first)
}

/// The first row that has as many cells as most, followed by another one.
fn regular_start(rows: &[SampleRow], width: usize) -> usize {
    let has_width = |row: Option<&SampleRow>| row.is_none_or(|row| row.cells.len() == width);
    let usual = rows.iter().filter(|row| row.cells.len() == width).count();
    if width < 2 || rows[0].cells.len() == width || usual * 2 < rows.len() {
        return 0;
    }
    let start = (0..rows.len().min(MAX_ROWS_ABOVE))
        .find(|&at| has_width(rows.get(at)) && has_width(rows.get(at + 1)) && has_width(rows.get(at + 2)))
        .unwrap_or(0);
    // A wider table above is not a title.
    let wider = rows[..start].iter().filter(|row| row.cells.len() > width).count();
    if wider > MAX_WIDER_ROWS { 0 } else { start }
}

/// Whether the row above the regular ones names their columns, although it has fewer or more cells.
fn is_narrower_header(rows: &[SampleRow], above: usize, regular: usize, width: usize) -> bool {
    let row = &rows[above];
    let votes = Votes::of(row, &rows[regular..]);
    let first_regular = Votes::of(&rows[regular], &rows[regular + 1..]);
    let is_named_below = first_regular.header > 0 && first_regular.data == 0 && first_regular.contacts == 0;
    row.cells.len() * 2 > width
        && row.filled() * 2 > width
        && row.filled() >= 2
        && votes.are_for_header(row)
        && !is_named_below
}

/// Passes over rows with only one filled cell, if a header follows.
fn after_titles(rows: &[SampleRow], first: usize) -> usize {
    let is_title = |row: &SampleRow| row.cells.len() > 1 && row.filled() <= 1;
    let titles = rows[first..].iter().take(MAX_ROWS_ABOVE).take_while(|row| is_title(row)).count();
    let Some(row) = rows.get(first + titles).filter(|_| titles > 0) else { return first };
    let votes = Votes::of(row, &rows[first + titles + 1..]);
    let has_blank = rows[first..first + titles].iter().any(|row| row.filled() == 0);
    let is_wide = row.filled() >= 4;
    let is_header = votes.contacts == 0 && votes.data == 0 && votes.values == votes.other_kind;
    match is_header && (votes.header > 0 || has_blank || is_wide) && row.filled() > 1 {
        true => first + titles,
        false => first,
    }
}

/// Whether the second row names the columns too: the first row leaves blank what it names, and the
/// columns below are of other kinds.
fn has_second_header(rows: &[SampleRow]) -> bool {
    let [first, second, below @ ..] = rows else { return false };
    let blank =
        |row: &SampleRow, column: usize| row.cells.get(column).is_none_or(|cell| cell.trim().is_empty());
    let last_filled = (0..first.cells.len()).rposition(|column| !blank(first, column)).unwrap_or(0);
    let fills_a_gap = (1..last_filled).any(|column| blank(first, column) && !blank(second, column));
    let votes = Votes::of(second, below);
    fills_a_gap
        && first.cells.len() == second.cells.len()
        && votes.header > 0
        && votes.data + votes.other_kind + votes.contacts + votes.values == 0
}

/// The names in two rows, joined; a name in the first row belongs to the blanks after it, too.
fn joined_names(first: &SampleRow, second: &SampleRow) -> Vec<String> {
    let mut group = "";
    let mut names = Vec::with_capacity(first.cells.len());
    for (upper, lower) in first.cells.iter().zip(&second.cells) {
        let (upper, lower) = (upper.trim(), lower.trim());
        if !upper.is_empty() || lower.is_empty() {
            group = upper;
        }
        let parts: Vec<&str> = [group, lower].into_iter().filter(|part| !part.is_empty()).collect();
        names.push(parts.join(" "));
    }
    names
}
