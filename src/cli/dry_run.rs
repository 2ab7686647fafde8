//! The result of a dry run, as text.

use std::time::Duration;

use crate::enricher::Estimate;
use crate::humanize::{clock, grouped, percent};

/// The estimate, as lines of text.
pub(super) fn lines(estimate: &Estimate) -> Vec<String> {
    let mut lines = vec![String::new(), line(2, "rows", estimate.rows, None)];
    if estimate.filtered > 0 {
        lines.push(line(2, "filtered out", estimate.filtered, None));
    }
    let of_rows = |name, count| line(4, name, count, Some(estimate.rows));
    lines.push(of_rows("invalid", estimate.invalid));
    let mut reasons: Vec<_> = estimate.invalid_by_reason.iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    lines.extend(reasons.into_iter().map(|(reason, count)| line(6, reason, *count, Some(estimate.rows))));
    if estimate.carried > 0 {
        lines.push(of_rows("resolved before", estimate.carried));
    }
    lines.push(of_rows("duplicates", estimate.duplicates));
    lines.push(of_rows("distinct numbers", estimate.distinct));
    lines.push(line(6, "fresh in the ledger", estimate.fresh_in_ledger, Some(estimate.distinct)));
    lines.push(line(6, "to be looked up", estimate.to_look_up, Some(estimate.distinct)));
    if estimate.invalid_by_reason.contains_key("national_without_region") {
        lines.push("    (national numbers need --region, their default country)".into());
    }
    lines.push(String::new());
    lines.push(line(2, "lookups", estimate.to_look_up, None));
    if estimate.lookups_at_most != estimate.to_look_up {
        lines.push(line(4, "at most, with every retry", estimate.lookups_at_most, None));
    }
    if estimate.stops_at_cap {
        lines.push(
            "    (the run stops at its cap before every number is looked up; it can be resumed)".into(),
        );
    }
    match (estimate.cost, estimate.cost_at_most) {
        (Some(cost), Some(cost_at_most)) => {
            lines.push(text(2, "cost", &cost.to_string()));
            if cost_at_most != cost {
                lines.push(text(4, "at most, with every retry", &cost_at_most.to_string()));
            }
        }
        _ => lines.push(text(2, "cost", "no price is set; use --price")),
    }
    let time = match estimate.seconds_at_rate {
        Some(seconds) => clock(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)),
        None => "as fast as the service answers; no --rate is set".into(),
    };
    lines.push(text(2, "time at the rate", &time));
    lines
}

fn line(indent: usize, name: &str, count: u64, whole: Option<u64>) -> String {
    let share = whole.map(|whole| percent(count, whole)).unwrap_or_default();
    let name = format!("{:indent$}{name}", "");
    format!("{name:<34} {:>13} {share:>8}", grouped(count)).trim_end().to_owned()
}

fn text(indent: usize, name: &str, text: &str) -> String {
    let name = format!("{:indent$}{name}", "");
    format!("{name:<34} {text:>13}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Money;

    #[test]
    fn the_table_is_aligned() {
        let estimate = Estimate {
            rows: 1_000,
            invalid: 50,
            duplicates: 150,
            distinct: 800,
            fresh_in_ledger: 300,
            to_look_up: 500,
            lookups_at_most: 2_000,
            cost: Money::from_number(2.0).ok(),
            cost_at_most: Money::from_number(8.0).ok(),
            seconds_at_rate: Some(50.0),
            ..Estimate::default()
        };
        let lines = lines(&estimate);
        for expected in [
            "  rows                                     1 000",
            "      to be looked up                        500   62.5 %",
            "  cost                                      2.00",
            "    at most, with every retry               8.00",
            "  time at the rate                          0:50",
        ] {
            assert!(lines.iter().any(|line| line == expected), "{expected:?} is not in {lines:#?}");
        }
    }
}
