//! The summary of a run, as text.

use std::path::Path;
use std::time::Duration;

use super::event_messages::{stop_help, stop_message};
use crate::humanize::{counted, grouped, lasting, most_first, output_name, percent, size, speed};
use crate::job::{JobOutcome, JobReport};
use crate::model::{Money, Status};
use crate::telemetry::{Costs, Snapshot};

/// The summary, as lines of text.
pub(super) fn lines(finished: &JobReport) -> Vec<String> {
    let counts = &finished.report.counts;
    let mut lines = vec![String::new()];
    lines.extend(table("rows", counts.rows, &rows_by_class(counts)));
    if counts.filtered > 0 {
        lines.push(format!("  {:<32} {:>13}", "filtered out", grouped(counts.filtered)));
    }
    lines.extend(table("by status", counts.rows, &by_status(counts)));
    lines.extend(table("by result", counts.rows, &most_first(&counts.by_result)));
    lines.extend(table("refused", counts.rows, &most_first(&counts.refused)));
    lines.extend(hint(counts));
    lines.push(requests(finished));
    lines.extend(money(finished));
    if !counts.faults.is_empty() {
        lines.push(format!("  failed requests: {}", in_a_line(&most_first(&counts.faults))));
    }
    lines.push(String::new());
    if let (Some(path), JobOutcome::Complete | JobOutcome::Gaps { .. }) =
        (&finished.report.output, &finished.outcome)
    {
        lines.push(format!(
            "{}: {}, {}, in {}",
            output_name(path),
            counted(finished.report.rows, "row"),
            size(finished.report.bytes),
            lasting(Duration::from_secs_f64(finished.report.elapsed_seconds))
        ));
    }
    let page = finished.report.page.as_ref();
    lines.extend(page.map(|page| format!("the report is in {}", page.display())));
    let all_kept = counts.not_kept == 0 && finished.import.is_none();
    if let Some(ledger) = finished.report.ledger.as_ref().filter(|_| all_kept) {
        lines.push(format!("answers are kept in {}", ledger.display()));
    }
    lines
}

/// What a run that has no result has asked and paid, and where it is kept.
pub(super) fn figures(counts: &Snapshot, ledger: Option<&Path>) -> Vec<String> {
    let line = |name: &str, count: u64| format!("  {name:<32} {:>13}", grouped(count));
    let mut lines = vec![
        line("requests", counts.requests),
        line("  billed", counts.billed),
        line("  perhaps billed, no answer", counts.maybe_billed),
    ];
    if counts.not_kept > 0 {
        lines.push(line("paid answers not in the ledger", counts.not_kept));
    }
    match ledger {
        Some(ledger) => lines.push(format!("answers are kept in {}", ledger.display())),
        None if counts.requests > 0 => lines.push("there is no ledger: answers are kept nowhere else".into()),
        None => {}
    }
    lines
}

/// Why the run is not complete, and what the partial file has.
pub(super) fn ending(finished: &JobReport) -> String {
    match (&finished.outcome, &finished.report.output) {
        (JobOutcome::Complete, _) => "complete".into(),
        (JobOutcome::Gaps { unanswered: 1 }, _) => "1 row has no answer".into(),
        (JobOutcome::Gaps { unanswered }, _) => format!("{} rows have no answer", grouped(*unanswered)),
        (JobOutcome::Stopped(reason), None) if finished.report.counts.requests > 0 => {
            let kept = match (&finished.report.ledger, &finished.import) {
                (Some(_), None) => "what was paid for is in the ledger",
                (Some(_), Some(_)) => "what was paid for is kept, as follows",
                (None, _) => "without a ledger, what was paid for is lost",
            };
            format!("{}; there is no output; {kept}", stop_message(reason))
        }
        (JobOutcome::Stopped(reason), None) => {
            format!("{}; no row was answered, so there is no partial file", stop_message(reason))
        }
        // Rows that were done and did not go out say nothing about those that did.
        (JobOutcome::Stopped(reason), Some(path))
            if finished.report.streamed
                && (finished.report.rows == 0 || finished.report.rows < finished.report.counts.rows) =>
        {
            let rows = match finished.report.rows {
                0 => "no row".to_owned(),
                rows => counted(rows, "row"),
            };
            format!("{}; {rows} went to {}", stop_message(reason), output_name(path))
        }
        (JobOutcome::Stopped(reason), Some(path)) => {
            let unanswered = finished.report.counts.unanswered;
            let finished_rows = finished.report.rows.saturating_sub(unanswered);
            let rest = if finished.report.whole_list { "" } else { "; the rest of the list was not read" };
            let rows = format!(
                "{} and {} without an answer",
                counted(finished_rows, "finished row"),
                counted(unanswered, "row")
            );
            let reason = stop_message(reason);
            match finished.report.streamed {
                true => format!("{reason}; {rows} went to {}{rest}", output_name(path)),
                false => format!("{reason}; {} has {rows}{rest}", path.display()),
            }
        }
    }
}

/// What to do about the reason for which the run stopped.
pub(super) fn ending_help(finished: &JobReport) -> Option<String> {
    match &finished.outcome {
        JobOutcome::Stopped(reason) => stop_help(reason),
        JobOutcome::Complete | JobOutcome::Gaps { .. } => None,
    }
}

type Counts<'a> = Vec<(&'a str, u64)>;

fn rows_by_class(counts: &Snapshot) -> Counts<'static> {
    vec![
        ("answered", counts.answered),
        ("resolved before", counts.carried),
        ("from the ledger", counts.from_ledger),
        ("duplicates", counts.duplicates),
        ("invalid", counts.invalid),
        ("unanswered", counts.unanswered),
    ]
}

fn by_status(counts: &Snapshot) -> Counts<'static> {
    Status::ALL.map(|status| (status.text(), counts.with_status(status))).into()
}

/// A heading, and a line for each count that is not zero, with its share of the total.
fn table(heading: &str, total: u64, counts: &[(&str, u64)]) -> Vec<String> {
    let counts: Vec<_> = counts.iter().filter(|(_, count)| *count > 0).collect();
    if counts.is_empty() {
        return Vec::new();
    }
    let heading = match heading {
        "rows" => format!("  {:<32} {:>13}", "rows", grouped(total)),
        _ => format!("  {heading}"),
    };
    let line = |(text, count): &&(&str, u64)| {
        format!("    {text:<30} {:>13} {:>8}", grouped(*count), percent(*count, total))
    };
    std::iter::once(heading).chain(counts.iter().map(line)).collect()
}

/// Which flag would have made more rows valid.
fn hint(counts: &Snapshot) -> Option<String> {
    let national = counts.refused.get("national_without_region")?;
    Some(format!("    (national numbers: {}; --region sets their default country)", grouped(*national)))
}

fn requests(finished: &JobReport) -> String {
    let counts = &finished.report.counts;
    let seconds = finished.report.elapsed_seconds;
    let per_second = if seconds > 0.0 { counts.requests as f64 / seconds } else { 0.0 };
    let parts =
        [("retries", counts.retries), ("throttled", counts.throttled), ("numbers skipped", counts.skipped)];
    let parts = in_a_line(&parts.into_iter().filter(|(_, count)| *count > 0).collect::<Vec<_>>());
    let parts = if parts.is_empty() { parts } else { format!(": {parts}") };
    format!(
        "  {:<32} {:>13} {:>8}{parts}",
        "requests",
        grouped(counts.requests),
        format!("{}/s", speed(per_second))
    )
}

/// What the run cost and saved, in lookups and, where a price is known, in money. The first three
/// counts add up to the requests.
fn money(finished: &JobReport) -> Vec<String> {
    let counts = &finished.report.counts;
    let Costs { billed, maybe_billed, saved_by_duplicates, saved_by_ledger } = counts.costs;
    let has_prices = finished.report.has_prices;
    let line = |name: &str, count: u64, amount: Money| {
        let amount = if has_prices { amount.to_string() } else { String::new() };
        format!("    {name:<30} {:>13} {amount:>11}", grouped(count)).trim_end().to_owned()
    };
    let free = counts.requests.saturating_sub(counts.billed + counts.maybe_billed);
    let rows = [
        ("billed", counts.billed, billed),
        ("perhaps billed, no answer", counts.maybe_billed, maybe_billed),
        ("not billed", free, Money::ZERO),
        ("saved by duplicates (rows)", counts.duplicates, saved_by_duplicates),
        ("saved by the ledger (rows)", counts.from_ledger, saved_by_ledger),
    ];
    let rows = rows.into_iter().filter(|(_, count, _)| *count > 0);
    rows.map(|(name, count, amount)| line(name, count, amount)).collect()
}

fn in_a_line(counts: &[(&str, u64)]) -> String {
    let words: Vec<_> = counts.iter().map(|(text, count)| format!("{text} {}", grouped(*count))).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_aligned_and_has_no_zeros() {
        let lines = table("rows", 2_000, &[("answered", 1_500), ("unanswered", 0), ("invalid", 500)]);
        assert_eq!(
            lines,
            [
                "  rows                                     2 000",
                "    answered                               1 500   75.0 %",
                "    invalid                                  500   25.0 %",
            ]
        );
        assert!(table("refused", 10, &[("too_short", 0)]).is_empty());
    }
}
