//! How numbers are asked about: limits, patience, retries, prices.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use super::{Caps, Rate, RetryPolicy};
use crate::pricing::Tariff;

/// How the stage asks.
#[derive(Clone, Debug)]
pub struct LookupSettings {
    /// Requests that may start in a second; `None` for as many as can be carried.
    pub rate: Option<Rate>,
    /// Requests in flight at the most. Each may hold a connection.
    pub concurrency: NonZeroUsize,
    /// How many were in flight when an earlier run was last refused, if that is known.
    pub refused_at: Option<usize>,
    /// How long one request may take, connecting included. A request given up may still be billed.
    pub timeout: Duration,
    /// What happens to numbers that get no answer.
    pub retry: RetryPolicy,
    /// How long the run waits for a service from which nothing useful comes.
    pub give_up_after: Duration,
    /// Whether a range of numbers is no longer asked about that has answered nothing useful hundreds of times in a row.
    pub skip_useless: bool,
    /// What a lookup costs.
    pub tariff: Arc<Tariff>,
    /// What the run may spend at the most.
    pub caps: Caps,
    /// Seeds all randomness, so that a run can be replayed.
    pub seed: u64,
}
