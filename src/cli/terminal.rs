//! Lines on standard error and standard output, which may be closed: then nobody listens, and the work goes on.

use std::fmt::{Arguments, Display};
use std::io::{self, IsTerminal, Write};

use clap::builder::styling::Style;
use miette::Diagnostic;
use tracing::{error, info, warn};

use super::log;
use super::log::LogFormat;
use crate::model::with_causes;

/// A line on standard error.
pub(super) fn say(line: impl Display) {
    info!("{line}");
}

/// A line on standard error as it is, for programs that asked for such lines.
pub(super) fn say_raw(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// A line on standard output. The error says that nobody reads on.
pub(super) fn print(line: Arguments<'_>) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}

/// An error: what is wrong, after it each cause, then what to do about it, each on a line of its own.
pub(super) fn say_error(error: &dyn Diagnostic) {
    let help = error.help().map(|help| help.to_string());
    match log::format() {
        LogFormat::Json => error!(help, "{}", with_causes(error)),
        LogFormat::Human => {
            let mut text = error.to_string();
            let mut cause = error.source();
            while let Some(inner) = cause {
                text.push_str(&format!("\n  caused by: {inner}"));
                cause = inner.source();
            }
            if let Some(help) = help {
                text.push_str(&format!("\nhelp: {help}"));
            }
            error!("{text}");
        }
    }
}

/// An error of the system, which nobody here can advise on.
pub(super) fn say_system_error(error: &io::Error) {
    error!("{error}");
}

/// What is wrong, in a sentence of its own.
pub(super) fn say_problem(problem: impl Display) {
    error!("{problem}");
}

/// What is allowed and yet should be told.
pub(super) fn say_warning(warning: impl Display) {
    warn!("{warning}");
}

/// What must not be overlooked.
pub(super) fn say_loudly(text: impl Display) {
    warn!(loud = true, "{text}");
}

/// Something that happened during the work, of a kind that programs may look for.
pub(super) fn say_note(kind: &'static str, note: &str) {
    let is_trouble = !matches!(kind, "endpoint_recovered" | "rate_changed" | "stopping");
    match log::format() {
        LogFormat::Json if is_trouble => warn!(event = kind, "{note}"),
        LogFormat::Json => info!(event = kind, "{note}"),
        LogFormat::Human => info!("{note}"),
    }
}

/// The command that goes on, as a line that can be copied; programs find it in a field.
pub(super) fn say_command(command: &str) {
    match log::format() {
        LogFormat::Json => info!(command, "this command goes on"),
        LogFormat::Human => info!("{command}"),
    }
}

/// The command that brings answers into the ledger which it could not keep.
pub(super) fn say_import(command: &str) {
    match log::format() {
        LogFormat::Json => warn!(import = command, "this command brings the answers into the ledger"),
        LogFormat::Human => info!("{command}"),
    }
}

/// Whether standard error is a terminal that can move its cursor.
pub(super) fn is_screen() -> bool {
    let capable = std::env::var_os("TERM").is_none_or(|term| !term.is_empty() && term != "dumb");
    capable && io::stderr().is_terminal()
}

/// The style where it can be shown and is wanted (no-color.org), else none.
pub(super) fn style(style: Style) -> Style {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if unwanted || !is_screen() { Style::new() } else { style }
}
