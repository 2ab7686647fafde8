//! A ledger between runs. Each call opens the file and closes it again.

use std::path::PathBuf;

use hlr_enrich::ledger_admin::{self, AnswerOrigin, Entry, IfMissing, InputSettings, Stats, Storage};
use hlr_enrich::{Msisdn, ProviderCache, Region, UtcMillis, normalise};
use pyo3::prelude::*;
use serde_json::json;

use crate::arguments::to_python;
use crate::errors;
use crate::runtime::wait;
use crate::tables;

/// The file of a ledger.
#[pyclass(module = "hlr._hlr", frozen)]
pub(crate) struct LedgerFile {
    path: PathBuf,
}

impl LedgerFile {
    fn open(&self, py: Python<'_>, missing: IfMissing) -> PyResult<ledger_admin::LedgerFile> {
        py.detach(|| ledger_admin::LedgerFile::open(&self.path, missing))
            .map_err(|error| errors::of_ledger(py, &error))
    }
}

#[pymethods]
impl LedgerFile {
    #[new]
    #[pyo3(signature = (path=None))]
    fn new(py: Python<'_>, path: Option<PathBuf>) -> PyResult<Self> {
        let path = path.map_or_else(hlr_enrich::default_ledger, Ok);
        Ok(Self { path: path.map_err(|problem| errors::of_other(py, &problem))? })
    }

    #[getter]
    fn path(&self) -> PathBuf {
        self.path.clone()
    }

    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let file = self.open(py, IfMissing::Refuse)?;
        let stats = py.detach(|| Stats::read(&file, UtcMillis::now()));
        to_python(py, &stats.map_err(|error| errors::of_ledger(py, &error))?)
    }

    #[pyo3(signature = (numbers, region=None))]
    fn find<'py>(
        &self,
        py: Python<'py>,
        numbers: Vec<String>,
        region: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let region = self::region(py, region)?;
        let file = self.open(py, IfMissing::Refuse)?;
        let mut read = Vec::with_capacity(numbers.len());
        for number in &numbers {
            let msisdn = normalise(number, region).map_err(|refusal| {
                let message =
                    format!("{number:?} is not a number that can be looked up ({})", refusal.text());
                errors::plain(py, "ListError", &message, "")
            })?;
            read.push(msisdn);
        }
        let found = py.detach(|| file.find(&read)).map_err(|error| errors::of_ledger(py, &error))?;
        to_python(py, &found.iter().map(entry).collect::<Vec<_>>())
    }

    fn export(&self, py: Python<'_>, path: PathBuf, force: bool) -> PyResult<u64> {
        let file = self.open(py, IfMissing::Refuse)?;
        let target = tables::target(py, path, force, Storage::default())?;
        tables::write(py, ledger_admin::export(file, target))
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
        let input = InputSettings::new(vec![path]);
        let settings = tables::import_settings(py, &input, prefix, product, nocache, simulated)?;
        let origin = if simulated { AnswerOrigin::ThisMachine } else { AnswerOrigin::Provider };
        let file = self.open(py, IfMissing::Create(origin))?;
        tables::import_figures(py, wait(py, ledger_admin::import(&file, &input, &settings), |_| ())?)
    }

    #[pyo3(signature = (numbers, region=None))]
    fn forget(&self, py: Python<'_>, numbers: Vec<String>, region: Option<&str>) -> PyResult<u64> {
        let file = self.open(py, IfMissing::Refuse)?;
        let numbers = numbers_to_forget(py, &numbers, region)?;
        let forgotten = py.detach(|| file.forget(&numbers).map(|(removed, _)| removed));
        forgotten.map_err(|error| errors::of_ledger(py, &error))
    }

    fn prune(&self, py: Python<'_>, older_than_seconds: f64, dry_run: bool) -> PyResult<u64> {
        let age = tables::age(py, older_than_seconds)?;
        let file = self.open(py, IfMissing::Refuse)?;
        let now = UtcMillis::now();
        let removed = py.detach(|| match dry_run {
            true => file.count_older(age, now),
            false => file.prune(age, now).map(|(removed, _)| removed),
        });
        removed.map_err(|error| errors::of_ledger(py, &error))
    }
}

/// The numbers of these texts.
pub(crate) fn numbers_to_forget(
    py: Python<'_>,
    numbers: &[String],
    region: Option<&str>,
) -> PyResult<Vec<Msisdn>> {
    let region = self::region(py, region)?;
    let numbers = wait(py, ledger_admin::numbers_to_forget(numbers, None, region), |_| ())?;
    numbers.map_err(|error| errors::of_list(py, &error))
}

fn region(py: Python<'_>, text: Option<&str>) -> PyResult<Option<Region>> {
    text.map(str::parse::<Region>).transpose().map_err(|error| errors::of_value(py, &error))
}

fn entry(entry: &Entry) -> serde_json::Value {
    let answer = &entry.answered.answer;
    let network = answer.network.map(|network| (network.mcc(), network.mnc()));
    json!({
        "msisdn": entry.msisdn.digits().to_string(),
        "result": answer.result.text(),
        "mcc": network.as_ref().map(|(mcc, _)| mcc.to_string()),
        "mnc": network.as_ref().map(|(_, mnc)| mnc.to_string()),
        "location": answer.location.map(|code| code.to_string()),
        "checked_at": entry.answered.checked_at.to_string(),
        "attempts": entry.answered.attempts,
        "product": entry.scope.product,
        "nocache": entry.scope.cache == ProviderCache::Bypassed,
    })
}
