//! Figures that the summary has too. Each carries its path in the summary, so that a program can
//! compare the two.

use maud::{Markup, html};
use serde::Serialize;

use super::plot::scale::short_time;
use crate::humanize::grouped;
use crate::model::Money;

/// A count, such as `counts.rows`.
pub(super) fn count(path: &str, value: u64) -> Markup {
    figure(path, value, &grouped(value))
}

/// A count that the summary has only where it is not zero.
pub(super) fn count_if_any(path: &str, value: u64) -> Markup {
    if value == 0 {
        html! { span.none { "0" } }
    } else {
        count(path, value)
    }
}

/// An amount of money, such as `counts.costs.billed`.
pub(super) fn amount(path: &str, value: Money) -> Markup {
    figure(path, value, &money(value))
}

/// `1 234.50`: the exact amount, with its digits grouped.
pub(super) fn money(value: Money) -> String {
    Amounts { decimals: 2 }.text(value)
}

/// Amounts in one column, with the same number of decimals.
#[derive(Clone, Copy, Debug)]
pub(super) struct Amounts {
    decimals: usize,
}

impl Amounts {
    /// As many decimals as the most exact amount needs, and at least two.
    pub(super) fn of(amounts: impl Iterator<Item = Money>) -> Self {
        let decimals =
            |amount: Money| amount.to_string().split_once('.').map_or(0, |(_, decimals)| decimals.len());
        Self { decimals: amounts.map(decimals).fold(2, usize::max) }
    }

    /// An amount that the summary has too, as a table cell.
    pub(super) fn cell(self, path: &str, value: Money) -> Markup {
        figure(path, value, &self.text(value))
    }

    /// An amount as text.
    pub(super) fn text(self, value: Money) -> String {
        let exact = value.to_string();
        let (whole, decimals) = exact.split_once('.').unwrap_or((&exact, ""));
        let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
        format!("{whole}.{decimals:0<width$}", width = self.decimals)
    }
}

/// Milliseconds, such as `latency.p99_ms`.
pub(super) fn millis(path: &str, value: f64) -> Markup {
    figure(path, value, &short_time(value))
}

/// Any other figure, with the text that shows it.
pub(super) fn figure(path: &str, value: impl Serialize, text: &str) -> Markup {
    let raw = serde_json::to_string(&value).expect("a number is JSON");
    html! { span data-figure=(path) data-value=(raw) { (text) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_a_column_have_the_same_number_of_decimals() {
        let [cents, more, much] =
            [0.5, 0.0045, 1_234_567.0].map(|number| Money::from_number(number).unwrap());
        let amounts = Amounts::of([cents, more, much].into_iter());
        let texts = [cents, more, much].map(|amount| amounts.text(amount));
        assert_eq!(texts, ["0.5000", "0.0045", "1 234 567.0000"]);
        assert_eq!(
            (money(cents), money(more), money(much)),
            ("0.50".into(), "0.0045".into(), "1 234 567.00".into())
        );
    }

    #[test]
    fn a_figure_has_its_path_in_the_summary_and_its_value() {
        let cell = millis("latency.p50_ms", 73.727).into_string();
        assert_eq!(cell, r#"<span data-figure="latency.p50_ms" data-value="73.727">73.7 ms</span>"#);
        let cell = count("counts.rows", 10_560).into_string();
        assert_eq!(cell, r#"<span data-figure="counts.rows" data-value="10560">10 560</span>"#);
    }
}
