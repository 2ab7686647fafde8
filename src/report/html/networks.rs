//! What became of the rows of each country and network, with the worst ones named.

use maud::{Markup, html};

use super::amounts::{Amounts, count, count_if_any};
use super::meanings::{listed, of};
use super::plot::bars::{Bar, Bars};
use super::plot::scale::round_ticks;
use super::plot::{Caption, both, legend};
use super::table::{Column, Table};
use crate::humanize::{grouped, percent};
use crate::model::Status;
use crate::report::run_report::{CountryRows, RangeRows, RunReport};

/// So many countries are drawn.
const DRAWN: usize = 12;
/// So many are named as the worst, if they have so many rows without a verdict.
const NAMED: usize = 3;
const WORTH_NAMING: u64 = 5;

/// Rows by country, network and range.
pub(super) fn render(report: &RunReport) -> Markup {
    html! {
        section #places {
            h2 { "By country and network" }
            @if report.countries.is_empty() { p { "No row has a valid number." } }
            @else {
                p { (worst_countries(&report.countries)) " " (worst_ranges(&report.worst_ranges)) }
                (drawn(&report.countries))
                (countries(report))
                (networks(report))
                (ranges(report))
            }
        }
    }
}

/// What a country is called here.
fn name(country: Option<&'static str>) -> &'static str {
    country.unwrap_or("not certain")
}

/// The worst countries, in a sentence. A share of few rows means nothing.
fn worst_countries(countries: &[CountryRows]) -> String {
    let mut worst: Vec<_> =
        countries.iter().filter(|country| country.without_verdict() >= WORTH_NAMING).collect();
    let share = |country: &CountryRows| country.without_verdict() as f64 / country.rows.max(1) as f64;
    worst.sort_by(|a, b| share(b).total_cmp(&share(a)));
    let named = worst.iter().take(NAMED).map(|country| {
        let (without, rows) = (country.without_verdict(), country.rows);
        let of_rows = format!("{} of {} rows", grouped(without), grouped(rows));
        format!("{} ({}: {of_rows})", name(country.country), percent(without, rows))
    });
    let named: Vec<_> = named.collect();
    match named.len() {
        0 => "No country has more than a few rows without a verdict.".into(),
        1 => format!("The worst country is {}, by its share without a verdict.", named[0]),
        _ => format!("The worst countries, by their share without a verdict, are {}.", listed(&named)),
    }
}

fn worst_ranges(ranges: &[RangeRows]) -> String {
    let named = ranges.iter().take(NAMED).map(|range| {
        let country = range.country.map_or(String::new(), |country| format!(" in {country}"));
        let network = range.network.map_or(String::new(), |network| format!("mostly {network}, "));
        let (without, rows) = (grouped(range.without_verdict), grouped(range.rows));
        format!("{}{country} ({network}{without} of {rows} rows)", range.range)
    });
    let named: Vec<_> = named.collect();
    match named.len() {
        0 => String::new(),
        1 => format!("The range of numbers with the most such rows is {}.", named[0]),
        _ => format!("The ranges of numbers with the most such rows are {}.", listed(&named)),
    }
}

/// What the parts of a country's bar are.
const PARTS: [(&str, &str, &[Status]); 4] = [
    ("good", "reachable or assigned", &[Status::Reachable, Status::Assigned]),
    ("away", "absent or no service", &[Status::Absent, Status::NoService]),
    ("dead", "dead", &[Status::Dead]),
    ("no-verdict", "no verdict", &[Status::Unknown, Status::NotChecked]),
];

fn drawn(countries: &[CountryRows]) -> Markup {
    let bars = countries.iter().take(DRAWN).map(|country| {
        let rows =
            |statuses: &[Status]| statuses.iter().map(|status| country.by_status[*status as usize]).sum();
        let share = |rows: u64| rows as f64 / country.rows.max(1) as f64 * 100.0;
        Bar {
            label: name(country.country).into(),
            parts: PARTS.iter().map(|(class, _, statuses)| (*class, share(rows(statuses)))).collect(),
            value: format!("{} {}", grouped(country.rows), of(country.rows, "row", "rows")),
        }
    });
    let plot = Bars {
        caption: Caption {
            title: "Statuses by country".into(),
            description: "For the countries with the most rows, the share of each kind of status in percent."
                .into(),
        },
        axis: "share of the country's rows, %".into(),
        ticks: round_ticks(100.0, 5),
        bars: bars.collect(),
    };
    html! {
        figure {
            figcaption {
                @if countries.len() > DRAWN { "The " (DRAWN) " countries with the most rows" }
                @else { "Countries, most rows first" }
            }
            (legend(&PARTS.map(|(class, text, _)| (class, text))))
            (both(|size| plot.draw(size)))
        }
    }
}

fn countries(report: &RunReport) -> Markup {
    let amounts = Amounts::of(report.countries.iter().map(|country| country.cost));
    let rows = report.countries.iter().enumerate().map(|(place, country)| {
        let status = |status: Status| {
            let path = format!("countries.{place}.by_status.{}", status.text());
            count_if_any(&path, country.by_status[status as usize])
        };
        let mut cells =
            vec![html! { (name(country.country)) }, count(&format!("countries.{place}.rows"), country.rows)];
        cells.extend(shown_statuses(report).map(status));
        cells.push(html! { (percent(country.without_verdict(), country.rows)) });
        cells.push(count(&format!("countries.{place}.requests"), country.requests));
        cells.push(amounts.cell(&format!("countries.{place}.cost"), country.cost));
        cells
    });
    let mut columns = vec![Column::Words("country"), Column::Numbers("rows")];
    columns.extend(shown_statuses(report).map(|status| Column::Numbers(status.text())));
    columns.extend([Column::Numbers("no verdict"), Column::Numbers("requests")]);
    columns.push(Column::Numbers("cost"));
    let table = Table {
        caption: "Rows by the country of their numbers",
        rows_are: "countries",
        columns,
        rows: rows.collect(),
    };
    html! {
        (table.with_money_if(report.has_prices).render())
        @if report.countries.iter().any(|country| country.country.is_none()) {
            p.note { "Not certain: the plan is no country's, or several countries share it." }
        }
    }
}

/// The statuses that a row with a number has anywhere in this run.
fn shown_statuses(report: &RunReport) -> impl Iterator<Item = Status> {
    let is_anywhere =
        |status: &Status| report.countries.iter().any(|country| country.by_status[*status as usize] > 0);
    Status::ALL.into_iter().filter(is_anywhere)
}

fn networks(report: &RunReport) -> Markup {
    let named: u64 = report.networks.iter().map(|network| network.rows).sum();
    let amounts = Amounts::of(report.networks.iter().map(|network| network.cost));
    let rows = report.networks.iter().enumerate().map(|(place, network)| {
        let mut cells = vec![
            html! { (network.network.unwrap_or("not known by name")) },
            html! { (network.country.unwrap_or("not certain")) },
            html! { (network.mcc) "-" (network.mnc) },
            count(&format!("networks.{place}.rows"), network.rows),
            html! { (percent(network.rows, named)) },
        ];
        cells.push(amounts.cell(&format!("networks.{place}.cost"), network.cost));
        cells
    });
    let mut columns = vec![
        Column::Names("network"),
        Column::Words("country"),
        Column::Words("MCC-MNC"),
        Column::Numbers("rows"),
        Column::Numbers("of these"),
    ];
    columns.push(Column::Numbers("cost"));
    let table = Table {
        caption: "Rows by the network that the service named",
        rows_are: "networks",
        columns,
        rows: rows.collect(),
    };
    html! {
        (table.with_money_if(report.has_prices).render())
        p.note {
            "The service names a network only where the lookup was successful. Where there is no verdict there is no network \
            either, so that the networks that answer badly are found by the ranges below."
        }
    }
}

fn ranges(report: &RunReport) -> Markup {
    let amounts = Amounts::of(report.worst_ranges.iter().map(|range| range.cost));
    let rows = report.worst_ranges.iter().enumerate().map(|(place, range)| {
        let path = |name: &str| format!("worst_ranges.{place}.{name}");
        let mut cells = vec![
            html! { code { (range.range) } },
            html! { (name(range.country)) },
            html! { (range.network.unwrap_or("none named")) },
            count(&path("rows"), range.rows),
            count(&path("without_verdict"), range.without_verdict),
            html! { (percent(range.without_verdict, range.rows)) },
            count(&path("requests"), range.requests),
        ];
        cells.push(amounts.cell(&path("cost"), range.cost));
        cells
    });
    let mut columns = vec![
        Column::Words("numbers"),
        Column::Words("country"),
        Column::Words("network, mostly"),
        Column::Numbers("rows"),
        Column::Numbers("no verdict"),
        Column::Numbers("share"),
        Column::Numbers("requests"),
    ];
    columns.push(Column::Numbers("cost"));
    let table = Table {
        caption: "The ranges of numbers with the most rows without a verdict",
        rows_are: "ranges",
        columns,
        rows: rows.collect(),
    };
    table.with_money_if(report.has_prices).render()
}
