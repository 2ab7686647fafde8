//! Tables that are written and imported, whatever they come from and go to.

use std::path::PathBuf;
use std::time::Duration;

use hlr_enrich::WriteError;
use hlr_enrich::ledger_admin::{
    self, ImportError, ImportSettings, ImportSummary, InputSettings, OutputSettings, Replace, StagedOutput,
    Storage, Target,
};
use hlr_enrich::{Product, ProviderCache};
use pyo3::prelude::*;
use serde_json::json;

use crate::arguments::{from_json, to_python};
use crate::errors;
use crate::runtime::wait;

/// A file or an object that is written. Without `force`, it must not be there yet.
pub(crate) fn target(py: Python<'_>, path: PathBuf, force: bool, storage: Storage) -> PyResult<Target> {
    let replace = if force { Replace::Allowed } else { Replace::Never };
    let settings = OutputSettings { replace, storage, ..OutputSettings::new(path) };
    ledger_admin::prepare(&settings).map_err(|error| errors::of_other(py, &error))
}

/// Writes rows to a target, whole or not at all, and returns how many.
pub(crate) fn write(
    py: Python<'_>,
    writing: impl Future<Output = Result<Box<dyn StagedOutput>, WriteError>> + Send + 'static,
) -> PyResult<u64> {
    let staged = wait(py, writing, |_| ())?.map_err(|error| errors::of_other(py, &error))?;
    let rows = staged.rows();
    wait(py, staged.commit(), |_| ())?.map_err(|error| errors::of_other(py, &error))?;
    Ok(rows)
}

/// What a file of answers does not say itself.
pub(crate) fn import_settings(
    py: Python<'_>,
    input: &InputSettings,
    prefix: Option<String>,
    product: Option<&str>,
    nocache: bool,
    simulated: bool,
) -> PyResult<ImportSettings> {
    let prefix = prefix.map_or_else(|| ledger_admin::prefix_of(input), Ok);
    let prefix = prefix.map_err(|error| errors::of_list(py, &error))?;
    let product = product
        .map_or(Ok(Product::default()), |text| from_json(py, &serde_json::Value::from(text).to_string()))?;
    let cache = if nocache { ProviderCache::Bypassed } else { ProviderCache::Allowed };
    Ok(ImportSettings { prefix, product, cache, simulated })
}

/// The figures of an import.
pub(crate) fn import_figures<'py>(
    py: Python<'py>,
    imported: Result<ImportSummary, ImportError>,
) -> PyResult<Bound<'py, PyAny>> {
    let imported = imported.map_err(|error| errors::of_list(py, &error))?;
    let (rows, without_answer, taken) = (imported.rows, imported.without_answer, imported.taken);
    to_python(py, &json!({ "rows": rows, "without_answer": without_answer, "taken": taken }))
}

/// An age of Python.
pub(crate) fn age(py: Python<'_>, seconds: f64) -> PyResult<Duration> {
    let age = Duration::try_from_secs_f64(seconds);
    age.map_err(|problem| errors::plain(py, "ConfigError", &problem.to_string(), ""))
}
