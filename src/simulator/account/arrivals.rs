//! How many requests arrived in each 10 ms, without a lock.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const SLOT: Duration = Duration::from_millis(10);
/// A minute, in slots. Minutes are allocated when the first request of them arrives.
const SLOTS_IN_A_MINUTE: usize = 6_000;
/// A week, in minutes. Later requests are not counted here.
const MINUTES: usize = 7 * 24 * 60;

type Minute = Box<[AtomicU32]>;

/// A count for each 10 ms since the start.
pub(super) struct Arrivals(Box<[OnceLock<Minute>]>);

impl Arrivals {
    pub(super) fn new() -> Self {
        Self((0..MINUTES).map(|_| OnceLock::new()).collect())
    }

    /// Counts a request that arrived this long after the start.
    pub(super) fn record(&self, since_start: Duration) {
        let slot = (since_start.as_micros() / SLOT.as_micros()) as usize;
        if let Some(minute) = self.0.get(slot / SLOTS_IN_A_MINUTE) {
            let minute = minute.get_or_init(|| (0..SLOTS_IN_A_MINUTE).map(|_| AtomicU32::new(0)).collect());
            minute[slot % SLOTS_IN_A_MINUTE].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The counts up to the last one above zero.
    pub(super) fn counts(&self) -> Vec<u32> {
        let last = self.0.iter().rposition(|minute| minute.get().is_some());
        let mut counts = Vec::new();
        for minute in self.0.iter().take(last.map_or(0, |last| last + 1)) {
            match minute.get() {
                Some(slots) => counts.extend(slots.iter().map(|slot| slot.load(Ordering::Relaxed))),
                None => counts.resize(counts.len() + SLOTS_IN_A_MINUTE, 0),
            }
        }
        counts.truncate(counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1));
        counts
    }
}

/// The largest sum of `slots` counts in a row.
pub(super) fn max_in_window(slots: usize, counts: &[u32]) -> u32 {
    let (mut sum, mut max) = (0, 0);
    for (index, count) in counts.iter().enumerate() {
        sum += count;
        if index >= slots {
            sum -= counts[index - slots];
        }
        max = max.max(sum);
    }
    max
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_are_counted_in_slots_of_ten_milliseconds() {
        let arrivals = Arrivals::new();
        assert_eq!(arrivals.counts(), Vec::<u32>::new());
        for millis in [0, 9, 10, 35, 39, 39] {
            arrivals.record(Duration::from_millis(millis));
        }
        assert_eq!(arrivals.counts(), [2, 1, 0, 3]);
        arrivals.record(Duration::from_secs(125));
        let counts = arrivals.counts();
        assert_eq!((counts.len(), counts.iter().sum::<u32>()), (12_501, 7));
        arrivals.record(Duration::from_secs(3_600 * 24 * 365));
        assert_eq!(arrivals.counts().len(), 12_501);
    }

    #[test]
    fn a_window_slides_over_the_counts() {
        assert_eq!(max_in_window(2, &[1, 5, 2, 0, 6]), 7);
        assert_eq!(max_in_window(100, &[1, 5, 2]), 8);
        assert_eq!(max_in_window(100, &[]), 0);
    }
}
