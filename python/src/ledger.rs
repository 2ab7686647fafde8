//! A ledger between runs. Each call opens the file and closes it again.

use std::path::PathBuf;
use std::time::Duration;

use hlr_enrich::ledger_admin::{
    self, AnswerOrigin, Entry, IfMissing, ImportSettings, InputSettings, OutputSettings, Replace, Stats,
};
use hlr_enrich::{Msisdn, Product, ProviderCache, Region, UtcMillis, normalise};
use pyo3::prelude::*;
use serde_json::json;

use crate::arguments::{from_json, to_python};
use crate::errors;
use crate::runtime::wait;

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
        let replace = if force { Replace::Allowed } else { Replace::Never };
        let settings = OutputSettings { replace, ..OutputSettings::new(path) };
        let target = ledger_admin::prepare(&settings).map_err(|error| errors::of_other(py, &error))?;
        let staged = wait(py, ledger_admin::export(file, target), |_| ())?;
        let staged = staged.map_err(|error| errors::of_other(py, &error))?;
        let rows = staged.rows();
        wait(py, staged.commit(), |_| ())?.map_err(|error| errors::of_other(py, &error))?;
        Ok(rows)
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
        let settings = InputSettings::new(vec![path]);
        let prefix = prefix.map_or_else(|| ledger_admin::prefix_of(&settings), Ok);
        let prefix = prefix.map_err(|error| errors::of_list(py, &error))?;
        let (product, cache) = (product_of(py, product)?, cache_of(nocache));
        let origin = if simulated { AnswerOrigin::ThisMachine } else { AnswerOrigin::Provider };
        let file = self.open(py, IfMissing::Create(origin))?;
        let how = ImportSettings { prefix, product, cache, simulated };
        let imported = wait(py, ledger_admin::import(&file, &settings, &how), |_| ())?;
        let imported = imported.map_err(|error| errors::of_list(py, &error))?;
        let (rows, without_answer, taken) = (imported.rows, imported.without_answer, imported.taken);
        to_python(py, &json!({ "rows": rows, "without_answer": without_answer, "taken": taken }))
    }

    #[pyo3(signature = (numbers, region=None))]
    fn forget(&self, py: Python<'_>, numbers: Vec<String>, region: Option<&str>) -> PyResult<u64> {
        let file = self.open(py, IfMissing::Refuse)?;
        let numbers = numbers_to_forget(py, &numbers, region)?;
        let forgotten = py.detach(|| file.forget(&numbers).map(|(removed, _)| removed));
        forgotten.map_err(|error| errors::of_ledger(py, &error))
    }

    fn prune(&self, py: Python<'_>, older_than_seconds: f64, dry_run: bool) -> PyResult<u64> {
        let age = Duration::try_from_secs_f64(older_than_seconds);
        let age = age.map_err(|problem| errors::plain(py, "ConfigError", &problem.to_string(), ""))?;
        let file = self.open(py, IfMissing::Refuse)?;
        let now = UtcMillis::now();
        let removed = py.detach(|| match dry_run {
            true => file.count_older(age, now),
            false => file.prune(age, now).map(|(removed, _)| removed),
        });
        removed.map_err(|error| errors::of_ledger(py, &error))
    }
}

/// The product of a keyword argument.
pub(crate) fn product_of(py: Python<'_>, text: Option<&str>) -> PyResult<Product> {
    text.map_or(Ok(Product::default()), |text| from_json(py, &serde_json::Value::from(text).to_string()))
}

/// Whether the provider's cache was bypassed.
pub(crate) fn cache_of(nocache: bool) -> ProviderCache {
    if nocache { ProviderCache::Bypassed } else { ProviderCache::Allowed }
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
