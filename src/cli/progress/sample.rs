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
    /// The cost of what is or may be billed, where a price is known.
    pub(super) spent: Option<Money>,
    /// The endpoint that was asked last.
    pub(super) endpoint: Option<String>,
    /// Counts of rows and requests, the most important first. JSON progress has these names.
    pub(super) tally: Vec<(&'static str, u64)>,
}

impl Sample {
    /// The cost, the counts that are not zero, and the endpoint, the most important first.
    pub(super) fn counts(&self) -> Vec<String> {
        let spent = self.spent.map(|spent| format!("spent {spent}"));
        let counts = self.tally.iter().filter(|(_, count)| *count > 0);
        let counts = counts.map(|(name, count)| format!("{name} {}", grouped(*count)));
        let endpoint = self.endpoint.as_deref().map(|endpoint| format!("endpoint {}", host(endpoint)));
        spent.into_iter().chain(counts).chain(endpoint).collect()
    }

    /// The count of this name.
    pub(super) fn count(&self, name: &str) -> u64 {
        self.tally.iter().find(|(other, _)| *other == name).map_or(0, |(_, count)| *count)
    }

    /// The share of the rows that is done, from 0 to 1.
    pub(super) fn share(&self) -> Option<f64> {
        match self.total {
            Total::Rows(0) => Some(1.0),
            Total::Rows(rows) | Total::About(rows) => Some((self.done as f64 / rows.max(1) as f64).min(1.0)),
            Total::Unknown => None,
        }
    }

    /// `12 345/100 000`, with `~` before an estimate; `12 345 rows` without a total.
    pub(super) fn rows(&self) -> String {
        let done = grouped(self.done);
        match self.total {
            Total::Rows(rows) => format!("{done}/{}", grouped(rows)),
            Total::About(rows) => format!("{done}/~{}", grouped(rows.max(self.done))),
            Total::Unknown => format!("{done} rows"),
        }
    }
}

/// The endpoint's URL without its scheme.
fn host(endpoint: &str) -> &str {
    endpoint.split_once("://").map_or(endpoint, |(_, host)| host)
}
