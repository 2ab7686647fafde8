//! Events: what happens a few times in a run and is worth a line for whoever watches it.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::humanize::{grouped, lasting, speed};
use crate::model::{Fault, LookupResult, NumberRange};
use crate::numbering;

/// Something that a person who watches the run wants to know.
#[derive(Clone, Debug)]
pub enum Event {
    /// Another run asks on the same contract, and this one waits.
    WaitsForAsker {
        /// Who asks.
        holder: String,
    },
    /// An endpoint failed several times in a row and is not used for a while.
    EndpointFailed {
        /// The endpoint, without secrets.
        endpoint: String,
        /// The last failure.
        fault: Fault,
        /// How long it is not used.
        pause: Duration,
    },
    /// A failed endpoint answers again.
    EndpointRecovered {
        /// The endpoint, without secrets.
        endpoint: String,
        /// How long it was not used.
        away: Duration,
    },
    /// No endpoint answers: only probes are sent.
    OutageBegan {
        /// The last failure.
        fault: Fault,
    },
    /// The service refused requests because too many were sent at once; fewer are sent from now on.
    Throttled {
        /// How many requests may be in flight now.
        in_flight_limit: usize,
    },
    /// The service asks for a longer wait than the run waits for a service that is down.
    LongWait {
        /// The endpoint, without secrets.
        endpoint: String,
        /// How long it asks to wait.
        asked: Duration,
        /// How long the run waits.
        waits: Duration,
    },
    /// Hundreds of numbers of one range in a row got no useful answer.
    RangeUseless {
        /// The range.
        range: NumberRange,
        /// How many numbers.
        in_a_row: u32,
        /// The result of the last of them.
        last: LookupResult,
        /// Whether further numbers of the range are skipped.
        is_skipped: bool,
    },
    /// The rate was changed, by its schedule or by the user.
    RateChanged {
        /// Requests per second; `None` for no limit.
        rate: Option<f64>,
    },
    /// The retry budget is used up: numbers that fail are no longer retried.
    RetryBudgetSpent {
        /// How many retries the run had.
        retries: u64,
    },
    /// The window is too small to use the whole rate when some answers are slow.
    WindowTooSmall {
        /// How many rows it holds.
        rows: usize,
        /// How many rows it should hold.
        needed: usize,
    },
}

impl Event {
    /// The kind of event, as a word for programs.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::WaitsForAsker { .. } => "waits_for_asker",
            Self::EndpointFailed { .. } => "endpoint_failed",
            Self::EndpointRecovered { .. } => "endpoint_recovered",
            Self::OutageBegan { .. } => "outage_began",
            Self::Throttled { .. } => "throttled",
            Self::LongWait { .. } => "long_wait",
            Self::RangeUseless { .. } => "range_useless",
            Self::RateChanged { .. } => "rate_changed",
            Self::RetryBudgetSpent { .. } => "retry_budget_spent",
            Self::WindowTooSmall { .. } => "window_too_small",
        }
    }
}

/// The event as a sentence.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WaitsForAsker { holder } => write!(f, "waiting for another run on this contract: {holder}"),
            Self::EndpointFailed { endpoint, fault, pause } => {
                write!(f, "{endpoint} fails ({fault}); not used for {}", lasting(*pause))
            }
            Self::EndpointRecovered { endpoint, away } => {
                write!(f, "{endpoint} answers again after {}", lasting(*away))
            }
            Self::OutageBegan { fault } => {
                write!(f, "no endpoint answers ({fault}); waiting, and probing from time to time")
            }
            Self::Throttled { in_flight_limit } => {
                write!(f, "throttled by the service; now at most {in_flight_limit} in flight")
            }
            Self::LongWait { endpoint, asked, waits } => write!(
                f,
                "{endpoint} asks for a wait of {}; no longer than {} is waited (give_up_after)",
                lasting(*asked),
                lasting(*waits)
            ),
            Self::RangeUseless { range, in_a_row, last, is_skipped } => {
                let country = numbering::range_country(*range);
                let country = country.map_or(String::new(), |country| format!(" ({country})"));
                let (count, last) = (grouped(u64::from(*in_a_row)), last.shown());
                write!(f, "{count} numbers in a row of {range}{country} got no useful answer ({last}); ")?;
                f.write_str("their network may be down or not covered; ")?;
                f.write_str(match is_skipped {
                    true => "this range is skipped now",
                    false => "each lookup may be billed, --skip-useless skips this range",
                })
            }
            Self::RateChanged { rate: Some(rate) } => {
                write!(f, "the rate is now {} per second", speed(*rate))
            }
            Self::RateChanged { rate: None } => f.write_str("the rate is now unlimited"),
            Self::RetryBudgetSpent { retries } => write!(
                f,
                "all {} retries of this run are used; numbers that fail are no longer retried (retry_budget)",
                grouped(*retries)
            ),
            Self::WindowTooSmall { rows, needed } => write!(
                f,
                "a window of {} rows cannot use the whole rate when some answers are slow; --window-rows {needed} can",
                grouped(*rows as u64)
            ),
        }
    }
}

/// Receives events. It is called from the middle of the work, so it must not block. If it panics,
/// the event is lost and the work goes on.
pub trait Reporter: Send + Sync + 'static {
    /// Receives one event.
    fn event(&self, event: Event);
}

/// Keeps the panics of a reporter from ending the task that reports: it may hold a paid answer.
pub(crate) struct ContainedReporter(pub(crate) Arc<dyn Reporter>);

impl Reporter for ContainedReporter {
    fn event(&self, event: Event) {
        // The panic has been printed by its hook.
        let _ = catch_unwind(AssertUnwindSafe(|| self.0.event(event)));
    }
}

/// Ignores every event.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoReporter;

impl Reporter for NoReporter {
    fn event(&self, _: Event) {}
}
