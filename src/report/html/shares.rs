//! Tables of counts with their share of all rows, and a sentence about each.

use maud::{Markup, html};

use super::amounts::count;
use super::table::{Column, Table};
use crate::humanize::percent;

/// One count, which stands at `path` in the summary.
pub(super) fn row(name: Markup, path: &str, rows: u64, whole: u64, meaning: &str) -> Vec<Markup> {
    vec![name, count(path, rows), html! { (percent(rows, whole)) }, html! { (meaning) }]
}

/// The table of such rows; `headings` are those of the names, the shares and the sentences.
pub(super) fn table(
    caption: &'static str,
    rows_are: &'static str,
    headings: [&'static str; 3],
    rows: impl Iterator<Item = Vec<Markup>>,
) -> Table {
    let [name, share, meaning] = headings;
    let columns =
        vec![Column::Words(name), Column::Numbers("rows"), Column::Numbers(share), Column::Means(meaning)];
    Table { caption, rows_are, columns, rows: rows.collect() }
}
