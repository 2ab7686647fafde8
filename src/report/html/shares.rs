//! Tables of counts with their share of all rows, and an explanation of each.

use maud::{Markup, html};

use super::figures::count;
use super::table::{Column, Table};
use crate::humanize::percent;

/// One count, which the summary has at `path`.
pub(super) fn row(name: Markup, path: &str, rows: u64, whole: u64, explanation: &str) -> Vec<Markup> {
    vec![name, count(path, rows), html! { (percent(rows, whole)) }, html! { (explanation) }]
}

/// The table of such rows; `headings` are those of the names, the shares and the explanations.
pub(super) fn table(
    caption: &'static str,
    row_noun: &'static str,
    headings: [&'static str; 3],
    rows: impl Iterator<Item = Vec<Markup>>,
) -> Table {
    let [name, share, explanation] = headings;
    let columns = vec![
        Column::Text(name),
        Column::Numbers("rows"),
        Column::Numbers(share),
        Column::Explanation(explanation),
    ];
    Table { caption, row_noun, columns, rows: rows.collect() }
}
