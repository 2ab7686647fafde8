//! Rows by range, network and status: a small map for each batch, added to one for the run.
//!
//! Memory is bounded. After 200,000 keys, rows of further ranges are counted together by the first
//! digits of their numbers, so that no row is lost and countries stay right.

use std::collections::HashMap;
use std::sync::Mutex;

use foldhash::fast::FixedState;

use crate::model::{Money, NumberRange, Plmn, Status};
use crate::sync;

/// Further keys are counted by the coarse range of their numbers.
const MAX_KEYS: usize = 200_000;

/// What rows are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BreakdownKey {
    /// The range of their numbers.
    pub range: NumberRange,
    /// The network that the service named.
    pub network: Option<Plmn>,
    /// Their status.
    pub status: Status,
}

/// The counts of the rows with one key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BreakdownCounts {
    /// Rows.
    pub rows: u64,
    /// Requests that this run sent for them, without throttled ones.
    pub attempts: u64,
    /// What this run paid for them, or may have paid.
    pub cost: Money,
}

/// Counts by key, of one batch or of the whole run.
pub type BreakdownTally = HashMap<BreakdownKey, BreakdownCounts, FixedState>;

/// The counts of a run by key.
#[derive(Debug, Default)]
pub struct Breakdown(Mutex<BreakdownTally>);

impl Breakdown {
    /// Adds the counts of one batch.
    pub fn add(&self, batch: BreakdownTally) {
        let mut run = self.lock();
        for (mut key, counts) in batch {
            if run.len() >= MAX_KEYS && !run.contains_key(&key) {
                key.range = key.range.coarse();
            }
            run.entry(key).or_default().add(counts);
        }
    }

    /// The counts so far.
    #[must_use]
    pub fn counts(&self) -> Vec<(BreakdownKey, BreakdownCounts)> {
        self.lock().iter().map(|(key, counts)| (*key, *counts)).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BreakdownTally> {
        sync::lock(&self.0)
    }
}

impl BreakdownCounts {
    /// Adds other counts to these.
    pub fn add(&mut self, more: Self) {
        self.rows += more.rows;
        self.attempts += more.attempts;
        self.cost += more.cost;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Msisdn;

    #[test]
    fn keys_are_bounded_and_no_row_is_lost() {
        let breakdown = Breakdown::default();
        for range in 0..250_000_u64 {
            let range = NumberRange::of(Msisdn::new((100_000 + range) * 1_000_000).unwrap());
            let key = BreakdownKey { range, network: None, status: Status::Dead };
            let counts = BreakdownCounts { rows: 1, ..BreakdownCounts::default() };
            breakdown.add([(key, counts)].into_iter().collect());
        }
        let counts = breakdown.counts();
        assert!(counts.len() < MAX_KEYS + 1_000);
        assert_eq!(counts.iter().map(|(_, counts)| counts.rows).sum::<u64>(), 250_000);
        let coarse: u64 =
            counts.iter().filter(|(key, _)| key.range.get() < 1_000).map(|(_, counts)| counts.rows).sum();
        assert_eq!(coarse, 50_000, "the others are counted by the first three digits");
    }
}
