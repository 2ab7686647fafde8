//! How the run went on: requests, answers, requests in flight, trouble, and what happened when.

use std::time::Duration;

use maud::{Markup, html};

use super::amounts::Amounts;
use super::episodes;
use super::episodes::episodes;
use super::plot::scale::{round_ticks, whole_ticks};
use super::plot::time::{Happened, Series, Shape, TimePlot};
use super::plot::{Caption, both, legend};
use super::table::{Column, Table};
use crate::humanize::{clock, grouped, speed};
use crate::report::run_report::RunReport;
use crate::telemetry::timeline::Point;

/// No part of a drawing is shorter, because counts of a few milliseconds jump.
const SHORTEST_PART: f64 = 0.25;
/// So many parts are enough for a drawing, and so many rows for a table.
const MOST_PARTS: usize = 150;
const TABLE_ROWS: usize = 12;

/// The run over time.
pub(super) fn render(report: &RunReport) -> Markup {
    let points = &report.timeline.points;
    html! {
        section #course {
            h2 { "How it went on" }
            @if let (2.., Some(seconds)) = (points.len(), length(points)) {
                @if report.counts.requests > 0 { (drawn(report, seconds)) }
                @else { p { "Nothing was asked: every row had its word before." } }
                (figures(report, seconds))
            } @else {
                p { "The run was over before anything could be measured." }
            }
            (episodes::table(&report.timeline))
        }
    }
}

/// How long the points go on, if they do.
fn length(points: &[Point]) -> Option<f64> {
    let seconds = points.last()?.seconds;
    (seconds.is_finite() && seconds > 0.0).then_some(seconds)
}

/// The run cut into parts that are equally long.
struct Parts<'a> {
    points: &'a [Point],
    length: f64,
    count: usize,
}

impl<'a> Parts<'a> {
    fn new(points: &'a [Point], seconds: f64, most: usize, shortest: f64) -> Self {
        let count = ((seconds / shortest) as usize).min(points.len() - 1).clamp(1, most);
        Self { points, length: seconds / count as f64, count }
    }

    /// A count at a moment, between the points as if it had grown evenly.
    fn at(&self, seconds: f64, of: impl Fn(&Point) -> u64) -> f64 {
        let behind = self.points.partition_point(|point| point.seconds < seconds);
        let Some(after) = self.points.get(behind) else {
            return self.points.last().map_or(0.0, |last| of(last) as f64);
        };
        let before = behind.checked_sub(1).map_or(Point::default(), |before| self.points[before]);
        let between = after.seconds - before.seconds;
        let share = if between > 0.0 { (seconds - before.seconds) / between } else { 1.0 };
        of(&before) as f64 + (of(after) as f64 - of(&before) as f64) * share
    }

    /// By how much a count grew in each part, a second.
    fn rates(&self, of: impl Fn(&Point) -> u64) -> Vec<f64> {
        let edges: Vec<_> = (0..=self.count).map(|edge| self.at(edge as f64 * self.length, &of)).collect();
        edges.windows(2).map(|pair| (pair[1] - pair[0]).max(0.0) / self.length).collect()
    }

    /// The most requests in flight in each part.
    fn in_flight(&self) -> Vec<u64> {
        let most = |part: usize| {
            let (from, to) = (part as f64 * self.length, (part + 1) as f64 * self.length);
            // A point tells of the time before it, so that the first one behind the part counts too.
            let first = self.points.partition_point(|point| point.seconds <= from);
            let end = self.points.partition_point(|point| point.seconds < to);
            let told = &self.points[first..(end + 1).min(self.points.len())];
            told.iter().map(|point| point.in_flight).max().unwrap_or(0)
        };
        (0..self.count).map(most).collect()
    }
}

fn drawn(report: &RunReport, seconds: f64) -> Markup {
    let parts = Parts::new(&report.timeline.points, seconds, MOST_PARTS, SHORTEST_PART);
    let happened = episodes::happened(&episodes(&report.timeline), seconds);
    let line = |class, values: Vec<f64>| Series { class, shape: Shape::Line, values };
    let area = |class, values: Vec<f64>| Series { class, shape: Shape::Area, values };
    let most = |series: &[Series]| {
        series.iter().flat_map(|series| series.values.iter().copied()).fold(0.0, f64::max)
    };
    let plot = |title: &str, description: &str, axis, series: Vec<Series>| TimePlot {
        caption: Caption { title: title.into(), description: description.into() },
        axis,
        ticks: round_ticks(most(&series), 4),
        seconds,
        series,
        happened: &happened,
    };
    let speeds = plot(
        "Requests and answers over time",
        "How many requests were sent and how many answers came back, each second of the run.",
        "requests and answers per second",
        vec![
            area("answers", parts.rates(|point| point.replies)),
            line("requests", parts.rates(|point| point.requests)),
        ],
    );
    let in_flight = parts.in_flight();
    let mut under_way = plot(
        "Requests in flight over time",
        "How many requests were under way at the same time, at the most.",
        "requests at the same time",
        vec![area("in-flight", in_flight.iter().map(|count| *count as f64).collect())],
    );
    under_way.ticks = whole_ticks(in_flight.into_iter().max().unwrap_or(0), 4);
    let throttled = parts.rates(|point| point.throttled);
    let failed = parts.rates(|point| point.failed);
    // One above the other; the sum is drawn first.
    let both_together = throttled.iter().zip(&failed).map(|(throttled, failed)| throttled + failed);
    let solid = |class, values: Vec<f64>| Series { class, shape: Shape::Solid, values };
    let trouble = vec![solid("failed", both_together.collect()), solid("throttled", throttled)];
    let had_trouble = most(&trouble) > 0.0;
    let trouble = plot(
        "Throttled and failed requests over time",
        "How many requests were turned away and, above them, how many failed, each second of the run.",
        "requests per second",
        trouble,
    );
    html! {
        figure {
            figcaption { "Requests and answers" }
            (speeds_legend(&happened))
            (both(|size| speeds.draw(size)))
        }
        figure {
            figcaption { "Requests in flight" }
            (both(|size| under_way.draw(size)))
        }
        @if had_trouble {
            figure {
                figcaption { "Trouble" }
                (legend(&[("throttled", "throttled: turned away, and not billed"), ("failed", "failed, on top")]))
                (both(|size| trouble.draw(size)))
            }
        } @else {
            p.note { "No request was throttled, and none failed." }
        }
    }
}

/// Only what is there is explained.
fn speeds_legend(happened: &Happened) -> Markup {
    let mut entries = vec![("answers", "answers"), ("line requests", "requests")];
    if !happened.outages.is_empty() {
        entries.push(("outage", "no endpoint answered"));
    }
    if !happened.throttled.is_empty() {
        entries.push(("triangle", "the service throttled"));
    }
    if !happened.other.is_empty() {
        entries.push(("line other", "something else, see below"));
    }
    legend(&entries)
}

fn figures(report: &RunReport, seconds: f64) -> Markup {
    let parts = Parts::new(&report.timeline.points, seconds, TABLE_ROWS, SHORTEST_PART);
    let rates = [parts.rates(|point| point.requests), parts.rates(|point| point.replies)];
    let [throttled, failed] = [parts.rates(|point| point.throttled), parts.rates(|point| point.failed)]
        .map(|rates| rates.into_iter().map(|rate| (rate * parts.length).round() as u64).collect::<Vec<_>>());
    let in_flight = parts.in_flight();
    let amounts = Amounts::of(report.timeline.points.iter().map(|point| point.spent));
    let at = |edge: usize| moment(edge as f64 * parts.length, seconds);
    let rows = (0..parts.count).map(|part| {
        let mut cells = vec![html! { (at(part)) " to " (at(part + 1)) }];
        let end = (part + 1) as f64 * parts.length;
        let point = report.timeline.points.iter().rev().find(|point| point.seconds <= end + 1e-9).copied();
        let point = point.unwrap_or_default();
        cells.push(html! { (grouped(point.rows)) });
        cells.extend(rates.iter().map(|rates| html! { (speed(rates[part])) }));
        cells
            .extend([in_flight[part], throttled[part], failed[part]].map(|count| html! { (grouped(count)) }));
        cells.push(html! { (amounts.text(point.spent)) });
        cells
    });
    let mut columns = vec![
        Column::Words("time"),
        Column::Numbers("rows so far"),
        Column::Numbers("requests/s"),
        Column::Numbers("answers/s"),
        Column::Numbers("most in flight"),
        Column::Numbers("throttled"),
        Column::Numbers("failed"),
    ];
    columns.push(Column::Numbers("spent so far"));
    let table = Table {
        caption: "The run in equal parts; rows are done in their order, a batch at a time",
        rows_are: "parts",
        columns,
        rows: rows.collect(),
    };
    table.with_money_if(report.has_prices).render()
}

/// A moment of a run, as exact as the length of the run asks for.
pub(super) fn moment(seconds: f64, length: f64) -> String {
    match length {
        _ if length < 10.0 => format!("{seconds:.2} s"),
        _ if length < 120.0 => format!("{seconds:.1} s"),
        _ => clock(Duration::from_secs_f64(seconds.max(0.0))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points() -> Vec<Point> {
        let point =
            |(seconds, requests, in_flight)| Point { seconds, requests, in_flight, ..Point::default() };
        [(0.0, 0, 0), (1.0, 100, 7), (2.0, 100, 0), (4.0, 500, 30)].map(point).into()
    }

    #[test]
    fn rates_are_what_the_counts_grew_by() {
        let points = points();
        let parts = Parts { points: &points, length: 1.0, count: 4 };
        assert_eq!(parts.rates(|point| point.requests), [100.0, 0.0, 200.0, 200.0]);
        assert_eq!(parts.in_flight(), [7, 0, 30, 30]);
        let parts = Parts::new(&points, 4.0, 150, 0.25);
        assert_eq!((parts.count, parts.length), (3, 4.0 / 3.0));
        let requests: f64 = parts.rates(|point| point.requests).iter().map(|rate| rate * parts.length).sum();
        assert!((requests - 500.0).abs() < 1e-9, "{requests}");
    }

    #[test]
    fn moments_are_as_exact_as_the_run_is_short() {
        let told = [(1.0, 3.0), (1.0, 45.0), (3_600.0, 7_200.0)].map(|(at, length)| moment(at, length));
        assert_eq!(told, ["1.00 s", "1.0 s", "1:00:00"]);
    }
}
