//! `hlr.run`: a pipeline file, from its list to its output.

use std::path::PathBuf;
use std::sync::Arc;

use hlr_enrich::{Counters, Job, JobOutcome, StopReason, StopSignal};
use pyo3::prelude::*;

use crate::arguments::{Account, raw_config, to_python};
use crate::errors;
use crate::events::{Events, Listener, warn};
use crate::runtime::wait;

/// Runs a pipeline file, and returns its summary. Ctrl-c ends it as on the command line: what was
/// sent is finished, and the rows that are done are kept under the partial name.
#[pyfunction]
#[pyo3(signature = (pipeline, keys, username, password, progress))]
pub(crate) fn run<'py>(
    py: Python<'py>,
    pipeline: PathBuf,
    keys: &str,
    username: Option<String>,
    password: Option<String>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let keys = raw_config(py, keys)?;
    if keys.dry_run == Some(true) {
        let help = "use hlr.plan, or hlr run --dry-run";
        return Err(errors::plain(py, "ConfigError", "hlr.run makes no dry runs", help));
    }
    let account = Account::of(py, username, password)?;
    let job = Job::load(Some(&pipeline), keys, &Account::environment(account.as_ref()))
        .map_err(|problems| errors::of_configuration(py, &problems))?;
    let events = Arc::new(Events::default());
    let listener = Listener { events: events.clone(), progress };
    let (stop, counters) = (StopSignal::default(), Arc::<Counters>::default());
    let started = {
        let (stop, counters) = (stop.clone(), counters.clone());
        wait(py, async move { job.start(stop, events, counters).await }, |py| listener.tell(py, None))?
    };
    let started = started.map_err(|error| errors::of_start(py, &error))?;
    started.warnings().iter().for_each(|warning| warn(py, warning));
    let shown = started.progress();
    let mut finishing = Box::pin(started.finish());
    let mut interrupted = None;
    let finished = loop {
        match wait(py, finishing.as_mut(), |py| listener.tell(py, Some(&shown))) {
            Ok(finished) => break finished,
            Err(error) if interrupted.is_none() => {
                stop.request(StopReason::Interrupted);
                interrupted = Some(error);
            }
            Err(error) => return Err(error),
        }
    };
    listener.tell(py, Some(&shown));
    let report = finished.map_err(|error| errors::of_job(py, &error.into()))?;
    let summary = to_python(py, &report.report)?;
    let error = match (interrupted, &report.outcome) {
        (Some(error), _) => error,
        (None, JobOutcome::Stopped(reason)) => errors::of_stop(py, reason),
        (None, _) => return Ok(summary),
    };
    let resume = format!("run {} again: no answer is paid for twice", pipeline.display());
    errors::with_summary(py, &error, summary.unbind(), &resume);
    Err(error)
}
