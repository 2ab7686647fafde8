//! The rectangle of a plot within its drawing, with its axes.

use maud::{Markup, html};

use super::drawing::px;
use super::scale::Tick;

/// The space below a plot, for ticks, their labels and the title of the axis.
pub(super) const X_AXIS_HEIGHT: f64 = 42.0;

/// The edges of a plot in pixels. Labels stand around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

impl Frame {
    /// The pixel of a value on the horizontal axis, which ends at `max`.
    pub(super) fn x(&self, value: f64, max: f64) -> f64 {
        self.left + (self.right - self.left) * share(value, max)
    }

    /// The pixel of a value on the vertical axis, which ends at `max`.
    pub(super) fn y(&self, value: f64, max: f64) -> f64 {
        self.bottom - (self.bottom - self.top) * share(value, max)
    }

    /// Gridlines and labels of the vertical axis, and its title above it.
    pub(super) fn y_axis(&self, ticks: &[Tick], title: &str) -> Markup {
        let max = ticks.last().map_or(1.0, |tick| tick.at);
        html! {
            text.axis x="0" y=(px(self.top - 12.0)) { (title) }
            @for tick in ticks {
                @let y = px(self.y(tick.at, max));
                line.grid x1=(px(self.left)) x2=(px(self.right)) y1=(y) y2=(y) {}
                text.tick.end x=(px(self.left - 6.0)) y=(y) dy="0.35em" { (tick.label) }
            }
        }
    }

    /// Ticks and labels below the plot, each at its pixel, and the title of the axis below them.
    pub(super) fn x_axis(&self, ticks: &[(f64, &str)], title: &str) -> Markup {
        html! {
            line.base x1=(px(self.left)) x2=(px(self.right)) y1=(px(self.bottom)) y2=(px(self.bottom)) {}
            @for (x, label) in ticks {
                line.base x1=(px(*x)) x2=(px(*x)) y1=(px(self.bottom)) y2=(px(self.bottom + 4.0)) {}
                text.tick.middle x=(px(*x)) y=(px(self.bottom + 17.0)) { (label) }
            }
            text.axis.end x=(px(self.right)) y=(px(self.bottom + 35.0)) { (title) }
        }
    }
}

fn share(value: f64, max: f64) -> f64 {
    if max > 0.0 { (value / max).clamp(0.0, 1.0) } else { 0.0 }
}
