//! Something over the time of a run: areas, lines, and what happened meanwhile.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::scale::{Tick, time_ticks};
use super::{Caption, Frame, Size, X_AXIS_HEIGHT, longest, px, svg, text_width};

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report::html) enum Shape {
    /// Filled down to zero.
    Area,
    /// A line.
    Line,
    /// Filled, without a line on top, so that nothing is drawn where there is nothing.
    Solid,
}

/// Values of equally long parts of the run.
#[derive(Clone, Debug)]
pub(in crate::report::html) struct Series {
    /// The class of its colour.
    pub class: &'static str,
    /// How it is drawn.
    pub shape: Shape,
    /// One for each part, in order.
    pub values: Vec<f64>,
}

/// What went on beside the series.
#[derive(Clone, Debug, Default)]
pub(in crate::report::html) struct Happened {
    /// From and to, in seconds, when nobody answered.
    pub outages: Vec<(f64, f64)>,
    /// When the service throttled, in seconds.
    pub throttled: Vec<f64>,
    /// When something else happened.
    pub other: Vec<f64>,
}

/// A plot over the time of the run.
#[derive(Clone, Debug)]
pub(in crate::report::html) struct TimePlot<'a> {
    /// What is shown.
    pub caption: Caption,
    /// What is measured, with its unit.
    pub axis: &'static str,
    /// The axis; the last tick is its end.
    pub ticks: Vec<Tick>,
    /// How long the run took.
    pub seconds: f64,
    /// The first is drawn first.
    pub series: Vec<Series>,
    /// Drawn below them.
    pub happened: &'a Happened,
}

impl TimePlot<'_> {
    /// The drawing.
    pub(in crate::report::html) fn draw(&self, size: Size) -> Markup {
        let height = if size == Size::Wide { 140.0 } else { 120.0 };
        let left = longest(self.ticks.iter().map(|tick| tick.label.as_str())).max(20.0) + 10.0;
        let top = 32.0;
        let time = time_ticks(self.seconds, size.time_steps());
        // The last label stands half beyond its tick.
        let beyond = longest(time.ticks.iter().map(|tick| tick.label.as_str())) / 2.0;
        let frame = Frame { left, right: size.width() - beyond.max(12.0), top, bottom: top + height };
        let most = self.ticks.last().map_or(1.0, |tick| tick.at);
        let places: Vec<_> =
            time.ticks.iter().map(|tick| (frame.x(tick.at, self.seconds), tick.label.as_str())).collect();
        let title = format!("time since the start, {}", time.unit);
        let content = html! {
            (self.outages(&frame))
            (frame.y_axis(&self.ticks, self.axis))
            @for series in &self.series {
                (series.draw(&frame, most))
            }
            (self.marks(&frame))
            (frame.x_axis(&places, &title))
        };
        svg(size, frame.bottom + X_AXIS_HEIGHT, &self.caption, &content)
    }

    fn outages(&self, frame: &Frame) -> Markup {
        const NAME: &str = "no answer";
        html! {
            @for (from, to) in &self.happened.outages {
                @let (x1, x2) = (frame.x(*from, self.seconds), frame.x(*to, self.seconds));
                rect.outage x=(px(x1)) y=(px(frame.top)) width=(px((x2 - x1).max(2.0)))
                    height=(px(frame.bottom - frame.top)) {}
                path.edge d={ "M" (px(x1)) " " (px(frame.top)) "V" (px(frame.bottom)) "M" (px(x2)) " " (px(frame.top))
                    "V" (px(frame.bottom)) } {}
                @if x2 - x1 > text_width(NAME) + 6.0 {
                    text.tick.middle x=(px(f64::midpoint(x1, x2))) y=(px(frame.top + 14.0)) { (NAME) }
                }
            }
        }
    }

    fn marks(&self, frame: &Frame) -> Markup {
        html! {
            @for at in &self.happened.other {
                @let x = px(frame.x(*at, self.seconds));
                line.other x1=(x) x2=(x) y1=(px(frame.top)) y2=(px(frame.bottom)) {}
            }
            @for x in apart(self.happened.throttled.iter().map(|at| frame.x(*at, self.seconds))) {
                path.throttled d={ "M" (px(x - 3.5)) " " (px(frame.top - 7.0)) "h7l-3.5 6z" } {}
            }
        }
    }
}

/// Places with some pixels between them; those that would hide another are left out.
fn apart(places: impl Iterator<Item = f64>) -> Vec<f64> {
    const APART: f64 = 8.0;
    let mut kept: Vec<f64> = Vec::new();
    for place in places {
        if kept.last().is_none_or(|last| place - last >= APART) {
            kept.push(place);
        }
    }
    kept
}

impl Series {
    /// Steps: what is known of a part is how much it had, not how it was distributed.
    fn draw(&self, frame: &Frame, most: f64) -> Markup {
        let parts = self.values.len() as f64;
        let mut steps = String::new();
        for (place, value) in self.values.iter().enumerate() {
            let y = px(frame.y(*value, most));
            let _ = match place {
                0 => write!(steps, "M{} {y}", px(frame.left)),
                _ => write!(steps, "V{y}"),
            };
            let _ = write!(steps, "H{}", px(frame.x(place as f64 + 1.0, parts)));
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
