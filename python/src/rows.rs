//! Calls over rows: enrich, look up, plan and normalise.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::datatypes::TimestampMillisecondType;
use arrow::error::ArrowError;
use arrow::ffi_stream::RecordBatchStreamReader;
use arrow::json::WriterBuilder;
use arrow::json::writer::LineDelimited;
use arrow_pyarrow::FromPyArrow;
use hlr_enrich::{RecordStream, RowsJob, RowsPurpose, RowsSource, StopSignal};
use pyo3::prelude::*;

use crate::arguments::{Account, raw_config, to_python};
use crate::errors;
use crate::events::{Events, Listener, warn};
use crate::runtime::{process, wait};
use crate::stream::{Enriched, Rows};

/// What every call over rows is given, besides its data.
#[derive(FromPyObject)]
pub(crate) struct Call {
    /// The keys, as JSON.
    keys: String,
    config: Option<PathBuf>,
    username: Option<String>,
    password: Option<String>,
    progress: Option<Py<PyAny>>,
}

/// Rows of Python: paths, or anything with an Arrow stream.
#[derive(FromPyObject)]
pub(crate) struct Data {
    paths: Option<Vec<String>>,
    stream: Option<Py<PyAny>>,
    rows: Option<u64>,
}

impl Call {
    pub(crate) fn job(&self, py: Python<'_>, purpose: RowsPurpose) -> PyResult<RowsJob> {
        let keys = raw_config(py, &self.keys)?;
        let account = Account::of(py, self.username.clone(), self.password.clone())?;
        let environment = Account::environment(account.as_ref());
        let job = RowsJob::load(self.config.as_deref(), keys, &environment, purpose)
            .map_err(|problems| errors::of_configuration(py, &problems))?;
        Ok(match account {
            Some(account) => job.with_credentials(account.username, account.password),
            None => job,
        })
    }
}

impl Data {
    pub(crate) fn source(self, py: Python<'_>) -> PyResult<RowsSource> {
        match (self.paths, self.stream) {
            (Some(paths), _) => Ok(RowsSource::Files(paths)),
            (None, Some(stream)) => {
                let reader = RecordBatchStreamReader::from_pyarrow_bound(stream.bind(py))
                    .map_err(|error| errors::of_stream(py, error))?;
                RowsSource::reader(reader, self.rows).map_err(|error| errors::of_list(py, &error))
            }
            (None, None) => Err(errors::plain(py, "ListError", "there are no rows", "")),
        }
    }
}

impl Data {
    /// The rows of a stream; a path is an error.
    pub(crate) fn stream(self, py: Python<'_>) -> PyResult<RecordStream> {
        match self.source(py)? {
            RowsSource::Rows(rows, _) => Ok(rows),
            RowsSource::Files(_) => Err(errors::plain(py, "ListError", "give a table, not a path", "")),
        }
    }
}

fn open(py: Python<'_>, source: RowsSource, call: Call, purpose: RowsPurpose) -> PyResult<Enriched> {
    let job = call.job(py, purpose)?;
    let events = Arc::new(Events::default());
    let listener = Listener { events: events.clone(), progress: call.progress };
    let enrichers = process(py)?.enrichers.clone();
    let opening = async move { job.enrich(source, &enrichers, StopSignal::default(), events).await };
    let opened = wait(py, opening, |py| listener.tell(py, None))?;
    let rows = opened.map_err(|error| errors::of_start(py, &error))?;
    let report = rows.report();
    if report.simulated {
        warn(py, "SIMULATED ANSWERS: no real lookups are made");
    }
    report.warnings.iter().for_each(|warning| warn(py, warning));
    Ok(Enriched::new(rows, listener))
}

/// Enriches rows.
#[pyfunction]
pub(crate) fn enrich(py: Python<'_>, data: Data, call: Call) -> PyResult<Enriched> {
    let source = data.source(py)?;
    open(py, source, call, RowsPurpose::Enrich)
}

/// Looks up a few numbers, each in a row of its own.
#[pyfunction]
pub(crate) fn lookup(py: Python<'_>, numbers: Vec<String>, call: Call) -> PyResult<Enriched> {
    let length = numbers.len() as u64;
    let numbers: ArrayRef = Arc::new(StringArray::from(numbers));
    let batch = RecordBatch::try_from_iter([(RowsJob::NUMBER, numbers)])
        .map_err(|fault| errors::plain(py, "Error", &fault.to_string(), ""))?;
    let source = RowsSource::Rows(RecordStream::from_batches(batch.schema(), [batch]), Some(length));
    open(py, source, call, RowsPurpose::FewNumbers)
}

/// Estimates lookups, cost and time. Asks nobody.
#[pyfunction]
pub(crate) fn plan<'py>(py: Python<'py>, data: Data, call: Call) -> PyResult<Bound<'py, PyAny>> {
    let source = data.source(py)?;
    let job = call.job(py, RowsPurpose::Estimate)?;
    let report = wait(py, async move { job.estimate(source).await }, |_| ())?;
    let report = report.map_err(|error| errors::of_job(py, &error))?;
    report.warnings.iter().for_each(|warning| warn(py, warning));
    to_python(py, &report.estimate)
}

/// Reads numbers. Asks nobody.
#[pyfunction]
pub(crate) fn normalise(py: Python<'_>, data: Data, call: Call) -> PyResult<Rows> {
    let source = data.source(py)?;
    let job = call.job(py, RowsPurpose::Normalise)?;
    let rows = wait(py, async move { job.normalise(source).await }, |_| ())?;
    let rows = rows.map_err(|error| errors::of_start(py, &error))?;
    Ok(Rows::new(rows, Listener { events: Arc::default(), progress: None }))
}

/// The rows of a batch as lines of JSON; times are in UTC, and do not say so.
pub(crate) fn json_lines(batch: &RecordBatch) -> Result<String, ArrowError> {
    let named = batch.schema();
    let columns = named.fields().iter().zip(batch.columns()).map(|(field, column)| {
        let column: ArrayRef = match column.as_primitive_opt::<TimestampMillisecondType>() {
            Some(moments) => Arc::new(moments.clone().with_timezone_opt(None::<Arc<str>>)),
            None => column.clone(),
        };
        (field.name().clone(), column)
    });
    let batch = &RecordBatch::try_from_iter(columns)?;
    let mut bytes = Vec::new();
    let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(&mut bytes);
    writer.write(batch)?;
    writer.finish()?;
    drop(writer);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
