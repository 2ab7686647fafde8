//! Calls over the parts of a list that many machines read: for Spark. Nobody is asked here.

use std::path::PathBuf;
use std::sync::Arc;

use hlr_enrich::ledger_admin::Storage;
use hlr_enrich::{Environment, NumberReading, RecordStream, RowsPurpose, UtcMillis};
use pyo3::prelude::*;

use crate::arguments::from_json;
use crate::errors;
use crate::events::Listener;
use crate::rows::{Call, Data};
use crate::runtime::wait;
use crate::stream::Rows;
use crate::tables;

fn shown(rows: RecordStream) -> Rows {
    Rows::new(rows, Listener { events: Arc::default(), progress: None })
}

/// The rows of files as they are.
#[pyfunction]
pub(crate) fn read_rows(py: Python<'_>, data: Data, call: Call) -> PyResult<Rows> {
    let (source, job) = (data.source(py)?, call.job(py, RowsPurpose::Normalise)?);
    let rows = wait(py, async move { job.rows(source).await }, |_| ())?;
    rows.map(shown).map_err(|error| errors::of_start(py, &error))
}

/// Decides on some rows how the numbers of their list are read. Returns JSON.
#[pyfunction]
pub(crate) fn read_numbers(py: Python<'_>, data: Data, call: Call) -> PyResult<String> {
    let (source, job) = (data.source(py)?, call.job(py, RowsPurpose::Normalise)?);
    let reading = wait(py, async move { job.read_numbers(source).await }, |_| ())?;
    let reading = reading.map_err(|error| errors::of_start(py, &error))?;
    serde_json::to_string(&reading).map_err(|fault| errors::plain(py, "Error", &fault.to_string(), ""))
}

/// The rows of a part of a list with their numbers, read as it was decided for the whole list.
#[pyfunction]
pub(crate) fn normalise_part(py: Python<'_>, data: Data, call: Call, reading: &str) -> PyResult<Rows> {
    let (source, job) = (data.source(py)?, call.job(py, RowsPurpose::Normalise)?);
    let reading: NumberReading = from_json(py, reading)?;
    let rows = wait(py, async move { job.normalise_part(source, &reading).await }, |_| ())?;
    rows.map(shown).map_err(|error| errors::of_start(py, &error))
}

/// The rows of an answer table that a run would use at this moment.
#[pyfunction]
pub(crate) fn fresh_answers(py: Python<'_>, data: Data, call: Call, now: i64) -> PyResult<Rows> {
    let (answers, job) = (data.stream(py)?, call.job(py, RowsPurpose::Normalise)?);
    let rows = job.fresh_answers(answers, UtcMillis(now));
    rows.map(shown).map_err(|error| errors::of_list(py, &error))
}

/// The rows of an answer table as an enriched file shows them.
#[pyfunction]
pub(crate) fn answered_rows(py: Python<'_>, data: Data, call: Call) -> PyResult<Rows> {
    let (answers, job) = (data.stream(py)?, call.job(py, RowsPurpose::Normalise)?);
    let rows = job.answered_rows(answers);
    rows.map(shown).map_err(|error| errors::of_list(py, &error))
}

/// Writes rows to a file or an object, whole or not at all, and returns how many.
#[pyfunction]
pub(crate) fn write_rows(py: Python<'_>, data: Data, path: PathBuf, force: bool) -> PyResult<u64> {
    let rows = data.stream(py)?;
    let storage = Storage::new(Environment::of_this_process().storage_settings());
    let target = tables::target(py, path, force, storage)?;
    tables::write(py, target.write(rows, Arc::default()))
}
