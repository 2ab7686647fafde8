//! The rows above a table: titles, comments, and what a program wrote about its export.

use super::cell_kind::has_contact;
use super::header::Votes;
use super::row::{TableRow, cells};

/// How far down the beginning of a table is looked for.
const MAX_ROWS_ABOVE: usize = 200;

/// How many of the rows above a table may have more cells than it.
const MAX_WIDER_ROWS: usize = 3;

/// The index of the first row of the table, its header if it has one.
pub(super) fn first_row<R: TableRow>(rows: &[R], width: usize) -> usize {
    let regular = regular_start(rows, width);
    let above = rows[..regular].iter().rposition(|row| row.filled() > 0);
    let first = match above {
        Some(above) if is_narrower_header(rows, above, regular, width) => above,
        _ => regular,
    };
    let first = after_titles(rows, first);
    // A contact is not a title.
    rows[..first].iter().position(|row| cells(row).any(has_contact)).unwrap_or(first)
}

/// The first row that has as many cells as most, followed by another one.
fn regular_start<R: TableRow>(rows: &[R], width: usize) -> usize {
    let has_width = |row: Option<&R>| row.is_none_or(|row| row.width() == width);
    let usual = rows.iter().filter(|row| row.width() == width).count();
    if width < 2 || rows[0].width() == width || usual * 2 < rows.len() {
        return 0;
    }
    let start = (0..rows.len().min(MAX_ROWS_ABOVE))
        .find(|&at| has_width(rows.get(at)) && has_width(rows.get(at + 1)) && has_width(rows.get(at + 2)))
        .unwrap_or(0);
    // A wider table above is not a title.
    let wider = rows[..start].iter().filter(|row| row.width() > width).count();
    if wider > MAX_WIDER_ROWS { 0 } else { start }
}

/// Whether the row above the regular ones names their columns, although it has fewer or more cells.
fn is_narrower_header<R: TableRow>(rows: &[R], above: usize, regular: usize, width: usize) -> bool {
    let row = &rows[above];
    let votes = Votes::of(row, &rows[regular..]);
    let first_regular = Votes::of(&rows[regular], &rows[regular + 1..]);
    let is_named_below = first_regular.header > 0 && first_regular.data == 0 && first_regular.contacts == 0;
    row.width() * 2 > width
        && row.filled() * 2 > width
        && row.filled() >= 2
        && votes.are_for_header(row)
        && !is_named_below
}

/// Passes over rows with only one filled cell, if a header follows.
fn after_titles<R: TableRow>(rows: &[R], first: usize) -> usize {
    let is_title = |row: &R| row.width() > 1 && row.filled() <= 1;
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
