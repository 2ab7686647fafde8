//! A bar chart with one horizontal bar per line. A bar has one or several parts.

use maud::{Markup, html};

use super::drawing::{Caption, Size, longest, px, svg, text_width};
use super::frame::{Frame, X_AXIS_HEIGHT};
use super::scale::Tick;

/// A bar.
#[derive(Clone, Debug)]
pub(in crate::report::html) struct Bar {
    /// What it shows.
    pub label: String,
    /// Its parts, each with its colour class.
    pub parts: Vec<(&'static str, f64)>,
    /// The text at its end.
    pub value: String,
}

/// Bars with one axis.
#[derive(Clone, Debug)]
pub(in crate::report::html) struct Bars {
    /// What the plot shows.
    pub caption: Caption,
    /// The title of the axis, with its unit.
    pub axis: String,
    /// The axis; the last tick is its end.
    pub ticks: Vec<Tick>,
    /// From top to bottom.
    pub bars: Vec<Bar>,
}

impl Bars {
    /// The drawing.
    pub(in crate::report::html) fn draw(&self, size: Size) -> Markup {
        let (thickness, pitch, label_height) = match size {
            Size::Wide => (16.0, 28.0, 0.0),
            Size::Narrow => (12.0, 38.0, 17.0),
        };
        let label_width = match size {
            Size::Wide => longest(self.bars.iter().map(|bar| bar.label.as_str())).max(90.0) + 14.0,
            Size::Narrow => 0.0,
        };
        let value_width = match size {
            Size::Wide => longest(self.bars.iter().map(|bar| bar.value.as_str())) + 10.0,
            Size::Narrow => 0.0,
        };
        // Half of the last label of the axis is beyond its end.
        let last_label = self.ticks.last().map_or(0.0, |tick| text_width(&tick.label) / 2.0);
        let right = size.width() - value_width.max(last_label + 2.0);
        let bottom = 6.0 + pitch * self.bars.len() as f64;
        let frame = Frame { left: label_width.max(8.0), right, top: 2.0, bottom };
        let max = self.ticks.last().map_or(1.0, |tick| tick.at);
        let every = match size {
            Size::Narrow if self.ticks.len() > 6 => 2,
            _ => 1,
        };
        let ticks = self.ticks.iter().step_by(every);
        let ticks: Vec<_> = ticks.map(|tick| (frame.x(tick.at, max), tick.label.as_str())).collect();
        let content = html! {
            @for (x, _) in &ticks {
                line.grid x1=(px(*x)) x2=(px(*x)) y1=(px(frame.top)) y2=(px(bottom)) {}
            }
            @for (index, bar) in self.bars.iter().enumerate() {
                @let top = 6.0 + pitch * index as f64 + label_height;
                @if size == Size::Wide {
                    text.label x="0" y=(px(top + thickness / 2.0)) dy="0.35em" { (bar.label) }
                } @else {
                    text.label x=(px(frame.left)) y=(px(top - 5.0)) { (bar.label) }
                    text.value.end x=(px(right)) y=(px(top - 5.0)) { (bar.value) }
                }
                (parts(bar, &frame, max, top, thickness))
                @if size == Size::Wide {
                    @let whole: f64 = bar.parts.iter().map(|(_, part)| part).sum();
                    text.value x=(px(frame.x(whole, max) + 7.0)) y=(px(top + thickness / 2.0)) dy="0.35em" {
                        (bar.value)
                    }
                }
            }
            (frame.x_axis(&ticks, &self.axis))
        };
        svg(size, bottom + X_AXIS_HEIGHT, &self.caption, &content)
    }
}

/// A part that is not zero is at least one pixel wide.
fn parts(bar: &Bar, frame: &Frame, max: f64, top: f64, thickness: f64) -> Markup {
    let mut before = 0.0;
    html! {
        @for (class, part) in &bar.parts {
            @let left = frame.x(before, max);
            @if *part > 0.0 {
                rect class={ "part " (class) } x=(px(left)) y=(px(top)) height=(px(thickness))
                    width=(px((frame.x(before + part, max) - left).max(1.0))) {}
            }
            @let () = before += part;
        }
    }
}
