//! Answers that many machines share, between runs.

use std::path::PathBuf;

use hlr_enrich::ledger_admin::{self, Compacted, InputSettings, SharedAnswers, Storage};
use hlr_enrich::{Environment, UtcMillis};
use pyo3::prelude::*;
use serde_json::json;

use crate::arguments::to_python;
use crate::errors;
use crate::ledger::numbers_to_forget;
use crate::runtime::wait;
use crate::tables;

/// A store of shared answers.
#[pyclass(module = "hlr._hlr", frozen)]
pub(crate) struct AnswerStore {
    store: SharedAnswers,
    storage: Storage,
}

#[pymethods]
impl AnswerStore {
    #[new]
    fn new(py: Python<'_>, place: String) -> PyResult<Self> {
        let storage = Storage::new(Environment::of_this_process().storage_settings());
        let store = py.detach(|| SharedAnswers::open(&place, &storage));
        let store = store.map_err(|error| errors::of_value(py, &error))?;
        Ok(Self { store, storage })
    }

    #[getter]
    fn url(&self) -> String {
        self.store.name()
    }

    /// The URLs of the files.
    fn files(&self, py: Python<'_>) -> PyResult<Vec<(String, u64)>> {
        self.work(py, async |store| store.files().await)
    }

    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_python(py, &self.work(py, async |store| store.stats(UtcMillis::now()).await)?)
    }

    fn compact<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        figures(py, &self.work(py, async |store| store.compact().await)?)
    }

    fn compact_parts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        figures(py, &self.work(py, async |store| store.compact_parts().await)?)
    }

    #[pyo3(signature = (numbers, region=None))]
    fn forget(&self, py: Python<'_>, numbers: Vec<String>, region: Option<&str>) -> PyResult<u64> {
        let numbers = numbers_to_forget(py, &numbers, region)?;
        Ok(self.work(py, async move |store| store.forget(&numbers).await)?.removed)
    }

    fn prune(&self, py: Python<'_>, older_than_seconds: f64, dry_run: bool) -> PyResult<u64> {
        let age = tables::age(py, older_than_seconds)?;
        let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        let before = UtcMillis(UtcMillis::now().0.saturating_sub(age));
        self.work(py, async move |store| match dry_run {
            true => store.count_before(before).await.map(|(older, _)| older),
            false => store.prune(before).await.map(|compacted| compacted.removed),
        })
    }

    fn export(&self, py: Python<'_>, path: PathBuf, force: bool) -> PyResult<u64> {
        let target = tables::target(py, path, force, self.storage.clone())?;
        let store = self.store.clone();
        tables::write(py, async move { store.export(target).await })
    }

    #[pyo3(signature = (path, prefix=None, product=None, nocache=false, simulated=false))]
    fn import_<'py>(
        &self,
        py: Python<'py>,
        path: String,
        prefix: Option<String>,
        product: Option<&str>,
        nocache: bool,
        simulated: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let input = InputSettings { storage: self.storage.clone(), ..InputSettings::new(vec![path]) };
        let settings = tables::import_settings(py, &input, prefix, product, nocache, simulated)?;
        let store = self.store.clone();
        let imported = wait(py, async move { store.import(&input, &settings).await }, |_| ())?;
        tables::import_figures(py, imported)
    }
}

impl AnswerStore {
    fn work<T: Send + 'static, F>(&self, py: Python<'_>, work: impl FnOnce(SharedAnswers) -> F) -> PyResult<T>
    where
        F: Future<Output = Result<T, ledger_admin::StorageError>> + Send + 'static,
    {
        wait(py, work(self.store.clone()), |_| ())?.map_err(|error| errors::of_other(py, &error))
    }
}

fn figures<'py>(py: Python<'py>, compacted: &Compacted) -> PyResult<Bound<'py, PyAny>> {
    let Compacted { answers, removed, files_before, files_after } = compacted;
    let figures = json!({
        "answers": answers, "removed": removed, "files_before": files_before, "files_after": files_after,
    });
    to_python(py, &figures)
}
