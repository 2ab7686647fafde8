//! What standard error can show: colours, a cursor that moves, lines of some width.

use std::borrow::Cow;
use std::io::{self, IsTerminal};

use clap::builder::styling::Style;

use super::wrapping::wrap;

/// Whether standard error is a terminal that can move its cursor.
pub(super) fn can_draw() -> bool {
    let capable = std::env::var_os("TERM").is_none_or(|term| !term.is_empty() && term != "dumb");
    capable && io::stderr().is_terminal()
}

/// Whether colours can be shown and are wanted (no-color.org).
pub(super) fn has_colours() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    can_draw() && !unwanted
}

/// This style, or none where there are no colours.
pub(super) fn style(style: Style) -> Style {
    if has_colours() { style } else { Style::new() }
}

/// The width of the terminal in columns; `None` where standard error is not a terminal.
pub(super) fn width() -> Option<usize> {
    terminal_size::terminal_size_of(io::stderr()).map(|(width, _)| usize::from(width.0))
}

/// The text as it is written: wrapped at the width of a terminal, unchanged elsewhere.
pub(super) fn fit(text: &str) -> Cow<'_, str> {
    width().map_or(Cow::Borrowed(text), |width| wrap(text, width).into())
}
