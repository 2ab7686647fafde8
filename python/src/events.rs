//! Progress for a callable, and events for Python's `logging`.

use std::sync::{Arc, Mutex};

use hlr_enrich::{Event, Progress, Reporter, Total};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::sync::lock;

/// Keeps events until the interpreter takes them: the engine never waits for it.
#[derive(Default)]
pub(crate) struct Events(Mutex<Vec<String>>);

impl Reporter for Events {
    fn event(&self, event: Event) {
        lock(&self.0).push(event.to_string());
    }
}

impl Events {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.0))
    }
}

/// Who is told about a run while its rows are waited for.
pub(crate) struct Listener {
    pub(crate) events: Arc<Events>,
    pub(crate) progress: Option<Py<PyAny>>,
}

impl Listener {
    /// Logs what has happened, and calls the progress. What these raise is printed, and the run
    /// goes on.
    pub(crate) fn tell(&self, py: Python<'_>, progress: Option<&Progress>) {
        for event in self.events.take() {
            warn(py, &event);
        }
        if let (Some(callable), Some(progress)) = (&self.progress, progress) {
            let called = figures(py, progress).and_then(|figures| callable.call1(py, (figures,)));
            if let Err(error) = called {
                error.write_unraisable(py, None);
            }
        }
    }
}

/// A warning for Python's `logging`, of the logger `hlr`.
pub(crate) fn warn(py: Python<'_>, message: &str) {
    let logged = py
        .import("logging")
        .and_then(|logging| logging.call_method1("getLogger", ("hlr",)))
        .and_then(|logger| logger.call_method1("warning", ("%s", message)));
    if let Err(error) = logged {
        error.write_unraisable(py, None);
    }
}

fn figures<'py>(py: Python<'py>, progress: &Progress) -> PyResult<Bound<'py, PyAny>> {
    let figures = PyDict::new(py);
    let (total, is_exact) = match progress.total() {
        Total::Rows(rows) => (Some(rows), true),
        Total::About(rows) => (Some(rows), false),
        Total::Unknown => (None, false),
    };
    figures.set_item("rows", progress.rows_done())?;
    figures.set_item("total", total)?;
    figures.set_item("total_is_exact", is_exact)?;
    py.import("hlr._figures")?.getattr("Progress")?.call((), Some(&figures))
}
