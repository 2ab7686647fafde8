//! What happens a few times in a run, and is worth a line.

use std::time::Duration;

use crate::answer::{Fault, LookupResult};

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
        /// What the numbers have in common: all but their last six digits.
        prefix: u32,
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
