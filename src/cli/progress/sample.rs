//! Where the run is at one moment, in figures for people.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::humanize::grouped;
use crate::job::{Progress, Total};
use crate::model::Money;

/// Over how long the lookups a second are averaged.
const SPEED_WINDOW: Duration = Duration::from_secs(3);
/// Over how long the time left is reckoned.
const FORECAST_WINDOW: Duration = Duration::from_secs(30);
/// A forecast before this would be a guess.
const FIRST_FORECAST: Duration = Duration::from_secs(2);

/// Where the run is.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) elapsed: Duration,
    pub(super) done: u64,
    pub(super) total: Total,
    pub(super) lookups_a_second: f64,
    pub(super) left: Option<Duration>,
    pub(super) in_flight: u64,
    /// What was spent, or may have been, where a price is known.
    pub(super) spent: Option<Money>,
    /// Who was asked last.
    pub(super) endpoint: Option<String>,
    /// What became of rows and requests so far, most important first.
    pub(super) tally: Vec<(&'static str, u64)>,
}

impl Sample {
    /// The tally as a line, without what has not happened.
    pub(super) fn tally_line(&self) -> String {
        let happened = self.tally.iter().filter(|(_, count)| *count > 0);
        let words: Vec<_> = happened.map(|(what, count)| format!("{what} {}", grouped(*count))).collect();
        words.join("  ")
    }

    /// What was spent, the tally, and who is asked.
    pub(super) fn second_line(&self) -> String {
        let words = [
            self.spent.map(|spent| format!("spent {spent}")),
            Some(self.tally_line()).filter(|tally| !tally.is_empty()),
            self.endpoint.as_deref().map(|endpoint| format!("asking {}", without_scheme(endpoint))),
        ];
        words.into_iter().flatten().collect::<Vec<_>>().join("  ")
    }

    /// How often something has happened.
    pub(super) fn count(&self, what: &str) -> u64 {
        self.tally.iter().find(|(name, _)| *name == what).map_or(0, |(_, count)| *count)
    }

    /// Which part of the whole is done, from 0 to 1.
    pub(super) fn share(&self) -> Option<f64> {
        match self.total {
            Total::Rows(0) => Some(1.0),
            Total::Rows(rows) | Total::About(rows) => Some((self.done as f64 / rows.max(1) as f64).min(1.0)),
            Total::Unknown => None,
        }
    }

    /// `12 345/100 000 rows`, with `~` before an estimate.
    pub(super) fn rows(&self) -> String {
        let done = grouped(self.done);
        match self.total {
            Total::Rows(rows) => format!("{done}/{}", grouped(rows)),
            Total::About(rows) => format!("{done}/~{}", grouped(rows.max(self.done))),
            Total::Unknown => format!("{done} rows"),
        }
    }
}

/// Which host it is; how it is spoken to was said before.
fn without_scheme(endpoint: &str) -> &str {
    endpoint.split_once("://").map_or(endpoint, |(_, host)| host)
}

/// Takes samples, and remembers enough of them to know the speed.
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
            // By numbers, because rows wait for their neighbours.
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

    /// How much was done a second within the window.
    fn speed(&self, window: Duration, now: Mark, what: impl Fn(&Mark) -> u64) -> f64 {
        let first = self.past.iter().find(|mark| now.at - mark.at <= window).unwrap_or(&now);
        let seconds = (now.at - first.at).as_secs_f64();
        if seconds == 0.0 { 0.0 } else { what(&now).saturating_sub(what(first)) as f64 / seconds }
    }
}
