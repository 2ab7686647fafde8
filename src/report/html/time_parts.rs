//! The run cut into equally long parts, for plots and tables over time.

use std::time::Duration;

use crate::humanize::clock;
use crate::telemetry::timeline::Point;

/// Equally long parts of a run.
pub(super) struct TimeParts<'a> {
    points: &'a [Point],
    /// The length of each part in seconds.
    pub length: f64,
    /// How many parts there are.
    pub count: usize,
}

impl<'a> TimeParts<'a> {
    /// Up to `max` parts of a run of this many seconds, none of them shorter than `shortest`.
    pub(super) fn new(points: &'a [Point], seconds: f64, max: usize, shortest: f64) -> Self {
        let count = ((seconds / shortest) as usize).min(points.len() - 1).clamp(1, max);
        Self { points, length: seconds / count as f64, count }
    }

    /// A count at a time. Between two points it is taken to have grown evenly.
    fn at(&self, seconds: f64, count: impl Fn(&Point) -> u64) -> f64 {
        let next = self.points.partition_point(|point| point.seconds < seconds);
        let Some(after) = self.points.get(next) else {
            return self.points.last().map_or(0.0, |last| count(last) as f64);
        };
        let before = next.checked_sub(1).map_or(Point::default(), |before| self.points[before]);
        let between = after.seconds - before.seconds;
        let share = if between > 0.0 { (seconds - before.seconds) / between } else { 1.0 };
        count(&before) as f64 + (count(after) as f64 - count(&before) as f64) * share
    }

    /// How much a count grew per second, in each part.
    pub(super) fn rates(&self, count: impl Fn(&Point) -> u64) -> Vec<f64> {
        let edges: Vec<_> = (0..=self.count).map(|edge| self.at(edge as f64 * self.length, &count)).collect();
        edges.windows(2).map(|pair| (pair[1] - pair[0]).max(0.0) / self.length).collect()
    }

    /// How much a count grew in each part.
    pub(super) fn growth(&self, count: impl Fn(&Point) -> u64) -> Vec<u64> {
        self.rates(count).into_iter().map(|rate| (rate * self.length).round() as u64).collect()
    }

    /// The most requests in flight in each part.
    pub(super) fn in_flight(&self) -> Vec<u64> {
        let max = |part: usize| {
            let (from, to) = (part as f64 * self.length, (part + 1) as f64 * self.length);
            // A point has the maximum of the time before it, so the first one after the part counts
            // too.
            let first = self.points.partition_point(|point| point.seconds <= from);
            let end = self.points.partition_point(|point| point.seconds < to);
            let points = &self.points[first..(end + 1).min(self.points.len())];
            points.iter().map(|point| point.in_flight).max().unwrap_or(0)
        };
        (0..self.count).map(max).collect()
    }

    /// The last point of a part, or the start of the run.
    pub(super) fn last_point(&self, part: usize) -> Point {
        let end = (part + 1) as f64 * self.length;
        self.points.iter().rev().find(|point| point.seconds <= end + 1e-9).copied().unwrap_or_default()
    }
}

/// A time since the start of a run, as exact as the length of the run needs.
pub(super) fn time_label(seconds: f64, run_seconds: f64) -> String {
    match run_seconds {
        _ if run_seconds < 10.0 => format!("{seconds:.2} s"),
        _ if run_seconds < 120.0 => format!("{seconds:.1} s"),
        _ => clock(Duration::from_secs_f64(seconds.max(0.0))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_what_the_counts_grew_by() {
        let point =
            |(seconds, requests, in_flight)| Point { seconds, requests, in_flight, ..Point::default() };
        let points = [(0.0, 0, 0), (1.0, 100, 7), (2.0, 100, 0), (4.0, 500, 30)].map(point);
        let parts = TimeParts { points: &points, length: 1.0, count: 4 };
        assert_eq!(parts.rates(|point| point.requests), [100.0, 0.0, 200.0, 200.0]);
        assert_eq!(parts.growth(|point| point.requests), [100, 0, 200, 200]);
        assert_eq!(parts.in_flight(), [7, 0, 30, 30]);
        assert_eq!([0, 2, 3].map(|part| parts.last_point(part).requests), [100, 100, 500]);
        let parts = TimeParts::new(&points, 4.0, 150, 0.25);
        assert_eq!((parts.count, parts.length), (3, 4.0 / 3.0));
        let requests: f64 = parts.rates(|point| point.requests).iter().map(|rate| rate * parts.length).sum();
        assert!((requests - 500.0).abs() < 1e-9, "{requests}");
    }

    #[test]
    fn times_are_as_exact_as_the_run_is_short() {
        let labels = [(1.0, 3.0), (1.0, 45.0), (3_600.0, 7_200.0)].map(|(at, run)| time_label(at, run));
        assert_eq!(labels, ["1.00 s", "1.0 s", "1:00:00"]);
    }
}
