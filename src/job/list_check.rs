//! Whether a list has enough numbers to be worked with. A result that nobody can use never replaces
//! one that somebody can.

use std::collections::BTreeMap;

use crate::enrich::SampleCounts;
use crate::enricher::Estimate;
use crate::humanize::{counted, grouped};
use crate::telemetry::Snapshot;

/// The reasons of numbers that a region could have completed.
const NATIONAL: [&str; 2] = ["national_without_region", "ambiguous"];
/// How many reasons a message names.
const REASONS_SHOWN: usize = 3;

/// How many of the cells may hold no number, and what else a message says about the list.
#[derive(Clone, Debug, Default)]
pub(super) struct ListCheck {
    /// The largest share of the non-empty cells without a number that can be looked up; `None` if
    /// the rows are not judged.
    pub(super) max_invalid: Option<f64>,
    /// The columns that the numbers are read from.
    pub(super) number_columns: Vec<String>,
    /// Whether the column is taken only because there is no other.
    pub(super) is_guess: bool,
    /// A column that looks like the countries of the rows, if national numbers were refused.
    pub(super) country_column: Option<String>,
}

/// Why a list cannot be worked with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("{problem}")]
#[diagnostic(help("{help}"))]
pub struct UnusableList {
    problem: String,
    help: String,
}

/// What the rows of a list are, whether it was read to its end or not.
#[derive(Clone, Debug, Default)]
struct Cells<'a> {
    rows: u64,
    empty: u64,
    /// The cells with something else than a number, by reason.
    refused: Vec<(&'a str, u64)>,
    numbers: u64,
    /// Rows that keep an earlier verdict.
    carried: u64,
}

impl ListCheck {
    /// Checks the first rows, or all of them.
    pub(super) fn check_sample(&self, counts: &SampleCounts, is_whole: bool) -> Result<(), UnusableList> {
        let cells = Cells::of(counts.rows, &counts.by_reason, counts.carried);
        if self.max_invalid.is_none() {
            return Ok(());
        }
        if is_whole {
            self.ensure_any_number(&cells)?;
        }
        self.check_share(&cells, if is_whole { "" } else { "first " })?;
        self.ensure_guess_is_right(&cells)
    }

    /// A column that nothing but its being alone speaks for has mostly numbers, or is another list.
    fn ensure_guess_is_right(&self, cells: &Cells<'_>) -> Result<(), UnusableList> {
        let filled = cells.rows - cells.empty - cells.carried;
        if self.is_guess && cells.rows == 0 {
            let problem = format!("{} is not named like a telephone number, and has no rows", self.columns());
            let help = "check that this is the right list; if it is, name the column with --column".into();
            return Err(UnusableList { problem, help });
        }
        if !self.is_guess || 2 * cells.numbers >= filled {
            return Ok(());
        }
        let problem = format!(
            "{} is not named like a telephone number, and holds none in {} of {} ({})",
            self.columns(),
            grouped(filled - cells.numbers),
            counted(filled, "cell"),
            cells.reasons()
        );
        Err(UnusableList { problem, help: "if it is the right column, name it with --column".into() })
    }

    /// Checks all rows, at the end of a run.
    pub(super) fn check_all(&self, counts: &Snapshot) -> Result<(), UnusableList> {
        let by_reason = counts.refused.iter().map(|(reason, rows)| (reason.as_ref(), *rows)).collect();
        self.check_end(&Cells::of(counts.rows, &by_reason, counts.carried))
    }

    /// Checks all rows, at the end of a dry run.
    pub(super) fn check_estimate(&self, estimate: &Estimate) -> Result<(), UnusableList> {
        let by_reason =
            estimate.invalid_by_reason.iter().map(|(reason, rows)| (reason.as_str(), *rows)).collect();
        self.check_end(&Cells::of(estimate.rows, &by_reason, estimate.carried))
    }

    fn check_end(&self, cells: &Cells<'_>) -> Result<(), UnusableList> {
        if self.max_invalid.is_none() {
            return Ok(());
        }
        self.ensure_any_number(cells)?;
        self.check_share(cells, "")
    }

    /// A list without rows has nothing to ask, and a row that keeps its verdict needs nothing.
    fn ensure_any_number(&self, cells: &Cells<'_>) -> Result<(), UnusableList> {
        if cells.rows == 0 || cells.numbers > 0 || cells.carried > 0 {
            return Ok(());
        }
        let problem = match cells.empty == cells.rows {
            true => format!("{} is empty in every row", self.columns()),
            false => {
                format!("{} holds no number that can be looked up ({})", self.columns(), cells.reasons())
            }
        };
        Err(UnusableList { problem, help: self.advice(cells) })
    }

    fn check_share(&self, cells: &Cells<'_>, which: &str) -> Result<(), UnusableList> {
        let filled = cells.rows - cells.empty - cells.carried;
        let invalid = filled - cells.numbers;
        let Some(max_invalid) = self.max_invalid.filter(|share| invalid as f64 > share * filled as f64)
        else {
            return Ok(());
        };
        let problem = format!(
            "{} holds no number that can be looked up in {} of the {which}{} that are not empty ({}); \
             --max-invalid allows {max_invalid}",
            self.columns(),
            grouped(invalid),
            counted(filled, "cell"),
            cells.reasons(),
        );
        let help = format!("{}; to accept any share, use --max-invalid 1", self.advice(cells));
        Err(UnusableList { problem, help })
    }

    fn columns(&self) -> String {
        let names: Vec<String> = self.number_columns.iter().map(|name| format!("{name:?}")).collect();
        match names.as_slice() {
            [only] => format!("column {only}"),
            names => format!("each of the columns {}", names.join(", ")),
        }
    }

    fn advice(&self, cells: &Cells<'_>) -> String {
        let is_national = |(reason, _): &(&str, u64)| NATIONAL.contains(reason);
        match (cells.refused.iter().any(is_national), &self.country_column) {
            (true, Some(column)) => {
                format!("the country of each number is perhaps in another column: --region-column {column:?}")
            }
            (true, None) => {
                "name the country of national numbers with --region, or the column that has it with \
                             --region-column; complete international numbers need --international"
                    .into()
            }
            (false, _) => "check that this is the right list, and the right column (--column)".into(),
        }
    }

    /// Which column would have completed national numbers, if one looks like it.
    pub(super) fn country_hint<'a>(
        &self,
        refused: impl IntoIterator<Item = (&'a str, u64)>,
    ) -> Option<String> {
        let national = refused.into_iter().filter(|(reason, _)| NATIONAL.contains(reason));
        let national: u64 = national.map(|(_, numbers)| numbers).sum();
        let column = self.country_column.as_ref().filter(|_| national > 0)?;
        Some(format!(
            "{} may be national, and column {column:?} looks like their country: try --region-column {column:?}",
            counted(national, "number")
        ))
    }
}

/// Whether a region could have completed some of the numbers.
pub(super) fn may_be_national(counts: &SampleCounts) -> bool {
    NATIONAL.iter().any(|reason| counts.by_reason.contains_key(reason))
}

impl<'a> Cells<'a> {
    fn of(rows: u64, by_reason: &BTreeMap<&'a str, u64>, carried: u64) -> Self {
        let empty = by_reason.get("empty").copied().unwrap_or_default();
        let refused: Vec<_> = by_reason
            .iter()
            .filter(|(reason, _)| **reason != "empty")
            .map(|(reason, n)| (*reason, *n))
            .collect();
        let not_numbers: u64 = refused.iter().map(|(_, cells)| cells).sum();
        Self { rows, empty, numbers: rows - empty - carried - not_numbers, refused, carried }
    }

    /// The most frequent reasons, with their counts.
    fn reasons(&self) -> String {
        let mut reasons = self.refused.clone();
        reasons.sort_by_key(|(_, cells)| std::cmp::Reverse(*cells));
        let shown: Vec<String> = reasons
            .iter()
            .take(REASONS_SHOWN)
            .map(|(reason, cells)| format!("{reason}: {}", grouped(*cells)))
            .collect();
        shown.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(max_invalid: f64) -> ListCheck {
        ListCheck {
            max_invalid: Some(max_invalid),
            number_columns: vec!["phone".into()],
            ..ListCheck::default()
        }
    }

    fn counts(rows: u64, by_reason: &[(&'static str, u64)], carried: u64) -> SampleCounts {
        SampleCounts { rows, by_reason: by_reason.iter().copied().collect(), carried }
    }

    #[test]
    fn a_list_without_a_number_is_refused_whatever_the_limit() {
        for (rows, by_reason) in
            [(3, &[("empty", 3)][..]), (3, &[("empty", 1), ("not_a_number", 2)]), (1, &[("fixed_line", 1)])]
        {
            for limit in [0.9, 1.0] {
                assert!(
                    check(limit).check_sample(&counts(rows, by_reason, 0), true).is_err(),
                    "{by_reason:?}"
                );
            }
        }
        assert_eq!(check(0.9).check_sample(&counts(0, &[], 0), true), Ok(()));
        assert_eq!(check(0.9).check_sample(&counts(2, &[("empty", 1)], 1), true), Ok(()), "a carried row");
    }

    #[test]
    fn empty_cells_do_not_count_and_the_limit_itself_is_allowed() {
        let mostly_empty = counts(1_000, &[("empty", 990), ("not_a_number", 9)], 0);
        assert_eq!(check(0.9).check_sample(&mostly_empty, true), Ok(()));
        let one_more = counts(1_001, &[("empty", 990), ("not_a_number", 10)], 0);
        let error = check(0.9).check_sample(&one_more, false).unwrap_err();
        assert!(error.problem.contains("in 10 of the first 11 cells"), "{error}");
        assert!(error.problem.contains("not_a_number: 10"), "{error}");
        assert_eq!(check(1.0).check_sample(&one_more, false), Ok(()));
        assert!(check(0.0).check_sample(&counts(9, &[("too_short", 1)], 0), true).is_err());
    }

    #[test]
    fn a_column_that_is_only_guessed_has_mostly_numbers() {
        let some = counts(10, &[("not_a_number", 6)], 0);
        assert_eq!(check(0.9).check_sample(&some, true), Ok(()));
        let guess = ListCheck { is_guess: true, ..check(0.9) };
        let error = guess.check_sample(&some, true).unwrap_err();
        assert!(error.help.contains("--column"), "{}", error.help);
        assert_eq!(guess.check_sample(&counts(10, &[("not_a_number", 5)], 0), true), Ok(()));
        assert!(guess.check_sample(&counts(0, &[], 0), true).is_err(), "an error text saved as a list");
    }

    #[test]
    fn the_first_rows_may_be_empty() {
        assert_eq!(check(0.9).check_sample(&counts(10_000, &[("empty", 10_000)], 0), false), Ok(()));
    }

    #[test]
    fn national_numbers_are_advised_to_take_their_country_from_a_column() {
        let national = counts(5, &[("national_without_region", 5)], 0);
        let error = check(0.9).check_sample(&national, true).unwrap_err();
        assert!(error.help.contains("--region"), "{}", error.help);
        let check = ListCheck { country_column: Some("land".into()), ..check(0.9) };
        let error = check.check_sample(&national, true).unwrap_err();
        assert!(error.help.contains("--region-column \"land\""), "{}", error.help);
    }
}
