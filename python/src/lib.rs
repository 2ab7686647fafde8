//! The Python package `hlr`: a thin shell around the library.
//!
//! It converts arguments, streams and errors. Nothing is decided here: [`hlr_enrich::RowsJob`]
//! reads, judges and enriches rows, and [`hlr_enrich::Job`] runs a pipeline file.

mod arguments;
mod errors;
mod events;
mod ledger;
mod parts;
mod pipeline;
mod read_once;
mod rows;
mod runtime;
mod shared_answers;
mod simulation;
mod stream;
mod sync;
mod tables;

use pyo3::prelude::{Bound, PyModule, PyModuleMethods, PyResult, pymodule};

#[pymodule]
mod _hlr {
    #[pymodule_export]
    use crate::arguments::keys;
    #[pymodule_export]
    use crate::ledger::LedgerFile;
    #[pymodule_export]
    use crate::parts::{answered_rows, fresh_answers, normalise_part, read_numbers, read_rows, write_rows};
    #[pymodule_export]
    use crate::pipeline::run;
    #[pymodule_export]
    use crate::rows::{enrich, lookup, normalise, plan};
    #[pymodule_export]
    use crate::runtime::finish_all;
    #[pymodule_export]
    use crate::shared_answers::AnswerStore;
    #[pymodule_export]
    use crate::simulation::Simulation;
    #[pymodule_export]
    use crate::stream::{ArrowSchema, Enriched, Rows};

    #[pymodule_init]
    fn init(module: &super::Bound<'_, super::PyModule>) -> super::PyResult<()> {
        use super::PyModuleMethods;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
