//! Errors of the library as exceptions of the package `hlr`.

use hlr_enrich::{
    Diagnostics, EnrichError, JobError, LedgerError, Location, OpenError, RowsError, RunError, StartError,
    StopReason,
};
use miette::Diagnostic;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

/// An exception of the package.
pub(crate) fn plain(py: Python<'_>, kind: &str, message: &str, help: &str) -> PyErr {
    let made = py
        .import("hlr._errors")
        .and_then(|errors| errors.getattr(kind))
        .and_then(|class| class.call1((message, help)));
    match made {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// The exception of an error, with the causes behind it.
fn of(py: Python<'_>, kind: &str, error: &(impl Diagnostic + ?Sized)) -> PyErr {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let text = deeper.to_string();
        if !message.ends_with(&text) {
            message = format!("{message}: {text}");
        }
        cause = deeper.source();
    }
    let help = error.help().map(|help| help.to_string()).unwrap_or_default();
    plain(py, kind, &message, &help)
}

/// The exception of everything that is wrong with the arguments and the pipeline file.
pub(crate) fn of_configuration(py: Python<'_>, problems: &Diagnostics) -> PyErr {
    let help = problems.0.iter().filter_map(|problem| problem.help.clone()).collect::<Vec<_>>().join("\n");
    let lines: Vec<String> = problems.0.iter().map(line).collect();
    plain(py, "ConfigError", &lines.join("\n"), &help)
}

/// A problem in one line. What the library calls a flag is an argument here.
fn line(problem: &hlr_enrich::Diagnostic) -> String {
    match &problem.location {
        Location::Flag(flag) if flag == "--no-header" => format!("header: {}", problem.text),
        Location::Flag(flag) => {
            format!("{}: {}", flag.trim_start_matches('-').replace('-', "_"), problem.text)
        }
        _ => problem.to_string(),
    }
}

pub(crate) fn of_ledger(py: Python<'_>, error: &LedgerError) -> PyErr {
    let is_busy = matches!(error, LedgerError::InUse { .. });
    of(py, if is_busy { "Busy" } else { "LedgerError" }, error)
}

/// The exception of rows that cannot be read.
pub(crate) fn of_list(py: Python<'_>, error: &(impl Diagnostic + ?Sized)) -> PyErr {
    of(py, "ListError", error)
}

/// The exception of an object whose stream cannot be read, with the one of the object as its cause.
pub(crate) fn of_stream(py: Python<'_>, cause: PyErr) -> PyErr {
    if !cause.is_instance_of::<PyException>(py) {
        return cause;
    }
    let message = format!("the rows cannot be read: {}", cause.value(py));
    let help = "give a table with named columns, each of one type; a single column of Polars is \
                series.to_frame()";
    let error = plain(py, "ListError", &message, help);
    error.set_cause(py, Some(cause));
    error
}

/// The exception of another error, without a class of its own.
pub(crate) fn of_other(py: Python<'_>, error: &(impl Diagnostic + ?Sized)) -> PyErr {
    of(py, "Error", error)
}

pub(crate) fn of_start(py: Python<'_>, error: &StartError) -> PyErr {
    if error.is_busy() {
        return of(py, "Busy", error);
    }
    let kind = match error {
        StartError::Open(OpenError::Ledger(_)) => "LedgerError",
        StartError::Open(OpenError::Simulator(_) | OpenError::Runtime(_)) => "Error",
        StartError::Open(_) => "ConfigError",
        StartError::Input(_) | StartError::Column(_) | StartError::Rows(_) | StartError::List(_) => {
            "ListError"
        }
        StartError::Stopped => "Interrupted",
        _ => "Error",
    };
    of(py, kind, error)
}

pub(crate) fn of_rows(py: Python<'_>, error: &RowsError) -> PyErr {
    let kind = match error {
        RowsError::Enrich(EnrichError::Stopped(stopped)) => kind_of_stop(&stopped.reason),
        RowsError::Enrich(EnrichError::Input(_) | EnrichError::Rows(_)) | RowsError::List(_) => "ListError",
        _ => "Error",
    };
    of(py, kind, error)
}

pub(crate) fn of_job(py: Python<'_>, error: &JobError) -> PyErr {
    match error {
        JobError::Start(error) => of_start(py, error),
        JobError::Run(error @ (RunError::InputFailed { .. } | RunError::UnusableList { .. })) => {
            of(py, "ListError", error)
        }
        JobError::Run(error) => of(py, "Error", error),
    }
}

/// The exception of a run that has stopped.
pub(crate) fn of_stop(py: Python<'_>, reason: &StopReason) -> PyErr {
    of(py, kind_of_stop(reason), reason)
}

fn kind_of_stop(reason: &StopReason) -> &'static str {
    match reason {
        StopReason::Interrupted | StopReason::OutputClosed { .. } => "Interrupted",
        StopReason::AccountRefused { .. } | StopReason::AccountBlocked { .. } => "AccountRefused",
        StopReason::ServiceDown { .. } => "ServiceDown",
        StopReason::CapReached { .. } => "CapReached",
        StopReason::LedgerFailed { .. } => "LedgerError",
        _ => "Error",
    }
}

/// Adds the figures and the way to go on to an exception, in the attributes `summary` and `resume`.
pub(crate) fn with_summary(py: Python<'_>, error: &PyErr, summary: Py<PyAny>, resume: &str) {
    let value = error.value(py);
    // An exception of the interpreter, such as ctrl-c, takes attributes too.
    let _ = value.setattr("summary", summary);
    let _ = value.setattr("resume", resume);
}

/// The exception of a value that cannot be used.
pub(crate) fn of_value(py: Python<'_>, error: &(impl Diagnostic + ?Sized)) -> PyErr {
    of(py, "ConfigError", error)
}
