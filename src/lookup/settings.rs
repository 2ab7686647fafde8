//! Settings of the lookup stage: limits, timeouts, retries, prices.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use super::{Caps, Rate, RetryPolicy};
use crate::pricing::Tariff;

/// Whether requests may be sent, as of now: another run may have taken over.
#[derive(Clone)]
pub struct AskingRight(Arc<dyn Fn() -> bool + Send + Sync>);

impl AskingRight {
    /// Asks this before each request.
    pub fn new(is_held: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(is_held))
    }

    pub(super) fn is_held(&self) -> bool {
        (self.0)()
    }
}

impl fmt::Debug for AskingRight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AskingRight")
    }
}

/// Settings of the lookup stage.
#[derive(Clone, Debug)]
pub struct LookupSettings {
    /// How many requests may start per second; `None` for no limit.
    pub rate: Option<Rate>,
    /// The largest number of requests in flight. Each may hold a connection.
    pub concurrency: NonZeroUsize,
    /// How many requests were in flight when the service last throttled an earlier run, if known.
    pub refused_at: Option<usize>,
    /// How long one request may take, with connecting. A request that times out may still be
    /// billed.
    pub timeout: Duration,
    /// How long a request that has timed out is still read. Its late answer is taken; until then it
    /// counts as in flight.
    pub late_answer_grace: Duration,
    /// How requests without an answer are repeated.
    pub retry: RetryPolicy,
    /// How long the run waits for a service that gives no answers.
    pub give_up_after: Duration,
    /// Whether to skip number ranges that returned no useful answer hundreds of times in a row.
    pub skip_useless: bool,
    /// What a lookup costs.
    pub tariff: Arc<Tariff>,
    /// What the run may spend.
    pub caps: Caps,
    /// Whether requests may be sent; `None` if nobody else may ask.
    pub asking_right: Option<AskingRight>,
    /// The seed of all randomness, so that a run can be replayed.
    pub seed: u64,
}
