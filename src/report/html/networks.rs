//! Rows by country, network and range, with the worst ones named.

use maud::{Markup, html};

use super::figures::{Amounts, count, count_if_any};
use super::meanings::{listed, plural};
use super::plot::bars::{Bar, Bars};
use super::plot::scale::round_ticks;
use super::plot::{Caption, both, legend};
use super::table::{Column, Table};
use crate::humanize::{grouped, percent};
use crate::model::Status;
use crate::report::run_report::{CountryRows, RangeRows, RunReport};

/// How many countries the plot has.
const PLOTTED: usize = 12;
/// How many countries and ranges are named as the worst.
const MAX_NAMED: usize = 3;
/// A country is named only with this many rows without a verdict: a share of few rows means
/// nothing.
const NAMED_FROM: u64 = 5;

/// Rows by country, network and range.
pub(super) fn render(report: &RunReport) -> Markup {
    html! {
        section #countries {
            h2 { "Countries and networks" }
            @if report.countries.is_empty() { p { "No row has a valid number." } }
            @else {
                p { (worst_countries(&report.countries)) " " (worst_ranges(&report.worst_ranges)) }
                (plot(&report.countries))
                (countries(report))
                (networks(report))
                (ranges(report))
            }
        }
    }
}

/// The name of a country on the page.
fn name(country: Option<&'static str>) -> &'static str {
    country.unwrap_or("not certain")
}

/// The countries with the highest share of rows without a verdict, in a sentence.
fn worst_countries(countries: &[CountryRows]) -> String {
    let mut worst: Vec<_> =
        countries.iter().filter(|country| country.without_verdict() >= NAMED_FROM).collect();
    let share = |country: &CountryRows| country.without_verdict() as f64 / country.rows.max(1) as f64;
    worst.sort_by(|a, b| share(b).total_cmp(&share(a)));
    let named = worst.iter().take(MAX_NAMED).map(|country| {
        let (without, rows) = (country.without_verdict(), country.rows);
        let share = percent(without, rows);
        let country = country.country.unwrap_or("an uncertain country");
        (country, format!("{share}: {} of {} rows", grouped(without), grouped(rows)))
    });
    let named: Vec<_> = named.collect();
    match named.as_slice() {
        [] => "No country has five or more rows without a verdict.".into(),
        [(country, rows)] => format!("Only {country} has five or more rows without a verdict ({rows})."),
        several => {
            let several: Vec<_> =
                several.iter().map(|(country, rows)| format!("{country} ({rows})")).collect();
            format!(
                "Among countries with five or more rows without a verdict, their share is highest in {}.",
                listed(&several)
            )
        }
    }
}

fn worst_ranges(ranges: &[RangeRows]) -> String {
    let named = ranges.iter().take(MAX_NAMED).map(|range| {
        let country = range.country.map_or(String::new(), |country| format!(" in {country}"));
        let network = range.network.map_or(String::new(), |network| format!("mostly {network}, "));
        let (without, rows) = (grouped(range.without_verdict), grouped(range.rows));
        format!("{}{country} ({network}{without} of {rows} rows)", range.range)
    });
    let named: Vec<_> = named.collect();
    match named.len() {
        0 => String::new(),
        1 => format!("The number range with the most such rows is {}.", named[0]),
        _ => format!("The number ranges with the most such rows are {}.", listed(&named)),
    }
}

/// The parts of a country's bar: colour, text and statuses.
const PARTS: [(&str, &str, &[Status]); 4] = [
    ("good", "reachable or assigned", &[Status::Reachable, Status::Assigned]),
    ("away", "absent or no service", &[Status::Absent, Status::NoService]),
    ("dead", "dead", &[Status::Dead]),
    ("no-verdict", "no verdict", &[Status::Unknown, Status::NotChecked]),
];

fn plot(countries: &[CountryRows]) -> Markup {
    let bars = countries.iter().take(PLOTTED).map(|country| {
        let rows =
            |statuses: &[Status]| statuses.iter().map(|status| country.by_status[*status as usize]).sum();
        let share = |rows: u64| rows as f64 / country.rows.max(1) as f64 * 100.0;
        Bar {
            label: name(country.country).into(),
            parts: PARTS.iter().map(|(class, _, statuses)| (*class, share(rows(statuses)))).collect(),
            value: format!("{} {}", grouped(country.rows), plural(country.rows, "row", "rows")),
        }
    });
    let bars = Bars {
        caption: Caption {
            title: "Statuses by country".into(),
            description: "The share of each kind of status in percent, for the countries with the most rows."
                .into(),
        },
        axis: "share of the country's rows, %".into(),
        ticks: round_ticks(100.0, 5),
        bars: bars.collect(),
    };
    html! {
        figure {
            figcaption {
                @if countries.len() > PLOTTED { "The " (PLOTTED) " countries with the most rows" }
                @else { "Countries, most rows first" }
            }
            (legend(&PARTS.map(|(class, text, _)| (class, text))))
            (both(|size| bars.draw(size)))
        }
    }
}

fn countries(report: &RunReport) -> Markup {
    let amounts = Amounts::of(report.countries.iter().map(|country| country.cost));
    let rows = report.countries.iter().enumerate().map(|(index, country)| {
        let status = |status: Status| {
            let path = format!("countries.{index}.by_status.{}", status.text());
            count_if_any(&path, country.by_status[status as usize])
        };
        let mut cells =
            vec![html! { (name(country.country)) }, count(&format!("countries.{index}.rows"), country.rows)];
        cells.extend(shown_statuses(report).map(status));
        cells.push(html! { (percent(country.without_verdict(), country.rows)) });
        cells.push(count(&format!("countries.{index}.requests"), country.requests));
        cells.push(amounts.cell(&format!("countries.{index}.cost"), country.cost));
        cells
    });
    let mut columns = vec![Column::Text("country"), Column::Numbers("rows")];
    columns.extend(shown_statuses(report).map(|status| Column::Numbers(status.text())));
    columns.extend([Column::Numbers("no verdict"), Column::Numbers("requests")]);
    columns.push(Column::Numbers("cost"));
    let table = Table {
        caption: "Rows by country of their number",
        row_noun: "countries",
        columns,
        rows: rows.collect(),
    };
    html! {
        (table.with_money_if(report.has_prices).render())
        @if report.countries.iter().any(|country| country.country.is_none()) {
            p.note { "Not certain: the numbering plan belongs to no country, or to several." }
        }
    }
}

/// The statuses that rows with a number have in this run.
fn shown_statuses(report: &RunReport) -> impl Iterator<Item = Status> {
    let is_used =
        |status: &Status| report.countries.iter().any(|country| country.by_status[*status as usize] > 0);
    Status::ALL.into_iter().filter(is_used)
}

fn networks(report: &RunReport) -> Markup {
    let named: u64 = report.networks.iter().map(|network| network.rows).sum();
    let amounts = Amounts::of(report.networks.iter().map(|network| network.cost));
    let rows = report.networks.iter().enumerate().map(|(index, network)| {
        vec![
            html! { (network.network.unwrap_or("name not known")) },
            html! { (network.country.unwrap_or("not certain")) },
            html! { (network.mcc) "-" (network.mnc) },
            count(&format!("networks.{index}.rows"), network.rows),
            html! { (percent(network.rows, named)) },
            amounts.cell(&format!("networks.{index}.cost"), network.cost),
        ]
    });
    let columns = vec![
        Column::LongText("network"),
        Column::Text("country"),
        Column::Text("MCC-MNC"),
        Column::Numbers("rows"),
        Column::Numbers("share"),
        Column::Numbers("cost"),
    ];
    let table = Table {
        caption: "Rows by network, as the service named it",
        row_noun: "networks",
        columns,
        rows: rows.collect(),
    };
    html! {
        (table.with_money_if(report.has_prices).render())
        p.note {
            "The service names a network only for a successful lookup, so rows without a verdict have none."
            @if !report.worst_ranges.is_empty() { " The number ranges below show where these rows are." }
        }
    }
}

fn ranges(report: &RunReport) -> Markup {
    let amounts = Amounts::of(report.worst_ranges.iter().map(|range| range.cost));
    let rows = report.worst_ranges.iter().enumerate().map(|(index, range)| {
        let path = |name: &str| format!("worst_ranges.{index}.{name}");
        vec![
            html! { code { (range.range) } },
            html! { (name(range.country)) },
            html! { (range.network.unwrap_or("none named")) },
            count(&path("rows"), range.rows),
            count(&path("without_verdict"), range.without_verdict),
            html! { (percent(range.without_verdict, range.rows)) },
            count(&path("requests"), range.requests),
            amounts.cell(&path("cost"), range.cost),
        ]
    });
    let columns = vec![
        Column::Text("range"),
        Column::Text("country"),
        Column::Text("main network"),
        Column::Numbers("rows"),
        Column::Numbers("no verdict"),
        Column::Numbers("share"),
        Column::Numbers("requests"),
        Column::Numbers("cost"),
    ];
    let table = Table {
        caption: "Number ranges with the most rows without a verdict",
        row_noun: "ranges",
        columns,
        rows: rows.collect(),
    };
    table.with_money_if(report.has_prices).render()
}
