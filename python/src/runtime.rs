//! The async runtime of the process, and waiting for it without holding the interpreter.

use std::pin::pin;
use std::process;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hlr_enrich::SharedEnrichers;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};

use crate::errors;

/// How long the interpreter waits before it looks for ctrl-c and calls the progress.
const SLICE: Duration = Duration::from_millis(50);

/// What calls of one process share.
pub(crate) struct Process {
    pid: u32,
    pub(crate) runtime: Runtime,
    /// One enricher for each contract.
    pub(crate) enrichers: Arc<SharedEnrichers>,
}

/// The runtime of this process, started at the first call.
///
/// # Errors
///
/// After a fork: the threads of the runtime live in the parent only.
pub(crate) fn process(py: Python<'_>) -> PyResult<&'static Process> {
    static PROCESS: OnceLock<Process> = OnceLock::new();
    let process = match PROCESS.get() {
        Some(process) => process,
        None => {
            let runtime = Builder::new_multi_thread().enable_all().thread_name("hlr").build();
            let runtime = runtime.map_err(|fault| errors::plain(py, "Error", &fault.to_string(), ""))?;
            let started = Process { pid: process::id(), runtime, enrichers: Arc::default() };
            PROCESS.get_or_init(|| started)
        }
    };
    match process.pid == process::id() {
        true => Ok(process),
        false => Err(errors::plain(
            py,
            "Error",
            "this process was forked after hlr was used, and its threads live in the parent only",
            "use the start method \"spawn\" or \"forkserver\" of multiprocessing, or import and use hlr in \
             the child only",
        )),
    }
}

/// Waits for a future without holding the interpreter. Looks for ctrl-c meanwhile, and calls
/// `meanwhile`.
///
/// # Errors
///
/// Whatever a signal handler raises, ctrl-c above all. The future is dropped then.
pub(crate) fn wait<T: Send>(
    py: Python<'_>,
    future: impl Future<Output = T> + Send,
    mut meanwhile: impl FnMut(Python<'_>),
) -> PyResult<T> {
    let runtime = &process(py)?.runtime;
    let mut future = pin!(future);
    loop {
        let slice = async { tokio::time::timeout(SLICE, future.as_mut()).await };
        let done = py.detach(|| runtime.block_on(slice));
        if let Ok(output) = done {
            return Ok(output);
        }
        meanwhile(py);
        py.check_signals()?;
    }
}

/// Stops every run, and waits until what was sent is recorded. For the end of the interpreter.
#[pyfunction]
pub(crate) fn finish_all(py: Python<'_>) -> PyResult<()> {
    let enrichers = process(py)?.enrichers.clone();
    wait(py, async move { enrichers.finish_all().await }, |_| ())
}
