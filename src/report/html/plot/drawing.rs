//! What all drawings share: two sizes, a caption for those who cannot see them, and lengths of
//! texts.

use maud::{Markup, html};

/// The screen that a plot is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report::html) enum Size {
    /// A computer, and paper.
    Wide,
    /// A phone.
    Narrow,
}

impl Size {
    /// The width in pixels, on a screen that has this many.
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

    /// How many steps a time axis may have.
    pub(super) const fn max_time_steps(self) -> usize {
        match self {
            Self::Wide => 12,
            Self::Narrow => 6,
        }
    }
}

/// What a plot shows, in words, for those who cannot see it.
#[derive(Clone, Debug)]
pub(in crate::report::html) struct Caption {
    /// A few words.
    pub title: String,
    /// A sentence.
    pub description: String,
}

/// A drawing for both screens.
pub(in crate::report::html) fn both(draw: impl Fn(Size) -> Markup) -> Markup {
    html! {
        @for size in [Size::Wide, Size::Narrow] {
            div class={ "plot " (size.class()) } { (draw(size)) }
        }
    }
}

/// The meaning of each colour of a plot.
pub(in crate::report::html) fn legend(entries: &[(&str, &str)]) -> Markup {
    html! {
        ul.legend {
            @for (class, text) in entries {
                li { span class={ "swatch " (class) } {} (text) }
            }
        }
    }
}

/// The drawing as an SVG element.
pub(super) fn svg(size: Size, height: f64, caption: &Caption, content: &Markup) -> Markup {
    html! {
        svg role="img" viewBox={ "0 0 " (px(size.width())) " " (px(height)) } {
            title { (caption.title) }
            desc { (caption.description) }
            (content)
        }
    }
}

/// A length to a tenth of a pixel, written as short as possible.
pub(super) fn px(length: f64) -> String {
    let text = format!("{length:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// The approximate width of a text in the font of the labels, in pixels.
pub(super) fn text_width(text: &str) -> f64 {
    6.6 * text.chars().count() as f64
}

/// The width of the longest text.
pub(super) fn longest<'a>(texts: impl Iterator<Item = &'a str>) -> f64 {
    texts.map(text_width).fold(0.0, f64::max)
}
