//! Plots as inline SVG: axes with units, gridlines, and no script.
//!
//! A drawing cannot be wrapped like text, so each is made twice, for a wide and for a narrow screen, and the style shows
//! one of them. What is in them is decided elsewhere.

pub(super) mod bars;
pub(super) mod histogram;
pub(super) mod scale;
pub(super) mod time;

use maud::{Markup, html};

use scale::Tick;

/// For which screen a plot is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// A desk, and paper.
    Wide,
    /// A telephone.
    Narrow,
}

impl Size {
    /// In pixels, as long as the screen has that many.
    pub(super) const fn width(self) -> f64 {
        match self {
            Self::Wide => 920.0,
            Self::Narrow => 350.0,
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Narrow => "narrow",
        }
    }

    /// How many steps an axis of time has at the most.
    const fn time_steps(self) -> usize {
        match self {
            Self::Wide => 12,
            Self::Narrow => 6,
        }
    }
}

/// What a plot shows, in words, for those who cannot see it.
#[derive(Clone, Debug)]
pub(super) struct Caption {
    /// A few words.
    pub title: String,
    /// A sentence.
    pub description: String,
}

/// The pixels around a plot, where labels stand.
#[derive(Clone, Copy, Debug)]
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Frame {
    /// Where something stands that is `at` on an axis from left to right that ends at `most`.
    fn x(&self, at: f64, most: f64) -> f64 {
        self.left + (self.right - self.left) * share(at, most)
    }

    /// The same from the bottom up.
    fn y(&self, at: f64, most: f64) -> f64 {
        self.bottom - (self.bottom - self.top) * share(at, most)
    }

    /// Gridlines and labels of an axis from the bottom up, and its title above it.
    fn y_axis(&self, ticks: &[Tick], title: &str) -> Markup {
        let most = ticks.last().map_or(1.0, |tick| tick.at);
        html! {
            text.axis x="0" y=(px(self.top - 12.0)) { (title) }
            @for tick in ticks {
                @let y = px(self.y(tick.at, most));
                line.grid x1=(px(self.left)) x2=(px(self.right)) y1=(y) y2=(y) {}
                text.tick.end x=(px(self.left - 6.0)) y=(y) dy="0.35em" { (tick.label) }
            }
        }
    }

    /// Ticks and labels below the plot, each at its place in pixels, and the title of the axis below them.
    fn x_axis(&self, places: &[(f64, &str)], title: &str) -> Markup {
        html! {
            line.base x1=(px(self.left)) x2=(px(self.right)) y1=(px(self.bottom)) y2=(px(self.bottom)) {}
            @for (x, label) in places {
                line.base x1=(px(*x)) x2=(px(*x)) y1=(px(self.bottom)) y2=(px(self.bottom + 4.0)) {}
                text.tick.middle x=(px(*x)) y=(px(self.bottom + 17.0)) { (label) }
            }
            text.axis.end x=(px(self.right)) y=(px(self.bottom + 35.0)) { (title) }
        }
    }
}

/// Below a plot, for ticks, their labels and the axis' title.
const X_AXIS_HEIGHT: f64 = 42.0;

fn share(at: f64, most: f64) -> f64 {
    if most > 0.0 { (at / most).clamp(0.0, 1.0) } else { 0.0 }
}

/// A drawing for both screens.
pub(super) fn both(draw: impl Fn(Size) -> Markup) -> Markup {
    html! {
        @for size in [Size::Wide, Size::Narrow] {
            div class={ "plot " (size.class()) } { (draw(size)) }
        }
    }
}

/// The drawing itself.
fn svg(size: Size, height: f64, caption: &Caption, content: &Markup) -> Markup {
    html! {
        svg role="img" viewBox={ "0 0 " (px(size.width())) " " (px(height)) } {
            title { (caption.title) }
            desc { (caption.description) }
            (content)
        }
    }
}

/// A length to a tenth of a pixel, as short as it can be written.
fn px(length: f64) -> String {
    let text = format!("{length:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// About how long a text is in the font of the labels, in pixels.
fn text_width(text: &str) -> f64 {
    6.6 * text.chars().count() as f64
}

/// The length of the longest of some texts.
fn longest<'a>(texts: impl Iterator<Item = &'a str>) -> f64 {
    texts.map(text_width).fold(0.0, f64::max)
}

/// What each colour of a plot means.
pub(super) fn legend(entries: &[(&str, &str)]) -> Markup {
    html! {
        ul.legend {
            @for (class, text) in entries {
                li { span class={ "swatch " (class) } {} (text) }
            }
        }
    }
}
