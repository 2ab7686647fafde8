//! Rows by status, by result of the service, and by the reason why they are invalid.

use maud::{Markup, html};

use super::plot::bars::{Bar, Bars};
use super::plot::scale::round_ticks;
use super::plot::{Caption, both};
use super::{meanings, shares};
use crate::humanize::{most_first, percent};
use crate::model::Status;
use crate::report::run_report::RunReport;

/// The colour class of a status.
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
pub(super) fn statuses(report: &RunReport) -> Markup {
    let counts = &report.counts;
    let counted = Status::ALL.map(|status| (status, counts.with_status(status)));
    let (used, unused): (Vec<_>, Vec<_>) = counted.into_iter().partition(|(_, rows)| *rows > 0);
    let share = |rows: u64| if counts.rows == 0 { 0.0 } else { rows as f64 / counts.rows as f64 * 100.0 };
    let bars = used.iter().map(|(status, rows)| Bar {
        label: status.text().into(),
        parts: vec![(colour(*status), share(*rows))],
        value: percent(*rows, counts.rows),
    });
    let plot = Bars {
        caption: Caption {
            title: "Rows by status".into(),
            description: "The share of all rows that has each status, in percent.".into(),
        },
        axis: "share of all rows, %".into(),
        ticks: round_ticks(used.iter().map(|(_, rows)| share(*rows)).fold(0.0, f64::max), 6),
        bars: bars.collect(),
    };
    let rows = used.iter().map(|(status, rows)| {
        let path = format!("counts.by_status.{}", status.text());
        shares::row(html! { code { (status.text()) } }, &path, *rows, counts.rows, meanings::status(*status))
    });
    let table = shares::table("Rows by status", "statuses", ["status", "share", "meaning"], rows);
    let unused: Vec<String> = unused.iter().map(|(status, _)| status.text().to_owned()).collect();
    html! {
        section #statuses {
            h2 { "Statuses" }
            @if used.is_empty() { p { "No row has a status." } }
            @else {
                figure { (both(|size| plot.draw(size))) }
                (table.render())
                @if !unused.is_empty() { p.note { "No row is " (meanings::listed(&unused).replace(" and ", " or ")) "." } }
            }
            (results(report))
            (refused(report))
        }
    }
}

fn results(report: &RunReport) -> Markup {
    let by_result = most_first(&report.counts.by_result);
    let rows = by_result.into_iter().map(|(text, rows)| {
        shares::row(
            html! { code { (text) } },
            &format!("counts.by_result.{text}"),
            rows,
            report.counts.rows,
            meanings::result(text),
        )
    });
    shares::table(
        "Rows by result, as the service named it",
        "results",
        ["result", "of all rows", "meaning"],
        rows,
    )
    .render()
}

fn refused(report: &RunReport) -> Markup {
    let refused = most_first(&report.counts.refused);
    let rows = refused.into_iter().map(|(reason, rows)| {
        let path = format!("counts.refused.{reason}");
        shares::row(html! { code { (reason) } }, &path, rows, report.counts.rows, meanings::refusal(reason))
    });
    shares::table("Invalid rows by reason", "reasons", ["reason", "of all rows", "meaning"], rows).render()
}
