//! Where the run is at one moment.

use std::time::Duration;

use crate::humanize::grouped;
use crate::job::Total;
use crate::model::Money;

/// Where the run is.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) elapsed: Duration,
    pub(super) done: u64,
    pub(super) total: Total,
    pub(super) lookups_a_second: f64,
    pub(super) left: Option<Duration>,
    pub(super) in_flight: u64,
    /// What was spent, or may have been, where a price is known.
    pub(super) spent: Option<Money>,
    /// Who was asked last.
    pub(super) endpoint: Option<String>,
    /// What became of rows and requests so far, most important first.
    pub(super) tally: Vec<(&'static str, u64)>,
}

impl Sample {
    /// The tally as a line, without what has not happened.
    pub(super) fn tally_line(&self) -> String {
        let happened = self.tally.iter().filter(|(_, count)| *count > 0);
        let words: Vec<_> = happened.map(|(what, count)| format!("{what} {}", grouped(*count))).collect();
        words.join("  ")
    }

    /// What was spent, the tally, and who is asked.
    pub(super) fn second_line(&self) -> String {
        let words = [
            self.spent.map(|spent| format!("spent {spent}")),
            Some(self.tally_line()).filter(|tally| !tally.is_empty()),
            self.endpoint.as_deref().map(|endpoint| format!("asking {}", without_scheme(endpoint))),
        ];
        words.into_iter().flatten().collect::<Vec<_>>().join("  ")
    }

    /// How often something has happened.
    pub(super) fn count(&self, what: &str) -> u64 {
        self.tally.iter().find(|(name, _)| *name == what).map_or(0, |(_, count)| *count)
    }

    /// Which part of the whole is done, from 0 to 1.
    pub(super) fn share(&self) -> Option<f64> {
        match self.total {
            Total::Rows(0) => Some(1.0),
            Total::Rows(rows) | Total::About(rows) => Some((self.done as f64 / rows.max(1) as f64).min(1.0)),
            Total::Unknown => None,
        }
    }

    /// `12 345/100 000 rows`, with `~` before an estimate.
    pub(super) fn rows(&self) -> String {
        let done = grouped(self.done);
        match self.total {
            Total::Rows(rows) => format!("{done}/{}", grouped(rows)),
            Total::About(rows) => format!("{done}/~{}", grouped(rows.max(self.done))),
            Total::Unknown => format!("{done} rows"),
        }
    }
}

/// Which host it is; how it is spoken to was said before.
fn without_scheme(endpoint: &str) -> &str {
    endpoint.split_once("://").map_or(endpoint, |(_, host)| host)
}
