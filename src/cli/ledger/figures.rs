//! The figures of a ledger, as tables or as JSON.

use std::collections::BTreeMap;

use miette::{IntoDiagnostic, Report};

use crate::cli::args::StatsArgs;
use crate::cli::terminal::{print, print_wrapped};
use crate::humanize::{grouped, percent, size};
use crate::ledger_admin::Stats;

/// Prints the figures of a ledger or of shared answers.
pub(super) fn show(name: &str, stats: &Stats, arguments: &StatsArgs) -> Result<(), Report> {
    if arguments.json {
        let _ = print(format_args!("{}", serde_json::to_string_pretty(stats).into_diagnostic()?));
        return Ok(());
    }
    for line in stats_lines(name, stats, arguments.top) {
        // A closed pipe is not an error: the reader has enough.
        if print_wrapped(format_args!("{line}")).is_err() {
            break;
        }
    }
    Ok(())
}

fn stats_lines(name: &str, stats: &Stats, top: usize) -> Vec<String> {
    let Stats { format, answers_of, created, bytes, answers, oldest, youngest, .. } = stats;
    let created = if created.is_empty() { String::new() } else { format!(", created {created}") };
    let mut lines =
        vec![format!("{name}: {}, format {format}, answers of {answers_of}{created}", size(*bytes))];
    lines.push(format!("  {:<32} {:>13}", "answers", grouped(*answers)));
    if *answers == 0 {
        return lines;
    }
    lines.push(format!("    from {oldest} to {youngest}"));
    let by_count = |counts: &BTreeMap<String, u64>| {
        let mut rows: Vec<_> = counts.iter().map(|(name, count)| (name.clone(), *count)).collect();
        rows.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        rows
    };
    let networks = stats.by_network.iter().map(|network| {
        let words = [Some(network.network.as_str()), network.name, network.country];
        (words.into_iter().flatten().collect::<Vec<_>>().join(" "), network.answers)
    });
    let networks: Vec<_> = networks.collect();
    for (heading, rows, limit) in [
        ("by age", stats.by_age.clone(), usize::MAX),
        ("by product", by_count(&stats.by_product), usize::MAX),
        ("by status", by_count(&stats.by_status), usize::MAX),
        ("by result", by_count(&stats.by_result), usize::MAX),
        ("by country", stats.by_country.clone(), top),
        ("by network", networks, top),
    ] {
        lines.push(format!("  {heading}"));
        let shown = rows.iter().take(limit);
        lines.extend(shown.map(|(name, count)| {
            format!("    {name:<30} {:>13} {:>8}", grouped(*count), percent(*count, *answers))
        }));
        if rows.len() > limit {
            lines.push(format!("    and {} more; show them with --top", rows.len() - limit));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_ledger_has_two_lines() {
        let stats = Stats { format: "1".into(), answers_of: "a provider".into(), ..Stats::default() };
        let lines = stats_lines("x.redb", &stats, 10);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("x.redb: 0 bytes, format 1, answers of a provider"));
    }

    #[test]
    fn a_long_table_says_what_it_leaves_out() {
        let countries = (0..12).map(|n| (format!("C{n}"), 12 - n)).collect();
        let stats = Stats { answers: 78, by_country: countries, ..Stats::default() };
        let lines = stats_lines("x.redb", &stats, 10);
        assert!(lines.iter().any(|line| line.contains("and 2 more")), "{lines:#?}");
    }
}
