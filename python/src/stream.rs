//! Arrow streams for Python: enriched rows, and rows whose numbers were read.
//!
//! A stream is read once. A second reader gets an error, and never an empty table or a second bill.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use arrow::datatypes::SchemaRef;
use arrow::ffi::FFI_ArrowSchema;
use hlr_enrich::{EnrichedRows, RecordStream};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use tokio::sync::Mutex as AsyncMutex;

use crate::events::Listener;
use crate::read_once::{ENDED, ITERATED, Shared, Source, UNREAD, next_pyarrow, stream_capsule};
use crate::rows::json_lines;
use crate::runtime::{process, wait};
use crate::sync::lock;
use crate::{errors, events};

/// A schema for whoever speaks the Arrow PyCapsule interface.
#[pyclass(module = "hlr", frozen)]
pub(crate) struct ArrowSchema(SchemaRef);

#[pymethods]
impl ArrowSchema {
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.0)
    }

    /// The names of the columns.
    #[getter]
    fn names(&self) -> Vec<String> {
        self.0.fields().iter().map(|field| field.name().clone()).collect()
    }

    fn __repr__(&self) -> String {
        let field = |field: &arrow::datatypes::FieldRef| format!("{}: {}", field.name(), field.data_type());
        self.0.fields().iter().map(field).collect::<Vec<_>>().join("\n")
    }
}

fn schema_capsule<'py>(py: Python<'py>, schema: &SchemaRef) -> PyResult<Bound<'py, PyCapsule>> {
    let exported = FFI_ArrowSchema::try_from(schema.as_ref())
        .map_err(|fault| errors::plain(py, "Error", &fault.to_string(), ""))?;
    PyCapsule::new_with_value(py, exported, c"arrow_schema")
}

/// Rows whose numbers were read: an Arrow stream that is read once. Nobody was asked.
#[pyclass(module = "hlr", frozen)]
pub(crate) struct Rows(Arc<Shared>);

impl Rows {
    pub(crate) fn new(rows: RecordStream, listener: Listener) -> Self {
        Self(Arc::new(Shared {
            schema: rows.schema(),
            source: AsyncMutex::new(Source::Read(rows)),
            reader: AtomicU8::new(UNREAD),
            error: Mutex::default(),
            listener,
            progress: None,
            stop: None,
            ledger: None,
        }))
    }
}

#[pymethods]
impl Rows {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        stream_capsule(py, &self.0)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.0.schema)
    }

    /// The schema of every batch.
    #[getter]
    fn schema(&self) -> ArrowSchema {
        ArrowSchema(self.0.schema.clone())
    }

    fn __iter__(this: PyRef<'_, Self>) -> PyResult<PyRef<'_, Self>> {
        this.0.begin(this.py(), ITERATED)?;
        Ok(this)
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        next_pyarrow(py, &self.0)
    }
}

/// Enriched rows: an Arrow stream that is read once, and the figures of its run.
///
/// Reading sends requests, and each batch comes when its rows are done. Iteration gives
/// `pyarrow.RecordBatch` objects and raises the exceptions of `hlr`; a consumer of the C stream,
/// such as `pl.DataFrame(rows)`, raises its own, and `error` has ours. As a context manager it
/// waits, at the end of the block, for what was sent.
///
/// The columns of the input come back as they are. These follow, each with the prefix `hlr_`:
///
/// - `msisdn` (text): international digits; null if the cell is not a number
/// - `status` (text): reachable, absent, no_service, dead, assigned, unknown, not_checked, invalid
/// - `result` (text): the service's own text, or what happened instead
/// - `mcc`, `mnc` (text): the network, three digits and two or three digits
/// - `location` (text): calling code of where the handset is
/// - `network`, `country`, `location_country` (text): operator; ISO 3166 alpha-2
/// - `roaming` (boolean): null where it cannot be known
/// - `source` (text): live, ledger, duplicate or none
/// - `checked_at` (timestamp, ms, UTC): when the service was asked
/// - `attempts` (uint16): requests for this number
/// - `reason` (text): why the row is invalid, not_checked or unknown
/// - `cost` (float64), with `cost_column=True`: what this run paid for the row, or may have paid
#[pyclass(module = "hlr", frozen)]
pub(crate) struct Enriched {
    shared: Arc<Shared>,
    closed: AtomicBool,
}

impl Enriched {
    pub(crate) fn new(rows: EnrichedRows, listener: Listener) -> Self {
        let report = rows.report();
        let shared = Shared {
            schema: rows.schema(),
            progress: Some(rows.progress()),
            stop: Some(rows.stop_signal()),
            source: AsyncMutex::new(Source::Enriched(Box::new(rows))),
            reader: AtomicU8::new(UNREAD),
            error: Mutex::default(),
            ledger: report.ledger.map(|path| path.display().to_string()),
            listener,
        };
        Self { shared: Arc::new(shared), closed: AtomicBool::new(false) }
    }
}

#[pymethods]
impl Enriched {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        stream_capsule(py, &self.shared)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.shared.schema)
    }

    /// The schema of every batch.
    #[getter]
    fn schema(&self) -> ArrowSchema {
        ArrowSchema(self.shared.schema.clone())
    }

    /// The figures so far, with the names of a summary file: `ending`, `counts`, `warnings` and
    /// more. Requests and money are those of all calls that share the account at the same time.
    #[getter]
    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.shared.summary(py)
    }

    /// Why the rows ended early, if they did.
    #[getter]
    fn error(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        lock(&self.shared.error).as_ref().map(|error| error.clone_ref(py).into_value(py).into_any())
    }

    /// The rest of the rows as lines of JSON.
    #[pyo3(name = "_json_lines")]
    fn json_lines(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        self.shared.begin(py, ITERATED)?;
        let mut lines = Vec::new();
        while let Some(batch) = self.shared.next(py)? {
            let text =
                json_lines(&batch).map_err(|fault| errors::plain(py, "Error", &fault.to_string(), ""))?;
            lines.extend(text.lines().map(str::to_owned));
        }
        Ok(lines)
    }

    /// Send nothing more. The rows that are done still come, then `hlr.Interrupted`.
    fn stop(&self) {
        self.shared.stop();
    }

    /// Wait for what was sent, and give the ledger free. Rows that were not read are given up.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        if self.closed.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        self.shared.reader.store(ENDED, Ordering::Release);
        let enrichers = process(py)?.enrichers.clone();
        let close = async {
            match &mut *self.shared.source.lock().await {
                Source::Enriched(rows) => rows.close().await?,
                Source::Read(_) => {}
            }
            // Where reading was interrupted, it is closed in the background.
            enrichers.wait_for_closing().await;
            Ok(())
        };
        let closed = wait(py, close, |py| self.shared.listener.tell(py, None));
        self.shared.listener.tell(py, None);
        if let Err(error) = closed? {
            let error = errors::of_rows(py, &error);
            self.shared.describe(py, &error);
            *lock(&self.shared.error) = Some(error.clone_ref(py));
            return Err(error);
        }
        Ok(())
    }

    fn __iter__(this: PyRef<'_, Self>) -> PyResult<PyRef<'_, Self>> {
        this.shared.begin(this.py(), ITERATED)?;
        Ok(this)
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        next_pyarrow(py, &self.shared)
    }

    fn __enter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    #[pyo3(signature = (kind, value, traceback))]
    fn __exit__(
        &self,
        py: Python<'_>,
        kind: Option<Bound<'_, PyAny>>,
        value: Option<Bound<'_, PyAny>>,
        traceback: Option<Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        drop((value, traceback));
        match (self.close(py), kind) {
            // The exception of the block is the one to be seen.
            (Err(error), Some(_)) => events::warn(py, &error.to_string()),
            (closed, _) => closed?,
        }
        Ok(false)
    }

    fn __repr__(&self) -> String {
        let state = match self.shared.reader.load(Ordering::Acquire) {
            UNREAD => "not read yet",
            ENDED => "ended",
            _ => "being read",
        };
        format!("<hlr.Enriched: {} columns, {state}>", self.shared.schema.fields().len())
    }
}
