//! Input and output, and the way from the rows of the list to the answers.

use std::time::Duration;

use maud::{Markup, html};

use super::figures::{count, figure};
use super::meanings::plural;
use super::plot::bars::{Bar, Bars};
use super::plot::scale::whole_ticks;
use super::plot::{Caption, both};
use super::shares;
use super::table::{Column, Table};
use crate::humanize::{grouped, lasting, output_name, percent, size};
use crate::report::run_report::RunReport;

/// Input, output, and where the answers of the rows come from.
pub(super) fn in_and_out(report: &RunReport) -> Markup {
    let counts = &report.counts;
    let classes = [
        ("answered", counts.answered, "answered", "Looked up by this run, and answered."),
        (
            "duplicates",
            counts.duplicates,
            "duplicate",
            "Another row has the same number; one lookup serves both.",
        ),
        ("from_ledger", counts.from_ledger, "from the ledger", "An earlier run paid for the answer."),
        ("carried", counts.carried, "carried", "The row already had a verdict and keeps it."),
        ("invalid", counts.invalid, "invalid", "No number that can be looked up; nothing was spent."),
        ("unanswered", counts.unanswered, "unanswered", "No answer was received."),
    ];
    let rows = classes.into_iter().map(|(name, rows, text, meaning)| {
        shares::row(html! { (text) }, &format!("counts.{name}"), rows, counts.rows, meaning)
    });
    let headings = ["class", "share", "meaning"];
    let mut table = shares::table("Rows by source of their answer", "classes", headings, rows);
    table.rows.push(vec![
        html! { strong { "rows" } },
        html! { strong { (count("counts.rows", counts.rows)) } },
        html! { (percent(counts.rows, counts.rows)) },
        html! { "Every row is in exactly one of these classes." },
    ]);
    html! {
        section #files {
            h2 { "Input and output" }
            p {
                "Input: " (files(&report.inputs)) ". "
                @match &report.output {
                    Some(output) => {
                        "Output: " code { (output_name(output)) } ", " (count("rows", report.rows)) " "
                        (plural(report.rows, "row", "rows")) ", "
                        (figure("bytes", report.bytes, &size(report.bytes))) ", written in "
                        (lasting(Duration::from_secs_f64(report.elapsed_seconds.max(0.0)))) "."
                    }
                    None => "Output: none.",
                }
            }
            (table.render())
            @if counts.filtered > 0 {
                p.note {
                    "The filter left out " (count("counts.filtered", counts.filtered)) " further "
                    (plural(counts.filtered, "row", "rows")) " of the list. They are not counted anywhere else."
                }
            }
        }
    }
}

fn files(inputs: &[String]) -> Markup {
    const MAX_NAMED: usize = 5;
    html! {
        @for (index, input) in inputs.iter().take(MAX_NAMED).enumerate() {
            @if index > 0 { ", " }
            @if input == "-" { "standard input" } @else { code { (input) } }
        }
        @if inputs.len() > MAX_NAMED { " and " (inputs.len() - MAX_NAMED) " more" }
    }
}

/// From the rows of the list to the answers.
pub(super) fn funnel(report: &RunReport) -> Markup {
    let whole = report.funnel.first().map_or(0, |step| step.left);
    let bars = report.funnel.iter().map(|step| Bar {
        label: short_label(step.step).into(),
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
    let dropped = |index: usize| match index {
        0 => 0,
        index => report.funnel[index - 1].left.saturating_sub(report.funnel[index].left),
    };
    let rows = report.funnel.iter().enumerate().map(|(index, step)| {
        vec![
            html! { (step.text) },
            count(&format!("funnel.{index}.left"), step.left),
            html! { @if dropped(index) > 0 { (grouped(dropped(index))) } @else { span.none { "0" } } },
            html! { (percent(step.left, whole)) },
            html! { (why_dropped(step.step)) },
        ]
    });
    let table = Table {
        caption: "Funnel in figures",
        row_noun: "steps",
        columns: vec![
            Column::Text("step"),
            Column::Numbers("left"),
            Column::Numbers("dropped"),
            Column::Numbers("of all rows"),
            Column::Explanation("why dropped"),
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

/// A step in one to three words, for the plot.
fn short_label(step: &str) -> &str {
    match step {
        "not_in_ledger" => "not in the ledger",
        "distinct" => "different numbers",
        "asked" => "looked up",
        other => other,
    }
}

fn why_dropped(step: &str) -> &'static str {
    match step {
        "valid" => "invalid, or carried with their verdict",
        "not_in_ledger" => "answered from the ledger",
        "distinct" => "same number as another row",
        "asked" => "skipped, or the run stopped first",
        "answered" => "no attempt was answered",
        _ => "",
    }
}
