//! Lines on standard error and standard output.
//!
//! Either may be closed. Then nobody reads the lines, and the work goes on. What standard output
//! cannot take for another reason, such as a full disk, is remembered and ends the program with an
//! error.

use std::fmt::{Arguments, Display};
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use miette::Diagnostic;
use tracing::{error, info, warn};

use super::log::{self, LogFormat};
use super::wrapping::wrap;
use crate::model::{with_causes, without_control_characters};

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
    noted(writeln!(io::stdout().lock(), "{line}"))
}

/// Bytes on standard output. An error means that nobody reads on.
pub(super) fn print_raw(bytes: &[u8]) -> io::Result<()> {
    noted(io::stdout().lock().write_all(bytes))
}

/// Why standard output could not be written, unless its reader just had enough.
static PRINT_FAILURE: OnceLock<io::Error> = OnceLock::new();

fn noted(printed: io::Result<()>) -> io::Result<()> {
    if let Err(fault) = &printed
        && fault.kind() != io::ErrorKind::BrokenPipe
    {
        let fault = match fault.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::from(fault.kind()),
        };
        // The first failure is the cause of the others.
        let _ = PRINT_FAILURE.set(fault);
    }
    printed
}

/// Writes what is buffered for standard output. Says why something is missing there, if anything
/// is.
pub(super) fn everything_is_printed() -> bool {
    let _ = noted(io::stdout().lock().flush());
    match PRINT_FAILURE.get() {
        None => true,
        Some(fault) => {
            say_problem(format_args!("standard output cannot be written: {fault}"));
            false
        }
    }
}

/// Whether standard output is a terminal that shows colours.
pub(super) fn stdout_has_colours() -> bool {
    io::stdout().is_terminal() && super::stderr::has_colours()
}

/// A line on standard output for people, wrapped at words on a terminal. An error means that nobody
/// reads on.
pub(super) fn print_wrapped(line: Arguments<'_>) -> io::Result<()> {
    let line = line.to_string();
    let line = without_control_characters(&line);
    match terminal_size::terminal_size_of(io::stdout()) {
        Some((width, _)) => print(format_args!("{}", wrap(&line, width.0.into()))),
        None => print(format_args!("{line}")),
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
            error!(help, "{text}");
        }
    }
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
        LogFormat::Human => info!(help, "{ending}"),
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
