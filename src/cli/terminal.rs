//! Lines on standard error and standard output, which may be closed: then nobody listens, and the work goes on.

use std::error::Error;
use std::fmt::{Arguments, Display};
use std::io::{self, IsTerminal, Write};

use clap::builder::styling::{AnsiColor, Style};

/// A line on standard error.
pub(super) fn say(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// A line on standard output. The error says that nobody reads on.
pub(super) fn print(line: Arguments<'_>) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}

/// What is wrong, and after it each cause on a line of its own.
pub(super) fn say_error(error: &dyn Error) {
    let red = style(Style::new().bold().fg_color(Some(AnsiColor::Red.into())));
    say(format_args!("{red}error:{red:#} {error}"));
    let mut cause = error.source();
    while let Some(inner) = cause {
        say(format_args!("  because: {inner}"));
        cause = inner.source();
    }
}

/// What is wrong, in a sentence of its own.
pub(super) fn say_problem(problem: impl Display) {
    let red = style(Style::new().bold().fg_color(Some(AnsiColor::Red.into())));
    say(format_args!("{red}error:{red:#} {problem}"));
}

/// What is allowed and yet should be told.
pub(super) fn say_warning(warning: impl Display) {
    let yellow = style(Style::new().bold().fg_color(Some(AnsiColor::Yellow.into())));
    say(format_args!("{yellow}warning:{yellow:#} {warning}"));
}

/// What must not be overlooked.
pub(super) fn say_loudly(text: impl Display) {
    let loud = style(Style::new().bold().fg_color(Some(AnsiColor::Magenta.into())));
    say(format_args!("{loud}*** {text} ***{loud:#}"));
}

/// Whether standard error is a terminal that can move its cursor.
pub(super) fn is_screen() -> bool {
    let capable = std::env::var_os("TERM").is_none_or(|term| !term.is_empty() && term != "dumb");
    capable && io::stderr().is_terminal()
}

/// The style where it can be shown and is wanted (no-color.org), else none.
fn style(style: Style) -> Style {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if unwanted || !is_screen() { Style::new() } else { style }
}
