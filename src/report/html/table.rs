//! Tables that say what they are about, scroll by themselves where they are too wide, and fold what is too long.

use maud::{Markup, html};

/// So many rows are shown; further ones are folded.
const SHOWN: usize = 15;
/// No fewer rows are worth folding.
const WORTH_FOLDING: usize = 4;

/// A column.
#[derive(Clone, Copy, Debug)]
pub(super) enum Column {
    /// Of words.
    Words(&'static str),
    /// Of names, which may be long.
    Names(&'static str),
    /// Of numbers, which stand on the right.
    Numbers(&'static str),
    /// Of sentences about the row; the last one. A narrow screen shows them below it.
    Means(&'static str),
}

/// A table. The first cell of each row is its heading.
pub(super) struct Table {
    /// What it is about.
    pub caption: &'static str,
    /// What its rows are, where there are many: `countries`.
    pub rows_are: &'static str,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each with a cell for each column.
    pub rows: Vec<Vec<Markup>>,
}

impl Column {
    const fn heading(self) -> &'static str {
        match self {
            Self::Words(heading) | Self::Names(heading) | Self::Numbers(heading) | Self::Means(heading) => {
                heading
            }
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Words(_) => "words",
            Self::Names(_) => "words names",
            Self::Numbers(_) => "numbers",
            Self::Means(_) => "means",
        }
    }
}

impl Table {
    /// The same without its last column, which is about money, where no price is known.
    pub(super) fn with_money_if(mut self, has_prices: bool) -> Self {
        if !has_prices {
            self.columns.pop();
            self.rows.iter_mut().for_each(|row| drop(row.pop()));
        }
        self
    }

    /// The table; nothing where it has no rows.
    pub(super) fn render(&self) -> Markup {
        let folded = self.rows.len().saturating_sub(SHOWN);
        let shown = if folded < WORTH_FOLDING { self.rows.len() } else { SHOWN };
        let (first, rest) = self.rows.split_at(shown);
        html! {
            @if !first.is_empty() { (self.part(self.caption, first)) }
            @if !rest.is_empty() {
                details {
                    summary { "The other " (rest.len()) " " (self.rows_are) }
                    (self.part(&format!("{}, continued", self.caption), rest))
                }
            }
        }
    }

    fn part(&self, caption: &str, rows: &[Vec<Markup>]) -> Markup {
        let is_told = matches!(self.columns.last(), Some(Column::Means(_)));
        html! {
            div.scroll tabindex="0" role="region" aria-label=(caption) {
                table.told[is_told] {
                    caption { span { (caption) } }
                    thead { tr {
                        @for column in &self.columns { th scope="col" class=(column.class()) { (column.heading()) } }
                    } }
                    tbody {
                        @for row in rows {
                            tr {
                                @for (place, (cell, column)) in row.iter().zip(&self.columns).enumerate() {
                                    @if place == 0 { th scope="row" class=(column.class()) { (cell) } }
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
