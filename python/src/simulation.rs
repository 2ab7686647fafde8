//! The simulated lookup service on this machine.

use std::sync::Mutex;

use hlr_enrich::simulator::{Simulator, SimulatorSettings};
use pyo3::prelude::*;

use crate::arguments::{from_json, to_python};
use crate::errors;
use crate::runtime::{process, wait};
use crate::sync::lock;

/// A simulated lookup service. It runs until it is stopped.
#[pyclass(module = "hlr._hlr", frozen)]
pub(crate) struct Simulation {
    simulator: Mutex<Option<Simulator>>,
    url: String,
    certificate: Option<String>,
}

#[pymethods]
impl Simulation {
    #[new]
    fn new(py: Python<'_>, settings: &str) -> PyResult<Self> {
        let settings: SimulatorSettings = from_json(py, settings)?;
        let problems = settings.problems();
        if !problems.is_empty() {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            return Err(errors::plain(py, "ConfigError", &problems.join("\n"), ""));
        }
        process(py)?;
        let started = wait(py, Simulator::start(settings), |_| ())?;
        let simulator = started.map_err(|fault| {
            errors::plain(py, "Error", &format!("the simulator cannot start: {fault}"), "")
        })?;
        let (url, certificate) = (simulator.url(), simulator.certificate_pem().map(str::to_owned));
        Ok(Self { simulator: Mutex::new(Some(simulator)), url, certificate })
    }

    #[getter]
    fn url(&self) -> String {
        self.url.clone()
    }

    #[getter]
    fn certificate(&self) -> Option<String> {
        self.certificate.clone()
    }

    fn account<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let account = lock(&self.simulator).as_ref().map(Simulator::account);
        account.map(|account| to_python(py, &account)).transpose()
    }

    fn stop<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(simulator) = lock(&self.simulator).take() else { return Ok(None) };
        let account = wait(py, simulator.stop(), |_| ())?;
        to_python(py, &account).map(Some)
    }
}
