//! What the rows are said to be: by status, in the service's own words, and why some were refused.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use maud::{Markup, html};

use super::figure::count;
use super::plot::bars::{Bar, Bars};
use super::plot::scale::round_ticks;
use super::plot::{Caption, both};
use super::table::{Column, Table};
use super::words;
use crate::answer::Status;
use crate::report::figures::percent;
use crate::report::story::Story;

/// The class of the colour of a status.
pub(super) const fn colour(status: Status) -> &'static str {
    match status {
        Status::Reachable | Status::Assigned => "good",
        Status::Absent | Status::NoService => "away",
        Status::Dead => "dead",
        Status::Unknown | Status::NotChecked => "no-verdict",
        Status::Invalid => "invalid",
    }
}

/// Rows by status.
pub(super) fn statuses(story: &Story) -> Markup {
    let counts = &story.counts;
    let counted =
        Status::ALL.map(|status| (status, counts.by_status.get(status.text()).copied().unwrap_or(0)));
    let (some, none): (Vec<_>, Vec<_>) = counted.into_iter().partition(|(_, rows)| *rows > 0);
    let share = |rows: u64| if counts.rows == 0 { 0.0 } else { rows as f64 / counts.rows as f64 * 100.0 };
    let bars = some.iter().map(|(status, rows)| Bar {
        label: status.text().into(),
        parts: vec![(colour(*status), share(*rows))],
        value: percent(*rows, counts.rows),
    });
    let plot = Bars {
        caption: Caption {
            title: "Shares of the statuses".into(),
            description: "The share of all rows that has each status, in percent.".into(),
        },
        axis: "share of all rows, %".into(),
        ticks: round_ticks(some.iter().map(|(_, rows)| share(*rows)).fold(0.0, f64::max), 6),
        bars: bars.collect(),
    };
    let rows = some.iter().map(|(status, rows)| {
        vec![
            html! { code { (status.text()) } },
            count(&format!("counts.by_status.{}", status.text()), *rows),
            html! { (percent(*rows, counts.rows)) },
            html! { (words::status(*status)) },
        ]
    });
    let table = Table {
        caption: "Rows by status, and what each status means and does not mean",
        rows_are: "statuses",
        columns: vec![
            Column::Words("status"),
            Column::Numbers("rows"),
            Column::Numbers("share"),
            Column::Means("means"),
        ],
        rows: rows.collect(),
    };
    let absent: Vec<String> = none.iter().map(|(status, _)| status.text().to_owned()).collect();
    html! {
        section #statuses {
            h2 { "What the rows are" }
            @if some.is_empty() { p { "No row has a status." } }
            @else {
                figure { (both(|size| plot.draw(size))) }
                (table.render())
                @if !absent.is_empty() { p.note { "No row is " (words::listed(&absent).replace(" and ", " or ")) "." } }
            }
            (results(story))
            (refused(story))
        }
    }
}

fn results(story: &Story) -> Markup {
    let rows = most_first(&story.counts.by_result).map(|(text, rows)| {
        vec![
            html! { code { (text) } },
            count(&format!("counts.by_result.{text}"), rows),
            html! { (percent(rows, story.counts.rows)) },
            html! { (words::result(text)) },
        ]
    });
    let table = Table {
        caption: "Rows by result, in the service's own words",
        rows_are: "results",
        columns: vec![
            Column::Words("result"),
            Column::Numbers("rows"),
            Column::Numbers("of all rows"),
            Column::Means("the service means"),
        ],
        rows: rows.collect(),
    };
    table.render()
}

fn refused(story: &Story) -> Markup {
    let rows = most_first(&story.counts.refused).map(|(reason, rows)| {
        vec![
            html! { code { (reason) } },
            count(&format!("counts.refused.{reason}"), rows),
            html! { (percent(rows, story.counts.rows)) },
            html! { (words::refusal(reason)) },
        ]
    });
    let table = Table {
        caption: "Rows refused before any money was spent, by reason",
        rows_are: "reasons",
        columns: vec![
            Column::Words("reason"),
            Column::Numbers("rows"),
            Column::Numbers("of all rows"),
            Column::Means("means"),
        ],
        rows: rows.collect(),
    };
    table.render()
}

/// Counts by word, most first.
pub(super) fn most_first(counts: &BTreeMap<String, u64>) -> impl Iterator<Item = (&str, u64)> {
    let mut sorted: Vec<_> = counts.iter().map(|(word, count)| (word.as_str(), *count)).collect();
    sorted.sort_by_key(|(_, count)| Reverse(*count));
    sorted.into_iter()
}
