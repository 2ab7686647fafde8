//! What was spent, and what was not.

use maud::{Markup, html};

use super::amounts::{Amounts, count, money};
use super::meanings::of;
use super::plot::bars::{Bar, Bars};
use super::plot::scale::{round_ticks, whole_ticks};
use super::plot::{Caption, both};
use super::table::{Column, Table};
use crate::humanize::grouped;
use crate::model::Money;
use crate::report::run_report::RunReport;

/// A line of the account.
struct Item {
    key: &'static str,
    text: &'static str,
    in_table: &'static str,
    count: u64,
    amount: Money,
    cost: &'static str,
    colour: &'static str,
    meaning: &'static str,
}

fn items(report: &RunReport) -> [Item; 4] {
    let (counts, costs) = (&report.counts, &report.counts.costs);
    [
        Item {
            key: "billed",
            text: "billed",
            in_table: "requests billed",
            count: counts.billed,
            amount: costs.billed,
            cost: "billed",
            colour: "spent",
            meaning: "Answered with something that the contract bills.",
        },
        Item {
            key: "maybe_billed",
            text: "perhaps billed",
            in_table: "requests perhaps billed",
            count: counts.maybe_billed,
            amount: costs.maybe_billed,
            cost: "maybe_billed",
            colour: "perhaps",
            meaning: "Sent, and no answer came back; only the invoice knows.",
        },
        Item {
            key: "duplicates",
            text: "saved by duplicates",
            in_table: "rows saved by duplicates",
            count: counts.duplicates,
            amount: costs.saved_by_duplicates,
            cost: "saved_by_duplicates",
            colour: "saved",
            meaning: "One lookup served several rows.",
        },
        Item {
            key: "from_ledger",
            text: "saved by the ledger",
            in_table: "rows saved by the ledger",
            count: counts.from_ledger,
            amount: costs.saved_by_ledger,
            cost: "saved_by_ledger",
            colour: "saved",
            meaning: "An earlier run had paid.",
        },
    ]
}

/// What was spent and saved.
pub(super) fn render(report: &RunReport) -> Markup {
    let items = items(report);
    html! {
        section #costs {
            h2 { @if report.has_prices { "Money spent and saved" } @else { "Requests billed and saved" } }
            p { (in_a_sentence(report)) }
            figure { (both(|size| plot(report, &items).draw(size))) }
            (table(report, &items).render())
        }
    }
}

fn in_a_sentence(report: &RunReport) -> String {
    let (counts, costs) = (&report.counts, &report.counts.costs);
    let saved_rows = counts.duplicates + counts.from_ledger;
    if !report.has_prices {
        return format!(
            "No price was given, so only counts are told: {} {} billed, and {} {} answered without a lookup of {} own.",
            grouped(counts.billed),
            of(counts.billed, "request is", "requests are"),
            grouped(saved_rows),
            of(saved_rows, "row was", "rows were"),
            of(saved_rows, "its", "their"),
        );
    }
    let perhaps = match counts.maybe_billed {
        0 => String::new(),
        _ => format!(", and perhaps {} more", money(costs.maybe_billed)),
    };
    let (spent, saved) = (money(costs.billed), money(costs.saved_by_duplicates + costs.saved_by_ledger));
    format!("{spent} was spent{perhaps}; {saved} was saved. Amounts are in the currency of the contract.")
}

fn plot(report: &RunReport, items: &[Item]) -> Bars {
    let measure = |item: &Item| if report.has_prices { item.amount.as_number() } else { item.count as f64 };
    let most = items.iter().map(measure).fold(0.0, f64::max);
    let bars = items.iter().map(|item| Bar {
        label: item.text.into(),
        parts: vec![(item.colour, measure(item))],
        value: if report.has_prices { money(item.amount) } else { grouped(item.count) },
    });
    Bars {
        caption: Caption {
            title: "Spent and saved".into(),
            description: "What was billed, what may be billed, and what duplicates and the ledger saved."
                .into(),
        },
        axis: if report.has_prices {
            "money, in the currency of the contract"
        } else {
            "requests billed, rows saved"
        }
        .into(),
        ticks: if report.has_prices { round_ticks(most, 5) } else { whole_ticks(most as u64, 5) },
        bars: bars.collect(),
    }
}

fn table(report: &RunReport, items: &[Item]) -> Table {
    let counts = &report.counts;
    let amounts = Amounts::of(items.iter().map(|item| item.amount));
    let free = counts.requests.saturating_sub(counts.billed + counts.maybe_billed);
    let with_amount = |mut cells: Vec<Markup>, amount: Markup, meaning: &str| {
        if report.has_prices {
            cells.push(amount);
        }
        cells.push(html! { (meaning) });
        cells
    };
    let item = |item: &Item| {
        let count = count(&format!("counts.{}", item.key), item.count);
        let amount = amounts.cell(&format!("counts.costs.{}", item.cost), item.amount);
        with_amount(vec![html! { (item.in_table) }, count], amount, item.meaning)
    };
    let mut rows: Vec<_> = items[..2].iter().map(item).collect();
    rows.push(with_amount(
        vec![html! { "requests not billed" }, html! { (grouped(free)) }],
        html! { (amounts.text(Money::ZERO)) },
        "Turned away, never sent, or free by the contract.",
    ));
    rows.push(with_amount(
        vec![
            html! { strong { "requests sent" } },
            html! { strong { (count("counts.requests", counts.requests)) } },
        ],
        html! { strong { (amounts.text(counts.costs.billed + counts.costs.maybe_billed)) } },
        "The three above together.",
    ));
    rows.extend(items[2..].iter().map(item));
    let mut columns = vec![Column::Words("what"), Column::Numbers("how many")];
    if report.has_prices {
        columns.push(Column::Numbers("amount"));
    }
    columns.push(Column::Means("means"));
    let caption = if report.has_prices { "The account" } else { "The account, without prices" };
    Table { caption, rows_are: "items", columns, rows }
}
