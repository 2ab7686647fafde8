//! Arrow streams for Python: enriched rows, and rows whose numbers were read.
//!
//! A stream is read once. A second reader gets an error, and never an empty table or a second bill.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ffi::FFI_ArrowSchema;
use arrow::ffi_stream::FFI_ArrowArrayStream;
use arrow_pyarrow::ToPyArrow;
use futures::StreamExt;
use hlr_enrich::{EnrichedRows, Progress, RecordStream, StopReason, StopSignal};
use pyo3::exceptions::{PyKeyboardInterrupt, PyStopIteration};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use tokio::sync::Mutex as AsyncMutex;

use crate::arguments::to_python;
use crate::events::Listener;
use crate::rows::json_lines;
use crate::runtime::{process, wait};
use crate::{errors, events};

/// Nobody has read the stream yet.
const UNREAD: u8 = 0;
/// It is read by iteration.
const ITERATED: u8 = 1;
/// It is read through the C stream interface.
const EXPORTED: u8 = 2;
/// It is read to its end, or closed.
const ENDED: u8 = 3;

/// Where the rows come from.
enum Source {
    Enriched(Box<EnrichedRows>),
    Read(RecordStream),
}

/// Rows that somebody reads, once.
struct Shared {
    source: AsyncMutex<Source>,
    schema: SchemaRef,
    reader: AtomicU8,
    /// Why the rows ended early.
    error: Mutex<Option<PyErr>>,
    listener: Listener,
    progress: Option<Progress>,
    stop: Option<StopSignal>,
    ledger: Option<String>,
}

impl Shared {
    /// Takes the stream for a reader.
    fn begin(&self, py: Python<'_>, reader: u8) -> PyResult<()> {
        process(py)?;
        let begun = self.reader.compare_exchange(UNREAD, reader, Ordering::AcqRel, Ordering::Acquire);
        match begun {
            Ok(_) => Ok(()),
            Err(ITERATED) if reader == ITERATED => Ok(()),
            Err(_) => Err(errors::plain(
                py,
                "Error",
                "these rows were read already: a stream is read once",
                "keep the first result, such as table = pa.table(rows) or frame = pl.DataFrame(rows)",
            )),
        }
    }

    /// The next rows. Ctrl-c stops the run: what was sent is finished in the background, and its
    /// answers are kept.
    fn next(&self, py: Python<'_>) -> PyResult<Option<RecordBatch>> {
        let next = async {
            match &mut *self.source.lock().await {
                Source::Enriched(rows) => rows.next().await.map(|batch| batch.map_err(Failure::Rows)),
                Source::Read(rows) => rows.next().await.map(|batch| batch.map_err(Failure::Read)),
            }
        };
        let waited = wait(py, next, |py| self.listener.tell(py, self.progress.as_ref()));
        self.listener.tell(py, self.progress.as_ref());
        let batch = match waited {
            Ok(Some(Ok(batch))) => return Ok(Some(batch)),
            Ok(None) => Ok(None),
            Ok(Some(Err(failure))) => Err(failure.into_exception(py)),
            Err(interrupted) => {
                self.give_up();
                Err(interrupted)
            }
        };
        self.reader.store(ENDED, Ordering::Release);
        if let Err(error) = &batch {
            self.describe(py, error);
            *lock(&self.error) = Some(error.clone_ref(py));
        }
        batch
    }

    /// Adds the figures and the way to go on to an exception.
    fn describe(&self, py: Python<'_>, error: &PyErr) {
        let resume = match &self.ledger {
            Some(path) => format!(
                "call it again with the same arguments: every answer that was paid for is in {path}, and only \
                 the rest is looked up"
            ),
            None => "without a ledger, the only answers are in the rows that were read".to_owned(),
        };
        if let Ok(summary) = self.summary(py) {
            errors::with_summary(py, error, summary.unbind(), &resume);
        }
    }

    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let report = wait(
            py,
            async {
                match &*self.source.lock().await {
                    Source::Enriched(rows) => Some(rows.report()),
                    Source::Read(_) => None,
                }
            },
            |_| (),
        )?;
        to_python(py, &report)
    }

    /// Sends nothing more.
    fn stop(&self) {
        if let Some(stop) = &self.stop {
            stop.request(StopReason::Interrupted);
        }
    }

    /// Gives up the rest, without waiting for what was sent: the runtime finishes and records it.
    fn give_up(&self) {
        self.stop();
        // Nobody else reads: whoever waited has just stopped waiting.
        if let Ok(mut source) = self.source.try_lock()
            && let Source::Enriched(rows) = &mut *source
        {
            rows.give_up();
        }
    }
}

enum Failure {
    Rows(hlr_enrich::RowsError),
    Read(hlr_enrich::StreamError),
}

impl Failure {
    fn into_exception(self, py: Python<'_>) -> PyErr {
        match self {
            Self::Rows(error) => errors::of_rows(py, &error),
            Self::Read(error) => errors::plain(py, "ListError", &error.to_string(), ""),
        }
    }
}

/// The reader behind a C stream.
struct Export {
    shared: Arc<Shared>,
    ended: bool,
}

impl Iterator for Export {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = Python::attach(|py| {
            self.shared.next(py).map_err(|error| {
                let text = error.to_string();
                if error.is_instance_of::<PyKeyboardInterrupt>(py) {
                    // The C stream makes another exception of it; the interpreter raises it again
                    // with the next line of Python that it runs.
                    let _ = py.import("_thread").and_then(|thread| thread.call_method0("interrupt_main"));
                }
                ArrowError::ExternalError(text.into())
            })
        });
        self.ended = !matches!(next, Ok(Some(_)));
        next.transpose()
    }
}

impl RecordBatchReader for Export {
    fn schema(&self) -> SchemaRef {
        self.shared.schema.clone()
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        // Whoever reads a part only, such as LIMIT, needs no more.
        if !self.ended {
            self.shared.give_up();
            self.shared.reader.store(ENDED, Ordering::Release);
        }
    }
}

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

fn stream_capsule<'py>(py: Python<'py>, shared: &Arc<Shared>) -> PyResult<Bound<'py, PyCapsule>> {
    shared.begin(py, EXPORTED)?;
    let export = Export { shared: shared.clone(), ended: false };
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(export)), c"arrow_array_stream")
}

fn next_pyarrow<'py>(py: Python<'py>, shared: &Shared) -> PyResult<Bound<'py, PyAny>> {
    shared.begin(py, ITERATED)?;
    match shared.next(py)? {
        Some(batch) => batch.to_pyarrow(py),
        None => Err(PyStopIteration::new_err(())),
    }
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
/// - `msisdn` (text): international digits; null if the cell is no number
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

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
