//! The run over time, in some hundred points, however long it takes.

use serde::Serialize;

use super::counters::Counters;
use crate::model::Money;

/// When there are more points, every second one is dropped, and from then on they are taken half as
/// often.
const MAX_POINTS: usize = 600;
/// Further marks are only counted: a service in trouble makes thousands.
const MAX_MARKS: usize = 300;

/// The counts at one moment. All but `in_flight` only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Point {
    /// Seconds since the start of the run.
    pub seconds: f64,
    /// Rows that are done.
    pub rows: u64,
    /// Requests sent.
    pub requests: u64,
    /// Requests that the service answered.
    pub replies: u64,
    /// Requests that were throttled.
    pub throttled: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Requests in flight: the most since the point before.
    pub in_flight: u64,
    /// Money spent, or perhaps spent.
    pub spent: Money,
}

/// An event that is marked in the charts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mark {
    /// Seconds since the start of the run.
    pub seconds: f64,
    /// The kind of [`Event`](super::Event).
    pub kind: &'static str,
    /// The event as a sentence.
    pub text: String,
}

/// The points and marks of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Timeline {
    /// In order; the first is the start of the run.
    pub points: Vec<Point>,
    /// In order.
    pub marks: Vec<Mark>,
    /// How many marks were left out because there were too many.
    pub marks_left_out: u64,
    /// One in this many offered points is kept.
    #[serde(skip)]
    keep_every: usize,
    /// Points that were offered since the last one that was kept.
    #[serde(skip)]
    offered: usize,
    /// The most requests in flight since the last point that was kept.
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
    /// Keeps a point, if it is its turn.
    pub fn offer(&mut self, point: Point) {
        self.most_in_flight = self.most_in_flight.max(point.in_flight);
        self.offered += 1;
        if self.offered >= self.keep_every.max(1) {
            self.keep(point);
        }
        if self.points.len() > MAX_POINTS {
            self.thin_out();
        }
    }

    /// Keeps the last point.
    pub fn end(&mut self, point: Point) {
        self.most_in_flight = self.most_in_flight.max(point.in_flight);
        self.keep(point);
    }

    fn keep(&mut self, point: Point) {
        self.offered = 0;
        let in_flight = std::mem::take(&mut self.most_in_flight);
        self.points.push(Point { in_flight, ..point });
    }

    fn thin_out(&mut self) {
        self.keep_every = 2 * self.keep_every.max(1);
        let kept =
            self.points.iter().enumerate().filter(|(index, _)| index % 2 == 0).map(|(index, point)| {
                let before = index.checked_sub(1).map_or(0, |before| self.points[before].in_flight);
                Point { in_flight: point.in_flight.max(before), ..*point }
            });
        self.points = kept.collect();
    }

    /// Keeps a mark.
    pub fn mark(&mut self, mark: Mark) {
        if self.marks.len() < MAX_MARKS {
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
    fn a_long_run_keeps_some_hundred_points_evenly() {
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
