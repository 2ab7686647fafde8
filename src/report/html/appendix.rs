//! What stands behind the figures: requests and failures, settings, warnings, and which run this was.

use maud::{Markup, html};

use super::amounts::{count, count_if_any};
use super::meanings;
use super::table::{Column, Table};
use crate::humanize::most_first;
use crate::report::run_report::RunReport;

/// Requests and why some failed.
pub(super) fn failures(report: &RunReport) -> Markup {
    let counts = &report.counts;
    let kinds = [
        ("requests", "sent", counts.requests, "Every attempt counts."),
        ("replies", "answered by the service", counts.replies, "TIMEOUT and its like are answers too."),
        ("retries", "second or later attempts", counts.retries, "Of those that were sent."),
        (
            "throttled",
            "throttled",
            counts.throttled,
            "Turned away because too much was asked; asked again later.",
        ),
    ];
    let requests = kinds.map(|(key, text, number, meaning)| {
        vec![html! { (text) }, count(&format!("counts.{key}"), number), html! { (meaning) }]
    });
    let numbers = [
        ("numbers_unanswered", "without an answer", counts.numbers_unanswered, "Each number once."),
        ("skipped", "skipped", counts.skipped, "Their range answers nothing useful."),
        ("never_asked", "never asked", counts.never_asked, "The run stopped before."),
        ("not_kept", "answered and not kept", counts.not_kept, "The ledger could not keep the answer."),
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
    let table = |caption, rows_are, first, rows| Table {
        caption,
        rows_are,
        columns: vec![Column::Words(first), Column::Numbers("how many"), Column::Means("means")],
        rows,
    };
    html! {
        section #failures {
            h2 { "Requests and failures" }
            (table("Requests", "kinds", "requests", requests.into()).render())
            @if counts.faults.is_empty() { p.note { "No request failed." } }
            (table("Requests that failed, by kind", "kinds", "failure", faults.collect()).render())
            (table("Numbers", "kinds", "numbers", numbers.collect()).render())
        }
    }
}

/// What the run was told, and by whom. There are no secrets among the settings.
pub(super) fn settings(report: &RunReport) -> Markup {
    let rows = report.settings.iter().map(|setting| {
        vec![html! { code { (setting.name) } }, html! { (setting.value) }, html! { (setting.origin) }]
    });
    let table = Table {
        caption: "What the run was told, and where each setting came from",
        rows_are: "settings",
        columns: vec![Column::Words("setting"), Column::Words("value"), Column::Means("from")],
        rows: rows.collect(),
    };
    html! {
        section #settings {
            h2 { "Settings" }
            p { "User name and password are not among them." }
            (table.render())
        }
    }
}

/// What should be told.
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
                @if let Some(output) = &report.output { dt { "output" } dd { code { (output.display()) } } }
                dt { "ledger" }
                dd { @if let Some(ledger) = &report.ledger { code { (ledger.display()) } } @else { "none" } }
                dt { "asked" } dd { @for endpoint in &report.endpoints { code { (endpoint) } br; } }
            }
            p.note { "Numbers are shown by their first six digits only. This page loads nothing and runs no script." }
        }
    }
}
