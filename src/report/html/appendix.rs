//! Details at the end of the page: requests and failures, settings, warnings, and which run this
//! was.

use maud::{Markup, html};

use super::figures::{count, count_if_any};
use super::meanings;
use super::table::{Column, Table};
use crate::humanize::{most_first, output_name};
use crate::report::run_report::RunReport;

/// Requests and why some failed.
pub(super) fn failures(report: &RunReport) -> Markup {
    let counts = &report.counts;
    let kinds = [
        ("requests", "sent", counts.requests, "Including retries."),
        ("replies", "answered by the service", counts.replies, "Including TIMEOUT and similar results."),
        ("retries", "second or later attempts", counts.retries, "Included in the requests sent."),
        (
            "throttled",
            "throttled",
            counts.throttled,
            "Refused because too many were sent at once; sent again later.",
        ),
    ];
    let requests = kinds.map(|(key, text, number, meaning)| {
        vec![html! { (text) }, count(&format!("counts.{key}"), number), html! { (meaning) }]
    });
    let numbers = [
        (
            "numbers_unanswered",
            "without an answer",
            counts.numbers_unanswered,
            "Each number is counted once.",
        ),
        ("skipped", "skipped", counts.skipped, "Their range returns no useful answers."),
        ("never_asked", "not looked up", counts.never_asked, "The run stopped first."),
        ("not_kept", "answered, not stored", counts.not_kept, "The ledger could not be written."),
    ];
    let numbers =
        numbers.into_iter().filter(|(_, _, number, _)| *number > 0).map(|(key, text, number, meaning)| {
            vec![html! { (text) }, count_if_any(&format!("counts.{key}"), number), html! { (meaning) }]
        });
    let faults = most_first(&counts.faults).into_iter().map(|(kind, number)| {
        vec![
            html! { code { (kind) } },
            count(&format!("counts.faults.{kind}"), number),
            html! { (meanings::fault(kind)) },
        ]
    });
    let table = |caption, first, rows| Table {
        caption,
        row_noun: "kinds",
        columns: vec![Column::Text(first), Column::Numbers("count"), Column::Explanation("meaning")],
        rows,
    };
    html! {
        section #failures {
            h2 { "Requests and failures" }
            (table("Requests", "requests", requests.into()).render())
            @if counts.faults.is_empty() { p.note { "No request failed." } }
            (table("Failed requests by kind", "failure", faults.collect()).render())
            (table("Numbers not answered or not stored", "numbers", numbers.collect()).render())
        }
    }
}

/// The settings and their origin. They contain no secrets.
pub(super) fn settings(report: &RunReport) -> Markup {
    let rows = report.settings.iter().map(|setting| {
        vec![html! { code { (setting.name) } }, html! { (setting.value) }, html! { (setting.origin) }]
    });
    let table = Table {
        caption: "Settings and their origin",
        row_noun: "settings",
        columns: vec![Column::Text("setting"), Column::Text("value"), Column::Explanation("origin")],
        rows: rows.collect(),
    };
    html! {
        section #settings {
            h2 { "Settings" }
            p { "User name and password are never listed." }
            (table.render())
        }
    }
}

/// Warnings, if there are any.
pub(super) fn warnings(report: &RunReport) -> Markup {
    html! {
        @if !report.warnings.is_empty() {
            section #warnings {
                h2 { "Warnings" }
                ul { @for warning in &report.warnings { li { (warning) } } }
            }
        }
    }
}

/// Which run this was.
pub(super) fn foot(report: &RunReport) -> Markup {
    let started = report.started_at.to_string().replace('T', " ").replace('Z', " UTC");
    html! {
        footer {
            dl {
                dt { "run" } dd { code { (report.run_id) } }
                dt { "started" } dd { (started) }
                dt { "program" } dd { "hlr " (report.version) }
                @if let Some(pipeline) = &report.pipeline { dt { "pipeline" } dd { code { (pipeline.display()) } } }
                dt { @if report.inputs.len() == 1 { "list" } @else { "lists" } }
                dd { @for input in &report.inputs { code { (input) } br; } }
                @if let Some(output) = &report.output { dt { "output" } dd { code { (output_name(output)) } } }
                dt { "ledger" }
                dd { @if let Some(ledger) = &report.ledger { code { (ledger.display()) } } @else { "none" } }
                dt { @if report.endpoints.len() == 1 { "endpoint" } @else { "endpoints" } } dd { @for endpoint in &report.endpoints { code { (endpoint) } br; } }
            }
            p.note { "Ranges are shown without the last six digits of their numbers. This page loads nothing and runs no script." }
        }
    }
}
