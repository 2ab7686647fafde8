//! What came in and what went out, and the way from the list to the answers.

use std::time::Duration;

use maud::{Markup, html};

use super::amounts::{count, figure};
use super::meanings::of;
use super::plot::bars::{Bar, Bars};
use super::plot::scale::whole_ticks;
use super::plot::{Caption, both};
use super::shares;
use super::table::{Column, Table};
use crate::humanize::{grouped, lasting, percent, size};
use crate::report::run_report::RunReport;

/// What came in and what went out.
pub(super) fn in_and_out(report: &RunReport) -> Markup {
    let counts = &report.counts;
    let classes = [
        ("answered", counts.answered, "answered", "This run asked, and the service answered."),
        (
            "duplicates",
            counts.duplicates,
            "duplicate",
            "Another row has the same number; one lookup serves both.",
        ),
        ("from_ledger", counts.from_ledger, "from the ledger", "An earlier run paid for the answer."),
        ("carried", counts.carried, "resolved before", "The row came in with its verdict and kept it."),
        ("invalid", counts.invalid, "invalid", "No number that can be asked about; nothing was spent."),
        ("unanswered", counts.unanswered, "unanswered", "No answer was got."),
    ];
    let rows = classes.into_iter().map(|(name, rows, text, meaning)| {
        shares::row(html! { (text) }, &format!("counts.{name}"), rows, counts.rows, meaning)
    });
    let headings = ["class", "share", "means"];
    let mut table = shares::table("Where the rows have their answers from", "classes", headings, rows);
    table.rows.push(vec![
        html! { strong { "rows" } },
        html! { strong { (count("counts.rows", counts.rows)) } },
        html! { (percent(counts.rows, counts.rows)) },
        html! { "Every row is in exactly one of these classes." },
    ]);
    html! {
        section #flow {
            h2 { "What came in, what went out" }
            p {
                "In: " (files(&report.inputs)) ". "
                @match &report.output {
                    Some(output) => {
                        "Out: " code { (output.display()) } ", " (count("rows", report.rows)) " rows, "
                        (figure("bytes", report.bytes, &size(report.bytes))) ", in "
                        (lasting(Duration::from_secs_f64(report.elapsed_seconds.max(0.0)))) "."
                    }
                    None => "Out: no file.",
                }
            }
            (table.render())
            @if counts.filtered > 0 {
                p.note {
                    "A filter has left out " (count("counts.filtered", counts.filtered)) " further "
                    (of(counts.filtered, "row", "rows")) " of the list; no other figure has them."
                }
            }
        }
    }
}

fn files(inputs: &[String]) -> Markup {
    const NAMED: usize = 5;
    html! {
        @for (place, input) in inputs.iter().take(NAMED).enumerate() {
            @if place > 0 { ", " }
            @if input == "-" { "standard input" } @else { code { (input) } }
        }
        @if inputs.len() > NAMED { " and " (inputs.len() - NAMED) " more" }
    }
}

/// From the list to the answers.
pub(super) fn funnel(report: &RunReport) -> Markup {
    let whole = report.funnel.first().map_or(0, |step| step.left);
    let bars = report.funnel.iter().map(|step| Bar {
        label: in_short(step.step).into(),
        parts: vec![("funnel", step.left as f64)],
        value: grouped(step.left),
    });
    let plot = Bars {
        caption: Caption {
            title: "Funnel from rows to answers".into(),
            description: "How many rows, and then different numbers, are left after each step.".into(),
        },
        axis: "rows, then different numbers".into(),
        ticks: whole_ticks(whole, 6),
        bars: bars.collect(),
    };
    let lost = |place: usize| match place {
        0 => 0,
        place => report.funnel[place - 1].left.saturating_sub(report.funnel[place].left),
    };
    let rows = report.funnel.iter().enumerate().map(|(place, step)| {
        vec![
            html! { (step.text) },
            count(&format!("funnel.{place}.left"), step.left),
            html! { @if lost(place) > 0 { (grouped(lost(place))) } @else { span.none { "0" } } },
            html! { (percent(step.left, whole)) },
            html! { (why_fewer(step.step)) },
        ]
    });
    let table = Table {
        caption: "The same in figures",
        rows_are: "steps",
        columns: vec![
            Column::Words("step"),
            Column::Numbers("left"),
            Column::Numbers("fewer by"),
            Column::Numbers("of all rows"),
            Column::Means("those that are gone"),
        ],
        rows: rows.collect(),
    };
    html! {
        section #funnel {
            h2 { "From rows to answers" }
            figure { (both(|size| plot.draw(size))) }
            (table.render())
        }
    }
}

/// A step in a word or two; the table has the whole text.
fn in_short(step: &str) -> &str {
    match step {
        "not_in_ledger" => "not in the ledger",
        "distinct" => "different numbers",
        other => other,
    }
}

fn why_fewer(step: &str) -> &'static str {
    match step {
        "valid" => "are invalid, or came in with a verdict",
        "not_in_ledger" => "have an answer that was paid for before",
        "distinct" => "have a number that stands in another row",
        "asked" => "were skipped, or the run ended before",
        "answered" => "got no answer to any attempt",
        _ => "",
    }
}
