//! Rows that are read once, by iteration or through the C stream interface.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ffi_stream::FFI_ArrowArrayStream;
use arrow_pyarrow::ToPyArrow;
use futures::StreamExt;
use hlr_enrich::{EnrichedRows, Progress, RecordStream, StopReason, StopSignal};
use pyo3::exceptions::{PyKeyboardInterrupt, PyStopIteration};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use tokio::sync::Mutex as AsyncMutex;

use crate::arguments::to_python;
use crate::errors;
use crate::events::Listener;
use crate::runtime::{process, wait};
use crate::sync::lock;

/// Nobody has read the stream yet.
pub(crate) const UNREAD: u8 = 0;
/// It is read by iteration.
pub(crate) const ITERATED: u8 = 1;
/// It is read through the C stream interface.
const EXPORTED: u8 = 2;
/// It is read to its end, or closed.
pub(crate) const ENDED: u8 = 3;

/// Where the rows come from.
pub(crate) enum Source {
    Enriched(Box<EnrichedRows>),
    Read(RecordStream),
}

/// Rows that somebody reads, once.
pub(crate) struct Shared {
    pub(crate) source: AsyncMutex<Source>,
    pub(crate) schema: SchemaRef,
    pub(crate) reader: AtomicU8,
    /// Why the rows ended early.
    pub(crate) error: Mutex<Option<PyErr>>,
    pub(crate) listener: Listener,
    pub(crate) progress: Option<Progress>,
    pub(crate) stop: Option<StopSignal>,
    pub(crate) ledger: Option<String>,
}

impl Shared {
    /// Takes the stream for a reader.
    pub(crate) fn begin(&self, py: Python<'_>, reader: u8) -> PyResult<()> {
        process(py)?;
        let taken = self.reader.compare_exchange(UNREAD, reader, Ordering::AcqRel, Ordering::Acquire);
        match taken {
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
    pub(crate) fn next(&self, py: Python<'_>) -> PyResult<Option<RecordBatch>> {
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
    pub(crate) fn describe(&self, py: Python<'_>, error: &PyErr) {
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

    pub(crate) fn summary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
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
    pub(crate) fn stop(&self) {
        if let Some(stop) = &self.stop {
            stop.request(StopReason::Interrupted);
        }
    }

    /// Gives up the rest, without waiting for what was sent: the runtime finishes and records it.
    pub(crate) fn give_up(&self) {
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

/// The C stream of rows that nobody has read.
pub(crate) fn stream_capsule<'py>(py: Python<'py>, shared: &Arc<Shared>) -> PyResult<Bound<'py, PyCapsule>> {
    shared.begin(py, EXPORTED)?;
    let export = Export { shared: shared.clone(), ended: false };
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(export)), c"arrow_array_stream")
}

/// The next batch, as an object of pyarrow.
pub(crate) fn next_pyarrow<'py>(py: Python<'py>, shared: &Shared) -> PyResult<Bound<'py, PyAny>> {
    shared.begin(py, ITERATED)?;
    match shared.next(py)? {
        Some(batch) => batch.to_pyarrow(py),
        None => Err(PyStopIteration::new_err(())),
    }
}
