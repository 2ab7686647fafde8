//! How long answers took, as a histogram: 16 buckets for each doubling of the time. Percentiles of
//! a run of any length cost 3 KiB and are exact to 6 %.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;

/// Buckets for each doubling.
const BUCKETS_PER_DOUBLING: usize = 16;
/// Two minutes and more are counted together: no request may take that long.
const DOUBLINGS: usize = 27;
const BUCKETS: usize = (DOUBLINGS - 3) * BUCKETS_PER_DOUBLING;

/// The upper bounds of the coarse buckets for monitoring, in seconds.
pub const BOUNDS_SECONDS: [f64; 13] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// How long answers took, while the run goes on.
#[derive(Debug)]
pub struct Latencies {
    buckets: [AtomicU64; BUCKETS],
    sum_micros: AtomicU64,
    longest_micros: AtomicU64,
}

impl Default for Latencies {
    fn default() -> Self {
        let (sum_micros, longest_micros) = Default::default();
        Self { buckets: [const { AtomicU64::new(0) }; BUCKETS], sum_micros, longest_micros }
    }
}

impl Latencies {
    /// Counts an answer that took this long.
    pub fn record(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.buckets[bucket_of(micros)].fetch_add(1, Ordering::Relaxed);
        self.sum_micros.fetch_add(micros, Ordering::Relaxed);
        if micros > self.longest_micros.load(Ordering::Relaxed) {
            self.longest_micros.fetch_max(micros, Ordering::Relaxed);
        }
    }

    /// The figures so far.
    #[must_use]
    pub fn figures(&self) -> LatencyFigures {
        let counts: Vec<u64> = self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        let answers: u64 = counts.iter().sum();
        let longest = self.longest_micros.load(Ordering::Relaxed);
        let percentile = |share: f64| {
            let rank = (answers as f64 * share).ceil() as u64;
            let mut seen = 0;
            let bucket = counts.iter().position(|count| {
                seen += count;
                seen >= rank
            });
            millis(bucket.map_or(longest, |bucket| upper_bound(bucket).min(longest)))
        };
        let at_most = |bound: &f64| {
            let within =
                counts.iter().enumerate().filter(|(bucket, _)| upper_bound(*bucket) as f64 <= bound * 1e6);
            within.map(|(_, count)| count).sum()
        };
        let sum_micros = self.sum_micros.load(Ordering::Relaxed);
        LatencyFigures {
            answers,
            mean_ms: if answers == 0 { 0.0 } else { millis(sum_micros) / answers as f64 },
            p50_ms: percentile(0.5),
            p90_ms: percentile(0.9),
            p99_ms: percentile(0.99),
            p999_ms: percentile(0.999),
            longest_ms: millis(longest),
            sum_seconds: sum_micros as f64 / 1e6,
            at_most: BOUNDS_SECONDS.iter().map(at_most).collect(),
            distribution: distribution(&counts),
        }
    }
}

/// How long the answers of a run took, from sending the request to the end of the answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LatencyFigures {
    /// How many answers were timed, without throttled requests.
    pub answers: u64,
    /// The mean, in milliseconds.
    pub mean_ms: f64,
    /// Half of the answers took no longer.
    pub p50_ms: f64,
    /// 90 % of the answers took no longer.
    pub p90_ms: f64,
    /// 99 % of the answers took no longer.
    pub p99_ms: f64,
    /// 99.9 % of the answers took no longer.
    pub p999_ms: f64,
    /// The longest.
    pub longest_ms: f64,
    /// The sum of all times, for monitoring.
    #[serde(skip)]
    pub sum_seconds: f64,
    /// How many answers took no longer than each of [`BOUNDS_SECONDS`].
    #[serde(skip)]
    pub at_most: Vec<u64>,
    /// The distribution: four spans for each doubling, from the first with answers to the last.
    #[serde(skip)]
    pub distribution: Vec<Span>,
}

/// The answers that took about the same time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// This or longer, in milliseconds.
    pub from_ms: f64,
    /// Shorter than this, in milliseconds.
    pub to_ms: f64,
    /// How many answers.
    pub answers: u64,
}

/// Buckets that make one span of the distribution.
const BUCKETS_PER_SPAN: usize = BUCKETS_PER_DOUBLING / 4;

fn distribution(counts: &[u64]) -> Vec<Span> {
    let spans = counts.chunks(BUCKETS_PER_SPAN).enumerate().map(|(index, counts)| {
        let first = index * BUCKETS_PER_SPAN;
        let from = first.checked_sub(1).map_or(0, |before| upper_bound(before) + 1);
        let to = upper_bound(first + BUCKETS_PER_SPAN - 1) + 1;
        Span { from_ms: millis(from), to_ms: millis(to), answers: counts.iter().sum() }
    });
    let mut spans: Vec<Span> = spans.skip_while(|span| span.answers == 0).collect();
    let used = spans.iter().rposition(|span| span.answers > 0).map_or(0, |last| last + 1);
    spans.truncate(used);
    spans
}

/// The bucket of a time in microseconds.
fn bucket_of(micros: u64) -> usize {
    if micros < BUCKETS_PER_DOUBLING as u64 {
        return micros as usize;
    }
    let doubling = micros.ilog2() as usize;
    let part = (micros >> (doubling - 4)) as usize % BUCKETS_PER_DOUBLING;
    ((doubling - 3) * BUCKETS_PER_DOUBLING + part).min(BUCKETS - 1)
}

/// The longest time that a bucket counts, in microseconds.
fn upper_bound(bucket: usize) -> u64 {
    let (row, part) = (bucket / BUCKETS_PER_DOUBLING, (bucket % BUCKETS_PER_DOUBLING) as u64);
    match row {
        0 => part,
        _ => ((BUCKETS_PER_DOUBLING as u64 + part + 1) << (row - 1)) - 1,
    }
}

fn millis(micros: u64) -> f64 {
    micros as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_is_in_the_bucket_that_ends_just_after_it() {
        for micros in (0..5_000).chain([65_535, 65_536, 1_000_000, 59_999_999]) {
            let bound = upper_bound(bucket_of(micros));
            assert!(bound >= micros && bound as f64 <= micros as f64 * 1.07, "{micros}: {bound}");
        }
        assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn percentiles_are_exact_to_a_sixteenth() {
        let latencies = Latencies::default();
        assert_eq!(latencies.figures().p99_ms, 0.0);
        (1..=1_000).for_each(|n| latencies.record(Duration::from_millis(n)));
        let figures = latencies.figures();
        for (found, true_ms) in [(figures.p50_ms, 500.0), (figures.p90_ms, 900.0), (figures.p99_ms, 990.0)] {
            assert!((true_ms..true_ms * 1.07).contains(&found), "{found} for {true_ms}");
        }
        assert_eq!((figures.answers, figures.mean_ms, figures.longest_ms), (1_000, 500.5, 1_000.0));
        assert!(figures.at_most.is_sorted() && figures.at_most[12] == 1_000, "{:?}", figures.at_most);
        assert!(figures.at_most[4].abs_diff(100) < 7, "{:?}", figures.at_most);
        let spans = &figures.distribution;
        assert_eq!(spans.iter().map(|span| span.answers).sum::<u64>(), 1_000);
        assert!(spans.windows(2).all(|pair| pair[0].to_ms == pair[1].from_ms), "{spans:?}");
        assert!(spans[0].from_ms <= 1.0 && spans.last().unwrap().to_ms > 1_000.0, "{spans:?}");
    }
}
