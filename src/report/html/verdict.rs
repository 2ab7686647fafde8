//! The first screen: what happened, whether somebody must act, and the figures that everybody asks for.

use std::time::Duration;

use maud::{Markup, html};

use super::amounts::{amount, count, figure, money};
use super::meanings::of;
use crate::humanize::{grouped, lasting, percent, speed};
use crate::model::Status;
use crate::report::run_report::RunReport;

/// The head of the page.
pub(super) fn render(report: &RunReport) -> Markup {
    let started = report.started_at.to_string();
    html! {
        header {
            p.kind { "Report of a run of " (started.replace('T', " ").replace('Z', " UTC")) ", hlr " (report.version) }
            h1 { (heading(report)) }
            @if report.simulated {
                p.simulated role="alert" {
                    strong { "SIMULATED ANSWERS. " }
                    "The built-in simulator answered. Nothing was looked up, and nothing here is about a subscriber."
                }
            }
            div class={ "verdict " (report.ending) } {
                p { strong { (ending(report)) } " " (what_is_there(report)) }
                p { (what_to_do(report)) }
            }
            (key_figures(report))
        }
    }
}

/// The list, as its user knows it.
pub(super) fn heading(report: &RunReport) -> String {
    let name = |path: &String| match path.as_str() {
        "-" => "standard input".to_owned(),
        path => path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned(),
    };
    match report.inputs.as_slice() {
        [] => "A list".into(),
        [one] => name(one),
        [first, others @ ..] => {
            format!("{} and {} other {}", name(first), others.len(), of(others.len() as u64, "list", "lists"))
        }
    }
}

/// How it ended, in a word or two.
pub(super) fn ending(report: &RunReport) -> &'static str {
    match report.ending {
        "complete" => "Complete.",
        "gaps" => "Finished, with gaps.",
        "interrupted" => "Interrupted.",
        _ => "Stopped before its end.",
    }
}

fn what_is_there(report: &RunReport) -> String {
    let (rows, unanswered) = (report.counts.rows, report.counts.unanswered);
    let all = grouped(rows);
    match report.ending {
        "complete" if rows == 0 && report.counts.filtered > 0 => "The filter left no row of the list.".into(),
        "complete" if rows == 0 => "The list has no rows.".into(),
        "complete" => format!(
            "{} {} its final word.",
            all,
            of(rows, "row came in and has", "rows came in, and each has")
        ),
        "gaps" => {
            let has = of(unanswered, "has", "have");
            format!("All {all} rows are there, and {} of them {has} no answer.", grouped(unanswered))
        }
        _ => {
            let because = report.stopped_because.as_deref().filter(|_| report.ending != "interrupted");
            let because = because.map(|because| format!("The reason: {because}. ")).unwrap_or_default();
            let rest = if report.whole_list { "" } else { " The rest of the list was not taken in." };
            let kept = match &report.output {
                Some(output) => format!(
                    "{} keeps the {} rows that are done, and {} more without an answer.{rest}",
                    output.display(),
                    grouped(report.rows.saturating_sub(unanswered)),
                    grouped(unanswered)
                ),
                None => "No row had an answer, and nothing is kept.".into(),
            };
            format!("{because}{kept}")
        }
    }
}

/// Whether somebody must act, and how.
fn what_to_do(report: &RunReport) -> Markup {
    let without_verdict = no_verdict(report);
    html! {
        @match (report.ending, &report.ledger) {
            ("complete", _) => "Nothing has to be done.",
            ("gaps", Some(_)) => {
                b { "To do: " } "run the same command again. It asks only for what is missing; no answer is paid for twice, and what got none may be billed again."
            }
            ("gaps", None) => {
                b { "To do: " } "no ledger was kept, so the same command would ask and pay for every number again. "
                @if is_one_whole_file(report) {
                    code { "hlr enrich" } " of the output with " code { "--only unresolved" } " asks only for what is missing."
                }
            }
            (ending, ledger) => {
                b { "To do: " }
                @if ending == "stopped" { "mend the cause, then run " } @else { "run " }
                "the same command again. "
                @if ledger.is_some() { "It goes on where this run was; no answer is paid for twice." }
                @else { "No ledger was kept, so it begins anew and pays for every number again." }
            }
        }
        @if without_verdict > 0 {
            " " @if report.counts.unanswered > 0 { "With those, " }
            (grouped(without_verdict)) " " (of(without_verdict, "row has", "rows have"))
            " no verdict, which says nothing about their subscribers."
        }
        @if !report.warnings.is_empty() {
            @let warnings = report.warnings.len() as u64;
            " " a href="#warnings" {
                (grouped(warnings)) " " (of(warnings, "warning stands", "warnings stand")) " below"
            } "."
        }
    }
}

/// Whether the output can be read again as a list with all that was added to it.
fn is_one_whole_file(report: &RunReport) -> bool {
    !report.settings.iter().any(|setting| matches!(setting.name.as_str(), "partition_by" | "drop_columns"))
}

fn no_verdict(report: &RunReport) -> u64 {
    let without = Status::ALL.into_iter().filter(|status| status.lacks_verdict());
    without.map(|status| report.counts.with_status(status)).sum()
}

fn key_figures(report: &RunReport) -> Markup {
    let counts = &report.counts;
    let answered = counts.answered + counts.duplicates + counts.from_ledger + counts.carried;
    let rows_of = |status: Status| counts.with_status(status);
    // The Number Portability product never says that somebody is reachable.
    let good = match (rows_of(Status::Reachable), rows_of(Status::Assigned)) {
        (0, 1..) => Status::Assigned,
        _ => Status::Reachable,
    };
    let seconds = report.elapsed_seconds;
    let a_second = if seconds > 0.0 { counts.requests as f64 / seconds } else { 0.0 };
    html! {
        dl.key {
            (key("rows", &count("counts.rows", counts.rows), &html! {
                @if counts.invalid > 0 { (grouped(counts.invalid)) " of them invalid" } @else { "all with a number" }
            }))
            (key("with an answer", &html! { (share(answered, counts.rows)) }, &html! {
                @if counts.unanswered > 0 {
                    (grouped(counts.unanswered)) " " (of(counts.unanswered, "row", "rows")) " without"
                } @else { "no row without" }
            }))
            (key(good.text(), &html! { (share(rows_of(good), counts.rows)) }, &html! {
                (grouped(rows_of(good))) " rows"
            }))
            @if report.has_prices {
                (key("spent", &amount("counts.costs.billed", counts.costs.billed), &html! {
                    @if counts.maybe_billed > 0 { "and perhaps " (money(counts.costs.maybe_billed)) " more" }
                    @else { (grouped(counts.billed)) " requests billed" }
                }))
            } @else {
                (key("requests billed", &count("counts.billed", counts.billed), &html! {
                    @if counts.maybe_billed > 0 { "and perhaps " (grouped(counts.maybe_billed)) " more" }
                    @else { "no price was given" }
                }))
            }
            (key("duration",
                &figure("elapsed_seconds", seconds, &lasting(Duration::from_secs_f64(seconds.max(0.0)))),
                &html! { (speed(a_second)) " requests/s" }))
        }
    }
}

fn key(name: &str, value: &Markup, remark: &Markup) -> Markup {
    html! { div { dt { (name) } dd.figure { (value) } dd.remark { (remark) } } }
}

/// A share, also of nothing.
fn share(part: u64, whole: u64) -> String {
    if whole == 0 { "0 %".into() } else { percent(part, whole) }
}
