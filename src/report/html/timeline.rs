//! The run over time: requests, answers, requests in flight, trouble, and events.

use maud::{Markup, html};

use super::episodes;
use super::figures::Amounts;
use super::plot::scale::{round_ticks, whole_ticks};
use super::plot::time::{EventMarks, Series, Shape, TimePlot};
use super::plot::{Caption, both, legend};
use super::table::{Column, Table};
use super::time_parts::{TimeParts, time_label};
use crate::humanize::{grouped, speed};
use crate::report::run_report::RunReport;
use crate::telemetry::timeline::Point;

/// The shortest part in seconds: counts of a few milliseconds jump.
const SHORTEST_PART: f64 = 0.25;
/// The parts of a plot, at most.
const PLOT_PARTS: usize = 150;
/// The rows of the table, at most.
const TABLE_ROWS: usize = 12;

/// The run over time.
pub(super) fn render(report: &RunReport) -> Markup {
    let points = &report.timeline.points;
    html! {
        section #timeline {
            h2 { "The run over time" }
            @if let (2.., Some(seconds)) = (points.len(), length(points)) {
                @if report.counts.requests > 0 { (plots(report, seconds)) }
                @else { p { "No request was sent." } }
                (figures(report, seconds))
            } @else {
                p { "The run was over before anything could be measured." }
            }
            (episodes::table(&report.timeline))
        }
    }
}

/// The seconds that the points cover, if they cover any.
fn length(points: &[Point]) -> Option<f64> {
    let seconds = points.last()?.seconds;
    (seconds.is_finite() && seconds > 0.0).then_some(seconds)
}

fn plots(report: &RunReport, seconds: f64) -> Markup {
    let parts = TimeParts::new(&report.timeline.points, seconds, PLOT_PARTS, SHORTEST_PART);
    let marks = episodes::marks(&episodes::episodes(&report.timeline), seconds);
    let plots = Plots { parts, marks, seconds };
    html! {
        (plots.requests_and_answers())
        (plots.in_flight())
        (plots.trouble())
    }
}

/// What the plots over time have in common.
struct Plots<'a> {
    parts: TimeParts<'a>,
    marks: EventMarks,
    seconds: f64,
}

impl Plots<'_> {
    fn requests_and_answers(&self) -> Markup {
        let plot = self.plot(
            "Requests and answers over time",
            "How many requests were sent and how many answers came back in each second of the run.",
            "requests and answers per second",
            vec![
                Series::new("answers", Shape::Area, self.parts.rates(|point| point.replies)),
                Series::new("requests", Shape::Line, self.parts.rates(|point| point.requests)),
            ],
        );
        html! {
            figure {
                figcaption { "Requests and answers" }
                (self.legend())
                (both(|size| plot.draw(size)))
            }
        }
    }

    fn in_flight(&self) -> Markup {
        let counts = self.parts.in_flight();
        let values = counts.iter().map(|count| *count as f64).collect();
        let mut plot = self.plot(
            "Requests in flight over time",
            "The largest number of requests that were in flight at the same time.",
            "requests in flight",
            vec![Series::new("in-flight", Shape::Area, values)],
        );
        plot.ticks = whole_ticks(counts.into_iter().max().unwrap_or(0), 4);
        html! {
            figure {
                figcaption { "Requests in flight" }
                (both(|size| plot.draw(size)))
            }
        }
    }

    fn trouble(&self) -> Markup {
        let throttled = self.parts.rates(|point| point.throttled);
        let failed = self.parts.rates(|point| point.failed);
        // Stacked: the sum is drawn first, and the throttled ones in front of it.
        let sum: Vec<f64> =
            throttled.iter().zip(&failed).map(|(throttled, failed)| throttled + failed).collect();
        if sum.iter().all(|rate| *rate <= 0.0) {
            return html! { p.note { "No request was throttled, and none failed." } };
        }
        let plot = self.plot(
            "Throttled and failed requests over time",
            "How many requests were throttled and, stacked on them, how many failed in each second of the run.",
            "requests per second",
            vec![Series::new("failed", Shape::Solid, sum), Series::new("throttled", Shape::Solid, throttled)],
        );
        html! {
            figure {
                figcaption { "Throttled and failed requests" }
                (legend(&[("throttled", "throttled, not billed"), ("failed", "failed")]))
                (both(|size| plot.draw(size)))
            }
        }
    }

    fn plot(&self, title: &str, description: &str, axis: &'static str, series: Vec<Series>) -> TimePlot<'_> {
        let max = series.iter().flat_map(|series| series.values.iter().copied()).fold(0.0, f64::max);
        TimePlot {
            caption: Caption { title: title.into(), description: description.into() },
            axis,
            ticks: round_ticks(max, 4),
            seconds: self.seconds,
            series,
            marks: &self.marks,
        }
    }

    /// Explains only what is drawn.
    fn legend(&self) -> Markup {
        let mut entries = vec![("answers", "answers"), ("line requests", "requests")];
        if !self.marks.outages.is_empty() {
            entries.push(("outage", "no endpoint answered"));
        }
        if !self.marks.throttled.is_empty() {
            entries.push(("triangle", "the service throttled"));
        }
        if !self.marks.other.is_empty() {
            entries.push(("line other", "other event, see below"));
        }
        legend(&entries)
    }
}

fn figures(report: &RunReport, seconds: f64) -> Markup {
    let parts = TimeParts::new(&report.timeline.points, seconds, TABLE_ROWS, SHORTEST_PART);
    let rates = [parts.rates(|point| point.requests), parts.rates(|point| point.replies)];
    let counts =
        [parts.in_flight(), parts.growth(|point| point.throttled), parts.growth(|point| point.failed)];
    let amounts = Amounts::of(report.timeline.points.iter().map(|point| point.spent));
    let at = |edge: usize| time_label(edge as f64 * parts.length, seconds);
    let rows = (0..parts.count).map(|part| {
        let point = parts.last_point(part);
        let mut cells = vec![html! { (at(part)) " to " (at(part + 1)) }, html! { (grouped(point.rows)) }];
        cells.extend(rates.iter().map(|rates| html! { (speed(rates[part])) }));
        cells.extend(counts.iter().map(|counts| html! { (grouped(counts[part])) }));
        cells.push(html! { (amounts.text(point.spent)) });
        cells
    });
    let table = Table {
        caption: "The run in equal parts; rows are finished in batches",
        row_noun: "parts",
        columns: vec![
            Column::Text("time"),
            Column::Numbers("rows so far"),
            Column::Numbers("requests/s"),
            Column::Numbers("answers/s"),
            Column::Numbers("most in flight"),
            Column::Numbers("throttled"),
            Column::Numbers("failed"),
            Column::Numbers("spent so far"),
        ],
        rows: rows.collect(),
    };
    table.with_money_if(report.has_prices).render()
}
