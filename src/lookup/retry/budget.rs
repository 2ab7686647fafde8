//! How many retries a run may make.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How many retries a run may still make. It keeps an outage at the operators from multiplying the
/// bill.
#[derive(Debug)]
pub struct RetryBudget {
    per_number: f64,
    numbers: AtomicU64,
    spent: AtomicU64,
    is_reported: AtomicBool,
}

impl RetryBudget {
    /// The retries of every run, however short its list is.
    pub(super) const FLOOR: f64 = 1_000.0;

    /// A budget of this many retries per number, on average.
    #[must_use]
    pub fn new(per_number: f64) -> Self {
        let is_reported = AtomicBool::new(false);
        Self { per_number, numbers: AtomicU64::new(0), spent: AtomicU64::new(0), is_reported }
    }

    /// Adds the retries of further numbers.
    pub fn grant(&self, numbers: u64) {
        self.numbers.fetch_add(numbers, Ordering::Relaxed);
    }

    fn granted(&self) -> f64 {
        Self::FLOOR + self.per_number * self.numbers.load(Ordering::Relaxed) as f64
    }

    /// Spends one retry, if one is left.
    pub(super) fn take(&self) -> bool {
        let granted = self.granted();
        let spend = |spent: u64| ((spent as f64) < granted).then_some(spent + 1);
        self.spent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_ok()
    }

    /// How many retries were spent.
    pub(super) fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }

    /// The number of retries spent, if none is left and this was not reported before.
    pub fn newly_exhausted(&self) -> Option<u64> {
        let spent = self.spent();
        let is_first = spent as f64 >= self.granted() && !self.is_reported.swap(true, Ordering::Relaxed);
        is_first.then_some(spent)
    }
}
