//! How a run went on, in some hundreds of moments, however long it was.

use serde::Serialize;

use super::counters::Counters;
use crate::model::Money;

/// No more moments are kept; when there are more, every second one is left out, and from then on they are taken half as
/// often.
const MOST_POINTS: usize = 600;
/// No more marks are kept, since a service in trouble makes them by the thousand.
const MOST_MARKS: usize = 300;

/// The counts at one moment. All but `in_flight` only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Point {
    /// Since the run began.
    pub seconds: f64,
    /// Rows that are done.
    pub rows: u64,
    /// Requests sent.
    pub requests: u64,
    /// Requests that brought an answer.
    pub replies: u64,
    /// Requests turned away because too much was asked.
    pub throttled: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Requests under way: the most since the point before.
    pub in_flight: u64,
    /// What was spent, or may have been.
    pub spent: Money,
}

/// Something that happened at one moment and is worth a mark in a chart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mark {
    /// Since the run began.
    pub seconds: f64,
    /// Of what kind it is: `throttled`, `outage_began`, `endpoint_failed`, `endpoint_recovered` or `other`.
    pub kind: &'static str,
    /// A sentence about it.
    pub text: String,
}

/// Moments and marks of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Timeline {
    /// The moments, in order; the first is the beginning.
    pub points: Vec<Point>,
    /// What happened, in order.
    pub marks: Vec<Mark>,
    /// Things that happened and are left out, because there were so many.
    pub marks_left_out: u64,
    /// Every so many of the moments offered is kept.
    #[serde(skip)]
    every: usize,
    #[serde(skip)]
    offered: usize,
    /// What was left out since the last point: the most in flight.
    #[serde(skip)]
    most_in_flight: u64,
}

impl Point {
    /// The counts now.
    #[must_use]
    pub fn now(counters: &Counters, seconds: f64) -> Self {
        let (replies, throttled) = (counters.replies.get(), counters.throttled.get());
        let (requests, in_flight) = (counters.requests.get(), counters.in_flight.get());
        Self {
            seconds,
            rows: counters.rows.get(),
            requests,
            replies,
            throttled,
            failed: requests.saturating_sub(replies + throttled + in_flight),
            in_flight,
            spent: Money::from_billionths(counters.billed_cost.get() + counters.maybe_billed_cost.get()),
        }
    }
}

impl Timeline {
    /// Takes a moment in, if it is its turn.
    pub fn offer(&mut self, point: Point) {
        self.most_in_flight = self.most_in_flight.max(point.in_flight);
        let every = self.every.max(1);
        self.offered += 1;
        if self.offered >= every {
            self.take(point);
        }
        if self.points.len() > MOST_POINTS {
            self.thin_out();
        }
    }

    /// Takes the last moment in.
    pub fn end(&mut self, point: Point) {
        self.most_in_flight = self.most_in_flight.max(point.in_flight);
        self.take(point);
    }

    fn take(&mut self, point: Point) {
        self.offered = 0;
        let in_flight = std::mem::take(&mut self.most_in_flight);
        self.points.push(Point { in_flight, ..point });
    }

    fn thin_out(&mut self) {
        self.every = 2 * self.every.max(1);
        let kept =
            self.points.iter().enumerate().filter(|(place, _)| place % 2 == 0).map(|(place, point)| {
                let before = place.checked_sub(1).map_or(0, |before| self.points[before].in_flight);
                Point { in_flight: point.in_flight.max(before), ..*point }
            });
        self.points = kept.collect();
    }

    /// Takes note of something that happened.
    pub fn mark(&mut self, mark: Mark) {
        if self.marks.len() < MOST_MARKS {
            self.marks.push(mark);
        } else {
            self.marks_left_out += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_keeps_some_hundreds_of_moments_evenly() {
        let mut timeline = Timeline::default();
        for n in 0..100_000_u64 {
            let in_flight = if n == 77_777 { 9 } else { 1 };
            timeline.offer(Point { seconds: n as f64, requests: n, in_flight, ..Point::default() });
        }
        timeline.end(Point { seconds: 100_000.0, requests: 100_000, ..Point::default() });
        let points = &timeline.points;
        assert!((300..=602).contains(&points.len()), "{}", points.len());
        let steps: Vec<f64> = points.windows(2).map(|pair| pair[1].seconds - pair[0].seconds).collect();
        assert!(steps[..steps.len() - 1].iter().all(|step| *step == steps[1]), "{steps:?}");
        assert_eq!(points.iter().filter(|point| point.in_flight == 9).count(), 1, "no peak is lost");
        assert_eq!((points[0].requests, points.last().unwrap().requests), (0, 100_000));
    }

    #[test]
    fn marks_are_bounded() {
        let mut timeline = Timeline::default();
        (0..1_000)
            .for_each(|n| timeline.mark(Mark { seconds: n.into(), kind: "throttled", text: String::new() }));
        assert_eq!((timeline.marks.len(), timeline.marks_left_out), (300, 700));
    }
}
