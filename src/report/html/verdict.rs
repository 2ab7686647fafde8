//! The first screen: what happened, whether somebody must act, and the key figures.

use std::time::Duration;

use maud::{Markup, html};

use super::figures::{amount, count, figure, money};
use super::meanings::plural;
use crate::humanize::{grouped, lasting, output_name, percent, speed};
use crate::model::Status;
use crate::report::run_report::RunReport;

/// The head of the page.
pub(super) fn render(report: &RunReport) -> Markup {
    let started = report.started_at.to_string();
    html! {
        header {
            p.kind { "Run of " (started.replace('T', " ").replace('Z', " UTC")) ", hlr " (report.version) }
            h1 { (heading(report)) }
            @if report.simulated {
                p.simulated role="alert" {
                    strong { "SIMULATED ANSWERS. " }
                    "They come from the built-in simulator. No number was looked up, and nothing here is about a real subscriber."
                }
            }
            div class={ "verdict " (report.ending) } {
                p { strong { (ending(report)) } " " (what_happened(report)) }
                p { (what_to_do(report)) }
            }
            (key_figures(report))
        }
    }
}

/// The name of the list.
pub(super) fn heading(report: &RunReport) -> String {
    let name = |path: &String| match path.as_str() {
        "-" => "standard input".to_owned(),
        path => path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned(),
    };
    match report.inputs.as_slice() {
        [] => "A list".into(),
        [one] => name(one),
        [first, others @ ..] => {
            format!(
                "{} and {} other {}",
                name(first),
                others.len(),
                plural(others.len() as u64, "list", "lists")
            )
        }
    }
}

/// How the run ended, in a few words.
pub(super) fn ending(report: &RunReport) -> &'static str {
    match report.ending {
        "complete" => "Complete.",
        "gaps" => "Finished with gaps.",
        "interrupted" => "Interrupted.",
        _ => "Stopped early.",
    }
}

fn what_happened(report: &RunReport) -> String {
    let (rows, unanswered) = (report.counts.rows, report.counts.unanswered);
    let (all, without_answer) = (grouped(rows), grouped(unanswered));
    match report.ending {
        "complete" if rows == 0 && report.counts.filtered > 0 => {
            "No row of the list matches the filter.".into()
        }
        "complete" if rows == 0 => "The list has no rows.".into(),
        "complete" if rows == 1 => "The only row has its final status.".into(),
        "complete" => format!("All {all} rows have their final status."),
        "gaps" => {
            let has = plural(unanswered, "has", "have");
            format!(
                "{all} {} in the output; {without_answer} of them {has} no answer.",
                plural(rows, "row is", "rows are")
            )
        }
        _ => {
            let because = report.stopped_because.as_deref().filter(|because| *because != "interrupted");
            let because = because.map(|because| format!("Reason: {because}. ")).unwrap_or_default();
            let written = written_before_the_stop(report);
            format!("{because}{written}")
        }
    }
}

/// What the output of a run has that stopped before its last row.
fn written_before_the_stop(report: &RunReport) -> String {
    let Some(output) = &report.output else {
        return "No row has an answer, and no output was written.".into();
    };
    let unanswered = report.counts.unanswered;
    let rest = if report.whole_list { "" } else { " The rest of the list was not read." };
    let counted = |rows: u64| format!("{} {}", grouped(rows), plural(rows, "row", "rows"));
    let name = output_name(output);
    // Rows that were done and did not go out say nothing about those that did.
    if report.streamed && report.rows < report.counts.rows {
        return format!("{} went to {name}.{rest}", counted(report.rows));
    }
    let done = counted(report.rows.saturating_sub(unanswered));
    let rows = format!("{done} with a result and {} without an answer", grouped(unanswered));
    match report.streamed {
        true => format!("{rows} went to {name}.{rest}"),
        false => format!("{name} has {rows}.{rest}"),
    }
}

/// Whether somebody must act, and how.
fn what_to_do(report: &RunReport) -> Markup {
    let without_verdict = no_verdict(report);
    html! {
        @match (report.ending, &report.ledger) {
            ("complete", _) => "Nothing to do.",
            ("gaps", Some(_)) => {
                b { "To do: " } "run the same command again. It looks up only what is missing. No answer is paid for twice, but a number without an answer may be billed again."
            }
            ("gaps", None) => {
                b { "To do: " } "the run had no ledger, so the same command looks up and pays for every number again. "
                @if is_one_whole_file(report) {
                    code { "hlr enrich" } " on the output with " code { "--only unresolved" } " looks up only what is missing."
                }
            }
            (ending, ledger) => {
                b { "To do: " }
                @if ending == "stopped" { "fix the cause, then run " } @else { "run " }
                "the same command again. "
                @if ledger.is_some() { "It continues where this run stopped. No answer is paid for twice." }
                @else { "The run had no ledger, so it starts over and pays for every number again." }
            }
        }
        @if without_verdict > 0 {
            " " @if report.counts.unanswered > 0 { "Including those, " }
            (grouped(without_verdict)) " " (plural(without_verdict, "row has", "rows have"))
            " no verdict, which says nothing about their subscribers."
        }
        @if !report.warnings.is_empty() {
            @let warnings = report.warnings.len() as u64;
            " See " a href="#warnings" { (grouped(warnings)) " " (plural(warnings, "warning", "warnings")) } " below."
        }
    }
}

/// Whether the output can be the input of `--only unresolved`: one file with all added columns.
fn is_one_whole_file(report: &RunReport) -> bool {
    !report.streamed
        && !report
            .settings
            .iter()
            .any(|setting| matches!(setting.name.as_str(), "partition_by" | "drop_columns"))
}

fn no_verdict(report: &RunReport) -> u64 {
    let without_verdict = Status::ALL.into_iter().filter(|status| status.lacks_verdict());
    without_verdict.map(|status| report.counts.with_status(status)).sum()
}

fn key_figures(report: &RunReport) -> Markup {
    let counts = &report.counts;
    let answered = counts.answered + counts.duplicates + counts.from_ledger + counts.carried;
    let rows_of = |status: Status| counts.with_status(status);
    // The Number Portability product never returns `reachable`.
    let good = match (rows_of(Status::Reachable), rows_of(Status::Assigned)) {
        (0, 1..) => Status::Assigned,
        _ => Status::Reachable,
    };
    let seconds = report.elapsed_seconds;
    let per_second = if seconds > 0.0 { counts.requests as f64 / seconds } else { 0.0 };
    html! {
        dl.key {
            (key("rows", &count("counts.rows", counts.rows), &html! {
                @if counts.invalid > 0 { (grouped(counts.invalid)) " invalid" } @else { "none invalid" }
            }))
            (key("with an answer", &html! { (share(answered, counts.rows)) }, &html! {
                @if counts.unanswered > 0 { (grouped(counts.unanswered)) " unanswered" } @else { "none unanswered" }
            }))
            (key(good.text(), &html! { (share(rows_of(good), counts.rows)) }, &html! {
                (grouped(rows_of(good))) " " (plural(rows_of(good), "row", "rows"))
            }))
            @if report.has_prices {
                (key("spent", &amount("counts.costs.billed", counts.costs.billed), &html! {
                    @if counts.maybe_billed > 0 { "perhaps " (money(counts.costs.maybe_billed)) " more" }
                    @else { (grouped(counts.billed)) " " (plural(counts.billed, "request", "requests")) " billed" }
                }))
            } @else {
                (key("requests billed", &count("counts.billed", counts.billed), &html! {
                    @if counts.maybe_billed > 0 { "perhaps " (grouped(counts.maybe_billed)) " more" }
                    @else { "no price given" }
                }))
            }
            (key("duration",
                &figure("elapsed_seconds", seconds, &lasting(Duration::from_secs_f64(seconds.max(0.0)))),
                &html! { (speed(per_second)) " requests/s" }))
        }
    }
}

fn key(name: &str, value: &Markup, remark: &Markup) -> Markup {
    html! { div { dt { (name) } dd.figure { (value) } dd.remark { (remark) } } }
}

/// A share, and `0 %` of nothing.
fn share(part: u64, whole: u64) -> String {
    if whole == 0 { "0 %".into() } else { percent(part, whole) }
}
