//! Takes samples of the counters, and computes speeds and the time left from the last of them.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::sample::Sample;
use crate::job::{Progress, Total};

/// The window over which lookups per second are averaged.
const SPEED_WINDOW: Duration = Duration::from_secs(3);
/// The window from which the time left is computed.
const FORECAST_WINDOW: Duration = Duration::from_secs(30);
/// A forecast before this would be a guess.
const FIRST_FORECAST: Duration = Duration::from_secs(2);

/// Takes samples, and keeps those of the forecast window.
pub(super) struct Sampler {
    progress: Progress,
    started: Instant,
    past: VecDeque<Mark>,
}

#[derive(Clone, Copy)]
struct Mark {
    at: Instant,
    lookups: u64,
    done: u64,
}

impl Sampler {
    pub(super) fn new(progress: Progress) -> Self {
        Self { progress, started: Instant::now(), past: VecDeque::new() }
    }

    pub(super) fn sample(&mut self) -> Sample {
        let counters = self.progress.counters();
        let total = self.progress.total();
        let done = match total {
            Total::Rows(rows) => self.progress.rows_done().min(rows),
            _ => self.progress.rows_done(),
        };
        let now = Mark { at: Instant::now(), lookups: counters.replies.get(), done };
        let tally = vec![
            // Counted by numbers: rows are done later, because they keep their order.
            ("answered", counters.numbers_done.get().saturating_sub(counters.unanswered.get())),
            ("from the ledger", counters.from_ledger.get()),
            ("duplicates", counters.duplicates.get()),
            ("invalid", counters.invalid.get()),
            ("retried", counters.retries.get()),
            ("unanswered", counters.unanswered.get()),
            ("throttled", counters.throttled.get()),
        ];
        let in_flight = counters.in_flight.get();
        let spent = self.progress.spent();
        let endpoint = self.progress.endpoint().map(str::to_owned);
        self.remember(now);
        let elapsed = now.at - self.started;
        let rows_a_second = self.speed(FORECAST_WINDOW, now, |mark| mark.done);
        let left = match total {
            Total::Rows(rows) | Total::About(rows) if rows_a_second > 0.0 && elapsed >= FIRST_FORECAST => {
                Duration::try_from_secs_f64(rows.saturating_sub(done) as f64 / rows_a_second).ok()
            }
            _ => None,
        };
        let lookups_a_second = self.speed(SPEED_WINDOW, now, |mark| mark.lookups);
        Sample { elapsed, done, total, lookups_a_second, left, in_flight, spent, endpoint, tally }
    }

    fn remember(&mut self, now: Mark) {
        self.past.push_back(now);
        while self.past.front().is_some_and(|first| now.at - first.at > FORECAST_WINDOW) {
            self.past.pop_front();
        }
    }

    /// By how much a count grew per second within the window.
    fn speed(&self, window: Duration, now: Mark, count: impl Fn(&Mark) -> u64) -> f64 {
        let first = self.past.iter().find(|mark| now.at - mark.at <= window).unwrap_or(&now);
        let seconds = (now.at - first.at).as_secs_f64();
        if seconds == 0.0 { 0.0 } else { count(&now).saturating_sub(count(first)) as f64 / seconds }
    }
}
