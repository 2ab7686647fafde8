//! Arguments of Python as values of the library.

use std::collections::BTreeMap;

use hlr_enrich::{Environment, KeySource, RawConfig};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::{Map, Value};

use crate::errors;

/// The account that a call names, in place of the one of the environment.
pub(crate) struct Account {
    pub(crate) username: String,
    pub(crate) password: String,
}

impl Account {
    /// The account of the arguments, if both are given.
    pub(crate) fn of(
        py: Python<'_>,
        username: Option<String>,
        password: Option<String>,
    ) -> PyResult<Option<Self>> {
        match (username, password) {
            (Some(username), Some(password)) => Ok(Some(Self { username, password })),
            (None, None) => Ok(None),
            _ => Err(errors::plain(
                py,
                "ConfigError",
                "username and password belong together, and one of them is missing",
                "give both, or neither and set HLR_USERNAME and HLR_PASSWORD",
            )),
        }
    }

    /// The environment of this process, with this account.
    pub(crate) fn environment(account: Option<&Self>) -> Environment {
        let environment = Environment::of_this_process();
        match account {
            Some(Self { username, password }) => {
                environment.with("HLR_USERNAME", username.clone()).with("HLR_PASSWORD", password.clone())
            }
            None => environment,
        }
    }
}

/// Every key of a pipeline file with its documentation, and whether it is a flag too.
#[pyfunction]
pub(crate) fn keys(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let keys = PyDict::new(py);
    for key in RawConfig::KEYS {
        keys.set_item(key.name, (key.doc.trim(), key.source == KeySource::Flag))?;
    }
    Ok(keys)
}

/// The values of keys, from JSON.
///
/// # Errors
///
/// Everything that is wrong with single values, at once.
pub(crate) fn raw_config(py: Python<'_>, json: &str) -> PyResult<RawConfig> {
    let values: BTreeMap<String, Value> = from_json(py, json)?;
    let mut raw = RawConfig::default();
    let mut problems = Vec::new();
    for (key, value) in values {
        match serde_json::from_value::<RawConfig>(Value::Object(Map::from_iter([(key.clone(), value)]))) {
            Ok(one) => raw = one.over(raw),
            Err(problem) => problems.push(format!("{key}: {problem}")),
        }
    }
    match problems.is_empty() {
        true => Ok(raw),
        false => Err(errors::plain(py, "ConfigError", &problems.join("\n"), "")),
    }
}

/// A value from JSON.
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(py: Python<'_>, json: &str) -> PyResult<T> {
    serde_json::from_str(json).map_err(|problem| errors::plain(py, "ConfigError", &problem.to_string(), ""))
}

/// A value as the objects of Python's `json`.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &impl serde::Serialize) -> PyResult<Bound<'py, PyAny>> {
    let text = serde_json::to_string(value)
        .map_err(|fault| errors::plain(py, "Error", &format!("a figure is not JSON: {fault}"), ""))?;
    py.import("hlr._figures")?.getattr("figures")?.call1((text,))
}
