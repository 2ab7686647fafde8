//! A histogram of times: bars on a logarithmic time axis, with vertical lines for percentiles.

use maud::{Markup, html};

use super::drawing::{Caption, Size, longest, px, svg, text_width};
use super::frame::{Frame, X_AXIS_HEIGHT};
use super::scale::{Tick, log_ticks, round_ticks};

/// A histogram.
#[derive(Clone, Debug)]
pub(in crate::report::html) struct Histogram {
    /// What the plot shows.
    pub caption: Caption,
    /// The title of the vertical axis, with its unit.
    pub y_axis: String,
    /// The title of the horizontal axis, with its unit.
    pub x_axis: String,
    /// Start and end in milliseconds, and height.
    pub bars: Vec<(f64, f64, f64)>,
    /// The percentiles.
    pub lines: Vec<Line>,
}

/// A vertical line at a time.
#[derive(Clone, Debug)]
pub(in crate::report::html) struct Line {
    /// The time in milliseconds.
    pub millis: f64,
    /// The name on a narrow screen.
    pub name: &'static str,
    /// The name on a wide screen.
    pub name_and_value: String,
}

/// The height of a row of names above the plot.
const NAME_ROW: f64 = 15.0;
/// The distance between a line and its name.
const LINE_TO_NAME: f64 = 4.0;

impl Line {
    fn name_on(&self, size: Size) -> &str {
        match size {
            Size::Wide => &self.name_and_value,
            Size::Narrow => self.name,
        }
    }
}

impl Histogram {
    /// The drawing.
    pub(in crate::report::html) fn draw(&self, size: Size) -> Markup {
        let height = if size == Size::Wide { 150.0 } else { 120.0 };
        let max = self.bars.iter().map(|bar| bar.2).fold(0.0, f64::max);
        let y_ticks = round_ticks(max, 4);
        let left = longest(y_ticks.iter().map(|tick| tick.label.as_str())) + 10.0;
        let right = size.width() - 14.0;
        let last_name = longest(self.lines.iter().map(|line| line.name_on(size)));
        let (low, high) = self.span((right - left) / (right - left - last_name).max(1.0));
        let x = |millis: f64| {
            let share = (millis.max(low).ln() - low.ln()) / (high.ln() - low.ln());
            left + (right - left) * share.clamp(0.0, 1.0)
        };
        let names = names(&self.lines, x, size);
        let rows = names.iter().map(|name| name.row + 1).max().unwrap_or(0);
        let top = 30.0 + NAME_ROW * rows as f64;
        let frame = Frame { left, right, top, bottom: top + height };
        let y_max = y_ticks.last().map_or(1.0, |tick| tick.at);
        let x_ticks = log_ticks(low, high);
        let x_ticks = thinned(&x_ticks, x);
        let content = html! {
            (Frame { top: 24.0, ..frame }.title(&self.y_axis))
            (frame.y_axis(&y_ticks, ""))
            @for (from, to, share) in &self.bars {
                @let y = frame.y(*share, y_max);
                rect.answers x=(px(x(*from))) y=(px(y)) height=(px(frame.bottom - y))
                    width=(px((x(*to) - x(*from) - 1.0).max(1.0))) {}
            }
            @for name in &names {
                @let y = 34.0 + NAME_ROW * name.row as f64;
                line.percentile x1=(px(name.x)) x2=(px(name.x)) y1=(px(y - 9.0)) y2=(px(frame.bottom)) {}
                text.value.plain x=(px(name.x + LINE_TO_NAME)) y=(px(y)) { (name.text) }
            }
            (frame.x_axis(&x_ticks, &self.x_axis))
        };
        svg(size, frame.bottom + X_AXIS_HEIGHT, &self.caption, &content)
    }

    /// Start and end of the axis. It is longer than the data by this factor, so that the last name
    /// has room.
    fn span(&self, factor: f64) -> (f64, f64) {
        let starts = self.bars.iter().map(|bar| bar.0).chain(self.lines.iter().map(|line| line.millis));
        let ends = self.bars.iter().map(|bar| bar.1).chain(self.lines.iter().map(|line| line.millis));
        let low = starts.fold(f64::INFINITY, f64::min).max(0.01);
        let high = ends.fold(0.0, f64::max);
        if !low.is_finite() || high <= 0.0 {
            return (1.0, 1000.0);
        }
        let (low, high) = (low * 0.8, high.max(low * 4.0) * 1.1);
        (low, low * (high / low).powf(factor))
    }
}

impl Frame {
    fn title(&self, title: &str) -> Markup {
        html! { text.axis x="0" y=(px(self.top - 12.0)) { (title) } }
    }
}

/// The name of a line, with its position.
struct Name<'a> {
    x: f64,
    row: usize,
    text: &'a str,
}

/// Names to the right of their lines. A line that would cross the name of an earlier one starts
/// below that name.
fn names(lines: &[Line], x: impl Fn(f64) -> f64, size: Size) -> Vec<Name<'_>> {
    let mut names: Vec<Name> = Vec::new();
    for line in lines {
        let x = x(line.millis);
        let is_crossed = |name: &&Name| name.x + LINE_TO_NAME + text_width(name.text) + 4.0 > x;
        let row = names.iter().filter(is_crossed).map(|name| name.row + 1).max().unwrap_or(0);
        names.push(Name { x, row, text: line.name_on(size) });
    }
    names
}

/// The labels that have room beside each other: all of them, or only the powers of ten.
fn thinned(ticks: &[Tick], x: impl Fn(f64) -> f64) -> Vec<(f64, &str)> {
    let labels: Vec<_> = ticks.iter().map(|tick| (x(tick.at), tick.label.as_str())).collect();
    let widest = longest(labels.iter().map(|label| label.1)) + 8.0;
    let has_room = |labels: &[(f64, &str)]| labels.windows(2).all(|pair| pair[1].0 - pair[0].0 >= widest);
    if has_room(&labels) || labels.len() < 4 {
        return labels;
    }
    let is_power = |tick: &&Tick| (tick.at.log10() - tick.at.log10().round()).abs() < 1e-9;
    let powers = ticks.iter().filter(is_power).map(|tick| (x(tick.at), tick.label.as_str()));
    powers.collect()
}
