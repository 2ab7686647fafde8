//! Lines on standard error and standard output.
//!
//! Either may be closed. Then nobody reads the lines, and the work goes on.

use std::fmt::{Arguments, Display};
use std::io::{self, Write};

use clap::builder::styling::AnsiColor;
use miette::Diagnostic;
use tracing::{error, info, warn};

use super::log::{self, LogFormat};
use super::wrapping::wrap;
use crate::model::with_causes;

/// A line on standard error.
pub(super) fn say(line: impl Display) {
    info!("{line}");
}

/// A line on standard error without format or wrapping: JSON for programs.
pub(super) fn say_raw(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// A line on standard error that people copy, so it is not wrapped.
pub(super) fn say_verbatim(line: impl Display) {
    match log::format() {
        LogFormat::Json => info!("{line}"),
        LogFormat::Human => info!(verbatim = true, "{line}"),
    }
}

/// A line on standard output. An error means that nobody reads on.
pub(super) fn print(line: Arguments<'_>) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}

/// A line on standard output for people, wrapped at words on a terminal. An error means that nobody
/// reads on.
pub(super) fn print_wrapped(line: Arguments<'_>) -> io::Result<()> {
    match terminal_size::terminal_size_of(io::stdout()) {
        Some((width, _)) => print(format_args!("{}", wrap(&line.to_string(), width.0.into()))),
        None => print(line),
    }
}

/// An error with its causes and with what to do about it, each on a line of its own.
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
            error!("{text}{}", help_line(help.as_deref()));
        }
    }
}

/// The last line of an error.
fn help_line(help: Option<&str>) -> String {
    let style = log::bold(AnsiColor::Cyan);
    help.map(|help| format!("\n{style}help:{style:#} {help}")).unwrap_or_default()
}

/// An error of the operating system, without advice.
pub(super) fn say_system_error(error: &io::Error) {
    error!("{error}");
}

/// An error that is only a text.
pub(super) fn say_problem(problem: impl Display) {
    error!("{problem}");
}

/// A warning: something that is allowed, and that the user should know.
pub(super) fn say_warning(warning: impl Display) {
    warn!("{warning}");
}

/// A banner that must not be overlooked.
pub(super) fn say_loudly(text: impl Display) {
    warn!(loud = true, "{text}");
}

/// A note about an event of this kind, which programs may look for.
pub(super) fn say_note(kind: &'static str, note: &str) {
    let is_trouble = !matches!(kind, "endpoint_recovered" | "rate_changed" | "stopping");
    match log::format() {
        LogFormat::Json if is_trouble => warn!(event = kind, "{note}"),
        LogFormat::Json => info!(event = kind, "{note}"),
        LogFormat::Human => info!("{note}"),
    }
}

/// Why a run is not complete, as a note of this kind, with what to do about it.
pub(super) fn say_outcome(kind: &'static str, ending: &str, help: Option<&str>) {
    match log::format() {
        LogFormat::Json => warn!(event = kind, help, "{ending}"),
        LogFormat::Human => info!("{ending}{}", help_line(help)),
    }
}

/// The command to run next, ready to be copied; programs find it in the field `command`.
pub(super) fn say_command(command: &str) {
    match log::format() {
        LogFormat::Json => info!(command, "the command to run next"),
        LogFormat::Human => say_verbatim(command),
    }
}

/// The command that imports answers which the ledger could not keep; programs find it in the field
/// `import`.
pub(super) fn say_import(command: &str) {
    match log::format() {
        LogFormat::Json => warn!(import = command, "the command that imports the answers"),
        LogFormat::Human => say_verbatim(command),
    }
}
