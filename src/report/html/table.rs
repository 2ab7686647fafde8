//! Tables with a caption. They scroll by themselves if they are too wide, and fold rows if they are
//! too long.

use maud::{Markup, html};

/// How many rows are shown before the others are folded.
const SHOWN: usize = 15;
/// Fewer rows than this are not folded.
const FOLDED_FROM: usize = 4;

/// A column.
#[derive(Clone, Copy, Debug)]
pub(super) enum Column {
    /// Short texts.
    Text(&'static str),
    /// Texts that may be long.
    LongText(&'static str),
    /// Numbers, aligned to the right.
    Numbers(&'static str),
    /// Sentences about the row, in the last column. A narrow screen shows them below the row.
    Explanation(&'static str),
}

/// A table. The first cell of each row is its heading.
pub(super) struct Table {
    /// What the table shows.
    pub caption: &'static str,
    /// What its rows are, in the plural: `countries`.
    pub row_noun: &'static str,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each with a cell for each column.
    pub rows: Vec<Vec<Markup>>,
}

impl Column {
    const fn heading(self) -> &'static str {
        match self {
            Self::Text(heading)
            | Self::LongText(heading)
            | Self::Numbers(heading)
            | Self::Explanation(heading) => heading,
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::LongText(_) => "text long",
            Self::Numbers(_) => "numbers",
            Self::Explanation(_) => "explanation",
        }
    }
}

impl Table {
    /// Without the last column, which is about money, if no price is known.
    pub(super) fn with_money_if(mut self, has_prices: bool) -> Self {
        if !has_prices {
            self.columns.pop();
            self.rows.iter_mut().for_each(|row| drop(row.pop()));
        }
        self
    }

    /// The table; nothing if it has no rows.
    pub(super) fn render(&self) -> Markup {
        let folded = self.rows.len().saturating_sub(SHOWN);
        let shown = if folded < FOLDED_FROM { self.rows.len() } else { SHOWN };
        let (first, rest) = self.rows.split_at(shown);
        html! {
            @if !first.is_empty() { (self.part(self.caption, first)) }
            @if !rest.is_empty() {
                details {
                    summary { "The other " (rest.len()) " " (self.row_noun) }
                    (self.part(&format!("{}, continued", self.caption), rest))
                }
            }
        }
    }

    fn part(&self, caption: &str, rows: &[Vec<Markup>]) -> Markup {
        let is_explained = matches!(self.columns.last(), Some(Column::Explanation(_)));
        html! {
            div.scroll tabindex="0" role="region" aria-label=(caption) {
                table.explained[is_explained] {
                    caption { span { (caption) } }
                    thead { tr {
                        @for column in &self.columns { th scope="col" class=(column.class()) { (column.heading()) } }
                    } }
                    tbody {
                        @for row in rows {
                            tr {
                                @for (index, (cell, column)) in row.iter().zip(&self.columns).enumerate() {
                                    @if index == 0 { th scope="row" class=(column.class()) { (cell) } }
                                    @else { td class=(column.class()) { (cell) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
