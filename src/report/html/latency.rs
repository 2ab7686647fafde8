//! How long answers took.

use maud::{Markup, html};

use super::figures::{count, millis};
use super::meanings::plural;
use super::plot::histogram::{Histogram, Line};
use super::plot::scale::short_time;
use super::plot::{Caption, both};
use super::table::{Column, Table};
use crate::report::run_report::RunReport;

/// How long answers took.
pub(super) fn render(report: &RunReport) -> Markup {
    let latency = &report.latency;
    let percentiles = [
        ("p50_ms", "50 %", latency.p50_ms, "Half of the answers took no longer."),
        ("p90_ms", "90 %", latency.p90_ms, "90 % of the answers took no longer."),
        ("p99_ms", "99 %", latency.p99_ms, "99 % of the answers took no longer."),
        ("p999_ms", "99.9 %", latency.p999_ms, "99.9 % of the answers took no longer."),
        ("longest_ms", "longest", latency.longest_ms, "No answer took longer."),
    ];
    let answers = latency.answers.max(1) as f64;
    let bars = latency
        .distribution
        .iter()
        .map(|span| (span.from_ms, span.to_ms, span.answers as f64 / answers * 100.0));
    let line =
        |name, millis| Line { millis, name, name_and_value: format!("{name}: {}", short_time(millis)) };
    let plot = Histogram {
        caption: Caption {
            title: "How long answers took".into(),
            description: "The share of the answers by their time, with the percentiles as lines.".into(),
        },
        y_axis: "share of the answers, %".into(),
        x_axis: "time to the complete answer, logarithmic scale".into(),
        bars: bars.collect(),
        lines: percentiles
            .iter()
            .filter(|(key, ..)| *key != "p999_ms")
            .map(|(_, name, at, _)| line(*name, *at))
            .collect(),
    };
    let mut rows: Vec<_> = percentiles
        .into_iter()
        .map(|(key, name, at, meaning)| {
            vec![html! { (name) }, millis(&format!("latency.{key}"), at), html! { (meaning) }]
        })
        .collect();
    let mean = vec![
        html! { "mean" },
        millis("latency.mean_ms", latency.mean_ms),
        html! { "Average of all answers." },
    ];
    rows.push(mean);
    let table = Table {
        caption: "Percentiles, exact to 6 %",
        row_noun: "percentiles",
        columns: vec![Column::Text("percentile"), Column::Numbers("time"), Column::Explanation("meaning")],
        rows,
    };
    html! {
        section #latency {
            h2 { "Latency" }
            p {
                (count("latency.answers", latency.answers)) " " (plural(latency.answers, "answer was", "answers were"))
                " timed. How long an answer takes depends on the network of the number."
            }
            @if latency.answers > 0 { figure { (both(|size| plot.draw(size))) } }
            (table.render())
        }
    }
}
