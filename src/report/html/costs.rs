//! Money spent and saved, or requests where no price is known.

use maud::{Markup, html};

use super::figures::{Amounts, count, money};
use super::meanings::plural;
use super::plot::bars::{Bar, Bars};
use super::plot::scale::{round_ticks, whole_ticks};
use super::plot::{Caption, both};
use super::table::{Column, Table};
use crate::humanize::grouped;
use crate::model::Money;
use crate::report::run_report::RunReport;

/// One line of the costs.
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
            meaning: "Answered with a result that the contract bills.",
        },
        Item {
            key: "maybe_billed",
            text: "perhaps billed",
            in_table: "requests perhaps billed",
            count: counts.maybe_billed,
            amount: costs.maybe_billed,
            cost: "maybe_billed",
            colour: "perhaps",
            meaning: "Sent without an answer; the invoice will show it.",
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
            meaning: "An earlier run paid for the answer.",
        },
    ]
}

/// Costs and savings.
pub(super) fn render(report: &RunReport) -> Markup {
    let items = items(report);
    html! {
        section #costs {
            h2 { @if report.has_prices { "Money spent and saved" } @else { "Requests billed and saved" } }
            p { (sentence(report)) }
            figure { (both(|size| plot(report, &items).draw(size))) }
            (table(report, &items).render())
        }
    }
}

fn sentence(report: &RunReport) -> String {
    let (counts, costs) = (&report.counts, &report.counts.costs);
    let saved_rows = counts.duplicates + counts.from_ledger;
    if !report.has_prices {
        return format!(
            "No price was given, so only requests are counted: {} {} billed, and {} {} answered without {} own lookup.",
            grouped(counts.billed),
            plural(counts.billed, "request was", "requests were"),
            grouped(saved_rows),
            plural(saved_rows, "row was", "rows were"),
            plural(saved_rows, "its", "their"),
        );
    }
    let perhaps = match counts.maybe_billed {
        0 => String::new(),
        _ => format!(", and perhaps {} more", money(costs.maybe_billed)),
    };
    let (spent, saved) = (money(costs.billed), money(costs.saved_by_duplicates + costs.saved_by_ledger));
    format!("{spent} was spent{perhaps}; {saved} was saved. Amounts are in the currency of the price.")
}

fn plot(report: &RunReport, items: &[Item]) -> Bars {
    let measure = |item: &Item| if report.has_prices { item.amount.as_number() } else { item.count as f64 };
    let max = items.iter().map(measure).fold(0.0, f64::max);
    let bars = items.iter().map(|item| Bar {
        label: item.text.into(),
        parts: vec![(item.colour, measure(item))],
        value: if report.has_prices { money(item.amount) } else { grouped(item.count) },
    });
    Bars {
        caption: Caption {
            title: "Spent and saved".into(),
            description: "What is billed, what may be billed, and what duplicates and the ledger saved."
                .into(),
        },
        axis: if report.has_prices {
            "amount, in the currency of the price"
        } else {
            "requests billed, rows saved"
        }
        .into(),
        ticks: if report.has_prices { round_ticks(max, 5) } else { whole_ticks(max as u64, 5) },
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
        "Throttled, not sent, or free by contract.",
    ));
    rows.push(with_amount(
        vec![
            html! { strong { "requests sent" } },
            html! { strong { (count("counts.requests", counts.requests)) } },
        ],
        html! { strong { (amounts.text(counts.costs.billed + counts.costs.maybe_billed)) } },
        "Sum of the three lines above.",
    ));
    rows.extend(items[2..].iter().map(item));
    let mut columns = vec![Column::Text("item"), Column::Numbers("count")];
    if report.has_prices {
        columns.push(Column::Numbers("amount"));
    }
    columns.push(Column::Explanation("meaning"));
    let caption = if report.has_prices { "Costs" } else { "Requests and savings" };
    Table { caption, row_noun: "items", columns, rows }
}
