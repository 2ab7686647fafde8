//! A plot over the time of a run: areas, lines, and marks of events.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::drawing::{Caption, Size, longest, px, svg, text_width};
use super::frame::{Frame, X_AXIS_HEIGHT};
use super::scale::{Tick, time_ticks};

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report::html) enum Shape {
    /// Filled down to zero.
    Area,
    /// A line.
    Line,
    /// Filled without a line on top, so that a zero is not drawn.
    Solid,
}

/// A value for each of the equally long parts of the run.
#[derive(Clone, Debug)]
pub(in crate::report::html) struct Series {
    /// Its colour class.
    pub class: &'static str,
    /// How it is drawn.
    pub shape: Shape,
    /// One for each part, in order.
    pub values: Vec<f64>,
}

/// Events of the run, as marks.
#[derive(Clone, Debug, Default)]
pub(in crate::report::html) struct EventMarks {
    /// Start and end of the times without an answer, in seconds.
    pub outages: Vec<(f64, f64)>,
    /// When the service throttled, in seconds.
    pub throttled: Vec<f64>,
    /// Other events, in seconds.
    pub other: Vec<f64>,
}

/// A plot over the time of the run.
#[derive(Clone, Debug)]
pub(in crate::report::html) struct TimePlot<'a> {
    /// What the plot shows.
    pub caption: Caption,
    /// The title of the vertical axis, with its unit.
    pub axis: &'static str,
    /// The ticks of the vertical axis; the last one is its end.
    pub ticks: Vec<Tick>,
    /// The duration of the run.
    pub seconds: f64,
    /// In drawing order.
    pub series: Vec<Series>,
    /// Outages are drawn behind the series, the others in front.
    pub marks: &'a EventMarks,
}

impl TimePlot<'_> {
    /// The drawing.
    pub(in crate::report::html) fn draw(&self, size: Size) -> Markup {
        let height = if size == Size::Wide { 140.0 } else { 120.0 };
        let left = longest(self.ticks.iter().map(|tick| tick.label.as_str())).max(20.0) + 10.0;
        let top = 32.0;
        let time = time_ticks(self.seconds, size.max_time_steps());
        // Half of the last label is beyond its tick.
        let beyond = longest(time.ticks.iter().map(|tick| tick.label.as_str())) / 2.0;
        let frame = Frame { left, right: size.width() - beyond.max(12.0), top, bottom: top + height };
        let max = self.ticks.last().map_or(1.0, |tick| tick.at);
        let ticks: Vec<_> =
            time.ticks.iter().map(|tick| (frame.x(tick.at, self.seconds), tick.label.as_str())).collect();
        let title = format!("time since the start, {}", time.unit);
        let content = html! {
            (self.outages(&frame))
            (frame.y_axis(&self.ticks, self.axis))
            @for series in &self.series {
                (series.draw(&frame, max))
            }
            (self.event_marks(&frame))
            (frame.x_axis(&ticks, &title))
        };
        svg(size, frame.bottom + X_AXIS_HEIGHT, &self.caption, &content)
    }

    fn outages(&self, frame: &Frame) -> Markup {
        const LABEL: &str = "no answer";
        html! {
            @for (from, to) in &self.marks.outages {
                @let (x1, x2) = (frame.x(*from, self.seconds), frame.x(*to, self.seconds));
                rect.outage x=(px(x1)) y=(px(frame.top)) width=(px((x2 - x1).max(2.0)))
                    height=(px(frame.bottom - frame.top)) {}
                path.edge d={ "M" (px(x1)) " " (px(frame.top)) "V" (px(frame.bottom)) "M" (px(x2)) " " (px(frame.top))
                    "V" (px(frame.bottom)) } {}
                @if x2 - x1 > text_width(LABEL) + 6.0 {
                    text.tick.middle x=(px(f64::midpoint(x1, x2))) y=(px(frame.top + 14.0)) { (LABEL) }
                }
            }
        }
    }

    fn event_marks(&self, frame: &Frame) -> Markup {
        html! {
            @for at in &self.marks.other {
                @let x = px(frame.x(*at, self.seconds));
                line.other x1=(x) x2=(x) y1=(px(frame.top)) y2=(px(frame.bottom)) {}
            }
            @for x in apart(self.marks.throttled.iter().map(|at| frame.x(*at, self.seconds))) {
                path.throttled d={ "M" (px(x - 3.5)) " " (px(frame.top - 7.0)) "h7l-3.5 6z" } {}
            }
        }
    }
}

/// Positions with some pixels between them; those that would cover another one are left out.
fn apart(positions: impl Iterator<Item = f64>) -> Vec<f64> {
    const APART: f64 = 8.0;
    let mut kept: Vec<f64> = Vec::new();
    for position in positions {
        if kept.last().is_none_or(|last| position - last >= APART) {
            kept.push(position);
        }
    }
    kept
}

impl Series {
    pub(in crate::report::html) fn new(class: &'static str, shape: Shape, values: Vec<f64>) -> Self {
        Self { class, shape, values }
    }

    /// Draws steps: how the value is distributed within a part is not known.
    fn draw(&self, frame: &Frame, max: f64) -> Markup {
        let parts = self.values.len() as f64;
        let mut steps = String::new();
        for (index, value) in self.values.iter().enumerate() {
            let y = px(frame.y(*value, max));
            let _ = match index {
                0 => write!(steps, "M{} {y}", px(frame.left)),
                _ => write!(steps, "V{y}"),
            };
            let _ = write!(steps, "H{}", px(frame.x(index as f64 + 1.0, parts)));
        }
        let base = px(frame.bottom);
        html! {
            @if self.shape != Shape::Line && !steps.is_empty() {
                @let fill = if self.shape == Shape::Solid { "solid " } else { "area " };
                path class={ (fill) (self.class) } d={ (steps) "V" (base) "H" (px(frame.left)) "Z" } {}
            }
            @if self.shape != Shape::Solid { path class={ "line " (self.class) } d=(steps) {} }
        }
    }
}
