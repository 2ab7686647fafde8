//! What happens a few times in a run, and is worth a line.

use std::fmt;
use std::time::Duration;

use crate::humanize::{grouped, lasting, speed};
use crate::model::{Fault, LookupResult, NumberRange};
use crate::numbering;

/// Something that a person who watches would want to know.
#[derive(Clone, Debug)]
pub enum Event {
    /// An endpoint failed several times in a row and is left alone for a while.
    EndpointFailed {
        /// The endpoint, as people may see it.
        endpoint: String,
        /// The last of the failures.
        fault: Fault,
        /// How long it is left alone.
        pause: Duration,
    },
    /// An endpoint that had failed answers again.
    EndpointRecovered {
        /// The endpoint, as people may see it.
        endpoint: String,
        /// How long it had been away.
        away: Duration,
    },
    /// No endpoint answers: nothing is asked but one probe now and then.
    OutageBegan {
        /// The last failure.
        fault: Fault,
    },
    /// The service said that too much is asked at once, and the stage slowed down.
    Throttled {
        /// How many requests may now be in flight.
        in_flight_limit: usize,
    },
    /// Hundreds of numbers in a row, all of one range, got no useful answer.
    RangeUseless {
        /// The range.
        range: NumberRange,
        /// How many of them.
        in_a_row: u32,
        /// What the last of them got.
        last: LookupResult,
        /// Whether further ones are no longer asked about.
        is_skipped: bool,
    },
    /// The rate was changed, by its schedule or by hand.
    RateChanged {
        /// Requests a second; `None` for as many as can be carried.
        rate: Option<f64>,
    },
    /// More retries were needed than the budget allows; from now on a number that fails is given up.
    RetryBudgetSpent {
        /// How many retries the run had.
        retries: u64,
    },
    /// The line cannot be kept full: too few rows are held for this rate and delay.
    WindowTooSmall {
        /// How many rows may be held.
        rows: usize,
        /// How many would be needed.
        needed: usize,
    },
}

impl Event {
    /// Of what kind it is, in a word for programs.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::EndpointFailed { .. } => "endpoint_failed",
            Self::EndpointRecovered { .. } => "endpoint_recovered",
            Self::OutageBegan { .. } => "outage_began",
            Self::Throttled { .. } => "throttled",
            Self::RangeUseless { .. } => "range_useless",
            Self::RateChanged { .. } => "rate_changed",
            Self::RetryBudgetSpent { .. } => "retry_budget_spent",
            Self::WindowTooSmall { .. } => "window_too_small",
        }
    }
}

/// A sentence for people.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EndpointFailed { endpoint, fault, pause } => {
                write!(f, "{endpoint} fails ({fault}); left alone for {}", lasting(*pause))
            }
            Self::EndpointRecovered { endpoint, away } => {
                write!(f, "{endpoint} answers again, after {}", lasting(*away))
            }
            Self::OutageBegan { fault } => {
                write!(f, "no endpoint answers ({fault}); waiting, with a probe now and then")
            }
            Self::Throttled { in_flight_limit } => {
                write!(f, "the service throttles; at most {in_flight_limit} requests in flight now")
            }
            Self::RangeUseless { range, in_a_row, last, is_skipped } => {
                let country = numbering::range_country(*range);
                let country = country.map_or(String::new(), |country| format!(" ({country})"));
                let (count, last) = (grouped(u64::from(*in_a_row)), last.text());
                write!(
                    f,
                    "the last {count} numbers {range}{country} in a row got no useful answer ({last}); "
                )?;
                f.write_str("their network may be down, or not covered, and ")?;
                f.write_str(match is_skipped {
                    true => "they are skipped now",
                    false => "each may be billed; --skip-useless skips them",
                })
            }
            Self::RateChanged { rate: Some(rate) } => write!(f, "the rate is {} a second now", speed(*rate)),
            Self::RateChanged { rate: None } => f.write_str("there is no limit on the rate now"),
            Self::RetryBudgetSpent { retries } => write!(
                f,
                "all {} retries of this run are spent; a number that fails is given up now (retry_budget)",
                grouped(*retries)
            ),
            Self::WindowTooSmall { rows, needed } => write!(
                f,
                "{} rows are held, and this rate wants {} to stay busy when some answers are slow; see --window-rows",
                grouped(*rows as u64),
                grouped(*needed as u64)
            ),
        }
    }
}

/// Takes note of events. Called from the middle of the work: it must not block.
pub trait Reporter: Send + Sync + 'static {
    /// Takes note of one event.
    fn event(&self, event: Event);
}

/// Takes note of nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoReporter;

impl Reporter for NoReporter {
    fn event(&self, _: Event) {}
}
