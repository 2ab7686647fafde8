//! What became of the rows, by the key of their numbers: counted in small maps a batch, and one for the run.
//!
//! A range is the first six digits of a number: one operator's more often than not, and nobody's number.

use std::collections::HashMap;
use std::sync::Mutex;

use foldhash::fast::FixedState;

use crate::model::{Money, Msisdn, Plmn, Status};
use crate::sync;

/// So many digits of a number name its range.
const RANGE_DIGITS: usize = 6;
/// And no number shows more than all but so many.
const LEAST_HIDDEN: usize = 4;
/// So many ranges, networks and statuses are told apart; what comes later is counted by its first three digits.
const MOST_KEYS: usize = 200_000;

/// The first digits of some numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Range(u32);

impl Range {
    /// The range of a number.
    #[must_use]
    pub fn of(msisdn: Msisdn) -> Self {
        let mut digits = msisdn.get();
        // What is left of a short number must still be nobody's.
        let kept = RANGE_DIGITS.min(msisdn.digits().len().saturating_sub(LEAST_HIDDEN));
        while digits >= 10_u64.pow(kept as u32) {
            digits /= 10;
        }
        Self(digits as u32)
    }

    /// The digits.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }

    fn coarse(self) -> Self {
        Self(self.0 / 1_000)
    }
}

/// Rows that have a key and a status in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BreakdownKey {
    /// The first digits of their numbers.
    pub range: Range,
    /// The network that the service named.
    pub network: Option<Plmn>,
    /// What became of them.
    pub status: Status,
}

/// What is counted of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BreakdownCounts {
    /// Rows.
    pub rows: u64,
    /// Requests that this run sent for them, throttled ones not counted.
    pub attempts: u64,
    /// What this run paid for them, or may have.
    pub cost: Money,
}

/// Counts by key: of one batch, or of the whole run.
pub type BreakdownTally = HashMap<BreakdownKey, BreakdownCounts, FixedState>;

/// The counts of a run by key.
#[derive(Debug, Default)]
pub struct Breakdown(Mutex<BreakdownTally>);

impl Breakdown {
    /// Adds what one batch has counted.
    pub fn add(&self, batch: BreakdownTally) {
        let mut run = self.lock();
        for (mut key, counts) in batch {
            if run.len() >= MOST_KEYS && !run.contains_key(&key) {
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

    #[test]
    fn a_range_is_the_first_six_digits_and_of_a_short_number_fewer() {
        for (digits, range) in [(46_701_740_605, 467_017), (1_234_567, 123), (123_456_789_012_345, 123_456)] {
            assert_eq!(Range::of(Msisdn::new(digits).unwrap()).get(), range);
        }
    }

    #[test]
    fn places_are_bounded_and_lose_no_row() {
        let breakdown = Breakdown::default();
        let numbers = (0..250_000_u64).filter_map(|n| Msisdn::new((100_000 + n) * 1_000_000));
        let key = |msisdn| BreakdownKey { range: Range::of(msisdn), network: None, status: Status::Dead };
        for msisdn in numbers {
            let counts = BreakdownCounts { rows: 1, ..BreakdownCounts::default() };
            breakdown.add([(key(msisdn), counts)].into_iter().collect());
        }
        let counts = breakdown.counts();
        assert!(counts.len() < MOST_KEYS + 1_000);
        assert_eq!(counts.iter().map(|(_, counts)| counts.rows).sum::<u64>(), 250_000);
    }
}
